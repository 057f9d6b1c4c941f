package main

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/gateway"
)

type paymentRevokeCmd struct {
	books
	Payment string `arg:"" help:"Its imp_uid."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run has the provider close the account: nothing can be deposited any more, and the
// payment fails.
func (c *paymentRevokeCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		p, err := b.paymentNamed(ctx, c.Payment)
		if err != nil {
			return err
		}
		now, err := b.gateway.RevokeAccount(ctx, p.Merchant, p.ID, "")
		if errors.Is(err, gateway.ErrOutcomeUnknown) {
			return fmt.Errorf("%s: %w: it has not failed and is being found out (naru payment show %s)", p.ID, err, p.ID)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.ID, err)
		}
		if c.JSON {
			return printJSON(m.Stdout, paymentJSONOf(now))
		}
		_, err = fmt.Fprintf(m.Stdout, "the virtual account was taken back; the payment is %s\n", now.Status)
		return err
	})
}
