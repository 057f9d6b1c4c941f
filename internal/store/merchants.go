package store

import (
	"context"
	"fmt"

	"naru/internal/pay"
)

const merchantColumns = `id, user_code, name, settings, created`

func scanMerchant(r row) (m pay.Merchant, err error) {
	err = r.Scan(&m.ID, &m.UserCode, &m.Name, jsonInto{&m.Settings}, timeInto{&m.Created})
	return m, err
}

// InsertMerchant adds a merchant; a zero Created is now. ErrExists when the id
// or the user code is taken.
func (t *Tx) InsertMerchant(ctx context.Context, m pay.Merchant) error {
	settings, err := jsonText(m.Settings)
	if err != nil {
		return fmt.Errorf("merchant %s: settings: %w", m.ID, err)
	}
	err = t.change(ctx, ErrExists,
		`INSERT INTO merchants (`+merchantColumns+`) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		m.ID, m.UserCode, m.Name, settings, t.or(m.Created))
	return wrap(err, "merchant %s", m.ID)
}

// UpdateMerchant writes the name and the settings of a merchant, or ErrNotFound.
func (t *Tx) UpdateMerchant(ctx context.Context, m pay.Merchant) error {
	settings, err := jsonText(m.Settings)
	if err != nil {
		return fmt.Errorf("merchant %s: settings: %w", m.ID, err)
	}
	err = t.change(ctx, ErrNotFound, `UPDATE merchants SET name = $2, settings = $3 WHERE id = $1`, m.ID, m.Name, settings)
	return wrap(err, "merchant %s", m.ID)
}

// Merchant is the merchant of an id, or ErrNotFound.
func (t *Tx) Merchant(ctx context.Context, id pay.MerchantID) (pay.Merchant, error) {
	m, err := one(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants WHERE id = $1`, id)
	return m, wrap(err, "merchant %s", id)
}

// MerchantByUserCode is the merchant a browser means, or ErrNotFound.
func (t *Tx) MerchantByUserCode(ctx context.Context, code string) (pay.Merchant, error) {
	m, err := one(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants WHERE user_code = $1`, code)
	return m, wrap(err, "merchant of user code %q", code)
}

// ListMerchants is every merchant, oldest first.
func (t *Tx) ListMerchants(ctx context.Context) ([]pay.Merchant, error) {
	ms, err := list(ctx, t, scanMerchant, `SELECT `+merchantColumns+` FROM merchants ORDER BY created, id`)
	return ms, wrap(err, "merchants")
}
