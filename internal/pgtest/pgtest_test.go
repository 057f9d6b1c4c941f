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

// lentIn is what f does to a database that is lent to a test of its own; it gives its address.
func lentIn(t *testing.T, f func(db *sql.DB)) (dsn string) {
	t.Helper()
	t.Run("lent", func(t *testing.T) {
		dsn = pgtest.Lent(t)
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		f(db)
	})
	return dsn
}

// Not parallel: no other test borrows meanwhile.
func TestLentDatabaseIsAsNew(t *testing.T) {
	must := func(db *sql.DB, text string) {
		t.Helper()
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	kept := pgtest.Lent(t) // while one is out, the others stay
	first := lentIn(t, func(db *sql.DB) {
		must(db, `INSERT INTO meta VALUES ('a', 'b', 1)`)
		must(db, `INSERT INTO merchants (id, user_code, name, settings, created) VALUES ('m1', 'u', 'n', '{}', 1)`)
		must(db, `INSERT INTO api_keys (key, merchant, secret_hash, created, revoked) VALUES ('k', 'm1', '', 1, 0)`)
	})
	if first == kept {
		t.Fatal("one database was lent to two tests")
	}
	second := lentIn(t, func(db *sql.DB) {
		for _, table := range []string{"meta", "merchants", "api_keys"} {
			var n int
			if err := db.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s has %d rows of the test before, %v", table, n, err)
			}
		}
		must(db, `ALTER TABLE meta ADD COLUMN extra TEXT`)
	})
	if second != first {
		t.Errorf("another database was made")
	}
	for name, spoil := range map[string]string{
		"a setting": `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''1MB''', current_database()); END $$`,
		"an index":  `DROP INDEX payments_by_order`, "statistics": `INSERT INTO meta VALUES ('a', 'b', 1); ANALYZE meta`,
		"many rows": `INSERT INTO meta SELECT i, '', 1 FROM generate_series(1, 2000) AS i`,
	} {
		was := lentIn(t, func(db *sql.DB) { must(db, spoil) })
		if is := lentIn(t, func(*sql.DB) {}); was == second || is == was {
			t.Errorf("a database in which a test left %s is lent again", name)
		}
	}
}
