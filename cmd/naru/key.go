package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"naru/internal/store"
)

type keyAddCmd struct {
	books
	Merchant string `arg:"" help:"User code or id of the merchant."`
}

func (c *keyAddCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		key, secret, err := b.gateway.AddKey(ctx, of.ID, "", "")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(m.Stdout, "imp_key     %s\nimp_secret  %s\n", key, secret)
		_, _ = fmt.Fprintln(m.Stderr, "The secret is not kept: this is the only time it is shown.")
		return err
	})
}

type keyRevokeCmd struct {
	books
	Key string `arg:"" help:"The key (imp_key)."`
}

func (c *keyRevokeCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		err := b.gateway.RevokeKey(ctx, c.Key)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("no key %q", c.Key)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(m.Stdout, "revoked", c.Key)
		return err
	})
}

type keyListCmd struct {
	books
	Merchant string `arg:"" help:"User code or id of the merchant."`
}

func (c *keyListCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		var all []store.APIKey
		err = b.store.Read(ctx, func(tx *store.Tx) (err error) {
			all, err = tx.ListKeys(ctx, of.ID)
			return err
		})
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "KEY\tCREATED\tREVOKED")
		for _, k := range all {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", k.Key, when(k.Created), when(k.Revoked))
		}
		return w.Flush()
	})
}

// when is a time for a list, "-" when it has not come.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
