// Package naru_test holds the tests of the tree itself: who may import whom.
package naru_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rule says what a package may import besides the standard library and, if
// not std, other people's modules.
type rule struct {
	pkg  string   // path.Match pattern, relative to the module
	may  []string // patterns of our packages, relative to internal
	std  bool     // nothing but the standard library and may
	deny []string // imports that are refused all the same
}

var noSQL = []string{"database/sql", "database/sql/driver", "modernc.org/sqlite", "zombiezen.com/go/sqlite"}

// The import table. The first row that fits a package holds for it, and a
// package without a row fails: docs/architecture.md says why each row is so.
var rules = []rule{
	{pkg: "internal/pay", std: true},
	{pkg: "internal/codes", may: []string{"pay"}, std: true},
	{pkg: "internal/config", may: []string{"pay"}, std: true},
	{pkg: "internal/vault", may: []string{"pay"}, deny: noSQL},
	{pkg: "internal/connector", may: []string{"pay"}, std: true},
	{pkg: "internal/connector/httpcall", may: []string{"pay", "connector"}, deny: noSQL},
	{pkg: "internal/connector/connectortest", may: []string{"pay", "connector"}, deny: noSQL},
	{pkg: "internal/connector/*", may: []string{"pay", "connector", "connector/httpcall", "codes"}, deny: noSQL},
	{pkg: "internal/pgtest", may: []string{"store"}}, // a database for tests; imported by tests alone
	{pkg: "internal/store", may: []string{"pay"}, deny: []string{"net/http"}},
	{pkg: "internal/jobs", may: []string{"store", "pay"}, deny: append([]string{"net/http"}, noSQL...)},
	{pkg: "internal/gateway", may: []string{"pay", "connector", "store", "jobs", "vault", "codes"}, deny: noSQL},
	{pkg: "internal/outbound", deny: noSQL},
	{pkg: "internal/alert", may: []string{"pay", "store", "jobs"}, deny: noSQL},
	{pkg: "internal/notify", may: []string{"pay", "store", "jobs", "vault", "v1wire", "outbound"}, deny: noSQL},
	{pkg: "internal/v1wire", may: []string{"pay"}, std: true},
	{pkg: "internal/web", std: true},
	{pkg: "internal/rest", may: []string{"pay", "gateway", "store", "codes", "v1wire"}, deny: noSQL},
	// The contract's types are in the gateway's methods; a provider's package never is.
	{pkg: "internal/rest/*", may: []string{"pay", "gateway", "connector", "store", "rest", "codes", "v1wire", "web"}, deny: noSQL},
	{pkg: "internal/checkout", may: []string{"pay", "gateway", "store", "web", "v1wire"}, deny: noSQL},
	{pkg: "internal/sdk", may: []string{"pay", "gateway", "connector", "store", "web", "v1wire"}, deny: noSQL},
	{pkg: "internal/people", may: []string{"pay", "store", "vault"}, deny: noSQL},
	{pkg: "internal/console/chart", std: true},
	{pkg: "internal/console", may: []string{"console/chart", "pay", "gateway", "connector", "notify", "people", "store", "web", "v1wire", "codes"}, deny: noSQL},
	{pkg: "internal/sandbox/*", may: []string{"sandbox/fault", "sandbox/control", "web"}, deny: noSQL},
	{pkg: "examples/playground", std: true},
	{pkg: "examples/playground/cmd/*", may: []string{"../examples/playground"}, std: true},
	{pkg: "examples/shop", std: true},
	{pkg: "examples/shop/cmd/*", may: []string{"../examples/shop"}, std: true},
	{pkg: "examples/webhooks/go", std: true},
	{pkg: "test/bench", may: []string{"gateway", "jobs", "pay", "pgtest", "store"}}, // it fills a database with a million rows
	{pkg: "test/browser"},
	{pkg: "test/devserver", std: true},
	{pkg: "cmd/naru", may: []string{"*", "*/*", "../examples/shop", "../examples/playground"}},
}

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Standard   bool
}

const module = "naru"

func listPackages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []pkg
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 { // packages of tests alone may import what they test
			all = append(all, p)
		}
	}
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

func (r rule) allows(imported string) bool {
	if slices.Contains(r.deny, imported) {
		return false
	}
	ours, ok := strings.CutPrefix(imported, module+"/")
	if !ok {
		standard := !strings.Contains(strings.Split(imported, "/")[0], ".")
		return standard || !r.std
	}
	return slices.ContainsFunc(r.may, func(m string) bool { return matches(path.Join("internal", m), ours) })
}

func TestImports(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		i := slices.IndexFunc(rules, func(r rule) bool { return matches(r.pkg, name) })
		if i < 0 {
			t.Errorf("%s has no row in the import table of arch_test.go", name)
			continue
		}
		used[rules[i].pkg] = true
		for _, imported := range p.Imports {
			if !rules[i].allows(imported) {
				t.Errorf("%s may not import %s (row %s)", name, imported, rules[i].pkg)
			}
		}
	}
	for _, r := range rules {
		if !used[r.pkg] {
			t.Errorf("row %s of the import table fits no package", r.pkg)
		}
	}
}

// TestTableRefuses pins what matters most, so that a loosened row shows.
func TestTableRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to string }{
		{"internal/sandbox/tosspayments", "naru/internal/pay"},
		{"internal/sandbox/tosspay", "naru/internal/connector"},
		{"internal/sandbox/tosspay", "naru/internal/sandbox/tosspayments"},
		{"internal/connector/tosspayments", "naru/internal/store"},
		{"internal/connector/tosspayments", "naru/internal/connector/tosspay"},
		{"internal/gateway", "naru/internal/connector/tosspay"},
		{"internal/gateway", "naru/internal/notify"},
		{"internal/notify", "naru/internal/gateway"},
		{"internal/rest/v1", "naru/internal/connector/tosspay"},
		{"internal/rest/v1", "database/sql"},
		{"internal/checkout", "naru/internal/connector"},
		{"internal/pay", "github.com/google/uuid"},
		{"examples/shop", "naru/internal/pay"},
		{"examples/shop", "github.com/go-chi/chi/v5"},
	} {
		i := slices.IndexFunc(rules, func(r rule) bool { return matches(r.pkg, c.from) })
		if i < 0 || rules[i].allows(c.to) {
			t.Errorf("%s may import %s", c.from, c.to)
		}
	}
}

// TestNothingHidden: nothing registers itself, and nothing but main reads the
// environment (it hands it to config).
func TestNothingHidden(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		for _, name := range p.GoFiles {
			file := filepath.Join(p.Dir, name)
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					if n.Recv == nil && n.Name.Name == "init" {
						t.Errorf("%s: has an init function", file)
					}
				case *ast.SelectorExpr:
					x, ok := n.X.(*ast.Ident)
					env := slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, n.Sel.Name)
					if ok && x.Name == "os" && env && !mayReadEnv(file) {
						t.Errorf("%s: reads the environment by os.%s", file, n.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

// mayReadEnv: main hands the environment to config; pgtest and devserver are for tests.
func mayReadEnv(file string) bool {
	dir := filepath.Base(filepath.Dir(file))
	return strings.HasSuffix(file, filepath.Join("cmd", "naru", "main.go")) || dir == "pgtest" || dir == "devserver" ||
		strings.HasSuffix(filepath.Dir(file), filepath.Join("test", "bench")) // what it hands to the processes it starts
}
