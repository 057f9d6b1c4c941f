package chaos_test

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"naru/internal/pay"
	"naru/internal/store"
)

// entry is money that moved. The amount is never below zero.
type entry struct {
	kind   string // approval, deposit, reversal, cancel
	amount int64
}

// ledger is what the providers say moved, by our order id there.
func (s *stage) ledger() map[string][]entry {
	s.t.Helper()
	var cards []struct {
		OrderID, Kind string
		Amount        int64
	}
	var wallet []struct {
		OrderNo, Kind string
		Amount        int64
	}
	s.must(s.control(http.MethodGet, "tosspayments/ledger", nil, &cards))
	s.must(s.control(http.MethodGet, "tosspay/ledger", nil, &wallet))
	out := map[string][]entry{}
	for _, m := range cards {
		out[m.OrderID] = append(out[m.OrderID], entry{m.Kind, max(m.Amount, -m.Amount)})
	}
	for _, m := range wallet {
		out[m.OrderNo] = append(out[m.OrderNo], entry{m.Kind, m.Amount})
	}
	return out
}

func sorted(all []entry) []entry {
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b entry) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.amount, b.amount)) })
	return out
}

// in is how often money came in, and back what went back.
func in(all []entry) (times int, amount, back int64) {
	for _, e := range all {
		switch e.kind {
		case "approval", "deposit":
			times++
			amount += e.amount
		default:
			back += e.amount
		}
	}
	return times, amount, back
}

// booked is one payment on the books with all that hangs on it.
type booked struct {
	pay.Payment
	moves      []pay.Movement
	steps      []store.StepRow
	open       []pay.Attempt
	deliveries []store.Delivery
}

func (b *booked) entries() (out []entry) {
	for _, m := range b.moves {
		kind := string(m.Kind)
		if m.Kind == pay.MovementDepositReversal {
			kind = "reversal"
		}
		out = append(out, entry{kind, m.Amount})
	}
	return out
}

// readBooks is every payment of the shop.
func (s *stage) readBooks() (out []*booked) {
	s.t.Helper()
	ctx := context.Background()
	s.must(s.books.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.FindPayments(ctx, s.seller, store.PaymentFilter{Sort: "started"})
		if err != nil {
			return err
		}
		out = nil
		for _, p := range all {
			b := &booked{Payment: p}
			if b.moves, err = tx.Movements(ctx, s.seller, p.ID); err != nil {
				return err
			}
			if b.steps, err = tx.Steps(ctx, s.seller, p.ID); err != nil {
				return err
			}
			if b.open, err = tx.OpenAttempts(ctx, s.seller, p.ID); err != nil {
				return err
			}
			if b.deliveries, err = tx.ListDeliveries(ctx, s.seller, p.ID); err != nil {
				return err
			}
			out = append(out, b)
		}
		return nil
	}))
	return out
}
