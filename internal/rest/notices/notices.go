// Package notices is where providers tell us that something happened: POST
// /notices/{provider}/{channelKey}. What is in a notice proves nothing; the
// gateway asks the provider how the payment stands.
package notices

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
)

// Path is the pattern the handler serves.
const Path = "/notices/{provider}/{channelKey}"

// Options are what the handler is made of.
type Options struct {
	Gateway *gateway.Gateway
	Rand    io.Reader    // request ids; crypto/rand when nil
	Log     *slog.Logger // nothing is logged when nil
	// Done is given each request's event when it has ended; may be nil.
	Done func(rest.Event)
}

// New is the handler of Path. It answers 200 with the provider's own reply
// once what the notice led to is stored; 404 for a channel we do not have and
// 400 for what is no notice, which sending again will not mend; and 500 for
// everything else, so that the provider sends it again.
func New(o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	mux := chi.NewRouter()
	mux.Use(rest.TrimSlash, rest.Observe(o.Log, o.Rand, o.Done), rest.Recover(o.Log, fail), rest.LimitBody(rest.MaxBody))
	mux.Post(Path, func(w http.ResponseWriter, r *http.Request) {
		reply, err := take(o.Gateway, r)
		if err != nil {
			fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(reply)
	})
	return rest.Root(mux)
}

// take hands the notice to the gateway and waits until it is dealt with, even
// when the provider hangs up.
func take(g *gateway.Gateway, r *http.Request) ([]byte, error) {
	if _, ok := g.Driver(pay.Provider(chi.URLParam(r, "provider"))); !ok {
		return nil, gateway.ErrChannelMissing
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, rest.ErrTooLarge
		}
		return nil, errors.Join(rest.ErrMalformed, err)
	}
	return g.Notice(context.WithoutCancel(r.Context()), pay.ChannelKey(chi.URLParam(r, "channelKey")), r.Header, body)
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	rest.EventOf(r.Context()).Err = err
	status := http.StatusInternalServerError
	if _, ok := errors.AsType[*gateway.Invalid](err); ok || errors.Is(err, rest.ErrMalformed) {
		status = http.StatusBadRequest
	}
	switch {
	case errors.Is(err, gateway.ErrChannelMissing):
		status = http.StatusNotFound
	case errors.Is(err, rest.ErrTooLarge):
		status = http.StatusRequestEntityTooLarge
	}
	http.Error(w, http.StatusText(status), status)
}
