package v1_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// TestTheSleeperOfAFreedKeyBeginsNothing: who took its place had trouble and freed
// the key, which has been taken anew since: the sleeper is not the one who has it.
func TestTheSleeperOfAFreedKeyBeginsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		paid := r.charged("o1") // 60000
		call := gateway.KeyedCall{Merchant: shop, Key: "k", Method: "POST", Route: "/payments/cancel", Input: []byte("x")}
		claim := func() *gateway.Claim {
			c, _, err := r.gateway.ClaimKey(r.ctx, call)
			r.must(err)
			return c
		}
		part := int64(20000)
		cancel := func(c *gateway.Claim) error {
			_, err := r.gateway.Cancel(gateway.WithIdempotency(r.ctx, c), gateway.CancelRequest{Merchant: shop, PaymentID: pay.PaymentID(paid.ImpUID), Amount: &part})
			return err
		}
		slept := claim()
		r.clock.Move(time.Minute)
		r.must(r.gateway.EndKey(r.ctx, claim(), gateway.KeyedAnswer{Status: 500, Body: []byte("trouble")}, false))
		third := claim()
		if err := cancel(slept); !errors.Is(err, gateway.ErrKeyBusy) {
			t.Errorf("the sleeper: %v", err)
		}
		r.must(r.gateway.EndKey(r.ctx, slept, gateway.KeyedAnswer{Status: 500, Body: []byte("trouble")}, false))
		r.must(cancel(third))
		if left := r.taken("o1"); left != 40000 {
			t.Errorf("given back under one key: %d of 20000", 60000-left)
		}
	})
}

// TestGivingBackIsNoWorkOfTheMerchants: the checking amount was taken, and a death
// leaves open whether it was given back. The call goes on from the charge.
func TestGivingBackIsNoWorkOfTheMerchants(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		body := strings.Replace(r.book("o1"), `{`, `{"checking_amount":1000,`, 1)
		arrived, through := r.held.hold("/v1/payments/") // its cancel
		first := make(chan reply, 1)
		go func() {
			a, err := r.send(r.request(r.ctx, "k", "POST", "/subscribe/payments/schedule", body))
			if err != nil {
				t.Error(err)
			}
			first <- a
		}()
		<-arrived
		r.fate.arm(1)
		close(through)
		if a := <-first; a.status != 500 || !r.fate.died() {
			t.Fatalf("%d %s", a.status, a.raw)
		}
		r.fate.arm(0)
		if k := r.told("k"); text(k.Began) != "charge" || text(k.Status) != "succeeded" {
			t.Errorf("told after the death: %+v", k)
		}
		r.faulty("POST /v1/payments/*/cancel before drop")
		r.faulty("GET /v1/payments/** before drop")
		r.clock.Move(3 * time.Minute)
		r.good("k", "POST", "/subscribe/payments/schedule", body)
		if s := r.booking("o1"); s.Status != pay.ScheduleBooked {
			t.Errorf("it is %q", s.Status)
		}
		if n := strings.Count(r.checked(), "POST /v1/billing/"); n != 2 { // the key, and one charge
			t.Errorf("%d calls", n)
		}
	})
}

// checked are the calls that came to the provider, a line each.
func (r *shopRig) checked() string {
	var b strings.Builder
	for _, e := range r.cards.Transcript().Entries() {
		fmt.Fprintln(&b, e.Method, e.Path)
	}
	return b.String()
}
