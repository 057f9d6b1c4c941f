package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// What a search finds is what a filter by hand finds, whether it is looked up or
// looked for along the list, and never another merchant's.
func TestSearchesFindWhatBeginsSo(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h, other := newPast(t, shop, 41), newPast(t, "other", 42)
		h.grow(t, f, 250)
		other.grow(t, f, 80)
		f.follow(t, shop, toTheEnd)
		f.follow(t, "other", toTheEnd)
		for range 40 {
			q := h.query()
			q.Limit, q.Search, q.Field = oneOf(h.rand, 3, 50), oneOf(h.rand, "김", "김하나", "이", "010-0000-1", "0100000", "IMP_SHOP_00", "imp_other_", "둘"), ""
			if h.rand.IntN(3) == 0 {
				q.Field = oneOf(h.rand, store.FieldBuyerName, store.FieldBuyerTel)
			}
			want := slices.DeleteFunc(h.chosen(q), func(p pay.Payment) bool { return !begins(p, q) })
			rare := oneOf(h.rand, 0, 20, 1000)
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				got := h.until(ctx, t, tx, q, rare)
				if !slices.Equal(got, idsOf(want)) {
					t.Errorf("%+v, rare %d: %d of %d payments", q, rare, len(got), len(want))
				}
				return equal(t, sums(want))(tx.SumAmong(ctx, shop, q, 1000, rare))
			})
		}
	})
}

// begins tells whether a payment has a term as byName makes them.
func begins(p pay.Payment, q store.PaymentQuery) bool {
	name := strings.HasPrefix(p.Buyer.Name, q.Search)
	number := strings.HasPrefix(strings.ReplaceAll(p.Buyer.Tel, "-", ""), strings.ReplaceAll(q.Search, "-", "")) && q.Search[0] == '0'
	switch q.Field {
	case store.FieldBuyerName:
		return name
	case store.FieldBuyerTel:
		return number
	}
	return name || number || strings.HasPrefix(string(p.ID), strings.ToLower(q.Search))
}

// until reads pages until there is none, also those that stop before they are full.
func (h *past) until(ctx context.Context, t *testing.T, tx *store.Tx, q store.PaymentQuery, rare int) (ids []pay.PaymentID) {
	for {
		page, err := tx.ListAmong(ctx, h.merchant, q, 60, rare)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, rowIDs(page.Rows)...)
		if page.Next.IsZero() {
			return ids
		}
		q.After = page.Next
	}
}

// Sums of a search that finds much say that they are not of all.
func TestSumsOfABroadSearchSaySo(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h := newPast(t, shop, 43)
		h.grow(t, f, 120)
		f.follow(t, shop, toTheEnd)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			s, err := tx.SumAmong(ctx, shop, store.PaymentQuery{Search: "imp_"}, 50, 10)
			if s.Count != 50 || !s.Capped {
				t.Errorf("broad: %+v", s)
			}
			if err == nil {
				s, err = tx.SumAmong(ctx, shop, store.PaymentQuery{Search: "imp_"}, 200, 10)
			}
			if s.Count != 120 || s.Capped {
				t.Errorf("whole: %+v", s)
			}
			return err
		})
	})
}

// A payment that changes is found by what it is now, and by nothing else.
func TestTermsAreReplaced(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := payment("imp_1", "order-1")
		p.Buyer = pay.Buyer{Name: "김하나", Tel: "010-1111-2222"}
		f.insert(t, p)
		f.follow(t, shop, toTheEnd)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			p, err := tx.Payment(ctx, shop, "imp_1")
			p.Buyer.Name = "Kim Hana"
			if err == nil {
				_, err = tx.UpdatePayment(ctx, p)
			}
			return err
		})
		f.follow(t, shop, toTheEnd)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			for text, want := range map[string]int{"김하나": 0, "KIM": 1, "01011112222": 1, "hana": 0} {
				page, err := tx.ListPayments(ctx, shop, store.PaymentQuery{Search: text})
				if err != nil || len(page.Rows) != want {
					t.Errorf("%q: %d rows (%v)", text, len(page.Rows), err)
				}
			}
			kept, err := tx.Strings(ctx, `SELECT field FROM search_terms ORDER BY field`)
			return equal(t, []string{"buyer_name", "buyer_tel", "imp_uid"})(kept, err)
		})
	})
}

// Erasing takes the terms of a person with it at once, and a follower that had read
// the payment before does not put them back.
func TestErasedTermsStayAway(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := payment("imp_1", "order-1")
		p.Buyer = pay.Buyer{Name: "표식이름", Tel: "010-8642-9753"}
		f.insert(t, p)
		f.follow(t, shop, toTheEnd)
		f.clock.Add(time.Second)
		f.step(t, "imp_1", pay.EvApproved)
		erase := func() {
			f.write(t, func(ctx context.Context, tx *store.Tx) error {
				same := func(s string) string { return s }
				_, err := tx.ErasePayment(ctx, shop, "imp_1", store.Eraser{Text: same, Address: same})
				return err
			})
		}
		_, err := f.Follow(t.Context(), shop, store.Cursor{}, store.FollowBatch, func(s store.Subject) []store.Term {
			erase() // while this node has it in its hands
			return byName(s)
		})
		if !store.IsFollowedElsewhere(err) {
			t.Errorf("it was written all the same: %v", err)
		}
		gone := func() {
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				kept, err := tx.Strings(ctx, `SELECT field FROM search_terms`)
				texts, err2 := tx.Strings(ctx, `SELECT terms FROM followed_payments`)
				return all(equal(t, []string{"imp_uid"})(kept, err), equal(t, []string{"imp_uid\timp_1\n"})(texts, err2))
			})
		}
		gone()
		if n := f.follow(t, shop, toTheEnd); n != 1 {
			t.Errorf("%d payments were followed", n)
		}
		gone()
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			s, err := tx.SumPayments(ctx, shop, store.PaymentQuery{})
			return equal(t, map[pay.Status]int64{pay.StatusPaid: 1})(s.Statuses, err)
		})
	})
}

func TestTextsAreComparedAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  Hong   GIL ": "hong gil", "\u1112\u1169\u11bc": "홍", "": "", "a\tb\nc": "a b c", "\xff": "\uFFFD", strings.Repeat("가", 50): strings.Repeat("가", 32),
	} {
		if got := store.Normalise(text); got != want {
			t.Errorf("%q is compared as %q", text, got)
		}
	}
	for text, want := range map[string]string{"+82 10-1234-5678": "01012345678", "+82-010-1": "0101", "(02) 123": "02123", "홍": ""} {
		if got := store.Digits(text); got != want {
			t.Errorf("the digits of %q are %q", text, got)
		}
	}
}
