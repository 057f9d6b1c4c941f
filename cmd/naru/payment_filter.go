package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"naru/internal/pay"
	"naru/internal/store"
)

// paymentFlags choose payments.
type paymentFlags struct {
	From     string   `placeholder:"TIME" help:"At this time or later: 2026-11-21, or 2026-11-21T09:00:00+09:00. A day begins in Korea."`
	To       string   `placeholder:"TIME" help:"Before this time; a day is its beginning, in Korea."`
	By       string   `default:"status" enum:"status,request" help:"The time meant: when it got its status, or when it was asked for."`
	Status   string   `placeholder:"STATUS" help:"created, confirming, awaiting_deposit, paid, partially_cancelled, cancelled or failed."`
	Method   []string `placeholder:"METHOD" help:"Paid by this: card, trans, vbank, phone, tosspay ...; repeat it for several."`
	Provider []string `placeholder:"NAME" help:"Of this provider: tosspayments or tosspay_v2; repeat it for several."`
	Channel  []string `placeholder:"CHANNEL-KEY" help:"Of this channel; repeat it for several."`
	Charged  string   `placeholder:"WAY" help:"normal: by a buyer; recurring: with a billing key."`
	Search   string   `placeholder:"TEXT" help:"What any field begins with."`
	Field    string   `placeholder:"FIELD" help:"Search in this field alone: imp_uid, merchant_uid, name, approval, buyer_name ..."`
	Tests    string   `default:"show" enum:"show,hide,only" help:"Payments that moved no real money: show, hide or only."`
}

// query reads the flags, or says which are wrong.
func (c *paymentFlags) query() (store.PaymentQuery, error) {
	q := store.PaymentQuery{ByRequest: c.By == "request", Search: c.Search, Field: store.SearchField(c.Field), Charged: store.ChargedBy(c.Charged)}
	var errs []error
	var err error
	if q.From, q.To, err = readPeriod(c.From, c.To); err != nil {
		errs = append(errs, err)
	}
	if c.Status != "" {
		q.Statuses = []pay.Status{pay.Status(c.Status)}
	}
	for _, k := range c.Channel {
		q.Channels = append(q.Channels, pay.ChannelKey(k))
	}
	q.Methods, err = known("method", c.Method, pay.Methods())
	errs = append(errs, err)
	q.Providers, err = known("provider", c.Provider, providers())
	errs = append(errs, err, oneOf("status", c.Status, pay.Payments.States()), oneOf("field", c.Field, store.SearchFields()),
		oneOf("charged", c.Charged, []store.ChargedBy{store.ChargedBuyer, store.ChargedKey}))
	switch c.Tests {
	case "hide":
		q.Modes = []pay.Mode{pay.ModeLive}
	case "only":
		q.Modes = []pay.Mode{pay.ModeTest, pay.ModeSandbox}
	}
	return q, errors.Join(errs...)
}

// providers are those that this program speaks to.
func providers() (out []pay.Provider) {
	for _, d := range drivers() {
		out = append(out, d.Provider)
	}
	return out
}

// oneOf says that a flag has none of the values there are.
func oneOf[T ~string](flag, value string, all []T) error {
	if value == "" || slices.Contains(all, T(value)) {
		return nil
	}
	return fmt.Errorf("--%s %q: want one of %v", flag, value, all)
}

// known are the values of a flag that may be repeated.
func known[T ~string](flag string, values []string, all []T) (out []T, err error) {
	for _, v := range values {
		err = errors.Join(err, oneOf(flag, v, all))
		out = append(out, T(v))
	}
	return out, err
}

type paymentExportCmd struct {
	books
	ofMerchant
	paymentFlags
	Out  string `required:"" placeholder:"FILE.csv" help:"A new file, which only its owner may read; - is standard output."`
	JSON bool   `name:"json" help:"Print what was written as JSON; not with --out -."`
}

// Run writes the payments that the flags choose as a table. What is half written is
// removed.
func (c *paymentExportCmd) Run(ctx context.Context, m *Main) error {
	q, err := c.query()
	if c.Out == "-" && c.JSON {
		err = errors.Join(err, errors.New("--json: want --out FILE, standard output has the payments"))
	}
	if err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		if c.Out == "-" {
			_, err := b.gateway.ExportPayments(ctx, of.ID, q, m.Stdout)
			return err
		}
		n, err := newFile(c.Out, func(f io.Writer) (int, error) { return b.gateway.ExportPayments(ctx, of.ID, q, f) })
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"file": c.Out, "payments": n})
		}
		_, err = fmt.Fprintf(m.Stdout, "%d payments written to %s\n", n, c.Out)
		return err
	})
}

// newFile has a file filled that must not be there yet.
func newFile(name string, fill func(io.Writer) (int, error)) (int, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, fmt.Errorf("--out: %w", err)
	}
	n, err := fill(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return n, errors.Join(err, os.Remove(name))
	}
	return n, nil
}
