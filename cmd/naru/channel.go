package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"naru/internal/gateway"
	"naru/internal/pay"
)

func newChannelCmd() channelCmd {
	return channelCmd{
		Add: channelAddCmd{books: newBooks()}, List: channelListCmd{books: newBooks()}, Show: channelShowCmd{books: newBooks()}, Set: channelSetCmd{books: newBooks()},
		Check: channelCheckCmd{books: newBooks()}, Disable: channelDisableCmd{books: newBooks()}, Enable: channelEnableCmd{books: newBooks()},
	}
}

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
	Default     bool   `help:"Use it when a page names its provider alone, or none; it takes the place of the default before."`
	API         string `name:"api" placeholder:"URL" help:"Address of the provider's API, for mode sandbox."`
	Script      string `placeholder:"URL" help:"Address of the provider's browser script, for mode sandbox."`

	FixedAccounts bool   `help:"The contract has virtual accounts that stay with a customer (vbank_key)."`
	TaxClass      string `placeholder:"CLASS" help:"taxable, tax_free or mixed: a note for people, the provider goes by the MID."`
	JSON          bool   `name:"json" help:"Print JSON."`
}

func (c *channelAddCmd) Run(ctx context.Context, m *Main) error {
	credentials, err := readCredentials(m, c.Credentials)
	if err != nil {
		return err
	}
	return c.openFor(ctx, m, ofMerchant{c.Merchant, c.Tier}, func(b *opened, of pay.Merchant) error {
		ch, err := b.gateway.AddChannel(ctx, gateway.NewChannel{
			Merchant: of.ID, Key: pay.ChannelKey(c.Key), Provider: pay.Provider(c.Provider), MID: c.MID, Name: c.Name,
			Mode: pay.Mode(c.Mode), Kind: pay.ChannelKind(c.Kind), API: c.API, Script: c.Script, Credentials: credentials, Default: c.Default,
			Options: pay.ChannelOptions{FixedAccounts: c.FixedAccounts, TaxClass: pay.TaxClass(c.TaxClass)},
		})
		if err != nil {
			return channelFlag(err)
		}
		if c.JSON {
			return printJSON(m.Stdout, channelJSONOf(b.gateway, ch))
		}
		_, err = fmt.Fprintf(m.Stdout, "channel key  %s\n", ch.Key)
		return err
	})
}

// channelFlag says of which flag an *gateway.Invalid about a channel speaks.
func channelFlag(err error) error {
	wrong, ok := errors.AsType[*gateway.Invalid](err)
	if !ok {
		return err
	}
	if key, ok := strings.CutPrefix(wrong.Field, "credentials."); ok {
		return fmt.Errorf("--credentials: %s %s", key, wrong.Detail)
	}
	return fmt.Errorf("--%s: %s", strings.ReplaceAll(wrong.Field, "_", "-"), wrong.Detail)
}

// readCredentials reads a JSON object of strings from a file, or from standard
// input. Its errors show no value.
func readCredentials(m *Main, file string) (map[string]pay.Secret, error) {
	in := m.Stdin
	if file != "-" {
		f, err := os.Open(file)
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

type channelListCmd struct {
	books
	Merchant string `arg:"" help:"User code or id of the merchant."`
	Tier     string `placeholder:"CODE" help:"Of the merchant's sub-store of this tier code."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (c *channelListCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, ofMerchant{c.Merchant, c.Tier}, func(b *opened, of pay.Merchant) error {
		all, err := b.gateway.Channels(ctx, of.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			out := make([]channelJSON, len(all))
			for i, ch := range all {
				out[i] = channelJSONOf(b.gateway, ch)
			}
			return printJSON(m.Stdout, map[string]any{"channels": out})
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "CHANNEL KEY\tPROVIDER\tMID\tMODE\tKIND\tDEFAULT\tNAME\tOPTIONS")
		for _, ch := range all {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", ch.Key, ch.Provider, ch.MID, ch.Mode, ch.Kind, yesNo(ch.Default), ch.Name, optionsOf(ch))
		}
		return w.Flush()
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "-"
}

// optionsOf names a channel's options, "-" when it has none.
func optionsOf(ch pay.Channel) string {
	var out []string
	if ch.Disabled {
		out = append(out, "disabled")
	}
	if ch.Options.FixedAccounts {
		out = append(out, "fixed-accounts")
	}
	if ch.Options.TaxClass != "" {
		out = append(out, string(ch.Options.TaxClass))
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, ",")
}
