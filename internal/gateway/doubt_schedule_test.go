package gateway_test

import (
	"context"
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

// A clock that goes back between the lease of a job and its charge loses no schedule.
func TestClockBackLosesNoSchedule(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		workers := r.workers()
		due := workers[gateway.JobSchedule]
		var once sync.Once
		workers[gateway.JobSchedule] = func(ctx context.Context, j store.Job) error {
			once.Do(func() { r.clock.Advance(-time.Hour) })
			return due(ctx, j)
		}
		r.runner = jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: workers})
		r.day(1)
		r.run(3*time.Hour, 10*time.Minute)
		if s := r.schedule("m1"); s.Charged == nil {
			t.Errorf("two hours after its time it is %s; a job is left: %v", s.Status, r.hasJob(gateway.JobSchedule))
		}
	})
}

// A schedule that is moved while its job runs is charged at its new time, and
// not at the old one.
func TestMovedWhileItsJobRuns(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		workers := r.workers()
		due := workers[gateway.JobSchedule]
		var once sync.Once
		workers[gateway.JobSchedule] = func(ctx context.Context, j store.Job) error {
			once.Do(func() {
				_, err := r.gw.MoveSchedule(r.ctx, r.merchant.ID, "m1", r.clock.Now().Add(48*time.Hour))
				must2(t, err)
			})
			return due(ctx, j)
		}
		r.runner = jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: workers})
		r.day(1)
		if s := r.schedule("m1"); s.Status != pay.ScheduleBooked || s.Charged != nil {
			t.Errorf("at its old time it is %s", s.Status)
		}
		r.day(2)
		if s := r.schedule("m1"); s.Charged == nil || s.Charged.Status != pay.StatusPaid {
			t.Errorf("at its new time it is %s", s.Status)
		}
	})
}

// A channel that does not open any more does not keep a schedule waiting for
// ever without a word.
func TestScheduleOnAChannelThatDoesNotOpen(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		r.breakChannel(r.billing[pay.TossPayments])
		r.day(1)
		r.run(3*24*time.Hour, 10*time.Minute)
		s := r.schedule("m1")
		alarms := 0
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			all, err := tx.ListAlarms(r.ctx, true)
			alarms = len(all)
			return err
		}))
		if s.Status == pay.ScheduleBooked && alarms == 0 {
			t.Errorf("three days late it is %s, the merchant was told nothing and no person was called", s.Status)
		}
	})
}

// breakChannel makes a channel's credentials unreadable.
func (r *rig) breakChannel(key pay.ChannelKey) {
	r.t.Helper()
	must2(r.t, r.store.Write(r.ctx, func(tx *store.Tx) error {
		ch, err := tx.Channel(r.ctx, r.merchant.ID, key)
		if err != nil {
			return err
		}
		ch.Sealed = []byte("not what was sealed")
		return tx.UpdateChannel(r.ctx, ch)
	}))
}

// A retry that the merchant asked for and hears the answer of is not told by a
// webhook when it fails (PortOne V1, "상태": retry, paid only).
func TestFailedRetryIsNotTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		_, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "c1", nil)
		must2(t, err)
		r.control(r.payments.Control(), "PUT", "/shops/tnarubill/next-decline", map[string]any{"code": "REJECT_CARD_COMPANY"}, nil)
		p, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, "m1", "")
		if err != nil || p.Status != pay.StatusFailed {
			t.Fatalf("%s %v", p.Status, err)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if told := r.told.of(p.ID); len(told) != 0 {
			t.Errorf("told %v", told)
		}
	})
}

// Whatever races with it, a schedule is charged once, and one that is booked has
// its job.
func TestSchedulesUnderFire(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		days := map[string]int{}
		var uids []pay.MerchantUID
		for i := range 6 {
			uid := fmt.Sprint("m", i)
			days[uid], uids = 1, append(uids, pay.MerchantUID(uid))
		}
		r.book("c1", days)
		r.clock.Advance(24*time.Hour + time.Second)
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" chance=0.2 before status=503")
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" chance=0.2 after status=500")
		var wg sync.WaitGroup
		ok := func(err error) {
			for _, e := range []error{nil, gateway.ErrScheduleStatus, gateway.ErrNothingToRevoke, gateway.ErrOrderUsed, gateway.ErrOutcomeUnknown} {
				if errors.Is(err, e) {
					return
				}
			}
			if _, declined := errors.AsType[*gateway.DeclinedError](err); !declined {
				t.Errorf("%v", err)
			}
		}
		for i := range 3 {
			node := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: r.workers()})
			wg.Go(func() { must2(t, node.RunDue(r.ctx)) })
			wg.Go(func() {
				for range 3 {
					for _, uid := range uids {
						_, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, uid, "")
						ok(err)
					}
				}
			})
			wg.Go(func() {
				for _, uid := range uids {
					_, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "", []pay.MerchantUID{uid})
					ok(err)
					_, err = r.gw.Reschedule(r.ctx, r.merchant.ID, uid, r.clock.Now().Add(time.Duration(i+1)*time.Minute))
					ok(err)
					_, err = r.gw.MoveSchedule(r.ctx, r.merchant.ID, uid, r.clock.Now().Add(time.Duration(i+2)*time.Minute))
					ok(err)
				}
			})
		}
		wg.Wait()
		r.well()
		r.run(30*time.Minute, 5*time.Second)
		for _, uid := range uids {
			s := r.schedule(string(uid))
			if s.Status != pay.ScheduleExecuted && s.Status != pay.ScheduleRevoked {
				t.Errorf("%s is %s", uid, s.Status)
			}
		}
		all, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 200)
		must2(t, err)
		paid := map[pay.MerchantUID]int{}
		for _, p := range all {
			if p.FailCode != "NARU_ORDER_USED" {
				r.agrees(p.ID)
			}
			if p.Status == pay.StatusPaid {
				paid[p.MerchantUID]++
			}
		}
		for uid, n := range paid {
			if n != 1 {
				t.Errorf("%s was paid %d times", uid, n)
			}
		}
	})
}

// A charge that is approved after its schedule was booked again: the merchant is
// not told that an order failed which is paid.
func TestLateApprovalOfAScheduleBookedAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		first := r.hold("POST", "/v1/billing/", 1)
		r.clock.Advance(24 * time.Hour)
		node := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: r.workers()})
		done := make(chan error, 1)
		go func() { done <- node.RunDue(r.ctx) }()
		<-first.arrived
		r.run(2*time.Minute, time.Second) // on another node the charge counts as never made
		_, err := r.gw.Reschedule(r.ctx, r.merchant.ID, "m1", r.clock.Now().Add(24*time.Hour))
		must2(t, err)
		close(first.through)
		must2(t, <-done)
		r.day(1)
		r.run(10*time.Minute, 10*time.Second)
		s := r.schedule("m1")
		if s.Charged == nil || s.Charged.Status != pay.StatusPaid {
			t.Errorf("the order is paid, and its schedule is %s by %+v", s.Status, s.Charged.Status)
		}
		all, n, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		for _, p := range all {
			t.Logf("%d charges: %s %s, told %v", n, p.Status, p.FailCode, r.told.of(p.ID))
		}
	})
}
