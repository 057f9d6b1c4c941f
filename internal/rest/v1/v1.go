// Package v1 is PortOne V1's REST interface: which operations there are
// (routes.go), who asks (token.go, asker.go), how a request becomes a call of
// the gateway and its result V1's words (a file for each family, check.go and
// wire.go for all), and what each error is called (fail.go, words.go). It decides
// nothing about money. What it offers describes itself: coverage.csv, from which
// reference.go, openapi.go and docs.go make what others read.
//
// Facts about the interface are from PortOne's "REST API V1" reference and the
// pages named beside them; where they leave a choice,
// docs/v1-implementation-details.md says what was chosen.
package v1

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"naru/internal/gateway"
	"naru/internal/rest"
	"naru/internal/store"
)

// Options are what the interface is made of.
type Options struct {
	Gateway *gateway.Gateway
	Store   *store.Store
	Now     func() time.Time // time.Now when nil
	Rand    io.Reader        // request ids; crypto/rand when nil
	Log     *slog.Logger     // nothing is logged when nil
	// Done is given each request's event when it has ended; may be nil.
	Done func(rest.Event)
	// Limits bounds the requests of addresses and API keys; nil does not.
	Limits *rest.Limits
}

type api struct {
	gateway *gateway.Gateway
	store   *store.Store
	now     func() time.Time
	limits  *rest.Limits
	cursors cursors
	shown   shownPayments

	reference func() (*reference, error)
	docs      func() (*docs, error)
}

// New is the handler of V1's REST interface. It answers every path, so it is
// served at "/", after the other faces. An http.ServeMux must not stand in
// front of it: that redirects some of the paths V1's clients use.
func New(o Options) http.Handler {
	a := &api{gateway: o.Gateway, store: o.Store, now: o.Now, limits: o.Limits}
	if a.now == nil {
		a.now = time.Now
	}
	a.reference = sync.OnceValues(func() (*reference, error) { return newReference(a.routes()) })
	a.docs = sync.OnceValues(func() (*docs, error) {
		ref, err := a.reference()
		if err != nil {
			return nil, err
		}
		return newDocs(ref)
	})
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	mux := chi.NewRouter()
	mux.Use(o.Limits.Address(codec{}.Fail), rememberCaller, rest.TrimSlash, rest.Observe(o.Log, o.Rand, o.Done), rest.Recover(o.Log, codec{}.Fail), rest.LimitBody(rest.MaxBody), middleware.GetHead)
	mux.NotFound(func(w http.ResponseWriter, r *http.Request) { codec{}.Fail(w, r, errNoRoute) })
	mux.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(rest.Allowed(r), ", "))
		codec{}.Fail(w, r, errMethod)
	})
	signedIn := mux.With(a.authenticate)
	for _, rt := range a.routes() {
		if rt.writes() {
			rt.handler = a.keyed(rt)
		}
		if rt.public {
			mux.Method(rt.method, rt.path, rt.handler)
		} else {
			signedIn.Method(rt.method, rt.path, rt.handler)
		}
	}
	return rest.Root(mux)
}
