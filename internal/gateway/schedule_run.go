package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// workSchedule charges a schedule that is due. The charge and the schedule's
// step are one intention: however often this runs, and on however many nodes,
// one charge is begun.
func (g *Gateway) workSchedule(ctx context.Context, j store.Job) error {
	var arg scheduleArg
	if err := json.Unmarshal(j.Arg, &arg); err != nil {
		return err
	}
	_, err := g.execute(ctx, arg, turn{ev: pay.EvScheduleDue})
	_, declined := errors.AsType[*DeclinedError](err)
	_, waiting := errors.AsType[*notBegun](err)
	early, isEarly := errors.AsType[*notDue](err)
	switch {
	case waiting:
		return errors.Join(g.alarmNotBegun(ctx, arg, j.Tries, err), jobs.RetryAt(g.now().Add(time.Minute), err))
	case isEarly: // moved meanwhile, or the clock went back
		return jobs.RetryAt(early.at, nil)
	case declined,
		errors.Is(err, ErrOutcomeUnknown), // the resolver goes on
		errors.Is(err, ErrProviderDown),   // recorded as failed
		errors.Is(err, ErrOrderUsed),      // recorded as failed
		errors.Is(err, ErrScheduleStatus), // revoked or begun meanwhile
		errors.Is(err, ErrNoSchedule):
		return nil
	case errors.Is(err, store.ErrConflict):
		return jobs.RetryAt(g.now().Add(time.Second), err)
	}
	return err
}

// notDue: the schedule is for a later time.
type notDue struct{ at time.Time }

func (e *notDue) Error() string { return "the schedule is not due before " + e.at.String() }

// notBegunTries is how often a charge that cannot even be intended is tried, a
// minute apart, before a person is called. It is tried on.
const notBegunTries = 10

func (g *Gateway) alarmNotBegun(ctx context.Context, arg scheduleArg, tries int, why error) error {
	if tries != notBegunTries {
		return nil
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddAlarm(ctx, store.Alarm{
			ID: "schedule_late:" + string(arg.MerchantUID), Merchant: arg.Merchant, Kind: "schedule_late", At: tx.Now,
			Text: fmt.Sprintf("the charge of schedule %q cannot be begun: %v", arg.MerchantUID, why),
		})
	})
}

// notBegun: the charge could not even be intended, for a reason of ours that may pass.
type notBegun struct{ error }

func (e *notBegun) Unwrap() error { return e.error }

// RetrySchedule charges at once a schedule that failed or was revoked. A
// declined charge is no error: the payment says so.
func (g *Gateway) RetrySchedule(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID, testCode string) (pay.Payment, error) {
	if p, told, err := g.chargedBefore(ctx); told {
		return retried(p, err)
	}
	s, err := g.BookedCharge(ctx, m, uid)
	if err != nil {
		return pay.Payment{}, err
	}
	if s.Key == nil {
		return pay.Payment{}, ErrNoBillingKey
	}
	return retried(g.execute(ctx, scheduleArg{m, uid}, turn{ev: pay.EvScheduleRetried, test: testCode}))
}

func retried(p pay.Payment, err error) (pay.Payment, error) {
	if _, declined := errors.AsType[*DeclinedError](err); declined || errors.Is(err, ErrProviderDown) && p.Status == pay.StatusFailed {
		return p, nil
	}
	return p, err
}

// turn is why a schedule is charged: an event that leads to running.
type turn struct {
	ev      pay.ScheduleEvent
	test    string        // the sandbox's code for a wanted answer
	recover string        // the day of the recovery run whose turn it is; "" is nobody's
	failed  pay.PaymentID // the charge that a recovery run makes up for
}

// execute begins the charge of a schedule, and asks for the money.
func (g *Gateway) execute(ctx context.Context, arg scheduleArg, why turn) (pay.Payment, error) {
	s, err := g.BookedCharge(ctx, arg.Merchant, arg.MerchantUID)
	if err != nil {
		return pay.Payment{}, err
	}
	if s.Key == nil {
		return g.executeInVain(ctx, arg, why, failure{code: codeNoKey, text: textNoKey})
	}
	on, key, err := g.openKey(ctx, *s.Key)
	if errors.Is(err, ErrChannelMissing) || errors.Is(err, ErrUnsupported) {
		return g.executeInVain(ctx, arg, why, failure{code: codeChannel, text: textChannel})
	}
	if err != nil {
		return pay.Payment{}, &notBegun{err}
	}
	k, c := *s.Key, chargeOf(s.Schedule, why.test)
	p := chargeOfKey(on.ch, k, c)
	p.Source, p.CustomerUsage = why.source(), usageScheduled
	paid, err := g.chargeNow(ctx, on, asking{
		kind: pay.AttemptCharge, test: why.test,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			now, err := g.reserveCharge(ctx, tx, p)
			if err == nil {
				err = beginSchedule(ctx, tx, arg, why, now.ID)
			}
			return now, pay.Attempt{Amount: p.Amount.Total.Minor, Detail: chargeDetail{Key: k.ID}.json()}, err
		},
		call: askCharge(on.can, key, k, c.Options),
	})
	if errors.Is(err, ErrOrderUsed) && paid.Status != pay.StatusFailed {
		return g.executeInVain(ctx, arg, why, failure{code: codeUsed, text: textUsed})
	}
	return paid, err
}

// source tells a charge that came due, or that a recovery run makes, from one that
// the merchant's server asked for, and which hears its failure in the answer.
func (t turn) source() pay.Source {
	if t.ev == pay.EvScheduleRetried && t.recover == "" {
		return pay.SourceAPI
	}
	return pay.SourceSchedule
}

// beginSchedule steps a schedule to running with its payment.
func beginSchedule(ctx context.Context, tx *store.Tx, arg scheduleArg, why turn, id pay.PaymentID) error {
	s, err := tx.Schedule(ctx, arg.Merchant, arg.MerchantUID)
	if err != nil {
		return translate(err, store.ErrNotFound, ErrNoSchedule)
	}
	if why.recover != "" && (s.Status != pay.ScheduleExecuted || s.Payment != why.failed) { // not what the run has read
		return ErrScheduleStatus
	}
	if err := checkStep(ctx, tx, s, why.ev); err != nil {
		return err
	}
	if why.ev == pay.EvScheduleDue && s.At.After(tx.Now) {
		return &notDue{s.At}
	}
	before := s
	s.Payment = id
	now, err := tx.StepSchedule(ctx, s, why.ev)
	switch {
	case err != nil:
		return err
	case why.recover != "":
		return tx.AddRecoveryTry(ctx, store.RecoveryTry{
			Merchant: s.Merchant, Day: why.recover, MerchantUID: s.MerchantUID, Outcome: store.RecoveryRunning, Payment: id, Amount: s.Amount.Total.Minor,
		})
	case why.ev == pay.EvScheduleRetried:
		change := store.Change{Merchant: s.Merchant, Action: "schedule.retry", Target: string(s.MerchantUID), Payment: id, Before: auditedSchedule(before), After: auditedSchedule(now)}
		return tx.AuditByHand(ctx, change)
	}
	return nil
}

// executeInVain records a charge that failed before anything could be asked:
// the merchant hears of it as of any other failure.
func (g *Gateway) executeInVain(ctx context.Context, arg scheduleArg, turn turn, why failure) (pay.Payment, error) {
	s, err := g.BookedCharge(ctx, arg.Merchant, arg.MerchantUID)
	if err != nil {
		return pay.Payment{}, err
	}
	p := newCharge(g.channelBefore(ctx, s), arg.Merchant, chargeOf(s.Schedule, ""))
	p.Source, p.CustomerUID, p.CustomerUsage = turn.source(), s.CustomerUID, usageScheduled
	err = g.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		now, err := g.insertCharge(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := beginSchedule(ctx, tx, arg, turn, now.ID); err != nil {
			return err
		}
		if err := begins(ctx, tx, store.Began{Kind: string(pay.AttemptCharge), Payment: now.ID, MerchantUID: now.MerchantUID}, tx.Now); err != nil {
			return err
		}
		b := books{g: g, tx: tx}
		err = b.decline(ctx, &now, why)
		p = now
		return err
	})
	if err != nil {
		return p, err
	}
	return p, &DeclinedError{Decline: connector.Decline{Code: connector.DeclineState, ProviderCode: why.code, ProviderMessage: why.text}}
}

// channelBefore is the channel that the schedule's key was last known on; a
// payment says which provider it was for even when the key is gone.
func (g *Gateway) channelBefore(ctx context.Context, s Booked) pay.Channel {
	var k pay.BillingKey
	var ch pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if k, err = tx.NewestBillingKey(ctx, s.Merchant, s.CustomerUID); err != nil {
			return err
		}
		ch, err = tx.Channel(ctx, k.Merchant, k.Channel)
		return err
	})
	if err != nil {
		ch = pay.Channel{Merchant: k.Merchant, Key: k.Channel, Provider: k.Provider, MID: k.MID, Mode: k.Mode}
	}
	return ch
}

// scheduleCharged: the charge of a schedule ended. Unlike other failures, a
// scheduled one is told to the merchant.
func (b books) scheduleCharged(ctx context.Context, p pay.Payment) error {
	if p.CustomerUsage != usageScheduled {
		return nil
	}
	if p.Status == pay.StatusFailed && p.Source == pay.SourceSchedule {
		if err := b.tell(ctx, p); err != nil {
			return err
		}
	}
	outcome := pay.OutcomeOf(p.Status)
	if err := b.tx.EndRecoveryTry(ctx, p.Merchant, p.ID, store.RecoveryOutcome(outcome)); err != nil {
		return err
	}
	s, err := b.tx.Schedule(ctx, p.Merchant, p.MerchantUID)
	if err != nil || s.Payment != p.ID {
		return err
	}
	if s.Status == pay.ScheduleExecuted { // approved after it counted as failed
		return b.tx.JudgeSchedule(ctx, s, outcome)
	}
	paidLate := s.Status == pay.ScheduleBooked && p.Status == pay.StatusPaid // it was booked again meanwhile
	if s.Status != pay.ScheduleRunning && !paidLate {
		return nil
	}
	s.Outcome = outcome
	if _, err = b.tx.StepSchedule(ctx, s, pay.EvScheduleExecuted); err != nil || !paidLate {
		return err
	}
	return b.tx.DeleteJob(ctx, s.Merchant, JobSchedule, scheduleKey(s))
}
