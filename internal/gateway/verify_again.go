package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"naru/internal/pay"
	"naru/internal/store"
)

// findAgain checks the one row that a finding was about.
func (g *Gateway) findAgain(ctx context.Context, tx *store.Tx, f store.Finding) ([]Finding, error) {
	var at findingBody
	if err := json.Unmarshal(f.Body, &at); err != nil {
		return nil, fmt.Errorf("finding %s: %w", f.ID, err)
	}
	r := rows{m: f.Merchant, section: at.Section}
	switch at.Section {
	case sectionPayment:
		p, err := tx.Payment(ctx, f.Merchant, pay.PaymentID(at.Row))
		if err != nil {
			return nil, gone(err)
		}
		_, found, err := g.checkPayments(ctx, tx, f.Merchant, []pay.Payment{p}, true)
		return found, err
	case sectionOrder:
		o, err := tx.Order(ctx, f.Merchant, pay.MerchantUID(at.Row))
		if err == nil {
			err = r.orders(ctx, tx, []store.Order{o})
		}
		return r.found, gone(err)
	case sectionSchedule:
		s, err := tx.Schedule(ctx, f.Merchant, pay.MerchantUID(at.Row))
		if err == nil {
			err = r.schedules(ctx, tx, []pay.Schedule{s})
		}
		return r.found, gone(err)
	case sectionKey:
		k, err := tx.BillingKeyByID(ctx, f.Merchant, pay.KeyID(at.Row))
		if err == nil {
			err = g.keyRows(ctx, tx, &r, []pay.BillingKey{k})
		}
		return r.found, gone(err)
	case sectionReceipt:
		c, err := tx.Receipt(ctx, f.Merchant, pay.ReceiptID(at.Row))
		if err == nil {
			err = r.receipts(ctx, tx, []pay.Receipt{c})
		}
		return r.found, gone(err)
	case sectionChannel:
		found, _, _, err := g.checkChannels(ctx, tx, f.Merchant, "", 1<<30)
		return found, err
	}
	return nil, fmt.Errorf("finding %s: section %q is not known", f.ID, at.Section)
}

// gone: what is about a row that is not there any more is found no more.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
