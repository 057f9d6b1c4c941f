package main

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

type receiptIssueCmd struct {
	books
	ofMerchant
	Type       string `default:"person" enum:"person,company" help:"What it is for: person is income deduction (소득공제), company is business expense (지출증빙)."`
	Identifier string `required:"" placeholder:"NUMBER" help:"Telephone number, cash receipt card or business number; - reads it from standard input, so that it is not to be seen among the processes."`
	TaxFree    *int64 `placeholder:"N" help:"Tax-free part; that of what is left of the payment, or none, if left out."`
	VAT        *int64 `name:"vat" placeholder:"N" help:"VAT of it; computed by the provider if left out."`

	Payment string `placeholder:"IMP_UID" help:"For what is left of this payment, made by transfer or into a virtual account."`

	Order   string `placeholder:"MERCHANT_UID" help:"For money taken elsewhere: its order number."`
	Name    string `help:"What was sold."`
	Amount  int64  `placeholder:"N" help:"What was taken, in won."`
	Channel string `placeholder:"CHANNEL-KEY" help:"Whose contract it is issued by; the merchant's own choice if left out."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// check says which flags are missing, or go with another use.
func (c *receiptIssueCmd) check() error {
	var errs []error
	if c.Payment != "" {
		if c.Order != "" || c.Name != "" || c.Amount != 0 || c.Channel != "" {
			errs = append(errs, errors.New("--order, --name, --amount and --channel are for money taken elsewhere; leave them out or --payment"))
		}
	} else {
		if c.Order == "" || c.Name == "" {
			errs = append(errs, errors.New("want --payment, or --order, --name and --amount for money taken elsewhere"))
		}
		if c.Amount < 1 {
			errs = append(errs, fmt.Errorf("--amount %d: want 1 or more", c.Amount))
		}
	}
	return errors.Join(errs...)
}

func (c *receiptIssueCmd) Run(ctx context.Context, m *Main) error {
	if err := c.check(); err != nil {
		return err
	}
	number, err := m.personal("identifier", c.Identifier)
	if err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		r, err := c.request(ctx, b, of)
		if err != nil {
			return err
		}
		r.Identifier = pay.Secret(number)
		row, err := b.gateway.IssueReceipt(ctx, r)
		if err != nil {
			return receiptTrouble(err, of, row)
		}
		return sayReceipt(m, row, c.JSON)
	})
}

func (c *receiptIssueCmd) request(ctx context.Context, b *opened, of pay.Merchant) (gateway.ReceiptRequest, error) {
	r := gateway.ReceiptRequest{
		Merchant: of.ID, Payment: pay.PaymentID(c.Payment), MerchantUID: pay.MerchantUID(c.Order), Name: c.Name, Amount: c.Amount,
		Channel: gateway.ChannelChoice{Key: pay.ChannelKey(c.Channel)}, Type: pay.ReceiptType(c.Type), VAT: c.VAT,
	}
	if c.TaxFree != nil {
		r.TaxFree = *c.TaxFree
	}
	if c.Payment == "" {
		return r, nil
	}
	left, err := b.gateway.ReceiptTerms(ctx, of.ID, r.Payment)
	if err != nil {
		return r, fmt.Errorf("%s: %w", c.Payment, err)
	}
	if c.TaxFree == nil {
		r.TaxFree = left.TaxFree
	}
	err = b.store.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.Payment(ctx, of.ID, r.Payment)
		r.Buyer = p.Buyer
		return err
	})
	return r, err
}

type receiptCancelCmd struct {
	books
	ofReceipt
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *receiptCancelCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		r, err := c.find(ctx, b, of)
		if err != nil {
			return err
		}
		switch {
		case r.Status != pay.ReceiptIssued:
			return fmt.Errorf("%s is %s: it is not in force, and there is nothing to cancel", r.ID, r.Status)
		case r.Payment != "":
			r, err = b.gateway.CancelReceiptOfPayment(ctx, of.ID, r.Payment, "")
		default:
			r, err = b.gateway.CancelReceiptOfOrder(ctx, of.ID, r.MerchantUID, "")
		}
		if err != nil {
			return receiptTrouble(err, of, r)
		}
		return sayReceipt(m, r, c.JSON)
	})
}
