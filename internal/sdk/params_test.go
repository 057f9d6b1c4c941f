package sdk

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// noon is 2026-11-21 12:00 in Korea.
var noon = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

// base is the least a page sends; with is base and more, later names winning.
func with(more string) json.RawMessage {
	fields := map[string]json.RawMessage{"merchant_uid": json.RawMessage(`"o1"`), "amount": json.RawMessage("60000")}
	var extra map[string]json.RawMessage
	if err := json.Unmarshal([]byte("{"+more+"}"), &extra); err != nil {
		panic(more + ": " + err.Error())
	}
	for k, v := range extra {
		fields[k] = v
	}
	out, _ := json.Marshal(fields)
	return out
}

func decoded(t *testing.T, more string) gateway.WindowRequest {
	t.Helper()
	w, err := decodeParams(with(more), noon)
	if err != nil {
		t.Fatalf("%s: %v", more, err)
	}
	return w
}

func TestEveryParameterArrives(t *testing.T) {
	t.Parallel()
	got := decoded(t, `"channelKey":" channel-key-1 ","pay_method":"card","merchant_uid":"주문 번호 1","name":"나루 머그컵","amount":"64900",
		"currency":"KRW","locale":"en","tax_free":3000,"vat_amount":100,"buyer_name":"홍길동","buyer_email":"a@b.c","buyer_tel":"02-1670-5176","buyer_addr":"성수이로 20길 16",
		"buyer_postcode":4783,"custom_data":{"b":[1,"2"], "a":null},"notice_url":["https://a.example/1","http://b.example/2"],"confirm_url":"https://a.example/c",
		"m_redirect_url":"shopapp://x","app_scheme":"shopapp","appCard":false,"useCardPoint":false,"escrow":true,"display":{"card_quota":[3,5]},"vbank_due":"2026-12-01",
		"products":[{"id":"p-1","name":"머그컵","code":"A","unitPrice":10000,"quantity":"2"}],"useFreeInterestFromMall":true,
		"card":{"useInstallment":false,"detail":[{"card_code":"*","enabled":false},{"card_code":"366","enabled":true,"max_month":5}]},
		"bypass":{"isCulturalExpense":true,"cashReceiptType":"corporate","tosspayments":{"useInternationalCardOnly":true},
		"tosspay_v2":{"expiredTime":"2026-11-21 12:30:00","cashReceiptTradeOption":"CULTURE","cashReceipt":false}}`)
	want := gateway.WindowRequest{
		ChannelKey: "channel-key-1", Method: pay.MethodCard, MerchantUID: "주문 번호 1", Name: "나루 머그컵",
		Amount:     pay.Breakdown{Total: pay.Won(64900), TaxFree: 3000, VAT: ptr[int64](100)},
		Buyer:      pay.Buyer{Name: "홍길동", Email: "a@b.c", Tel: "02-1670-5176", Address: "성수이로 20길 16", Postcode: "4783"},
		Custom:     `{"b":[1,"2"],"a":null}`, // as sent, without blanks
		NoticeURLs: []string{"https://a.example/1", "http://b.example/2"}, ConfirmURL: "https://a.example/c",
		RedirectURL: "shopapp://x", AppScheme: "shopapp", Language: "en", Escrow: true,
		Products:   []connector.Product{{ID: "p-1", Name: "머그컵", Code: "A", UnitPrice: 10000, Quantity: 2}},
		Due:        time.Date(2026, 12, 1, 23, 59, 59, 0, korea()),
		Card:       connector.CardOptions{Points: ptr(false), MaxMonths: ptr(5), International: true, NoInstallment: true},
		CardRows:   []gateway.CardRow{{Company: gateway.AllCards, Enabled: ptr(false)}, {Company: "366", Enabled: ptr(true), MaxMonths: 5}},
		FreeMonths: true, ExpiresAt: noon.Add(30 * time.Minute),
		Receipt: connector.CashReceiptOptions{Issue: ptr(false), Category: "CULTURE", Type: pay.ReceiptCompany, Culture: true},
	}
	got.Custom = strings.ReplaceAll(got.Custom, ", ", ",")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestTheLeastIsEnough(t *testing.T) {
	t.Parallel()
	w, err := decodeParams(json.RawMessage(`{"amount":1000}`), noon)
	if err != nil {
		t.Fatal(err)
	}
	want := gateway.WindowRequest{MerchantUID: "nobody_1795230000000", Amount: pay.Breakdown{Total: pay.Won(1000)}, Language: "ko"}
	if d := cmp.Diff(want, w); d != "" {
		t.Error(d)
	}
}

func TestAmountsAreWholeWonOrRefused(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{`1000`: 1000, `"109000"`: 109000, `" 5 "`: 5, `0`: 0, `1000.0`: 1000, `"007"`: 7} {
		if got := decoded(t, `"amount":`+in).Amount.Total.Minor; got != want {
			t.Errorf("amount %s is %d, want %d", in, got, want)
		}
	}
	for _, in := range []string{`1000.5`, `-1`, `"-1"`, `"NaN"`, `"1,000"`, `"1e3"`, `1e3`, `""`, `true`, `[1000]`, `{}`, `"9999999999999999"`, `"천원"`, `"0x10"`, `"1."`, `"."`} {
		_, err := decodeParams(with(`"amount":`+in), noon)
		no, ok := errors.AsType[*gateway.Refusal](err)
		if !ok || no.Code != gateway.RefusedParameter || no.Field != "amount" || !strings.Contains(no.Detail, in) {
			t.Errorf("amount %s: %v: want a refusal that names it", in, err)
		}
	}
	if _, err := decodeParams(json.RawMessage(`{"amount":null}`), noon); err == nil || !strings.Contains(err.Error(), "amount") {
		t.Errorf("no amount: %v", err)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("가", 41)
	for more, want := range map[string]struct {
		code  gateway.RefusalCode
		field string
	}{
		`"merchant_uid":"` + long + `"`:                                       {"parameter", "merchant_uid"},
		`"merchant_uid":""`:                                                   {"parameter", "merchant_uid"},
		`"merchant_uid":20261121`:                                             {"parameter", "merchant_uid"},
		`"merchant_uid":"a\nb"`:                                               {"parameter", "merchant_uid"},
		`"name":"` + long + `"`:                                               {"parameter", "name"},
		`"name":{"a":1}`:                                                      {"parameter", "name"},
		`"buyer_name":"` + strings.Repeat("a", 101) + `"`:                     {"parameter", "buyer_name"},
		`"buyer_email":"` + strings.Repeat("a", 101) + `"`:                    {"parameter", "buyer_email"},
		`"buyer_tel":"` + strings.Repeat("1", 101) + `"`:                      {"parameter", "buyer_tel"},
		`"buyer_addr":"` + strings.Repeat("a", 201) + `"`:                     {"parameter", "buyer_addr"},
		`"buyer_postcode":"` + strings.Repeat("1", 101) + `"`:                 {"parameter", "buyer_postcode"},
		`"currency":"USD"`:                                                    {"parameter", "currency"},
		`"tax_free":70000`:                                                    {"parameter", "tax_free"},
		`"tax_free":-1`:                                                       {"parameter", "tax_free"},
		`"tax_free":50000,"vat_amount":10001`:                                 {"parameter", "vat_amount"},
		`"notice_url":"/hook"`:                                                {"parameter", "notice_url"},
		`"notice_url":["ftp://a.example"]`:                                    {"parameter", "notice_url"},
		`"notice_url":["https://a.example",5]`:                                {"parameter", "notice_url"},
		`"confirm_url":"shop.example/x"`:                                      {"parameter", "confirm_url"},
		`"m_redirect_url":5`:                                                  {"parameter", "m_redirect_url"},
		`"pay_method":["card"]`:                                               {"parameter", "pay_method"},
		`"appCard":"maybe"`:                                                   {"parameter", "appCard"},
		`"card":"367"`:                                                        {"parameter", "card"},
		`"card":{"direct":{"code":"삼성"}}`:                                     {"parameter", "card.direct.code"},
		`"card":{"direct":{"code":"367","quota":13}}`:                         {"parameter", "card.direct.quota"},
		`"card":{"direct":{"code":"367","quota":1}}`:                          {"parameter", "card.direct.quota"},
		`"card":{"direct":{"quota":3}}`:                                       {"parameter", "card.direct.quota"},
		`"amount":49999,"card":{"direct":{"code":"367","quota":2}}`:           {"parameter", "card.direct.quota"},
		`"display":{"card_quota":["x"]}`:                                      {"parameter", "display.card_quota"},
		`"bypass":"not json"`:                                                 {"parameter", "bypass"},
		`"bypass":{"discountCode":"D1"}`:                                      {"parameter", "bypass.discountCode"},
		`"bypass":{"tosspayments":{"discountCode":"D1"}}`:                     {"parameter", "bypass.tosspayments.discountCode"},
		`"bypass":{"expiredTime":"2026-11-21 11:59:59"}`:                      {"parameter", "bypass.expiredTime"},
		`"bypass":{"tosspay_v2":{"expiredTime":"2026-11-21 13:00:01"}}`:       {"parameter", "bypass.tosspay_v2.expiredTime"},
		`"bypass":{"expiredTime":"in an hour"}`:                               {"parameter", "bypass.expiredTime"},
		`"bypass":{"tosspay_v2":{"cashReceiptTradeOption":"GIFT"}}`:           {"parameter", "bypass.tosspay_v2.cashReceiptTradeOption"},
		`"bypass":{"tosspay_v2":{"cashReceiptTradeOption":true}}`:             {"parameter", "bypass.tosspay_v2.cashReceiptTradeOption"},
		`"bypass":{"tosspay_v2":{"cashReceipt":"sometimes"}}`:                 {"parameter", "bypass.tosspay_v2.cashReceipt"},
		`"bypass":{"cashReceiptType":"none"}`:                                 {"parameter", "bypass.cashReceiptType"},
		`"bypass":{"tosspayments":{"cashReceiptType":"none"}}`:                {"parameter", "bypass.tosspayments.cashReceiptType"},
		`"bypass":{"isCulturalExpense":"yes"}`:                                {"parameter", "bypass.isCulturalExpense"},
		`"custom_data":"` + strings.Repeat("a", 64<<10) + `"`:                 {"parameter", "custom_data"},
		`"app_scheme":"` + strings.Repeat("a", 256) + `"`:                     {"parameter", "app_scheme"},
		`"digital":"maybe"`:                                                   {"parameter", "digital"},
		`"popup":7`:                                                           {"parameter", "popup"},
		`"escrow":"y"`:                                                        {"parameter", "escrow"},
		`"products":"mug"`:                                                    {"parameter", "products[0]"},
		`"products":[{},5]`:                                                   {"parameter", "products[1]"},
		`"products":[null]`:                                                   {"parameter", "products[0]"},
		`"products":[{"name":{}}]`:                                            {"parameter", "products[0].name"},
		`"products":[{"unitPrice":-1}]`:                                       {"parameter", "products[0].unitPrice"},
		`"escrowProducts":[{"quantity":1.5}]`:                                 {"parameter", "escrowProducts[0].quantity"},
		`"products":[` + strings.Repeat("{},", 100) + `{}]`:                   {"parameter", "products"},
		`"products":[{"id":"a"},{"id":"b"},{"id":"a","name":"x"}]`:            {"parameter", "products[2].id"},
		`"pay_method":"vbank","vbank_due":"2027-02-20"`:                       {"parameter", "vbank_due"},
		`"appCard":true,"bypass":{"useInternationalCardOnly":true}`:           {"parameter", "bypass.useInternationalCardOnly"},
		`"vbank_due":"tomorrow"`:                                              {"parameter", "vbank_due"},
		`"vbank_due":"2026-11-31"`:                                            {"parameter", "vbank_due"},
		`"vbank_due":"2026/12/01"`:                                            {"parameter", "vbank_due"},
		`"pay_method":"vbank","vbank_due":"2026-11-20"`:                       {"parameter", "vbank_due"},
		`"pay_method":"vbank","vbank_due":"2026-11-21 12:00:00"`:              {"parameter", "vbank_due"},
		`"card":{"detail":{"card_code":"*","enabled":"no way"}}`:              {"parameter", "card.detail[0].enabled"},
		`"card":{"detail":[{"enabled":false}]}`:                               {"parameter", "card.detail[0].card_code"},
		`"card":{"detail":[{"card_code":"*"},{"card_code":"신한"}]}`:            {"parameter", "card.detail[1].card_code"},
		`"card":{"detail":[{"card_code":"366","max_month":13}]}`:              {"parameter", "card.detail[0].max_month"},
		`"card":{"detail":[{"card_code":"366","max_month":1}]}`:               {"parameter", "card.detail[0].max_month"},
		`"card":{"detail":"*"}`:                                               {"parameter", "card.detail[0]"},
		`"useFreeInterestFromMall":true`:                                      {"parameter", "card.detail[].max_month"},
		`"customer_uid":"` + strings.Repeat("a", 81) + `"`:                    {"parameter", "customer_uid"},
		`"customer_uid":"  "`:                                                 {"parameter", "customer_uid"},
		`"customer_uid":"a\u0000b"`:                                           {"parameter", "customer_uid"},
		`"customer_uid":true`:                                                 {"parameter", "customer_uid"},
		`"customer_uid":"u","customer_id":"` + strings.Repeat("a", 301) + `"`: {"parameter", "customer_id"},
		`"customer_uid":"u","amount":-1`:                                      {"parameter", "amount"},
		`"customer_uid":"u","bypass":{"tosspay_v2":{"encryptedUserCi":"` + strings.Repeat("a", 256) + `"}}`: {"parameter", "bypass.tosspay_v2.encryptedUserCi"},
		`"channelGroupId":"channel-group-live-1"`:                                                           {"unsupported", "channelGroupId"},
		`"promotion_id":"promotion-id-1"`:                                                                   {"unsupported", "promotion_id"},
	} {
		_, err := decodeParams(with(more), noon)
		no, ok := errors.AsType[*gateway.Refusal](err)
		if !ok || no.Code != want.code || no.Field != want.field || no.Detail == "" {
			t.Errorf("%s: %v\nwant %s naming %s", more, err, want.code, want.field)
		}
	}
	for _, params := range []string{`null`, `[]`, `"x"`, `5`} {
		if _, err := decodeParams(json.RawMessage(params), noon); err == nil {
			t.Errorf("params %s were taken", params)
		}
	}
}

func TestNullsAndEmptiesAreAbsent(t *testing.T) {
	t.Parallel()
	w, err := decodeParams(with(`"name":null,"notice_url":[],"confirm_url":"","customer_uid":null,"card":null,"bypass":"","display":null,"escrow":null,
		"vat_amount":null,"custom_data":null,"channelGroupId":"","currency":null,"tax_free":null,"pg":null,"customer_id":"","products":[],"vbank_due":"","biz_num":"","vat":"",
		"card":{"direct":{"code":"","quota":""},"detail":[]}`), noon)
	if err != nil {
		t.Fatal(err)
	}
	want := gateway.WindowRequest{MerchantUID: "o1", Amount: pay.Breakdown{Total: pay.Won(60000)}, Language: "ko"}
	if d := cmp.Diff(want, w); d != "" {
		t.Error(d)
	}
}
