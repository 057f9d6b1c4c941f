package notify_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
)

// givesUp brings the rig's only delivery to its end.
func (r *rig) givesUp() store.Delivery {
	r.t.Helper()
	r.settings(func(s *pay.Settings) { s.WebhookRetries = []int{} })
	r.shop.saysStatus(http.StatusInternalServerError)
	r.pays()
	r.paid()
	r.run()
	d, _ := r.only()
	if d.Status != store.DeliveryGivenUp {
		r.t.Fatalf("%s, want given_up", d.Status)
	}
	return d
}

func (r *rig) resends(id string, how notify.How) {
	r.t.Helper()
	if _, err := r.notifier.Resend(r.t.Context(), r.merchant.ID, id, how); err != nil {
		r.t.Fatal(err)
	}
}

// TestManualTry is V1's re-send: one request, recorded as a person's.
func TestManualTry(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.givesUp()
		r.resends(d.ID, notify.Once)
		r.run()
		now, tries := r.only()
		if now.Status != store.DeliveryGivenUp || len(tries) != 2 || !tries[1].Manual || tries[1].Status != 500 || now.Tries != 1 {
			t.Errorf("a manual try that fails: %+v, %+v", now, tries)
		}
		if last := r.outcomes.seen[len(r.outcomes.seen)-1]; last != "failed" {
			t.Errorf("outcome told: %s", last)
		}
		r.shop.saysStatus(http.StatusOK)
		r.resends(d.ID, notify.Once)
		r.run()
		now, tries = r.only()
		if now.Status != store.DeliveryDelivered || now.Done.IsZero() || len(tries) != 3 || !tries[2].Manual {
			t.Errorf("a manual try that goes well: %+v, %+v", now, tries)
		}
		r.resends(d.ID, notify.Once) // also of one that was delivered
		r.run()
		if again, _ := r.only(); len(r.shop.requests()) != 4 || again.Status != store.DeliveryDelivered || !again.Done.Equal(now.Done) {
			t.Errorf("%d requests, %+v", len(r.shop.requests()), again)
		}
		r.noJobs()
	})
}

// TestManualTryLeavesRetriesAlone: it takes none of the list, and if it goes well
// the rest is not needed.
func TestManualTryLeavesRetriesAlone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.shop.saysStatus(http.StatusInternalServerError)
		r.pays()
		r.paid()
		r.run()
		d, _ := r.only()
		r.resends(d.ID, notify.Once)
		r.run()
		if now, tries := r.only(); now.Tries != 1 || len(tries) != 2 || !now.NextAt.Equal(d.NextAt) || now.Status != store.DeliveryWaiting {
			t.Fatalf("%+v, %+v", now, tries)
		}
		r.after(time.Minute)
		if n := len(r.shop.requests()); n != 3 {
			t.Errorf("%d requests: the retry of its own did not come", n)
		}
		r.shop.saysStatus(http.StatusOK)
		r.resends(d.ID, notify.Once)
		r.run()
		r.after(24 * time.Hour)
		if now, _ := r.only(); now.Status != store.DeliveryDelivered || len(r.shop.requests()) != 4 {
			t.Errorf("%s after %d requests", now.Status, len(r.shop.requests()))
		}
		r.noJobs()
	})
}

func TestFreshRound(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.givesUp()
		r.settings(func(s *pay.Settings) { s.WebhookRetries = []int{60} })
		r.resends(d.ID, notify.Round)
		if _, err := r.notifier.Resend(t.Context(), r.merchant.ID, d.ID, notify.Round); !errors.Is(err, notify.ErrStillTried) {
			t.Errorf("a second round at once: %v", err)
		}
		r.run()
		if now, tries := r.only(); now.Status != store.DeliveryWaiting || len(tries) != 2 || tries[1].Manual {
			t.Fatalf("%+v, %+v", now, tries)
		}
		r.after(time.Minute)
		if now, tries := r.only(); now.Status != store.DeliveryGivenUp || len(tries) != 3 {
			t.Errorf("%+v, %+v", now, tries)
		}
		if _, err := r.notifier.Resend(t.Context(), "m1", "d_none", notify.Once); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of none: %v", err)
		}
		if _, err := r.notifier.Resend(t.Context(), "m2", d.ID, notify.Once); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of another merchant: %v", err)
		}
	})
}

// TestResendMany chooses what an outage of one endpoint left behind.
func TestResendMany(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.settings(func(s *pay.Settings) { s.WebhookRetries = []int{} })
		r.shop.saysStatus(http.StatusServiceUnavailable)
		const before, during = 3, 207 // more than one batch
		r.tells(1, slices.Repeat([]string{r.shop.URL + "/hook"}, before)...)
		r.run()
		r.clock.Advance(time.Hour)
		from := r.clock.Now()
		r.tells(100, slices.Repeat([]string{r.shop.URL + "/hook", r.shop.URL + "/hook?n=1", r.shop.URL + "/hook/2"}, during/3)...)
		r.tells(900, r.shop.URL+"/other")
		r.run()
		r.clock.Advance(time.Hour)
		r.shop.saysStatus(http.StatusOK)
		many := notify.Many{Filter: store.DeliveryFilter{From: from, Address: r.shop.URL + "/hook"}, How: notify.Round, DryRun: true}
		if n, err := r.notifier.ResendMany(t.Context(), r.merchant.ID, many); n != during || err != nil {
			t.Fatalf("dry run: %d, %v; want %d", n, err, during)
		}
		r.run()
		if n := len(r.shop.requests()); n != before+during+1 {
			t.Fatalf("a dry run sent: %d requests", n)
		}
		many.DryRun = false
		if n, err := r.notifier.ResendMany(t.Context(), r.merchant.ID, many); n != during || err != nil {
			t.Fatalf("%d, %v; want %d", n, err, during)
		}
		r.run()
		if n := len(r.shop.requests()); n != before+2*during+1 {
			t.Errorf("%d requests, want %d", n, before+2*during+1)
		}
		if n, err := r.notifier.ResendMany(t.Context(), r.merchant.ID, many); n != 0 || err != nil {
			t.Errorf("once more: %d, %v", n, err)
		}
		left, err := r.notifier.ResendMany(t.Context(), r.merchant.ID, notify.Many{DryRun: true})
		if left != before+1 || err != nil {
			t.Errorf("%d given up are left (%v), want %d", left, err, before+1)
		}
		waiting := notify.Many{Filter: store.DeliveryFilter{Status: store.DeliveryWaiting}}
		if _, err := r.notifier.ResendMany(t.Context(), r.merchant.ID, waiting); !errors.Is(err, notify.ErrStillTried) {
			t.Errorf("what waits: %v", err)
		}
	})
}

// TestRetryAfterIsHonoured: a try comes no earlier than the merchant asks for,
// and no earlier than its list says.
func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]time.Duration{"600": 10 * time.Minute, "1": time.Minute, "86400": time.Hour, "soon": time.Minute} {
		t.Run(asked, func(t *testing.T) {
			onSQLite(t, func(t *testing.T, r *rig) {
				r.shop.says(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", asked)
					w.WriteHeader(http.StatusTooManyRequests)
				})
				r.pays()
				r.paid()
				r.run()
				if d, _ := r.only(); !d.NextAt.Equal(r.clock.Now().Add(want)) {
					t.Errorf("next in %s, want %s", d.NextAt.Sub(r.clock.Now()), want)
				}
			})
		})
	}
}

// TestWaitsAreSpread: never earlier than nine tenths of what the list says.
func TestWaitsAreSpread(t *testing.T) {
	t.Parallel()
	for chance, want := range map[float64]time.Duration{0: 54 * time.Second, 0.5: time.Minute, 0.75: 63 * time.Second} {
		r := newRig(t, "sqlite::memory:", func(o *notify.Options) { o.Chance = func() float64 { return chance } })
		r.shop.saysStatus(http.StatusInternalServerError)
		r.pays()
		r.paid()
		r.run()
		if d, _ := r.only(); !d.NextAt.Equal(r.clock.Now().Add(want)) {
			t.Errorf("chance %v: next in %s, want %s", chance, d.NextAt.Sub(r.clock.Now()), want)
		}
	}
}

// TestOrderAmongRounds: a later message waits for the first try of a round too.
func TestOrderAmongRounds(t *testing.T) {
	onSQLite(t, func(t *testing.T, r *rig) {
		d := r.givesUp()
		r.resends(d.ID, notify.Round)
		r.happens(gateway.Event{Seq: 3, Status: pay.StatusCancelled})
		r.shop.saysStatus(http.StatusOK)
		r.run()
		got := r.shop.requests()
		if len(got) != 3 || !strings.Contains(got[1].body, "paid") || !strings.Contains(got[2].body, "cancelled") {
			t.Errorf("sent %+v", got)
		}
	})
}
