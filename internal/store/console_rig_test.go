package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// past is a made-up history of a merchant, and what the books should say of it.
type past struct {
	merchant pay.MerchantID
	rand     *rand.Rand
	all      map[pay.PaymentID]pay.Payment // as they were written
	moved    []pay.Movement
}

func newPast(t testing.TB, m pay.MerchantID, seed uint64) *past {
	t.Logf("seed %d", seed)
	return &past{merchant: m, rand: rand.New(rand.NewPCG(seed, 7)), all: map[pay.PaymentID]pay.Payment{}}
}

func oneOf[T any](r *rand.Rand, some ...T) T { return some[r.IntN(len(some))] }

// payment is the i-th, as it begins, within twelve days before noon.
func (h *past) payment(i int) pay.Payment {
	p := payment(pay.PaymentID(fmt.Sprintf("imp_%s_%04d", h.merchant, i)), pay.MerchantUID(fmt.Sprintf("order-%s-%d", h.merchant, i)))
	p.Merchant = h.merchant
	p.Mode = oneOf(h.rand, pay.ModeLive, pay.ModeLive, pay.ModeTest, pay.ModeSandbox)
	p.Method = oneOf(h.rand, pay.MethodCard, pay.MethodCard, pay.MethodCard, pay.MethodVbank, pay.MethodPhone)
	p.Provider = oneOf(h.rand, pay.TossPayments, pay.TossPayments, pay.TossPay)
	p.Channel = oneOf[pay.ChannelKey](h.rand, "channel-key-1", "channel-key-2")
	p.CustomerUsage = oneOf(h.rand, "", "", "", "payment", "payment.scheduled", "issue")
	p.Amount.Total = pay.Money{Minor: int64(h.rand.IntN(9) * 1000), Currency: oneOf[pay.Currency](h.rand, "KRW", "KRW", "USD")}
	p.Buyer = pay.Buyer{Name: oneOf(h.rand, "김하나", "김둘", "이셋"), Tel: fmt.Sprintf("010-0000-%04d", h.rand.IntN(9999))}
	p.StartedAt = noon.Add(-time.Duration(h.rand.IntN(12*24*4)) * 15 * time.Minute) // many at one instant
	return p
}

// grow adds n payments and takes some on to later states.
func (h *past) grow(t testing.TB, f fixture, n int) {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		for range n {
			p := h.payment(len(h.all))
			if err := tx.InsertPayment(ctx, p); err != nil {
				return err
			}
			h.all[p.ID] = p
			if err := h.further(ctx, tx, p.ID, h.rand.IntN(4)); err != nil {
				return err
			}
		}
		return nil
	})
}

// change takes n payments on.
func (h *past) change(t testing.TB, f fixture, n int) {
	t.Helper()
	ids := slices.Sorted(func(yield func(pay.PaymentID) bool) {
		for id := range h.all {
			if !yield(id) {
				return
			}
		}
	})
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		for range n {
			if err := h.further(ctx, tx, oneOf(h.rand, ids...), 1); err != nil {
				return err
			}
		}
		return nil
	})
}

// further makes events happen that the table allows, with their money.
func (h *past) further(ctx context.Context, tx *store.Tx, id pay.PaymentID, steps int) error {
	for range steps {
		p, err := tx.Payment(ctx, h.merchant, id)
		if err != nil {
			return err
		}
		var can []pay.Event
		for _, s := range pay.Payments {
			if s.From == p.Status && (s.On != pay.EvPartlyCancelled || p.Left() > 500) {
				can = append(can, s.On)
			}
		}
		if len(can) == 0 {
			return nil
		}
		ev := oneOf(h.rand, can...)
		at := p.StartedAt.Add(time.Duration(h.rand.IntN(3*24*60)) * time.Minute)
		if err := h.money(ctx, tx, p, ev, at); err != nil {
			return err
		}
		if p, err = tx.Payment(ctx, h.merchant, id); err != nil {
			return err
		}
		next, _ := pay.Payments.Next(p.Status, ev)
		switch next {
		case pay.StatusPaid:
			p.PaidAt = at
		case pay.StatusFailed:
			p.FailedAt, p.FailCode = at, oneOf(h.rand, "REJECT", "PAY_PROCESS_CANCELED")
		case pay.StatusPartiallyCancelled, pay.StatusCancelled:
			p.CancelledAt = at
		case pay.StatusAwaitingDeposit:
			p.PaidAt = time.Time{}
		}
		if p, err = tx.StepPayment(ctx, p, ev, "test"); err != nil {
			return err
		}
		h.all[id] = p
	}
	return nil
}

// money is the movement that goes with an event.
func (h *past) money(ctx context.Context, tx *store.Tx, p pay.Payment, ev pay.Event, at time.Time) error {
	m := pay.Movement{Merchant: h.merchant, Payment: p.ID, Key: fmt.Sprintf("m%d", len(h.moved)), Amount: p.Amount.Total.Minor, At: at}
	switch ev {
	case pay.EvApproved, pay.EvApprovedLate:
		m.Kind = pay.MovementApproval
	case pay.EvDeposited:
		m.Kind = pay.MovementDeposit
	case pay.EvDepositReversed:
		m.Kind = pay.MovementDepositReversal
	case pay.EvPartlyCancelled:
		m.Kind, m.Amount = pay.MovementCancel, 500
	case pay.EvFullyCancelled:
		m.Kind, m.Amount = pay.MovementCancel, p.Left()
	default:
		return nil
	}
	h.moved = append(h.moved, m)
	_, err := tx.AddMovement(ctx, m)
	return err
}

// statusAt is when a payment got its status.
func statusAt(p pay.Payment) time.Time {
	switch p.Status {
	case pay.StatusPaid:
		return p.PaidAt
	case pay.StatusPartiallyCancelled, pay.StatusCancelled:
		return p.CancelledAt
	case pay.StatusFailed:
		return p.FailedAt
	}
	return p.StartedAt
}

func charged(p pay.Payment) bool {
	return p.CustomerUsage == "payment" || p.CustomerUsage == "payment.scheduled"
}

// query is any query, but for its page.
func (h *past) query() store.PaymentQuery {
	r := h.rand
	q := store.PaymentQuery{ByRequest: r.IntN(2) == 0, Charged: oneOf(r, store.ChargedAny, store.ChargedAny, store.ChargedBuyer, store.ChargedKey)}
	span := func() time.Time { // of all lengths, whole days and hours among them
		at := noon.Add(-time.Duration(r.IntN(13*24)) * time.Hour)
		return oneOf(r, time.Time{}, at, at.Add(time.Duration(r.IntN(60))*time.Minute), at.Truncate(24*time.Hour).Add(-9*time.Hour))
	}
	if q.From, q.To = span(), span(); !q.To.IsZero() && q.To.Before(q.From) {
		q.From, q.To = q.To, q.From
	}
	q.Modes = oneOf(r, nil, nil, []pay.Mode{pay.ModeLive}, []pay.Mode{pay.ModeTest, pay.ModeSandbox})
	q.Statuses = oneOf(r, nil, nil, []pay.Status{pay.StatusPaid}, []pay.Status{pay.StatusFailed, pay.StatusCancelled})
	q.Methods = oneOf(r, nil, nil, []pay.Method{pay.MethodVbank}, []pay.Method{pay.MethodCard, pay.MethodPhone})
	q.Providers = oneOf(r, nil, nil, []pay.Provider{pay.TossPay})
	q.Channels = oneOf(r, nil, nil, []pay.ChannelKey{"channel-key-2"})
	return q
}

// chosen is the payments of a query, in the order of its list.
func (h *past) chosen(q store.PaymentQuery) []pay.Payment {
	in := func(p pay.Payment, at time.Time) bool {
		return (q.From.IsZero() || !at.Before(q.From)) && (q.To.IsZero() || at.Before(q.To)) &&
			(q.Modes == nil || slices.Contains(q.Modes, p.Mode)) && (q.Statuses == nil || slices.Contains(q.Statuses, p.Status)) &&
			(q.Methods == nil || slices.Contains(q.Methods, p.Method)) && (q.Providers == nil || slices.Contains(q.Providers, p.Provider)) &&
			(q.Channels == nil || slices.Contains(q.Channels, p.Channel)) &&
			(q.Charged == store.ChargedAny || charged(p) == (q.Charged == store.ChargedKey))
	}
	at := statusAt
	if q.ByRequest {
		at = func(p pay.Payment) time.Time { return p.StartedAt }
	}
	var out []pay.Payment
	for _, p := range h.all {
		if in(p, at(p)) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b pay.Payment) int { return -cmp.Or(at(a).Compare(at(b)), cmp.Compare(a.ID, b.ID)) })
	return out
}

// sums is what SumPayments should say.
func sums(all []pay.Payment) store.PaymentSums {
	out, money := store.PaymentSums{Statuses: map[pay.Status]int64{}}, map[pay.Currency]store.MoneySum{}
	for _, p := range all {
		out.Count++
		out.Statuses[p.Status]++
		m := money[p.Amount.Total.Currency]
		m.Currency = p.Amount.Total.Currency
		m.Count++
		sold := p.Status == pay.StatusPaid || p.Status == pay.StatusPartiallyCancelled || p.Status == pay.StatusCancelled
		if sold && !p.PaidAt.IsZero() && p.CustomerUsage != "issue" {
			m.Gross, m.Cancelled = m.Gross+p.Amount.Total.Minor, m.Cancelled+p.Cancelled
		}
		money[m.Currency] = m
	}
	for _, m := range money {
		out.Money = append(out.Money, m)
	}
	slices.SortFunc(out.Money, func(a, b store.MoneySum) int { return cmp.Compare(a.Currency, b.Currency) })
	return out
}
