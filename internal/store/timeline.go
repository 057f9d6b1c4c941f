package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"naru/internal/pay"
)

// HappeningKind says what a line of a timeline is about.
type HappeningKind string

// The kinds, in the order in which those of one instant stand.
const (
	HappenedAudit          HappeningKind = "audit"           // a person did something
	HappenedStarted        HappeningKind = "started"         // the payment was asked for
	HappenedEvent          HappeningKind = "event"           // see EventKind
	HappenedNotice         HappeningKind = "notice"          // the provider told us to look
	HappenedConfirming     HappeningKind = "confirming"      // the step that approval begins with
	HappenedAttempt        HappeningKind = "attempt"         // a call that moves money began
	HappenedExchange       HappeningKind = "exchange"        // the provider was asked something else
	HappenedAttemptEnded   HappeningKind = "attempt_ended"   // and what came of it is known
	HappenedMovement       HappeningKind = "movement"        // money moved
	HappenedStep           HappeningKind = "step"            // the payment's status changed
	HappenedReceipt        HappeningKind = "receipt"         // a cash receipt was asked for
	HappenedReceiptEnded   HappeningKind = "receipt_ended"   // it was issued or refused
	HappenedReceiptUndone  HappeningKind = "receipt_undone"  // it was cancelled
	HappenedAlarm          HappeningKind = "alarm"           // a person was called
	HappenedAlarmClosed    HappeningKind = "alarm_closed"    // and has seen to it
	HappenedDelivery       HappeningKind = "delivery"        // a webhook was written down
	HappenedTry            HappeningKind = "try"             // and sent
	HappenedErased         HappeningKind = "erased"          // what tells of the buyer is gone
	HappenedDeliveryGiveUp HappeningKind = "delivery_ending" // a webhook came to nothing
)

var happeningOrder = []HappeningKind{
	HappenedAudit, HappenedStarted, HappenedEvent, HappenedNotice, HappenedConfirming, HappenedAttempt, HappenedExchange,
	HappenedAttemptEnded, HappenedMovement, HappenedStep, HappenedReceipt, HappenedReceiptEnded, HappenedReceiptUndone,
	HappenedAlarm, HappenedAlarmClosed, HappenedDelivery, HappenedTry, HappenedDeliveryGiveUp, HappenedErased,
}

// Happening is one line of a timeline. Of the pointers those are set that its kind
// speaks of.
type Happening struct {
	At   time.Time
	Kind HappeningKind

	Checkout  *Checkout
	Event     *PaymentEvent
	Notice    *Notice
	Step      *StepRow
	Attempt   *pay.Attempt
	Exchanges []Exchange // of an attempt, or of a receipt's issue; or the one
	Movement  *pay.Movement
	Receipt   *pay.Receipt
	Alarm     *Alarm
	Delivery  *Delivery
	Try       *DeliveryTry
	Audit     *Audit

	place time.Time // where it stands: the provider's clock may be another
}

// Timeline is everything that happened to a payment, oldest first. Money stands where
// we learned of it by our own call, and else when the provider says it moved.
// ErrNotFound when the merchant has no such payment.
func (t *Tx) Timeline(ctx context.Context, merchant pay.MerchantID, id pay.PaymentID) ([]Happening, error) {
	p, err := t.Payment(ctx, merchant, id)
	if err != nil {
		return nil, wrap(err, "timeline of payment %s", id)
	}
	l := &timeline{tx: t, p: p}
	for _, read := range []func(context.Context) error{
		l.window, l.asked, l.money, l.receipts, l.messages, l.people,
	} {
		if err := read(ctx); err != nil {
			return nil, wrap(err, "timeline of payment %s", id)
		}
	}
	rank := map[HappeningKind]int{}
	for i, k := range happeningOrder {
		rank[k] = i
	}
	slices.SortStableFunc(l.out, func(a, b Happening) int {
		return cmp.Or(a.place.Compare(b.place), cmp.Compare(rank[a.Kind], rank[b.Kind]))
	})
	return l.out, nil
}

// timeline gathers a payment's.
type timeline struct {
	tx  *Tx
	p   pay.Payment
	out []Happening

	attempts map[pay.AttemptID]pay.Attempt
	said     map[pay.AttemptID][]Exchange
}

func (l *timeline) add(h Happening) {
	if h.place.IsZero() {
		h.place = h.At
	}
	l.out = append(l.out, h)
}

// window is how the payment began, and the buyer's way.
func (l *timeline) window(ctx context.Context) error {
	began := Happening{At: l.p.StartedAt, Kind: HappenedStarted}
	visits, err := l.tx.CheckoutsOfPayment(ctx, l.p.Merchant, l.p.ID)
	if err != nil {
		return err
	}
	if len(visits) > 0 {
		began.Checkout = &visits[0]
	}
	l.add(began)
	events, err := l.tx.PaymentEvents(ctx, l.p.Merchant, l.p.ID)
	for i, e := range events {
		l.add(Happening{At: e.At, Kind: HappenedEvent, Event: &events[i]})
	}
	return err
}

// asked is what was asked of the provider, and what it told by itself.
func (l *timeline) asked(ctx context.Context) error {
	l.attempts, l.said = map[pay.AttemptID]pay.Attempt{}, map[pay.AttemptID][]Exchange{}
	attempts, err := l.tx.ListAttempts(ctx, l.p.Merchant, l.p.ID)
	if err != nil {
		return err
	}
	receipts, err := l.tx.ReceiptsOfPayment(ctx, l.p.Merchant, l.p.ID)
	if err != nil {
		return err
	}
	said, err := l.tx.ListExchanges(ctx, l.p.Merchant, l.p.ID)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		l.attempts[a.ID] = a
	}
	ofReceipt := func(e Exchange) bool {
		return slices.ContainsFunc(receipts, func(c pay.Receipt) bool { return string(c.ID) == string(e.Attempt) })
	}
	for _, e := range said {
		if _, ours := l.attempts[e.Attempt]; ours || ofReceipt(e) {
			l.said[e.Attempt] = append(l.said[e.Attempt], e)
		} else {
			l.add(Happening{At: e.At, Kind: HappenedExchange, Exchanges: []Exchange{e}})
		}
	}
	for i, a := range attempts {
		l.add(Happening{At: a.Started, Kind: HappenedAttempt, Attempt: &attempts[i], Exchanges: l.said[a.ID]})
		if !a.Ended.IsZero() {
			l.add(Happening{At: a.Ended, Kind: HappenedAttemptEnded, Attempt: &attempts[i]})
		}
	}
	told, err := l.tx.NoticesOfPayment(ctx, l.p.Merchant, l.p.ID)
	for i, n := range told {
		l.add(Happening{At: n.At, Kind: HappenedNotice, Notice: &told[i]})
	}
	return err
}

// madeBy is the attempt that a movement came of: the one it names, or the one that was
// answered while it happened.
func (l *timeline) madeBy(m pay.Movement) (pay.Attempt, bool) {
	if a, ok := l.attempts[m.Attempt]; ok {
		return a, !a.Ended.IsZero()
	}
	for _, a := range l.attempts {
		during := !m.At.Before(a.Started.Truncate(time.Second)) && !m.At.After(a.Ended)
		if a.Kind.Begins() && m.Kind == pay.MovementApproval && a.Status == pay.AttemptSucceeded && during {
			return a, true
		}
	}
	return pay.Attempt{}, false
}

// money is the movements, and the steps that they made.
func (l *timeline) money(ctx context.Context) error {
	moved, err := l.tx.Movements(ctx, l.p.Merchant, l.p.ID)
	if err != nil {
		return err
	}
	for i, m := range moved {
		h := Happening{At: m.At, Kind: HappenedMovement, Movement: &moved[i], place: m.At}
		if a, ok := l.madeBy(m); ok {
			h.place = a.Ended
		}
		if h.place.Before(l.p.StartedAt) { // its clock goes by whole seconds
			h.place = l.p.StartedAt
		}
		l.add(h)
	}
	steps, err := l.tx.Steps(ctx, l.p.Merchant, l.p.ID)
	for i, s := range steps {
		kind := HappenedStep
		if s.Event == pay.EvConfirmStarted {
			kind = HappenedConfirming
		}
		l.add(Happening{At: s.At, Kind: kind, Step: &steps[i]})
	}
	return err
}

func (l *timeline) receipts(ctx context.Context) error {
	all, err := l.tx.ReceiptsOfPayment(ctx, l.p.Merchant, l.p.ID)
	for i, c := range all {
		h := Happening{At: c.Created, Kind: HappenedReceipt, Receipt: &all[i], Exchanges: l.said[pay.AttemptID(c.ID)]}
		l.add(h)
		switch h.Exchanges = nil; {
		case c.Status == pay.ReceiptRefused:
			h.At, h.Kind = c.Updated, HappenedReceiptEnded
			l.add(h)
		case !c.IssuedAt.IsZero():
			h.At, h.Kind, h.place = c.IssuedAt, HappenedReceiptEnded, c.IssuedAt
			if h.place.Before(c.Created) {
				h.place = c.Created
			}
			l.add(h)
		}
		if !c.CancelledAt.IsZero() {
			h.At, h.Kind, h.place = c.CancelledAt, HappenedReceiptUndone, c.CancelledAt
			if h.place.Before(c.Created) {
				h.place = c.Created
			}
			l.add(h)
		}
	}
	return err
}

// messages are the webhooks and each of their tries.
func (l *timeline) messages(ctx context.Context) error {
	all, err := l.tx.ListDeliveries(ctx, l.p.Merchant, l.p.ID)
	if err != nil {
		return err
	}
	for i, d := range all {
		l.add(Happening{At: d.Created, Kind: HappenedDelivery, Delivery: &all[i]})
		tries, err := l.tx.DeliveryTries(ctx, l.p.Merchant, d.ID)
		if err != nil {
			return err
		}
		for j, y := range tries {
			l.add(Happening{At: y.At, Kind: HappenedTry, Delivery: &all[i], Try: &tries[j]})
		}
		if d.Status == DeliveryGivenUp || d.Status == DeliverySuperseded {
			l.add(Happening{At: d.Done, Kind: HappenedDeliveryGiveUp, Delivery: &all[i]})
		}
	}
	return nil
}

// people is who did something, what called for somebody, and that the buyer was
// forgotten.
func (l *timeline) people(ctx context.Context) error {
	by, err := l.tx.ListAudit(ctx, l.p.Merchant, AuditFilter{Payment: l.p.ID})
	if err != nil {
		return err
	}
	for i, a := range slices.Backward(by) {
		l.add(Happening{At: a.At, Kind: HappenedAudit, Audit: &by[i]})
	}
	alarms, err := l.tx.AlarmsOfPayment(ctx, l.p.Merchant, l.p.ID)
	for i, a := range alarms {
		l.add(Happening{At: a.At, Kind: HappenedAlarm, Alarm: &alarms[i]})
		if !a.Closed.IsZero() {
			l.add(Happening{At: a.Closed, Kind: HappenedAlarmClosed, Alarm: &alarms[i]})
		}
	}
	if !l.p.Erased.IsZero() {
		l.add(Happening{At: l.p.Erased, Kind: HappenedErased})
	}
	return err
}
