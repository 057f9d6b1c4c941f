package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
)

// merchantFlags are the settings of a merchant; those not given stay as they are.
type merchantFlags struct {
	WebhookURL       *string `placeholder:"URL" help:"Where webhooks go when a payment names no notice_url; empty for nowhere."`
	WebhookType      *string `placeholder:"json|form" help:"Body of webhooks: json or form."`
	WebhookRetries   *string `placeholder:"SECONDS,…" help:"Waits between the tries of a webhook; none for one try, empty for the gateway's own list."`
	WebhookTestURL   *string `placeholder:"URL" help:"Where webhooks of payments go that are not live; empty for the same as live."`
	WebhookTestType  *string `placeholder:"json|form" help:"Body of those webhooks: json or form; empty for the same as live."`
	WebhookFirst     *bool   `negatable:"" help:"The buyer's page waits, five seconds at most, until the shop's server answered the first webhook."`
	Confirm          *string `placeholder:"allow|forbid" help:"Whether a page may give a confirm_url."`
	Origins          *string `placeholder:"ORIGIN,…" help:"Web origins that may open a payment window; empty for any."`
	PrivateAddresses *bool   `negatable:"" help:"The webhook URL may be a private address."`
	HideSandbox      *bool   `negatable:"" help:"Test payments answer 404 unless include_sandbox is asked for."`
	CallbackSuccess  *bool   `negatable:"" help:"Add success and imp_success to callbacks where V1 leaves them out."`
	DefaultChannel   *string `placeholder:"CHANNEL-KEY" help:"Channel used when a page names none."`
	UnknownKeyOK     *bool   `name:"unknown-key-ok" negatable:"" help:"An unknown customer_uid is answered with HTTP 200, as V1 once did."`

	RecoveryHour *int `placeholder:"1-23" help:"Hour of the Korean day at which schedules that failed the day before are charged again; 0 for never."`

	Retention *string `placeholder:"5y|1826d|off" help:"How long buyers' personal fields are kept after a payment last changed; they are erased by night. The books stay."`

	AllowIP []string `name:"allow-ip" sep:"none" placeholder:"NETWORK" help:"Address or network (CIDR) that may call REST; repeat it for several. What is given replaces the list; empty for any."`
}

// apply puts the given flags into s, or says which is wrong.
func (f merchantFlags) apply(s *pay.Settings) error {
	var errs []error
	if f.WebhookURL != nil {
		errs = append(errs, checkURL("webhook-url", *f.WebhookURL, &s.WebhookURL))
	}
	if f.WebhookTestURL != nil {
		errs = append(errs, checkURL("webhook-test-url", *f.WebhookTestURL, &s.WebhookTestURL))
	}
	if f.WebhookTestType != nil {
		errs = append(errs, readTestType(*f.WebhookTestType, &s.WebhookTestType))
	}
	errs = append(errs,
		choose("webhook-type", f.WebhookType, "form", "json", &s.WebhookForm),
		choose("confirm", f.Confirm, "forbid", "allow", &s.ConfirmForbidden))
	if f.WebhookRetries != nil {
		errs = append(errs, readWaits(*f.WebhookRetries, &s.WebhookRetries))
	}
	if f.Origins != nil {
		errs = append(errs, readOrigins(*f.Origins, &s.Origins))
	}
	if f.AllowIP != nil {
		errs = append(errs, readNetworks(f.AllowIP, &s.AllowedIPs))
	}
	for _, b := range []struct {
		given *bool
		to    *bool
	}{{f.PrivateAddresses, &s.PrivateAddressesOK}, {f.WebhookFirst, &s.WebhookFirst}, {f.HideSandbox, &s.HideSandbox}, {f.CallbackSuccess, &s.CallbackSuccess}, {f.UnknownKeyOK, &s.UnknownKeyOK}} {
		if b.given != nil {
			*b.to = *b.given
		}
	}
	if f.DefaultChannel != nil {
		s.DefaultChannel = *f.DefaultChannel
	}
	if f.RecoveryHour != nil {
		if *f.RecoveryHour < 0 || *f.RecoveryHour > 23 {
			errs = append(errs, fmt.Errorf("--recovery-hour %d: want 1 to 23, or 0 for never", *f.RecoveryHour))
		}
		s.RecoveryHour = *f.RecoveryHour
	}
	if f.Retention != nil {
		errs = append(errs, readRetention(*f.Retention, &s.Retention))
	}
	return errors.Join(errs...)
}

func readTestType(text string, to *string) error {
	if text != "" && text != pay.WebhookTypeJSON && text != pay.WebhookTypeForm {
		return fmt.Errorf("--webhook-test-type %q: want json, form, or empty for the same as live", text)
	}
	*to = text
	return nil
}

func checkURL(flag, text string, to *string) error {
	if u, err := url.Parse(text); text != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--%s %q: want an absolute http or https URL", flag, text)
	}
	*to = text
	return nil
}

// choose sets to when text is yes and clears it when it is no.
func choose(flag string, text *string, yes, no string, to *bool) error {
	switch {
	case text == nil:
	case *text == yes:
		*to = true
	case *text == no:
		*to = false
	default:
		return fmt.Errorf("--%s %q: want %s or %s", flag, *text, no, yes)
	}
	return nil
}

func readRetention(text string, to *pay.Retention) (err error) {
	if *to, err = pay.ParseRetention(text); err != nil {
		return fmt.Errorf("--retention: %w", err)
	}
	return nil
}

func readWaits(text string, to *[]int) error {
	switch text {
	case "":
		*to = nil // the gateway's own list
		return nil
	case "none":
		*to = []int{} // as V1 does unless it is asked for: one try
		return nil
	}
	*to = nil
	for item := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(item))
		if err != nil || n < 1 || n > 7*24*3600 {
			return fmt.Errorf("--webhook-retries: %q is not a number of seconds from 1 to %d, nor none", item, 7*24*3600)
		}
		*to = append(*to, n)
	}
	return nil
}

func readOrigins(text string, to *[]string) error {
	*to = nil
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		origin, err := pay.ParseOrigin(item)
		if err != nil {
			return fmt.Errorf("--origins: %w", err)
		}
		*to = append(*to, origin)
	}
	return nil
}

// readNetworks reads addresses and networks; an address is a network of one.
func readNetworks(items []string, to *[]string) error {
	*to = nil
	if len(items) == 1 && items[0] == "" {
		return nil
	}
	for _, item := range items {
		network, err := pay.ParseNetwork(item)
		if err != nil {
			return fmt.Errorf("--allow-ip: %w", err)
		}
		*to = append(*to, network)
	}
	return nil
}

type merchantAddCmd struct {
	books
	Name     string `arg:"" help:"Name of the merchant."`
	UserCode string `placeholder:"impNNNNNNNN" help:"Code for IMP.init; made when not given."`
	JSON     bool   `name:"json" help:"Print JSON."`
	merchantFlags
}

func (c *merchantAddCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		in := pay.Merchant{Name: c.Name, UserCode: c.UserCode}
		if err := c.apply(&in.Settings); err != nil {
			return err
		}
		got, err := b.gateway.AddMerchant(ctx, in)
		if errors.Is(err, store.ErrExists) {
			return fmt.Errorf("--user-code %s: a merchant has it already", c.UserCode)
		}
		if err != nil {
			return flagged(err, merchantFlagOf)
		}
		if c.JSON {
			return printJSON(m.Stdout, merchantJSONOf(got))
		}
		_, err = fmt.Fprintf(m.Stdout, "user code    %s\nmerchant id  %s\n", got.UserCode, got.ID)
		return err
	})
}

type merchantSetCmd struct {
	books
	Merchant string  `arg:"" help:"User code or id of the merchant."`
	Tier     string  `placeholder:"CODE" help:"The merchant's sub-store of this tier code instead."`
	Name     *string `help:"Another name."`
	JSON     bool    `name:"json" help:"Print JSON."`
	merchantFlags
}

func (c *merchantSetCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		got, err := b.seller(ctx, c.Merchant, c.Tier)
		if err != nil {
			return err
		}
		got, err = b.gateway.ChangeMerchant(ctx, got.ID, func(now *pay.Merchant) error {
			if c.Name != nil {
				now.Name = *c.Name
			}
			return c.apply(&now.Settings)
		})
		if err != nil {
			return flagged(err, merchantFlagOf)
		}
		if c.JSON {
			return printJSON(m.Stdout, merchantJSONOf(got))
		}
		_, err = fmt.Fprintln(m.Stdout, "changed", got.UserCode)
		return err
	})
}

// merchantFlagOf are the flags of what the gateway refuses.
var merchantFlagOf = map[string]string{
	"name": "name", "user_code": "user-code", "default_channel": "default-channel", "origins": "origins", "allowed_ips": "allow-ip", "retention": "retention",
}
