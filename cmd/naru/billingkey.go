package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
)

type billingKeyImportCmd struct {
	books
	Merchant    string `required:"" placeholder:"USER-CODE" help:"User code or id of the merchant."`
	Tier        string `placeholder:"CODE" help:"For the merchant's sub-store of this tier code."`
	Channel     string `required:"" placeholder:"CHANNEL-KEY" help:"Billing channel of the contract it was issued for."`
	CustomerUID string `name:"customer-uid" required:"" placeholder:"UID" help:"The merchant's name for it (customer_uid); a key that has it is replaced."`
	CustomerID  string `name:"customer-id" required:"" placeholder:"ID" help:"The customer it was issued for at the provider: customerKey of Toss Payments, userId of Toss Pay."`
	KeyFile     string `required:"" placeholder:"FILE" help:"File that holds the billing key, - for standard input."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// Run never shows the key.
func (c *billingKeyImportCmd) Run(ctx context.Context, m *Main) error {
	key, err := c.readKey(m)
	if err != nil {
		return err
	}
	return c.openFor(ctx, m, ofMerchant{c.Merchant, c.Tier}, func(b *opened, of pay.Merchant) error {
		got, err := b.gateway.AdoptKey(ctx, gateway.AdoptKeyRequest{
			Merchant: of.ID, Channel: pay.ChannelKey(c.Channel), CustomerUID: pay.CustomerUID(c.CustomerUID), CustomerID: c.CustomerID, Key: key,
		})
		if err != nil {
			return c.explain(err)
		}
		if c.JSON {
			return printJSON(m.Stdout, billingKeyJSONOf(got))
		}
		_, err = fmt.Fprintf(m.Stdout, "imported %s (%s.%s)\n", got.CustomerUID, got.Provider, got.MID)
		return err
	})
}

func (c *billingKeyImportCmd) explain(err error) error {
	switch {
	case errors.Is(err, gateway.ErrChannelMissing):
		return fmt.Errorf("--channel %s: the merchant has no such channel (naru channel list %s)", c.Channel, c.Merchant)
	case errors.Is(err, gateway.ErrChannelCannot), errors.Is(err, gateway.ErrUnsupported):
		return fmt.Errorf("--channel %s: want a channel for billing keys (naru channel add --kind billing): %w", c.Channel, err)
	case errors.Is(err, gateway.ErrProviderDown):
		return fmt.Errorf("nothing was imported: the provider was to be asked about the key: %w", err)
	}
	return flagged(err, map[string]string{"customer_uid": "customer-uid", "customer_id": "customer-id", "key": "key-file"})
}

// longestKey is more than any provider's billing key has.
const longestKey = 4 << 10

// readKey reads the key, without the line end that files have. Its errors show
// nothing of it.
func (c *billingKeyImportCmd) readKey(m *Main) (pay.Secret, error) {
	in := m.Stdin
	if c.KeyFile != "-" {
		f, err := os.Open(c.KeyFile)
		if err != nil {
			return "", fmt.Errorf("--key-file: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, longestKey+1))
	if err != nil {
		return "", fmt.Errorf("--key-file: %w", err)
	}
	key := strings.TrimSpace(string(text))
	if key == "" || len(text) > longestKey || strings.ContainsFunc(key, notInKeys) {
		return "", errors.New("--key-file: want one billing key and nothing else")
	}
	return pay.Secret(key), nil
}

func notInKeys(r rune) bool { return r <= ' ' || r > '~' }
