package jobs

import (
	"time"

	"naru/internal/store"
)

// Interface guards
var _ store.Taker = (*Runner)(nil)

// Reserve is of store.Taker: a place for a job that is being enqueued. There is
// none while others of its kind wait, which came first.
func (r *Runner) Reserve(kind, key string) (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop == nil || r.hungry[kind] || r.busyOf[kind] >= r.limit[kind] || r.running[name{kind, key}] != nil {
		return 0, false
	}
	r.put(&run{job: store.Job{Kind: kind, Key: key}, kept: true})
	r.busy.Add(1)
	return r.lease, true
}

// Run is of store.Taker: the job is committed.
func (r *Runner) Run(j store.Job) {
	r.mu.Lock()
	one := &run{ctx: r.workCtx, job: j, until: j.LeaseTo}
	r.put(one)
	r.mu.Unlock()
	go func() {
		defer r.busy.Done()
		r.do(one)
		r.freed(j.Kind)
	}()
}

// Release is of store.Taker: the job was not written.
func (r *Runner) Release(kind, key string) {
	r.mu.Lock()
	if one := r.running[name{kind, key}]; one != nil && one.kept {
		r.drop(one)
	}
	r.signal()
	r.mu.Unlock()
	r.busy.Done()
	r.freed(kind)
}
