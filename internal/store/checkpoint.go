package store

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	foldTurns = 100         // transactions after which the WAL is folded into the file
	foldPause = time.Second // or this long after the first that is not folded yet
	foldPages = 4000        // of the WAL (16 MB), beyond which it is begun anew
)

// folder keeps a SQLite file's WAL short. SQLite would do so by itself, in every
// thirtieth commit or so and while everybody waits for it, ten milliseconds and
// more. A folder copies what is committed into the file on a connection of its
// own, beside the writer; what is left is so little that the writer copies it
// between two groups, now and then, for the WAL to be begun anew.
type folder struct {
	session *session
	log     *slog.Logger
	dirty   chan struct{} // the first commit after a fold
	full    chan struct{} // foldTurns more
	end     chan struct{} // closed: it is over
	ended   chan struct{}
	turns   atomic.Int64 // since the last fold
	long    atomic.Bool  // the writer should copy the rest
}

func startFolder(s *session, log *slog.Logger) *folder {
	f := &folder{session: s, log: log, dirty: make(chan struct{}, 1), full: make(chan struct{}, 1), end: make(chan struct{}), ended: make(chan struct{})}
	go f.loop()
	return f
}

// committed is told by the writer of a group of so many turns.
func (f *folder) committed(turns int) {
	all := f.turns.Add(int64(turns))
	if all == int64(turns) {
		signal(f.dirty)
	}
	if all >= foldTurns {
		signal(f.full)
	}
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is said already
	}
}

// stop ends it. SQLite folds the rest when the last connection closes.
func (f *folder) stop() {
	close(f.end)
	<-f.ended
	_ = f.session.close() // it has nothing of its own
}

func (f *folder) loop() {
	defer close(f.ended)
	pause := time.NewTimer(foldPause)
	defer pause.Stop()
	for f.wait(f.dirty, nil) {
		pause.Reset(foldPause)
		if !f.wait(f.full, pause.C) {
			return
		}
		f.turns.Store(0)
		pages, err := fold(f.session)
		if err != nil {
			f.log.Error("the WAL was not folded into the database", "error", err)
		}
		f.long.Store(pages > foldPages)
	}
}

// wait is for either; false is the end.
func (f *folder) wait(one <-chan struct{}, or <-chan time.Time) bool {
	select {
	case <-one:
		return true
	case <-or:
		return true
	case <-f.end:
		return false
	}
}

// fold copies what is committed into the file and gives how many pages the WAL
// has. It neither waits for others nor has them wait.
func fold(s *session) (pages int64, err error) {
	stmt, _, err := s.conn.PrepareTransient(`PRAGMA wal_checkpoint(PASSIVE)`) // busy, pages, folded
	if err != nil {
		return 0, err
	}
	more, err := stmt.Step()
	if err == nil && more {
		pages = stmt.ColumnInt64(1)
	}
	if end := stmt.Finalize(); err == nil {
		err = end
	}
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	return pages, nil
}
