package gateway

import (
	"context"
	"errors"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

const actorChecking = "checking"

// chargeChecking charges a key with a checking amount and gives it back. That
// it is given back is promised with the intention, so that no death of ours
// keeps the money. The payment is of the gateway's own: its order number is made
// up, and nobody is told of it.
func (g *Gateway) chargeChecking(ctx context.Context, k pay.BillingKey, r ScheduleRequest) error {
	on, key, err := g.openKey(ctx, k)
	if err != nil {
		return err
	}
	c := Charge{
		MerchantUID: pay.MerchantUID("checking_" + g.randomHex(12)), Name: nameChecking,
		Amount: pay.Breakdown{Total: pay.Won(r.Checking)}, Buyer: mergeBuyer(r.Items[0].Buyer, k.Buyer),
	}
	p := chargeOfKey(on.ch, k, c)
	p.Notify.Never = true
	paid, err := g.chargeNow(ctx, on, asking{
		kind: pay.AttemptCharge, test: r.TestCode,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			now, err := g.reserveCharge(ctx, tx, p)
			if err == nil {
				later := tx.Now.Add(on.d.Timings[pay.AttemptCharge].Deadline + time.Minute)
				err = tx.Enqueue(ctx, now.Merchant, JobCheckingBack, string(now.ID), syncArg{now.Merchant}, later)
			}
			return now, pay.Attempt{Amount: r.Checking, Detail: chargeDetail{Key: k.ID}.json()}, err
		},
		call: askCharge(on.can, key, k, pay.ChargeOptions{}),
	})
	if d, ok := errors.AsType[*DeclinedError](err); ok {
		d.Step = DeclinedChecking
	}
	if err != nil {
		return err
	}
	if err := g.giveCheckingBack(ctx, paid.Merchant, paid.ID); err != nil {
		g.log.WarnContext(ctx, "checking amount not given back at once", "payment", paid.ID, "err", err)
	}
	return nil
}

func (g *Gateway) giveCheckingBack(ctx context.Context, m pay.MerchantID, id pay.PaymentID) error {
	ctx = withoutIdempotency(ctx) // no work of the merchant's
	_, err := g.Cancel(ctx, CancelRequest{Merchant: m, PaymentID: id, Reason: reasonChecking, Actor: actorChecking})
	if errors.Is(err, ErrFullyCancelled) {
		return nil
	}
	return err
}

// workCheckingBack gives a checking amount back until nothing of it is left.
func (g *Gateway) workCheckingBack(ctx context.Context, j store.Job) error {
	var arg syncArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	p, err := g.payment(ctx, arg.Merchant, pay.PaymentID(j.Key))
	if err != nil {
		return err
	}
	switch p.Status {
	case pay.StatusFailed, pay.StatusCancelled:
		return nil
	case pay.StatusPaid, pay.StatusPartiallyCancelled:
		err = g.giveCheckingBack(ctx, p.Merchant, p.ID)
		if d, ok := errors.AsType[*DeclinedError](err); ok && !d.NotSent {
			return g.alarmChecking(ctx, p, d.Decline)
		}
		if err == nil {
			return nil
		}
	default:
		err = ErrOutcomeUnknown // whether it was taken at all is being found out
	}
	return jobs.RetryAt(g.now().Add(time.Minute), err)
}

func (g *Gateway) alarmChecking(ctx context.Context, p pay.Payment, d connector.Decline) error {
	return g.store.Write(ctx, func(tx *store.Tx) error {
		b := books{g: g, tx: tx}
		return b.alarm(ctx, p, "checking_kept", "the checking amount could not be given back: "+d.ProviderMessage)
	})
}
