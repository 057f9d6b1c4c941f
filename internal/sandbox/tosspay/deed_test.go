package tosspay

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var dataForm = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)

// told is what the page's script is told to do by itself.
func (b *bench) told(path string) pageDeed {
	b.t.Helper()
	res, text := b.open(path)
	m := dataForm.FindStringSubmatch(text)
	if res.StatusCode != 200 || m == nil {
		b.t.Fatalf("%s: %d, no script data", path, res.StatusCode)
	}
	var data struct{ Auto pageDeed }
	if err := json.Unmarshal([]byte(m[1]), &data); err != nil {
		b.t.Fatalf("%v: %s", err, m[1])
	}
	return data.Auto
}

func (b *bench) orders() []any {
	b.t.Helper()
	return b.ctlOK("GET", "/next-buyer", nil)["orders"].([]any)
}

func TestAutoWordsOfAPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	payment := "/payfront/auth?payToken=" + b.create(nil)
	billing := "/payfront/auth?billingKey=" + b.createKey(nil)
	for _, c := range []struct{ words, payment, billing string }{
		{"approve", `{approve  map[]}`, `{approve  map[]}`},
		{"decline:CARD_EXCEED_LIMIT", `{approve  map[executeFail:CARD_EXCEED_LIMIT]}`, `{decline CARD_EXCEED_LIMIT map[]}`},
		{"decline", `{approve  map[executeFail:COMMON_NOT_ENOUGH_CASH]}`, `{decline BILLING_KEY_USER_CI_ERROR map[]}`},
		{"close", `{close  map[]}`, `{close  map[]}`},
		{"cancel", `{close  map[]}`, `{close  map[]}`},
		{"hang", `{hang  map[]}`, `{hang  map[]}`},
		{"leave", `{approve  map[loseReturn:true]}`, `{approve  map[loseReturn:true]}`},
	} {
		if got := fmt.Sprint(b.told(payment + "&auto=" + c.words)); got != c.payment {
			t.Errorf("payment %s: %s, want %s", c.words, got, c.payment)
		}
		if got := fmt.Sprint(b.told(billing + "&auto=" + c.words)); got != c.billing {
			t.Errorf("billing %s: %s, want %s", c.words, got, c.billing)
		}
	}
	for _, page := range []string{payment, billing} {
		for _, bad := range []string{"explode", "approve:CARD_EXCEED_LIMIT", "decline:x", "close:A_CODE", ""} {
			if res, text := b.open(page + "&auto=" + bad); res.StatusCode != 400 || !strings.Contains(html.UnescapeString(text), "auto: ") {
				t.Errorf("auto=%s: %d, want 400 that says why", bad, res.StatusCode)
			}
		}
	}
	if st := b.phase(strings.TrimPrefix(payment, "/payfront/auth?payToken=")); st["phase"] != "open" {
		t.Errorf("opening a page did something: %v", st)
	}
}

func TestNextBuyerIsTakenOnceByTheFirstWindowThatFits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.ctlOK("PUT", "/next-buyer", []body{
		{"kind": "billing", "action": "decline", "code": "AGE_POLICY_ERROR"},
		{"mid": "oldshop", "action": "close"},
		{"mid": "narushop", "kind": "payment", "action": "approve", "choices": body{"card": 3, "months": 3, "discount": 1000, "points": 500}},
	})
	got := b.ctlOK("PUT", "/next-buyer", body{"action": "hang"})["orders"].([]any)
	if len(got) != 4 || got[3].(body)["action"] != "hang" || got[2].(body)["choices"].(body)["method"] != "CARD" {
		t.Fatalf("queue %v", got)
	}

	first := b.create(body{"orderNo": "a"})
	page := "/payfront/auth?payToken=" + first
	const third = `{approve  map[cardCompanyCode:3 discount:1000 payMethod:CARD points:500 spreadOut:3]}`
	for range 2 { // a reload does not take another
		if got := fmt.Sprint(b.told(page)); got != third {
			t.Errorf("%s, want %s", got, third)
		}
	}
	if n := len(b.orders()); n != 3 {
		t.Errorf("%d orders left, want 3", n)
	}
	if got := b.told("/payfront/auth?payToken=" + b.create(body{"orderNo": "b"}) + "&auto=approve"); len(got.Pick) != 0 || len(b.orders()) != 3 {
		t.Error("a page with ?auto= took an order")
	}
	if got := b.told("/payfront/auth?payToken=" + b.create(body{"apiKey": legacyKey})); got.Action != "close" {
		t.Errorf("the old shop's buyer: %v", got)
	}
	if got := b.told("/payfront/auth?billingKey=" + b.createKey(nil)); got.Action != "decline" || got.Code != "AGE_POLICY_ERROR" {
		t.Errorf("the registration's buyer: %v", got)
	}
	b.ctlOK("PUT", "/auto", body{"action": "close"})
	if got := b.told("/payfront/auth?payToken=" + b.create(body{"orderNo": "c"})); got.Action != "hang" {
		t.Errorf("an order comes before what all pages do: %v", got)
	}
	if got := b.told("/payfront/auth?payToken=" + b.create(body{"orderNo": "d"})); got.Action != "close" {
		t.Errorf("with an empty queue: %v", got)
	}
	b.ctlOK("PUT", "/next-buyer", body{"action": "close"})
	if left := b.ctlOK("DELETE", "/next-buyer", nil)["orders"].([]any); len(left) != 0 {
		t.Errorf("left after DELETE: %v", left)
	}
}

// What an order says is sent by the page as it stands, so it has to be what
// the page's server takes.
func TestNextBuyersChoicesAreTakenByTheServer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, c := range []struct {
		choices body
		want    body
	}{
		{body{"method": "CARD", "card": 3, "months": 3, "discount": 1000, "points": 500}, body{"payMethod": "CARD", "paidAmount": 58500, "discountedAmount": 1500, "discountAmountV2": 1000, "paidPointV2": 500, "amount": 60000}},
		{body{"method": "TOSS_MONEY", "bank": "088"}, body{"payMethod": "TOSS_MONEY", "accountBankCode": "088", "paidAmount": 60000}},
		{body{"bank": "888"}, body{"accountBankCode": "888", "accountBankName": "토스머니"}},
	} {
		b.ctlOK("PUT", "/next-buyer", body{"action": "approve", "choices": c.choices})
		token := b.create(body{"orderNo": fmt.Sprint("o", i)})
		if status, st := b.press(token, "pay", b.told("/payfront/auth?payToken="+token).Pick); status != 200 || st["phase"] != "done" {
			t.Fatalf("%v: %d %v", c.choices, status, st)
		}
		want(t, b.execute(token, nil))
		expect(t, b.status(token), c.want)
	}
	for i, c := range []struct{ choices, want body }{
		{body{"card": 7}, body{"method": "card", "cardCompanyNo": 7}},
		{body{"method": "TOSS_MONEY"}, body{"method": "money"}},
		{body{"bank": "004"}, body{"method": "bank", "accountBankCode": "004"}},
	} {
		b.ctlOK("PUT", "/next-buyer", body{"kind": "billing", "action": "leave", "choices": c.choices})
		key := b.createKey(body{"userId": fmt.Sprint("u", i)})
		if status, st := b.pressKey(key, "pay", b.told("/payfront/auth?billingKey="+key).Pick); status != 200 || st["lost"] != true {
			t.Fatalf("%v: %d %v", c.choices, status, st)
		}
		expect(t, b.ctlOK("GET", "/billing-keys/"+key, nil), c.want)
	}
}

func TestNextBuyerRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for want, in := range map[string]any{
		`action "explode"`:               body{"action": "explode"},
		`action ""`:                      body{},
		`kind "slip"`:                    body{"action": "close", "kind": "slip"},
		`mid "nobody"`:                   body{"action": "close", "mid": "nobody"},
		`code "x y"`:                     body{"action": "decline", "code": "x y"},
		"only with action decline":       body{"action": "approve", "code": "CARD_EXCEED_LIMIT"},
		"must be one of":                 body{"action": "decline", "kind": "billing", "code": "REFUND_EXCEED_DAILY"},
		"not with action close":          body{"action": "close", "choices": body{"card": 3}},
		`choices.method "COINS"`:         body{"action": "approve", "choices": body{"method": "COINS"}},
		"only with method CARD":          body{"action": "approve", "choices": body{"method": "TOSS_MONEY", "card": 3}},
		"choices.bank: only with method": body{"action": "approve", "choices": body{"method": "CARD", "bank": "088"}},
		"choices.months 13":              body{"action": "approve", "choices": body{"months": 13}},
		"choices.months 1:":              body{"action": "approve", "choices": body{"months": 1}},
		"choices.discount -1":            body{"action": "approve", "choices": body{"discount": -1}},
		"cardCompanyCode 9":              body{"action": "approve", "choices": body{"card": 9}},
		`accountBankCode "001"`:          body{"action": "approve", "choices": body{"bank": "001"}},
		"only with kind payment":         body{"action": "approve", "kind": "billing", "choices": body{"months": 3}},
		`unknown field "deed"`:           []body{{"action": "approve"}, {"deed": "approve"}},
		"must be an order or a list":     "approve",
	} {
		if _, isText := in.(string); isText {
			in = []any{1}
			want = "JSON 객체"
		}
		if status, got := b.ctl("PUT", "/next-buyer", in); status != http.StatusBadRequest || !strings.Contains(fmt.Sprint(got["message"]), want) {
			t.Errorf("%v: %d %v, want 400 with %s", in, status, got, want)
		}
	}
	for _, raw := range []string{"", "{", "[", `"approve"`, "null x"} {
		w := httptest.NewRecorder()
		b.Control().ServeHTTP(w, httptest.NewRequest("PUT", "/next-buyer", strings.NewReader(raw)))
		if w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d, want 400", raw, w.Code)
		}
	}
	if left := b.orders(); len(left) != 0 {
		t.Errorf("a refused list left %v", left)
	}
	many := make([]body, nextMost)
	for i := range many {
		many[i] = body{"action": "hang"}
	}
	b.ctlOK("PUT", "/next-buyer", many)
	if status, got := b.ctl("PUT", "/next-buyer", body{"action": "hang"}); status != 409 || got["code"] != "QUEUE_FULL" {
		t.Errorf("one too many: %d %v", status, got)
	}
}

// FuzzNextBuyer feeds the queue's decoder: whatever is taken keeps the rules
// and can be put into the words of both pages.
func FuzzNextBuyer(f *testing.F) {
	f.Add(`{"mid":"narushop","kind":"payment","action":"approve","choices":{"method":"CARD","card":3,"months":3,"discount":1000,"points":500}}`)
	f.Add(`[{"action":"decline:CARD_EXCEED_LIMIT"},{"action":"close"}]`)
	f.Add(`{"action":"approve","choices":{"bank":"888"}}`)
	f.Add(`[`)
	f.Add(`{"action":"leave","choices":null}`)
	s := &Simulator{shops: map[string]*Shop{"k": {MID: "narushop"}}}
	f.Fuzz(func(t *testing.T, raw string) {
		list, err := decodeNext([]byte(raw))
		if err != nil {
			return
		}
		for _, n := range list {
			if s.checkNext(&n) != nil {
				continue
			}
			if d, err := parseDeed(n.Action + ":" + n.Code); n.Code != "" && (err != nil || d.Code != n.Code) {
				t.Errorf("%+v does not survive as words: %v", n, err)
			}
			for _, kind := range []string{paymentKind, billingKind} {
				if p := n.forPage(kind); p.Action == "" || p.Action == deedLeave {
					t.Errorf("%+v on a %s page: %+v", n, kind, p)
				}
			}
			if n.fits(billingKind, &Shop{MID: "narushop"}) && n.Choices != nil && n.Choices.Months != 0 {
				t.Errorf("%+v fits a registration", n)
			}
		}
	})
}
