package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// No run is lost while nothing runs over its hour: it is made up for on the next
// days, as long as that is not more than two days late.
func TestRecoveryRunCatchesUp(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
		r.key(pay.TossPayments, "c1")
		r.fails("c1", "first", "REJECT_CARD_COMPANY")
		r.till(r.today(1).Add(6 * time.Hour))
		r.fails("c1", "second", "REJECT_CARD_COMPANY")
		day := r.today(0)

		r.till(r.today(1).Add(10 * time.Hour)) // nothing ran at 9 that day, nor the next
		r.run(time.Minute, time.Second)
		want(t, r.recovered(daysFrom(day, 0)), map[pay.MerchantUID]string{"first": "succeeded"})
		want(t, r.recovered(daysFrom(day, 1)), map[pay.MerchantUID]string{"second": "succeeded"})

		r.fails("c1", "long ago", "REJECT_CARD_COMPANY")
		r.till(r.today(10).Add(10 * time.Hour))
		r.fails("c1", "lately", "REJECT_CARD_COMPANY")
		r.run(time.Minute, time.Second)
		want(t, r.recovered(daysFrom(day, 2)), map[pay.MerchantUID]string{})
		if s := r.schedule("long ago"); s.State() != pay.StateFailed {
			t.Errorf("what failed ten days ago is %s", s.State())
		}
		r.hour(1, 10)
		want(t, r.recovered(dayIn(r)), map[pay.MerchantUID]string{"lately": "succeeded"})
	})
}

func daysFrom(day time.Time, days int) string { return day.AddDate(0, 0, days).Format(time.DateOnly) }

// A run that met trouble and waits to go on is not planned away by a restart or a
// change of its hour.
func TestRecoveryRunGoesOn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
		r.key(pay.TossPayments, "c1")
		for _, uid := range []string{"a", "b"} {
			r.fails("c1", uid, "REJECT_CARD_COMPANY")
		}
		n := 0
		r.fault = func(p string) error {
			if n++; p == "charge:intended" && n == 1 {
				return fmt.Errorf("%w: %s", errDied, p)
			}
			return nil
		}
		r.till(r.today(1).Add(9 * time.Hour))
		must2(t, r.runner.RunDue(r.ctx))
		r.fault = nil
		day := dayIn(r)
		must2(t, r.gw.PlanNightly(r.ctx))
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 20))
		r.run(20*time.Minute, 5*time.Second)
		if got := r.recovered(day); got["b"] != "succeeded" || len(got) != 2 {
			t.Errorf("the run did %v", got)
		}
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			all, err := tx.JobsOfKinds(r.ctx, r.merchant.ID, gateway.JobRecover)
			if next := r.today(1).Add(20 * time.Hour); len(all) != 1 || !all[0].RunAt.Equal(next) {
				t.Errorf("planned are %v, want %s", all, next)
			}
			return err
		}))
	})
}

// A new sub-store charges nobody by itself.
func TestTierBeginsWithoutRecovery(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
		tier, err := r.gw.AddTier(r.ctx, r.merchant.ID, "ABC", "둘째")
		if must2(t, err); tier.Settings.RecoveryHour != 0 {
			t.Errorf("its run is at %d", tier.Settings.RecoveryHour)
		}
	})
}
