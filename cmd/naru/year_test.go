package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// startWorld runs the world of naru dev within reach of the test.
func startWorld(t *testing.T, webhook string) (*devWorld, *running) {
	t.Helper()
	c := &devCmd{Listen: "127.0.0.1:0", SandboxListen: "127.0.0.1:0", ShopListen: "localhost:0", WebhookURL: webhook}
	w, log := &devWorld{}, slog.New(slog.DiscardHandler)
	if err := c.listen(w); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := c.build(ctx, w, t.TempDir(), NewClock(time.Now), log); err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- w.run(ctx, log, func() { close(ready) }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	<-ready
	return w, &running{t: t, at: w.at}
}

// TestYearOfMonthlyCharges: each charge is made at its own time, in the
// gateway's books and the simulator's, and told to the merchant then.
func TestYearOfMonthlyCharges(t *testing.T) {
	t.Parallel()
	h := newHook(t, 0, nil)
	h.mu.Lock()
	w, r := startWorld(t, h.URL)
	h.of = r
	h.mu.Unlock()
	r.clock(0, "freeze")
	r.clock(0, "set", "2030-12-31T12:00")
	g := w.app.gateway
	_, err := g.IssueKey(t.Context(), gateway.IssueKeyRequest{
		Merchant: devMerchant, CustomerUID: "gildong", Channel: gateway.ChannelChoice{Key: devChannels()[2].Key},
		Card: connector.Card{Number: "4330123412341234", ExpiryYear: "35", ExpiryMonth: "12", Birth: "900101", PasswordHead: "12"},
	})
	if err != nil {
		t.Fatal(err)
	}
	book := gateway.ScheduleRequest{Merchant: devMerchant, CustomerUID: "gildong"}
	var want []time.Time
	for month := time.January; month <= time.December; month++ {
		at := time.Date(2031, month, 25, 9, 30, 0, 0, korea())
		want = append(want, at)
		book.Items = append(book.Items, gateway.ScheduleItem{At: at, Charge: gateway.Charge{
			MerchantUID: pay.MerchantUID(fmt.Sprintf("month-%02d", month)), Name: "subscription", Amount: pay.Breakdown{Total: pay.Won(9900)},
		}})
	}
	if _, err := g.Schedule(t.Context(), book); err != nil {
		t.Fatal(err)
	}
	r.clock(0, "advance", "40d") // the first month's alone
	one, err := g.BookedCharge(t.Context(), devMerchant, "month-01")
	two, err2 := g.BookedCharge(t.Context(), devMerchant, "month-02")
	if err != nil || err2 != nil || one.Status != pay.ScheduleExecuted || two.Status != pay.ScheduleBooked {
		t.Errorf("after 40 days January is %s and February %s: %v %v", one.Status, two.Status, err, err2)
	}
	began := time.Now()
	r.clock(0, "set", "2032-01-01")
	t.Logf("eleven months took %s", time.Since(began))
	for i, at := range want {
		s, err := g.BookedCharge(t.Context(), devMerchant, book.Items[i].MerchantUID)
		if err != nil || s.Charged == nil {
			t.Fatalf("month %d: %+v %v", i+1, s, err)
		}
		if s.Status != pay.ScheduleExecuted || s.Charged.Status != pay.StatusPaid || !s.ExecutedAt.Equal(at) || !s.Charged.PaidAt.Equal(at) {
			t.Errorf("month %d: %s at %s, %s at %s; want %s", i+1, s.Status, s.ExecutedAt, s.Charged.Status, s.Charged.PaidAt, at)
		}
	}
	if got := h.seen(); !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("the merchant heard at %v, want %v", got, want)
	}
}
