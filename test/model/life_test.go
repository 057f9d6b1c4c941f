package model_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/connector"
	tossconn "naru/internal/connector/tosspay"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/rest/notices"
	v1 "naru/internal/rest/v1"
	"naru/internal/store"
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

// begin starts a gateway on the books at dsn. Those in memory are taken over
// from the life before.
func (w *world) begin(dsn string) *life {
	w.t.Helper()
	l := &life{dsn: dsn}
	var err error
	if w.life != nil && !lasts(dsn) {
		l.store = w.life.store
	} else {
		l.store, err = store.Open(w.ctx, dsn, store.Options{Now: w.clock.Now, Log: w.logger()})
		w.must(err)
		w.must(l.store.Migrate(w.ctx))
	}
	w.life = l
	v, err := vault.Open(w.ctx, bytes.Repeat([]byte{7}, 32), w.loadKeys, w.saveKeys)
	w.must(err)
	l.notifier = notify.New(notify.Options{
		Store: l.store, Log: w.logger(), Version: "model", AnyAddress: true,
		Retries: []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute},
	})
	l.gateway = gateway.New(gateway.Options{
		Store: l.store, Vault: v, Drivers: []connector.Driver{paymentsconn.Driver(), tossconn.Driver()}, PublicURL: w.front.URL,
		HTTP: &http.Client{Transport: w.line}, Now: w.clock.Now, Rand: w.rand, Log: w.logger(), Faults: w.deaths.meet,
		Tell: func(ctx context.Context, tx *store.Tx, p pay.Payment, e gateway.Event) error {
			return l.notifier.Tell(ctx, tx, p, notify.Event(e))
		},
	})
	workers := l.gateway.Workers()
	maps.Copy(workers, l.notifier.Workers())
	l.runner = jobs.New(jobs.Options{Store: l.store, Now: w.clock.Now, Log: w.logger(), Workers: workers})
	mux := chi.NewRouter()
	mux.Handle("/notices/*", notices.New(notices.Options{Gateway: l.gateway, Log: w.logger()}))
	api := v1.New(v1.Options{Gateway: l.gateway, Store: l.store, Now: w.clock.Now, Log: w.logger()})
	mux.Handle("/*", api)
	mux.MethodNotAllowed(api.ServeHTTP)
	var h http.Handler = mux
	w.handler.Store(&h)
	return l
}

// end closes what begin opened.
func (w *world) end() {
	w.notifier.Close()
	w.line.CloseIdleConnections()
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

// reborn starts a new gateway where the last one died, if it did.
func (w *world) reborn() bool {
	w.t.Helper()
	if w.deaths.take() == "" {
		return false
	}
	if w.notifier.Close(); lasts(w.dsn) {
		w.must(w.store.Close())
	}
	w.begin(w.dsn)
	return true
}

// deaths ends a gateway at a named point of its three steps.
type deaths struct {
	mu       sync.Mutex
	at       string // the next of these kills; "" none
	happened string
}

// points are where a gateway may die, for each kind of call.
func points() (out []string) {
	for _, kind := range []string{"charge", "keyin", "cancel", "issue_account", "revoke_account", "issue_key", "receipt"} {
		for _, point := range []string{"intended", "answered", "learned"} {
			out = append(out, kind+":"+point)
		}
	}
	return out
}

func (d *deaths) arm(point string) { d.mu.Lock(); defer d.mu.Unlock(); d.at = point }

// meet is the gateway's fault point. A panic runs nothing of ours any more, and
// cuts the merchant's connection as a death does.
func (d *deaths) meet(point string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at != point {
		return nil
	}
	d.at, d.happened = "", point
	panic(http.ErrAbortHandler)
}

// take is where the gateway died since the last time, "" nowhere.
func (d *deaths) take() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.happened
	d.happened = ""
	return at
}

// rounds is how often the parts of a world may find work for one another at one
// time before something is taken to be endless.
const rounds = 60

// quiesce does what is due now, on all sides, until nothing is.
func (s *story) quiesce() {
	s.t.Helper()
	for range rounds {
		s.must(s.cards.Settle(s.ctx))
		s.must(s.wallet.Settle(s.ctx))
		s.must(s.runner.RunDue(s.ctx))
		s.mourn()
		if next := s.next(); next.IsZero() || next.After(s.clock.Now()) {
			return
		}
	}
	s.fail("something stays due at %s: jobs %v, cards %v, wallet %v", s.clock.Now(), s.nextJob(), s.cards.Due(), s.wallet.Due())
}

// next is when somebody has something to do, zero for never.
func (s *story) next() time.Time {
	var first time.Time
	for _, at := range []time.Time{s.nextJob(), s.cards.Due(), s.wallet.Due()} {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
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
