package tosspayments_test

import (
	"strings"
	"testing"
)

var goods = []fields{{"id": "1", "name": "원두", "code": "BEAN", "unitPrice": 29000, "quantity": 2}}

func TestTransferParameters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name string
		with fields
		code string // "" is accepted
	}{
		{"a bank by its code", fields{"bank": "88"}, ""},
		{"by its name", fields{"bank": "신한"}, ""},
		{"by its English name", fields{"bank": "KAKAOBANK"}, ""},
		{"by its full name", fields{"bank": "KB국민은행"}, ""},
		{"an unknown bank", fields{"bank": "나루"}, "INVALID_BANK"},
		{"a securities firm", fields{"bank": "키움증권"}, "INVALID_BANK"},
		{"the largest amount", fields{"amount": 10000000}, ""},
		{"a larger one", fields{"amount": 10000001}, "EXCEEDS_TRANSFER_AMOUNT_MAXIMUM"},
		{"a receipt for a person", fields{"cashReceipt": fields{"type": "소득공제"}}, ""},
		{"for a company", fields{"cashReceipt": fields{"type": "지출증빙"}}, ""},
		{"none", fields{"cashReceipt": fields{"type": "미발행"}}, ""},
		{"by the old name", fields{"cashReceiptInfo": fields{"type": "소득공제"}}, ""},
		{"by both names", fields{"cashReceipt": fields{"type": "소득공제"}, "cashReceiptInfo": fields{"type": "소득공제"}}, "INVALID_PARAMETER"},
		{"a receipt of no kind", fields{"cashReceipt": fields{}}, "INVALID_PARAMETER"},
		{"of an unknown kind", fields{"cashReceipt": fields{"type": "기부금"}}, "INVALID_PARAMETER"},
		{"a word for a receipt", fields{"cashReceipt": "소득공제"}, "INVALID_PARAMETER"},
		{"escrow", fields{"useEscrow": true, "escrowProducts": goods}, ""},
		{"escrow without goods", fields{"useEscrow": true}, ""},
		{"escrow in words", fields{"useEscrow": "Y"}, "INVALID_PARAMETER"},
		{"goods by their old names", fields{"escrowProducts": []fields{{"productId": "1", "productName": "원두", "productCode": "B", "unitPrice": 1, "quantity": 2}}}, ""},
		{"goods without a price", fields{"escrowProducts": []fields{{"id": "1", "name": "원두", "code": "B", "quantity": 2}}}, "INVALID_PARAMETER"},
		{"goods twice", fields{"escrowProducts": []fields{goods[0], goods[0]}}, "INVALID_PARAMETER"},
		{"no goods", fields{"escrowProducts": []fields{}}, "INVALID_PARAMETER"},
		{"culture", fields{"cultureExpense": true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := b.request("계좌이체", params(c.with))
			if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.code() != c.code) {
				t.Errorf("answer %s, want %s", r, c.code)
			}
		})
	}
}

func TestTransferWindowShowsWhatTheShopFixed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name string
		with fields
		has  []string
		not  []string
	}{
		{"everything open", nil, []string{"bank-06", "receipt-person", "receipt-company", "receipt-none", `data-testid="escrow"`}, []string{"receipt-fixed", "escrow-fixed"}},
		{"one bank", fields{"bank": "KEB"}, nil, nil},
		{"a bank", fields{"bank": "농협"}, []string{`data-testid="bank-11" data-full="NH농협은행" data-initial="농" checked`}, []string{"bank-06"}},
		{"a person's receipt", fields{"cashReceipt": fields{"type": "소득공제"}, "customerMobilePhone": "01000001234"},
			[]string{"receipt-fixed", "소득공제용 (개인)", `value="01000001234"`}, []string{"receipt-company", "receipt-none"}},
		{"a company's", fields{"cashReceipt": fields{"type": "지출증빙"}, "customerMobilePhone": "01000001234"},
			[]string{"receipt-fixed", "지출증빙용 (사업자)"}, []string{"receipt-person", `value="01000001234"`, `data-testid="receipt-kind"`}},
		{"no receipt", fields{"cashReceipt": fields{"type": "미발행"}}, nil, []string{`data-testid="receipt-`}},
		{"escrow", fields{"useEscrow": true}, []string{"escrow-fixed"}, []string{`data-testid="escrow"`}},
		{"no escrow", fields{"useEscrow": false}, nil, []string{"escrow-fixed", `data-testid="escrow"`}},
	} {
		r := b.request("계좌이체", params(c.with))
		if c.with["bank"] == "KEB" {
			b.want(r, 400, "INVALID_BANK")
			continue
		}
		page := b.page(r.body["url"].(string))
		for _, want := range c.has {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %s", c.name, want)
			}
		}
		for _, no := range c.not {
			if strings.Contains(page, no) {
				t.Errorf("%s has %s", c.name, no)
			}
		}
	}
}

func TestTransferTakesNoMoreThanItOffers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		with, chosen fields
		code         string // "" is accepted
	}{
		{nil, fields{"bank": nil}, "INVALID_BANK"},
		{nil, fields{"bank": "SB"}, "INVALID_BANK"},
		{fields{"bank": "06"}, fields{"bank": "88"}, "INVALID_BANK"},
		{nil, fields{"receipt": "미발행"}, ""},
		{nil, fields{"receipt": "기부금"}, "INVALID_CASH_RECEIPT_INFO"},
		{nil, fields{"receipt": "소득공제"}, "INVALID_CASH_RECEIPT_INFO"},
		{nil, fields{"receipt": "소득공제", "receiptNumber": "0212345678"}, "INVALID_CASH_RECEIPT_INFO"},
		{nil, fields{"receipt": "소득공제", "receiptNumber": "010-0000-1234"}, "INVALID_CASH_RECEIPT_INFO"},
		{nil, fields{"receipt": "소득공제", "receiptNumber": "1000000000000000"}, ""}, // a receipt card
		{nil, fields{"receipt": "지출증빙", "receiptNumber": "01000001234"}, "INVALID_BUSINESS_NUMBER"},
		{nil, fields{"receipt": "지출증빙", "receiptNumber": "1112223334"}, ""},
		{fields{"cashReceipt": fields{"type": "미발행"}}, nil, ""},
		{fields{"cashReceipt": fields{"type": "미발행"}}, fields{"receipt": "소득공제", "receiptNumber": "01000001234"}, "INVALID_CASH_RECEIPT_INFO"},
		{fields{"cashReceipt": fields{"type": "소득공제"}}, nil, "INVALID_CASH_RECEIPT_INFO"},
		{fields{"cashReceipt": fields{"type": "소득공제"}}, fields{"receipt": "지출증빙", "receiptNumber": "1112223334"}, "INVALID_CASH_RECEIPT_INFO"},
		{nil, fields{"escrow": true}, ""},
		{fields{"useEscrow": true}, fields{"escrow": false}, "INVALID_REQUEST"},
		{fields{"useEscrow": false}, fields{"escrow": true}, "INVALID_REQUEST"},
		{nil, fields{"escrow": "yes"}, "INVALID_REQUEST"},
		{nil, fields{"code": "NO_SUCH"}, "INVALID_REQUEST"},
	} {
		r := b.act(b.open("계좌이체", c.with), "approve", choices("계좌이체", c.chosen))
		if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.code() != c.code) {
			t.Errorf("%v, chosen %v: %s, want %s", c.with, c.chosen, r, c.code)
		}
	}
}

func TestTransferIssuesItsCashReceipt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.pay("계좌이체", fields{"taxFreeAmount": 8000, "useEscrow": true, "escrowProducts": goods, "cultureExpense": true},
		fields{"receipt": "소득공제", "receiptNumber": "01000001234"})
	receipt := p["cashReceipt"].(map[string]any)
	history := p["cashReceipts"].([]any)[0].(map[string]any)
	if receipt["type"] != "소득공제" || receipt["amount"] != 58000.0 || receipt["taxFreeAmount"] != 8000.0 || len(receipt["issueNumber"].(string)) != 9 || len(receipt) != 6 ||
		history["receiptKey"] != receipt["receiptKey"] || history["transactionType"] != "CONFIRM" || history["customerIdentityNumber"] != "01000001234" {
		t.Errorf("receipt %v, history %v", receipt, history)
	}
	if p["useEscrow"] != true || p["cultureExpense"] != true {
		t.Errorf("escrow %v, culture %v", p["useEscrow"], p["cultureExpense"])
	}
	if page := b.page(receipt["receiptUrl"].(string)); !strings.Contains(page, "*******1234") || strings.Contains(page, "01000001234") {
		t.Error("the receipt's page shows no or too much of the number")
	}
	key := p["paymentKey"]
	part := b.cancelled(key, fields{"cancelAmount": 18000, "taxFreeAmount": 8000})
	first := part.body["cancels"].([]any)[0].(map[string]any)
	left := part.body["cashReceipt"].(map[string]any)
	if left["amount"] != 40000.0 || left["taxFreeAmount"] != 0.0 || first["receiptKey"] != "c_"+receipt["receiptKey"].(string) || len(part.body["cashReceipts"].([]any)) != 2 {
		t.Errorf("partial cancel: %s", part)
	}
	rest := b.cancelled(key, nil)
	if rest.body["cashReceipt"] != nil || len(rest.body["cashReceipts"].([]any)) != 3 || rest.body["status"] != "PARTIAL_CANCELED" {
		t.Errorf("cancel: %s", rest)
	}
	b.want(b.call("POST", "/v1/cash-receipts/"+receipt["receiptKey"].(string)+"/cancel", nil), 403, "FORBIDDEN_REQUEST")
}

func TestTransferWithoutReceiptHasNone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.pay("계좌이체", fields{"bank": "카카오"}, fields{"bank": "90", "escrow": true})
	if p["cashReceipt"] != nil || p["cashReceipts"] != nil || p["useEscrow"] != true || p["transfer"].(map[string]any)["bank"] != "카카오" {
		t.Errorf("payment %v", p)
	}
}
