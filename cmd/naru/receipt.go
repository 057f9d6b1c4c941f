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

type receiptCmd struct {
	List   receiptListCmd   `cmd:"" help:"List cash receipts, newest first."`
	Show   receiptShowCmd   `cmd:"" help:"Show one cash receipt."`
	Issue  receiptIssueCmd  `cmd:"" help:"Have a cash receipt issued, for a payment or for money taken elsewhere."`
	Cancel receiptCancelCmd `cmd:"" help:"Cancel a cash receipt."`
}

func newReceiptCmd() receiptCmd {
	return receiptCmd{receiptListCmd{books: newBooks()}, receiptShowCmd{books: newBooks()}, receiptIssueCmd{books: newBooks()}, receiptCancelCmd{books: newBooks()}}
}

// The JSON of these commands. Whose a receipt is, is in none. Amounts are in the
// smallest unit of the currency; times are RFC 3339 in UTC, null before they come.
type (
	receiptPage struct {
		Receipts []receiptJSON `json:"receipts"`
		After    string        `json:"after,omitempty"` // for --after; none on the last page
	}
	receiptJSON struct {
		ID          string     `json:"id"`
		Status      string     `json:"status"`
		Type        string     `json:"type"`
		Payment     string     `json:"imp_uid"` // "" for money taken elsewhere
		Order       string     `json:"merchant_uid"`
		Name        string     `json:"name"`
		Currency    string     `json:"currency"`
		Amount      int64      `json:"amount"`
		TaxFree     int64      `json:"tax_free"`
		VAT         *int64     `json:"vat"` // null: computed by the provider
		Channel     string     `json:"channel_key"`
		Provider    string     `json:"provider"`
		MID         string     `json:"mid"`
		Mode        string     `json:"mode"`
		ApprovalNo  string     `json:"apply_num,omitempty"`
		URL         string     `json:"receipt_url,omitempty"`
		Code        string     `json:"fail_code,omitempty"`
		Message     string     `json:"fail_reason,omitempty"`
		Created     time.Time  `json:"created"`
		Issued      *time.Time `json:"issued_at"`
		CancelledAt *time.Time `json:"cancelled_at"`
	}
)

func receiptJSONOf(r pay.Receipt) receiptJSON {
	return receiptJSON{
		ID: string(r.ID), Status: string(r.Status), Type: string(r.Type), Payment: string(r.Payment), Order: string(r.MerchantUID), Name: r.Name,
		Currency: string(r.Amount.Total.Currency), Amount: r.Amount.Total.Minor, TaxFree: r.Amount.TaxFree, VAT: r.Amount.VAT,
		Channel: string(r.Channel), Provider: string(r.Provider), MID: r.MID, Mode: string(r.Mode), ApprovalNo: r.ApprovalNo, URL: r.URL,
		Code: r.Code, Message: r.Message, Created: r.Created, Issued: ifSet(r.IssuedAt), CancelledAt: ifSet(r.CancelledAt),
	}
}

type receiptListCmd struct {
	books
	ofMerchant
	Status string `placeholder:"STATUS" help:"issuing, issued, refused, cancelling or cancelled."`
	From   string `placeholder:"TIME" help:"Asked for at this time or later: 2026-11-21, or 2026-11-21T09:00:00+09:00. A day begins in Korea."`
	To     string `placeholder:"TIME" help:"Asked for before this time; a day is its beginning, in Korea."`
	Limit  int    `default:"50" help:"How many, 1 to 500."`
	After  string `placeholder:"PLACE" help:"Go on behind the place that the list before ended with."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// query reads the flags, or says which are wrong.
func (c *receiptListCmd) query() (q store.ReceiptQuery, err error) {
	var errs []error
	q = store.ReceiptQuery{Status: pay.ReceiptStatus(c.Status), Limit: c.Limit}
	if all := pay.Receipts.States(); c.Status != "" && !slices.Contains(all, q.Status) {
		errs = append(errs, fmt.Errorf("--status %q: want one of %v", c.Status, all))
	}
	if c.Limit < 1 || c.Limit > store.MaxPage {
		errs = append(errs, fmt.Errorf("--limit %d: want 1 to %d", c.Limit, store.MaxPage))
	}
	after, err := readPlace(c.After)
	q.After = store.ReceiptPlace{At: after.Created, ID: pay.ReceiptID(after.ID)}
	errs = append(errs, err)
	q.From, q.To, err = readPeriod(c.From, c.To)
	return q, errors.Join(append(errs, err)...)
}

func (c *receiptListCmd) Run(ctx context.Context, m *Main) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		var page store.ReceiptPage
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = tx.ListReceipts(ctx, of.ID, q)
			return err
		})
		if err != nil {
			return err
		}
		next := spellBillingPlace(store.Place{At: page.Next.At, ID: string(page.Next.ID)})
		if c.JSON {
			out := receiptPage{make([]receiptJSON, len(page.Rows)), next}
			for i, r := range page.Rows {
				out.Receipts[i] = receiptJSONOf(r)
			}
			return printJSON(m.Stdout, out)
		}
		return printReceipts(m.Stdout, page.Rows, next)
	})
}

func printReceipts(to io.Writer, all []pay.Receipt, next string) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "RECEIPT\tASKED FOR\tSTATUS\tMODE\tTYPE\tAMOUNT\tNUMBER\tPAYMENT\tORDER\tNAME")
	for _, r := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, when(r.Created), r.Status, r.Mode, r.Type, r.Amount.Total, r.ApprovalNo, r.Payment, oneLine(string(r.MerchantUID)), oneLine(r.Name))
	}
	if err := w.Flush(); err != nil || next == "" {
		return err
	}
	_, err := fmt.Fprintf(to, "more: --after %s\n", next)
	return err
}

// ofReceipt names a cash receipt.
type ofReceipt struct {
	ofMerchant
	Receipt string `arg:"" help:"The receipt's id, as naru receipt list shows it."`
}

func (o ofReceipt) find(ctx context.Context, b *opened, of pay.Merchant) (r pay.Receipt, err error) {
	err = b.store.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = tx.Receipt(ctx, of.ID, pay.ReceiptID(o.Receipt))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return r, fmt.Errorf("%s has no cash receipt %q (naru receipt list %s)", of.UserCode, o.Receipt, of.UserCode)
	}
	return r, err
}

type receiptShowCmd struct {
	books
	ofReceipt
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *receiptShowCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		r, err := c.find(ctx, b, of)
		if err != nil {
			return err
		}
		return sayReceipt(m, r, c.JSON)
	})
}

// sayReceipt shows a receipt.
func sayReceipt(m *Main, r pay.Receipt, asJSON bool) error {
	if asJSON {
		return printJSON(m.Stdout, receiptJSONOf(r))
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
	for _, line := range [][2]string{
		{"receipt", string(r.ID)}, {"status", string(r.Status)}, {"type", string(r.Type)}, {"amount", r.Amount.Total.String()}, {"payment", string(r.Payment)},
		{"order", oneLine(string(r.MerchantUID))}, {"name", oneLine(r.Name)}, {"provider", string(r.Provider) + " " + r.MID}, {"mode", string(r.Mode)},
		{"number", r.ApprovalNo}, {"page", r.URL}, {"asked for", when(r.Created)}, {"issued", when(r.IssuedAt)}, {"cancelled", when(r.CancelledAt)},
		{"refusal", oneLine(r.Code + " " + r.Message)},
	} {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	return w.Flush()
}

// receiptTrouble is why a receipt was not issued or cancelled.
func receiptTrouble(err error, of pay.Merchant, r pay.Receipt) error {
	if errors.Is(err, gateway.ErrOutcomeUnknown) {
		return fmt.Errorf("%w: it has not failed and is being found out by the naru that serves (naru receipt show %s %s)", err, of.UserCode, r.ID)
	}
	return flagged(err, map[string]string{
		"identifier": "identifier", "amount": "amount", "tax_free": "tax-free", "vat": "vat", "merchant_uid": "order", "name": "name",
	})
}
