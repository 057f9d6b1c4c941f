package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/jobs"
	"naru/internal/store"
)

func TestRunDueRunsInOrderAndWhatFollows(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{
			"first": func(ctx context.Context, j store.Job) error {
				r.note("%s%s", j.Key, j.Arg)
				return r.store.Write(ctx, func(tx *store.Tx) error {
					if err := tx.Enqueue(ctx, "", "then", j.Key, 1, tx.Now); err != nil {
						return err
					}
					return tx.Enqueue(ctx, "", "then", "later", 1, tx.Now.Add(time.Minute))
				})
			},
			"then": func(_ context.Context, j store.Job) error { r.note("then-%s", j.Key); return jobs.Done() },
		}})
		r.enqueue("first", "b", -time.Second)
		r.enqueue("first", "a", -2*time.Second)
		r.enqueue("first", "c", time.Second)
		r.enqueue("nobody's", "d", -time.Hour)
		r.runDue(run)
		r.want(`a"a"`, `b"b"`, "then-a", "then-b")
		r.runDue(run)
		r.want()
		r.advance(time.Minute)
		r.runDue(run)
		r.want(`c"c"`, "then-c")
		r.advance(time.Minute)
		r.runDue(run)
		r.want("then-later")
		if n := r.depth(); n != 1 {
			t.Errorf("%d jobs are left, not the one of an unknown kind", n)
		}
	})
}

func TestFailedJobRunsAgainWhenTheBackoffSays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		run := r.runner(jobs.Options{
			Workers: map[string]jobs.Worker{"work": func(_ context.Context, j store.Job) error {
				r.note("%d:%s", j.Tries, j.LastError)
				if j.Tries < 3 {
					return errTry
				}
				return nil
			}},
			Backoff: func(kind string, tries int) time.Duration {
				if kind != "work" {
					t.Errorf("backoff of %q", kind)
				}
				return time.Duration(tries) * time.Minute
			},
		})
		r.enqueue("work", "a", 0)
		r.runDue(run)
		r.advance(59 * time.Second)
		r.runDue(run)
		r.want("1:")
		r.advance(time.Second)
		r.runDue(run)
		r.want("2:not this time")
		r.advance(2 * time.Minute)
		r.runDue(run)
		r.want("3:not this time")
		if n := r.depth(); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
	})
}

func TestDefaultBackoffDoubles(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{
			"work": func(context.Context, store.Job) error { r.note("x"); return errTry },
		}})
		r.enqueue("work", "a", 0)
		for _, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
			r.runDue(run)
			r.want("x")
			r.advance(wait - time.Microsecond)
			r.runDue(run)
			r.want()
			r.advance(time.Microsecond)
		}
	})
}

func TestWorkerMayChooseItsTime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{"work": func(_ context.Context, j store.Job) error {
			r.note("%d:%s", j.Tries, j.LastError)
			switch j.Tries {
			case 1:
				return fmt.Errorf("wrapped: %w", jobs.RetryAt(noon.Add(time.Hour), errTry))
			case 2:
				return jobs.RetryAt(noon.Add(2*time.Hour), nil)
			}
			return nil
		}}})
		r.enqueue("work", "a", 0)
		for range 4 {
			r.runDue(run)
			r.advance(30 * time.Minute)
			r.runDue(run)
			r.advance(30 * time.Minute)
		}
		r.want("1:", "2:wrapped: not this time", "3:not yet")
		if !errors.Is(jobs.RetryAt(noon, errTry), errTry) {
			t.Error("RetryAt hides its error")
		}
	})
}

func TestPanicAndExitAreErrors(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{"work": func(_ context.Context, j store.Job) error {
			switch {
			case j.Tries > 1:
				r.note("%s", strings.SplitN(j.LastError, "\n", 2)[0])
			case j.Key == "panic":
				panic("boom")
			default:
				runtime.Goexit()
			}
			return nil
		}}})
		r.enqueue("work", "exit", 0)
		r.enqueue("work", "panic", 0)
		r.runDue(run)
		r.advance(time.Hour)
		r.runDue(run)
		r.want("worker ended its goroutine", "worker panicked: boom")
	})
}

func TestStartedRunnerIsWokenByCommits(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ran := make(chan string, 8)
		run := r.started(r.runner(jobs.Options{Workers: map[string]jobs.Worker{"work": func(_ context.Context, j store.Job) error {
			ran <- j.Key
			return nil
		}}}))
		r.enqueue("work", "now", 0)
		if got := soon(t, "the job runs", ran); got != "now" {
			t.Errorf("ran %q", got)
		}
		r.enqueue("work", "later", time.Minute)
		r.advance(time.Minute)
		run.Wake() // the clock was moved
		if got := soon(t, "the later job runs", ran); got != "later" {
			t.Errorf("ran %q", got)
		}
	})
}

func TestStartedRunnerPolls(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ran := make(chan string, 8)
		r.started(r.runner(jobs.Options{Poll: 10 * time.Millisecond, Workers: map[string]jobs.Worker{
			"work": func(_ context.Context, j store.Job) error { ran <- j.Key; return nil },
		}}))
		r.enqueue("work", "later", time.Minute)
		r.advance(time.Minute) // and nobody says so
		soon(t, "the job runs", ran)
	})
}

func TestConcurrencyIsKept(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const n = 30
		var mu sync.Mutex
		now, most := map[string]int{}, map[string]int{}
		var all sync.WaitGroup
		all.Add(2 * n)
		work := func(_ context.Context, j store.Job) error {
			mu.Lock()
			now[j.Kind]++
			most[j.Kind] = max(most[j.Kind], now[j.Kind])
			mu.Unlock()
			runtime.Gosched()
			mu.Lock()
			now[j.Kind]--
			mu.Unlock()
			all.Done()
			return nil
		}
		for i := range n {
			r.enqueue("few", fmt.Sprint(i), 0)
			r.enqueue("many", fmt.Sprint(i), 0)
		}
		r.started(r.runner(jobs.Options{
			Workers:     map[string]jobs.Worker{"few": work, "many": work},
			Concurrency: map[string]int{"few": 2, "many": 5},
		}))
		done := make(chan struct{})
		go func() { all.Wait(); close(done) }()
		soon(t, "all jobs run without another look", done)
		mu.Lock()
		defer mu.Unlock()
		if most["few"] > 2 || most["many"] > 5 {
			t.Errorf("at once: %v", most)
		}
	})
}

// One kind that is stuck must not keep others from running.
func TestFullKindDoesNotHoldUpOthers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ran, began, goOn := make(chan string, 8), make(chan string, 8), make(chan struct{})
		r.started(r.runner(jobs.Options{
			Workers: map[string]jobs.Worker{
				"slow":  func(_ context.Context, j store.Job) error { began <- j.Key; <-goOn; return nil },
				"quick": func(_ context.Context, j store.Job) error { ran <- j.Key; return nil },
			},
			Concurrency: map[string]int{"slow": 2},
		}))
		for i := range 5 {
			r.enqueue("slow", fmt.Sprint(i), 0)
		}
		r.enqueue("quick", "q", 0)
		soon(t, "the quick job runs", ran)
		soon(t, "a slow job begins", began)
		soon(t, "a second one beside it", began)
		close(goOn)
		for range 3 {
			soon(t, "the others follow without another look", began)
		}
	})
}

func TestRunnersShareJobsAndRunNoneTwice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const n = 150
		var mu sync.Mutex
		ran := map[string]int{}
		done := make(chan struct{})
		work := func(_ context.Context, j store.Job) error {
			mu.Lock()
			defer mu.Unlock()
			ran[j.Key]++
			if len(ran) == n {
				close(done)
			}
			return nil
		}
		r.write(func(ctx context.Context, tx *store.Tx) error {
			for i := range n {
				if err := tx.Enqueue(ctx, "", "work", fmt.Sprint(i), i, tx.Now); err != nil {
					return err
				}
			}
			return nil
		})
		for range 8 {
			r.started(r.runner(jobs.Options{Workers: map[string]jobs.Worker{"work": work}, Poll: 5 * time.Millisecond,
				Concurrency: map[string]int{"work": 3}}))
		}
		soon(t, "all jobs run", done)
		mu.Lock()
		defer mu.Unlock()
		for key, times := range ran {
			if times != 1 {
				t.Errorf("job %s ran %d times", key, times)
			}
		}
	})
}
