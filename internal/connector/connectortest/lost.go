package connectortest

import (
	"context"
	"errors"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// loss is a way to lose an answer, and whether the call was carried out.
type loss struct {
	rule string
	done bool
}

// hasty is how long a call may take whose answer is slow. The call itself has
// been carried out long before.
const hasty = 2 * time.Second

func losses() []loss {
	return []loss{
		{"before drop", false},
		{"before status=503", false},
		{"after drop", true},
		{"after status=500", true},
		{"after status=502", true},
		{"after status=429", true},
		{"after garble", true},
		{"after cut", true},
		{"slow=10m", true},
	}
}

func testLostConfirms(t *testing.T, h Harness) {
	for _, l := range losses() {
		t.Run(l.rule, func(t *testing.T) {
			t.Parallel()
			b := setup(t, h)
			w, ref := b.authenticated(false)
			b.Fault(t, b.ConfirmCall+" nth=1 "+l.rule)
			ctx, cancel := context.WithTimeout(t.Context(), hasty)
			defer cancel()
			out, err := b.confirm(ctx, "confirm_1", w, ref)
			if err == nil || connector.KindOf(err) != connector.Unknown {
				t.Fatalf("confirm: %s, %v, want an unknown outcome", Verdict(out.Verdict), err)
			}
			if l.done {
				b.comesTo(ref, connector.StagePaid, price, 0)
			} else {
				b.stands("a query", b.query(ref), connector.StageAuthenticated, 0, 0)
			}
		})
	}
}

func testLostCancels(t *testing.T, h Harness) {
	if !h.Driver.Timings["cancel"].Repeatable {
		t.Fatal("the suite has no test for a cancel that may not be repeated")
	}
	for _, l := range losses() {
		t.Run(l.rule, func(t *testing.T) {
			t.Parallel()
			b := setup(t, h)
			w, ref := b.paid()
			b.Fault(t, b.CancelCall+" nth=1 "+l.rule)
			out, err := b.hastyCancel(w.Amount, ref)
			if err == nil || connector.KindOf(err) != connector.Unknown {
				t.Fatalf("cancel: %s, %v, want an unknown outcome", Verdict(out.Verdict), err)
			}
			if l.done {
				b.comesTo(ref, connector.StagePaid, price, part)
			} else {
				b.stands("a query", b.query(ref), connector.StagePaid, price, 0)
			}
			out, err = b.settled(func() (connector.Outcome, error) { return b.cancel("cancel_1", w.Amount, ref, part, price) })
			if err != nil || out.Verdict != connector.Approved || out.Made == "" {
				t.Fatalf("the same cancel again: %s, %v", Verdict(out.Verdict), err)
			}
			b.stands("after the same cancel again", b.query(ref), connector.StagePaid, price, part)
		})
	}
}

func testConfirmTwice(t *testing.T, h Harness) {
	b := setup(t, h)
	w, ref := b.authenticated(false)
	b.Fault(t, b.ConfirmCall+" nth=1 after drop")
	if _, err := b.confirm(t.Context(), "confirm_1", w, ref); connector.KindOf(err) != connector.Unknown {
		t.Fatalf("confirm: %v, want an unknown outcome", err)
	}
	for _, key := range []string{"confirm_1", "confirm_2"} { // the same attempt, and a forgotten one
		out, err := b.settled(func() (connector.Outcome, error) { return b.confirm(t.Context(), key, w, ref) })
		if err != nil || out.Verdict != connector.Approved {
			t.Errorf("confirm again as %s: %s, %v", key, Verdict(out.Verdict), err)
		}
	}
	b.stands("afterwards", b.query(ref), connector.StagePaid, price, 0)
}

// settled repeats a call whose outcome stays unknown because the provider is
// still busy with the first one.
func (b *bench) settled(call func() (connector.Outcome, error)) (connector.Outcome, error) {
	b.Helper()
	var out connector.Outcome
	var err error
	b.poll(func() bool {
		out, err = call()
		return err == nil || connector.KindOf(err) != connector.Unknown
	})
	return out, err
}

// comesTo waits until a payment stands as it should: the provider may still be
// at work when the connection is gone.
func (b *bench) comesTo(ref pay.Ref, stage connector.Stage, in, back int64) {
	b.Helper()
	var snap connector.Snapshot
	b.poll(func() bool {
		var err error
		if snap, err = b.conn.Query(b.Context(), ref); errors.Is(b.heard(err), connector.ErrNotFound) {
			return false
		}
		if err != nil {
			b.Fatalf("query: %v", err)
		}
		gotIn, gotBack := moved(snap)
		return snap.Stage == stage && gotIn == in && gotBack == back
	})
	b.stands("a query", snap, stage, in, back)
}

// poll asks until the answer is yes or patience ends.
func (b *bench) poll(done func() bool) {
	tick, end := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-end:
			return
		}
	}
}
