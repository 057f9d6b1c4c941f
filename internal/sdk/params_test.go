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
	w, _, err := decodeParams(with(more), noon)
	if err != nil {
		t.Fatalf("%s: %v", more, err)
	}
	return w
}

func TestEveryParameterArrives(t *testing.T) {
	t.Parallel()
	got := decoded(t, `"channelKey":" channel-key-1 ","pg":"tosspayments.im_a","pay_method":"card","merchant_uid":"주문 번호 1","name":"나루 머그컵","amount":"64900",
		"currency":"KRW","locale":"en","tax_free":3000,"vat_amount":100,"buyer_name":"홍길동","buyer_email":"a@b.c","buyer_tel":"02-1670-5176","buyer_addr":"성수이로 20길 16",
		"buyer_postcode":4783,"custom_data":{"b":[1,"2"], "a":null},"notice_url":["https://a.example/1","http://b.example/2"],"confirm_url":"https://a.example/c",
		"m_redirect_url":"shopapp://x","app_scheme":"shopapp","appCard":true,"useCardPoint":false,"escrow":false,"display":{"card_quota":[3,5]},
		"card":{"useInstallment":false},"bypass":{"tosspayments":{"useInternationalCardOnly":true},"tosspay_v2":{"expiredTime":"2026-11-21 12:30:00","cashReceiptTradeOption":"CULTURE","cashReceipt":false}}`)
	want := gateway.WindowRequest{
		ChannelKey: "channel-key-1", PG: "tosspayments.im_a", Method: pay.MethodCard, MerchantUID: "주문 번호 1", Name: "나루 머그컵",
		Amount:     pay.Breakdown{Total: pay.Won(64900), TaxFree: 3000, VAT: ptr[int64](100)},
		Buyer:      pay.Buyer{Name: "홍길동", Email: "a@b.c", Tel: "02-1670-5176", Address: "성수이로 20길 16", Postcode: "4783"},
		Custom:     `{"b":[1,"2"],"a":null}`, // as sent, without blanks
		NoticeURLs: []string{"https://a.example/1", "http://b.example/2"}, ConfirmURL: "https://a.example/c",
		RedirectURL: "shopapp://x", AppScheme: "shopapp", Language: "en",
		Card:      connector.CardOptions{AppCardOnly: true, Points: ptr(false), MaxMonths: ptr(5), International: true, NoInstallment: true},
		ExpiresAt: noon.Add(30 * time.Minute), Receipt: connector.CashReceiptOptions{Issue: ptr(false), Category: "CULTURE"},
	}
	got.Custom = strings.ReplaceAll(got.Custom, ", ", ",")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestTheLeastIsEnough(t *testing.T) {
	t.Parallel()
	w, notes, err := decodeParams(json.RawMessage(`{"amount":1000}`), noon)
	if err != nil || len(notes) != 0 {
		t.Fatalf("%v %v", notes, err)
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
		_, _, err := decodeParams(with(`"amount":`+in), noon)
		no, ok := errors.AsType[*gateway.Refusal](err)
		if !ok || no.Code != gateway.RefusedParameter || no.Field != "amount" || !strings.Contains(no.Detail, in) {
			t.Errorf("amount %s: %v: want a refusal that names it", in, err)
		}
	}
	if _, _, err := decodeParams(json.RawMessage(`{"amount":null}`), noon); err == nil || !strings.Contains(err.Error(), "amount") {
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
		`"merchant_uid":"` + long + `"`:                                 {"parameter", "merchant_uid"},
		`"merchant_uid":""`:                                             {"parameter", "merchant_uid"},
		`"merchant_uid":20261121`:                                       {"parameter", "merchant_uid"},
		`"merchant_uid":"a\nb"`:                                         {"parameter", "merchant_uid"},
		`"name":"` + long + `"`:                                         {"parameter", "name"},
		`"name":{"a":1}`:                                                {"parameter", "name"},
		`"buyer_name":"` + strings.Repeat("a", 101) + `"`:               {"parameter", "buyer_name"},
		`"buyer_email":"` + strings.Repeat("a", 101) + `"`:              {"parameter", "buyer_email"},
		`"buyer_tel":"` + strings.Repeat("1", 101) + `"`:                {"parameter", "buyer_tel"},
		`"buyer_addr":"` + strings.Repeat("a", 201) + `"`:               {"parameter", "buyer_addr"},
		`"buyer_postcode":"` + strings.Repeat("1", 101) + `"`:           {"parameter", "buyer_postcode"},
		`"currency":"USD"`:                                              {"parameter", "currency"},
		`"tax_free":70000`:                                              {"parameter", "tax_free"},
		`"tax_free":-1`:                                                 {"parameter", "tax_free"},
		`"tax_free":50000,"vat_amount":10001`:                           {"parameter", "vat_amount"},
		`"notice_url":"/hook"`:                                          {"parameter", "notice_url"},
		`"notice_url":["ftp://a.example"]`:                              {"parameter", "notice_url"},
		`"notice_url":["https://a.example",5]`:                          {"parameter", "notice_url"},
		`"confirm_url":"shop.example/x"`:                                {"parameter", "confirm_url"},
		`"m_redirect_url":5`:                                            {"parameter", "m_redirect_url"},
		`"pay_method":["card"]`:                                         {"parameter", "pay_method"},
		`"appCard":"maybe"`:                                             {"parameter", "appCard"},
		`"card":"367"`:                                                  {"parameter", "card"},
		`"card":{"direct":{"code":"삼성"}}`:                               {"parameter", "card.direct.code"},
		`"card":{"direct":{"code":"367","quota":13}}`:                   {"parameter", "card.direct.quota"},
		`"card":{"direct":{"code":"367","quota":1}}`:                    {"parameter", "card.direct.quota"},
		`"card":{"direct":{"quota":3}}`:                                 {"parameter", "card.direct.quota"},
		`"amount":49999,"card":{"direct":{"code":"367","quota":2}}`:     {"parameter", "card.direct.quota"},
		`"display":{"card_quota":["x"]}`:                                {"parameter", "display.card_quota"},
		`"bypass":"not json"`:                                           {"parameter", "bypass"},
		`"bypass":{"discountCode":"D1"}`:                                {"parameter", "bypass.discountCode"},
		`"bypass":{"tosspayments":{"discountCode":"D1"}}`:               {"parameter", "bypass.tosspayments.discountCode"},
		`"bypass":{"expiredTime":"2026-11-21 11:59:59"}`:                {"parameter", "bypass.expiredTime"},
		`"bypass":{"tosspay_v2":{"expiredTime":"2026-11-21 13:00:01"}}`: {"parameter", "bypass.tosspay_v2.expiredTime"},
		`"bypass":{"expiredTime":"in an hour"}`:                         {"parameter", "bypass.expiredTime"},
		`"bypass":{"tosspay_v2":{"cashReceiptTradeOption":"GIFT"}}`:     {"parameter", "bypass.tosspay_v2.cashReceiptTradeOption"},
		`"customer_uid":"card-1"`:                                       {"unsupported", "customer_uid"},
		`"channelGroupId":"channel-group-live-1"`:                       {"unsupported", "channelGroupId"},
		`"promotion_id":"promotion-id-1"`:                               {"unsupported", "promotion_id"},
		`"escrow":true`:                                                 {"unsupported", "escrow"},
		`"useFreeInterestFromMall":true`:                                {"unsupported", "useFreeInterestFromMall"},
		`"card":{"detail":[{"card_code":"*","enabled":false}]}`:         {"unsupported", "card.detail"},
	} {
		_, _, err := decodeParams(with(more), noon)
		no, ok := errors.AsType[*gateway.Refusal](err)
		if !ok || no.Code != want.code || no.Field != want.field || no.Detail == "" {
			t.Errorf("%s: %v\nwant %s naming %s", more, err, want.code, want.field)
		}
	}
	for _, params := range []string{`null`, `[]`, `"x"`, `5`} {
		if _, _, err := decodeParams(json.RawMessage(params), noon); err == nil {
			t.Errorf("params %s were taken", params)
		}
	}
}

func TestCardRestrictions(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]connector.CardOptions{
		``:                                                                  {},
		`"display":{"card_quota":[]}`:                                       {MaxMonths: ptr(0)},
		`"display":{"card_quota":[0]}`:                                      {MaxMonths: ptr(0)},
		`"display":{"card_quota":[0,6]}`:                                    {MaxMonths: ptr(6)},
		`"display":{"card_quota":["2","3"]}`:                                {MaxMonths: ptr(3)},
		`"display":{"card_quota":[6]}`:                                      {MaxMonths: ptr(6)},
		`"display":{"card_quota":[1]}`:                                      {MaxMonths: ptr(0)},
		`"display":{"card_quota":[2,3,24]}`:                                 {MaxMonths: ptr(12)},
		`"display":{"card_quota":[6],"only_installment":true}`:              {Months: ptr(6)},
		`"display":{"card_quota":[3,6],"only_installment":true}`:            {MaxMonths: ptr(6)},
		`"display":{"only_installment":true}`:                               {},
		`"amount":49999,"display":{"card_quota":[6]}`:                       {},
		`"amount":50000,"display":{"card_quota":[6]}`:                       {MaxMonths: ptr(6)},
		`"card":{"direct":{"code":"367"}}`:                                  {Company: "367"},
		`"card":{"direct":{"code":"367","quota":0}}`:                        {Company: "367"},
		`"card":{"direct":{"code":367,"quota":"3"}}`:                        {Company: "367", Months: ptr(3)},
		`"amount":50000,"card":{"direct":{"code":"041","quota":12}}`:        {Company: "041", Months: ptr(12)},
		`"card":{"direct":{"code":"367"}},"display":{"card_quota":[6]}`:     {Company: "367"},
		`"card":{"direct":{"code":"367"}},"bypass":{"discountCode":"D"}`:    {Company: "367", DiscountCode: "D"},
		`"useCardPoint":true`:                                               {Points: ptr(true)},
		`"card":{"useInstallment":true}`:                                    {},
		`"bypass":{"useInternationalCardOnly":true}`:                        {International: true},
		`"bypass":"{\"tosspayments\":{\"useInternationalCardOnly\":true}}"`: {International: true},
		`"bypass":{"useInternationalCardOnly":true,"tosspayments":{"useInternationalCardOnly":false}}`: {},
	} {
		if d := cmp.Diff(want, decoded(t, more).Card); d != "" {
			t.Errorf("%s (-want +got):\n%s", more, d)
		}
	}
}

func TestExpiryAndReceiptOfTheWallet(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]time.Duration{
		`"bypass":{"expiredTime":"2026-11-21 12:10:00"}`:                                                    10 * time.Minute,
		`"bypass":{"expiredTime":"20261121130000"}`:                                                         time.Hour,
		`"bypass":{"expiredTime":"2026-11-21T12:00:01"}`:                                                    time.Second,
		`"bypass":{"expiredTime":"2026-11-21 12:10:00","tosspay_v2":{"expiredTime":"2026-11-21 12:20:00"}}`: 20 * time.Minute,
	} {
		if got := decoded(t, more).ExpiresAt.Sub(noon); got != want {
			t.Errorf("%s: in %s, want %s", more, got, want)
		}
	}
	if w := decoded(t, `"bypass":{"cashReceiptTradeOption":"CULTURE"}`); w.Receipt.Category != "CULTURE" || w.Receipt.Issue != nil || !w.ExpiresAt.IsZero() {
		t.Errorf("%+v %s", w.Receipt, w.ExpiresAt)
	}
	if w := decoded(t, `"bypass":{"cashReceiptTradeOption":"CULTURE","tosspay_v2":{"cashReceiptTradeOption":"PUBLIC_TP"}}`); w.Receipt.Category != "PUBLIC_TP" {
		t.Errorf("the inner level wins, got %s", w.Receipt.Category)
	}
}

func TestNullsAndEmptiesAreAbsent(t *testing.T) {
	t.Parallel()
	w, notes, err := decodeParams(with(`"name":null,"notice_url":[],"confirm_url":"","customer_uid":null,"card":null,"bypass":"","display":null,"escrow":null,
		"vat_amount":null,"custom_data":null,"channelGroupId":"","currency":null,"tax_free":null,"pg":null`), noon)
	if err != nil || len(notes) != 0 {
		t.Fatalf("%v %v", notes, err)
	}
	want := gateway.WindowRequest{MerchantUID: "o1", Amount: pay.Breakdown{Total: pay.Won(60000)}, Language: "ko"}
	if d := cmp.Diff(want, w); d != "" {
		t.Error(d)
	}
}

func TestUnknownAndOldParametersAreNoted(t *testing.T) {
	t.Parallel()
	_, notes, err := decodeParams(with(`"pg":"tosspayments","kakaoOpenApp":true,"vat":100,"bypass":{"tosspayments":{"foo":1}},"popup":true,"digital":false`), noon)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(notes, "\n")
	for _, name := range []string{"kakaoOpenApp: ", "bypass.tosspayments.foo: ", "pg: ", "vat: "} {
		if !strings.Contains(all, name) {
			t.Errorf("no note on %s in\n%s", name, all)
		}
	}
	if len(notes) != 4 {
		t.Errorf("%d notes: %s", len(notes), all)
	}
}

func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		`{"amount":1000}`, `{"amount":"1","bypass":"{\"tosspay_v2\":5}"}`, `{"amount":1e999999999}`, `{"display":{"card_quota":{}},"amount":0}`,
		`{"card":{"direct":{"code":"367","quota":"3"},"detail":[]},"amount":60000,"notice_url":["https://x"]}`, `null`, `{"amount":1,"custom_data":"\ud800"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, params string) {
		if !json.Valid([]byte(params)) {
			return
		}
		w, _, err := decodeParams(json.RawMessage(params), noon)
		if err != nil {
			if no, ok := errors.AsType[*gateway.Refusal](err); !ok || no.Detail == "" || no.Field == "" {
				t.Fatalf("%q: %v: want a refusal that names a parameter", params, err)
			}
			return
		}
		if w.Amount.Validate() != nil || w.MerchantUID == "" || w.Custom != "" && !json.Valid([]byte(w.Custom)) {
			t.Fatalf("%q: %+v", params, w)
		}
	})
}
