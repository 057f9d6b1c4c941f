// Package pgtest gives each test a PostgreSQL database of its own with the
// gateway's schema in it, a new one or one that was emptied.
//
// The databases are in a throw-away cluster that is started once per test
// process and ends with it, however it ends, or in the server that the
// environment variable NARU_TEST_DSN names (the address of a role that may make
// databases; a template called naru_template_… stays there).
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"naru/internal/store"
)

// server is the one PostgreSQL of this process. It cannot be handed from test
// to test, so it is the exception among our packages that have no globals.
var server = sync.OnceValues(start)

// instance is a running PostgreSQL and the name of the template in it.
type instance struct {
	admin    string // address of its database for administration
	db       *sql.DB
	template string
	lent     lent
	alive    *os.File // the cluster ends when it is closed; nil for a server of others
}

// DSN is the address of a new, migrated database, which is dropped when the test
// ends. The test fails when there is no PostgreSQL: it is never skipped.
func DSN(t testing.TB) string {
	t.Helper()
	return database(t, (*instance).fromTemplate)
}

// fromTemplate makes a copy of the template's files, which costs the server half of
// what it does page by page.
func (i *instance) fromTemplate() string { return ` TEMPLATE ` + i.template + ` STRATEGY file_copy` }

// Empty is the address of a new database without a schema, dropped when the
// test ends.
func Empty(t testing.TB) string {
	t.Helper()
	return database(t, func(*instance) string { return ` TEMPLATE template0` })
}

func database(t testing.TB, from func(*instance) string) string {
	t.Helper()
	i, err := server()
	if err != nil {
		t.Fatalf("pgtest: no PostgreSQL to test with: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	name := "naru_test_" + random()
	if err := i.create(ctx, name, from(i)); err != nil {
		t.Fatalf("pgtest: make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := i.drop(name); err != nil {
			t.Errorf("pgtest: drop database %s: %v", name, err)
		}
	})
	return i.address(name)
}

// start finds or starts PostgreSQL and makes the template.
func start() (*instance, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	i := &instance{admin: os.Getenv("NARU_TEST_DSN")}
	var err error
	if i.admin == "" {
		if i.admin, i.alive, err = startCluster(ctx, passing); err != nil {
			return nil, err
		}
	}
	if i.db, err = sql.Open("pgx", i.admin); err != nil {
		return nil, err
	}
	if err := i.makeTemplate(ctx); err != nil {
		return nil, errors.Join(err, i.db.Close())
	}
	return i, nil
}

// makeTemplate migrates a database once; the tests get copies of it. On a server
// that others test with as well, the first to finish gives the template its name.
func (i *instance) makeTemplate(ctx context.Context) error {
	i.template = "naru_template_" + store.SchemaSum()
	var there bool
	err := i.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, i.template).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for the template: %w", err)
	}
	if there {
		return nil
	}
	name := "naru_building_" + random()
	if err := i.create(ctx, name, ` TEMPLATE template0`); err != nil {
		return err
	}
	if err := migrate(ctx, i.address(name)); err != nil {
		return err
	}
	_, err = i.db.ExecContext(ctx, `ALTER DATABASE `+name+` RENAME TO `+i.template)
	if state(err) == duplicateDatabase {
		_, err = i.db.ExecContext(ctx, `DROP DATABASE `+name+` WITH (FORCE)`)
	}
	return err
}

func migrate(ctx context.Context, address string) error {
	s, err := store.Open(ctx, address, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(ctx), s.Close())
}

// SQLSTATEs of what other test processes cause.
const (
	duplicateDatabase = "42P04"
	objectInUse       = "55006" // somebody else copies the same database
)

func (i *instance) create(ctx context.Context, name, from string) error {
	for {
		_, err := i.db.ExecContext(ctx, `CREATE DATABASE `+name+` ENCODING 'UTF8'`+from)
		if state(err) != objectInUse || ctx.Err() != nil {
			return err
		}
	}
}

func (i *instance) drop(name string) error {
	_, err := i.db.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`)
	return err
}

func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// address is that of a database of the same server.
func (i *instance) address(name string) string {
	u, err := url.Parse(i.admin)
	if err != nil {
		return i.admin // sql.Open has read it, so it is one
	}
	u.Path = "/" + name
	return u.String()
}

func random() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}
