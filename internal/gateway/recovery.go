package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// JobRecover charges again what failed the day before. Key: the Korean day of the
// run, 2006-01-02.
const JobRecover = "recover_schedules"

// recoverAtOnce is how many schedules one run of the job looks at before it gives
// others their turn; they are charged one after the other.
const recoverAtOnce = 50

// recoverPause is the wait between two runs of one day.
const recoverPause = 2 * time.Second

// recoverLate is how many days late a run may be that could not be on its day.
const recoverLate = 2

// Why a recovery run leaves a schedule alone.
const (
	RecoverySkipsKey     = "no_key"    // its customer_uid has no billing key
	RecoverySkipsChannel = "channel"   // the key's channel cannot be used
	RecoverySkipsPaid    = "paid"      // its order was paid otherwise, or is being paid
	RecoverySkipsLasting = "lasting"   // the provider will refuse that card again
	RecoverySkipsAgain   = "recovered" // the charge that failed was a recovery run's
	RecoverySkipsState   = "state"     // it was booked again, revoked or charged meanwhile
	RecoverySkipsRevoked = "revoked"   // the merchant revoked it after its charge had begun
)

// recoverArg is how far a day's run has come: what it looked at last.
type recoverArg struct {
	At  time.Time       `json:"at"`
	UID pay.MerchantUID `json:"merchant_uid,omitempty"`
}

func checkRecoveryHour(hour int) error {
	if hour < 0 || hour > 23 {
		return &Invalid{"recovery_hour", fmt.Sprintf("%d: want an hour of the Korean day from 1 to 23, or 0 for never", hour)}
	}
	return nil
}

func recoveryTurn(hour int) time.Duration { return time.Duration(hour) * time.Hour }

// planRecovery has a merchant's recovery run when its setting says, or no more. A run
// that is planned for another hour is planned anew, unless it has begun.
func planRecovery(ctx context.Context, tx *store.Tx, m pay.Merchant) error {
	planned, err := tx.JobsOfKinds(ctx, m.ID, JobRecover)
	if err != nil {
		return err
	}
	hour := m.Settings.RecoveryHour
	for _, j := range planned {
		begun, err := tx.RecoveryGoesOn(ctx, m.ID, j.Key)
		if err != nil {
			return err
		}
		goesOn := begun || !j.RunAt.After(tx.Now)
		if hour > 0 && (goesOn || j.RunAt.Equal(atNight(j.Key, recoveryTurn(hour)))) {
			return nil
		}
		if err := tx.DeleteJob(ctx, m.ID, JobRecover, j.Key); err != nil {
			return err
		}
	}
	if hour == 0 {
		return nil
	}
	day := nextTurn(tx.Now, recoveryTurn(hour))
	return tx.Enqueue(ctx, m.ID, JobRecover, day, recoverArg{}, atNight(day, recoveryTurn(hour)))
}

// SetRecoveryHour sets when schedules that failed the day before are charged again:
// an hour of the Korean day, 1 to 23, or 0 for never. Other hours are an *Invalid.
func (g *Gateway) SetRecoveryHour(ctx context.Context, id pay.MerchantID, hour int) error {
	_, err := g.ChangeMerchant(ctx, id, func(m *pay.Merchant) error {
		m.Settings.RecoveryHour = hour
		return nil
	})
	return err
}

// workRecover charges some of the schedules that failed the day before a run's day,
// and plans the rest, or the next day's run.
func (g *Gateway) workRecover(ctx context.Context, j store.Job) error {
	var arg recoverArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	m, err := g.beginRecovery(ctx, j)
	if err != nil || m.Settings.RecoveryHour == 0 {
		return err
	}
	day := atNight(j.Key, 0)
	var found []pay.Schedule
	if j.Key >= oldestRecovery(g.now()) { // else what it was for is left to people
		err = g.store.Read(ctx, func(tx *store.Tx) (err error) {
			found, err = tx.FailedSchedules(ctx, m.ID, day.AddDate(0, 0, -1), day, store.Place{At: arg.At, ID: string(arg.UID)}, recoverAtOnce)
			return err
		})
	}
	if err != nil {
		return err
	}
	for _, s := range found {
		if err := g.recoverSchedule(ctx, j.Key, s); err != nil {
			if errors.Is(err, store.ErrConflict) {
				return jobs.RetryAt(g.now().Add(time.Second), err)
			}
			return err
		}
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		if len(found) == recoverAtOnce {
			last := found[len(found)-1]
			return tx.Enqueue(ctx, m.ID, JobRecover, j.Key, recoverArg{last.ExecutedAt, last.MerchantUID}, tx.Now.Add(recoverPause))
		}
		if err := tx.EndRecovery(ctx, m.ID, j.Key); err != nil {
			return err
		}
		return g.planNextRecovery(ctx, tx, m.ID, j.Key)
	})
}

// beginRecovery is the merchant as it is set now, and the run written down unless it
// is off.
func (g *Gateway) beginRecovery(ctx context.Context, j store.Job) (m pay.Merchant, err error) {
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		if m, err = tx.Merchant(ctx, j.Merchant); err != nil || m.Settings.RecoveryHour == 0 {
			return err
		}
		return tx.BeginRecovery(ctx, m.ID, j.Key)
	})
	return m, err
}

// planNextRecovery plans the run after a day's, at the hour that is set by now. Runs
// that were missed are caught up with, but for those too long ago.
func (g *Gateway) planNextRecovery(ctx context.Context, tx *store.Tx, id pay.MerchantID, day string) error {
	m, err := tx.Merchant(ctx, id)
	if err != nil || m.Settings.RecoveryHour == 0 {
		return err
	}
	next := max(dayOf(atNight(day, 0).AddDate(0, 0, 1)), oldestRecovery(tx.Now))
	g.log.InfoContext(ctx, "failed schedules charged again", "merchant", id, "day", day, "next", next)
	return tx.Enqueue(ctx, id, JobRecover, next, recoverArg{}, atNight(next, recoveryTurn(m.Settings.RecoveryHour)))
}

// oldestRecovery is the day of the oldest run that is still caught up with.
func oldestRecovery(now time.Time) string { return dayOf(koreanDay(now).AddDate(0, 0, -recoverLate)) }

// recoverSchedule charges a schedule of a day's run, unless that run has had it, or
// there is no sense in it. A charge whose outcome is not known counts as its turn:
// the resolver finds it out.
func (g *Gateway) recoverSchedule(ctx context.Context, day string, s pay.Schedule) error {
	why, err := g.leftAlone(ctx, day, s)
	if err != nil || why == alreadyHad {
		return err
	}
	if why != "" {
		return g.skipRecovery(ctx, day, s, why)
	}
	_, err = g.execute(ctx, scheduleArg{s.Merchant, s.MerchantUID}, turn{ev: pay.EvScheduleRetried, recover: day, failed: s.Payment})
	_, declined := errors.AsType[*DeclinedError](err)
	_, waiting := errors.AsType[*notBegun](err)
	switch {
	case err == nil, declined, errors.Is(err, ErrOutcomeUnknown), errors.Is(err, ErrProviderDown), errors.Is(err, ErrOrderUsed),
		errors.Is(err, store.ErrExists): // another node's run had it
		return nil
	case errors.Is(err, ErrScheduleStatus), errors.Is(err, ErrNoSchedule):
		return g.skipRecovery(ctx, day, s, RecoverySkipsState)
	case waiting:
		return g.skipRecovery(ctx, day, s, RecoverySkipsChannel)
	}
	return err
}

// alreadyHad: the day's run had this schedule.
const alreadyHad = "had"

// leftAlone says why a run does not charge a schedule, "" if it does.
func (g *Gateway) leftAlone(ctx context.Context, day string, s pay.Schedule) (why string, err error) {
	var k pay.BillingKey
	var ch pay.Channel
	var failed []pay.Payment
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		if _, err := tx.RecoveryTryOf(ctx, s.Merchant, day, s.MerchantUID); !errors.Is(err, store.ErrNotFound) {
			why = alreadyHad
			return err
		}
		if failed, err = tx.PaymentsByIDs(ctx, s.Merchant, []pay.PaymentID{s.Payment}); err != nil {
			return err
		}
		if why, err = recoveredBefore(ctx, tx, s, failed); err != nil || why != "" {
			return err
		}
		used, err := tx.UsedOrders(ctx, s.Merchant, []pay.MerchantUID{s.MerchantUID})
		if err != nil {
			return err
		}
		if len(used) > 0 {
			why = RecoverySkipsPaid
			return nil
		}
		if k, err = tx.BillingKey(ctx, s.Merchant, s.CustomerUID); err != nil {
			if errors.Is(err, store.ErrNotFound) {
				why, err = RecoverySkipsKey, nil
			}
			return err
		}
		if ch, err = tx.Channel(ctx, k.Merchant, k.Channel); err != nil {
			if errors.Is(err, store.ErrNotFound) {
				why, err = RecoverySkipsChannel, nil
			}
		}
		return err
	})
	if err != nil || why != "" {
		return why, err
	}
	if _, _, err := g.openKeyOn(k, ch); err != nil {
		return RecoverySkipsChannel, nil //nolint:nilerr // the reason is told
	}
	if len(failed) > 0 && g.refusedForGood(k, failed[0]) {
		return RecoverySkipsLasting, nil
	}
	return "", nil
}

// recoveredBefore says why what was written down of a schedule before is the last
// that a run has to do with its failed charge.
func recoveredBefore(ctx context.Context, tx *store.Tx, s pay.Schedule, failed []pay.Payment) (why string, err error) {
	before, err := tx.RecoveriesOf(ctx, s.Merchant, s.MerchantUID, 1)
	if err != nil || len(before) == 0 {
		return "", err
	}
	last := before[0]
	if last.Payment != "" && last.Payment == s.Payment {
		return RecoverySkipsAgain, nil
	}
	if last.Reason == RecoverySkipsRevoked && len(failed) > 0 && !last.At.Before(failed[0].StartedAt) {
		return RecoverySkipsRevoked, nil
	}
	return "", nil
}

// recoverableSince is from when on a charge must have failed for a run to come that
// may charge it again.
func recoverableSince(now time.Time) time.Time {
	return koreanDay(now).AddDate(0, 0, -recoverLate-1)
}

// neverRecover has no run charge a schedule that failed, or whose charge is under way,
// because the merchant does not want it any more.
func neverRecover(ctx context.Context, tx *store.Tx, s pay.Schedule) error {
	failed := tx.Now
	switch {
	case s.Status == pay.ScheduleRunning:
	case s.Status == pay.ScheduleExecuted && s.Outcome != pay.OutcomeSucceeded && !s.ExecutedAt.Before(recoverableSince(tx.Now)):
		failed = s.ExecutedAt
	default:
		return nil
	}
	err := tx.AddRecoveryTry(ctx, store.RecoveryTry{
		Merchant: s.Merchant, Day: dayOf(koreanDay(failed).AddDate(0, 0, 1)), MerchantUID: s.MerchantUID, Outcome: store.RecoverySkipped,
		Reason: RecoverySkipsRevoked, Amount: s.Amount.Total.Minor,
	})
	if errors.Is(err, store.ErrExists) { // a run had it
		return nil
	}
	if err != nil {
		return err
	}
	return tx.AuditByHand(ctx, store.Change{Merchant: s.Merchant, Action: "schedule.leave", Target: string(s.MerchantUID), After: auditedSchedule(s)})
}

// refusedForGood: a key that was in use when its charge was refused will be refused
// again. Of one that came since, nothing is known.
func (g *Gateway) refusedForGood(k pay.BillingKey, failed pay.Payment) bool {
	lasting := g.drivers[failed.Provider].Lasting
	return lasting != nil && !k.Wished().After(failed.StartedAt) && lasting(failed.FailCode)
}

// skipRecovery writes down that a run left a schedule alone.
func (g *Gateway) skipRecovery(ctx context.Context, day string, s pay.Schedule, why string) error {
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddRecoveryTry(ctx, store.RecoveryTry{
			Merchant: s.Merchant, Day: day, MerchantUID: s.MerchantUID, Outcome: store.RecoverySkipped, Reason: why, Amount: s.Amount.Total.Minor,
		})
	})
	return translate(err, store.ErrExists, nil)
}
