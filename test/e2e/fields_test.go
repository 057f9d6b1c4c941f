package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// books is what of a payment depends on how it was paid (PortOne V1, "결제 조회";
// which method fills what is in docs/v1-implementation-details.md).
type books struct {
	method  string // pay_method as recorded
	wallet  string // emb_pg_provider; "" is null
	status  string // "paid" when empty
	card    bool   // card_*, apply_num
	bare    bool   // a card whose company and number the wallet does not tell
	issued  bool   // a billing key was issued: nothing was approved
	bank    string // bank_code
	account string // vbank_code
	receipt bool   // receipt_url
	cash    bool   // cash_receipt_issued
	quota   float64
}

// keysOfPayment are all keys of a payment, always sent.
const keysOfPayment = `amount apply_num bank_code bank_name buyer_addr buyer_email buyer_name buyer_postcode buyer_tel cancel_amount cancel_history
	cancel_reason cancel_receipt_urls cancelled_at card_code card_issuer_code card_issuer_name card_name card_number card_publisher_code
	card_publisher_name card_quota card_type cash_receipt_issued channel currency custom_data customer_uid customer_uid_usage deposit_history
	emb_pg_provider escrow fail_reason failed_at imp_uid merchant_uid name paid_at pay_method pg_id pg_provider pg_tid promotion receipt_url sandbox
	started_at status user_agent vbank_code vbank_date vbank_holder vbank_issued_at vbank_name vbank_num`

// fieldsOf compares one payment, field by field.
type fieldsOf struct {
	t *testing.T
	p map[string]any
}

func (f fieldsOf) is(want map[string]any) {
	f.t.Helper()
	for _, name := range slices.Sorted(keysOf(want)) {
		if got := f.p[name]; fmt.Sprint(got) != fmt.Sprint(want[name]) {
			f.t.Errorf("%s is %v, want %v", name, got, want[name])
		}
	}
}

// told: each field is a text that fits the pattern; otherwise each is empty, as
// V1 has it: null, or 0 where it is a number or a time.
func (f fieldsOf) told(yes bool, pattern string, names ...string) {
	f.t.Helper()
	fits := regexp.MustCompile("^(" + pattern + ")$")
	for _, name := range names {
		got := f.p[name]
		if text, ok := got.(string); yes && (!ok || !fits.MatchString(text)) {
			f.t.Errorf("%s is %v, want a text like %s", name, got, pattern)
		}
		if !yes && got != nil && got != "" {
			f.t.Errorf("%s is %v, want none", name, got)
		}
	}
}

// at: each field is a moment about now, or 0.
func (f fieldsOf) at(yes bool, names ...string) {
	f.t.Helper()
	now := float64(time.Now().Unix())
	for _, name := range names {
		got, _ := f.p[name].(float64)
		if yes && (got < now-600 || got > now+600) || !yes && f.p[name] != 0.0 {
			f.t.Errorf("%s is %v (now is %.0f), want it set: %t", name, f.p[name], now, yes)
		}
	}
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// agrees compares a payment as a server reads it with what was asked for and with
// how it was paid.
func (a *asker) agrees(p map[string]any, b books) {
	a.t.Helper()
	f := fieldsOf{a.t, p}
	if got := strings.Join(slices.Sorted(keysOf(p)), " "); got != strings.Join(strings.Fields(keysOfPayment), " ") {
		a.t.Errorf("keys: %s", got)
	}
	status, channel := b.status, "pc"
	if status == "" {
		status = "paid"
	}
	if a.device.Mobile {
		channel = "mobile"
	}
	f.is(map[string]any{
		"status": status, "channel": channel, "pay_method": b.method, "merchant_uid": a.params["merchant_uid"], "name": a.params["name"], "amount": a.params["amount"],
		"buyer_name": a.params["buyer_name"], "buyer_tel": a.params["buyer_tel"], "buyer_email": a.params["buyer_email"], "buyer_addr": a.params["buyer_addr"],
		"buyer_postcode": a.params["buyer_postcode"], "custom_data": `{"cart":7}`, "currency": "KRW", "cancel_amount": 0, "cancel_history": "[]", "cancel_receipt_urls": "[]",
		"deposit_history": "[]", "cancel_reason": nil, "fail_reason": nil, "escrow": false, "promotion": nil,
		"card_quota": b.quota, "cash_receipt_issued": b.cash,
	})
	f.told(true, `imp_[0-9]{12}`, "imp_uid")
	f.told(true, `.*Mozilla.*`, "user_agent")
	f.told(b.wallet != "", regexp.QuoteMeta(b.wallet), "emb_pg_provider")
	f.at(true, "started_at")
	f.at(status == "paid", "paid_at")
	f.at(false, "failed_at", "cancelled_at")
	a.instrument(f, b)
}

// instrument compares what was paid with.
func (a *asker) instrument(f fieldsOf, b books) {
	a.t.Helper()
	whole := b.card && !b.bare
	f.told(b.card && !b.issued, `[0-9]{8}`, "apply_num")
	f.told(whole, `[0-9A-Z]{3,5}`, "card_code")
	f.told(whole, `.+`, "card_name")
	f.told(whole, `[0-9]{4,8}[0-9*]+`, "card_number")
	if _, number := f.p["card_type"].(float64); number != whole {
		a.t.Errorf("card_type is %v, want 0 or 1: %t", f.p["card_type"], whole)
	}
	f.told(b.bank != "", regexp.QuoteMeta(b.bank), "bank_code")
	f.told(b.bank != "", `.+`, "bank_name")
	f.told(b.account != "", regexp.QuoteMeta(b.account), "vbank_code")
	f.told(b.account != "", `.+`, "vbank_name")
	f.told(b.account != "", `X?[0-9-]{8,32}`, "vbank_num") // X: of Toss Payments' test accounts
	f.told(false, "", "vbank_holder")                      // Toss Payments' holder is never told
	f.at(b.account != "", "vbank_issued_at")
	if due, _ := f.p["vbank_date"].(float64); b.account != "" && due <= float64(time.Now().Unix()) || b.account == "" && f.p["vbank_date"] != 0.0 {
		a.t.Errorf("vbank_date is %v", f.p["vbank_date"])
	}
	f.told(b.receipt, `https?://.+`, "receipt_url")
}
