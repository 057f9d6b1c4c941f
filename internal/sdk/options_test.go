package sdk

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

func TestCardRestrictions(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]connector.CardOptions{
		``:                                                                               {},
		`"display":{"card_quota":[]}`:                                                    {MaxMonths: ptr(0)},
		`"display":{"card_quota":[0]}`:                                                   {MaxMonths: ptr(0)},
		`"display":{"card_quota":[0,6]}`:                                                 {MaxMonths: ptr(6)},
		`"display":{"card_quota":["2","3"]}`:                                             {MaxMonths: ptr(3)},
		`"display":{"card_quota":[6]}`:                                                   {MaxMonths: ptr(6)},
		`"display":{"card_quota":[1]}`:                                                   {MaxMonths: ptr(0)},
		`"display":{"card_quota":[2,3,24]}`:                                              {MaxMonths: ptr(12)},
		`"display":{"card_quota":[6],"only_installment":true}`:                           {Months: ptr(6)},
		`"display":{"card_quota":[3,6],"only_installment":true}`:                         {MaxMonths: ptr(6)},
		`"display":{"only_installment":true}`:                                            {},
		`"amount":49999,"display":{"card_quota":[6]}`:                                    {},
		`"amount":50000,"display":{"card_quota":[6]}`:                                    {MaxMonths: ptr(6)},
		`"card":{"direct":{"code":"367"}}`:                                               {Company: "367"},
		`"card":{"direct":{"code":"367","quota":0}}`:                                     {Company: "367"},
		`"card":{"direct":{"code":367,"quota":"3"}}`:                                     {Company: "367", Months: ptr(3)},
		`"amount":50000,"card":{"direct":{"code":"041","quota":12}}`:                     {Company: "041", Months: ptr(12)},
		`"card":{"direct":{"code":"367"}},"display":{"card_quota":[6]}`:                  {Company: "367"},
		`"card":{"direct":{"code":"367"}},"bypass":{"discountCode":"D"}`:                 {Company: "367", DiscountCode: "D"},
		`"appCard":true`:                                                                 {AppCardOnly: true},
		`"appCard":true,"pay_method":"vbank","bypass":{"useInternationalCardOnly":true}`: {AppCardOnly: true, International: true},
		`"useCardPoint":true`:                                                            {Points: ptr(true)},
		`"card":{"useInstallment":true}`:                                                 {},
		`"bypass":{"useInternationalCardOnly":true}`:                                     {International: true},
		`"bypass":"{\"tosspayments\":{\"useInternationalCardOnly\":true}}"`:              {International: true},
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

// TestWhatIsNotPassedOnIsNoted: each note names the parameter with its path.
func TestWhatIsNotPassedOnIsNoted(t *testing.T) {
	t.Parallel()
	for more, want := range map[string][]string{
		`"amount":1000`:       nil,
		`"kakaoOpenApp":true`: {"unknown kakaoOpenApp"},
		`"card":{"direct":{"code":"367","x":1},"y":2}`:                                           {"unknown card.direct.x", "unknown card.y"},
		`"products":[{"name":"a","z":1}],"escrow":true`:                                          {"unknown products[0].z"},
		`"card":{"detail":[{"card_code":"*","on":1}]}`:                                           {"unknown card.detail[0].on"},
		`"bypass":{"kcp_v2":{},"tosspayments":{"foo":1}}`:                                        {"unknown bypass.kcp_v2", "unknown bypass.tosspayments.foo"},
		`"display":{"card_quotas":[6]}`:                                                          {"unknown display.card_quotas"},
		`"pg":"tosspayments"`:                                                                    {"deprecated pg"},
		`"pg":"tosspayments","channelKey":"channel-key-1"`:                                       {"unused pg"},
		`"pay_method":"samsung"`:                                                                 {"deprecated pay_method"},
		`"vat":100`:                                                                              {"deprecated vat"},
		`"popup":false,"digital":true,"biz_num":"1"`:                                             {"unused biz_num", "unused digital", "unused popup"},
		`"company":"x","extra":{}`:                                                               {"unused company", "unused extra"},
		`"cash_receipt_type":"person"`:                                                           {"unused cash_receipt_type"},
		`"cash_recipt_type":"person"`:                                                            {"unused cash_recipt_type"},
		`"language":"zh"`:                                                                        {"adapted language"},
		`"language":"KO","locale":"ko_KR"`:                                                       nil,
		`"locale":"fr"`:                                                                          {"adapted locale"},
		`"language":"en","locale":"ko"`:                                                          {"unused locale"},
		`"escrowProducts":[{"name":"a"}]`:                                                        {"deprecated escrowProducts"},
		`"products":[{"name":"a"},{"id":"","quantity":0}]`:                                       {"unused products[1]"},
		`"escrowProducts":[{"id":"a"}],"products":[{"id":"a"}]`:                                  {"unused escrowProducts"},
		`"customer_id":"m1"`:                                                                     {"unused customer_id"},
		`"customer_uid":"u","customer_id":"m1"`:                                                  nil,
		`"customer_uid":"u","tax_free":999999,"vat":1`:                                           {"unused tax_free", "unused vat"},
		`"display":{"card_quota":[24]}`:                                                          {"adapted display.card_quota"},
		`"amount":49999,"display":{"card_quota":[6]}`:                                            {"unused display.card_quota"},
		`"display":{"only_installment":true}`:                                                    {"unused display.only_installment"},
		`"display":{"card_quota":[6],"only_installment":true}`:                                   nil,
		`"display":{"card_quota":[3,6],"only_installment":true}`:                                 {"adapted display.only_installment"},
		`"display":{"card_quota":[6]},"card":{"direct":{"code":"367"}}`:                          {"unused display.card_quota"},
		`"bypass":{"useInternationalCardOnly":true}`:                                             {"deprecated bypass.useInternationalCardOnly"},
		`"bypass":{"tosspayments":{"useInternationalCardOnly":true}}`:                            nil,
		`"bypass":{"isCulturalExpense":true,"cashReceiptType":"personal"}`:                       nil,
		`"bypass":{"tosspayments":{"isCulturalExpense":true}}`:                                   nil,
		`"bypass":{"cashReceiptType":"personal","tosspayments":{"cashReceiptType":"corporate"}}`: {"unused bypass.tosspayments.cashReceiptType"},
		`"bypass":{"expiredTime":"2026-11-21 12:10:00"}`:                                         {"deprecated bypass.expiredTime"},
		`"bypass":{"expiredTime":"2026-11-21 12:10:00","tosspay_v2":{"expiredTime":"2026-11-21 12:20:00"}}`: {"unused bypass.expiredTime"},
		`"bypass":{"cashReceiptTradeOption":"CULTURE"}`:                                                     {"deprecated bypass.cashReceiptTradeOption"},
		`"bypass":{"tosspay_v2":{"cashReceiptTradeType":"CULTURE","cashReceiptTradeOption":"GENERAL"}}`:     {"unused bypass.tosspay_v2.cashReceiptTradeType"},
		`"bypass":{"tosspay_v2":{"encryptedUserCi":"x","sendFailPush":true}}`:                               {"unused bypass.tosspay_v2.encryptedUserCi", "unused bypass.tosspay_v2.sendFailPush"},
		`"bypass":{"sendFailPush":true}`:                                                                    {"unused bypass.sendFailPush"},
		`"customer_uid":"u","bypass":{"tosspay_v2":{"encryptedUserCi":"x"}}`:                                nil,
	} {
		w, err := decodeParams(with(more), noon)
		if err != nil {
			t.Errorf("%s: %v", more, err)
			continue
		}
		var got []string
		for _, n := range w.Notes {
			got = append(got, string(n.Kind)+" "+n.Parameter)
			if n.Text == "" {
				t.Errorf("%s: no text on %s", more, n.Parameter)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", more, d)
		}
	}
}

func TestHintsAreKoreanAndEnglish(t *testing.T) {
	t.Parallel()
	for kind, want := range map[gateway.NoteKind]string{
		gateway.NoteUnknown: "알 수 없는 파라미터", gateway.NoteDeprecated: "더 새로운 이름", gateway.NoteUnused: "쓰이지 않는 값", gateway.NoteAdapted: "가장 가까운 값", "later": "그대로 전달하지 않습니다",
	} {
		got := hints([]gateway.Note{{Parameter: "card.x", Kind: kind, Text: "why it is so"}})
		if len(got) != 1 || !strings.HasPrefix(got[0], "card.x: ") || !strings.Contains(got[0], want) || !strings.HasSuffix(got[0], "("+string(kind)+": why it is so)") {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

func TestDepositsAreDueInKoreanTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-22": "2026-11-22T14:59:59Z", "20261122": "2026-11-22T14:59:59Z", "2026-11-21": "2026-11-21T14:59:59Z",
		"2026-11-22 09:30:00": "2026-11-22T00:30:00Z", "20261122093000": "2026-11-22T00:30:00Z", "2026-11-21 12:00:01": "2026-11-21T03:00:01Z",
		"2027-02-19 12:00:00": "2027-02-19T03:00:00Z", // 2160 hours
	} {
		for _, given := range []string{`"` + text + `"`, text} {
			if !json.Valid([]byte(given)) {
				continue
			}
			w := decoded(t, `"pay_method":"vbank","vbank_due":`+given)
			if got := w.Due.UTC().Format(time.RFC3339); got != want {
				t.Errorf("%s is %s, want %s", given, got, want)
			}
		}
	}
	if w := decoded(t, `"pay_method":"card","vbank_due":"2020-01-01"`); w.Due.IsZero() {
		t.Error("a date that has passed is of no concern to a card, and left to the gateway to note")
	}
}

func TestBillingKeysNeedNoAmount(t *testing.T) {
	t.Parallel()
	for params, want := range map[string]int64{`{"customer_uid":"u-1"}`: 0, `{"customer_uid":"u-1","amount":0}`: 0, `{"customer_uid":"u-1","amount":""}`: 0, `{"customer_uid":"u-1","amount":"9900"}`: 9900} {
		w, err := decodeParams(json.RawMessage(params), noon)
		if err != nil || w.Billing == nil || w.Billing.CustomerUID != "u-1" || w.Amount.Total != pay.Won(want) {
			t.Errorf("%s: %+v %v", params, w, err)
		}
	}
	got := decoded(t, `"customer_uid":7,"customer_id":"회원 1","bypass":{"tosspay_v2":{"encryptedUserCi":"c2VhbGVk"}},"tax_free":5`)
	if d := cmp.Diff(&gateway.BillingRequest{CustomerUID: "7", CustomerID: "회원 1", UserCI: "c2VhbGVk"}, got.Billing); d != "" || got.Amount.TaxFree != 0 {
		t.Error(d, got.Amount)
	}
	if w := decoded(t, `"customer_uid":""`); w.Billing != nil {
		t.Error("an empty customer_uid is none")
	}
}

func TestCardsThatAreShown(t *testing.T) {
	t.Parallel()
	w := decoded(t, `"card":{"detail":[{"card_code":"*","enabled":"false"},{"card_code":366,"enabled":1,"max_month":"12"},{"card_code":"041"}]}`)
	want := []gateway.CardRow{{Company: "*", Enabled: ptr(false)}, {Company: "366", Enabled: ptr(true), MaxMonths: 12}, {Company: "041"}}
	if d := cmp.Diff(want, w.CardRows); d != "" || w.FreeMonths {
		t.Error(d)
	}
	if w := decoded(t, `"card":{"detail":{"card_code":"381","max_month":2}},"useFreeInterestFromMall":true`); !w.FreeMonths || w.CardRows[0].MaxMonths != 2 {
		t.Errorf("%+v", w.CardRows)
	}
}

func TestReceiptOptions(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]connector.CashReceiptOptions{
		`"bypass":{"cashReceiptType":"anonymous"}`:                                                          {Type: connector.NoReceipt},
		`"bypass":{"cashReceiptType":"personal"}`:                                                           {Type: pay.ReceiptPerson},
		`"bypass":{"cashReceiptType":"corporate"}`:                                                          {Type: pay.ReceiptCompany},
		`"bypass":{"cashReceiptType":""}`:                                                                   {},
		`"bypass":{"tosspayments":{"cashReceiptType":"personal","isCulturalExpense":true}}`:                 {Type: pay.ReceiptPerson, Culture: true},
		`"bypass":{"cashReceiptType":"personal","tosspayments":{"cashReceiptType":"corporate"}}`:            {Type: pay.ReceiptPerson},
		`"bypass":"{\"isCulturalExpense\":true}"`:                                                           {Culture: true},
		`"bypass":{"tosspay_v2":{"cashReceipt":true,"cashReceiptTradeType":"GENERAL"}}`:                     {Issue: ptr(true), Category: "GENERAL"},
		`"bypass":{"cashReceiptTradeOption":"CULTURE","tosspay_v2":{"cashReceiptTradeType":"GENERAL"}}`:     {Category: "CULTURE"},
		`"bypass":{"cashReceiptTradeOption":"CULTURE","tosspay_v2":{"cashReceiptTradeOption":"PUBLIC_TP"}}`: {Category: "PUBLIC_TP"},
	} {
		if d := cmp.Diff(want, decoded(t, more).Receipt); d != "" {
			t.Errorf("%s (-want +got):\n%s", more, d)
		}
	}
}

func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		`{"amount":1000}`, `{"amount":"1","bypass":"{\"tosspay_v2\":5}"}`, `{"amount":1e999999999}`, `{"display":{"card_quota":{}},"amount":0}`,
		`{"card":{"direct":{"code":"367","quota":"3"},"detail":[]},"amount":60000,"notice_url":["https://x"]}`, `null`, `{"amount":1,"custom_data":"\ud800"}`,
		`{"customer_uid":"u","customer_id":7,"bypass":"{}"}`, `{"amount":"5","products":[{"unitPrice":"1"},{}],"escrow":1,"vbank_due":20261201,"pay_method":"vbank"}`,
		`{"amount":60000,"card":{"detail":[{"card_code":"*","enabled":false},{"card_code":"366","max_month":3}]},"useFreeInterestFromMall":true}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, params string) {
		if !json.Valid([]byte(params)) {
			return
		}
		w, err := decodeParams(json.RawMessage(params), noon)
		if err != nil {
			if no, ok := errors.AsType[*gateway.Refusal](err); !ok || no.Detail == "" || no.Field == "" {
				t.Fatalf("%q: %v: want a refusal that names a parameter", params, err)
			}
			return
		}
		if w.Amount.Validate() != nil || w.MerchantUID == "" || w.Custom != "" && !json.Valid([]byte(w.Custom)) {
			t.Fatalf("%q: %+v", params, w)
		}
		if b := w.Billing; b != nil && b.CustomerUID == "" || w.Card.Months != nil && w.Card.MaxMonths != nil {
			t.Fatalf("%q: %+v %+v", params, b, w.Card)
		}
		for _, row := range w.CardRows {
			if row.Company == "" || row.MaxMonths < 0 || row.MaxMonths > maxMonths {
				t.Fatalf("%q: %+v", params, row)
			}
		}
		if _, err := json.Marshal(w); err != nil { // as the gateway keeps it
			t.Fatalf("%q: %v", params, err)
		}
	})
}
