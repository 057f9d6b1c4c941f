package connectortest

import (
	"context"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

// part is what the suite's partial cancels give back.
const part = 15000

// cancel gives back amount of what is left.
func (b *bench) cancel(key string, paid pay.Breakdown, ref pay.Ref, amount, left int64) (connector.Outcome, error) {
	b.Helper()
	return b.cancelWith(b.Context(), key, paid, ref, amount, left)
}

// hastyCancel gives back a part and does not wait for a slow answer.
func (b *bench) hastyCancel(paid pay.Breakdown, ref pay.Ref) (connector.Outcome, error) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), hasty)
	defer stop()
	return b.cancelWith(ctx, "cancel_1", paid, ref, part, price)
}

func (b *bench) cancelWith(ctx context.Context, key string, paid pay.Breakdown, ref pay.Ref, amount, left int64) (connector.Outcome, error) {
	b.Helper()
	out, err := ability[connector.Canceler](b).Cancel(ctx, b.call(key), connector.Cancel{
		Ref: ref, Method: pay.MethodCard, Amount: pay.Breakdown{Total: pay.Won(amount)}, Paid: paid, Left: pay.Won(left), Reason: "색상 변경 (반품)",
	})
	return out, b.heard(err)
}

func testCancels(t *testing.T, h Harness) {
	b := setup(t, h)
	w, ref := b.paid()
	b.givenBack(w.Amount, ref)
}

// givenBack gives a payment of price back in three parts.
func (b *bench) givenBack(paid pay.Breakdown, ref pay.Ref) {
	b.Helper()
	var back int64
	for _, c := range []struct {
		key    string
		amount int64
		stage  connector.Stage
	}{
		{"cancel_1", part, connector.StagePaid},
		{"cancel_2", part, connector.StagePaid}, // the same amount again is another cancel
		{"cancel_3", price - 2*part, connector.StageCancelled},
	} {
		out, err := b.cancel(c.key, paid, ref, c.amount, price-back)
		if err != nil || out.Verdict != connector.Approved || out.Snapshot == nil {
			b.Fatalf("%s: %s, %v", c.key, Verdict(out.Verdict), err)
		}
		back += c.amount
		b.stands(c.key, *out.Snapshot, c.stage, price, back)
		b.checkMade(out, c.amount)
		b.stands("a query after "+c.key, b.query(ref), c.stage, price, back)
		ref = out.Snapshot.Ref
	}
	b.refusedCancel("nothing is left", "cancel_4", paid, ref, part, part, back)
}

// checkMade checks the movement that a cancel says it made.
func (b *bench) checkMade(out connector.Outcome, amount int64) {
	b.Helper()
	for _, m := range out.Snapshot.Movements {
		if m.Key == out.Made {
			if m.Kind != pay.MovementCancel || m.Amount != amount || m.Reason == "" {
				b.Errorf("the cancel made %+v, want %d given back with a reason", m, amount)
			}
			return
		}
	}
	b.Errorf("the cancel made %q, which is not among its movements", out.Made)
}

// refusedCancel asks for a cancel that must be refused and change nothing.
func (b *bench) refusedCancel(why, key string, paid pay.Breakdown, ref pay.Ref, amount, left, back int64) {
	b.Helper()
	out, err := b.cancel(key, paid, ref, amount, left)
	if err != nil || out.Verdict != connector.Declined || out.Decline == nil || out.Decline.ProviderCode == "" {
		b.Errorf("%s: %s %+v, %v, want it declined", why, Verdict(out.Verdict), out.Decline, err)
	}
	stage := connector.StagePaid
	if back == price {
		stage = connector.StageCancelled
	}
	if out.Snapshot != nil {
		b.stands(why+", the answer", *out.Snapshot, stage, price, back)
	}
	b.stands(why, b.query(ref), stage, price, back)
}

func testCancelTwice(t *testing.T, h Harness) {
	b := setup(t, h)
	w, ref := b.paid()
	first, err := b.cancel("cancel_1", w.Amount, ref, part, price)
	if err != nil || first.Verdict != connector.Approved {
		t.Fatalf("cancel: %s, %v", Verdict(first.Verdict), err)
	}
	again, err := b.cancel("cancel_1", w.Amount, ref, part, price)
	if err != nil || again.Verdict != connector.Approved || again.Made != first.Made {
		t.Errorf("the same cancel again: %s, %v, made %q, want %q", Verdict(again.Verdict), err, again.Made, first.Made)
	}
	b.stands("afterwards", b.query(ref), connector.StagePaid, price, part)
	b.refusedCancel("more than is left", "cancel_2", w.Amount, ref, price, 2*price, part)
	if out, err := b.cancel("cancel_3", w.Amount, ref, price-part, price-part); err != nil || out.Verdict != connector.Approved {
		t.Errorf("the rest: %s, %v", Verdict(out.Verdict), err)
	}
	b.stands("in the end", b.query(ref), connector.StageCancelled, price, price)
}
