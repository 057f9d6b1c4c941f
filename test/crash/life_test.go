package crash_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
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
	"naru/internal/rest"
	"naru/internal/rest/notices"
	v1 "naru/internal/rest/v1"
	"naru/internal/sdk"
	"naru/internal/store"
	"naru/internal/v1wire"
	"naru/internal/vault"
)

// life is a process from its start to its death.
type life struct {
	store    *store.Store
	gateway  *gateway.Gateway
	notifier *notify.Notifier
	runner   *jobs.Runner
	line     *line
	handler  http.Handler
	dead     bool // with fate's lock
}

// master seals the vault of all worlds.
func master() []byte { return bytes.Repeat([]byte{7}, 32) }

// begin starts a process on the world's books, wired as cmd/naru does it.
func (w *world) begin() {
	w.t.Helper()
	l := &life{}
	var err error
	l.store, err = store.Open(w.ctx, w.dsn, store.Options{Now: w.clock.Now, Log: w.logger(), Faults: w.fate.commits(l)})
	w.must(err)
	w.must(l.store.Ready(w.ctx))
	v, err := vault.Open(w.ctx, master(), loadKeys(l.store), saveKeys(l.store))
	w.must(err)
	l.notifier = notify.New(notify.Options{
		Store: l.store, Log: w.logger(), Version: "crash", AnyAddress: true,
		Retries: []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute}, Chance: func() float64 { return 0.5 },
	})
	l.line = w.newLine(l)
	l.gateway = gateway.New(gateway.Options{
		Store: l.store, Vault: v, Drivers: w.terms.drivers(), PublicURL: w.front.URL, HTTP: &http.Client{Transport: l.line},
		Now: w.clock.Now, Rand: w.rand, Log: w.logger(),
		Faults: func(at string) error { return w.fate.pass(l, at) },
		Tell: func(ctx context.Context, tx *store.Tx, p pay.Payment, e gateway.Event) error {
			return l.notifier.Tell(ctx, tx, p, notify.Event(e))
		},
		Preapprove: func(ctx context.Context, m pay.Merchant, p pay.Payment) error {
			if a := l.notifier.Preapprove(ctx, m, p); !a.OK {
				return &gateway.Stop{Reason: v1wire.StopReason(a.Reason), Status: a.Status, Trouble: a.Trouble}
			}
			return nil
		},
	})
	workers := l.gateway.Workers()
	maps.Copy(workers, l.notifier.Workers())
	l.runner = jobs.New(jobs.Options{Store: l.store, Now: w.clock.Now, Log: w.logger(), Workers: workers, Poll: time.Hour})
	l.handler = w.faces(l)
	w.life = l
	w.serving.Store(l)
	if w.working {
		l.runner.Start(w.ctx)
	}
}

// faces are what the process answers to. Its pages are made when one is asked
// for: they take longer than all the rest.
func (w *world) faces(l *life) http.Handler {
	mux := chi.NewRouter()
	pages := sync.OnceValue(func() http.Handler { return w.pages(l) })
	for _, prefix := range []string{"/sdk/*", "/checkout/*"} {
		mux.HandleFunc(prefix, func(rw http.ResponseWriter, r *http.Request) { rest.Root(pages()).ServeHTTP(rw, r) })
	}
	mux.Handle("/notices/*", notices.New(notices.Options{Gateway: l.gateway, Log: w.logger()}))
	api := v1.New(v1.Options{Gateway: l.gateway, Store: l.store, Now: w.clock.Now, Log: w.logger()})
	mux.Handle("/*", api)
	mux.MethodNotAllowed(api.ServeHTTP)
	return mux
}

func (w *world) pages(l *life) http.Handler {
	script, err := sdk.New(sdk.Options{Gateway: l.gateway, PublicURL: w.front.URL, Log: w.logger(), Now: w.clock.Now})
	if err != nil {
		panic(err)
	}
	windows, err := checkout.New(checkout.Options{Gateway: l.gateway, PublicURL: w.front.URL, Log: w.logger()})
	if err != nil {
		panic(err)
	}
	mux := chi.NewRouter()
	script.Routes(mux)
	windows.Routes(mux)
	return mux
}

// serve hands a request to the process that lives. One that dies of it leaves a
// connection without an answer.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	l := w.serving.Load()
	if l == nil || w.fate.died(l) {
		panic(http.ErrAbortHandler)
	}
	rec := httptest.NewRecorder()
	l.handler.ServeHTTP(rec, r)
	if w.fate.died(l) {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(rw.Header(), rec.Header())
	rw.WriteHeader(rec.Code)
	_, _ = rw.Write(rec.Body.Bytes())
}

// end closes what begin opened.
func (w *world) end() {
	w.t.Helper()
	w.serving.Store(nil)
	stop, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	w.must(w.runner.Stop(stop))
	w.notifier.Close()
	w.line.CloseIdleConnections()
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

// reborn starts a new process where the last one died, if it did.
func (w *world) reborn() bool {
	w.t.Helper()
	if !w.fate.died(w.life) {
		return false
	}
	w.deaths++
	w.end()
	w.begin()
	return true
}

// terms are what differs between lives in how providers are reached.
type terms struct {
	deadline time.Duration // of all calls, in real time; 0 is what the drivers say
}

// drivers are both providers'.
func (t terms) drivers() []connector.Driver {
	all := []connector.Driver{paymentsconn.Driver(), tossconn.Driver()}
	if t.deadline == 0 {
		return all
	}
	for i := range all {
		timings := map[pay.AttemptKind]connector.Timing{}
		for kind, timing := range all[i].Timings {
			timing.Deadline = t.deadline
			timings[kind] = timing
		}
		all[i].Timings = timings
	}
	return all
}

// rounds is how often the parts of a world may find work for one another at one
// time before something is taken to be endless.
const rounds = 60

// quiesce does what is due now, on all sides, until nothing is.
func (w *world) quiesce() {
	w.t.Helper()
	for range rounds {
		w.arrive()
		w.settle()
		w.reborn()
		if err := w.runner.RunDue(w.ctx); !w.fate.died(w.life) {
			w.must(err)
		}
		w.reborn()
		if next := w.next(); next.IsZero() || next.After(w.clock.Now()) {
			return
		}
	}
	w.t.Fatalf("something stays due at %s: jobs %v, cards %v, wallet %v", w.clock.Now(), w.nextJob(), w.cards.Due(), w.wallet.Due())
}

// late is a request that reaches its provider long after it was sent.
type late struct {
	at   time.Time
	send func()
}

// arrive lets those arrive whose time has come.
func (w *world) arrive() {
	for len(w.late) > 0 && !w.late[0].at.After(w.clock.Now()) {
		first := w.late[0]
		w.late = w.late[1:]
		first.send()
	}
}

func (w *world) arrival() time.Time {
	if len(w.late) == 0 {
		return time.Time{}
	}
	return w.late[0].at
}

// on puts the gateway on other terms, by an orderly restart.
func (w *world) on(t terms) {
	w.t.Helper()
	w.terms = t
	w.end()
	w.begin()
}

// settle has the simulators do what is due, and lets their notices through.
func (w *world) settle() {
	w.t.Helper()
	w.notices.Unlock()
	defer w.notices.Lock()
	w.must(w.cards.Settle(w.ctx))
	w.must(w.wallet.Settle(w.ctx))
}

// next is when somebody has something to do, zero for never.
func (w *world) next() time.Time {
	var first time.Time
	for _, at := range []time.Time{w.nextJob(), w.cards.Due(), w.wallet.Due(), w.arrival()} {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

func (w *world) nextJob() (at time.Time) {
	w.t.Helper()
	w.must(w.store.Read(w.ctx, func(tx *store.Tx) (err error) {
		at, err = tx.NextJobAt(w.ctx)
		return err
	}))
	return at
}

// rest takes the clock on, step by step: whatever is planned in between is done
// at its time. It ends early when nothing is planned any more.
func (w *world) rest(d time.Duration) {
	w.t.Helper()
	until := w.clock.In(d)
	for {
		w.quiesce()
		next := w.next()
		if next.IsZero() || next.After(until) {
			break
		}
		w.clock.Set(next)
	}
	w.clock.Set(until)
}
