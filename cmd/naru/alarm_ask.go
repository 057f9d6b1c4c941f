package main

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/gateway"
	"naru/internal/pay"
)

type alarmAskCmd struct {
	books
	ofMerchant
	ID   string `arg:"" help:"The alarm, as naru alarm list shows it."`
	JSON bool   `name:"json" help:"As JSON."`
}

// Run asks the provider and tells whether the outcome is known now; then the alarm
// is closed.
func (c *alarmAskCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		known, err := b.gateway.AskAgain(ctx, of.ID, c.ID)
		if errors.Is(err, gateway.ErrNotAskable) {
			return fmt.Errorf("%s: %w: look at the provider, then naru alarm close", c.ID, err)
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"alarm": c.ID, "known": known})
		}
		text := "it is still not known\n"
		if known {
			text = "it is known now, and on the books; the alarm is closed\n"
		}
		_, err = fmt.Fprint(m.Stdout, text)
		return err
	})
}
