package tosspayments_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

func (b *bench) settled() {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	if err := b.sim.Settle(ctx); err != nil {
		b.Fatalf("settle: %v", err)
	}
}

// plan is what the simulator will do next, since the start.
func (b *bench) plan() time.Duration {
	b.Helper()
	due := b.sim.Due()
	if due.IsZero() {
		return -1
	}
	return due.Sub(began)
}

func TestTheClockIsDrivenStepByStep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if got := b.plan(); got != -1 {
		t.Fatalf("nothing happened yet, due %v", got)
	}
	b.settled()
	b.reply = func(n int) int { return map[bool]int{true: http.StatusBadGateway, false: http.StatusOK}[n == 1] }
	r := b.call("POST", "/v1/virtual-accounts", accountOf()) // expires after 72 hours
	b.want(r, 200, "")
	b.cash(nil) // completes after a day
	b.settled()
	if n := len(b.hooks); n != 2 {
		t.Fatalf("%d webhooks were tried, want both of the issue, once each", n)
	}
	b.window(params(nil)) // expires after 30 minutes
	var steps []time.Duration
	for b.plan() >= 0 && len(steps) < 10 {
		steps = append(steps, b.plan())
		b.clock.set(b.sim.Due())
		b.settled()
	}
	want := []time.Duration{time.Minute, 30 * time.Minute, 24 * time.Hour, 72 * time.Hour}
	if len(steps) != len(want) {
		t.Fatalf("steps %v, want %v", steps, want)
	}
	for i := range want {
		if steps[i] != want[i] {
			t.Errorf("steps %v, want %v", steps, want)
		}
	}
	if p := b.get(r.body["paymentKey"].(string)); virtual(p)["expired"] != true {
		t.Errorf("payment %v", p)
	}
	if n := len(b.hooks); n != 4 {
		t.Errorf("%d webhooks, want the retry and the expiry of the window besides", n)
	}
}

// A refund under way is planned, too; one that was ended by hand is not.
func TestRefundsArePlanned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.deposited(nil)
	b.settled()
	if got := b.plan(); got != -1 {
		t.Errorf("a deposited account is due %v", got)
	}
	b.want(b.refund(key, nil), 200, "")
	b.settled()
	if got := b.plan(); got != 24*time.Hour {
		t.Errorf("the refund is due after %v", got)
	}
	b.want(b.control("POST", "/payments/"+key+"/refund", fields{"outcome": "COMPLETED"}), 200, "")
	if got := b.plan(); got != -1 {
		t.Errorf("an ended refund is due %v", got)
	}
}

func TestSettleDoesAllThatIsLate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.rule("webhook * late=1h")
	b.want(b.call("POST", "/v1/virtual-accounts", accountOf(fields{"validHours": 1})), 200, "")
	b.settled()
	if n := len(b.hooks); n != 0 {
		t.Fatalf("%d webhooks came before their time", n)
	}
	b.clock.set(began.Add(100 * time.Hour))
	b.settled()
	if n := len(b.hooks); n != 2 {
		t.Errorf("%d webhooks, want both", n)
	}
	if got := b.plan(); got != -1 {
		t.Errorf("still due: %v", got)
	}
}

func TestSettleEndsWithItsContextAndWithTheSimulator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	release := make(chan struct{})
	defer close(release)
	held := make(chan struct{}, 10)
	b.reply = func(int) int { held <- struct{}{}; <-release; return 200 }
	b.want(b.call("POST", "/v1/virtual-accounts", accountOf()), 200, "")
	<-held
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.sim.Settle(ctx) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	go func() { ended <- b.sim.Settle(b.Context()) }()
	if err := b.sim.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("Settle of a closed simulator says that all is done")
	}
}

// What a webhook makes its shop do belongs to the same moment.
func TestSettleWaitsForWhatWebhooksBring(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	cancelled := false
	b.reply = func(n int) int {
		if n == 1 {
			cancelled = b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심"}).status == 200
		}
		return 200
	}
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	b.settled()
	if n := len(b.hooks); n != 2 || !cancelled {
		t.Errorf("%d webhooks, cancelled %v; want those of the approval and of the cancel", n, cancelled)
	}
}
