package e2e

import (
	"fmt"
	"strings"
	"testing"

	"naru/test/browser"
)

// row is a way to pay, from the page's parameters to the books.
type row struct {
	name, channel, method string
	params                map[string]any
	approve               steps
	refuse                func(*browser.Frame) string // gives the provider's code; nil is not tried
	want                  books
}

func (r row) provider() string {
	if r.channel == tossPay || r.channel == tossPayBilling {
		return "tosspay_v2"
	}
	return "tosspayments"
}

// window is the provider's window once it is open.
func (r row) window(a *asker) *browser.Frame {
	if r.provider() == "tosspay_v2" {
		return a.tossPay()
	}
	return a.tossPayments()
}

func (r row) keys(d browser.Device, paid bool) string {
	return way{provider: r.provider(), device: d}.keys(paid)
}

// wallet is a row of a wallet in Toss Payments' window whose buyer pays by card.
func wallet(method, recorded string) row {
	return row{method, tossPayments, method, nil, byWallet(), refusedAtConfirm, books{method: "card", wallet: recorded, card: true, receipt: true}}
}

// withoutCard is a wallet in Toss Payments' window whose buyer pays by what it
// keeps for them: V1 calls all of that point, as the provider tells no more.
func withoutCard(method string) row {
	return row{method + ", money", tossPayments, method, nil, byWallet(withMoney), nil, books{method: "point", wallet: method}}
}

var methods = []row{
	{"card", tossPayments, "card", nil, byCard("41"), refusedAtConfirm, books{method: "card", card: true, receipt: true}},
	{"card by ISP", tossPayments, "card", nil, byCard("31"), nil, books{method: "card", card: true, receipt: true}},
	{"card in installments", tossPayments, "card", map[string]any{"display": map[string]any{"card_quota": []int{3}, "only_installment": true}}, byCard("61"), nil,
		books{method: "card", card: true, receipt: true, quota: 3}},
	{"trans", tossPayments, "trans", nil, byTransfer("06"), refusedAtConfirm, books{method: "trans", bank: "004", receipt: true}},
	{"trans with a receipt", tossPayments, "trans", nil, byTransferWithReceipt("88"), nil, books{method: "trans", bank: "088", receipt: true, cash: true}},
	{"vbank", tossPayments, "vbank", nil, byAccount("20", "880001"), refusedAtConfirm, books{method: "vbank", status: "ready", account: "020"}},
	{"phone", tossPayments, "phone", map[string]any{"digital": true}, byPhoneBill, refusedAtConfirm, books{method: "phone", receipt: true}},
	{"booknlife", tossPayments, "booknlife", nil, byGift, refusedAtConfirm, books{method: "booknlife", receipt: true}},
	{"smartculture", tossPayments, "smartculture", nil, byGift, refusedAtConfirm, books{method: "smartculture", receipt: true}},
	{"cultureland", tossPayments, "cultureland", nil, byGift, refusedAtConfirm, books{method: "cultureland", receipt: true}},
	wallet("kakaopay", "kakaopay"), wallet("naverpay", "naverpay"), wallet("lpay", "lpay"), wallet("samsung", "samsungpay"), wallet("samsungpay", "samsungpay"),
	wallet("ssgpay", "ssgpay"), wallet("applepay", "applepay"), wallet("payco", "payco"), wallet("tosspay", "tosspay"),
	{"kakaopay, a newer card", tossPayments, "kakaopay", nil, byWallet(withNewCard), nil, books{method: "card", wallet: "kakaopay", card: true, bare: true, receipt: true}},
	withoutCard("kakaopay"), withoutCard("naverpay"), withoutCard("tosspay"),

	{"toss pay, money", tossPay, "tosspay", nil, inApp("method-money"), refusedAtExecute, books{method: "point", cash: true}},
	{"toss pay, card", tossPay, "tosspay", nil, inApp("method-card"), nil, books{method: "card", card: true, receipt: true}},
	{"toss pay, tosspay_card", tossPay, "tosspay_card", nil, inApp(), refusedAtExecute, books{method: "card", card: true, receipt: true}},
	{"toss pay, tosspay_money", tossPay, "tosspay_money", nil, inApp(), refusedAtExecute, books{method: "point", cash: true}},
}

// Every method of both providers: approved on a desktop and on a phone, and
// refused by the provider, as the page, the merchant's server and the webhook see it.
func TestMethods(t *testing.T) {
	t.Parallel()
	for _, r := range methods {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			t.Run("desktop", func(t *testing.T) { t.Parallel(); r.approved(t, browser.Desktop) })
			t.Run("phone", func(t *testing.T) { t.Parallel(); r.approved(t, browser.Phone) })
			if r.refuse != nil {
				t.Run("refused", func(t *testing.T) { t.Parallel(); r.refused(t) })
			}
		})
	}
}

func (r row) ask(t *testing.T, d browser.Device) *asker {
	t.Helper()
	params := map[string]any{"pay_method": r.method}
	for k, v := range r.params {
		params[k] = v
	}
	return ask(t, d, r.channel, params)
}

func (r row) approved(t *testing.T, d browser.Device) {
	t.Helper()
	a := r.ask(t, d)
	f := r.window(a)
	if r.refuse != nil { // one row of each window
		usableWindow(t, f)
	}
	r.approve(f)
	got := a.outcome()
	if got.keys() != r.keys(d, true) {
		t.Errorf("the page was told %s, want %s", got.keys(), r.keys(d, true))
	}
	imp := got.str("imp_uid")
	p := stack.payment(t, imp)
	a.agrees(p, r.want)
	fieldsOf{t, p}.is(map[string]any{
		"pg_provider": r.provider(), "pg_id": map[string]string{"tosspayments": "tnaru", "tosspay_v2": "narutosspay"}[r.provider()],
		"customer_uid": nil, "customer_uid_usage": nil, "sandbox": false,
	})
	fieldsOf{t, p}.told(true, `.+`, "pg_tid")
	status := fmt.Sprint(p["status"])
	eventually(t, "the webhook", func() (bool, string) { w := stack.Merchant.webhooks(imp); return w == status, w })
	if status == "ready" && !d.Mobile {
		r.deposited(t, a, imp)
	}
	a.quiet()
}

// deposited: the account is paid into, and the payment is paid; what is known of
// the account stays.
func (r row) deposited(t *testing.T, a *asker, imp string) {
	t.Helper()
	deposit(t, imp, 60000)
	eventually(t, "the deposit", func() (bool, string) { w := stack.Merchant.webhooks(imp); return w == "ready paid", w })
	want := r.want
	want.status, want.receipt = "paid", true
	a.agrees(stack.payment(t, imp), want)
}

// refused: the provider says no when it is asked for the money.
func (r row) refused(t *testing.T) {
	t.Helper()
	a := r.ask(t, browser.Desktop)
	code := r.refuse(r.window(a))
	got := a.outcome()
	if got.keys() != r.keys(browser.Desktop, false) {
		t.Errorf("the page was told %s, want %s", got.keys(), r.keys(browser.Desktop, false))
	}
	if got["error_code"] != code || code == "" || !strings.HasPrefix(got.str("error_msg"), "["+code+"]") {
		t.Errorf("error_code %v, error_msg %v, want %s", got["error_code"], got["error_msg"], code)
	}
	p := stack.payment(t, got.str("imp_uid"))
	f := fieldsOf{t, p}
	f.is(map[string]any{
		"status": "failed", "fail_reason": got["error_msg"], "paid_at": 0, "amount": 60000, "cancel_amount": 0, "receipt_url": nil,
		"vbank_num": nil, "merchant_uid": a.params["merchant_uid"],
	})
	f.at(true, "failed_at", "started_at")
	if w := stack.Merchant.webhooks(got.str("imp_uid")); w != "" {
		t.Errorf("the merchant was told %q of a payment that failed", w)
	}
	a.quiet()
}
