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

// NewTier is a sub-store to register.
type NewTier struct {
	Parent     pay.MerchantID
	Code, Name string  // of three characters A-Z and 0-9, and for lists
	WebhookURL *string // nil is the parent's, as it stands now
	// Whole is that whoever asks decides for the whole installation: private addresses
	// that the parent may have, the sub-store may have as well. Of anybody else it may
	// not have another than the parent's.
	Whole bool
}

// AddTier is OpenTier with the parent's webhook address.
func (g *Gateway) AddTier(ctx context.Context, parent pay.MerchantID, code, name string) (pay.Merchant, error) {
	return g.OpenTier(ctx, NewTier{Parent: parent, Code: code, Name: name})
}

// OpenTier registers a sub-store of a merchant. It is a merchant of its own, with
// its own channels and payments; it begins with the parent's settings but for the
// recovery run, which is off, and they may be changed apart from then on. A code or an address that cannot be is an *Invalid.
func (g *Gateway) OpenTier(ctx context.Context, n NewTier) (pay.Merchant, error) {
	if !tierCode.MatchString(n.Code) {
		return pay.Merchant{}, &Invalid{"code", fmt.Sprintf("%q: a tier code has three characters A-Z and 0-9", n.Code)}
	}
	if n.WebhookURL != nil {
		if why := webhookURLProblem(*n.WebhookURL); why != "" {
			return pay.Merchant{}, &Invalid{"webhook_url", why}
		}
	}
	var tier pay.Merchant
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(ctx, n.Parent)
		if err != nil {
			return err
		}
		if m.Parent != "" {
			return &Invalid{"merchant", fmt.Sprintf("%s is a sub-store itself", m.UserCode)}
		}
		tier = pay.Merchant{
			ID: pay.MerchantID("m_" + g.newUUID()), UserCode: m.UserCode + ":" + n.Code, Name: n.Name, Settings: m.Settings,
			Parent: n.Parent, Tier: n.Code, Created: tx.Now,
		}
		tier.Settings.DefaultChannel = "" // the parent's channels are not the sub-store's
		tier.Settings.RecoveryHour = 0    // what charges people is set for each store by itself
		w := WebhooksOf(m.Settings)
		set(&w.URL, n.WebhookURL)
		w, _ = w.within(WebhooksOf(m.Settings), n.Whole)
		w.into(&tier.Settings)
		if err := checkMerchant(pay.Merchant{Settings: m.Settings}, tier); err != nil {
			return err
		}
		if err := tx.InsertMerchant(ctx, tier); err != nil {
			return err
		}
		if err := planRetention(ctx, tx, tier); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Merchant: n.Parent, Action: "tier.add", Target: string(tier.ID),
			After: map[string]any{"tier": n.Code, "name": n.Name, "webhook_url": tier.Settings.WebhookURL}})
	})
	if errors.Is(err, store.ErrExists) {
		return tier, &Invalid{"code", fmt.Sprintf("tier %s exists already", n.Code)}
	}
	return tier, err
}

// RenameTier gives a merchant's sub-store another name. ErrNoTier without it.
func (g *Gateway) RenameTier(ctx context.Context, parent pay.MerchantID, code, name string) (pay.Merchant, error) {
	tier, err := g.Tier(ctx, parent, code)
	if err != nil {
		return tier, err
	}
	return g.ChangeMerchant(ctx, tier.ID, func(m *pay.Merchant) error {
		m.Name = name
		return nil
	})
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
