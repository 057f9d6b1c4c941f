// Package rest is what every HTTP interface for programs shares: decode, call,
// encode, and the middleware around it (request id, one log event per request,
// panics, limits). A wire dialect is a Codec; what it says is its own business.
package rest

import (
	"context"
	"net/http"
)

// Codec is a wire dialect: how it reads a request and how it writes an answer
// or an error.
type Codec interface {
	// Decode fills in, a pointer to a struct, from the request.
	Decode(r *http.Request, in any) error
	Encode(w http.ResponseWriter, r *http.Request, out any)
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Handle makes a handler of do: decode, call, encode, and nothing else. Except
// for reads, do's context is not cancelled when the client goes away: what was
// begun is finished.
func Handle[In, Out any](c Codec, do func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := c.Decode(r, &in); err != nil {
			c.Fail(w, r, err)
			return
		}
		ctx := r.Context()
		if !reads(r.Method) {
			ctx = context.WithoutCancel(ctx)
		}
		out, err := do(ctx, in)
		if err != nil {
			c.Fail(w, r, err)
			return
		}
		c.Encode(w, r, out)
	})
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }
