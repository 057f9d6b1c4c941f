package tosspay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testKey    = "sk_test_naruNARU0123456789ab"
	liveKey    = "sk_live_naruNARU0123456789ab"
	noCardKey  = "sk_test_noCard00000000000000"
	legacyKey  = "sk_test_legacy00000000000000"
	sandboxKey = "sk_sandbox_demo"
	shopReturn = "https://shop.example/pay/return?oid=173"
	shopCancel = "https://shop.example/pay/cancel?oid=173"
	start      = "2026-11-21 17:44:02"
)

// clock is a time that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) Set(t *testing.T, at string) {
	t.Helper()
	when, err := time.ParseInLocation(timeForm, strings.TrimSpace(at), seoul)
	if err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = when
}

// bench is a running simulator under a prefix, as it is mounted in earnest.
type bench struct {
	*Simulator
	t     *testing.T
	clock *clock
	url   string // with the prefix
}

type body = map[string]any

func setup(t *testing.T, tune ...func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, clock: &clock{}}
	b.clock.Set(t, start)
	srv := httptest.NewServer(http.StripPrefix("/tosspay", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.ServeHTTP(w, r) })))
	b.url = srv.URL + "/tosspay"
	o := Options{
		BaseURL: b.url, Now: b.clock.Now, Rand: rand.NewChaCha8([32]byte{1}), Strict: true,
		Shops: []Shop{
			{Name: "나루 문구점", MID: "narushop", APIKey: testKey, Billing: true},
			{Name: "나루 문구점", MID: "narushop", APIKey: liveKey, Billing: true},
			{Name: "계좌만", MID: "moneyonly", APIKey: noCardKey, NoCard: true, Billing: true},
			{Name: "옛 상점", MID: "oldshop", APIKey: legacyKey, LegacyOrderNo: true, LegacyRefundNo: true},
			{Name: "모래", MID: "sandshop", APIKey: sandboxKey},
		},
	}
	for _, f := range tune {
		f(&o)
	}
	var err error
	if b.Simulator, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		srv.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// post sends a raw body to the API and returns the HTTP status and the answer.
func (b *bench) post(path, raw string) (int, body) {
	b.t.Helper()
	res, err := http.Post(b.url+path, "application/json", strings.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	var answer body
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		b.t.Fatalf("%s answered %d %q", path, res.StatusCode, text)
	}
	return res.StatusCode, answer
}

func (b *bench) call(path string, in body) body {
	b.t.Helper()
	status, answer := b.post(path, encode(b.t, in))
	if status != http.StatusOK {
		b.t.Fatalf("%s: HTTP %d %v", path, status, answer)
	}
	return answer
}

func encode(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// order is a good creation with changes; a nil value removes a field.
func order(changes body) body {
	in := body{
		"apiKey": testKey, "orderNo": "shop-20261121-000173", "amount": 60000, "amountTaxFree": 0,
		"productDesc": "겨울 코트 외 1건", "retUrl": shopReturn, "retCancelUrl": shopCancel,
		"autoExecute": false, "cashReceipt": true,
	}
	maps.Copy(in, changes)
	maps.DeleteFunc(in, func(_ string, v any) bool { return v == nil })
	return in
}

// create makes a payment and returns its token.
func (b *bench) create(changes body) string {
	b.t.Helper()
	return want(b.t, b.call("/api/v2/payments", order(changes)))["payToken"].(string)
}

// paid makes a payment that is complete.
func (b *bench) paid(changes body, a Approval) string {
	b.t.Helper()
	token := b.create(changes)
	b.approveOK(token, a)
	if auto, _ := changes["autoExecute"].(bool); !auto {
		want(b.t, b.call("/api/v2/execute", body{"apiKey": keyOf(changes), "payToken": token}))
	}
	return token
}

func keyOf(changes body) string {
	if k, ok := changes["apiKey"].(string); ok {
		return k
	}
	return testKey
}

func (b *bench) status(token string) body {
	b.t.Helper()
	return want(b.t, b.call("/api/v2/status", body{"apiKey": testKey, "payToken": token}))
}

// want asks for a success.
func want(t *testing.T, answer body) body {
	t.Helper()
	if num(answer["code"]) != 0 {
		t.Fatalf("refused: %v", answer)
	}
	return answer
}

// wantCode asks for a failure in the documented envelope.
func wantCode(t *testing.T, answer body, code, msg string) {
	t.Helper()
	if num(answer["code"]) != -1 || answer["errorCode"] != code {
		t.Fatalf("want %s, got %v", code, answer)
	}
	text, _ := answer["msg"].(string)
	if !strings.Contains(text, msg) || text == "" || len([]rune(text)) > maxMsg {
		t.Errorf("msg %q: want %q in at most %d characters", text, msg, maxMsg)
	}
}

func num(v any) int64 {
	n, ok := v.(json.Number)
	if !ok {
		return -1 << 40
	}
	i, err := n.Int64()
	if err != nil {
		return -1 << 40
	}
	return i
}

// control asks the management face.
func (b *bench) ctl(method, path string, in any) (int, body) {
	b.t.Helper()
	var raw string
	if in != nil {
		raw = encode(b.t, in)
	}
	w := httptest.NewRecorder()
	b.Control().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(raw)))
	var answer body
	d := json.NewDecoder(w.Body)
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		b.t.Fatalf("%s %s: %d %v", method, path, w.Code, err)
	}
	return w.Code, answer
}

func (b *bench) ctlOK(method, path string, in any) body {
	b.t.Helper()
	status, answer := b.ctl(method, path, in)
	if status/100 != 2 {
		b.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

func (b *bench) approveOK(token string, a Approval) body {
	b.t.Helper()
	return b.ctlOK("POST", "/payments/"+token+"/approve", a)
}

// expect compares some fields of an answer.
func expect(t *testing.T, got body, fields body) {
	t.Helper()
	for name, v := range fields {
		if fmt.Sprint(got[name]) != fmt.Sprint(v) {
			t.Errorf("%s = %v, want %v", name, got[name], v)
		}
	}
}

func expectAbsent(t *testing.T, got body, names ...string) {
	t.Helper()
	for _, name := range names {
		if v, there := got[name]; there {
			t.Errorf("%s = %v, want it left out", name, v)
		}
	}
}
