package notify_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
)

// TestModesHaveAddresses: what is not live is told at the test address, in its own
// content type; without one, as live payments are.
func TestModesHaveAddresses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode       pay.Mode
		url, typ   string
		form       bool
		path, kind string
	}{
		"live":                     {mode: pay.ModeLive, url: "/test", typ: "form", path: "/own", kind: "application/json"},
		"test":                     {mode: pay.ModeTest, url: "/test", typ: "form", path: "/test", kind: "application/x-www-form-urlencoded"},
		"sandbox":                  {mode: pay.ModeSandbox, url: "/test", path: "/test", kind: "application/json"},
		"test as live":             {mode: pay.ModeTest, form: true, path: "/own", kind: "application/x-www-form-urlencoded"},
		"test as live but in JSON": {mode: pay.ModeTest, form: true, typ: "json", path: "/own", kind: "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "sqlite::memory:", nil)
			r.settings(func(s *pay.Settings) {
				s.WebhookForm, s.WebhookTestType = c.form, c.typ
				if c.url != "" {
					s.WebhookTestURL = r.shop.URL + c.url
				}
			})
			r.payment.Mode = c.mode
			r.pays()
			r.paid()
			r.run()
			if got := r.shop.requests(); len(got) != 1 || got[0].path != c.path || got[0].kind != c.kind {
				t.Errorf("told %+v, want %s at %s", got, c.kind, c.path)
			}
		})
	}
}

// A merchant's leave for private addresses is for its test address, too.
func TestTheTestAddressMayBePrivate(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:", func(o *notify.Options) { o.AllowPrivate = nil })
	r.settings(func(s *pay.Settings) { s.PrivateAddressesOK, s.WebhookTestURL = true, r.shop.URL+"/test" })
	r.pays()
	r.paid()
	r.run()
	if d, tries := r.only(); d.Status != store.DeliveryDelivered {
		t.Errorf("%s: %+v", d.Status, tries)
	}
}

// paidNow is the payment as it stands right after it was paid.
func (r *rig) paidNow() pay.Payment {
	p := r.payment
	p.UpdatedAt = r.clock.Now()
	return p
}

func TestThePageWaitsForTheFirstTry(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		arrived, release := make(chan struct{}), make(chan struct{})
		r.shop.says(func(w http.ResponseWriter, _ *http.Request) {
			close(arrived)
			<-release
			w.WriteHeader(http.StatusInternalServerError) // it was told, however it liked it
		})
		r.pays()
		r.paid()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		r.runner.Start(ctx)
		<-arrived
		back := make(chan struct{})
		go func() { r.notifier.AwaitFirst(ctx, r.paidNow()); close(back) }()
		select {
		case <-back:
			t.Error("the page went on while the merchant's server was being told")
		case <-time.After(50 * time.Millisecond):
		}
		close(release)
		select {
		case <-back:
		case <-time.After(time.Minute):
			t.Error("the page still waits")
		}
		if err := r.runner.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// What nobody sends holds no page up for long, and nothing that is old does at all.
func TestThePageDoesNotWaitForLong(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:", nil)
	notify.FirstTime(r.notifier, 30*time.Millisecond)
	r.pays()
	r.paid()
	begun := time.Now()
	r.notifier.AwaitFirst(t.Context(), r.paidNow())
	if took := time.Since(begun); took < 30*time.Millisecond {
		t.Errorf("waited for %s only", took)
	}
	notify.FirstTime(r.notifier, time.Hour)
	p := r.paidNow()
	r.clock.Advance(5 * time.Second)
	r.notifier.AwaitFirst(t.Context(), p) // comes back at once, or the test never ends
}

func TestTestCall(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.settings(func(s *pay.Settings) { s.WebhookTestURL = r.shop.URL + "/test" })
		r.shop.says(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("no such payment"))
		})
		got, err := r.notifier.Test(t.Context(), "m1", pay.ModeTest)
		if err != nil {
			t.Fatal(err)
		}
		if got.Taken() || got.Status != 404 || got.AnswerType != "text/plain" || got.Answer != "no such payment" || got.Took <= 0 || got.Error != "" {
			t.Errorf("answer %+v", got)
		}
		want := `{"imp_uid":"imp_000000000000","merchant_uid":"naru_webhook_test","status":"paid"}`
		if all := r.shop.requests(); len(all) != 1 || all[0].path != "/test" || all[0].body != want {
			t.Errorf("sent %+v", all)
		}
		r.pays()
		if n := len(r.deliveries()); n != 0 {
			t.Errorf("%d deliveries", n)
		}
		if got, err = r.notifier.Test(t.Context(), "m1", pay.ModeLive); err != nil || !strings.HasSuffix(got.URL, "/own") {
			t.Errorf("live: %+v, %v", got, err)
		}
		r.settings(func(s *pay.Settings) { s.WebhookURL = "http://127.0.0.1:1/own" })
		if got, err = r.notifier.Test(t.Context(), "m1", pay.ModeLive); err != nil || got.Status != 0 || !strings.Contains(got.Error, "refused") {
			t.Errorf("nobody there: %+v, %v", got, err)
		}
	})
}
