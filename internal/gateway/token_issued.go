package gateway

import (
	"crypto/subtle"
	"sync"
	"time"
)

// issuedTokens holds the tokens that were asked for in the last second: some
// clients ask for one before every call.
type issuedTokens struct {
	mu    sync.Mutex
	known map[string]issuedToken
}

type issuedToken struct {
	mac   []byte // of the secret that got it
	token AccessToken
}

// find is the token of a key that was read less than a second ago with the same
// secret, and that has long enough to live.
func (c *issuedTokens) find(key string, mac []byte, now time.Time) (AccessToken, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.known[key]
	age := now.Sub(k.token.Now)
	if !ok || age < 0 || age >= believed || k.token.Expires.Sub(now) < tokenLow || subtle.ConstantTimeCompare(k.mac, mac) != 1 {
		return AccessToken{}, false
	}
	k.token.Now = now
	return k.token, true
}

func (c *issuedTokens) keep(key string, mac []byte, t AccessToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostTokens {
		c.known = map[string]issuedToken{}
	}
	c.known[key] = issuedToken{mac, t}
}

func (c *issuedTokens) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
}
