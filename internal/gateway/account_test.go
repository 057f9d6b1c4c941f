package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// account has a virtual account issued, due in a day.
func (r *rig) account(uid string, amount int64) pay.Payment {
	r.t.Helper()
	p, err := r.gw.IssueAccount(r.ctx, gateway.AccountRequest{
		Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(24 * time.Hour), Charge: charge(uid, amount),
	})
	must2(r.t, err)
	return p
}

// atBank has something happen to a virtual account and its notices delivered.
func (r *rig) atBank(p pay.Payment, what string) {
	r.t.Helper()
	r.control(r.payments.Control(), "POST", "/payments/"+p.Ref.Key+"/"+what, map[string]any{}, nil)
	must2(r.t, r.payments.Settle(r.ctx))
}

func TestVirtualAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		a := p.Details.Account
		if p.Status != pay.StatusAwaitingDeposit || p.Method != pay.MethodVbank || a == nil || a.Bank != "088" || a.Number == "" || a.Due.IsZero() || p.MID != "tnaru" {
			t.Fatalf("issued as %s %+v", p.Status, a)
		}
		second := r.account("o1", 33000) // several may wait side by side
		r.atBank(p, "deposit")
		if got := r.payment(p.ID); got.Status != pay.StatusPaid || got.PaidAt.IsZero() {
			t.Fatalf("after the deposit it is %s\n%s", got.Status, r.log)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if told := r.told.of(p.ID); !slices.Equal(told, []pay.Status{pay.StatusAwaitingDeposit, pay.StatusPaid}) {
			t.Errorf("told %v", told)
		}
		r.agrees(p.ID)
		_, err := r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(time.Hour), Charge: charge("o1", 1000)})
		if !errors.Is(err, gateway.ErrOrderUsed) {
			t.Errorf("an account for a paid order: %v", err)
		}
		r.atBank(second, "deposit") // the buyer pays twice: a person is told
		if got := r.payment(second.ID); got.Status != pay.StatusFailed {
			t.Errorf("the second is %s", got.Status)
		}
		if !r.alarmed("paid_twice:" + string(second.ID)) {
			t.Error("nobody was told of the second deposit")
		}
	})
}

func (r *rig) alarmed(id string) bool {
	r.t.Helper()
	found := false
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListAlarms(r.ctx, true)
		for _, a := range all {
			found = found || a.ID == id
		}
		return err
	}))
	return found
}

// A deposit without a notice is found by asking; one the bank takes back makes
// the payment wait again.
func TestDepositIsFoundAndTakenBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		r.clock.Advance(7 * time.Hour)
		must2(t, r.runner.RunDue(r.ctx))
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Fatalf("asked, it is %s\n%s", got.Status, r.log)
		}
		r.hears.Store(true)
		r.atBank(p, "deposit-error")
		got := r.payment(p.ID)
		if got.Status != pay.StatusAwaitingDeposit || !got.PaidAt.IsZero() {
			t.Fatalf("taken back, it is %s\n%s", got.Status, r.log)
		}
		r.agrees(p.ID)
		if !r.alarmed("deposit_reversed:" + string(p.ID)) {
			t.Error("nobody was told")
		}
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("deposited again, it is %s", got.Status)
		}
		r.agrees(p.ID)
		must2(t, r.runner.RunDue(r.ctx))
		want := []pay.Status{pay.StatusAwaitingDeposit, pay.StatusPaid, pay.StatusAwaitingDeposit, pay.StatusPaid}
		if told := r.told.of(p.ID); !slices.Equal(told, want) {
			t.Errorf("told %v", told)
		}
	})
}

// Answers overtake each other: one from before the deposit takes nothing back.
func TestStaleAnswerTakesNoDepositBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		slow := r.line.holdNext()
		done := make(chan error, 1)
		go func() {
			_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
			done <- err
		}()
		<-slow.arrived // the answer from before the deposit is on its way
		r.atBank(p, "deposit")
		if _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); err != nil {
			t.Fatal(err)
		}
		close(slow.through)
		must2(t, <-done)
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("it is %s", got.Status)
		}
	})
}

func TestLapsedAccountStaysAndMayBePaidLate(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.clock.Advance(25 * time.Hour)
		must2(t, r.payments.Settle(r.ctx))
		must2(t, r.runner.RunDue(r.ctx))
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Fatalf("lapsed, it is %s\n%s", got.Status, r.log)
		}
		r.control(r.payments.Control(), "POST", "/payments/"+p.Ref.Key+"/deposit", map[string]any{"late": true}, nil)
		must2(t, r.payments.Settle(r.ctx))
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("paid late, it is %s\n%s", got.Status, r.log)
		}
		r.agrees(p.ID)
	})
}

func TestAccountIsRevoked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		got, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, "")
		if err != nil || got.Status != pay.StatusFailed || got.FailReason == "" {
			t.Fatalf("revoked: %s %v\n%s", got.Status, err, r.log)
		}
		if _, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, ""); !errors.Is(err, gateway.ErrNotAccount) {
			t.Errorf("revoked twice: %v", err)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if told := r.told.of(p.ID); !slices.Equal(told, []pay.Status{pay.StatusAwaitingDeposit}) {
			t.Errorf("told %v", told)
		}
		late := r.account("o1", 33000)
		r.atBank(late, "deposit") // nobody told us
		if got, err = r.gw.RevokeAccount(r.ctx, r.merchant.ID, late.ID, ""); err == nil || r.payment(late.ID).Status != pay.StatusPaid {
			t.Errorf("a deposited one was revoked: %s %v, now %s", got.Status, err, r.payment(late.ID).Status)
		}
		r.agrees(late.ID)
	})
}

// What a lost answer to issuing and revoking leaves behind.
func TestLostAnswersAboutAccounts(t *testing.T) {
	for _, loss := range losses {
		t.Run(loss.name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.faulty(pay.TossPayments, "POST /v1/virtual-accounts nth=1 "+loss.fault)
				p, err := r.gw.IssueAccount(r.ctx, gateway.AccountRequest{
					Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(24 * time.Hour), Charge: charge("o1", 1000),
				})
				if err != nil && !errors.Is(err, gateway.ErrOutcomeUnknown) {
					t.Fatal(err)
				}
				r.settleLong(func() bool { return r.payment(p.ID).Status != pay.StatusConfirming })
				if got := r.payment(p.ID); loss.moved && got.Status != pay.StatusAwaitingDeposit {
					t.Fatalf("issued, it is %s", got.Status)
				}
				r.well()
				if r.payment(p.ID).Status == pay.StatusFailed {
					p = r.account("o1", 1000)
				}
				r.faulty(pay.TossPayments, "POST /v1/payments/*/cancel nth=1 "+loss.fault)
				if _, err = r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, ""); err != nil && !errors.Is(err, gateway.ErrOutcomeUnknown) {
					t.Fatal(err)
				}
				r.settleLong(func() bool { return r.payment(p.ID).Status == pay.StatusFailed })
				r.agrees(p.ID)
			})
		})
	}
}

func TestAccountIsRefunded(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID}); !errors.Is(err, gateway.ErrNotCancellable) {
			t.Errorf("cancelled before the deposit: %v", err)
		}
		r.atBank(p, "deposit")
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID}); !errors.Is(err, gateway.ErrRefundAccount) {
			t.Errorf("refunded to nowhere: %v", err)
		}
		part := int64(11000)
		to := &connector.BankAccount{Bank: "004", Number: "110123456789", Holder: "홍길동"}
		got, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, Amount: &part, RefundTo: to})
		if err != nil || got.Cancelled != part || got.Status != pay.StatusPartiallyCancelled {
			t.Fatalf("refunded %d, %s: %v\n%s", got.Cancelled, got.Status, err, r.log)
		}
		got, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, RefundTo: to})
		if err != nil || got.Status != pay.StatusCancelled {
			t.Errorf("the rest: %s %v", got.Status, err)
		}
		r.agrees(p.ID)
		if strings.Contains(r.log.String(), "110123456789") {
			t.Error("the account is in the log")
		}
	})
}

// A deposit notice proves itself by the secret of its payment: a forged one is
// not even asked about.
func TestForgedDepositNotice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		key := pay.ChannelKey(fixedKey(pay.TossPayments, pay.ChannelPayment))
		body := fmt.Appendf(nil, `{"createdAt":"2026-11-21T12:00:00.000","secret":"ps_forgedforgedforgedforgedforge","status":"DONE","transactionKey":"T","orderId":%q}`, p.Ref.Order)
		queries := r.queries()
		if _, err := r.gw.Notice(r.ctx, key, http.Header{}, body); err != nil {
			t.Errorf("a forged one is answered with trouble: %v", err)
		}
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit || r.queries() != queries {
			t.Errorf("a forged notice was heeded: %s", got.Status)
		}
	})
}

// queries counts the questions that Toss Payments was asked.
func (r *rig) queries() (n int) {
	for _, e := range r.payments.Transcript().Entries() {
		if e.Method == "GET" && strings.HasPrefix(e.Path, "/v1/payments/") {
			n++
		}
	}
	return n
}

func TestFixedAccounts(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		issue := func(uid, key string) (pay.Payment, error) {
			return r.gw.IssueAccount(r.ctx, gateway.AccountRequest{
				Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(time.Hour), FixedKey: key, Charge: charge(uid, 1000),
			})
		}
		one, err := issue("o1", "CUST000012")
		must2(t, err)
		two, err := issue("o2", "CUST000012")
		must2(t, err)
		other, err := issue("o3", "CUST000013")
		must2(t, err)
		if a := one.Details.Account; !a.Fixed || a.Number != two.Details.Account.Number || a.Number == other.Details.Account.Number {
			t.Errorf("%+v, %+v, %+v", a, two.Details.Account, other.Details.Account)
		}
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			ch, err := tx.Channel(r.ctx, r.merchant.ID, r.channels[pay.TossPayments])
			if err != nil {
				return err
			}
			ch.Options.FixedAccounts = false
			return tx.UpdateChannel(r.ctx, ch)
		}))
		if _, err := issue("o4", "CUST000012"); !errors.Is(err, gateway.ErrFixedAccounts) {
			t.Errorf("without the contract: %v", err)
		}
		_, err = r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Bank: "092", Due: r.clock.Now().Add(time.Hour), Charge: charge("o5", 1000)})
		if _, ok := errors.AsType[*gateway.DeclinedError](err); !ok {
			t.Errorf("a bank that issues none: %v", err)
		}
		_, err = r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Channel: gateway.ChannelChoice{Key: r.channels[pay.TossPay]}, Bank: "088", Due: r.clock.Now().Add(time.Hour), Charge: charge("o6", 1000)})
		if !errors.Is(err, gateway.ErrUnsupported) {
			t.Errorf("Toss Pay issues accounts: %v", err)
		}
	})
}
