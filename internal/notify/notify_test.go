package notify_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func TestEventReachesEachNoticeURLOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		own   string
		urls  []string
		event gateway.Event
		want  []string
	}{
		"the merchant's own":           {"/own", nil, gateway.Event{Status: pay.StatusPaid}, []string{"/own"}},
		"notice_url instead":           {"/own", []string{"/a"}, gateway.Event{Status: pay.StatusPaid}, []string{"/a"}},
		"a list, each once":            {"/own", []string{"/a", "/b", "/a"}, gateway.Event{Status: pay.StatusPaid}, []string{"/a", "/b"}},
		"an API cancel goes to own":    {"/own", []string{"/a"}, gateway.Event{Status: pay.StatusCancelled, MerchantURL: true}, []string{"/own"}},
		"nowhere":                      {"", nil, gateway.Event{Status: pay.StatusPaid}, nil},
		"nowhere though it is the own": {"", []string{"/a"}, gateway.Event{Status: pay.StatusCancelled, MerchantURL: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			onSQLite(t, func(t *testing.T, r *rig) {
				full := func(p string) string { return r.shop.URL + p }
				r.settings(func(s *pay.Settings) {
					if s.WebhookURL = ""; c.own != "" {
						s.WebhookURL = full(c.own)
					}
				})
				var urls []string
				for _, u := range c.urls {
					urls = append(urls, full(u))
				}
				r.pays(urls...)
				c.event.Seq = 3
				r.happens(c.event)
				r.run()
				var got []string
				for _, a := range r.shop.requests() {
					got = append(got, a.path)
				}
				slices.Sort(got)
				if !slices.Equal(got, c.want) {
					t.Errorf("sent to %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form       bool
		event      gateway.Event
		kind, body string
	}{
		"JSON":   {false, gateway.Event{Status: pay.StatusPaid}, "application/json", `{"imp_uid":"imp_000000000001","merchant_uid":"주문-1","status":"paid"}`},
		"form":   {true, gateway.Event{Status: pay.StatusPaid}, "application/x-www-form-urlencoded", "imp_uid=imp_000000000001&merchant_uid=%EC%A3%BC%EB%AC%B8-1&status=paid"},
		"cancel": {false, gateway.Event{Status: pay.StatusPartiallyCancelled, CancelID: "c1"}, "application/json", `{"imp_uid":"imp_000000000001","merchant_uid":"주문-1","status":"cancelled","cancellation_id":"c1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			onSQLite(t, func(t *testing.T, r *rig) {
				r.settings(func(s *pay.Settings) { s.WebhookForm = c.form })
				r.pays()
				c.event.Seq = 3
				r.happens(c.event)
				r.run()
				want := []arrived{{"/own", c.kind, "Naru/test", c.body, signed{}}}
				if got := r.shop.requests(); !slices.Equal(got, want) {
					t.Errorf("sent %+v, want %+v", got, want)
				}
				d, tries := r.only()
				if d.Status != store.DeliveryDelivered || d.Done.IsZero() || len(tries) != 1 || tries[0].Status != 200 {
					t.Errorf("delivery %+v with tries %+v", d, tries)
				}
			})
		})
	}
}

func TestSameEventTwiceIsOneDelivery(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.pays()
		r.paid()
		r.run()
		r.paid() // the worker's answer was lost: it runs again
		r.run()
		if n := len(r.shop.requests()); n != 1 {
			t.Errorf("sent %d times, want once", n)
		}
		r.only()
	})
}

func TestOnly200IsSuccess(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		200: store.DeliveryDelivered,
		201: store.DeliveryGivenUp, 204: store.DeliveryGivenUp, 301: store.DeliveryGivenUp, 400: store.DeliveryGivenUp, 404: store.DeliveryGivenUp,
		429: store.DeliveryWaiting, 500: store.DeliveryWaiting, 503: store.DeliveryWaiting, 599: store.DeliveryWaiting,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "sqlite::memory:", nil)
			r.shop.says(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", r.shop.URL+"/elsewhere")
				w.WriteHeader(status)
			})
			r.pays()
			r.paid()
			r.run()
			d, tries := r.only()
			if d.Status != want || len(tries) != 1 || tries[0].Status != status {
				t.Errorf("%d: %s, tries %+v; want %s", status, d.Status, tries, want)
			}
			if n := len(r.shop.requests()); n != 1 {
				t.Errorf("%d requests: a redirect was followed", n)
			}
		})
	}
}

func TestRetriesFollowTheList(t *testing.T) {
	t.Parallel()
	for name, own := range map[string][]int{"the gateway's": nil, "the merchant's": {5, 7, 11}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				waits := []time.Duration{time.Minute, time.Hour}
				if own != nil {
					r.settings(func(s *pay.Settings) { s.WebhookRetries = own })
					waits = []time.Duration{5 * time.Second, 7 * time.Second, 11 * time.Second}
				}
				r.shop.saysStatus(http.StatusBadGateway)
				r.pays()
				r.paid()
				r.run()
				for i, w := range waits {
					if d, _ := r.only(); !d.NextAt.Equal(r.clock.Now().Add(w)) || d.Status != store.DeliveryWaiting {
						t.Fatalf("after try %d: next at %s, want in %s", i+1, d.NextAt, w)
					}
					r.after(w - time.Millisecond)
					if n := len(r.shop.requests()); n != i+1 {
						t.Fatalf("%d tries before the time of try %d", n, i+2)
					}
					r.after(time.Millisecond)
					if n := len(r.shop.requests()); n != i+2 {
						t.Fatalf("%d tries at the time of try %d", n, i+2)
					}
				}
				d, tries := r.only()
				if d.Status != store.DeliveryGivenUp || d.Tries != len(waits)+1 || len(tries) != d.Tries || d.Done.IsZero() || !d.NextAt.IsZero() {
					t.Errorf("at the end: %+v, %d tries recorded", d, len(tries))
				}
				r.after(30 * 24 * time.Hour)
				if n := len(r.shop.requests()); n != len(waits)+1 {
					t.Errorf("%d requests after it was given up", n)
				}
				if last := r.outcomes.seen[len(r.outcomes.seen)-1]; last != store.DeliveryGivenUp {
					t.Errorf("last outcome told: %s", last)
				}
			})
		})
	}
}

func TestRetrySucceeds(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.shop.saysStatus(http.StatusInternalServerError)
		r.pays()
		r.paid()
		r.run()
		r.shop.saysStatus(http.StatusOK)
		r.after(time.Minute)
		d, tries := r.only()
		if d.Status != store.DeliveryDelivered || len(tries) != 2 || tries[0].Status != 500 || tries[1].Status != 200 {
			t.Errorf("%+v, tries %+v", d, tries)
		}
		r.after(24 * time.Hour)
		if n := len(r.shop.requests()); n != 2 {
			t.Errorf("%d requests after it was delivered", n)
		}
	})
}

func TestDeadMerchantIsRetried(t *testing.T) {
	onSQLite(t, func(t *testing.T, r *rig) {
		r.shop.Close()
		r.pays()
		r.paid()
		r.run()
		d, tries := r.only()
		if d.Status != store.DeliveryWaiting || tries[0].Status != 0 || !strings.Contains(tries[0].Error, "refused") {
			t.Errorf("%s, tries %+v", d.Status, tries)
		}
		if strings.Contains(tries[0].Error, "/own") {
			t.Errorf("the error repeats the address: %s", tries[0].Error)
		}
	})
}

func TestLaterEventEndsRetries(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.shop.saysStatus(http.StatusInternalServerError)
		r.pays()
		r.paid()
		r.run()
		r.happens(gateway.Event{Seq: 3, Status: pay.StatusCancelled, CancelID: "c1"})
		r.run()
		r.after(time.Minute)
		all := r.deliveries()
		if len(all) != 2 || all[0].Status != store.DeliverySuperseded || all[0].Tries != 1 || all[0].Done.IsZero() {
			t.Fatalf("deliveries: %+v", all)
		}
		if all[1].Status != store.DeliveryWaiting || all[1].Tries != 2 {
			t.Errorf("the later event: %+v", all[1])
		}
	})
}

func TestOtherAddressKeepsItsRetries(t *testing.T) {
	onSQLite(t, func(t *testing.T, r *rig) {
		r.shop.says(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/a" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		r.pays(r.shop.URL + "/a")
		r.paid()
		r.run()
		r.happens(gateway.Event{Seq: 3, Status: pay.StatusCancelled, MerchantURL: true}) // to /own
		r.run()
		r.after(time.Minute)
		for _, d := range r.deliveries() {
			if strings.HasSuffix(d.URL, "/a") && (d.Status != store.DeliveryWaiting || d.Tries != 2) {
				t.Errorf("%+v", d)
			}
		}
	})
}

// TestFirstTriesKeepTheirOrder: while the first message is under way, the
// second waits, whichever job runs first.
func TestFirstTriesKeepTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		arrived, release := make(chan struct{}), make(chan struct{})
		r.shop.says(func(w http.ResponseWriter, _ *http.Request) {
			arrived <- struct{}{}
			<-release
			w.WriteHeader(http.StatusInternalServerError)
		})
		r.pays()
		r.paid()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		r.runner.Start(ctx)
		<-arrived
		r.happens(gateway.Event{Seq: 3, Status: pay.StatusCancelled})
		waitFor(t, func() bool { return len(r.deliveries()) == 2 })
		if n := len(r.shop.requests()); n != 1 {
			t.Errorf("%d requests while the first is open", n)
		}
		r.shop.says(func(http.ResponseWriter, *http.Request) {}) // before the second can come
		release <- struct{}{}
		// No clock moves: the end of the first try brings the second's turn.
		waitFor(t, func() bool { return len(r.shop.requests()) == 2 })
		if err := r.runner.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.shop.requests()[1].body; !strings.Contains(got, "cancelled") {
			t.Errorf("second message: %s", got)
		}
		// The answer to the first came after the second event was known.
		if all := r.deliveries(); all[0].Status != store.DeliverySuperseded || all[1].Status != store.DeliveryDelivered {
			t.Errorf("deliveries: %+v", all)
		}
	})
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within a minute")
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.shop.says(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("a\x00b\xffc" + strings.Repeat("가", 100_000)))
		})
		r.pays()
		r.paid()
		r.run()
		_, tries := r.only()
		got := tries[0].Answer
		if len(got) > 4<<10+8 || !strings.HasPrefix(got, "a\ufffdb\ufffdc가가") || !strings.HasSuffix(got, "가") {
			t.Errorf("%d bytes kept: %q…", len(got), got[:20])
		}
	})
}

// TestStoppingIsNoTry: a message that is cut off because the gateway stops is
// not held against the merchant, and is sent again.
func TestStoppingIsNoTry(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:", nil)
	arrived := make(chan struct{})
	r.shop.says(func(_ http.ResponseWriter, req *http.Request) {
		close(arrived)
		<-req.Context().Done()
	})
	r.pays()
	r.paid()
	r.runner.Start(t.Context())
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = r.runner.Stop(ctx) // the grace is over at once
	r.shop.says(func(http.ResponseWriter, *http.Request) {})
	waitFor(t, func() bool {
		r.after(2 * time.Minute) // the lease is out
		d, _ := r.only()
		return d.Status == store.DeliveryDelivered
	})
	if d, tries := r.only(); d.Tries != 1 || len(tries) != 1 {
		t.Errorf("%d tries recorded, want the one that ended", len(tries))
	}
}

// TestLogKeepsAddressesPrivate: merchants put secrets into paths and queries.
func TestLogKeepsAddressesPrivate(t *testing.T) {
	t.Parallel()
	const marker = "planted-marker"
	r := newRig(t, "sqlite::memory:", nil)
	r.shop.saysStatus(http.StatusInternalServerError)
	r.pays(r.shop.URL+"/"+marker+"?token="+marker, "http://"+marker+":1/", "http://user:"+marker+"@127.0.0.1:1/")
	r.paid()
	r.run()
	log := strings.ReplaceAll(r.log.String(), "host="+marker, "")
	log = strings.ReplaceAll(log, "lookup "+marker, "")
	if strings.Contains(log, marker) {
		t.Errorf("the log tells:\n%s", log)
	}
	for _, d := range r.deliveries() {
		if e := r.tries(d)[0].Error; strings.Contains(e, "token="+marker) || strings.Contains(e, "user:") {
			t.Errorf("the recorded error tells: %s", e)
		}
	}
}
