package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

type scheduleCmd struct {
	List     scheduleListCmd     `cmd:"" help:"List booked charges and what became of them, the one due last first."`
	Show     scheduleShowCmd     `cmd:"" help:"Show one schedule, its charges and what was done to it."`
	Add      scheduleAddCmd      `cmd:"" help:"Book a charge of a billing key."`
	Move     scheduleMoveCmd     `cmd:"" help:"Give a booked charge another time."`
	Revoke   scheduleRevokeCmd   `cmd:"" help:"Revoke booked charges: they are not charged."`
	Retry    scheduleRetryCmd    `cmd:"" help:"Charge at once what failed or was revoked."`
	Rebook   scheduleRebookCmd   `cmd:"" help:"Book again what failed or was revoked."`
	Recovery scheduleRecoveryCmd `cmd:"" help:"The daily run that charges again what failed the day before: show what it did, set its hour. Leave it off if your server charges failures again by itself: buyers could be charged twice."`
}

func newScheduleCmd() scheduleCmd {
	return scheduleCmd{
		scheduleListCmd{books: newBooks()}, scheduleShowCmd{books: newBooks()}, scheduleAddCmd{books: newBooks()},
		scheduleMoveCmd{scheduleTimeCmd{books: newBooks()}}, scheduleRevokeCmd{books: newBooks()}, scheduleRetryCmd{books: newBooks()},
		scheduleRebookCmd{scheduleTimeCmd{books: newBooks()}}, scheduleRecoveryCmd{books: newBooks()},
	}
}

// billingSearch is what lists of billing are searched by.
type billingSearch struct {
	Search string `placeholder:"TEXT" help:"Only those found by this: the beginning of any field, or of --field."`
	Field  string `placeholder:"FIELD" help:"What --search is the beginning of."`
	Limit  int    `default:"50" help:"How many, 1 to 500."`
	After  string `placeholder:"PLACE" help:"Go on behind the place that the list before ended with."`
}

// read checks the flags; fields are those that there are.
func (f billingSearch) read(fields []store.BillingField) (store.Place, error) {
	var errs []error
	if f.Field != "" && !slices.Contains(fields, store.BillingField(f.Field)) {
		errs = append(errs, fmt.Errorf("--field %q: want one of %v", f.Field, fields))
	}
	if f.Limit < 1 || f.Limit > 500 {
		errs = append(errs, fmt.Errorf("--limit %d: want 1 to 500", f.Limit))
	}
	p, err := readPlace(f.After)
	return store.Place{At: p.Created, ID: p.ID}, errors.Join(append(errs, err)...)
}

func spellBillingPlace(p store.Place) string {
	if p == (store.Place{}) {
		return ""
	}
	return spellPlace(store.DeliveryPlace{Created: p.At, ID: p.ID})
}

type scheduleListCmd struct {
	books
	ofMerchant
	billingSearch
	State       string `placeholder:"STATE" help:"booked, succeeded, failed or revoked."`
	From        string `placeholder:"TIME" help:"Due at this time or later: 2026-11-21, or 2026-11-21T09:00:00+09:00. A day begins in Korea."`
	To          string `placeholder:"TIME" help:"Due before this time; a day is its beginning, in Korea."`
	OldestFirst bool   `help:"The one due first first."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

func (c *scheduleListCmd) Run(ctx context.Context, m *Main) error {
	place, err := c.read(store.ScheduleFields())
	q := store.ScheduleQuery{State: pay.ScheduleState(c.State), Search: c.Search, Field: store.BillingField(c.Field), OldestFirst: c.OldestFirst, Place: place, Limit: c.Limit}
	if c.State != "" && !slices.Contains(pay.ScheduleStates(), q.State) {
		err = errors.Join(err, fmt.Errorf("--state %q: want one of %v", c.State, pay.ScheduleStates()))
	}
	var badPeriod error
	q.From, q.To, badPeriod = readPeriod(c.From, c.To)
	if err := errors.Join(err, badPeriod); err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		page, err := b.gateway.ListSchedules(ctx, of.ID, q)
		if err != nil {
			return err
		}
		next := spellBillingPlace(page.After)
		if c.JSON {
			return printJSON(m.Stdout, schedulePage{schedulesJSON(page.Rows), next, page.Cut})
		}
		return printSchedules(m.Stdout, page, next)
	})
}

func printSchedules(to io.Writer, page gateway.ScheduleList, next string) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ORDER\tDUE\tSTATE\tAMOUNT\tCUSTOMER\tPAYMENT\tNAME")
	for _, s := range page.Rows {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", s.MerchantUID, when(s.At), stateText(s), s.Amount.Total.Minor, s.CustomerUID, s.Payment, oneLine(s.Name))
	}
	if page.Cut {
		_, _ = fmt.Fprintf(w, "more matches than were looked at: search for a longer text\n")
	}
	if err := w.Flush(); err != nil || next == "" {
		return err
	}
	_, err := fmt.Fprintf(to, "more: --after %s\n", next)
	return err
}

// stateText is a state, and that its charge is under way.
func stateText(s gateway.Booked) string {
	if s.Status == pay.ScheduleRunning {
		return "booked (being charged)"
	}
	return string(s.State())
}

// ofOrder names a schedule.
type ofOrder struct {
	ofMerchant
	Order string `arg:"" help:"The schedule's order number (merchant_uid)."`
}

func noSchedule(err error, of pay.Merchant, order string) error {
	switch {
	case errors.Is(err, gateway.ErrNoSchedule):
		return fmt.Errorf("%s has no schedule of order %q (naru schedule list %s)", of.UserCode, order, of.UserCode)
	case errors.Is(err, gateway.ErrOutcomeUnknown):
		return fmt.Errorf("order %q: the charge was asked for, and its outcome is being found out by the naru that serves; do not ask again (naru schedule show %s %s): %w", order, of.UserCode, order, err)
	}
	return flagged(err, map[string]string{"schedule_at": "at", "customer_uid": "customer-uid", "amount": "amount", "merchant_uid": "order"})
}

type scheduleShowCmd struct {
	books
	ofOrder
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *scheduleShowCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		s, err := b.gateway.BookedCharge(ctx, of.ID, pay.MerchantUID(c.Order))
		if err != nil {
			return noSchedule(err, of, c.Order)
		}
		whole := scheduleWhole{scheduleJSON: scheduleJSONOf(s)}
		err = b.store.Read(ctx, func(tx *store.Tx) error {
			tries, err := tx.FindPayments(ctx, of.ID, store.PaymentFilter{MerchantUID: s.MerchantUID, Sort: "-started", Limit: 100})
			if err != nil {
				return err
			}
			whole.Charges = chargesJSON(tries)
			changes, err := tx.ListAudit(ctx, of.ID, store.AuditFilter{Target: c.Order, Limit: 100})
			if err != nil {
				return err
			}
			whole.Changes = changesJSON(changes)
			return nil
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, whole)
		}
		return printSchedule(m.Stdout, s, whole)
	})
}

func printSchedule(to io.Writer, s gateway.Booked, whole scheduleWhole) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	for _, line := range [][2]string{
		{"order", string(s.MerchantUID)}, {"name", oneLine(s.Name)}, {"state", stateText(s)}, {"due", when(s.At)}, {"amount", fmt.Sprintf("%d %s", s.Amount.Total.Minor, s.Amount.Total.Currency)},
		{"customer_uid", string(s.CustomerUID)}, {"customer_id", s.CustomerID}, {"booked", when(s.Created)}, {"executed", when(s.ExecutedAt)}, {"revoked", when(s.RevokedAt)},
	} {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	_, _ = fmt.Fprintln(w, "\nCHARGE\tAT\tSTATUS\tREASON")
	for _, p := range whole.Charges {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Payment, when(p.Started), p.Status, oneLine(p.Reason))
	}
	_, _ = fmt.Fprintln(w, "\nDONE\tAT\tBY")
	for _, a := range whole.Changes {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", a.Action, when(a.At), oneLine(a.By))
	}
	return w.Flush()
}

type scheduleAddCmd struct {
	books
	ofOrder
	CustomerUID string `name:"customer-uid" required:"" placeholder:"UID" help:"Whose billing key is charged."`
	Amount      int64  `required:"" help:"How much, in won."`
	At          string `required:"" placeholder:"TIME" help:"When: 2026-11-21T09:00:00+09:00."`
	Name        string `required:"" help:"Name of the order."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

func (c *scheduleAddCmd) Run(ctx context.Context, m *Main) error {
	at, err := readAt(c.At)
	if err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		booked, err := b.gateway.Schedule(ctx, gateway.ScheduleRequest{
			Merchant: of.ID, CustomerUID: pay.CustomerUID(c.CustomerUID),
			Items: []gateway.ScheduleItem{{At: at, Charge: gateway.Charge{MerchantUID: pay.MerchantUID(c.Order), Name: c.Name, Amount: pay.Breakdown{Total: pay.Won(c.Amount)}}}},
		})
		if err != nil {
			return noSchedule(scheduleFlag(err), of, c.Order)
		}
		return c.say(m.Stdout, booked)
	})
}

func (c *scheduleAddCmd) say(to io.Writer, booked []gateway.Booked) error {
	if c.JSON {
		return printJSON(to, scheduleJSONOf(booked[0]))
	}
	_, err := fmt.Fprintf(to, "%s is booked for %s\n", booked[0].MerchantUID, when(booked[0].At))
	return err
}

// scheduleFlag takes the item's number off a refusal: there is one item.
func scheduleFlag(err error) error {
	if v, ok := errors.AsType[*gateway.Invalid](err); ok {
		const item = "schedules[0]."
		if len(v.Field) > len(item) && v.Field[:len(item)] == item {
			return &gateway.Invalid{Field: v.Field[len(item):], Detail: v.Detail}
		}
	}
	return err
}

// readAt reads an instant.
func readAt(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("--at %q: want a time such as 2026-11-21T09:00:00+09:00", text)
	}
	return at.UTC(), nil
}
