package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// chargeDetail is what the attempt of a charge remembers: with which key.
type chargeDetail struct {
	Key  pay.KeyID `json:"key,omitempty"`
	Hold bool      `json:"hold,omitempty"` // the key comes into use with this charge
}

func chargeDetailOf(a pay.Attempt) chargeDetail {
	var d chargeDetail
	_ = json.Unmarshal(a.Detail, &d) // written by us; a missing detail is the zero one
	return d
}

func (d chargeDetail) json() json.RawMessage {
	raw, _ := json.Marshal(d) // a string and a bool
	return raw
}

// ChargeAgain charges a billing key. Of any number of calls with one order
// number one moves money; the others are ErrOrderUsed. A decline is a
// *DeclinedError, and leaves a failed payment, which is returned with it.
func (g *Gateway) ChargeAgain(ctx context.Context, r AgainRequest) (pay.Payment, error) {
	if p, told, err := g.chargedBefore(ctx); told {
		return p, err
	}
	if err := checkCharge(r.Charge); err != nil {
		return pay.Payment{}, err
	}
	k, ch, err := g.activeKeyOn(ctx, r.Merchant, r.CustomerUID)
	if err != nil {
		return pay.Payment{}, err
	}
	if r.Channel.Key != "" && r.Channel.Key != k.Channel {
		return pay.Payment{}, fmt.Errorf("%w: the billing key is of channel %s", ErrChannelCannot, k.Channel)
	}
	on, key, err := g.openKeyOn(k, ch)
	if err != nil {
		return pay.Payment{}, err
	}
	p := chargeOfKey(on.ch, k, r.Charge)
	return g.chargeNow(ctx, on, asking{
		kind: pay.AttemptCharge, test: r.TestCode,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			now, err := g.reserveCharge(ctx, tx, p)
			return now, pay.Attempt{Amount: p.Amount.Total.Minor, Detail: chargeDetail{Key: k.ID}.json()}, err
		},
		call: askCharge(on.can, key, k, r.Options),
	})
}

// ChargeOnce charges a card number. With a CustomerUID a billing key is issued
// for the card and charged; it comes into use if the charge succeeds, and is
// given up otherwise. Nothing of the card is kept.
func (g *Gateway) ChargeOnce(ctx context.Context, r OnetimeRequest) (pay.Payment, error) {
	if p, told, err := g.chargedBefore(ctx); told {
		return p, err
	}
	if err := checkCharge(r.Charge); err != nil {
		return pay.Payment{}, err
	}
	if r.CustomerUID != "" {
		return g.issueAndCharge(ctx, r)
	}
	on, err := serverChannel[connector.KeyIn](ctx, g, r.Merchant, r.Channel, pay.ChannelBilling, anyKind)
	if err != nil {
		return pay.Payment{}, err
	}
	p := newCharge(on.ch, r.Merchant, r.Charge)
	return g.chargeNow(ctx, on, asking{
		kind: pay.AttemptKeyIn, test: r.TestCode,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			now, err := g.reserveCharge(ctx, tx, p)
			return now, pay.Attempt{Amount: p.Amount.Total.Minor}, err
		},
		call: func(ctx context.Context, conn connector.Connector, call connector.Call, p pay.Payment) (connector.Outcome, error) {
			return on.can.ChargeCard(ctx, call, r.Card, connector.Charge{
				Order: p.Ref.Order, Name: nameOf(p), Amount: p.Amount, Buyer: p.Buyer, Options: r.Options,
			})
		},
	})
}

// issueAndCharge records the key and intends the charge in one transaction, so
// that no key is left which nothing decides about.
func (g *Gateway) issueAndCharge(ctx context.Context, r OnetimeRequest) (pay.Payment, error) {
	if err := g.orderFree(ctx, r.Merchant, r.MerchantUID); err != nil {
		return pay.Payment{}, err
	}
	issue := IssueKeyRequest{
		Merchant: r.Merchant, Channel: r.Channel, CustomerUID: r.CustomerUID, CustomerID: r.CustomerID, Card: r.Card, Buyer: r.Buyer, TestCode: r.TestCode,
	}
	issued, err := g.askForKey(ctx, issue, true)
	if err != nil {
		return pay.Payment{}, err
	}
	on, key := issued.on, issued.out.Key.Key
	charger, err := connector.As[connector.BillingCharger](on.conn)
	if err != nil {
		return pay.Payment{}, errors.Join(err, g.giveUpKey(ctx, issued))
	}
	p := chargeOfKey(on.ch, issued.key, r.Charge)
	paid, err := g.chargeNow(ctx, on, asking{
		kind: pay.AttemptCharge, test: r.TestCode,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			held, err := g.learnKey(ctx, tx, issued, pay.EvKeyHeld)
			if err == nil && held.Status != pay.KeyHeld { // it took so long that it was given up
				err = ErrProviderDown
			}
			if err != nil {
				return p, pay.Attempt{}, err
			}
			now, err := g.reserveCharge(ctx, tx, p)
			return now, pay.Attempt{Amount: p.Amount.Total.Minor, Detail: chargeDetail{Key: issued.key.ID, Hold: true}.json()}, err
		},
		call: askCharge(charger, key, issued.key, r.Options),
	})
	if errors.Is(err, ErrOrderUsed) { // the number was taken while the key was being issued
		return paid, errors.Join(err, g.giveUpKey(ctx, issued))
	}
	return paid, err
}

// askCharge is the question of a charge with a key that is open.
func askCharge(charger connector.BillingCharger, key pay.Secret, k pay.BillingKey, o pay.ChargeOptions) func(context.Context, connector.Connector, connector.Call, pay.Payment) (connector.Outcome, error) {
	return func(ctx context.Context, _ connector.Connector, call connector.Call, p pay.Payment) (connector.Outcome, error) {
		return charger.ChargeBillingKey(ctx, call, key, connector.Charge{
			Order: p.Ref.Order, Name: nameOf(p), Amount: p.Amount, Customer: k.CustomerID, Buyer: p.Buyer, Options: o,
		})
	}
}

// chargeNow makes a call that begins a payment, and says how it went.
func (g *Gateway) chargeNow(ctx context.Context, on interface{ channel() openOn }, a asking) (pay.Payment, error) {
	o := on.channel()
	p, attempt, err := g.askOn(ctx, o.conn, o.d, a)
	if errors.Is(err, ErrOutcomeUnknown) {
		p, attempt, err = g.askAtOnce(ctx, o, a, p, attempt)
	}
	if err != nil {
		return p, err
	}
	return chargeOutcome(p, attempt)
}

// chargeOutcome is what a merchant is told of a charge whose attempt is settled.
func chargeOutcome(p pay.Payment, attempt pay.Attempt) (pay.Payment, error) {
	if p.Status == pay.StatusPaid || p.Status == pay.StatusAwaitingDeposit { // whatever the attempt was taken for
		return p, nil
	}
	switch attempt.Status {
	case pay.AttemptSucceeded:
		if p.Status == pay.StatusConfirming { // approved otherwise than it was asked for: a person is called
			return p, ErrOutcomeUnknown
		}
		if p.Status == pay.StatusFailed { // its money came in for an order that was paid otherwise
			return p, ErrOrderUsed
		}
		return p, nil
	case pay.AttemptNotSent:
		return p, ErrProviderDown
	default:
		return p, &DeclinedError{Decline: declineOf(attempt)}
	}
}

// openOn is an open channel without its ability.
type openOn struct {
	ch   pay.Channel
	conn connector.Connector
	d    connector.Driver
}

func (o opened[T]) channel() openOn { return openOn{o.ch, o.conn, o.d} }

// declineOf is the refusal that is recorded with an attempt.
func declineOf(a pay.Attempt) connector.Decline {
	return connector.Decline{Code: connector.DeclineCode(a.Class), ProviderCode: a.Code, ProviderMessage: a.Message}
}

// askAtOnce looks for an answer that was lost while the merchant's server still
// waits: by asking how the payment stands and, where the provider keeps its
// answers under our key, by sending the very same call once more.
func (g *Gateway) askAtOnce(ctx context.Context, o openOn, a asking, p pay.Payment, attempt pay.Attempt) (pay.Payment, pay.Attempt, error) {
	ctx = context.WithoutCancel(ctx)
	timing := o.d.Timings[a.kind]
	if _, _, err := g.settleByAsking(ctx, o.conn, timing, p, attempt, g.now()); err != nil {
		g.log.WarnContext(ctx, "outcome not settled at once", "payment", p.ID, "attempt", attempt.ID, "err", err)
	}
	p, attempt, err := g.attemptNow(ctx, attempt)
	if err != nil || !attempt.Status.Open() {
		return p, attempt, err
	}
	if !timing.KeepsAnswer {
		return p, attempt, ErrOutcomeUnknown
	}
	if attempt, err = g.intendAgain(ctx, attempt, timing); err != nil || !attempt.Status.Open() {
		return p, attempt, err
	}
	if err := g.fault(a.kind, pointAgain); err != nil {
		return p, attempt, err
	}
	a.again, a.by = true, attempt.Deadline
	return g.put(ctx, a, o.conn, timing, p, attempt)
}

// intendAgain commits that a call is sent once more, so that nobody takes it for
// never made while it is on its way.
func (g *Gateway) intendAgain(ctx context.Context, a pay.Attempt, timing connector.Timing) (pay.Attempt, error) {
	var now pay.Attempt
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if _, err = tx.Payment(ctx, a.Merchant, a.Payment); err != nil { // held, so that nobody settles it meanwhile
			return err
		}
		if now, err = tx.Attempt(ctx, a.Merchant, a.ID); err != nil || !now.Status.Open() {
			return err
		}
		if now, err = tx.ExtendAttempt(ctx, now, tx.Now.Add(timing.Deadline)); err != nil {
			return err
		}
		return tx.Enqueue(ctx, now.Merchant, JobResolve, string(now.ID), resolveArg{now.Merchant}, now.Deadline.Add(resolveMargin))
	})
	return now, err
}

func (g *Gateway) attemptNow(ctx context.Context, a pay.Attempt) (pay.Payment, pay.Attempt, error) {
	var p pay.Payment
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if a, err = tx.Attempt(ctx, a.Merchant, a.ID); err != nil {
			return err
		}
		p, err = tx.Payment(ctx, a.Merchant, a.Payment)
		return err
	})
	return p, a, err
}

// checkCharge refuses what no provider need be asked about.
func checkCharge(c Charge) error {
	switch {
	case c.MerchantUID == "":
		return &Invalid{"merchant_uid", "is empty"}
	case c.Amount.Total.Minor <= 0:
		return &Invalid{"amount", fmt.Sprintf("%d must be more than 0", c.Amount.Total.Minor)}
	case c.Amount.Total.Currency != pay.KRW:
		return &Invalid{"currency", fmt.Sprintf("%q: only KRW is offered", c.Amount.Total.Currency)}
	}
	if err := c.Amount.Validate(); err != nil {
		return &Invalid{"amount", err.Error()}
	}
	return nil
}

// newCharge is a payment that a server asks for.
func newCharge(ch pay.Channel, m pay.MerchantID, c Charge) pay.Payment {
	return pay.Payment{
		Merchant: m, MerchantUID: c.MerchantUID, Channel: ch.Key, Provider: ch.Provider, MID: ch.MID, Mode: ch.Mode,
		Source: pay.SourceAPI, Status: pay.StatusCreated, Method: pay.MethodCard, Name: c.Name, Amount: c.Amount, Buyer: c.Buyer,
		Custom: c.Custom, Notify: pay.Notify{URLs: c.NoticeURLs}, Details: pay.Details{Months: c.Options.Months},
	}
}

func chargeOfKey(ch pay.Channel, k pay.BillingKey, c Charge) pay.Payment {
	p := newCharge(ch, k.Merchant, c)
	p.Method = cmp.Or(k.Method, p.Method)
	p.CustomerUID, p.CustomerUsage = k.CustomerUID, usagePayment
	return p
}

// What a payment has to do with its billing key.
const (
	usageIssue     = "issue" // a window in which the key is issued: nothing is charged
	usagePayment   = "payment"
	usageScheduled = "payment.scheduled"
)

// reserveCharge takes the order number of a payment of which the money is asked for
// at once, and writes the payment: a number that is used up or in use is ErrOrderUsed.
func (g *Gateway) reserveCharge(ctx context.Context, tx *store.Tx, p pay.Payment) (pay.Payment, error) {
	p.ID = g.newPaymentID(p.Source)
	if err := tx.ReserveUnused(ctx, p.Merchant, p.MerchantUID, p.ID); err != nil {
		return p, translate(err, store.ErrReserved, ErrOrderUsed)
	}
	p.StartedAt, p.UpdatedAt, p.Ref.Order = tx.Now, tx.Now, string(p.ID)
	begun, err := tx.InsertStepped(ctx, p, pay.EvConfirmStarted, string(p.Source))
	if !errors.Is(err, store.ErrExists) {
		return begun, err
	}
	if err := tx.Release(ctx, p.Merchant, p.MerchantUID, p.ID); err != nil { // two payments drew the same twelve digits
		return p, err
	}
	return g.reserveCharge(ctx, tx, p)
}

// insertCharge writes a payment that is asked for at once and holds no order number.
func (g *Gateway) insertCharge(ctx context.Context, tx *store.Tx, p pay.Payment) (pay.Payment, error) {
	p.ID, p.StartedAt, p.UpdatedAt = g.newPaymentID(p.Source), tx.Now, tx.Now
	p.Ref.Order = string(p.ID)
	begun, err := tx.InsertStepped(ctx, p, pay.EvConfirmStarted, string(p.Source))
	if errors.Is(err, store.ErrExists) { // two payments drew the same twelve digits
		return g.insertCharge(ctx, tx, p)
	}
	return begun, err
}

// orderFree refuses an order number that is used up or in use, before anything
// is asked for its sake.
func (g *Gateway) orderFree(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID) error {
	return g.store.Read(ctx, func(tx *store.Tx) error { return orderUsed(checkUnused(ctx, tx, m, uid)) })
}

// orderUsed is what a server is told where a window gets a *Refusal.
func orderUsed(err error) error {
	if r, ok := errors.AsType[*Refusal](err); ok && r.Code == RefusedPaid {
		return ErrOrderUsed
	}
	return err
}

// nameOf is what the provider calls the order: V1's name may be null (decision D4).
func nameOf(p pay.Payment) string { return cmp.Or(p.Name, string(p.MerchantUID)) }
