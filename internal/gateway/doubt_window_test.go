package gateway_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// walletNotice is what Toss Pay sends once a customer agreed.
func (r *rig) walletNotice(channel pay.ChannelKey, customer, key string) error {
	body := `{"action":"ACTIVATED","processedTs":"2026-11-21 12:00:01","userId":"` + customer + `","billingKey":"` + key + `","payMethod":"CARD"}`
	_, err := r.gw.Notice(r.ctx, channel, http.Header{}, []byte(body))
	return err
}

// beginLate opens a checkout and begins it in the last moment of its link.
func (r *rig) beginLate(w gateway.WindowRequest) *visit {
	r.t.Helper()
	o, err := r.gw.OpenCheckout(r.ctx, w)
	must2(r.t, err)
	r.clock.Advance(o.Expires.Sub(r.clock.Now()) - 10*time.Second)
	b, err := r.gw.BeginCheckout(r.ctx, o.Token, nil)
	must2(r.t, err)
	return &visit{r: r, token: o.Token, payment: o.Payment.ID, launch: b.Launch}
}

// A window that was begun just before its link lapsed lives as long as any other:
// fifteen minutes at the provider. Who agrees in its tenth has a key.
func TestWindowBegunJustBeforeItsLinkLapsed(t *testing.T) {
	ways := map[string]func(r *rig, v *visit){
		"return": func(r *rig, v *visit) {
			res, err := v.finish()
			must2(r.t, err)
			if res.Progress != gateway.ProgressDone {
				r.t.Errorf("the buyer's page: %s", res.Progress)
			}
		},
		"notice": func(r *rig, v *visit) {
			must2(r.t, r.walletNotice(r.billing[pay.TossPay], "member-buyer-1", v.ret.Get("billingKey")))
		},
		"job": func(r *rig, v *visit) {},
	}
	t.Parallel()
	for name, learn := range ways {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				v := r.beginLate(r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
				r.run(10*time.Minute, 30*time.Second)
				v.register()
				learn(r, v)
				r.run(5*time.Minute, 30*time.Second)
				r.registered(v.payment, "buyer-1")
			})
		})
	}
}

// A buyer who comes back when the key is over is told that it came to nothing,
// and does not wait for ever.
func TestReturnAfterTheKeyIsOver(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
		r.run(40*time.Minute, time.Minute)
		if k := r.keyOf(v.payment); k.Status != pay.KeyRefused {
			t.Fatalf("the key is %s", k.Status)
		}
		v.ret = url.Values{"status": {"ACTIVE"}, "userId": {"member-buyer-1"}, "billingKey": {"whatever"}}
		res, err := v.finish()
		must2(t, err)
		r.run(10*time.Minute, time.Minute)
		res, err = r.gw.CheckoutResult(r.ctx, v.token)
		must2(t, err)
		if res.Progress != gateway.ProgressDone {
			t.Errorf("the buyer's page says %s and nothing is under way; payment %s, key %s", res.Progress, res.Payment.Status, r.keyOf(v.payment).Status)
		}
	})
}

// An answer that a job waited for while the buyer came back does not undo what
// the return wrote: when the buyer agreed.
func TestJobThatWaitedDoesNotUndoTheReturn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
		first := r.hold("POST", "/billing-key/status", 1)
		r.faulty(pay.TossPay, "POST /api/v1/billing-key/status after drop")
		r.clock.Advance(4 * time.Minute)
		done := make(chan error, 1)
		go func() { done <- r.runner.RunDue(r.ctx) }()
		<-first.arrived
		_, err := v.register().finish() // no answer comes
		must2(t, err)
		agreed := r.keyOf(v.payment).Agreed
		if agreed.IsZero() {
			t.Fatal("the return wrote nothing")
		}
		close(first.through)
		must2(t, <-done)
		if got := r.keyOf(v.payment).Agreed; !got.Equal(agreed) {
			t.Errorf("agreed %v, and after the job's question %v", agreed, got)
		}
	})
}

// A customer who is deleted after they agreed has no key, also when a job's
// answer was lost in between.
func TestDeletedAfterAgreeingWhileAJobAsked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "buyer-1", CustomerID: "member-buyer-1", Card: card, Channel: gateway.ChannelChoice{Key: r.billing[pay.TossPayments]}})
		must2(t, err)
		v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
		first := r.hold("POST", "/billing-key/status", 1)
		r.faulty(pay.TossPay, "POST /api/v1/billing-key/status after drop")
		r.clock.Advance(4 * time.Minute)
		done := make(chan error, 1)
		go func() { done <- r.runner.RunDue(r.ctx) }()
		<-first.arrived
		_, err = v.register().finish()
		must2(t, err)
		close(first.through)
		must2(t, <-done)
		r.clock.Advance(time.Second)
		_, err = r.gw.DeleteKey(r.ctx, r.merchant.ID, "buyer-1")
		must2(t, err)
		r.well()
		r.run(5*time.Minute, 10*time.Second)
		if k, err := r.activeKey("buyer-1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the customer was deleted after agreeing, and key %s of %s is in use", k.ID, k.Provider)
		}
		if p := r.payment(v.payment); p.Status != pay.StatusFailed {
			t.Errorf("the registration is %s", p.Status)
		}
	})
}

// wallet is a Toss Pay whose answers a test makes up.
type wallet struct {
	mu     sync.Mutex
	status map[string]any // the answer of "빌링키 상태 조회"
	asked  int
}

func (w *wallet) says(answer map[string]any) { w.mu.Lock(); defer w.mu.Unlock(); w.status = answer }

func (w *wallet) count() int { w.mu.Lock(); defer w.mu.Unlock(); return w.asked }

func (w *wallet) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body)
	answer := map[string]any{"code": 0}
	switch req.URL.Path {
	case "/api/v1/billing-key":
		answer["billingKey"], answer["checkoutUri"] = "firstKeyOfTheCustomer0", "http://127.0.0.1:9/payfront/auth?billingKey=firstKeyOfTheCustomer0"
	case "/api/v1/billing-key/status":
		w.mu.Lock()
		w.asked++
		answer = w.status
		w.mu.Unlock()
	}
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(answer)
}

// fakeWallet is a billing channel of a Toss Pay of the test's own.
func (r *rig) fakeWallet() (*wallet, pay.ChannelKey) {
	r.t.Helper()
	w := &wallet{}
	server := httptest.NewServer(w)
	r.t.Cleanup(server.Close)
	ch, err := r.gw.AddChannel(r.ctx, gateway.NewChannel{
		Merchant: r.merchant.ID, Key: "channel-key-fake-wallet", Provider: pay.TossPay, MID: "fakewallet", Name: "fake", Mode: pay.ModeSandbox,
		Kind: pay.ChannelBilling, API: server.URL, Credentials: map[string]pay.Secret{"api_key": "sk_sandbox_fakeWalletKey0001"},
	})
	must2(r.t, err)
	return w, ch.Key
}

func statusOf(key, status string) map[string]any {
	out := map[string]any{"code": 0, "userId": "member-buyer-1", "billingKey": key, "status": status}
	if status == "ACTIVE" {
		out["payMethod"], out["cardCompanyNo"], out["cardNumber"] = "CARD", 7, "531764******410*"
	}
	return out
}

// The provider tells of the customer's latest key alone. That a later one came to
// nothing says nothing of the one that is in use.
func TestLaterKeyThatCameToNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		fake, channel := r.fakeWallet()
		w := r.billingRequest(pay.TossPay, "register-1", "buyer-1")
		w.ChannelKey = channel
		v := r.open(w)
		fake.says(statusOf("firstKeyOfTheCustomer0", "ACTIVE"))
		v.ret = url.Values{"status": {"ACTIVE"}, "userId": {"member-buyer-1"}}
		_, err := v.finish()
		must2(t, err)
		r.registered(v.payment, "buyer-1")
		for _, status := range []string{"CREATE", "CANCEL", "FAIL"} {
			fake.says(statusOf("secondKeyOfTheCustomer", status))
			if _, err := r.gw.BillingKey(r.ctx, r.merchant.ID, "buyer-1"); err != nil {
				t.Errorf("a later key is in %s, and the one in use is lost: %v", status, err)
			}
		}
	})
}

// Nothing tells what the provider says of a key whose links lapsed. A return that
// said ACTIVE leaves no payment that is being approved for ever.
func TestKeyThatNeverComesAbout(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		fake, channel := r.fakeWallet()
		w := r.billingRequest(pay.TossPay, "register-1", "buyer-1")
		w.ChannelKey = channel
		v := r.open(w)
		fake.says(statusOf("firstKeyOfTheCustomer0", "CREATE"))
		v.ret = url.Values{"status": {"ACTIVE"}, "userId": {"member-buyer-1"}}
		_, err := v.finish()
		must2(t, err)
		r.run(24*time.Hour, time.Minute)
		if p := r.payment(v.payment); p.Status == pay.StatusConfirming {
			t.Errorf("after a day and %d questions the payment is %s, the key %s, and the order number is held", fake.count(), p.Status, r.keyOf(v.payment).Status)
		}
	})
}

// A notice is about a customer: a key of theirs that cannot be asked about, as its
// channel was given to another shop, does not keep the others from being heeded.
func TestNoticeIsHeededPastAKeyThatCannotBeAskedAbout(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		old := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1")).register()
		_, err := old.finish()
		must2(t, err)
		r.control(r.toss.Control(), "POST", "/billing-keys/"+old.ret.Get("billingKey")+"/remove", map[string]any{}, nil)
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			ch, err := tx.Channel(r.ctx, r.merchant.ID, r.billing[pay.TossPay])
			if err != nil {
				return err
			}
			ch.MID = "narubill2"
			return tx.UpdateChannel(r.ctx, ch)
		}))
		w := r.billingRequest(pay.TossPay, "register-2", "buyer-2")
		w.Billing.CustomerID = "member-buyer-1" // the same member, by another name of the shop
		o, err := r.gw.OpenCheckout(r.ctx, w)
		must2(t, err)
		b, err := r.gw.BeginCheckout(r.ctx, o.Token, nil)
		must2(t, err)
		v := (&visit{r: r, token: o.Token, payment: o.Payment.ID, launch: b.Launch}).register()
		if err := r.walletNotice(r.billing[pay.TossPay], "member-buyer-1", v.ret.Get("billingKey")); err != nil {
			t.Errorf("the provider is told to send again, or that there is no such channel: %v", err)
		}
		r.registered(v.payment, "buyer-2")
	})
}

// What a window is asked for with is not all to be kept: the buyer's identity at
// the provider, the proofs, the keys and the card are not in the database.
func TestSecretsOfBillingWindows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRig(t, "sqlite:"+filepath.Join(dir, "naru.db"))
	planted := map[string]string{"card number": card.Number.Reveal(), "encryptedUserCi": "plantedEncryptedUserCi0001"}
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		customer := "buyer-" + string(p)
		w := r.billingRequest(p, "register-"+string(p), customer)
		if p == pay.TossPay {
			w.Billing.UserCI = planted["encryptedUserCi"]
		}
		v := r.open(w).register()
		path := map[pay.Provider]string{pay.TossPayments: "/v1/billing/authorizations/issue", pay.TossPay: "/api/v1/billing-key/status"}
		r.faulty(p, "POST "+path[p]+" nth=1 after drop") // it is learned later, from what is kept
		_, err := v.finish()
		must2(t, err)
		for _, name := range []string{"authKey", "billingKey"} {
			if s := v.ret.Get(name); s != "" {
				planted[name+" of "+string(p)] = s
			}
		}
		planted["checkout link of "+string(p)] = v.token
		r.settle(func() bool { return r.payment(v.payment).Status == pay.StatusPaid })
		paid, err := r.again(customer, "charge-"+string(p), 9900)
		must2(t, err)
		if paid.Status != pay.StatusPaid {
			t.Fatalf("%s", paid.FailReason)
		}
	}
	must2(t, r.store.Close())
	seen := ""
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must2(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		must2(t, err)
		seen += string(raw)
	}
	if !strings.Contains(seen, "register-tosspayments") {
		t.Fatal("this is not the database")
	}
	for what, secret := range planted {
		if strings.Contains(seen, secret) {
			t.Errorf("the %s is in the database", what)
		}
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the %s is in the log", what)
		}
	}
}

// A buyer agreed, and the provider cannot be asked for half an hour. When it can
// be again, the key comes about: nothing that the buyer agreed to has an end
// before that.
func TestOutageLongerThanTheQuestions(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		v := r.open(r.billingRequest(p, "register-1", "buyer-1")).register()
		r.line.unplugged.Store(true)
		_, err := v.finish()
		must2(t, err)
		r.run(30*time.Minute, 30*time.Second)
		r.line.unplugged.Store(false)
		r.run(24*time.Hour, 5*time.Minute)
		r.registered(v.payment, "buyer-1")
	})
}

// The same, of a tab that is dead: nobody but the job would ever ask.
func TestOutageWhileTheTabIsDead(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.billingRequest(pay.TossPay, "register-1", "buyer-1")).register()
		r.line.unplugged.Store(true)
		r.run(40*time.Minute, 30*time.Second)
		r.line.unplugged.Store(false)
		r.run(24*time.Hour, 5*time.Minute)
		r.registered(v.payment, "buyer-1")
	})
}

// A return to a window that never opened leaves no key behind that nobody asks for.
func TestReturnToAWindowThatNeverOpened(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.faulty(pay.TossPay, "POST /api/v1/billing-key before status=503")
		o, err := r.gw.OpenCheckout(r.ctx, r.billingRequest(pay.TossPay, "register-1", "buyer-1"))
		must2(t, err)
		if _, err := r.gw.BeginCheckout(r.ctx, o.Token, nil); !errors.Is(err, gateway.ErrProviderDown) {
			t.Fatalf("%v", err)
		}
		r.well()
		v := &visit{r: r, token: o.Token, payment: o.Payment.ID, ret: url.Values{"status": {"ACTIVE"}, "userId": {"member-buyer-1"}, "billingKey": {"invented"}}}
		if _, err := v.finish(); err != nil {
			t.Logf("return: %v", err)
		}
		r.run(time.Hour, time.Minute)
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			k, err := tx.BillingKeyOfPayment(r.ctx, r.merchant.ID, v.payment)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if k.Status == pay.KeyIssuing {
				t.Errorf("the payment is %s, and a key is being issued that nobody asks for", r.payment(v.payment).Status)
			}
			return err
		}))
	})
}
