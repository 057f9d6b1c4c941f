package v1

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"naru/internal/gateway"
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
	if err := a.limits.MayTry(callerOf(ctx), in.Key); err != nil {
		return Token{}, err
	}
	t, err := a.gateway.IssueToken(ctx, in.Key, in.Secret.Reveal())
	if errors.Is(err, gateway.ErrBadKey) {
		a.limits.WrongSecret(callerOf(ctx), in.Key)
	}
	if err != nil {
		return Token{}, err
	}
	m, err := a.gateway.Authenticate(ctx, t.Value)
	if err != nil {
		return Token{}, err
	}
	rest.EventOf(ctx).Asked(string(m.ID), in.Key)
	if err := admit(ctx, m); err != nil {
		return Token{}, err
	}
	return Token{t.Value, t.Now.Unix(), t.Expires.Unix()}, nil
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
