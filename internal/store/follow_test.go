package store_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// byName is what tests search by.
func byName(s store.Subject) []store.Term {
	return []store.Term{{Field: store.FieldPayment, Text: store.Normalise(string(s.ID))}, {Field: store.FieldBuyerName, Text: store.Normalise(s.Buyer.Name)},
		{Field: store.FieldBuyerTel, Text: store.Digits(s.Buyer.Tel)}, {Field: store.FieldReason, Text: store.Normalise(s.CancelReason)}}
}

// follow follows a merchant's books, at most so many steps, and tells how many
// payments were derived.
func (f fixture) follow(t testing.TB, m pay.MerchantID, steps int) (n int) {
	t.Helper()
	var next store.Cursor
	for range steps {
		done, err := f.Follow(t.Context(), m, next, store.FollowBatch, byName)
		if err != nil {
			t.Fatal(err)
		}
		if n, next = n+done.Payments, done.Next; !done.More {
			break
		}
	}
	return n
}

const toTheEnd = 1000

// Sums are what counting the payments would give, at any moment: before anything was
// followed, after some was, and while payments change in between.
func TestSumsAreRightAtAnyMoment(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h, other := newPast(t, shop, 31), newPast(t, "other", 32)
		other.grow(t, f, 40)
		f.follow(t, "other", toTheEnd)
		for round := range 12 {
			h.grow(t, f, h.rand.IntN(60))
			f.clock.Add(time.Duration(h.rand.IntN(90)) * time.Second)
			if len(h.all) > 0 {
				h.change(t, f, h.rand.IntN(40))
			}
			for range 8 {
				q := h.query()
				f.read(t, func(ctx context.Context, tx *store.Tx) error {
					return equal(t, sums(h.chosen(q)))(tx.SumPayments(ctx, shop, q))
				})
			}
			h.checkDays(t, f)
			if t.Failed() {
				t.Fatalf("round %d", round)
			}
			f.follow(t, shop, h.rand.IntN(3))
		}
		f.follow(t, shop, toTheEnd)
		h.checkDays(t, f)
		if n := f.follow(t, shop, toTheEnd); n != 0 {
			t.Errorf("%d payments were derived again though none changed", n)
		}
	})
}

// checkDays holds the figures of days against the movements and payments.
func (h *past) checkDays(t *testing.T, f fixture) {
	t.Helper()
	q := store.DailyQuery{From: store.DayOf(noon.AddDate(0, 0, -h.rand.IntN(15))), To: store.DayOf(noon.AddDate(0, 0, 3))}
	q.Modes = oneOf(h.rand, nil, []pay.Mode{pay.ModeLive, pay.ModeTest})
	q.Methods = oneOf(h.rand, nil, []pay.Method{pay.MethodCard})
	in := func(d store.Day, p pay.Payment) bool {
		return d >= q.From && d <= q.To && (q.Modes == nil || slices.Contains(q.Modes, p.Mode)) && (q.Methods == nil || slices.Contains(q.Methods, p.Method))
	}
	sales, outcomes, reasons := map[store.SalesRow]store.SalesRow{}, map[store.OutcomeRow]store.OutcomeRow{}, map[string]int64{}
	for _, m := range h.moved {
		p, d := h.all[m.Payment], store.DayOf(m.At)
		if !in(d, p) {
			continue
		}
		k := store.SalesRow{Day: d, Mode: p.Mode, Provider: p.Provider, Method: p.Method, Currency: p.Amount.Total.Currency}
		r, ok := sales[k]
		if !ok {
			r = k
		}
		switch m.Kind {
		case pay.MovementCancel:
			r.Cancels, r.Cancelled = r.Cancels+1, r.Cancelled+m.Amount
		case pay.MovementDepositReversal:
			r.Reversals, r.Reversed = r.Reversals+1, r.Reversed+m.Amount
		default:
			r.Approvals, r.Sales = r.Approvals+1, r.Sales+m.Amount
		}
		sales[k] = r
	}
	for _, p := range h.all {
		if p.CustomerUsage == "issue" || p.PaidAt.IsZero() && p.Status != pay.StatusFailed {
			continue
		}
		at := p.PaidAt
		if at.IsZero() {
			at = p.FailedAt
		}
		if !in(store.DayOf(at), p) {
			continue
		}
		k := store.OutcomeRow{Day: store.DayOf(at), Mode: p.Mode, Provider: p.Provider, Method: p.Method}
		r, ok := outcomes[k]
		if !ok {
			r = k
		}
		if p.PaidAt.IsZero() {
			r.Failed++
			reasons[p.FailCode]++
		} else {
			r.Succeeded++
		}
		outcomes[k] = r
	}
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		gotSales, err := tx.DailySales(ctx, shop, q)
		gotOutcomes, err2 := tx.DailyOutcomes(ctx, shop, q)
		gotReasons, err3 := tx.DeclineReasons(ctx, shop, q, 10)
		got := map[string]int64{}
		for i, r := range gotReasons {
			if got[r.Code] = r.Count; i > 0 && r.Count > gotReasons[i-1].Count {
				t.Errorf("reasons are not the most frequent first: %+v", gotReasons)
			}
		}
		return all(equal(t, sorted(sales, func(r store.SalesRow) string {
			return string(r.Day) + string(r.Mode) + string(r.Provider) + " " + string(r.Method) + " " + string(r.Currency)
		}))(gotSales, err), equal(t, sorted(outcomes, func(r store.OutcomeRow) string {
			return string(r.Day) + string(r.Mode) + string(r.Provider) + " " + string(r.Method)
		}))(gotOutcomes, err2), equal(t, reasons)(got, err3))
	})
}

func sorted[T comparable](rows map[T]T, key func(T) string) []T {
	out := make([]T, 0, len(rows))
	for _, r := range rows {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return out
}

// Two nodes that follow the same books at once count nothing twice.
func TestManyMayFollowAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h := newPast(t, shop, 33)
		h.grow(t, f, 400)
		together(4, func(int) {
			var next store.Cursor
			for more := true; more; {
				done, err := f.Follow(t.Context(), shop, next, store.FollowBatch, byName)
				if store.IsFollowedElsewhere(err) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				next, more = done.Next, done.More
			}
		})
		f.follow(t, shop, toTheEnd)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			s, err := tx.SumPayments(ctx, shop, store.PaymentQuery{})
			return equal(t, sums(h.chosen(store.PaymentQuery{})))(s, err)
		})
		h.checkDays(t, f)
	})
}

// A change that became visible late, as of a transaction that took long, is seen.
func TestALateCommitIsFollowed(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order-1"))
		f.follow(t, shop, toTheEnd)
		f.clock.Add(-40 * time.Second) // another node's transaction that began before
		f.insert(t, payment("imp_2", "order-2"))
		f.clock.Add(40 * time.Second)
		if n := f.follow(t, shop, toTheEnd); n != 1 {
			t.Errorf("%d payments were derived", n)
		}
	})
}

// What hangs on a payment changes what it is found by, though the payment stays.
func TestAReceiptIsFollowed(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.inserted(t, payment("imp_1", "order-1"), pay.EvApproved)
		f.follow(t, shop, toTheEnd)
		f.clock.Add(time.Hour)
		f.insert(t, payment("imp_2", "order-2"))
		f.follow(t, shop, toTheEnd)
		f.asked(t, receipt("r1", "imp_1", "order-1"), pay.EvReceiptIssued)
		var seen []pay.ReceiptID
		if _, err := f.Follow(t.Context(), shop, store.Cursor{}, store.FollowBatch, func(s store.Subject) []store.Term {
			for _, r := range s.Receipts {
				seen = append(seen, r.ID)
			}
			return byName(s)
		}); err != nil || !slices.Equal(seen, []pay.ReceiptID{"r1"}) {
			t.Errorf("receipts %q (%v)", seen, err)
		}
		if n := f.follow(t, shop, toTheEnd); n != 0 {
			t.Errorf("%d payments were derived again", n)
		}
	})
}

// Where nothing changes, nothing is written, but once that all is quiet.
func TestFollowingIdleBooksWritesNothing(t *testing.T) {
	t.Parallel()
	var writes atomic.Int64
	c := &clock{now: noon}
	s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{Now: c.Now, Begin: pgtest.Migrated(t), Watch: &store.Watch{Committed: func(int) { writes.Add(1) }}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	f := fixture{Store: s, clock: c}
	f.insert(t, payment("imp_1", "order-1"))
	for i, want := range []int64{2, 2, 2, 3, 3} {
		if f.follow(t, shop, toTheEnd); writes.Load() != want {
			t.Errorf("time %d: %d transactions", i, writes.Load())
		}
		c.Add(time.Duration(i) * time.Minute)
	}
	f.insert(t, payment("imp_2", "order-2"))
	if n := f.follow(t, shop, toTheEnd); n != 1 {
		t.Errorf("%d payments were followed after the quiet", n)
	}
	for i := range 499 { // a full page of changes at one instant
		f.insert(t, payment(numbered[pay.PaymentID]("imp_more", i), numbered[pay.MerchantUID]("more", i)))
	}
	f.follow(t, shop, toTheEnd)
	c.Add(time.Hour)
	f.follow(t, shop, toTheEnd)
	before := writes.Load()
	f.follow(t, shop, toTheEnd)
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		seen, err := tx.Strings(ctx, `SELECT CAST(seen AS TEXT) FROM follows`)
		return all(equal(t, []string{fmt.Sprint(c.Now().UnixMicro())})(seen, err), equal(t, before)(writes.Load(), nil))
	})
}
