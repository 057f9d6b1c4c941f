package checkout_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/checkout"
	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/v1wire"
	"naru/internal/vault"
)

// provider plays a provider behind the connector's contract: what the window
// brings back says how it ends.
type provider struct {
	popup bool
	mute  *atomic.Bool // gives no answer to a confirm or a query
	down  *atomic.Bool // cannot open a window
	deny  *atomic.Bool // refuses to open a window
	// account: what is confirmed is a virtual account.
	account *atomic.Bool
	opened  func(connector.Window)
}

func (p provider) OpenWindow(_ context.Context, w connector.Window) (connector.Launch, error) {
	p.opened(w)
	switch {
	case p.down.Load():
		return connector.Launch{}, &connector.Error{Kind: connector.NotSent, Op: "open", Err: errors.New("refused connection")}
	case p.deny.Load():
		return connector.Launch{}, &connector.Error{Kind: connector.Misconfigured, Op: "open", Code: "INVALID_KEY", Message: "키가 올바르지 않습니다", Err: errors.New("400")}
	case p.popup:
		return connector.Launch{Redirect: "https://wallet.example/pay?order=" + w.Order, Ref: pay.Ref{Key: "key-" + w.Order}}, nil
	}
	return connector.Launch{Script: &connector.Script{
		Src: "https://js.provider.example/v1", Object: "Provider", Init: []any{"client-key"}, Call: "requestPayment",
		Args:    []any{"카드", map[string]any{"orderId": w.Order, "orderName": w.Name, "successUrl": w.SuccessURL, "failUrl": w.FailureURL}},
		Origins: []string{"https://pay.provider.example/window", "https://api.provider.example"},
	}}, nil
}

func (p provider) OpenBillingWindow(_ context.Context, w connector.BillingWindow) (connector.Launch, error) {
	return connector.Launch{Script: &connector.Script{
		Src: "https://js.provider.example/v1", Object: "Provider", Call: "requestBillingAuth", Args: []any{w.Customer},
	}}, nil
}

func (p provider) ReadBillingReturn(_ context.Context, r connector.Return) (connector.BillingReturned, error) {
	get := url.Values(r.Form).Get
	if r.Failed {
		return connector.BillingReturned{Decline: &connector.Decline{ProviderCode: get("code"), ProviderMessage: get("message")}}, nil
	}
	return connector.BillingReturned{Customer: get("customerKey"), Proof: "proof"}, nil
}

func (p provider) IssueFromWindow(_ context.Context, c connector.Call, customer string, _ pay.Secret) (connector.KeyOutcome, error) {
	return connector.KeyOutcome{Verdict: connector.Approved, Key: connector.BillingKey{
		Key: pay.Secret("key-" + customer), Method: pay.MethodCard, Card: &pay.Card{Issuer: "366", Number: "433012******1234"},
	}}, nil
}

func (p provider) ReadReturn(_ context.Context, r connector.Return) (connector.Returned, error) {
	get := func(k string) string { return url.Values(r.Form).Get(k) }
	if r.Failed {
		code := get("code")
		if code == "" || code == "USER_CANCEL" {
			return connector.Returned{Ref: r.Ref, Decline: &connector.Decline{Code: connector.DeclineByCustomer, ProviderCode: "PAY_PROCESS_CANCELED", ProviderMessage: "사용자가 결제를 취소하였습니다"}}, nil
		}
		return connector.Returned{Ref: r.Ref, Decline: &connector.Decline{ProviderCode: code, ProviderMessage: get("message")}}, nil
	}
	amount, err := strconv.ParseInt(get("amount"), 10, 64)
	if err != nil {
		return connector.Returned{}, err
	}
	return connector.Returned{Ref: pay.Ref{Order: get("orderId"), Key: "key-" + get("orderId")}, Amount: &amount}, nil
}

func (p provider) Confirm(_ context.Context, c connector.Call, ref pay.Ref, amount pay.Breakdown) (connector.Outcome, error) {
	if p.mute.Load() {
		return connector.Outcome{}, errors.New("no answer")
	}
	if p.account.Load() {
		return connector.Outcome{Verdict: connector.Approved, Snapshot: &connector.Snapshot{
			Ref: ref, Stage: connector.StageAwaitingDeposit, Method: pay.MethodVbank, Amount: amount.Total, Details: pay.Details{
				Account: &pay.VirtualAccount{Bank: "088", Number: "56200000000000", Due: start.Add(7*24*time.Hour + 11*time.Hour + 59*time.Minute), Issued: start},
			},
		}}, nil
	}
	s := connector.Snapshot{
		Ref: ref, Stage: connector.StagePaid, Method: pay.MethodCard, Amount: amount.Total,
		Movements: []pay.Movement{{Key: "m-" + ref.Order, Kind: pay.MovementApproval, Amount: amount.Total.Minor, At: start}},
	}
	return connector.Outcome{Verdict: connector.Approved, Snapshot: &s, Made: "m-" + ref.Order}, nil
}

func (p provider) Query(_ context.Context, ref pay.Ref) (connector.Snapshot, error) {
	if p.mute.Load() {
		return connector.Snapshot{}, errors.New("no answer")
	}
	return connector.Snapshot{Ref: ref, Stage: connector.StageOpen}, nil
}

var start = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

// rig is the pages before a real gateway and a real store.
type rig struct {
	t                testing.TB
	gw               *gateway.Gateway
	pages            http.Handler
	log              *bytes.Buffer
	now              *atomic.Int64
	mute, down, deny atomic.Bool
	account          atomic.Bool
	window           atomic.Pointer[connector.Window] // the last that was opened
	channels         map[pay.Provider]pay.ChannelKey
}

func newRig(t testing.TB) *rig {
	t.Helper()
	ctx := context.Background()
	r := &rig{t: t, log: &bytes.Buffer{}, now: &atomic.Int64{}, channels: map[pay.Provider]pay.ChannelKey{}}
	r.now.Store(start.UnixNano())
	now := func() time.Time { return time.Unix(0, r.now.Load()) }
	st, err := store.Open(ctx, "sqlite::memory:", store.Options{Now: now})
	check(t, err)
	t.Cleanup(func() { _ = st.Close() })
	check(t, st.Migrate(ctx))
	var keyset []byte
	v, err := vault.Open(ctx, bytes.Repeat([]byte{7}, 32), func(context.Context) ([]byte, error) { return keyset, nil },
		func(_ context.Context, b []byte) error { keyset = b; return nil })
	check(t, err)
	r.gw = gateway.New(gateway.Options{
		Store: st, Vault: v, PublicURL: "https://pay.example", Now: now,
		Drivers: []connector.Driver{r.driver(pay.TossPayments, pay.MethodCard), r.driver(pay.TossPay, pay.MethodTossPay)},
	})
	_, err = r.gw.AddMerchant(ctx, pay.Merchant{ID: "m1", UserCode: "imp00000000", Name: "나루 <상점>"})
	check(t, err)
	for p := range map[pay.Provider]bool{pay.TossPayments: true, pay.TossPay: true} {
		ch, err := r.gw.AddChannel(ctx, gateway.NewChannel{Merchant: "m1", Provider: p, MID: "mid", Name: string(p), Mode: pay.ModeSandbox, Kind: pay.ChannelPayment, API: "https://api.example", Credentials: map[string]pay.Secret{"k": "v"}})
		check(t, err)
		r.channels[p] = ch.Key
	}
	names := v1wire.Names{
		Card: func(code string) string {
			return map[string]string{"366": "신한카드", "381": "KB국민카드"}[code]
		},
		Bank: func(code string) string { return map[string]string{"088": "신한은행"}[code] },
	}
	_, err = r.gw.AddChannel(ctx, gateway.NewChannel{Merchant: "m1", Provider: pay.TossPayments, MID: "bill", Name: "billing", Mode: pay.ModeSandbox, Kind: pay.ChannelBilling, API: "https://api.example", Credentials: map[string]pay.Secret{"k": "v"}})
	check(t, err)
	h, err := checkout.New(checkout.Options{Gateway: r.gw, PublicURL: "https://pay.example", Names: names, Log: slog.New(slog.NewTextHandler(r.log, nil))})
	check(t, err)
	mux := chi.NewRouter()
	h.Routes(mux)
	r.pages = mux
	return r
}

func (r *rig) driver(p pay.Provider, m pay.Method) connector.Driver {
	popup := p == pay.TossPay
	return connector.Driver{
		Provider: p, Name: string(p), Popup: popup, Methods: []connector.Method{{Method: m, Minimum: 100, Cards: !popup, Installments: true}},
		Cards: []connector.CardCompany{{Code: "366", AppCard: true}, {Code: "381", AppCard: true}, {Code: "361"}}, BillingMethod: m,
		Credentials: []connector.Credential{{Key: "k"}},
		Timings:     map[pay.AttemptKind]connector.Timing{pay.AttemptConfirm: {Deadline: 5 * time.Second, Gaps: []time.Duration{time.Second}}},
		Check:       func(pay.Mode, string, map[string]pay.Secret) error { return nil },
		Open: func(connector.Settings) (connector.Connector, error) {
			return provider{popup, &r.mute, &r.down, &r.deny, &r.account, func(w connector.Window) { r.window.Store(&w) }}, nil
		},
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shopper is a checkout opened by a shop's page.
type shopper struct {
	*rig
	token string
	id    pay.PaymentID
}

// open opens a checkout; change says what is special about it.
func (r *rig) open(change func(*gateway.WindowRequest)) shopper {
	r.t.Helper()
	return r.openFor(r.t, change)
}

func (r *rig) openFor(t testing.TB, change func(*gateway.WindowRequest)) shopper {
	t.Helper()
	w := gateway.WindowRequest{
		UserCode: "imp00000000", Origin: "https://shop.example", ChannelKey: r.channels[pay.TossPayments], MerchantUID: "주문 1",
		Name: "나루 <머그컵>", Amount: pay.Breakdown{Total: pay.Won(64900)}, Language: "ko", RedirectURL: "https://shop.example/done?cart=7",
	}
	if change != nil {
		change(&w)
	}
	o, err := r.gw.OpenCheckout(context.Background(), w)
	check(t, err)
	return shopper{r, o.Token, o.Payment.ID}
}

func onPhone(w *gateway.WindowRequest) { w.Mobile = true }

// ask asks for a page; body "" is GET, anything else a form to POST.
func (r *rig) ask(path, body string, header ...string) *httptest.ResponseRecorder {
	method, in := http.MethodGet, io.Reader(nil)
	if body != "" {
		method, in = http.MethodPost, strings.NewReader(body)
	}
	req := httptest.NewRequest(method, "https://pay.example"+path, in)
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	r.pages.ServeHTTP(rec, req)
	return rec
}

// approved is the query of a window the buyer agreed in.
func (s shopper) approved() string {
	return "?orderId=" + string(s.id) + "&paymentKey=k&amount=64900"
}

func (s shopper) begin() *httptest.ResponseRecorder { return s.ask("/checkout/"+s.token, "") }

// has asserts that a page holds each part.
func has(t testing.TB, rec *httptest.ResponseRecorder, status int, parts ...string) {
	t.Helper()
	if rec.Code != status {
		t.Errorf("status %d, want %d\n%s", rec.Code, status, rec.Body)
	}
	for _, p := range parts {
		if !strings.Contains(rec.Body.String(), p) {
			t.Errorf("the page lacks %q:\n%s", p, rec.Body)
		}
	}
}

// request is a return with raw bytes, as a hostile browser may send them.
func (s shopper) request(end, query, body, kind string) *http.Request {
	return &http.Request{
		Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "pay.example", Path: "/checkout/" + s.token + end, RawQuery: query},
		Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "pay.example",
	}
}

func (r *rig) serve(req *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r.pages.ServeHTTP(rec, req)
	return rec
}
