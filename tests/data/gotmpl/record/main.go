// Command record answers template cases with Go's own text/template: it rewrites the expectations in each case file named
// by its arguments. The format of the files is described in tests/integration/engine/gotmpl.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"

	"record/common"
)

func main() {
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		check(err)
		var out strings.Builder
		for _, block := range strings.Split(strings.TrimRight(string(text), "\n"), "\n\n") {
			out.WriteString(answer(block))
			out.WriteString("\n")
		}
		check(os.WriteFile(path, []byte(strings.TrimSuffix(out.String(), "\n")), 0o644))
	}
}

type text struct{ name, body string }

func answer(block string) string {
	var kept strings.Builder
	texts := []text{{name: "t"}}
	started := false
	var data any
	missing := "default"
	add := func(line string) {
		last := &texts[len(texts)-1]
		if started {
			last.body += "\n"
		}
		last.body += line
		started = true
	}
	for _, line := range strings.Split(block, "\n") {
		mark, rest, _ := strings.Cut(line, " ")
		switch mark {
		case "#":
		case "|":
			add(rest)
		case `|"`:
			body, err := strconv.Unquote(`"` + rest)
			check(err)
			add(body)
		case "+":
			texts = append(texts, text{name: rest})
			started = false
		case ".":
			decoder := json.NewDecoder(strings.NewReader(rest))
			decoder.UseNumber()
			var raw any
			check(decoder.Decode(&raw))
			data = typed(raw)
		case "?":
			missing = rest
		case "=", `="`, "!", `!"`:
			continue
		default:
			check(fmt.Errorf("bad line %q", line))
		}
		kept.WriteString(line + "\n")
	}
	if !started {
		return kept.String()
	}
	output, err := run(texts, data, missing)
	mark := "="
	if err != nil {
		mark, output = "!", err.Error()
	}
	for _, line := range strings.Split(output, "\n") {
		plain := utf8.ValidString(line) && !strings.HasSuffix(line, " ") && !strings.ContainsAny(line, "\r\x00\u2028\u0085")
		if !plain {
			kept.WriteString(mark + "\" " + strconv.Quote(line)[1:] + "\n")
		} else {
			kept.WriteString(strings.TrimSuffix(mark+" "+line, " ") + "\n")
		}
	}
	return kept.String()
}

func run(texts []text, data any, missing string) (string, error) {
	root := template.New("root").Option("missingkey=" + missing).Funcs(functions)
	for _, text := range texts {
		if _, err := root.New(text.name).Parse(text.body); err != nil {
			return "", err
		}
	}
	var out bytes.Buffer
	err := root.ExecuteTemplate(&out, "t", data)
	return out.String(), err
}

func show(args ...any) string {
	var parts []string
	for _, arg := range args {
		parts = append(parts, fmt.Sprintf("%T:%v", arg, arg))
	}
	return strings.Join(parts, ";")
}

var functions = template.FuncMap{
	"str":    func(a string) string { return show(a) },
	"int":    func(a int) string { return show(a) },
	"int32":  func(a int32) string { return show(a) },
	"int64":  func(a int64) string { return show(a) },
	"uint8":  func(a uint8) string { return show(a) },
	"uint64": func(a uint64) string { return show(a) },
	"float":  func(a float64) string { return show(a) },
	"bool":   func(a bool) string { return show(a) },
	"any":    func(a any) string { return show(a) },
	"map":    func(a map[string]any) string { return show(a) },
	"values": func(a common.Values) string { return show(a) },
	"slice_": func(a []any) string { return show(a) },
	"strs":   func(a []string) string { return show(a) },
	"bytes":  func(a []byte) string { return show(a) },
	"many":   func(a string, b ...int) string { return show(a, b) },
	"anys":   func(a ...any) string { return show(a...) },
	"two":    func(a string, b any) string { return show(a, b) },
	"none":   func() string { return "none" },
	"null":   func() any { return nil },
	"boxed":  func() any { return map[string]any{"a": map[string]any{"b": "boxed"}} },
	"plain":  func() map[string]any { return map[string]any{"a": "plain"} },
	"same":   func(a any) any { return a },
	"fail":   func(a string) (string, error) { return "", errors.New(a) },
	"list":   func(a ...any) []any { return append([]any{}, a...) },
	"dict": func(a ...any) map[string]any {
		dict := map[string]any{}
		for i := 0; i+1 < len(a); i += 2 {
			dict[fmt.Sprint(a[i])] = a[i+1]
		}
		return dict
	},
	"set": func(m map[string]any, k string, v any) map[string]any { m[k] = v; return m },
}

// typed turns decoded JSON into data: integers are ints, and {"$T": x} is x as the type T.
func typed(raw any) any {
	switch raw := raw.(type) {
	case json.Number:
		if i, err := strconv.Atoi(raw.String()); err == nil {
			return i
		}
		f, err := raw.Float64()
		check(err)
		return f
	case []any:
		for i := range raw {
			raw[i] = typed(raw[i])
		}
		return raw
	case map[string]any:
		for key, value := range raw {
			if name, ok := strings.CutPrefix(key, "$"); ok {
				return named(name, value)
			}
			raw[key] = typed(value)
		}
		return raw
	}
	return raw
}

func named(name string, raw any) any {
	number := func() string { return raw.(json.Number).String() }
	switch name {
	case "int32":
		i, err := strconv.ParseInt(number(), 10, 32)
		check(err)
		return int32(i)
	case "int64":
		i, err := strconv.ParseInt(number(), 10, 64)
		check(err)
		return i
	case "uint8":
		i, err := strconv.ParseUint(number(), 10, 8)
		check(err)
		return uint8(i)
	case "uint64":
		i, err := strconv.ParseUint(number(), 10, 64)
		check(err)
		return i
	case "float":
		f, err := strconv.ParseFloat(raw.(string), 64)
		check(err)
		return f
	case "bytes":
		return []byte(raw.(string))
	case "strings":
		return strs(raw)
	case "stringmap":
		m := map[string]string{}
		for key, value := range raw.(map[string]any) {
			m[key] = value.(string)
		}
		return m
	case "nilmap":
		return map[string]any(nil)
	case "nillist":
		return []any(nil)
	case "nilstrings":
		return []string(nil)
	case "values":
		return common.Values(typed(raw).(map[string]any))
	case "set":
		return common.Set(strs(raw))
	case "files":
		files := common.Files{}
		for key, value := range raw.(map[string]any) {
			files[key] = []byte(value.(string))
		}
		return files
	case "version":
		return &common.Version{Major: "1", Minor: raw.(string)}
	case "capabilities":
		return &common.Capabilities{
			KubeVersion: common.Version{Major: "1", Minor: "34"},
			Sets:        common.Set(strs(raw)),
			Map:         map[string]any{"a": 1},
		}
	}
	panic("no type " + name)
}

func strs(raw any) []string {
	list := []string{}
	for _, it := range raw.([]any) {
		list = append(list, it.(string))
	}
	return list
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
