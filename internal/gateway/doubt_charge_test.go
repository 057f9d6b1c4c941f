package gateway_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// A line that is cut for a while does not make us keep a checking amount.
func TestCheckingIsGivenBackAfterAnOutage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		var back func()
		r.fault = func(p string) error {
			if p == "charge:learned" && back == nil {
				back = r.cut()
			}
			return nil
		}
		_, err := r.gw.Schedule(r.ctx, gateway.ScheduleRequest{
			Merchant: r.merchant.ID, CustomerUID: "c1", Checking: 1000,
			Items: []gateway.ScheduleItem{{At: r.clock.Now().Add(100 * time.Hour), Charge: charge("m1", 9900)}},
		})
		must2(t, err)
		r.fault = nil
		r.run(5*time.Minute, 10*time.Second)
		back()
		r.run(time.Hour, time.Minute)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if found[0].Status != pay.StatusCancelled {
			t.Errorf("the checking amount is kept: %s; a job is left: %v", found[0].Status, r.hasJob(gateway.JobCheckingBack))
		}
	})
}

// The call that is sent again while the merchant waits may be on its way when
// the first one is old enough to count as never made.
func TestChargeSentAgainAfterItCountsAsNever(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		path := chargePath(pay.TossPayments)
		r.faulty(pay.TossPayments, path+" nth=1 before status=503")
		question, again := r.hold("GET", "/v1/payments/", 1), r.hold("POST", "/v1/billing/", 2)
		done := make(chan struct{})
		var got pay.Payment
		var err error
		go func() { defer close(done); got, err = r.again("c1", "o1", 7000) }()
		<-question.arrived
		r.clock.Advance(50 * time.Second) // the question takes its time, within its deadline
		close(question.through)
		<-again.arrived
		r.run(40*time.Second, time.Second)                         // and so does the second sending
		r.faulty(pay.TossPayments, path+" nth=1 after status=500") // whose answer is lost
		close(again.through)
		<-done
		t.Logf("the merchant is told %s: %v", got.Status, err)
		r.well()
		r.run(24*time.Hour, 10*time.Minute)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if held := r.balance(found[0]); held != 0 && found[0].Status != pay.StatusPaid {
			t.Errorf("the provider holds %d, our payment is %s for good", held, found[0].Status)
		}
	})
}

// An answer to a question from before the second sending says nothing of it.
func TestOldQuestionAboutAChargeSentAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" nth=1 before status=503")
		ours, theirs, again := r.hold("GET", "/v1/payments/", 1), r.hold("GET", "/v1/payments/", 2), r.hold("POST", "/v1/billing/", 2)
		done, resolved := make(chan error, 1), make(chan error, 1)
		go func() { _, err := r.again("c1", "o1", 7000); done <- err }()
		<-ours.arrived
		r.clock.Advance(62 * time.Second)
		go func() { resolved <- r.runner.RunDue(r.ctx) }()
		<-theirs.arrived // another node asks, old enough to believe that nothing was made
		close(ours.through)
		<-again.arrived
		close(theirs.through)
		must2(t, <-resolved)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if found[0].Status != pay.StatusConfirming {
			t.Errorf("with the second sending on its way it is %s", found[0].Status)
		}
		close(again.through)
		if err := <-done; err != nil {
			t.Errorf("paid, and the merchant is told %v", err)
		}
		r.agrees(found[0].ID)
	})
}

// What is told to the merchant's server is what the books say.
func TestLateApprovalIsNoDecline(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		first := r.hold("POST", "/v1/billing/", 1)
		done := make(chan struct{})
		var got pay.Payment
		var err error
		go func() { defer close(done); got, err = r.again("c1", "o1", 7000) }()
		<-first.arrived
		r.run(2*time.Minute, time.Second) // another node asks, and the provider knows nothing of it
		close(first.through)
		<-done
		if got.Status == pay.StatusPaid && err != nil {
			t.Errorf("paid, and the merchant is told %v", err)
		}
	})
}

// A checking charge that is approved late is given back, too.
func TestCheckingApprovedLate(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		first := r.hold("POST", "/v1/billing/", 1)
		done := make(chan error, 1)
		go func() {
			_, err := r.gw.Schedule(r.ctx, gateway.ScheduleRequest{
				Merchant: r.merchant.ID, CustomerUID: "c1", Checking: 1000,
				Items: []gateway.ScheduleItem{{At: r.clock.Now().Add(100 * time.Hour), Charge: charge("m1", 9900)}},
			})
			done <- err
		}()
		<-first.arrived
		r.run(5*time.Minute, time.Second)
		r.fault = deathAt("charge:learned") // and the one who asked dies
		close(first.through)
		t.Logf("schedule: %v", <-done)
		r.fault = nil
		r.run(time.Hour, 10*time.Second)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if held := r.balance(found[0]); held != 0 {
			t.Errorf("the checking amount of %d is kept; ours is %s", held, found[0].Status)
		}
	})
}

// That the second sending of a charge does not leave says nothing about the first.
func TestChargeRepeatedInVain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" nth=1 after garble")
		var back func()
		r.fault = func(p string) error {
			if p == "charge:answered" && back == nil {
				back = r.cut()
			}
			return nil
		}
		got, err := r.again("c1", "o1", 7000)
		if !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Errorf("with the line cut: %v", err)
		}
		r.fault = nil
		r.run(30*time.Second, time.Second)
		back()
		r.settleLong(func() bool { return r.payment(got.ID).Status != pay.StatusConfirming })
		if now := r.payment(got.ID); now.Status != pay.StatusPaid {
			t.Errorf("it is %s", now.Status)
		}
		r.agrees(got.ID)
	})
}

// A lost charge is sent once more at once where the provider keeps our key, and
// never where it does not.
func TestHowOftenAChargeIsSent(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.key(pay.TossPay, "c2")
		for what, c := range map[string]struct {
			provider pay.Provider
			path     string
			times    int
			do       func() (pay.Payment, error)
		}{
			"keeps our key": {pay.TossPayments, "/v1/billing/", 2, func() (pay.Payment, error) { return r.again("c1", "o1", 1000) }},
			"keeps none":    {pay.TossPay, "/api/v1/billing-key/bill", 1, func() (pay.Payment, error) { return r.again("c2", "o2", 1000) }},
			"a card, keyed in": {pay.TossPayments, "/v1/payments/key-in", 1, func() (pay.Payment, error) {
				return r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, Charge: charge("o3", 1000)})
			}},
		} {
			before := r.sent(c.path)
			r.faulty(c.provider, "POST "+strings.Replace(c.path, "/billing/", "/billing/*", 1)+" nth=1 before status=503")
			got, err := c.do()
			r.well()
			if (err == nil) != (c.times == 2) {
				t.Errorf("%s: %s %v", what, got.Status, err)
			}
			r.run(2*time.Hour, time.Minute)
			if n := r.sent(c.path) - before; n != c.times {
				t.Errorf("%s: sent %d times", what, n)
			}
		}
	})
}
