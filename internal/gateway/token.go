package gateway

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strconv"
	"sync"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

var (
	// ErrBadKey: the REST key is unknown or revoked, or the secret is wrong.
	ErrBadKey = errors.New("wrong key or secret")
	// ErrBadToken: the access token is unknown, expired, or of a revoked key.
	ErrBadToken = errors.New("unknown or expired token")
)

// PortOne V1, "V1 API 인증 방법": a token lives half an hour; asked for again
// with less than a minute left, the same token is given five more.
const (
	tokenLife     = 30 * time.Minute
	tokenLow      = time.Minute
	tokenExtended = 5 * time.Minute
)

// AccessToken is a bearer token for the REST API.
type AccessToken struct {
	Value        string
	Now, Expires time.Time
}

// IssueToken gives the live token of a key, or a new one: per key there is one
// live token at a time, whoever asks. It returns ErrBadKey for a wrong pair.
func (g *Gateway) IssueToken(ctx context.Context, key, secret string) (AccessToken, error) {
	mac := g.hashSecret(key, secret)
	if t, ok := g.issued.find(key, mac, g.now()); ok {
		return t, nil
	}
	t, now, err := g.findToken(ctx, key, mac)
	if err != nil {
		return AccessToken{}, err
	}
	out := AccessToken{Value: g.tokenValue(t), Now: now, Expires: t.Expires}
	g.issued.keep(key, mac, out)
	return out, nil
}

func (g *Gateway) findToken(ctx context.Context, key string, mac []byte) (t store.Token, now time.Time, err error) {
	fresh := false
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		now = tx.Now
		k, err := tx.Key(ctx, key)
		if err != nil {
			return err
		}
		if !k.Revoked.IsZero() || !isSecretOf(k, mac, now) {
			return ErrBadKey
		}
		t, err = tx.TokenOfKey(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			t = store.Token{Key: key, Merchant: k.Merchant}
			return nil
		}
		fresh = err == nil && t.Expires.Sub(now) >= tokenLow
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return t, now, ErrBadKey
	}
	if err == nil && !fresh {
		return g.renewToken(ctx, t)
	}
	return t, now, err
}

// isSecretOf reports whether a hash is of a key's secret, or of the one before while
// that is taken as well.
func isSecretOf(k store.APIKey, mac []byte, now time.Time) bool {
	if subtle.ConstantTimeCompare(k.SecretHash, mac) == 1 {
		return true
	}
	return k.FormerUntil.After(now) && subtle.ConstantTimeCompare(k.FormerHash, mac) == 1
}

// renewToken replaces an expired token or lengthens one that is about to
// expire, looking again inside the transaction: many servers ask at once.
func (g *Gateway) renewToken(ctx context.Context, t store.Token) (store.Token, time.Time, error) {
	key, merchant := t.Key, t.Merchant
	var now time.Time
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		now = tx.Now
		row, err := tx.TokenOfKey(ctx, key)
		switch {
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		case err != nil || !row.Expires.After(now):
			t = store.Token{Key: key, Merchant: merchant, Issued: now, Expires: now.Add(tokenLife)}
		case row.Expires.Sub(now) < tokenLow:
			t = row
			t.Expires = row.Expires.Add(tokenExtended)
		default:
			t = row
			return nil
		}
		t.Hash = hashToken(g.tokenValue(t))
		return tx.PutToken(ctx, t)
	})
	return t, now, err
}

// tokenValue is 40 hex characters that only this gateway can make, so that the
// store needs to hold no token to give the same one again.
func (g *Gateway) tokenValue(t store.Token) string {
	mac := g.vault.MAC("access-token", []byte(t.Key+"|"+strconv.FormatInt(t.Issued.UnixMicro(), 10)))
	return hex.EncodeToString(mac)[:40]
}

func (g *Gateway) hashSecret(key, secret string) []byte {
	return g.vault.MAC("rest-secret", []byte(key+"|"+secret))
}

// Authenticate is the merchant a token speaks for, or ErrBadToken. A node
// believes what it read for a second, so a revocation holds everywhere within
// one, and here at once.
func (g *Gateway) Authenticate(ctx context.Context, token string) (pay.Merchant, error) {
	m, _, err := g.Caller(ctx, token)
	return m, err
}

// Caller is Authenticate, and the API key that the token was issued for.
func (g *Gateway) Caller(ctx context.Context, token string) (m pay.Merchant, key string, err error) {
	hash := hashToken(token)
	if m, key, ok := g.tokens.find(hash, g.now()); ok {
		return m, key, nil
	}
	var until time.Time
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		t, err := tx.TokenByHash(ctx, hash)
		if err != nil {
			return err
		}
		if !t.Expires.After(tx.Now) {
			return ErrBadToken
		}
		k, err := tx.Key(ctx, t.Key)
		if err != nil {
			return err
		}
		if !k.Revoked.IsZero() {
			return ErrBadToken
		}
		key = t.Key
		until = tx.Now.Add(believed)
		if t.Expires.Before(until) {
			until = t.Expires
		}
		m, err = tx.Merchant(ctx, t.Merchant)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return m, "", ErrBadToken
	}
	if err == nil {
		g.tokens.keep(hash, knownToken{m, key, until})
	}
	return m, key, err
}

// believed is how long a token that was looked up counts without another look.
const believed = time.Second

// tokenCache holds who the tokens of the last second speak for, by hash.
type tokenCache struct {
	mu    sync.Mutex
	known map[string]knownToken
}

type knownToken struct {
	merchant pay.Merchant
	key      string
	until    time.Time
}

// mostTokens bounds the cache; beyond it, it starts anew.
const mostTokens = 10_000

func (c *tokenCache) find(hash []byte, now time.Time) (pay.Merchant, string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.known[string(hash)]
	return k.merchant, k.key, ok && now.Before(k.until)
}

func (c *tokenCache) keep(hash []byte, k knownToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostTokens {
		c.known = map[string]knownToken{}
	}
	c.known[string(hash)] = k
}

// forgetTokens has everything about keys and tokens looked up anew.
func (g *Gateway) forgetTokens() {
	g.tokens.forget()
	g.issued.forget()
}

func (c *tokenCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
}
