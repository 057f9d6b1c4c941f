package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

type paymentCancelCmd struct {
	books
	Payment  string `arg:"" help:"Its imp_uid."`
	Amount   int64  `placeholder:"N" help:"How much; all that is left if left out."`
	TaxFree  int64  `placeholder:"N" help:"Tax-free part of it."`
	VAT      *int64 `name:"vat" placeholder:"N" help:"VAT of it; computed by the provider if left out."`
	Reason   string `default:"관리자페이지취소" help:"Told to the provider and kept with the payment."`
	Checksum *int64 `placeholder:"N" help:"What you believe is left: the cancel is refused if it is not."`

	RefundBank    string `placeholder:"CODE" help:"Of a deposited virtual account: three-digit code of the bank to refund to."`
	RefundAccount string `placeholder:"NUMBER" help:"Its number; - reads it from standard input, so that it is not to be seen among the processes."`
	RefundHolder  string `placeholder:"NAME" help:"Whose it is."`
	JSON          bool   `name:"json" help:"Print JSON."`
}

func (c *paymentCancelCmd) Run(ctx context.Context, m *Main) error {
	if c.Amount < 0 || c.TaxFree < 0 {
		return errors.New("--amount and --tax-free: want 0 or more")
	}
	account, err := m.personal("refund-account", c.RefundAccount)
	if err != nil {
		return err
	}
	r := gateway.CancelRequest{TaxFree: c.TaxFree, VAT: c.VAT, Checksum: c.Checksum, Reason: c.Reason, Webhook: true, Actor: "command"}
	if c.Amount > 0 {
		r.Amount = &c.Amount
	}
	if c.RefundBank != "" || account != "" || c.RefundHolder != "" {
		r.RefundTo = &connector.BankAccount{Bank: c.RefundBank, Number: pay.Secret(account), Holder: c.RefundHolder}
	}
	return c.open(ctx, m, func(b *opened) error {
		p, err := b.paymentNamed(ctx, c.Payment)
		if err != nil {
			return err
		}
		r.Merchant, r.PaymentID = p.Merchant, p.ID
		now, err := b.gateway.Cancel(pay.WithActor(ctx, m.commandActor()), r)
		if errors.Is(err, gateway.ErrOutcomeUnknown) {
			return fmt.Errorf("%s: %w: it has not failed and is being found out (naru payment show %s)", p.ID, err, p.ID)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.ID, flagged(err, map[string]string{
				"amount": "amount", "tax_free": "tax-free", "vat": "vat", "refund_bank": "refund-bank", "reason": "reason",
			}))
		}
		if c.JSON {
			return printJSON(m.Stdout, paymentJSONOf(now))
		}
		_, err = fmt.Fprintf(m.Stdout, "cancelled %d; %d left, the payment is %s\n", now.Cancelled-p.Cancelled, now.Left(), now.Status)
		return err
	})
}

type paymentSyncCmd struct {
	books
	Payment string `arg:"" help:"Its imp_uid."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (c *paymentSyncCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		p, err := b.paymentNamed(ctx, c.Payment)
		if err != nil {
			return err
		}
		now, err := b.gateway.Sync(pay.WithActor(ctx, m.commandActor()), p.Merchant, p.ID)
		if errors.Is(err, connector.ErrNotFound) {
			return fmt.Errorf("%s: %w: the buyer never began to pay, or it is long ago", p.ID, err)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.ID, err)
		}
		changed := now.Version != p.Version || now.Cancelled != p.Cancelled
		if c.JSON {
			return printJSON(m.Stdout, struct {
				paymentJSON
				Changed bool   `json:"changed"`
				Before  string `json:"status_before"`
			}{paymentJSONOf(now), changed, string(p.Status)})
		}
		text := fmt.Sprintf("nothing has changed: %s\n", now.Status)
		if changed {
			text = fmt.Sprintf("it was %s and is %s; %d cancelled\n", p.Status, now.Status, now.Cancelled)
		}
		_, err = io.WriteString(m.Stdout, text)
		return err
	})
}
