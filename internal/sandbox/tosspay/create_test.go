package tosspay

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestCreateAnswersTokenAndPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := want(t, b.call("/api/v2/payments", order(body{
		"autoExecute": true, "resultCallback": "https://shop.example/cb", "callbackVersion": "V2", "retAppScheme": "testshop://",
		"amountTaxable": 50000, "amountVat": 5000, "amountTaxFree": 4000, "amountServiceFee": 1000,
		"expiredTime": "2026-11-21 18:15:00", "enablePayMethods": "CARD", "cashReceiptTradeOption": "CULTURE",
		"cardOptions": body{"options": []body{{"cardCompanyCode": 3}, {"cardCompanyCode": 9}}}, "installment": "NOT_USE",
	})))
	token, _ := got["payToken"].(string)
	if !regexp.MustCompile(`^[0-9A-Za-z]{22}$`).MatchString(token) {
		t.Errorf("payToken %q", token)
	}
	expect(t, got, body{"status": 200, "checkoutPage": b.url + "/payfront/auth?payToken=" + token})
	expect(t, b.status(token), body{"payStatus": "PAY_STANDBY", "amountTaxable": 50000, "amountVat": 5000, "amountTaxFree": 4000, "amountServiceFee": 1000})
}

func TestCreateRefusesBadFieldsByName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const bad = "COMMON_INVALID_PARAMETER"
	for _, c := range []struct {
		name   string
		change body
		code   string
		msg    string
	}{
		{"no key", body{"apiKey": nil}, bad, "apiKey 는 필수값"},
		{"a key that is not text", body{"apiKey": 7}, bad, "apiKey 는 문자열"},
		{"a wrong key", body{"apiKey": "sk_test_somebodyelse"}, "COMMON_INVALID_API_KEY", "바르지 않은 API key"},
		{"no order number", body{"orderNo": ""}, bad, "orderNo 는 필수값"},
		{"an order number with a space", body{"orderNo": "a b"}, bad, "orderNo 는 숫자, 영문"},
		{"an order number in Korean", body{"orderNo": "주문1"}, bad, "orderNo"},
		{"an order number of 51", body{"orderNo": strings.Repeat("a", 51)}, bad, "orderNo 는 50자 이하"},
		{"no amount", body{"amount": nil}, bad, "amount 는 필수값"},
		{"a quoted amount", body{"amount": "60000"}, bad, `amount 는 따옴표 없는`},
		{"a fraction", body{"amount": 100.5}, bad, "받은 값: 100.5"},
		{"a negative amount", body{"amount": -1}, bad, "받은 값: -1"},
		{"nothing to pay", body{"amount": 0}, bad, "amount 는 1 이상"},
		{"too much for anybody", body{"amount": 1_000_000_001}, bad, "1000000000"},
		{"no tax-free part", body{"amountTaxFree": nil}, bad, "amountTaxFree 는 필수값"},
		{"an empty tax-free part", body{"amountTaxFree": ""}, bad, "amountTaxFree 는 필수값"},
		{"no goods", body{"productDesc": nil}, bad, "productDesc 는 필수값"},
		{"blank goods", body{"productDesc": "   "}, bad, "productDesc 는 빈 값"},
		{"goods in quotes", body{"productDesc": `연필 "HB"`}, bad, "productDesc"},
		{"goods with an apostrophe", body{"productDesc": "it's"}, bad, "productDesc"},
		{"goods with a backslash", body{"productDesc": `a\b`}, bad, "productDesc"},
		{"goods of 256", body{"productDesc": strings.Repeat("가", 256)}, bad, "productDesc 는 255자 이하"},
		{"a return URL without a host", body{"retUrl": "/pay/return"}, bad, "retUrl 는 http"},
		{"a return URL that runs", body{"retUrl": "javascript:alert(1)"}, bad, "retUrl 는 http"},
		{"a long return URL", body{"retUrl": "https://shop.example/" + strings.Repeat("a", 255)}, bad, "retUrl 는 255자"},
		{"no way to cancel", body{"retCancelUrl": nil}, bad, "retCancelUrl 는 필수값"},
		{"autoExecute as text", body{"autoExecute": "true"}, bad, "autoExecute 는 true 또는 false"},
		{"autoExecute without a callback", body{"autoExecute": true}, bad, "resultCallback"},
		{"an unknown callback version", body{"callbackVersion": "V3"}, bad, "callbackVersion 는 V1, V2"},
		{"an app scheme that a browser runs", body{"retAppScheme": "JavaScript://%0aalert(1)"}, bad, "retAppScheme"},
		{"a web address as app scheme", body{"retAppScheme": "https://shop.example"}, bad, "retAppScheme"},
		{"parts that do not add up", body{"amountTaxable": 54545, "amountVat": 5454}, bad, "amountTaxable + amountTaxFree"},
		{"more tax-free than all", body{"amountTaxFree": 60001}, bad, "amountTaxFree + amountServiceFee"},
		{"more VAT than all", body{"amountVat": 60001}, bad, "amountTaxable + amountTaxFree"},
		{"an expiry in another form", body{"expiredTime": "2026-11-21T18:15:00"}, bad, "expiredTime 는 yyyy-MM-dd HH:mm:ss"},
		{"an expiry that is no date", body{"expiredTime": "2026-13-41 18:15:00"}, bad, "expiredTime"},
		{"an expiry in the past", body{"expiredTime": "2026-11-21 17:44:01"}, bad, "expiredTime 는 현재 시각 이후"},
		{"an expiry of now", body{"expiredTime": start}, bad, "expiredTime 는 현재 시각 이후"},
		{"an expiry too late", body{"expiredTime": "2026-11-21 18:44:03"}, bad, "expiredTime 는 현재 시각부터 60분"},
		{"cashReceipt as text", body{"cashReceipt": "false"}, bad, "cashReceipt"},
		{"an unknown trade option", body{"cashReceiptTradeOption": "BOOKS"}, bad, "GENERAL, CULTURE, PUBLIC_TP"},
		{"cardOptions as a list", body{"cardOptions": []int{3}}, bad, "cardOptions 는 객체"},
		{"cardOptions without options", body{"cardOptions": body{}}, bad, "cardOptions"},
		{"an unknown card company", body{"cardOptions": body{"options": []body{{"cardCompanyCode": 11}}}}, bad, "받은 값: 11"},
		{"only a card that is not supported", body{"enablePayMethods": "CARD", "cardOptions": body{"options": []body{{"cardCompanyCode": 9}}}}, bad, "cardOptions"},
		{"an unknown instalment word", body{"installment": "MAYBE"}, bad, "installment 는 USE, NOT_USE"},
		{"a field nobody documented", body{"metadata": "x"}, bad, "metadata 는 알 수 없는"},
		{"cards without a contract", body{"apiKey": noCardKey, "enablePayMethods": "CARD"}, bad, "enablePayMethods"},
		{"too much without a card contract", body{"apiKey": noCardKey, "amount": 2_000_001}, "COMMON_EXCEED_LIMIT", "한도를 초과"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wantCode(t, b.call("/api/v2/payments", order(c.change)), c.code, c.msg)
		})
	}
}

func TestCreateAcceptsTheEdges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, change := range []body{
		{"orderNo": "Aa0_-:.^@" + strings.Repeat("z", 41)},
		{"amount": 1, "amountTaxFree": 1},
		{"amount": 1_000_000_000},
		{"apiKey": noCardKey, "amount": 2_000_000},
		{"expiredTime": "2026-11-21 18:44:02"},
		{"expiredTime": "2026-11-21 17:44:03"},
		{"productDesc": strings.Repeat("가", 255)},
		{"enablePayMethods": "EVERYTHING"},
		{"callbackVersion": nil, "autoExecute": nil, "cashReceipt": nil, "retAppScheme": ""},
		{"autoExecute": true, "resultCallback": "http://127.0.0.1:9/cb"},
		{"apiKey": sandboxKey},
	} {
		if change["orderNo"] == nil {
			change["orderNo"] = fmt.Sprint("edge-", i)
		}
		want(t, b.call("/api/v2/payments", order(change)))
	}
}

func TestUnknownFieldsAreIgnoredUnlessStrict(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.Strict = false })
	b.create(body{"metadata": "x"})
}

// TestChecksComeInOrder starts with everything wrong and mends one thing at a time.
func TestChecksComeInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(body{"apiKey": noCardKey})
	in := body{
		"apiKey": "sk_test_nobody", "orderNo": "shop-20261121-000173", "amount": 3_000_000, "amountTaxFree": nil, "amountTaxable": 1,
		"productDesc": "a", "retUrl": "nowhere", "retCancelUrl": shopCancel, "expiredTime": "soon",
	}
	if status, got := b.post("/api/v2/payments", `{"apiKey":`); status != http.StatusBadRequest || got["errorCode"] != "COMMON_INVALID_PARAMETER" {
		t.Fatalf("JSON first: %d %v", status, got)
	}
	for _, c := range []struct {
		what, code, msg string
		mend            body
	}{
		{"key", "COMMON_INVALID_API_KEY", "", body{"apiKey": noCardKey}},
		{"required", "COMMON_INVALID_PARAMETER", "amountTaxFree", body{"amountTaxFree": 0}},
		{"format", "COMMON_INVALID_PARAMETER", "retUrl", body{"retUrl": shopReturn}},
		{"expiry", "COMMON_INVALID_PARAMETER", "expiredTime", body{"expiredTime": "2026-11-21 18:00:00"}},
		{"sum", "COMMON_INVALID_PARAMETER", "amountTaxable", body{"amountTaxable": nil}},
		{"limit", "COMMON_EXCEED_LIMIT", "", body{"amount": 100}},
		{"order number", "PAYMENT_DUPLICATION_ORDER_NO", "", body{"orderNo": "free"}},
	} {
		t.Log(c.what)
		wantCode(t, b.call("/api/v2/payments", order(in)), c.code, c.msg)
		for name, v := range c.mend {
			in[name] = v
		}
	}
	want(t, b.call("/api/v2/payments", order(in)))
}

func TestTransport(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name, method, path, kind, body string
		want                           int
	}{
		{"unknown path", "POST", "/api/v2/nothing", "application/json", "{}", 404},
		{"no v2 billing key", "POST", "/api/v2/billing-key", "application/json", "{}", 404},
		{"wrong method", "GET", "/api/v2/payments", "application/json", "", 405},
		{"wrong method for execute", "PUT", "/api/v2/execute", "application/json", "{}", 405},
		{"form instead of JSON", "POST", "/api/v2/payments", "application/x-www-form-urlencoded", "apiKey=a", 400},
		{"no type", "POST", "/api/v2/payments", "", "{}", 400},
		{"a list", "POST", "/api/v2/payments", "application/json", "[]", 400},
		{"two objects", "POST", "/api/v2/payments", "application/json", "{}{}", 400},
		{"a field twice", "POST", "/api/v2/payments", "application/json", `{"apiKey":"a","apiKey":"b"}`, 400},
		{"broken Korean", "POST", "/api/v2/payments", "application/json", "{\"productDesc\":\"\xb0\xa1\"}", 400},
		{"too long", "POST", "/api/v2/payments", "application/json", `{"a":"` + strings.Repeat("x", maxBody) + `"}`, 400},
		{"charset is allowed", "POST", "/api/v2/payments", "application/json; charset=UTF-8", "{}", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequest(c.method, b.url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				req.Header.Set("Content-Type", c.kind)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != c.want {
				t.Errorf("HTTP %d, want %d", res.StatusCode, c.want)
			}
		})
	}
}

func TestTaxIsSplitAsDocumented(t *testing.T) {
	t.Parallel()
	n := func(v int64) *int64 { return &v }
	for _, c := range []struct {
		name    string
		amount  int64
		given   given
		receipt bool
		want    parts
	}{
		{"25 000", 25_000, given{}, true, parts{Taxable: 22_727, VAT: 2_273}},
		{"1 000", 1_000, given{}, true, parts{Taxable: 909, VAT: 91}},
		{"10 000", 10_000, given{}, true, parts{Taxable: 9_090, VAT: 910}},
		{"15 000", 15_000, given{}, true, parts{Taxable: 13_636, VAT: 1_364}},
		{"exact eleventh", 11_000, given{}, true, parts{Taxable: 10_000, VAT: 1_000}},
		{"one won", 1, given{}, true, parts{VAT: 1}},
		{"a tax-free part", 10_000, given{taxFree: n(4_500)}, true, parts{Taxable: 5_000, TaxFree: 4_500, VAT: 500}},
		{"a service fee", 12_000, given{serviceFee: n(1_000)}, true, parts{Taxable: 10_000, VAT: 1_000, ServiceFee: 1_000}},
		{"all tax-free", 10_000, given{taxFree: n(10_000)}, true, parts{TaxFree: 10_000}},
		{"VAT stated as 0", 10_000, given{vat: n(0)}, true, parts{Taxable: 10_000}},
		{"VAT stated", 10_000, given{vat: n(909)}, true, parts{Taxable: 9_091, VAT: 909}},
		{"supply value stated", 10_000, given{taxable: n(9_090)}, true, parts{Taxable: 9_090, VAT: 910}},
		{"no receipt and no parts", 10_000, given{taxFree: n(0)}, false, parts{Taxable: 10_000}},
		{"no receipt, but a tax-free part", 10_000, given{taxFree: n(4_500)}, false, parts{Taxable: 5_000, TaxFree: 4_500, VAT: 500}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, f := split(c.amount, c.given, c.receipt)
			if f != nil || got != c.want {
				t.Errorf("got %+v (%v), want %+v", got, f, c.want)
			}
		})
	}
}

func TestReceiptLeftOutIsWantedButNullIsNot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	expect(t, b.status(b.create(body{"orderNo": "a", "cashReceipt": nil})), body{"amountVat": 5455})
	raw := strings.Replace(encode(t, order(body{"orderNo": "b"})), `"cashReceipt":true`, `"cashReceipt":null`, 1)
	_, got := b.post("/api/v2/payments", raw)
	expect(t, b.status(want(t, got)["payToken"].(string)), body{"amountVat": 0, "amountTaxable": 60000})
}

func TestOrderNumbersAreNotUsedAgain(t *testing.T) {
	t.Parallel()
	again := func(b *bench, key string) body {
		return b.call("/api/v2/payments", order(body{"apiKey": key}))
	}
	t.Run("not even while waiting", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.create(nil)
		wantCode(t, again(b, testKey), "PAYMENT_DUPLICATION_ORDER_NO", "중복된 주문번호")
		wantCode(t, again(b, liveKey), "PAYMENT_DUPLICATION_ORDER_NO", "") // test and live share their numbers
		want(t, again(b, legacyKey))                                       // another merchant does not
	})
	t.Run("nor after payment", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.paid(nil, Approval{})
		wantCode(t, again(b, testKey), "PAYMENT_EXISTING_PAYMENT", "이미 존재하는 결제")
	})
	t.Run("by the older rule until authentication", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.create(body{"apiKey": legacyKey})
		second := b.create(body{"apiKey": legacyKey})
		if first == second {
			t.Fatal("one token for two payments")
		}
		const other = "sk_live_legacy00000000000000"
		if err := b.AddShop(Shop{MID: "oldshop", APIKey: other, LegacyOrderNo: true}); err != nil {
			t.Fatal(err)
		}
		wantCode(t, again(b, other), "PAYMENT_DUPLICATION_ORDER_NO", "") // but not with the other key
		b.approveOK(second, Approval{})
		wantCode(t, again(b, legacyKey), "PAYMENT_DUPLICATION_ORDER_NO", "")
		b.clock.Advance(time.Hour) // it lapses, but was authenticated once
		wantCode(t, again(b, legacyKey), "PAYMENT_DUPLICATION_ORDER_NO", "")
	})
	t.Run("by the older rule for two years", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.create(body{"apiKey": legacyKey})
		b.clock.Advance(729 * 24 * time.Hour)
		want(t, again(b, legacyKey))
		b.clock.Advance(3 * 24 * time.Hour)
		wantCode(t, again(b, legacyKey), "PAYMENT_DUPLICATION_ORDER_NO", "")
	})
}

func TestSuspendedMerchantMayNotCreate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.AddShop(Shop{MID: "narushop", APIKey: testKey, Suspended: true}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.call("/api/v2/payments", order(nil)), "PAYMENT_SHOP_STATE_NOT_NORMAL", "")
}

func TestShopsAndOptionsAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, shop := range []Shop{
		{APIKey: testKey},
		{MID: "m", APIKey: "pk_test_abc"},
		{MID: "m", APIKey: "sk_test_" + strings.Repeat("a", 30)},
		{MID: "m", APIKey: "sk_prod_abc"},
		{MID: "other", APIKey: testKey},
		{MID: "m", APIKey: "sk_test_abc", RefundLimit: -1},
	} {
		err := b.AddShop(shop)
		if err == nil {
			t.Errorf("accepted %+v", shop)
		} else if shop.APIKey != "" && strings.Contains(err.Error(), shop.APIKey) {
			t.Errorf("the error tells the key: %v", err)
		}
	}
	for _, base := range []string{"", "127.0.0.1:1/tosspay", "ftp://a/b", "http://a/b?c=d"} {
		if _, err := New(Options{BaseURL: base}); err == nil {
			t.Errorf("accepted BaseURL %q", base)
		}
	}
}
