package v1

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"naru/internal/gateway"
	"naru/internal/rest"
)

// Headers of ours, by which a merchant's server may send a write again without
// its being done twice (docs/idempotency.md).
const (
	IdempotencyHeader = "Idempotency-Key"   // in and out
	ReplayedHeader    = rest.ReplayedHeader // out: "true" when the answer tells what an earlier call did
)

// maxIdempotencyKey is the most characters of a key.
const maxIdempotencyKey = 255

var errKeyForm = &failure{http.StatusBadRequest, -1, "Idempotency-Key 헤더는 공백 없는 ASCII 문자 1~255자로 한 번만 보내야 합니다."}

// readKey is the key of a header's values.
func readKey(values []string) (string, error) {
	if len(values) != 1 || values[0] == "" || len(values[0]) > maxIdempotencyKey {
		return "", errKeyForm
	}
	for i := range len(values[0]) {
		if c := values[0][i]; c <= ' ' || c > '~' {
			return "", errKeyForm
		}
	}
	return values[0], nil
}

// keyed makes a handler that works under the merchant's key where one was sent.
// Without one it costs a look at the headers.
func (a *api) keyed(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values := r.Header[IdempotencyHeader]
		if values == nil {
			rt.handler.ServeHTTP(w, r)
			return
		}
		key, err := readKey(values)
		if err != nil {
			codec{}.Fail(w, r, err)
			return
		}
		w.Header().Set(IdempotencyHeader, key)
		rt.keyed(a.gateway, key, w, r)
	})
}

// keyedOp is an operation as it is worked under a key. The answer is kept before
// it is sent, whether or not there is still somebody to hear it.
func keyedOp[In, Out any](c codec, rt route, do func(context.Context, In) (Out, error)) func(*gateway.Gateway, string, http.ResponseWriter, *http.Request) {
	return func(g *gateway.Gateway, key string, w http.ResponseWriter, r *http.Request) {
		var in In
		if err := c.Decode(r, &in); err != nil {
			c.Fail(w, r, err)
			return
		}
		ctx := context.WithoutCancel(r.Context())
		claim, earlier, err := g.ClaimKey(ctx, gateway.KeyedCall{
			Merchant: merchantOf(ctx).ID, Key: key, Method: rt.method, Route: rt.path, Input: printed(reflect.ValueOf(in)),
		})
		switch {
		case err != nil:
			c.Fail(w, r, err)
			return
		case earlier != nil:
			w.Header().Set(ReplayedHeader, "true")
			send(w, r, earlier.Status, earlier.Body)
			return
		}
		out, err := do(gateway.WithIdempotency(ctx, claim), in)
		if claim.Earlier() {
			w.Header().Set(ReplayedHeader, "true")
		}
		endKeyed(ctx, g, claim, c, w, r, out, err)
	}
}

// endKeyed keeps the answer of a call and sends it.
func endKeyed(ctx context.Context, g *gateway.Gateway, claim *gateway.Claim, c codec, w http.ResponseWriter, r *http.Request, out any, failed error) {
	status, e := success(out)
	if failed != nil {
		comeBack(w, failed)
		status, e = c.refusal(r, failed)
	}
	body, err := e.bytes()
	if err != nil {
		c.Fail(w, r, err)
		return
	}
	known := !errors.Is(failed, gateway.ErrOutcomeUnknown) && !c.troubled(failed)
	if err := g.EndKey(ctx, claim, gateway.KeyedAnswer{Status: status, Body: body}, known); err != nil {
		rest.EventOf(ctx).Err = errors.Join(failed, err) // whoever comes with the key again learns it from the books
	}
	send(w, r, status, body)
}

// troubled reports whether err is trouble of ours rather than an answer.
func (c codec) troubled(err error) bool {
	if err == nil {
		return false
	}
	f := c.failureOf(err)
	return f == *errInternal || f == *errGone
}

type keyedIn struct {
	Key string `json:"key"`
}

// KeyedCall is what was done under an Idempotency-Key. It is not V1's, so it is
// told under /x/. Times are unix seconds.
type KeyedCall struct {
	Key        string  `json:"idempotency_key"`
	Method     string  `json:"method"`
	Route      string  `json:"route"`
	State      string  `json:"state"`
	CreatedAt  int64   `json:"created_at"`
	AnsweredAt int64   `json:"answered_at"`
	ExpiresAt  int64   `json:"expires_at"`
	HTTPStatus *int    `json:"http_status"`
	Began      *string `json:"began"`
	AttemptID  *string `json:"attempt_id"`
	Status     *string `json:"attempt_status"`
	ImpUID     *string `json:"imp_uid"`
	Merchant   *string `json:"merchant_uid"`
}

// keyedCall tells what the first call with a key did.
func (a *api) keyedCall(ctx context.Context, in keyedIn) (KeyedCall, error) {
	k, err := a.gateway.KeyedCall(ctx, merchantOf(ctx).ID, in.Key)
	if err != nil {
		return KeyedCall{}, err
	}
	out := KeyedCall{
		Key: k.Key, Method: k.Method, Route: k.Route, State: string(k.State),
		CreatedAt: unix(k.Created), AnsweredAt: unix(k.Ended), ExpiresAt: unix(k.Expires),
		Began: orNull(k.Began.Kind), AttemptID: orNull(k.Began.ID), Status: orNull(k.Outcome),
		ImpUID: orNull(string(k.Began.Payment)), Merchant: orNull(string(k.Began.MerchantUID)),
	}
	if k.Status != 0 {
		out.HTTPStatus = &k.Status
	}
	return out, nil
}

// writes reports whether doing an operation twice may matter. getToken gives the
// same token anyway, and what it gives is not to be kept; a POST whose body is
// not read is a look-up that some clients post.
func (rt route) writes() bool {
	return rt.in != nil && !rt.public && (rt.body || rt.method == http.MethodDelete)
}
