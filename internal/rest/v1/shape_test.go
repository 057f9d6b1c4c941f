package v1

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// keys are all keys of a payment and what each may hold, by V1's
// "PaymentAnnotation": s a text, n a number, b a boolean, l a list; with ? null, too.
const keys = `imp_uid s|merchant_uid s|pay_method s|channel s|pg_provider s|emb_pg_provider s?|pg_tid s?|pg_id s|sandbox b|escrow b|apply_num s?|bank_code s?|bank_name s?|` +
	`card_code s?|card_name s?|card_issuer_code s?|card_issuer_name s?|card_publisher_code s?|card_publisher_name s?|card_quota n|card_number s?|card_type n?|` +
	`vbank_code s?|vbank_name s?|vbank_num s?|vbank_holder s?|vbank_date n|vbank_issued_at n|name s?|amount n|cancel_amount n|currency s|buyer_name s?|buyer_email s?|buyer_tel s?|` +
	`buyer_addr s?|buyer_postcode s?|custom_data s?|user_agent s?|status s|started_at n|paid_at n|failed_at n|cancelled_at n|fail_reason s?|cancel_reason s?|receipt_url s?|` +
	`cancel_history l|cancel_receipt_urls l|deposit_history l|cash_receipt_issued b|customer_uid s?|customer_uid_usage s?|promotion s?`

// groups of keys that a row of the table fills or leaves empty together.
var groups = map[string][]string{
	"emb":   {"emb_pg_provider"},
	"apply": {"apply_num"},
	"card":  {"card_code", "card_name", "card_issuer_code", "card_issuer_name", "card_publisher_code", "card_publisher_name", "card_number", "card_type"},
	"bank":  {"bank_code", "bank_name"},
	"vbank": {"vbank_code", "vbank_name", "vbank_num", "vbank_date", "vbank_issued_at"},
	"slip":  {"receipt_url"},
	"cash":  {"cash_receipt_issued"},
}

// cases is the table of what is filled by method: docs of V1's payment object,
// as far as they say, and decisions of docs/v1-implementation-details.md.
var cases = []struct {
	name, says string // what pay_method says
	provider   pay.Provider
	method     pay.Method
	fills      string
	statuses   []pay.Status
}{
	{"card", "card", pay.TossPayments, pay.MethodCard, "apply card slip", done},
	{"wallet, card", "card", pay.TossPayments, pay.MethodCard, "emb apply card slip", done},
	{"wallet, no card", "point", pay.TossPayments, pay.MethodPoint, "emb cash", done},
	{"transfer", "trans", pay.TossPayments, pay.MethodTrans, "bank slip cash", done},
	{"account issued", "vbank", pay.TossPayments, pay.MethodVbank, "vbank", []pay.Status{pay.StatusAwaitingDeposit, pay.StatusFailed}},
	{"account deposited", "vbank", pay.TossPayments, pay.MethodVbank, "vbank slip cash", done},
	{"phone", "phone", pay.TossPayments, pay.MethodPhone, "slip", done},
	{"cultureland", "cultureland", pay.TossPayments, pay.MethodCultureland, "slip cash", done},
	{"smartculture", "smartculture", pay.TossPayments, pay.MethodSmartculture, "slip cash", done},
	{"booknlife", "booknlife", pay.TossPayments, pay.MethodBooknlife, "slip cash", done},
	{"key issued in a window", "card", pay.TossPayments, pay.MethodCard, "card", []pay.Status{pay.StatusPaid}},
	{"charge of a key", "card", pay.TossPayments, pay.MethodCard, "apply card slip", done},
	{"Toss Pay card", "card", pay.TossPay, pay.MethodCard, "apply card slip", done},
	{"Toss Pay money", "point", pay.TossPay, pay.MethodPoint, "apply cash", done},
	{"asked for, not paid", "card", pay.TossPayments, pay.MethodCard, "", open},
	{"Samsung Pay asked for", "samsung", pay.TossPayments, pay.MethodSamsungPay, "", open},
	{"Toss Pay asked for", "tosspay", pay.TossPay, pay.MethodTossPay, "", open},
	{"Toss Pay money asked for", "tosspay_money", pay.TossPay, pay.MethodTossPayMoney, "", open},
}

var (
	done = []pay.Status{pay.StatusPaid, pay.StatusPartiallyCancelled, pay.StatusCancelled}
	open = []pay.Status{pay.StatusCreated, pay.StatusConfirming, pay.StatusFailed}
)

// sources is where a payment of a case may begin.
func sources(name string) []pay.Source {
	if strings.HasPrefix(name, "charge") {
		return []pay.Source{pay.SourceAPI, pay.SourceSchedule}
	}
	return []pay.Source{pay.SourceWindow, pay.SourceAPI, pay.SourceSchedule}
}

// made is a payment of which its provider told what fills says. Wallets tell a
// sales slip, too, although V1 shows none.
func made(provider pay.Provider, method pay.Method, status pay.Status, source pay.Source, fills string) (pay.Payment, []pay.Movement) {
	at := time.Unix(1785974400, 0)
	p := pay.Payment{
		ID: "imp_731204558812", MerchantUID: "order-1", Provider: provider, MID: "mid", Mode: pay.ModeLive, Source: source, Method: method, Status: status,
		Amount: pay.Breakdown{Total: pay.Won(64900)}, StartedAt: at, Ref: pay.Ref{Key: "key"}, UserAgent: "Mozilla/5.0",
	}
	d := &p.Details
	for _, f := range strings.Fields(fills) {
		switch f {
		case "emb":
			d.EasyPay = "kakaopay"
		case "apply":
			if method != pay.MethodPoint {
				d.ApprovalNo = "30001234"
			}
		case "card":
			d.Card = &pay.Card{Issuer: "366", Acquirer: "361", Number: "433012******1234", Type: "credit"}
		case "bank":
			d.Bank = &pay.Bank{Code: "088"}
		case "vbank":
			d.Account = &pay.VirtualAccount{Bank: "088", Number: "56200000000000", Holder: "나루", Due: at, Issued: at}
		case "slip":
			d.ReceiptURL = "https://receipt.example/1"
		case "cash":
			d.CashReceipt = true
		}
	}
	if method == pay.MethodPoint {
		d.ReceiptURL = "https://receipt.example/1"
	}
	var moved []pay.Movement
	switch status {
	case pay.StatusFailed:
		p.FailedAt, p.FailReason = at, "[X] 안 됨"
	case pay.StatusPartiallyCancelled, pay.StatusCancelled:
		p.PaidAt, p.CancelledAt, p.Cancelled, p.CancelReason = at, at, 64900, "변심"
		moved = []pay.Movement{{Key: "key", Kind: pay.MovementApproval, Amount: 64900, At: at}, {Key: "c", Kind: pay.MovementCancel, Amount: 64900, At: at, Reason: "변심", CancelID: "id", ReceiptURL: "https://receipt.example/2"}}
	case pay.StatusPaid:
		p.PaidAt = at
	}
	return p, moved
}

// TestShapeOfEveryPayment: whatever a payment is and however it stands, it has
// exactly V1's keys with V1's types, and of the keys its method fills, those.
func TestShapeOfEveryPayment(t *testing.T) {
	t.Parallel()
	count := 0
	for _, c := range cases {
		for _, status := range c.statuses {
			for _, source := range sources(c.name) {
				p, moved := made(c.provider, c.method, status, source, c.fills)
				raw, err := json.Marshal(paymentOf(p, moved))
				if err != nil {
					t.Fatal(err)
				}
				at := fmt.Sprintf("%s, %s, %s", c.name, status, source)
				var got map[string]any
				if err := json.Unmarshal(raw, &got); err != nil {
					t.Fatal(err)
				}
				for _, wrong := range append(shapeErrors(got, keys), filledErrors(got, c.fills)...) {
					t.Errorf("%s: %s", at, wrong)
				}
				for _, wrong := range stateErrors(got, status, source, c.says) {
					t.Errorf("%s: %s", at, wrong)
				}
				count++
			}
		}
	}
	if count < 120 {
		t.Errorf("%d payments were looked at", count)
	}
}

// shapeErrors holds an object against a list of keys and their types.
func shapeErrors(got map[string]any, keys string) (wrong []string) {
	want := strings.Split(keys, "|")
	if len(got) != len(want) {
		wrong = append(wrong, fmt.Sprintf("%d keys, want %d", len(got), len(want)))
	}
	for _, k := range want {
		name, kind, _ := strings.Cut(k, " ")
		v, there := got[name]
		if !there {
			wrong = append(wrong, "no "+name)
			continue
		}
		ok := v == nil && strings.HasSuffix(kind, "?")
		switch v.(type) {
		case string:
			ok = kind[0] == 's'
		case float64:
			ok = kind[0] == 'n'
		case bool:
			ok = kind[0] == 'b'
		case []any:
			ok = kind[0] == 'l'
		}
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s is %#v, want %s", name, v, kind))
		}
	}
	return wrong
}

// filledErrors: a group that is named is filled, any other is empty. Toss Pay's
// money fills apply_num with an empty text.
func filledErrors(got map[string]any, fills string) (wrong []string) {
	for group, names := range groups {
		want := slices.Contains(strings.Fields(fills), group)
		for _, name := range names {
			v := got[name]
			if filled := v != nil && v != 0.0 && v != false; name != "card_type" && filled != want || name == "card_type" && (v != nil) != want {
				wrong = append(wrong, fmt.Sprintf("%s is %#v, filled should be %v", name, v, want))
			}
		}
	}
	if want := got["pg_provider"] == "tosspay_v2" && got["pay_method"] == "point"; (got["apply_num"] == "") != want {
		wrong = append(wrong, fmt.Sprintf("apply_num is %#v", got["apply_num"]))
	}
	return wrong
}

// stateErrors: the times and reasons that belong to a state, and no others.
func stateErrors(got map[string]any, status pay.Status, source pay.Source, says string) (wrong []string) {
	word := map[pay.Status]string{pay.StatusCreated: "ready", pay.StatusConfirming: "ready", pay.StatusAwaitingDeposit: "ready", pay.StatusPaid: "paid", pay.StatusPartiallyCancelled: "cancelled", pay.StatusCancelled: "cancelled", pay.StatusFailed: "failed"}[status]
	expect := func(name string, want bool) {
		if v := got[name]; (v != nil && v != 0.0) != want {
			wrong = append(wrong, fmt.Sprintf("%s is %#v", name, v))
		}
	}
	expect("paid_at", word == "paid" || word == "cancelled")
	expect("failed_at", word == "failed")
	expect("cancelled_at", word == "cancelled")
	expect("fail_reason", word == "failed")
	expect("cancel_reason", word == "cancelled")
	expect("cancel_amount", word == "cancelled")
	expect("user_agent", source == pay.SourceWindow)
	expect("vbank_holder", false)
	if got["status"] != word || got["pay_method"] != says || (got["channel"] == "api") != (source != pay.SourceWindow) {
		wrong = append(wrong, fmt.Sprintf("status %v, pay_method %v, channel %v", got["status"], got["pay_method"], got["channel"]))
	}
	if n := len(got["cancel_history"].([]any)); (n == 1) != (word == "cancelled") {
		wrong = append(wrong, fmt.Sprintf("%d cancels", n))
	}
	return wrong
}

// TestShapesOfTheOthers: a billing key, a booked charge and a receipt have all
// their keys, filled or not.
func TestShapesOfTheOthers(t *testing.T) {
	t.Parallel()
	const (
		customer = `customer_uid s|pg_provider s|pg_id s|sandbox b|customer_id s?|card_name s?|card_code s?|card_issuer_code s?|card_issuer_name s?|card_publisher_code s?|card_publisher_name s?|` +
			`card_number s?|card_type n?|customer_name s?|customer_tel s?|customer_email s?|customer_addr s?|customer_postcode s?|inserted n|updated n`
		schedule = `customer_uid s|merchant_uid s|imp_uid s?|pg_provider s?|pg_id s?|customer_id s?|schedule_at n|executed_at n|revoked_at n|amount n|currency s|name s?|buyer_name s?|buyer_email s?|` +
			`buyer_tel s?|buyer_addr s?|buyer_postcode s?|custom_data s?|schedule_status s|payment_status s?|fail_reason s?|promotion_id s?`
		receipt = `receipt_tid s?|apply_num s?|type s|amount n|vat n|receipt_url s?|applied_at n|cancelled_at n`
	)
	at := time.Unix(1785974400, 0)
	buyer := pay.Buyer{Name: "a", Email: "b", Tel: "c", Address: "d", Postcode: "e"}
	full, bare := pay.BillingKey{CustomerID: "c", Card: &pay.Card{Issuer: "366", Number: "4", Type: "debit"}, Buyer: buyer, Created: at, Updated: at}, pay.BillingKey{}
	slip := pay.Receipt{Key: "k", ApprovalNo: "a", URL: "u", Type: pay.ReceiptPerson, IssuedAt: at, CancelledAt: at}
	first, _ := receiptOf(slip, nil)
	second, _ := externalOf(pay.Receipt{}, nil)
	shown := []struct {
		v    any
		keys string
	}{{customerOf(full), customer}, {customerOf(bare), customer}, {first, "imp_uid s|" + receipt}, {second, "merchant_uid s|" + receipt}}
	for _, s := range []pay.ScheduleStatus{pay.ScheduleBooked, pay.ScheduleRunning, pay.ScheduleExecuted, pay.ScheduleRevoked} {
		for _, b := range bookings(s, at, buyer) {
			w, _ := scheduleOf(b, nil)
			shown = append(shown, struct {
				v    any
				keys string
			}{w, schedule})
			ran := s == pay.ScheduleExecuted && b.Charged != nil
			if (w.ImpUID != nil) != ran || (w.PaymentStatus != nil) != ran || (w.ExecutedAt != 0) != (s == pay.ScheduleExecuted) || (w.RevokedAt != 0) != (s == pay.ScheduleRevoked) {
				t.Errorf("%s: %+v", s, w)
			}
		}
	}
	for _, s := range shown {
		raw, err := json.Marshal(s.v)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range shapeErrors(got, s.keys) {
			t.Errorf("%T: %s in %s", s.v, wrong, raw)
		}
	}
}

// bookings are a schedule in a state, with nothing optional and with all of it.
func bookings(s pay.ScheduleStatus, at time.Time, buyer pay.Buyer) []gateway.Booked {
	row := pay.Schedule{CustomerUID: "c", MerchantUID: "m", Status: s, At: at, Amount: pay.Breakdown{Total: pay.Won(100)}}
	switch s {
	case pay.ScheduleExecuted:
		row.ExecutedAt = at
	case pay.ScheduleRevoked:
		row.RevokedAt = at
	}
	full := row
	full.CustomerID, full.Name, full.Buyer, full.Custom = "id", "n", buyer, "{}"
	if s == pay.ScheduleRevoked {
		return []gateway.Booked{{Schedule: row}, {Schedule: full}}
	}
	return []gateway.Booked{{Schedule: row}, {Schedule: full, Charged: &pay.Payment{ID: "imps_1", Provider: pay.TossPayments, MID: "mid", Status: pay.StatusFailed, FailReason: "x"}}}
}
