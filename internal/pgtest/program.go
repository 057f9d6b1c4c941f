package pgtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Program is the path of one of PostgreSQL's own programs, such as pg_dump, from
// where the server's are. The test fails when there is none: it is never skipped.
func Program(t testing.TB, name string) string {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	path := filepath.Join(bin, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return path
}
