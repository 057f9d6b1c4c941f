package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"naru/internal/store"
)

func (f fixture) enqueueMany(t testing.TB, jobs ...store.NewJob) {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.EnqueueMany(ctx, "notify", jobs) })
}

// What Enqueue means for one, EnqueueMany means for each of many.
func TestEnqueueManyIsEnqueueForEach(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.enqueue(t, "waiting", 1, at(9))
		f.enqueue(t, "running", 2, at(0))
		running := f.lease(t, 1)[0]
		f.enqueueMany(t,
			store.NewJob{Key: "running", Arg: 3, RunAt: at(0)},
			store.NewJob{Key: "twice", Arg: 4, RunAt: at(0)},
			store.NewJob{Key: "waiting", Arg: 5, RunAt: at(-1)},
			store.NewJob{Key: "later", Arg: "다", RunAt: at(5)},
			store.NewJob{Key: "twice", Arg: 6, RunAt: at(0)})
		wantJobs(t, f.lease(t, 9), "waiting5#1 twice6#1")
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.FinishJob(ctx, running) })
		wantJobs(t, f.lease(t, 9), "running3#1")
		f.enqueueMany(t) // none is fine
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.EnqueueMany(ctx, "notify", []store.NewJob{{Key: "bad", Arg: func() {}, RunAt: at(0)}}); err == nil {
				t.Error("an argument that has no JSON passed")
			}
			return nil
		})
	})
}

func TestThousandsOfJobsAreEnqueued(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const n = 1_777
		woken := make(chan struct{}, 1)
		defer f.OnEnqueue(func() { woken <- struct{}{} })()
		jobs := make([]store.NewJob, n)
		for i := range jobs {
			jobs[i] = store.NewJob{Key: fmt.Sprintf("job-%04d", i*11%n), Arg: i, RunAt: at(1)}
		}
		f.enqueueMany(t, jobs...)
		select {
		case <-woken:
			t.Error("nothing is due yet")
		default:
		}
		f.enqueueMany(t, jobs[:3]...) // again
		f.clock.Add(time.Minute)
		js := f.lease(t, n+1)
		if len(js) != n || js[11].Key != "job-0011" || string(js[11].Arg) != "1" {
			t.Errorf("%d jobs, the twelfth is %s %s", len(js), js[11].Key, js[11].Arg)
		}
		f.enqueueMany(t, store.NewJob{Key: "now", RunAt: at(1)}, store.NewJob{Key: "later", RunAt: at(9)})
		select {
		case <-woken:
		default:
			t.Error("nobody was told that a job is due")
		}
	})
}

// Two servers may ask for the same work in another order at the same time.
func TestEnqueueManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		together(8, func(n int) {
			jobs := make([]store.NewJob, 300)
			for i := range jobs {
				jobs[i] = store.NewJob{Key: fmt.Sprintf("job-%03d", (i*(2*n+1)+n)%300), Arg: n, RunAt: at(1)}
			}
			if err := f.Write(ctx, func(tx *store.Tx) error { return tx.EnqueueMany(ctx, "notify", jobs) }); err != nil {
				t.Error(err)
			}
		})
		f.clock.Add(time.Minute)
		if js := f.lease(t, 999); len(js) != 300 {
			t.Errorf("%d jobs", len(js))
		}
	})
}
