package gateway

import (
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// whyImported is told of each step of a payment that was made elsewhere.
const whyImported = "imported"

// step adds to an arrival's history.
func (a *arrival) step(ev pay.Event, at time.Time) {
	from := pay.StatusCreated
	if n := len(a.steps); n > 0 {
		from = a.steps[n-1].To
	}
	to, err := pay.Payments.Next(from, ev)
	if err != nil { // the check of the steps tells
		to = from
	}
	a.steps = append(a.steps, store.StepRow{Seq: int64(len(a.steps) + 1), From: from, Event: ev, To: to, Why: whyImported, At: at})
	a.p.Status = to
}

// move adds money that moved, by the name that its former home showed.
func (a *arrival) move(m pay.Movement, shown string) {
	m.Merchant, m.Payment, m.Key = a.p.Merchant, a.p.ID, pay.ImportedKey(len(a.moved), shown)
	a.moved = append(a.moved, m)
}

// history makes the steps and movements that led to a V1 status.
func (c *rowCheck) history(a *arrival, status string) {
	p := &a.p
	a.step(pay.EvImported, p.StartedAt)
	account := p.Method == pay.MethodVbank && p.Details.Account != nil
	if account {
		a.step(pay.EvAccountIssued, orAt(p.Details.Account.Issued, p.StartedAt))
	}
	switch status {
	case "failed":
		c.needs("failed_at", p.FailedAt)
		p.PaidAt, p.CancelledAt = time.Time{}, time.Time{}
		if account {
			a.step(pay.EvAccountRevoked, p.FailedAt)
		} else {
			a.step(pay.EvDeclined, p.FailedAt)
		}
	case "paid", "cancelled":
		c.needs("paid_at", p.PaidAt)
		p.FailedAt = time.Time{}
		if p.Ref.Key == "" && p.CustomerUsage != usageIssue {
			c.no("pg_tid", "", "the provider's own key of a payment that is "+status+": it is asked about and cancelled by it")
		}
		c.paid(a, account)
		if status == "cancelled" {
			c.needs("cancelled_at", p.CancelledAt)
			c.cancelled(a)
		} else {
			p.CancelledAt = time.Time{}
		}
	default: // ready
		if account && p.Ref.Key == "" && p.Ref.Order == "" {
			c.no("pg_tid", "", "the provider's own key of an account that waits for its deposit, or provider_order: it is asked about by it")
		}
		p.PaidAt, p.FailedAt, p.CancelledAt = time.Time{}, time.Time{}, time.Time{}
	}
}

func orAt(at, other time.Time) time.Time {
	if at.IsZero() {
		return other
	}
	return at
}

func (c *rowCheck) needs(field string, at time.Time) {
	if at.IsZero() {
		c.no(field, c.value(field), "the time of it")
	}
}

func (c *rowCheck) paid(a *arrival, account bool) {
	p := &a.p
	ev, kind := pay.EvApproved, pay.MovementApproval
	if account {
		ev = pay.EvDeposited
	}
	if p.Method == pay.MethodVbank {
		kind = pay.MovementDeposit
	}
	a.step(ev, p.PaidAt)
	if p.CustomerUsage != usageIssue {
		a.move(pay.Movement{Kind: kind, Amount: p.Amount.Total.Minor, TaxFree: p.Amount.TaxFree, At: p.PaidAt, ReceiptURL: p.Details.ReceiptURL}, "")
	}
}

// cancelled: each cancel as it was told, or their sum where only that was.
func (c *rowCheck) cancelled(a *arrival) {
	p := &a.p
	p.CancelReason = c.text("cancel_reason", 2000)
	all := c.cancels()
	if len(all) == 0 {
		all = []told{{Amount: float64(p.Cancelled), CancelledAt: p.CancelledAt.Unix(), Reason: p.CancelReason}}
	}
	var sum int64
	for i, t := range all {
		at := time.Unix(t.CancelledAt, 0).UTC()
		amount := int64(t.Amount)
		sum += amount
		a.move(pay.Movement{Kind: pay.MovementCancel, Amount: amount, At: at, Reason: t.Reason, ReceiptURL: t.ReceiptURL, CancelID: t.CancellationID}, t.PGTID)
		ev := pay.EvPartlyCancelled
		if i == len(all)-1 && sum == p.Amount.Total.Minor {
			ev = pay.EvFullyCancelled
		}
		a.step(ev, at)
	}
	if sum != p.Cancelled && len(c.bad) == 0 {
		c.no("cancel_amount", fmt.Sprint(p.Cancelled), fmt.Sprintf("%d, the sum of cancel_history", sum))
	}
}
