package gateway_test

import (
	"errors"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
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

// What the merchant revokes is not charged again, though it had failed before: by its
// order number or by its customer, that day or before the next run. The answer is that
// nothing was booked.
func TestRecoveryRunLeavesRevoked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
		for _, c := range []string{"c1", "c2", "c3"} {
			r.key(pay.TossPayments, c)
		}
		r.fails("c1", "by-order", "REJECT_CARD_COMPANY")
		r.fails("c2", "by-customer", "REJECT_CARD_COMPANY")
		r.fails("c3", "wanted", "REJECT_CARD_COMPANY")
		revoke := func(customer pay.CustomerUID, uids ...pay.MerchantUID) {
			t.Helper()
			by := pay.WithActor(r.ctx, pay.Actor{Kind: pay.ActorOperator, ID: "op_1"})
			if _, err := r.gw.Unschedule(by, r.merchant.ID, customer, uids); !errors.Is(err, gateway.ErrNothingToRevoke) {
				t.Errorf("revoking what failed: %v", err)
			}
		}
		revoke("", "by-order")
		revoke("c2", "wanted") // not that customer's
		r.hour(1, 8)           // after midnight
		revoke("c2")
		revoke("c2") // once more
		r.hour(0, 10)
		day := dayIn(r)
		want(t, r.recovered(day), map[pay.MerchantUID]string{"by-order": "skipped revoked", "by-customer": "skipped revoked", "wanted": "succeeded"})
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			audit, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{Target: "by-customer"})
			if len(audit) != 1 || audit[0].Action != "schedule.leave" || audit[0].Actor.ID != "op_1" {
				t.Errorf("audit: %+v", audit)
			}
			return err
		}))
		if s := r.schedule("by-customer"); s.State() != pay.StateFailed {
			t.Errorf("the revoked one is %s", s.State())
		}
	})
}

// A charge that is under way when it is revoked is not charged again if it fails then,
// on whatever day that is. One that was charged anew since is.
func TestRecoveryRunLeavesRevokedUnderWay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
		r.key(pay.TossPayments, "c1")
		r.fails("c1", "anew", "REJECT_CARD_COMPANY")
		_, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "c1", nil)
		if !errors.Is(err, gateway.ErrNothingToRevoke) {
			t.Fatal(err)
		}
		r.hour(1, 23)
		_, err = r.gw.Reschedule(r.ctx, r.merchant.ID, "anew", r.clock.Now().Add(10*time.Minute))
		must2(t, err)
		r.declineNext("REJECT_CARD_COMPANY")
		r.run(12*time.Minute, time.Minute)

		_, err = r.gw.Schedule(r.ctx, gateway.ScheduleRequest{Merchant: r.merchant.ID, CustomerUID: "c1",
			Items: []gateway.ScheduleItem{{At: r.clock.Now().Add(30 * time.Minute), Charge: charge("slow", 9900)}}})
		must2(t, err)
		r.clock.Advance(30 * time.Minute)
		r.declineNext("REJECT_CARD_COMPANY")
		first := r.hold("POST", "/v1/billing/", 1)
		node := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: r.workers()})
		done := make(chan error, 1)
		go func() { done <- node.RunDue(r.ctx) }()
		<-first.arrived
		if _, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "", []pay.MerchantUID{"slow"}); !errors.Is(err, gateway.ErrNothingToRevoke) {
			t.Fatal(err)
		}
		r.till(r.today(1).Add(time.Second)) // its answer comes the next day
		close(first.through)
		must2(t, <-done)
		if s := r.schedule("slow"); s.State() != pay.StateFailed || s.ExecutedAt.Before(r.today(0)) {
			t.Fatalf("slow is %s since %s", s.State(), s.ExecutedAt)
		}
		r.hour(0, 10)
		want(t, r.recovered(dayIn(r)), map[pay.MerchantUID]string{"anew": "succeeded", "slow": "skipped revoked"})
		r.hour(1, 10)
		want(t, r.recovered(dayIn(r)), map[pay.MerchantUID]string{"slow": "skipped revoked"})
	})
}
