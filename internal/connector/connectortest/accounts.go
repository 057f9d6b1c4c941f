package connectortest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/pay"
)

// bank is the bank of the suite's virtual accounts and refund accounts.
const bank = "088"

// account is a virtual account to issue.
func (b *bench) account() connector.AccountSpec {
	b.made++
	return connector.AccountSpec{
		Order: orderNumber("imps_", b.made), Name: "원두 커피 외 1건", Amount: pay.Breakdown{Total: pay.Won(price)}, Bank: bank,
		Due: time.Now().Add(48 * time.Hour).Truncate(time.Minute), Buyer: pay.Buyer{Name: "김나루", Email: "naru@example.com"},
	}
}

// waiting is an order whose virtual account waits for its deposit.
func (b *bench) waiting() (connector.AccountSpec, connector.Snapshot) {
	b.Helper()
	spec := b.account()
	out, err := b.issueAccount(b.Context(), spec)
	if err != nil || out.Verdict != connector.Approved || out.Snapshot == nil {
		b.Fatalf("issue: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
	b.stands("the answer", *out.Snapshot, connector.StageAwaitingDeposit, 0, 0)
	return spec, *out.Snapshot
}

func (b *bench) issueAccount(ctx context.Context, spec connector.AccountSpec) (connector.Outcome, error) {
	out, err := able[connector.AccountIssuer](b).IssueAccount(ctx, b.call("account_1"), spec)
	return out, b.heard(err)
}

func testAccountPaid(t *testing.T, h Harness) {
	b := setup(t, h)
	able[connector.AccountIssuer](b)
	spec, issued := b.waiting()
	a := issued.Details.Account
	if a == nil || a.Bank != spec.Bank || a.Number == "" || a.Due.Sub(spec.Due).Abs() > soon || issued.Method != pay.MethodVbank {
		t.Fatalf("%s with account %+v, want one of bank %s due at %s", issued.Method, a, spec.Bank, spec.Due)
	}
	if diff := cmp.Diff(b.query(issued.Ref), issued); diff != "" {
		t.Errorf("the answer differs from what a query says (-query +answer):\n%s", diff)
	}
	if b.Server.Deposit == nil {
		t.Fatal("the connector issues virtual accounts: Simulator.Server.Deposit must pay into one")
	}
	b.Server.Deposit(t, spec.Order)
	b.comesTo(issued.Ref, connector.StagePaid, price, 0)
	paid := b.query(pay.Ref{Order: spec.Order})
	if len(paid.Movements) != 1 || paid.Movements[0].Kind != pay.MovementDeposit {
		t.Errorf("a deposit made the movements %+v", paid.Movements)
	}
	out, err := able[connector.Canceler](b).Cancel(t.Context(), b.call("cancel_1"), connector.Cancel{
		Ref: paid.Ref, Method: pay.MethodVbank, Amount: pay.Breakdown{Total: pay.Won(part)}, Paid: spec.Amount, Left: spec.Amount.Total, Reason: "반품",
		RefundTo: &connector.BankAccount{Bank: bank, Number: b.refundNumber(), Holder: "김나루"},
	})
	if b.heard(err) != nil || out.Verdict != connector.Approved {
		t.Fatalf("refund: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
	b.checkMade(out, part)
	b.comesTo(paid.Ref, connector.StagePaid, price, part)
}

// refundNumber is an account to refund to. It is looked for in all that is said.
func (b *bench) refundNumber() pay.Secret {
	const number pay.Secret = "110482973316"
	b.secret("the refund account", number)
	return number
}

func testAccountTakenBack(t *testing.T, h Harness) {
	b := setup(t, h)
	able[connector.AccountIssuer](b)
	spec, issued := b.waiting()
	takeBack := func() (connector.Outcome, error) {
		out, err := able[connector.Canceler](b).Cancel(t.Context(), b.call("cancel_1"), connector.Cancel{
			Ref: issued.Ref, Method: pay.MethodVbank, Amount: spec.Amount, Paid: spec.Amount, Left: spec.Amount.Total, Reason: "입금 전 취소",
		})
		return out, b.heard(err)
	}
	out, err := takeBack()
	if err != nil || out.Verdict != connector.Approved || out.Snapshot == nil {
		t.Fatalf("take back: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
	b.stands("the answer", *out.Snapshot, connector.StageDead, 0, 0)
	b.stands("a query", b.query(pay.Ref{Order: spec.Order}), connector.StageDead, 0, 0)
	if !h.Driver.Timings[pay.AttemptRevokeAccount].Repeatable {
		return
	}
	if out, err := takeBack(); err != nil || out.Verdict != connector.Approved {
		t.Errorf("the same again: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
}

func testLostAccounts(t *testing.T, h Harness) {
	able[connector.AccountIssuer](setup(t, h))
	for _, l := range losses() {
		t.Run(l.rule, func(t *testing.T) {
			t.Parallel()
			b := setup(t, h)
			spec := b.account()
			b.fault("AccountCall", b.Server.AccountCall, l.rule)
			ctx, stop := context.WithTimeout(t.Context(), hasty)
			defer stop()
			out, err := b.issueAccount(ctx, spec)
			if err == nil || connector.KindOf(err) != connector.Unknown {
				t.Fatalf("issue: %s, %v, want an unknown outcome", Verdict(out.Verdict), err)
			}
			if l.done {
				b.comesTo(pay.Ref{Order: spec.Order}, connector.StageAwaitingDeposit, 0, 0)
			} else {
				b.nothingCame(spec.Order)
			}
			if !h.Driver.Timings[pay.AttemptIssueAccount].Repeatable {
				return
			}
			out, err = b.settled(func() (connector.Outcome, error) { return b.issueAccount(t.Context(), spec) })
			if err != nil || out.Verdict != connector.Approved {
				t.Fatalf("the same issue again: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
			}
			snap := b.query(pay.Ref{Order: spec.Order})
			b.stands("after the same issue again", snap, connector.StageAwaitingDeposit, 0, 0)
			if diff := cmp.Diff(snap.Details.Account, out.Snapshot.Details.Account); diff != "" {
				t.Errorf("the account differs from what a query says (-query +answer):\n%s", diff)
			}
		})
	}
}
