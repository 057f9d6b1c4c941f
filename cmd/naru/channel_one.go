package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// channelJSON is a channel in JSON. It shows no credential.
type channelJSON struct {
	Key         string          `json:"channel_key"`
	Merchant    string          `json:"merchant_id"`
	Provider    string          `json:"provider"`
	MID         string          `json:"mid"`
	Name        string          `json:"name"`
	Mode        string          `json:"mode"`
	Kind        string          `json:"kind"`
	Default     bool            `json:"default"`
	Disabled    bool            `json:"disabled"`
	Fixed       bool            `json:"fixed_accounts"`
	TaxClass    string          `json:"tax_class,omitempty"`
	API         string          `json:"api,omitempty"`
	Script      string          `json:"script,omitempty"`
	NoticeURL   string          `json:"notice_url"`
	Credentials map[string]bool `json:"credentials_set,omitempty"`
	Revision    int64           `json:"revision"`
	Created     time.Time       `json:"created"`
}

func channelJSONOf(g *gateway.Gateway, ch pay.Channel) channelJSON {
	return channelJSON{
		Key: string(ch.Key), Merchant: string(ch.Merchant), Provider: string(ch.Provider), MID: ch.MID, Name: ch.Name, Mode: string(ch.Mode), Kind: string(ch.Kind),
		Default: ch.Default, Disabled: ch.Disabled, Fixed: ch.Options.FixedAccounts, TaxClass: string(ch.Options.TaxClass),
		API: ch.API, Script: ch.Script, NoticeURL: g.NoticeURL(ch), Revision: ch.Revision, Created: ch.Created,
	}
}

// ofChannel names one of a merchant's channels.
type ofChannel struct {
	Merchant string `arg:"" help:"User code or id of the merchant."`
	Channel  string `arg:"" name:"channel-key" help:"The channel's key."`
	Tier     string `placeholder:"CODE" help:"Of the merchant's sub-store of this tier code."`
}

// find is the channel, if it is the merchant's.
func (c ofChannel) find(ctx context.Context, b *opened) (pay.Channel, error) {
	of, err := b.seller(ctx, c.Merchant, c.Tier)
	if err != nil {
		return pay.Channel{}, err
	}
	ch, err := b.gateway.Channel(ctx, of.ID, pay.ChannelKey(c.Channel))
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%s has no channel %q (naru channel list %s)", of.UserCode, c.Channel, of.UserCode)
	}
	return ch, err
}

type channelShowCmd struct {
	books
	ofChannel
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *channelShowCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		ch, err := c.find(ctx, b)
		if err != nil {
			return err
		}
		set, err := b.gateway.CredentialsSet(ch)
		if err != nil {
			return err
		}
		out := channelJSONOf(b.gateway, ch)
		out.Credentials = set
		if c.JSON {
			return printJSON(m.Stdout, out)
		}
		return printChannel(m.Stdout, out)
	})
}

func printChannel(to io.Writer, ch channelJSON) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	for _, line := range [][2]string{
		{"channel key", ch.Key}, {"provider", ch.Provider}, {"mid", ch.MID}, {"name", ch.Name}, {"mode", ch.Mode}, {"kind", ch.Kind}, {"default", yesNo(ch.Default)},
		{"disabled", yesNo(ch.Disabled)}, {"fixed accounts", yesNo(ch.Fixed)}, {"tax class", ch.TaxClass}, {"api", ch.API}, {"script", ch.Script},
		{"credentials", strings.Join(slices.Sorted(maps.Keys(ch.Credentials)), ", ")}, {"notices to", ch.NoticeURL}, {"revision", fmt.Sprint(ch.Revision)}, {"created", when(ch.Created)},
	} {
		if line[1] != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
	}
	return w.Flush()
}

type channelSetCmd struct {
	books
	ofChannel
	Name          *string `help:"Another name."`
	MID           *string `name:"mid" placeholder:"MID" help:"Another MID. Payments made under the one of before cannot be asked about on this channel any more."`
	Kind          *string `placeholder:"KIND" help:"payment or billing."`
	Credentials   string  `placeholder:"FILE" help:"JSON file of the keys to replace, - for standard input; the others stay."`
	Default       *bool   `negatable:"" help:"Use it when a page names its provider alone, or none."`
	API           *string `name:"api" placeholder:"URL" help:"Address of the provider's API, for mode sandbox."`
	Script        *string `placeholder:"URL" help:"Address of the provider's browser script, for mode sandbox."`
	FixedAccounts *bool   `negatable:"" help:"The contract has virtual accounts that stay with a customer."`
	TaxClass      *string `placeholder:"CLASS" help:"taxable, tax_free or mixed; empty for none."`
	Revision      int64   `placeholder:"N" help:"Only if the channel still has this revision."`
	JSON          bool    `name:"json" help:"Print JSON."`
}

func (c *channelSetCmd) Run(ctx context.Context, m *Main) error {
	var credentials map[string]pay.Secret
	if c.Credentials != "" {
		var err error
		if credentials, err = readCredentials(m, c.Credentials); err != nil {
			return err
		}
	}
	return c.open(ctx, m, func(b *opened) error {
		ch, err := c.find(ctx, b)
		if err != nil {
			return err
		}
		if ch, err = b.gateway.UpdateChannel(ctx, c.change(ch, credentials)); err != nil {
			return channelFlag(err)
		}
		if c.JSON {
			return printJSON(m.Stdout, channelJSONOf(b.gateway, ch))
		}
		_, err = fmt.Fprintln(m.Stdout, "changed", ch.Key)
		return err
	})
}

func (c *channelSetCmd) change(ch pay.Channel, credentials map[string]pay.Secret) gateway.ChannelChange {
	options := ch.Options
	if c.FixedAccounts != nil {
		options.FixedAccounts = *c.FixedAccounts
	}
	if c.TaxClass != nil {
		options.TaxClass = pay.TaxClass(*c.TaxClass)
	}
	out := gateway.ChannelChange{
		Merchant: ch.Merchant, Key: ch.Key, Revision: c.Revision, Name: c.Name, MID: c.MID, API: c.API, Script: c.Script,
		Default: c.Default, Options: &options, Credentials: credentials,
	}
	if c.Kind != nil {
		out.Kind = new(pay.ChannelKind(*c.Kind))
	}
	return out
}

type channelDisableCmd struct {
	books
	ofChannel
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *channelDisableCmd) Run(ctx context.Context, m *Main) error {
	return setDisabled(ctx, m, c.books, c.ofChannel, true, c.JSON)
}

type channelEnableCmd struct {
	books
	ofChannel
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *channelEnableCmd) Run(ctx context.Context, m *Main) error {
	return setDisabled(ctx, m, c.books, c.ofChannel, false, c.JSON)
}

func setDisabled(ctx context.Context, m *Main, in books, of ofChannel, disabled, asJSON bool) error {
	return in.open(ctx, m, func(b *opened) error {
		ch, err := of.find(ctx, b)
		if err != nil {
			return err
		}
		if ch, err = b.gateway.UpdateChannel(ctx, gateway.ChannelChange{Merchant: ch.Merchant, Key: ch.Key, Disabled: &disabled}); err != nil {
			return err
		}
		if asJSON {
			return printJSON(m.Stdout, channelJSONOf(b.gateway, ch))
		}
		word := map[bool]string{true: "disabled", false: "enabled"}[disabled]
		_, err = fmt.Fprintln(m.Stdout, word, ch.Key)
		return err
	})
}

type channelCheckCmd struct {
	books
	ofChannel
	JSON bool `name:"json" help:"Print JSON."`
}

// errCheck is a check that found something wrong: the exit status says so.
var errCheck = errors.New("the channel needs attention")

// Run asks the provider something that changes nothing.
func (c *channelCheckCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		ch, err := c.find(ctx, b)
		if err != nil {
			return err
		}
		check, err := b.gateway.CheckChannel(ctx, ch.Merchant, ch.Key)
		if err != nil {
			return err
		}
		if err := printCheck(m.Stdout, check, c.JSON); err != nil || check.Works() {
			return err
		}
		return fmt.Errorf("%s: %w", ch.Key, errCheck)
	})
}

func printCheck(to io.Writer, check gateway.ChannelCheck, asJSON bool) error {
	if !asJSON {
		for _, f := range check.Findings {
			if _, err := fmt.Fprintf(to, "%-4s  %s\n", f.Level(), f); err != nil {
				return err
			}
		}
		return nil
	}
	type finding struct {
		Code    string `json:"code"`
		Level   string `json:"level"`
		Text    string `json:"text"`
		Got     string `json:"got,omitempty"`
		Want    string `json:"want,omitempty"`
		Message string `json:"message,omitempty"`
	}
	out := make([]finding, len(check.Findings))
	for i, f := range check.Findings {
		out[i] = finding{string(f.Code), string(f.Level()), f.String(), f.Got, f.Want, f.Message}
	}
	return printJSON(to, map[string]any{"works": check.Works(), "at": check.At, "took_ms": check.Took.Milliseconds(), "findings": out})
}
