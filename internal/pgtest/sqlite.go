package pgtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"naru/internal/store"
)

// Migrated is a SQLite database that has the schema and nothing else, as
// store.Options.Begin takes it: made once in a test program.
func Migrated(t testing.TB) []byte {
	t.Helper()
	file, err := migrated()
	if err != nil {
		t.Fatal("a migrated SQLite database: ", err)
	}
	return file
}

var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "naru-schema-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it has been read
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite::memory:", store.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }() // private: nothing is kept
	if err := s.Migrate(ctx); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "naru.db")
	if err := s.Backup(ctx, file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})
