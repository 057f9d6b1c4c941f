package shop_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/examples/shop"
)

// gateway plays V1's REST answers. Tests say what payments it holds.
type gateway struct {
	url string

	mu       sync.Mutex
	payments map[string]map[string]any // by imp_uid
	prepared map[string]int            // amount by merchant_uid
	cancels  []map[string]any          // bodies of POST /payments/cancel
	requests int                       // of any kind
	tokens   int                       // POST /users/getToken answered
	token    string                    // the one that is honoured
	down     bool                      // every look-up is answered with 503, and prepare refused
	lost     bool                      // a cancel is done, but answered with 502
	cancel   func(body map[string]any) (code int, message string)
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{payments: map[string]map[string]any{}, prepared: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /users/getToken", g.getToken)
	mux.HandleFunc("POST /payments/prepare", g.authorised(g.prepare))
	mux.HandleFunc("GET /payments/{imp_uid}", g.authorised(g.payment))
	mux.HandleFunc("POST /payments/cancel", g.authorised(g.cancelPayment))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.set(func() { g.requests++ })
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

func envelope(w http.ResponseWriter, status, code int, message, response any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": message, "response": response})
}

func (g *gateway) getToken(w http.ResponseWriter, r *http.Request) {
	var keys map[string]string
	if json.NewDecoder(r.Body).Decode(&keys) != nil || keys["imp_key"] != "key" || keys["imp_secret"] != "hush-hush" {
		envelope(w, http.StatusUnauthorized, -1, "인증에 실패하였습니다. API키와 secret을 확인하세요.", nil)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tokens++
	g.token = fmt.Sprintf("token-%d", g.tokens)
	envelope(w, http.StatusOK, 0, nil, map[string]any{"access_token": g.token, "now": 5000, "expired_at": 5000 + 1800})
}

// authorised also holds the lock while next runs.
func (g *gateway) authorised(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") != g.token {
			envelope(w, http.StatusUnauthorized, -1, "Unauthorized", nil)
			return
		}
		next(w, r)
	}
}

func (g *gateway) prepare(w http.ResponseWriter, r *http.Request) {
	var body struct {
		MerchantUID string `json:"merchant_uid"`
		Amount      int    `json:"amount"`
	}
	_ = json.NewDecoder(r.Body).Decode(&body)
	if g.down {
		envelope(w, http.StatusOK, 1, "결제정보 사전등록에 실패하였습니다", nil)
		return
	}
	g.prepared[body.MerchantUID] = body.Amount
	envelope(w, http.StatusOK, 0, nil, body)
}

func (g *gateway) payment(w http.ResponseWriter, r *http.Request) {
	p := g.payments[r.PathValue("imp_uid")]
	switch {
	case g.down:
		envelope(w, http.StatusServiceUnavailable, -1, "maintenance", nil)
	case p == nil:
		envelope(w, http.StatusNotFound, -1, "존재하지 않는 결제정보입니다.", nil)
	default:
		envelope(w, http.StatusOK, 0, nil, p)
	}
}

func (g *gateway) cancelPayment(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	g.cancels = append(g.cancels, body)
	if g.cancel != nil {
		if code, message := g.cancel(body); code != 0 {
			envelope(w, http.StatusOK, code, message, nil)
			return
		}
	}
	p := g.payments[fmt.Sprint(body["imp_uid"])]
	total, gone := p["amount"].(int), p["cancel_amount"].(int)
	amount := total - gone
	if v, ok := body["amount"].(float64); ok {
		amount = int(v)
	}
	p["status"], p["cancel_amount"] = "cancelled", gone+amount
	if g.lost {
		envelope(w, http.StatusBadGateway, -1, nil, nil)
		return
	}
	envelope(w, http.StatusOK, 0, nil, p)
}

// hold makes the gateway hold a payment; facts override those of a card
// payment of 12,000 won that was approved.
func (g *gateway) hold(impUID, merchantUID string, facts map[string]any) {
	p := map[string]any{
		"imp_uid": impUID, "merchant_uid": merchantUID, "status": "paid", "amount": 12000, "cancel_amount": 0, "currency": "KRW",
		"pay_method": "card", "pg_provider": "tosspayments", "card_name": nil, "fail_reason": nil, "cancel_history": []any{},
		"started_at": 5000, "paid_at": 5060, "some_new_key": map[string]any{},
	}
	for k, v := range facts {
		p[k] = v
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.payments[impUID] = p
}

func (g *gateway) set(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// bench is a shop beside its gateway.
type bench struct {
	t    *testing.T
	g    *gateway
	shop *shop.Shop

	mu  sync.Mutex
	now time.Time
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, g: newGateway(t), now: time.Date(2026, 8, 6, 3, 0, 0, 0, time.UTC)}
	s, err := shop.New(shop.Options{
		Gateway: b.g.url, UserCode: "imp12345678", Key: "key", Secret: "hush-hush", Public: "http://shop.test",
		Channels: []shop.Channel{{Label: "Toss Payments", Key: "channel-key-1", Method: "card"}, {Label: "Toss Pay", Key: "channel-key-2", Method: "tosspay"}},
		Now: func() time.Time {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.now
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.shop = s
	return b
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// do sends a request with headers "Name: value" and returns status and body.
func (b *bench) do(method, target, body string, headers ...string) (int, string) {
	b.t.Helper()
	w := b.send(method, target, body, headers...)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return w.Code, string(text)
}

func (b *bench) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.shop.ServeHTTP(w, r)
	return w
}

const (
	asJSON = "Content-Type: application/json"
	asForm = "Content-Type: application/x-www-form-urlencoded"
)

// order places an order and returns its merchant_uid.
func (b *bench) order(item string, quantity int) string {
	b.t.Helper()
	status, body := b.do("POST", "/orders", fmt.Sprintf(`{"item":%q,"quantity":%d,"amount":1}`, item, quantity), asJSON)
	var o struct {
		MerchantUID string `json:"merchant_uid"`
		Amount      int    `json:"amount"`
	}
	if err := json.Unmarshal([]byte(body), &o); err != nil || status != http.StatusCreated || o.Amount != 12000*quantity {
		b.t.Fatalf("POST /orders: %d %s", status, body)
	}
	return o.MerchantUID
}

// paidOrder places an order of the quantity and has it paid and verified.
func (b *bench) paidOrder(impUID string, quantity int) string {
	b.t.Helper()
	id := b.order("mist", quantity)
	b.g.hold(impUID, id, map[string]any{"amount": 12000 * quantity})
	if status, body := b.complete(id, impUID); status != http.StatusOK {
		b.t.Fatalf("GET /complete: %d %s", status, body)
	}
	return id
}

func (b *bench) complete(id, impUID string, more ...string) (int, string) {
	b.t.Helper()
	q := url.Values{"merchant_uid": {id}, "imp_uid": {impUID}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return b.do("GET", "/complete?"+q.Encode(), "")
}

// status is the order's, as its page shows it.
func (b *bench) status(id string) string {
	b.t.Helper()
	_, page := b.do("GET", "/orders/"+id, "")
	return attr(b.t, page, "order-status", "data-status")
}

// attr is the value of an attribute of the element with the test id.
func attr(t *testing.T, page, testid, name string) string {
	t.Helper()
	m := regexp.MustCompile(`data-testid="` + testid + `"[^>]*? ` + name + `="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no %s of %s in:\n%s", name, testid, page)
	}
	return m[1]
}

// part is what stands between the tags of the element with the test id.
func part(t *testing.T, page, testid, end string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `data-testid="`+testid+`"`)
	text, _, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("no element %s in:\n%s", testid, page)
	}
	return text
}
