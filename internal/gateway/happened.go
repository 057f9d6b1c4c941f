package gateway

import (
	"context"
	"errors"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// What is written down so that a payment's timeline tells it.

// cameBack is the browser's return from the window.
func cameBack(r Return) store.PaymentEvent {
	return store.PaymentEvent{Kind: store.EventReturned, Detail: store.EventDetail{Failed: r.Failed}}
}

// recordPreapproval keeps what the merchant's confirm_url said. Losing it costs no
// money: the payment goes on, or not, as it was told.
func (g *Gateway) recordPreapproval(ctx context.Context, p pay.Payment, asked time.Time, took time.Duration, said error) {
	e := store.PaymentEvent{Merchant: p.Merchant, Payment: p.ID, Kind: store.EventConfirmAsked, At: asked, Took: took}
	e.Detail = store.EventDetail{URL: p.Notify.ConfirmURL, Allowed: said == nil, Status: 200}
	if said != nil {
		e.Detail.Status, e.Detail.Error = 0, said.Error()
	}
	if stop, ok := errors.AsType[*Stop](said); ok {
		e.Detail.Status, e.Detail.Reason, e.Detail.Error = stop.Status, stop.Reason, stop.Trouble
	}
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Payment(ctx, p.Merchant, p.ID); err != nil {
			return err
		}
		return tx.AddEvent(ctx, e)
	})
	if err != nil {
		g.log.ErrorContext(ctx, "what confirm_url said is not recorded", "payment", p.ID, "err", err)
	}
}

// listening has what is said to the provider within a context gathered.
func listening(ctx context.Context, heard *[]connector.Exchange) context.Context {
	return connector.Recording(ctx, func(e connector.Exchange) { *heard = append(*heard, e) })
}

// query asks how a payment stands, and gives what was said too.
func query(ctx context.Context, conn connector.Connector, ref pay.Ref) (s connector.Snapshot, heard []connector.Exchange, err error) {
	s, err = conn.Query(listening(ctx, &heard), ref)
	return s, heard, err
}
