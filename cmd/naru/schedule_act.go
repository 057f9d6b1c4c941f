package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// scheduleTimeCmd books a schedule for a time.
type scheduleTimeCmd struct {
	books
	ofOrder
	At   string `required:"" placeholder:"TIME" help:"When: 2026-11-21T09:00:00+09:00."`
	JSON bool   `name:"json" help:"Print JSON."`
}

type scheduleMoveCmd struct{ scheduleTimeCmd }

func (c *scheduleMoveCmd) Run(ctx context.Context, m *Main) error {
	return c.book(ctx, m, func(b *opened, of pay.MerchantID, at time.Time) (gateway.Booked, error) {
		return b.gateway.MoveSchedule(ctx, of, pay.MerchantUID(c.Order), at)
	})
}

type scheduleRebookCmd struct{ scheduleTimeCmd }

func (c *scheduleRebookCmd) Run(ctx context.Context, m *Main) error {
	return c.book(ctx, m, func(b *opened, of pay.MerchantID, at time.Time) (gateway.Booked, error) {
		return b.gateway.Reschedule(ctx, of, pay.MerchantUID(c.Order), at)
	})
}

func (c *scheduleTimeCmd) book(ctx context.Context, m *Main, to func(*opened, pay.MerchantID, time.Time) (gateway.Booked, error)) error {
	at, err := readAt(c.At)
	if err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		s, err := to(b, of.ID, at)
		if err != nil {
			return noSchedule(err, of, c.Order)
		}
		if c.JSON {
			return printJSON(m.Stdout, scheduleJSONOf(s))
		}
		_, err = fmt.Fprintf(m.Stdout, "%s is booked for %s\n", s.MerchantUID, when(s.At))
		return err
	})
}

type scheduleRevokeCmd struct {
	books
	ofMerchant
	Orders []string `arg:"" name:"order" help:"Order numbers (merchant_uid) of the schedules."`
	JSON   bool     `name:"json" help:"Print JSON."`
}

func (c *scheduleRevokeCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		uids := make([]pay.MerchantUID, len(c.Orders))
		for i, o := range c.Orders {
			uids[i] = pay.MerchantUID(o)
		}
		revoked, err := b.gateway.Unschedule(ctx, of.ID, "", uids)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, schedulesJSON(revoked))
		}
		for _, s := range revoked {
			if _, err := fmt.Fprintf(m.Stdout, "%s is revoked\n", s.MerchantUID); err != nil {
				return err
			}
		}
		return nil
	})
}

type scheduleRetryCmd struct {
	books
	ofOrder
	JSON bool `name:"json" help:"Print JSON."`
}

// Run charges; a refused charge is an error.
func (c *scheduleRetryCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		p, err := b.gateway.RetrySchedule(ctx, of.ID, pay.MerchantUID(c.Order), "")
		if err != nil {
			return noSchedule(err, of, c.Order)
		}
		if c.JSON {
			if err := printJSON(m.Stdout, chargesJSON([]pay.Payment{p})[0]); err != nil {
				return err
			}
		}
		if p.Status == pay.StatusFailed {
			return fmt.Errorf("order %q was charged again by %s and refused: %s", c.Order, p.ID, p.FailReason)
		}
		if c.JSON {
			return nil
		}
		_, err = fmt.Fprintf(m.Stdout, "%s is %s by %s\n", c.Order, p.Status, p.ID)
		return err
	})
}

type scheduleRecoveryCmd struct {
	books
	ofMerchant
	Hour string `placeholder:"1-23|off" help:"Set the hour of the Korean day at which it runs, or off."`
	Day  string `placeholder:"DAY" help:"Show what the run of this Korean day did with each schedule: 2026-11-21."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (c *scheduleRecoveryCmd) Run(ctx context.Context, m *Main) error {
	hour := 0
	if c.Hour != "" && c.Hour != "off" {
		var err error
		if hour, err = strconv.Atoi(c.Hour); err != nil || hour < 1 {
			return fmt.Errorf("--hour %q: want an hour from 1 to 23, or off", c.Hour)
		}
	}
	if _, err := koreanDay("day", c.Day); err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		if c.Hour != "" {
			if err := b.gateway.SetRecoveryHour(ctx, of.ID, hour); err != nil {
				return flagged(err, map[string]string{"recovery_hour": "hour"})
			}
		}
		out, err := c.ask(ctx, b, of.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, out)
		}
		return printRecovery(m.Stdout, out)
	})
}

func (c *scheduleRecoveryCmd) ask(ctx context.Context, b *opened, of pay.MerchantID) (out recoveryJSON, err error) {
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(ctx, of)
		if err != nil {
			return err
		}
		runs, sums, err := tx.RecoveryRuns(ctx, of, "", 30)
		if err != nil {
			return err
		}
		out = recoveryJSONOf(m.Settings.RecoveryHour, runs, sums)
		if c.Day == "" {
			return nil
		}
		for after := pay.MerchantUID(""); ; {
			tries, err := tx.RecoveryTries(ctx, of, c.Day, "", after, 500)
			if err != nil {
				return err
			}
			for _, t := range tries {
				out.Tries = append(out.Tries, recoveryTryJSON{string(t.MerchantUID), string(t.Outcome), t.Reason, string(t.Payment), t.Amount, t.At})
				after = t.MerchantUID
			}
			if len(tries) < 500 {
				return nil
			}
		}
	})
	return out, err
}

func printRecovery(to io.Writer, r recoveryJSON) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	at := "off"
	if r.Hour > 0 {
		at = fmt.Sprintf("%02d:00 in Korea", r.Hour)
	}
	_, _ = fmt.Fprintf(w, "hour\t%s\n\nDAY\tRETRIED\tSUCCEEDED\tFAILED\tUNKNOWN\tSKIPPED\tRECOVERED\tENDED\n", at)
	for _, d := range r.Runs {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", d.Day, d.Retried, d.Succeeded, d.Failed, d.Unknown, d.Skipped, d.Recovered, whenSet(d.Ended))
	}
	if len(r.Tries) > 0 {
		_, _ = fmt.Fprintln(w, "\nORDER\tOUTCOME\tREASON\tPAYMENT\tAMOUNT\tAT")
	}
	for _, t := range r.Tries {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", t.Order, t.Outcome, t.Reason, t.Payment, t.Amount, when(t.At))
	}
	return w.Flush()
}

func whenSet(t *time.Time) string {
	if t == nil {
		return "running"
	}
	return when(*t)
}
