package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"naru/test/browser"
)

// registration is a window that issues a billing key.
type registration struct {
	name, channel, method string
	amount                any // what the page says; nothing is charged whatever it is
	approve               steps
	mid                   string
	card                  bool // the key is a card's
}

var registrations = []registration{
	{"toss payments", tossPaymentsBilling, "card", 0, byBilling, "tnarubill", true},
	{"toss payments, an amount to show", tossPaymentsBilling, "card", 19800, byBilling, "tnarubill", true},
	{"toss pay", tossPayBilling, "tosspay", nil, agreeInApp, "narutosspaybill", true},
}

func (r registration) row() row { return row{channel: r.channel} }

// ask opens the window for a customer of the test's own.
func (r registration) ask(t *testing.T, d browser.Device) (*asker, string) {
	t.Helper()
	customer := fmt.Sprint("member-", orders.Add(1))
	return ask(t, d, r.channel, map[string]any{
		"pay_method": r.method, "amount": r.amount, "customer_uid": customer, "customer_id": "id-" + customer, "name": "원두 정기배송",
	}), customer
}

// A billing key issued in a window: nothing is charged, the payment says so, and
// the key charges afterwards.
func TestRegistrations(t *testing.T) {
	t.Parallel()
	for _, r := range registrations {
		for _, d := range []browser.Device{browser.Desktop, browser.Phone} {
			t.Run(r.name+"/"+d.Name, func(t *testing.T) { t.Parallel(); r.registers(t, d) })
		}
	}
}

func (r registration) registers(t *testing.T, d browser.Device) {
	t.Helper()
	a, customer := r.ask(t, d)
	w := r.row().window(a)
	usableWindow(t, w)
	r.approve(w)
	got := a.outcome()
	if want := r.row().keys(d, true); got.keys() != want {
		t.Errorf("the page was told %s, want %s", got.keys(), want)
	}
	r.agrees(t, a, got.str("imp_uid"), customer)
	a.quiet()
}

// agrees compares the payment of the window, the webhook and the key, and charges the key.
func (r registration) agrees(t *testing.T, a *asker, imp, customer string) {
	t.Helper()
	p := stack.payment(t, imp)
	if r.amount == nil {
		a.params["amount"] = 0
	}
	if r.channel == tossPaymentsBilling {
		a.agrees(p, books{method: "card", card: true, issued: true})
	}
	fieldsOf{t, p}.is(map[string]any{
		"status": "paid", "customer_uid": customer, "customer_uid_usage": "issue", "pg_id": r.mid, "pg_provider": r.row().provider(),
		"amount": a.params["amount"], "receipt_url": nil, "apply_num": nil, "sandbox": false, "cancel_amount": 0,
	})
	fieldsOf{t, p}.at(true, "paid_at", "started_at")
	eventually(t, "the webhook", func() (bool, string) { w := stack.Merchant.webhooks(imp); return w == "paid", w })

	key := stack.rest(t, http.MethodGet, "/subscribe/customers/"+customer, nil)
	fieldsOf{t, key.Response}.is(map[string]any{"customer_uid": customer, "customer_id": "id-" + customer, "pg_provider": r.row().provider(), "pg_id": r.mid, "customer_name": "홍길동"})
	charge := stack.rest(t, http.MethodPost, "/subscribe/payments/again", url.Values{
		"customer_uid": {customer}, "merchant_uid": {"month-1-" + customer}, "amount": {"19800"}, "name": {"첫 달"},
	})
	if charge.Code != 0 || charge.Response["status"] != "paid" || charge.Response["amount"] != 19800.0 {
		t.Errorf("charging the key: code %d, %v", charge.Code, charge.Response)
	}
}

// The provider refuses the key that the buyer agreed to.
func TestRegistrationRefused(t *testing.T) {
	t.Parallel()
	a, customer := registrations[0].ask(t, browser.Desktop)
	f := a.tossPayments()
	openTools(f)
	f.Click(id("fill"))
	code := refusedAtConfirm(f)
	got := a.outcome()
	if got.keys() != tpFailed || got["error_code"] != code {
		t.Errorf("the page was told %v, want error_code %s", got, code)
	}
	r := registrations[0]
	r.gone(t, got.str("imp_uid"), customer, "failed")
}

// The buyer closes the window.
func TestRegistrationLeft(t *testing.T) {
	t.Parallel()
	for _, r := range []registration{registrations[0], registrations[2]} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			a, customer := r.ask(t, browser.Desktop)
			r.row().window(a).Click(id("close"))
			got := a.outcome()
			if got.keys() != r.row().keys(browser.Desktop, false) {
				t.Errorf("the page was told %v", got)
			}
			r.gone(t, got.str("imp_uid"), customer, "failed")
			a.quiet()
		})
	}
}

// gone: there is no key, and the merchant heard nothing.
func (r registration) gone(t *testing.T, imp, customer, status string) {
	t.Helper()
	p := stack.payment(t, imp)
	fieldsOf{t, p}.is(map[string]any{"status": status, "paid_at": 0, "customer_uid": customer, "customer_uid_usage": "issue"})
	if key := stack.rest(t, http.MethodGet, "/subscribe/customers/"+customer, nil); key.HTTP != http.StatusNotFound {
		t.Errorf("there is a key: %v", key.Response)
	}
	if w := stack.Merchant.webhooks(imp); w != "" {
		t.Errorf("the merchant was told %q", w)
	}
}

// The popup dies after the buyer agreed in Toss Pay's app: the browser brings
// nothing back, and still the key is there, the page is told, and the merchant is.
func TestRegistrationWhosePopupDies(t *testing.T) {
	t.Parallel()
	r := registrations[2]
	a, customer := r.ask(t, browser.Desktop)
	f := a.tossPay()
	toApp(f)
	openTools(f)
	usable(t, "the app", f)
	f.Check(id("browser-dies"))
	f.Check(id("consent"))
	f.Click(id("agree"))
	got := a.outcome()
	if got.keys() != tvPaidClosed {
		t.Errorf("the page was told %v", got)
	}
	r.agrees(t, a, got.str("imp_uid"), customer)
}

// The phone's tab dies after the buyer agreed: nobody is told in a browser, and
// the merchant's server hears by webhook.
func TestRegistrationWhoseTabDies(t *testing.T) {
	t.Parallel()
	r := registrations[2]
	a, customer := r.ask(t, browser.Phone)
	f := a.tossPay()
	toApp(f)
	openTools(f)
	f.Check(id("browser-dies"))
	f.Check(id("consent"))
	f.Click(id("agree"))
	f.See(id("dead"))
	a.tab.Go("about:blank")
	r.agrees(t, a, a.paidByNow(), customer)
}

// A tab that dies in Toss Payments' window takes the key's proof with it: there
// is no key, and nobody claims there is.
func TestRegistrationWhoseTabDiesBeforeTheReturn(t *testing.T) {
	t.Parallel()
	r := registrations[0]
	a, customer := r.ask(t, browser.Phone)
	a.tossPayments().See(id("card-number"))
	a.tab.Go("about:blank")
	r.gone(t, fmt.Sprint(a.payment(t)["imp_uid"]), customer, "ready")
}

// payment is the payment of what was asked, found by its order number.
func (a *asker) payment(t *testing.T) map[string]any {
	t.Helper()
	e := stack.rest(t, http.MethodGet, "/payments/find/"+url.PathEscape(fmt.Sprint(a.params["merchant_uid"])), nil)
	if e.Code != 0 {
		t.Fatalf("find %v: %v", a.params["merchant_uid"], e.Message)
	}
	return e.Response
}

// paidByNow waits until the merchant is told that the payment is paid, and gives its imp_uid.
func (a *asker) paidByNow() string {
	a.t.Helper()
	imp := fmt.Sprint(a.payment(a.t)["imp_uid"])
	eventually(a.t, "the webhook", func() (bool, string) {
		w := stack.Merchant.webhooks(imp)
		return strings.Contains(w, "paid"), w
	})
	return imp
}
