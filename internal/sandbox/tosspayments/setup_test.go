package tosspayments_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/sandbox/control"
	"naru/internal/sandbox/tosspayments"
)

const (
	clientKey = "sandbox_ck_aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	secretKey = "sandbox_sk_bbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	liveKey   = "live_sk_cccccccccccccccccccccccccccc"
	mid       = "tvexample01"
	patience  = 10 * time.Second
)

var began = time.Date(2023, 3, 10, 1, 15, 22, 0, time.UTC) // 10:15:22 in Seoul

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) set(t time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.t = t }

// bench is a simulator behind real HTTP, a shop that receives webhooks, and a
// clock that stands still until it is moved.
type bench struct {
	*testing.T
	sim   *tosspayments.Simulator
	url   string // with the prefix
	root  string
	clock *clock
	hooks chan hook
	reply func(n int) int // status for the n-th webhook, from 1; set before the first
	count int
}

type hook struct {
	header http.Header
	body   map[string]any
}

func setup(t *testing.T, change ...func(*tosspayments.Options)) *bench {
	t.Helper()
	b := &bench{T: t, clock: &clock{t: began}, hooks: make(chan hook, 100), reply: func(int) int { return http.StatusOK }}
	receiver := httptest.NewServer(http.HandlerFunc(b.receive))
	t.Cleanup(receiver.Close)
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	b.root, b.url = srv.URL, srv.URL+"/tosspayments"
	o := tosspayments.Options{
		BaseURL: b.url, Now: b.clock.now, Strict: true,
		Shops: []tosspayments.Shop{
			{MID: mid, Name: "나루 상점", ClientKey: clientKey, SecretKey: secretKey, WebhookURL: receiver.URL + "/hook", TaxFree: true,
				Billing: true, FixedAccounts: true},
			{MID: "vexample02", Name: "다른 상점", ClientKey: "live_ck_cccccccccccccccccccccccccccc", SecretKey: liveKey},
		},
	}
	for _, c := range change {
		c(&o)
	}
	sim, err := tosspayments.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	b.sim = sim
	mux.Handle("/tosspayments/", http.StripPrefix("/tosspayments", sim))
	mux.Handle("/control/", control.New(map[string]control.Simulator{"tosspayments": sim}))
	return b
}

func (b *bench) receive(w http.ResponseWriter, r *http.Request) {
	var h hook
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &h.body); err != nil {
		b.Errorf("webhook body %s: %v", body, err)
	}
	h.header = r.Header
	b.count++ // one sender per shop: calls do not overlap
	w.WriteHeader(b.reply(b.count))
	b.hooks <- h
}

// later moves the clock and has the simulator look at it.
func (b *bench) later(d time.Duration) {
	b.clock.set(b.clock.now().Add(d))
	b.sim.Wake()
}

// hook is the next webhook.
func (b *bench) hook() hook {
	b.Helper()
	select {
	case h := <-b.hooks:
		return h
	case <-time.After(patience):
		b.Fatal("no webhook came")
		return hook{}
	}
}

func (h hook) status() string { return fmt.Sprint(h.body["data"].(map[string]any)["status"]) }

// reply is an answer.
type reply struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

func (r reply) code() string { return fmt.Sprint(r.body["code"]) }

func (r reply) String() string { return fmt.Sprintf("%d %s", r.status, r.raw) }

func basic(key string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))
}

// send makes a request with the shop's key; header overrides, "" removes.
func (b *bench) send(method, path string, body any, header ...string) (reply, error) {
	b.Helper()
	var in io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(v)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	target := path
	if strings.HasPrefix(path, "/") {
		target = b.url + path
	}
	req, err := http.NewRequestWithContext(b.Context(), method, target, in)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", basic(secretKey))
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if req.Header.Del(header[i]); header[i+1] != "" {
			req.Header.Set(header[i], header[i+1])
		}
	}
	// Go repeats a request with an Idempotency-Key by itself when a connection
	// that was used before breaks: every call gets a fresh one.
	req.Close = true
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	r := reply{status: resp.StatusCode, header: resp.Header}
	r.raw, err = io.ReadAll(resp.Body)
	_ = json.Unmarshal(r.raw, &r.body) // lists and pages stay raw
	return r, err
}

// call is send for requests that are answered.
func (b *bench) call(method, path string, body any, header ...string) reply {
	b.Helper()
	r, err := b.send(method, path, body, header...)
	if err != nil {
		b.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (b *bench) want(r reply, status int, code string) {
	b.Helper()
	if r.status != status || code != "" && r.code() != code {
		b.Errorf("answer %s, want %d %s", r, status, code)
	}
}

type fields = map[string]any

// params are those of an ordinary payment, changed by with.
func params(with fields) fields {
	p := fields{
		"amount": 58000, "orderId": "ORD-20230310-0001", "orderName": "원두 커피 외 1건",
		"successUrl": "https://shop.example/ok", "failUrl": "https://shop.example/ng?cart=7",
	}
	maps.Copy(p, with)
	maps.DeleteFunc(p, func(_ string, v any) bool { return v == nil })
	return p
}

// request is what the script asks for.
func (b *bench) request(method string, p fields, with ...fields) reply {
	b.Helper()
	in := fields{"clientKey": clientKey, "method": method, "nonce": "0123456789abcdef", "phone": false, "params": p}
	for _, w := range with {
		maps.Copy(in, w)
	}
	return b.call("POST", "/sdk/payments", in, "Authorization", "", "Origin", "https://shop.example")
}

// window opens the window and returns its address.
func (b *bench) window(p fields) string {
	b.Helper()
	r := b.request("카드", p)
	if r.status != 200 {
		b.Fatalf("window: %s", r)
	}
	return r.body["url"].(string)
}

// act does something in the window as its own page does.
func (b *bench) act(window, action string, body any) reply {
	b.Helper()
	return b.call("POST", window+"/"+action, body, "Authorization", "", "Sec-Fetch-Site", "same-origin")
}

// newest is the payment created last, by the control port.
func (b *bench) newest() fields {
	b.Helper()
	r := b.call("GET", b.root+"/control/tosspayments/payments", nil)
	return r.body["payments"].([]any)[0].(map[string]any)
}

// authenticated brings a payment to IN_PROGRESS and returns its key.
func (b *bench) authenticated(with fields) string {
	b.Helper()
	w := b.window(params(with))
	if r := b.act(w, "approve", fields{"company": "61"}); r.status != 200 {
		b.Fatalf("approve: %s", r)
	}
	return b.newest()["paymentKey"].(string)
}

func confirmation(key string, with fields) fields {
	c := fields{"paymentKey": key, "orderId": "ORD-20230310-0001", "amount": 58000}
	maps.Copy(c, with)
	return c
}

// approved brings a payment to DONE, takes its webhook and returns its key.
func (b *bench) approved(with fields) string {
	b.Helper()
	key := b.authenticated(with)
	p := params(with)
	r := b.call("POST", "/v1/payments/confirm", fields{"paymentKey": key, "orderId": p["orderId"], "amount": p["amount"]})
	if r.status != 200 {
		b.Fatalf("confirm: %s", r)
	}
	b.hook()
	return key
}

func (b *bench) get(key string) fields {
	b.Helper()
	r := b.call("GET", "/v1/payments/"+key, nil)
	if r.status != 200 {
		b.Fatalf("inquiry: %s", r)
	}
	return r.body
}

func (b *bench) rule(text string) {
	b.Helper()
	if _, err := b.sim.Faults().Add(text); err != nil {
		b.Fatal(err)
	}
}
