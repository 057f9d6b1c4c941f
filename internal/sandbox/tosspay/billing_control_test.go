package tosspay

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"naru/internal/sandbox/control"
)

func TestKeyIsMadeWithoutABrowser(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	got := b.ctlOK("POST", "/billing-keys", body{
		"mid": "narushop", "mode": "TEST", "userId": "u1", "method": "card", "cardCompanyCode": 3, "resultCallback": l.url,
	})
	expect(t, got, body{"status": "ACTIVE", "userId": "u1", "method": "card", "payMethod": "CARD", "cardCompanyNo": 3, "mid": "narushop", "mode": "TEST", "productDesc": "자동결제"})
	key, _ := got["billingKey"].(string)
	if m := l.next(t); !strings.Contains(m.body, key) || !strings.Contains(m.body, "ACTIVATED") {
		t.Errorf("told %s", m.body)
	}
	b.billOK(key, nil)
	expect(t, want(t, b.keyStatus("u1", "")), body{"status": "ACTIVE", "billingKey": key})
	expect(t, b.ctlOK("POST", "/billing-keys", body{"mid": "moneyonly", "userId": "u1", "displayId": "d", "method": "money"}), body{"displayId": "d", "accountNumber": "토스머니"})
	expect(t, b.ctlOK("POST", "/billing-keys", body{"mid": "narushop", "mode": "LIVE", "userId": "u1", "method": "bank"}), body{"mode": "LIVE", "accountBankCode": "092"})

	narushop := func(more body) body {
		in := body{"mid": "narushop", "mode": "TEST", "userId": "u2", "method": "card"}
		for name, v := range more {
			in[name] = v
		}
		return in
	}
	for name, c := range map[string]struct {
		in   body
		want int
		text string
	}{
		"no shop named":       {body{"userId": "u2", "method": "card"}, 400, "moneyonly TEST, narushop LIVE, narushop TEST"},
		"a shop without":      {body{"mid": "sandshop", "userId": "u2", "method": "card"}, 400, "moneyonly TEST, narushop LIVE"},
		"no mode":             {narushop(body{"mode": ""}), 400, "narushop TEST"},
		"a mode that is none": {narushop(body{"mode": "PROD"}), 400, "TEST or LIVE"},
		"no user":             {narushop(body{"userId": ""}), 400, "userId"},
		"a bad user":          {narushop(body{"userId": "a b"}), 400, "userId"},
		"a long user":         {narushop(body{"userId": strings.Repeat("u", 51)}), 400, "at most 50"},
		"no method":           {narushop(body{"method": ""}), 400, "card, bank or money"},
		"an unknown method":   {narushop(body{"method": "gold"}), 400, "card, bank or money"},
		"an unknown card":     {narushop(body{"cardCompanyCode": 9}), 400, "1, 2, 3"},
		"a bad callback":      {narushop(body{"resultCallback": "nowhere"}), 400, "resultCallback"},
		"a bad description":   {narushop(body{"productDesc": `a"b`}), 400, "productDesc"},
		"an unknown field":    {narushop(body{"user": "u2"}), 400, "user"},
		"an unknown code":     {narushop(body{"chargeFail": "NO_SUCH_CODE"}), 400, "COMMON_NOT_ENOUGH_CASH"},
		"always nothing":      {narushop(body{"chargeFailAlways": true}), 400, "only with chargeFail"},
		"a second key":        {narushop(body{"userId": "u1"}), 409, "이미 활성화"},
		"a card without":      {body{"mid": "moneyonly", "userId": "u9", "method": "card"}, 409, "사용할 수 없는 결제수단"},
	} {
		status, got := b.ctl("POST", "/billing-keys", c.in)
		if text, _ := got["message"].(string); status != c.want || !strings.Contains(text, c.text) {
			t.Errorf("%s: %d %v, want %d with %q", name, status, got, c.want, c.text)
		}
	}
	if list := b.ctlOK("GET", "/billing-keys?userId=u2", nil)["billingKeys"].([]any); len(list) != 0 {
		t.Errorf("something was left behind: %v", list)
	}
	if list := b.ctlOK("GET", "/billing-keys?limit=2", nil)["billingKeys"].([]any); len(list) != 2 || list[0].(body)["mode"] != "LIVE" {
		t.Errorf("%v", list)
	}
}

func TestTheOnlyShopNeedNotBeNamed(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) {
		o.Shops = []Shop{{MID: "one", APIKey: testKey, Billing: true}, {MID: "other", APIKey: liveKey}}
	})
	expect(t, b.ctlOK("POST", "/billing-keys", body{"userId": "u1", "method": "bank", "accountBankCode": "004"}), body{"mid": "one", "status": "ACTIVE"})
}

func TestKeyIsNamedByItselfOrByItsUser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	plain := b.activeKey(body{"userId": "u^1=a@b:c"}, Instrument{Method: "card"})
	second := b.activeKey(body{"userId": "u^1=a@b:c", "displayId": "d2"}, Instrument{Method: "money"})
	path := "/billing-keys/" + url.PathEscape("u^1=a@b:c")
	expect(t, b.ctlOK("GET", "/billing-keys/"+plain, nil), body{"billingKey": plain})
	if status, got := b.ctl("GET", path, nil); status != 409 || got["code"] != "AMBIGUOUS" || !strings.Contains(got["message"].(string), "displayId=d2&mid=narushop&mode=TEST") {
		t.Errorf("%d %v", status, got)
	}
	expect(t, b.ctlOK("GET", path+"?displayId=", nil), body{"billingKey": plain})
	expect(t, b.ctlOK("GET", path+"?displayId=d2", nil), body{"billingKey": second})
	expect(t, b.ctlOK("GET", "/billing-keys/u%5E1%3Da%40b%3Ac?displayId=d2", nil), body{"billingKey": second}) // as a browser escapes it
	live := b.activeKey(body{"apiKey": liveKey, "userId": "u^1=a@b:c"}, Instrument{Method: "card"})
	expect(t, b.ctlOK("GET", path+"?displayId=&mode=LIVE", nil), body{"billingKey": live})
	for _, unknown := range []string{"/billing-keys/nobody", path + "?displayId=d3", path + "?mid=oldshop"} {
		if status, got := b.ctl("GET", unknown, nil); status != 404 || got["code"] != "NO_SUCH_BILLING_KEY" {
			t.Errorf("%s: %d %v", unknown, status, got)
		}
	}
	b.ctlOK("POST", path+"/remove?displayId=d2", nil)
	again := b.activeKey(body{"userId": "u^1=a@b:c", "displayId": "d2"}, Instrument{Method: "bank"})
	expect(t, b.ctlOK("GET", path+"?displayId=d2", nil), body{"billingKey": again}) // the latest
	if strings.Contains(encode(t, b.ctlOK("GET", "/billing-keys", nil)), testKey) {
		t.Error("the API key is shown")
	}
}

func TestBuyersChangesAreRefusedInTheWrongState(t *testing.T) {
	t.Parallel()
	b := setup(t)
	waiting := b.createKey(body{"userId": "waiting"})
	active := b.activeKey(body{"userId": "active"}, Instrument{Method: "card"})
	b.activeKey(body{"userId": "active", "displayId": "two"}, Instrument{Method: "money"})
	for _, c := range []struct {
		method, path string
		in           any
		want         int
		text         string
	}{
		{"PUT", waiting + "/instrument", Instrument{Method: "card"}, 409, "in CREATE"},
		{"POST", waiting + "/remove", nil, 409, "in CREATE"},
		{"POST", active + "/agree", Instrument{Method: "card"}, 409, "in ACTIVE"},
		{"POST", active + "/cancel", nil, 409, "in ACTIVE"},
		{"POST", active + "/expire", nil, 409, "in ACTIVE"},
		{"POST", active + "/fail", body{"errorCode": "CORE_USER_ERROR"}, 409, "in ACTIVE"},
		{"POST", waiting + "/fail", body{"errorCode": "CORE"}, 400, "CORE_USER_ERROR"},
		{"POST", waiting + "/fail", nil, 400, "must be one of"},
		{"PUT", active + "/instrument", Instrument{Method: "money"}, 409, "이미 자동결제에 등록된"},
		{"PUT", active + "/instrument", nil, 400, "card, bank or money"},
		{"PUT", active + "/instrument", body{"method": "card", "card": 3}, 400, "card"},
		{"PUT", active + "/charge-fail", body{"errorCode": "OOPS"}, 400, "CARD_MIN_AMOUNT_FOR_SPREADOUT_ERROR"},
		{"PUT", active + "/charge-fail", body{"always": true}, 400, "only with an errorCode"},
		{"PUT", active + "/charge-fail", body{"code": "PAUSE_USER"}, 400, "code"},
		{"POST", "nobody/remove", nil, 404, "nobody"},
		{"GET", "nobody/pushes", nil, 404, "nobody"},
	} {
		status, got := b.ctl(c.method, "/billing-keys/"+c.path, c.in)
		if text, _ := got["message"].(string); status != c.want || !strings.Contains(text, c.text) {
			t.Errorf("%s %s: %d %v, want %d with %q", c.method, c.path, status, got, c.want, c.text)
		}
	}
	expect(t, b.ctlOK("GET", "/billing-keys/"+active, nil), body{"status": "ACTIVE", "method": "card"})
	expect(t, b.ctlOK("GET", "/billing-keys/"+waiting, nil), body{"status": "CREATE"})
	expect(t, b.ctlOK("POST", "/billing-keys/waiting/expire", nil), body{"status": "FAIL", "errorCode": "BILLING_KEY_AUTH_ERROR"})
}

func TestEveryCodeThatIsOfferedIsPublished(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, code := range published {
		if seen[code] || !codeForm.MatchString(code) {
			t.Errorf("%s is listed twice or is no errorCode", code)
		}
		seen[code] = true
	}
	korean := regexp.MustCompile(`\p{Hangul}`)
	for _, list := range [][]string{declines, chargeDeclines, keyDeclines} {
		for _, code := range list {
			if err := checkCode("x", code); err != nil || !korean.MatchString(shownMessage(code, "ko")) || korean.MatchString(shownMessage(code, "en")) {
				t.Errorf("%s: %v, texts %q and %q", code, err, shownMessage(code, "ko"), shownMessage(code, "en"))
			}
		}
	}
}

func TestTranscriptHoldsNoBillingKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "card"})
	b.billOK(key, nil)
	b.keyStatus("cust-8841", "")
	b.post("/api/v1/billing-key/bill", `{"apiKey": "`+testKey+`", "note `+key+` broken`)
	b.bill(key, body{"orderNo": "x" + key, "spreadOut": 13})
	want(t, b.call("/api/v1/billing-key/remove", body{"apiKey": testKey, "billingKey": key}))
	kept := encode(t, b.Transcript().Entries())
	if strings.Contains(kept, key) || strings.Contains(kept, testKey) {
		t.Error("the transcript holds a key")
	}
	if n := len(b.Transcript().Entries()); n != 6 || !strings.Contains(kept, "cust-8841") || !strings.Contains(kept, "payToken") {
		t.Errorf("the transcript lacks exchanges: %d", n)
	}
}

func TestBillingIsReachedThroughTheControlPort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := control.New(map[string]control.Simulator{"tosspay": b.Simulator})
	ask := func(method, path, in string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "http://localhost/control/tosspay"+path, strings.NewReader(in)))
		return w.Code, w.Body.String()
	}
	if status, text := ask("POST", "/billing-keys", `{"mid":"moneyonly","userId":"u^1","method":"money"}`); status != http.StatusCreated || !strings.Contains(text, `"status": "ACTIVE"`) {
		t.Errorf("%d %s", status, text)
	}
	if status, text := ask("GET", "/billing-keys/u%5E1", ""); status != 200 || !strings.Contains(text, `"userId": "u^1"`) {
		t.Errorf("%d %s", status, text)
	}
	if status, text := ask("GET", "/ledger", ""); status != 200 || strings.TrimSpace(text) != "[]" {
		t.Errorf("%d %s", status, text)
	}
}
