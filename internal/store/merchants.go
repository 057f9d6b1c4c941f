package store

import (
	"context"
	"fmt"

	"naru/internal/pay"
)

const merchantColumns = `id, user_code, name, settings, parent, tier, created`

func scanMerchant(r row) (m pay.Merchant, err error) {
	err = r.Scan(&m.ID, &m.UserCode, &m.Name, jsonInto{&m.Settings}, &m.Parent, &m.Tier, timeInto{&m.Created})
	return m, err
}

// InsertMerchant adds a merchant; a zero Created is now. ErrExists when the id,
// the user code or the tier code of its parent is taken, ErrNotFound without its
// parent, ErrRule when it has a parent and no tier code or the other way round.
func (t *Tx) InsertMerchant(ctx context.Context, m pay.Merchant) error {
	settings, err := jsonText(m.Settings)
	if err != nil {
		return fmt.Errorf("merchant %s: settings: %w", m.ID, err)
	}
	if m.Parent != "" { // merchants are never deleted, so it stays
		if _, err := t.Merchant(ctx, m.Parent); err != nil {
			return wrap(err, "merchant %s: parent", m.ID)
		}
	}
	err = t.change(ctx, ErrExists,
		`INSERT INTO merchants (`+merchantColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		m.ID, m.UserCode, m.Name, settings, m.Parent, m.Tier, t.or(m.Created))
	return wrap(err, "merchant %s", m.ID)
}

// UpdateMerchant writes the name, the settings, the parent and the tier code of a
// merchant, or ErrNotFound. ErrExists when another of its parent has that code:
// the transaction is over then.
func (t *Tx) UpdateMerchant(ctx context.Context, m pay.Merchant) error {
	settings, err := jsonText(m.Settings)
	if err != nil {
		return fmt.Errorf("merchant %s: settings: %w", m.ID, err)
	}
	err = t.change(ctx, ErrNotFound, `UPDATE merchants SET name = $2, settings = $3, parent = $4, tier = $5
		WHERE id = $1`, m.ID, m.Name, settings, m.Parent, m.Tier)
	return wrap(err, "merchant %s", m.ID)
}

// Merchant is the merchant of an id, or ErrNotFound.
func (t *Tx) Merchant(ctx context.Context, id pay.MerchantID) (pay.Merchant, error) {
	m, err := one(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants WHERE id = $1`, id)
	return m, wrap(err, "merchant %s", id)
}

// MerchantToChange is Merchant, held by a Write until it ends: who reads the
// settings, changes a part and writes them loses nobody else's part.
func (t *Tx) MerchantToChange(ctx context.Context, id pay.MerchantID) (pay.Merchant, error) {
	m, err := one(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants WHERE id = $1`+t.lock(), id)
	return m, wrap(err, "merchant %s", id)
}

// MerchantByUserCode is the merchant a browser means, or ErrNotFound.
func (t *Tx) MerchantByUserCode(ctx context.Context, code string) (pay.Merchant, error) {
	m, err := one(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants WHERE user_code = $1`, code)
	return m, wrap(err, "merchant of user code %q", code)
}

// MerchantByTier is the sub-store of a merchant with a tier code, or ErrNotFound.
func (t *Tx) MerchantByTier(ctx context.Context, parent pay.MerchantID, code string) (pay.Merchant, error) {
	m, err := one(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants
		WHERE parent = $1 AND tier = $2 AND parent <> ''`, parent, code)
	return m, wrap(err, "tier %q of merchant %s", code, parent)
}

// ListTiers is every sub-store of a merchant, oldest first.
func (t *Tx) ListTiers(ctx context.Context, parent pay.MerchantID) ([]pay.Merchant, error) {
	ms, err := list(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants
		WHERE parent = $1 AND parent <> '' ORDER BY created, id`, parent)
	return ms, wrap(err, "tiers of merchant %s", parent)
}

// ListMerchants is every merchant, sub-stores too, oldest first.
func (t *Tx) ListMerchants(ctx context.Context) ([]pay.Merchant, error) {
	ms, err := list(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants ORDER BY created, id`)
	return ms, wrap(err, "merchants")
}
