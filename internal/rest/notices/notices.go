// Package notices is where providers tell us that something happened: POST
// /notices/{provider}/{channelKey}. What is in a notice proves nothing; the
// gateway asks the provider how the payment stands.
package notices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
)

// Path is the pattern the handler serves.
const Path = "/notices/{provider}/{channelKey}"

const (
	// MaxBody is the largest notice, in bytes: those that are documented have a few
	// thousand.
	MaxBody = 64 << 10
	// bodyTime is how long a notice may take to come in.
	bodyTime = 10 * time.Second
)

// Options are what the handler is made of.
type Options struct {
	Gateway *gateway.Gateway
	Rand    io.Reader    // request ids; crypto/rand when nil
	Log     *slog.Logger // nothing is logged when nil
	// Done is given each request's event when it has ended; may be nil.
	Done func(rest.Event)
	// BodyTime is how long a notice may take to come in; 10 s when 0.
	BodyTime time.Duration
}

// New is the handler of Path. It answers 200 with the provider's own reply
// once what the notice led to is stored; 404 for a channel we do not have and
// 400, 408 or 413 for what is no notice, or comes too slowly or is too long, which
// sending again will not mend; and 500 for everything else, so that the provider
// sends it again.
func New(o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.BodyTime <= 0 {
		o.BodyTime = bodyTime
	}
	mux := chi.NewRouter()
	mux.Use(rest.TrimSlash, rest.Observe(o.Log, o.Rand, o.Done), rest.Recover(o.Log, fail), rest.LimitBody(MaxBody))
	mux.Post(Path, func(w http.ResponseWriter, r *http.Request) {
		reply, err := take(o, w, r)
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
func take(o Options, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if _, ok := o.Gateway.Driver(pay.Provider(chi.URLParam(r, "provider"))); !ok {
		return nil, gateway.ErrChannelMissing
	}
	body, err := readBody(w, r, o.BodyTime)
	if err != nil {
		return nil, err
	}
	return o.Gateway.Notice(context.WithoutCancel(r.Context()), pay.ChannelKey(chi.URLParam(r, "channelKey")), r.Header, body)
}

// readBody reads what has come within a time. A writer that knows no deadlines is
// a test's.
func readBody(w http.ResponseWriter, r *http.Request, within time.Duration) ([]byte, error) {
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(within)) // of the connection: real time
	body, err := io.ReadAll(r.Body)
	_ = conn.SetReadDeadline(time.Time{})
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, rest.ErrTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fmt.Errorf("%w: %w", errSlow, err)
	}
	if err != nil {
		return nil, errors.Join(rest.ErrMalformed, err)
	}
	return body, nil
}

// errSlow is of a body that did not come in time.
var errSlow = errors.New("the notice came too slowly")

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
	case errors.Is(err, errSlow):
		status = http.StatusRequestTimeout
		w.Header().Set("Connection", "close")
	}
	http.Error(w, http.StatusText(status), status)
}
