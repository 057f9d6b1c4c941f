package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// withoutJSON are the commands that are no administrator's: those that serve, the
// clock of naru dev, what is said of the program and its settings, and a mapping, which
// is JSON as it is.
func withoutJSON() []string {
	return []string{
		"dev", "serve", "sandbox", "clock show", "clock freeze", "clock thaw", "clock advance", "clock set",
		"config check", "config print", "version", "import mapping",
	}
}

// Whatever an administrator does, a program can do: each command prints JSON if it is
// asked to, and docs/cli.md shows each.
func TestEveryCommandPrintsJSONAndIsDocumented(t *testing.T) {
	t.Parallel()
	parser, err := (&Main{Stdout: &buffer{}, Stderr: &buffer{}}).parser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	excepted := withoutJSON()
	for _, leaf := range parser.Model.Leaves(true) {
		name := strings.Join(commandWords(leaf), " ")
		has := slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return f.Name == "json" })
		if i := slices.Index(excepted, name); i >= 0 && !has {
			excepted = slices.Delete(excepted, i, i+1)
		} else if !has {
			t.Errorf("naru %s has no --json", name)
		}
		if !strings.Contains(string(text), "naru "+name) {
			t.Errorf("docs/cli.md does not show naru %s", name)
		}
	}
	for _, name := range excepted {
		t.Errorf("naru %s needs no exception", name)
	}
}

// commandWords are the words that name a command.
func commandWords(n *kong.Node) (words []string) {
	for ; n != nil && n.Type == kong.CommandNode; n = n.Parent {
		words = append([]string{n.Name}, words...)
	}
	return words
}
