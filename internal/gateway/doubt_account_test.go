package gateway_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/sandbox/tosspayments"
)

// A deposit that comes in while another payment of the order is undecided waits
// for how that one ends.
func TestDepositWhileAnotherIsUndecided(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		r.key(pay.TossPay, "c1")
		a := r.account("o1", 7000)
		r.clock.Advance(6*time.Hour - time.Minute)
		r.fault = deathAt("charge:intended") // it never arrived, which is known in ten minutes
		b, err := r.again("c1", "o1", 7000)
		if !errors.Is(err, errDied) {
			t.Fatalf("%v", err)
		}
		r.fault = nil
		r.atBank(a, "deposit")
		if got := r.payment(a.ID); got.Status == pay.StatusFailed || r.alarmed("paid_twice:"+string(a.ID)) {
			t.Errorf("with the other undecided it is %s: %s", got.Status, got.FailReason)
		}
		r.settleLong(func() bool { return r.payment(b.ID).Status == pay.StatusFailed })
		r.run(24*time.Hour, 10*time.Minute)
		if got := r.payment(a.ID); got.Status != pay.StatusPaid {
			t.Errorf("the provider holds %d, nobody else paid, and the payment is %s (%s)", r.balance(got), got.Status, got.FailReason)
		}
	})
}

// A deposit that is taken back is not overlooked because another answer came in between.
func TestReversalBehindAnotherAnswer(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		r.run(7*time.Hour, 30*time.Minute) // paid, it is not looked at any more
		ask := func() (*delay, chan error) {
			slow, done := r.line.holdNext(), make(chan error, 1)
			go func() { _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); done <- err }()
			<-slow.arrived
			return slow, done
		}
		before, one := ask()
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		after, two := ask()
		close(before.through)
		must2(t, <-one)
		close(after.through)
		must2(t, <-two)
		r.run(24*time.Hour, 10*time.Minute)
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Errorf("the bank took the money back a day ago, and it is %s", got.Status)
		}
	})
}

// An answer from before a deposit was taken back does not bring it back.
func TestStaleAnswerFromBeforeTheReversal(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		slow, done := r.line.holdNext(), make(chan error, 1)
		go func() { _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); done <- err }()
		<-slow.arrived // it says that the deposit is there
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		_, err = r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Fatalf("taken back, it is %s", got.Status)
		}
		close(slow.through)
		must2(t, <-done)
		must2(t, r.runner.RunDue(r.ctx))
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Errorf("the provider holds %d, the payment is %s, and the merchant was told %v", r.balance(got), got.Status, r.told.of(p.ID))
		}
	})
}

// A deposit that was taken back and made again while nobody looked counts once.
func TestDepositTakenBackAndMadeAgainUnseen(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		_, err = r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("it is %s", got.Status)
		}
		r.agrees(p.ID)
	})
}

// An answer from between two deposits takes the second one not back.
func TestStaleAnswerBetweenTwoDeposits(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		slow := r.line.holdNext()
		done := make(chan error, 1)
		go func() { _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); done <- err }()
		<-slow.arrived
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		_, err = r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		close(slow.through)
		must2(t, <-done)
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("the second deposit is there, and it is %s", got.Status)
		}
		r.agrees(p.ID)
	})
}

// A deposit that was taken back before anybody learned of it is not booked after
// the one that came in its place.
func TestOlderDepositLearnedLate(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		slow, done := r.line.holdNext(), make(chan error, 1)
		go func() { _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); done <- err }()
		<-slow.arrived
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		close(slow.through)
		must2(t, <-done)
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("it is %s", got.Status)
		}
		r.agrees(p.ID)
	})
}

// The order of a deposit that was taken back may be paid otherwise; the deposit
// that comes all the same is a person's.
func TestOrderIsFreeAfterAReversal(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		r.key(pay.TossPayments, "c1")
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		r.atBank(p, "deposit-error")
		paid, err := r.again("c1", "o1", 33000)
		if err != nil || paid.Status != pay.StatusPaid {
			t.Fatalf("%s %v", paid.Status, err)
		}
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		if got := r.payment(p.ID); got.Status != pay.StatusFailed || !r.alarmed("paid_twice:"+string(p.ID)) {
			t.Errorf("it is %s", got.Status)
		}
		r.agrees(p.ID)
		r.agrees(paid.ID)
	})
}

// A shop at version 1.4 tells of a deposit taken back by cancelling the payment.
func TestDepositTakenBackAtTheOldVersion(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.payments.AddShop(tosspayments.Shop{
			MID: "tnaru", Name: "나루", ClientKey: clientKey, SecretKey: secretKey, FixedAccounts: true, Version: "1.4",
			WebhookURL: r.sandbox.URL + "/notices/" + fixedKey(pay.TossPayments, pay.ChannelPayment),
		}))
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Fatalf("deposited, it is %s\n%s", got.Status, r.log)
		}
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		got := r.payment(p.ID)
		alarmed := r.alarmed("deposit_reversed:" + string(p.ID))
		if got.Status == pay.StatusPaid && !alarmed {
			t.Errorf("the bank took the money back, the payment is %s and nobody was told", got.Status)
		}
	})
}

// A revocation with an unclear refusal, kept under our key, can be asked for again.
func TestUnclearRefusalOfARevocation(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		if _, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, "PROVIDER_ERROR"); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.run(5*24*time.Hour, 5*time.Minute)
		if got, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, ""); err != nil || got.Status != pay.StatusFailed {
			t.Errorf("five days later: %s %v", got.Status, err)
		}
	})
}

// A deposit that is taken back while a cancel of it is unknown leaves nothing open.
func TestReversalBesideAnUnknownCancel(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		r.faulty(pay.TossPayments, cancelPath(pay.TossPayments)+" before status=503")
		to := &connector.BankAccount{Bank: "004", Number: "110123456789", Holder: "홍길동"}
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, RefundTo: to}); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.atBank(p, "deposit-error")
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Errorf("taken back, it is %s", got.Status)
		}
		r.well()
		r.run(2*time.Hour, time.Minute)
		for _, a := range r.attempts(p.ID) {
			if a.Status.Open() {
				t.Errorf("%s is open", a.Kind)
			}
		}
		r.agrees(p.ID)
	})
}

// A receipt is over what is left once a cancel that is under way is through.
func TestReceiptBesideAnUnknownCancel(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		r.faulty(pay.TossPayments, cancelPath(pay.TossPayments)+" before status=503")
		to, part := &connector.BankAccount{Bank: "004", Number: "110123456789", Holder: "홍길동"}, int64(11000)
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, Amount: &part, RefundTo: to}); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		got, err := r.receipt(p.ID)
		r.well()
		r.run(time.Hour, time.Minute)
		if left := r.payment(p.ID).Left(); err == nil && got.Amount.Total.Minor > left {
			t.Errorf("a receipt over %d for a payment of which %d is left", got.Amount.Total.Minor, left)
		}
	})
}

// Keys of one name that are issued, charged and deleted at once leave one at most.
func TestKeysUnderFire(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				_, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, CustomerUID: "c1", Charge: charge(fmt.Sprint("o", i), 1000)})
				if err != nil {
					t.Errorf("charge: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := r.issueOn(gateway.ChannelChoice{}); err != nil {
					t.Errorf("issue: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1"); err != nil && !errors.Is(err, gateway.ErrNoBillingKey) {
					t.Errorf("delete: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := r.again("c1", fmt.Sprint("a", i), 1000); err != nil && !errors.Is(err, gateway.ErrNoBillingKey) {
					if _, declined := errors.AsType[*gateway.DeclinedError](err); !declined {
						t.Errorf("again: %v", err)
					}
				}
			})
		}
		wg.Wait()
		must2(t, r.runner.RunDue(r.ctx))
		keys, err := r.gw.BillingKeys(r.ctx, r.merchant.ID, []pay.CustomerUID{"c1"})
		must2(t, err)
		if len(keys) > 1 {
			t.Errorf("%d keys are active", len(keys))
		}
	})
}
