package gateway_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
)

// card is well formed and not one of the simulator's magic numbers. Its parts are
// markers: none may be found anywhere afterwards.
var card = connector.Card{Number: "9410123456789012", ExpiryYear: "31", ExpiryMonth: "12", Birth: "900117", PasswordHead: "48"}

func won(n int64) pay.Breakdown { return pay.Breakdown{Total: pay.Won(n)} }

func charge(uid string, amount int64) gateway.Charge {
	return gateway.Charge{MerchantUID: pay.MerchantUID(uid), Name: "정기 구독", Amount: won(amount), Buyer: pay.Buyer{Name: "홍길동"}}
}

// key gives the merchant a billing key under a name, as each provider lets it come about.
func (r *rig) key(p pay.Provider, uid string) pay.BillingKey {
	r.t.Helper()
	if p == pay.TossPayments {
		k, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(uid), CustomerID: "member-" + uid, Card: card})
		must2(r.t, err)
		return k
	}
	r.tossPayKey(uid)
	k, err := r.activeKey(uid)
	must2(r.t, err)
	return k
}

// tossPayKey has a buyer agree in the app, and brings the key in.
func (r *rig) tossPayKey(uid string) pay.Secret {
	r.t.Helper()
	var made struct{ BillingKey string }
	r.control(r.toss.Control(), "POST", "/billing-keys", map[string]any{"mid": "narubill", "userId": "member-" + uid, "method": "card"}, &made)
	_, err := r.gw.AdoptKey(r.ctx, gateway.AdoptKeyRequest{
		Merchant: r.merchant.ID, Channel: r.billing[pay.TossPay], CustomerUID: pay.CustomerUID(uid), CustomerID: "member-" + uid, Key: pay.Secret(made.BillingKey),
	})
	must2(r.t, err)
	return pay.Secret(made.BillingKey)
}

func (r *rig) again(customer, uid string, amount int64) (pay.Payment, error) {
	return r.gw.ChargeAgain(r.ctx, gateway.AgainRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(customer), Charge: charge(uid, amount)})
}

// keyRows are the billing keys of a name, whatever became of them.
func (r *rig) activeKey(uid string) (pay.BillingKey, error) {
	var k pay.BillingKey
	err := r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		k, err = tx.BillingKey(r.ctx, r.merchant.ID, pay.CustomerUID(uid))
		return err
	})
	return k, err
}

func chargePath(p pay.Provider) string {
	if p == pay.TossPayments {
		return "POST /v1/billing/*"
	}
	return "POST /api/v1/billing-key/bill"
}

func TestChargeAgain(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		r.key(p, "c1")
		got, err := r.again("c1", "o1", 9900)
		must2(t, err)
		if got.Status != pay.StatusPaid || got.Source != pay.SourceAPI || !strings.HasPrefix(string(got.ID), "imps_") || got.CustomerUID != "c1" || got.CustomerUsage != "payment" {
			t.Errorf("charged as %+v", got)
		}
		if got.Method != pay.MethodCard || got.Details.Card == nil || got.Ref.Key == "" {
			t.Errorf("paid by %s %+v", got.Method, got.Details)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if told := r.told.of(got.ID); !slices.Equal(told, []pay.Status{pay.StatusPaid}) {
			t.Errorf("told %v", told)
		}
		if _, err := r.again("c1", "o1", 9900); !errors.Is(err, gateway.ErrOrderUsed) {
			t.Errorf("a second charge of the order: %v", err)
		}
		if _, err := r.again("nobody", "o2", 9900); !errors.Is(err, gateway.ErrNoBillingKey) {
			t.Errorf("a customer without a key: %v", err)
		}
		r.agrees(got.ID)
		part := int64(900)
		got, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: got.ID, Amount: &part, Reason: "일부"})
		must2(t, err)
		if got.Cancelled != 900 {
			t.Errorf("cancelled %d", got.Cancelled)
		}
		r.agrees(got.ID)
		if _, err := r.again("c1", "o1", 9900); !errors.Is(err, gateway.ErrOrderUsed) {
			t.Errorf("a cancelled number was charged again: %v", err)
		}
	})
}

// A charge whose answer is lost ends as what the provider did, and is never
// made a second time.
func TestLostCharge(t *testing.T) {
	for _, loss := range losses {
		t.Run(loss.name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				r.key(p, "c1")
				r.faulty(p, chargePath(p)+" nth=1 "+loss.fault)
				got, err := r.again("c1", "o1", 7000)
				if err != nil && !errors.Is(err, gateway.ErrOutcomeUnknown) {
					t.Fatalf("charge: %v\n%s", err, r.log)
				}
				if err != nil {
					if _, again := r.again("c1", "o1", 7000); !errors.Is(again, gateway.ErrOrderUsed) {
						t.Errorf("charged again while the outcome is unknown: %v", again)
					}
				}
				r.settleLong(func() bool { return r.payment(got.ID).Status != pay.StatusConfirming })
				now := r.payment(got.ID)
				if loss.moved && now.Status != pay.StatusPaid {
					t.Errorf("the provider took the money, our payment is %s\n%s", now.Status, r.log)
				}
				if a := r.attempts(got.ID); len(a) != 1 || a[0].Status.Open() {
					t.Errorf("attempts %+v", a)
				}
				r.agrees(got.ID)
				if now.Status == pay.StatusFailed { // then the number is free again
					r.well()
					if _, err := r.again("c1", "o1", 7000); err != nil {
						t.Errorf("the next charge: %v", err)
					}
				}
			})
		})
	}
}

// Dying at any point of a charge leaves books that end as the provider's.
func TestDeathInACharge(t *testing.T) {
	for _, point := range []string{"charge:intended", "charge:answered", "charge:learned"} {
		t.Run(point, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				r.key(p, "c1")
				r.fault = deathAt(point)
				got, err := r.again("c1", "o1", 7000)
				if !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool { return r.payment(got.ID).Status != pay.StatusConfirming })
				want := pay.StatusPaid
				if strings.HasSuffix(point, "intended") {
					want = pay.StatusFailed
				}
				if now := r.payment(got.ID); now.Status != want {
					t.Errorf("it is %s, not %s\n%s", now.Status, want, r.log)
				}
				r.agrees(got.ID)
			})
		})
	}
}

func TestChargeOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		got, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, Charge: charge("o1", 12000)})
		must2(t, err)
		if got.Status != pay.StatusPaid || got.CustomerUID != "" || got.MID != "tnarubill" {
			t.Errorf("charged as %+v", got)
		}
		r.agrees(got.ID)
		withKey := gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, CustomerUID: "c1", Charge: charge("o2", 12000)}
		if got, err = r.gw.ChargeOnce(r.ctx, withKey); err != nil || got.Status != pay.StatusPaid || got.CustomerUID != "c1" {
			t.Errorf("with a key: %s %v", got.Status, err)
		}
		if _, err := r.again("c1", "o3", 3000); err != nil {
			t.Errorf("the key it left is no good: %v", err)
		}
		withKey.CustomerUID = "c2"
		if _, err := r.gw.ChargeOnce(r.ctx, withKey); !errors.Is(err, gateway.ErrOrderUsed) {
			t.Errorf("a used number: %v", err)
		}
		if k, err := r.activeKey("c2"); err == nil {
			t.Errorf("a refused order left key %s", k.Status)
		}
	})
}

// A key that was issued for a charge is given up, and revoked, when the charge
// is declined.
func TestDeclinedFirstChargeGivesTheKeyUp(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		limited := card
		limited.Number = r.magic("charge_limit_exceeded")
		got, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: limited, CustomerUID: "c1", Charge: charge("o1", 12000)})
		d, ok := errors.AsType[*gateway.DeclinedError](err)
		if !ok || d.Step != gateway.DeclinedCall || got.Status != pay.StatusFailed {
			t.Fatalf("%v, payment %s", err, got.Status)
		}
		if _, err := r.again("c1", "o2", 1000); !errors.Is(err, gateway.ErrNoBillingKey) {
			t.Errorf("the key is in use: %v", err)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if n := r.revoked(); n != 1 {
			t.Errorf("%d keys were revoked at the provider", n)
		}
		if _, err := r.again("c1", "o1", 1000); !errors.Is(err, gateway.ErrNoBillingKey) {
			t.Errorf("%v", err)
		}
	})
}

// magic is one of the simulator's card numbers that are declined.
func (r *rig) magic(kind string) pay.Secret {
	r.t.Helper()
	for _, c := range tosspayments.Cards() {
		if c.Type == kind {
			return pay.Secret(c.Number)
		}
	}
	r.t.Fatalf("no magic card %q", kind)
	return ""
}

// revoked counts the billing keys that were removed at Toss Payments.
func (r *rig) revoked() int {
	n := 0
	for _, e := range r.payments.Transcript().Entries() {
		if e.Method == "DELETE" && strings.HasPrefix(e.Path, "/v1/billing/") && e.Status == 200 {
			n++
		}
	}
	return n
}

func TestKeysAreReplacedAndDeleted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		first := r.key(pay.TossPayments, "c1")
		second := r.key(pay.TossPayments, "c1")
		if k, err := r.activeKey("c1"); err != nil || k.ID != second.ID || k.ID == first.ID {
			t.Fatalf("the name means %s: %v", k.ID, err)
		}
		if k, err := r.gw.BillingKey(r.ctx, r.merchant.ID, "c1"); err != nil || k.Card == nil || strings.Contains(k.Card.Number, "3456789") {
			t.Errorf("shown as %+v: %v", k.Card, err)
		}
		if k, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1"); err != nil || k.ID != second.ID || k.Status != pay.KeyDeleted {
			t.Errorf("deleted %s: %v", k.Status, err)
		}
		if _, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1"); !errors.Is(err, gateway.ErrNoBillingKey) {
			t.Errorf("deleted twice: %v", err)
		}
		if _, err := r.again("c1", "o1", 1000); !errors.Is(err, gateway.ErrNoBillingKey) {
			t.Errorf("charged a deleted key: %v", err)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if n := r.revoked(); n != 1 { // the replaced one is not revoked, as V1 documents
			t.Errorf("%d keys were revoked", n)
		}
	})
}

func TestKeyIssueRefused(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bad := card
		bad.Number = r.magic("lost_or_stolen")
		_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: bad})
		d, ok := errors.AsType[*gateway.DeclinedError](err)
		if !ok || d.Step != gateway.DeclinedKey || d.Decline.ProviderCode == "" {
			t.Fatalf("%v", err)
		}
		for what, c := range map[string]gateway.ChannelChoice{
			"a channel for payments": {Key: r.channels[pay.TossPayments]},
			"its MID":                {PG: "tosspayments.tnaru"},
		} {
			_, err = r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card, Channel: c})
			if !errors.Is(err, gateway.ErrChannelCannot) {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err = r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card, Channel: gateway.ChannelChoice{Key: r.billing[pay.TossPay]}})
		if !errors.Is(err, gateway.ErrUnsupported) {
			t.Errorf("Toss Pay issues keys by card: %v", err)
		}
		_, err = r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card, Channel: gateway.ChannelChoice{PG: "nobody.here"}})
		must2(t, err) // an unknown pg means the default of the kind
	})
}

// A lost answer to a key's issue is had again without the card, also after a death.
func TestLostKeyIssue(t *testing.T) {
	for name, lose := range map[string]func(r *rig){
		"dropped after acting": func(r *rig) {
			r.faulty(pay.TossPayments, "POST /v1/billing/authorizations/card times=2 after status=500")
		},
		"died after the answer": func(r *rig) { r.fault = deathAt("issue_key:answered") },
		"never sent":            func(r *rig) { r.fault = deathAt("issue_key:intended") },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				lose(r)
				k, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", CustomerID: "member", Card: card})
				if err == nil {
					t.Fatal("nothing was lost")
				}
				r.fault = nil
				r.well()
				r.settleLong(func() bool { return r.keyStatus(k.ID) != pay.KeyIssuing })
				want := pay.KeyActive
				if name == "never sent" {
					want = pay.KeyRefused
				}
				if got := r.keyStatus(k.ID); got != want {
					t.Fatalf("the key is %s, not %s\n%s", got, want, r.log)
				}
				if want == pay.KeyActive {
					if _, err := r.again("c1", "o1", 1000); err != nil {
						t.Errorf("the key that was found again: %v", err)
					}
				}
			})
		})
	}
}

// An issue that is learned of late does not push out the key of a later one.
func TestLateKeyDoesNotReplaceTheNewer(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fault = deathAt("issue_key:answered")
		old, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card})
		if !errors.Is(err, errDied) {
			t.Fatal(err)
		}
		r.fault = nil
		r.clock.Advance(time.Second)
		newer := r.key(pay.TossPayments, "c1")
		r.settleLong(func() bool { return r.keyStatus(old.ID) != pay.KeyIssuing })
		if k, err := r.activeKey("c1"); err != nil || k.ID != newer.ID || r.keyStatus(old.ID) != pay.KeyReplaced {
			t.Errorf("the name means %s, the late one is %s: %v", k.ID, r.keyStatus(old.ID), err)
		}
	})
}

func (r *rig) keyStatus(id pay.KeyID) (s pay.KeyStatus) {
	r.t.Helper()
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		row, err := tx.BillingKeyByID(r.ctx, r.merchant.ID, id)
		s = row.Status
		return err
	}))
	return s
}

// The buyer changes what is behind a Toss Pay key, and removes it.
func TestTossPayKeyIsRefreshed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.key(pay.TossPay, "c1")
		if k.Card == nil || k.Method != pay.MethodCard {
			t.Fatalf("adopted as %s %+v", k.Method, k.Card)
		}
		r.control(r.toss.Control(), "PUT", "/billing-keys/member-c1/instrument", map[string]any{"method": "money"}, nil)
		k, err := r.gw.BillingKey(r.ctx, r.merchant.ID, "c1")
		if err != nil || k.Method != pay.MethodPoint || k.Card != nil {
			t.Errorf("after the change: %s %+v %v", k.Method, k.Card, err)
		}
		got, err := r.again("c1", "o1", 5000)
		if err != nil || got.Method != pay.MethodPoint {
			t.Errorf("charged by %s: %v", got.Method, err)
		}
		r.control(r.toss.Control(), "POST", "/billing-keys/member-c1/remove", map[string]any{}, nil)
		if _, err := r.gw.BillingKey(r.ctx, r.merchant.ID, "c1"); !errors.Is(err, gateway.ErrNoBillingKey) {
			t.Errorf("a removed key is shown: %v", err)
		}
	})
}

// Nothing of a card and no billing key is in the log or in any byte of the
// database, whatever became of the call.
func TestCardDataIsNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRig(t, "sqlite:"+filepath.Join(dir, "naru.db"))
	marked := connector.Card{Number: "9410777788889999", ExpiryYear: "37", ExpiryMonth: "11", Birth: "7704158862", PasswordHead: "59"}
	_, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: marked, Charge: charge("o1", 1000)})
	must2(t, err)
	_, err = r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: marked, CustomerUID: "c1", Charge: charge("o2", 1000)})
	must2(t, err)
	for _, broken := range []string{"after garble", "after cut", "before status=500"} {
		r.faulty(pay.TossPayments, "POST /v1/billing/authorizations/card times=2 "+broken)
		if _, err = r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c2", Card: marked}); err == nil {
			t.Fatalf("%s: nothing was lost", broken)
		}
		r.well()
	}
	key := r.tossPayKey("c3")
	_, err = r.again("c3", "o3", 1000)
	must2(t, err)
	must2(t, r.runner.RunDue(r.ctx))
	must2(t, r.store.Close())
	seen := r.log.String()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must2(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		must2(t, err)
		seen += string(raw)
	}
	if !strings.Contains(seen, "key-in") {
		t.Fatal("the exchanges are not there")
	}
	for _, secret := range []string{"9410777788889999", "777788889999", "7704158862", `"59"`, `"37"`, string(key.Reveal())} {
		if at := strings.Index(seen, secret); at >= 0 {
			t.Errorf("%q is kept: …%q…", secret, seen[max(0, at-80):at+len(secret)+20])
		}
	}
}
