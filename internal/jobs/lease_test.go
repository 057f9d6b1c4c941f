package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/jobs"
	"naru/internal/store"
)

func TestStopFinishesWhatRuns(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		began, goOn := make(chan struct{}), make(chan struct{})
		var ended atomic.Bool
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{"work": func(ctx context.Context, j store.Job) error {
			close(began)
			<-goOn
			ended.Store(ctx.Err() == nil)
			return nil
		}}})
		ctx, cancel := context.WithCancel(t.Context())
		run.Start(ctx)
		r.enqueue("work", "a", 0)
		soon(t, "the job begins", began)
		cancel() // as a signal does: takes no more, cuts nothing off
		stopped := make(chan error, 1)
		go func() { stopped <- run.Stop(t.Context()) }()
		close(goOn)
		if err := soon(t, "it stops", stopped); err != nil || !ended.Load() {
			t.Errorf("stopped with %v; the job ended well: %v", err, ended.Load())
		}
		r.enqueue("work", "b", -time.Second) // would close began again
		if n := r.depth(); n != 1 {
			t.Errorf("%d jobs are left", n)
		}
	})
}

func TestStopThatMayNotWaitCutsOff(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		began, cut := make(chan struct{}), make(chan struct{})
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{"work": func(ctx context.Context, j store.Job) error {
			close(began)
			<-ctx.Done()
			defer close(cut)
			return ctx.Err()
		}}})
		run.Start(t.Context())
		r.enqueue("work", "a", 0)
		soon(t, "the job begins", began)
		now, cancel := context.WithCancel(t.Context())
		cancel()
		if err := run.Stop(now); !errors.Is(err, context.Canceled) {
			t.Errorf("stop: %v", err)
		}
		soon(t, "the job is cut off", cut)
	})
}

func TestLeaseOfALongJobIsRenewed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var runs atomic.Int64
		began, goOn := make(chan struct{}), make(chan struct{})
		work := func(context.Context, store.Job) error {
			if runs.Add(1) == 1 {
				close(began)
				<-goOn
			}
			return nil
		}
		o := jobs.Options{Workers: map[string]jobs.Worker{"work": work}, Lease: time.Minute}
		holder, other := r.started(r.runner(o)), r.runner(o)
		r.enqueue("work", "a", 0)
		soon(t, "the job begins", began)
		leaseEnd := func() (at time.Time) {
			r.write(func(ctx context.Context, tx *store.Tx) (err error) { at, err = tx.NextJobAt(ctx); return err })
			return at
		}
		for range 5 { // each within the lease, together far beyond the first one
			before := leaseEnd()
			r.advance(50 * time.Second)
			for deadline := time.Now().Add(30 * time.Second); leaseEnd().Equal(before); {
				holder.Wake()
				if time.Now().After(deadline) {
					t.Fatal("the lease is not renewed")
				}
			}
			r.runDue(other)
		}
		close(goOn)
		r.runDue(holder) // until it is done
		if runs.Load() != 1 || r.depth() != 0 {
			t.Errorf("%d runs, %d jobs left", runs.Load(), r.depth())
		}
	})
}

func TestJobOfADeadRunnerRunsElsewhere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.enqueue("work", "a", 0)
		r.write(func(ctx context.Context, tx *store.Tx) error { // leased by one that died
			js, err := tx.LeaseJobs(ctx, []string{"work"}, 1, time.Minute)
			if len(js) != 1 {
				t.Errorf("leased %v", js)
			}
			return err
		})
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{
			"work": func(_ context.Context, j store.Job) error { r.note("%s#%d", j.Key, j.Tries); return nil },
		}})
		r.advance(59 * time.Second)
		r.runDue(run)
		r.want()
		r.advance(time.Second)
		r.runDue(run)
		r.want("a#2")
	})
}

func TestJobMayDeleteOrRepeatItself(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{"work": func(ctx context.Context, j store.Job) error {
			r.note("%s#%d", j.Key, j.Tries)
			return r.store.Write(ctx, func(tx *store.Tx) error {
				if j.Key == "delete" {
					return tx.DeleteJob(ctx, "", j.Kind, j.Key)
				}
				return tx.Enqueue(ctx, "", j.Kind, j.Key, 0, tx.Now.Add(time.Hour))
			})
		}}})
		r.enqueue("work", "delete", 0)
		r.enqueue("work", "repeat", 0)
		for range 3 {
			r.runDue(run)
			r.advance(time.Hour)
		}
		r.want("delete#1", "repeat#1", "repeat#1", "repeat#1")
	})
}

func TestRunDueWaitsForWhatTheStartedRunnerRuns(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		began, goOn := make(chan struct{}), make(chan struct{})
		run := r.started(r.runner(jobs.Options{Workers: map[string]jobs.Worker{
			"slow": func(ctx context.Context, j store.Job) error {
				close(began)
				<-goOn
				r.note("slow")
				return r.store.Write(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, "", "then", "x", 0, tx.Now) })
			},
			"then": func(context.Context, store.Job) error { r.note("then"); return nil },
		}}))
		r.enqueue("slow", "a", 0)
		soon(t, "the job begins", began)
		quiet := make(chan struct{})
		go func() { r.runDue(run); close(quiet) }()
		select {
		case <-quiet:
			t.Error("quiet while a job runs")
		default:
		}
		close(goOn)
		soon(t, "it is quiet", quiet)
		r.want("slow", "then")
	})
}

func TestRunDueEndsWithItsContext(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(t.Context())
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{
			"work": func(context.Context, store.Job) error { cancel(); return jobs.RetryAt(noon, errTry) }, // at once, for ever
		}})
		r.enqueue("work", "a", 0)
		if err := run.RunDue(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// A clock that is moved far ahead takes the lease of a job that is just ending.
func TestClockThatJumpsRunsNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const n = 60
		ran := make(chan string, 2*n)
		run := r.started(r.runner(jobs.Options{Lease: time.Minute, Workers: map[string]jobs.Worker{
			"work": func(_ context.Context, j store.Job) error { ran <- j.Key; return nil },
		}}))
		for i := range n {
			r.enqueue("work", fmt.Sprint(i), 0)
			if got := soon(t, "the job runs", ran); got != fmt.Sprint(i) {
				t.Fatalf("job %s ran when %d was due", got, i)
			}
			r.advance(time.Hour)
			run.Wake()
		}
		r.runDue(run)
		if len(ran) > 0 {
			t.Errorf("job %s ran again", <-ran)
		}
	})
}
