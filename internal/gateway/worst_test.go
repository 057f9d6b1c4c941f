package gateway_test

import (
	"errors"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// run runs what is due for a while, a step at a time.
func (r *rig) run(d, step time.Duration) {
	r.t.Helper()
	for end := r.clock.Now().Add(d); r.clock.Now().Before(end); r.clock.Advance(step) {
		must2(r.t, r.runner.RunDue(r.ctx))
	}
}

// An answer is lost and then the line is cut: that a repeat does not leave says
// nothing about the first call.
func TestRepeatThatDoesNotLeave(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		r.faulty(p, confirmPath(p)+" nth=1 after garble")
		v := r.open(r.request(p, "o1")).agree("")
		_, err := v.finish()
		must2(t, err)
		r.line.unplugged.Store(true)
		r.run(2*time.Minute, 5*time.Second)
		if s := r.payment(v.payment).Status; s != pay.StatusConfirming {
			t.Fatalf("became %s while the line was cut", s)
		}
		r.line.unplugged.Store(false)
		r.settleLong(func() bool { return r.payment(v.payment).Status == pay.StatusPaid })
		r.paidOnce(v.payment)

		r.faulty(p, cancelPath(p)+" nth=1 after garble")
		amount := int64(20000)
		r.fault = func(point string) error { // the line is cut between the answer and its resolver
			r.line.unplugged.Store(point == "cancel:learned")
			return nil
		}
		_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: v.payment, Amount: &amount})
		if !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("a cancel of which nothing is known: %v", err)
		}
		r.fault = nil
		r.line.unplugged.Store(false)
		r.settle(func() bool { return r.payment(v.payment).Cancelled == amount })
		r.agrees(v.payment)
	})
}

// Beside a cancel of which nothing is known, another takes only what is left
// for it, though it is all that is left.
func TestCancelBesideAnUnknownOne(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		paid := r.paid(p, "o1")
		r.faulty(p, cancelPath(p)+" before status=503")
		part := int64(20000)
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: &part}); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.well()
		got, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID})
		if err != nil || got.Cancelled != 40000 || r.balance(got) != 20000 {
			t.Fatalf("cancelled %d, the provider holds %d: %v", got.Cancelled, r.balance(got), err)
		}
		r.settle(func() bool { return r.payment(paid.ID).Status == pay.StatusCancelled })
		r.agrees(paid.ID)
	})
}

// A provider that stays away past the bound: the resolver stops, one alarm
// calls a person, and when the provider is back a sync settles the payment and
// frees the order number.
func TestOutagePastTheBound(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		r.faulty(p, confirmPath(p)+" nth=1 before status=503")
		v := r.open(r.request(p, "o1")).agree("")
		_, err := v.finish()
		must2(t, err)
		r.line.unplugged.Store(true)
		r.run(4*time.Hour, time.Minute)
		var stuck []pay.Attempt
		var alarms []store.Alarm
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
			if stuck, err = tx.StuckAttempts(r.ctx, 10); err != nil {
				return err
			}
			alarms, err = tx.ListAlarms(r.ctx, true)
			return err
		}))
		if len(stuck) != 1 || len(alarms) != 1 || r.payment(v.payment).Status != pay.StatusConfirming {
			t.Fatalf("%d stuck, %d alarms, payment %s", len(stuck), len(alarms), r.payment(v.payment).Status)
		}
		r.line.unplugged.Store(false)
		got, err := r.gw.Sync(r.ctx, r.merchant.ID, v.payment)
		if err != nil || got.Status != pay.StatusFailed {
			t.Fatalf("after the outage: %s %v", got.Status, err)
		}
		r.paid(p, "o1")
	})
}

// A refusal that says neither yes nor no, and is kept with our key, does not
// lock the payment for days.
func TestUnclearRefusalOfACancel(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		paid := r.paid(pay.TossPayments, "o1")
		_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, TestCode: "PROVIDER_ERROR"})
		if !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.run(30*time.Minute, 10*time.Second)
		for _, a := range r.attempts(paid.ID) {
			if a.Kind == pay.AttemptCancel && (a.Status != pay.AttemptDeclined || a.Code != "PROVIDER_ERROR") {
				t.Fatalf("%+v", a)
			}
		}
		got, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID})
		if err != nil || got.Status != pay.StatusCancelled {
			t.Errorf("%s %v", got.Status, err)
		}
		r.agrees(paid.ID)
	})
}

// The buyer agreed, and the process died before the money was asked for: when
// the provider lets the payment lapse, it ends.
func TestDeathBeforeTheIntention(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		w := r.request(p, "o1")
		w.ConfirmURL = "http://shop.example/confirm"
		r.clock.Advance(0)
		v := r.open(w)
		r.clock.Advance(10 * time.Minute)
		v.agree("")
		r.stop = func(_ ctxt, _ pay.Merchant, _ pay.Payment) error { return errDied }
		if _, err := v.finish(); !errors.Is(err, errDied) {
			t.Fatalf("%v", err)
		}
		r.run(2*time.Hour, 30*time.Second)
		if got := r.payment(v.payment); got.Status != pay.StatusFailed {
			t.Errorf("became %s\n%s", got.Status, r.log)
		}
		res, err := r.gw.CheckoutResult(r.ctx, v.token)
		if err != nil || res.Progress != gateway.ProgressDone || res.Code == "" {
			t.Errorf("the page is told %+v %v", res, err)
		}
	})
}

// Money that comes in late for an order another payment has paid goes back.
func TestLateApprovalOfAPaidOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		late := r.open(r.request(pay.TossPayments, "o1")).agree("")
		_, err := r.gw.CloseCheckout(r.ctx, late.token, false) // ours says failed
		must2(t, err)
		r.paid(pay.TossPayments, "o1")
		// The provider approves what we had given up: somebody confirmed it by hand.
		r.confirmByHand(late)
		got, err := r.gw.Sync(r.ctx, r.merchant.ID, late.payment)
		if err != nil || got.Status != pay.StatusFailed {
			t.Fatalf("%s %v", got.Status, err)
		}
		r.settle(func() bool { return r.payment(late.payment).Left() == 0 })
		r.agrees(late.payment)
		if got, err := r.gw.Sync(r.ctx, r.merchant.ID, late.payment); err != nil || got.Status != pay.StatusFailed {
			t.Errorf("given back, and then %s %v", got.Status, err)
		}
	})
}

// The same, with nobody else having paid: the late approval counts.
func TestLateApproval(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		late := r.open(r.request(pay.TossPayments, "o1")).agree("")
		_, err := r.gw.CloseCheckout(r.ctx, late.token, false)
		must2(t, err)
		r.confirmByHand(late)
		got, err := r.gw.Sync(r.ctx, r.merchant.ID, late.payment)
		if err != nil || got.Status != pay.StatusPaid || got.FailReason != "" {
			t.Errorf("%s %q %v", got.Status, got.FailReason, err)
		}
		r.agrees(late.payment)
	})
}

// A buyer comes back with the payment key of an order that was paid before.
func TestReturnWithAnotherOrdersKey(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		old := r.paid(pay.TossPayments, "o1")
		v := r.open(r.request(pay.TossPayments, "o2")).agree("")
		v.ret.Set("paymentKey", old.Ref.Key)
		_, err := v.finish()
		must2(t, err)
		r.run(time.Minute, time.Second)
		got := r.payment(v.payment)
		if got.Status != pay.StatusFailed {
			t.Errorf("became %s\n%s", got.Status, r.log)
		}
		if o := r.payment(old.ID); o.Status != pay.StatusPaid || r.balance(o) != 60000 {
			t.Errorf("the other order: %s, %d", o.Status, r.balance(o))
		}
		r.paid(pay.TossPayments, "o2")
	})
}

// The answer to the confirm is lost, and the money is given back at the
// provider before anybody asks.
func TestCancelledBeforeWeKnew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.faulty(pay.TossPayments, confirmPath(pay.TossPayments)+" nth=1 after garble")
		v := r.open(r.request(pay.TossPayments, "o1")).agree("")
		_, err := v.finish()
		must2(t, err)
		key := v.ret.Get("paymentKey")
		r.control(r.payments.Control(), "POST", "/payments/"+key+"/cancel", map[string]any{"reason": "백오피스 취소"}, nil)
		r.settle(func() bool { return r.payment(v.payment).Status == pay.StatusCancelled })
		if p := r.payment(v.payment); p.PaidAt.IsZero() || p.Cancelled != 60000 {
			t.Errorf("%+v", p)
		}
		r.agrees(v.payment)
	})
}

// A cancel made at the provider and one of ours of the same amount, whose
// request never arrived, are two: the first does not stand in for the second.
func TestCancelOfTheSameAmount(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		paid := r.paid(p, "o1")
		path, sim := "/payments/"+paid.Ref.Key+"/cancel", r.payments.Control()
		if p == pay.TossPay {
			path, sim = "/payments/"+paid.Ref.Key+"/refund", r.toss.Control()
		}
		part := int64(20000)
		r.control(sim, "POST", path, map[string]any{"amount": part}, nil)
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, paid.ID)
		must2(t, err)
		r.clock.Advance(time.Hour)
		r.faulty(p, cancelPath(p)+" before status=503")
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: &part}); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("a cancel that never arrived: %v", err)
		}
		r.run(30*time.Second, time.Second)
		if got := r.payment(paid.ID); got.Cancelled != part {
			t.Fatalf("cancelled %d", got.Cancelled)
		}
		r.well()
		r.settleLong(func() bool { return r.payment(paid.ID).Cancelled == 2*part })
		r.agrees(paid.ID)
	})
}

// Toss Pay keeps no answers: a refund it calls pending for half an hour is still
// pending, not refused.
func TestPendingRefundIsNotRefused(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		paid := r.paid(pay.TossPay, "o1")
		r.control(r.toss.Control(), "PUT", "/payments/"+paid.Ref.Key+"/refund-fail", map[string]any{"errorCode": "TRANSACTION_PENDING_ERROR"}, nil)
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID}); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.run(40*time.Minute, 10*time.Second)
		for _, a := range r.attempts(paid.ID) {
			if a.Kind == pay.AttemptCancel && a.Status != pay.AttemptUnknown {
				t.Fatalf("became %s", a.Status)
			}
		}
		r.control(r.toss.Control(), "PUT", "/payments/"+paid.Ref.Key+"/refund-fail", map[string]any{"errorCode": ""}, nil)
		r.settleLong(func() bool { return r.payment(paid.ID).Status == pay.StatusCancelled })
		r.agrees(paid.ID)
	})
}
