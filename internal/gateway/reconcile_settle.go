package gateway

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// settle records the settlement lines of a day of sale and compares each with the
// movement that it is for.
func (r *reconciliation) settle(ctx context.Context, sold time.Time, lines iter.Seq2[connector.SettlementLine, error]) error {
	err := batched(lines, verifyPage, func(some []connector.SettlementLine) error {
		if err := r.ours(ctx, len(some), func(i int) *pay.Ref { return &some[i].Ref }); err != nil {
			return err
		}
		var differ []store.Settlement
		var should []int64
		err := r.g.store.Write(ctx, func(tx *store.Tx) (err error) {
			differ, should, err = r.put(ctx, tx, some)
			return err
		})
		for i, s := range differ {
			r.add(FindSettledAmount, dayOf(sold), s.Payment, s.Key, fmt.Sprintf("%d settled for movement %s", should[i], s.Movement), fmt.Sprint(s.Gross))
		}
		r.Settled += len(some)
		return err
	})
	if err == nil {
		r.examined = append(r.examined, examined{dayOf(sold), settledKinds})
	}
	return err
}

// put records some lines, and gives those of another amount than their movement
// with what it should be.
func (r *reconciliation) put(ctx context.Context, tx *store.Tx, lines []connector.SettlementLine) (differ []store.Settlement, should []int64, err error) {
	ids := make([]pay.PaymentID, len(lines))
	for i, l := range lines {
		ids[i] = pay.PaymentID(l.Ref.Order)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	owners, err := tx.OwnersOf(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	all, err := tx.MovementsOf(ctx, r.ch.Merchant, ids)
	if err != nil {
		return nil, nil, err
	}
	moved := map[pay.PaymentID][]pay.Movement{}
	for _, mv := range all {
		moved[mv.Payment] = append(moved[mv.Payment], mv)
	}
	for _, l := range lines {
		id := pay.PaymentID(l.Ref.Order)
		if owner, known := owners[id]; known && owner != r.ch.Merchant {
			continue
		} else if !known {
			id = ""
		}
		s, amount := r.settled(l, id, moved[id])
		if err := tx.PutSettlement(ctx, s); err != nil {
			return nil, nil, err
		}
		if s.Movement != "" && s.Gross != amount {
			differ, should = append(differ, s), append(should, amount)
		}
	}
	return differ, should, nil
}

// settled is a line as it is recorded, and the amount that its movement has from
// the merchant's side. A line whose movement is a cancel is one, whatever its
// signs are.
func (r *reconciliation) settled(l connector.SettlementLine, id pay.PaymentID, moved []pay.Movement) (store.Settlement, int64) {
	s := store.Settlement{
		Merchant: r.ch.Merchant, Channel: r.ch.Key, Key: l.Key, Payment: id, Kind: l.Kind, Order: l.Ref.Order,
		Gross: l.Gross, Fee: l.Fee, VAT: l.VAT, Net: l.Net, SoldOn: l.SoldOn, PaidOn: l.PaidOn,
	}
	mv := named(moved, l.Key, l.Movement)
	if mv == nil {
		mv = onlyOf(moved, l.Kind, max(l.Gross, -l.Gross))
	}
	if mv == nil {
		return s, 0
	}
	s.Movement, s.Kind = mv.Key, mv.Kind
	if mv.Kind != pay.MovementCancel {
		return s, mv.Amount
	}
	if s.Gross > 0 {
		s.Gross, s.Fee, s.VAT, s.Net = -s.Gross, -s.Fee, -s.VAT, -s.Net
	}
	return s, -mv.Amount
}

// onlyOf is the one movement of an amount that may be meant, where no name tells:
// a deposit, whose key holds a time that lists may write otherwise.
func onlyOf(moved []pay.Movement, kind pay.MovementKind, amount int64) *pay.Movement {
	var found *pay.Movement
	for i, mv := range moved {
		if mv.Kind != pay.MovementDeposit || kind == pay.MovementCancel || mv.Amount != amount || isReversed(mv, moved) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &moved[i]
	}
	return found
}

// late: of a day of which something was settled, all is.
func (r *reconciliation) late(ctx context.Context) error {
	var moved []pay.Movement
	settled, lacking := 0, []pay.Movement{}
	flush := func() error {
		ids := make([]pay.PaymentID, len(moved))
		for i, mv := range moved {
			ids[i] = mv.Payment
		}
		slices.Sort(ids)
		var lines []store.Settlement
		err := r.g.store.Read(ctx, func(tx *store.Tx) (err error) {
			lines, err = tx.SettledOf(ctx, r.ch.Merchant, slices.Compact(ids))
			return err
		})
		for _, mv := range moved {
			if slices.ContainsFunc(lines, func(s store.Settlement) bool { return s.Payment == mv.Payment && s.Movement == mv.Key }) {
				settled++
			} else if len(lacking) < mostApart {
				lacking = append(lacking, mv)
			}
		}
		moved = moved[:0]
		return err
	}
	var flushErr error
	err := r.day(ctx, func(mv pay.Movement) {
		if moved = append(moved, mv); len(moved) == verifyPage && flushErr == nil {
			flushErr = flush()
		}
	})
	if err == nil {
		err = flushErr
	}
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	r.examined = append(r.examined, examined{r.Day, lateKinds})
	if settled == 0 { // nothing was recorded of this day, or the mode settles nothing
		return nil
	}
	for _, mv := range lacking {
		r.add(FindSettlementLacks, r.Day, mv.Payment, mv.Key, fmt.Sprintf("%s of %d settled within %d days", mv.Kind, mv.Amount, settledBy), "no settlement of it")
	}
	return nil
}
