package gateway_test

import (
	"testing"
	"time"

	"naru/internal/jobs"
	"naru/internal/pay"
)

// What a merchant does with schedules while a run is charging others stands: it is
// not charged from what the run read at its beginning.
func TestRecoveryRunMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
		r.key(pay.TossPayments, "c1")
		for _, uid := range []string{"a", "revoked", "tried", "z"} {
			r.fails("c1", uid, "REJECT_CARD_COMPANY")
		}
		before := r.sent("/v1/billing/")
		r.till(r.today(1).Add(9 * time.Hour))
		first := r.hold("POST", "/v1/billing/", 1)
		node := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: r.workers()})
		done := make(chan error, 1)
		go func() { done <- node.RunDue(r.ctx) }()
		<-first.arrived

		_, err := r.gw.Reschedule(r.ctx, r.merchant.ID, "revoked", r.clock.Now().Add(time.Hour))
		must2(t, err)
		_, err = r.gw.Unschedule(r.ctx, r.merchant.ID, "", []pay.MerchantUID{"revoked"})
		must2(t, err)
		r.declineNext("REJECT_CARD_COMPANY")
		p, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, "tried", "")
		if must2(t, err); p.Status != pay.StatusFailed {
			t.Fatalf("tried is %s", p.Status)
		}

		close(first.through)
		must2(t, <-done)
		want(t, r.recovered(dayIn(r)), map[pay.MerchantUID]string{"a": "succeeded", "revoked": "skipped state", "tried": "skipped state", "z": "succeeded"})
		if n := r.sent("/v1/billing/") - before; n != 3 { // a, z, and the one the merchant asked for
			t.Errorf("%d charges were asked for", n)
		}
		if s := r.schedule("revoked"); s.State() != pay.StateRevoked {
			t.Errorf("what was revoked is %s", s.State())
		}
	})
}
