// Fills the variables of a text in as Flux does: a JSON object of text and variables in, the filled text out.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/pkg/envsubst"
)

func main() {
	var asked struct {
		Text      string
		Variables map[string]string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	filled, err := envsubst.Eval(asked.Text, func(name string) (string, bool) { return asked.Variables[name], true })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(filled)
}
