package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"naru/internal/jobs"
	"naru/internal/store"
)

// What a transaction enqueues and takes back again is not run.
func TestJobTakenBackInItsTransaction(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ran := make(chan string, 10)
		run := r.started(r.runner(jobs.Options{Workers: map[string]jobs.Worker{
			"work": func(_ context.Context, j store.Job) error { ran <- j.Key + string(j.Arg); return nil },
		}}))
		r.write(func(ctx context.Context, tx *store.Tx) error {
			for _, key := range []string{"a", "b", "c"} {
				if err := tx.Enqueue(ctx, "", "work", key, 1, tx.Now); err != nil {
					return err
				}
			}
			if err := tx.DeleteJob(ctx, "", "work", "a"); err != nil {
				return err
			}
			if err := tx.DeleteJob(ctx, "", "work", "b"); err != nil {
				return err
			}
			return tx.Enqueue(ctx, "", "work", "b", 2, tx.Now)
		})
		got := map[string]int{soon(t, "a run", ran): 1}
		got[soon(t, "another run", ran)]++
		if err := run.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got["b2"] != 1 || got["c1"] != 1 || len(ran) != 0 || r.depth() != 0 {
			t.Errorf("ran %v and %d more, %d are left", got, len(ran), r.depth())
		}
	})
}

// Very many lanes with a job each are all seen to without being waited for.
func TestMoreLanesThanOneLookTakes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const lanes = 260
		r.write(func(ctx context.Context, tx *store.Tx) error {
			for i := range lanes {
				if err := tx.EnqueueJob(ctx, "work", store.NewJob{Key: fmt.Sprint(i), Lane: fmt.Sprint(i), Arg: 1, RunAt: tx.Now}); err != nil {
					return err
				}
			}
			return nil
		})
		ran := make(chan string, lanes)
		r.started(r.runner(jobs.Options{
			Workers:     map[string]jobs.Worker{"work": func(_ context.Context, j store.Job) error { ran <- j.Key; return nil }},
			Concurrency: map[string]int{"work": 512}, LaneLimit: map[string]func(string) int{"work": func(string) int { return 8 }},
		}))
		for range lanes {
			soon(t, "a run", ran)
		}
	})
}

var errUndone = errors.New("undone")

// Whatever becomes of the transactions and of the runner meanwhile: what was
// committed runs, what was undone does not.
func TestHandOverLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var mu sync.Mutex
		ran := map[string]int{}
		run := r.runner(jobs.Options{Poll: 10 * time.Millisecond, Concurrency: map[string]int{"work": 3}, Workers: map[string]jobs.Worker{
			"work": func(_ context.Context, j store.Job) error {
				mu.Lock()
				defer mu.Unlock()
				ran[j.Key]++
				return nil
			},
		}})
		const callers, each = 4, 20
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for i := range each {
					key := fmt.Sprintf("%d-%d", c, i)
					err := r.store.Write(t.Context(), func(tx *store.Tx) error {
						if err := tx.Enqueue(t.Context(), "", "work", key, 1, tx.Now); err != nil {
							return err
						}
						if i%4 == 3 {
							return errUndone
						}
						return nil
					})
					if (err == nil) != (i%4 != 3) {
						t.Errorf("%s: %v", key, err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		for over := false; !over; {
			run.Start(t.Context())
			select {
			case <-done:
				over = true
			case <-time.After(5 * time.Millisecond):
			}
			if err := run.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r.runDue(run)
		for c := range callers {
			for i := range each {
				if key := fmt.Sprintf("%d-%d", c, i); ran[key] != map[bool]int{true: 1}[i%4 != 3] {
					t.Errorf("%s ran %d times", key, ran[key])
				}
			}
		}
		if r.depth() != 0 {
			t.Errorf("%d jobs are left", r.depth())
		}
	})
}
