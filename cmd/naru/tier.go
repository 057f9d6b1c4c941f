package main

import (
	"context"
	"fmt"
	"text/tabwriter"
)

type tierAddCmd struct {
	books
	Merchant string `required:"" placeholder:"USER-CODE" help:"User code or id of the store it belongs to."`
	Code     string `required:"" placeholder:"ABC" help:"Tier code: three characters A-Z and 0-9."`
	Name     string `required:"" help:"A name for lists."`
}

func (c *tierAddCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		got, err := b.gateway.AddTier(ctx, of.ID, c.Code, c.Name)
		if err != nil {
			return flagged(err, map[string]string{"code": "code", "merchant": "merchant"})
		}
		_, err = fmt.Fprintf(m.Stdout, "user code    %s\nmerchant id  %s\n", got.UserCode, got.ID)
		return err
	})
}

type tierListCmd struct {
	books
	Merchant string `required:"" placeholder:"USER-CODE" help:"User code or id of the store."`
}

func (c *tierListCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		all, err := b.gateway.Tiers(ctx, of.ID)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "TIER\tUSER CODE\tID\tNAME\tWEBHOOK")
		for _, one := range all {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", one.Tier, one.UserCode, one.ID, one.Name, one.Settings.WebhookURL)
		}
		return w.Flush()
	})
}
