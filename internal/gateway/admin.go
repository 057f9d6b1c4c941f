package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	"naru/internal/pay"
	"naru/internal/store"
)

// AddMerchant registers a merchant. An empty id or user code is generated; a
// user code is "imp" and 8 digits.
func (g *Gateway) AddMerchant(ctx context.Context, m pay.Merchant) (pay.Merchant, error) {
	if m.ID == "" {
		m.ID = pay.MerchantID("m_" + g.newUUID())
	}
	if m.UserCode == "" {
		n, err := rand.Int(g.rand, big.NewInt(100_000_000))
		if err != nil {
			return m, err
		}
		m.UserCode = fmt.Sprintf("imp%08d", n)
	}
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		m.Created = tx.Now
		if err := tx.InsertMerchant(ctx, m); err != nil {
			return err
		}
		return planRetention(ctx, tx, m)
	})
	return m, err
}

// UpdateMerchant changes a merchant's name and settings. A default channel that
// is not one of the merchant's is an *Invalid.
func (g *Gateway) UpdateMerchant(ctx context.Context, m pay.Merchant) error {
	defer g.forgetTokens()
	return g.store.Write(ctx, func(tx *store.Tx) error {
		if key := m.Settings.DefaultChannel; key != "" {
			_, err := tx.Channel(ctx, m.ID, pay.ChannelKey(key))
			if errors.Is(err, store.ErrNotFound) {
				return &Invalid{"default_channel", fmt.Sprintf("%q is none of the merchant's channels", key)}
			}
			if err != nil {
				return err
			}
		}
		if err := tx.UpdateMerchant(ctx, m); err != nil {
			return err
		}
		return planRetention(ctx, tx, m)
	})
}

// AddKey makes a REST key for a merchant. Empty strings are generated. The
// secret is kept as a keyed hash: this is the only time it is shown.
func (g *Gateway) AddKey(ctx context.Context, m pay.MerchantID, key, secret string) (string, string, error) {
	if key == "" {
		key = g.randomHex(8)
	}
	if secret == "" {
		secret = g.randomHex(40)
	}
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.InsertKey(ctx, store.APIKey{Key: key, Merchant: m, SecretHash: g.hashSecret(key, secret), Created: tx.Now})
	})
	return key, secret, err
}

// RevokeKey ends a key and its tokens at once.
func (g *Gateway) RevokeKey(ctx context.Context, key string) error {
	defer g.forgetTokens()
	return g.store.Write(ctx, func(tx *store.Tx) error { return tx.RevokeKey(ctx, key) })
}

func (g *Gateway) randomHex(n int) string {
	b := make([]byte, n)
	g.random(b)
	return hex.EncodeToString(b)
}

// NewChannel is a merchant's contract with a provider, to be registered.
type NewChannel struct {
	Merchant    pay.MerchantID
	Key         pay.ChannelKey // "" is generated
	Provider    pay.Provider
	MID, Name   string
	Mode        pay.Mode
	Kind        pay.ChannelKind // "" is for payments
	API, Script string          // endpoints; needed in sandbox mode, where the provider has none of its own
	Credentials map[string]pay.Secret
	Default     bool
	Options     pay.ChannelOptions
}

// AddChannel checks a channel's credentials for their form and mode, seals
// them, and registers it. What is missing or does not fit is an *Invalid.
func (g *Gateway) AddChannel(ctx context.Context, n NewChannel) (pay.Channel, error) {
	d, ok := g.drivers[n.Provider]
	if !ok {
		return pay.Channel{}, &Invalid{"provider", fmt.Sprintf("%q is not one of %v", n.Provider, g.providers())}
	}
	if err := checkChannel(n); err != nil {
		return pay.Channel{}, err
	}
	for _, c := range d.Credentials {
		if n.Credentials[c.Key] == "" && !c.Optional {
			return pay.Channel{}, &Invalid{"credentials." + c.Key, "is missing (" + c.Label + ")"}
		}
	}
	if d.Check != nil {
		if err := d.Check(n.Mode, n.MID, n.Credentials); err != nil {
			return pay.Channel{}, &Invalid{"credentials", err.Error()}
		}
	}
	if n.Key == "" {
		n.Key = pay.ChannelKey("channel-key-" + g.newUUID())
	}
	if n.Kind == "" {
		n.Kind = pay.ChannelPayment
	}
	sealed, err := g.vault.SealMap(n.Credentials, credentialsOf(n.Key))
	if err != nil {
		return pay.Channel{}, err
	}
	ch := pay.Channel{
		Merchant: n.Merchant, Key: n.Key, Provider: n.Provider, MID: n.MID, Name: n.Name, Mode: n.Mode, Kind: n.Kind,
		API: n.API, Script: n.Script, Sealed: sealed, Revision: 1, Default: n.Default, Options: n.Options,
	}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		ch.Created = tx.Now
		return tx.InsertChannel(ctx, ch)
	})
	if errors.Is(err, store.ErrExists) {
		return ch, &Invalid{"key", fmt.Sprintf("channel %s exists already", n.Key)}
	}
	return ch, err
}

func checkChannel(n NewChannel) error {
	switch n.Mode {
	case pay.ModeLive, pay.ModeTest:
	case pay.ModeSandbox:
		if n.API == "" {
			return &Invalid{"api", "a sandbox channel needs the address of its simulator"}
		}
	default:
		return &Invalid{"mode", fmt.Sprintf("%q is not one of live, test, sandbox", n.Mode)}
	}
	switch {
	case n.MID == "":
		return &Invalid{"mid", "is empty"}
	case n.Kind != "" && n.Kind != pay.ChannelPayment && n.Kind != pay.ChannelBilling:
		return &Invalid{"kind", fmt.Sprintf("%q is not one of payment, billing", n.Kind)}
	}
	return nil
}

func (g *Gateway) providers() []pay.Provider {
	var out []pay.Provider
	for p := range g.drivers {
		out = append(out, p)
	}
	return out
}
