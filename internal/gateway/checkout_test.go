package gateway_test

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func TestBuyerPays(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		paid := r.paid(p, "주문-1")
		if paid.Details.Card == nil || paid.Details.Card.Number == "" || paid.Details.ApprovalNo == "" || paid.Ref.Key == "" || paid.PaidAt.IsZero() {
			t.Errorf("facts are missing: %+v", paid)
		}
		if paid.Ref.Order != string(paid.ID) {
			t.Errorf("the provider knows order %q, not %s", paid.Ref.Order, paid.ID)
		}
		if m := r.movements(paid.ID); len(m) != 1 || m[0].Kind != pay.MovementApproval || m[0].Amount != 60000 {
			t.Errorf("movements %+v", m)
		}
		if a := r.attempts(paid.ID); len(a) != 1 || a[0].Status != pay.AttemptSucceeded {
			t.Errorf("attempts %+v", a)
		}
		r.agrees(paid.ID)
	})
}

func TestBuyerIsRefused(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		code := map[pay.Provider]string{pay.TossPayments: "REJECT_CARD_PAYMENT", pay.TossPay: "CARD_EXCEED_LIMIT"}[p]
		v := r.open(r.request(p, "o1")).agree(code)
		res, err := v.finish()
		if err != nil || res.Progress != gateway.ProgressDone || res.Code != code {
			t.Fatalf("%+v %v\n%s", res, err, r.log)
		}
		if got := r.payment(v.payment); got.Status != pay.StatusFailed || got.FailCode != code || got.FailedAt.IsZero() {
			t.Errorf("%s %s %s", got.Status, got.FailCode, got.FailedAt)
		}
		if r.balance(r.payment(v.payment)) != 0 {
			t.Error("the provider holds money of a refused payment")
		}
		r.paid(p, "o1") // the number may be tried again
	})
}

// A link and a return serve once, and only for their own payment.
func TestLinksServeOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.request(pay.TossPayments, "o1")).agree("")
		if _, err := r.gw.BeginCheckout(r.ctx, v.token, nil); !errors.Is(err, gateway.ErrCheckoutUsed) {
			t.Errorf("a second opening: %v", err)
		}
		other := r.open(r.request(pay.TossPayments, "o2"))
		other.ret = v.ret // the return of another payment
		res, err := other.finish()
		if err != nil || r.payment(other.payment).Status != pay.StatusFailed || res.Code == "" {
			t.Errorf("foreign return: %+v %v", res, err)
		}
		if _, err := v.finish(); err != nil {
			t.Fatal(err)
		}
		if _, err := v.finish(); !errors.Is(err, gateway.ErrCheckoutUsed) {
			t.Errorf("a second return: %v", err)
		}
		if _, err := r.gw.BeginCheckout(r.ctx, "not-a-token", nil); !errors.Is(err, gateway.ErrCheckoutUnknown) {
			t.Errorf("an unknown link: %v", err)
		}
		o, err := r.gw.OpenCheckout(r.ctx, r.request(pay.TossPayments, "o3"))
		must2(t, err)
		r.clock.Advance(31 * time.Minute)
		if _, err := r.gw.BeginCheckout(r.ctx, o.Token, nil); !errors.Is(err, gateway.ErrCheckoutExpired) {
			t.Errorf("a late opening: %v", err)
		}
		if res, err := r.gw.CloseCheckout(r.ctx, o.Token, false); err != nil || res.Progress != gateway.ProgressDone || res.Code == "" {
			t.Errorf("closing a link that lapsed: %+v %v", res, err)
		}
	})
}

// The amount in the return comes through the buyer's browser and is not believed.
func TestTamperedReturn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.request(pay.TossPayments, "o1")).agree("")
		v.ret.Set("amount", "100")
		if _, err := v.finish(); err != nil {
			t.Fatal(err)
		}
		if p := r.payment(v.payment); p.Status != pay.StatusFailed || len(r.attempts(v.payment)) != 0 {
			t.Errorf("%s with %d attempts", p.Status, len(r.attempts(v.payment)))
		}
	})
}

func TestSecondReturnAtTheSameInstant(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		v := r.open(r.request(p, "o1")).agree("")
		var wg sync.WaitGroup
		var mu sync.Mutex
		served := 0
		for range 20 {
			wg.Go(func() {
				if _, err := v.finish(); err == nil {
					mu.Lock()
					served++
					mu.Unlock()
				} else if !errors.Is(err, gateway.ErrCheckoutUsed) {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if served != 1 || len(r.attempts(v.payment)) != 1 {
			t.Errorf("served %d times with %d attempts", served, len(r.attempts(v.payment)))
		}
		r.agrees(v.payment)
	})
}

// Two windows of one order: one takes the money, the other is told so.
func TestTwoWindowsOfOneOrder(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		a, b := r.open(r.request(p, "o1")).agree(""), r.open(r.request(p, "o1")).agree("")
		var wg sync.WaitGroup
		for _, v := range []*visit{a, b} {
			wg.Go(func() {
				if _, err := v.finish(); err != nil {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		states := map[pay.Status]int{r.payment(a.payment).Status: 1}
		states[r.payment(b.payment).Status]++
		if states[pay.StatusPaid] != 1 || states[pay.StatusFailed] != 1 {
			t.Errorf("states %v\n%s", states, r.log)
		}
		if sum := r.balance(r.payment(a.payment)) + r.balance(r.payment(b.payment)); sum != 60000 {
			t.Errorf("the provider holds %d", sum)
		}
		_, err := r.gw.OpenCheckout(r.ctx, r.request(p, "o1"))
		if refused, ok := errors.AsType[*gateway.Refusal](err); !ok || refused.Code != gateway.RefusedPaid {
			t.Errorf("a third window: %v", err)
		}
	})
}

func TestBuyerLeaves(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		v := r.open(r.request(p, "o1"))
		res, err := r.gw.CloseCheckout(r.ctx, v.token, false)
		if err != nil || res.Progress != gateway.ProgressDone || res.Code == "" || r.payment(v.payment).Status != pay.StatusFailed {
			t.Errorf("%+v %v", res, err)
		}
		if again, err := r.gw.CloseCheckout(r.ctx, v.token, false); err != nil || again.Code != res.Code {
			t.Errorf("closing twice: %+v %v", again, err)
		}
		v.agree("")
		if _, err := v.finish(); !errors.Is(err, gateway.ErrCheckoutUsed) {
			t.Errorf("a return after closing: %v", err)
		}
		if r.balance(r.payment(v.payment)) != 0 {
			t.Error("money moved after the buyer left")
		}
	})
}

// A popup that vanishes without a word leaves the row ready until the provider
// is asked; a buyer who had agreed is not turned away.
func TestPopupVanishes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.request(pay.TossPay, "o1"))
		res, err := r.gw.CloseCheckout(r.ctx, v.token, true)
		if err != nil || res.Progress != gateway.ProgressDone || res.Code == "" {
			t.Errorf("%+v %v", res, err)
		}
		if s := r.payment(v.payment).Status; s != pay.StatusCreated {
			t.Errorf("status %s", s)
		}
		agreed := r.open(r.request(pay.TossPay, "o2")).agree("")
		if res, err := r.gw.CloseCheckout(r.ctx, agreed.token, true); err != nil || res.Code != "" || res.Payment.Status != pay.StatusPaid {
			t.Errorf("agreed, then gone: %+v %v", res, err)
		}
		r.agrees(agreed.payment)
	})
}

func TestRegisteredAmount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, err := r.gw.Prepare(r.ctx, r.merchant.ID, "o1", 50000, "")
		must2(t, err)
		_, err = r.gw.OpenCheckout(r.ctx, r.request(pay.TossPayments, "o1"))
		if refused, ok := errors.AsType[*gateway.Refusal](err); !ok || refused.Code != gateway.RefusedPrepared {
			t.Errorf("another amount was let in: %v", err)
		}
		if _, err := r.gw.Prepare(r.ctx, r.merchant.ID, "o1", 50000, ""); !errors.Is(err, gateway.ErrAlreadyPrepared) {
			t.Errorf("registered twice: %v", err)
		}
		_, err = r.gw.Reprepare(r.ctx, r.merchant.ID, "o1", 60000, "KRW")
		must2(t, err)
		v := r.open(r.request(pay.TossPayments, "o1")).agree("")
		_, err = r.gw.Reprepare(r.ctx, r.merchant.ID, "o1", 70000, "KRW")
		must2(t, err)
		res, err := v.finish()
		if err != nil || r.payment(v.payment).Status != pay.StatusFailed || len(r.attempts(v.payment)) != 0 {
			t.Errorf("changed while the buyer was in the window: %+v %v", res, err)
		}
	})
}

func TestMerchantStopsThePayment(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		asked := 0
		r.stop = func(_ context.Context, _ pay.Merchant, p pay.Payment) error {
			asked++
			if p.MerchantUID == "sold-out" {
				return &gateway.Stop{Reason: "고객사 요청에 의해 결제를 중단합니다. (상세사유 : 품절)"}
			}
			return nil
		}
		w := r.request(pay.TossPayments, "sold-out")
		w.ConfirmURL = "http://shop.example/confirm"
		v := r.open(w).agree("")
		_, err := v.finish()
		must2(t, err)
		if p := r.payment(v.payment); p.Status != pay.StatusFailed || p.FailReason != "고객사 요청에 의해 결제를 중단합니다. (상세사유 : 품절)" || len(r.attempts(v.payment)) != 0 {
			t.Errorf("%s %q", p.Status, p.FailReason)
		}
		w.MerchantUID = "there"
		if res, err := r.open(w).agree("").finish(); err != nil || res.Payment.Status != pay.StatusPaid || asked != 2 {
			t.Errorf("%+v %v after %d questions", res, err, asked)
		}
		r.paid(pay.TossPayments, "unasked")
		if asked != 2 {
			t.Error("a merchant without confirm_url was asked")
		}
	})
}

func TestRefusalsNameTheField(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.merchant
		m.Settings.Origins = []string{"https://shop.example"}
		m.Settings.ConfirmForbidden = true
		must2(t, r.gw.UpdateMerchant(r.ctx, m))
		good := r.request(pay.TossPayments, "o1")
		good.Origin = "https://shop.example"
		for name, c := range map[string]struct {
			change func(*gateway.WindowRequest)
			code   gateway.RefusalCode
			field  string
		}{
			"unknown merchant": {func(w *gateway.WindowRequest) { w.UserCode = "imp99999999" }, gateway.RefusedMerchant, "user_code"},
			"foreign page":     {func(w *gateway.WindowRequest) { w.Origin = "https://evil.example" }, gateway.RefusedOrigin, "origin"},
			"unknown channel":  {func(w *gateway.WindowRequest) { w.ChannelKey = "channel-key-nobody" }, gateway.RefusedChannel, "channelKey"},
			"unknown method":   {func(w *gateway.WindowRequest) { w.Method = "bitcoin" }, gateway.RefusedMethod, "pay_method"},
			"too little":       {func(w *gateway.WindowRequest) { w.Amount.Total.Minor = 99 }, gateway.RefusedParameter, "amount"},
			"unknown card":     {func(w *gateway.WindowRequest) { w.Card.Company = "999" }, gateway.RefusedParameter, "card.direct.code"},
			"confirm process":  {func(w *gateway.WindowRequest) { w.ConfirmURL = "https://shop.example/c" }, gateway.RefusedConfirm, "confirm_url"},
		} {
			w := good
			c.change(&w)
			_, err := r.gw.OpenCheckout(r.ctx, w)
			if refused, ok := errors.AsType[*gateway.Refusal](err); !ok || refused.Code != c.code || refused.Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := r.gw.OpenCheckout(r.ctx, good); err != nil {
			t.Errorf("the good one: %v", err)
		}
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			n, err := tx.CountPayments(r.ctx, m.ID, store.PaymentFilter{})
			if n != 1 {
				t.Errorf("%d rows: a refusal left one", n)
			}
			return err
		}))
	})
}

// pg is matched by MID, then by provider, then falls to the default channel.
func TestChannelByPG(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for pg, want := range map[string]pay.Provider{
			"tosspayments": pay.TossPayments, "tosspayments.tnaru": pay.TossPayments, "tosspayments.other": pay.TossPayments,
			"tosspay_v2": pay.TossPay, "tosspay_v2.narutosspay": pay.TossPay, "html5_inicis": pay.TossPayments, "": pay.TossPayments,
		} {
			w := r.request(pay.TossPayments, "o-"+pg)
			w.ChannelKey, w.PG = "", pg
			o, err := r.gw.OpenCheckout(r.ctx, w)
			if err != nil || o.Payment.Provider != want {
				t.Errorf("pg %q: %s %v", pg, o.Payment.Provider, err)
			}
		}
		m := r.merchant
		m.Settings.DefaultChannel = string(r.channels[pay.TossPay])
		must2(t, r.gw.UpdateMerchant(r.ctx, m))
		wrong := m
		wrong.Settings.DefaultChannel = "channel-key-nobody"
		if _, ok := errors.AsType[*gateway.Invalid](r.gw.UpdateMerchant(r.ctx, wrong)); !ok {
			t.Error("a default channel that is not there was taken")
		}
		w := r.request(pay.TossPayments, "o-default")
		w.ChannelKey = ""
		if o, err := r.gw.OpenCheckout(r.ctx, w); err != nil || o.Payment.Provider != pay.TossPay {
			t.Errorf("the merchant's own default: %s %v", o.Payment.Provider, err)
		}
	})
}

func TestProviderIsDown(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.faulty(pay.TossPay, "POST /api/v2/payments before drop")
		o, err := r.gw.OpenCheckout(r.ctx, r.request(pay.TossPay, "o1"))
		must2(t, err)
		if _, err := r.gw.BeginCheckout(r.ctx, o.Token, nil); !errors.Is(err, gateway.ErrProviderDown) {
			t.Errorf("%v", err)
		}
		res, err := r.gw.CheckoutResult(r.ctx, o.Token)
		if err != nil || res.Progress != gateway.ProgressDone || res.Code == "" || res.Payment.Status != pay.StatusFailed {
			t.Errorf("%+v %v", res, err)
		}
	})
}

func TestForgedNotice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.request(pay.TossPayments, "o1"))
		body := []byte(`{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-21T12:00:00.000000","data":{"paymentKey":"forged","orderId":"` + string(v.payment) + `","status":"DONE"}}`)
		_, err := r.gw.Notice(r.ctx, r.channels[pay.TossPayments], nil, body)
		if err != nil {
			t.Errorf("%v", err)
		}
		if s := r.payment(v.payment).Status; s != pay.StatusCreated {
			t.Errorf("a forged notice made it %s", s)
		}
		if _, err := r.gw.Notice(r.ctx, "channel-key-nobody", nil, body); !errors.Is(err, gateway.ErrChannelMissing) {
			t.Errorf("unknown channel: %v", err)
		}
	})
}

// A cancel made in the provider's own back office is learned by notice.
func TestCancelAtTheProvider(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.paid(pay.TossPayments, "o1")
		r.control(r.payments.Control(), "POST", "/payments/"+url.PathEscape(p.Ref.Key)+"/cancel", map[string]any{"amount": 20000, "reason": "백오피스 취소"}, nil)
		body := []byte(`{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-21T12:00:00.000000","data":{"paymentKey":"` + p.Ref.Key + `","orderId":"` + string(p.ID) + `","status":"PARTIAL_CANCELED"}}`)
		for range 2 {
			_, err := r.gw.Notice(r.ctx, r.channels[pay.TossPayments], nil, body)
			must2(t, err)
		}
		got := r.payment(p.ID)
		if got.Status != pay.StatusPartiallyCancelled || got.Cancelled != 20000 || got.CancelReason != "백오피스 취소" {
			t.Errorf("%s %d %q", got.Status, got.Cancelled, got.CancelReason)
		}
		r.agrees(p.ID)
	})
}
