// Package jobs runs the work that the store's jobs ask for: what is due is
// leased, run, and removed or given back for later. Each job runs at least once;
// after a crash, or when its lease is lost, it runs again, so a worker asks what
// is true before it acts.
//
// When a job is due is decided by Options.Now alone. Real time is used for one
// thing: to look again every now and then.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"naru/internal/store"
)

// Worker does one kind of work. nil (or Done) removes the job; an error runs it
// again, when Options.Backoff or RetryAt says. Its ctx ends only when Stop may
// wait no longer.
type Worker func(ctx context.Context, job store.Job) error

// Options is what a Runner needs. Store and Workers are required.
type Options struct {
	Store *store.Store
	// Now is the Store's clock; nil is time.Now.
	Now func() time.Time
	Log *slog.Logger // nil is silence
	// Workers by kind. Jobs of other kinds are left alone.
	Workers map[string]Worker
	// Concurrency is how many jobs of a kind run at once; 8 when it is not said.
	Concurrency map[string]int
	// LaneLimit, by kind, is how many jobs of a lane may run at once, by this
	// process and now; kinds without one have no lanes. It is asked often.
	LaneLimit map[string]func(lane string) int
	// Poll is how often, in real time, the Runner looks without being woken; 1 s.
	Poll time.Duration
	// Lease is how long, by Now, a job stays ours before others may take it; it is
	// renewed while the job runs. 1 minute. It should be many times Poll.
	Lease time.Duration
	// Backoff is how long, by Now, a job waits after its tries-th run failed. nil
	// doubles from 1 s up to 10 minutes.
	Backoff func(kind string, tries int) time.Duration
}

const (
	defaultConcurrency = 8
	defaultPoll        = time.Second
	defaultLease       = time.Minute
	longestBackoff     = 10 * time.Minute
)

// New makes a Runner; Start or RunDue set it to work.
func New(o Options) *Runner {
	r := &Runner{
		store: o.Store, now: o.Now, log: o.Log, workers: maps.Clone(o.Workers),
		poll: o.Poll, lease: o.Lease, backoff: o.Backoff,
		limit: map[string]int{}, lanes: maps.Clone(o.LaneLimit), running: map[store.JobName]*run{}, busyOf: map[line]int{}, hungry: map[line]bool{}, ending: make(chan struct{}), woken: make(chan struct{}, 1),
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.poll <= 0 {
		r.poll = defaultPoll
	}
	if r.lease <= 0 {
		r.lease = defaultLease
	}
	if r.backoff == nil {
		r.backoff = doubling
	}
	r.kinds = slices.Sorted(maps.Keys(r.workers))
	for _, k := range r.kinds {
		r.limit[k] = defaultConcurrency
		if n := o.Concurrency[k]; n > 0 {
			r.limit[k] = n
		}
	}
	return r
}

func doubling(_ string, tries int) time.Duration {
	d := time.Second
	for range max(tries-1, 0) {
		if d *= 2; d >= longestBackoff {
			return longestBackoff
		}
	}
	return d
}

// later is an error with the time to try again.
type later struct {
	at  time.Time
	err error
}

func (l *later) Error() string { return l.err.Error() }
func (l *later) Unwrap() error { return l.err }

// RetryAt is what a worker returns to be run again at a time of its choice; err
// may be nil when nothing is wrong and it is only too early.
func RetryAt(at time.Time, err error) error {
	if err == nil {
		err = errNotYet
	}
	return &later{at, err}
}

var errNotYet = errors.New("not yet")

// Done is what a worker returns when its work is done: nil, spelled out.
func Done() error { return nil }

// ErrEnded is what a worker returns whose own last transaction has ended its job
// (store.Tx.FinishJob or RetryJob), so that no other is needed.
var ErrEnded = errors.New("the job has ended itself")

// retryTime is when a failed job runs again.
func (r *Runner) retryTime(j store.Job, err error) time.Time {
	var l *later
	if errors.As(err, &l) {
		return l.at
	}
	return r.now().Add(r.backoff(j.Kind, j.Tries))
}

// panicked is the error of a worker that panicked.
func panicked(v any, stack []byte) error {
	return fmt.Errorf("worker panicked: %v\n%s", v, stack)
}

// errLeft is the error of a worker that ended its goroutine.
var errLeft = errors.New("worker ended its goroutine")
