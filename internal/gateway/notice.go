package gateway

import (
	"context"
	"errors"
	"net/http"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// Notice takes a provider's webhook for a channel. It says where to look: the
// payment is asked for, and the answer is what counts. A notice that came
// before is heeded again: its name comes from outside, and a forged one must not
// silence the real one; but many at once share a question, and what teaches
// nothing again and again is asked about later (noticeDesk). One about a payment
// we do not know is answered, so that the provider stops. The reply is for the
// provider, with status 200, once what the notice led to is in the books or sure
// to be asked about; an error means it should send again.
func (g *Gateway) Notice(ctx context.Context, key pay.ChannelKey, h http.Header, body []byte) ([]byte, error) {
	ctx = context.WithoutCancel(ctx)
	var ch pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		ch, err = tx.ChannelByKey(ctx, key)
		return translate(err, store.ErrNotFound, ErrChannelMissing)
	})
	if err != nil {
		return nil, err
	}
	conn, _, err := g.connect(ch)
	if err != nil {
		return nil, err
	}
	reader, err := connector.As[connector.WebhookReader](conn)
	if err != nil {
		return nil, err
	}
	n, err := reader.ReadWebhook(ctx, h, body)
	if err != nil {
		return nil, &Invalid{"body", err.Error()}
	}
	asked := heeding{Merchant: ch.Merchant, Channel: key, Payment: pay.PaymentID(n.Ref.Order), Customer: n.Customer, At: n.At, Key: n.Key, Kind: n.Kind, Came: g.now()}
	if n.Customer != "" {
		asked.Payment = ""
		return n.Reply, g.heedCustomer(ctx, asked)
	}
	if n.Ref.Order == "" {
		g.log.InfoContext(ctx, "notice about nothing we hold", "channel", key, "kind", n.Kind)
		return n.Reply, nil
	}
	p, err := g.payment(ctx, ch.Merchant, asked.Payment)
	if errors.Is(err, ErrNoPayment) && n.Ref.Key != "" {
		if p, err = g.fromElsewhere(ctx, ch.Merchant, n.Ref.Key); err == nil {
			asked.Payment = p.ID
		}
	}
	if errors.Is(err, ErrNoPayment) || err == nil && p.Channel != key {
		g.log.WarnContext(ctx, "notice about a payment of nobody", "channel", key, "order", n.Ref.Order)
		return n.Reply, nil
	}
	if err != nil {
		return nil, err
	}
	if prover, err := connector.As[connector.NoticeProver](conn); err == nil && !prover.ProveNotice(n, p.Ref) {
		g.log.WarnContext(ctx, "notice is forged", "channel", key, "payment", p.ID, "kind", n.Kind)
		return n.Reply, nil
	}
	return n.Reply, g.heed(ctx, asked, false)
}

// fromElsewhere is the payment that a provider knows by a key of its own and not by
// an order id of ours, or ErrNoPayment.
func (g *Gateway) fromElsewhere(ctx context.Context, m pay.MerchantID, key string) (p pay.Payment, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		found, err := tx.PaymentsFromElsewhere(ctx, m, []string{key})
		if err != nil || found[key] == "" {
			return errors.Join(err, ErrNoPayment)
		}
		p, err = tx.Payment(ctx, m, found[key])
		return err
	})
	return p, err
}
