package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/store"
)

func (f fixture) enqueue(t testing.TB, key string, arg any, runAt time.Time) {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, "", "notify", key, arg, runAt) })
}

// lease takes up to n jobs for a minute.
func (f fixture) lease(t testing.TB, n int) (js []store.Job) {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		js, err = tx.LeaseJobs(ctx, []string{"notify", "settle", "reap"}, n, time.Minute)
		return err
	})
	return js
}

func keys(js []store.Job) string {
	var out []string
	for _, j := range js {
		out = append(out, fmt.Sprintf("%s%s#%d", j.Key, j.Arg, j.Tries))
	}
	return strings.Join(out, " ")
}

func wantJobs(t testing.TB, js []store.Job, want string) {
	t.Helper()
	if got := keys(js); got != want {
		t.Errorf("leased %q, want %q", got, want)
	}
}

func TestJobsAreLeasedWhenDueInOrder(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.enqueue(t, "b", 1, at(0))
		f.enqueue(t, "a", 2, at(-1))
		f.enqueue(t, "c", 3, at(1))
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, "", "unknown", "d", 4, at(-9)) })
		wantJobs(t, f.lease(t, 1), "a2#1")
		wantJobs(t, f.lease(t, 9), "b1#1")
		wantJobs(t, f.lease(t, 9), "")
		f.clock.Add(time.Minute) // and the leases are out as well
		wantJobs(t, f.lease(t, 9), "a2#2 b1#2 c3#1")
	})
}

func TestEnqueueAgainReplacesWhatWaits(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.enqueue(t, "a", 1, at(0))
		j := f.lease(t, 1)[0]
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.RetryJob(ctx, j, at(0), "오류") })
		f.enqueue(t, "a", 2, at(5))
		wantJobs(t, f.lease(t, 9), "")
		f.clock.Add(5 * time.Minute)
		js := f.lease(t, 9)
		wantJobs(t, js, "a2#1")
		if js[0].LastError != "" || !js[0].RunAt.Equal(at(5)) || !js[0].Created.Equal(noon) {
			t.Errorf("%+v", js[0])
		}
	})
}

func TestEnqueueAgainWhileItRunsRunsOnceMore(t *testing.T) {
	for name, end := range map[string]func(context.Context, *store.Tx, store.Job) error{
		"finished": func(ctx context.Context, tx *store.Tx, j store.Job) error { return tx.FinishJob(ctx, j) },
		"failed": func(ctx context.Context, tx *store.Tx, j store.Job) error {
			return tx.RetryJob(ctx, j, at(9), "오류")
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f fixture) {
				f.enqueue(t, "a", 1, at(0))
				j := f.lease(t, 1)[0]
				f.enqueue(t, "a", 2, at(0))
				f.enqueue(t, "a", 3, at(0))
				wantJobs(t, f.lease(t, 9), "") // not beside itself
				f.write(t, func(ctx context.Context, tx *store.Tx) error { return end(ctx, tx, j) })
				again := f.lease(t, 9)
				wantJobs(t, again, "a3#1")
				f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.FinishJob(ctx, again[0]) })
				f.clock.Add(time.Hour)
				wantJobs(t, f.lease(t, 9), "")
			})
		})
	}
}

func TestFailedJobWaitsWithItsError(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.enqueue(t, "a", 1, at(0))
		j := f.lease(t, 1)[0]
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.RetryJob(ctx, j, at(2), strings.Repeat("가", 3000))
		})
		f.clock.Add(time.Minute)
		wantJobs(t, f.lease(t, 9), "")
		f.clock.Add(time.Minute)
		js := f.lease(t, 9)
		wantJobs(t, js, "a1#2")
		if n := len(js[0].LastError); n < 1990 || n > 2010 || !strings.HasPrefix(js[0].LastError, "가가") {
			t.Errorf("an error of %d bytes was kept", n)
		}
	})
}

func TestLostLeaseEndsNothing(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.enqueue(t, "a", 1, at(0))
		slow := f.lease(t, 1)[0]
		f.clock.Add(time.Minute)
		quick := f.lease(t, 1)[0]
		deleted := slow
		deleted.Key = "none"
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, j := range []store.Job{slow, deleted} {
				for _, err := range []error{tx.FinishJob(ctx, j), tx.RetryJob(ctx, j, at(0), ""), tx.RenewJob(ctx, j, time.Minute)} {
					if !errors.Is(err, store.ErrConflict) {
						t.Errorf("without the lease: %v", err)
					}
				}
			}
			return tx.FinishJob(ctx, quick)
		})
	})
}

func TestRenewedLeaseHolds(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.enqueue(t, "a", 1, at(0))
		j := f.lease(t, 1)[0]
		f.clock.Add(30 * time.Second)
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.RenewJob(ctx, j, time.Minute) })
		f.clock.Add(59 * time.Second)
		wantJobs(t, f.lease(t, 9), "")
		f.enqueue(t, "a", 2, at(0))
		wantJobs(t, f.lease(t, 9), "") // it still runs
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.FinishJob(ctx, j) })
		wantJobs(t, f.lease(t, 9), "a2#1")
	})
}

func TestDeletedJobIsGone(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.enqueue(t, "a", 1, at(0))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return all(tx.DeleteJob(ctx, "", "notify", "a"), tx.DeleteJob(ctx, "", "notify", "a"))
		})
		wantJobs(t, f.lease(t, 9), "")
	})
}

func TestJobIsPartOfItsTransaction(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		var woken atomic.Int64
		undo := f.OnEnqueue(func() { woken.Add(1) })
		err := f.Write(t.Context(), func(tx *store.Tx) error {
			return errors.Join(tx.Enqueue(t.Context(), "", "notify", "a", 1, at(0)), errRefused)
		})
		if !errors.Is(err, errRefused) || woken.Load() != 0 {
			t.Errorf("undone: woken %d times (%v)", woken.Load(), err)
		}
		wantJobs(t, f.lease(t, 9), "")
		f.enqueue(t, "later", 1, at(1))
		if woken.Load() != 0 {
			t.Error("woken for a job that is not due")
		}
		f.enqueue(t, "now", 1, at(0))
		if woken.Load() != 1 {
			t.Errorf("woken %d times", woken.Load())
		}
		undo()
		f.enqueue(t, "more", 1, at(0))
		if woken.Load() != 1 {
			t.Error("woken after it was undone")
		}
	})
}

func TestJobsAreCounted(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		count := func(wantDepth int, wantOldest, wantNext time.Time) {
			t.Helper()
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				depth, oldest, err := tx.CountJobs(ctx)
				if depth != wantDepth || !oldest.Equal(wantOldest) {
					t.Errorf("%d jobs since %v", depth, oldest)
				}
				if err != nil {
					return err
				}
				next, err := tx.NextJobAt(ctx)
				if !next.Equal(wantNext) {
					t.Errorf("next at %v", next)
				}
				return err
			})
		}
		count(0, time.Time{}, time.Time{})
		f.enqueue(t, "late", 1, at(90))
		count(0, time.Time{}, at(90))
		f.enqueue(t, "a", 1, at(-2))
		f.enqueue(t, "b", 1, at(-1))
		count(2, at(-2), at(-2))
		f.lease(t, 9)
		count(2, at(-2), at(1))
	})
}

func TestEightWorkersRunNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const n = 200
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range n {
				if err := tx.Enqueue(ctx, "", "notify", numbered[string]("j", i), i, at(0)); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		ran := map[string]int{}
		ctx := t.Context()
		together(8, func(int) {
			for {
				var js []store.Job
				if err := f.Write(ctx, func(tx *store.Tx) (err error) {
					js, err = tx.LeaseJobs(ctx, []string{"notify"}, 7, time.Minute)
					return err
				}); err != nil {
					t.Error(err)
					return
				}
				if len(js) == 0 {
					return
				}
				if len(js) > 7 || !slices.IsSortedFunc(js, func(a, b store.Job) int { return strings.Compare(a.Key, b.Key) }) {
					t.Errorf("leased %q", keys(js))
				}
				for _, j := range js {
					mu.Lock()
					ran[j.Key]++
					mu.Unlock()
					if err := f.Write(ctx, func(tx *store.Tx) error { return tx.FinishJob(ctx, j) }); err != nil {
						t.Error(err)
					}
				}
			}
		})
		for key, times := range ran {
			if times != 1 {
				t.Errorf("%s ran %d times", key, times)
			}
		}
		if len(ran) != n {
			t.Errorf("%d of %d ran", len(ran), n)
		}
	})
}

func TestEnqueueRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	ctx := t.Context()
	if err := f.Write(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, "", "notify", "a", func() {}, at(0)) }); err == nil {
		t.Error("a function was enqueued")
	}
	f.enqueue(t, "a", map[string]int{"n": 7}, at(0))
	var arg struct{ N int }
	if err := f.lease(t, 1)[0].ReadArg(&arg); err != nil || arg.N != 7 {
		t.Errorf("read back %+v (%v)", arg, err)
	}
}

func TestLeaseReadsOnlyWhatIsDue(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		plan, err := tx.ExplainLease(ctx)
		if !strings.Contains(plan, "COVERING INDEX jobs_due (due_at<?)") || strings.Contains(plan, "TEMP B-TREE") {
			t.Error(plan)
		}
		return err
	})
}
