// Package store is everything the gateway remembers: one SQL text per
// statement for SQLite and PostgreSQL, a file per kind of row.
//
// All reading and writing happens in a transaction: Read for a consistent view,
// Write for a change that is there whole or not at all. What was written is on
// the disk when Write returns.
package store

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Options is what a Store needs besides its database.
type Options struct {
	Now func() time.Time // nil is time.Now
	Log *slog.Logger     // nil is silence
	// Begin, in tests, is the file that a private database begins as: pgtest has one
	// with the schema in it. nil is an empty one.
	Begin []byte
	// Watch is told what the Store does; nil costs nothing.
	Watch *Watch
	// Faults, in tests, is called at each Write with PointCommit and PointCommitted.
	// An error at the first undoes the transaction; at the second it is answered
	// though the change is there, as when the process dies in between. It may be
	// called more than once at PointCommit when a transaction is run again.
	Faults func(point string) error
}

// The points of a Write at which a process may die.
const (
	PointCommit    = "commit"    // everything is written, nothing is committed
	PointCommitted = "committed" // it is committed, nobody knows
)

// Store is a database of the gateway. It may be used by many goroutines, and
// PostgreSQL by many Stores.
type Store struct {
	engine  engine
	dialect *dialect
	now     func() time.Time
	log     *slog.Logger
	faults  func(point string) error // nil is none
	watch   *Watch                   // nil is nobody

	mu      sync.Mutex
	closed  bool
	inUse   sync.WaitGroup
	enqueue map[int]func()
	changes map[int]func()
	nextID  int
	taker   Taker
}

// engine is how a database is opened and runs its transactions.
type engine interface {
	// write runs fn in a transaction that nothing else interleaves with as far
	// as fn can tell, once more after trouble that may pass.
	write(ctx context.Context, s *Store, fn func(*Tx) error) error
	read(ctx context.Context, s *Store, fn func(*Tx) error) error
	// readOnce is read of a fn that runs one statement.
	readOnce(ctx context.Context, s *Store, fn func(*Tx) error) error
	migrate(ctx context.Context) error
	close() error
}

// Open opens the database at url: "sqlite:/path/file.db" (made when absent; its
// folder must be there), "sqlite::memory:" (a private one that ends with the
// Store) or "postgres://…". It does not migrate; call Migrate, or Ready to see
// whether that is needed. SQLite is refused unless it is set to lose nothing,
// PostgreSQL unless it is encoded in UTF-8.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	to, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	s := &Store{now: o.Now, log: o.Log, faults: o.Faults, watch: o.Watch, enqueue: map[int]func(){}, changes: map[int]func(){}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	switch to.kind {
	case kindSQLite:
		s.dialect = sqliteDialect()
		s.engine, err = openSQLite(to.path, o.Begin, s.log)
	default:
		s.dialect = postgresDialect()
		s.engine, err = openPostgres(ctx, to.postgres, s.log)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Kind is "sqlite" or "postgres".
func (s *Store) Kind() string { return s.dialect.kind }

// Write runs fn in a transaction and commits when fn returns nil. To fn it looks
// as if it were alone (how far, Tx says). It may run fn again, so fn
// does nothing but read and write through tx; it must not call Write or Read.
// fn runs in the caller's goroutine. When Write returns nil the change is
// durable, when it returns an error there is none. A ctx that ends before fn has
// begun, or during it, undoes this transaction and no other.
func (s *Store) Write(ctx context.Context, fn func(tx *Tx) error) (err error) {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.inUse.Done()
	if s.watch != nil && s.watch.Wrote != nil {
		began := time.Now()
		defer func() { s.watch.Wrote(time.Since(began), err) }()
	}
	if s.faults != nil {
		return s.writeFaulty(ctx, fn)
	}
	return s.engine.write(ctx, s, fn)
}

func (s *Store) writeFaulty(ctx context.Context, fn func(tx *Tx) error) error {
	err := s.engine.write(ctx, s, func(tx *Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return s.faults(PointCommit)
	})
	if err != nil {
		return err
	}
	return s.faults(PointCommitted)
}

// Read runs fn in a transaction that sees one state of the database throughout
// and cannot write. It does not wait for writers.
func (s *Store) Read(ctx context.Context, fn func(tx *Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.inUse.Done()
	return s.engine.read(ctx, s, fn)
}

// ReadOnce is Read of a fn that runs one statement, which needs no transaction
// around it: a second one is refused.
func (s *Store) ReadOnce(ctx context.Context, fn func(tx *Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.inUse.Done()
	return s.engine.readOnce(ctx, s, fn)
}

// enter counts a call in, so that Close can wait for it.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.inUse.Add(1)
	return nil
}

// Close refuses new calls, waits for those that have begun and closes the
// database. A second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if !first {
		return nil
	}
	s.inUse.Wait()
	if err := s.engine.close(); err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// OnEnqueue has f called after each commit that made a job due, in the
// goroutine of the writer; f must return at once. The answer undoes it.
func (s *Store) OnEnqueue(f func()) (undo func()) { return s.on(s.enqueue, f) }

// OnPayment has f called after each commit here that changed a payment, or had one
// followed again, as OnEnqueue does.
func (s *Store) OnPayment(f func()) (undo func()) { return s.on(s.changes, f) }

func (s *Store) on(what map[int]func(), f func()) (undo func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.nextID
	s.nextID++
	what[id] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(what, id)
	}
}

// HandOver has t run what is enqueued here and is due at once. The answer undoes
// it. There is one Taker at a time: the last.
func (s *Store) HandOver(t Taker) (undo func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taker = t
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.taker == t {
			s.taker = nil
		}
	}
}

func (s *Store) takerFor(writes bool) Taker {
	if !writes {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taker
}

// committed tells whoever wants to know that tx is in the database.
func (s *Store) committed(tx *Tx) {
	s.tellSteps(tx)
	for _, j := range tx.taken {
		tx.taker.Run(j)
	}
	if !tx.madeDue && !tx.changed {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if tx.madeDue {
		for _, f := range s.enqueue {
			f()
		}
	}
	if tx.changed {
		for _, f := range s.changes {
			f()
		}
	}
}

// undone tells that tx is not in the database, or that nobody knows.
func (s *Store) undone(tx *Tx) {
	for _, j := range tx.taken {
		tx.taker.Release(j.JobName)
	}
}
