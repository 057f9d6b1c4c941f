package gateway

import (
	"context"
	"errors"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// heeding is a notice as a question: about a payment, or about the billing keys
// of a customer. It is also the argument of JobHeed.
type heeding struct {
	Merchant pay.MerchantID `json:"merchant"`
	Channel  pay.ChannelKey `json:"channel"`
	Payment  pay.PaymentID  `json:"payment,omitempty"`
	Customer string         `json:"customer,omitempty"`
	At       time.Time      `json:"at,omitzero"` // when it happened, if the notice told
	Key      string         `json:"key"`         // the provider's name for the notice
	Kind     string         `json:"kind"`
	Came     time.Time      `json:"came,omitzero"` // when we got it
}

// subject is what it is about.
func (h heeding) subject() string {
	if h.Payment != "" {
		return "payment/" + string(h.Payment)
	}
	return "customer/" + string(h.Channel) + "/" + h.Customer
}

// heedMost is how often a planned question is put when it cannot be answered:
// with the runner's growing waits, for some hours.
const heedMost = 20

// heed asks about what a notice names, as often as is reasonable: notices that
// come at once share a question, and while questions teach nothing, the next one
// is put later by a job. nil means that it was asked, or surely will be.
func (g *Gateway) heed(ctx context.Context, h heeding, forced bool) error {
	name := h.subject()
	at := g.desk.enter(name, g.now(), forced)
	switch {
	case at.wait > 0:
		return g.planHeed(ctx, h, at.wait)
	case !at.lead:
		<-at.look.done
		return at.look.err
	}
	var put, taught bool
	err := errNotAsked
	defer func() { g.desk.end(name, at.look, g.now(), put, taught, err) }() // also should asking panic
	if at.before != nil {
		<-at.before.done
		if wait, ok := g.desk.advance(name, g.now(), forced); !ok {
			err = g.planHeed(ctx, h, wait)
			return err
		}
	}
	places := g.desk.channel(h.Channel)
	patience := time.NewTimer(noticePatient)
	defer patience.Stop()
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-patience.C: // too much is asked of the provider already
		err = g.planHeed(ctx, h, noticeGap)
		return err
	}
	put = true
	taught, err = g.askAbout(ctx, h)
	return err
}

// errNotAsked is of a question that came to no end.
var errNotAsked = errors.New("gateway: the question of a notice came to no end")

// planHeed has a job ask after a while, unless one will already.
func (g *Gateway) planHeed(ctx context.Context, h heeding, wait time.Duration) error {
	name := h.subject()
	if g.desk.isPlanned(name, g.now()) {
		return nil
	}
	var now, at time.Time
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		now, at = tx.Now, tx.Now.Add(wait)
		return tx.Enqueue(ctx, h.Merchant, JobHeed, name, h, at)
	})
	if err == nil {
		g.desk.plan(name, now, at)
		g.log.InfoContext(ctx, "notice is heeded later", "channel", h.Channel, "payment", h.Payment, "kind", h.Kind, "wait", wait)
	}
	return err
}

// workHeed puts a planned question.
func (g *Gateway) workHeed(ctx context.Context, j store.Job) error {
	var h heeding
	if err := j.ReadArg(&h); err != nil {
		return err
	}
	err := g.heed(ctx, h, true)
	if err != nil && j.Tries >= heedMost {
		g.log.ErrorContext(ctx, "a notice is given up", "channel", h.Channel, "payment", h.Payment, "kind", h.Kind, "err", err)
		return nil
	}
	return err
}

// askAbout puts the question and then marks the notice as seen, in this order: a
// crash between the two makes the provider's next try count. It has taught
// something when the books have changed since.
func (g *Gateway) askAbout(ctx context.Context, h heeding) (taught bool, err error) {
	if h.Payment == "" {
		return g.heedKeys(ctx, h)
	}
	p, err := g.payment(ctx, h.Merchant, h.Payment)
	if err != nil {
		return false, err
	}
	now, err := p, error(nil)
	var heard []connector.Exchange
	if p.CustomerUsage == usageIssue {
		now, err = g.syncBilling(ctx, p)
	} else {
		var conn connector.Connector
		if conn, _, err = g.connectTo(ctx, p); err == nil {
			now, heard, err = g.sync(ctx, conn, p)
		}
	}
	if err != nil && !errors.Is(err, connector.ErrNotFound) {
		g.recordExchanges(ctx, pay.Attempt{Merchant: p.Merchant, Payment: p.ID}, heard)
		return false, err
	}
	taught = now.Version != p.Version
	return taught, g.store.Write(ctx, func(tx *store.Tx) error {
		fresh, err := tx.InsertNotice(ctx, store.Notice{Merchant: h.Merchant, Channel: h.Channel, Key: h.Key, Kind: h.Kind, Payment: h.Payment, At: h.Came})
		if err != nil || len(heard) == 0 || !fresh && !taught { // told again, and nothing new
			return err
		}
		if _, err := tx.Payment(ctx, p.Merchant, p.ID); err != nil { // of one that was erased no bodies are kept
			return err
		}
		return addExchanges(ctx, tx, pay.Attempt{Merchant: p.Merchant, Payment: p.ID}, heard)
	})
}

// heedCustomer heeds a notice about a customer, if we hold a key of it.
func (g *Gateway) heedCustomer(ctx context.Context, h heeding) error {
	keys, err := g.keysOfCustomer(ctx, h)
	if err != nil || len(keys) == 0 {
		return err
	}
	return g.heed(ctx, h, false)
}

func (g *Gateway) keysOfCustomer(ctx context.Context, h heeding) (keys []pay.BillingKey, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) (err error) {
		keys, err = tx.BillingKeysOfCustomer(ctx, h.Channel, h.Customer)
		return err
	})
	return keys, err
}

// heedKeys asks about the billing keys of the customer that a notice names: the
// instrument was changed, or the key removed, in the provider's app.
func (g *Gateway) heedKeys(ctx context.Context, h heeding) (taught bool, err error) {
	keys, err := g.keysOfCustomer(ctx, h)
	if err != nil {
		return false, err
	}
	var errs []error
	for _, k := range keys { // each by itself: one that cannot be asked about silences no other
		learned, err := g.heedOneKey(ctx, k, h.At)
		if errors.Is(err, ErrChannelMissing) {
			g.log.WarnContext(ctx, "billing key not asked about", "billing_key", k.ID, "err", err)
			continue
		}
		taught = taught || learned
		errs = append(errs, err)
	}
	return taught, errors.Join(errs...)
}

// heedOneKey asks for a key whose buyer may have agreed in the window, or about
// one that is in use.
func (g *Gateway) heedOneKey(ctx context.Context, k pay.BillingKey, agreed time.Time) (taught bool, err error) {
	if k.Status != pay.KeyIssuing {
		now, err := g.refreshKey(ctx, k)
		return !now.Updated.Equal(k.Updated), err
	}
	if agreed.Before(k.Created) || agreed.After(g.now()) { // not told, or not to be believed
		agreed = time.Time{}
	}
	err = g.askForWindowKey(ctx, k, agreed)
	if errors.Is(err, errNotAgreed) {
		return false, nil
	}
	return err == nil, err
}
