package gateway

import (
	"context"
	"errors"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// CancelTerms is what a cancel of a payment may be right now. Cancel checks all of
// it again.
type CancelTerms struct {
	Payment pay.Payment
	// Refused is why nothing can be cancelled (ErrNotCancellable, ErrFullyCancelled,
	// ErrOverCancel), or nil.
	Refused error
	// Free is what may be cancelled, and the Checksum of a cancel that believes so:
	// what is left without what cancels whose answer is not known may take.
	Free, Undecided int64
	TaxFreeLeft     int64 // of the tax-free part
	Partial         bool  // less than all may be cancelled
	RefundTo        bool  // a bank account must be named that the money goes to
	Banks           []codes.Entry
}

// CancelTerms says what a cancel of a payment may be; ErrNoPayment when there is none.
func (g *Gateway) CancelTerms(ctx context.Context, m pay.MerchantID, id pay.PaymentID) (CancelTerms, error) {
	var t CancelTerms
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if t.Payment, err = tx.Payment(ctx, m, id); err != nil {
			return translate(err, store.ErrNotFound, ErrNoPayment)
		}
		t, err = g.cancelTerms(ctx, tx, t.Payment)
		return err
	})
	return t, err
}

func (g *Gateway) cancelTerms(ctx context.Context, tx *store.Tx, p pay.Payment) (CancelTerms, error) {
	t := CancelTerms{Payment: p, Partial: true, RefundTo: p.Method == pay.MethodVbank}
	if d, ok := g.drivers[p.Provider]; ok {
		if row, ok := d.Method(p.Method); ok {
			t.Partial = row.PartialCancel
		}
	}
	others, err := cancelsOf(ctx, tx, p)
	if err != nil {
		return t, err
	}
	moved, err := tx.Movements(ctx, p.Merchant, p.ID)
	if err != nil {
		return t, err
	}
	t.TaxFreeLeft = taxFreeLeft(p, moved)
	t.Undecided = others.reserved()
	t.Free = p.Left() - t.Undecided
	if t.RefundTo {
		t.Banks = banksOf(p.Provider)
	}
	// Whether anything may be cancelled is for checkCancel to say.
	_, _, err = g.checkCancel(ctx, tx, p, CancelRequest{RefundTo: anyAccount(t.Banks)})
	switch {
	case errors.Is(err, ErrNotCancellable), errors.Is(err, ErrFullyCancelled), errors.Is(err, ErrOverCancel):
		t.Refused = err
	case errors.Is(err, ErrPartialForbidden): // what is undecided leaves a part only
		t.Refused = ErrOutcomeUnknown
	case err != nil:
		return t, err
	}
	return t, nil
}

// taxFreeLeft is what cancels have left of the tax-free part.
func taxFreeLeft(p pay.Payment, moved []pay.Movement) int64 {
	left := p.Amount.TaxFree
	for _, m := range moved {
		if m.Kind == pay.MovementCancel {
			left -= m.TaxFree
		}
	}
	return left
}

// anyAccount is an account to which a refund would be taken, for asking whether one
// could be.
func anyAccount(banks []codes.Entry) *connector.BankAccount {
	if len(banks) == 0 {
		return nil
	}
	return &connector.BankAccount{Bank: banks[0].Code, Number: "0", Holder: "-"}
}

// banksOf are the banks that a provider knows.
func banksOf(p pay.Provider) (out []codes.Entry) {
	for _, b := range codes.Banks() {
		if _, ok := codes.BankTo(p, b.Code); ok {
			out = append(out, b)
		}
	}
	return out
}

// ReceiptTerms is what a cash receipt of a payment would be of: what is left, and what
// is left of its tax-free part; the VAT is for the provider to compute. The error is why there can be none: ErrReceiptForbidden, ErrReceiptIssued,
// ErrOutcomeUnknown while a cancel is being found out, ErrUnsupported, ErrNoPayment.
func (g *Gateway) ReceiptTerms(ctx context.Context, m pay.MerchantID, id pay.PaymentID) (pay.Breakdown, error) {
	var row pay.Receipt
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		if err := g.checkReceipt(ctx, tx, ReceiptRequest{Merchant: m, Payment: id}, &row); err != nil {
			return err
		}
		p, err := tx.Payment(ctx, m, id)
		if err != nil {
			return err
		}
		moved, err := tx.Movements(ctx, m, id)
		if err != nil {
			return err
		}
		row.Amount.TaxFree = max(0, min(taxFreeLeft(p, moved), row.Amount.Total.Minor))
		all, err := tx.ReceiptsOfPayment(ctx, m, id)
		for _, c := range all {
			if c.Status != pay.ReceiptRefused && c.Status != pay.ReceiptCancelled {
				return ErrReceiptIssued
			}
		}
		return err
	})
	if err == nil {
		_, err = receiptChannel(ctx, g, m, id)
	}
	return row.Amount, err
}

// ReceiptChannels are the merchant's channels that issue cash receipts for money
// taken elsewhere, the default first.
func (g *Gateway) ReceiptChannels(ctx context.Context, m pay.MerchantID) ([]pay.Channel, error) {
	all, err := g.usableChannels(ctx, m)
	var out []pay.Channel
	for _, ch := range unnamedChannels(all, ChannelChoice{}, pay.ChannelPayment) {
		if _, err := openFor[connector.ReceiptIssuer](g, ch); err == nil {
			out = append(out, ch)
		}
	}
	return out, err
}

// CheckCancel says whether a cancel would be asked for as things stand, without asking:
// its errors are those of Cancel before the provider is asked.
func (g *Gateway) CheckCancel(ctx context.Context, r CancelRequest) error {
	id, err := g.cancellable(ctx, r)
	if err != nil {
		return err
	}
	return g.store.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.Payment(ctx, r.Merchant, id)
		if err != nil {
			return translate(err, store.ErrNotFound, ErrNoPayment)
		}
		_, _, err = g.checkCancel(ctx, tx, p, r)
		return err
	})
}
