package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// merchantJSON is a merchant or a sub-store in JSON.
type merchantJSON struct {
	ID       string       `json:"merchant_id"`
	UserCode string       `json:"user_code"`
	Name     string       `json:"name"`
	Parent   string       `json:"parent,omitempty"`
	Tier     string       `json:"tier,omitempty"`
	Created  time.Time    `json:"created"`
	Settings pay.Settings `json:"settings"`
}

func merchantJSONOf(m pay.Merchant) merchantJSON {
	return merchantJSON{string(m.ID), m.UserCode, m.Name, string(m.Parent), m.Tier, m.Created, m.Settings}
}

func merchantsJSON(all []pay.Merchant) []merchantJSON {
	out := make([]merchantJSON, len(all))
	for i, m := range all {
		out[i] = merchantJSONOf(m)
	}
	return out
}

type merchantShowCmd struct {
	books
	ofMerchant
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *merchantShowCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		got, err := b.seller(ctx, c.Merchant, c.Tier)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, merchantJSONOf(got))
		}
		return printMerchant(m.Stdout, got)
	})
}

// printMerchant prints a merchant, and those settings that are not as at the start.
func printMerchant(to io.Writer, m pay.Merchant) error {
	settings, err := json.Marshal(m.Settings)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	for _, line := range [][2]string{
		{"user code", m.UserCode}, {"merchant id", string(m.ID)}, {"name", m.Name}, {"parent", string(m.Parent)}, {"tier", m.Tier}, {"created", when(m.Created)}, {"settings", string(settings)},
	} {
		if line[1] != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
	}
	return w.Flush()
}

type merchantListCmd struct {
	books
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *merchantListCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		var all []pay.Merchant
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			all, err = tx.ListMerchants(ctx)
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"merchants": merchantsJSON(all)})
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "USER CODE\tID\tNAME\tWEBHOOK")
		for _, one := range all {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", one.UserCode, one.ID, one.Name, one.Settings.WebhookURL)
		}
		return w.Flush()
	})
}
