package store

import (
	"context"
	"encoding/json"
	"time"

	"naru/internal/pay"
)

const attemptColumns = `merchant, id, payment, kind, status, amount, detail, class, code, message, tries, deadline, started, ended`

func scanAttempt(r row) (a pay.Attempt, err error) {
	err = r.Scan(&a.Merchant, &a.ID, &a.Payment, &a.Kind, &a.Status, &a.Amount, textInto[json.RawMessage]{&a.Detail},
		&a.Class, &a.Code, &a.Message, &a.Tries, timeInto{&a.Deadline}, timeInto{&a.Started}, timeInto{&a.Ended})
	return a, err
}

// InsertAttempt adds an attempt; an empty Status is started, a zero Started now.
// ErrExists when the id is taken by any merchant, ErrNotFound without its
// payment. A Write holds the payment.
func (t *Tx) InsertAttempt(ctx context.Context, a pay.Attempt) error {
	if err := t.hold(ctx, a.Merchant, a.Payment); err != nil {
		return err
	}
	if a.Status == "" {
		a.Status = pay.AttemptStarted
	}
	err := t.change(ctx, ErrExists, `INSERT INTO attempts (`+attemptColumns+`, needs_person)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, FALSE) ON CONFLICT DO NOTHING`,
		a.Merchant, a.ID, a.Payment, a.Kind, a.Status, a.Amount, string(a.Detail),
		a.Class, a.Code, a.Message, a.Tries, a.Deadline, t.or(a.Started), a.Ended)
	if err == nil {
		t.attempted(ctx, a, "")
	}
	return wrap(err, "attempt %s of payment %s", a.ID, a.Payment)
}

// Attempt is a merchant's attempt, or ErrNotFound. StepAttempt compares, so it
// is not held.
func (t *Tx) Attempt(ctx context.Context, merchant pay.MerchantID, id pay.AttemptID) (pay.Attempt, error) {
	a, err := one(ctx, t, scanAttempt,
		`SELECT `+attemptColumns+` FROM attempts WHERE merchant = $1 AND id = $2`, merchant, id)
	return a, wrap(err, "attempt %s of merchant %s", id, merchant)
}

// AttemptByID is the attempt of an id, whosever it is, or ErrNotFound.
func (t *Tx) AttemptByID(ctx context.Context, id pay.AttemptID) (pay.Attempt, error) {
	a, err := one(ctx, t, scanAttempt, `SELECT `+attemptColumns+` FROM attempts WHERE id = $1`, id)
	return a, wrap(err, "attempt %s", id)
}

// OpenAttempts is a payment's attempts that may still turn out either way,
// oldest first. A Write holds the payment, so that no other opens one meanwhile.
func (t *Tx) OpenAttempts(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]pay.Attempt, error) {
	return t.attemptsOf(ctx, merchant, payment, ` AND status IN ('started', 'unknown')`)
}

// ListAttempts is every attempt of a payment, oldest first.
func (t *Tx) ListAttempts(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]pay.Attempt, error) {
	return t.attemptsOf(ctx, merchant, payment, ``)
}

func (t *Tx) attemptsOf(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID, and string) ([]pay.Attempt, error) {
	if err := t.hold(ctx, merchant, payment); err != nil {
		return nil, err
	}
	as, err := list(ctx, t, scanAttempt, `SELECT `+attemptColumns+` FROM attempts
		WHERE merchant = $1 AND payment = $2`+and+` ORDER BY started, id`, merchant, payment)
	return as, wrap(err, "attempts of payment %s", payment)
}

// StepAttempt makes event ev happen to an attempt as it was read, and writes its
// class, code, message, tries and detail, provided its status is still that of a; else
// ErrConflict. A final one has ended at a.Ended, or now, and needs no person any
// more. An event that pay.Attempts does not allow wraps pay.ErrNoStep.
func (t *Tx) StepAttempt(ctx context.Context, a pay.Attempt, ev pay.AttemptEvent) (pay.Attempt, error) {
	next, err := pay.Attempts.Next(a.Status, ev)
	if err != nil {
		return a, wrap(err, "attempt %s", a.ID)
	}
	if next.Open() {
		a.Ended = ofMicro(0)
	} else {
		a.Ended = t.or(a.Ended)
	}
	now, err := one(ctx, t, scanAttempt, `UPDATE attempts SET status = $4, class = $5, code = $6, message = $7, ended = $8,
			tries = $9, detail = $10, needs_person = needs_person AND $11
		WHERE merchant = $1 AND id = $2 AND status = $3 RETURNING `+attemptColumns,
		a.Merchant, a.ID, a.Status, next, a.Class, a.Code, a.Message, a.Ended, a.Tries, string(a.Detail), next.Open())
	if isNotFound(err) {
		err = ErrConflict
	}
	if err == nil {
		t.attempted(ctx, now, a.Status)
	}
	return now, wrap(err, "attempt %s: %s in state %s", a.ID, ev, a.Status)
}

// ExtendAttempt gives an attempt until deadline, because its call is made once
// more; ErrConflict when it is not open any more.
func (t *Tx) ExtendAttempt(ctx context.Context, a pay.Attempt, deadline time.Time) (pay.Attempt, error) {
	now, err := one(ctx, t, scanAttempt, `UPDATE attempts SET deadline = $3
		WHERE merchant = $1 AND id = $2 AND status IN ('started', 'unknown') RETURNING `+attemptColumns, a.Merchant, a.ID, deadline)
	if isNotFound(err) {
		err = ErrConflict
	}
	return now, wrap(err, "extend attempt %s", a.ID)
}

// UpdateAttempt writes the tries and the detail of an attempt, or ErrNotFound.
func (t *Tx) UpdateAttempt(ctx context.Context, a pay.Attempt) (pay.Attempt, error) {
	now, err := one(ctx, t, scanAttempt, `UPDATE attempts SET tries = $3, detail = $4
		WHERE merchant = $1 AND id = $2 RETURNING `+attemptColumns, a.Merchant, a.ID, a.Tries, string(a.Detail))
	return now, wrap(err, "attempt %s", a.ID)
}

// MarkStuck says that asking has not settled an attempt and a person must.
// ErrConflict when it is settled.
func (t *Tx) MarkStuck(ctx context.Context, a pay.Attempt) error {
	err := t.change(ctx, ErrConflict, `UPDATE attempts SET needs_person = TRUE
		WHERE merchant = $1 AND id = $2 AND status IN ('started', 'unknown')`, a.Merchant, a.ID)
	return wrap(err, "mark attempt %s stuck", a.ID)
}

// StuckAttempts is up to limit attempts of all merchants that need a person, the
// one that waits longest first.
func (t *Tx) StuckAttempts(ctx context.Context, limit int) ([]pay.Attempt, error) {
	as, err := list(ctx, t, scanAttempt,
		`SELECT `+attemptColumns+` FROM attempts WHERE needs_person ORDER BY started, id LIMIT $1`, limit)
	return as, wrap(err, "stuck attempts")
}
