package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"naru/internal/pgtest"
	"naru/internal/store"
)

// One caller destroys the shared transaction: the others run again and succeed.
func TestLostSharedTransactionIsRunAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, "sqlite::memory:")
		ctx := t.Context()
		goOn := make(chan struct{})
		var all sync.WaitGroup
		var runs atomic.Int64
		all.Go(func() {
			if err := f.Write(ctx, func(tx *store.Tx) error {
				if runs.Add(1) == 1 {
					<-goOn
				}
				return tx.PutMeta(ctx, "k000", "v")
			}); err != nil {
				t.Errorf("the bystander: %v", err)
			}
		})
		synctest.Wait() // it has its turn
		all.Go(func() {
			err := f.Write(ctx, func(tx *store.Tx) error {
				if _, err := tx.Exec(ctx, `ROLLBACK`); err != nil {
					return err
				}
				return errRefused
			})
			if !errors.Is(err, errRefused) {
				t.Errorf("the culprit: %v", err)
			}
		})
		synctest.Wait() // it is in the queue
		close(goOn)
		all.Wait()
		if runs.Load() != 2 {
			t.Errorf("the bystander ran %d times", runs.Load())
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.PutMeta(ctx, "k001", "v") })
		if there := f.metas(t, 2); !there[0] || !there[1] {
			t.Errorf("stored %v", there)
		}
	})
}

// One caller's transaction always loses the shared one: it is given up.
func TestAlwaysLostTransactionIsGivenUp(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	runs := 0
	err := f.Write(t.Context(), func(tx *store.Tx) error {
		runs++
		_, err := tx.Exec(t.Context(), `ROLLBACK`)
		return err
	})
	if err == nil || runs != store.GroupRuns {
		t.Errorf("%d runs of %d, then %v", runs, store.GroupRuns, err)
	}
}

func TestLockedFileIsAnErrorForThoseWhoWaitAndPasses(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "naru.db")
	f, other := open(t, url), (*store.Store)(nil)
	ctx := t.Context()
	if err := store.ImpatientWriter(f.Store); err != nil {
		t.Fatal(err)
	}
	other, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Write(ctx, func(*store.Tx) error {
		err := f.Write(ctx, func(*store.Tx) error { t.Error("it ran"); return nil })
		if err == nil || !strings.Contains(err.Error(), "begin") {
			t.Errorf("while another program writes: %v", err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.PutMeta(ctx, "k", "v") })
}

func TestPostgresRunsAgainAfterADeadlock(t *testing.T) {
	t.Parallel()
	f := open(t, pgtest.DSN(t))
	f.insert(t, payment("imp_a", "a"), payment("imp_b", "b"))
	var met sync.WaitGroup // both hold their first payment
	met.Add(2)
	var runs atomic.Int64
	lock := func(first, second int) {
		ids := []string{"imp_a", "imp_b"}
		ctx, once := t.Context(), sync.Once{}
		if err := f.Write(ctx, func(tx *store.Tx) error {
			runs.Add(1)
			for _, id := range []string{ids[first], ids[second]} {
				p, err := tx.Payment(ctx, shop, paymentID(id))
				if err != nil {
					return err
				}
				p.Name += "!"
				if _, err := tx.UpdatePayment(ctx, p); err != nil {
					return err
				}
				once.Do(func() { met.Done(); met.Wait() })
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	together(2, func(i int) { lock(i, 1-i) })
	if runs.Load() < 3 {
		t.Errorf("%d runs: there was no deadlock to speak of", runs.Load())
	}
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range []string{"imp_a", "imp_b"} {
			p, err := tx.Payment(ctx, shop, paymentID(id))
			if err != nil {
				return err
			}
			if !strings.HasSuffix(p.Name, "자!!") {
				t.Errorf("%s is called %q after two changes", id, p.Name)
			}
		}
		return nil
	})
}

func TestPostgresGivesUpRunningAgain(t *testing.T) {
	t.Parallel()
	f := open(t, pgtest.DSN(t))
	runs := 0
	err := f.Write(t.Context(), func(tx *store.Tx) error {
		runs++
		tx.Again(errRefused)
		return nil
	})
	if !errors.Is(err, errRefused) || runs != store.PostgresRuns {
		t.Errorf("%d runs of %d, then %v", runs, store.PostgresRuns, err)
	}
}
