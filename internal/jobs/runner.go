package jobs

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"runtime/debug"
	"sync"
	"time"

	"naru/internal/store"
)

// Runner runs due jobs. It may be used by many goroutines; several Runners, in
// this process or others, share the jobs of one database.
type Runner struct {
	store   *store.Store
	now     func() time.Time
	log     *slog.Logger
	workers map[string]Worker
	kinds   []string
	limit   map[string]int
	lanes   map[string]func(lane string) int
	poll    time.Duration
	lease   time.Duration
	backoff func(kind string, tries int) time.Duration
	woken   chan struct{}

	taking sync.Mutex     // held from leasing jobs until they are in running
	busy   sync.WaitGroup // the goroutines that run jobs for the loop, and places that are kept

	mu      sync.Mutex
	running map[store.JobName]*run
	busyOf  map[line]int    // how many of running are of a kind, and of a lane
	ends    int             // runs that have ended
	ending  chan struct{}   // closed when the next one does
	hungry  map[line]bool   // of which there may be more to lease than there was room for
	stop    func()          // ends the loop; nil when it does not run
	workCtx context.Context // of the workers, while the loop runs
	abort   context.CancelFunc
	ended   chan struct{} // the loop has ended
}

// line is a kind (lane is ""), or one of its lanes.
type line struct{ kind, lane string }

// run is one job while it runs.
type run struct {
	ctx   context.Context
	job   store.Job
	until time.Time // when its lease is out; with Runner.mu
	lost  bool      // its lease is not ours any more; with Runner.mu
	kept  bool      // a place that is kept for a job that is not committed yet; with Runner.mu
}

// Start runs what is due, now and as it becomes due, until Stop is called or ctx
// ends. The ctx of the workers keeps the values of ctx but does not end with it.
// A Runner that runs is not started again.
func (r *Runner) Start(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil {
		return
	}
	loopCtx, stop := context.WithCancel(ctx)
	workCtx, abort := context.WithCancel(context.WithoutCancel(ctx))
	r.stop, r.abort, r.workCtx, r.ended = stop, abort, workCtx, make(chan struct{})
	go r.loop(loopCtx, workCtx, r.ended)
}

// Stop takes no more jobs and waits until those that run have ended. When ctx
// ends first, their ctx is ended and its error returned without waiting for
// them: they run again once their leases are out.
func (r *Runner) Stop(ctx context.Context) error {
	r.mu.Lock()
	stop, abort, ended := r.stop, r.abort, r.ended
	r.stop = nil
	r.mu.Unlock()
	if stop == nil {
		return nil
	}
	stop()
	defer abort()
	idle := make(chan struct{})
	go func() {
		<-ended
		r.busy.Wait()
		close(idle)
	}()
	renew := time.NewTicker(r.poll)
	defer renew.Stop()
	for {
		select {
		case <-idle:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-renew.C: // what still runs stays ours
			if _, err := r.take(ctx, ctx, leaseNone); err != nil {
				r.log.WarnContext(ctx, "leases cannot be renewed", "error", err)
			}
		}
	}
}

func leaseNone(context.Context, *store.Tx) ([]store.Job, error) { return nil, nil }

// Wake has the Runner look for due jobs at once, as after the clock was moved.
// Commits that make a job due wake it by themselves.
func (r *Runner) Wake() {
	select {
	case r.woken <- struct{}{}:
	default: // it will look anyway
	}
}

func (r *Runner) loop(ctx, workCtx context.Context, ended chan<- struct{}) {
	defer close(ended)
	defer r.store.OnEnqueue(r.Wake)()
	defer r.store.HandOver(r)()
	poll := time.NewTicker(r.poll)
	defer poll.Stop()
	for {
		for r.takeSome(ctx, workCtx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-r.woken:
		case <-poll.C:
		}
	}
}

// takeSome leases what there is room for and sets it going. It is false when
// there is no more to take or no room.
func (r *Runner) takeSome(ctx, workCtx context.Context) bool {
	room := r.room()
	var full []line
	var more bool
	taken, err := r.take(ctx, workCtx, func(ctx context.Context, tx *store.Tx) (jobs []store.Job, err error) {
		if jobs, err = tx.LeaseEach(ctx, room, r.lease); err != nil {
			return nil, err
		}
		ofLanes, atLimit, unseen, err := r.leaseLanes(ctx, tx, room, jobs)
		full, more = atLimit, unseen
		return append(jobs, ofLanes...), err
	})
	if err != nil && ctx.Err() == nil {
		r.log.ErrorContext(ctx, "jobs cannot be taken", "error", err)
	}
	for _, one := range taken {
		r.busy.Go(func() {
			r.do(one)
			r.freed(one)
		})
	}
	if err != nil {
		return false
	}
	for _, one := range taken {
		room[one.job.Kind]--
	}
	return (r.sated(room, full) || more) && ctx.Err() == nil
}

// room is how many more of each kind may run.
func (r *Runner) room() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	room := maps.Clone(r.limit)
	for kind := range room {
		room[kind] = max(room[kind]-r.busyOf[line{kind: kind}], 0)
	}
	return room
}

// sated notes of which kinds and lanes there may be more: those that were taken to
// their limit. It tells whether another look has room for them, since runs have
// ended.
func (r *Runner) sated(left map[string]int, full []line) (more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.hungry)
	for kind, n := range left {
		if n == 0 {
			r.hungry[line{kind: kind}] = true
			more = more || r.busyOf[line{kind: kind}] < r.limit[kind]
		}
	}
	for _, l := range full {
		r.hungry[l] = true
		more = more || left[l.kind] > 0 && r.laneRoom(l) > 0
	}
	return more
}

// freed looks for more work of a run's kind or lane if there was too much when we
// last looked.
func (r *Runner) freed(one *run) {
	r.mu.Lock()
	hungry := r.hungry[line{kind: one.job.Kind}] || r.hungry[line{one.job.Kind, one.job.Lane}]
	r.mu.Unlock()
	if hungry {
		r.Wake()
	}
}

// do runs a job and writes down how it went.
func (r *Runner) do(one *run) {
	defer r.forget(one)
	err := r.work(one)
	if ended := r.end(one, err); ended != nil {
		log := r.log.Error
		if errors.Is(ended, store.ErrConflict) {
			log = r.log.Debug // deleted by its own work, or leased by others
		}
		log("a job's end is not recorded", "kind", one.job.Kind, "key", one.job.Key, "error", ended)
	}
}

// work calls the worker; however it ends, there is an answer.
func (r *Runner) work(one *run) (err error) {
	ended := make(chan struct{})
	// A goroutine of its own: a worker that ends it (a test's FailNow) must not
	// take ours along.
	go func() {
		defer close(ended)
		err = errLeft
		defer func() {
			if v := recover(); v != nil {
				err = panicked(v, debug.Stack())
			}
		}()
		err = r.workers[one.job.Kind](one.ctx, one.job)
	}()
	<-ended
	return err
}

// end removes a job that is done or gives it back to be run again.
func (r *Runner) end(one *run, err error) error {
	ctx := context.WithoutCancel(one.ctx)
	if errors.Is(err, ErrEnded) {
		return nil
	}
	if err == nil {
		return r.store.Write(ctx, func(tx *store.Tx) error { return tx.FinishJob(ctx, one.job) })
	}
	at := r.retryTime(one.job, err)
	log := r.log.Warn
	if errors.Is(err, errNotYet) {
		log = r.log.Debug
	}
	log("a job runs again", "kind", one.job.Kind, "key", one.job.Key, "tries", one.job.Tries, "at", at, "error", err)
	return r.store.Write(ctx, func(tx *store.Tx) error { return tx.RetryJob(ctx, one.job, at, err.Error()) })
}

// put enters a job among those that run. One of the name that has lost its lease
// may still be at it; the new run counts.
func (r *Runner) put(one *run) {
	if was := r.running[one.job.JobName]; was != nil {
		r.drop(was)
	}
	r.running[one.job.JobName] = one
	r.count(one, 1)
}

// drop undoes put.
func (r *Runner) drop(one *run) {
	if r.running[one.job.JobName] == one {
		delete(r.running, one.job.JobName)
		r.count(one, -1)
	}
}

// count enters a run with its kind and its lane, or takes it out.
func (r *Runner) count(one *run, n int) {
	r.busyOf[line{kind: one.job.Kind}] += n
	if of := (line{one.job.Kind, one.job.Lane}); of.lane != "" {
		if r.busyOf[of] += n; r.busyOf[of] == 0 {
			delete(r.busyOf, of)
		}
	}
}

// forget takes a job off the list of those that run.
func (r *Runner) forget(one *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(one)
	r.signal()
}

// signal tells those who wait for the end of a run.
func (r *Runner) signal() {
	r.ends++
	close(r.ending)
	r.ending = make(chan struct{})
}
