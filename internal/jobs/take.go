package jobs

import (
	"context"
	"errors"

	"naru/internal/store"
)

// take leases up to n jobs, after renewing the leases of those that run: were
// the clock moved far ahead, we would be given our own jobs again.
func (r *Runner) take(ctx, workCtx context.Context, kinds []string, n int) ([]*run, error) {
	r.taking.Lock()
	defer r.taking.Unlock()
	keep := r.expiring()
	defer release(keep)
	if len(keep) == 0 && len(kinds) == 0 {
		return nil, nil
	}
	renewed := make([]store.Job, len(keep))
	lost := make([]bool, len(keep))
	var leased []store.Job
	err := r.store.Write(ctx, func(tx *store.Tx) (err error) {
		for i, one := range keep {
			renewed[i], err = tx.RenewJob(ctx, one.lease, r.lease)
			lost[i] = errors.Is(err, store.ErrConflict)
			if err != nil && !lost[i] {
				return err
			}
		}
		leased, err = tx.LeaseJobs(ctx, kinds, n, r.lease)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, one := range keep {
		one.hold(renewed[i])
		one.over = lost[i]
	}
	return r.register(workCtx, leased), nil
}

// expiring is the running jobs of which half the lease is gone, each held so that
// it cannot end meanwhile. One that is just ending is waited for: its row would
// be given to us again.
func (r *Runner) expiring() []*run {
	soon := r.now().Add(r.lease / 2)
	r.mu.Lock()
	var some []*run
	for _, one := range r.running {
		if one.until.Load() <= soon.UnixMicro() {
			some = append(some, one)
		}
	}
	r.mu.Unlock()
	var out []*run
	for _, one := range some {
		one.mu.Lock()
		if one.over {
			one.mu.Unlock()
			continue
		}
		out = append(out, one)
	}
	return out
}

func release(held []*run) {
	for _, one := range held {
		one.mu.Unlock()
	}
}

// register notes jobs as running. One of that name that lost its lease may still
// be at it; it is the new run that counts. Nobody else knows of them yet.
func (r *Runner) register(ctx context.Context, leased []store.Job) []*run {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*run, len(leased))
	for i, j := range leased {
		one := &run{ctx: ctx, job: j}
		one.hold(j)
		out[i], r.running[name{j.Kind, j.Key}] = one, one
	}
	return out
}

// RunDue runs everything that is due by Now, one job after the other, the one
// due longest first, and what becomes due by that; it returns when nothing is
// due and nothing runs. It is for driven clocks and tests, also beside a started
// Runner. A job that asks to be run again at once keeps it busy until ctx ends.
func (r *Runner) RunDue(ctx context.Context) error {
	for {
		ends := r.endsSoFar()
		taken, err := r.take(ctx, context.WithoutCancel(ctx), r.kinds, 1)
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
