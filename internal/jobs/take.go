package jobs

import (
	"context"
	"errors"
	"time"

	"naru/internal/store"
)

// take leases jobs, after renewing the leases of those that run. Both see one
// Now: were the clock moved far ahead in between, we would be given our own jobs
// again.
func (r *Runner) take(ctx, workCtx context.Context, lease func(context.Context, *store.Tx) ([]store.Job, error)) ([]*run, error) {
	r.taking.Lock()
	defer r.taking.Unlock()
	if len(r.kinds) == 0 && !r.anyRuns() {
		return nil, nil
	}
	var kept, lost []*run
	var leased []store.Job
	var until time.Time
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, done := outlasting(ctx, takeGrace) // cut off in its commit, we might lease jobs and not know
	defer done()
	err := r.store.Write(ctx, func(tx *store.Tx) (err error) {
		until = tx.Now.Add(r.lease)
		if kept, lost, err = r.renew(ctx, tx); err != nil {
			return err
		}
		leased, err = lease(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range kept {
		one.until = until
	}
	for _, one := range lost {
		one.lost = true
	}
	out := make([]*run, len(leased))
	for i, j := range leased {
		out[i] = &run{ctx: workCtx, job: j, until: until}
		r.put(out[i])
	}
	return out, nil
}

// takeGrace is how long a transaction may go on that leases jobs when the Runner
// is stopped.
const takeGrace = 5 * time.Second

// outlasting is a context that ends a while after ctx does; done frees it.
func outlasting(ctx context.Context, by time.Duration) (longer context.Context, done func()) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		later := time.AfterFunc(by, cancel)
		context.AfterFunc(longer, func() { later.Stop() })
	})
	return longer, func() { stop(); cancel() }
}

// renew renews the leases of which half is gone. One whose job has ended just
// now, or was deleted by its own work, counts as lost.
func (r *Runner) renew(ctx context.Context, tx *store.Tx) (kept, lost []*run, err error) {
	for _, one := range r.expiring(tx.Now) {
		switch err := tx.RenewJob(ctx, one.job, r.lease); {
		case err == nil:
			kept = append(kept, one)
		case errors.Is(err, store.ErrConflict):
			lost = append(lost, one)
		default:
			return nil, nil, err
		}
	}
	return kept, lost, nil
}

// expiring is the running jobs of which half the lease is gone.
func (r *Runner) expiring(now time.Time) (out []*run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.running {
		if !one.lost && !one.kept && !one.until.After(now.Add(r.lease/2)) {
			out = append(out, one)
		}
	}
	return out
}

func (r *Runner) anyRuns() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.running) > 0
}

// RunDue runs everything that is due by Now, one job after the other, the one
// due longest first, and what becomes due by that; it returns when nothing is
// due and nothing runs. It is for driven clocks and tests, also beside a started
// Runner. A job that asks to be run again at once keeps it busy until ctx ends.
func (r *Runner) RunDue(ctx context.Context) error {
	for {
		ends := r.endsSoFar()
		taken, err := r.take(ctx, context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) ([]store.Job, error) {
			return tx.LeaseJobs(ctx, r.kinds, 1, r.lease)
		})
		if err != nil {
			return err
		}
		for _, one := range taken {
			r.do(one)
		}
		if len(taken) > 0 {
			continue
		}
		if quiet, err := r.quiet(ctx, ends); quiet || err != nil {
			return err
		}
	}
}

func (r *Runner) endsSoFar() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ends
}

// quiet tells whether nothing runs and nothing has ended since there were that
// many ends: what ended may have made more work. It waits for an end otherwise.
func (r *Runner) quiet(ctx context.Context, ends int) (bool, error) {
	r.mu.Lock()
	none, now, ending := len(r.running) == 0, r.ends, r.ending
	r.mu.Unlock()
	if now != ends {
		return false, nil
	}
	if none {
		return true, nil
	}
	select {
	case <-ending:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
