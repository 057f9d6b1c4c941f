package pgtest_test

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"naru/internal/pgtest"
	"naru/internal/store"
)

// tables is how many tables of ours a database has.
func tables(t *testing.T, dsn string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	a, b := pgtest.DSN(t), pgtest.DSN(t)
	for _, dsn := range []string{a, b} {
		s, err := store.Open(t.Context(), dsn, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Write(t.Context(), func(tx *store.Tx) error {
			return tx.PutKeyset(t.Context(), []byte(dsn)) // refused if there was one
		}); err != nil {
			t.Error(err)
		}
	}
	if n := tables(t, pgtest.Empty(t)); n != 0 {
		t.Errorf("an empty database has %d tables", n)
	}
}

func TestDatabaseEndsWithItsTest(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("inner", func(t *testing.T) {
		dsn = pgtest.DSN(t)
		if tables(t, dsn) == 0 {
			t.Error("no schema")
		}
	})
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); err == nil {
		t.Error("the database is still there")
	}
}
