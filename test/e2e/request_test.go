package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"naru/test/browser"
	"naru/test/devserver"
)

// Channels every `naru dev` has.
const (
	tossPayments        = "channel-key-11111111-1111-4111-8111-111111111111"
	tossPay             = "channel-key-22222222-2222-4222-8222-222222222222"
	tossPaymentsBilling = "channel-key-33333333-3333-4333-8333-333333333333"
	tossPayBilling      = "channel-key-44444444-4444-4444-8444-444444444444"
)

// merchant is a merchant's site of one page that hands the parameters in its
// address to request_pay, and a server that hears webhooks.
type merchant struct {
	URL string // by name, so that it is another site than the gateway's

	mu    sync.Mutex
	heard map[string][]map[string]any // by imp_uid
}

const merchantPage = `<!doctype html><html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>상점</title><link rel="icon" href="data:,"><script src="%s/v1/iamport.js"></script></head><body><main>
<h1>상점</h1><button id="pay">결제하기</button><pre id="said" data-calls="0"></pre></main><script>
const out = document.getElementById("said");
document.getElementById("pay").onclick = () => {
  IMP.init(%q);
  IMP.request_pay(JSON.parse(new URLSearchParams(location.search).get("params")), rsp => {
    out.textContent = JSON.stringify(rsp);
    out.dataset.calls = String(Number(out.dataset.calls) + 1);
  });
};
</script></body></html>`

func newMerchant(gateway string) (*merchant, func()) {
	m := &merchant{heard: map[string][]map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, merchantPage, gateway, devserver.UserCode)
	})
	mux.HandleFunc("GET /back", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, `<!doctype html><html lang="ko"><title>상점</title><link rel="icon" href="data:,"><h1>돌아왔습니다</h1></html>`)
	})
	mux.HandleFunc("POST /notice", func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		uid := fmt.Sprint(body["imp_uid"])
		m.heard[uid] = append(m.heard[uid], body)
	})
	s := httptest.NewServer(mux)
	m.URL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	return m, s.Close
}

// webhooks are the statuses the merchant was told of a payment, oldest first.
func (m *merchant) webhooks(uid string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, body := range m.heard[uid] {
		out = append(out, fmt.Sprint(body["status"]))
	}
	return strings.Join(out, " ")
}

// asker is a buyer on the merchant's page.
type asker struct {
	t      *testing.T
	tab    *browser.Tab
	device browser.Device
	params map[string]any
}

// ask opens the merchant's page on a device and presses its button, with params
// over what every order has.
func ask(t *testing.T, d browser.Device, channel string, params map[string]any) *asker {
	t.Helper()
	a := &asker{t: t, tab: stack.Browser.Open(t, d), device: d}
	a.again(channel, params)
	return a
}

// again asks once more in the same tab.
func (a *asker) again(channel string, params map[string]any) {
	a.t.Helper()
	a.params = map[string]any{
		"channelKey": channel, "merchant_uid": fmt.Sprint("asked-", orders.Add(1)), "name": "나루 머그컵 · 물안개", "amount": 60000,
		"buyer_name": "홍길동", "buyer_tel": "010-1234-5678", "buyer_email": "gildong@example.com", "buyer_addr": "서울시 종로구 예시로 1", "buyer_postcode": "03001",
		"custom_data": map[string]any{"cart": 7}, "notice_url": stack.Merchant.URL + "/notice", "m_redirect_url": stack.Merchant.URL + "/back?keep=1",
	}
	maps.Copy(a.params, params)
	maps.DeleteFunc(a.params, func(_ string, v any) bool { return v == nil })
	raw, err := json.Marshal(a.params)
	if err != nil {
		a.t.Fatal(err)
	}
	a.tab.Go(stack.Merchant.URL + "/pay?params=" + url.QueryEscape(string(raw)))
	a.tab.Page().Click("#pay")
}

// tossPayments is Toss Payments' window once it is open.
func (a *asker) tossPayments() *browser.Frame {
	a.t.Helper()
	f := a.tab.Frame(stack.Sandbox + "/tosspayments/")
	f.See(id("window"))
	return f
}

// tossPay is Toss Pay's window once it is open.
func (a *asker) tossPay() *browser.Frame {
	a.t.Helper()
	f := a.tab.Frame(stack.Sandbox + "/tosspay/payfront/")
	f.See(id("phone"))
	return f
}

// ours is the gateway's own page, in a layer, a popup or the whole tab.
func (a *asker) ours() *browser.Frame { return a.tab.Frame(stack.Gateway + "/checkout/") }

// outcome is what the page learned: the callback's object, or the query of
// m_redirect_url on a phone, without what it had before.
func (a *asker) outcome() outcome {
	a.t.Helper()
	out, page := outcome{}, a.tab.Page()
	if !a.device.Mobile {
		page.Until(`document.getElementById("said").dataset.calls === "1"`)
		page.Value(`JSON.parse(document.getElementById("said").textContent)`, &out)
		return out
	}
	page.Until(`location.href.startsWith(` + quote(stack.Merchant.URL+"/back?") + `)`)
	u, err := url.Parse(page.URL())
	if err != nil {
		a.t.Fatal(err)
	}
	for k, v := range u.Query() {
		out[k] = v[0]
	}
	if out["keep"] != "1" {
		a.t.Errorf("m_redirect_url lost its query: %s", u)
	}
	delete(out, "keep")
	return out
}

// quiet fails the test when any page complained.
func (a *asker) quiet() {
	a.t.Helper()
	if c := a.tab.Complaints(); len(c) > 0 {
		a.t.Errorf("the browser complained:\n%s", strings.Join(c, "\n"))
	}
}
