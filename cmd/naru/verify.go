package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

type verifyCmd struct {
	books
	Merchant string  `placeholder:"CODE" help:"User code or id of one merchant; all of them when not given."`
	Tier     string  `placeholder:"CODE" help:"The merchant's sub-store of this tier code."`
	From     string  `placeholder:"DAY" help:"Payments begun on this Korean day or later, as 2026-11-21."`
	To       string  `placeholder:"DAY" help:"Payments begun on this Korean day or earlier."`
	Provider bool    `help:"Ask the provider about each of these payments, too. Changes nothing."`
	Sync     bool    `help:"With --provider: learn what the provider says otherwise."`
	Rate     float64 `default:"5" placeholder:"N" help:"Questions a second to a channel; 1.5 at most in test mode."`
	Parallel int     `default:"4" placeholder:"N" help:"Questions at once."`
	JSON     bool    `name:"json" help:"Print JSON."`
}

func (c *verifyCmd) Run(ctx context.Context, m *Main) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	return c.open(ctx, m, func(b *opened) error {
		if c.Merchant != "" {
			of, err := b.seller(ctx, c.Merchant, c.Tier)
			if err != nil {
				return err
			}
			o.Merchant = of.ID
		}
		print := newFindings(m, c.JSON)
		o.Found, o.Progress = print.finding, print.progress
		report, err := b.gateway.Verify(ctx, o)
		if err != nil {
			return errors.Join(err, print.close(nil))
		}
		if err := print.close(report); err != nil {
			return err
		}
		if !c.JSON {
			if err := sayVerified(m.Stdout, report, c.Provider); err != nil {
				return err
			}
		}
		return trouble(report.Findings, report.Unasked)
	})
}

// options are what the flags mean.
func (c *verifyCmd) options() (o gateway.VerifyOptions, err error) {
	o = gateway.VerifyOptions{Provider: c.Provider, Sync: c.Sync, Rate: c.Rate, Parallel: c.Parallel}
	switch {
	case c.Sync && !c.Provider:
		return o, errors.New("--sync: only with --provider, whose answers it learns")
	case c.Tier != "" && c.Merchant == "":
		return o, errors.New("--tier: only with --merchant, whose sub-store it is")
	case !(c.Rate > 0 && c.Rate <= 1000):
		return o, fmt.Errorf("--rate %v: must be above 0 and at most 1000", c.Rate)
	case c.Parallel < 1 || c.Parallel > 64:
		return o, fmt.Errorf("--parallel %d: must be 1 to 64", c.Parallel)
	}
	if o.From, err = koreanDay("from", c.From); err != nil {
		return o, err
	}
	if o.To, err = koreanDay("to", c.To); err != nil {
		return o, err
	}
	if !o.To.IsZero() {
		o.To = o.To.AddDate(0, 0, 1)
		if !o.From.Before(o.To) {
			return o, fmt.Errorf("--from %s: must not be after --to %s", c.From, c.To)
		}
	}
	return o, nil
}

// trouble is what the exit code tells.
func trouble(findings, unasked int) error {
	var said []string
	if findings > 0 {
		said = append(said, fmt.Sprintf("%d finding%s (docs/verify.md)", findings, plural(findings)))
	}
	if unasked > 0 {
		said = append(said, fmt.Sprintf("%d payment%s the provider could not be asked about", unasked, plural(unasked)))
	}
	if len(said) == 0 {
		return nil
	}
	return errors.New(strings.Join(said, ", "))
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func sayVerified(w io.Writer, r gateway.VerifyReport, asked bool) error {
	line := fmt.Sprintf("checked %d payments, %d orders, %d schedules, %d billing keys, %d cash receipts and %d channels of %d merchant%s",
		r.Payments, r.Orders, r.Schedules, r.Keys, r.Receipts, r.Channels, r.Merchants, plural(r.Merchants))
	if asked {
		line += fmt.Sprintf("; asked about %d payments", r.Asked)
	}
	if r.Mended > 0 {
		line += fmt.Sprintf("; mended %d", r.Mended)
	}
	if r.Findings == 0 && r.Unasked == 0 {
		line += ": the books are sound"
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

type reconcileCmd struct {
	books
	Channel string `required:"" placeholder:"CHANNEL-KEY" help:"The channel whose contract is reconciled."`
	Day     string `placeholder:"DAY" help:"Korean day, as 2026-11-21; yesterday when not given."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (c *reconcileCmd) Run(ctx context.Context, m *Main) error {
	day, err := koreanDay("day", c.Day)
	if err != nil {
		return err
	}
	if day.IsZero() {
		day = m.Now().AddDate(0, 0, -1)
	}
	return c.open(ctx, m, func(b *opened) error {
		r, err := b.gateway.Reconcile(ctx, pay.ChannelKey(c.Channel), day)
		switch {
		case errors.Is(err, gateway.ErrChannelMissing):
			return fmt.Errorf("--channel %s: there is no such channel (naru channel list)", c.Channel)
		case err != nil:
			return flagged(err, map[string]string{"day": "day"})
		}
		if err := c.say(m, r); err != nil {
			return err
		}
		open := 0
		for _, f := range r.Findings {
			if !f.Mended {
				open++
			}
		}
		return trouble(open, 0)
	})
}

func (c *reconcileCmd) say(m *Main, r gateway.Reconciliation) error {
	if c.JSON {
		return json.NewEncoder(m.Stdout).Encode(r)
	}
	print := newFindings(m, false)
	for _, f := range r.Findings {
		print.finding(f)
	}
	if err := print.close(nil); err != nil {
		return err
	}
	settled := fmt.Sprintf("%d settlement lines recorded", r.Settled)
	if !r.SettlementsOffered {
		settled = "no settlements in this mode"
	}
	_, err := fmt.Fprintf(m.Stdout, "%s on %s\n  books     %s\n  provider  %s\n  %s\n", r.Channel, r.Day, sumLine(r.Books), sumLine(r.Provider), settled)
	return err
}

func sumLine(s gateway.Sum) string {
	return fmt.Sprintf("%6d movements  %14d in  %14d back", s.Lines, s.In, s.Back)
}

// findings prints what is found, as it is found.
type findings struct {
	out  io.Writer
	err  error
	json bool
	n    int
	// screen is where progress is shown: nil if nobody looks.
	screen io.Writer
	shown  time.Time
	began  time.Time
}

func newFindings(m *Main, asJSON bool) *findings {
	f := &findings{out: m.Stdout, json: asJSON, began: time.Now()}
	if file, ok := m.Stderr.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			f.screen = file
		}
	}
	if asJSON {
		f.write("{\"findings\":[")
	}
	return f
}

func (f *findings) write(format string, args ...any) {
	if f.err == nil {
		_, f.err = fmt.Fprintf(f.out, format, args...)
	}
}

// finding prints one. Only the first error of writing is kept.
func (f *findings) finding(g gateway.Finding) {
	f.clear()
	f.n++
	words := g.Kind.Words()
	if f.json {
		comma := ","
		if f.n == 1 {
			comma = ""
		}
		text, err := json.Marshal(struct {
			gateway.Finding
			What  string `json:"what"`
			Do    string `json:"do"`
			Money bool   `json:"money"`
		}{g, words.What, words.Do, words.Money})
		if err != nil && f.err == nil {
			f.err = err
		}
		f.write("%s\n%s", comma, text)
		return
	}
	head := string(g.Kind)
	if words.Money {
		head += " (money)"
	}
	if g.Mended {
		head += " — mended"
	}
	f.write("%s: %s %s of merchant %s", head, strings.ReplaceAll(g.Section, "_", " "), g.Row, g.Merchant)
	if g.Payment != "" && string(g.Payment) != g.Row {
		f.write(", payment %s", g.Payment)
	}
	f.write("\n  %s\n  expected  %s\n  found     %s\n", words.What, g.Expected, g.Found)
	if g.Mended {
		f.write("  The provider was asked, and its answer is on the books now.\n\n")
		return
	}
	f.write("  to do     %s\n\n", words.Do)
}

// progress shows how far it is, on a terminal.
func (f *findings) progress(r gateway.VerifyReport) {
	if f.screen == nil || time.Since(f.shown) < 200*time.Millisecond {
		return
	}
	f.shown = time.Now()
	rows := r.Payments + r.Orders + r.Schedules + r.Keys + r.Receipts
	_, _ = fmt.Fprintf(f.screen, "\r\x1b[K%d payments, %d rows in all, %d asked, %d findings, %s",
		r.Payments, rows, r.Asked, r.Findings, time.Since(f.began).Round(time.Second))
}

func (f *findings) clear() {
	if f.screen != nil && !f.shown.IsZero() {
		_, _ = fmt.Fprint(f.screen, "\r\x1b[K")
	}
}

// close ends the list; of JSON with a report, if there is one.
func (f *findings) close(report any) error {
	f.clear()
	if f.json {
		text, err := json.Marshal(report)
		if err != nil {
			return err
		}
		f.write("\n],\"report\":%s}\n", text)
	}
	return f.err
}
