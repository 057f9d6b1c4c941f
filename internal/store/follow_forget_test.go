package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// forget forgets the terms of the shop in batches of a few, and then everything.
func (f fixture) forget(t *testing.T, most int) {
	t.Helper()
	for more := true; more; {
		f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			more, err = tx.ForgetSomeTerms(ctx, shop, most)
			return err
		})
	}
	if err := f.ForgetFollowed(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
}

// What was forgotten is derived anew: sums are right at once and all the while, and
// what is found is what was found before. Other merchants' is not touched.
func TestWhatIsForgottenIsDerivedAnew(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h, other := newPast(t, shop, 61), newPast(t, "other", 62)
		h.grow(t, f, 150)
		other.grow(t, f, 20)
		f.follow(t, "other", toTheEnd)
		f.follow(t, shop, toTheEnd)
		q := store.PaymentQuery{Search: "김하나", Field: store.FieldBuyerName, Limit: 500}
		found := func() (ids []pay.PaymentID) {
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				page, err := tx.ListPayments(ctx, shop, q)
				ids = rowIDs(page.Rows)
				return err
			})
			return ids
		}
		right := func() {
			t.Helper()
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				return equal(t, sums(h.chosen(store.PaymentQuery{})))(tx.SumPayments(ctx, shop, store.PaymentQuery{}))
			})
			h.checkDays(t, f)
		}
		before := found()
		f.write(t, func(ctx context.Context, tx *store.Tx) error { // what nobody would find out from the payments' versions
			_, err := tx.Exec(ctx, `UPDATE payment_sums SET lines = '' WHERE merchant = $1`, shop)
			return err
		})
		f.forget(t, 70)
		right()
		if got := found(); len(got) != 0 {
			t.Errorf("it still finds %q", got)
		}
		f.follow(t, shop, 1)
		right()
		if n := f.follow(t, shop, toTheEnd); n == 0 || n >= 150 {
			t.Errorf("%d payments were derived after a first step", n)
		}
		right()
		if err := equal(t, before)(found(), nil); err != nil {
			t.Error(err)
		}
		if n := f.follow(t, "other", toTheEnd); n != 0 {
			t.Errorf("%d payments of another merchant were derived again", n)
		}
	})
}

// What a node has in its hands while all is forgotten is not written, also where the
// number of the merchant's follower would be the same again if it began anew.
func TestWhatWasDerivedBeforeIsNotWritten(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order-1"))
		f.follow(t, shop, 1)
		f.clock.Add(time.Second)
		f.step(t, "imp_1", pay.EvApproved)
		_, err := f.Follow(t.Context(), shop, store.Cursor{}, store.FollowBatch, func(s store.Subject) []store.Term {
			f.forget(t, 10)
			f.follow(t, shop, 1)
			return byName(s)
		})
		if !store.IsFollowedElsewhere(err) {
			t.Errorf("it was written all the same: %v", err)
		}
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			s, err := tx.SumPayments(ctx, shop, store.PaymentQuery{})
			return equal(t, map[pay.Status]int64{pay.StatusPaid: 1})(s.Statuses, err)
		})
	})
}

// A node in the middle of following goes on where it was; what lies before that is
// followed all the same.
func TestAStepBehindWhatWasForgottenHidesNothing(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order-1"))
		f.clock.Add(time.Hour)
		f.insert(t, payment("imp_2", "order-2"))
		f.clock.Add(time.Hour)
		f.follow(t, shop, toTheEnd)
		f.forget(t, 10)
		place := store.Cursor{At: f.clock.Now().Add(-90 * time.Minute), ID: "!"}
		for range 2 {
			if _, err := f.Follow(t.Context(), shop, place, store.FollowBatch, byName); err != nil {
				t.Fatal(err)
			}
		}
		if n := f.follow(t, shop, toTheEnd); n != 1 {
			t.Errorf("%d payments were followed from the beginning, want the one before", n)
		}
	})
}

// Forgetting terms finds them by their key.
func TestForgettingTermsUsesTheirKey(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	h := newPast(t, shop, 63)
	h.grow(t, f, 20)
	f.follow(t, shop, toTheEnd)
	undo := errors.New("undo")
	err := f.Write(t.Context(), func(tx *store.Tx) error {
		asked, failed := tx.Ask(func() error { _, err := tx.ForgetSomeTerms(t.Context(), shop, 10); return err })
		for _, a := range asked {
			plan, err := tx.Plan(t.Context(), ``, a)
			if err != nil || !strings.Contains(plan, "search_terms_1 (merchant=?") || strings.Contains(plan, "TEMP") {
				t.Errorf("%s: %s (%v)", a.Text, plan, err)
			}
		}
		if len(asked) != 2 {
			t.Errorf("%d statements", len(asked))
		}
		return errors.Join(failed, undo)
	})
	if !errors.Is(err, undo) || err.Error() != undo.Error() {
		t.Error(err)
	}
}
