package gateway

import (
	"context"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// FollowMerchant follows one merchant's books to their end, and returns there: what
// another node follows at the same time is waited for. Tell, if not nil, hears after
// each step how many payments were derived here so far; n is how many in all.
func (g *Gateway) FollowMerchant(ctx context.Context, m pay.MerchantID, tell func(n int)) (n int, err error) {
	n, err = g.followFrom(ctx, m, store.Cursor{}, heard(tell))
	if err != nil {
		return n, fmt.Errorf("gateway: follow the books of merchant %s: %w", m, err)
	}
	return n, nil
}

func heard(tell func(int)) func(int) {
	if tell == nil {
		return func(int) {}
	}
	return tell
}

// FollowAgain forgets all that the console searches and sums of a merchant, and derives
// it anew from the books, from their beginning. It may be called while nodes serve, which then follow from
// the beginning as well: n is how many payments were derived here. Until it is done
// searches find less, and sums are right but slower. When ctx ends while it forgets,
// it has to be called again; after that the nodes do the rest. Tell is as of
// FollowMerchant.
func (g *Gateway) FollowAgain(ctx context.Context, m pay.MerchantID, tell func(n int)) (n int, err error) {
	if err := g.forgetFollowed(ctx, m); err != nil {
		return 0, fmt.Errorf("gateway: follow the books again: %w", err)
	}
	n, err = g.followFrom(ctx, m, store.Cursor{ID: "!"}, heard(tell))
	if err != nil {
		return n, fmt.Errorf("gateway: follow the books again: %w", err)
	}
	return n, nil
}

// forgetFollowed rests between its transactions as long as each took. That it was done
// by hand is written down.
func (g *Gateway) forgetFollowed(ctx context.Context, m pay.MerchantID) error {
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Merchant(ctx, m); err != nil {
			return err
		}
		return tx.AuditByHand(ctx, store.Change{Merchant: m, Action: "merchant.follow_again", Target: string(m)})
	})
	for more := true; more && err == nil; {
		begun := time.Now()
		if more, err = g.store.ForgetTerms(ctx, m); more {
			rest(ctx, time.Since(begun))
		}
	}
	if err != nil {
		return err
	}
	return g.store.ForgetFollowed(ctx, m)
}
