package store

import (
	"context"
	"fmt"

	"naru/internal/pay"
)

const movementColumns = `merchant, payment, key, kind, amount, tax_free, at, attempt, reason, receipt_url, cancel_id`

func scanMovement(r row) (m pay.Movement, err error) {
	err = r.Scan(&m.Merchant, &m.Payment, &m.Key, &m.Kind, &m.Amount, &m.TaxFree, timeInto{&m.At},
		&m.Attempt, &m.Reason, &m.ReceiptURL, &m.CancelID)
	return m, err
}

// AddMovement records money that moved. Recording it again is harmless: added is
// false, and only an attempt, reason, receipt or cancel id that was not known is
// filled in. A cancel recomputes what is cancelled of the payment; the payment's
// version stays. ErrNotFound without the payment; ErrRule when more would be
// cancelled than was paid, and the transaction may go on.
func (t *Tx) AddMovement(ctx context.Context, m pay.Movement) (added bool, err error) {
	p, err := t.Payment(ctx, m.Merchant, m.Payment)
	if err != nil {
		return false, wrap(err, "movement %s of payment %s", m.Key, m.Payment)
	}
	if m.Kind == pay.MovementCancel && m.Amount > p.Left() { // unless it is known
		known, err := t.movement(ctx, m)
		switch {
		case isNotFound(err):
			err = fmt.Errorf("%w: cancels %d of the %d that are left", ErrRule, m.Amount, p.Left())
		case err == nil:
			err = t.fillMovement(ctx, known, m)
		}
		return false, wrap(err, "movement %s of payment %s", m.Key, m.Payment)
	}
	n, err := t.exec(ctx, `INSERT INTO movements (`+movementColumns+`, ordinal)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
			(SELECT COUNT(*) FROM movements AS o WHERE o.merchant = $1 AND o.payment = $2)) ON CONFLICT DO NOTHING`, m.Merchant, m.Payment, m.Key, m.Kind, m.Amount, m.TaxFree,
		t.or(m.At), m.Attempt, m.Reason, m.ReceiptURL, m.CancelID)
	if err == nil && n == 0 {
		known, readErr := t.movement(ctx, m)
		if err = readErr; err == nil {
			err = t.fillMovement(ctx, known, m)
		}
	}
	if err != nil || n == 0 {
		return false, wrap(err, "movement %s of payment %s", m.Key, m.Payment)
	}
	if m.Kind != pay.MovementCancel {
		return true, nil
	}
	t.holds(m.Merchant, m.Payment, nil)
	_, err = t.exec(ctx, recount, m.Merchant, m.Payment)
	return err == nil, wrap(err, "movement %s of payment %s: sum of the cancels", m.Key, m.Payment)
}

// movement is what the books hold under a movement's name, or ErrNotFound.
func (t *Tx) movement(ctx context.Context, m pay.Movement) (pay.Movement, error) {
	return one(ctx, t, scanMovement, `SELECT `+movementColumns+` FROM movements
		WHERE merchant = $1 AND payment = $2 AND key = $3`, m.Merchant, m.Payment, m.Key)
}

// fillMovement adds to a known movement what was not known of it. Its money is
// never changed: another amount under the same name is said aloud.
func (t *Tx) fillMovement(ctx context.Context, known, m pay.Movement) error {
	if known.Kind != m.Kind || known.Amount != m.Amount {
		t.log.ErrorContext(ctx, "a movement was told differently before", "payment", m.Payment, "movement", m.Key,
			"kind", known.Kind, "amount", known.Amount, "now_kind", m.Kind, "now_amount", m.Amount)
	}
	filled := known
	for _, f := range []struct{ have, come *string }{
		{(*string)(&filled.Attempt), (*string)(&m.Attempt)}, {&filled.Reason, &m.Reason},
		{&filled.ReceiptURL, &m.ReceiptURL}, {&filled.CancelID, &m.CancelID},
	} {
		if *f.have == "" {
			*f.have = *f.come
		}
	}
	if filled == known {
		return nil
	}
	_, err := t.exec(ctx, `UPDATE movements SET attempt = $4, reason = $5, receipt_url = $6, cancel_id = $7
		WHERE merchant = $1 AND payment = $2 AND key = $3`,
		m.Merchant, m.Payment, m.Key, filled.Attempt, filled.Reason, filled.ReceiptURL, filled.CancelID)
	return err
}

// Movements is all money that moved for a payment, oldest first; of one instant,
// in the order they were recorded.
func (t *Tx) Movements(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]pay.Movement, error) {
	if err := t.hold(ctx, merchant, payment); err != nil {
		return nil, err
	}
	ms, err := list(ctx, t, scanMovement, `SELECT `+movementColumns+` FROM movements
		WHERE merchant = $1 AND payment = $2 ORDER BY +at, ordinal`, merchant, payment) // +: few are sorted, not all by time read
	return ms, wrap(err, "movements of payment %s", payment)
}
