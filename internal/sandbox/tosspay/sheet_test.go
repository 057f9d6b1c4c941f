package tosspay

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSheetShowsWhatTheMerchantAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		order     body
		query     string
		has, lack string
	}{
		"months":                     {nil, "", `"installments":true`, `"installments":false`},
		"no months":                  {body{"installment": "NOT_USE"}, "", `"installments":false`, `"installments":true`},
		"interest-free months":       {nil, "", `data-free="3">삼성카드`, `data-lump data-free="3"`},
		"a debit card has no months": {nil, "", `<option value="4" data-lump`, `<option value="3" data-lump`},
		"the balance":                {nil, "", `<option value="888">토스머니 잔액`, ""},
		"a promotion of a card":      {nil, "", `<option value="3000" data-card="3">삼성카드 5% 할인`, ""},
		"no promotion of a card that is not offered": {body{"cardOptions": body{"options": []body{{"cardCompanyCode": 5}}}}, "", "롯데카드", "data-card="},
		"no promotion of money":                      {body{"enablePayMethods": "TOSS_MONEY"}, "", "즉시할인 10%", "data-card="},
		"a receipt":                                  {nil, "", `data-testid="cash-receipt">자동 발급<`, ""},
		"a receipt for culture":                      {body{"cashReceiptTradeOption": "CULTURE"}, "", `data-testid="cash-receipt">자동 발급 (문화비)<`, ""},
		"a receipt for transport":                    {body{"cashReceiptTradeOption": "PUBLIC_TP"}, "&lang=en", `data-testid="cash-receipt">Issued (public transport)<`, ""},
		"no receipt":                                 {body{"cashReceipt": false}, "", `data-testid="cash-receipt">발급 안 함<`, ""},
		"no receipt for null":                        {body{"cashReceipt": json.RawMessage("null")}, "", `data-testid="cash-receipt">발급 안 함<`, ""},
		"the version of the callback":                {body{"callbackVersion": "V2"}, "", "요청대로 (V2)", "요청대로 (V1)"},
		"V1 when left out":                           {nil, "", "요청대로 (V1)", "요청대로 (V2)"},
		"English names":                              {nil, "&lang=en", "Samsung card 5% (-3,000 won)", "삼성"},
	} {
		more := body{"orderNo": regexpSafe(name)}
		for field, v := range c.order {
			more[field] = v
		}
		_, text := b.open("/payfront/auth?payToken=" + b.create(more) + c.query)
		if !strings.Contains(text, c.has) || c.lack != "" && strings.Contains(text, c.lack) {
			t.Errorf("%s: want %s and not %s", name, c.has, c.lack)
		}
	}
}

func TestPagesCountDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(body{"expiredTime": "2026-11-21 17:54:02"})
	key := b.createKey(nil)
	left := func() string { return fmt.Sprint(b.phase(token)["left"], " ", b.keyPhase(key)["left"]) }
	if got := left(); got != "600 900" {
		t.Errorf("seconds left %s, want ten and fifteen minutes", got)
	}
	b.clock.Advance(599*time.Second + time.Millisecond)
	if got := left(); got != "1 301" {
		t.Errorf("seconds left %s, want 1 301", got)
	}
	b.clock.Advance(time.Second)
	if st := b.phase(token); st["phase"] != "expired" || st["left"] != nil || st["next"] != shopCancel {
		t.Errorf("after it ran out: %v", st)
	}
}

func TestOtherPagesLearnThatTheAppIsOpen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, key := b.create(nil), b.createKey(nil)
	if b.phase(token)["inApp"] != nil || b.keyPhase(key)["inApp"] != nil {
		t.Error("the app is open at first")
	}
	b.press(token, "start", body{"phone": "0101", "birth": "900101"})
	if b.phase(token)["inApp"] != nil {
		t.Error("a number that is wrong opens the app")
	}
	b.press(token, "start", body{"phone": "01012345678", "birth": "900101"})
	b.open("/payfront/auth?app=1&billingKey=" + key) // as the QR code does
	if b.phase(token)["inApp"] != true || b.keyPhase(key)["inApp"] != true {
		t.Error("the app is not open")
	}
}

// The buyer decides on discounts and points, so the merchant's amount stays and
// only what the method pays is less.
func TestDiscountsAndPointsLeaveTheAmount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pick            body
		off, points, by int64 // discount, points, paid
	}{
		"a promotion of the card": {body{"payMethod": "CARD", "cardCompanyCode": 3, "discount": 3000}, 3000, 0, 57000},
		"both":                    {body{"payMethod": "CARD", "cardCompanyCode": 3, "discount": 3000, "points": 500, "spreadOut": 3}, 3000, 500, 56500},
		"money":                   {body{"payMethod": "TOSS_MONEY", "accountBankCode": "888", "discount": 1234, "points": 5000}, 1234, 5000, 53766},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t, always(200))
			b := setup(t)
			token := b.create(body{"resultCallback": l.url, "callbackVersion": "V2", "amountVat": 5000, "amountTaxable": 50000, "amountServiceFee": 5000})
			if status, st := b.press(token, "pay", c.pick); status != 200 || st["phase"] != "done" {
				t.Fatalf("%d %v", status, st)
			}
			sums := body{"amount": 60000, "discountedAmount": c.off + c.points, "paidAmount": c.by}
			executed := want(t, b.execute(token, nil))
			expect(t, executed, sums)
			var told body
			if err := json.Unmarshal([]byte(l.next(t).body), &told); err != nil {
				t.Fatal(err)
			}
			expect(t, told, sums)
			sums["discountAmountV2"], sums["paidPointV2"] = c.off, c.points
			sums["amountVat"], sums["amountTaxable"], sums["amountServiceFee"] = 5000, 50000, 5000
			expect(t, b.status(token), sums)
			key, issued := executed["cashReceiptMgtKey"]
			if money := c.pick["payMethod"] == "TOSS_MONEY"; issued != money {
				t.Errorf("cashReceiptMgtKey %v: want one for money only", key)
			}
			if issued {
				expect(t, b.ctlOK("GET", "/payments/"+token, nil), body{"cashReceiptMgtKey": key})
			}
		})
	}
}
