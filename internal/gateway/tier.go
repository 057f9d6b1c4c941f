package gateway

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"naru/internal/pay"
	"naru/internal/store"
)

var tierCode = regexp.MustCompile(`^[A-Z0-9]{3}$`)

// AddTier registers a sub-store of a merchant. It is a merchant of its own, with
// its own channels and payments; it begins with the parent's settings, the
// webhook address among them. Code has three characters A-Z and 0-9.
func (g *Gateway) AddTier(ctx context.Context, parent pay.MerchantID, code, name string) (pay.Merchant, error) {
	if !tierCode.MatchString(code) {
		return pay.Merchant{}, &Invalid{"code", fmt.Sprintf("%q: a tier code has three characters A-Z and 0-9", code)}
	}
	var tier pay.Merchant
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(ctx, parent)
		if err != nil {
			return err
		}
		if m.Parent != "" {
			return &Invalid{"merchant", fmt.Sprintf("%s is a sub-store itself", m.UserCode)}
		}
		tier = pay.Merchant{
			ID: pay.MerchantID("m_" + g.newUUID()), UserCode: m.UserCode + ":" + code, Name: name, Settings: m.Settings,
			Parent: parent, Tier: code, Created: tx.Now,
		}
		tier.Settings.DefaultChannel = "" // the parent's channels are not the sub-store's
		if err := tx.InsertMerchant(ctx, tier); err != nil {
			return err
		}
		return planRetention(ctx, tx, tier)
	})
	if errors.Is(err, store.ErrExists) {
		return tier, &Invalid{"code", fmt.Sprintf("tier %s exists already", code)}
	}
	return tier, err
}

// Tier is a merchant's sub-store, or ErrNoTier.
func (g *Gateway) Tier(ctx context.Context, parent pay.MerchantID, code string) (pay.Merchant, error) {
	var tier pay.Merchant
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		tier, err = tx.MerchantByTier(ctx, parent, code)
		return translate(err, store.ErrNotFound, ErrNoTier)
	})
	return tier, err
}

// Tiers lists a merchant's sub-stores, the oldest first.
func (g *Gateway) Tiers(ctx context.Context, parent pay.MerchantID) ([]pay.Merchant, error) {
	var out []pay.Merchant
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		out, err = tx.ListTiers(ctx, parent)
		return err
	})
	return out, err
}
