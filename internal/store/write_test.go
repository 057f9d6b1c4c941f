package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/pgtest"
	"naru/internal/store"
)

var errRefused = errors.New("refused")

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// metas is how many of numbered keys are stored.
func (f fixture) metas(t testing.TB, n int) (there []bool) {
	t.Helper()
	there = make([]bool, n)
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			_, err := tx.Meta(ctx, numbered[string]("k", i))
			if err != nil && !isNotFound(err) {
				return err
			}
			there[i] = err == nil
		}
		return nil
	})
	return there
}

func TestOneFailureUndoesOnlyItself(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const n = 120
		bad := func(i int) bool { return i%7 == 3 }
		ctx := t.Context()
		together(n, func(i int) {
			err := f.Write(ctx, func(tx *store.Tx) error {
				if err := tx.PutMeta(ctx, numbered[string]("k", i), "v"); err != nil {
					return err
				}
				if bad(i) {
					return errRefused
				}
				return nil
			})
			if bad(i) != errors.Is(err, errRefused) || !bad(i) && err != nil {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
		for i, there := range f.metas(t, n) {
			if there == bad(i) {
				t.Errorf("transaction %d: stored %v", i, there)
			}
		}
	})
}

func TestPanicUndoesOnlyItselfAndReachesItsCaller(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const n = 40
		ctx := t.Context()
		together(n, func(i int) {
			defer func() {
				if v := recover(); (v != nil) != (i%5 == 0) || v != nil && v != errRefused {
					t.Errorf("transaction %d panics with %v", i, v)
				}
			}()
			if err := f.Write(ctx, func(tx *store.Tx) error {
				if err := tx.PutMeta(ctx, numbered[string]("k", i), "v"); err != nil {
					return err
				}
				if i%5 == 0 {
					panic(errRefused)
				}
				return nil
			}); err != nil {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
		for i, there := range f.metas(t, n) {
			if there == (i%5 == 0) {
				t.Errorf("transaction %d: stored %v", i, there)
			}
		}
	})
}

func TestEndedGoroutineUndoesOnlyItself(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		together(1, func(int) {
			_ = f.Write(ctx, func(tx *store.Tx) error { // as t.FailNow does
				if err := tx.PutMeta(ctx, "k000", "v"); err != nil {
					t.Error(err)
				}
				runtime.Goexit()
				return nil
			})
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.PutMeta(ctx, "k001", "v") })
		if there := f.metas(t, 2); there[0] || !there[1] {
			t.Errorf("stored %v", there)
		}
	})
}

func TestCallerWhoGivesUpHurtsNobody(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		began, goOn := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() { // it has its turn and is still there
			if err := f.Write(ctx, func(tx *store.Tx) error {
				close(began)
				<-goOn
				return tx.PutMeta(ctx, "k000", "v")
			}); err != nil {
				t.Error(err)
			}
		})
		<-began
		leaving, leave := context.WithCancel(ctx)
		all.Go(func() { // it gives up in the middle of its own turn, or before it
			err := f.Write(leaving, func(tx *store.Tx) error {
				if err := tx.PutMeta(leaving, "k001", "v"); err != nil {
					return err
				}
				leave()
				return tx.PutMeta(leaving, "k002", "v")
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("who gave up got %v", err)
			}
		})
		gone, go2 := context.WithCancel(ctx)
		go2()
		if err := f.Write(gone, func(*store.Tx) error { t.Error("it ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("who was gone got %v", err)
		}
		close(goOn)
		all.Wait()
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.PutMeta(ctx, "k003", "v") })
		if there := f.metas(t, 4); !there[0] || there[1] || there[2] || !there[3] {
			t.Errorf("stored %v", there)
		}
	})
}

func TestWaitingCallerMayLeave(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	ctx := t.Context()
	began, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := f.Write(ctx, func(*store.Tx) error { close(began); <-goOn; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-began
	leaving, leave := context.WithTimeout(ctx, time.Millisecond)
	defer leave()
	err := f.Write(leaving, func(*store.Tx) error { t.Error("it ran"); return nil })
	if !errors.Is(err, context.DeadlineExceeded) { // while the other still holds the writer
		t.Errorf("who waited got %v", err)
	}
	close(goOn)
	all.Wait()
}

func TestGroupCommitIsInTheFile(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "naru.db")
	f := open(t, url)
	const n = 200
	ctx := t.Context()
	var other *store.Store
	together(n, func(i int) {
		if err := f.Write(ctx, func(tx *store.Tx) error { return tx.PutMeta(ctx, numbered[string]("k", i), "v") }); err != nil {
			t.Error(err)
		}
	})
	// Another program, and this one after a restart, see what was answered.
	for _, restart := range []bool{false, true} {
		if restart {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if other, err = store.Open(ctx, url, store.Options{}); err != nil {
			t.Fatal(err)
		}
		for i, there := range (fixture{Store: other}).metas(t, n) {
			if !there {
				t.Errorf("restart %v: transaction %d is lost", restart, i)
			}
		}
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Who waits in vain for a lock asks once more, by when a node that is gone has lost
// it, and then gives up.
func TestALockIsWaitedForTwice(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	f, slow := open(t, dsn), "?lock_timeout=100"
	if strings.Contains(dsn, "?") {
		slow = "&lock_timeout=100"
	}
	waits, err := store.Open(t.Context(), dsn+slow, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = waits.Close() })
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.PrepareOrder(ctx, shop, "o1", 1000, "KRW")
	})
	for _, c := range []struct {
		letGo int32 // the run of the other in which the order is let go
		fails bool
	}{{letGo: 2}, {letGo: 3, fails: true}} {
		held, letGo, gone := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			gone <- f.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Order(t.Context(), shop, "o1")
				close(held)
				<-letGo
				return err
			})
		}()
		<-held
		var runs int32
		err := waits.Write(t.Context(), func(tx *store.Tx) error {
			if runs++; runs == c.letGo {
				close(letGo)
				if err := <-gone; err != nil {
					return err
				}
			}
			_, err := tx.Order(t.Context(), shop, "o1")
			return err
		})
		if runs != 2 || c.fails != (err != nil) {
			t.Errorf("let go in run %d: it ran %d times and answered %v", c.letGo, runs, err)
		}
		if runs < c.letGo {
			close(letGo)
			if err := <-gone; err != nil {
				t.Error(err)
			}
		}
	}
}

func TestCloseFinishesWhatWasBegun(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		began, goOn := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			if err := f.Write(ctx, func(tx *store.Tx) error {
				close(began)
				<-goOn
				return tx.PutMeta(ctx, "k", "v")
			}); err != nil {
				t.Errorf("it had begun: %v", err)
			}
		})
		<-began
		closed := make(chan error, 1)
		go func() { closed <- f.Close() }()
		for { // until Close is under way
			err := f.Read(ctx, func(*store.Tx) error { return nil })
			if errors.Is(err, store.ErrClosed) {
				break
			}
			if err != nil {
				t.Error(err)
				break
			}
		}
		select {
		case err := <-closed:
			t.Errorf("closed before the writer was done: %v", err)
		default:
		}
		close(goOn)
		all.Wait()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if err := f.Write(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("a Write after Close: %v", err)
		}
	})
}

func TestTxIsOverWhenItsFunctionReturns(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		var kept *store.Tx
		f.write(t, func(_ context.Context, tx *store.Tx) error { kept = tx; return nil })
		if err := kept.PutMeta(t.Context(), "k", "v"); err == nil {
			t.Error("a transaction that is over still writes")
		}
		f.read(t, func(_ context.Context, tx *store.Tx) error { kept = tx; return nil })
		if _, err := kept.Meta(t.Context(), "k"); err == nil || isNotFound(err) {
			t.Errorf("a transaction that is over still reads: %v", err)
		}
	})
}

func TestNowIsOneInstantInMicroseconds(t *testing.T) {
	t.Parallel()
	var ticks atomic.Int64
	now := func() time.Time {
		return noon.Add(time.Duration(ticks.Add(1))*time.Second + 1234567*time.Nanosecond).In(time.FixedZone("KST", 9*3600))
	}
	s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Write(t.Context(), func(tx *store.Tx) error {
		if tx.Now.Location() != time.UTC || tx.Now.Nanosecond() != 1234000 {
			t.Errorf("Now is %v", tx.Now)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
