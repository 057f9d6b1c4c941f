package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/jobs"
	"naru/internal/pgtest"
	"naru/internal/store"
)

var (
	noon     = time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	errTry   = errors.New("not this time")
	longPoll = time.Hour // nothing below may depend on polling
)

// rig is a database, a clock that only moves when told to, and what ran.
type rig struct {
	t     *testing.T
	store *store.Store

	mu  sync.Mutex
	now time.Time
	ran []string
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	for kind, url := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.DSN,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r := &rig{t: t, now: noon}
			var err error
			if r.store, err = store.Open(t.Context(), url(t), store.Options{Now: r.Now}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := r.store.Close(); err != nil {
					t.Error(err)
				}
			})
			if err := r.store.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			test(t, r)
		})
	}
}

func (r *rig) Now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// note records that something ran.
func (r *rig) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ran = append(r.ran, fmt.Sprintf(format, args...))
}

// want compares what ran since the last time.
func (r *rig) want(want ...string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := strings.Join(r.ran, " "); got != strings.Join(want, " ") {
		r.t.Errorf("ran %q, want %q", got, strings.Join(want, " "))
	}
	r.ran = nil
}

func (r *rig) write(fn func(ctx context.Context, tx *store.Tx) error) {
	r.t.Helper()
	ctx := r.t.Context()
	if err := r.store.Write(ctx, func(tx *store.Tx) error { return fn(ctx, tx) }); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) enqueue(kind, key string, in time.Duration) {
	r.t.Helper()
	r.write(func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, kind, key, key, tx.Now.Add(in)) })
}

func (r *rig) depth() (n int) {
	r.t.Helper()
	if err := r.store.Read(r.t.Context(), func(tx *store.Tx) (err error) {
		n, _, err = tx.CountJobs(r.t.Context())
		return err
	}); err != nil {
		r.t.Error(err)
	}
	return n
}

func (r *rig) runner(o jobs.Options) *jobs.Runner {
	o.Store, o.Now = r.store, r.Now
	if o.Poll == 0 {
		o.Poll = longPoll
	}
	return jobs.New(o)
}

func (r *rig) runDue(run *jobs.Runner) {
	r.t.Helper()
	if err := run.RunDue(r.t.Context()); err != nil {
		r.t.Error(err)
	}
}

// started starts a Runner and stops it at the end of the test.
func (r *rig) started(run *jobs.Runner) *jobs.Runner {
	r.t.Helper()
	run.Start(r.t.Context())
	r.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := run.Stop(ctx); err != nil {
			r.t.Errorf("stop: %v", err)
		}
	})
	return run
}

// soon waits for something that must happen.
func soon[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(30 * time.Second):
		t.Fatalf("it did not happen: %s", what)
	}
	return v
}

func TestRunDueRunsInOrderAndWhatFollows(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		run := r.runner(jobs.Options{Workers: map[string]jobs.Worker{
			"first": func(ctx context.Context, j store.Job) error {
				r.note("%s%s", j.Key, j.Arg)
				return r.store.Write(ctx, func(tx *store.Tx) error {
					if err := tx.Enqueue(ctx, "then", j.Key, 1, tx.Now); err != nil {
						return err
					}
					return tx.Enqueue(ctx, "then", "later", 1, tx.Now.Add(time.Minute))
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
				if err := tx.Enqueue(ctx, "work", fmt.Sprint(i), i, tx.Now); err != nil {
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
					return tx.DeleteJob(ctx, j.Kind, j.Key)
				}
				return tx.Enqueue(ctx, j.Kind, j.Key, 0, tx.Now.Add(time.Hour))
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
				return r.store.Write(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, "then", "x", 0, tx.Now) })
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
