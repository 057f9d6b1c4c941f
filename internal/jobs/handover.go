package jobs

import (
	"time"

	"naru/internal/store"
)

// Interface guards
var _ store.Taker = (*Runner)(nil)

// Reserve is of store.Taker: a place for a job that is being enqueued. There is
// none while others of its kind wait, which came first.
func (r *Runner) Reserve(name store.JobName, lane string) (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of, kind := line{name.Kind, lane}, line{kind: name.Kind}
	if r.stop == nil || r.hungry[of] || r.hungry[kind] || r.busyOf[kind] >= r.limit[name.Kind] || r.running[name] != nil {
		return 0, false
	}
	if lane != "" {
		if r.lanes[name.Kind] == nil {
			r.log.Error("a job names a lane, and its kind has none: it may wait for ever", "kind", name.Kind, "key", name.Key, "lane", lane)
		}
		if r.laneRoom(of) == 0 {
			return 0, false
		}
	}
	r.put(&run{job: store.Job{JobName: name, Lane: lane}, kept: true})
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
		r.freed(one)
	}()
}

// Release is of store.Taker: the job was not written.
func (r *Runner) Release(name store.JobName) {
	r.mu.Lock()
	one := r.running[name]
	if one != nil && one.kept {
		r.drop(one)
	}
	r.signal()
	r.mu.Unlock()
	r.busy.Done()
	if one != nil {
		r.freed(one)
	}
}
