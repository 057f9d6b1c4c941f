package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

const (
	// followTick is how often it is looked whether another node changed something.
	followTick = 2 * time.Second
	// followRest is how long changes are gathered after one was told of: most payments
	// have come to their end by then, and are followed once.
	followRest = time.Second
	// followShare is the part of the time that following takes at most.
	followShare = 4
)

// Follow derives what the console searches by and sums from the payments of all
// merchants that changed, and tells how many it derived. What another node follows
// at the same time is left to that node.
func (g *Gateway) Follow(ctx context.Context) (n int, err error) {
	return g.follow(ctx, func(context.Context, time.Duration) {})
}

// FollowBooks follows the books until ctx ends: at once, soon after each change made
// on this node, and every few seconds for those of others. Between transactions it
// rests, so that payments come first. Trouble is logged, and tried again.
func (g *Gateway) FollowBooks(ctx context.Context) {
	changed := make(chan struct{}, 1)
	undo := g.store.OnPayment(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer undo()
	for wait := followTick; ctx.Err() == nil; wait = followTick {
		if _, err := g.follow(ctx, rest); err != nil && ctx.Err() == nil {
			g.log.ErrorContext(ctx, "what the console searches and sums is behind the books; it is tried again", "error", err)
			wait = 5 * followTick
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
			rest(ctx, followRest)
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// rest waits, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (g *Gateway) follow(ctx context.Context, rest func(context.Context, time.Duration)) (n int, err error) {
	var all []pay.Merchant
	err = g.store.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.ListMerchants(ctx)
		return err
	})
	var errs []error
	for _, m := range all {
		done, err := g.followMerchant(ctx, m.ID, rest)
		n += done
		if err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(append(errs, err)...); err != nil {
		return n, fmt.Errorf("gateway: follow the books: %w", err)
	}
	return n, nil
}

// followMerchant follows one merchant's books to their end.
func (g *Gateway) followMerchant(ctx context.Context, m pay.MerchantID, rest func(context.Context, time.Duration)) (n int, err error) {
	var next store.Cursor
	for {
		begun := time.Now()
		done, err := g.store.Follow(ctx, m, next, store.FollowBatch, termsOf)
		if store.IsFollowedElsewhere(err) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n += done.Payments
		if next = done.Next; !done.More {
			return n, nil
		}
		if done.Payments > 0 {
			rest(ctx, (followShare-1)*time.Since(begun))
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
	}
}

const (
	// followBack is how far back a night looks for payments that were not followed: a
	// node whose clock is behind writes changes that lie before what was seen.
	followBack = 48 * time.Hour
	// followTries is how often a step of that is tried that another node was in the
	// way of.
	followTries = 50
)

// FollowSince follows what a merchant's payments that changed since a time were not
// followed with yet, however long ago that was seen, and tells how many those are. The
// zero time is the beginning. Nothing is written of those that were.
func (g *Gateway) FollowSince(ctx context.Context, m pay.MerchantID, since time.Time) (n int, err error) {
	return g.followFrom(ctx, m, store.Cursor{At: since, ID: "!"}, FollowOptions{}) // ids begin with letters
}

// followFrom follows what changed after a place to the end, also where another node is
// in the way now and then.
func (g *Gateway) followFrom(ctx context.Context, m pay.MerchantID, next store.Cursor, o FollowOptions) (n int, err error) {
	most := store.FollowBatch
	if o.Fast {
		most = store.FollowMany
	}
	for tries := 1; ; {
		begun := time.Now()
		done, err := g.store.Follow(ctx, m, next, most, termsOf)
		switch {
		case store.IsFollowedElsewhere(err) && tries < followTries:
			tries++
			rest(ctx, followRest)
		case err != nil:
			return n, err
		default:
			tries, n, next = 1, n+done.Payments, done.Next
			if o.Tell != nil {
				o.Tell(n)
			}
			if !done.More {
				return n, nil
			}
			if done.Payments > 0 && !o.Fast {
				rest(ctx, time.Since(begun))
			}
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
	}
}

// followNight has a merchant's payments of the last days followed that were not. That
// it cannot be done is no trouble of the night's: the next does it.
func (g *Gateway) followNight(ctx context.Context, m pay.MerchantID) {
	n, err := g.FollowSince(ctx, m, g.now().Add(-followBack))
	if err != nil && ctx.Err() == nil {
		g.log.ErrorContext(ctx, "payments of the last days could not be looked through for what the console searches and sums", "merchant", m, "error", err)
	}
	if n > 0 {
		g.log.InfoContext(ctx, "payments were followed late", "merchant", m, "payments", n)
	}
}
