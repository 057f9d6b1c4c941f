package v1_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

var secrets = cmp.Transformer("reveal", pay.Secret.Reveal)

// TestFormAndJSONChargeTheSame: each way to write a charge gives the provider
// the same question, and the books the same payment.
func TestFormAndJSONChargeTheSame(t *testing.T) {
	t.Parallel()
	want := connector.Charge{
		Name: "월간 구독", Amount: pay.Breakdown{Total: pay.Won(60000), TaxFree: 1000, VAT: new(int64(500))}, Customer: "member1",
		Buyer:   pay.Buyer{Name: "김나루", Email: "kim@example.com", Tel: "01000000000", Address: "서울 <1>", Postcode: "04783"},
		Options: pay.ChargeOptions{Months: 3, CashReceipt: new(false), ReceiptCategory: "CULTURE", FailPush: true, BuyerIP: "203.0.113.9"},
	}
	const rest = `"customer_uid":"member1-card","merchant_uid":"again-1","name":"월간 구독","buyer_name":"김나루","buyer_email":"kim@example.com","buyer_tel":"01000000000","buyer_addr":"서울 <1>","buyer_postcode":"04783","browser_ip":"203.0.113.9","cash_receipt_type":"anonymous"`
	const form = "customer_uid=member1-card&merchant_uid=again-1&name=월간 구독&buyer_name=김나루&buyer_email=kim@example.com&buyer_tel=01000000000&buyer_addr=서울 <1>&buyer_postcode=04783" +
		"&browser_ip=203.0.113.9&cash_receipt_type=anonymous&tax_free=1000&vat_amount=500&card_quota=3"
	for name, send := range map[string]func(*world) answer{
		"form, brackets": func(w *world) answer {
			return w.form("POST", "/subscribe/payments/again", form+"&amount=60000&custom_data[n]=1&notice_url[]=https://shop.example/a&notice_url[]=https://shop.example/b&bypass[tosspay_v2][cashReceiptTradeOption]=CULTURE&bypass[tosspay_v2][sendFailPush]=true")
		},
		"form, JSON text": func(w *world) answer {
			return w.form("POST", "/subscribe/payments/again/", form+`&amount[total]=60000&custom_data={"n":"1"}&notice_url=https://shop.example/a&notice_url=https://shop.example/b&bypass={"tosspay_v2":{"cashReceiptTradeOption":"CULTURE","sendFailPush":true}}`)
		},
		"JSON": func(w *world) answer {
			return w.json("POST", "/subscribe/payments/again", `{`+rest+`,"amount":6e4,"tax_free":1000,"vat":500,"card_quota":3,"custom_data":{"n":"1"},"notice_url":["https://shop.example/a"," https://shop.example/b",""],"bypass":{"tosspay_v2":{"cashReceiptTradeOption":"CULTURE","sendFailPush":true}},"currency":"krw","product_count":2}`)
		},
		"JSON with text": func(w *world) answer {
			return w.json("POST", "/subscribe/payments/again", `{`+rest+`,"amount":{"total":"60000"},"tax_free":"1000","vat_amount":"500","vat":"7","card_quota":"3","custom_data":"{\"n\":\"1\"}","notice_url":["https://shop.example/a","https://shop.example/b"],"bypass":"{\"tosspay_v2\":{\"cashReceiptTradeType\":\"CULTURE\",\"cashReceiptTradeOption\":\"true\"}}","extra":{"naverUseCfm":"20260806"}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if a := send(w); a.status != 200 || a.Code != 0 {
				t.Fatalf("answer %d: %s", a.status, a.body)
			}
			if d := cmp.Diff([]connector.Charge{want}, w.charges, cmpopts.IgnoreFields(connector.Charge{}, "Order")); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			p := w.newest("again-1")
			if d := cmp.Diff(pay.Notify{URLs: []string{"https://shop.example/a", "https://shop.example/b"}}, p.Notify); d != "" || p.Custom != `{"n":"1"}` {
				t.Errorf("custom_data %s, -want +got\n%s", p.Custom, d)
			}
		})
	}
}

// newest is the shop's newest payment of an order.
func (w *world) newest(uid pay.MerchantUID) (p pay.Payment) {
	w.t.Helper()
	must(w.t, w.store.Read(context.Background(), func(tx *store.Tx) error {
		all, err := tx.NewestPayments(context.Background(), shop, []pay.MerchantUID{uid})
		if err == nil && len(all) == 1 {
			p = all[0]
		}
		return err
	}))
	return p
}

// TestTheCardReachesTheProviderAlone: the provider is given the card in its own
// form; neither the answer nor the log nor the books hold any of it.
func TestTheCardReachesTheProviderAlone(t *testing.T) {
	t.Parallel()
	const number, birth, password = "4330129876541234", "870919", "83"
	w := newWorld(t)
	card := fmt.Sprintf(`"card_number":"4330-1298-7654-1234","expiry":"2031-07","birth":%q,"pwd_2digit":%q,"cvc":"719"`, birth, password)
	var answers []answer
	for i, code := range []string{"", "REJECT_CARD_PAYMENT", "LOST", "DOWN"} {
		for target, body := range map[string]string{
			"/subscribe/payments/onetime":   fmt.Sprintf(`{"merchant_uid":"o-%d","amount":1000,%s}`, i, card),
			"/subscribe/customers/new-card": `{` + card + `}`,
			"/subscribe/payments/schedule":  fmt.Sprintf(`{"customer_uid":"new-%d",%s,"schedules":[{"merchant_uid":"s-%d","amount":1,"schedule_at":1790000000}]}`, i, card, i),
		} {
			answers = append(answers, w.call("POST", target, body, "Authorization", w.token, "X-Naru-Test-Code", code))
		}
	}
	for _, bad := range []string{`"card_number":["` + number + `"]`, `"card_number":"` + number + `1"`, `"expiry":"` + number + `"`, `"birth":"` + number + `"`, `"pwd_2digit":"` + number + `"`, `"card_number":"` + number} {
		answers = append(answers, w.json("POST", "/subscribe/payments/onetime", `{"merchant_uid":"bad","amount":1000,`+card+`,`+bad+`}`))
	}
	if len(w.cards) == 0 {
		t.Fatal("no provider was given a card")
	}
	want := connector.Card{Number: number, ExpiryYear: "31", ExpiryMonth: "07", Birth: birth, PasswordHead: password}
	for _, c := range w.cards {
		if d := cmp.Diff(want, c, secrets); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
	seen := regexp.MustCompile(`"(?:took|time)":[^,]*`).ReplaceAllString(w.log.String(), "") // digits of their own
	for _, a := range answers {
		seen += a.body
	}
	for _, part := range []string{number, "4330-1298", "98765", birth, "2031-07", `"719"`} {
		if strings.Contains(seen, part) {
			t.Errorf("%q is in an answer or in the log", part)
		}
	}
}

// TestWithoutNameTheProviderHasTheOrderNumber (decision D4).
func TestWithoutNameTheProviderHasTheOrderNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.json("POST", "/subscribe/payments/again", `{"customer_uid":"member1-card","merchant_uid":"주문-1","amount":1000}`)
	var p struct{ Name *string }
	must(t, json.Unmarshal(a.Response, &p))
	if p.Name != nil || len(w.charges) != 1 || w.charges[0].Name != "주문-1" || w.charges[0].Options.BuyerIP != "192.0.2.1" {
		t.Errorf("%s, asked %+v", a.body, w.charges)
	}
}

// TestClientThatHangsUpDoesNotStopACharge: the money is taken and booked.
func TestClientThatHangsUpDoesNotStopACharge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, hangUp := context.WithCancel(context.Background())
	r := httptest.NewRequest("POST", "/subscribe/payments/again", &hangsUp{Reader: strings.NewReader(`{"customer_uid":"member1-card","merchant_uid":"again-1","amount":1000}`), then: hangUp}).WithContext(ctx)
	r.Header.Set("Authorization", w.token)
	w.ServeHTTP(httptest.NewRecorder(), r)
	if p := w.newest("again-1"); p.Status != pay.StatusPaid || len(w.charges) != 1 {
		t.Errorf("the payment is %s, charged %d times", p.Status, len(w.charges))
	}
}

// TestAccountsAndReceiptsAsTheyWereAskedFor: what reaches the provider.
func TestAccountsAndReceiptsAsTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if a := w.form("POST", "/vbanks", "channelKey="+string(fixKey)+"&merchant_uid=v-1&amount=11000&vbank_code=088&vbank_due=1786500000&vbank_key=1234567890123&vbank_holder=나루&tax_free=1000&buyer_name=김나루&buyer_tel=010"); a.Code != 0 {
		t.Fatal(a.body)
	}
	account := connector.AccountSpec{Name: "v-1", Amount: pay.Breakdown{Total: pay.Won(11000), TaxFree: 1000}, Bank: "088", Due: time.Unix(1786500000, 0), FixedKey: "1234567890123", Buyer: pay.Buyer{Name: "김나루", Tel: "010"}}
	if d := cmp.Diff([]connector.AccountSpec{account}, w.opened, cmpopts.IgnoreFields(connector.AccountSpec{}, "Order"), cmpopts.EquateApproxTime(0)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if a := w.form("POST", "/receipts/external/cash-1", "name=현장 판매&amount=11000&identifier=010-0000 1234&type=company&tax_free=1000&vat=100"); a.Code != 0 {
		t.Fatal(a.body)
	}
	slip := connector.ReceiptSpec{Name: "현장 판매", Amount: pay.Breakdown{Total: pay.Won(11000), TaxFree: 1000, VAT: new(int64(100))}, Type: pay.ReceiptCompany, Identifier: "01000001234"}
	if d := cmp.Diff([]connector.ReceiptSpec{slip}, w.slips, cmpopts.IgnoreFields(connector.ReceiptSpec{}, "Order"), secrets); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if log := w.log.String(); strings.Contains(log, "01000001234") || strings.Contains(log, "0000 1234") {
		t.Errorf("the identifier is in the log: %s", w.log)
	}
}
