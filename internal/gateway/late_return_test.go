package gateway_test

import (
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// A buyer opens the window at the last minute and comes back when the link has
// lapsed and the job that looks after windows has run, to a process that dies
// before it asks for the money. The payment is decided all the same: nobody's page
// waits for ever.
func TestDeathAfterALateReturn(t *testing.T) {
	for _, away := range []time.Duration{4 * time.Minute, 40 * 24 * time.Hour} {
		t.Run(away.String(), func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				w := r.request(p, "o1")
				w.ConfirmURL = "https://shop.example/confirm"
				o, err := r.gw.OpenCheckout(r.ctx, w)
				must2(t, err)
				r.clock.Advance(29 * time.Minute)
				b, err := r.gw.BeginCheckout(r.ctx, o.Token, nil)
				must2(t, err)
				v := (&visit{r: r, token: o.Token, payment: o.Payment.ID, launch: b.Launch}).agree("")
				r.clock.Advance(away)
				must2(t, r.runner.RunDue(r.ctx))
				r.stop = func(ctxt, pay.Merchant, pay.Payment) error { return errDied }
				if _, err := v.finish(); err == nil {
					t.Fatal("it did not die")
				}
				r.stop = nil
				r.run(4*time.Hour, time.Minute)
				if now := r.payment(v.payment); now.Status != pay.StatusFailed {
					t.Errorf("the payment is %s\n%s", now.Status, tail(r.log.String()))
				}
				if res, err := r.gw.CheckoutResult(r.ctx, v.token); err == nil && res.Progress != gateway.ProgressDone {
					t.Errorf("the buyer's page waits: %s", res.Progress)
				}
				r.agrees(v.payment)
			})
		})
	}
}
