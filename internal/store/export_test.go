package store

import (
	"context"
	"database/sql"
	"strings"

	"naru/internal/pay"
)

// Doors for tests.

// Exec runs any statement in a transaction, as a hand-typed one would.
func (t *Tx) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	return t.exec(ctx, text, args...)
}

// Strings reads the first column of a query as text.
func (t *Tx) Strings(ctx context.Context, text string, args ...any) ([]string, error) {
	return list(ctx, t, func(r row) (s string, err error) { return s, r.Scan(&s) }, text, args...)
}

// ExplainFind is how SQLite would run FindPayments and CountPayments.
func (t *Tx) ExplainFind(ctx context.Context, merchant pay.MerchantID, f PaymentFilter) (find, count string, err error) {
	where, args := f.where(merchant)
	order, err := f.order()
	if err != nil {
		return "", "", err
	}
	if find, err = t.explain(ctx, `SELECT `+paymentColumns+` FROM payments WHERE `+where+` ORDER BY `+order+` LIMIT 20`, args...); err != nil {
		return "", "", err
	}
	count, err = t.explain(ctx, `SELECT COUNT(*) FROM payments WHERE `+where, args...)
	return find, count, err
}

// ExplainLease is how SQLite would run LeaseJobs.
func (t *Tx) ExplainLease(ctx context.Context) (string, error) {
	return t.explain(ctx, leaseJobs(4, t.dialect.skip), 1, 2, 3, "a", "b", "c", "d")
}

func (t *Tx) explain(ctx context.Context, text string, args ...any) (string, error) {
	steps, err := list(ctx, t, func(r row) (s string, err error) {
		var a, b, c int
		return s, r.Scan(&a, &b, &c, &s)
	}, `EXPLAIN QUERY PLAN `+text, args...)
	return strings.Join(steps, "; "), err
}

// OpenChecked opens a connection and refuses it unless a setting reads back so.
func OpenChecked(ctx context.Context, db *sql.DB, setting, want string) error {
	s, err := openSession(ctx, db, []pragma{{setting, want, want}})
	if err == nil {
		s.close()
	}
	return err
}

// ImpatientWriter has SQLite's writer not wait for other processes.
func ImpatientWriter(s *Store) error {
	return s.engine.(*sqliteEngine).writer.exec(`PRAGMA busy_timeout = 1`)
}

const (
	GroupRuns    = groupRuns
	PostgresRuns = postgresRuns
)

// Again says that the transaction met trouble that may pass.
func (t *Tx) Again(err error) { t.again = err }
