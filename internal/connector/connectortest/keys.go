package connectortest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

// billingKey is an active billing key of customer. It is looked for in all that is said.
func (b *bench) billingKey(declined bool) pay.Secret {
	b.Helper()
	var key pay.Secret
	switch issuer, err := connector.As[connector.BillingByCard](b.conn); {
	case err == nil:
		out, err := b.issued(b.Context(), issuer, "key_1", b.card(declined))
		if err != nil || out.Verdict != connector.Approved {
			b.Fatalf("issue: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
		}
		key = out.Key.Key
	case b.Server.BillingKey == nil:
		b.Fatal("the connector charges billing keys: Simulator.Server.BillingKey must make one")
	default:
		key = b.Server.BillingKey(b.T, customer, declined)
	}
	b.secret("the billing key", key)
	return key
}

func (b *bench) issued(ctx context.Context, issuer connector.BillingByCard, key string, card connector.Card) (connector.KeyOutcome, error) {
	out, err := issuer.IssueBillingKey(ctx, b.call(key), customer, card)
	b.secret("the billing key", out.Key.Key)
	return out, b.heard(err)
}

func testKeyIssued(t *testing.T, h Harness) {
	b := setup(t, h)
	issuer := able[connector.BillingByCard](b)
	out, err := b.issued(t.Context(), issuer, "key_1", b.card(false))
	if err != nil || out.Verdict != connector.Approved {
		t.Fatalf("issue: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
	if out.Key.Key == "" || out.Key.State != connector.KeyActive || out.Key.Method != pay.MethodCard || out.Key.Card == nil {
		t.Errorf("key of %s, %s, %d characters, card %v", out.Key.Method, KeyState(out.Key.State), len(out.Key.Key), out.Key.Card)
	}
	again, err := b.issued(t.Context(), issuer, "key_1", connector.Card{})
	if err != nil || again.Verdict != connector.Approved || again.Key.Key != out.Key.Key {
		t.Errorf("the same issue again, without the card: %s, %v, another key: %v", Verdict(again.Verdict), err, again.Key.Key != out.Key.Key)
	}
}

// testLostKeys: the card is gone when the answer is, so the provider's memory of
// the call is all there is.
func testLostKeys(t *testing.T, h Harness) {
	able[connector.BillingByCard](setup(t, h))
	for _, l := range losses() {
		t.Run(l.rule, func(t *testing.T) {
			t.Parallel()
			b := setup(t, h)
			issuer := able[connector.BillingByCard](b)
			b.fault("IssueKeyCall", b.Server.IssueKeyCall, l.rule)
			ctx, stop := context.WithTimeout(t.Context(), hasty)
			defer stop()
			out, err := b.issued(ctx, issuer, "key_1", b.card(false))
			if err == nil || connector.KindOf(err) != connector.Unknown {
				t.Fatalf("issue: %s, %v, want an unknown outcome", Verdict(out.Verdict), err)
			}
			b.poll(func() bool {
				out, err = b.issued(t.Context(), issuer, "key_1", connector.Card{})
				return err == nil || connector.KindOf(err) != connector.Unknown
			})
			want := connector.Declined
			if l.done {
				want = connector.Approved
			}
			if err != nil || out.Verdict != want || (out.Key.Key != "") != l.done {
				t.Errorf("asked again without the card: %s %+v, %v, want %s", Verdict(out.Verdict), out.Decline, err, Verdict(want))
			}
		})
	}
}

func testKeyRead(t *testing.T, h Harness) {
	b := setup(t, h)
	reader := able[connector.BillingReader](b)
	if _, err := reader.ReadBillingKey(t.Context(), "nobody-0000"); !errors.Is(b.heard(err), connector.ErrNotFound) {
		t.Errorf("a customer nobody knows: %v, want ErrNotFound", err)
	}
	key := b.billingKey(false)
	read, err := reader.ReadBillingKey(t.Context(), customer)
	if b.heard(err) != nil || read.State != connector.KeyActive || read.Key != key {
		t.Fatalf("read: %s, %v, another key: %v", KeyState(read.State), err, read.Key != key)
	}
	if (read.Method == pay.MethodCard) != (read.Card != nil) || read.Method == "" {
		t.Errorf("a key of %q with card %v", read.Method, read.Card)
	}
}

func testKeyNotices(t *testing.T, h Harness) {
	b := setup(t, h)
	if !b.Server.KeyNotices {
		t.Skip("the provider sends no notice of a billing key")
	}
	b.Fault(t, "webhook * twice")
	b.billingKey(false)
	keys := map[string]int{}
	for range 2 {
		n := b.nextNotice()
		if n.Customer != customer || n.Ref.Order != "" || n.Key == "" || n.Kind == "" {
			t.Errorf("notice %+v, want one about customer %s and no payment", n, customer)
		}
		b.hear(fmt.Sprintf("%+v", n))
		keys[n.Key]++
	}
	if len(keys) != 1 {
		t.Errorf("one notice sent twice has the keys %v", keys)
	}
}

func testKeyRevoked(t *testing.T, h Harness) {
	b := setup(t, h)
	revoker, charger := able[connector.BillingRevoker](b), able[connector.BillingCharger](b)
	key := b.billingKey(false)
	for _, try := range []string{"revoke_1", "revoke_2"} { // gone already is what was wanted
		out, err := revoker.RevokeBillingKey(t.Context(), b.call(try), key)
		if b.heard(err) != nil || out.Verdict != connector.Approved {
			t.Fatalf("%s: %s %+v, %v", try, Verdict(out.Verdict), out.Decline, err)
		}
	}
	c := b.charge()
	out, err := charger.ChargeBillingKey(t.Context(), b.call("charge_1"), key, c)
	if b.heard(err) != nil || out.Verdict != connector.Declined || out.Decline == nil || out.Decline.ProviderCode == "" {
		t.Errorf("a charge of a revoked key: %s %+v, %v, want it declined", Verdict(out.Verdict), out.Decline, err)
	}
	b.nothingCame(c.Order)
	b.keyIsGone()
}

// keyIsGone checks that a reader says so, where there is one.
func (b *bench) keyIsGone() {
	b.Helper()
	reader, err := connector.As[connector.BillingReader](b.conn)
	if err != nil {
		return
	}
	read, err := reader.ReadBillingKey(b.Context(), customer)
	if b.heard(err) != nil && !errors.Is(err, connector.ErrNotFound) || err == nil && read.State != connector.KeyGone {
		b.Errorf("a revoked key is read as %s, %v", KeyState(read.State), err)
	}
}

func testLostRevocation(t *testing.T, h Harness) {
	able[connector.BillingRevoker](setup(t, h))
	for _, l := range losses() {
		t.Run(l.rule, func(t *testing.T) {
			t.Parallel()
			b := setup(t, h)
			revoker := able[connector.BillingRevoker](b)
			key := b.billingKey(false)
			b.fault("RevokeKeyCall", b.Server.RevokeKeyCall, l.rule)
			ctx, stop := context.WithTimeout(t.Context(), hasty)
			defer stop()
			out, err := revoker.RevokeBillingKey(ctx, b.call("revoke_1"), key)
			if b.heard(err) == nil || connector.KindOf(err) != connector.Unknown {
				t.Fatalf("revoke: %s, %v, want an unknown outcome", Verdict(out.Verdict), err)
			}
			out, err = b.settled(func() (connector.Outcome, error) {
				out, err := revoker.RevokeBillingKey(t.Context(), b.call("revoke_1"), key)
				return out, b.heard(err)
			})
			if err != nil || out.Verdict != connector.Approved {
				t.Errorf("revoke again: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
			}
			b.keyIsGone()
		})
	}
}
