package tosspay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// pressKey does what the page's script does when the buyer presses something.
func (b *bench) pressKey(key, action string, in body, header ...string) (int, body) {
	b.t.Helper()
	req, err := http.NewRequest("POST", b.url+"/payfront/billing/"+key+"/"+action, strings.NewReader(encode(b.t, in)))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, text := b.do(req)
	var out body
	if strings.HasPrefix(text, "{") {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			b.t.Fatal(err)
		}
	}
	return res.StatusCode, out
}

func (b *bench) keyPhase(key string) body {
	b.t.Helper()
	_, text := b.open("/payfront/billing/" + key)
	var out body
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		b.t.Fatalf("%v: %s", err, text)
	}
	return out
}

func TestBillingPageIsStrictAndHasItsHooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	res, text := b.open("/payfront/auth?billingKey=" + b.createKey(nil))
	csp := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || res.Header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("headers %v", res.Header)
	}
	for _, bad := range []string{" style=", " onclick=", "<style", testKey} {
		if strings.Contains(text, bad) {
			t.Errorf("page has %q", bad)
		}
	}
	for _, id := range []string{"phone", "birth", "start", "skip", "tab-qr", "app", "method-card", "method-money", "method-bank", "card", "account",
		"consent", "agree", "cancel", "close", "decline", "decline-code", "charge-fail", "charge-fail-always", "slow", "lose-return", "expire",
		"resume", "app-link", "app-back", "app-done", "expired-back",
		"notification", "reopen", "leave-app", "face", "waiting", "countdown", "ci-mismatch", "browser-dies", "drop-callback", "dead"} {
		if strings.Count(text, `data-testid="`+id+`"`) != 1 {
			t.Errorf("hook %s is not there once", id)
		}
	}
	for _, want := range []string{`<svg class="qr"`, "나루 문구점", "월간 멤버십", "자동결제 등록", "신한카드", "KB국민은행", "BILLING_KEY_USER_CI_ERROR", `"kind":"billing"`} {
		if !strings.Contains(text, want) {
			t.Errorf("page lacks %s", want)
		}
	}
	_, english := b.open("/payfront/auth?lang=en&billingKey=" + b.createKey(body{"userId": "en"}))
	if !strings.Contains(english, "Agree and register") || !strings.Contains(english, `<html lang="en">`) {
		t.Error("no English page")
	}
	key := b.createKey(body{"apiKey": noCardKey})
	if _, text := b.open("/payfront/auth?billingKey=" + key); strings.Contains(text, `data-testid="method-card"`) {
		t.Error("a shop without a card contract offers cards")
	}
	if status, got := b.pressKey(key, "pay", body{"method": "card"}); status != 200 || got["code"] != nil {
		t.Errorf("%d %v, want the page to stay with a decline", status, got)
	}
	if decline, _ := b.keyPhase(key)["decline"].(body); decline["code"] != "NOT_SUPPORTED_PAYMENT_METHOD" {
		t.Errorf("shown %v", decline)
	}
}

func TestBuyerRegistersOnThePage(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	key := b.createKey(body{"userId": "a@b=c^d", "resultCallback": l.url, "returnSuccessUrl": "https://shop.example/ok?r=1#/x"})
	if status, _ := b.pressKey(key, "start", body{"phone": "01012345678", "birth": "901301"}); status != 422 {
		t.Errorf("a date that is none: %d", status)
	}
	if status, st := b.pressKey(key, "start", body{"phone": "01012345678", "birth": "900101"}); status != 200 || st["phase"] != "open" {
		t.Errorf("start: %d %v", status, st)
	}
	status, st := b.pressKey(key, "pay", body{"method": "card", "cardCompanyCode": 2, "chargeFail": "CARD_EXCEED_LIMIT"})
	const next = "https://shop.example/ok?r=1&status=ACTIVE&userId=a@b%3Dc%5Ed&billingKey="
	if status != 200 || st["phase"] != "done" || st["next"] != next+key+"#/x" || st["status"] != "ACTIVE" {
		t.Fatalf("%d %v, want next %s", status, st, next)
	}
	if back, err := url.Parse(st["next"].(string)); err != nil || back.Query().Get("userId") != "a@b=c^d" {
		t.Errorf("userId does not survive: %v", err)
	}
	l.next(t)
	if status, _ := b.pressKey(key, "pay", body{"method": "card"}); status != 409 {
		t.Errorf("registered twice: %d", status)
	}
	wantCode(t, b.bill(key, body{"orderNo": "a"}), "CARD_EXCEED_LIMIT", "")
	b.billOK(key, body{"orderNo": "b"})
}

func TestRegistrationThatComesToNothingReturnsToTheFailureURL(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		action string
		in     body
		phase  string
		query  string
	}{
		{"cancel", nil, "cancelled", "&status=CANCEL&userId=%s&billingKey=%s&errorCode=BILLING_KEY_REGISTRATION_CANCELLED"},
		{"decline", body{"code": "BILLING_KEY_USER_CI_ERROR"}, "failed", "&status=FAIL&userId=%s&billingKey=%s&errorCode=BILLING_KEY_USER_CI_ERROR"},
		{"expire", nil, "expired", "&status=FAIL&userId=%s&billingKey=%s&errorCode=BILLING_KEY_AUTH_ERROR"},
	} {
		key := b.createKey(body{"userId": c.action})
		status, st := b.pressKey(key, c.action, c.in)
		want := keyNG + fmt.Sprintf(c.query, c.action, key)
		if status != 200 || st["phase"] != c.phase || st["next"] != want {
			t.Errorf("%s: %d %v, want next %s", c.action, status, st, want)
		}
		if status, _ := b.pressKey(key, "pay", body{"method": "card"}); status != 409 {
			t.Errorf("%s: can be registered afterwards: %d", c.action, status)
		}
	}
	if n := len(b.callbackViews()); n != 0 {
		t.Errorf("%d callbacks about registrations that failed", n)
	}
}

func TestBillingPageRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.createKey(nil)
	for name, c := range map[string]struct {
		key, action string
		in          body
		header      []string
		want        int
	}{
		"another site":       {key, "pay", body{"method": "card"}, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"an unknown action":  {key, "dance", nil, nil, 404},
		"an unknown key":     {"nothing", "pay", nil, nil, 404},
		"an unknown field":   {key, "pay", body{"months": 3}, nil, 400},
		"no method":          {key, "pay", body{}, nil, 400},
		"an unknown method":  {key, "pay", body{"method": "coins"}, nil, 400},
		"a card for money":   {key, "pay", body{"method": "money", "cardCompanyCode": 3}, nil, 400},
		"a bank for a card":  {key, "pay", body{"method": "card", "accountBankCode": "088"}, nil, 400},
		"an unknown card":    {key, "pay", body{"method": "card", "cardCompanyCode": 9}, nil, 400},
		"an unknown bank":    {key, "pay", body{"method": "bank", "accountBankCode": "001"}, nil, 400},
		"a code that is no":  {key, "decline", body{"code": "OOPS"}, nil, 400},
		"an unpublished one": {key, "pay", body{"method": "card", "chargeFail": "REFUND_EXCEED_DAILY"}, nil, 400},
	} {
		if status, got := b.pressKey(c.key, c.action, c.in, c.header...); status != c.want {
			t.Errorf("%s: %d %v, want %d", name, status, got, c.want)
		}
	}
	if st := b.keyPhase(key); st["phase"] != "open" {
		t.Errorf("something happened: %v", st)
	}
	for _, path := range []string{"/payfront/auth?billingKey=nothing", "/payfront/auth?billingKey=", "/payfront/billing/nothing"} {
		if res, _ := b.open(path); res.StatusCode != 404 {
			t.Errorf("%s: %d, want 404", path, res.StatusCode)
		}
	}
}

func TestRegistrationOfAnAppReturnsToIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.createKey(body{"retAppScheme": "testshop://back", "returnSuccessUrl": nil, "returnFailureUrl": nil})
	got := b.ctlOK("GET", "/billing-keys/"+key, nil)
	uri, _ := got["checkoutUri"].(string)
	if _, text := b.open(strings.TrimPrefix(uri, b.url)); !strings.Contains(text, `"appOnly":true`) {
		t.Errorf("%s does not open the app", uri)
	}
	if _, st := b.pressKey(key, "pay", body{"method": "money", "loseReturn": true}); st["appLink"] != "testshop://back" || st["next"] != nil || st["lost"] != true {
		t.Errorf("%v", st)
	}
}

func TestBillingPagesActByThemselves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := "/payfront/auth?billingKey=" + b.createKey(nil)
	b.ctlOK("PUT", "/auto", body{"action": "decline", "errorCode": "AGE_POLICY_ERROR"})
	b.ctlOK("PUT", "/page", body{"cutOpener": true})
	res, text := b.open(page)
	if !strings.Contains(text, `"auto":{"action":"decline","code":"AGE_POLICY_ERROR"}`) || res.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" {
		t.Error("the page's options are not obeyed")
	}
	if _, text := b.open(page + "&auto=approve"); !strings.Contains(text, `"auto":{"action":"approve"}`) {
		t.Error("?auto= does not win")
	}
}
