package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"naru/internal/pay"
	"naru/internal/store"
)

func idsOf(all []pay.Payment) (ids []pay.PaymentID) {
	for _, p := range all {
		ids = append(ids, p.ID)
	}
	return ids
}

func rowIDs(rows []store.PaymentRow) (ids []pay.PaymentID) {
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}

// Whatever is asked for, the pages together are what a person would pick by hand,
// forwards and backwards, and none is of another merchant.
func TestPagesAreWhatWasAskedFor(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h, other := newPast(t, shop, 11), newPast(t, "other", 12)
		h.grow(t, f, 300)
		other.grow(t, f, 60)
		for range 40 {
			q := h.query()
			q.Limit = oneOf(h.rand, 1, 7, 50)
			if q.Limit == 1 {
				q.From = noon.AddDate(0, 0, -1)
			}
			want := idsOf(h.chosen(q))
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				got, last := h.forwards(ctx, t, tx, q)
				if !slices.Equal(got, want) {
					t.Errorf("%+v: %d of %d payments\n%v\n%v", q, len(got), len(want), got, want)
				}
				if back := h.backwards(ctx, t, tx, q, last); !slices.Equal(back, want) {
					t.Errorf("%+v: backwards %d of %d payments", q, len(back), len(want))
				}
				return nil
			})
		}
	})
}

// forwards walks all pages to the last.
func (h *past) forwards(ctx context.Context, t *testing.T, tx *store.Tx, q store.PaymentQuery) (ids []pay.PaymentID, last store.PaymentPage) {
	for {
		page, err := tx.ListPayments(ctx, h.merchant, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Rows) > q.Limit || page.Stopped {
			t.Errorf("%+v: %d rows, stopped %v", q, len(page.Rows), page.Stopped)
		}
		ids, last = append(ids, rowIDs(page.Rows)...), page
		if page.Next.IsZero() {
			return ids, last
		}
		q.After = page.Next
	}
}

// backwards walks all pages from the last to the first.
func (h *past) backwards(ctx context.Context, t *testing.T, tx *store.Tx, q store.PaymentQuery, page store.PaymentPage) []pay.PaymentID {
	ids := rowIDs(page.Rows)
	for !page.Previous.IsZero() {
		q.Before = page.Previous
		var err error
		if page, err = tx.ListPayments(ctx, h.merchant, q); err != nil {
			t.Fatal(err)
		}
		ids = append(rowIDs(page.Rows), ids...)
	}
	return ids
}

func TestARowShowsWhatItsPaymentIs(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := payment("imp_1", "order-1")
		p.Buyer, p.CustomerUsage = pay.Buyer{Name: "홍길동"}, "payment"
		p.Details = pay.Details{EasyPay: "naverpay", Months: 3, Card: &pay.Card{Issuer: "366", Number: "4321****"}}
		f.inserted(t, p, pay.EvApproved)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			page, err := tx.ListPayments(ctx, shop, store.PaymentQuery{})
			want := store.PaymentRow{ID: "imp_1", MerchantUID: "order-1", Name: p.Name, Status: pay.StatusPaid, Method: pay.MethodCard,
				Provider: pay.TossPayments, MID: "mid", Mode: pay.ModeSandbox, Channel: "channel-key-1", Source: pay.SourceWindow, Charged: true,
				Amount: pay.Won(1000), BuyerName: "홍길동", EasyPay: "naverpay", CardIssuer: "366", Months: 3,
				StatusAt: noon, StartedAt: noon, PaidAt: noon}
			return equal(t, []store.PaymentRow{want})(page.Rows, err)
		})
	})
}

// A page that would have to look at too many says where to go on, and nothing is
// lost by it.
func TestAPageThatIsHardToFillGoesOn(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h := newPast(t, shop, 13)
		h.grow(t, f, 200)
		q := store.PaymentQuery{Methods: []pay.Method{pay.MethodPhone}, Limit: 30}
		want, stops := idsOf(h.chosen(q)), 0
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			var got []pay.PaymentID
			for {
				page, err := tx.ListAmong(ctx, shop, q, 35, 0)
				if err != nil {
					return err
				}
				if got = append(got, rowIDs(page.Rows)...); page.Next.IsZero() {
					break
				}
				if page.Stopped {
					stops++
				}
				q.After = page.Next
			}
			if !slices.Equal(got, want) || stops < 3 {
				t.Errorf("%d of %d payments, %d stops", len(got), len(want), stops)
			}
			return nil
		})
	})
}

func TestQueriesThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	c := store.Cursor{At: noon, ID: "imp_1"}
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		for name, q := range map[string]store.PaymentQuery{
			"limit 501": {Limit: 501}, "limit -1": {Limit: -1}, "give one of them": {After: c, Before: c},
			`charged "x"`: {Charged: "x"}, `field "x"`: {Field: "x"},
		} {
			if _, err := tx.ListPayments(ctx, shop, q); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		return nil
	})
	for _, text := range []string{"x", ".a", "!.a", "-1.a", "z."} {
		if _, err := store.ParseCursor(text); err == nil {
			t.Errorf("cursor %q is read", text)
		}
	}
	if got, err := store.ParseCursor(c.String()); err != nil || got != c {
		t.Errorf("%v became %v (%v)", c, got, err)
	}
}

func TestExportIsEveryPaymentOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h, other := newPast(t, shop, 14), newPast(t, "other", 15)
		h.grow(t, f, 700)
		other.grow(t, f, 20)
		for _, q := range []store.PaymentQuery{{}, {Methods: []pay.Method{pay.MethodVbank}, ByRequest: true}, {To: noon.AddDate(0, 0, -99)}} {
			var got []pay.PaymentID
			err := f.EachPayment(t.Context(), shop, q, func(p pay.Payment) error {
				got = append(got, p.ID)
				if p.Buyer != h.all[p.ID].Buyer {
					t.Errorf("%s is not whole", p.ID)
				}
				return nil
			})
			if want := idsOf(h.chosen(q)); err != nil || !slices.Equal(got, want) {
				t.Errorf("%+v: %d of %d payments (%v)", q, len(got), len(want), err)
			}
		}
	})
}
