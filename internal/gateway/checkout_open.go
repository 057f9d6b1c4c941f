package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// OpenCheckout registers a try to pay and gives the link that begins it. What
// it refuses is a *Refusal and leaves no row.
func (g *Gateway) OpenCheckout(ctx context.Context, w WindowRequest) (Opened, error) {
	m, err := g.storeByCode(ctx, w.UserCode, w.Tier)
	if err != nil {
		return Opened{}, err
	}
	o, err := g.openCheckout(ctx, m, w)
	if refused, ok := errors.AsType[*Refusal](err); ok {
		refused.CallbackSuccess = m.Settings.CallbackSuccess
	}
	return o, err
}

func (g *Gateway) openCheckout(ctx context.Context, m pay.Merchant, w WindowRequest) (Opened, error) {
	if len(m.Settings.Origins) > 0 && !slices.Contains(m.Settings.Origins, w.Origin) {
		return Opened{}, &Refusal{Code: RefusedOrigin, Field: "origin", Detail: fmt.Sprintf("%q is not among the merchant's origins", w.Origin)}
	}
	if w.ConfirmURL != "" && m.Settings.ConfirmForbidden {
		return Opened{}, &Refusal{Code: RefusedConfirm, Field: "confirm_url", Detail: "the merchant's settings forbid the confirm process"}
	}
	ch, err := g.windowChannel(ctx, m, w)
	if err != nil {
		return Opened{}, err
	}
	if err := g.fitWindow(&w, ch); err != nil {
		return Opened{}, err
	}
	p := pay.Payment{
		Merchant: m.ID, MerchantUID: w.MerchantUID, Channel: ch.Key, Provider: ch.Provider, MID: ch.MID, Mode: ch.Mode,
		Source: pay.SourceWindow, Mobile: w.Mobile, Status: pay.StatusCreated, Method: w.Method, Name: w.Name, Amount: w.Amount,
		Buyer: w.Buyer, Custom: w.Custom, Escrow: w.Escrow, UserAgent: w.UserAgent,
		Notify: pay.Notify{URLs: w.NoticeURLs, ConfirmURL: w.ConfirmURL},
	}
	if b := w.Billing; b != nil {
		p.CustomerUID, p.CustomerUsage = b.CustomerUID, usageIssue
		if b.CustomerID == "" {
			b.CustomerID = g.newUUID()
		}
		if b.UserCI != "" {
			if b.SealedCI, err = g.vault.Seal([]byte(b.UserCI), userCIOf(p)); err != nil {
				return Opened{}, err
			}
		}
	}
	return g.insertCheckout(ctx, p, w)
}

// windowChannel is the channel a window request means: of the kind for billing
// keys, or of the one for payments (decisions D2 and D3).
func (g *Gateway) windowChannel(ctx context.Context, m pay.Merchant, w WindowRequest) (pay.Channel, error) {
	all, err := g.Channels(ctx, m.ID)
	if err != nil {
		return pay.Channel{}, err
	}
	all = chosen(all, m)
	kind := pay.ChannelPayment
	if w.Billing != nil {
		kind = pay.ChannelBilling
		if named, ok := namedChannel(all, ChannelChoice{Key: w.ChannelKey, PG: w.PG}); ok && named.Kind != kind && !named.Disabled {
			return named, &Refusal{Code: RefusedMethod, Field: "customer_uid", Detail: fmt.Sprintf("channel %s (%s.%s) issues no billing keys: name one that does, or none", named.Key, named.Provider, named.MID)}
		}
	}
	ch, ok := pickChannel(all, w.ChannelKey, w.PG, kind)
	if !ok {
		return ch, &Refusal{Code: RefusedChannel, Field: "channelKey", Detail: fmt.Sprintf("no %s channel for channelKey %q, pg %q", kind, w.ChannelKey, w.PG)}
	}
	return ch, nil
}

// insertCheckout checks the order number against the books and writes the row.
func (g *Gateway) insertCheckout(ctx context.Context, p pay.Payment, w WindowRequest) (Opened, error) {
	window, err := json.Marshal(w)
	if err != nil {
		return Opened{}, err
	}
	o := Opened{Token: g.newToken(), Style: g.style(p.Provider, p.Mobile), Notes: w.Notes}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		if err := checkUnused(ctx, tx, p.Merchant, p.MerchantUID); err != nil {
			return err
		}
		if p.CustomerUsage != usageIssue { // what a key is issued for is not paid
			if err := checkPrepared(ctx, tx, p.Merchant, p.MerchantUID, p.Amount.Total); err != nil {
				return err
			}
		}
		p.ID, p.StartedAt, p.UpdatedAt = g.newPaymentID(p.Source), tx.Now, tx.Now
		p.Ref.Order = string(p.ID)
		if err := tx.InsertPayment(ctx, p); err != nil {
			return err
		}
		o.Expires = tx.Now.Add(g.life)
		return tx.InsertCheckout(ctx, store.Checkout{
			TokenHash: hashToken(o.Token), Merchant: p.Merchant, Payment: p.ID, State: checkoutNew, Style: string(o.Style),
			Window: window, RedirectURL: w.RedirectURL, Language: w.Language, Origin: w.Origin, Created: tx.Now, Expires: o.Expires,
		})
	})
	if errors.Is(err, store.ErrExists) { // two payments drew the same twelve digits
		return g.insertCheckout(ctx, p, w)
	}
	o.Payment = p
	return o, err
}

// checkUnused refuses an order number that is paid, cancelled after payment, or
// being paid right now.
func checkUnused(ctx context.Context, tx *store.Tx, m pay.MerchantID, uid pay.MerchantUID) error {
	used, err := tx.FindPayments(ctx, m, store.PaymentFilter{
		MerchantUID: uid, Limit: 1,
		Statuses: []pay.Status{pay.StatusPaid, pay.StatusPartiallyCancelled, pay.StatusCancelled},
	})
	if err != nil {
		return err
	}
	held := false
	if o, err := tx.Order(ctx, m, uid); err == nil {
		held = o.HeldBy != ""
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if len(used) > 0 || held {
		return &Refusal{Code: RefusedPaid, Field: "merchant_uid", Detail: fmt.Sprintf("%q is paid or being paid", uid)}
	}
	return nil
}

// The states of a checkout link. Each is entered once.
const (
	checkoutNew      = "new"
	checkoutBegun    = "begun"    // the provider's window was launched
	checkoutReturned = "returned" // the browser came back; approval is under way
	checkoutDone     = "done"     // ended by us: closed, or refused before the window
)

// BeginCheckout opens the provider's window, once for each link. Where the buyer
// is to choose a card company first and pick is nil, it only says so. A pick that
// was not offered is a *Refusal and leaves the link as it was. Nothing moves money
// here, so whatever else goes wrong ends the payment as failed: ErrProviderDown
// when the provider gave no answer, a *DeclinedError when it refused.
func (g *Gateway) BeginCheckout(ctx context.Context, token string, pick *CardPick) (Begun, error) {
	ctx = context.WithoutCancel(ctx) // the link is used up; what it brings must be kept
	b, err := g.chooses(ctx, token, pick)
	if err != nil || b.Choose != nil {
		return b, err
	}
	v, err := g.claim(ctx, token, checkoutNew, checkoutBegun, store.PaymentEvent{})
	if err != nil {
		return Begun{}, err
	}
	if v.w.Choice != nil {
		if err := v.w.pick(*pick); err != nil {
			return Begun{}, err
		}
	}
	conn, d, err := g.connectTo(ctx, v.p)
	if err != nil {
		g.log.ErrorContext(ctx, "channel does not open", "channel", v.p.Channel, "err", err)
		return Begun{}, errors.Join(ErrProviderDown, g.endUnpaid(ctx, v, providerTrouble(err)))
	}
	launch, heard, err := g.openWindow(ctx, conn, d, v, token)
	if errors.Is(err, connector.ErrUnsupported) {
		return Begun{}, err
	}
	if err != nil {
		g.log.WarnContext(ctx, "window not opened", "payment", v.p.ID, "err", err)
		g.recordExchanges(ctx, pay.Attempt{Merchant: v.p.Merchant, Payment: v.p.ID}, heard)
		f := providerTrouble(err)
		return Begun{}, errors.Join(f.public(err), g.endUnpaid(ctx, v, f))
	}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		if v.p, err = g.windowOpened(ctx, tx, v, launch); err != nil {
			return err
		}
		if err = addExchanges(ctx, tx, pay.Attempt{Merchant: v.p.Merchant, Payment: v.p.ID}, heard); err != nil {
			return err
		}
		return tx.AddEvent(ctx, store.PaymentEvent{Merchant: v.p.Merchant, Payment: v.p.ID, Kind: store.EventWindowOpened})
	})
	return v.begun(launch), err
}

// chooses says what the buyer has to choose before the window opens, if anything,
// and refuses a pick that was not offered.
func (g *Gateway) chooses(ctx context.Context, token string, pick *CardPick) (Begun, error) {
	var v visit
	var now time.Time
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		v, err = visitOf(ctx, tx, token)
		now = tx.Now
		return err
	})
	switch {
	case err != nil:
		return Begun{}, err
	case v.c.State != checkoutNew:
		return Begun{}, ErrCheckoutUsed
	case now.After(v.c.Expires):
		return Begun{}, ErrCheckoutExpired
	case v.w.Choice == nil:
		return Begun{}, nil
	case pick == nil:
		b := v.begun(Launch{})
		b.Choose = v.w.Choice
		return b, nil
	}
	return Begun{}, v.w.pick(*pick)
}

func (v visit) begun(l Launch) Begun {
	return Begun{
		Payment: v.p, Merchant: v.m, Launch: l, Style: Style(v.c.Style), Language: v.c.Language,
		Origin: v.c.Origin, Expires: v.c.Expires,
	}
}

// openWindow asks for the window, and gives what was said for it too.
func (g *Gateway) openWindow(ctx context.Context, conn connector.Connector, d connector.Driver, v visit, token string) (l Launch, heard []connector.Exchange, err error) {
	asking, stop := within(ctx, d.Timings[pay.AttemptConfirm].Deadline)
	defer stop()
	l, err = g.askForWindow(listening(asking, &heard), conn, v, token)
	for i := range heard { // links to come back by, and those of the window: who has one may use it
		heard[i].Request, heard[i].Answer = nil, nil
	}
	return l, heard, err
}

// askForWindow asks for the window: of a payment, or of a billing key.
func (g *Gateway) askForWindow(asking context.Context, conn connector.Connector, v visit, token string) (Launch, error) {
	if v.w.Billing != nil {
		window, err := connector.As[connector.BillingWindower](conn)
		if err != nil {
			return Launch{}, err
		}
		w, err := g.billingWindowOf(v, token)
		if err != nil {
			return Launch{}, err
		}
		return window.OpenBillingWindow(asking, w)
	}
	window, err := connector.As[connector.WindowPayer](conn)
	if err != nil {
		return Launch{}, err
	}
	return window.OpenWindow(asking, g.windowOf(v, token))
}

// windowOpened records what is known of the window, with the job that looks after
// a buyer who vanishes: it asks the provider once the link has lapsed.
func (g *Gateway) windowOpened(ctx context.Context, tx *store.Tx, v visit, launch Launch) (pay.Payment, error) {
	p, err := tx.Payment(ctx, v.p.Merchant, v.p.ID)
	if err != nil {
		return v.p, err
	}
	switch {
	case v.w.Billing == nil:
		p.Ref = mergeRef(p.Ref, launch.Ref)
		p, err = tx.UpdatePayment(ctx, p)
	case launch.Proof != "": // without one nothing can be asked until the browser is back
		err = g.expectKey(ctx, tx, v, launch.Proof)
	}
	if err != nil {
		return p, err
	}
	until := v.c.Expires
	if life := tx.Now.Add(g.drivers[p.Provider].BillingLife); v.w.Billing != nil && life.After(until) {
		until = life
	}
	return p, tx.Enqueue(ctx, p.Merchant, JobSync, string(p.ID), syncArg{p.Merchant}, until.Add(lapseMargin))
}

// windowOf is what the connector is asked to open.
func (g *Gateway) windowOf(v visit, token string) connector.Window {
	w, p := v.w, v.p
	base := g.public + "/checkout/" + token
	return connector.Window{
		Order: p.Ref.Order, Name: nameOf(p), Amount: p.Amount, Method: p.Method, Buyer: p.Buyer, Escrow: p.Escrow, Products: w.Products,
		SuccessURL: base + "/return", FailureURL: base + "/fail", NoticeURL: g.noticeURL(p), Mobile: p.Mobile, Language: v.c.Language,
		AppScheme: w.AppScheme, Card: w.Card, Due: w.Due, ExpiresAt: w.ExpiresAt, Receipt: w.Receipt,
	}
}

func (g *Gateway) noticeURL(p pay.Payment) string {
	return g.NoticeURL(pay.Channel{Provider: p.Provider, Key: p.Channel})
}

// mergeRef keeps what is known and takes what is new.
func mergeRef(have, got pay.Ref) pay.Ref {
	if got.Key != "" {
		have.Key = got.Key
	}
	if have.Order == "" { // made elsewhere, under an id that nobody told
		have.Order = got.Order
	}
	if got.Data != nil {
		have.Data = got.Data
	}
	return have
}
