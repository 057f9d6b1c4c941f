package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// Notice takes a provider's webhook for a channel. It says where to look: the
// payment is asked for, and the answer is what counts. A notice that came
// before is heeded again: its name comes from outside, and a forged one must not
// silence the real one. One about a payment we do not know is answered, so that
// the provider stops. The reply is for the provider, with
// status 200; an error means it should send again.
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
	if n.Customer != "" {
		return n.Reply, g.heedKey(ctx, key, n)
	}
	if n.Ref.Order == "" {
		g.log.InfoContext(ctx, "notice about nothing we hold", "channel", key, "kind", n.Kind)
		return n.Reply, nil
	}
	p, err := g.payment(ctx, ch.Merchant, pay.PaymentID(n.Ref.Order))
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
	return n.Reply, g.heed(ctx, conn, key, p, n)
}

// heedKey asks about the billing keys of the customer that a notice names: the
// instrument was changed, or the key removed, in the provider's app.
func (g *Gateway) heedKey(ctx context.Context, channel pay.ChannelKey, n connector.Notice) error {
	var keys []pay.BillingKey
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		keys, err = tx.BillingKeysOfCustomer(ctx, channel, n.Customer)
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, k := range keys { // each by itself: one that cannot be asked about silences no other
		err := g.heedOneKey(ctx, k, n)
		if errors.Is(err, ErrChannelMissing) {
			g.log.WarnContext(ctx, "billing key not asked about", "billing_key", k.ID, "err", err)
			continue
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// heedOneKey asks for a key whose buyer may have agreed in the window, or about
// one that is in use.
func (g *Gateway) heedOneKey(ctx context.Context, k pay.BillingKey, n connector.Notice) error {
	if k.Status != pay.KeyIssuing {
		_, err := g.refreshKey(ctx, k)
		return err
	}
	agreed := n.At
	if agreed.Before(k.Created) || agreed.After(g.now()) { // not told, or not to be believed
		agreed = time.Time{}
	}
	err := g.askForWindowKey(ctx, k, agreed)
	if errors.Is(err, errNotAgreed) {
		return nil
	}
	return err
}

// heed asks about the payment a notice names and then marks the notice as seen,
// in this order: a crash between the two makes the provider's next try count.
func (g *Gateway) heed(ctx context.Context, conn connector.Connector, key pay.ChannelKey, p pay.Payment, n connector.Notice) error {
	ask := func() (pay.Payment, error) { return g.sync(ctx, conn, p) }
	if p.CustomerUsage == usageIssue {
		ask = func() (pay.Payment, error) { return g.syncBilling(ctx, p) }
	}
	if _, err := ask(); err != nil && !errors.Is(err, connector.ErrNotFound) {
		return err
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.InsertNotice(ctx, key, n.Key, n.Kind, p.ID)
		return err
	})
}
