package gateway

import (
	"context"
	"fmt"
	"math"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// FollowOptions is how books are followed by hand.
type FollowOptions struct {
	// Fast follows in large transactions and without rest: several times faster on large
	// books, but payments wait for it. It is refused while a node serves.
	Fast bool
	// Tell, if not nil, hears after each step how many payments were derived so far.
	Tell func(n int)
}

func (g *Gateway) mayFollow(ctx context.Context, o FollowOptions) error {
	if !o.Fast {
		return nil
	}
	return g.store.Read(ctx, func(tx *store.Tx) error {
		serving, err := nodesBefore(ctx, tx, math.MaxInt64)
		if err != nil || len(serving) == 0 {
			return err
		}
		return &Invalid{"fast", fmt.Sprintf("%s serves: stop it first, or follow without it (one that was killed counts as gone after %s)", serving[0].Name, nodeGone)}
	})
}

// FollowMerchant follows one merchant's books to their end, and returns there: what
// another node follows at the same time is waited for. n is how many payments were
// derived here. *Invalid when it may not be fast.
func (g *Gateway) FollowMerchant(ctx context.Context, m pay.MerchantID, o FollowOptions) (n int, err error) {
	if err = g.mayFollow(ctx, o); err == nil {
		n, err = g.followFrom(ctx, m, store.Cursor{}, o)
	}
	if err != nil {
		return n, fmt.Errorf("gateway: follow the books of merchant %s: %w", m, err)
	}
	return n, nil
}

// FollowAgain forgets all that the console searches and sums of a merchant, and derives
// it anew from the books, from their beginning. Unless it is fast, it may be called
// while nodes serve, which then follow from the beginning as well: n is how many
// payments were derived here. Until it is done searches find less, and sums are right
// but slower. When ctx ends while it forgets, it has to be called again; after that the
// nodes do the rest.
func (g *Gateway) FollowAgain(ctx context.Context, m pay.MerchantID, o FollowOptions) (n int, err error) {
	if err = g.mayFollow(ctx, o); err == nil {
		err = g.forgetFollowed(ctx, m)
	}
	if err == nil {
		n, err = g.followFrom(ctx, m, store.Cursor{ID: "!"}, o)
	}
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
