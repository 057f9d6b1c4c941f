package gateway_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// A buyer left the window and agreed in the app all the same, and the merchant had
// deleted the customer in between: no key comes of it, and the order number of the
// failed registration is free, as that of any payment that failed.
func TestLateKeyOfADeletedCustomerFreesTheOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "buyer-1", CustomerID: "member-other", Card: card, Channel: gateway.ChannelChoice{Key: r.billing[pay.TossPayments]}})
		must2(t, err)
		r.clock.Advance(time.Second)
		v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
		_, err = r.gw.CloseCheckout(r.ctx, v.token, false)
		must2(t, err)
		r.clock.Advance(time.Second)
		_, err = r.gw.DeleteKey(r.ctx, r.merchant.ID, "buyer-1")
		must2(t, err)
		v.register()
		r.run(10*time.Minute, 30*time.Second)
		if p, k := r.payment(v.payment), r.keyOf(v.payment); p.Status != pay.StatusFailed || k.Status != pay.KeyRefused {
			t.Fatalf("payment %s, key %s", p.Status, k.Status)
		}
		if _, err := r.gw.OpenCheckout(r.ctx, r.billingRequest(pay.TossPay, "register-1", "buyer-1")); err != nil {
			t.Errorf("the buyer cannot register again under that number: %v", err)
		}
	})
}

// Whoever calls the return address before the window is open has agreed to nothing:
// no payment is being approved for it, and no key is asked for that has nothing to
// be asked by. Nor does it matter that we die before the window is open.
func TestReturnBeforeTheWindowIsOpen(t *testing.T) {
	t.Parallel()
	for _, dies := range []bool{false, true} {
		t.Run(fmt.Sprintf("dies=%v", dies), func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				w := r.billingRequest(pay.TossPay, "register-1", "buyer-1")
				o, err := r.gw.OpenCheckout(r.ctx, w)
				must2(t, err)
				opening, done := r.hold("POST", "/api/v1/billing-key", 1), make(chan error, 1)
				go func() { _, err := r.gw.BeginCheckout(r.ctx, o.Token, nil); done <- err }()
				<-opening.arrived
				v := &visit{r: r, token: o.Token, payment: o.Payment.ID, ret: url.Values{"status": {"ACTIVE"}, "userId": {"member-buyer-1"}}}
				if _, err := v.finish(); err != nil {
					t.Logf("return: %v", err)
				}
				if !dies {
					close(opening.through)
					must2(t, <-done)
				}
				r.run(4*24*time.Hour, 30*time.Minute)
				if p := r.payment(v.payment); p.Status == pay.StatusConfirming {
					t.Errorf("after four days the payment is %s", p.Status)
				}
				if _, err := r.gw.OpenCheckout(r.ctx, w); err != nil {
					t.Errorf("the buyer cannot register again under that number: %v", err)
				}
				must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
					alarms, err := tx.ListAlarms(r.ctx, true)
					for _, a := range alarms {
						t.Errorf("a person is called: %s", a.Text)
					}
					return err
				}))
				if dies {
					close(opening.through)
					<-done
				}
			})
		})
	}
}

// A buyer came back having left the window, and we died before that was written.
// Once the key is over so is the payment: nobody waits for ever.
func TestDeathAfterTheBuyerLeft(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		fake, channel := r.fakeWallet()
		w := r.billingRequest(pay.TossPay, "register-1", "buyer-1")
		w.ChannelKey = channel
		v := r.open(w)
		fake.says(statusOf("firstKeyOfTheCustomer0", "CREATE"))
		r.run(10*time.Minute, time.Minute)
		r.dying(func() {
			_, _ = r.gw.FinishCheckout(r.ctx, v.token, gateway.Return{Failed: true, Form: url.Values{"status": {"CANCEL"}, "userId": {"member-buyer-1"}}})
		})
		r.run(2*time.Hour, time.Minute)
		r.ended(v)
	})
}

// The same of a window that was begun in the last moment of its link, whose buyer
// is in it when the job that looks after the payment has run.
func TestDeathAfterTheBuyerLeftLate(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.beginLate(r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
		r.run(5*time.Minute, 30*time.Second)
		r.dying(func() {
			_, _ = r.gw.FinishCheckout(r.ctx, v.token, gateway.Return{Failed: true, Form: url.Values{"status": {"CANCEL"}, "userId": {"member-buyer-1"}}})
		})
		r.run(time.Hour, time.Minute)
		r.ended(v)
	})
}

// dying has the process die at the next answer of a provider about a key.
func (r *rig) dying(f func()) {
	r.fault = func(point string) error { panic(point) }
	defer func() {
		r.fault = nil
		if recover() == nil {
			r.t.Fatal("nobody died")
		}
	}()
	f()
}

// ended asserts that the buyer's page does not wait any more.
func (r *rig) ended(v *visit) {
	r.t.Helper()
	res, err := r.gw.CheckoutResult(r.ctx, v.token)
	must2(r.t, err)
	if res.Progress != gateway.ProgressDone {
		r.t.Errorf("the buyer's page says %s and nothing is under way: payment %s, key %s", res.Progress, res.Payment.Status, r.keyOf(v.payment).Status)
	}
}

// A notice that had to be sent again is as old as it was: a customer who was
// deleted after they agreed has no key by it.
func TestNoticeSentAgainAfterTheCustomerWasDeleted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "buyer-1", CustomerID: "member-other", Card: card, Channel: gateway.ChannelChoice{Key: r.billing[pay.TossPayments]}})
		must2(t, err)
		v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1")).register()
		r.clock.Advance(time.Second) // 12:00:01 in Korea, as the notice says
		r.faulty(pay.TossPay, "POST /api/v1/billing-key/status nth=1 after drop")
		if err := r.walletNotice(r.billing[pay.TossPay], "member-buyer-1", v.ret.Get("billingKey")); err == nil {
			t.Fatal("the provider is not told to send again")
		}
		r.clock.Advance(time.Minute)
		_, err = r.gw.DeleteKey(r.ctx, r.merchant.ID, "buyer-1")
		must2(t, err)
		r.clock.Advance(time.Minute)
		must2(t, r.walletNotice(r.billing[pay.TossPay], "member-buyer-1", v.ret.Get("billingKey")))
		if k, err := r.activeKey("buyer-1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("agreed at 12:00:01, deleted at %s, and key %s (agreed %s) is in use", "12:01:01", k.ID, k.Agreed)
		}
	})
}

// A registration of the wallet's money shows what a charge of it would: no bank
// (V1 fills bank_code for bank transfers alone).
func TestRegisteredMoneyShowsNoBank(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
		u, err := url.Parse(v.launch.Redirect)
		must2(t, err)
		r.control(r.toss.Control(), "POST", "/billing-keys/"+u.Query().Get("billingKey")+"/agree", map[string]any{"method": "bank"}, nil)
		v.ret = url.Values{"status": {"ACTIVE"}, "userId": {"member-buyer-1"}}
		_, err = v.finish()
		must2(t, err)
		r.registered(v.payment, "buyer-1")
		paid, err := r.again("buyer-1", "charge-1", 9900)
		must2(t, err)
		issued := r.payment(v.payment)
		if issued.Method != paid.Method || (issued.Details.Bank == nil) != (paid.Details.Bank == nil) {
			t.Errorf("the registration is by %s with bank %+v, a charge of the same key by %s with bank %+v", issued.Method, issued.Details.Bank, paid.Method, paid.Details.Bank)
		}
	})
}
