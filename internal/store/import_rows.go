package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"naru/internal/pay"
)

// InsertImported adds a payment that was made elsewhere, with its steps and its
// movements as they were told. Version is the number of its steps and UpdatedAt is
// now; all other times are the payment's own. Nobody watching the books is told: it
// did not happen now. ErrExists when the id is taken by any merchant, ErrPaidTwice
// when it is paid and so is another of its order.
func (t *Tx) InsertImported(ctx context.Context, p pay.Payment, steps []StepRow, moved []pay.Movement) error {
	if len(steps) == 0 || steps[len(steps)-1].To != p.Status {
		return wrap(fmt.Errorf("%w: its steps do not end at %s", ErrRule, p.Status), "payment %s", p.ID)
	}
	p.Version = int64(len(steps))
	if err := t.addPayment(ctx, p); err != nil {
		return err
	}
	var text strings.Builder
	text.WriteString(`INSERT INTO payment_steps (merchant, payment, ` + stepColumns + `) VALUES `)
	args := []any{p.Merchant, p.ID}
	for i, s := range steps {
		if i > 0 {
			text.WriteString(`, `)
		}
		text.WriteString(`($1, $2, ` + placeholders(len(args)+1, 6) + `)`)
		args = append(args, int64(i+1), s.From, s.Event, s.To, s.Why, t.or(s.At))
	}
	if _, err := t.exec(ctx, text.String(), args...); err != nil {
		return wrap(err, "steps of payment %s", p.ID)
	}
	for _, m := range moved {
		m.Merchant, m.Payment = p.Merchant, p.ID
		if _, err := t.AddMovement(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// NameMovement gives a movement that was imported without the provider's name the
// names the provider tells: one, or several when what was told as one sum were
// several movements. They are of its kind and come to its amount; else ErrRule.
// The version of the payment counts on.
func (t *Tx) NameMovement(ctx context.Context, m pay.Movement, as []pay.Movement) (pay.Payment, error) {
	var sum int64
	for _, a := range as {
		if sum += a.Amount; a.Kind != m.Kind || a.Key == "" || a.Unnamed() {
			sum = -1
			break
		}
	}
	if !m.Unnamed() || len(as) == 0 || sum != m.Amount {
		return pay.Payment{}, wrap(fmt.Errorf("%w: %d of %s are not its movements", ErrRule, len(as), m.Kind), "movement %s of payment %s", m.Key, m.Payment)
	}
	p, err := t.Payment(ctx, m.Merchant, m.Payment)
	if err != nil {
		return p, err
	}
	first, at := as[0], m.At
	switch {
	case len(as) > 1:
		at = first.At
	case first.TaxFree == 0: // not every provider tells it of a movement
		first.TaxFree = m.TaxFree
	}
	err = t.change(ctx, ErrConflict, `UPDATE movements SET key = $4, amount = $5, tax_free = $6, at = $7
		WHERE merchant = $1 AND payment = $2 AND key = $3`, m.Merchant, m.Payment, m.Key, first.Key, first.Amount, first.TaxFree, at)
	if err != nil {
		return p, wrap(err, "name movement %s of payment %s", m.Key, m.Payment)
	}
	t.holds(p.Merchant, p.ID, nil)
	for i, a := range as[1:] {
		a.Merchant, a.Payment, a.Attempt = m.Merchant, m.Payment, ""
		if a.Reason == "" {
			a.Reason = m.Reason
		}
		if m.CancelID != "" {
			a.CancelID = m.CancelID + "-" + strconv.Itoa(i+2)
		}
		// The sum is short by what follows, so that each fits.
		if _, err := t.exec(ctx, recount, m.Merchant, m.Payment); err != nil {
			return p, wrap(err, "sum of the cancels of payment %s", m.Payment)
		}
		t.holds(p.Merchant, p.ID, nil)
		if _, err := t.AddMovement(ctx, a); err != nil {
			return p, err
		}
	}
	if p, err = t.Payment(ctx, m.Merchant, m.Payment); err != nil {
		return p, err
	}
	return t.UpdatePayment(ctx, p)
}

// recount writes what is cancelled of a payment.
const recount = `UPDATE payments SET cancelled = (SELECT COALESCE(SUM(m.amount), 0) FROM movements AS m
		WHERE m.merchant = $1 AND m.payment = $2 AND m.kind = 'cancel')
	WHERE merchant = $1 AND id = $2`

// PaymentsFromElsewhere is which of a merchant's payments their provider knows by
// these keys of its own, and by another order id than ours.
func (t *Tx) PaymentsFromElsewhere(ctx context.Context, merchant pay.MerchantID, keys []string) (map[string]pay.PaymentID, error) {
	found, err := inChunks(keys, func(some []string) ([]pair, error) {
		n := room(len(some))
		return list(ctx, t, scanPair, `SELECT ref_key, id FROM payments WHERE merchant = $1 AND ref_order <> id AND ref_key <> '' AND ref_key IN (`+placeholders(2, n)+`)`,
			append([]any{merchant}, padded(some, n)...)...)
	})
	out := make(map[string]pay.PaymentID, len(found))
	for _, f := range found {
		out[f.of] = pay.PaymentID(f.name)
	}
	return out, wrap(err, "payments of merchant %s from elsewhere", merchant)
}

// PaymentsByKey is which of a merchant's payments their provider knows by these keys of
// its own; one of them where several are.
func (t *Tx) PaymentsByKey(ctx context.Context, merchant pay.MerchantID, keys []string) (map[string]pay.PaymentID, error) {
	found, err := inChunks(keys, func(some []string) ([]pair, error) {
		n := room(len(some))
		return list(ctx, t, scanPair, `SELECT ref_key, id FROM payments WHERE merchant = $1 AND ref_key <> '' AND ref_key IN (`+placeholders(2, n)+`)`,
			append([]any{merchant}, padded(some, n)...)...)
	})
	out := make(map[string]pay.PaymentID, len(found))
	for _, f := range found {
		out[f.of] = pay.PaymentID(f.name)
	}
	return out, wrap(err, "payments of merchant %s by their provider's keys", merchant)
}
