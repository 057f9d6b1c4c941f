package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// followSays is how often a long run says how far it is.
const followSays = 5 * time.Second

type followCmd struct {
	books
	Merchant string `placeholder:"USER-CODE" help:"User code or id of one merchant; all merchants if left out."`
	Tier     string `placeholder:"CODE" help:"The merchant's sub-store of this tier code instead."`
	Again    bool   `help:"Forget all that was derived, and derive it anew from the beginning of the books. Until that is done searches find less, and sums are right but slower."`
	Fast     bool   `help:"Follow in large transactions and without rest, several times faster on large books. Refused while a node serves: payments would wait for it."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// followedJSON is what was done for one merchant.
type followedJSON struct {
	Merchant string `json:"merchant"`
	UserCode string `json:"user_code"`
	Tier     string `json:"tier,omitempty"`
	Payments int    `json:"payments"` // that were derived here; nodes that serve may have done others
	TookMS   int64  `json:"took_ms"`
}

// Run may be used while nodes serve. Progress goes to standard error.
func (c *followCmd) Run(ctx context.Context, m *Main) error {
	if c.Tier != "" && c.Merchant == "" {
		return errors.New("--tier: want --merchant too")
	}
	return c.open(ctx, m, func(b *opened) error {
		whose, err := c.merchants(ctx, b)
		if err != nil {
			return err
		}
		out := []followedJSON{}
		for _, of := range whose {
			done, err := c.follow(ctx, m, b, of)
			if err != nil {
				return err
			}
			out = append(out, done)
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"again": c.Again, "merchants": out})
		}
		return printFollowed(m.Stdout, out)
	})
}

func (c *followCmd) merchants(ctx context.Context, b *opened) (all []pay.Merchant, err error) {
	if c.Merchant != "" {
		of, err := b.seller(ctx, c.Merchant, c.Tier)
		return []pay.Merchant{of}, err
	}
	err = b.store.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.ListMerchants(ctx)
		return err
	})
	return all, err
}

func (c *followCmd) follow(ctx context.Context, m *Main, b *opened, of pay.Merchant) (followedJSON, error) {
	begun := time.Now()
	said := begun
	tell := func(n int) {
		if now := time.Now(); now.Sub(said) >= followSays {
			said = now
			_, _ = fmt.Fprintf(m.Stderr, "%s: %d payments so far\n", of.UserCode, n)
		}
	}
	do := b.gateway.FollowMerchant
	if c.Again {
		do = b.gateway.FollowAgain
	}
	n, err := do(ctx, of.ID, gateway.FollowOptions{Fast: c.Fast, Tell: tell})
	if err = flagged(err, map[string]string{"fast": "fast"}); err != nil {
		return followedJSON{}, fmt.Errorf("%s: after %d payments: %w", of.UserCode, n, err)
	}
	return followedJSON{string(of.ID), of.UserCode, of.Tier, n, time.Since(begun).Milliseconds()}, nil
}

func printFollowed(to io.Writer, all []followedJSON) error {
	n := 0
	for _, f := range all {
		n += f.Payments
	}
	if len(all) == 1 {
		_, err := fmt.Fprintf(to, "%d payments followed\n", n)
		return err
	}
	_, err := fmt.Fprintf(to, "%d payments followed, of %d merchants\n", n, len(all))
	return err
}
