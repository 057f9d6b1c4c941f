package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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

func TestDeaths(t *testing.T) {
	for _, point := range []string{
		"issue_key:intended", "issue_key:answered", "charge:intended", "charge:answered", "charge:learned",
	} {
		t.Run("a key for a charge, "+point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.fault = deathAt(point)
				got, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, CustomerUID: "c1", Charge: charge("o1", 12000)})
				if !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.run(30*time.Minute, 10*time.Second)
				paid := got.ID != "" && r.payment(got.ID).Status == pay.StatusPaid
				_, keyErr := r.activeKey("c1")
				if paid != (keyErr == nil) {
					t.Errorf("paid %v, and the key: %v", paid, keyErr)
				}
				if want := point == "charge:answered" || point == "charge:learned"; paid != want {
					t.Errorf("paid %v", paid)
				}
				if point == "issue_key:answered" && r.revoked() != 1 || point == "charge:intended" && r.revoked() != 1 {
					t.Errorf("%d keys were revoked", r.revoked())
				}
				if got.ID != "" {
					r.agrees(got.ID)
				}
				if k := r.oneKey("c1"); k.Status == pay.KeyIssuing || k.Status == pay.KeyHeld {
					t.Errorf("the key is left %s", k.Status)
				}
			})
		})
	}
	for _, point := range []string{"keyin:intended", "keyin:answered", "keyin:learned"} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.fault = deathAt(point)
				got, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, Charge: charge("o1", 12000)})
				if !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool { return r.payment(got.ID).Status != pay.StatusConfirming })
				if now := r.payment(got.ID); (now.Status == pay.StatusPaid) == (point == "keyin:intended") {
					t.Errorf("it is %s", now.Status)
				}
				r.agrees(got.ID)
			})
		})
	}
	for _, point := range []string{"issue_account:intended", "issue_account:answered", "issue_account:learned"} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.fault = deathAt(point)
				got, err := r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(24 * time.Hour), Charge: charge("o1", 1000)})
				if !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool { return r.payment(got.ID).Status != pay.StatusConfirming })
				if now := r.payment(got.ID); (now.Status == pay.StatusAwaitingDeposit) == (point == "issue_account:intended") {
					t.Errorf("it is %s", now.Status)
				}
			})
		})
	}
	for _, point := range []string{"revoke_account:intended", "revoke_account:answered", "revoke_account:learned"} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				p := r.account("o1", 33000)
				r.fault = deathAt(point)
				if _, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, ""); !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool { return r.payment(p.ID).Status == pay.StatusFailed })
				for _, a := range r.attempts(p.ID) {
					if a.Status.Open() {
						t.Errorf("%s is open", a.Kind)
					}
				}
			})
		})
	}
	for _, point := range []string{"receipt:intended", "receipt:answered", "receipt:learned"} {
		t.Run("cancel of a receipt, "+point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				req := external
				req.Merchant = r.merchant.ID
				_, err := r.gw.IssueReceipt(r.ctx, req)
				must2(t, err)
				r.fault = deathAt(point)
				if _, err := r.gw.CancelReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1", ""); !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool {
					got, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1")
					return err == nil && got.Status == pay.ReceiptCancelled
				})
			})
		})
	}
}

// The billing keys of Toss Payments and the number of a cash receipt are in no
// log line and in no byte of the database, also when calls with them go wrong.
func TestSecretsOfServerCalls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRig(t, "sqlite:"+filepath.Join(dir, "naru.db"))
	var mu sync.Mutex
	secrets := map[string]bool{"01077889911": true}
	r.through(func(inner http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			rec := httptest.NewRecorder()
			inner.ServeHTTP(rec, req)
			var told struct{ BillingKey string }
			if json.Unmarshal(rec.Body.Bytes(), &told) == nil && told.BillingKey != "" {
				mu.Lock()
				secrets[told.BillingKey] = true
				mu.Unlock()
			}
			maps.Copy(w.Header(), rec.Header())
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		}
	})
	seen := ""
	say := func(err error) {
		if err != nil {
			seen += err.Error() + "\n"
		}
	}
	r.key(pay.TossPayments, "c1")
	for i, broken := range []string{"before status=503", "after garble", "after status=500", "before status=400 code=INVALID_REQUEST"} {
		r.faulty(pay.TossPayments, "POST /v1/billing/* times=2 "+broken)
		r.faulty(pay.TossPayments, "POST /v1/cash-receipts times=2 "+broken)
		r.faulty(pay.TossPayments, "DELETE /v1/billing/* times=1 "+broken)
		_, err := r.again("c1", fmt.Sprint("o", i), 1000)
		say(err)
		req := external
		req.Merchant, req.MerchantUID = r.merchant.ID, pay.MerchantUID(fmt.Sprint("r", i))
		_, err = r.gw.IssueReceipt(r.ctx, req)
		say(err)
		_, err = r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1")
		say(err)
		r.run(time.Minute, 10*time.Second)
		r.well()
		r.key(pay.TossPayments, "c1")
	}
	r.line.unplugged.Store(true)
	_, err := r.again("c1", "last", 1000)
	say(err)
	r.line.unplugged.Store(false)
	r.run(10*time.Minute, time.Minute)
	must2(t, r.store.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must2(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		must2(t, err)
		seen += string(raw)
	}
	seen += r.log.String()
	if len(secrets) < 5 || !strings.Contains(seen, "/v1/cash-receipts") || !strings.Contains(seen, "/v1/billing/") {
		t.Fatalf("%d secrets, or the exchanges are not there", len(secrets))
	}
	for secret := range secrets {
		for _, form := range []string{secret, url.PathEscape(secret), strings.TrimRight(secret, "=")} {
			if at := strings.Index(seen, form); at >= 0 {
				t.Errorf("%q is kept: …%q…", form, seen[max(0, at-80):at+len(form)+20])
			}
		}
	}
}

// oneKey is the newest key of a name, whatever became of it.
func (r *rig) oneKey(uid string) pay.BillingKey {
	r.t.Helper()
	var k pay.BillingKey
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		k, err = tx.NewestBillingKey(r.ctx, r.merchant.ID, pay.CustomerUID(uid))
		return err
	}))
	return k
}
