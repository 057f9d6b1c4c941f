package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

type channelAddCmd struct {
	books
	Merchant    string `arg:"" help:"User code or id of the merchant."`
	Tier        string `placeholder:"CODE" help:"For the merchant's sub-store of this tier code."`
	Provider    string `required:"" placeholder:"NAME" help:"tosspayments or tosspay_v2."`
	MID         string `name:"mid" required:"" placeholder:"MID" help:"The provider's name for the merchant."`
	Credentials string `required:"" placeholder:"FILE" help:"JSON file of the provider's keys, - for standard input: {\"client_key\": …, \"secret_key\": …} for tosspayments, {\"api_key\": …} for tosspay_v2."`
	Mode        string `required:"" placeholder:"MODE" help:"live, test (the provider's own test environment) or sandbox (naru sandbox)."`
	Kind        string `default:"payment" placeholder:"KIND" help:"payment, or billing for billing keys."`
	Name        string `help:"A name for lists."`
	Key         string `placeholder:"CHANNEL-KEY" help:"Channel key; made when not given."`
	Default     bool   `help:"Use it when a page names no channel."`
	API         string `name:"api" placeholder:"URL" help:"Address of the provider's API, for mode sandbox."`
	Script      string `placeholder:"URL" help:"Address of the provider's browser script, for mode sandbox."`

	FixedAccounts bool `help:"The contract has virtual accounts that stay with a customer (vbank_key)."`
}

func (c *channelAddCmd) Run(ctx context.Context, m *Main) error {
	credentials, err := c.readCredentials(m)
	if err != nil {
		return err
	}
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.seller(ctx, c.Merchant, c.Tier)
		if err != nil {
			return err
		}
		if d, ok := b.gateway.Driver(pay.Provider(c.Provider)); ok {
			if err := errors.Join(knownCredentials(d, credentials), c.checkOptions(d)); err != nil {
				return err
			}
		}
		ch, err := b.gateway.AddChannel(ctx, gateway.NewChannel{
			Merchant: of.ID, Key: pay.ChannelKey(c.Key), Provider: pay.Provider(c.Provider), MID: c.MID, Name: c.Name,
			Mode: pay.Mode(c.Mode), Kind: pay.ChannelKind(c.Kind), API: c.API, Script: c.Script, Credentials: credentials, Default: c.Default,
			Options: pay.ChannelOptions{FixedAccounts: c.FixedAccounts},
		})
		var wrong *gateway.Invalid
		if errors.As(err, &wrong) && !strings.HasPrefix(wrong.Field, "credentials") {
			return fmt.Errorf("--%s: %s", wrong.Field, wrong.Detail)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(m.Stdout, "channel key  %s\n", ch.Key)
		return err
	})
}

// checkOptions refuses options that no such contract can have.
func (c *channelAddCmd) checkOptions(d connector.Driver) error {
	if !c.FixedAccounts {
		return nil
	}
	if _, ok := d.Method(pay.MethodVbank); !ok || pay.ChannelKind(c.Kind) == pay.ChannelBilling {
		return fmt.Errorf("--fixed-accounts: a channel of %s for %s issues no virtual accounts", d.Provider, c.Kind)
	}
	return nil
}

// readCredentials reads a JSON object of strings. Its errors show no value.
func (c *channelAddCmd) readCredentials(m *Main) (map[string]pay.Secret, error) {
	in := m.Stdin
	if c.Credentials != "-" {
		f, err := os.Open(c.Credentials)
		if err != nil {
			return nil, fmt.Errorf("--credentials: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("--credentials: %w", err)
	}
	var plain map[string]string
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, fmt.Errorf(`--credentials: want a JSON object of strings such as {"client_key": "…", "secret_key": "…"}`)
	}
	out := map[string]pay.Secret{}
	for k, v := range plain {
		out[k] = pay.Secret(v)
	}
	return out, nil
}

// knownCredentials refuses names the provider does not have, which are most
// likely misspelt.
func knownCredentials(d connector.Driver, given map[string]pay.Secret) error {
	var names []string
	for _, c := range d.Credentials {
		names = append(names, c.Key)
	}
	for k := range given {
		if !slices.Contains(names, k) {
			return fmt.Errorf("--credentials: %s has no %q; it has %s", d.Provider, k, strings.Join(names, ", "))
		}
	}
	return nil
}

type channelListCmd struct {
	books
	Merchant string `arg:"" help:"User code or id of the merchant."`
	Tier     string `placeholder:"CODE" help:"Of the merchant's sub-store of this tier code."`
}

func (c *channelListCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.seller(ctx, c.Merchant, c.Tier)
		if err != nil {
			return err
		}
		all, err := b.gateway.Channels(ctx, of.ID)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "CHANNEL KEY\tPROVIDER\tMID\tMODE\tKIND\tDEFAULT\tNAME\tOPTIONS")
		for _, ch := range all {
			def := "-"
			if ch.Default {
				def = "yes"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", ch.Key, ch.Provider, ch.MID, ch.Mode, ch.Kind, def, ch.Name, optionsOf(ch))
		}
		return w.Flush()
	})
}

// optionsOf names a channel's options, "-" when it has none.
func optionsOf(ch pay.Channel) string {
	if ch.Options.FixedAccounts {
		return "fixed-accounts"
	}
	return "-"
}
