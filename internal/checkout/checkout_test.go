package checkout_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

func directive(t *testing.T, policy, name string) string {
	t.Helper()
	for _, d := range strings.Split(policy, "; ") {
		if rest, ok := strings.CutPrefix(d, name+" "); ok {
			return rest
		}
	}
	t.Fatalf("no %s in %s", name, policy)
	return ""
}

func TestLaunchPageMayUseTheProviderAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(nil)
	rec := s.begin()
	has(t, rec, http.StatusOK, "결제창을 여는 중입니다", "64,900원", "나루 &lt;머그컵&gt;", `class="framed"`, "<noscript>")
	csp := rec.Header().Get("Content-Security-Policy")
	own := "https://js.provider.example https://pay.provider.example https://api.provider.example"
	if got := directive(t, csp, "script-src"); !strings.HasPrefix(got, "'self' 'nonce-") || !strings.HasSuffix(got, "' "+own) || strings.Contains(got, "unsafe") {
		t.Errorf("script-src %s", got)
	}
	for name, want := range map[string]string{"connect-src": "'self' " + own, "frame-src": "'self' " + own, "frame-ancestors": "https://shop.example", "default-src": "'none'", "base-uri": "'none'"} {
		if got := directive(t, csp, name); got != want {
			t.Errorf("%s %s, want %s", name, got, want)
		}
	}
	if c := rec.Header().Get("Cache-Control"); c != "no-store" {
		t.Errorf("Cache-Control %q", c)
	}
	_, raw, _ := strings.Cut(rec.Body.String(), `id="checkout-data">`)
	raw, _, _ = strings.Cut(raw, "</script>")
	var data struct {
		Page, Token, Target, Close string
		Script                     struct {
			Src, Object, Call string
			Init              []string
			Args              []json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(raw), &data); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if data.Page != "launch" || data.Token != s.token || data.Target != "https://shop.example" || data.Close != "/checkout/"+s.token+"/close" ||
		data.Script.Src != "https://js.provider.example/v1" || data.Script.Call != "requestPayment" || len(data.Script.Args) != 2 {
		t.Errorf("data %+v", data)
	}
}

func TestFramesAreAllowedOnlyForALayer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	phone := r.open(onPhone).begin()
	if got := directive(t, phone.Header().Get("Content-Security-Policy"), "frame-ancestors"); got != "'none'" {
		t.Errorf("phone: frame-ancestors %s", got)
	}
	anyone := r.open(func(w *gateway.WindowRequest) { w.Origin, w.MerchantUID = "", "2" }).begin()
	if got := directive(t, anyone.Header().Get("Content-Security-Policy"), "frame-ancestors"); got != "* http: https:" {
		t.Errorf("unknown origin: frame-ancestors %s", got)
	}
}

func TestALinkBeginsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(onPhone)
	has(t, s.begin(), http.StatusOK, "checkout-data")
	again := s.begin()
	has(t, again, http.StatusConflict, "비정상 접근입니다.", `data-testid="back-to-shop"`, `data-testid="error-code">NARU_CHECKOUT_USED`, `action="/checkout/`+s.token+`/close"`)
	if got := directive(t, again.Header().Get("Content-Security-Policy"), "form-action"); got != "'self' https://shop.example" {
		t.Errorf("form-action %s: the form's answer goes to the shop", got)
	}
	// The way back ends the payment and tells the shop.
	back := s.ask("/checkout/"+s.token+"/close", "x=1")
	to := location(t, back, http.StatusFound)
	if to.Query().Get("error_code") != "PAY_PROCESS_CANCELED" || to.Query().Get("cart") != "7" {
		t.Errorf("back to %s", to)
	}
}

func TestAUsedLinkSpeaksTheBuyersLanguage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	korean, english := r.open(nil), r.open(func(w *gateway.WindowRequest) { w.Language, w.MerchantUID = "en", "2" })
	korean.begin()
	english.begin()
	has(t, korean.begin(), http.StatusConflict, `lang="ko"`, "<h1>비정상 접근입니다.</h1>")
	has(t, english.begin(), http.StatusConflict, `lang="en"`, "<h1>This link was already used</h1>", `data-testid="message">비정상 접근입니다.`)
}

func location(t *testing.T, rec interface {
	Result() *http.Response
}, status int) *url.URL {
	t.Helper()
	res := rec.Result()
	if res.StatusCode != status {
		t.Fatalf("status %s, want %d", res.Status, status)
	}
	u, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPhoneGoesBackToTheShop(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wallet     bool
		end, query string
		want       url.Values
	}{
		"card paid":      {false, "return", "ok", url.Values{"cart": {"7"}, "merchant_uid": {"주문 1"}}},
		"card cancelled": {false, "fail", "?code=PAY_PROCESS_CANCELED&message=x", url.Values{"cart": {"7"}, "merchant_uid": {"주문 1"}, "error_code": {"PAY_PROCESS_CANCELED"}, "error_msg": {"[PAY_PROCESS_CANCELED] x"}}},
		"card refused":   {false, "fail", "?code=REJECT_CARD_COMPANY&message=%EA%B1%B0%EC%A0%88", url.Values{"cart": {"7"}, "merchant_uid": {"주문 1"}, "error_code": {"REJECT_CARD_COMPANY"}, "error_msg": {"[REJECT_CARD_COMPANY] 거절"}}},
		"wallet paid":    {true, "return", "ok", url.Values{"cart": {"7"}, "merchant_uid": {"주문 1"}, "imp_success": {"true"}}},
		"wallet left":    {true, "fail", "", url.Values{"cart": {"7"}, "merchant_uid": {"주문 1"}, "imp_success": {"false"}, "error_code": {"PAY_PROCESS_CANCELED"}, "error_msg": {"[PAY_PROCESS_CANCELED] 사용자가 결제를 취소하였습니다"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			s := r.open(func(w *gateway.WindowRequest) {
				w.Mobile = true
				if c.wallet {
					w.ChannelKey = r.channels[pay.TossPay]
				}
			})
			begun := s.begin()
			if c.wallet {
				if to := location(t, begun, http.StatusSeeOther); to.Host != "wallet.example" {
					t.Fatalf("to %s", to)
				}
			}
			query := c.query
			if query == "ok" {
				query = s.approved()
			}
			to := location(t, s.ask("/checkout/"+s.token+"/"+c.end+query, ""), http.StatusFound)
			c.want.Set("imp_uid", string(s.id))
			if to.Host != "shop.example" || to.Path != "/done" || to.Query().Encode() != c.want.Encode() {
				t.Errorf("went to %s\nwant query %v", to, c.want)
			}
		})
	}
}

func TestReturnByPostWorksTheSame(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(onPhone)
	s.begin()
	to := location(t, s.ask("/checkout/"+s.token+"/return", strings.TrimPrefix(s.approved(), "?")), http.StatusFound)
	if to.Query().Has("error_code") || to.Query().Get("imp_uid") != string(s.id) {
		t.Errorf("went to %s", to)
	}
}

func TestASecondReturnIsNotAnAccess(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(onPhone)
	s.begin()
	s.ask("/checkout/"+s.token+"/return"+s.approved(), "")
	rec := s.ask("/checkout/"+s.token+"/return"+s.approved(), "")
	has(t, rec, http.StatusConflict, "비정상 접근입니다.", `data-testid="back-to-shop"`, "https://shop.example/done?cart=7&amp;imp_uid="+string(s.id))
}

func TestLayerAndPopupHandTheResultToTheShopsPage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, s := range map[string]shopper{
		"frame": r.open(nil),
		"popup": r.open(func(w *gateway.WindowRequest) { w.ChannelKey, w.MerchantUID = r.channels[pay.TossPay], "2" }),
	} {
		s.begin()
		to := location(t, s.ask("/checkout/"+s.token+"/return"+s.approved(), ""), http.StatusSeeOther)
		if to.Path != "/checkout/result/"+s.token {
			t.Fatalf("%s: to %s", name, to)
		}
		rec := s.ask(to.Path, "")
		has(t, rec, http.StatusOK, `"page":"done"`, `"style":"`+name+`"`, `"target":"https://shop.example"`, `"imp_uid":"`+string(s.id)+`"`, `"token":"`+s.token+`"`)
		if strings.Contains(rec.Body.String(), "shop.example/done") {
			t.Errorf("%s: a desktop page leads to m_redirect_url", name)
		}
	}
}

func TestResultNotKnownYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(onPhone)
	s.begin()
	s.mute.Store(true)
	to := location(t, s.ask("/checkout/"+s.token+"/return"+s.approved(), ""), http.StatusSeeOther)
	has(t, s.ask(to.Path, ""), http.StatusOK, "결제 결과를 확인하고 있습니다", `"page":"working"`, `"poll":"/checkout/`+s.token+`/result"`)
	var got struct{ Progress, Next string }
	check(t, json.Unmarshal(s.ask("/checkout/"+s.token+"/result", "").Body.Bytes(), &got))
	if got.Progress != "working" {
		t.Errorf("progress %q", got.Progress)
	}
}

func TestWithoutAnAddressOfTheShopTheBuyerIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i, bad := range []string{"", "/done", "javascript:alert(1)", "data:text/html,x", "java\tscript:alert(1)"} {
		s := r.open(func(w *gateway.WindowRequest) {
			w.Mobile, w.RedirectURL, w.MerchantUID = true, bad, pay.MerchantUID("o"+strconv.Itoa(i))
		})
		s.begin()
		to := location(t, s.ask("/checkout/"+s.token+"/fail?code=REJECT_CARD_COMPANY&message=%3Cb%3E", ""), http.StatusSeeOther)
		rec := s.ask(to.Path, "")
		has(t, rec, http.StatusOK, `data-testid="result" data-state="failed"`, `data-testid="error-code">REJECT_CARD_COMPANY`, "[REJECT_CARD_COMPANY] &lt;b&gt;",
			`href="https://shop.example/"`, string(s.id), "64,900원")
		if strings.Contains(rec.Body.String(), "javascript:") || strings.Contains(rec.Body.String(), "data:text") {
			t.Errorf("%q got into the page", bad)
		}
	}
	paid := r.open(func(w *gateway.WindowRequest) {
		w.Mobile, w.RedirectURL, w.Language, w.MerchantUID = true, "", "en", "paid-1"
	})
	paid.begin()
	paid.ask("/checkout/"+paid.token+"/return"+paid.approved(), "")
	has(t, paid.ask("/checkout/result/"+paid.token, ""), http.StatusOK, `lang="en"`, `data-state="paid"`, "Payment complete", "KRW 64,900")
}

func TestAppsGetTheirResultBack(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(func(w *gateway.WindowRequest) { w.Mobile, w.RedirectURL = true, "shopapp://pay/result" })
	s.begin()
	has(t, s.begin(), http.StatusConflict, "비정상 접근입니다.")
	rec := s.begin()
	if got := directive(t, rec.Header().Get("Content-Security-Policy"), "form-action"); got != "'self' shopapp:" {
		t.Errorf("form-action %s", got)
	}
	to := s.ask("/checkout/"+s.token+"/return"+s.approved(), "").Header().Get("Location")
	if want := "shopapp://pay/result?imp_uid=" + string(s.id) + "&merchant_uid=%EC%A3%BC%EB%AC%B8%201"; to != want {
		t.Errorf("to %s, want %s", to, want)
	}
}

func TestProblemsSayWhatHappenedAndLeadBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	shop := func(uid pay.MerchantUID, lang string) shopper {
		return r.open(func(w *gateway.WindowRequest) { w.Mobile, w.MerchantUID, w.Language = true, uid, lang })
	}
	r.down.Store(true)
	has(t, shop("down", "ko").begin(), http.StatusBadGateway, "결제사에 연결할 수 없습니다", `data-testid="error-code">NARU_PROVIDER_DOWN`, `href="https://shop.example/done?cart=7&amp;error_code=`)
	r.down.Store(false)
	r.deny.Store(true)
	has(t, shop("deny", "en").begin(), http.StatusUnprocessableEntity, "The payment could not be started", `data-testid="error-code">INVALID_KEY`, "키가 올바르지 않습니다", "Back to the shop")
	r.deny.Store(false)
	has(t, r.ask("/checkout/not-a-token", "", "Accept-Language", "en-US,en;q=0.9"), http.StatusNotFound, "There is no such payment", "NARU_CHECKOUT_UNKNOWN", `id="go-back"`)
	has(t, r.ask("/checkout/not-a-token/return?amount=1", ""), http.StatusNotFound, "결제 정보를 찾을 수 없습니다")
	late := shop("late", "ko")
	r.now.Add(int64(31 * time.Minute))
	has(t, late.begin(), http.StatusGone, "결제 시간이 지났습니다", `action="/checkout/`+late.token+`/close"`)
	if strings.Contains(r.log.String(), late.token) {
		t.Error("a token is in the log")
	}
}

func TestScriptIsToldWhereToGo(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(nil)
	s.begin()
	var got struct{ Progress, Next string }
	check(t, json.Unmarshal(s.ask("/checkout/"+s.token+"/close", "x=1", "Accept", "application/json").Body.Bytes(), &got))
	if got.Progress != "done" || got.Next != "/checkout/result/"+s.token {
		t.Errorf("%+v", got)
	}
	rec := s.ask("/checkout/"+s.token+"/fail", "code=X", "Accept", "application/json")
	got.Next = ""
	check(t, json.Unmarshal(rec.Body.Bytes(), &got))
	if rec.Code != http.StatusConflict || got.Next == "" {
		t.Errorf("a second end: %d %s: the page needs a way on", rec.Code, rec.Body)
	}
}

func TestFailPageShowsOurTextsOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	has(t, r.ask("/checkout/failed?code=F1002&lang=ko", ""), http.StatusOK, "이미 결제가 이루어진 거래건입니다.", "F1002")
	rec := r.ask("/checkout/failed?code=call+0101234&error_msg=call+0101234&lang=en", "")
	has(t, rec, http.StatusOK, "The payment could not be started")
	if strings.Contains(rec.Body.String(), "0101234") {
		t.Error("the page shows what an address says")
	}
}

func TestAssetsAreServedForEver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	page := r.ask("/checkout/failed?code=F1002", "").Body.String()
	for _, mark := range []string{`href="/checkout/static/checkout.`, `src="/checkout/static/checkout.`} {
		_, rest, ok := strings.Cut(page, mark[:strings.Index(mark, `"`)+1])
		if i := strings.Index(page, mark); !ok || i < 0 {
			t.Fatalf("no %s in %s", mark, rest)
		}
		path, _, _ := strings.Cut(page[strings.Index(page, mark)+strings.Index(mark, `"`)+1:], `"`)
		rec := r.ask(path, "")
		if rec.Code != http.StatusOK || !strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, rec.Code, rec.Header())
		}
	}
}

func TestAReturnAlwaysLeadsOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []struct{ end, query, body, kind string }{
		{"/return", "orderId=%zz&amount=1;x=2", "orderId=1&amount=%", "application/x-www-form-urlencoded"},
		{"/return", "", "", ""},
		{"/return", "amount=99999999999999999999", strings.Repeat("a=b&", 20000), "application/x-www-form-urlencoded"},
		{"/return", "orderId=imp_1&amount=64900", "", ""}, // of another payment
		{"/fail", "code=X&message=%EA%B1%B0", "\x00", "multipart/form-data; boundary=x"},
		{"/fail", "code=%0d%0aSet-Cookie:a=b&message=<script>", "", ""},
	} {
		s := r.open(onPhone)
		s.begin()
		rec := s.serve(s.request(c.end, c.query, c.body, c.kind))
		if to := rec.Header().Get("Location"); rec.Code != http.StatusFound || !strings.HasPrefix(to, "https://shop.example/done?cart=7&error_code=") {
			t.Errorf("%s?%s: %d to %q", c.end, c.query, rec.Code, to)
		}
	}
}
