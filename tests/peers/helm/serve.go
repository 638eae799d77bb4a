// Answers questions about charts, one JSON line each, as the Helm does in whose sources this file is put. See
// tests/helm_program.py, which puts it there and starts the program.
package PACKAGE

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// A command line of `helm template` or `helm show`, or a chart of which one file is asked for.
type question struct {
	Args      []string `json:"args"`
	Namespace string   `json:"namespace"`

	Chart   string        `json:"chart"`
	Values  string        `json:"values"`
	Options renderOptions `json:"options"`
	File    string        `json:"file"`
}

type renderOptions struct {
	Name        string   `json:"name"`
	Namespace   string   `json:"namespace"`
	KubeVersion string   `json:"kube_version"`
	APIVersions []string `json:"api_versions"`
}

func init() {
	if os.Getenv("HELM_SERVE") == "" {
		return
	}
	// What Helm prints besides must not come among the answers.
	answers := os.Stdout
	os.Stdout = os.Stderr
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := json.NewEncoder(answers)
	output.SetEscapeHTML(false)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			os.Exit(0)
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		output.Encode(answer(asked))
	}
}

func answer(asked question) (answered [2]string) {
	defer func() {
		if fault := recover(); fault != nil {
			answered = [2]string{"panic", fmt.Sprint(fault)}
		}
	}()
	text, err := "", error(nil)
	if asked.Args == nil {
		text, err = renderFile(asked)
	} else {
		text, err = run(asked)
	}
	if err != nil {
		return [2]string{"error", strings.TrimSuffix(err.Error(), "\n\nUse --debug flag to render out invalid YAML")}
	}
	return [2]string{"output", text}
}

func run(asked question) (string, error) {
	var out bytes.Buffer
	var command *cobra.Command
	settings.SetNamespace(asked.Namespace)
	switch asked.Args[0] {
	case "show":
		command = newShowCmd(newConfiguration(), &out)
	case "template":
		command = newTemplateCmd(newConfiguration(), &out)
	default:
		return "", fmt.Errorf("no verb of these: %s", asked.Args[0])
	}
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetOut(io.Discard)
	command.SetErr(io.Discard)
	command.SetArgs(asked.Args[1:])
	err := command.Execute()
	return out.String(), err
}
