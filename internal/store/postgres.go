package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	postgresConns = 32
	postgresRuns  = 12                     // runs of one transaction
	lockedRuns    = 2                      // of these, runs that may wait in vain for a lock
	firstPause    = 2 * time.Millisecond   // before the second run, then doubled
	longestPause  = 250 * time.Millisecond // between runs
)

// postgresEngine is a pool of connections to one PostgreSQL database.
type postgresEngine struct {
	db  *sql.DB
	log *slog.Logger
}

// sqlRunner runs statements by database/sql.
type sqlRunner struct {
	on interface {
		ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	}
}

func (r sqlRunner) exec(ctx context.Context, text string, args []any) (int64, error) {
	res, err := r.on.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (r sqlRunner) query(ctx context.Context, text string, args []any) (rows, error) {
	found, err := r.on.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return found, nil
}

func openPostgres(ctx context.Context, cfg *pgx.ConnConfig, log *slog.Logger) (*postgresEngine, error) {
	e := &postgresEngine{db: stdlib.OpenDB(*cfg), log: log}
	e.db.SetMaxOpenConns(postgresConns)
	e.db.SetMaxIdleConns(postgresConns)
	e.db.SetConnMaxIdleTime(5 * time.Minute)
	var encoding string
	if err := e.db.QueryRowContext(ctx, `SHOW server_encoding`).Scan(&encoding); err != nil {
		return nil, errors.Join(fmt.Errorf("store: reach PostgreSQL at %s:%d: %w", cfg.Host, cfg.Port, err), e.db.Close())
	}
	if encoding != "UTF8" {
		return nil, errors.Join(fmt.Errorf("store: database %q is encoded in %s: make it with ENCODING 'UTF8'", cfg.Database, encoding), e.db.Close())
	}
	return e, nil
}

// write runs fn at READ COMMITTED with the rows it decides by locked.
//
// READ COMMITTED alone would let two transactions read the same payment and both
// cancel what is left of it. SERIALIZABLE would not, and needs no thought; but it
// finds conflicts by index page, each step moves a payment in five indexes, and
// payments of one moment share their pages. (Measured, 64 callers stepping
// payments of their own: at SERIALIZABLE 1.6 extra runs per transaction and some
// given up after twelve; with locks none, at 1,200-1,600 a second.) So a Tx in a
// Write locks the payment before it reads it or anything that hangs on it, and
// the order, checkout, delivery or key it reads. What cannot be locked because it
// is not there yet is kept apart by unique keys, and every UPDATE that rests on a
// read compares.
//
// A transaction that meets a deadlock or a serialisation failure is undone and
// run again, a bounded number of times. One that waited for a lock until
// lock_timeout runs once more: together the two wait longer than
// idle_in_transaction_session_timeout lets a node that is gone keep the lock.
func (e *postgresEngine) write(ctx context.Context, s *Store, fn func(*Tx) error) error {
	pause, locked := firstPause, 0
	for run := 1; ; run++ {
		again, err := e.once(ctx, s, fn)
		if sqlState(again) == stateLocked {
			locked++
		}
		if again == nil || run == postgresRuns || locked == lockedRuns {
			return err
		}
		e.log.DebugContext(ctx, "run a transaction again", "run", run, "error", again)
		select {
		case <-time.After(pause/2 + rand.N(pause)): // apart from those it collided with
		case <-ctx.Done():
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// once runs fn in one transaction; again is why another run may go better.
func (e *postgresEngine) once(ctx context.Context, s *Store, fn func(*Tx) error) (again, err error) {
	sqlTx, err := e.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, fmt.Errorf("store: begin: %w", err)
	}
	tx, committed := s.newTx(sqlRunner{sqlTx}, true), false
	defer func() {
		tx.over.Store(true)
		_ = sqlTx.Rollback() // does nothing after a commit
		if !committed {
			s.undone(tx)
		}
	}()
	if err := fn(tx); err != nil {
		return tx.again, err
	}
	if tx.again != nil {
		return tx.again, tx.again
	}
	if err := sqlTx.Commit(); err != nil {
		if s.dialect.fault(err) == faultTransient {
			again = err
		}
		return again, fmt.Errorf("store: commit: %w", err)
	}
	committed = true
	s.shared(1)
	s.committed(tx)
	return nil, nil
}

// read runs fn in one snapshot, as SQLite does.
func (e *postgresEngine) read(ctx context.Context, s *Store, fn func(*Tx) error) error {
	sqlTx, err := e.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("store: begin: %w", err)
	}
	tx := s.newTx(sqlRunner{sqlTx}, false)
	defer func() {
		tx.over.Store(true)
		_ = sqlTx.Rollback() // there is nothing to lose
	}()
	return fn(tx)
}

// readOnce spares two round trips.
func (e *postgresEngine) readOnce(_ context.Context, s *Store, fn func(*Tx) error) error {
	tx := s.newTx(sqlRunner{e.db}, false)
	tx.single = true
	defer tx.over.Store(true)
	return fn(tx)
}

func (e *postgresEngine) migrate(ctx context.Context) error {
	return migrateUp(ctx, kindPostgres, e.db, e.log)
}

func (e *postgresEngine) close() error { return e.db.Close() }
