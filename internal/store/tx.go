package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"naru/internal/pay"
)

// Tx is one transaction; it ends when the fn it was given to returns.
//
// In a Write, what is read stays as it was until the commit, so that fn may
// decide by it. SQLite runs one Write at a time. PostgreSQL runs them side by
// side and locks instead (the reasons are at postgres.write): reading a payment,
// or anything that hangs on one (its attempts, movements, steps), holds the
// payment; an order, a checkout, a delivery and the token of a key hold their
// own row. What is not held — merchants, channels, searches — may change
// meanwhile; unique keys and compare-and-set guard what is written by it.
type Tx struct {
	// Now is the same instant throughout the transaction, in whole microseconds UTC.
	Now time.Time

	dialect *dialect
	log     *slog.Logger
	run     runner
	writes  bool
	// held are the payments that are held, as they were last read or written; nil
	// is one that has to be read again.
	held    map[heldPayment]*pay.Payment
	madeDue bool  // a job is due now, and nobody has it
	changed bool  // a payment is not what it was
	taker   Taker // nil: jobs wait to be leased
	taken   []Job // what it has of this transaction
	single  bool  // one statement is all there may be
	ran     bool  // and it was run
	again   error // why running fn once more may go better
	over    atomic.Bool

	watch   *Watch // nil is nobody
	because string
	steps   Steps
	stepCtx context.Context // of the last step
}

type heldPayment struct {
	merchant pay.MerchantID
	id       pay.PaymentID
}

// runner executes statements within a transaction.
type runner interface {
	exec(ctx context.Context, text string, args []any) (changed int64, err error)
	query(ctx context.Context, text string, args []any) (rows, error)
}

// rows are what a query found; *sql.Rows are some.
type rows interface {
	row
	Next() bool
	Err() error
	Close() error
}

func (s *Store) newTx(run runner, writes bool) *Tx {
	return &Tx{Now: s.now().UTC().Truncate(time.Microsecond), dialect: s.dialect, log: s.log, run: run, writes: writes, taker: s.takerFor(writes), watch: s.watch}
}

// lock is the fragment that holds a selected row in a Write.
func (t *Tx) lock() string {
	if !t.writes {
		return ""
	}
	return t.dialect.lock
}

// usable tells whether a statement may begin.
func (t *Tx) usable(ctx context.Context) error {
	if t.over.Load() {
		return errOver
	}
	if t.single && t.ran {
		return errSingle
	}
	t.ran = true
	return ctx.Err()
}

// failed notes trouble that may pass and explains the rest.
func (t *Tx) failed(err error) error {
	if t.dialect.fault(err) == faultTransient && t.again == nil {
		t.again = err
	}
	return t.dialect.explain(err)
}

// exec runs a statement and tells how many rows it changed.
func (t *Tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if err := t.usable(ctx); err != nil {
		return 0, err
	}
	n, err := t.run.exec(ctx, text, bind(args))
	if err != nil {
		return 0, t.failed(err)
	}
	return n, nil
}

// change runs a statement that must change exactly one row, else it is otherwise.
func (t *Tx) change(ctx context.Context, otherwise error, text string, args ...any) error {
	n, err := t.exec(ctx, text, args...)
	if err != nil {
		return err
	}
	if n != 1 {
		return otherwise
	}
	return nil
}

// undoable runs several statements of which all or none count; the transaction
// may go on after an error of fn's own. (An error of PostgreSQL's is undone too.)
func (t *Tx) undoable(ctx context.Context, fn func() error) error {
	if _, err := t.exec(ctx, `SAVEPOINT part`); err != nil {
		return err
	}
	err := fn()
	if err != nil {
		if _, undo := t.exec(ctx, `ROLLBACK TO SAVEPOINT part`); undo != nil {
			return errors.Join(err, undo)
		}
	}
	if _, end := t.exec(ctx, `RELEASE SAVEPOINT part`); end != nil {
		return errors.Join(err, end)
	}
	return err
}

// row is what a scan function reads from.
type row interface{ Scan(into ...any) error }

// list reads all rows of a query.
func list[T any](ctx context.Context, t *Tx, scan func(row) (T, error), text string, args ...any) ([]T, error) {
	if err := t.usable(ctx); err != nil {
		return nil, err
	}
	found, err := t.run.query(ctx, text, bind(args))
	if err != nil {
		return nil, t.failed(err)
	}
	defer found.Close()
	var out []T
	for found.Next() {
		v, err := scan(found)
		if err != nil {
			return nil, fmt.Errorf("store: read a row: %w", err)
		}
		out = append(out, v)
	}
	if err := found.Err(); err != nil {
		return nil, t.failed(err)
	}
	return out, nil
}

// one reads the only row of a query, or ErrNotFound.
func one[T any](ctx context.Context, t *Tx, scan func(row) (T, error), text string, args ...any) (T, error) {
	var none T
	all, err := list(ctx, t, scan, text, args...)
	switch {
	case err != nil:
		return none, err
	case len(all) == 0:
		return none, ErrNotFound
	default:
		return all[0], nil
	}
}

// number reads one integer, as COUNT and MIN give it.
func (t *Tx) number(ctx context.Context, text string, args ...any) (int64, error) {
	return one(ctx, t, func(r row) (n int64, err error) { return n, r.Scan(&n) }, text, args...)
}
