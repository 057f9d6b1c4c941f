package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
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
		"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.Lent,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r := &rig{t: t, now: noon}
			var err error
			if r.store, err = store.Open(t.Context(), url(t), store.Options{Now: r.Now, Begin: pgtest.Migrated(t)}); err != nil {
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
	r.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Enqueue(ctx, "", kind, key, key, tx.Now.Add(in))
	})
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
