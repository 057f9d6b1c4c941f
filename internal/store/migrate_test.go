package store_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pgtest"
	"naru/internal/store"
)

// empty opens a database without a schema.
func empty(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestMigrationFromEmptyAndAgain(t *testing.T) {
	t.Parallel()
	for kind, url := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.Empty,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, ctx := empty(t, url(t)), t.Context()
			if s.Kind() != kind {
				t.Errorf("kind is %q", s.Kind())
			}
			if v, err := s.Version(ctx); v != 0 || err != nil {
				t.Errorf("version before: %d (%v)", v, err)
			}
			if err := s.Ready(ctx); err == nil || !strings.Contains(err.Error(), "version 0") {
				t.Errorf("ready before: %v", err)
			}
			for range 2 {
				if err := s.Migrate(ctx); err != nil {
					t.Fatal(err)
				}
				if v, err := s.Version(ctx); int(v) != len(files(t)) || err != nil {
					t.Errorf("version: %d of %d (%v)", v, len(files(t)), err)
				}
				if err := s.Ready(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestNodesMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	nodes := []*store.Store{empty(t, url), empty(t, url), empty(t, url)}
	together(len(nodes), func(i int) {
		if err := nodes[i].Migrate(t.Context()); err != nil {
			t.Errorf("node %d: %v", i, err)
		}
	})
	if err := nodes[0].Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func files(t testing.TB) []string {
	t.Helper()
	names, err := fs.Glob(os.DirFS("migrations"), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestMigrationsGoForwardInWholeNumbers(t *testing.T) {
	t.Parallel()
	for i, name := range files(t) {
		if !strings.HasPrefix(name, fmt.Sprintf("%04d_", i+1)) {
			t.Errorf("%s is not number %d", name, i+1)
		}
		text, err := os.ReadFile("migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "-- +goose Up") || strings.Contains(string(text), "-- +goose Down") {
			t.Errorf("%s does not go forward, or not only", name)
		}
	}
}

// schemaOf is the tables, columns and indexes of a database, as both can tell.
func schemaOf(t testing.TB, f fixture) []string {
	t.Helper()
	query := `SELECT 'table ' || m.name || ' ' || c.name || ' ' || LOWER(c.type) || CASE WHEN c."notnull" THEN ' not null' ELSE '' END
		FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'
		UNION ALL SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'`
	if f.Kind() == "postgres" {
		query = `SELECT 'table ' || table_name || ' ' || column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
			FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL SELECT 'index ' || indexname FROM pg_indexes AS i WHERE schemaname = 'public'
				AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = i.indexname)`
	}
	var out []string
	f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.Strings(ctx, query)
		return err
	})
	out = slices.DeleteFunc(out, func(s string) bool { return strings.Contains(s, "goose") || strings.Contains(s, "sqlite_sequence") })
	slices.Sort(out)
	return out
}

func TestBothDatabasesHaveOneSchema(t *testing.T) {
	t.Parallel()
	a, b := schemaOf(t, open(t, "sqlite::memory:")), schemaOf(t, open(t, pgtest.DSN(t)))
	if diff := cmp.Diff(a, b); diff != "" || len(a) < 100 {
		t.Errorf("%d parts of the schema (- SQLite, + PostgreSQL):\n%s", len(a), diff)
	}
}
