package pgtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// manyRows is how many a test may leave behind in a database that is lent again:
	// what was deleted stays in its files, for others to read over.
	manyRows = 1000
	// goneBy is how long the sessions of a test may take to end after it.
	goneBy = 2 * time.Second
)

// lent are the databases that wait for a test.
type lent struct {
	mu   sync.Mutex
	idle []*loan // the one used last is at the end
	out  int     // with tests
}

// loan is a database and what a change of its schema, its statistics, its settings
// or of what the migrations wrote would alter.
type loan struct{ name, print string }

// Lent is DSN for a test to which a database is the same that had rows and has none
// now: one that served another test, was emptied and has the schema it was made
// with. A test that looks at plans, statistics or sizes takes a new one, with DSN.
// Making a database costs PostgreSQL more than most tests do.
func Lent(t testing.TB) string {
	t.Helper()
	i, err := server()
	if err != nil {
		t.Fatalf("pgtest: no PostgreSQL to test with: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	l, err := i.lend(ctx)
	if err != nil {
		t.Fatalf("pgtest: lend a database: %v", err)
	}
	t.Cleanup(func() {
		if err := i.takeBack(l, !t.Failed()); err != nil {
			t.Errorf("pgtest: database %s: %v", l.name, err)
		}
	})
	return i.address(l.name)
}

// lend gives one that waits, or a new one.
func (i *instance) lend(ctx context.Context) (*loan, error) {
	i.lent.mu.Lock()
	i.lent.out++
	if n := len(i.lent.idle); n > 0 {
		l := i.lent.idle[n-1]
		i.lent.idle = i.lent.idle[:n-1]
		i.lent.mu.Unlock()
		return l, nil
	}
	i.lent.mu.Unlock()
	l := &loan{name: "naru_test_" + random()}
	if err := i.create(ctx, l.name, i.fromTemplate()); err != nil {
		return nil, err
	}
	conn, err := pgconn.Connect(ctx, i.address(l.name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	if l.print, err = fingerprint(ctx, conn); err != nil {
		return nil, err
	}
	rows, err := wipe(ctx, conn)
	if err == nil && rows > 0 {
		err = fmt.Errorf("the migrations write %d rows, which would be deleted", rows)
	}
	return l, err
}

// takeBack empties a database for the next test, and drops it if it is not as good
// as new, or if no test has one: none outlives the tests.
func (i *instance) takeBack(l *loan, good bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	good = good && i.left(ctx, l.name) && empty(ctx, i.address(l.name), l.print) == nil
	i.lent.mu.Lock()
	var over []*loan
	if i.lent.out--; good {
		i.lent.idle = append(i.lent.idle, l)
	} else {
		over = append(over, l)
	}
	if i.lent.out == 0 {
		over = append(over, i.lent.idle...)
		i.lent.idle = nil
	}
	i.lent.mu.Unlock()
	var errs []error
	for _, l := range over {
		errs = append(errs, i.drop(l.name))
	}
	return errors.Join(errs...)
}

// left reports whether all sessions of the database have ended. A test that leaves
// one behind could still write.
func (i *instance) left(ctx context.Context, name string) bool {
	for end := time.Now().Add(goneBy); time.Now().Before(end); {
		var n int
		if err := i.db.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = $1`, name).Scan(&n); err != nil {
			return false
		}
		if n == 0 {
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Millisecond):
		}
	}
	return false
}

// errNotAsNew is why a database is not lent again.
var errNotAsNew = errors.New("it is not as it was")

// empty makes a database as it was, or says that it cannot.
func empty(ctx context.Context, address, print string) error {
	conn, err := pgconn.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := wipe(ctx, conn)
	if err != nil {
		return err
	}
	is, err := fingerprint(ctx, conn)
	if err == nil && (rows > manyRows || is != print) {
		err = errNotAsNew
	}
	return err
}

// wipe deletes all rows but those that tell of migrations, without the checks of
// foreign keys, which takes a superuser. It gives how many there were.
func wipe(ctx context.Context, conn *pgconn.PgConn) (rows int64, err error) {
	names, err := text(ctx, conn, `SELECT string_agg(quote_ident(relname), ' ') FROM pg_class
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose%'`)
	if err != nil {
		return 0, err
	}
	sql := "SET session_replication_role = replica"
	for name := range strings.FieldsSeq(names) {
		sql += "; DELETE FROM " + name
	}
	results, err := conn.Exec(ctx, sql).ReadAll()
	for _, r := range results {
		rows += r.CommandTag.RowsAffected()
	}
	return rows, err
}

// fingerprint changes with the schema, the statistics, the settings, the sequences
// and the rows that tell of migrations: by the transactions that wrote their rows.
func fingerprint(ctx context.Context, conn *pgconn.PgConn) (string, error) {
	var sql []string
	for _, table := range []string{"pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc", "pg_namespace", "pg_statistic", "goose_db_version"} {
		sql = append(sql, `SELECT count(*) || '/' || coalesce(sum(xmin::text::bigint), 0) AS v FROM `+table)
	}
	sql = append(sql,
		`SELECT coalesce(sum(coalesce(last_value, 0)), 0)::text FROM pg_sequences`,
		`SELECT count(*)::text FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()`)
	return text(ctx, conn, `SELECT string_agg(v, ' ') FROM (`+strings.Join(sql, ` UNION ALL `)+`) AS all_of_it`)
}

// text is the one value that a query gives.
func text(ctx context.Context, conn *pgconn.PgConn, sql string) (string, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 {
		return "", fmt.Errorf("not one row: %s", sql)
	}
	return string(results[0].Rows[0][0]), nil
}
