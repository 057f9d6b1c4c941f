package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"
)

const (
	groupMax  = 256                   // transactions in one commit
	groupTime = 60 * time.Millisecond // how long a group goes on taking more
	groupRuns = 5                     // runs of a transaction whose group was lost
	slowTurn  = 5 * time.Second       // a turn that is worth a warning
)

// errLost is answered when the shared transaction was lost through no fault of
// the one answered; it is run again in another group.
var errLost = errors.New("store: the shared transaction was lost")

// errUndone is why a transaction was lost that SQLite undid by itself.
var errUndone = errors.New("the database undid it")

// errUnwound ends the turn of a fn that panicked or left its goroutine.
var errUnwound = errors.New("store: the transaction's function did not return")

// writer owns the one connection that writes to a SQLite file. One commit costs
// a sync of the disk whoever takes part, so the writer opens a transaction,
// gives each waiting caller a turn, commits once and only then answers them all. The
// first has the transaction for itself: when it fails, all is undone. Those who join
// it have a savepoint each, which keeps a copy of every page that they change. (Measured: 24-49 thousand transactions a second
// with 64 callers, against 2-3.5 thousand with a commit each.)
//
// A caller runs its fn in its own goroutine while the writer waits: a panic or
// a test's FailNow unwinds where it belongs and costs the others nothing.
type writer struct {
	session *session
	log     *slog.Logger
	folder  *folder
	queue   chan *turn
	ended   chan struct{}
	slow    *time.Timer
}

// turn is one caller's place in the queue.
type turn struct {
	ctx    context.Context
	store  *Store
	begin  chan *Tx   // the writer's word that it is this caller's turn
	end    chan error // what fn returned
	answer chan error // after the commit
}

func startWriter(s *session, f *folder, log *slog.Logger) *writer {
	w := &writer{session: s, log: log, folder: f, queue: make(chan *turn), ended: make(chan struct{})}
	w.slow = time.AfterFunc(slowTurn, func() { log.Warn("a write transaction holds up all others", "for", slowTurn) })
	w.slow.Stop()
	go w.loop()
	return w
}

// stop ends the writer; there must be no callers left.
func (w *writer) stop() {
	close(w.queue)
	<-w.ended
	w.folder.stop()
	_ = w.session.close() // all is committed
}

// write is Store.Write.
func (w *writer) write(ctx context.Context, s *Store, fn func(*Tx) error) error {
	var err error
	for range groupRuns {
		if err = w.once(ctx, s, fn); !errors.Is(err, errLost) {
			break
		}
	}
	return err
}

// once has fn take part in one group.
func (w *writer) once(ctx context.Context, s *Store, fn func(*Tx) error) (err error) {
	t := &turn{ctx: ctx, store: s, begin: make(chan *Tx), end: make(chan error, 1), answer: make(chan error, 1)}
	tx, err := t.wait(w.queue)
	if err != nil {
		return err
	}
	committed := false
	defer func() { // also when fn panics
		if !committed {
			s.undone(tx)
		}
	}()
	t.run(tx, fn)
	if err := <-t.answer; err != nil {
		return err
	}
	committed = true
	s.committed(tx)
	return nil
}

// wait queues up and returns when it is this caller's turn.
func (t *turn) wait(queue chan<- *turn) (*Tx, error) {
	select {
	case queue <- t:
	case <-t.ctx.Done():
		return nil, t.ctx.Err()
	}
	select {
	case tx := <-t.begin:
		return tx, nil
	case err := <-t.answer: // the group could not even begin
		return nil, err
	case <-t.ctx.Done():
		return nil, t.ctx.Err()
	}
}

// run calls fn and hands the turn back, however fn ends.
func (t *turn) run(tx *Tx, fn func(*Tx) error) {
	err := errUnwound
	defer func() {
		tx.over.Store(true)
		t.end <- err
	}()
	err = fn(tx)
}

func (w *writer) loop() {
	defer close(w.ended)
	for first := range w.queue {
		w.group(first)
	}
}

// outcome is what became of a turn, to be answered once the group is committed.
type outcome struct {
	turn *turn
	err  error
}

// group runs waiting turns in one transaction. Nobody is answered before the
// commit: even a refusal may rest on what another turn wrote.
func (w *writer) group(first *turn) {
	start := time.Now()
	if err := w.exec(`BEGIN IMMEDIATE`); err != nil {
		w.refuse(first, start, fmt.Errorf("store: begin: %w", err))
		return
	}
	taken, err := w.lead(first)
	if err != nil {
		if undone := w.exec(`ROLLBACK`); undone != nil { // SQLite did it itself
			w.log.Error("a transaction was undone by the database", "error", err, "rollback", undone)
		}
		if taken {
			first.answer <- err
		}
		return
	}
	done := []outcome{{first, nil}}
	if w.session.conn.AutocommitEnabled() { // its fn did not say that the transaction was lost
		w.rerun(done, errUndone)
		return
	}
	for t := w.next(len(done), start); t != nil; t = w.next(len(done), start) {
		taken, err, lost := w.turn(t)
		if taken {
			done = append(done, outcome{t, err})
		}
		if lost != nil {
			w.rollback(len(done), lost)
			w.rerun(done, lost)
			return
		}
	}
	if err := w.exec(`COMMIT`); err != nil {
		w.rollback(len(done), err)
		for _, o := range done {
			o.turn.answer <- fmt.Errorf("store: commit: %w", err)
		}
		return
	}
	first.store.shared(len(done))
	for _, o := range done {
		o.turn.answer <- o.err
	}
	w.folder.committed(len(done))
	if w.folder.long.Swap(false) {
		if _, err := fold(w.session); err != nil {
			w.log.Error("the WAL was not folded into the database", "error", err)
		}
	}
}

// next is another waiting turn, or nil when the group should commit.
func (w *writer) next(n int, start time.Time) *turn {
	if n >= groupMax || time.Since(start) > groupTime {
		return nil
	}
	if t := w.waiting(); t != nil {
		return t
	}
	runtime.Gosched() // who is ready to ask, but waits for a processor, does so now
	return w.waiting()
}

// waiting is a turn that waits, or nil.
func (w *writer) waiting() *turn {
	select {
	case t := <-w.queue: // nil when closed: loop sees it next
		return t
	default:
		return nil
	}
}

// lead lets one caller run. taken is false when its ctx ended first.
func (w *writer) lead(t *turn) (taken bool, err error) {
	select {
	case t.begin <- t.store.newTx(w.session, true):
		return true, w.await(t)
	case <-t.ctx.Done():
		return false, t.ctx.Err()
	}
}

// turn is lead in a savepoint. lost tells that the whole transaction can no longer
// be used.
func (w *writer) turn(t *turn) (taken bool, err, lost error) {
	if lost := w.exec(`SAVEPOINT turn`); lost != nil {
		return true, nil, lost
	}
	taken, err = w.lead(t)
	if err != nil {
		if lost := w.exec(`ROLLBACK TO turn`); lost != nil {
			return taken, err, lost
		}
	}
	return taken, err, w.exec(`RELEASE turn`)
}

// await waits for the caller's fn, aloud when it takes long: nobody else can
// write meanwhile.
func (w *writer) await(t *turn) error {
	w.slow.Reset(slowTurn)
	defer w.slow.Stop()
	return <-t.end
}

// refuse answers everybody who has waited in vain for a transaction to begin, as
// when another process keeps the file locked; each alone would wait as long. All
// are counted in before the first is answered: who comes after that tries anew.
func (w *writer) refuse(first *turn, start time.Time, why error) {
	var refused []*turn
	for t := first; t != nil; t = w.waiting() {
		refused = append(refused, t)
	}
	w.log.Error("no write transaction could begin", "waited", time.Since(start))
	w.rollback(len(refused), why)
	for _, t := range refused {
		t.answer <- why
	}
}

// rollback leaves the connection without a transaction.
func (w *writer) rollback(callers int, why error) {
	err := w.exec(`ROLLBACK`) // fails when SQLite did it itself
	w.log.Error("a shared transaction was undone", "callers", callers, "error", why, "rollback", err)
}

// rerun sends everybody back into the queue, but for the last if it failed: the
// transaction was lost in its turn, and its error says why.
func (w *writer) rerun(done []outcome, why error) {
	for i, o := range done {
		if i == len(done)-1 && o.err != nil {
			o.turn.answer <- o.err
			return
		}
		o.turn.answer <- fmt.Errorf("%w: %w", errLost, why)
	}
}

func (w *writer) exec(text string) error {
	_, err := w.session.exec(context.Background(), text, nil)
	return err
}
