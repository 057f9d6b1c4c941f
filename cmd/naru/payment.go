package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"naru/internal/pay"
	"naru/internal/store"
)

type paymentCmd struct {
	Show   paymentShowCmd   `cmd:"" help:"Show one payment and everything that happened to it."`
	List   paymentListCmd   `cmd:"" help:"List payments, newest first."`
	Export paymentExportCmd `cmd:"" help:"Write a list of payments, all of it, to a CSV file."`
	Cancel paymentCancelCmd `cmd:"" help:"Give back all or part of a payment."`
	Revoke paymentRevokeCmd `cmd:"" help:"Take a virtual account back that waits for its deposit."`
	Sync   paymentSyncCmd   `cmd:"" help:"Ask the provider how a payment stands, and record what it says."`
}

func newPaymentCmd() paymentCmd {
	return paymentCmd{paymentShowCmd{books: newBooks()}, paymentListCmd{books: newBooks()}, paymentExportCmd{books: newBooks()}, paymentCancelCmd{books: newBooks()}, paymentRevokeCmd{books: newBooks()}, paymentSyncCmd{books: newBooks()}}
}

// paymentNamed finds a payment by its imp_uid, whosever it is.
func (b *opened) paymentNamed(ctx context.Context, id string) (pay.Payment, error) {
	var p pay.Payment
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.PaymentByID(ctx, pay.PaymentID(id))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return p, fmt.Errorf("there is no payment %q", id)
	}
	return p, err
}

type paymentShowCmd struct {
	books
	Payment string `arg:"" help:"Its imp_uid."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (c *paymentShowCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		p, err := b.paymentNamed(ctx, c.Payment)
		if err != nil {
			return err
		}
		var told []store.Happening
		err = b.store.Read(ctx, func(tx *store.Tx) (err error) {
			told, err = tx.Timeline(ctx, p.Merchant, p.ID)
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, paymentWhole{paymentJSONOf(p), timelineJSON(told)})
		}
		return printPayment(m.Stdout, p, told)
	})
}

func printPayment(to io.Writer, p pay.Payment, told []store.Happening) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	for _, line := range [][2]string{
		{"payment", string(p.ID)}, {"merchant", string(p.Merchant)}, {"order", string(p.MerchantUID)}, {"name", oneLine(p.Name)},
		{"status", string(p.Status)}, {"mode", string(p.Mode)}, {"method", string(p.Method)}, {"provider", string(p.Provider) + " " + p.MID},
		{"amount", p.Amount.Total.String()}, {"cancelled", fmt.Sprint(p.Cancelled)}, {"provider's key", p.Ref.Key},
		{"asked for", when(p.StartedAt)}, {"paid", when(p.PaidAt)}, {"failed", when(p.FailedAt)}, {"cancelled at", when(p.CancelledAt)},
		{"failure", oneLine(p.FailCode + " " + p.FailReason)},
	} {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	_, _ = fmt.Fprintln(w, "\nAT\tWHAT\tDETAIL")
	for _, h := range told {
		what, detail := happened(h)
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", h.At.UTC().Format("2006-01-02T15:04:05.000Z"), what, oneLine(detail))
		for _, e := range h.Exchanges {
			_, _ = fmt.Fprintf(w, "\t  call\t%s\n", oneLine(fmt.Sprintf("%s %s: HTTP %d in %s %s", e.Method, e.Path, e.Status, e.Took, e.Error)))
		}
	}
	return w.Flush()
}

// happened is a line of a timeline in the words of the books.
func happened(h store.Happening) (what, detail string) {
	switch h.Kind {
	case store.HappenedEvent:
		return string(h.Event.Kind), eventText(*h.Event)
	case store.HappenedNotice:
		return "notice", h.Notice.Kind + " " + h.Notice.Key
	case store.HappenedConfirming, store.HappenedStep:
		return "step", fmt.Sprintf("%s to %s: %s %s", h.Step.From, h.Step.To, h.Step.Event, h.Step.Why)
	case store.HappenedAttempt:
		return "attempt", fmt.Sprintf("%s of %d (%s)", h.Attempt.Kind, h.Attempt.Amount, h.Attempt.ID)
	case store.HappenedAttemptEnded:
		return "attempt ended", fmt.Sprintf("%s %s %s %s", h.Attempt.Kind, h.Attempt.Status, h.Attempt.Code, h.Attempt.Message)
	case store.HappenedMovement:
		return "movement", fmt.Sprintf("%s of %d (%s) %s", h.Movement.Kind, h.Movement.Amount, h.Movement.Key, h.Movement.Reason)
	case store.HappenedReceipt, store.HappenedReceiptEnded, store.HappenedReceiptUndone:
		return strings.ReplaceAll(string(h.Kind), "_", " "), fmt.Sprintf("%s of %d (%s) %s", h.Receipt.Status, h.Receipt.Amount.Total.Minor, h.Receipt.ID, h.Receipt.Message)
	case store.HappenedAlarm, store.HappenedAlarmClosed:
		return strings.ReplaceAll(string(h.Kind), "_", " "), h.Alarm.Kind + ": " + h.Alarm.Text
	case store.HappenedDelivery, store.HappenedDeliveryGiveUp:
		return "webhook", fmt.Sprintf("%s to %s: %s (%s)", h.Delivery.Event, h.Delivery.URL, h.Delivery.Status, h.Delivery.ID)
	case store.HappenedTry:
		return "webhook sent", fmt.Sprintf("%s: HTTP %d in %s %s", h.Delivery.Event, h.Try.Status, h.Try.Took, h.Try.Error)
	case store.HappenedAudit:
		return "by hand", fmt.Sprintf("%s by %s %s %s", h.Audit.Action, h.Audit.Actor.Kind, h.Audit.Actor.Name, h.Audit.After)
	default:
		return string(h.Kind), ""
	}
}

func eventText(e store.PaymentEvent) string {
	d := e.Detail
	switch e.Kind {
	case store.EventReturned:
		if d.Failed {
			return "without paying"
		}
	case store.EventLeft:
		if d.Gone {
			return "the window vanished"
		}
	case store.EventConfirmAsked:
		said := "stopped"
		if d.Allowed {
			said = "allowed"
		}
		return fmt.Sprintf("%s: HTTP %d in %s: %s %s %s", d.URL, d.Status, e.Took, said, d.Reason, d.Error)
	}
	return ""
}

type paymentListCmd struct {
	books
	ofMerchant
	paymentFlags
	Limit int    `default:"50" help:"How many, 1 to 500."`
	After string `placeholder:"PLACE" help:"Go on behind the place that the list before ended with."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

func (c *paymentListCmd) Run(ctx context.Context, m *Main) error {
	q, err := c.query()
	errs := []error{err}
	if q.Limit = c.Limit; c.Limit < 1 || c.Limit > store.MaxPage {
		errs = append(errs, fmt.Errorf("--limit %d: want 1 to %d", c.Limit, store.MaxPage))
	}
	if q.After, err = store.ParseCursor(c.After); err != nil {
		errs = append(errs, fmt.Errorf("--after %q: want what the list before ended with", c.After))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		var page store.PaymentPage
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = tx.ListPayments(ctx, of.ID, q)
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, paymentPage{rowsJSON(page.Rows), page.Next.String()})
		}
		return printPayments(m.Stdout, page)
	})
}

func printPayments(to io.Writer, page store.PaymentPage) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "PAYMENT\tSINCE\tSTATUS\tMODE\tMETHOD\tAMOUNT\tCANCELLED\tORDER\tNAME")
	for _, p := range page.Rows {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", p.ID, when(p.StatusAt), p.Status, p.Mode, p.Method, p.Amount, p.Cancelled, oneLine(string(p.MerchantUID)), oneLine(p.Name))
	}
	if err := w.Flush(); err != nil || page.Next.IsZero() {
		return err
	}
	_, err := fmt.Fprintf(to, "more: --after %s\n", page.Next)
	return err
}
