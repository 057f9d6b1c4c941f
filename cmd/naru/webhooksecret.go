package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/notify"
	"naru/internal/pay"
)

type webhookSecretCmd struct {
	ShowOnce webhookSecretShowCmd   `cmd:"" help:"Show the secret, this once; it is made if there is none."`
	Rotate   webhookSecretRotateCmd `cmd:"" help:"Make a new secret and show it, this once. The one of before signs as well for a day."`
}

func newWebhookSecretCmd() webhookSecretCmd {
	return webhookSecretCmd{webhookSecretShowCmd{books: newBooks()}, webhookSecretRotateCmd{books: newBooks()}}
}

// webhookSecretJSON is a secret at the one time that it is shown.
type webhookSecretJSON struct {
	Secret string     `json:"secret"`
	Until  *time.Time `json:"previous_until"` // how long the one of before signs as well; null of none
}

// saySecret shows a secret; what goes with it is not in the way of a pipe.
func (m *Main) saySecret(secret pay.Secret, until time.Time, asJSON bool) error {
	if asJSON {
		return printJSON(m.Stdout, webhookSecretJSON{secret.Reveal(), ifSet(until.UTC())})
	}
	_, err := fmt.Fprintln(m.Stdout, secret.Reveal())
	_, _ = fmt.Fprintln(m.Stderr, "This is the only time it is shown.")
	if !until.IsZero() {
		_, _ = fmt.Fprintf(m.Stderr, "The secret of before signs as well until %s.\n", until.UTC().Format(time.RFC3339))
	}
	return err
}

type webhookSecretShowCmd struct {
	books
	ofMerchant
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *webhookSecretShowCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		secret, err := b.notifier.ShowSecret(ctx, of.ID)
		if errors.Is(err, notify.ErrSecretShown) {
			return fmt.Errorf("%w (naru merchant webhook-secret rotate makes a new one)", err)
		}
		if err != nil {
			return err
		}
		return m.saySecret(secret, time.Time{}, c.JSON)
	})
}

type webhookSecretRotateCmd struct {
	books
	ofMerchant
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *webhookSecretRotateCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		secret, until, err := b.notifier.RotateSecret(ctx, of.ID)
		if err != nil {
			return err
		}
		return m.saySecret(secret, until, c.JSON)
	})
}
