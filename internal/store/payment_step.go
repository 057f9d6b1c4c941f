package store

import (
	"context"
	"errors"
	"time"

	"naru/internal/pay"
)

// StepRow is one change of a payment's status.
type StepRow struct {
	Seq   int64 // 1 is the first
	From  pay.Status
	Event pay.Event
	To    pay.Status
	Why   string
	At    time.Time
}

const stepColumns = `seq, from_status, event, to_status, why, at`

func scanStep(r row) (s StepRow, err error) {
	err = r.Scan(&s.Seq, &s.From, &s.Event, &s.To, &s.Why, timeInto{&s.At})
	return s, err
}

// Steps is every change of a payment's status, oldest first.
func (t *Tx) Steps(ctx context.Context, merchant pay.MerchantID, id pay.PaymentID) ([]StepRow, error) {
	if err := t.hold(ctx, merchant, id); err != nil {
		return nil, err
	}
	ss, err := list(ctx, t, scanStep,
		`SELECT `+stepColumns+` FROM payment_steps WHERE merchant = $1 AND payment = $2 ORDER BY seq`, merchant, id)
	return ss, wrap(err, "steps of payment %s", id)
}

// StepPayment makes event ev happen to a payment as it was read: the status
// that pay.Payments leads to, and every other change made to p, provided its
// status and version are still those of p; else ErrConflict. An event that the
// table does not allow wraps pay.ErrNoStep; a second paid payment of an order is
// ErrPaidTwice, and the transaction may go on. The time of the new status, when
// p leaves it out, is now. The answer is the row as it is then: Version is one
// more, UpdatedAt now, Cancelled the sum of the movements (p's is not written).
func (t *Tx) StepPayment(ctx context.Context, p pay.Payment, ev pay.Event, why string) (pay.Payment, error) {
	next, err := pay.Payments.Next(p.Status, ev)
	if err != nil {
		return p, wrap(err, "payment %s", p.ID)
	}
	stepped := timed(p, next, t.Now)
	mutable, err := mutableArgs(stepped)
	if err != nil {
		return p, wrap(err, "payment %s", p.ID)
	}
	args := append([]any{p.Merchant, p.ID, p.Status, p.Version, t.Now, statusAt(stepped)}, mutable...)
	now, err := one(ctx, t, scanPayment, stepPayment, append(args, next)...)
	switch {
	case errors.Is(err, ErrExists):
		// Another payment of the order is being paid at the same time, which only
		// PostgreSQL lets happen. The error has undone our transaction; the next run
		// of fn finds that payment.
		t.again = err
		return p, wrap(ErrPaidTwice, "payment %s of order %q", p.ID, p.MerchantUID)
	case isNotFound(err):
		return p, t.notStepped(ctx, p, ev, next)
	case err != nil:
		return p, wrap(err, "payment %s: %s", p.ID, ev)
	}
	t.changed = true
	t.holds(now.Merchant, now.ID, &now)
	t.stepped(ctx, now, p.Status, ev, why)
	_, err = t.exec(ctx, `INSERT INTO payment_steps (merchant, payment, `+stepColumns+`) VALUES ($1, $2,
		(SELECT COALESCE(MAX(s.seq), 0) + 1 FROM payment_steps AS s WHERE s.merchant = $1 AND s.payment = $2),
		$3, $4, $5, $6, $7)`, p.Merchant, p.ID, p.Status, ev, next, why, t.Now)
	return now, wrap(err, "step of payment %s", p.ID)
}

// InsertStepped adds a payment of which an event makes more than it is: InsertPayment
// and StepPayment in one. p is as it was before the event.
func (t *Tx) InsertStepped(ctx context.Context, p pay.Payment, ev pay.Event, why string) (pay.Payment, error) {
	next, err := pay.Payments.Next(p.Status, ev)
	if err != nil {
		return p, wrap(err, "payment %s", p.ID)
	}
	from, before := p.Status, p
	p = timed(p, next, t.Now)
	p.Version++
	p.UpdatedAt = t.Now
	if err := t.addPayment(ctx, p); err != nil {
		return before, err
	}
	t.stepped(ctx, before, "", "", "")
	t.stepped(ctx, p, from, ev, why)
	_, err = t.exec(ctx, `INSERT INTO payment_steps (merchant, payment, `+stepColumns+`) VALUES ($1, $2, 1, $3, $4, $5, $6, $7)`,
		p.Merchant, p.ID, from, ev, next, why, t.Now)
	return p, wrap(err, "step of payment %s", p.ID)
}

// The unique index says the same as NOT EXISTS; asking first leaves the
// transaction fit for use on PostgreSQL, where an error is the end of it.
const stepPayment = `UPDATE payments SET status = $35, ` + setPayment + ` AND NOT (CAST($35 AS TEXT) IN ` + paidStatuses + ` AND EXISTS (
	SELECT 1 FROM payments AS o WHERE o.merchant = $1 AND o.merchant_uid = payments.merchant_uid
		AND o.status IN ` + paidStatuses + ` AND o.id <> $2)) RETURNING ` + paymentColumns

// setPayment writes what p says if the row is the one that was read.
const setPayment = `version = version + 1, updated_at = $5, status_at = COALESCE(NULLIF($6, CAST(0 AS BIGINT)), status_at),
	(` + paymentMutable + `) = ($7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
		$25, $26, $27, $28, $29, $30, $31, $32, $33, $34)
	WHERE merchant = $1 AND id = $2 AND status = $3 AND version = $4`

// notStepped is why stepPayment changed no row.
func (t *Tx) notStepped(ctx context.Context, p pay.Payment, ev pay.Event, next pay.Status) error {
	if next == pay.StatusPaid || next == pay.StatusPartiallyCancelled || next == pay.StatusCancelled {
		others, err := t.number(ctx, `SELECT COUNT(*) FROM payments
			WHERE merchant = $1 AND merchant_uid = $2 AND status IN `+paidStatuses+` AND id <> $3`, p.Merchant, p.MerchantUID, p.ID)
		if err != nil {
			return wrap(err, "payments of order %q", p.MerchantUID)
		}
		if others > 0 {
			return wrap(ErrPaidTwice, "payment %s of order %q", p.ID, p.MerchantUID)
		}
	}
	return wrap(ErrConflict, "payment %s: %s in state %s, version %d", p.ID, ev, p.Status, p.Version)
}

// timed is p in its next status, at the time it gives or now.
func timed(p pay.Payment, next pay.Status, now time.Time) pay.Payment {
	p.Status = next
	at := &p.StartedAt
	switch next {
	case pay.StatusPaid:
		at = &p.PaidAt
	case pay.StatusPartiallyCancelled, pay.StatusCancelled:
		at = &p.CancelledAt
	case pay.StatusFailed:
		at = &p.FailedAt
	}
	if at.IsZero() {
		*at = now
	}
	return p
}

// UpdatePayment writes every change made to p but to its status, provided its
// version is still that of p; else ErrConflict. The answer is the row as it is
// then, as StepPayment's is. Merchant, id, order number, source and start never
// change.
func (t *Tx) UpdatePayment(ctx context.Context, p pay.Payment) (pay.Payment, error) {
	mutable, err := mutableArgs(p)
	if err != nil {
		return p, wrap(err, "payment %s", p.ID)
	}
	args := append([]any{p.Merchant, p.ID, p.Status, p.Version, t.Now, statusAt(p)}, mutable...)
	now, err := one(ctx, t, scanPayment, updatePayment, args...)
	switch {
	case isNotFound(err):
		return p, wrap(ErrConflict, "payment %s, version %d", p.ID, p.Version)
	case err != nil:
		return p, wrap(err, "payment %s", p.ID)
	}
	t.changed = true
	t.holds(now.Merchant, now.ID, &now)
	return now, nil
}

// The status is compared as well: status_at follows from it.
const updatePayment = `UPDATE payments SET ` + setPayment + ` RETURNING ` + paymentColumns
