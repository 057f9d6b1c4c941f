package crash_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pgtest"
	"naru/internal/store"
	"naru/internal/vault"
)

// books makes databases with the shop in them.
type books struct {
	dir  string
	file []byte // of SQLite
}

// newBooks writes the books that others are copied from.
func newBooks(t testing.TB) *books {
	t.Helper()
	b := &books{}
	if dir, err := os.MkdirTemp("/dev/shm", "naru-crash-"); err == nil {
		b.dir = dir // a death of the process alone leaves to the disk what was given to the system
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
	} else {
		b.dir = t.TempDir()
	}
	path := filepath.Join(b.dir, "template.db")
	enrol(t, "sqlite:"+path)
	var err error
	if b.file, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return b
}

// enrol migrates a database and enters the shop.
func enrol(t testing.TB, dsn string) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := func() time.Time { return morning }
	s, err := store.Open(ctx, dsn, store.Options{Now: now})
	must(err)
	must(s.Migrate(ctx))
	v, err := vault.Open(ctx, master(), loadKeys(s), saveKeys(s))
	must(err)
	must(register(ctx, gateway.New(gateway.Options{Store: s, Vault: v, Drivers: terms{}.drivers(), PublicURL: providers, HTTP: http.DefaultClient, Now: now})))
	must(s.Close())
}

// sqlite is a copy of its own for a world.
func (b *books) sqlite(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(b.dir, "world-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "naru.db")
	if err := os.WriteFile(path, b.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// postgres is a database of its own for a world.
func (b *books) postgres(t testing.TB) string {
	t.Helper()
	dsn := pgtest.Lent(t)
	enrol(t, dsn)
	return dsn
}
