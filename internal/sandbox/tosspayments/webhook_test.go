package tosspayments_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"naru/internal/sandbox/tosspayments"
)

func taxable(o *tosspayments.Options) { o.Shops[0].TaxFree = false }

// webhookLog is the control port's log.
func (b *bench) webhookLog() []fields {
	b.Helper()
	return decode[struct{ Webhooks []fields }](b.T, b.call("GET", b.root+"/control/tosspayments/webhooks", nil).raw).Webhooks
}

// logged waits until the newest webhook of the log is in the state.
func (b *bench) logged(state string) fields {
	b.Helper()
	for deadline := time.Now().Add(patience); ; {
		all := b.webhookLog()
		if len(all) > 0 && all[len(all)-1]["state"] == state {
			return all[len(all)-1]
		}
		if time.Now().After(deadline) {
			b.Fatalf("the newest webhook is not %s: %v", state, all)
		}
	}
}

func TestWebhookCarriesThePaymentAndItsHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	h := b.hook()
	if h.body["eventType"] != "PAYMENT_STATUS_CHANGED" || h.body["createdAt"] != "2023-03-10T10:15:22.000000" {
		t.Errorf("envelope %v", h.body)
	}
	sent, _ := json.Marshal(h.body["data"])
	now, _ := json.Marshal(b.get(key))
	if string(sent) != string(now) {
		t.Errorf("data %s\nwant %s", sent, now)
	}
	if id := h.header.Get("Tosspayments-Webhook-Transmission-Id"); !strings.HasPrefix(id, "whtrans_") {
		t.Errorf("transmission id %q", id)
	}
	if got := h.header.Get("Tosspayments-Webhook-Transmission-Retried-Count"); got != "0" {
		t.Errorf("retried count %q", got)
	}
	if got := h.header.Get("Tosspayments-Webhook-Transmission-Time"); got != "2023-03-10T10:15:22+09:00" {
		t.Errorf("transmission time %q", got)
	}
}

func TestShortWebhooks(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) { o.Shops[0].ShortWebhook = true })
	key := b.authenticated(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	data := b.hook().body["data"].(map[string]any)
	if len(data) != 3 || data["paymentKey"] != key || data["orderId"] != "ORD-20230310-0001" || data["status"] != "DONE" {
		t.Errorf("data %v", data)
	}
}

func TestCancelsAreAnnounced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.approved(nil)
	for _, c := range []struct {
		amount int
		want   string
	}{{20000, "PARTIAL_CANCELED"}, {38000, "PARTIAL_CANCELED"}} {
		b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심", "cancelAmount": c.amount}), 200, "")
		if got := b.hook().status(); got != c.want {
			t.Errorf("webhook of %s, want %s", got, c.want)
		}
	}
}

func TestShopsWithoutAnAddressGetNone(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) { o.Shops[0].WebhookURL = "" })
	key := b.authenticated(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	if log := b.webhookLog(); len(log) != 0 {
		t.Errorf("log %v", log)
	}
}

// After 1, 4, 16, 64, 256, 1024 and 4096 minutes, by the simulator's clock.
func TestRetriesFollowTheSchedule(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.reply = func(int) int { return 204 } // only 200 counts
	key := b.authenticated(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	first := b.hook().header.Get("Tosspayments-Webhook-Transmission-Id")
	for i, minutes := range []time.Duration{1, 4, 16, 64, 256, 1024, 4096} {
		due := b.tried(i + 1)["dueAt"].(string)
		if want := b.clock.now().Add(minutes * time.Minute).Format(time.RFC3339); due != want {
			t.Fatalf("try %d is due %s, want %s", i+2, due, want)
		}
		b.later(minutes * time.Minute)
		h := b.hook()
		if got := h.header.Get("Tosspayments-Webhook-Transmission-Retried-Count"); got != fmt.Sprint(i+1) {
			t.Errorf("retried count %s, want %d", got, i+1)
		}
		if id := h.header.Get("Tosspayments-Webhook-Transmission-Id"); id != first {
			t.Errorf("transmission id %s, first %s", id, first)
		}
	}
	if log := b.logged("failed"); len(log["tries"].([]any)) != 8 || log["dueAt"] != nil {
		t.Errorf("log %v", log)
	}
	// By hand it goes once more.
	b.reply = func(int) int { return 200 }
	b.want(b.call("POST", b.root+"/control/tosspayments/webhooks/1/resend", nil), 202, "")
	b.hook()
	b.logged("delivered")
	b.want(b.call("POST", b.root+"/control/tosspayments/webhooks/9/resend", nil), 404, "NO_SUCH_WEBHOOK")
}

// tried waits until the newest webhook had n tries.
func (b *bench) tried(n int) fields {
	b.Helper()
	for deadline := time.Now().Add(patience); ; {
		all := b.webhookLog()
		if last := all[len(all)-1]; len(last["tries"].([]any)) >= n {
			return last
		}
		if time.Now().After(deadline) {
			b.Fatalf("no %d tries: %v", n, all)
		}
	}
}

// A try before its time would come before the one that is due.
func TestRetriesDoNotComeEarly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.reply = func(n int) int { return map[bool]int{true: 500, false: 200}[n == 1] }
	key := b.authenticated(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	b.hook()
	b.tried(1)
	b.later(time.Minute - time.Second)
	b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심"}), 200, "")
	if got := b.hook().status(); got != "CANCELED" {
		t.Errorf("next came %s: the retry was early", got)
	}
	b.later(time.Second)
	if got := b.hook().status(); got != "DONE" {
		t.Errorf("then came %s, want the retry of DONE", got)
	}
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.rule("webhook PAYMENT_STATUS_CHANGED nth=1 drop")
	b.rule("webhook PAYMENT_STATUS_CHANGED nth=2 twice")
	b.rule("webhook PAYMENT_STATUS_CHANGED nth=3 late=90s")
	key := b.authenticated(nil)
	cancel := func() {
		b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심", "cancelAmount": 1000}), 200, "")
	}
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	b.logged("dropped")
	cancel()
	one, two := b.hook(), b.hook()
	if a, c := one.header.Get("Tosspayments-Webhook-Transmission-Id"), two.header.Get("Tosspayments-Webhook-Transmission-Id"); a != c || one.status() != "PARTIAL_CANCELED" {
		t.Errorf("doubled webhook: ids %s and %s, status %s", a, c, one.status())
	}
	cancel() // late
	cancel() // overtakes it
	balance := func() any { return b.hook().body["data"].(map[string]any)["balanceAmount"] }
	if got := balance(); got != 55000.0 {
		t.Errorf("next came the webhook of balance %v, want the one that overtook", got)
	}
	b.later(90 * time.Second)
	if got := balance(); got != 56000.0 {
		t.Errorf("then came the webhook of balance %v, want the late one", got)
	}
}

// The shop may ask about the payment before its own confirm call is answered.
func TestEarlyWebhooksComeBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.rule("webhook * early")
	key := b.authenticated(nil)
	asked := make(chan any, 1)
	b.reply = func(int) int { asked <- b.get(key)["status"]; return 200 }
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	select {
	case status := <-asked:
		if status != "DONE" {
			t.Errorf("status at the time of the webhook: %v", status)
		}
	default:
		t.Error("the answer came first")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAShopHasTenSecondsToAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waited := make(chan time.Duration, 1)
		hang := roundTrip(func(r *http.Request) (*http.Response, error) {
			at := time.Now()
			<-r.Context().Done()
			waited <- time.Since(at)
			return nil, errors.New("no answer")
		})
		sim, err := tosspayments.New(tosspayments.Options{
			BaseURL: "http://sandbox", HTTP: &http.Client{Transport: hang},
			Shops: []tosspayments.Shop{{MID: mid, ClientKey: clientKey, SecretKey: secretKey, WebhookURL: "http://shop/hook"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		b := &bench{T: t}
		b.direct(sim, "POST", "/sdk/payments", fields{"clientKey": clientKey, "method": "카드", "nonce": "0123456789abcdef", "params": params(nil)})
		time.Sleep(30 * time.Minute) // the bubble's time: the payment expires and is announced
		if got := <-waited; got != 10*time.Second {
			t.Errorf("waited %s, want 10s", got)
		}
	})
}

func TestCloseEndsADeliveryUnderWay(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	hang := roundTrip(func(r *http.Request) (*http.Response, error) {
		close(began)
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	b := setup(t, func(o *tosspayments.Options) { o.HTTP = &http.Client{Transport: hang} })
	key := b.authenticated(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	<-began
	closed := make(chan struct{})
	go func() { _ = b.sim.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(patience / 2): // half of what the shop had left to answer
		t.Error("Close waits for the shop")
	}
}

var hidden = regexp.MustCompile(`(sandbox|live)_sk_`)

func TestControlPort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const port = "/control/tosspayments"
	if shops := b.call("GET", b.root+port+"/shops", nil); !strings.Contains(string(shops.raw), clientKey) || hidden.Match(shops.raw) {
		t.Errorf("shops %s", shops)
	}
	// The next confirm is refused, the one after it is not.
	decline := b.root + port + "/shops/" + mid + "/next-decline"
	b.want(b.call("PUT", decline, fields{"code": "NO_SUCH"}), 400, "BAD_BODY")
	b.want(b.call("PUT", decline, fields{"code": "UNAUTHORIZED_KEY"}), 400, "BAD_BODY")
	b.want(b.call("PUT", b.root+port+"/shops/nobody/next-decline", fields{"code": "FDS_ERROR"}), 404, "NO_SUCH_SHOP")
	b.want(b.call("PUT", decline, fields{"code": "REJECT_CARD_COMPANY"}), 200, "REJECT_CARD_COMPANY")
	b.want(b.call("GET", decline, nil), 200, "REJECT_CARD_COMPANY")
	key := b.authenticated(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 403, "REJECT_CARD_COMPANY")
	b.hook()
	key = b.approved(nil)
	// The back office cancels; the shop hears of it.
	payment := b.root + port + "/payments/" + key
	b.want(b.call("POST", payment+"/expire", nil), 403, "FORBIDDEN_REQUEST")
	b.want(b.call("POST", payment+"/cancel", fields{"amount": 60000}), 403, "NOT_CANCELABLE_AMOUNT")
	if r := b.call("POST", payment+"/cancel", fields{"amount": 8000, "reason": "재고 없음"}); r.body["balanceAmount"] != 50000.0 {
		t.Errorf("cancel: %s", r)
	}
	if h := b.hook(); h.status() != "PARTIAL_CANCELED" {
		t.Errorf("webhook %v", h.body)
	}
	if r := b.call("POST", payment+"/cancel", nil); r.body["status"] != "PARTIAL_CANCELED" || r.body["balanceAmount"] != 0.0 {
		t.Errorf("cancel of the rest: %s", r)
	}
	b.want(b.call("GET", b.root+port+"/payments/nothing", nil), 404, "NOT_FOUND_PAYMENT")
	if list := b.call("GET", b.root+port+"/payments?orderId=nothing", nil); len(list.body["payments"].([]any)) != 0 {
		t.Errorf("payments of no order: %s", list)
	}
	b.want(b.call("PUT", b.root+port+"/auto", fields{"action": "dance"}), 400, "BAD_BODY")
}
