package rest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// Middleware wraps a handler.
type Middleware = func(http.Handler) http.Handler

// MaxBody is the largest request body, in bytes.
const MaxBody = 1 << 20

// RequestIDHeader carries the request's id, in and out.
const RequestIDHeader = "X-Request-Id"

// ReplayedHeader marks an answer that tells what an earlier call of the same
// Idempotency-Key did.
const ReplayedHeader = "Idempotency-Replayed"

// Observe gives each request an id, taken from the client if it sent a proper
// one and else drawn from random (crypto/rand when nil), and an Event, which
// it logs when the request has ended and hands to done, if that is not nil.
func Observe(log *slog.Logger, random io.Reader, done func(Event)) Middleware {
	if random == nil {
		random = rand.Reader
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now() // a measurement of this process, not the gateway's time
			e := &Event{RequestID: requestID(r.Header.Get(RequestIDHeader), random), Method: r.Method}
			w.Header().Set(RequestIDHeader, e.RequestID)
			ctx := context.WithValue(r.Context(), eventKey{}, e)
			ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			defer func() {
				e.Status, e.Took = ww.Status(), time.Since(start)
				if rctx := chi.RouteContext(ctx); rctx != nil {
					e.Route = rctx.RoutePattern()
				}
				e.Remote, e.Replayed = networkOf(r.RemoteAddr), w.Header().Get(ReplayedHeader) != ""
				if end, ok := ctx.Value(endKey{}).(func(*Event)); ok {
					end(e)
				}
				e.write(ctx, log)
				if done != nil {
					done(*e)
				}
			}()
			next.ServeHTTP(ww, r.WithContext(ctx))
		})
	}
}

func requestID(given string, random io.Reader) string {
	if given != "" && len(given) <= 64 && strings.Trim(given, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == "" {
		return given
	}
	var b [12]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "unknown"
	}
	return hex.EncodeToString(b[:])
}

// ErrPanic is wrapped by what Recover hands on.
var ErrPanic = errors.New("panic")

// Recover turns a panic into an answer by fail. The stack goes to the log. An
// answer that has begun is cut off instead.
func Recover(log *slog.Logger, fail func(http.ResponseWriter, *http.Request, error)) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				e := EventOf(r.Context())
				log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request", e.RequestID),
					slog.Any("value", p), slog.String("stack", string(debug.Stack())))
				if ww.Status() != 0 {
					e.Err = fmt.Errorf("%w after the answer began", ErrPanic)
					panic(http.ErrAbortHandler)
				}
				fail(ww, r, fmt.Errorf("%w: %v", ErrPanic, p))
			}()
			next.ServeHTTP(ww, r)
		})
	}
}

// LimitBody makes reading more than n bytes of the body an error.
func LimitBody(n int64) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, n)
			next.ServeHTTP(w, r)
		})
	}
}

// TrimSlash routes a path with slashes at its end, or more than one at its
// beginning, as the path without them, directly: V1 clients do not follow
// redirects of a POST. It must be used on a chi router.
func TrimSlash(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rctx := chi.RouteContext(r.Context()); rctx != nil {
			rctx.RoutePath = "/" + strings.Trim(routePath(rctx, r), "/")
		}
		next.ServeHTTP(w, r)
	})
}

// routePath is what the router matches: percent-encoded only when it must be.
func routePath(rctx *chi.Context, r *http.Request) string {
	switch {
	case rctx.RoutePath != "":
		return rctx.RoutePath
	case r.URL.RawPath != "":
		return r.URL.RawPath
	}
	return r.URL.Path
}

// Root makes a chi router that stands inside another one route as if it stood
// alone, by the whole path of the request.
func Root(router http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, nil)))
	})
}

// Allowed lists the methods the router has for the request's path.
func Allowed(r *http.Request) []string {
	rctx := chi.RouteContext(r.Context())
	if rctx == nil || rctx.Routes == nil {
		return nil
	}
	path := routePath(rctx, r)
	var out []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		asked := m
		if m == http.MethodHead {
			asked = http.MethodGet
		}
		if rctx.Routes.Match(chi.NewRouteContext(), asked, path) {
			out = append(out, m)
		}
	}
	return out
}
