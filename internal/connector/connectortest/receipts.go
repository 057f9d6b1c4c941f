package connectortest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// receipt is a cash receipt to issue. Whose it is, is looked for in all that is said.
func (b *bench) receipt() connector.ReceiptSpec {
	const phone pay.Secret = "01073914826"
	b.secret("the receipt's phone number", phone)
	b.made++
	return connector.ReceiptSpec{
		Order: fmt.Sprintf("rcpt_%012d", b.made), Name: "원두 커피", Amount: pay.Breakdown{Total: pay.Won(price)},
		Type: pay.ReceiptPerson, Identifier: phone,
	}
}

func (b *bench) issueReceipt(ctx context.Context, spec connector.ReceiptSpec) (connector.ReceiptOutcome, error) {
	out, err := able[connector.ReceiptIssuer](b).IssueReceipt(ctx, b.call("receipt_1"), spec)
	return out, b.heard(err)
}

func (b *bench) cancelReceipt(ctx context.Context, call, key string) (connector.ReceiptOutcome, error) {
	out, err := able[connector.ReceiptIssuer](b).CancelReceipt(ctx, b.call(call), key)
	return out, b.heard(err)
}

func testReceipt(t *testing.T, h Harness) {
	b := setup(t, h)
	able[connector.ReceiptIssuer](b)
	out, err := b.issueReceipt(t.Context(), b.receipt())
	if err != nil || out.Verdict != connector.Approved || out.Key == "" {
		t.Fatalf("issue: %s %+v, %v, key %q", Verdict(out.Verdict), out.Decline, err, out.Key)
	}
	if age := time.Since(out.At); age.Abs() > soon {
		t.Errorf("issued %s ago: the zone of the time was misread", age)
	}
	back, err := b.cancelReceipt(t.Context(), "receipt_2", out.Key)
	if err != nil || back.Verdict != connector.Approved {
		t.Fatalf("cancel: %s %+v, %v", Verdict(back.Verdict), back.Decline, err)
	}
	again, err := b.cancelReceipt(t.Context(), "receipt_3", out.Key)
	if err != nil || again.Verdict != connector.Declined || again.Decline == nil || again.Decline.ProviderCode == "" {
		t.Errorf("another cancel of it: %s %+v, %v, want it declined", Verdict(again.Verdict), again.Decline, err)
	}
}

func testLostReceipts(t *testing.T, h Harness) {
	able[connector.ReceiptIssuer](setup(t, h))
	if !h.Driver.Timings[pay.AttemptReceipt].Repeatable {
		t.Fatal("the suite has no test for a cash receipt that may not be asked for again")
	}
	for _, l := range losses() {
		t.Run(l.rule, func(t *testing.T) {
			t.Parallel()
			b := setup(t, h)
			spec := b.receipt()
			b.fault("ReceiptCall", b.Server.ReceiptCall, l.rule)
			first := b.lostReceipt("issue", func(ctx context.Context) (connector.ReceiptOutcome, error) { return b.issueReceipt(ctx, spec) })
			again, err := b.issueReceipt(t.Context(), spec)
			if err != nil || again.Key != first.Key || first.Key == "" {
				t.Errorf("the same issue twice gives %q and %q, %v", first.Key, again.Key, err)
			}
			b.fault("ReceiptCancelCall", b.Server.ReceiptCancelCall, l.rule)
			b.lostReceipt("cancel", func(ctx context.Context) (connector.ReceiptOutcome, error) {
				return b.cancelReceipt(ctx, "receipt_2", first.Key)
			})
		})
	}
}

// lostReceipt makes a call whose answer is lost and makes it again until it is known.
func (b *bench) lostReceipt(what string, call func(context.Context) (connector.ReceiptOutcome, error)) connector.ReceiptOutcome {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), hasty)
	defer stop()
	out, err := call(ctx)
	if err == nil || connector.KindOf(err) != connector.Unknown {
		b.Fatalf("%s: %s, %v, want an unknown outcome", what, Verdict(out.Verdict), err)
	}
	b.poll(func() bool {
		out, err = call(b.Context())
		return err == nil || connector.KindOf(err) != connector.Unknown
	})
	if err != nil || out.Verdict != connector.Approved {
		b.Fatalf("the same %s again: %s %+v, %v", what, Verdict(out.Verdict), out.Decline, err)
	}
	return out
}
