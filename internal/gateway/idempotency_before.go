package gateway

import (
	"context"
	"encoding/json"
	"errors"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// What a call begins under a merchant's Idempotency-Key besides attempts, which
// go by their own kinds.
const (
	beganPrepare       = "prepare"
	beganIssueKey      = string(pay.AttemptIssueKey)
	beganDeleteKey     = "delete_key"
	beganSchedule      = "schedule"
	beganUnschedule    = "unschedule"
	beganReschedule    = "reschedule"
	beganIssueReceipt  = "issue_receipt"
	beganCancelReceipt = "cancel_receipt"
)

// begunBefore is what an earlier call with the same Idempotency-Key began, or
// nil. Whoever asks either tells how that stands, or, where nothing of it counts
// any more, begins anew (beginAnew).
func begunBefore(ctx context.Context) *store.Began {
	c := claimOf(ctx)
	if c == nil {
		return nil
	}
	c.asked = true
	return c.before
}

// beginAnew: what an earlier call began came to nothing, or is a step that need
// not be made again. From here on the call works as if it were the first.
func beginAnew(ctx context.Context) { claimOf(ctx).before = nil }

// attemptBefore is the attempt an earlier call began, and its payment. One that
// is still open is ErrOutcomeUnknown: its resolver goes on.
func (g *Gateway) attemptBefore(ctx context.Context, b *store.Began) (pay.Payment, pay.Attempt, error) {
	m := claimOf(ctx).row.Merchant
	p, a, err := g.attemptNow(ctx, pay.Attempt{Merchant: m, ID: pay.AttemptID(b.ID), Payment: b.Payment})
	if err == nil && a.Status.Open() {
		err = ErrOutcomeUnknown
	}
	return p, a, err
}

// chargedBefore tells what came of the charge, or the virtual account, that an
// earlier call began. An earlier call that only came to have a key issued for the
// charge took no money: once that key is settled, the charge is begun anew.
func (g *Gateway) chargedBefore(ctx context.Context) (p pay.Payment, told bool, err error) {
	b := begunBefore(ctx)
	switch {
	case b == nil:
		return p, false, nil
	case b.Kind == beganIssueKey:
		if _, err := g.keyIssuedBefore(ctx, b); err != nil && !errors.Is(err, ErrNoBillingKey) {
			return p, true, err
		}
		beginAnew(ctx)
		return p, false, nil
	case b.ID == "": // it failed before anything could be asked
		if p, err = g.payment(ctx, claimOf(ctx).row.Merchant, b.Payment); err == nil {
			err = &DeclinedError{Decline: connector.Decline{Code: connector.DeclineState, ProviderCode: p.FailCode, ProviderMessage: p.FailReason}}
		}
		return p, true, err
	}
	p, a, err := g.attemptBefore(ctx, b)
	if err == nil {
		p, err = chargeOutcome(p, a)
	}
	return p, true, err
}

// cancelledBefore tells what came of the cancel, or the revocation of an account,
// that an earlier call began.
func (g *Gateway) cancelledBefore(ctx context.Context) (p pay.Payment, told bool, err error) {
	b := begunBefore(ctx)
	if b == nil {
		return p, false, nil
	}
	p, a, err := g.attemptBefore(ctx, b)
	switch {
	case err != nil:
	case a.Kind == pay.AttemptCancel && p.Status == pay.StatusFailed:
		err = ErrNotCancellable
	case a.Kind == pay.AttemptRevokeAccount && p.Status == pay.StatusPaid:
		err = ErrNotAccount
	default:
		err = cancelRefused(a)
	}
	return p, true, err
}

// keyBefore tells what came of the billing key that an earlier call had issued,
// or deleted.
func (g *Gateway) keyBefore(ctx context.Context) (k pay.BillingKey, told bool, err error) {
	b := begunBefore(ctx)
	if b == nil {
		return k, false, nil
	}
	if b.Kind == beganDeleteKey {
		err = g.store.Read(ctx, func(tx *store.Tx) (err error) {
			k, err = tx.BillingKeyByID(ctx, claimOf(ctx).row.Merchant, pay.KeyID(b.ID))
			return err
		})
		return k, true, err
	}
	k, err = g.keyIssuedBefore(ctx, b)
	return k, true, err
}

// keyIssuedBefore is a key that an earlier call had issued. ErrOutcomeUnknown
// while that is not known; ErrNoBillingKey when it was issued and given up.
func (g *Gateway) keyIssuedBefore(ctx context.Context, b *store.Began) (k pay.BillingKey, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) (err error) {
		k, err = tx.BillingKeyByID(ctx, claimOf(ctx).row.Merchant, pay.KeyID(b.ID))
		return err
	})
	switch {
	case err != nil:
	case k.Status == pay.KeyIssuing:
		err = ErrOutcomeUnknown
	case k.Status == pay.KeyRefused && k.Code == "":
		err = ErrNoBillingKey
	case k.Status == pay.KeyRefused:
		err = &DeclinedError{Decline: connector.Decline{ProviderCode: k.Code, ProviderMessage: k.Message}, Step: DeclinedKey}
	}
	return k, err
}

// scheduledBefore tells which charges an earlier call booked. One that only had a
// key issued, or the card checked, is taken up where it ended: what was checked
// is not checked again.
func (g *Gateway) scheduledBefore(ctx context.Context, r *ScheduleRequest) (rows []Booked, told bool, err error) {
	b := begunBefore(ctx)
	switch {
	case b == nil:
		return nil, false, nil
	case b.Kind == beganSchedule:
		rows, err = g.bookedNow(ctx, r.Merchant, numbersOf(*r))
		return rows, true, err
	case b.Kind == beganIssueKey:
		_, err = g.keyIssuedBefore(ctx, b)
		err = translate(err, ErrNoBillingKey, nil)
	default:
		if _, _, err = g.chargedBefore(ctx); err == nil {
			r.Checking = 0
		}
		if d, ok := errors.AsType[*DeclinedError](err); ok {
			d.Step = DeclinedChecking
		}
	}
	if err != nil {
		return nil, true, err
	}
	beginAnew(ctx)
	return nil, false, nil
}

func numbersOf(r ScheduleRequest) []pay.MerchantUID {
	uids := make([]pay.MerchantUID, len(r.Items))
	for i, item := range r.Items {
		uids[i] = item.MerchantUID
	}
	return uids
}

// unscheduledBefore tells which charges an earlier call revoked.
func (g *Gateway) unscheduledBefore(ctx context.Context, m pay.MerchantID) (rows []Booked, told bool, err error) {
	b := begunBefore(ctx)
	if b == nil {
		return nil, false, nil
	}
	var uids []pay.MerchantUID
	if err = json.Unmarshal(b.Detail, &uids); err == nil {
		rows, err = g.bookedNow(ctx, m, uids)
	}
	return rows, true, err
}

// bookedNow is how these bookings stand, in the order asked for.
func (g *Gateway) bookedNow(ctx context.Context, m pay.MerchantID, uids []pay.MerchantUID) ([]Booked, error) {
	var rows []pay.Schedule
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		rows, err = tx.Schedules(ctx, m, uids)
		return err
	})
	if err != nil {
		return nil, err
	}
	return g.booked(ctx, m, rows)
}

// about is what a call that books charges, or revokes bookings, begins.
func about(kind string, rows []pay.Schedule) store.Began {
	uids := make([]pay.MerchantUID, len(rows))
	for i, s := range rows {
		uids[i] = s.MerchantUID
	}
	raw, _ := json.Marshal(uids) // strings
	b := store.Began{Kind: kind, Detail: raw}
	if len(uids) == 1 {
		b.MerchantUID = uids[0]
	}
	return b
}

// receiptBefore tells what came of the cash receipt that an earlier call had
// issued, or cancelled.
func (g *Gateway) receiptBefore(ctx context.Context) (r pay.Receipt, told bool, err error) {
	b := begunBefore(ctx)
	if b == nil {
		return r, false, nil
	}
	err = g.store.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = tx.Receipt(ctx, claimOf(ctx).row.Merchant, pay.ReceiptID(b.ID))
		return err
	})
	issuing := b.Kind == beganIssueReceipt
	switch {
	case err != nil:
	case issuing && r.Status == pay.ReceiptIssuing, !issuing && r.Status == pay.ReceiptCancelling:
		err = ErrOutcomeUnknown
	case issuing && r.Status == pay.ReceiptRefused, !issuing && r.Status == pay.ReceiptIssued:
		err = &DeclinedError{Decline: connector.Decline{ProviderCode: r.Code, ProviderMessage: r.Message}}
	}
	return r, true, err
}

// receiptBegan is what a call about a cash receipt begins.
func receiptBegan(kind string, r pay.Receipt) store.Began {
	return store.Began{Kind: kind, ID: string(r.ID), Payment: r.Payment, MerchantUID: r.MerchantUID}
}

// begunStatus is how that stands which was begun, in its own word.
func begunStatus(ctx context.Context, tx *store.Tx, m pay.MerchantID, b store.Began) (string, error) {
	switch b.Kind {
	case "":
		return "", nil
	case beganPrepare, beganDeleteKey, beganSchedule, beganUnschedule, beganReschedule: // done in one transaction of ours
		return string(pay.AttemptSucceeded), nil
	case beganIssueKey:
		k, err := tx.BillingKeyByID(ctx, m, pay.KeyID(b.ID))
		return string(k.Status), err
	case beganIssueReceipt, beganCancelReceipt:
		r, err := tx.Receipt(ctx, m, pay.ReceiptID(b.ID))
		return string(r.Status), err
	}
	if b.ID == "" { // a charge that failed before anything could be asked
		return string(pay.AttemptDeclined), nil
	}
	a, err := tx.Attempt(ctx, m, pay.AttemptID(b.ID))
	return string(a.Status), err
}
