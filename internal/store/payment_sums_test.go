package store_test

import (
	"context"
	"testing"

	"naru/internal/store"
)

func TestSumsAreOfWhatIsListed(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		h, other := newPast(t, shop, 21), newPast(t, "other", 22)
		h.grow(t, f, 300)
		other.grow(t, f, 60)
		for range 60 {
			q := h.query()
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				return equal(t, sums(h.chosen(q)))(tx.SumPayments(ctx, shop, q))
			})
		}
	})
}
