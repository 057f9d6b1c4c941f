package sdk_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/sdk"
	"naru/internal/store"
	"naru/internal/v1wire"
	"naru/internal/vault"
)

var noon = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

// silent is a provider nobody asks: these tests end before its window opens.
type silent struct{}

func (silent) Query(context.Context, pay.Ref) (connector.Snapshot, error) {
	return connector.Snapshot{}, connector.ErrNotFound
}

type rig struct {
	gw       *gateway.Gateway
	handler  *sdk.Handler
	mux      http.Handler
	log      *bytes.Buffer
	channels map[pay.Provider]pay.ChannelKey
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newRig(t *testing.T, settings pay.Settings) *rig {
	t.Helper()
	ctx, now := context.Background(), func() time.Time { return noon }
	st, err := store.Open(ctx, "sqlite::memory:", store.Options{Now: now})
	check(t, err)
	t.Cleanup(func() { _ = st.Close() })
	check(t, st.Migrate(ctx))
	var keyset []byte
	v, err := vault.Open(ctx, bytes.Repeat([]byte{7}, 32), func(context.Context) ([]byte, error) { return keyset, nil },
		func(_ context.Context, b []byte) error { keyset = b; return nil })
	check(t, err)
	driver := func(p pay.Provider, m pay.Method) connector.Driver {
		return connector.Driver{
			Provider: p, Popup: p == pay.TossPay, Methods: []connector.Method{{Method: m, Minimum: 100}}, Credentials: []connector.Credential{{Key: "k"}},
			Check: func(pay.Mode, string, map[string]pay.Secret) error { return nil },
			Open:  func(connector.Settings) (connector.Connector, error) { return silent{}, nil },
		}
	}
	r := &rig{log: &bytes.Buffer{}, channels: map[pay.Provider]pay.ChannelKey{}}
	r.gw = gateway.New(gateway.Options{
		Store: st, Vault: v, PublicURL: "https://pay.example", Now: now,
		Drivers: []connector.Driver{driver(pay.TossPayments, pay.MethodCard), driver(pay.TossPay, pay.MethodTossPay)},
	})
	_, err = r.gw.AddMerchant(ctx, pay.Merchant{ID: "m1", UserCode: "imp00000000", Name: "나루", Settings: settings})
	check(t, err)
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		ch, err := r.gw.AddChannel(ctx, gateway.NewChannel{
			Merchant: "m1", Provider: p, MID: "mid", Name: string(p), Mode: pay.ModeSandbox, Kind: pay.ChannelPayment,
			API: "https://api.example", Default: p == pay.TossPayments, Credentials: map[string]pay.Secret{"k": "v"},
		})
		check(t, err)
		r.channels[p] = ch.Key
	}
	r.handler, err = sdk.New(sdk.Options{Gateway: r.gw, PublicURL: "https://pay.example/", Now: now, Log: slog.New(slog.NewTextHandler(r.log, nil))})
	check(t, err)
	mux := chi.NewRouter()
	r.handler.Routes(mux)
	r.mux = mux
	return r
}

func (r *rig) ask(method, path, body string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "https://pay.example"+path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	r.mux.ServeHTTP(rec, req)
	return rec
}

// answer asks and decodes.
func (r *rig) answer(t *testing.T, method, path, body string, header ...string) map[string]any {
	t.Helper()
	rec := r.ask(method, path, body, header...)
	var out map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s %s: %d %q: %v", method, path, rec.Code, rec.Body, err)
	}
	if rec.Header().Get("Access-Control-Allow-Origin") != "*" || rec.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%s: CORS headers %v", path, rec.Header())
	}
	return out
}

const shop = "https://shop.example"

// open asks for a window as the script does.
func (r *rig) open(t *testing.T, params string, header ...string) map[string]any {
	t.Helper()
	body := `{"user_code":"imp00000000","params":` + params + `,"mobile":false,"page":"https://shop.example/cart?secret=1"}`
	return r.answer(t, "POST", "/sdk/checkouts", body, append([]string{"Origin", shop, "Content-Type", "text/plain;charset=UTF-8"}, header...)...)
}

func TestScriptIsServedEverywhereItIsLookedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, pay.Settings{})
	want, err := os.ReadFile("static/iamport.js")
	check(t, err)
	version, integrity := r.handler.Script()
	if !strings.HasPrefix(version, "https://pay.example/v1/iamport-") || !strings.HasPrefix(integrity, "sha384-") {
		t.Errorf("%s %s", version, integrity)
	}
	for path, cache := range map[string]string{
		"/v1/iamport.js": "public, max-age=300", "/js/iamport.payment-1.2.0.js": "public, max-age=300", "/js/iamport.payment-1.1.5.js": "public, max-age=300",
		strings.TrimPrefix(version, "https://pay.example"): "public, max-age=31536000, immutable",
	} {
		rec := r.ask("GET", path, "")
		if rec.Code != http.StatusOK || !bytes.Equal(rec.Body.Bytes(), want) || rec.Header().Get("Cache-Control") != cache || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%s: %d %v, %d bytes", path, rec.Code, rec.Header(), rec.Body.Len())
		}
		if again := r.ask("GET", path, "", "If-None-Match", rec.Header().Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", path, again.Code)
		}
	}
	for _, path := range []string{"/v1/other.js", "/v1/iamport-0000.js", "/js/jquery.js"} {
		if rec := r.ask("GET", path, ""); rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	if rec := r.ask("GET", "/sdk/iamport.d.ts", ""); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "type ImpRequestPay") {
		t.Errorf("types: %d", rec.Code)
	}
}

// The script stays small on the wire.
func TestScriptIsSmall(t *testing.T) {
	t.Parallel()
	js, err := os.ReadFile("static/iamport.js")
	check(t, err)
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	check(t, err)
	_, err = w.Write(js)
	check(t, errors.Join(err, w.Close()))
	if packed.Len() > 12_000 {
		t.Errorf("iamport.js has %d bytes compressed, want at most 12000", packed.Len())
	}
}

// The script and the gateway say the same words.
func TestScriptHasTheGatewaysWords(t *testing.T) {
	t.Parallel()
	js, err := os.ReadFile("static/iamport.js")
	check(t, err)
	for _, text := range []string{
		v1wire.TextNoInit, v1wire.TextNoParams, v1wire.TextBroken, v1wire.CodeUserCancel, v1wire.TextUserCancel, v1wire.CodePending, v1wire.TextPending,
		v1wire.CodeWindowOpen, v1wire.TextWindowOpen, v1wire.CodeUnreachable, v1wire.TextUnreachable, v1wire.CodeUnsupported, v1wire.CodeReopened,
	} {
		if !bytes.Contains(js, []byte("'"+text+"'")) {
			t.Errorf("iamport.js lacks %q", text)
		}
	}
}

func TestWindowsTellWhatNeedsAPopup(t *testing.T) {
	t.Parallel()
	r := newRig(t, pay.Settings{})
	got := r.answer(t, "GET", "/sdk/windows?user_code=imp00000000", "")
	want := map[string]any{
		"channels":  map[string]any{string(r.channels[pay.TossPayments]): "frame", string(r.channels[pay.TossPay]): "popup"},
		"providers": map[string]any{"tosspayments": "frame", "tosspay_v2": "popup"}, "default": "frame", "billing_default": "frame",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	_, err := r.gw.AddChannel(context.Background(), gateway.NewChannel{
		Merchant: "m1", Provider: pay.TossPay, MID: "bills", Name: "bills", Mode: pay.ModeSandbox, Kind: pay.ChannelBilling,
		API: "https://api.example", Credentials: map[string]pay.Secret{"k": "v"},
	})
	check(t, err)
	if got := r.answer(t, "GET", "/sdk/windows?user_code=imp00000000", ""); got["billing_default"] != "popup" || got["default"] != "frame" {
		t.Errorf("with a channel for billing keys: %v", got)
	}
	for _, query := range []string{"user_code=imp99999999", "user_code=imp00000000&tier_code=NON"} {
		if no := r.answer(t, "GET", "/sdk/windows?"+query, ""); no["refused"] == nil || no["channels"] != nil {
			t.Errorf("%s: %v", query, no)
		}
	}
}

// A sub-store has windows and payments of its own.
func TestSubStoresAreAskedForByCode(t *testing.T) {
	t.Parallel()
	r, ctx := newRig(t, pay.Settings{}), context.Background()
	tier, err := r.gw.AddTier(ctx, "m1", "AB1", "지점")
	check(t, err)
	_, err = r.gw.AddChannel(ctx, gateway.NewChannel{
		Merchant: tier.ID, Provider: pay.TossPay, MID: "branch", Name: "branch", Mode: pay.ModeSandbox, Kind: pay.ChannelPayment,
		API: "https://api.example", Credentials: map[string]pay.Secret{"k": "v"},
	})
	check(t, err)
	if got := r.answer(t, "GET", "/sdk/windows?user_code=imp00000000&tier_code=AB1", ""); got["default"] != "popup" {
		t.Errorf("%v", got)
	}
	open := func(code string) map[string]any {
		return r.answer(t, "POST", "/sdk/checkouts", `{"user_code":"imp00000000","tier_code":"`+code+`","params":{"merchant_uid":"o","amount":1000}}`, "Origin", shop)
	}
	got := open("AB1")
	token, _ := got["token"].(string)
	res, err := r.gw.CheckoutResult(ctx, token)
	if err != nil || res.Payment.Merchant != tier.ID || got["provider"] != "tosspay_v2" {
		t.Errorf("%v: %+v %v", got, res.Payment, err)
	}
	for code, want := range map[string]string{"ab1": v1wire.CodeParameter, "AB": v1wire.CodeParameter, "undefined": v1wire.CodeParameter, "ZZZ": v1wire.CodeNoMerchant} {
		no, _ := open(code)["refused"].(map[string]any)
		if no == nil || no["error_code"] != want {
			t.Errorf("%s: %v", code, no)
		}
		if text, _ := no["error_msg"].(string); want == v1wire.CodeParameter && !strings.Contains(text, "tier_code: received \""+code+"\"; allowed: 3 characters") {
			t.Errorf("%s: %s", code, text)
		}
	}
	if got := open(""); got["provider"] != "tosspayments" {
		t.Errorf("no code is the merchant itself: %v", got)
	}
}

// The page's console is told what the decoder and what the gateway left out.
func TestHintsComeFromBoth(t *testing.T) {
	t.Parallel()
	r := newRig(t, pay.Settings{})
	got := r.open(t, `{"merchant_uid":"o","amount":1000,"pg":"tosspayments","kakaoOpenApp":true,"vat_amount":5}`)
	all, _ := json.Marshal(got["notes"])
	for _, want := range []string{"kakaoOpenApp: 알 수 없는", "pg: 값은 그대로 쓰지만", "vat_amount: 이 결제에는 쓰이지 않는"} {
		if !strings.Contains(string(all), want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
}

func TestOpeningAndClosing(t *testing.T) {
	t.Parallel()
	r := newRig(t, pay.Settings{})
	got := r.open(t, `{"merchant_uid":"주문 1","amount":"1000","pg":"tosspayments","name":"머그컵","m_redirect_url":"https://shop.example/done"}`)
	token, _ := got["token"].(string)
	id, _ := got["imp_uid"].(string)
	if token == "" || !strings.HasPrefix(id, "imp_") || got["style"] != "frame" || got["url"] != "https://pay.example/checkout/"+token || got["provider"] != "tosspayments" || got["merchant_uid"] != "주문 1" {
		t.Fatalf("%v", got)
	}
	res, err := r.gw.CheckoutResult(context.Background(), token)
	check(t, err)
	if res.Origin != shop || res.Payment.UserAgent != "" || res.Payment.Amount.Total != pay.Won(1000) {
		t.Errorf("%+v", res)
	}
	if d := cmp.Diff(map[string]any{"progress": "open", "callback": nil, "redirect": nil}, r.answer(t, "GET", "/sdk/checkouts/"+token, "")); d != "" {
		t.Error(d)
	}
	closed := r.answer(t, "POST", "/sdk/checkouts/"+token+"/close", `{"gone":false}`, "Content-Type", "text/plain")
	want := map[string]any{
		"progress": "done",
		"callback": map[string]any{"imp_uid": id, "merchant_uid": "주문 1", "error_code": v1wire.CodeUserCancel, "error_msg": v1wire.TextUserCancel},
		"redirect": "https://shop.example/done?error_code=PAY_PROCESS_CANCELED&error_msg=%5BPAY_PROCESS_CANCELED%5D%20%EC%82%AC%EC%9A%A9%EC%9E%90%EA%B0%80%20%EA%B2%B0%EC%A0%9C%EB%A5%BC%20%EC%B7%A8%EC%86%8C%ED%95%98%EC%98%80%EC%8A%B5%EB%8B%88%EB%8B%A4&imp_uid=" + id + "&merchant_uid=%EC%A3%BC%EB%AC%B8%201",
	}
	if d := cmp.Diff(want, closed); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, r.answer(t, "GET", "/sdk/checkouts/"+token, "")); d != "" {
		t.Error(d)
	}
	if strings.Contains(r.log.String(), token) || strings.Contains(r.log.String(), "secret=1") {
		t.Errorf("the log tells a token or a query:\n%s", r.log)
	}
}

func TestRefusalsComeAsCallbacks(t *testing.T) {
	t.Parallel()
	r := newRig(t, pay.Settings{Origins: []string{shop}, ConfirmForbidden: true})
	for name, c := range map[string]struct {
		params  string
		header  []string
		code    string
		classic bool
	}{
		"parameter":     {`{"merchant_uid":"o","amount":-1,"pg":"tosspayments"}`, nil, v1wire.CodeParameter, false},
		"wallet":        {`{"merchant_uid":"o","amount":-1,"pg":"tosspay_v2.tosstest"}`, nil, v1wire.CodeParameter, true},
		"channel":       {`{"merchant_uid":"o","amount":1000,"channelKey":"channel-key-none"}`, nil, v1wire.CodeNoChannel, true},
		"method":        {`{"merchant_uid":"o","amount":1000,"pg":"tosspayments","pay_method":"vbank"}`, nil, v1wire.CodeUnsupported, false},
		"minimum":       {`{"merchant_uid":"o","amount":99,"pg":"tosspayments"}`, nil, v1wire.CodeParameter, false},
		"confirm":       {`{"merchant_uid":"o","amount":1000,"pg":"tosspayments","confirm_url":"https://a.example"}`, nil, v1wire.CodeConfirm, false},
		"foreign page":  {`{"merchant_uid":"o","amount":1000,"pg":"tosspayments"}`, []string{"Origin", "https://evil.example"}, v1wire.CodeOrigin, false},
		"opaque origin": {`{"merchant_uid":"o","amount":1000,"pg":"tosspayments"}`, []string{"Origin", "null"}, v1wire.CodeOrigin, false},
	} {
		got := r.open(t, c.params, c.header...)
		no, _ := got["refused"].(map[string]any)
		if no == nil || got["token"] != nil {
			t.Errorf("%s: %v", name, got)
			continue
		}
		want := map[string]any{"imp_uid": nil, "merchant_uid": "o", "error_code": c.code, "error_msg": no["error_msg"]}
		if c.classic {
			want["success"], want["imp_success"] = false, false
		}
		if strings.HasPrefix(c.params, `{"merchant_uid":"o","amount":-1,"pg":"tosspay_v2`) {
			want["pg_provider"], want["pg_type"] = "tosspay_v2", "payment"
		}
		if d := cmp.Diff(want, no); d != "" || no["error_msg"] == "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	for name, body := range map[string]string{
		"not JSON":    `user_code=x`,
		"too large":   `{"params":{"amount":1,"custom_data":"` + strings.Repeat("a", 300000) + `"}}`,
		"sub-store":   `{"user_code":"imp00000000","tier_code":"ABC","params":{"merchant_uid":"o","amount":1000}}`,
		"no merchant": `{"user_code":"imp99999999","params":{"merchant_uid":"o","amount":1000}}`,
		"no params":   `{"user_code":"imp00000000"}`,
	} {
		if got := r.answer(t, "POST", "/sdk/checkouts", body, "Origin", shop); got["refused"] == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestUnknownTokenAndBadBody(t *testing.T) {
	t.Parallel()
	r := newRig(t, pay.Settings{})
	for _, c := range [][2]string{{"GET", "/sdk/checkouts/nope"}, {"POST", "/sdk/checkouts/nope/close"}} {
		rec := r.ask(c[0], c[1], "")
		if rec.Code != http.StatusNotFound || !strings.Contains(rec.Body.String(), v1wire.CodeReopened) {
			t.Errorf("%s: %d %s", c[1], rec.Code, rec.Body)
		}
	}
	if rec := r.ask("POST", "/sdk/checkouts/nope/close", `{"gone":"yes"}`); rec.Code != http.StatusBadRequest {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	rec := r.ask("OPTIONS", "/sdk/checkouts/nope/close", "", "Origin", shop, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
	if rec.Code != http.StatusNoContent || rec.Header().Get("Access-Control-Allow-Headers") != "Content-Type" || rec.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("preflight: %d %v", rec.Code, rec.Header())
	}
	if rec := r.ask("OPTIONS", "/sdk/checkouts", ""); rec.Code != http.StatusNoContent {
		t.Errorf("preflight: %d", rec.Code)
	}
}
