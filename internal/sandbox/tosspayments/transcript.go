package tosspayments

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"naru/internal/sandbox/control"
)

// scrub blanks what no transcript may hold.
func scrub(_ string, body []byte) []byte { return maskSecrets(body) }

var maskSecrets = control.MaskFields("cardNumber", "cardExpirationYear", "cardExpirationMonth", "cardPassword", "cavv", "xid",
	"customerIdentityNumber", "registrationNumber", "customerMobilePhone", "clientKey", "secretKey", "billingKey", "authKey", "secret")

// hidePath blanks the billing and authentication keys that stand in paths.
func hidePath(path string) string {
	const base, auths = "/v1/billing/", "authorizations/"
	rest, ok := strings.CutPrefix(path, base)
	if !ok || rest == auths+"card" || rest == auths+"issue" {
		return path
	}
	if strings.HasPrefix(rest, auths) {
		return base + auths + "***"
	}
	return base + "***"
}

type realURL struct{}

// transcribe keeps what is said to next in the transcript, which is shown the
// path without keys.
func (s *Simulator) transcribe(next http.Handler) http.Handler {
	inner := s.transcript.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, ok := r.Context().Value(realURL{}).(*url.URL); ok {
			r = r.WithContext(r.Context())
			r.URL = u
		}
		next.ServeHTTP(w, r)
	}), scrub)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hidden := hidePath(r.URL.Path); hidden != r.URL.Path {
			u := r.URL
			r = r.WithContext(context.WithValue(r.Context(), realURL{}, u))
			r.URL = &url.URL{Path: hidden, RawQuery: u.RawQuery}
		}
		inner.ServeHTTP(w, r)
	})
}
