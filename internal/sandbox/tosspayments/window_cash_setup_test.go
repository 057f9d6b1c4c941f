package tosspayments_test

import (
	"fmt"
	"strings"

	"naru/internal/sandbox/tosspayments"
)

// plainAccounts is a shop whose window issues ordinary virtual accounts.
func plainAccounts(o *tosspayments.Options) { o.Shops[0].FixedAccounts = false }

// open opens the window of a method and returns its address.
func (b *bench) open(method string, with fields) string {
	b.Helper()
	r := b.request(method, params(with))
	if r.status != 200 {
		b.Fatalf("%s window: %s", method, r)
	}
	return r.body["url"].(string)
}

// choices are good ones for every method, changed by with.
func choices(method string, with fields) fields {
	good := map[string]fields{
		"계좌이체": {"bank": "88"},
		"가상계좌": {"bank": "06", "name": "이구매"},
		"휴대폰":  {"carrier": "SKT", "phone": "01000001234", "birth": "900101", "sms": "000000"},
	}[method]
	if good == nil {
		good = fields{"id": "sandbox", "password": "sandbox"}
	}
	return merged(good, with)
}

// confirm confirms the payment that was authenticated last.
func (b *bench) confirm() reply {
	b.Helper()
	p := b.newest()
	return b.call("POST", "/v1/payments/confirm", fields{"paymentKey": p["paymentKey"], "orderId": p["orderId"], "amount": p["totalAmount"]})
}

// pay opens a window, approves in it and confirms.
func (b *bench) pay(method string, with, chosen fields) fields {
	b.Helper()
	if r := b.act(b.open(method, with), "approve", choices(method, chosen)); r.status != 200 {
		b.Fatalf("%s approve: %s", method, r)
	}
	r := b.confirm()
	if r.status != 200 {
		b.Fatalf("%s confirm: %s", method, r)
	}
	return r.body
}

func (b *bench) page(address string) string {
	b.Helper()
	r := b.call("GET", address, nil, "Authorization", "")
	if r.status != 200 {
		b.Fatalf("page: %s", r)
	}
	return string(r.raw)
}

func (b *bench) cancelled(key any, with fields) reply {
	b.Helper()
	return b.call("POST", fmt.Sprintf("/v1/payments/%s/cancel", key), merged(fields{"cancelReason": "변심"}, with))
}

// moved is the sum of the ledger's movements and how many there are.
func (b *bench) moved() (sum int64, n int) {
	for _, m := range b.sim.Ledger() {
		sum += m.Amount
	}
	return sum, len(b.sim.Ledger())
}

var cashMethods = []string{"계좌이체", "가상계좌", "휴대폰", "문화상품권", "도서문화상품권", "게임문화상품권"}

var methodCodes = map[string]string{
	"계좌이체": "TRANSFER", "가상계좌": "VIRTUAL_ACCOUNT", "휴대폰": "MOBILE_PHONE", "문화상품권": "CULTURE_GIFT_CERTIFICATE",
	"도서문화상품권": "BOOK_GIFT_CERTIFICATE", "게임문화상품권": "GAME_GIFT_CERTIFICATE",
}

// html is how a page writes a text.
func html(s string) string { return strings.ReplaceAll(s, "+", "&#43;") }
