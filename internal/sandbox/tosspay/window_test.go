package tosspay

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// open fetches a page of the simulator.
func (b *bench) open(path string, header ...string) (*http.Response, string) {
	b.t.Helper()
	req, err := http.NewRequest("GET", b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return b.do(req)
}

func (b *bench) do(req *http.Request) (*http.Response, string) {
	b.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, string(text)
}

// press does what the page's script does when the buyer presses something.
func (b *bench) press(token, action string, in body, header ...string) (int, body) {
	b.t.Helper()
	req, err := http.NewRequest("POST", b.url+"/payfront/sandbox/"+token+"/"+action, strings.NewReader(encode(b.t, in)))
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

// phase is how the waiting page finds the payment.
func (b *bench) phase(token string) body {
	b.t.Helper()
	_, text := b.open("/payfront/sandbox/" + token)
	var out body
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		b.t.Fatalf("%v: %s", err, text)
	}
	return out
}

func TestCheckoutPageIsStrictAndHasItsHooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	res, text := b.open("/payfront/auth?payToken=" + b.create(nil))
	csp := res.Header.Get("Content-Security-Policy")
	for _, rule := range []string{"default-src 'none'", "frame-ancestors 'none'", "script-src 'self' 'nonce-"} {
		if !strings.Contains(csp, rule) {
			t.Errorf("policy lacks %s: %s", rule, csp)
		}
	}
	if res.Header.Get("X-Frame-Options") != "DENY" || res.Header.Get("Cross-Origin-Opener-Policy") != "" {
		t.Errorf("headers %v", res.Header)
	}
	for _, bad := range []string{" style=", " onclick=", "<style", testKey} {
		if strings.Contains(text, bad) {
			t.Errorf("page has %q", bad)
		}
	}
	for _, id := range []string{"phone", "birth", "start", "skip", "tab-qr", "app", "method-money", "method-card", "installments",
		"discount", "points", "pay", "decline", "decline-code", "execute-fail", "cancel", "close", "expire", "lose-return", "resume",
		"notification", "reopen", "leave-app", "face", "waiting", "waiting-text", "countdown", "countdown-waiting", "countdown-app", "installments-row", "earned", "cash-receipt",
		"discount-won", "callback-version", "browser-dies", "drop-callback", "dead", "qr-link", "original", "final", "account", "card"} {
		if strings.Count(text, `data-testid="`+id+`"`) != 1 {
			t.Errorf("hook %s is not there once", id)
		}
	}
	if !strings.Contains(text, `<svg class="qr"`) || !strings.Contains(text, "나루 문구점") || !strings.Contains(text, "60,000원") {
		t.Error("page lacks the QR code, the merchant or the amount")
	}
	for _, asset := range []string{"pay.css", "sheets.js", "checkout.js"} {
		address, err := b.assets.URL(asset)
		if err != nil || !strings.Contains(text, address) {
			t.Fatalf("page does not use %s (%v)", address, err)
		}
		if res, _ := b.open(strings.TrimPrefix(address, "/tosspay")); res.StatusCode != 200 {
			t.Errorf("%s: %d", address, res.StatusCode)
		}
	}
}

func TestCheckoutOffersWhatThePaymentAllows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		order     body
		has, lack string
	}{
		"money only":  {body{"enablePayMethods": "TOSS_MONEY"}, `data-testid="method-money"`, `data-testid="method-card"`},
		"cards only":  {body{"enablePayMethods": "CARD"}, `data-testid="method-card"`, `data-testid="method-money"`},
		"one card":    {body{"cardOptions": body{"options": []body{{"cardCompanyCode": 3}}}}, "삼성카드", "신한카드"},
		"no contract": {body{"apiKey": noCardKey}, `data-testid="method-money"`, `data-testid="method-card"`},
		"no months":   {body{"installment": "NOT_USE"}, `"installments":false`, `"installments":true`},
		"quotes":      {body{"productDesc": "<b>굵은</b> 연필"}, "&lt;b&gt;굵은", "<b>굵은"},
	} {
		c.order["orderNo"] = regexpSafe(name)
		_, text := b.open("/payfront/auth?payToken=" + b.create(c.order))
		if !strings.Contains(text, c.has) || strings.Contains(text, c.lack) {
			t.Errorf("%s: want %s and not %s", name, c.has, c.lack)
		}
	}
}

func TestPageSpeaksTheBrowsersLanguage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := "/payfront/auth?payToken=" + b.create(nil)
	for _, c := range []struct{ query, accept, want string }{
		{"", "", "ko"}, {"", "en-US,en;q=0.9", "en"}, {"", "ko-KR,ko;q=0.9,en;q=0.8", "ko"}, {"", "fr, en;q=0.5, ko;q=0.4", "en"},
		{"", "fr", "ko"}, {"&lang=en", "ko", "en"}, {"&lang=ko", "en", "ko"}, {"", "en;q=nonsense", "ko"},
	} {
		_, text := b.open(page+c.query, "Accept-Language", c.accept)
		if !strings.Contains(text, `<html lang="`+c.want+`">`) {
			t.Errorf("%q %q: want %s", c.query, c.accept, c.want)
		}
	}
}

func TestOpenerIsCutOnRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := "/payfront/auth?payToken=" + b.create(nil)
	b.ctlOK("PUT", "/page", body{"cutOpener": true})
	res, text := b.open(page)
	if res.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" || !strings.Contains(text, `"cutOpener":true`) {
		t.Errorf("opener is not cut: %v", res.Header)
	}
	b.ctlOK("PUT", "/page", body{"cutOpener": false})
	if res, _ := b.open(page); res.Header.Get("Cross-Origin-Opener-Policy") != "" {
		t.Error("opener stays cut")
	}
}

func TestUnknownPaymentHasNoPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/payfront/auth?payToken=nothing", "/payfront/auth", "/payfront/sandbox/nothing", slipPath + "?payToken=nothing"} {
		if res, _ := b.open(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, res.StatusCode)
		}
	}
}

func TestBuyerIdentifies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(nil)
	for _, c := range []struct {
		phone, birth string
		skip         bool
		want         int
	}{
		{"01012345678", "900101", false, 200},
		{"010-1234-5678", "040229", false, 200},
		{"0101234567", "900101", false, 422},
		{"02012345678", "900101", false, 422},
		{"01012345678", "901301", false, 422},
		{"01012345678", "230229", false, 422},
		{"", "", false, 422},
		{"", "", true, 200},
		{noMember, "900101", false, 422},
	} {
		status, got := b.press(token, "start", body{"phone": c.phone, "birth": c.birth, "skip": c.skip})
		if status != c.want || (status != 200 && got["message"] == "") {
			t.Errorf("%+v: %d %v", c, status, got)
		}
	}
}

func TestBrowserReturnsWithWhatIsDocumented(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, target, orderNo string
		auto                  bool
		buyer                 Approval
		want                  string
	}{
		{"card, waiting for execute", "https://shop.example/pay/return?oid=173", "shop-1", false, Approval{PayMethod: "CARD", CardCompanyCode: 3}, "https://shop.example/pay/return?oid=173&status=PAY_APPROVED&orderNo=shop-1&payMethod=CARD&cardCompany=3"},
		{"money, captured", "https://shop.example/pay/return", "shop-2", true, Approval{}, "https://shop.example/pay/return?status=PAY_COMPLETE&orderNo=shop-2&payMethod=TOSS_MONEY&bankCode=092"},
		{"an @ stays", "https://shop.example/r", "a@b:c", false, Approval{}, "https://shop.example/r?status=PAY_APPROVED&orderNo=a@b:c&payMethod=TOSS_MONEY&bankCode=092"},
		{"a caret does not", "https://shop.example/r", "a^b", false, Approval{}, "https://shop.example/r?status=PAY_APPROVED&orderNo=a%5Eb&payMethod=TOSS_MONEY&bankCode=092"},
		{"an open query", "https://shop.example/r?", "x", false, Approval{}, "https://shop.example/r?status=PAY_APPROVED&orderNo=x&payMethod=TOSS_MONEY&bankCode=092"},
		{"an open parameter", "https://shop.example/r?a=1&", "x", false, Approval{}, "https://shop.example/r?a=1&status=PAY_APPROVED&orderNo=x&payMethod=TOSS_MONEY&bankCode=092"},
		{"a fragment", "https://shop.example/r?a=1#/done", "x", false, Approval{}, "https://shop.example/r?a=1&status=PAY_APPROVED&orderNo=x&payMethod=TOSS_MONEY&bankCode=092#/done"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			token := b.create(body{"orderNo": c.orderNo, "retUrl": c.target, "autoExecute": c.auto, "resultCallback": "http://127.0.0.1:1/cb"})
			status, st := b.press(token, "pay", body{"payMethod": c.buyer.PayMethod, "cardCompanyCode": c.buyer.CardCompanyCode})
			if status != 200 || st["phase"] != "done" || st["next"] != c.want {
				t.Errorf("%d %v, want next %s", status, st, c.want)
			}
			if back, err := url.Parse(c.want); err != nil || back.Query().Get("orderNo") != c.orderNo {
				t.Errorf("orderNo does not survive: %v", err)
			}
		})
	}
}

func TestBuyerLeaves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(nil)
	if _, st := b.press(token, "cancel", nil); st["phase"] != "cancelled" || st["next"] != shopCancel {
		t.Errorf("%v, want to go to %s with nothing appended", st, shopCancel)
	}
	expect(t, b.status(token), body{"payStatus": "PAY_CANCEL"})
	if status, _ := b.press(token, "pay", nil); status != http.StatusConflict {
		t.Errorf("pay after cancel: %d", status)
	}
	paid := b.paid(body{"orderNo": "paid"}, Approval{})
	if status, _ := b.press(paid, "cancel", nil); status != http.StatusConflict {
		t.Errorf("cancel after payment: %d", status)
	}
}

func TestDeclinedBuyerMayTryAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(nil)
	status, st := b.press(token, "decline", body{"code": "CARD_NOT_AVAILABLE"})
	decline, _ := st["decline"].(body)
	if status != 200 || st["phase"] != "open" || decline["message"] != "도난/분실/거래정지 카드로 승인이 거절되었습니다." {
		t.Fatalf("%d %v", status, st)
	}
	if status, _ := b.press(token, "decline", body{"code": "oops"}); status != 400 {
		t.Errorf("a code that is none: %d", status)
	}
	if _, st := b.press(token, "pay", nil); st["phase"] != "done" || st["decline"] != nil {
		t.Errorf("second try: %v", st)
	}
}

func TestAutomaticCaptureThatFailsIsShownInTheApp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(body{"autoExecute": true, "resultCallback": "http://127.0.0.1:1/cb"})
	_, st := b.press(token, "pay", body{"executeFail": "COMMON_NOT_ENOUGH_CASH"})
	if decline, _ := st["decline"].(body); st["phase"] != "open" || decline["code"] != "COMMON_NOT_ENOUGH_CASH" {
		t.Errorf("%v", st)
	}
	if n := len(b.callbackViews()); n != 0 {
		t.Errorf("%d callbacks for a payment that failed", n)
	}
	if _, st := b.press(token, "pay", nil); st["status"] != "PAY_COMPLETE" {
		t.Errorf("second try: %v", st)
	}
}

func TestExpiryShowsOnThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(nil)
	if _, st := b.press(token, "expire", nil); st["phase"] != "expired" || st["next"] != shopCancel {
		t.Errorf("%v", st)
	}
	expect(t, b.status(token), body{"payStatus": "PAY_CANCEL"})
	slow := b.create(body{"orderNo": "slow"})
	b.clock.Advance(15 * time.Minute)
	if st := b.phase(slow); st["phase"] != "expired" {
		t.Errorf("%v", st)
	}
}

func TestWayBackCanBeLost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	lost := b.create(body{"orderNo": "lost"})
	if _, st := b.press(lost, "pay", body{"loseReturn": true}); st["lost"] != true || st["next"] == "" {
		t.Errorf("%v", st)
	}
	app := b.create(body{"orderNo": "app", "retAppScheme": "testshop://back"})
	if _, st := b.press(app, "pay", nil); st["appLink"] != "testshop://back" {
		t.Errorf("%v", st)
	}
}

func TestPageOfAnotherSiteCannotPress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(nil)
	if status, _ := b.press(token, "pay", nil, "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("cross-site press: %d, want 403", status)
	}
	if status, _ := b.press(token, "dance", nil); status != http.StatusNotFound {
		t.Errorf("unknown action: %d, want 404", status)
	}
	if status, _ := b.press(token, "pay", body{"months": 3}); status != http.StatusBadRequest {
		t.Errorf("unknown field: %d, want 400", status)
	}
}

func TestPagesActByThemselves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := "/payfront/auth?payToken=" + b.create(nil)
	b.ctlOK("PUT", "/auto", body{"action": "decline", "errorCode": "CARD_EXCEED_LIMIT"})
	if _, text := b.open(page); !strings.Contains(text, `"auto":{"action":"approve","pick":{"executeFail":"CARD_EXCEED_LIMIT"}}`) {
		t.Error("page is not told to decline")
	}
	if _, text := b.open(page + "&auto=approve"); !strings.Contains(text, `"auto":{"action":"approve"}`) {
		t.Error("?auto= does not win")
	}
	for _, bad := range []body{{"action": "explode"}, {"action": "approve", "errorCode": "CARD_EXCEED_LIMIT"}, {"action": "decline", "errorCode": "x y"}, {"deed": "approve"}} {
		if status, _ := b.ctl("PUT", "/auto", bad); status != http.StatusBadRequest {
			t.Errorf("%v: %d, want 400", bad, status)
		}
	}
	expect(t, b.ctlOK("GET", "/auto", nil), body{"action": "decline"})
}

func TestSalesSlip(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"orderNo": "card"}, Approval{PayMethod: "CARD", CardCompanyCode: 3, SpreadOut: 3, Discount: 6000})
	refund := b.refundOK(token, body{"refundNo": "r1", "amount": 20_000, "amountTaxFree": 0})
	link, _ := refund["salesCheckLinkUrl"].(string)
	link = strings.TrimPrefix(link, b.url)

	if _, text := b.open(link); !strings.Contains(text, `data-testid="birth"`) || strings.Contains(text, `data-testid="slip"`) {
		t.Error("the slip is shown to anybody")
	}
	if _, text := b.open(link + "&skip=1"); !strings.Contains(text, "-20,000원") || !strings.Contains(text, "취소") || !strings.Contains(text, "3개월") {
		t.Errorf("refund's slip: %s", text)
	}
	for birth, want := range map[string]int{"900101": 200, "901341": 422} {
		res, err := http.PostForm(b.url+slipPath, url.Values{"payToken": {token}, "phone": {"01012345678"}, "birth": {birth}})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != want || strings.Contains(string(text), "54,000원") != (want == 200) {
			t.Errorf("birth %s: %d (%v)", birth, res.StatusCode, err)
		}
	}
	money := b.paid(body{"orderNo": "money"}, Approval{})
	waiting := b.create(body{"orderNo": "waiting"})
	for path, want := range map[string]int{
		"?payToken=" + money:                             http.StatusConflict,
		"?payToken=" + waiting:                           http.StatusConflict,
		"?payToken=" + token + "&transactionId=no-such":  http.StatusNotFound,
		"?payToken=" + token + "&skip=1&transactionId=":  http.StatusOK,
		"?payToken=" + token + "&skip=1&lang=en&extra=%": http.StatusBadRequest,
	} {
		if res, _ := b.open(slipPath + path); res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
}
