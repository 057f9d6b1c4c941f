package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// OpenCheckout registers a try to pay and gives the link that begins it. What
// it refuses is a *Refusal and leaves no row.
func (g *Gateway) OpenCheckout(ctx context.Context, w WindowRequest) (Opened, error) {
	m, err := g.merchantByCode(ctx, w.UserCode)
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
	all, err := g.Channels(ctx, m.ID)
	if err != nil {
		return Opened{}, err
	}
	ch, ok := pickChannel(chosen(all, m), w.ChannelKey, w.PG, pay.ChannelPayment)
	if !ok {
		return Opened{}, &Refusal{Code: RefusedChannel, Field: "channelKey", Detail: fmt.Sprintf("no payment channel for channelKey %q, pg %q", w.ChannelKey, w.PG)}
	}
	if err := g.fitMethod(&w, ch); err != nil {
		return Opened{}, err
	}
	p := pay.Payment{
		Merchant: m.ID, MerchantUID: w.MerchantUID, Channel: ch.Key, Provider: ch.Provider, MID: ch.MID, Mode: ch.Mode,
		Source: pay.SourceWindow, Mobile: w.Mobile, Status: pay.StatusCreated, Method: w.Method, Name: w.Name, Amount: w.Amount,
		Buyer: w.Buyer, Custom: w.Custom, Escrow: w.Escrow, UserAgent: w.UserAgent,
		Notify: pay.Notify{URLs: w.NoticeURLs, ConfirmURL: w.ConfirmURL},
	}
	return g.insertCheckout(ctx, p, w)
}

// fitMethod settles the method on the channel, or refuses naming it.
func (g *Gateway) fitMethod(w *WindowRequest, ch pay.Channel) error {
	d := g.drivers[ch.Provider]
	if w.Method == "" && len(d.Methods) > 0 {
		w.Method = d.Methods[0].Method
	}
	row, ok := d.Method(w.Method)
	if !ok || row.ServerOnly {
		var offered []pay.Method
		for _, r := range d.Methods {
			if !r.ServerOnly {
				offered = append(offered, r.Method)
			}
		}
		return &Refusal{Code: RefusedMethod, Field: "pay_method", Detail: fmt.Sprintf("%q is not offered by %s; offered: %v", w.Method, ch.Provider, offered)}
	}
	if w.Amount.Total.Minor < row.Minimum {
		return &Refusal{Code: RefusedParameter, Field: "amount", Detail: fmt.Sprintf("%d is less than the smallest amount %d of %s", w.Amount.Total.Minor, row.Minimum, w.Method)}
	}
	if _, ok := codes.CardTo(ch.Provider, w.Card.Company); w.Card.Company != "" && !ok {
		return &Refusal{Code: RefusedParameter, Field: "card.direct.code", Detail: fmt.Sprintf("%q is no card company that %s knows; GET /cards lists the codes", w.Card.Company, ch.Provider)}
	}
	if err := w.Amount.Validate(); err != nil {
		return &Refusal{Code: RefusedParameter, Field: "amount", Detail: err.Error()}
	}
	return nil
}

// insertCheckout checks the order number against the books and writes the row.
func (g *Gateway) insertCheckout(ctx context.Context, p pay.Payment, w WindowRequest) (Opened, error) {
	window, err := json.Marshal(w)
	if err != nil {
		return Opened{}, err
	}
	o := Opened{Token: g.newToken(), Style: g.style(p.Provider, p.Mobile)}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		if err := checkUnused(ctx, tx, p.Merchant, p.MerchantUID); err != nil {
			return err
		}
		if err := checkPrepared(ctx, tx, p.Merchant, p.MerchantUID, p.Amount.Total); err != nil {
			return err
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

// BeginCheckout opens the provider's window, once for each link. Nothing moves
// money here, so whatever goes wrong ends the payment as failed: ErrProviderDown
// when the provider gave no answer, a *DeclinedError when it refused.
func (g *Gateway) BeginCheckout(ctx context.Context, token string, pick *CardPick) (Begun, error) {
	ctx = context.WithoutCancel(ctx) // the link is used up; what it brings must be kept
	v, err := g.claim(ctx, token, checkoutNew, checkoutBegun)
	if err != nil {
		return Begun{}, err
	}
	conn, d, err := g.connectTo(ctx, v.p)
	if err != nil {
		g.log.ErrorContext(ctx, "channel does not open", "channel", v.p.Channel, "err", err)
		return Begun{}, errors.Join(ErrProviderDown, g.endUnpaid(ctx, v, providerTrouble(err)))
	}
	window, err := connector.As[connector.WindowPayer](conn)
	if err != nil {
		return Begun{}, err
	}
	asking, stop := within(ctx, d.Timings[pay.AttemptConfirm].Deadline)
	defer stop()
	launch, err := window.OpenWindow(asking, g.windowOf(v, token))
	if err != nil {
		g.log.WarnContext(ctx, "window not opened", "payment", v.p.ID, "err", err)
		f := providerTrouble(err)
		return Begun{}, errors.Join(f.public(err), g.endUnpaid(ctx, v, f))
	}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.Payment(ctx, v.p.Merchant, v.p.ID)
		if err != nil {
			return err
		}
		p.Ref = mergeRef(p.Ref, launch.Ref)
		if v.p, err = tx.UpdatePayment(ctx, p); err != nil {
			return err
		}
		// A buyer who vanishes is asked for at the provider once the link has lapsed.
		return tx.Enqueue(ctx, JobSync, string(p.ID), syncArg{p.Merchant}, v.c.Expires.Add(time.Minute))
	})
	return Begun{
		Payment: v.p, Merchant: v.m, Launch: launch, Style: Style(v.c.Style), Language: v.c.Language,
		Origin: v.c.Origin, Expires: v.c.Expires,
	}, err
}

// windowOf is what the connector is asked to open.
func (g *Gateway) windowOf(v visit, token string) connector.Window {
	w, p := v.w, v.p
	name := p.Name
	if name == "" { // decision D4: V1's name stays null, the provider needs one
		name = string(p.MerchantUID)
	}
	base := g.public + "/checkout/" + token
	return connector.Window{
		Order: p.Ref.Order, Name: name, Amount: p.Amount, Method: p.Method, Buyer: p.Buyer, Escrow: p.Escrow,
		SuccessURL: base + "/return", FailureURL: base + "/fail", NoticeURL: g.noticeURL(p),
		Mobile: p.Mobile, Language: v.c.Language, AppScheme: w.AppScheme, Card: w.Card, ExpiresAt: w.ExpiresAt, Receipt: w.Receipt,
	}
}

func (g *Gateway) noticeURL(p pay.Payment) string {
	return g.public + "/notices/" + string(p.Provider) + "/" + string(p.Channel)
}

// mergeRef keeps what is known and takes what is new.
func mergeRef(have, got pay.Ref) pay.Ref {
	if got.Key != "" {
		have.Key = got.Key
	}
	if got.Data != nil {
		have.Data = got.Data
	}
	return have
}
