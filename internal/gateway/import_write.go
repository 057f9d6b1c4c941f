package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// verdicts on a batch against the books.
type sorted struct {
	fresh   []arrival
	same    int
	differs [][]ImportProblem
	refused [][]ImportProblem
}

// settle decides about a batch, and writes what is new in one transaction.
func (im *importing) settle(ctx context.Context, batch []arrival) error {
	if len(batch) == 0 {
		return nil
	}
	var got sorted
	look := func(tx *store.Tx) (err error) {
		got, err = im.sort(ctx, tx, batch)
		return err
	}
	if im.o.DryRun || im.o.Ask {
		if err := im.g.store.Read(ctx, look); err != nil {
			return err
		}
	}
	if im.o.Ask {
		var err error
		if batch, err = im.askAll(ctx, batch, got); err != nil {
			return err
		}
		if im.o.DryRun {
			if err := im.g.store.Read(ctx, look); err != nil {
				return err
			}
		}
	}
	if !im.o.DryRun {
		if err := im.write(ctx, &batch, &got); err != nil {
			return err
		}
	}
	im.report.Same += got.same
	for _, bad := range got.differs {
		im.differs(bad...)
	}
	for _, bad := range got.refused {
		im.refuse(bad...)
	}
	for _, a := range got.fresh {
		im.report.New++
		im.report.sum(a.p)
	}
	return nil
}

// refusedRow ends a transaction because of one row, which is left out of the next try.
type refusedRow struct {
	line    int
	problem ImportProblem
}

func (r *refusedRow) Error() string { return r.problem.Error() }

func (im *importing) write(ctx context.Context, batch *[]arrival, got *sorted) error {
	began := time.Now() // the machine's own time
	defer func() { rest(ctx, min(time.Since(began), importRest)) }()
	for {
		err := im.g.store.Write(ctx, func(tx *store.Tx) (err error) {
			if *got, err = im.sort(ctx, tx, *batch); err != nil {
				return err
			}
			for _, a := range got.fresh {
				if err := im.g.takeOver(ctx, tx, a); err != nil {
					return err
				}
			}
			return nil
		})
		row, ok := errors.AsType[*refusedRow](err)
		if !ok {
			return err
		}
		im.refuse(row.problem)
		*batch = slices.DeleteFunc(*batch, func(a arrival) bool { return a.line == row.line })
	}
}

// takeOver writes one payment. No job and no message follows from it, but that an
// account that waits for its deposit is looked after as any other.
func (g *Gateway) takeOver(ctx context.Context, tx *store.Tx, a arrival) error {
	p := a.p
	no := func(field, value, allowed string) error {
		return &refusedRow{a.line, ImportProblem{Line: a.line, ID: string(p.ID), Field: field, Value: value, Allowed: allowed}}
	}
	if usesOrder(p.Status) {
		err := tx.ReserveUnused(ctx, p.Merchant, p.MerchantUID, p.ID)
		if errors.Is(err, store.ErrReserved) {
			return no("merchant_uid", string(p.MerchantUID), "an order number that nothing else has paid")
		}
		if err != nil {
			return err
		}
	}
	for i := range a.moved {
		if a.moved[i].Kind == pay.MovementCancel && a.moved[i].CancelID == "" {
			a.moved[i].CancelID = g.newUUID()
		}
	}
	err := tx.InsertImported(ctx, p, a.steps, a.moved)
	switch {
	case errors.Is(err, store.ErrExists):
		return no("imp_uid", string(p.ID), "an id that is not taken")
	case errors.Is(err, store.ErrPaidTwice):
		return no("merchant_uid", string(p.MerchantUID), "an order number that nothing else has paid")
	case err != nil:
		return err
	}
	if p.Status == pay.StatusAwaitingDeposit && p.Details.Account != nil && tx.Now.Before(p.Details.Account.Due.Add(lookFor)) {
		return tx.Enqueue(ctx, p.Merchant, JobSync, string(p.ID), syncArg{p.Merchant}, nextLook(p, tx.Now))
	}
	return nil
}

// sort holds a batch against the books.
func (im *importing) sort(ctx context.Context, tx *store.Tx, batch []arrival) (out sorted, err error) {
	ids, uids := make([]pay.PaymentID, len(batch)), make([]pay.MerchantUID, len(batch))
	var keys []string
	for i, a := range batch {
		if ids[i], uids[i] = a.p.ID, a.p.MerchantUID; a.p.Ref.Key != "" {
			keys = append(keys, a.p.Ref.Key)
		}
	}
	owners, err := tx.OwnersOf(ctx, ids)
	if err != nil {
		return out, err
	}
	have, err := paymentsByID(ctx, tx, im.o.Merchant, ids)
	if err != nil {
		return out, err
	}
	slices.Sort(uids)
	used, err := tx.UsedOrders(ctx, im.o.Merchant, slices.Compact(uids))
	if err != nil {
		return out, err
	}
	slices.Sort(keys)
	theirs, err := tx.PaymentsByKey(ctx, im.o.Merchant, slices.Compact(keys))
	if err != nil {
		return out, err
	}
	for _, a := range batch {
		bad := ImportProblem{Line: a.line, ID: string(a.p.ID)}
		was, there := have[a.p.ID]
		owner, taken := owners[a.p.ID]
		switch {
		case there:
			if d := differing(a, was); len(d) > 0 {
				out.differs = append(out.differs, d)
			} else {
				out.same++
			}
		case taken && owner != im.o.Merchant:
			bad.Field, bad.Value, bad.Allowed = "imp_uid", string(a.p.ID), "an id that is not taken: it belongs to another merchant here"
			out.refused = append(out.refused, []ImportProblem{bad})
		case theirs[a.p.Ref.Key] != "":
			bad.Field, bad.Value = "pg_tid", a.p.Ref.Key
			bad.Allowed = fmt.Sprintf("a key that no payment of the books has: %s has it", theirs[a.p.Ref.Key])
			out.refused = append(out.refused, []ImportProblem{bad})
		case usesOrder(a.p.Status) && slices.Contains(used, a.p.MerchantUID):
			bad.Field, bad.Value, bad.Allowed = "merchant_uid", string(a.p.MerchantUID), "an order number that nothing else on the books has paid"
			out.refused = append(out.refused, []ImportProblem{bad})
		default:
			out.fresh = append(out.fresh, a)
		}
	}
	return out, nil
}

// differing is where a payment on the books says otherwise than a row. What the row
// does not tell is not compared.
func differing(a arrival, was pay.Payment) (out []ImportProblem) {
	p := a.p
	for _, f := range []struct {
		field      string
		file, have string
		told       bool
	}{
		{"merchant_uid", string(p.MerchantUID), string(was.MerchantUID), true},
		{"status", string(p.Status), string(was.Status), true},
		{"amount", fmt.Sprint(p.Amount.Total.Minor), fmt.Sprint(was.Amount.Total.Minor), true},
		{"cancel_amount", fmt.Sprint(p.Cancelled), fmt.Sprint(was.Cancelled), true},
		{"pg_provider", string(p.Provider), string(was.Provider), true},
		{"pg_id", p.MID, was.MID, true},
		{"pg_tid", p.Ref.Key, was.Ref.Key, p.Ref.Key != ""},
		{"paid_at", second(p.PaidAt), second(was.PaidAt), !p.PaidAt.IsZero()},
		{"cancelled_at", second(p.CancelledAt), second(was.CancelledAt), !p.CancelledAt.IsZero()},
	} {
		if f.told && f.file != f.have {
			out = append(out, ImportProblem{Line: a.line, ID: string(p.ID), Field: f.field, Value: f.file, Allowed: "the books have " + f.have + ", which stays"})
		}
	}
	return out
}

func second(at time.Time) string {
	if at.IsZero() {
		return "none"
	}
	return at.In(kst()).Format(time.DateTime)
}
