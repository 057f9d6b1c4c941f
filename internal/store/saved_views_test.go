package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"naru/internal/store"
)

func TestSavedViewsAreAnOperatorsOwn(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		a := store.SavedView{Merchant: shop, Operator: "op1", Name: "실패", Query: "status=failed", Created: noon}
		b := store.SavedView{Merchant: shop, Operator: "op1", Name: "가상계좌", Query: "method=vbank", Created: noon}
		hers := store.SavedView{Merchant: shop, Operator: "op2", Name: "실패", Query: "q=1", Created: noon}
		there := store.SavedView{Merchant: "other", Operator: "op1", Name: "실패", Query: "q=2", Created: noon}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return all(tx.PutView(ctx, a), tx.PutView(ctx, b), tx.PutView(ctx, hers), tx.PutView(ctx, there))
		})
		f.clock.Add(1e9)
		a.Query = "status=failed&method=card"
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.DeleteView(ctx, "other", "op1", "가상계좌"); !isNotFound(err) {
				t.Errorf("a view of another store: %v", err)
			}
			return all(tx.PutView(ctx, a), equal(t, []store.SavedView{b, a})(tx.ListViews(ctx, shop, "op1")),
				tx.DeleteView(ctx, shop, "op1", "실패"), equal(t, []store.SavedView{b})(tx.ListViews(ctx, shop, "op1")),
				equal(t, []store.SavedView{hers})(tx.ListViews(ctx, shop, "op2")), equal(t, []store.SavedView{there})(tx.ListViews(ctx, "other", "op1")))
		})
	})
}

func TestViewsThatAreNotSaved(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		v := store.SavedView{Merchant: shop, Operator: "op"}
		for i := range store.MaxViews {
			v.Name = fmt.Sprint(i)
			if err := tx.PutView(ctx, v); err != nil {
				return err
			}
		}
		for _, bad := range []store.SavedView{{Merchant: shop, Operator: "op", Name: "one too many"}, {Merchant: shop, Operator: "op"}, {Merchant: shop, Name: "x"},
			{Merchant: shop, Operator: "op", Name: strings.Repeat("x", 101)}, {Merchant: shop, Operator: "op", Name: "1", Query: strings.Repeat("x", 4097)}} {
			if err := tx.PutView(ctx, bad); !errors.Is(err, store.ErrRule) {
				t.Errorf("%.40q of %q is saved: %v", bad.Name, bad.Operator, err)
			}
		}
		return tx.PutView(ctx, v) // in place of itself
	})
}
