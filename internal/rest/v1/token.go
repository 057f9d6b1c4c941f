package v1

import (
	"context"
	"net/http"
	"strings"

	"naru/internal/pay"
	"naru/internal/rest"
)

type tokenIn struct {
	Key    string     `json:"imp_key"`
	Secret pay.Secret `json:"imp_secret"`
}

// Token is the answer of getToken. The times are unix seconds.
type Token struct {
	AccessToken string `json:"access_token"`
	Now         int64  `json:"now"`
	ExpiredAt   int64  `json:"expired_at"`
}

func (a *api) getToken(ctx context.Context, in tokenIn) (Token, error) {
	if in.Key == "" || in.Secret == "" {
		return Token{}, errKeyMissing
	}
	t, err := a.gateway.IssueToken(ctx, in.Key, in.Secret.Reveal())
	return Token{t.Value, t.Now.Unix(), t.Expires.Unix()}, err
}

// authenticate lets a request through for the merchant its token speaks for.
func (a *api) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := tokenOf(r)
		if token == "" {
			codec{}.Fail(w, r, errUnauthorized)
			return
		}
		m, err := a.gateway.Authenticate(r.Context(), token)
		if err != nil {
			codec{}.Fail(w, r, err)
			return
		}
		rest.EventOf(r.Context()).Merchant = string(m.ID)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), merchantKey{}, m)))
	})
}

// tokenOf finds the token in any of the places V1's clients put it: the
// Authorization header, bare or after Bearer or Basic (then not in base64);
// X-ImpTokenHeader; the query's _token.
func tokenOf(r *http.Request) string {
	v := strings.TrimSpace(r.Header.Get("Authorization"))
	scheme, after, _ := strings.Cut(v, " ")
	if strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Basic") {
		v = strings.TrimSpace(after)
	}
	if v == "" {
		v = strings.TrimSpace(r.Header.Get("X-ImpTokenHeader"))
	}
	if v == "" {
		v = r.URL.Query().Get("_token")
	}
	return v
}

// refuseTier: sub-stores are not offered, and answering for the merchant itself
// would show one store's data as another's.
func refuseTier(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tier := strings.TrimSpace(r.Header.Get("Tier")); tier != "" {
			codec{}.Fail(w, r, errTier.with(" (Tier: "+short(tier)+")"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
