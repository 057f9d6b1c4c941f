package v1

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sourceFiles are the files of a folder that are not tests.
func sourceFiles(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.go", "*.js"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, files...)
	}
	return slices.DeleteFunc(out, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
}

// readConsts collects the text constants of packages, and this package's files.
func (d *errorDoc) readConsts(dirs ...string) {
	for _, dir := range dirs {
		for _, file := range sourceFiles(d.t, dir) {
			if !strings.HasSuffix(file, ".go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				d.t.Fatal(err)
			}
			prefix, theirs := f.Name.Name+".", false
			if dir == "." {
				prefix, d.files = "", append(d.files, f)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if g, ok := n.(*ast.GenDecl); ok && prefix == "v1wire." {
					theirs = regexp.MustCompile(`^(Texts|Codes) V1`).MatchString(g.Doc.Text())
				}
				spec, ok := n.(*ast.ValueSpec)
				if !ok || len(spec.Values) != len(spec.Names) {
					return true
				}
				for i, name := range spec.Names {
					if text, ok := d.textOf(spec.Values[i]); ok {
						d.consts[prefix+name.Name] = text
						d.ordered = append(d.ordered, prefix+name.Name)
						if theirs && !strings.Contains(spec.Doc.Text(), "ours") {
							d.v1 = append(d.v1, text)
						}
					}
				}
				return true
			})
		}
	}
}

// textOf is the text an expression makes; what is not constant in it is "…".
func (d *errorDoc) textOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		s, ok := d.consts[e.Name]
		return s, ok
	case *ast.BinaryExpr:
		left, ok1 := d.textOf(e.X)
		right, ok2 := d.textOf(e.Y)
		if !ok1 {
			left = "…"
		}
		if !ok2 {
			right = "…"
		}
		return left + right, ok1 || ok2
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			s, ok := d.textOf(e.Args[0])
			return regexp.MustCompile(`%[a-z]`).ReplaceAllString(s, "…"), ok
		}
	}
	return "", false
}

// failureVars are the package's variables that hold a failure, in order.
func (d *errorDoc) failureVars() (out []string) {
	for _, f := range d.files {
		for _, decl := range f.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				spec := s.(*ast.ValueSpec)
				for i, v := range spec.Values {
					if madeOf(v) == "failure" && spec.Names[i].Name != "noReceipts" {
						out = append(out, spec.Names[i].Name)
					}
				}
			}
		}
	}
	return out
}

// madeOf is T of &T{…}.
func madeOf(e ast.Expr) string {
	u, ok := e.(*ast.UnaryExpr)
	if !ok {
		return ""
	}
	lit, ok := u.X.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	id, _ := lit.Type.(*ast.Ident)
	if id == nil {
		return ""
	}
	return id.Name
}

// want is a form that a value must have; the value is not repeated if hidden.
type want struct {
	text   string
	hidden bool
}

// wants are in the order of the sources.
func (d *errorDoc) wants() (out []want) {
	add := func(e ast.Expr, hidden bool) {
		if text, ok := d.textOf(e); ok && text != "" && !slices.Contains(out, want{text, hidden}) {
			out = append(out, want{text, hidden})
		}
	}
	for _, f := range d.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"wrong", "hidden", "refuse"}, s.Sel.Name) {
					if last := n.Args[len(n.Args)-1]; s.Sel.Name != "wrong" || selects(n.Args[2], "RuleForm") {
						add(last, s.Sel.Name == "hidden")
					}
				}
			case *ast.CompositeLit:
				form, text := false, ast.Expr(nil)
				for _, el := range n.Elts {
					if kv, ok := el.(*ast.KeyValueExpr); ok {
						form = form || selects(kv.Value, "RuleForm")
						if id, ok := kv.Key.(*ast.Ident); ok && id.Name == "Want" {
							text = kv.Value
						}
					}
				}
				if form && text != nil {
					add(text, false)
				}
			}
			return true
		})
	}
	return out
}

func selects(e ast.Expr, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	return ok && s.Sel.Name == name
}

// readRoutes finds which operations use which words: op(soft.says(cancelWords), "POST …", …).
func (d *errorDoc) readRoutes() {
	for _, f := range d.files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			says, ok := call.Args[0].(*ast.CallExpr)
			if !ok || !selects(says.Fun, "says") {
				return true
			}
			dialect := says.Fun.(*ast.SelectorExpr).X.(*ast.Ident).Name
			name := says.Args[0].(*ast.Ident).Name
			address, ok := d.textOf(call.Args[1])
			if !ok {
				d.t.Fatalf("the address of an operation that says %s is not constant", name)
			}
			if d.ours[name] == "" {
				d.said = append(d.said, name)
			} else {
				d.ours[name] += ", "
			}
			d.ours[name] += "`" + address + "`"
			d.softly[name] = dialect == "soft"
			return true
		})
	}
}

// invalidFields are the fields that the gateway refuses by its books, in order.
func (d *errorDoc) invalidFields() (out []string) {
	for _, file := range sourceFiles(d.t, "../../gateway") {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			d.t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || len(lit.Elts) != 2 {
				return true
			}
			if id, ok := lit.Type.(*ast.Ident); ok && id.Name == "Invalid" {
				if field, ok := d.textOf(lit.Elts[0]); ok {
					field = field[strings.LastIndexByte(field, '.')+1:]
					if !slices.Contains(out, field) {
						out = append(out, field)
					}
				}
			}
			return true
		})
	}
	return out
}
