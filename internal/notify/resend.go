package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// How is how a delivery is sent again.
type How int

const (
	// Once: one try, recorded as a person's (V1's re-send from the console). It
	// changes the delivery's state only when the merchant takes it.
	Once How = iota
	// Round: from the beginning, with all its retries.
	Round
)

// ErrStillTried is wrapped when a new round is asked for of a delivery whose own
// retries go on.
var ErrStillTried = errors.New("its retries go on by themselves")

// Resend asks for a delivery to be sent again, soon, by a process that serves.
// The error wraps store.ErrNotFound or ErrStillTried.
func (n *Notifier) Resend(ctx context.Context, m pay.MerchantID, id string, how How) (store.Delivery, error) {
	var d store.Delivery
	err := n.store.Write(ctx, func(tx *store.Tx) (err error) {
		if d, err = tx.Delivery(ctx, m, id); err != nil {
			return err
		}
		if how == Round && d.Status == store.DeliveryWaiting {
			return fmt.Errorf("delivery %s: %w", d.ID, ErrStillTried)
		}
		if err := n.resend(ctx, tx, d, how); err != nil {
			return err
		}
		return tx.AuditByHand(ctx, store.Change{Merchant: m, Action: "delivery.resend", Target: d.ID, Payment: d.Payment, After: how.audited()})
	})
	return d, err
}

// audited is how it stands in the audit log.
func (h How) audited() map[string]any { return map[string]any{"retries": h == Round} }

func (n *Notifier) resend(ctx context.Context, tx *store.Tx, d store.Delivery, how How) error {
	if how == Once {
		return enqueue(ctx, tx, JobResend, d, true)
	}
	if err := tx.ReopenDelivery(ctx, d.Merchant, d.ID); err != nil {
		return err
	}
	return enqueue(ctx, tx, JobDeliver, d, true)
}

// resendBatch is how many deliveries one transaction of ResendMany takes.
const resendBatch = 200

// Many says what ResendMany does.
type Many struct {
	// Filter chooses; its order, After and Limit are not heeded. No Status means
	// given_up; waiting is refused with ErrStillTried.
	Filter store.DeliveryFilter
	How    How
	DryRun bool // only count
}

// ResendMany asks for all deliveries that are chosen to be sent again, oldest
// first, and tells how many they are. After an error those counted were asked for.
func (n *Notifier) ResendMany(ctx context.Context, m pay.MerchantID, in Many) (int, error) {
	f := in.Filter
	if f.Status == "" {
		f.Status = store.DeliveryGivenUp
	}
	if f.Status == store.DeliveryWaiting {
		return 0, fmt.Errorf("status waiting: %w", ErrStillTried)
	}
	f.Oldest, f.After, f.Limit = true, store.DeliveryPlace{}, resendBatch
	if in.DryRun {
		return n.count(ctx, m, f)
	}
	total := 0
	for first := true; ; first = false {
		var batch []store.Delivery
		err := n.store.Write(ctx, func(tx *store.Tx) (err error) {
			if f.To.IsZero() { // what is given up from now on was not meant
				f.To = tx.Now
			}
			if first {
				if err := n.auditMany(ctx, tx, m, f, in.How); err != nil {
					return err
				}
			}
			if batch, err = tx.FindDeliveries(ctx, m, f); err != nil {
				return err
			}
			for _, d := range batch {
				err := n.resend(ctx, tx, d, in.How)
				if err != nil && !errors.Is(err, store.ErrConflict) { // asked for by another meanwhile
					return err
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += len(batch)
		if len(batch) < resendBatch {
			return total, nil
		}
		f.After = batch[len(batch)-1].Place()
	}
}

// auditMany writes down what was chosen: how many they were follows from it.
func (n *Notifier) auditMany(ctx context.Context, tx *store.Tx, m pay.MerchantID, f store.DeliveryFilter, how How) error {
	after := how.audited()
	after["status"], after["to"] = f.Status, f.To
	if !f.From.IsZero() {
		after["from"] = f.From
	}
	if f.Address != "" {
		after["host"] = hostOf(f.Address)
	}
	return tx.AuditByHand(ctx, store.Change{Merchant: m, Action: "delivery.resend_many", Target: string(m), Payment: f.Payment, After: after})
}

func (n *Notifier) count(ctx context.Context, m pay.MerchantID, f store.DeliveryFilter) (total int, err error) {
	err = n.store.Read(ctx, func(tx *store.Tx) (err error) {
		total, err = tx.CountDeliveries(ctx, m, f)
		return err
	})
	return total, err
}

// workResend makes the one try that a person asked for.
func (n *Notifier) workResend(ctx context.Context, j store.Job) error {
	var arg delivering
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	o, now, err := n.turn(ctx, arg)
	if err != nil {
		return err
	}
	a, err := n.send(ctx, o, now, timeoutOf(true))
	if err != nil {
		return err
	}
	return n.recordManual(ctx, j, o, a)
}

// recordManual writes down a person's try. It counts for nothing in the list of
// retries.
func (n *Notifier) recordManual(ctx context.Context, j store.Job, o store.DeliveryTurn, a answer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	try := tryOf(a)
	try.Manual = true
	var d store.Delivery
	err := n.store.Write(ctx, func(tx *store.Tx) (err error) {
		if d, err = tx.Delivery(ctx, o.Merchant, o.ID); err != nil {
			return err
		}
		if err := tx.AddDeliveryTry(ctx, d.Merchant, d.ID, try); err != nil {
			return err
		}
		if accepted(a) && d.Status != store.DeliveryDelivered {
			d = n.after(tx.Now, d, o.Settings, a, 0, false)
			d.Tries--
			if err := tx.UpdateDelivery(ctx, d, d.Tries); err != nil {
				return err
			}
			later, err := tx.LaterDeliveries(ctx, d)
			if err != nil {
				return err
			}
			if err := wake(ctx, tx, d, later); err != nil {
				return err
			}
		}
		return endJob(ctx, tx, j, time.Time{}, "")
	})
	if err != nil {
		return err
	}
	n.report(ctx, d, try)
	return jobs.ErrEnded
}
