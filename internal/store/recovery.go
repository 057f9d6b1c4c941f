package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// RecoveryRun is a day's run that charges schedules again which failed the day
// before. A day is a Korean one, 2006-01-02.
type RecoveryRun struct {
	Merchant pay.MerchantID
	Day      string
	Started  time.Time
	Ended    time.Time // zero while it goes on
}

// RecoveryOutcome is what came of a schedule in a run.
type RecoveryOutcome string

// A try is running until its charge is known; a skipped one was not charged.
const (
	RecoveryRunning   RecoveryOutcome = "running"
	RecoverySucceeded RecoveryOutcome = "succeeded"
	RecoveryFailed    RecoveryOutcome = "failed"
	RecoverySkipped   RecoveryOutcome = "skipped"
)

// RecoveryTry is what a run did with a schedule.
type RecoveryTry struct {
	Merchant    pay.MerchantID
	Day         string
	MerchantUID pay.MerchantUID
	Outcome     RecoveryOutcome
	Reason      string        // why it was skipped
	Payment     pay.PaymentID // its charge; "" of none
	Amount      int64
	At          time.Time
}

const (
	recoveryRunColumns = `merchant, day, started, ended`
	recoveryTryColumns = `merchant, day, merchant_uid, outcome, reason, payment, amount, at`
)

func scanRecoveryRun(r row) (v RecoveryRun, err error) {
	return v, r.Scan(&v.Merchant, &v.Day, timeInto{&v.Started}, timeInto{&v.Ended})
}

func scanRecoveryTry(r row) (v RecoveryTry, err error) {
	return v, r.Scan(&v.Merchant, &v.Day, &v.MerchantUID, &v.Outcome, &v.Reason, &v.Payment, &v.Amount, timeInto{&v.At})
}

// BeginRecovery writes down that a day's run began; it may have before.
func (t *Tx) BeginRecovery(ctx context.Context, merchant pay.MerchantID, day string) error {
	_, err := t.exec(ctx, `INSERT INTO recovery_runs (`+recoveryRunColumns+`) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING`, merchant, day, t.Now)
	return wrap(err, "begin recovery of %s", day)
}

// EndRecovery writes down that a day's run is over.
func (t *Tx) EndRecovery(ctx context.Context, merchant pay.MerchantID, day string) error {
	_, err := t.exec(ctx, `UPDATE recovery_runs SET ended = $3 WHERE merchant = $1 AND day = $2 AND ended = 0`, merchant, day, t.Now)
	return wrap(err, "end recovery of %s", day)
}

// RecoveryGoesOn tells whether a day's run began and is not over.
func (t *Tx) RecoveryGoesOn(ctx context.Context, merchant pay.MerchantID, day string) (bool, error) {
	n, err := t.number(ctx, `SELECT COUNT(*) FROM recovery_runs WHERE merchant = $1 AND day = $2 AND ended = 0`, merchant, day)
	return n > 0, wrap(err, "recovery of %s", day)
}

// AddRecoveryTry takes a schedule for a day's run, at now: ErrExists when that run
// took it before.
func (t *Tx) AddRecoveryTry(ctx context.Context, v RecoveryTry) error {
	err := t.change(ctx, ErrExists, `INSERT INTO recovery_tries (`+recoveryTryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		v.Merchant, v.Day, v.MerchantUID, v.Outcome, v.Reason, v.Payment, v.Amount, t.Now)
	return wrap(err, "recovery of %q on %s", v.MerchantUID, v.Day)
}

// EndRecoveryTry writes down what came of a charge, if a run made it.
func (t *Tx) EndRecoveryTry(ctx context.Context, merchant pay.MerchantID, charge pay.PaymentID, is RecoveryOutcome) error {
	_, err := t.exec(ctx, `UPDATE recovery_tries SET outcome = $3 WHERE merchant = $1 AND payment = $2 AND payment <> '' AND outcome <> $3`,
		merchant, charge, is)
	return wrap(err, "recovery by charge %s", charge)
}

// FailedSchedules is up to limit schedules whose newest charge failed with from ≤
// ExecutedAt < to, after one of them, in the order of their failure.
func (t *Tx) FailedSchedules(ctx context.Context, merchant pay.MerchantID, from, to time.Time, after Place, limit int) ([]pay.Schedule, error) {
	ss, err := list(ctx, t, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules
		WHERE merchant = $1 AND status = 'executed' AND outcome = 'failed' AND executed_at >= $2 AND executed_at < $3 AND (executed_at, merchant_uid) > ($4, $5)
		ORDER BY executed_at, merchant_uid LIMIT $6`, merchant, from, to, after.At, after.ID, limit)
	return ss, wrap(err, "failed schedules of merchant %s", merchant)
}

// UnpaidSchedules is the schedules of a customer_uid whose charge is under way, or is
// over with ExecutedAt ≥ since and did not succeed as far as is written down.
func (t *Tx) UnpaidSchedules(ctx context.Context, merchant pay.MerchantID, customer pay.CustomerUID, since time.Time) ([]pay.Schedule, error) {
	ss, err := list(ctx, t, scanSchedule, unpaidSchedules, merchant, customer, since)
	return ss, wrap(err, "unpaid schedules of customer %q", customer)
}

const unpaidSchedules = `SELECT ` + scheduleColumns + ` FROM schedules
	WHERE merchant = $1 AND customer_uid = $2 AND (status = 'running' OR (status = 'executed' AND outcome <> 'succeeded' AND executed_at >= $3))
	ORDER BY at, merchant_uid`

// RecoveryTries is up to limit tries of a day's run after an order number, in the
// order of those; outcome "" is any.
func (t *Tx) RecoveryTries(ctx context.Context, merchant pay.MerchantID, day string, is RecoveryOutcome, after pay.MerchantUID, limit int) ([]RecoveryTry, error) {
	w := when(`merchant = `, merchant)
	w.and(`day = `, day)
	if is != "" {
		w.and(`outcome = `, is)
	}
	w.and(`merchant_uid > `, after)
	vs, err := list(ctx, t, scanRecoveryTry, `SELECT `+recoveryTryColumns+` FROM recovery_tries WHERE `+w.text()+` ORDER BY merchant_uid`+w.page(limit, 0), w.args...)
	return vs, wrap(err, "recovery of %s", day)
}

// RecoveriesOf is the newest tries of a schedule.
func (t *Tx) RecoveriesOf(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID, limit int) ([]RecoveryTry, error) {
	vs, err := list(ctx, t, scanRecoveryTry, `SELECT `+recoveryTryColumns+` FROM recovery_tries
		WHERE merchant = $1 AND merchant_uid = $2 ORDER BY day DESC LIMIT $3`, merchant, uid, limit)
	return vs, wrap(err, "recoveries of %q", uid)
}

// RecoverySum is how many schedules of a run had an outcome, and of how much.
type RecoverySum struct {
	N      int
	Amount int64
}

// RecoveryRuns is the newest runs of a merchant that are older than a day, "" any,
// and their sums.
func (t *Tx) RecoveryRuns(ctx context.Context, merchant pay.MerchantID, before string, limit int) ([]RecoveryRun, []map[RecoveryOutcome]RecoverySum, error) {
	w := when(`merchant = `, merchant)
	if before != "" {
		w.and(`day < `, before)
	}
	runs, err := list(ctx, t, scanRecoveryRun, `SELECT `+recoveryRunColumns+` FROM recovery_runs WHERE `+w.text()+` ORDER BY day DESC`+w.page(limit, 0), w.args...)
	if err != nil {
		return nil, nil, wrap(err, "recovery runs of merchant %s", merchant)
	}
	sums := make([]map[RecoveryOutcome]RecoverySum, len(runs))
	for i, r := range runs {
		if sums[i], err = t.recoverySums(ctx, merchant, r.Day); err != nil {
			return nil, nil, wrap(err, "recovery run of %s", r.Day)
		}
	}
	return runs, sums, nil
}

func (t *Tx) recoverySums(ctx context.Context, merchant pay.MerchantID, day string) (map[RecoveryOutcome]RecoverySum, error) {
	type sum struct {
		is RecoveryOutcome
		RecoverySum
	}
	found, err := list(ctx, t, func(r row) (s sum, err error) { return s, r.Scan(&s.is, &s.N, &s.Amount) },
		`SELECT outcome, COUNT(*), CAST(SUM(amount) AS BIGINT) FROM recovery_tries WHERE merchant = $1 AND day = $2 GROUP BY outcome`, merchant, day)
	out := map[RecoveryOutcome]RecoverySum{}
	for _, s := range found {
		out[s.is] = s.RecoverySum
	}
	return out, err
}

// RecoveryTryOf is what a day's run did with a schedule, or ErrNotFound.
func (t *Tx) RecoveryTryOf(ctx context.Context, merchant pay.MerchantID, day string, uid pay.MerchantUID) (RecoveryTry, error) {
	v, err := one(ctx, t, scanRecoveryTry, `SELECT `+recoveryTryColumns+` FROM recovery_tries
		WHERE merchant = $1 AND day = $2 AND merchant_uid = $3`, merchant, day, uid)
	return v, wrap(err, "recovery of %q on %s", uid, day)
}
