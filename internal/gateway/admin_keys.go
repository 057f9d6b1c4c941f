package gateway

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// longestName is the most characters of a name for lists.
const longestName = 60

// LongestOverlap is the longest that the secret before is taken beside a new one.
const LongestOverlap = 30 * 24 * time.Hour

// NewKey is a REST key to make.
type NewKey struct {
	Merchant    pay.MerchantID
	Name        string // what people call it
	Key, Secret string // "" is generated
}

// AddKey is AddNamedKey without a name.
func (g *Gateway) AddKey(ctx context.Context, m pay.MerchantID, key, secret string) (string, string, error) {
	return g.AddNamedKey(ctx, NewKey{Merchant: m, Key: key, Secret: secret})
}

// AddNamedKey makes a REST key for a merchant. The secret is kept as a keyed hash:
// this is the only time it is shown. A sub-store has none of its own: its parent's
// key and the Tier header reach it.
func (g *Gateway) AddNamedKey(ctx context.Context, n NewKey) (key, secret string, err error) {
	if err := checkName(n.Name); err != nil {
		return "", "", err
	}
	if n.Key == "" {
		n.Key = g.randomHex(8)
	}
	if n.Secret == "" {
		n.Secret = g.randomHex(40)
	}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(ctx, n.Merchant)
		if err != nil {
			return err
		}
		if m.Parent != "" {
			return &Invalid{"merchant", fmt.Sprintf("%s is a sub-store: its parent's keys reach it with the header Tier", m.UserCode)}
		}
		if err := tx.InsertKey(ctx, store.APIKey{Key: n.Key, Merchant: n.Merchant, Name: n.Name, SecretHash: g.hashSecret(n.Key, n.Secret), Created: tx.Now}); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Merchant: n.Merchant, Action: "key.add", Target: n.Key, After: map[string]any{"name": n.Name}})
	})
	return n.Key, n.Secret, err
}

func checkName(name string) error {
	if n := len([]rune(name)); n > longestName {
		return &Invalid{"name", fmt.Sprintf("has %d characters: at most %d", n, longestName)}
	}
	return nil
}

// RenameKey gives a merchant's key another name. store.ErrNotFound without it.
func (g *Gateway) RenameKey(ctx context.Context, m pay.MerchantID, key, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		k, err := tx.KeyOf(ctx, m, key)
		if err != nil || k.Name == name {
			return err
		}
		before := k.Name
		k.Name = name
		if err := tx.UpdateKey(ctx, k); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Merchant: m, Action: "key.rename", Target: key,
			Before: map[string]any{"name": before}, After: map[string]any{"name": name}})
	})
}

// ReissueKey makes a new secret for a merchant's key, and shows it this once. The
// one of before is taken as well for the time of overlap, at most LongestOverlap;
// with none it and the tokens it got end at once, everywhere within a second. One
// before that ends in any case. A revoked key is an *Invalid, a key that is not
// the merchant's store.ErrNotFound.
func (g *Gateway) ReissueKey(ctx context.Context, m pay.MerchantID, key string, overlap time.Duration) (secret string, until time.Time, err error) {
	if overlap < 0 || overlap > LongestOverlap {
		return "", until, &Invalid{"overlap", fmt.Sprintf("%s is not from 0 to %s", overlap, LongestOverlap)}
	}
	defer g.forgetTokens()
	secret = g.randomHex(40)
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		k, err := tx.KeyOf(ctx, m, key)
		if err != nil {
			return err
		}
		if !k.Revoked.IsZero() {
			return &Invalid{"key", key + " was revoked"}
		}
		k.FormerHash, k.FormerUntil, until = nil, time.Time{}, time.Time{}
		if overlap > 0 {
			until = tx.Now.Add(overlap)
			k.FormerHash, k.FormerUntil = k.SecretHash, until
		} else if err := tx.EndToken(ctx, m, key); err != nil {
			return err
		}
		k.SecretHash = g.hashSecret(key, secret)
		if err := tx.UpdateKey(ctx, k); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Merchant: m, Action: "key.reissue", Target: key, After: map[string]any{"overlap": overlap.String()}})
	})
	return secret, until, err
}

// RevokeKey ends a merchant's key and its tokens at once, on other nodes within a
// second. store.ErrNotFound without it.
func (g *Gateway) RevokeKey(ctx context.Context, m pay.MerchantID, key string) error {
	defer g.forgetTokens()
	return g.store.Write(ctx, func(tx *store.Tx) error {
		k, err := tx.KeyOf(ctx, m, key)
		if err != nil || !k.Revoked.IsZero() {
			return err
		}
		if err := tx.RevokeKey(ctx, m, key); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Merchant: m, Action: "key.revoke", Target: key, Before: map[string]any{"name": k.Name}})
	})
}

// KeyUse is a key, and when it was last used.
type KeyUse struct {
	store.APIKey
	// Used is when it last got a token, which lives half an hour; zero is never. It
	// is read from the token, so that nothing is written to know it.
	Used time.Time
}

// Keys lists a merchant's keys, the oldest first, revoked ones too.
func (g *Gateway) Keys(ctx context.Context, m pay.MerchantID) ([]KeyUse, error) {
	var out []KeyUse
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		keys, err := tx.ListKeys(ctx, m)
		if err != nil {
			return err
		}
		tokens, err := tx.ListTokens(ctx, m)
		if err != nil {
			return err
		}
		used := map[string]time.Time{}
		for _, t := range tokens {
			used[t.Key] = lastAsked(t)
		}
		out = make([]KeyUse, len(keys))
		for i, k := range keys {
			out[i] = KeyUse{k, used[k.Key]}
		}
		return nil
	})
	return out, err
}

// lastAsked is when a token was issued, or made to live longer the last time.
func lastAsked(t store.Token) time.Time {
	if t.Expires.After(t.Issued.Add(tokenLife)) {
		return t.Expires.Add(-tokenExtended - tokenLow)
	}
	return t.Issued
}

func (g *Gateway) randomHex(n int) string {
	b := make([]byte, n)
	g.random(b)
	return hex.EncodeToString(b)
}
