package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/notify"
)

type webhookSecretCmd struct {
	ShowOnce webhookSecretShowCmd   `cmd:"" help:"Show the secret, this once; it is made if there is none."`
	Rotate   webhookSecretRotateCmd `cmd:"" help:"Make a new secret and show it, this once. The one of before signs as well for a day."`
}

func newWebhookSecretCmd() webhookSecretCmd {
	return webhookSecretCmd{webhookSecretShowCmd{books: newBooks()}, webhookSecretRotateCmd{books: newBooks()}}
}

type webhookSecretShowCmd struct {
	books
	ofMerchant
}

func (c *webhookSecretShowCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.seller(ctx, c.Merchant, c.Tier)
		if err != nil {
			return err
		}
		secret, err := b.notifier.ShowSecret(ctx, of.ID)
		if errors.Is(err, notify.ErrSecretShown) {
			return fmt.Errorf("%w (naru merchant webhook-secret rotate makes a new one)", err)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(m.Stdout, secret.Reveal())
		_, _ = fmt.Fprintln(m.Stderr, "This is the only time it is shown.")
		return err
	})
}

type webhookSecretRotateCmd struct {
	books
	ofMerchant
}

func (c *webhookSecretRotateCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.seller(ctx, c.Merchant, c.Tier)
		if err != nil {
			return err
		}
		secret, until, err := b.notifier.RotateSecret(ctx, of.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(m.Stdout, secret.Reveal())
		_, _ = fmt.Fprintln(m.Stderr, "This is the only time it is shown.")
		if !until.IsZero() {
			_, _ = fmt.Fprintf(m.Stderr, "The secret of before signs as well until %s.\n", until.UTC().Format(time.RFC3339))
		}
		return err
	})
}
