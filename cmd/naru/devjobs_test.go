package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"naru/internal/jobs"
	"naru/internal/sandbox/control"
	"naru/internal/store"
)

// TestJobThatNeverEndsIsLeftBehind: an advance must not hang on it.
func TestJobThatNeverEndsIsLeftBehind(t *testing.T) {
	t.Parallel()
	clock := NewClock(time.Now)
	clock.Freeze()
	s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	watch := &jobWatch{}
	runner := newRunner(s, map[string]jobs.Worker{
		"again": func(context.Context, store.Job) error { return jobs.RetryAt(clock.Now(), nil) },
		"once":  func(context.Context, store.Job) error { return nil },
	}, nil, appOptions{now: clock.Now, watch: watch})
	d := devJobs{&app{store: s, runner: runner}, watch}
	plan := func(kind string, at time.Time) {
		t.Helper()
		if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.Enqueue(t.Context(), "", kind, "k", nil, at) }); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 * endless { // many runs, but not at one time
		plan("once", clock.Now())
		if err := d.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	later := clock.Now().Add(time.Hour)
	plan("once", later)
	if at, err := d.NextAt(t.Context()); err != nil || !at.Equal(later.Truncate(time.Microsecond)) || d.Ended() != 3*endless {
		t.Errorf("next at %s after %d runs: %v; want %s", at, d.Ended(), err, later)
	}
	plan("again", clock.Now())
	if err := d.RunDue(t.Context()); !errors.Is(err, control.ErrEndless) || !strings.Contains(err.Error(), "job again k") {
		t.Errorf("ended with %v", err)
	}
	if n := d.Ended(); n != 4*endless {
		t.Errorf("%d runs, want %d", n, 4*endless)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.RunDue(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with its context over it ended with %v", err)
	}
}
