package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"naru/internal/alert"
	"naru/internal/checkout"
	"naru/internal/codes"
	"naru/internal/config"
	"naru/internal/console"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/rest"
	"naru/internal/rest/notices"
	v1 "naru/internal/rest/v1"
	"naru/internal/sdk"
	"naru/internal/store"
	"naru/internal/v1wire"
)

// appOptions are what a gateway is run with, whether for development or in
// production.
type appOptions struct {
	db           string // URL as package store reads it
	master       []byte
	migrate      bool
	publicURL    string
	listen       string // what it listens on
	clock        *Clock // that is driven; nil: time goes by
	now          func() time.Time
	machine      func() time.Time // what people are signed in by; time.Now when nil
	log          *slog.Logger
	retries      []time.Duration
	allowPrivate []netip.Prefix
	anyAddress   bool
	chance       func() float64 // spreads the waits of webhooks; nil is at random
	checkoutLife time.Duration
	watch        *jobWatch          // nil: nobody looks on
	limits       *rest.LimitOptions // nil: clients may ask as often as they like
	watching     config.Watching
	testDeposit  func(context.Context, pay.Payment) error // nil: the sandbox runs elsewhere
	alerts       bool                                     // the operator is told what waits for a person
}

// app is a whole gateway: its books, its decisions, its jobs and its faces.
type app struct {
	http.Handler
	store    *store.Store
	gateway  *gateway.Gateway
	notifier *notify.Notifier
	people   *people.Directory
	runner   *jobs.Runner
	presence *presence
	metrics  *metrics
	traces   *tracing // nil: off
	alerts   *alert.Alerter
	ready    *readiness
	calls    *http.Client // to providers
	log      *slog.Logger
}

// newApp puts a gateway together. Its jobs do not run until runner.Run.
func newApp(ctx context.Context, o appOptions) (_ *app, err error) {
	a := &app{calls: newProviderClient(), log: o.log, metrics: newMetrics(o.log)}
	if a.traces, err = newTracing(ctx, o.watching, o.log); err != nil {
		return nil, err
	}
	if a.traces != nil {
		o.log = slog.New(tracedLog{o.log.Handler()})
	}
	watch := &observer{metrics: a.metrics, log: o.log, traces: a.traces}
	a.calls.Transport = transport{a.calls.Transport.(*http.Transport), watch}
	if a.store, err = store.Open(ctx, o.db, store.Options{Now: o.now, Log: o.log, Watch: watch.storeWatch()}); err != nil {
		a.traces.close(o.log)
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if o.migrate {
		if err := a.store.Migrate(ctx); err != nil {
			return nil, err
		}
	}
	if err := a.store.Ready(ctx); err != nil {
		return nil, fmt.Errorf("%w (naru migrate, or leave out --no-migrate)", err)
	}
	v, err := openVault(ctx, a.store, o.master)
	if err != nil {
		return nil, err
	}
	if err := claimBooks(ctx, a.store, o.anyAddress); err != nil {
		return nil, err
	}
	a.metrics.watch(a.store)
	a.ready = &readiness{books: a.store, log: o.log, lateFrom: o.watching.LateQueue}
	a.notifier = notify.New(notify.Options{
		Store: a.store, Vault: v, Log: o.log, Version: version(), Retries: o.retries, AllowPrivate: o.allowPrivate,
		AnyAddress: o.anyAddress, Tried: watch.tried, Chance: o.chance,
	})
	a.gateway = gateway.New(gateway.Options{
		Store: a.store, Vault: v, Drivers: drivers(), Preapprove: preapprove(a.notifier), Tell: tell(a.notifier), AwaitFirst: a.notifier.AwaitFirst,
		PublicURL: o.publicURL, HTTP: a.calls, Now: o.now, Log: o.log, CheckoutLife: o.checkoutLife,
		TestDeposit: o.testDeposit, Observe: watch.steps(),
	})
	a.people = people.New(people.Options{Store: a.store, Vault: v, Now: o.machine, Log: o.log})
	workers := a.gateway.Workers()
	maps.Copy(workers, a.notifier.Workers())
	if o.alerts {
		if a.alerts, err = newAlerter(a.store, o); err != nil {
			return nil, err
		}
		watch.alerts = a.alerts
		maps.Copy(workers, a.alerts.Workers())
	}
	a.runner = newRunner(a.store, watch.jobs(workers), a.notifier.LaneLimit, o)
	a.presence = newPresence(a, o.listen)
	a.Handler, err = a.routes(o)
	return a, err
}

// tell hands the gateway's events on.
func tell(n *notify.Notifier) func(context.Context, *store.Tx, pay.Payment, gateway.Event) error {
	return func(ctx context.Context, tx *store.Tx, p pay.Payment, e gateway.Event) error {
		return n.Tell(ctx, tx, p, notify.Event(e))
	}
}

// preapprove puts a merchant's refusal at its confirm_url into the sentence
// that is recorded.
func preapprove(n *notify.Notifier) gateway.Preapprove {
	return func(ctx context.Context, m pay.Merchant, p pay.Payment) error {
		if a := n.Preapprove(ctx, m, p); !a.OK {
			return &gateway.Stop{Reason: v1wire.StopReason(a.Reason), Status: a.Status, Trouble: a.Trouble}
		}
		return nil
	}
}

// routes are the faces on one listener. V1's REST interface answers whatever
// no other face does.
func (a *app) routes(o appOptions) (http.Handler, error) {
	names := v1wire.Names{Card: cardName, Bank: bankName}
	script, err := sdk.New(sdk.Options{Gateway: a.gateway, PublicURL: o.publicURL, Names: names, Log: o.log, Now: o.now, Noted: a.metrics.noted})
	if err != nil {
		return nil, err
	}
	windows, err := checkout.New(checkout.Options{Gateway: a.gateway, PublicURL: o.publicURL, Names: names, Log: o.log})
	if err != nil {
		return nil, err
	}
	pages := chi.NewRouter()
	limits := a.limits(o.limits)
	pages.Use(limits.Address(pageLimited), rest.Observe(o.log, nil, a.metrics.request), rest.Recover(o.log, pageFailed), limitPages, headOfFiles)
	script.Routes(pages)
	windows.Routes(pages)
	desk, err := console.New(console.Options{
		Gateway: a.gateway, Notifier: a.notifier, Store: a.store, People: a.people, PublicURL: o.publicURL, Names: names, Version: version(), Now: o.now, Log: o.log, Script: script.Script, Clock: o.clock.state(),
	})
	if err != nil {
		return nil, err
	}
	desk.Routes(pages)

	mux := chi.NewRouter()
	mux.Get("/healthz", healthy)
	mux.Method(http.MethodGet, "/readyz", a.ready)
	for _, prefix := range []string{"/v1/*", "/js/*", "/sdk/*", "/checkout/*", "/console", "/console/*"} {
		mux.Handle(prefix, rest.Root(pages))
	}
	mux.Handle("/notices/*", limits.Address(pageLimited)(notices.New(notices.Options{Gateway: a.gateway, Log: o.log, Done: a.metrics.request})))
	api := v1.New(v1.Options{Gateway: a.gateway, Store: a.store, Now: o.now, Log: o.log, Done: a.metrics.request, Limits: limits})
	mux.Handle("/*", api)
	mux.MethodNotAllowed(api.ServeHTTP)
	return a.traces.requests(mux), nil
}

// limitPages bounds what is sent to pages. The one form that brings a file bounds it by
// itself, once it knows that it comes from its own page.
func limitPages(next http.Handler) http.Handler {
	limited := rest.LimitBody(rest.MaxBody)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/console"+console.MovingUploads {
			next.ServeHTTP(w, r)
			return
		}
		limited.ServeHTTP(w, r)
	})
}

// headOfFiles answers HEAD where GET is answered, but on the links of a
// checkout: those serve once, and whoever looks a link over must not use it up.
func headOfFiles(next http.Handler) http.Handler {
	head := middleware.GetHead(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && strings.HasPrefix(r.URL.Path, "/checkout/") && !strings.HasPrefix(r.URL.Path, "/checkout/static/") {
			w.Header().Set("Allow", "GET, POST")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		head.ServeHTTP(w, r)
	})
}

func pageFailed(w http.ResponseWriter, r *http.Request, err error) {
	rest.EventOf(r.Context()).Err = err
	http.Error(w, "일시적인 오류가 발생했습니다. Something went wrong.", http.StatusInternalServerError)
}

func cardName(code string) string {
	e, _ := codes.Card(code)
	return e.Name
}

func bankName(code string) string {
	e, _ := codes.Bank(code)
	return e.Name
}

// close ends what newApp opened. The runner must have stopped.
func (a *app) close() error {
	if a.notifier != nil {
		a.notifier.Close()
	}
	a.calls.CloseIdleConnections()
	err := a.store.Close()
	a.traces.close(a.log)
	return err
}

// newProviderClient makes the client for calls to providers. Each call brings
// its own deadline; redirects are answers like any other.
func newProviderClient() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
		},
	}
}
