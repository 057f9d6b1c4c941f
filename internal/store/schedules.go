package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/pay"
)

// The columns of a schedule: what is written once, what each change writes, and
// what only the store keeps.
const (
	scheduleFixed   = `merchant, merchant_uid, created`
	scheduleMutable = `customer_uid, customer_id, at, name, amount, currency, tax_free, vat, buyer, custom, notice_urls, options, payment, outcome, judged`
	scheduleKept    = `status, version, executed_at, revoked_at, updated`
	scheduleColumns = scheduleFixed + `, ` + scheduleMutable + `, ` + scheduleKept
	scheduleWidth   = 30
)

func scanSchedule(r row) (s pay.Schedule, err error) {
	var judged pay.PaymentID
	err = r.Scan(&s.Merchant, &s.MerchantUID, timeInto{&s.Created},
		&s.CustomerUID, &s.CustomerID, timeInto{&s.At}, &s.Name,
		&s.Amount.Total.Minor, &s.Amount.Total.Currency, &s.Amount.TaxFree, &s.Amount.VAT,
		jsonInto{&s.Buyer}, &s.Custom, jsonInto{&s.NoticeURLs}, jsonInto{&s.Options}, &s.Payment, &s.Outcome, &judged,
		&s.Status, &s.Version, timeInto{&s.ExecutedAt}, timeInto{&s.RevokedAt}, timeInto{&s.Updated})
	if judged != s.Payment { // of an earlier charge
		s.Outcome = ""
	}
	return s, err
}

// scheduleArgs is the values of scheduleMutable and scheduleFind.
func scheduleArgs(s pay.Schedule) ([]any, error) {
	buyer, err := jsonText(s.Buyer)
	if err != nil {
		return nil, fmt.Errorf("buyer: %w", err)
	}
	urls, err := jsonText(s.NoticeURLs)
	if err != nil {
		return nil, fmt.Errorf("notice URLs: %w", err)
	}
	options, err := jsonText(s.Options)
	if err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	judged := s.Payment
	if s.Outcome == "" {
		judged = ""
	}
	args := []any{s.CustomerUID, s.CustomerID, s.At, s.Name, s.Amount.Total.Minor, s.Amount.Total.Currency,
		s.Amount.TaxFree, s.Amount.VAT, buyer, s.Custom, urls, options, s.Payment, s.Outcome, judged}
	return append(args, scheduleFinds(s)...), nil
}

// ScheduleExistsError is ErrExists and says which order number is booked already.
type ScheduleExistsError struct {
	MerchantUID pay.MerchantUID
	Repeated    bool // it was given twice, rather than booked before
}

func (e *ScheduleExistsError) Error() string {
	if e.Repeated {
		return fmt.Sprintf("schedule of order %q is there twice", e.MerchantUID)
	}
	return fmt.Sprintf("schedule of order %q exists already", e.MerchantUID)
}

// Is makes it ErrExists.
func (e *ScheduleExistsError) Is(target error) bool { return target == ErrExists }

// InsertSchedules adds schedules, all or none; an empty Status is scheduled, a
// zero Created now. A *ScheduleExistsError, which is ErrExists, names the first
// order number that is given twice or is booked already, whatever became of that
// schedule; the transaction may go on.
func (t *Tx) InsertSchedules(ctx context.Context, all []pay.Schedule) error {
	if err := distinctSchedules(all); err != nil {
		return wrap(err, "insert %d schedules", len(all))
	}
	err := t.undoable(ctx, func() error {
		for some := all; len(some) > 0; {
			n := batch(len(some), scheduleWidth)
			if err := t.insertSchedules(ctx, some[:n]); err != nil {
				return err
			}
			some = some[n:]
		}
		return nil
	})
	if errors.Is(err, ErrExists) {
		err = t.booked(ctx, all, err)
	}
	return wrap(err, "insert %d schedules", len(all))
}

// scheduleName is what there is one schedule of.
type scheduleName struct {
	merchant pay.MerchantID
	uid      string
}

func distinctSchedules(all []pay.Schedule) error {
	seen := make(map[scheduleName]bool, len(all))
	for _, s := range all {
		n := scheduleName{s.Merchant, clean(string(s.MerchantUID))}
		if seen[n] {
			return &ScheduleExistsError{s.MerchantUID, true}
		}
		seen[n] = true
	}
	return nil
}

// insertSchedules is one statement; ErrExists if it did not add them all.
func (t *Tx) insertSchedules(ctx context.Context, some []pay.Schedule) error {
	args := make([]any, 0, len(some)*scheduleWidth)
	for _, s := range some {
		if s.Status == "" {
			s.Status = pay.ScheduleBooked
		}
		mutable, err := scheduleArgs(s)
		if err != nil {
			return fmt.Errorf("order %q: %w", s.MerchantUID, err)
		}
		args = append(append(args, s.Merchant, s.MerchantUID, t.or(s.Created)), mutable...)
		args = append(args, s.Status, s.Version, s.ExecutedAt, s.RevokedAt, t.Now)
	}
	n, err := t.exec(ctx, `INSERT INTO schedules (`+scheduleFixed+`, `+scheduleMutable+`, `+scheduleFind+`, `+scheduleKept+`) VALUES `+
		rowsOf(1, len(some), scheduleWidth)+` ON CONFLICT DO NOTHING`, args...)
	if err == nil && n < int64(len(some)) {
		err = ErrExists
	}
	return err
}

// booked says which of the schedules could not be added: why, if none is found.
func (t *Tx) booked(ctx context.Context, all []pay.Schedule, why error) error {
	for _, s := range all {
		n, err := t.number(ctx, `SELECT COUNT(*) FROM schedules WHERE merchant = $1 AND merchant_uid = $2`, s.Merchant, s.MerchantUID)
		if err != nil {
			return err
		}
		if n > 0 {
			return &ScheduleExistsError{s.MerchantUID, false}
		}
	}
	return why
}

// Schedule is the schedule of an order number, or ErrNotFound. A Write holds it.
func (t *Tx) Schedule(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID) (pay.Schedule, error) {
	s, err := one(ctx, t, scanSchedule,
		`SELECT `+scheduleColumns+` FROM schedules WHERE merchant = $1 AND merchant_uid = $2`+t.lock(), merchant, uid)
	return s, wrap(err, "schedule of order %q", uid)
}

// Schedules is the schedules of these order numbers, in the order asked for; what
// is not booked is left out, what is asked for twice comes once. A Write holds
// them.
func (t *Tx) Schedules(ctx context.Context, merchant pay.MerchantID, uids []pay.MerchantUID) ([]pay.Schedule, error) {
	found, err := inChunks(uids, func(some []pay.MerchantUID) ([]pay.Schedule, error) {
		n := room(len(some))
		return list(ctx, t, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules
			WHERE merchant = $1 AND merchant_uid IN (`+placeholders(2, n)+`) ORDER BY merchant_uid`+t.lock(),
			append([]any{merchant}, padded(some, n)...)...)
	})
	if err != nil {
		return nil, wrap(err, "schedules of merchant %s", merchant)
	}
	return inOrder(uids, found, func(s pay.Schedule) pay.MerchantUID { return s.MerchantUID }), nil
}

// BookedSchedules is every schedule of a customer_uid that is still to be
// executed, the one due first first. A Write holds them.
func (t *Tx) BookedSchedules(ctx context.Context, merchant pay.MerchantID, uid pay.CustomerUID) ([]pay.Schedule, error) {
	ss, err := list(ctx, t, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules
		WHERE merchant = $1 AND customer_uid = $2 AND status = 'scheduled' ORDER BY at, merchant_uid`+t.lock(), merchant, uid)
	return ss, wrap(err, "booked schedules of customer %q", uid)
}

// StepSchedule makes event ev happen to a schedule as it was read, and writes
// every other change made to s, provided its status and version are still those
// of s; else ErrConflict. One that is executed or revoked is so at s.ExecutedAt or
// s.RevokedAt, or now; one that is booked or run again is neither any more, and
// has no outcome.
// Merchant, order number and creation never change. An event that pay.Schedules
// does not allow wraps pay.ErrNoStep.
func (t *Tx) StepSchedule(ctx context.Context, s pay.Schedule, ev pay.ScheduleEvent) (pay.Schedule, error) {
	next, err := pay.Schedules.Next(s.Status, ev)
	if err != nil {
		return s, wrap(err, "schedule of order %q", s.MerchantUID)
	}
	if next != pay.ScheduleExecuted {
		s.Outcome = ""
	}
	mutable, err := scheduleArgs(s)
	if err != nil {
		return s, wrap(err, "schedule of order %q", s.MerchantUID)
	}
	var executed, revoked time.Time
	switch next {
	case pay.ScheduleExecuted:
		executed = t.or(s.ExecutedAt)
	case pay.ScheduleRevoked:
		revoked = t.or(s.RevokedAt)
	}
	now, err := one(ctx, t, scanSchedule, stepSchedule, append([]any{s.Merchant, s.MerchantUID, s.Status, s.Version,
		next, executed, revoked, t.Now}, mutable...)...)
	switch {
	case isNotFound(err):
		return s, wrap(ErrConflict, "schedule of order %q: %s in state %s, version %d", s.MerchantUID, ev, s.Status, s.Version)
	case err != nil:
		return s, wrap(err, "schedule of order %q: %s", s.MerchantUID, ev)
	}
	return now, nil
}

var stepSchedule = `UPDATE schedules SET status = $5, version = version + 1, executed_at = $6, revoked_at = $7, updated = $8,
		(` + scheduleMutable + `, ` + scheduleFind + `) = (` + placeholders(9, 22) + `)
	WHERE merchant = $1 AND merchant_uid = $2 AND status = $3 AND version = $4 RETURNING ` + scheduleColumns
