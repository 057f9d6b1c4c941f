package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"naru/internal/store"
)

func TestOpenRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                                   "no scheme",
		"naru.db":                            "no scheme",
		"mysql://root:secret@db/naru":        `scheme "mysql"`,
		"sqlite:":                            "names no file",
		"sqlite:/tmp/a.db?mode=secret":       "takes none",
		"sqlite:/nowhere/at/all/naru.db":     "/nowhere/at/all",
		"postgres://u:secret@h:port/db":      "not one PostgreSQL understands",
		"postgres://u:secret@127.0.0.1:1/db": "127.0.0.1:1",
	} {
		s, err := store.Open(t.Context(), url, store.Options{})
		switch {
		case err == nil:
			t.Errorf("%q was opened: %v", url, s.Close())
		case !strings.Contains(err.Error(), want):
			t.Errorf("%q: %v, should speak of %q", url, err, want)
		case strings.Contains(err.Error(), "secret@"):
			t.Errorf("%q: the password is in %v", url, err)
		}
	}
}

func TestSQLiteFileLosesNothingAndIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "100% 나루 #1.db")
	if _, err := store.Open(t.Context(), "sqlite:"+path, store.Options{}); err == nil {
		t.Fatal("a path with # was opened")
	}
	path = strings.ReplaceAll(path, "#", "")
	f := open(t, "sqlite:"+path)
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	settings := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
	check := func(ctx context.Context, tx *store.Tx) error {
		for name, want := range settings {
			got, err := tx.Strings(ctx, `PRAGMA `+name)
			if err != nil {
				return err
			}
			if len(got) != 1 || got[0] != want {
				t.Errorf("%s is %v, not %s", name, got, want)
			}
		}
		return nil
	}
	f.write(t, check)
	settings["query_only"] = "1"
	f.read(t, check)
}

func TestSQLiteSettingThatDoesNotHoldIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := store.OpenChecked(path, "journal_mode", "delete"); err != nil {
		t.Errorf("a setting that holds is refused: %v", err)
	}
	err := store.OpenChecked(path, "journal_mode", "wal")
	if err == nil || !strings.Contains(err.Error(), "journal_mode is delete, not wal") {
		t.Errorf("journal_mode: %v", err)
	}
}

func TestPrivateDatabasesAreApart(t *testing.T) {
	t.Parallel()
	a, b := open(t, "sqlite::memory:"), open(t, "sqlite::memory:")
	a.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.PutMeta(ctx, "who", "a") })
	b.read(t, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Meta(ctx, "who"); !isNotFound(err) {
			t.Errorf("b sees what is in a: %v", err)
		}
		return nil
	})
}

func TestReadingTransactionCannotWrite(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		err := f.Read(t.Context(), func(tx *store.Tx) error { return tx.PutMeta(t.Context(), "a", "b") })
		if err == nil {
			t.Error("it wrote")
		}
	})
}

func TestReadSeesOneState(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		put := func(v string) {
			f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.PutMeta(ctx, "k", v) })
		}
		put("before")
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			first, err := tx.Meta(ctx, "k")
			if err != nil {
				return err
			}
			put("after")
			second, err := tx.Meta(ctx, "k")
			if first != "before" || second != "before" {
				t.Errorf("saw %q, then %q", first, second)
			}
			return err
		})
	})
}

// Drivers differ in how they bind numbered placeholders that are out of order.
func TestPlaceholdersBindByNumber(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Strings(ctx, `SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT)`, "a", "b")
			if err == nil && got[0] != "bab" {
				t.Errorf("got %q", got[0])
			}
			return err
		})
	})
}
