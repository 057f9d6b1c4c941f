// Package notify tells merchants what happened to their payments (PortOne V1,
// "웹훅 연동하기"): it turns the gateway's events into deliveries, one for each
// address, sends them, tries again, and keeps a record of each try. It also
// asks a merchant's confirm_url before a payment is confirmed.
//
// Deliveries are made at least once. Of one payment and address they begin in
// the order of events: a later one's first try waits for the end of the
// earlier one's first try, and ends the earlier one's retries. No address waits
// for another: each origin of a merchant has a lane of its own among the jobs.
package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"naru/internal/jobs"
	"naru/internal/outbound"
	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/v1wire"
	"naru/internal/vault"
)

// Kinds of the jobs worked here. Key: delivery id.
const (
	JobDeliver = "deliver"
	JobResend  = "resend" // one try that a person asked for
)

// Options are what a Notifier is made of. Store is required.
type Options struct {
	Store *store.Store
	// Vault seals what webhooks are signed with; nil leaves them unsigned.
	Vault   *vault.Vault
	Log     *slog.Logger
	Version string // for User-Agent
	// Retries are the waits between tries, for merchants without their own. A try
	// comes up to a tenth earlier or later than they say.
	Retries []time.Duration
	// Chance draws from [0, 1) how a wait deviates; at random when nil.
	Chance func() float64
	// AllowPrivate are the private addresses that may be reached all the same;
	// AnyAddress allows all of them and is for development. Neither opens the
	// addresses at which clouds keep secrets: package outbound.
	AllowPrivate []netip.Prefix
	AnyAddress   bool
	// Stamp is the time that a signature bears; time.Now when nil. It is real time
	// even where the gateway's clock is driven, since receivers compare with theirs.
	Stamp func() time.Time
	// Tried, if not nil, is told what became of each try: "delivered", "failed"
	// when it is tried again, "given_up", "superseded"; and of the try itself.
	Tried func(ctx context.Context, outcome string, try store.DeliveryTry)
}

// Notifier is safe for concurrent use.
type Notifier struct {
	store   *store.Store
	vault   *vault.Vault
	log     *slog.Logger
	agent   string
	retries []time.Duration
	chance  func() float64
	stamp   func() time.Time
	guarded *http.Client
	private *http.Client // for a merchant's own address, if it says so
	tried   func(context.Context, string, store.DeliveryTry)
	lanes   lanes
	signers signers

	answerTime time.Duration // answerTimeout, but in a test
	firstTime  time.Duration // firstFor, but in a test
}

// New makes a notifier of o.
func New(o Options) *Notifier {
	reach := outbound.Public
	if o.AnyAddress {
		reach = outbound.Private
	}
	client := func(reach outbound.Reach) *http.Client {
		return outbound.NewClient(outbound.Options{
			Allow: o.AllowPrivate, Reach: reach, ConnectTimeout: connectTimeout, HeaderTimeout: readTimeout, IdlePerHost: widestLane,
		})
	}
	n := &Notifier{
		store: o.Store, vault: o.Vault, log: o.Log, agent: "Naru/" + o.Version, retries: o.Retries, chance: o.Chance, stamp: o.Stamp,
		tried: o.Tried, guarded: client(reach), private: client(outbound.Private), answerTime: answerTimeout, firstTime: firstFor,
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if n.chance == nil {
		n.chance = rand.Float64
	}
	if n.stamp == nil {
		n.stamp = time.Now
	}
	if n.tried == nil {
		n.tried = func(context.Context, string, store.DeliveryTry) {}
	}
	return n
}

// Close drops the connections that are kept to merchants.
func (n *Notifier) Close() {
	n.guarded.CloseIdleConnections()
	n.private.CloseIdleConnections()
}

// Workers are the notifier's jobs by kind. Each may run twice.
func (n *Notifier) Workers() map[string]jobs.Worker {
	return map[string]jobs.Worker{JobDeliver: n.workDeliver, JobResend: n.workResend}
}

// Event is what the gateway tells of: something happened to a payment.
type Event struct {
	Merchant pay.MerchantID
	Payment  pay.PaymentID
	Seq      int64 // order within the payment
	Status   pay.Status
	CancelID string
	// MerchantURL: to the merchant's own address, whatever the payment says.
	MerchantURL bool
}

// Tell makes the deliveries of an event of p in the transaction that changes p.
// Told twice, it makes them once.
func (n *Notifier) Tell(ctx context.Context, tx *store.Tx, p pay.Payment, e Event) error {
	m, err := tx.Merchant(ctx, e.Merchant)
	if err != nil {
		return err
	}
	own, form := m.Settings.Webhook(p.Mode)
	kind, body := v1wire.WebhookBody(p.ID, p.MerchantUID, e.Status, e.CancelID, form)
	for _, url := range addresses(own, p, e) {
		d := store.Delivery{
			Merchant: m.ID, ID: deliveryID(e, url), Payment: p.ID, Event: string(e.Status), URL: url,
			ContentType: kind, Body: body, Seq: e.Seq, NextAt: tx.Now,
		}
		if err := tx.InsertDelivery(ctx, d); errors.Is(err, store.ErrExists) {
			continue
		} else if err != nil {
			return err
		}
		if err := enqueue(ctx, tx, JobDeliver, d, false); err != nil {
			return err
		}
	}
	return nil
}

// addresses are where the event is told, each once: the payment's own
// notice_url, or else the merchant's own for payments of its mode.
func addresses(own string, p pay.Payment, e Event) []string {
	if len(p.Notify.URLs) == 0 || e.MerchantURL {
		if own == "" {
			return nil
		}
		return []string{own}
	}
	var out []string
	for _, u := range p.Notify.URLs {
		if u != "" && !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out
}

// deliveryID is the same whenever the same event is told to the same address.
func deliveryID(e Event, url string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%s", e.Merchant, e.Payment, e.Seq, url))
	return "d_" + hex.EncodeToString(sum[:16])
}
