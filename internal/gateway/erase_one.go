package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// eraser erases things in one transaction.
type eraser struct {
	erasing
	g   *Gateway
	tx  *store.Tx
	ctx context.Context
	out EraseReport
}

func (x *eraser) open(kind, id, why string) {
	x.out.Open = append(x.out.Open, EraseOpen{kind, id, why})
}

// payment erases a payment and what hangs on it, its cash receipts too.
func (x *eraser) payment(id pay.PaymentID) error {
	p, err := x.tx.Payment(x.ctx, x.merchant, id)
	if err != nil {
		return err
	}
	receipts, err := x.tx.ReceiptsOfPayment(x.ctx, x.merchant, id)
	if err != nil {
		return err
	}
	why, err := openPayment(x.ctx, x.tx, p, receipts)
	if err != nil {
		return err
	}
	if why != "" {
		x.open("payment", string(id), why)
		return nil
	}
	known := p.Buyer.Values()
	if a := p.Details.Account; a != nil {
		known = append(known, a.Number, a.Holder)
	}
	for _, c := range receipts {
		known = append(known, c.Buyer.Values()...)
	}
	s := x.eraser(known...)
	rows, err := x.tx.ErasePayment(x.ctx, x.merchant, id, s)
	if err != nil {
		return err
	}
	x.out.Rows.Add(rows)
	x.out.Payments = append(x.out.Payments, id)
	for _, c := range receipts {
		if rows, err = x.tx.EraseReceipt(x.ctx, c, s); err != nil {
			return err
		}
		x.out.Rows.Add(rows)
		x.out.Receipts = append(x.out.Receipts, c.ID)
	}
	return nil
}

func (x *eraser) eraser(known ...string) store.Eraser {
	s := newForgetter(known)
	return store.Eraser{Text: s.text, Address: s.address, Detail: s.detail}
}

// accountGrace is how long after its last day a virtual account is taken for one
// that may still be paid into: banks pass deposits on late.
const accountGrace = 14 * 24 * time.Hour

// openPayment is why a payment's buyer is still needed, or "".
func openPayment(ctx context.Context, tx *store.Tx, p pay.Payment, receipts []pay.Receipt) (string, error) {
	if p.Status == pay.StatusConfirming {
		return "whether it was paid is not known yet", nil
	}
	if a := p.Details.Account; p.Status == pay.StatusAwaitingDeposit && (a == nil || a.Due.Add(accountGrace).After(tx.Now)) {
		return "its virtual account waits for a deposit", nil
	}
	attempts, err := tx.OpenAttempts(ctx, p.Merchant, p.ID)
	if err != nil {
		return "", err
	}
	for _, a := range attempts {
		return fmt.Sprintf("the outcome of its %s %s is not known yet", a.Kind, a.ID), nil
	}
	alarms, err := tx.OpenAlarms(ctx, p.Merchant, p.ID)
	if err != nil {
		return "", err
	}
	for _, kind := range alarms {
		return fmt.Sprintf("a person has to settle the alarm %q first", kind), nil
	}
	for _, c := range receipts {
		if why := openReceipt(c); why != "" {
			return fmt.Sprintf("its cash receipt %s: %s", c.ID, why), nil
		}
	}
	waiting, err := tx.FindDeliveries(ctx, p.Merchant, store.DeliveryFilter{Payment: p.ID, Status: store.DeliveryWaiting, Limit: 1})
	if err != nil {
		return "", err
	}
	for _, d := range waiting { // its address, and what it is answered, would stay
		return fmt.Sprintf("its webhook %s is yet to be sent, or sent again", d.ID), nil
	}
	jobs, err := tx.PlannedJobs(ctx, p.Merchant, string(p.ID), JobGiveBack, JobCheckingBack)
	if err != nil {
		return "", err
	}
	for _, kind := range jobs {
		return fmt.Sprintf("money is being given back (%s)", kind), nil
	}
	return openCheckout(ctx, tx, p)
}

// openCheckout is why a payment's window may still bring something, or "".
func openCheckout(ctx context.Context, tx *store.Tx, p pay.Payment) (string, error) {
	if p.Status != pay.StatusCreated {
		return "", nil
	}
	jobs, err := tx.PlannedJobs(ctx, p.Merchant, string(p.ID), JobSync)
	if err != nil {
		return "", err
	}
	if len(jobs) > 0 {
		return "its window may still be open: the provider is yet to be asked", nil
	}
	c, err := tx.CheckoutOfPayment(ctx, p.Merchant, p.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case c.Ended.IsZero() && c.Expires.After(tx.Now):
		return fmt.Sprintf("its window may be opened until %s", c.Expires.Format(time.RFC3339)), nil
	}
	return "", nil
}

func openReceipt(c pay.Receipt) string {
	switch c.Status {
	case pay.ReceiptIssuing:
		return "whether it was issued is not known yet"
	case pay.ReceiptCancelling:
		return "whether it was cancelled is not known yet"
	}
	return ""
}

func (x *eraser) receipt(id pay.ReceiptID) error {
	c, err := x.tx.Receipt(x.ctx, x.merchant, id)
	if err != nil {
		return err
	}
	if why := openReceipt(c); why != "" {
		x.open("receipt", string(id), why)
		return nil
	}
	rows, err := x.tx.EraseReceipt(x.ctx, c, x.eraser(c.Buyer.Values()...))
	if err != nil {
		return err
	}
	x.out.Rows.Add(rows)
	x.out.Receipts = append(x.out.Receipts, id)
	return nil
}

// key erases the buyer of a billing key. One that is in use is ended first, where
// that is asked for; its sealed key is needed until it was revoked.
func (x *eraser) key(id pay.KeyID) error {
	k, err := x.tx.BillingKeyByID(x.ctx, x.merchant, id)
	if err != nil {
		return err
	}
	switch {
	case k.Status == pay.KeyIssuing:
		x.open("billing_key", string(id), "whether it was issued is not known yet")
		return nil
	case k.Status == pay.KeyHeld:
		x.open("billing_key", string(id), "its first charge is under way")
		return nil
	case k.Status == pay.KeyActive && x.later: // in use again since it was found
		return nil
	case k.Status == pay.KeyActive && x.revoke:
		if k, err = x.tx.StepBillingKey(x.ctx, k, pay.EvKeyDeleted); err != nil {
			return err
		}
		if err := x.tx.Enqueue(x.ctx, x.merchant, JobRevokeKey, string(id), keyArg{Merchant: x.merchant}, x.tx.Now); err != nil {
			return err
		}
		x.out.Revoked = append(x.out.Revoked, id)
	}
	jobs, err := x.tx.PlannedJobs(x.ctx, x.merchant, string(id), JobRevokeKey, JobResolveKey)
	if err != nil {
		return err
	}
	revoking := len(jobs) > 0 || len(x.out.Revoked) > 0 && x.out.Revoked[len(x.out.Revoked)-1] == id
	rows, err := x.tx.EraseBillingKey(x.ctx, k, !revoking, x.eraser(k.Buyer.Values()...))
	if err != nil {
		return err
	}
	x.out.Rows.Add(rows)
	x.out.BillingKeys = append(x.out.BillingKeys, id)
	return nil
}

// schedule erases the buyer of a booked charge, which stays booked unless its key
// is to be ended.
func (x *eraser) schedule(uid pay.MerchantUID) error {
	s, err := x.tx.Schedule(x.ctx, x.merchant, uid)
	if err != nil {
		return err
	}
	switch {
	case s.Status == pay.ScheduleRunning:
		x.open("schedule", string(uid), "its charge is under way")
		return nil
	case s.Status == pay.ScheduleBooked && x.later:
		return nil
	case s.Status == pay.ScheduleBooked && x.revoke:
		if s, err = x.tx.StepSchedule(x.ctx, s, pay.EvScheduleRevoked); err != nil {
			return err
		}
		if err := x.tx.DeleteJob(x.ctx, x.merchant, JobSchedule, scheduleKey(s)); err != nil {
			return err
		}
	}
	rows, err := x.tx.EraseSchedule(x.ctx, s, x.eraser(s.Buyer.Values()...))
	if err != nil {
		return err
	}
	x.out.Rows.Add(rows)
	x.out.Schedules = append(x.out.Schedules, uid)
	return nil
}
