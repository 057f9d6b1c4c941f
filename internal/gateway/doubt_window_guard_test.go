package gateway_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// Whoever learns of a key, and however many at once: it comes about once and is
// told once.
func TestEverybodyLearnsAtOnce(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		v := r.open(r.billingRequest(p, "register-1", "buyer-1")).register()
		r.clock.Advance(4 * time.Minute)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := v.finish(); err != nil && !errors.Is(err, gateway.ErrCheckoutUsed) {
					t.Errorf("return: %v", err)
				}
			})
			if p == pay.TossPay { // of the other provider only the return brings the proof
				wg.Go(func() {
					if err := r.walletNotice(r.billing[p], "member-buyer-1", v.ret.Get("billingKey")); err != nil {
						t.Errorf("notice: %v", err)
					}
				})
				wg.Go(func() {
					if _, err := r.gw.CloseCheckout(r.ctx, v.token, true); err != nil {
						t.Errorf("popup gone: %v", err)
					}
				})
			}
			wg.Go(func() {
				if err := r.runner.RunDue(r.ctx); err != nil {
					t.Errorf("job: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := r.gw.Sync(r.ctx, r.merchant.ID, v.payment); err != nil && !errors.Is(err, gateway.ErrOutcomeUnknown) {
					t.Errorf("sync: %v", err)
				}
			})
		}
		wg.Wait()
		r.settle(func() bool { return r.payment(v.payment).Status == pay.StatusPaid })
		r.registered(v.payment, "buyer-1")
		if res, err := r.gw.CheckoutResult(r.ctx, v.token); err != nil || res.Progress != gateway.ProgressDone || res.Code != "" {
			t.Errorf("the buyer is shown %s %q (%v)", res.Progress, res.Code, err)
		}
	})
}

// A key that was agreed to for an order that was paid meanwhile is taken back at
// the provider.
func TestOrderPaidWhileTheBuyerAgreed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.billingRequest(pay.TossPay, "order-1", "buyer-1"))
		r.paid(pay.TossPayments, "order-1")
		res, err := v.register().finish()
		must2(t, err)
		if res.Code != "F1002" || res.Payment.Status != pay.StatusFailed {
			t.Errorf("%s with %q", res.Payment.Status, res.Code)
		}
		r.run(10*time.Minute, 10*time.Second)
		if _, err := r.activeKey("buyer-1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a key is in use: %v", err)
		}
		var k struct{ Status string }
		r.control(r.toss.Control(), "GET", "/billing-keys/"+v.ret.Get("billingKey"), nil, &k)
		if k.Status != "REMOVE" {
			t.Errorf("at the provider it is %s", k.Status)
		}
	})
}

// A customer who is deleted while the key they agreed to is being asked for has none.
func TestDeletedWhileTheKeyIsAskedFor(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "buyer-1", CustomerID: "member-other", Card: card, Channel: gateway.ChannelChoice{Key: r.billing[pay.TossPayments]}})
		must2(t, err)
		v := r.open(r.billingRequest(p, "register-1", "buyer-1")).register()
		path := map[pay.Provider]string{pay.TossPayments: "/v1/billing/authorizations/issue", pay.TossPay: "/api/v1/billing-key/status"}
		r.faulty(p, "POST "+path[p]+" nth=1 after status=500")
		_, err = v.finish()
		must2(t, err)
		r.clock.Advance(time.Second)
		_, err = r.gw.DeleteKey(r.ctx, r.merchant.ID, "buyer-1")
		must2(t, err)
		r.run(10*time.Minute, 10*time.Second)
		if _, err := r.activeKey("buyer-1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a key is in use: %v", err)
		}
		if got := r.payment(v.payment); got.Status != pay.StatusFailed || len(r.told.of(v.payment)) != 0 {
			t.Errorf("%s, told %v", got.Status, r.told.of(v.payment))
		}
		if p == pay.TossPayments && r.revoked() != 2 {
			t.Errorf("%d keys were revoked, want both", r.revoked())
		}
	})
}

// A link is begun once, however many pick at the same time, and not after it lapsed.
func TestPicksAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		w := r.request(pay.TossPayments, "pick")
		w.CardRows = []gateway.CardRow{{Company: gateway.AllCards, Enabled: yes(false)}, {Company: "366", Enabled: yes(true)}, {Company: "367", Enabled: yes(true)}}
		o, err := r.gw.OpenCheckout(r.ctx, w)
		must2(t, err)
		w.MerchantUID = "late"
		late, err := r.gw.OpenCheckout(r.ctx, w)
		must2(t, err)
		var wg sync.WaitGroup
		var mu sync.Mutex
		begun := 0
		for i := range 8 {
			wg.Go(func() {
				b, err := r.gw.BeginCheckout(r.ctx, o.Token, &gateway.CardPick{Company: []string{"366", "367"}[i%2]})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && b.Launch.Script != nil:
					begun++
				case !errors.Is(err, gateway.ErrCheckoutUsed):
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if begun != 1 {
			t.Errorf("begun %d times", begun)
		}
		r.clock.Advance(31 * time.Minute)
		for _, pick := range []*gateway.CardPick{nil, {Company: "366"}, {Company: "999"}} {
			if _, err := r.gw.BeginCheckout(r.ctx, late.Token, pick); !errors.Is(err, gateway.ErrCheckoutExpired) {
				t.Errorf("after the link lapsed, pick %+v: %v", pick, err)
			}
		}
	})
}

// A deposit that comes in before we know that the account was issued counts, and
// the answer that is older than it takes nothing back.
func TestDepositBeforeTheWindowsAnswer(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		w := r.request(pay.TossPayments, "account-1")
		w.Method, w.Due = pay.MethodVbank, r.clock.Now().Add(48*time.Hour)
		v := r.open(w).act("approve", map[string]any{"bank": "88", "name": "홍길동", "phone": "01012345678", "receipt": "미발행", "accountKey": "0012"})
		slow, done := r.line.holdNextTo("/payments/confirm"), make(chan error, 1)
		go func() { _, err := v.finish(); done <- err }()
		<-slow.arrived // the account is there, and we do not know it
		r.control(r.payments.Control(), "POST", "/payments/"+string(v.payment)+"/deposit", map[string]any{}, nil)
		must2(t, r.payments.Settle(r.ctx))
		if got := r.payment(v.payment); got.Status != pay.StatusPaid {
			t.Errorf("the deposit's notice was heeded: %s", got.Status)
		}
		close(slow.through)
		must2(t, <-done)
		r.run(8*time.Hour, 10*time.Minute)
		if got := r.payment(v.payment); got.Status != pay.StatusPaid {
			t.Errorf("after the older answer it is %s", got.Status)
		}
		r.agrees(v.payment)
		if told := r.told.of(v.payment); len(told) == 0 || told[len(told)-1] != pay.StatusPaid || slices.Contains(told[:len(told)-1], pay.StatusPaid) {
			t.Errorf("the merchant was told %v", told)
		}
	})
}

// Phone bills and gift certificates are given back whole: a part is refused
// before anybody is asked.
func TestNoPartsOfPhoneBillsAndGifts(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		gift := map[string]any{"id": "sandbox", "password": "sandbox"}
		for method, chosen := range map[pay.Method]map[string]any{
			pay.MethodPhone: {"carrier": "SKT", "phone": "01000001234", "birth": "900101", "sms": "000000"},
			"cultureland":   gift, "booknlife": gift, "smartculture": gift,
		} {
			w := r.request(pay.TossPayments, "whole-"+string(method))
			w.Method = method
			res, err := r.open(w).act("approve", chosen).finish()
			must2(t, err)
			if res.Payment.Status != pay.StatusPaid || res.Payment.Method != method {
				t.Fatalf("%s: %s by %s, %s", method, res.Payment.Status, res.Payment.Method, res.Message)
			}
			part := int64(1000)
			before := len(r.attempts(res.Payment.ID))
			_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: res.Payment.ID, Amount: &part, Actor: "api"})
			if !errors.Is(err, gateway.ErrPartialForbidden) || len(r.attempts(res.Payment.ID)) != before {
				t.Errorf("%s: a part: %v", method, err)
			}
			got, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: res.Payment.ID, Actor: "api"})
			if err != nil || got.Status != pay.StatusCancelled {
				t.Errorf("%s: all of it: %s (%v)", method, got.Status, err)
			}
			r.agrees(res.Payment.ID)
		}
	})
}
