package gateway_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// registered asserts that a window ended with a key in use and its payment told of.
func (r *rig) registered(id pay.PaymentID, customer string) {
	r.t.Helper()
	must2(r.t, r.runner.RunDue(r.ctx))
	p := r.payment(id)
	if p.Status != pay.StatusPaid || p.CustomerUsage != "issue" || string(p.CustomerUID) != customer || p.PaidAt.IsZero() {
		r.t.Fatalf("payment %s: %s %q of %q, %s %s\n%s", id, p.Status, p.CustomerUsage, p.CustomerUID, p.FailCode, p.FailReason, r.log)
	}
	if m := r.movements(id); len(m) != 0 {
		r.t.Errorf("registering a card moved money: %+v", m)
	}
	k, err := r.activeKey(customer)
	if err != nil || k.Payment != id || len(k.Proof) != 0 {
		r.t.Errorf("key of %s: %s of payment %q, %d bytes of proof left (%v)", customer, k.Status, k.Payment, len(k.Proof), err)
	}
	if told := r.told.of(id); !slices.Equal(told, []pay.Status{pay.StatusPaid}) {
		r.t.Errorf("the merchant was told %v, want paid once", told)
	}
}

func TestCardIsRegisteredInTheWindow(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		v := r.open(r.billingRequest(p, "register-1", "buyer-1")).register()
		res, err := v.finish()
		must2(t, err)
		if res.Progress != gateway.ProgressDone || res.Code != "" || res.Payment.Amount.Total.Minor != 0 {
			t.Errorf("ended %s with %q, amount %d", res.Progress, res.Code, res.Payment.Amount.Total.Minor)
		}
		r.registered(v.payment, "buyer-1")
		if card := r.payment(v.payment).Details.Card; card == nil || card.Issuer == "" || !strings.Contains(card.Number, "*") {
			t.Errorf("the payment shows no card: %+v", card)
		}
		paid, err := r.again("buyer-1", "charge-1", 9900)
		if err != nil || paid.Status != pay.StatusPaid {
			t.Fatalf("charge with the new key: %s %s (%v)", paid.Status, paid.FailReason, err)
		}
		r.agrees(paid.ID)
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: v.payment, Actor: "api"}); !errors.Is(err, gateway.ErrNotCancellable) {
			t.Errorf("cancel of what was not paid: %v", err)
		}
		if _, err := v.finish(); !errors.Is(err, gateway.ErrCheckoutUsed) {
			t.Errorf("a second return: %v", err)
		}
		for _, secret := range []string{card.Number.Reveal(), v.ret.Get("authKey"), v.ret.Get("billingKey")} {
			if secret != "" && strings.Contains(r.log.String(), secret) {
				t.Errorf("the log holds a secret of the window")
			}
		}
	})
}

// TestShownAmountIsNotCharged: an amount may be shown in the window (decision D13).
func TestShownAmountIsNotCharged(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		w := r.billingRequest(p, "register-1", "buyer-1")
		w.Amount = won(9900)
		_, err := r.open(w).register().finish()
		must2(t, err)
		found := r.keyOfCustomer("buyer-1")
		r.registered(found.Payment, "buyer-1")
	})
}

func (r *rig) keyOfCustomer(uid string) pay.BillingKey {
	r.t.Helper()
	k, err := r.activeKey(uid)
	must2(r.t, err)
	return k
}

// TestKeyOfADeadTab: the buyer agreed at Toss Pay and was never seen again. A
// notice, the popup's watcher or the job learns of it, each alone.
func TestKeyOfADeadTab(t *testing.T) {
	ways := map[string]func(r *rig, v *visit){
		"notice": func(r *rig, v *visit) {
			body := `{"action":"ACTIVATED","processedTs":"2026-11-21 12:00:01","userId":"member-buyer-1","billingKey":"` + v.ret.Get("billingKey") + `","payMethod":"CARD"}`
			_, err := r.gw.Notice(r.ctx, r.billing[pay.TossPay], http.Header{}, []byte(body))
			must2(r.t, err)
		},
		"popup gone": func(r *rig, v *visit) {
			_, err := r.gw.CloseCheckout(r.ctx, v.token, true)
			must2(r.t, err)
		},
		"job": func(r *rig, v *visit) {
			r.settle(func() bool { return r.payment(v.payment).Status == pay.StatusPaid })
		},
	}
	t.Parallel()
	for name, learn := range ways {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1")).register()
				learn(r, v)
				r.registered(v.payment, "buyer-1")
			})
		})
	}
}

// TestAgreedAfterLeaving: a buyer who closed the window may still agree in the app.
func TestAgreedAfterLeaving(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
		res, err := r.gw.CloseCheckout(r.ctx, v.token, false)
		must2(t, err)
		if res.Code != "PAY_PROCESS_CANCELED" || r.payment(v.payment).Status != pay.StatusFailed {
			t.Fatalf("closed with %q, %s", res.Code, r.payment(v.payment).Status)
		}
		v.register()
		r.settle(func() bool { return r.payment(v.payment).Status == pay.StatusPaid })
		r.registered(v.payment, "buyer-1")
	})
}

// TestNobodyAgreed: the window lapses, the payment stays as V1 documents for a
// closed tab, and the key is over.
func TestNobodyAgreed(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		v := r.open(r.billingRequest(p, "register-1", "buyer-1"))
		for range 20 {
			must2(t, r.runner.RunDue(r.ctx))
			r.clock.Advance(3 * time.Minute)
		}
		if got := r.payment(v.payment).Status; got != pay.StatusCreated {
			t.Errorf("payment is %s", got)
		}
		if p == pay.TossPay {
			if k := r.keyOf(v.payment); k.Status != pay.KeyRefused {
				t.Errorf("key is %s", k.Status)
			}
		}
		if r.hasJob(gateway.JobResolveKey) {
			t.Error("the key is still asked for")
		}
	})
}

// TestLostKeyOfAWindow: the answer is lost, or the process dies; the key comes
// about once and is told once.
func TestLostKeyOfAWindow(t *testing.T) {
	t.Parallel()
	path := map[pay.Provider]string{pay.TossPayments: "/v1/billing/authorizations/issue", pay.TossPay: "/api/v1/billing-key/status"}
	for _, point := range []string{"issue_key:intended", "issue_key:answered", "issue_key:learned", "before drop", "after drop", "after status=500", "unplugged"} {
		t.Run(point, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				v := r.open(r.billingRequest(p, "register-1", "buyer-1")).register()
				switch {
				case strings.HasPrefix(point, "issue_key"):
					r.fault = deathAt(point)
				case point == "unplugged":
					r.line.unplugged.Store(true)
				default:
					r.faulty(p, "POST "+path[p]+" nth=1 "+point)
				}
				if _, err := v.finish(); err != nil && !errors.Is(err, errDied) {
					t.Fatal(err)
				}
				r.fault = nil
				r.line.unplugged.Store(false)
				r.well()
				r.settle(func() bool { return r.payment(v.payment).Status == pay.StatusPaid })
				r.registered(v.payment, "buyer-1")
			})
		})
	}
}

// TestRefusedInTheBillingWindow: the buyer leaves, or the provider says no.
func TestRefusedInTheBillingWindow(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.billingRequest(pay.TossPayments, "register-1", "buyer-1")).act("cancel", nil)
		res, err := r.gw.FinishCheckout(r.ctx, v.token, gateway.Return{Failed: true, Form: v.ret})
		must2(t, err)
		if res.Code != "PAY_PROCESS_CANCELED" || res.Payment.Status != pay.StatusFailed {
			t.Errorf("left: %s with %q", res.Payment.Status, res.Code)
		}
		if _, err := r.activeKey("buyer-1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a key came of it: %v", err)
		}
	})
}

// TestForgedReturnsBringNoKey: the return names another customer, a used or an
// invented authKey.
func TestForgedReturnsBringNoKey(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for name, form := range map[string]url.Values{
			"another customer": {"customerKey": {"member-somebody"}, "authKey": {"bln_x"}},
			"invented":         {"customerKey": {"member-buyer-1"}, "authKey": {"inventedAuthKey"}},
			"nothing":          {},
		} {
			v := r.open(r.billingRequest(pay.TossPayments, "forged-"+name, "buyer-1"))
			v.ret = form
			res, err := v.finish()
			must2(t, err)
			if res.Payment.Status != pay.StatusFailed || res.Code == "" {
				t.Errorf("%s: %s with %q", name, res.Payment.Status, res.Code)
			}
		}
		if _, err := r.activeKey("buyer-1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a key came of it: %v", err)
		}
		v := r.open(r.billingRequest(pay.TossPay, "forged-wallet", "buyer-2"))
		v.ret = url.Values{"status": {"ACTIVE"}, "userId": {"member-buyer-2"}, "billingKey": {"invented"}}
		if _, err := v.finish(); err != nil { // Toss Pay says that nobody agreed yet
			t.Fatal(err)
		}
		if _, err := r.activeKey("buyer-2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a key came of it: %v", err)
		}
	})
}

// TestBillingRequestsThatAreRefused before there is a row.
func TestBillingRequestsThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		long := strings.Repeat("x", 51)
		for name, c := range map[string]struct {
			provider pay.Provider
			change   func(*gateway.WindowRequest)
			field    string
		}{
			"a payment channel by key": {pay.TossPayments, func(w *gateway.WindowRequest) { w.ChannelKey = r.channels[pay.TossPayments] }, "customer_uid"},
			"a payment channel by MID": {pay.TossPayments, func(w *gateway.WindowRequest) { w.ChannelKey, w.PG = "", "tosspayments.tnaru" }, "customer_uid"},
			"not a card":               {pay.TossPayments, func(w *gateway.WindowRequest) { w.Method = pay.MethodTrans }, "pay_method"},
			"wallet's card":            {pay.TossPay, func(w *gateway.WindowRequest) { w.Method = pay.MethodTossPayCard }, "pay_method"},
			"no member":                {pay.TossPay, func(w *gateway.WindowRequest) { w.Billing.CustomerID = "" }, "customer_id"},
			"a long member":            {pay.TossPay, func(w *gateway.WindowRequest) { w.Billing.CustomerID = long }, "customer_id"},
			"a Korean member":          {pay.TossPay, func(w *gateway.WindowRequest) { w.Billing.CustomerID = "홍길동" }, "customer_id"},
			"no way back on a phone":   {pay.TossPay, func(w *gateway.WindowRequest) { w.Mobile = true }, "m_redirect_url"},
			"escrow":                   {pay.TossPayments, func(w *gateway.WindowRequest) { w.Escrow = true }, "escrow"},
		} {
			w := r.billingRequest(c.provider, "refused", "buyer-1")
			c.change(&w)
			_, err := r.gw.OpenCheckout(r.ctx, w)
			refused, ok := errors.AsType[*gateway.Refusal](err)
			if !ok || refused.Field != c.field {
				t.Errorf("%s: %v, want a refusal of %s", name, err, c.field)
			}
		}
		w := r.billingRequest(pay.TossPayments, "by-provider", "buyer-1") // pg without MID is the default for billing
		w.ChannelKey, w.PG, w.Billing.CustomerID = "", "tosspayments", ""
		o, err := r.gw.OpenCheckout(r.ctx, w)
		if err != nil || o.Payment.MID != "tnarubill" {
			t.Errorf("pg tosspayments: %s (%v)", o.Payment.MID, err)
		}
	})
}

// TestTwoWindowsOfOneOrder: the order number is used up by the first that ends;
// the second brings no key.
func TestTwoWindowsOfOneRegistration(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		first := r.open(r.billingRequest(pay.TossPayments, "register-1", "buyer-1")).register()
		second := r.open(r.billingRequest(pay.TossPayments, "register-1", "buyer-1")).register()
		_, err := first.finish()
		must2(t, err)
		res, err := second.finish()
		must2(t, err)
		if res.Code != "F1002" || res.Payment.Status != pay.StatusFailed {
			t.Errorf("the second: %s with %q", res.Payment.Status, res.Code)
		}
		r.registered(first.payment, "buyer-1")
	})
}

// TestKeyThatReplacesOneGoneAtTheProvider: the buyer removed the old key in the
// app, which is learned only after the new one was agreed to. That is no deletion
// by the merchant, and does not undo the new key.
func TestKeyThatReplacesOneGoneAtTheProvider(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		first := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1")).register()
		_, err := first.finish()
		must2(t, err)
		r.control(r.toss.Control(), "POST", "/billing-keys/"+first.ret.Get("billingKey")+"/remove", map[string]any{}, nil)
		second := r.open(r.billingRequest(pay.TossPay, "register-2", "buyer-1")).register()
		r.faulty(pay.TossPay, "POST /api/v1/billing-key/status nth=1 after drop")
		_, err = second.finish()
		must2(t, err)
		r.clock.Advance(time.Second)
		body := `{"action":"ACTIVATED","processedTs":"2026-11-21 12:00:01","userId":"member-buyer-1","billingKey":"` + second.ret.Get("billingKey") + `","payMethod":"CARD"}`
		_, err = r.gw.Notice(r.ctx, r.billing[pay.TossPay], http.Header{}, []byte(body))
		must2(t, err)
		r.registered(second.payment, "buyer-1")
	})
}

// TestChargesOfAKey leave out the window it was issued in.
func TestChargesOfAKey(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, err := r.open(r.billingRequest(pay.TossPayments, "register-1", "buyer-1")).register().finish()
		must2(t, err)
		charged, err := r.again("buyer-1", "charge-1", 9900)
		must2(t, err)
		list, total, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "buyer-1", 1, 20)
		if err != nil || total != 1 || len(list) != 1 || list[0].ID != charged.ID {
			t.Errorf("%d of %d payments (%v)", len(list), total, err)
		}
	})
}
