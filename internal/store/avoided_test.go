package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// avoided is SQL that engines which spread PostgreSQL over many machines lack or
// are slow at (docs/scale.md), and where it may stand all the same.
var avoided = []struct {
	what  string
	text  *regexp.Regexp
	files string // those that may have it, by the end of their names
}{
	{"LISTEN and NOTIFY", regexp.MustCompile(`(?i)\bLISTEN\s+\w|\bNOTIFY\s+[a-z_]+\s*[,;']|pg_notify`), ""},
	{"advisory locks", regexp.MustCompile(`(?i)pg_(try_)?advisory`), ""},
	{"triggers, functions, DO blocks", regexp.MustCompile(`(?i)CREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?(TRIGGER|FUNCTION|PROCEDURE|RULE)|\bPLPGSQL\b|\bDO\s+\$`), ""},
	{"sequences", regexp.MustCompile(`(?i)\b(SMALL|BIG)?SERIAL\b|\bIDENTITY\b|\bAUTOINCREMENT\b|CREATE\s+SEQUENCE|\b(NEXTVAL|CURRVAL|LASTVAL)\b|last_insert_rowid`), ""},
	{"temporary and unlogged tables", regexp.MustCompile(`(?i)\b(TEMP|TEMPORARY|UNLOGGED)\s+TABLE`), ""},
	{"exclusion and deferrable constraints", regexp.MustCompile(`(?i)\bEXCLUDE\s+USING|\bDEFERRABLE\b`), ""},
	{"types of our own", regexp.MustCompile(`(?i)(CREATE|ALTER)\s+(TYPE|DOMAIN)`), ""},
	{"CTEs that change data", regexp.MustCompile(`(?is)\bAS\s+((NOT\s+)?MATERIALIZED\s+)?\(\s*(INSERT|UPDATE|DELETE)\s`), ""},
	{"recursive CTEs", regexp.MustCompile(`(?i)WITH\s+RECURSIVE`), "jobs.go"},
	{"SKIP LOCKED", regexp.MustCompile(`(?i)SKIP\s+LOCKED`), "dialect.go"}, // and only jobs.go uses that fragment: see below
	{"savepoints", regexp.MustCompile(`(?i)\bSAVEPOINT\s`), "tx.go writer.go"},
	{"TRUNCATE", regexp.MustCompile(`(?i)TRUNCATE\s+(TABLE\s+)?[a-z_]+\s*$`), ""},
	{"LOCK TABLE", regexp.MustCompile(`(?i)\bLOCK\s+TABLE`), ""},
	{"cursors", regexp.MustCompile(`(?i)DECLARE\s+\w+\s+CURSOR`), ""},
}

// statements are the SQL of the store: migrations without their comments, and the
// texts in its Go files.
func statements(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	comment := regexp.MustCompile(`(?m)--.*$`)
	for _, name := range files(t) {
		text, err := os.ReadFile("migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = []string{comment.ReplaceAllString(string(text), "")}
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					out[name] = append(out[name], text)
				}
			}
			return true
		})
	}
	return out
}

func TestSQLIsWhatManyEnginesHave(t *testing.T) {
	t.Parallel()
	all := statements(t)
	for name, texts := range all {
		for _, a := range avoided {
			for _, text := range texts {
				if found := a.text.FindString(text); found != "" && !strings.Contains(" "+a.files+" ", " "+name+" ") {
					t.Errorf("%s: %s (%q): docs/scale.md says why not", name, a.what, found)
				}
			}
		}
	}
	for _, a := range avoided { // a pattern that finds nothing where it must guards nothing
		for name := range strings.FieldsSeq(a.files) {
			if !a.text.MatchString(strings.Join(all[name], "\n")) {
				t.Errorf("%s: no %s any more: take it off the list", name, a.what)
			}
		}
	}
	if n := len(all); n < 40 {
		t.Errorf("only %d files were read", n)
	}
}

func TestAvoidedSQLIsRecognised(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`LISTEN jobs`, `NOTIFY jobs, 'x'`, `SELECT pg_notify('jobs', '')`, `SELECT pg_advisory_xact_lock(1)`, `CREATE TRIGGER t`,
		`CREATE OR REPLACE FUNCTION f()`, `id BIGSERIAL`, `id INT GENERATED ALWAYS AS IDENTITY`, `INTEGER PRIMARY KEY AUTOINCREMENT`,
		`CREATE TEMP TABLE t`, `UNIQUE (a) DEFERRABLE`, `CREATE TYPE mood AS ENUM`, `WITH x AS (DELETE FROM t RETURNING *) SELECT 1`,
		`WITH x AS MATERIALIZED ( UPDATE t SET a = 1 RETURNING a) SELECT 1`, `WITH RECURSIVE r AS (SELECT 1)`, `LOCK TABLE t`, `TRUNCATE payments`,
	} {
		hit := false
		for _, a := range avoided {
			hit = hit || a.text.MatchString(text)
		}
		if !hit {
			t.Errorf("%s passes", text)
		}
	}
}

// Rows that several workers share out are those of jobs alone.
func TestOnlyJobsAreSharedOut(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := false
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "dialect.skip") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		used = true
		if name != "jobs.go" {
			t.Errorf("%s skips locked rows", name)
		}
	}
	if !used {
		t.Error("nobody skips locked rows: jobs are leased otherwise now")
	}
}
