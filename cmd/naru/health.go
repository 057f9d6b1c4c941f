package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"naru/internal/gateway"
	"naru/internal/store"
)

const (
	// readyTimeout is how long the database may take to answer.
	readyTimeout = 2 * time.Second
	// readyFor is how long an answer of /readyz holds: anybody may ask, and the
	// database is not to suffer from it.
	readyFor = time.Second
)

// The words of /readyz.
const (
	healthOK       = "ok"
	healthDegraded = "degraded"  // payments are taken, something else is late: 200
	healthNotReady = "not ready" // payments cannot be taken: 503
	healthDraining = "draining"  // this node is about to stop: 503
)

// health is the answer of /healthz and /readyz.
type health struct {
	Status string                 `json:"status"`
	Checks map[string]healthCheck `json:"checks,omitempty"`
}

type healthCheck struct {
	Status string `json:"status"`
	// of the queue
	OldestSeconds *int64 `json:"oldest_seconds,omitempty"`
	Due           *int   `json:"due,omitempty"`
}

func (h health) write(w http.ResponseWriter) {
	status := http.StatusOK
	if h.Status != healthOK && h.Status != healthDegraded {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(h)
}

// healthy says that the process answers.
func healthy(w http.ResponseWriter, _ *http.Request) { health{Status: healthOK}.write(w) }

// readiness says whether a load balancer should send payments here. An old queue
// is no reason not to: every node shares it, and taking payments needs none of it.
type readiness struct {
	books    *store.Store
	log      *slog.Logger
	lateFrom time.Duration // from when the queue counts as late; 0 never
	draining atomic.Bool

	mu   sync.Mutex
	last health
	at   time.Time
}

// drain has /readyz answer 503 from now on.
func (r *readiness) drain() { r.draining.Store(true) }

// ServeHTTP answers /readyz. What is wrong in detail is for the log, not for
// whoever asks.
func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.draining.Load() {
		health{Status: healthDraining}.write(w)
		return
	}
	r.mu.Lock()
	if r.at.IsZero() || time.Since(r.at) >= readyFor {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), readyTimeout)
		r.last = r.look(ctx)
		cancel()
		r.at = time.Now()
	}
	now := r.last
	r.mu.Unlock()
	now.write(w)
}

// look asks the database.
func (r *readiness) look(ctx context.Context) health {
	h := health{Status: healthOK, Checks: map[string]healthCheck{"database": {Status: healthOK}, "migrations": {Status: healthOK}}}
	if err := r.books.Ready(ctx); err != nil {
		r.log.WarnContext(ctx, "not ready", "error", err)
		h.Status = healthNotReady
		if errors.Is(err, store.ErrBehind) {
			h.Checks["migrations"] = healthCheck{Status: "pending"}
		} else {
			h.Checks["database"], h.Checks["migrations"] = healthCheck{Status: "unreachable"}, healthCheck{Status: "unknown"}
		}
		return h
	}
	due, oldest, err := r.queue(ctx)
	if err != nil {
		r.log.WarnContext(ctx, "the queue cannot be read", "error", err)
		h.Status, h.Checks["queue"] = healthDegraded, healthCheck{Status: "unknown"}
		return h
	}
	seconds := int64(oldest / time.Second)
	check := healthCheck{Status: healthOK, OldestSeconds: &seconds, Due: &due}
	if r.lateFrom > 0 && oldest > r.lateFrom {
		h.Status, check.Status = healthDegraded, "late"
	}
	h.Checks["queue"] = check
	return h
}

// queue is how much is due, and how old the oldest of it is that somebody waits for.
func (r *readiness) queue(ctx context.Context) (due int, age time.Duration, err error) {
	err = r.books.Read(ctx, func(tx *store.Tx) error {
		queues, err := tx.Queues(ctx, mostCounted)
		patient := gateway.NightlyJobs()
		for _, q := range queues {
			due += q.Depth
			if slices.Contains(patient, q.Kind) {
				continue
			}
			age = max(age, tx.Now.Sub(q.Oldest))
		}
		return err
	})
	return due, age, err
}
