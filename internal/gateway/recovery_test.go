package gateway_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// recovered is what a day's run did, by order number.
func (r *rig) recovered(day string) map[pay.MerchantUID]string {
	r.t.Helper()
	out := map[pay.MerchantUID]string{}
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		tries, err := tx.RecoveryTries(r.ctx, r.merchant.ID, day, "", "", 1000)
		for _, v := range tries {
			out[v.MerchantUID] = string(v.Outcome)
			if v.Reason != "" {
				out[v.MerchantUID] += " " + v.Reason
			}
		}
		return err
	}))
	return out
}

// declineNext has the next charge of the billing contract refused.
func (r *rig) declineNext(code string) {
	r.t.Helper()
	r.control(r.payments.Control(), "PUT", "/shops/tnarubill/next-decline", map[string]any{"code": code}, nil)
}

// fails books a charge of a key for an hour from now and has it refused.
func (r *rig) fails(customer, uid, code string) {
	r.t.Helper()
	_, err := r.gw.Schedule(r.ctx, gateway.ScheduleRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(customer),
		Items: []gateway.ScheduleItem{{At: r.clock.Now().Add(time.Hour), Charge: charge(uid, 9900)}}})
	must2(r.t, err)
	r.declineNext(code)
	r.clock.Advance(time.Hour)
	must2(r.t, r.runner.RunDue(r.ctx))
	if s := r.schedule(uid); s.State() != pay.StateFailed {
		r.t.Fatalf("%s is %s\n%s", uid, s.State(), r.log)
	}
}

// hour moves on to an hour of a Korean day, an hour at a time.
func (r *rig) hour(days, hour int) {
	r.t.Helper()
	for at := r.today(days).Add(time.Duration(hour) * time.Hour); r.clock.Now().Before(at); {
		r.clock.Advance(min(time.Hour, at.Sub(r.clock.Now())))
		must2(r.t, r.runner.RunDue(r.ctx))
	}
	r.run(30*time.Second, time.Second)
}

func want(t *testing.T, got map[pay.MerchantUID]string, all map[pay.MerchantUID]string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(all) {
		t.Errorf("the run did %v, want %v", got, all)
	}
}

// What failed a day is charged again the next at the hour that is set, once; what
// there is no sense in charging is left alone, and it is told why.
func TestRecoveryRun(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if err := r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 24); !isInvalid(err, "recovery_hour") {
			t.Errorf("the 24th hour: %v", err)
		}
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
		for _, c := range []string{"c1", "c2", "c3"} {
			r.key(pay.TossPayments, c)
		}
		r.fails("c1", "funds", "REJECT_CARD_COMPANY")
		r.fails("c1", "twice", "REJECT_CARD_COMPANY")
		r.fails("c1", "lost", "INVALID_STOPPED_CARD")
		r.fails("c2", "gone", "REJECT_CARD_COMPANY")
		r.fails("c1", "revoked", "REJECT_CARD_COMPANY")
		r.fails("c1", "later", "REJECT_CARD_COMPANY")
		r.fails("c1", "elsewhere", "REJECT_CARD_COMPANY")
		r.fails("c3", "renewed", "INVALID_CARD_EXPIRATION")
		_, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, "c2")
		must2(t, err)
		r.clock.Advance(time.Minute)
		r.key(pay.TossPayments, "c3")
		_, err = r.gw.Reschedule(r.ctx, r.merchant.ID, "later", r.clock.Now().Add(100*time.Hour))
		must2(t, err)
		_, err = r.gw.Reschedule(r.ctx, r.merchant.ID, "revoked", r.clock.Now().Add(time.Hour))
		must2(t, err)
		_, err = r.gw.Unschedule(r.ctx, r.merchant.ID, "", []pay.MerchantUID{"revoked"})
		must2(t, err)
		_, err = r.again("c1", "elsewhere", 9900)
		must2(t, err)

		r.hour(1, 8)
		if got := r.recovered(dayIn(r)); len(got) != 0 {
			t.Errorf("before its hour: %v", got)
		}
		r.declineNext("REJECT_CARD_COMPANY") // the first of them: "funds"
		r.hour(0, 10)
		day := dayIn(r)
		want(t, r.recovered(day), map[pay.MerchantUID]string{"funds": "failed", "twice": "succeeded", "lost": "skipped lasting", "gone": "skipped no_key",
			"elsewhere": "skipped paid", "renewed": "succeeded"})
		if s := r.schedule("twice"); s.State() != pay.StateSucceeded || s.Charged.Status != pay.StatusPaid || s.Charged.Source != pay.SourceSchedule {
			t.Errorf("twice is %s by %s", s.State(), s.Charged.Source)
		}
		if s := r.schedule("funds"); s.State() != pay.StateFailed || len(r.told.of(s.Charged.ID)) != 1 {
			t.Errorf("funds is %s, and the merchant was told %v", s.State(), r.told.of(s.Charged.ID))
		}

		r.fails("c1", "next", "REJECT_CARD_COMPANY")
		r.hour(1, 10)
		want(t, r.recovered(dayIn(r)), map[pay.MerchantUID]string{"funds": "skipped recovered", "next": "succeeded"})
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			runs, sums, err := tx.RecoveryRuns(r.ctx, r.merchant.ID, "", 10)
			if len(runs) != 2 || runs[1].Day != day || runs[1].Ended.IsZero() || sums[1][store.RecoverySucceeded] != (store.RecoverySum{N: 2, Amount: 19800}) ||
				sums[1][store.RecoverySkipped].N != 3 {
				t.Errorf("runs %v %v", runs, sums)
			}
			return err
		}))

		r.fails("c1", "off", "REJECT_CARD_COMPANY")
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 0))
		r.hour(2, 0)
		if s := r.schedule("off"); s.State() != pay.StateFailed || r.hasJob(gateway.JobRecover) {
			t.Errorf("it is off, and the schedule is %s", s.State())
		}
	})
}

func dayIn(r *rig) string { return r.today(0).Format(time.DateOnly) }

// The process dies in the middle of a run: what it was charging is found out, the
// rest is charged, nothing is charged twice.
func TestRecoveryRunDies(t *testing.T) {
	for _, point := range []string{"charge:intended", "charge:answered", "charge:learned"} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
				r.key(pay.TossPayments, "c1")
				for _, uid := range []string{"a", "b", "c"} {
					r.fails("c1", uid, "REJECT_CARD_COMPANY")
				}
				before := r.sent("/v1/billing/")
				n := 0
				r.fault = func(p string) error {
					if p != point {
						return nil
					}
					if n++; n == 2 {
						return fmt.Errorf("%w: %s", errDied, p)
					}
					return nil
				}
				r.till(r.today(1).Add(9 * time.Hour))
				must2(t, r.runner.RunDue(r.ctx))
				r.fault = nil
				r.run(20*time.Minute, 5*time.Second)
				got := r.recovered(dayIn(r))
				for _, uid := range []pay.MerchantUID{"a", "c"} {
					if got[uid] != "succeeded" {
						t.Errorf("the run did %v", got)
					}
				}
				asked, wants := r.sent("/v1/billing/")-before, 3
				if point == "charge:intended" { // it never left: its turn is over
					wants = 2
				}
				if asked != wants || len(got) != 3 || got["b"] == "running" {
					t.Errorf("%d charges were asked for, the run did %v", asked, got)
				}
				for _, uid := range []string{"a", "b", "c"} {
					r.agrees(r.schedule(uid).Charged.ID)
				}
			})
		})
	}
}

// Two nodes at once charge each schedule once.
func TestRecoveryRunOnTwoNodes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.SetRecoveryHour(r.ctx, r.merchant.ID, 9))
		r.key(pay.TossPayments, "c1")
		var uids []string
		for i := range 4 {
			uids = append(uids, fmt.Sprint("m", i))
			r.fails("c1", uids[i], "REJECT_CARD_COMPANY")
		}
		before := r.sent("/v1/billing/")
		r.till(r.today(1).Add(9 * time.Hour))
		var job store.Job
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			all, err := tx.JobsOfKinds(r.ctx, r.merchant.ID, gateway.JobRecover)
			if len(all) != 1 {
				t.Fatalf("planned %v", all)
			}
			job = all[0]
			return err
		}))
		run := r.workers()[gateway.JobRecover]
		var wg sync.WaitGroup
		for range 2 { // the lease of one ran out while it stood still
			wg.Go(func() {
				for {
					err := run(r.ctx, job)
					if !errors.Is(err, store.ErrConflict) { // else it is run again
						if err != nil {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		wg.Wait()
		if n := r.sent("/v1/billing/") - before; n != 4 {
			t.Errorf("%d charges were asked for", n)
		}
		for _, uid := range uids {
			if s := r.schedule(uid); s.State() != pay.StateSucceeded {
				t.Errorf("%s is %s", uid, s.State())
			}
		}
	})
}

// A charge that counts as failed is approved after all: the schedule succeeded.
func TestScheduleApprovedLate(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		first := r.hold("POST", "/v1/billing/", 1)
		r.clock.Advance(24 * time.Hour)
		node := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: r.workers()})
		done := make(chan error, 1)
		go func() { done <- node.RunDue(r.ctx) }()
		<-first.arrived
		r.run(2*time.Minute, time.Second)
		if s := r.schedule("m1"); s.State() != pay.StateFailed {
			t.Fatalf("it is %s", s.State())
		}
		close(first.through)
		must2(t, <-done)
		r.run(10*time.Minute, 10*time.Second)
		if s := r.schedule("m1"); s.State() != pay.StateSucceeded || s.Charged.Status != pay.StatusPaid {
			t.Errorf("it is %s by a charge that is %s", s.State(), s.Charged.Status)
		}
	})
}
