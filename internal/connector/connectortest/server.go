package connectortest

import (
	"context"
	"errors"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// serverTests are the tests of what works without a window. One whose ability
// the connector lacks is skipped.
func serverTests() map[string]func(*testing.T, Harness) {
	tests := map[string]func(*testing.T, Harness){
		"a billing key is issued":               testKeyIssued,
		"lost answers of a billing key's issue": testLostKeys,
		"a billing key is read":                 testKeyRead,
		"notices of a billing key":              testKeyNotices,
		"a revoked billing key takes no money":  testKeyRevoked,
		"lost answers of a revocation":          testLostRevocation,
		"a virtual account is paid into":        testAccountPaid,
		"a waiting account is taken back":       testAccountTakenBack,
		"lost answers of an account's issue":    testLostAccounts,
		"a cash receipt is issued":              testReceipt,
		"lost answers of a cash receipt":        testLostReceipts,
	}
	for _, k := range takings {
		tests[k.what+" is charged"] = func(t *testing.T, h Harness) { testCharged(t, h, k) }
		tests[k.what+" is declined"] = func(t *testing.T, h Harness) { testChargeDeclined(t, h, k) }
		tests["lost answers of charging "+k.what] = func(t *testing.T, h Harness) { testLostCharges(t, h, k) }
	}
	return tests
}

// take takes money without a window.
type take func(ctx context.Context, call connector.Call, c connector.Charge) (connector.Outcome, error)

// taking is a way to take money without a window. Ready makes the connector
// ready for it, and skips the test if it cannot; with declined the provider will refuse.
type taking struct {
	what, hook string
	kind       pay.AttemptKind
	ready      func(b *bench, declined bool) take
	call       func(Server) string
}

var takings = []taking{
	{
		what: "a billing key", hook: "ChargeCall", kind: pay.AttemptCharge, call: func(s Server) string { return s.ChargeCall },
		ready: func(b *bench, declined bool) take {
			charger := able[connector.BillingCharger](b)
			key := b.billingKey(declined)
			return func(ctx context.Context, call connector.Call, c connector.Charge) (connector.Outcome, error) {
				return charger.ChargeBillingKey(ctx, call, key, c)
			}
		},
	},
	{
		what: "a card number", hook: "KeyInCall", kind: pay.AttemptKeyIn, call: func(s Server) string { return s.KeyInCall },
		ready: func(b *bench, declined bool) take {
			keyIn := able[connector.KeyIn](b)
			card := b.card(declined)
			return func(ctx context.Context, call connector.Call, c connector.Charge) (connector.Outcome, error) {
				return keyIn.ChargeCard(ctx, call, card, c)
			}
		},
	},
}

// customer is who the suite's billing keys are issued for.
const customer = "suite-customer-3906"

// card is a card of the harness. It is looked for in all that is said.
func (b *bench) card(declined bool) connector.Card {
	b.Helper()
	if b.Server.Card == nil {
		b.Fatal("the connector takes cards: Simulator.Server.Card must give one")
	}
	card := b.Server.Card(declined)
	b.secret("the card's number", card.Number)
	return card
}

// charge is an order to take money for.
func (b *bench) charge() connector.Charge {
	b.made++
	return connector.Charge{
		Order: orderNumber("imps_", b.made), Name: "정기 배송 3회차", Amount: pay.Breakdown{Total: pay.Won(price)}, Customer: customer,
		Buyer: pay.Buyer{Name: "김나루", Email: "naru@example.com"},
	}
}

// taken asks for the money of a charge.
func (b *bench) taken(ctx context.Context, take take, key string, c connector.Charge) (connector.Outcome, error) {
	out, err := take(ctx, b.call(key), c)
	return out, b.heard(err)
}

func testCharged(t *testing.T, h Harness, k taking) {
	b := setup(t, h)
	take := k.ready(b, false)
	if h.Driver.Methods[0].TaxFree {
		free := b.charge()
		free.Amount.TaxFree = 10000
		b.charged(take, "charge_1", free)
	}
	c := b.charge()
	ref := b.charged(take, "charge_2", c)
	if has[connector.Canceler](b.conn) {
		b.givenBack(c.Amount, ref)
	}
}

// charged takes money and checks what the answer says.
func (b *bench) charged(take take, key string, c connector.Charge) pay.Ref {
	b.Helper()
	out, err := b.taken(b.Context(), take, key, c)
	if err != nil || out.Verdict != connector.Approved || out.Snapshot == nil {
		b.Fatalf("charge: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
	b.stands("the answer", *out.Snapshot, connector.StagePaid, price, 0)
	if first := out.Snapshot.Movements[0]; out.Made != first.Key || first.TaxFree != c.Amount.TaxFree || out.Snapshot.TaxFree != c.Amount.TaxFree {
		b.Errorf("made %q, movement %+v, tax free %d, want %d", out.Made, first, out.Snapshot.TaxFree, c.Amount.TaxFree)
	}
	if out.Snapshot.Ref.Order != c.Order || out.Snapshot.Ref.Key == "" {
		b.Errorf("the answer is about %+v, want order %s and a key", out.Snapshot.Ref, c.Order)
	}
	b.checkApproval(*out.Snapshot, c.Amount)
	return out.Snapshot.Ref
}

func testChargeDeclined(t *testing.T, h Harness, k taking) {
	b := setup(t, h)
	take := k.ready(b, true)
	c := b.charge()
	out, err := b.taken(t.Context(), take, "charge_1", c)
	if err != nil || out.Verdict != connector.Declined || out.Decline == nil {
		t.Fatalf("charge: %s, %v, want it declined", Verdict(out.Verdict), err)
	}
	if out.Decline.Code == "" || out.Decline.ProviderCode == "" || out.Decline.ProviderMessage == "" {
		t.Errorf("decline %+v: our code, the provider's code and its words must be there", out.Decline)
	}
	b.nothingCame(c.Order)
}

// nothingCame checks that an order took no money, whether the provider knows it or not.
func (b *bench) nothingCame(order string) {
	b.Helper()
	snap, err := b.conn.Query(b.Context(), pay.Ref{Order: order})
	if errors.Is(b.heard(err), connector.ErrNotFound) {
		return
	}
	if in, _ := moved(snap); err != nil || in != 0 {
		b.Errorf("%s: %d came in, %v, want nothing", order, in, err)
	}
}

func testLostCharges(t *testing.T, h Harness, k taking) {
	k.ready(setup(t, h), false) // or this is skipped
	for _, l := range losses() {
		t.Run(l.rule, func(t *testing.T) {
			t.Parallel()
			b := setup(t, h)
			take := k.ready(b, false)
			c := b.charge()
			b.fault(k.hook, k.call(b.Server), l.rule)
			ctx, stop := context.WithTimeout(t.Context(), hasty)
			defer stop()
			out, err := b.taken(ctx, take, "charge_1", c)
			if err == nil || connector.KindOf(err) != connector.Unknown {
				t.Fatalf("charge: %s, %v, want an unknown outcome", Verdict(out.Verdict), err)
			}
			if l.done {
				b.comesTo(pay.Ref{Order: c.Order}, connector.StagePaid, price, 0)
			} else {
				b.nothingCame(c.Order)
			}
			b.chargedOnce(take, c, h.Driver.Timings[k.kind].Repeatable, l.done)
		})
	}
}

// chargedOnce charges an order again whose answer was lost. Where the provider
// keeps our key the same call takes the money that the first one did not take;
// elsewhere it may be refused. Nowhere is money taken twice.
func (b *bench) chargedOnce(take take, c connector.Charge, repeatable, done bool) {
	b.Helper()
	out, err := b.settled(func() (connector.Outcome, error) { return b.taken(b.Context(), take, "charge_1", c) })
	if err != nil || repeatable && out.Verdict != connector.Approved {
		b.Errorf("the same charge again: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
	if done || out.Verdict == connector.Approved {
		b.stands("after the same charge again", b.query(pay.Ref{Order: c.Order}), connector.StagePaid, price, 0)
	}
}

// serverErrors makes every call that works without a window and gives its error.
// None of them can succeed: the channel is closed or its credentials are wrong.
func (b *bench) serverErrors() map[string]error {
	b.Helper()
	errs, ctx := map[string]error{}, b.Context()
	ask := func(what string, call func() error) { errs[what] = b.heard(call()) }
	if a, err := connector.As[connector.BillingByCard](b.conn); err == nil {
		ask("issue billing key", func() error { _, err := a.IssueBillingKey(ctx, b.call("key_1"), customer, b.card(false)); return err })
	}
	if a, err := connector.As[connector.BillingWindower](b.conn); err == nil {
		ask("issue billing key from window", func() error { _, err := a.IssueFromWindow(ctx, b.call("key_2"), customer, "noSuchProof"); return err })
	}
	if a, err := connector.As[connector.BillingReader](b.conn); err == nil {
		ask("read billing key", func() error { _, err := a.ReadBillingKey(ctx, customer); return err })
	}
	if a, err := connector.As[connector.BillingCharger](b.conn); err == nil {
		ask("charge billing key", func() error {
			_, err := a.ChargeBillingKey(ctx, b.call("charge_1"), "noSuchBillingKey", b.charge())
			return err
		})
	}
	if a, err := connector.As[connector.BillingRevoker](b.conn); err == nil {
		ask("revoke billing key", func() error { _, err := a.RevokeBillingKey(ctx, b.call("revoke_1"), "noSuchBillingKey"); return err })
	}
	if a, err := connector.As[connector.KeyIn](b.conn); err == nil {
		ask("charge card", func() error { _, err := a.ChargeCard(ctx, b.call("charge_2"), b.card(false), b.charge()); return err })
	}
	if a, err := connector.As[connector.AccountIssuer](b.conn); err == nil {
		ask("issue account", func() error { _, err := a.IssueAccount(ctx, b.call("account_1"), b.account()); return err })
	}
	if a, err := connector.As[connector.ReceiptIssuer](b.conn); err == nil {
		ask("issue receipt", func() error { _, err := a.IssueReceipt(ctx, b.call("receipt_1"), b.receipt()); return err })
		ask("cancel receipt", func() error { _, err := a.CancelReceipt(ctx, b.call("receipt_2"), "noSuchReceipt"); return err })
	}
	return errs
}

// soon is how far a time that the provider repeats may be off.
const soon = time.Minute
