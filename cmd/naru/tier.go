package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"naru/internal/gateway"
)

type tierAddCmd struct {
	books
	Merchant   string  `required:"" placeholder:"USER-CODE" help:"User code or id of the store it belongs to."`
	Code       string  `required:"" placeholder:"ABC" help:"Tier code: three characters A-Z and 0-9."`
	Name       string  `required:"" help:"A name for lists."`
	WebhookURL *string `placeholder:"URL" help:"Where its webhooks go; empty for nowhere. That of the store it belongs to if left out."`
	JSON       bool    `name:"json" help:"Print JSON."`
}

func (c *tierAddCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		got, err := b.gateway.OpenTier(ctx, gateway.NewTier{Parent: of.ID, Code: c.Code, Name: c.Name, WebhookURL: c.WebhookURL, Whole: true})
		if err != nil {
			return flagged(err, map[string]string{"code": "code", "merchant": "merchant", "webhook_url": "webhook-url"})
		}
		if c.JSON {
			return printJSON(m.Stdout, merchantJSONOf(got))
		}
		_, err = fmt.Fprintf(m.Stdout, "user code    %s\nmerchant id  %s\n", got.UserCode, got.ID)
		return err
	})
}

type tierSetCmd struct {
	books
	Merchant string `required:"" placeholder:"USER-CODE" help:"User code or id of the store it belongs to."`
	Code     string `required:"" placeholder:"ABC" help:"Its tier code."`
	Name     string `required:"" help:"Another name. Its settings: naru merchant set USER-CODE --tier CODE."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (c *tierSetCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		got, err := b.gateway.RenameTier(ctx, of.ID, c.Code, c.Name)
		if errors.Is(err, gateway.ErrNoTier) {
			return fmt.Errorf("--code %s: %s has no such sub-store (naru tier list --merchant %s)", c.Code, of.UserCode, of.UserCode)
		}
		if err != nil {
			return flagged(err, map[string]string{"name": "name"})
		}
		if c.JSON {
			return printJSON(m.Stdout, merchantJSONOf(got))
		}
		_, err = fmt.Fprintln(m.Stdout, "changed", got.UserCode)
		return err
	})
}

type tierListCmd struct {
	books
	Merchant string `required:"" placeholder:"USER-CODE" help:"User code or id of the store."`
	JSON     bool   `name:"json" help:"Print JSON."`
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
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"tiers": merchantsJSON(all)})
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "TIER\tUSER CODE\tID\tNAME\tWEBHOOK")
		for _, one := range all {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", one.Tier, one.UserCode, one.ID, one.Name, one.Settings.WebhookURL)
		}
		return w.Flush()
	})
}
