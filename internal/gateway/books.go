package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// books is the one road from a snapshot to the store: it records how a provider
// sees a payment, inside the transaction of whoever learned it.
type books struct {
	g     *Gateway
	tx    *store.Tx
	by    *pay.Attempt // whose answer it is; nil when no attempt brought it
	twice bool         // the order is paid by another payment: what came in is given back
	// fresh: the payment did not change between the question and the answer, so
	// that what the answer lacks has gone since, and is not merely younger.
	fresh bool
}

// snapshot records how the provider sees a payment: what is known of it, each
// movement once, and the steps that follow from them.
func (b books) snapshot(ctx context.Context, p pay.Payment, s connector.Snapshot, a *pay.Attempt, made string) (pay.Payment, error) {
	if err := sameOrder(p, s); err != nil {
		return p, err
	}
	known, err := b.tx.Movements(ctx, p.Merchant, p.ID)
	if err != nil {
		return p, err
	}
	p, s, known, err = b.named(ctx, p, s, made, known)
	if err != nil {
		return p, err
	}
	if err := b.reversed(ctx, p, s); err != nil {
		return p, err
	}
	fresh, some, added, err := b.movements(ctx, p, s, a, made, known)
	if err != nil {
		return p, err
	}
	now, err := b.tx.Payment(ctx, p.Merchant, p.ID) // with its sums recomputed
	if err != nil {
		return p, err
	}
	before := now.Status
	if now, err = b.stand(ctx, now, s); err != nil {
		return p, err
	}
	if some && before != now.Status && now.Status == pay.StatusPaid { // with the cancels that were learned before it counted as paid
		if fresh, err = b.cancels(ctx, now); err != nil {
			return p, err
		}
	}
	if s.RefundFailed {
		if err := b.alarm(ctx, now, "refund_failed", "the refund to the buyer's account did not get there: settle it with the provider"); err != nil {
			return p, err
		}
	}
	if now, err = b.cancelled(ctx, now, fresh); err != nil || !added || now.Version != p.Version {
		return now, err
	}
	return now, b.tx.FollowAgain(ctx, p.Merchant, p.ID) // money that was no step is in the figures all the same
}

// stand writes what is told of a payment, with the step that follows from it if
// there is one.
func (b books) stand(ctx context.Context, was pay.Payment, s connector.Snapshot) (pay.Payment, error) {
	told := describe(was, s)
	now, err := b.account(ctx, told, s)
	if err != nil {
		return was, err
	}
	if now, err = b.approved(ctx, now, s); err != nil {
		return was, err
	}
	if now.Version == was.Version && !reflect.DeepEqual(told, was) {
		return b.tx.UpdatePayment(ctx, told)
	}
	return now, nil
}

// cancels are the cancel movements on the books.
func (b books) cancels(ctx context.Context, p pay.Payment) ([]pay.Movement, error) {
	all, err := b.tx.Movements(ctx, p.Merchant, p.ID)
	return slices.DeleteFunc(all, func(m pay.Movement) bool { return m.Kind != pay.MovementCancel }), err
}

// describe fills in what the provider tells of a payment. Once money moved, a
// recorded fact is not replaced by nothing.
func describe(p pay.Payment, s connector.Snapshot) pay.Payment {
	p.Ref = mergeRef(p.Ref, s.Ref)
	if s.Stage != connector.StagePaid && s.Stage != connector.StageCancelled && s.Stage != connector.StageAwaitingDeposit {
		return p
	}
	if s.Method != "" {
		p.Method = s.Method
	}
	p.Details = mergeDetails(p.Details, s.Details)
	if !p.Erased.IsZero() { // what is told of the buyer again is not news
		return p.WithoutPerson()
	}
	return p
}

// mergeDetails takes what is told now and keeps what is not told any more.
func mergeDetails(have, got pay.Details) pay.Details {
	got.EasyPay = cmp.Or(got.EasyPay, have.EasyPay)
	got.ApprovalNo = cmp.Or(got.ApprovalNo, have.ApprovalNo)
	got.Months = cmp.Or(got.Months, have.Months)
	got.ReceiptURL = cmp.Or(got.ReceiptURL, have.ReceiptURL)
	got.Card = cmp.Or(got.Card, have.Card)
	got.Bank = cmp.Or(got.Bank, have.Bank)
	got.Account = cmp.Or(inUTC(got.Account), have.Account)
	got.CashReceipt = got.CashReceipt || have.CashReceipt
	return got
}

// inUTC is an account with its times as the store gives them: two that say the
// same are then equal.
func inUTC(a *pay.VirtualAccount) *pay.VirtualAccount {
	if a == nil {
		return nil
	}
	out := *a
	out.Due, out.Issued = out.Due.UTC(), out.Issued.UTC()
	return &out
}

// movements adds what the books, which have the known ones, do not hold yet and gives the cancels among it;
// some tells whether there are cancels at all, added whether anything was added.
func (b books) movements(ctx context.Context, p pay.Payment, s connector.Snapshot, a *pay.Attempt, made string, known []pay.Movement) (cancels []pay.Movement, some, added bool, err error) {
	some = slices.ContainsFunc(known, func(m pay.Movement) bool { return m.Kind == pay.MovementCancel })
	for _, m := range s.Movements {
		m.Merchant, m.Payment = p.Merchant, p.ID
		if m.Kind == pay.MovementDeposit && overtaken(m, known) {
			continue
		}
		if m.Kind == pay.MovementCancel {
			m.CancelID = b.g.newUUID()
			old := slices.ContainsFunc(known, func(k pay.Movement) bool { return k.Key == m.Key })
			if owner, err := b.owner(ctx, p, m, a, made, old); err != nil {
				return nil, false, false, err
			} else if owner != nil {
				d := cancelDetailOf(*owner)
				m.Attempt, m.CancelID = owner.ID, d.CancelID
				if d.Reason != "" {
					m.Reason = d.Reason
				}
			}
		}
		isNew, err := b.tx.AddMovement(ctx, m)
		if err != nil {
			return nil, false, false, err
		}
		if added = added || isNew; isNew && m.Kind == pay.MovementCancel {
			cancels, some = append(cancels, m), true
		}
	}
	return cancels, some, added, nil
}

// overtaken reports whether the books hold a younger deposit: this one was taken
// back before that came, and nobody learned of it in time.
func overtaken(d pay.Movement, known []pay.Movement) bool {
	return slices.ContainsFunc(known, func(k pay.Movement) bool { return k.Kind == pay.MovementDeposit && k.At.After(d.At) })
}

// ownerSlack is how far the provider's clock may be behind ours.
const ownerSlack = time.Minute

// owner is the attempt that made a cancel: the one whose answer named it. For a
// cancel that the books learn of another way it is the oldest open one of that
// amount that has none yet and had begun by then: a guess, which names the
// cancel to the merchant and settles nothing by itself. A cancel that was on the
// books before is nobody's new one.
func (b books) owner(ctx context.Context, p pay.Payment, m pay.Movement, a *pay.Attempt, made string, old bool) (*pay.Attempt, error) {
	if a != nil && a.Kind == pay.AttemptCancel && made == m.Key {
		return a, nil
	}
	if old {
		return nil, nil
	}
	open, err := openCancels(ctx, b.tx, p)
	if err != nil {
		return nil, err
	}
	for i := range open {
		if open[i].Amount == m.Amount && !m.At.Before(open[i].Started.Add(-ownerSlack)) {
			return &open[i], nil
		}
	}
	return nil, nil
}

// openCancels are the cancels whose outcome is not known and whose money is
// not on the books, the oldest first.
func openCancels(ctx context.Context, tx *store.Tx, p pay.Payment) ([]pay.Attempt, error) {
	open, err := tx.OpenAttempts(ctx, p.Merchant, p.ID)
	if err != nil {
		return nil, err
	}
	moved, err := tx.Movements(ctx, p.Merchant, p.ID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(open, func(a pay.Attempt) bool { return a.Kind != pay.AttemptCancel || made(a, moved) }), nil
}

// made reports whether a movement on the books is this attempt's.
func made(a pay.Attempt, moved []pay.Movement) bool {
	return slices.ContainsFunc(moved, func(m pay.Movement) bool { return m.Attempt == a.ID })
}

// approved steps a payment whose money came in.
func (b books) approved(ctx context.Context, p pay.Payment, s connector.Snapshot) (pay.Payment, error) {
	s, err := b.standing(ctx, p, s)
	if err != nil {
		return p, err
	}
	in, at := received(s)
	ev := pay.EvApproved
	switch p.Status {
	case pay.StatusCreated, pay.StatusConfirming:
	case pay.StatusAwaitingDeposit:
		ev = pay.EvDeposited
	case pay.StatusFailed:
		ev = pay.EvApprovedLate
	default:
		return p, nil
	}
	if in == 0 || p.Status == pay.StatusFailed && p.Left() == 0 { // nothing came in, or what came in late was given back
		return p, nil
	}
	if in != p.Amount.Total.Minor {
		b.g.log.ErrorContext(ctx, "approved amount differs", "payment", p.ID, "ours", p.Amount.Total.Minor, "theirs", in)
		return p, b.alarm(ctx, p, "amount", fmt.Sprintf("approved %d, asked for %d: look the payment up at the provider", in, p.Amount.Total.Minor))
	}
	if s.Test && p.Mode == pay.ModeLive {
		if err := b.alarm(ctx, p, "test_money", "the provider says that this live payment was made with test money"); err != nil {
			return p, err
		}
	}
	if !b.holdsOrder(p) {
		if err := b.tx.Reserve(ctx, p.Merchant, p.MerchantUID, p.ID); errors.Is(err, store.ErrReserved) || b.twice {
			return b.paidTwice(ctx, p)
		} else if err != nil {
			return p, err
		}
	}
	p.PaidAt, p.FailCode, p.FailReason, p.FailedAt = at, "", "", time.Time{}
	next, err := b.tx.StepPayment(ctx, p, ev, s.RawStatus)
	if err != nil {
		return p, err
	}
	if err := b.tell(ctx, next); err != nil {
		return p, err
	}
	if ev == pay.EvApprovedLate { // it counts after all: nobody is to give it back
		if err := b.tx.CloseAlarm(ctx, next.Merchant, "paid_twice:"+string(next.ID)); err != nil && !errors.Is(err, store.ErrNotFound) {
			return p, err
		}
	}
	return next, b.ended(ctx, next)
}

// holdsOrder: a charge or a confirm reserved the order number with its intention,
// and it is held while its outcome is open.
func (b books) holdsOrder(p pay.Payment) bool {
	if b.twice || b.by == nil || p.Status != pay.StatusConfirming || !b.by.Status.Open() {
		return false
	}
	return b.by.Kind == pay.AttemptCharge || b.by.Kind == pay.AttemptKeyIn || b.by.Kind == pay.AttemptConfirm
}

// tell owes the merchant word of a payment's state.
func (b books) tell(ctx context.Context, p pay.Payment) error {
	if p.Notify.Never {
		return nil
	}
	return b.g.tell(ctx, b.tx, p, Event{Merchant: p.Merchant, Payment: p.ID, Seq: p.Version, Status: p.Status})
}

// ended sees to what waited for a payment to be paid or to fail: the billing
// key that was issued for it, and the schedule it was charged for.
func (b books) ended(ctx context.Context, p pay.Payment) error {
	if err := b.keyCharged(ctx, p); err != nil {
		return err
	}
	if p.Notify.Never && p.Status == pay.StatusPaid { // also late: a checking amount is never kept
		if err := b.tx.Enqueue(ctx, p.Merchant, JobCheckingBack, string(p.ID), syncArg{p.Merchant}, b.tx.Now.Add(time.Minute)); err != nil {
			return err
		}
	}
	return b.scheduleCharged(ctx, p)
}

// standing is a snapshot without the deposits that the books know as taken back:
// it is older than they are.
func (b books) standing(ctx context.Context, p pay.Payment, s connector.Snapshot) (connector.Snapshot, error) {
	if p.Details.Account == nil {
		return s, nil
	}
	moved, err := b.tx.Movements(ctx, p.Merchant, p.ID)
	s.Movements = slices.DeleteFunc(slices.Clone(s.Movements), func(m pay.Movement) bool {
		return m.Kind == pay.MovementDeposit && isReversed(m, moved)
	})
	return s, err
}

// received is the money that came in and when.
func received(s connector.Snapshot) (int64, time.Time) {
	var sum int64
	var at time.Time
	for _, m := range s.Movements {
		switch m.Kind {
		case pay.MovementApproval, pay.MovementDeposit:
			sum, at = sum+m.Amount, m.At
		case pay.MovementDepositReversal:
			sum -= m.Amount
		}
	}
	return sum, at
}

// paidTwice: money came in for an order that another payment holds. Once that
// one is paid, this money is given back and a person is told; while it may
// still fail, this payment is asked about again.
func (b books) paidTwice(ctx context.Context, p pay.Payment) (pay.Payment, error) {
	undecided, err := b.undecided(ctx, p)
	if err != nil {
		return p, err
	}
	account := p.Status == pay.StatusAwaitingDeposit || p.Status == pay.StatusFailed && p.Details.Account != nil
	switch {
	case account && !undecided:
		return b.depositedTwice(ctx, p)
	case !account && p.Status != pay.StatusFailed:
		if err := b.decline(ctx, &p, failure{code: codeTwice, text: textTwice}); err != nil {
			return p, err
		}
	}
	if undecided {
		return p, b.tx.Enqueue(ctx, p.Merchant, JobSync, string(p.ID), syncArg{p.Merchant}, b.tx.Now.Add(time.Minute))
	}
	b.g.log.ErrorContext(ctx, "order paid twice", "payment", p.ID, "merchant_uid", p.MerchantUID)
	if err := b.alarm(ctx, p, "paid_twice", fmt.Sprintf("%d %s came in for order %q, which another payment has paid", p.Left(), p.Amount.Total.Currency, p.MerchantUID)); err != nil {
		return p, err
	}
	return p, b.tx.Enqueue(ctx, p.Merchant, JobGiveBack, string(p.ID), syncArg{p.Merchant}, b.tx.Now)
}

// undecided reports whether the order's holder is another payment that is
// still being approved.
func (b books) undecided(ctx context.Context, p pay.Payment) (bool, error) {
	o, err := b.tx.Order(ctx, p.Merchant, p.MerchantUID)
	if err != nil || o.HeldBy == "" || o.HeldBy == p.ID {
		return false, err
	}
	holder, err := b.tx.Payment(ctx, p.Merchant, o.HeldBy)
	return holder.Status == pay.StatusConfirming, err
}

// cancelled steps a payment of which money was given back.
func (b books) cancelled(ctx context.Context, p pay.Payment, fresh []pay.Movement) (pay.Payment, error) {
	for i, m := range fresh {
		if p.Status != pay.StatusPaid && p.Status != pay.StatusPartiallyCancelled {
			return p, nil
		}
		ev := pay.EvPartlyCancelled
		if i == len(fresh)-1 && p.Left() == 0 {
			ev = pay.EvFullyCancelled
		}
		p.CancelledAt, p.CancelReason = m.At, m.Reason
		next, err := b.tx.StepPayment(ctx, p, ev, m.Key)
		if err != nil {
			return p, err
		}
		p = next
		if err := b.notifyCancel(ctx, p, m); err != nil {
			return p, err
		}
	}
	return p, nil
}

// notifyCancel tells the merchant of a cancel: of its own when it asked to
// hear of it, at its own address; of one made at the provider always.
func (b books) notifyCancel(ctx context.Context, p pay.Payment, m pay.Movement) error {
	if p.Notify.Never {
		return nil
	}
	e := Event{Merchant: p.Merchant, Payment: p.ID, Seq: p.Version, Status: p.Status, CancelID: m.CancelID}
	if m.Attempt != "" {
		a, err := b.tx.Attempt(ctx, p.Merchant, m.Attempt)
		if err != nil {
			return err
		}
		if !cancelDetailOf(a).Webhook {
			return nil
		}
		e.MerchantURL = true
	}
	return b.g.tell(ctx, b.tx, p, e)
}

func (b books) alarm(ctx context.Context, p pay.Payment, kind, text string) error {
	return b.tx.AddAlarm(ctx, store.Alarm{ID: kind + ":" + string(p.ID), Merchant: p.Merchant, Payment: p.ID, Kind: kind, Text: text, At: b.tx.Now})
}
