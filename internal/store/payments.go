package store

import (
	"context"
	"fmt"
	"time"

	"naru/internal/pay"
)

// The columns of a payment: what is written once, what each change writes, and
// what only the store keeps.
const (
	paymentFixed   = `merchant, id, merchant_uid, source, started_at`
	paymentMutable = `channel, provider, mid, mode, mobile, method, name, amount, currency, tax_free, vat, buyer, custom, ` +
		`escrow, user_agent, customer_uid, customer_usage, ref_order, ref_key, ref_data, details, notify, ` +
		`fail_code, fail_reason, cancel_reason, paid_at, failed_at, cancelled_at`
	paymentKept    = `status, version, cancelled, updated_at, erased`
	paymentColumns = paymentFixed + `, ` + paymentMutable + `, ` + paymentKept
)

func scanPayment(r row) (p pay.Payment, err error) {
	err = r.Scan(&p.Merchant, &p.ID, &p.MerchantUID, &p.Source, timeInto{&p.StartedAt},
		&p.Channel, &p.Provider, &p.MID, &p.Mode, &p.Mobile, &p.Method, &p.Name,
		&p.Amount.Total.Minor, &p.Amount.Total.Currency, &p.Amount.TaxFree, &p.Amount.VAT,
		jsonInto{&p.Buyer}, &p.Custom, &p.Escrow, &p.UserAgent, &p.CustomerUID, &p.CustomerUsage,
		&p.Ref.Order, &p.Ref.Key, blobInto{&p.Ref.Data}, jsonInto{&p.Details}, jsonInto{&p.Notify},
		&p.FailCode, &p.FailReason, &p.CancelReason,
		timeInto{&p.PaidAt}, timeInto{&p.FailedAt}, timeInto{&p.CancelledAt},
		&p.Status, &p.Version, &p.Cancelled, timeInto{&p.UpdatedAt}, timeInto{&p.Erased})
	return p, err
}

// mutableArgs is the values of paymentMutable. What was erased of the buyer does
// not come back, whoever tells it again.
func mutableArgs(p pay.Payment) ([]any, error) {
	if !p.Erased.IsZero() {
		p = p.WithoutPerson()
	}
	buyer, err := jsonText(p.Buyer)
	if err != nil {
		return nil, fmt.Errorf("buyer: %w", err)
	}
	details, err := jsonText(p.Details)
	if err != nil {
		return nil, fmt.Errorf("details: %w", err)
	}
	notify, err := jsonText(p.Notify)
	if err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	return []any{p.Channel, p.Provider, p.MID, p.Mode, p.Mobile, p.Method, p.Name,
		p.Amount.Total.Minor, p.Amount.Total.Currency, p.Amount.TaxFree, p.Amount.VAT, buyer, p.Custom,
		p.Escrow, p.UserAgent, p.CustomerUID, p.CustomerUsage, p.Ref.Order, p.Ref.Key, p.Ref.Data, details, notify,
		p.FailCode, p.FailReason, p.CancelReason, p.PaidAt, p.FailedAt, p.CancelledAt}, nil
}

// statusAt is when a payment got its status, zero when it does not say.
func statusAt(p pay.Payment) time.Time {
	switch p.Status {
	case pay.StatusPaid:
		return p.PaidAt
	case pay.StatusPartiallyCancelled, pay.StatusCancelled:
		return p.CancelledAt
	case pay.StatusFailed:
		return p.FailedAt
	default:
		return p.StartedAt
	}
}

// paidStatuses are those of which an order can have one payment.
const paidStatuses = `('paid', 'partially_cancelled', 'cancelled')`

// InsertPayment adds a payment as it is, with its Version; a zero StartedAt is
// now, UpdatedAt is now, Cancelled is nothing. ErrExists when the id is taken by
// any merchant, ErrPaidTwice when it is paid and so is another of its order.
func (t *Tx) InsertPayment(ctx context.Context, p pay.Payment) error {
	err := t.addPayment(ctx, p)
	if err == nil {
		t.stepped(ctx, p, "", "", "")
	}
	return err
}

func (t *Tx) addPayment(ctx context.Context, p pay.Payment) error {
	t.changed = true
	p.StartedAt = t.or(p.StartedAt)
	mutable, err := mutableArgs(p)
	if err != nil {
		return wrap(err, "payment %s", p.ID)
	}
	args := append([]any{p.Merchant, p.ID, p.MerchantUID, p.Source, p.StartedAt,
		p.Status, p.Version, t.Now, t.or(statusAt(p))}, mutable...)
	n, err := t.exec(ctx, insertPayment, args...)
	switch {
	case err != nil:
		return wrap(err, "payment %s", p.ID)
	case n == 1:
		return nil
	}
	taken, err := t.number(ctx, `SELECT COUNT(*) FROM payments WHERE id = $1`, p.ID)
	switch {
	case err != nil:
		return wrap(err, "payment %s", p.ID)
	case taken > 0:
		return wrap(ErrExists, "payment %s", p.ID)
	default:
		return wrap(ErrPaidTwice, "payment %s of order %q", p.ID, p.MerchantUID)
	}
}

const insertPayment = `INSERT INTO payments (` + paymentFixed + `, status, version, updated_at, status_at, ` + paymentMutable + `, cancelled, ordinal)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
		$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
		$31, $32, $33, $34, $35, $36, $37, 0,
		(SELECT COALESCE(MAX(o.ordinal), 0) + 1 FROM payments AS o WHERE o.merchant = $1 AND o.merchant_uid = $3))
	ON CONFLICT DO NOTHING`

// Payment is a merchant's payment, or ErrNotFound. A Write holds it, and with it
// its attempts, movements and steps.
func (t *Tx) Payment(ctx context.Context, merchant pay.MerchantID, id pay.PaymentID) (pay.Payment, error) {
	if p := t.held[heldPayment{merchant, id}]; p != nil {
		return *p, nil
	}
	p, err := one(ctx, t, scanPayment,
		`SELECT `+paymentColumns+` FROM payments WHERE merchant = $1 AND id = $2`+t.lock(), merchant, id)
	if err != nil {
		return p, wrap(err, "payment %s of merchant %s", id, merchant)
	}
	t.holds(p.Merchant, p.ID, &p)
	return p, nil
}

// PaymentMark changes whenever anything of a payment's row does.
type PaymentMark struct{ Version, Cancelled, Updated, Erased int64 }

// PaymentMark is that of a merchant's payment, or ErrNotFound. It holds nothing.
func (t *Tx) PaymentMark(ctx context.Context, merchant pay.MerchantID, id pay.PaymentID) (PaymentMark, error) {
	m, err := one(ctx, t, func(r row) (m PaymentMark, err error) {
		return m, r.Scan(&m.Version, &m.Cancelled, &m.Updated, &m.Erased)
	}, `SELECT version, cancelled, updated_at, erased FROM payments WHERE merchant = $1 AND id = $2`, merchant, id)
	return m, wrap(err, "payment %s of merchant %s", id, merchant)
}

// MarkOf is the mark of a payment as it was read.
func MarkOf(p pay.Payment) PaymentMark {
	return PaymentMark{p.Version, p.Cancelled, micro(p.UpdatedAt), micro(p.Erased)}
}

// PaymentByID is the payment of an id, whosever it is, or ErrNotFound. A Write
// holds it as Payment does.
func (t *Tx) PaymentByID(ctx context.Context, id pay.PaymentID) (pay.Payment, error) {
	p, err := one(ctx, t, scanPayment, `SELECT `+paymentColumns+` FROM payments WHERE id = $1`+t.lock(), id)
	if err != nil {
		return p, wrap(err, "payment %s", id)
	}
	t.holds(p.Merchant, p.ID, &p)
	return p, nil
}

// holds notes that a payment is held and, unless it is nil, how it stands.
func (t *Tx) holds(merchant pay.MerchantID, id pay.PaymentID, p *pay.Payment) {
	if !t.writes {
		return
	}
	if t.held == nil {
		t.held = map[heldPayment]*pay.Payment{}
	}
	t.held[heldPayment{merchant, id}] = p
}

// hold makes a Write hold a payment before it reads what hangs on it.
func (t *Tx) hold(ctx context.Context, merchant pay.MerchantID, id pay.PaymentID) error {
	if _, held := t.held[heldPayment{merchant, id}]; held || t.lock() == "" {
		return nil
	}
	_, err := t.Payment(ctx, merchant, id)
	if isNotFound(err) {
		return nil // then nothing hangs on it either
	}
	return err
}
