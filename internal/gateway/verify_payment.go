package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// beside is what is known besides the payments of a page: what is about to be
// done, and what a person was told.
type beside struct {
	channels map[pay.ChannelKey]bool
	// Attempts and deliveries with their job; payments with a job or an alarm about
	// the money that they hold.
	resolving, delivering, seenTo map[string]bool
	// schedules are not read by themselves, so they are checked with their payments.
	schedules bool
}

// jobsOfDeliveries are package notify's.
var jobsOfDeliveries = []string{"deliver", "resend"}

// checkPayments holds payments of one merchant against all that hangs on them, as
// of one moment.
func (g *Gateway) checkPayments(ctx context.Context, tx *store.Tx, m pay.MerchantID, ps []pay.Payment, schedules bool) ([]store.Dossier, []Finding, error) {
	if len(ps) == 0 {
		return nil, nil, nil
	}
	ds, err := tx.Dossiers(ctx, m, ps)
	if err != nil {
		return nil, nil, err
	}
	b, err := lookBeside(ctx, tx, m, ds)
	if err != nil {
		return nil, nil, err
	}
	b.schedules = schedules
	var found []Finding
	for _, d := range ds {
		c := check{d: d, b: b}
		c.all()
		found = append(found, c.found...)
	}
	return ds, found, nil
}

func lookBeside(ctx context.Context, tx *store.Tx, m pay.MerchantID, ds []store.Dossier) (b beside, err error) {
	var attempts, deliveries, holding, alarms []string
	for _, d := range ds {
		deliveries = append(deliveries, d.Waiting...)
		for _, a := range d.Attempts {
			if a.Status.Open() {
				attempts = append(attempts, string(a.ID))
			}
		}
		if (d.Payment.Status == pay.StatusFailed || d.Payment.Status == pay.StatusAwaitingDeposit) && len(d.Movements) > 0 {
			holding = append(holding, string(d.Payment.ID))
			alarms = append(alarms, "paid_twice:"+string(d.Payment.ID))
		}
	}
	b = beside{channels: map[pay.ChannelKey]bool{}, delivering: map[string]bool{}, seenTo: map[string]bool{}}
	channels, err := tx.ListChannels(ctx, m)
	if err != nil {
		return b, err
	}
	for _, ch := range channels {
		b.channels[ch.Key] = true
	}
	if b.resolving, err = tx.JobsNamed(ctx, m, JobResolve, attempts); err != nil {
		return b, err
	}
	collect := func(into map[string]bool, kind string, names []string) {
		var some map[string]bool
		if err == nil {
			some, err = tx.JobsNamed(ctx, m, kind, names)
		}
		for name := range some {
			into[name] = true
		}
	}
	for _, kind := range jobsOfDeliveries {
		collect(b.delivering, kind, deliveries)
	}
	collect(b.seenTo, JobGiveBack, holding)
	collect(b.seenTo, JobSync, holding)
	if err != nil {
		return b, err
	}
	told, err := tx.AlarmsNamed(ctx, m, alarms)
	for id := range told {
		b.seenTo[strings.TrimPrefix(id, "paid_twice:")] = true
	}
	return b, err
}

// check is one payment being checked.
type check struct {
	d     store.Dossier
	b     beside
	found []Finding
}

// add notes what is wrong. What distinguishes it from others of its kind and
// payment goes into the id.
func (c *check) add(kind FindingKind, which, expected, found string) {
	p := c.d.Payment
	c.found = append(c.found, newFinding(kind, p.Merchant, p.ID, sectionPayment, string(p.ID), which, expected, found))
}

func newFinding(kind FindingKind, m pay.MerchantID, p pay.PaymentID, section, row, which, expected, found string) Finding {
	id := string(kind) + ":" + row
	if which != "" {
		id += ":" + which
	}
	return Finding{ID: id, Kind: kind, Merchant: m, Payment: p, findingBody: findingBody{Section: section, Row: row, Expected: expected, Found: found}}
}

func (c *check) all() {
	c.steps()
	c.money()
	c.times()
	c.order()
	c.attempts()
	c.movements()
	c.relations()
}

// steps: the history begins where payments begin, each step is one of the table,
// and it ends at the status.
func (c *check) steps() {
	p, at := c.d.Payment, pay.StatusCreated
	for i, s := range c.d.Steps {
		if want := int64(i + 1); s.Seq != want {
			c.add(FindSteps, "", fmt.Sprintf("step %d", want), fmt.Sprintf("step %d", s.Seq))
			return
		}
		if s.From != at {
			c.add(FindSteps, "", fmt.Sprintf("step %d begins at %s", s.Seq, at), "it begins at "+string(s.From))
			return
		}
		to, err := pay.Payments.Next(s.From, s.Event)
		if err != nil || to != s.To {
			want := fmt.Sprintf("step %d, %s from %s, leads to %s", s.Seq, s.Event, s.From, to)
			if err != nil {
				want = fmt.Sprintf("step %d is one that may follow %s", s.Seq, s.From)
			}
			c.add(FindSteps, "", want, fmt.Sprintf("%s to %s", s.Event, s.To))
			return
		}
		at = s.To
	}
	if at != p.Status {
		c.add(FindSteps, "", "steps that end at "+string(p.Status), "they end at "+string(at))
	}
	if n := int64(len(c.d.Steps)); p.Version < n {
		c.add(FindVersion, "", fmt.Sprintf("version %d or more", n), fmt.Sprintf("version %d", p.Version))
	}
}

// tally is what came in, without what a bank took back, and what was given back.
func tally(moved []pay.Movement) (in, back int64) {
	for _, m := range moved {
		switch m.Kind {
		case pay.MovementApproval, pay.MovementDeposit:
			in += m.Amount
		case pay.MovementDepositReversal:
			in -= m.Amount
		case pay.MovementCancel:
			back += m.Amount
		}
	}
	return in, back
}

// money: the sums of the movements are what the row and its status say.
func (c *check) money() {
	p := c.d.Payment
	in, back := tally(c.d.Movements)
	if back != p.Cancelled {
		c.add(FindCancelledSum, "", fmt.Sprintf("%d, the sum of its cancels", back), fmt.Sprint(p.Cancelled))
	}
	total, want, ok := p.Amount.Total.Minor, "nothing moved", in == 0 && back == 0
	switch {
	case p.CustomerUsage == usageIssue: // a window for a billing key: nothing is charged
	case p.Status == pay.StatusPaid:
		want, ok = fmt.Sprintf("%d in, nothing back", total), in == total && back == 0
	case p.Status == pay.StatusPartiallyCancelled:
		want, ok = fmt.Sprintf("%d in, a part of it back", total), in == total && back > 0 && back < in
	case p.Status == pay.StatusCancelled:
		want, ok = fmt.Sprintf("%d in, all of it back", total), in == total && back == in
	case p.Status == pay.StatusAwaitingDeposit && in == total && back == 0:
		// A deposit for an order that another payment holds, of which it is not known
		// whether it will be paid: this one is asked about again.
		other := c.d.Order != nil && c.d.Order.HeldBy != "" && c.d.Order.HeldBy != p.ID
		want, ok = "nothing moved, or the order held by another payment and a job that asks again", other && c.b.seenTo[string(p.ID)]
	case p.Status == pay.StatusFailed:
		want, ok = "nothing held", in >= back
		if in > back && !c.b.seenTo[string(p.ID)] && !c.opens() {
			c.add(FindMoneyForgotten, "", "nothing held, or a job that gives it back", fmt.Sprintf("%d in, %d back", in, back))
			return
		}
	}
	if !ok {
		c.add(FindStatusMoney, "", fmt.Sprintf("%s: %s", p.Status, want), fmt.Sprintf("%d in, %d back", in, back))
	}
}

// opens reports whether a call about the payment may still turn out either way.
func (c *check) opens() bool {
	return slices.ContainsFunc(c.d.Attempts, func(a pay.Attempt) bool { return a.Status.Open() })
}

// times that must be there.
func (c *check) times() {
	p := c.d.Payment
	needed := map[string]time.Time{"started_at": p.StartedAt, "updated_at": p.UpdatedAt}
	switch p.Status {
	case pay.StatusPaid:
		needed["paid_at"] = p.PaidAt
	case pay.StatusPartiallyCancelled:
		needed["paid_at"], needed["cancelled_at"] = p.PaidAt, p.CancelledAt
	case pay.StatusCancelled:
		needed["cancelled_at"] = p.CancelledAt
	case pay.StatusFailed:
		needed["failed_at"] = p.FailedAt
	}
	for _, name := range []string{"started_at", "updated_at", "paid_at", "cancelled_at", "failed_at"} {
		if at, must := needed[name]; must && at.IsZero() {
			c.add(FindTime, name, fmt.Sprintf("%s of a payment that is %s", name, p.Status), "none")
		}
	}
	for _, m := range c.d.Movements {
		if m.At.IsZero() {
			c.add(FindTime, m.Key, "the time of movement "+m.Key, "none")
		}
	}
}

// order: who used an order number up, or is about to, holds it, and nobody else.
func (c *check) order() {
	p := c.d.Payment
	holder := pay.PaymentID("")
	if c.d.Order != nil {
		holder = c.d.Order.HeldBy
	}
	used := p.Status == pay.StatusPaid || p.Status == pay.StatusPartiallyCancelled || p.Status == pay.StatusCancelled
	switch {
	case used && c.d.Paid > 1:
		c.add(FindPaidTwice, "", fmt.Sprintf("one payment of order %q that is paid or was", p.MerchantUID), fmt.Sprint(c.d.Paid))
	case (used || p.Status == pay.StatusConfirming && c.takesNumber()) && holder != p.ID:
		c.add(FindOrderFree, "", fmt.Sprintf("order %q held by %s", p.MerchantUID, p.ID), heldBy(holder))
	case !used && p.Status != pay.StatusConfirming && holder == p.ID:
		c.add(FindOrderHeld, "", fmt.Sprintf("order %q not held by a payment that is %s", p.MerchantUID, p.Status), heldBy(holder))
	}
}

func heldBy(p pay.PaymentID) string {
	if p == "" {
		return "held by nobody"
	}
	return "held by " + string(p)
}

// takesNumber: several virtual accounts of one order may be asked for side by side.
func (c *check) takesNumber() bool {
	return !slices.ContainsFunc(c.d.Attempts, func(a pay.Attempt) bool { return a.Kind == pay.AttemptIssueAccount })
}

// relations that no constraint of the database holds.
func (c *check) relations() {
	p := c.d.Payment
	if !c.b.channels[p.Channel] && (p.Channel != "" || p.Status != pay.StatusFailed) {
		c.add(FindChannel, "", "a channel of merchant "+string(p.Merchant), fmt.Sprintf("channel %q", p.Channel))
	}
	moved := p.Status == pay.StatusPaid || p.Status == pay.StatusPartiallyCancelled || p.Status == pay.StatusCancelled
	if moved && p.Ref.Key == "" && p.CustomerUsage != usageIssue {
		c.add(FindNoProviderKey, "", "the provider's name for a payment that is "+string(p.Status), "none")
	}
	for _, id := range c.d.Waiting {
		if !c.b.delivering[id] {
			c.add(FindDelivery, id, "a job for delivery "+id+", which waits", "none")
		}
	}
	elsewhere := len(c.d.Steps) > 0 && c.d.Steps[0].Event == pay.EvImported
	if p.CustomerUsage == usageScheduled && c.d.Schedule == nil && !elsewhere {
		c.add(FindSchedulePayment, "", fmt.Sprintf("a schedule of order %q", p.MerchantUID), "none")
	}
	if s := c.d.Schedule; c.b.schedules && s != nil && s.Payment == p.ID {
		c.found = append(c.found, checkCharged(*s, &p)...)
	}
}
