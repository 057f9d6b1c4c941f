package model_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/checkout"
	"naru/internal/connector"
	tossconn "naru/internal/connector/tosspay"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/rest/notices"
	v1 "naru/internal/rest/v1"
	"naru/internal/sdk"
	"naru/internal/store"
	"naru/internal/v1wire"
	"naru/internal/vault"
)

// life is a gateway from its start to its death.
type life struct {
	dsn      string
	store    *store.Store
	gateway  *gateway.Gateway
	notifier *notify.Notifier
	runner   *jobs.Runner
}

// lasts reports whether the books at a dsn outlive the store that opened them.
func lasts(dsn string) bool { return dsn != memory }

const memory = "sqlite::memory:"

// begin starts a gateway on the books at dsn, wired as cmd/naru wires it. Books in
// memory are taken over from the life before.
func (w *world) begin(dsn string) *life {
	w.t.Helper()
	l := &life{dsn: dsn}
	var err error
	if w.life != nil && !lasts(dsn) {
		l.store = w.life.store
	} else {
		l.store, err = store.Open(w.ctx, dsn, store.Options{Now: w.clock.Now, Log: w.logger(), Faults: w.commits})
		w.must(err)
		w.must(l.store.Migrate(w.ctx))
	}
	w.life = l
	v, err := vault.Open(w.ctx, bytes.Repeat([]byte{7}, 32), w.loadKeys, w.saveKeys)
	w.must(err)
	l.notifier = notify.New(notify.Options{
		Store: l.store, Log: w.logger(), Version: "model", AnyAddress: true,
		Retries: []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute}, Chance: func() float64 { return 0.5 },
	})
	l.gateway = gateway.New(gateway.Options{
		Store: l.store, Vault: v, Drivers: []connector.Driver{paymentsconn.Driver(), tossconn.Driver()}, PublicURL: w.front.URL,
		HTTP: &http.Client{Transport: w.line}, Now: w.clock.Now, Rand: w.rand, Log: w.logger(), Faults: w.meet, Preapprove: l.preapprove,
		Tell: func(ctx context.Context, tx *store.Tx, p pay.Payment, e gateway.Event) error {
			return l.notifier.Tell(ctx, tx, p, notify.Event(e))
		},
	})
	workers := l.gateway.Workers()
	maps.Copy(workers, l.notifier.Workers())
	l.runner = jobs.New(jobs.Options{Store: l.store, Now: w.clock.Now, Log: w.logger(), Workers: workers})
	h := w.routes(l)
	w.handler.Store(&h)
	return l
}

func (l *life) preapprove(ctx context.Context, m pay.Merchant, p pay.Payment) error {
	if a := l.notifier.Preapprove(ctx, m, p); !a.OK {
		return &gateway.Stop{Reason: v1wire.StopReason(a.Reason), Status: a.Status, Trouble: a.Trouble}
	}
	return nil
}

// routes are the gateway's faces.
func (w *world) routes(l *life) http.Handler {
	w.t.Helper()
	script, err := sdk.New(sdk.Options{Gateway: l.gateway, PublicURL: w.front.URL, Log: w.logger(), Now: w.clock.Now})
	w.must(err)
	windows, err := checkout.New(checkout.Options{Gateway: l.gateway, PublicURL: w.front.URL, Log: w.logger()})
	w.must(err)
	mux := chi.NewRouter()
	script.Routes(mux)
	windows.Routes(mux)
	mux.Handle("/notices/*", notices.New(notices.Options{Gateway: l.gateway, Log: w.logger()}))
	api := v1.New(v1.Options{Gateway: l.gateway, Store: l.store, Now: w.clock.Now, Log: w.logger()})
	mux.Handle("/*", api)
	mux.MethodNotAllowed(api.ServeHTTP)
	return mux
}

// end closes what begin opened.
func (w *world) end() {
	w.notifier.Close()
	w.line.CloseIdleConnections()
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

// reborn ends the gateway and starts another in its place.
func (w *world) reborn() {
	w.t.Helper()
	if w.notifier.Close(); lasts(w.dsn) {
		w.must(w.store.Close())
	}
	w.begin(w.dsn)
}

// rounds is how often the parts of a world may find work for one another at one
// time before something is taken to be endless.
const rounds = 60

// quiesce does what is due now, on all sides, until nothing is.
func (s *story) quiesce() {
	s.t.Helper()
	for range rounds {
		for _, d := range s.sides {
			d.gate.open()
			err := d.settle(s.ctx)
			d.gate.shut()
			s.must(err)
		}
		if at := s.nextJob(); !at.IsZero() && !at.After(s.clock.Now()) {
			if err := s.runner.RunDue(s.ctx); !s.deaths.dead() {
				s.must(err)
			}
		}
		if died, next := s.mourn(), s.next(); !died && (next.IsZero() || next.After(s.clock.Now())) {
			return
		}
	}
	s.fail("something stays due at %s: jobs %v", s.clock.Now(), s.nextJob())
}

// heeded lets what the providers told be asked about. Of one payment that is done so
// often at once, and then after a while.
func (s *story) heeded() {
	s.t.Helper()
	if s.quiesce(); s.hasJob(gateway.JobHeed) {
		s.pass(6 * time.Minute)
	}
}

// next is when somebody has something to do, zero for never.
func (s *story) next() (first time.Time) {
	for at := range s.plans() {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// plans are when each part of the world has something to do next.
func (s *story) plans() func(func(time.Time) bool) {
	return func(yield func(time.Time) bool) {
		for _, d := range s.sides {
			if !yield(d.due()) {
				return
			}
		}
		yield(s.nextJob())
	}
}

func (s *story) nextJob() (at time.Time) {
	s.t.Helper()
	s.read(func(tx *store.Tx) (err error) {
		at, err = tx.NextJobAt(context.WithoutCancel(s.ctx))
		return err
	})
	return at
}

// advance takes the clock on, step by step: whatever is planned in between is
// done at its time.
func (s *story) advance(d time.Duration) {
	s.t.Helper()
	s.tally.moved += d
	until := s.clock.In(d)
	for {
		s.quiesce()
		now := s.clock.Now()
		if !now.Before(until) {
			return
		}
		next := s.next()
		if next.IsZero() || next.After(until) {
			next = until
		}
		s.clock.Set(next)
	}
}
