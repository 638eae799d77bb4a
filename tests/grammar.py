"""Templates and values made up at random, one function for each kind of case; each takes a `random.Random`."""
import json

import generate

KINDS = {}


def kind(make):
    KINDS[make.__name__] = make
    return make


def several(r, low, high, make):
    return [make() for _ in range(r.randint(low, high))]


SCALARS = """a|b|1|1.5|true|null|~|''|""|'x y'|"q\\n"|-1|0x1f|1e3|.inf|yes|on|2001-01-01|é|a b|- x|&a z|*a|!!str 1|!!int '3'|<<|? k|[a, b]|{a: 1}|[]|{}|# c|a: b|12:30|0o17|017|1_000|@x|`|%x|x:|x#y|x #y|"\\u00e9"|'it''s'|!!binary aGk=|!!float 1|!!null x|!x y|1e400|-0|+1|.5|0b11|9223372036854775808|18446744073709551616|y|No|=|!!bool yes|!!timestamp 2001-01-01|2001-01-01T01:02:03Z""".split("|") + [
    "|\n  t\n  u\n", ">-\n  t\n  u\n", "\"a\\\n  b\"", "|+\n  a\n\n", ">\n  a\n\n  b\n   c\n", "|2\n   x\n", "'a\n  b'", "a\n  b"]


def yaml_text(r, depth=0, indent=0):
    pad = "  " * indent
    at = r.random()
    if depth > 3 or at < .35:
        return r.choice(SCALARS)
    if at < .65:
        keys = ["a", "b", "c", "'d'", '"e"', "1", "true", "~", "<<", "? f", "&k g", "x y", "1.5", "null"]
        return "".join(f"\n{pad}{r.choice(keys)}{r.choice([': ', ': ', ':', '  :  '])}{yaml_text(r, depth + 1, indent + 1)}" for _ in range(r.randint(1, 3)))
    if at < .85:
        return "".join(f"\n{pad}{r.choice(['- ', '- ', '-', '-   '])}{yaml_text(r, depth + 1, indent + 1)}" for _ in range(r.randint(1, 3)))
    if at < .93:
        return "[" + r.choice([", ", ",", "\n "]).join(several(r, 0, 3, lambda: yaml_text(r, 9))) + "]"
    return "{" + ", ".join(f"{r.choice(['a', 'b', chr(39) + 'c' + chr(39)])}: {yaml_text(r, 9)}" for _ in range(r.randint(0, 3))) + "}"


def mutated(r, text):
    parts = list(text)
    for _ in range(r.randint(0, 2)):
        if not parts:
            break
        at, how = r.randrange(len(parts)), r.random()
        if how < .4:
            del parts[at]
        elif how < .8:
            parts.insert(at, r.choice(" \n\t:-#'\"[]{},&*!|>?%@ax1~\\."))
        else:
            parts[at] = r.choice(" \n:-'\"[]{},")
    return "".join(parts)


@kind
def yaml_read(r):
    text = yaml_text(r).lstrip("\n")
    if r.random() < .5:
        text = mutated(r, text)
    call = r.choice(["fromYaml", "fromYaml", "fromYamlArray"])
    return {"values": "s: " + generate.yaml_string(text), "template": f"[{{{{ $x := {call} .Values.s }}}}{{{{ $x | toJson }}}}]\n[{{{{ toYaml $x }}}}]"}


@kind
def values_file(r):
    text = yaml_text(r).lstrip("\n")
    if r.random() < .4:
        text = mutated(r, text)
    return {"file values.yaml": text, "template": "[{{ .Values | toJson }}]"}


CHARACTERS = list("ab1 :#-'\"\n\t{}[],&*!|>%@`\\é\u2028\ufeff~=<.?_0+") + ["yes", "null", "0x", "1e", "true", "  ", "\n\n", "- ", ": ", " #", "日本", "\x07", "\x7f", "\u0085", "😀", "x" * 30, " word" * 9]


def nasty(r):
    return "".join(several(r, 0, 8, lambda: r.choice(CHARACTERS)))


@kind
def yaml_write(r):
    values = "".join(f"{name}: {generate.yaml_string(nasty(r))}\n" for name in "stu")
    return {"values": values, "template": "[{{ toYaml (dict .Values.s (list .Values.t (dict .Values.u .Values.s)) \"z\" .Values.u) }}]\n[{{ toYaml .Values.s }}]\n[{{ .Values | toJson }}]\n[{{ quote .Values.t }}]\n[{{ toYamlPretty .Values }}]"}


# The order of keys and values is that of a Go map; the others take a number to heart, or answer by the clock.
LEFT_OUT = set("keys values fail call abbrevboth date_in_zone until untilStep seq repeat indent nindent pick omit htmlDate date dateInZone htmlDateInZone mustDateModify dateModify".split())
NAMES = [it for it in dict.fromkeys(generate.UNARY + generate.BINARY + list(generate.TERNARY)) if it not in LEFT_OUT and not it.endswith("_")]
ATOMS = list(generate.KINDS.values()) + ['"a,b,c"', '"  x "', '"foo-bar_baz qux"', '"FooBar"', '"1.2.3"', "(list 1 2 3 4)", '(list (list 1) (dict "k" 2))', '"é日"', "-1", "100", "0.5", '"/a/b.c"', '"YWJj"', '"{\\"a\\":[1]}"', '"a: [1, x]"', '"%d"', '(dict "a" (dict "b" 1))', "'x'", "1i", "0x1F", "1e3", "`raw`", '"2h45m"', "(int 5)", "(float64 5)", "(toDate \"2006-01-02\" \"2024-02-29\")"]


def expression(r, depth=0):
    if depth > 2 or r.random() < .35:
        return r.choice(ATOMS)
    call = " ".join([r.choice(NAMES)] + [expression(r, depth + 1) for _ in range(r.choice([0, 1, 1, 1, 2, 2, 2, 3]))])
    if r.random() < .2:
        call += " | " + r.choice(NAMES)
    return f"({call})"


@kind
def functions(r):
    return {"values": generate.DATA, "template": "{{ $x := " + expression(r) + " }}{{ printf \"%T %v\" $x $x }}"}


@kind
def typed(r):
    """Calls whose arguments are of the right kind more often than not."""
    return {"values": generate.DATA, "template": "".join(f"[{{{{ {text(r, 0)} }}}}]" for _ in range(r.randint(1, 3)))}


def text(r, depth):
    if depth > 3 or r.random() < .25:
        return r.choice(['"Hello World"', '"a,b,c"', '"  x "', '"foo-bar_baz qux"', '"FooBar"', '"1.2.3"', '"é日本"', '""', '"$x"', '"a\\nb\\n"', '"/a/../b.tar.gz"', '"<a&\'b\\">"', ".Values.map.z", ".Release.Name", ".Values.number"])
    t, n = lambda: text(r, depth + 1), lambda: str(r.choice([0, 1, 2, 3, 5, 8, -1, -2]))
    short = lambda: r.choice(['","', '""', '"-"', '"a"', '"o"', '" "', '"\\n"', '"é"'])
    return "(" + r.choice([
        lambda: f"upper {t()}", lambda: f"lower {t()}", lambda: f"title {t()}", lambda: f"untitle {t()}", lambda: f"camelcase {t()}", lambda: f"snakecase {t()}",
        lambda: f"kebabcase {t()}", lambda: f"swapcase {t()}", lambda: f"initials {t()}", lambda: f"trim {t()}", lambda: f"trimAll {short()} {t()}",
        lambda: f"trimPrefix {short()} {t()}", lambda: f"trimSuffix {short()} {t()}", lambda: f"nospace {t()}", lambda: f"trunc {n()} {t()}", lambda: f"abbrev {n()} {t()}",
        lambda: f"abbrevboth {n()} {n()} {t()}", lambda: f"substr {n()} {n()} {t()}", lambda: f"replace {short()} {short()} {t()}", lambda: f"repeat {r.randint(-1, 3)} {t()}",
        lambda: f"wrap {r.randint(0, 12)} {t()}", lambda: f"wrapWith {r.randint(0, 9)} {short()} {t()}", lambda: f"quote {t()}", lambda: f"squote {t()} {t()}", lambda: f"cat {t()} {t()}",
        lambda: f"indent {r.randint(0, 5)} {t()}", lambda: f"nindent {r.randint(0, 5)} {t()}", lambda: f"b64enc {t()}", lambda: f"b64dec {t()}", lambda: f"b32enc {t()}", lambda: f"sha256sum {t()}",
        lambda: f"adler32sum {t()}", lambda: f"join {short()} {items(r, depth + 1)}", lambda: f"toJson {anything(r, depth + 1)}", lambda: f"toYaml {anything(r, depth + 1)}", lambda: f"toToml {table(r, depth + 1)}",
        lambda: f"toPrettyJson {anything(r, depth + 1)}", lambda: f"toRawJson {anything(r, depth + 1)}", lambda: f"toString {anything(r, depth + 1)}", lambda: f"print {anything(r, depth + 1)} {anything(r, depth + 1)}",
        lambda: f"default {t()} {anything(r, depth + 1)}", lambda: f"ternary {t()} {t()} {truth(r, depth + 1)}", lambda: f"printf \"%v|%s|%q\" {anything(r, depth + 1)} {t()} {t()}", lambda: f"plural {short()} {short()} {number(r, depth + 1)}",
        lambda: f"html {t()}", lambda: f"js {t()}", lambda: f"urlquery {t()}", lambda: f"base {t()}", lambda: f"dir {t()}", lambda: f"clean {t()}", lambda: f"ext {t()}", lambda: f"kindOf {anything(r, depth + 1)}",
        lambda: f"typeOf {anything(r, depth + 1)}", lambda: f"get {table(r, depth + 1)} \"a\"", lambda: f"index {items(r, depth + 1)} {r.randint(0, 2)}", lambda: f"regexReplaceAll \"[a-z]+\" {t()} \"<$0>\"", lambda: f"{t()} | {r.choice(['upper', 'quote', 'trim', 'toYaml', 'len', 'b64enc'])}",
        lambda: f"slice {t()} {r.randint(0, 3)}", lambda: f"first {items(r, depth + 1)}", lambda: f"dig \"a\" \"b\" \"none\" {table(r, depth + 1)}", lambda: f"sha1sum {t()}", lambda: f"toDecimal {r.choice(['755', '0777', chr(34) + '17' + chr(34)])}", lambda: f"tpl {t()} $", lambda: f"regexQuoteMeta {t()}",
        lambda: f"coalesce {anything(r, depth + 1)} {anything(r, depth + 1)}", lambda: f"splitn {short()} {r.randint(0, 3)} {t()} | toJson", lambda: f"split {short()} {t()} | toJson",
    ])() + ")"


def number(r, depth):
    if depth > 3 or r.random() < .3:
        return r.choice(["0", "1", "-7", "2.5", "100", ".Values.number", ".Values.big", "(int64 9)", '"12"', '"0x1F"', "1e3", "-0.5", "9223372036854775807", '"3.7"', "0.1", "1e20", "nil", "true"])
    n = lambda: number(r, depth + 1)
    return "(" + r.choice([
        lambda: f"add {n()} {n()}", lambda: f"sub {n()} {n()}", lambda: f"mul {n()} {n()}", lambda: f"div {n()} {r.choice(['3', '2', '-7'])}", lambda: f"mod {n()} {r.choice(['3', '-7', '2'])}", lambda: f"max {n()} {n()}",
        lambda: f"min {n()} {n()}", lambda: f"add1 {n()}", lambda: f"addf {n()} {n()}", lambda: f"subf {n()} {n()}", lambda: f"mulf {n()} {n()}", lambda: f"divf {n()} {n()}", lambda: f"maxf {n()} {n()}", lambda: f"floor {n()}", lambda: f"ceil {n()}",
        lambda: f"round {n()} {r.randint(0, 4)}", lambda: f"int {n()}", lambda: f"int64 {n()}", lambda: f"float64 {n()}", lambda: f"len {items(r, depth + 1)}", lambda: f"atoi {text(r, depth + 1)}", lambda: f"int {text(r, depth + 1)}",
    ])() + ")"


def items(r, depth):
    if depth > 3 or r.random() < .3:
        return r.choice(['(list 3 "b" 1.5)', '(list "b" "a" "b")', "(list)", '(splitList "," "x,y,,z")', ".Values.array", "(until 4)", "(untilStep 0 9 4)", "(list 1 (list 2) nil)", '(list "" 0 false nil "x")', "(list 1 1.0 \"1\")"])
    i, e = lambda: items(r, depth + 1), lambda: anything(r, depth + 1)
    return "(" + r.choice([
        lambda: f"list {e()} {e()}", lambda: f"append {i()} {e()}", lambda: f"prepend {i()} {e()}", lambda: f"concat {i()} {i()}", lambda: f"rest {i()}", lambda: f"initial {i()}", lambda: f"reverse {i()}", lambda: f"uniq {i()}", lambda: f"compact {i()}",
        lambda: f"without {i()} {e()}", lambda: f"slice {i()} {r.randint(0, 2)}", lambda: f"slice {i()} {r.randint(0, 2)} {r.randint(1, 4)}", lambda: f"sortAlpha {i()}", lambda: f"chunk {r.randint(1, 3)} {i()}", lambda: f"toStrings {i()}", lambda: f"splitList \"a\" {text(r, depth + 1)}",
        lambda: f"pluck \"a\" {table(r, depth + 1)} {table(r, depth + 1)}", lambda: f"fromJsonArray (toJson {i()})", lambda: f"fromYamlArray (toYaml {i()})", lambda: f"regexFindAll \"[a-z]\" {text(r, depth + 1)} {r.randint(-1, 3)}", lambda: f"regexSplit \"[aeiou]\" {text(r, depth + 1)} {r.randint(-1, 3)}", lambda: f"deepCopy {i()}",
        lambda: f"keys {table(r, depth + 1)} | sortAlpha", lambda: f"tuple {e()}", lambda: f"seq {r.randint(-2, 3)} {r.randint(-3, 3)} | splitList \" \"",
    ])() + ")"


def table(r, depth):
    if depth > 3 or r.random() < .3:
        return r.choice(['(dict "b" 2 "a" "x")', "(dict)", ".Values.map", '(dict "a" (dict "b" 1 "c" (list 1)))', '(dict "a" nil "z" false)', '(dict "a" 1.5 "" "empty")', "(.Values.map | deepCopy)"])
    t, e = lambda: table(r, depth + 1), lambda: anything(r, depth + 1)
    key = lambda: r.choice(['"a"', '"b"', '"z"', '"c d"', "1", '"n"'])
    return "(" + r.choice([
        lambda: f"dict {key()} {e()} {key()} {e()}", lambda: f"set {t()} {key()} {e()}", lambda: f"unset {t()} {key()}", lambda: f"merge {t()} {t()}", lambda: f"mergeOverwrite {t()} {t()}", lambda: f"merge {t()} {t()} {t()}", lambda: f"mergeOverwrite (dict) {t()} {t()}",
        lambda: f"pick {t()} \"a\" {key()}", lambda: f"omit {t()} \"a\" {key()}", lambda: f"deepCopy {t()}", lambda: f"fromYaml (toYaml {t()})", lambda: f"fromJson (toJson {t()})", lambda: f"dict \"a\" {t()}", lambda: f"fromToml (toToml {t()})", lambda: f"default (dict \"d\" 1) {t()}", lambda: f"mustMerge {t()} {t()}", lambda: f"mustMergeOverwrite {t()} {t()}",
        lambda: f"urlParse {r.choice(['(print)', chr(34) + 'http://a:b@h:80/p/q?x=1#f' + chr(34), text(r, 3)])}",
    ])() + ")"


def truth(r, depth):
    if depth > 3 or r.random() < .2:
        return r.choice(["true", "false", "(empty .Values.missing)"])
    e = lambda: anything(r, depth + 1)
    return "(" + r.choice([
        lambda: f"eq {e()} {e()}", lambda: f"ne {e()} {e()}", lambda: f"lt {number(r, depth + 1)} {number(r, depth + 1)}", lambda: f"ge {number(r, depth + 1)} {number(r, depth + 1)}", lambda: f"not {e()}", lambda: f"empty {e()}", lambda: f"has {e()} {items(r, depth + 1)}", lambda: f"hasKey {table(r, depth + 1)} \"a\"",
        lambda: f"contains \"a\" {text(r, depth + 1)}", lambda: f"hasPrefix \"a\" {text(r, depth + 1)}", lambda: f"deepEqual {e()} {e()}", lambda: f"all {e()} {e()}", lambda: f"any {e()} {e()}", lambda: f"kindIs \"{r.choice(['map', 'slice', 'string', 'int', 'float64', 'bool'])}\" {e()}", lambda: f"typeIs \"{r.choice(['string', 'int', 'int64', 'float64'])}\" {e()}",
        lambda: f"and {truth(r, depth + 1)} {truth(r, depth + 1)} | not", lambda: f"regexMatch \"^[a-z]*$\" {text(r, depth + 1)}", lambda: f"isAbs {text(r, depth + 1)}",
    ])() + ")"


def anything(r, depth):
    return r.choice([text, number, items, table, truth])(r, depth)


PIECES = ["a", "b", "(", ")", "[", "]", "*", "+", "?", "|", "^", "$", ".", "\\d", "\\w", "\\s", "\\b", "\\B", "\\D", "\\S", "{2}", "{1,}", "{,2}", "{1,3}", "(?i)", "(?P<n>", "(?<m>", "(?:", "[^a]", "[[:alpha:]]", "[[:^space:]]", "\\pL", "\\p{Greek}", "\\PL", "\\Q", "\\E", "\\", "-", "a-z", "é", "\\x41", "\\x{1F600}", "\\n", "\\a", "\\123", "(?s)", "&&", "\\A", "\\z", "\\Z", "1", "\\1", "(?m)", "x{0}", "x{1001}", "*?", "+?", "??", "(?U)", "(?i:", "(?-i)", "\\C", "[a-", "~", "<", "(?=", "(?#c)", "[z-a]", "[]a]", "\\-", "[\\d-x]", "\\_"]


@kind
def regex(r):
    values = "r: " + generate.yaml_string("".join(several(r, 1, 6, lambda: r.choice(PIECES)))) + "\ns: " + generate.yaml_string("".join(several(r, 0, 8, lambda: r.choice("abé 1\nAx-zK\u212aα")))) + "\n"
    return {"values": values, "template": r.choice(["{{ regexReplaceAll .Values.r .Values.s \"<$0$n>\" }}", "{{ regexReplaceAll .Values.r .Values.s \"${1}x$1x$$\" }}", "{{ regexReplaceAllLiteral .Values.r .Values.s \"$1\" }}", "{{ regexFindAll .Values.r .Values.s -1 | toJson }}", "{{ regexFindAll .Values.r .Values.s 2 | toJson }}", "{{ mustRegexSplit .Values.r .Values.s -1 | toJson }}", "{{ regexSplit .Values.r .Values.s 2 | toJson }}", "{{ mustRegexMatch .Values.r .Values.s }}", "{{ mustRegexFind .Values.r .Values.s | quote }}", "{{ regexMatch .Values.r .Values.s }}"])}


TOKENS = ["a", " ", "\n", "{{", "}}", "{{-", "-}}", "{{ 1 }}", "{{if true}}", "{{end}}", "{{end}}", "{{else}}", "{{range list 1 2}}", "{{.}}", "{{/* c */}}", "{{$x := 1}}", "{{$x}}", "{{with 1}}", "{{else if 1}}", "{{else with 2}}", "{{break}}", "{{continue}}", "{{define \"t\"}}", "{{template \"t\" .Values.number}}", "{{- 2 -}}", "\t", "|", "quote", "\"s\"", "`r`", "'c'", ".", "$", "(", ")", "{{block \"b\" 1}}", "{{include \"t\" .}}", ":=", "=", ",", "nil", "1.5", "\\", "{{range $i, $e := list 3 4}}", "{{$i}}", "{{$x = 2}}", "true", ".x", "$x", "/*", "*/", "é", "\r\n", "{{tpl \"{{.}}\" 1}}", "{{printf \"%d\" 1}}", "-", "0x", "1_0", "print", "\"", "#", "@", "{{.a.b}}", "{{range 3}}"]


@kind
def tokens(r):
    return {"values": generate.DATA, "template": "".join(several(r, 1, 10, lambda: r.choice(TOKENS)))}


@kind
def blocks(r):
    """Well-formed templates: control structures, variables, definitions and their use."""
    names = ["p", "q"]
    body = "".join('{{ define "%s" }}%s{{ end }}' % (name, block(r, 2, ["$"], names[at + 1:])) for at, name in enumerate(names))
    return {"values": generate.DATA, "template": body + block(r, 0, ["$"], names)}


def block(r, depth, known, names, loop=False):
    return "".join(several(r, 1, 3, lambda: statement(r, depth, known, names, loop)))


def statement(r, depth, known, names, loop):
    left, right = r.choice(["{{ ", "{{- ", "{{"]), r.choice([" }}", " -}}", "}}"])
    act = lambda inner: left + inner + right
    inner = lambda more=(), inside=loop: block(r, depth + 1, [*known, *more], names, inside)
    at = r.random()
    if depth > 3 or at < .3:
        return r.choice(["x", " \n", "  y ", "\n\n", "-"]) + act(r.choice([r.choice(known), ".", text(r, 3), ".Values.number", anything(r, 3), "$.Values.map.z"])) + r.choice(["", " ", "\n", "z\n "])
    if at < .4:
        return act(f"if {r.choice([truth(r, 2), anything(r, 3), r.choice(known)])}") + inner() + r.choice(["", act("else") + inner(), act(f"else if {truth(r, 2)}") + inner(), act(f"else with {anything(r, 3)}") + inner() + act("else") + inner()]) + act("end")
    if at < .5:
        return act(f"with {r.choice(['$w := ', ''])}{anything(r, 2)}") + inner() + r.choice(["", act("else") + inner()]) + act("end")
    if at < .65:
        over = r.choice([items(r, 2), items(r, 2), table(r, 3), "3", ".Values.array", ".Values.map", "nil", number(r, 3)])
        head, more = r.choice([("", []), ("$e := ", ["$e"]), ("$i, $e := ", ["$i", "$e"])])
        return act(f"range {head}{over}") + inner(more, True) + r.choice(["", act("else") + inner()]) + act("end")
    if at < .75:
        name = r.choice(["$a", "$b"])
        if name in known and r.random() < .6:
            return act(f"{name} = {anything(r, 2)}")
        known.append(name)
        return act(f"{name} := {anything(r, 2)}")
    if at < .85 and names:
        name, dot = r.choice(names), r.choice([".", "$", anything(r, 3)])
        return act(r.choice([f'template "{name}" {dot}', f'include "{name}" {dot} | indent 2', f'include "{name}" ({dot}) | trim | quote']))
    if at < .9 and loop:
        return act(f"if {truth(r, 3)}") + act(r.choice(["break", "continue"])) + act("end")
    if at < .95:
        # A definition that includes itself would take all memory, in Helm too.
        more = ["{{ include \"q\" . }}"] if "q" in names else []
        return act("tpl " + json.dumps(r.choice([*more, "{{ . }}", "{{ .a }}", "{{ .Values.number }}", "{{ $ }}", "{{ range . }}[{{ . }}]{{ end }}", "{{- toJson . -}} x"])) + " " + r.choice([".", "$", anything(r, 3)]))
    return act(f"$_ := set $.Values \"m\" ({anything(r, 2)})") + act("$.Values.m")


@kind
def json_read(r):
    pieces = ["{", "}", "[", "]", ",", ":", '"a"', '"b"', "1", "-1", "1.5", "1e3", "null", "true", '"\\u0041"', '"\\n"', " ", "01", '"', "\\", "x", '"é"', "-", '"\\ud83d\\ude00"', '"\\ud800"', "1e999", "\t", '"\t"', "9007199254740993", "fals", '"\\x"']
    text = "".join(several(r, 1, 8, lambda: r.choice(pieces)))
    if r.random() < .5:
        text = r.choice(['{"a":%s}', "[%s]", '{"a":[1,%s]}']) % text
    return {"values": "s: " + generate.yaml_string(text), "template": f"{{{{ {r.choice(['fromJson', 'fromJsonArray', 'mustFromJson', 'fromYaml'])} .Values.s | toJson }}}}"}


@kind
def semver(r):
    constraint = "".join(several(r, 1, 6, lambda: r.choice([">", "<", "=", "^", "~", "!", ">=", "<=", "1", "2", "0", ".", "x", "*", "X", " - ", "||", " || ", ",", ", ", " ", "-beta", "+b", "1.2.3", "v1", "1.2", "-0", "1.x", "01", "-a.1", "~>", "=>"])))
    version = r.choice(["1.2.3", "1.2.4-beta.2", "2.0.0", "0.1.9", "v1.2", "1", "1.2.3+x", "1.0.0-alpha.1", "0.0.1", "1.10.0", "2.0.0-rc", "01.2.3", "1.2.3.4", "", "x", "1.2.3-0", "99999999999999999999.0.0"])
    values = "c: " + generate.yaml_string(constraint) + "\n"
    return {"values": values, "template": r.choice([f"{{{{ semverCompare .Values.c {json.dumps(version)} }}}}", "{{ $v := semver .Values.c }}{{ $v }} {{ $v.Major }} {{ $v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }} {{ $v.Compare (semver \"1.2.3\") }} {{ $v.IncPatch }}"]) if r.random() < .8 else f"{{{{ (semver {json.dumps(version)}).Compare (semver .Values.c) }}}}"}


@kind
def printf(r):
    def one():
        flags = "".join(several(r, 0, 2, lambda: r.choice("+-# 0")))
        return "%" + r.choice(["", "", "", "[1]", "[2]", "[3]", "[x]", "[9]"]) + flags + r.choice(["", "", "5", "12", "*", "0"]) + r.choice(["", "", ".2", ".0", ".", ".*", ".9"]) + r.choice("vvvdsqxXtfgGeEbocUTpw%z!") + r.choice(["|", " ", "é", ""])
    form = "".join(several(r, 1, 3, one)).replace("p", "v")
    # A time under a verb it does not know prints the address of its zone.
    given = [it for it in [anything(r, 2) if r.random() < .4 else r.choice(ATOMS) for _ in range(r.randint(0, 4))] if "toDate" not in it]
    return {"values": generate.DATA, "template": "{{ printf " + json.dumps(form, ensure_ascii=False) + " " + " ".join(given) + " }}"}


LAYOUT = ["2006", "06", "01", "1", "Jan", "January", "02", "2", "_2", "002", "__2", "15", "03", "3", "04", "4", "05", "5", "Mon", "Monday", "PM", "pm", "MST", "Z07:00", "-0700", "-07:00", "Z0700", "-07", "Z07", ".000", ",000", ".999", ".000000000", "-", " ", ":", "/", "T", "Z", "x", "é", "."]


@kind
def dates(r):
    layout = "".join(several(r, 1, 7, lambda: r.choice(LAYOUT)))
    zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Bad/Zone", "", "Australia/Lord_Howe"]
    when = r.choice([str(r.randint(-10**10, 10**11)), str(r.randint(0, 2 * 10**9)), f"(int64 {r.randint(-10**9, 10**10)})", '(toDate "2006-01-02 15:04:05" "2024-02-09 03:04:05")', '(toDate "2006-01-02T15:04:05Z07:00" "2019-12-31T23:59:59+05:30")'])
    long = json.dumps(layout, ensure_ascii=False)
    stamp = json.dumps("".join(several(r, 1, 6, lambda: r.choice(["2024", "24", "02", "2", "29", "Feb", "February", "13", "05", "59", "60", "PM", "Mon", "-", " ", ":", "T", "Z", "+02:00", "-0700", "CET", ".5", ",123", "x"]))))
    duration = json.dumps("".join(several(r, 1, 3, lambda: r.choice(["1h", "2m", "-", "3.5s", "100ms", "1us", "7", "h", "1d", "0", "9999h", ".5h", "+"]))))
    return {"template": "{{ " + r.choice([
        f"dateInZone {long} {when} {json.dumps(r.choice(zones))}", f"date_in_zone {long} {when} \"UTC\"", f"toDate {long} {stamp} | toString", f"mustToDate {long} {stamp} | toString", f"dateModify {duration} (toDate \"2006-01-02\" \"2024-02-29\") | toString", f"mustDateModify {duration} (toDate \"2006-01-02\" \"2024-02-29\") | toString",
        f"duration {r.choice([duration, str(r.randint(-10**6, 10**7))])}", f"durationRound {r.choice([duration, str(r.randint(-10**6, 10**9))])}", f"htmlDateInZone {when} {json.dumps(r.choice(zones))}", f"(toDate {long} (dateInZone {long} {when} \"UTC\")).Unix", f"unixEpoch {when}", f"(toDate \"2006-01-02\" \"2024-02-29\").Format {long}",
        f"((toDate \"2006-01-02\" \"2024-02-29\").Add {r.choice(['1000000000', '-86400000000000'])}).{r.choice(['Weekday', 'YearDay', 'Unix', 'Month', 'Day', 'Year', 'Hour', 'UTC'])}"]) + " }}"}


@kind
def durations(r):
    """The functions on durations, most of which Helm has from 4.3 on."""
    written = "".join(several(r, 1, 3, lambda: r.choice(["1h", "2m", "-", "3.5s", "100ms", "1us", "7", "90m", "1d", "0", "9999h", ".5h", "+", "1ns", "9223372036s", " "])))
    one = lambda: r.choice([json.dumps(written), json.dumps(written), str(r.randint(-10**6, 10**12)), "1.5", "-0.25", "1e300", "true", "nil", "(list 1)", "(dict)", '(duration "90")', "(mustToDuration \"3h7m\")", ".Values.number", '(quote "1h")', '""', "(int64 5)", '(durationHours "1h")', f"(int {r.randint(0, 999)})", '"\\n1h "', "9223372036854775807", "(float64 9e18)"])
    name = r.choice(["mustToDuration", "durationSeconds", "durationMilliseconds", "durationMicroseconds", "durationNanoseconds", "durationMinutes", "durationHours", "durationDays", "durationWeeks", "duration", "durationRound"])
    call = f"durationRoundTo {one()} {one()}" if r.random() < .2 else f"durationTruncateTo {one()} {one()}" if r.random() < .2 else f"{name} {one()}"
    return {"values": generate.DATA, "template": "{{ $x := " + call + " }}{{ printf \"%T %v\" $x $x }} {{ toJson $x }} {{ $x | quote }}"}


@kind
def toml(r):
    pieces = ["a", "b", '"c d"', "'e'", "a.b", " = ", "=", "1", "1.5", "true", '"x"', "'y'", "\n", "\n", "[t]", "[[l]]", "[a.b]", "[1, 2]", "{ x = 1 }", "# c", '"""\nm\n"""', "1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "0x1f", "1_000", "inf", "nan", "+1", "01", '"\\u00e9"', "'''z'''", "[", "]", ",", ".", "\t", "1e3", '"\\q"', "-", "é"]
    if r.random() < .6:
        value = lambda: r.choice(["1", "1.5", "true", '"x"', "'y'", "[1, 2]", '["a", [1]]', "{ x = 1, y.z = 2 }", '"""\nm\\\n   n\n"""', "1979-05-27", "1979-05-27T07:32:00.5+01:00", "07:32:00", "0o17", "-1_000", "1e-3", "'''z'''", "[]", "{}", "-0.0"])
        body = "".join(several(r, 1, 5, lambda: r.choice(["[t]\n", "[[l]]\n", "[t.u]\n", "[l.m]\n", "# c\n", "\n"]) if r.random() < .3 else f"{r.choice(['a', 'b', 'c.d', chr(34) + 'x y' + chr(34), 't.v', '1'])} = {value()}\n"))
    else:
        body = "".join(several(r, 1, 9, lambda: r.choice(pieces)))
    return {"values": "s: " + generate.yaml_string(body), "template": "{{ $x := fromToml .Values.s }}{{ toJson $x }}\n{{ toToml $x }}"}


@kind
def aliasing(r):
    """Maps and lists that share parts, and functions that change them in place."""
    lines = ['{{ $a := dict "x" 1 "y" (dict "p" 1 "q" (list 1 2)) }}', '{{ $b := dict "y" (dict "p" 9 "r" nil) "z" $a.y }}', "{{ $l := list $a $b 3 }}", "{{ $v := .Values.map }}"]
    thing = lambda: r.choice(["$a", "$b", "$v", "(index $l 0)", "(deepCopy $a)", "(dict \"y\" $a.y)"])
    # A map within itself would be the end of Helm.
    source = lambda: r.choice(["$a.y", "$b.z", "(deepCopy $a)", "(deepCopy $b)", "(dict \"y\" (dict \"p\" 5))", "(dict \"y\" nil)", "(dict \"y\" 3)"])
    for _ in range(r.randint(1, 5)):
        lines.append("{{ $_ := " + r.choice([
            lambda: f'set {r.choice([thing(), "$a.y"])} "{r.choice("xyzpq")}" {r.choice(["1", "nil", chr(34) + "s" + chr(34), "(list 5)", "(dict)", "(dict " + chr(34) + "p" + chr(34) + " 7)", "$a.y.q", "false"])}', lambda: f'unset {r.choice([thing(), "$a.y"])} "{r.choice("xyzpq")}"', lambda: f"merge {thing()} {source()}", lambda: f"mergeOverwrite {thing()} {source()}", lambda: f"mustMerge {thing()} {source()} {source()}",
            lambda: f"append $l {r.choice(['1', chr(34) + 's' + chr(34)])}", lambda: "append $a.y.q 9", lambda: "prepend $a.y.q 9", lambda: "append (slice $a.y.q 0 1) 8", lambda: "reverse $a.y.q", lambda: "sortAlpha $a.y.q", lambda: f"mergeOverwrite (deepCopy {thing()}) {thing()}", lambda: f"mergeOverwrite {thing()} {source()} {source()}",
        ])() + " }}")
    lines.append("{{ toJson $a }} {{ toJson $b }} {{ toJson $v }} {{ len $l }}")
    return {"values": generate.DATA, "template": "".join(lines)}
