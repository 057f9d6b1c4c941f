package gateway_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// The places an answer to a confirm can be lost, by what becomes of it.
var losses = []struct {
	name, fault string
	moved       bool // the provider acted
}{
	{"nothing arrives", "before drop", false},
	{"refused at the door", "before status=503", false},
	{"dropped after acting", "after drop", true},
	{"500 after acting", "after status=500", true},
	{"unreadable answer", "after garble", true},
	{"cut in the middle", "after cut", true},
}

func confirmPath(p pay.Provider) string {
	if p == pay.TossPayments {
		return "POST /v1/payments/confirm"
	}
	return "POST /api/v2/execute"
}

func cancelPath(p pay.Provider) string {
	if p == pay.TossPayments {
		return "POST /v1/payments/*/cancel"
	}
	return "POST /api/v2/refunds"
}

// A confirm whose answer is lost is unknown, never failed, and ends as what the
// provider did: paid once, or not at all.
func TestLostConfirm(t *testing.T) {
	for _, loss := range losses {
		t.Run(loss.name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				r.faulty(p, confirmPath(p)+" nth=1 "+loss.fault)
				v := r.open(r.request(p, "o1")).agree("")
				res, err := v.finish()
				must2(t, err)
				if res.Progress == gateway.ProgressDone && p == pay.TossPayments && strings.HasSuffix(loss.fault, "drop") {
					// The transport itself repeats a request whose kept
					// connection broke, as it may: the provider keeps our key.
					r.paidOnce(v.payment)
					return
				}
				if res.Progress != gateway.ProgressWorking {
					t.Fatalf("%s %s %s", res.Progress, res.Code, res.Message)
				}
				if a := r.attempts(v.payment)[0]; a.Status != pay.AttemptUnknown {
					t.Fatalf("the attempt is %s", a.Status)
				}
				if _, err := r.gw.OpenCheckout(r.ctx, r.request(p, "o1")); err == nil {
					t.Error("the order could be paid again while its outcome is unknown")
				}
				r.settleLong(func() bool { return r.payment(v.payment).Status != pay.StatusConfirming })
				got := r.payment(v.payment)
				if loss.moved && got.Status != pay.StatusPaid {
					t.Errorf("the provider took the money, our payment is %s\n%s", got.Status, r.log)
				}
				if a := r.attempts(v.payment); len(a) != 1 || a[0].Status.Open() {
					t.Errorf("attempts %+v", a)
				}
				r.agrees(v.payment)
			})
		})
	}
}

// paidOnce asserts that the payment is paid by one attempt and one movement.
func (r *rig) paidOnce(id pay.PaymentID) {
	r.t.Helper()
	if p, a, m := r.payment(id), r.attempts(id), r.movements(id); p.Status != pay.StatusPaid || len(a) != 1 || len(m) != 1 {
		r.t.Errorf("%s with %d attempts and %d movements", p.Status, len(a), len(m))
	}
	r.agrees(id)
}

// While the provider answers nothing at all, the attempt stays unknown; when it
// is back, it is settled.
func TestProviderIsAwayForMinutes(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		r.faulty(p, confirmPath(p)+" nth=1 after garble")
		v := r.open(r.request(p, "o1")).agree("")
		_, err := v.finish()
		must2(t, err)
		r.faulty(p, "* /* before drop")
		r.faulty(p, "* /*/* before drop")
		r.faulty(p, "* /*/*/* before drop")
		r.faulty(p, "* /*/*/*/* before drop")
		for range 120 {
			r.clock.Advance(1e9)
			must2(t, r.runner.RunDue(r.ctx))
		}
		if s := r.payment(v.payment).Status; s != pay.StatusConfirming {
			t.Fatalf("became %s while nobody knew", s)
		}
		r.well()
		r.settle(func() bool { return r.payment(v.payment).Status == pay.StatusPaid })
		r.agrees(v.payment)
	})
}

// The process dies at each point of the three steps; what is left is settled
// from the books alone.
func TestDeathInConfirm(t *testing.T) {
	for _, point := range []string{"confirm:intended", "confirm:answered", "confirm:learned"} {
		t.Run(point, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				v := r.open(r.request(p, "o1")).agree("")
				r.fault = deathAt(point)
				if _, err := v.finish(); !errors.Is(err, errDied) {
					t.Fatalf("%v", err)
				}
				r.fault = nil
				r.settleLong(func() bool { return r.payment(v.payment).Status != pay.StatusConfirming })
				got := r.payment(v.payment)
				if point != "confirm:intended" && got.Status != pay.StatusPaid {
					t.Errorf("became %s\n%s", got.Status, r.log)
				}
				r.agrees(v.payment)
			})
		})
	}
}

// settleLong is settle for what only a provider's expiry ends.
func (r *rig) settleLong(done func() bool) {
	r.t.Helper()
	for range 240 {
		must2(r.t, r.runner.RunDue(r.ctx))
		if done() {
			return
		}
		r.clock.Advance(30e9)
	}
	r.t.Fatalf("not settled in two hours\n%s", r.log)
}

func TestLostCancel(t *testing.T) {
	for _, loss := range losses {
		t.Run(loss.name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				paid := r.paid(p, "o1")
				r.faulty(p, cancelPath(p)+" nth=1 "+loss.fault)
				amount := int64(20000)
				got, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: &amount, Reason: "변심"})
				if errors.Is(err, gateway.ErrOutcomeUnknown) {
					r.settle(func() bool { return r.payment(paid.ID).Cancelled > 0 })
				} else if err != nil {
					t.Fatalf("%v\n%s", err, r.log)
				}
				got = r.payment(paid.ID)
				if got.Status != pay.StatusPartiallyCancelled || got.Cancelled != 20000 {
					t.Errorf("%s %d", got.Status, got.Cancelled)
				}
				if a := r.attempts(paid.ID); len(a) != 2 || a[1].Status != pay.AttemptSucceeded {
					t.Errorf("attempts %+v", a)
				}
				r.agrees(paid.ID)
			})
		})
	}
}

func TestCancelRules(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		paid := r.paid(p, "o1")
		cancel := func(c gateway.CancelRequest) (pay.Payment, error) {
			c.Merchant, c.PaymentID, c.Reason = r.merchant.ID, paid.ID, "변심"
			return r.gw.Cancel(r.ctx, c)
		}
		won := func(n int64) *int64 { return &n }
		if _, err := cancel(gateway.CancelRequest{Checksum: won(59999)}); !errors.Is(err, gateway.ErrChecksum) {
			t.Errorf("wrong checksum: %v", err)
		}
		if _, err := cancel(gateway.CancelRequest{Amount: won(60001)}); !errors.Is(err, gateway.ErrOverCancel) {
			t.Errorf("too much: %v", err)
		}
		if _, ok := errors.AsType[*gateway.Invalid](second(cancel(gateway.CancelRequest{Amount: won(-1)}))); !ok {
			t.Error("a negative amount was taken")
		}
		if _, ok := errors.AsType[*gateway.Invalid](second(cancel(gateway.CancelRequest{Amount: won(1000), TaxFree: 1001}))); !ok {
			t.Error("more tax free than is cancelled was taken")
		}
		if got, err := cancel(gateway.CancelRequest{Amount: won(20000), Checksum: won(60000)}); err != nil || got.Status != pay.StatusPartiallyCancelled || got.Cancelled != 20000 || got.Amount.Total.Minor != 60000 {
			t.Fatalf("a part: %s %d %v", got.Status, got.Cancelled, err)
		}
		if got, err := cancel(gateway.CancelRequest{Amount: won(0)}); err != nil || got.Status != pay.StatusCancelled || got.Cancelled != 60000 {
			t.Errorf("the rest: %s %d %v", got.Status, got.Cancelled, err)
		}
		if _, err := cancel(gateway.CancelRequest{}); !errors.Is(err, gateway.ErrFullyCancelled) {
			t.Errorf("once more: %v", err)
		}
		var ids []string
		for _, m := range r.movements(paid.ID) {
			if m.Kind == pay.MovementCancel {
				ids = append(ids, m.CancelID)
				if m.Reason != "변심" || m.Attempt == "" {
					t.Errorf("cancel movement %+v", m)
				}
			}
		}
		if len(ids) != 2 || ids[0] == ids[1] || ids[0] == "" {
			t.Errorf("cancellation ids %v", ids)
		}
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: "imp_000000000000"}); !errors.Is(err, gateway.ErrNoPayment) {
			t.Errorf("unknown id: %v", err)
		}
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: "imp_000000000000", MerchantUID: "o1"}); !errors.Is(err, gateway.ErrNoPayment) {
			t.Errorf("an unknown id beside a good order number: %v", err)
		}
		ready := r.open(r.request(p, "o2"))
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: ready.payment}); !errors.Is(err, gateway.ErrNotCancellable) {
			t.Errorf("an unpaid one: %v", err)
		}
		r.agrees(paid.ID)
	})
}

func second[T any](_ T, err error) error { return err }

// Racing cancels share what is left: no won is given back twice.
func TestRacingCancels(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		paid := r.paid(p, "o1")
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				amount := int64(7000)
				_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: &amount, Reason: "경합"})
				if _, declined := errors.AsType[*gateway.DeclinedError](err); err != nil && !declined && !errors.Is(err, gateway.ErrOverCancel) && !errors.Is(err, gateway.ErrOutcomeUnknown) && !errors.Is(err, gateway.ErrFullyCancelled) {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		r.settle(func() bool {
			for _, a := range r.attempts(paid.ID) {
				if a.Status.Open() {
					return false
				}
			}
			return true
		})
		if got := r.payment(paid.ID); got.Cancelled > 60000 || got.Cancelled%7000 != 0 {
			t.Errorf("cancelled %d", got.Cancelled)
		}
		r.agrees(paid.ID)
	})
}

// Secrets planted in the channels, a REST secret and a token are in no log
// line, exchange or database byte.
func TestPlantedSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRig(t, "sqlite:"+filepath.Join(dir, "naru.db"))
	planted := map[string]string{"client key": clientKey, "secret key": secretKey, "API key": apiKey, "REST secret": "plantedRestSecret0001", "refund account": "110987654321"}
	key, secret, err := r.gw.AddKey(r.ctx, r.merchant.ID, "", planted["REST secret"])
	must2(t, err)
	token, err := r.gw.IssueToken(r.ctx, key, secret)
	must2(t, err)
	planted["token"] = token.Value
	seen := ""
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		r.faulty(p, cancelPath(p)+" nth=1 before status=503") // an attempt that is resolved later, from what is kept
		v := r.open(r.request(p, "o-"+string(p))).agree("")
		_, err := v.finish()
		must2(t, err)
		planted["checkout link "+string(p)] = v.token
		_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{
			Merchant: r.merchant.ID, PaymentID: v.payment, Reason: "변심",
			RefundTo: &connector.BankAccount{Bank: "088", Number: pay.Secret(planted["refund account"]), Holder: "홍길동"},
		})
		if err != nil {
			seen += err.Error()
		}
		r.settle(func() bool { return r.payment(v.payment).Status == pay.StatusCancelled })
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			list, err := tx.ListExchanges(r.ctx, r.merchant.ID, v.payment)
			if len(list) < 2 {
				t.Errorf("%d exchanges are kept", len(list))
			}
			return err
		}))
	}
	must2(t, r.store.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must2(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		must2(t, err)
		seen += string(raw)
	}
	if !strings.Contains(seen, "o-tosspayments") {
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

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		key, secret, err := r.gw.AddKey(r.ctx, r.merchant.ID, "", "")
		must2(t, err)
		first, err := r.gw.IssueToken(r.ctx, key, secret)
		must2(t, err)
		if len(first.Value) != 40 || first.Expires.Sub(first.Now) != 1800e9 {
			t.Errorf("%+v", first)
		}
		for _, bad := range [][2]string{{key, "wrong"}, {"nobody", secret}, {"", ""}} {
			if _, err := r.gw.IssueToken(r.ctx, bad[0], bad[1]); !errors.Is(err, gateway.ErrBadKey) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		r.clock.Advance(1700e9)
		if again, _ := r.gw.IssueToken(r.ctx, key, secret); again.Value != first.Value || !again.Expires.Equal(first.Expires) {
			t.Error("with 100 s left it is not the same token and expiry")
		}
		r.clock.Advance(50e9)
		if again, _ := r.gw.IssueToken(r.ctx, key, secret); again.Value != first.Value || again.Expires.Sub(first.Expires) != 300e9 {
			t.Errorf("with 50 s left: %s, %s longer", again.Value, again.Expires.Sub(first.Expires))
		}
		if m, err := r.gw.Authenticate(r.ctx, first.Value); err != nil || m.ID != r.merchant.ID {
			t.Errorf("%v %v", m.ID, err)
		}
		r.clock.Advance(400e9)
		if _, err := r.gw.Authenticate(r.ctx, first.Value); !errors.Is(err, gateway.ErrBadToken) {
			t.Errorf("expired: %v", err)
		}
		fresh, err := r.gw.IssueToken(r.ctx, key, secret)
		if err != nil || fresh.Value == first.Value {
			t.Errorf("after expiry: %v %v", fresh, err)
		}
		if _, err := r.gw.Authenticate(r.ctx, fresh.Value); err != nil {
			t.Errorf("the fresh one: %v", err)
		}
		// Revoked on another node: it holds here within a second.
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error { return tx.RevokeKey(r.ctx, r.merchant.ID, key) }))
		r.clock.Advance(1e9)
		if _, err := r.gw.Authenticate(r.ctx, fresh.Value); !errors.Is(err, gateway.ErrBadToken) {
			t.Errorf("a second after another node revoked it: %v", err)
		}
		must2(t, r.gw.RevokeKey(r.ctx, r.merchant.ID, key))
		if _, err := r.gw.Authenticate(r.ctx, fresh.Value); !errors.Is(err, gateway.ErrBadToken) {
			t.Errorf("revoked: %v", err)
		}
		if _, err := r.gw.IssueToken(r.ctx, key, secret); !errors.Is(err, gateway.ErrBadKey) {
			t.Errorf("revoked: %v", err)
		}
	})
}
