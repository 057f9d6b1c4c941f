package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// visit is a checkout with all that belongs to it.
type visit struct {
	c store.Checkout
	p pay.Payment
	m pay.Merchant
	w WindowRequest
	// lapsed: the link is so old that it tells nothing any more. It has been in
	// the browser's history, and knows the buyer's name and the way to the shop.
	lapsed bool
}

// linkTells is how long after its expiry a link still tells how it ended.
const linkTells = 2 * time.Hour

// visitOf reads the checkout behind a token.
func visitOf(ctx context.Context, tx *store.Tx, token string) (visit, error) {
	c, err := tx.Checkout(ctx, hashToken(token))
	if err != nil {
		return visit{}, translate(err, store.ErrNotFound, ErrCheckoutUnknown)
	}
	v := visit{c: c, lapsed: tx.Now.After(c.Expires.Add(linkTells))}
	if v.p, err = tx.Payment(ctx, c.Merchant, c.Payment); err != nil {
		return v, err
	}
	if v.m, err = tx.Merchant(ctx, c.Merchant); err != nil {
		return v, err
	}
	return v, json.Unmarshal(c.Window, &v.w)
}

// claim takes a checkout from one state to the next. A checkout in any other
// state is ErrCheckoutUsed: links serve once.
//
// What happened, if anything, is written down with it.
func (g *Gateway) claim(ctx context.Context, token, from, to string, happened store.PaymentEvent) (visit, error) {
	var v visit
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		v, err = claimIn(ctx, tx, token, from, to, happened)
		return err
	})
	return v, err
}

func claimIn(ctx context.Context, tx *store.Tx, token, from, to string, happened store.PaymentEvent) (visit, error) {
	v, err := visitOf(ctx, tx, token)
	if err != nil {
		return v, err
	}
	if v.c.State != from {
		return v, ErrCheckoutUsed
	}
	if to == checkoutBegun && tx.Now.After(v.c.Expires) {
		return v, ErrCheckoutExpired
	}
	if v.c, err = tx.StepCheckout(ctx, v.c, to); err != nil {
		return v, translate(err, store.ErrConflict, ErrCheckoutUsed)
	}
	if happened.Kind != "" {
		happened.Merchant, happened.Payment = v.p.Merchant, v.p.ID
		err = tx.AddEvent(ctx, happened)
	}
	if err != nil || to != checkoutReturned || tx.Now.Before(v.c.Expires) {
		return v, err
	}
	// The job that looks after a buyer who came back may have run before: should we
	// die now, another one sees to it that the payment is decided.
	return v, tx.Enqueue(ctx, v.p.Merchant, JobSync, string(v.p.ID), syncArg{v.p.Merchant}, tx.Now.Add(lapseMargin))
}

// FinishCheckout takes the buyer's return from the provider's window: it is
// checked against our books, the merchant is asked if it wants to be, and the
// money is asked for. It does so once; a second return is ErrCheckoutUsed.
func (g *Gateway) FinishCheckout(ctx context.Context, token string, r Return) (Result, error) {
	ctx = context.WithoutCancel(ctx) // a buyer who leaves now has still authorised the payment
	var v visit
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		v, err = visitOf(ctx, tx, token)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if v.w.Billing != nil {
		if err := g.finishBilling(ctx, v, token, r); err != nil {
			return Result{}, err
		}
		return g.CheckoutResult(ctx, token)
	}
	if v, err = g.claim(ctx, token, checkoutBegun, checkoutReturned, cameBack(r)); err != nil {
		return Result{}, err
	}
	conn, _, err := g.connectTo(ctx, v.p)
	if err != nil {
		return Result{}, err
	}
	window, err := connector.As[connector.WindowPayer](conn)
	if err != nil {
		return Result{}, err
	}
	back, err := window.ReadReturn(ctx, connector.Return{Failed: r.Failed, Form: r.Form, Ref: v.p.Ref})
	switch {
	case err != nil:
		g.log.WarnContext(ctx, "return not readable", "payment", v.p.ID, "err", err)
		err = g.endUnpaid(ctx, v, failure{code: codeReturn, text: textReturn})
	case back.Decline != nil:
		err = g.left(ctx, v, conn, declined(*back.Decline), false)
	case back.Ref.Order != v.p.Ref.Order || back.Amount != nil && *back.Amount != v.p.Amount.Total.Minor:
		g.log.WarnContext(ctx, "return of another payment", "payment", v.p.ID, "order", back.Ref.Order, "amount", back.Amount)
		err = g.endUnpaid(ctx, v, failure{code: codeReturn, text: textReturn})
	default:
		v.p.Ref = mergeRef(v.p.Ref, back.Ref)
		err = g.approve(ctx, v)
	}
	if err != nil {
		return Result{}, err
	}
	return g.CheckoutResult(ctx, token)
}

// approve asks the merchant, then the provider.
func (g *Gateway) approve(ctx context.Context, v visit) error {
	if v.p.Notify.ConfirmURL != "" && g.preapprove != nil {
		asked, began := g.now(), time.Now()
		err := g.preapprove(ctx, v.m, v.p)
		g.recordPreapproval(ctx, v.p, asked, time.Since(began), err)
		if err != nil {
			stop, ok := errors.AsType[*Stop](err)
			if !ok {
				return err
			}
			return g.endUnpaid(ctx, v, failure{code: codeStopped, text: stop.Reason})
		}
	}
	err := g.confirm(ctx, v.p)
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return g.endUnpaid(ctx, v, refusedAtApproval(refused))
	}
	if errors.Is(err, ErrOutcomeUnknown) { // the resolver goes on; the buyer's page waits for it
		return nil
	}
	return err
}

// CloseCheckout ends a checkout whose buyer pressed close, or whose popup is
// gone without a word. A payment that is already being approved goes on: the
// Result says so. A buyer who had agreed before the popup vanished is not
// turned away: the payment is approved.
func (g *Gateway) CloseCheckout(ctx context.Context, token string, gone bool) (Result, error) {
	ctx = context.WithoutCancel(ctx)
	var v visit
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		v, err = visitOf(ctx, tx, token)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if v.c.State == checkoutNew || v.c.State == checkoutBegun {
		to := checkoutDone
		if v.c.State == checkoutBegun {
			to = checkoutReturned
		}
		left := store.PaymentEvent{Kind: store.EventLeft, Detail: store.EventDetail{Gone: gone}}
		if v, err = g.claim(ctx, token, v.c.State, to, left); err == nil {
			err = g.closed(ctx, v, gone)
		}
		if err != nil && !errors.Is(err, ErrCheckoutUsed) {
			return Result{}, err
		}
	}
	return g.CheckoutResult(ctx, token)
}

// closed records that the buyer left, in the provider's words for it.
func (g *Gateway) closed(ctx context.Context, v visit, gone bool) error {
	conn, _, err := g.connectTo(ctx, v.p)
	if err != nil {
		return err
	}
	f := failure{code: codeLeft, text: textLeft}
	if v.w.Billing != nil {
		return g.leftBilling(ctx, v, f, gone)
	}
	if window, err := connector.As[connector.WindowPayer](conn); err == nil {
		back, err := window.ReadReturn(ctx, connector.Return{Failed: true, Form: map[string][]string{"code": {"USER_CANCEL"}}, Ref: v.p.Ref})
		if err == nil && back.Decline != nil {
			f = declined(*back.Decline)
		}
	}
	return g.left(ctx, v, conn, f, gone)
}

// left settles a payment whose buyer left the window. Where the provider can
// be asked, it is: what it says is true, what the browser says is a hint.
func (g *Gateway) left(ctx context.Context, v visit, conn connector.Connector, f failure, gone bool) error {
	if v.p.Ref.Key == "" { // not known to the provider under a name we could ask by
		if gone {
			return g.endWithout(ctx, v, f)
		}
		return g.endUnpaid(ctx, v, f)
	}
	asking, stop := within(ctx, askQuickly)
	defer stop()
	snap, heard, err := query(asking, conn, v.p.Ref)
	g.recordExchanges(ctx, pay.Attempt{Merchant: v.p.Merchant, Payment: v.p.ID}, heard)
	switch {
	case err == nil && (snap.Stage == connector.StagePaid || snap.Stage == connector.StageCancelled):
		_, err = g.learnSnapshot(ctx, v.p, snap)
		return err
	case err == nil && snap.Stage == connector.StageAuthenticated && gone:
		return g.approve(ctx, v)
	case err == nil && snap.Stage == connector.StageDead, !gone:
		return g.endUnpaid(ctx, v, f)
	default:
		return g.endWithout(ctx, v, f)
	}
}

// askQuickly bounds a question put while the buyer waits.
const askQuickly = 10 * time.Second

// endUnpaid fails a payment for which no money was asked.
func (g *Gateway) endUnpaid(ctx context.Context, v visit, f failure) error {
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.Payment(ctx, v.p.Merchant, v.p.ID)
		if err != nil || p.Status != pay.StatusCreated {
			return err
		}
		p.FailCode, p.FailReason, p.FailedAt = f.code, f.text, tx.Now
		_, err = tx.StepPayment(ctx, p, pay.EvDeclined, "window: "+f.code)
		return err
	})
	if err != nil {
		return fmt.Errorf("end unpaid %s: %w", v.p.ID, err)
	}
	return nil
}

// endWithout ends the checkout and leaves the payment as it is: nobody knows
// yet, and the provider is asked later.
func (g *Gateway) endWithout(ctx context.Context, v visit, f failure) error {
	return g.store.Write(ctx, func(tx *store.Tx) error {
		c, err := tx.Checkout(ctx, v.c.TokenHash)
		if err != nil {
			return err
		}
		c.Code, c.Message, c.Ended = f.code, f.text, tx.Now
		if _, err = tx.StepCheckout(ctx, c, checkoutDone); err != nil {
			return err
		}
		return tx.Enqueue(ctx, v.p.Merchant, JobSync, string(v.p.ID), syncArg{v.p.Merchant}, v.c.Expires.Add(time.Minute))
	})
}

// CheckoutResult tells how a checkout stands, any number of times. A result that
// the merchant's server is to hear of first waits for that, a few seconds.
func (g *Gateway) CheckoutResult(ctx context.Context, token string) (Result, error) {
	var v visit
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		v, err = visitOf(ctx, tx, token)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if v.lapsed {
		return Result{}, ErrCheckoutExpired
	}
	r := Result{
		Payment: v.p, Merchant: v.m, Style: Style(v.c.Style), Language: v.c.Language,
		Origin: v.c.Origin, RedirectURL: v.c.RedirectURL, Progress: ProgressDone,
	}
	switch v.p.Status {
	case pay.StatusFailed:
		r.Code, r.Message = v.p.FailCode, v.p.FailReason
	case pay.StatusConfirming:
		r.Progress = ProgressWorking
	case pay.StatusCreated:
		switch v.c.State {
		case checkoutDone:
			r.Code, r.Message = v.c.Code, v.c.Message
			if r.Code == "" {
				r.Code, r.Message = codeLeft, textLeft
			}
		case checkoutReturned:
			r.Progress = ProgressWorking
		default:
			r.Progress = ProgressOpen
		}
	}
	if r.Progress == ProgressDone && v.m.Settings.WebhookFirst && !v.p.Notify.Never && g.awaitFirst != nil {
		g.awaitFirst(ctx, v.p)
	}
	return r, nil
}
