package gateway_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// book books charges of one key, each a number of days ahead.
func (r *rig) book(customer string, days map[string]int) []gateway.Booked {
	r.t.Helper()
	req := gateway.ScheduleRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(customer)}
	for uid, in := range days {
		req.Items = append(req.Items, gateway.ScheduleItem{At: r.clock.Now().Add(time.Duration(in) * 24 * time.Hour), Charge: charge(uid, 9900)})
	}
	got, err := r.gw.Schedule(r.ctx, req)
	must2(r.t, err)
	return got
}

func (r *rig) schedule(uid string) gateway.Booked {
	r.t.Helper()
	b, err := r.gw.BookedCharge(r.ctx, r.merchant.ID, pay.MerchantUID(uid))
	must2(r.t, err)
	return b
}

// day moves the clock on and runs what is due.
func (r *rig) day(n int) {
	r.t.Helper()
	r.clock.Advance(time.Duration(n) * 24 * time.Hour)
	must2(r.t, r.runner.RunDue(r.ctx))
}

func TestSchedulesAreCharged(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		r.key(p, "c1")
		r.book("c1", map[string]int{"m1": 30, "m2": 60})
		r.day(29)
		if s := r.schedule("m1"); s.Status != pay.ScheduleBooked || s.Charged != nil {
			t.Fatalf("a day early it is %s", s.Status)
		}
		r.day(1)
		s := r.schedule("m1")
		if s.Status != pay.ScheduleExecuted || s.Charged == nil || s.Charged.Status != pay.StatusPaid || s.ExecutedAt.IsZero() {
			t.Fatalf("on its day it is %s %+v\n%s", s.Status, s.Charged, r.log)
		}
		if s.Charged.CustomerUsage != "payment.scheduled" || s.Charged.Source != pay.SourceSchedule {
			t.Errorf("charged as %s %s", s.Charged.CustomerUsage, s.Charged.Source)
		}
		if told := r.told.of(s.Charged.ID); !slices.Equal(told, []pay.Status{pay.StatusPaid}) {
			t.Errorf("told %v", told)
		}
		r.agrees(s.Charged.ID)
		if s := r.schedule("m2"); s.Status != pay.ScheduleBooked {
			t.Errorf("the other is %s", s.Status)
		}
	})
}

// A failed charge is told, and can be tried or booked again.
func TestScheduleThatFails(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		limited := card
		limited.Number = r.magic("first_charge_declined")
		_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: limited})
		must2(t, err)
		r.book("c1", map[string]int{"m1": 1})
		if _, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, "m1", ""); !errors.Is(err, gateway.ErrScheduleStatus) {
			t.Errorf("tried before its time: %v", err)
		}
		r.day(1)
		s := r.schedule("m1")
		if s.Status != pay.ScheduleExecuted || s.Charged.Status != pay.StatusFailed || s.Charged.FailReason == "" {
			t.Fatalf("%s %+v\n%s", s.Status, s.Charged, r.log)
		}
		if told := r.told.of(s.Charged.ID); !slices.Equal(told, []pay.Status{pay.StatusFailed}) {
			t.Errorf("told %v", told)
		}
		if _, err := r.gw.Reschedule(r.ctx, r.merchant.ID, "m1", r.clock.Now().Add(-time.Second)); !isInvalid(err, "schedule_at") {
			t.Errorf("booked into the past: %v", err)
		}
		p, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, "m1", "")
		if err != nil || p.Status != pay.StatusPaid {
			t.Fatalf("tried again: %s %s %v", p.Status, p.FailReason, err)
		}
		if s := r.schedule("m1"); s.Status != pay.ScheduleExecuted || s.Charged.ID != p.ID {
			t.Errorf("%s by %s", s.Status, s.Charged.ID)
		}
		if _, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, "m1", ""); !errors.Is(err, gateway.ErrScheduleStatus) {
			t.Errorf("a paid one was tried again: %v", err)
		}
		r.agrees(p.ID)
	})
}

func isInvalid(err error, field string) bool {
	v, ok := errors.AsType[*gateway.Invalid](err)
	return ok && strings.HasSuffix(v.Field, field)
}

func TestSchedulesAreMovedRevokedAndBookedAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 10, "m2": 20, "m3": 30})
		later := r.clock.Now().Add(15 * 24 * time.Hour)
		if s, err := r.gw.MoveSchedule(r.ctx, r.merchant.ID, "m1", later); err != nil || !s.At.Equal(later) {
			t.Fatalf("moved to %s: %v", s.At, err)
		}
		r.day(10)
		if s := r.schedule("m1"); s.Status != pay.ScheduleBooked {
			t.Fatalf("at its old time it is %s", s.Status)
		}
		got, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "", []pay.MerchantUID{"m3", "nobody", "m2"})
		if err != nil || len(got) != 2 || got[0].MerchantUID != "m3" || got[0].Status != pay.ScheduleRevoked || got[0].RevokedAt.IsZero() {
			t.Errorf("revoked %+v: %v", got, err)
		}
		if _, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "c1", []pay.MerchantUID{"m2"}); !errors.Is(err, gateway.ErrNothingToRevoke) {
			t.Errorf("revoked twice: %v", err)
		}
		if _, err := r.gw.MoveSchedule(r.ctx, r.merchant.ID, "m2", later); !errors.Is(err, gateway.ErrScheduleStatus) {
			t.Errorf("a revoked one was moved: %v", err)
		}
		again := r.clock.Now().Add(8 * 24 * time.Hour)
		if s, err := r.gw.Reschedule(r.ctx, r.merchant.ID, "m2", again); err != nil || s.Status != pay.ScheduleBooked || !s.RevokedAt.IsZero() {
			t.Errorf("booked again as %s: %v", s.Status, err)
		}
		r.day(5)
		if s := r.schedule("m1"); s.Charged == nil || s.Charged.Status != pay.StatusPaid {
			t.Errorf("at its new time it is %s", s.Status)
		}
		r.day(20)
		if s := r.schedule("m2"); s.Charged == nil || s.Charged.Status != pay.StatusPaid {
			t.Errorf("booked again, it is %s", s.Status)
		}
		if s := r.schedule("m3"); s.Status != pay.ScheduleRevoked || s.Charged != nil {
			t.Errorf("revoked, it is %s", s.Status)
		}
		if _, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "c1", nil); !errors.Is(err, gateway.ErrNothingToRevoke) {
			t.Errorf("nothing is booked any more: %v", err)
		}
	})
}

func TestSchedulesThatCannotBeBooked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 10})
		paid, err := r.again("c1", "paid", 1000)
		must2(t, err)
		soon := r.clock.Now().Add(time.Hour)
		item := func(uid string, at time.Time) gateway.ScheduleItem {
			return gateway.ScheduleItem{At: at, Charge: charge(uid, 1000)}
		}
		for what, c := range map[string]struct {
			customer string
			items    []gateway.ScheduleItem
			want     error
		}{
			"no key":          {"nobody", []gateway.ScheduleItem{item("n1", soon)}, gateway.ErrNoBillingKey},
			"a booked number": {"c1", []gateway.ScheduleItem{item("n1", soon), item("m1", soon)}, gateway.ErrScheduleTaken},
			"a number twice":  {"c1", []gateway.ScheduleItem{item("n1", soon), item("n1", soon)}, gateway.ErrScheduleTaken},
			"a paid number":   {"c1", []gateway.ScheduleItem{item(string(paid.MerchantUID), soon)}, gateway.ErrOrderUsed},
			"the past":        {"c1", []gateway.ScheduleItem{item("n1", r.clock.Now())}, nil},
			"nothing":         {"c1", nil, nil},
		} {
			_, err := r.gw.Schedule(r.ctx, gateway.ScheduleRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(c.customer), Items: c.items})
			if c.want != nil && !errors.Is(err, c.want) || c.want == nil && !isInvalid(err, "") {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := r.gw.BookedCharge(r.ctx, r.merchant.ID, "n1"); !errors.Is(err, gateway.ErrNoSchedule) {
			t.Errorf("a part was booked: %v", err)
		}
	})
}

// With a card the key is issued first, and a checking amount is charged and given back.
func TestScheduleWithCardAndChecking(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		req := gateway.ScheduleRequest{
			Merchant: r.merchant.ID, CustomerUID: "c1", Card: card, Checking: 1000,
			Items: []gateway.ScheduleItem{{At: r.clock.Now().Add(time.Hour), Charge: charge("m1", 9900)}},
		}
		_, err := r.gw.Schedule(r.ctx, req)
		must2(t, err)
		found, total, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if total != 1 || found[0].Status != pay.StatusCancelled || found[0].Cancelled != 1000 {
			t.Fatalf("%d payments, %+v", total, found)
		}
		r.agrees(found[0].ID)
		must2(t, r.runner.RunDue(r.ctx))
		if told := r.told.of(found[0].ID); len(told) != 0 {
			t.Errorf("the merchant was told of the checking: %v", told)
		}
		req.CustomerUID, req.Items[0].MerchantUID, req.Card.Number = "c2", "m2", r.magic("charge_limit_exceeded")
		_, err = r.gw.Schedule(r.ctx, req)
		if d, ok := errors.AsType[*gateway.DeclinedError](err); !ok || d.Step != gateway.DeclinedChecking {
			t.Errorf("a checking that is declined: %v", err)
		}
		if _, err := r.gw.BookedCharge(r.ctx, r.merchant.ID, "m2"); !errors.Is(err, gateway.ErrNoSchedule) {
			t.Errorf("it was booked all the same: %v", err)
		}
	})
}

// A checking amount is given back whatever we die of.
func TestCheckingIsGivenBackAfterDeath(t *testing.T) {
	for _, point := range []string{"charge:answered", "charge:learned", "cancel:intended", "cancel:answered"} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.key(pay.TossPayments, "c1")
				r.fault = deathAt(point)
				_, err := r.gw.Schedule(r.ctx, gateway.ScheduleRequest{
					Merchant: r.merchant.ID, CustomerUID: "c1", Checking: 1000,
					Items: []gateway.ScheduleItem{{At: r.clock.Now().Add(100 * time.Hour), Charge: charge("m1", 9900)}},
				})
				if err == nil && strings.HasPrefix(point, "charge") {
					t.Fatal("it lives")
				}
				r.fault = nil
				found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
				must2(t, err)
				r.settleLong(func() bool { return r.payment(found[0].ID).Status == pay.StatusCancelled })
				r.agrees(found[0].ID)
			})
		})
	}
}

// Dying in a scheduled charge charges once, and the schedule ends as its charge.
func TestDeathInAScheduledCharge(t *testing.T) {
	for _, point := range []string{"charge:intended", "charge:answered", "charge:learned"} {
		t.Run(point, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				r.key(p, "c1")
				r.book("c1", map[string]int{"m1": 1})
				r.fault = deathAt(point)
				r.clock.Advance(24 * time.Hour)
				must2(t, r.runner.RunDue(r.ctx))
				r.fault = nil
				r.settleLong(func() bool { return r.schedule("m1").Status == pay.ScheduleExecuted })
				_, total, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
				must2(t, err)
				s := r.schedule("m1")
				if total != 1 || strings.HasSuffix(point, "intended") != (s.Charged.Status == pay.StatusFailed) {
					t.Errorf("%d charges, the last %s\n%s", total, s.Charged.Status, r.log)
				}
				must2(t, r.runner.RunDue(r.ctx))
				if told := r.told.of(s.Charged.ID); !slices.Equal(told, []pay.Status{s.Charged.Status}) {
					t.Errorf("told %v of one that is %s", told, s.Charged.Status)
				}
				r.agrees(s.Charged.ID)
			})
		})
	}
}

// However many nodes run, a schedule is charged once; revoking races with it.
func TestManyNodesChargeOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		days := map[string]int{}
		for i := range 20 {
			days[fmt.Sprint("m", i)] = 1
		}
		r.book("c1", days)
		r.clock.Advance(24 * time.Hour)
		var wg sync.WaitGroup
		for range 4 {
			node := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: r.workers()})
			wg.Go(func() {
				if err := node.RunDue(r.ctx); err != nil {
					t.Error(err)
				}
			})
		}
		revoked := 0
		wg.Go(func() {
			got, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "c1", nil)
			if err != nil && !errors.Is(err, gateway.ErrNothingToRevoke) {
				t.Error(err)
			}
			revoked = len(got)
		})
		wg.Wait()
		must2(t, r.runner.RunDue(r.ctx))
		all, total, err := r.gw.FindSchedules(r.ctx, r.merchant.ID, store.ScheduleFilter{CustomerUID: "c1"})
		must2(t, err)
		paid := 0
		for _, s := range all {
			switch {
			case s.Status == pay.ScheduleExecuted && s.Charged.Status == pay.StatusPaid:
				paid++
				r.agrees(s.Charged.ID)
			case s.Status != pay.ScheduleRevoked || s.Charged != nil:
				t.Errorf("%s is %s", s.MerchantUID, s.Status)
			}
		}
		_, charges, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 1)
		must2(t, err)
		if total != 20 || paid+revoked != 20 || charges != paid {
			t.Errorf("%d booked, %d paid by %d charges, %d revoked", total, paid, charges, revoked)
		}
	})
}

// A schedule whose key is gone fails, and the merchant hears of it.
func TestScheduleWithoutKey(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		_, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1")
		must2(t, err)
		r.day(1)
		s := r.schedule("m1")
		if s.Status != pay.ScheduleExecuted || s.Charged.Status != pay.StatusFailed || s.Charged.Provider != pay.TossPayments {
			t.Fatalf("%s %+v\n%s", s.Status, s.Charged, r.log)
		}
		if told := r.told.of(s.Charged.ID); !slices.Equal(told, []pay.Status{pay.StatusFailed}) {
			t.Errorf("told %v", told)
		}
		if _, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, "m1", ""); !errors.Is(err, gateway.ErrNoBillingKey) {
			t.Errorf("tried without a key: %v", err)
		}
	})
}
