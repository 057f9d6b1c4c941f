package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"naru/internal/jobs"
	"naru/internal/sandbox/control"
	"naru/internal/store"
)

// endless is how many runs of one job at one instant are too many.
const endless = 100

// jobWatch sees every run of a gateway's jobs, also those of its own runner.
type jobWatch struct {
	mu    sync.Mutex
	ended int64
	runs  map[string]int // by job, since over was set
	over  func(job string)
}

// watched gives the workers to a runner with w looking on.
func (w *jobWatch) watched(workers map[string]jobs.Worker) map[string]jobs.Worker {
	out := map[string]jobs.Worker{}
	for kind, work := range workers {
		out[kind] = func(ctx context.Context, j store.Job) error {
			defer w.note(j.Kind + " " + j.Key)
			return work(ctx, j)
		}
	}
	return out
}

func (w *jobWatch) note(job string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended++
	if w.over == nil {
		return
	}
	if w.runs[job]++; w.runs[job] == endless {
		w.over(job)
	}
}

// until calls over once a job has run too often, and forgets earlier runs.
func (w *jobWatch) until(over func(job string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs, w.over = map[string]int{}, over
}

// devJobs is a gateway's jobs as the clock of the sandbox drives them.
type devJobs struct {
	app   *app
	watch *jobWatch
}

var _ control.Jobs = devJobs{}

func (d devJobs) NextAt(ctx context.Context) (at time.Time, err error) {
	err = d.app.store.Read(ctx, func(tx *store.Tx) (err error) {
		at, err = tx.NextJobAt(ctx)
		return err
	})
	return at, err
}

// RunDue is the runner's, with an end to jobs that are always due.
func (d devJobs) RunDue(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d.watch.until(func(job string) {
		cancel(fmt.Errorf("job %s %w: it ran %d times", job, control.ErrEndless, endless))
	})
	defer d.watch.until(nil)
	err := d.app.runner.RunDue(ctx)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (d devJobs) Ended() int64 {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	return d.watch.ended
}
