package crash_test

import (
	"net/url"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/v1wire"
)

// The words of V1 that a repeated request is answered with.
const (
	usedChecksum = "취소 가능 잔액이 checksum과 일치하지 않아"
	usedReceipt  = "이미 현금영수증이 발급되었습니다."
	usedSchedule = "이미 예약된 주문번호입니다."
	endedBooking = "실패했거나 해지된 예약결제만"
	noAccount    = "입금을 기다리고 있는 가상계좌가 아닙니다."
	noReceipt    = "발급된 현금영수증이 존재하지 않습니다."
)

func short(p pay.Provider) string {
	if p == pay.TossPay {
		return "tosspay"
	}
	return "tosspayments"
}

// windows are payments in a provider's window, and registrations there.
func windows(p pay.Provider) []operation {
	method := "card"
	if p == pay.TossPay {
		method = "tosspay"
	}
	params := func(more fields) fields {
		return with(orderOf(order, amount), with(fields{"pg": string(p), "pay_method": method}, more))
	}
	pays := func(more fields) func(*world) told {
		return func(w *world) told { return (&buyer{world: w, provider: p}).pays(params(with(fields{}, more))) }
	}
	asking := func(w *world) told {
		return (&buyer{world: w, provider: p}).pays(params(fields{"confirm_url": w.shop.url(confirming)}))
	}
	registers := func(w *world) told {
		return (&buyer{world: w, provider: p, customer: customer}).pays(with(orderOf(order, 0), fields{"pg": string(p), "pay_method": method, "customer_uid": customer, "customer_id": "id-1"}))
	}
	used := v1wire.CodePaid
	return []operation{
		{name: "window confirm, " + short(p), least: 20, act: pays(nil), span: 2 * time.Hour, effect: approvals, repeat: refused, words: used},
		{name: "window confirm with confirm_url, " + short(p), least: 22, act: asking, span: 10 * time.Minute, effect: approvals, repeat: refused, words: used},
		{name: "key by window, " + short(p), least: 20, act: registers, span: 2 * time.Hour, effect: activeKeys, repeat: refused, words: used},
	}
}

// giveKey is a customer's billing key, as it was got before.
func giveKey(p pay.Provider) func(*world) {
	return func(w *world) {
		w.t.Helper()
		if p == pay.TossPayments {
			w.succeeds("POST", "/subscribe/customers/"+url.PathEscape(customer), with(card(), fields{"customer_id": "id-1"}))
			return
		}
		var made struct{ BillingKey string }
		w.control(w.wallet.Control(), "POST", "/billing-keys", fields{"mid": "narubill", "userId": "user-1", "method": "card"}, &made)
		_, err := w.gateway.AdoptKey(w.ctx, gateway.AdoptKeyRequest{
			Merchant: merchant, Channel: wbillChannel, CustomerUID: customer, CustomerID: "user-1", Key: pay.Secret(made.BillingKey),
		})
		w.must(err)
		w.rest(time.Minute)
	}
}

const schedules = "/subscribe/payments/schedule"

// charges are what is taken with a billing key: at once, or when it is due.
func charges(p pay.Provider) []operation {
	again := func(w *world) told {
		return w.call("POST", "/subscribe/payments/again", with(orderOf(order, amount), fields{"customer_uid": customer})).says()
	}
	books := func(w *world) {
		giveKey(p)(w)
		item := with(orderOf(order, amount), fields{"schedule_at": w.clock.In(time.Hour).Unix()})
		w.succeeds("POST", schedules, fields{"customer_uid": customer, "schedules": []fields{item}})
	}
	comesDue := func(w *world) told {
		w.rest(time.Hour + time.Second)
		return told{unknown, "nobody asked"}
	}
	retry := func(w *world) told { return w.call("POST", schedules+"/"+url.PathEscape(order)+"/retry", nil).says() }
	checked := func(w *world) told {
		item := with(orderOf(order, amount), fields{"schedule_at": w.clock.In(5 * bound).Unix()})
		return w.call("POST", schedules, fields{"customer_uid": customer, "checking_amount": 1000, "schedules": []fields{item}}).says()
	}
	return []operation{
		{name: "again, " + short(p), least: 13, setup: giveKey(p), act: again, span: 10 * time.Minute, effect: approvals, repeat: refused, words: v1wire.TextOrderUsed},
		{name: "schedule due, " + short(p), least: 15, setup: books, act: comesDue, span: 10 * time.Minute, again: retry, effect: approvals, repeat: refused, words: endedBooking},
		{name: "schedule with a check, " + short(p), least: 18, setup: giveKey(p), act: checked, span: 10 * time.Minute, effect: bookings, repeat: refused, words: usedSchedule},
	}
}

// cancels give back what was charged.
func cancels(p pay.Provider) []operation {
	paid := func(w *world) {
		giveKey(p)(w)
		w.succeeds("POST", "/subscribe/payments/again", with(orderOf(order, amount), fields{"customer_uid": customer}))
		w.rest(time.Minute)
	}
	cancel := func(more fields) func(*world) told {
		return func(w *world) told {
			body := with(fields{"merchant_uid": order, "reason": "변심", "enable_webhook": true}, more)
			return w.call("POST", "/payments/cancel", body).says()
		}
	}
	return []operation{
		{name: "full cancel, " + short(p), least: 13, setup: paid, act: cancel(nil), span: 10 * time.Minute, effect: cancelled, repeat: refused, words: v1wire.TextFullyCancelled},
		{name: "partial cancel, " + short(p), least: 13, setup: paid, act: cancel(fields{"amount": 12000, "checksum": amount}), span: 10 * time.Minute, effect: cancelled, repeat: refused, words: usedChecksum},
	}
}

// keys are what becomes of billing keys without a window.
func keys(p pay.Provider) []operation {
	remove := func(w *world) told {
		return w.call("DELETE", "/subscribe/customers/"+url.PathEscape(customer), nil).says()
	}
	gone := func(w *world) int { return 1 - activeKeys(w) }
	all := []operation{
		{name: "key delete, " + short(p), least: 4, setup: giveKey(p), act: remove, span: 10 * time.Minute, effect: gone, also: revoked(p), repeat: refused, words: "요청하신 customer_uid"},
	}
	if p == pay.TossPayments {
		issue := func(w *world) told {
			return w.call("POST", "/subscribe/customers/"+url.PathEscape(customer), with(card(), fields{"customer_id": "id-1"})).says()
		}
		all = append(all, operation{name: "key by card, " + short(p), least: 9, act: issue, span: 10 * time.Minute, effect: activeKeys, repeat: done})
	}
	return all
}

// cardNumbers are charges of a card number.
func cardNumbers() []operation {
	onetime := func(more fields) func(*world) told {
		return func(w *world) told {
			return w.call("POST", "/subscribe/payments/onetime", with(with(orderOf(order, amount), card()), more)).says()
		}
	}
	return []operation{
		{name: "onetime, tosspayments", least: 13, act: onetime(nil), span: 10 * time.Minute, effect: approvals, repeat: refused, words: v1wire.TextOrderUsed},
		{name: "onetime keeping the key, tosspayments", least: 19, act: onetime(fields{"customer_uid": customer}), span: 10 * time.Minute, effect: approvals, also: kept, repeat: refused, words: v1wire.TextOrderUsed},
	}
}

// account has a virtual account issued.
func account(w *world) answer {
	return w.call("POST", "/vbanks", with(orderOf(order, amount), fields{"vbank_code": "088", "vbank_due": w.clock.In(24 * time.Hour).Unix(), "channel_key": string(cardChannel)}))
}

// deposited is a virtual account that was paid into.
func deposited(w *world) {
	w.t.Helper()
	if t := account(w).says(); t.v != done {
		w.t.Fatalf("the account is not issued: %s", t)
	}
	w.rest(time.Minute)
	deposit(w)
}

// deposit is the buyer paying into the account of the order.
func deposit(w *world) told {
	w.t.Helper()
	w.control(w.cards.Control(), "POST", "/payments/"+string(w.payments(order)[0].ID)+"/deposit", nil, nil)
	w.rest(time.Minute)
	return told{unknown, "nobody asked"}
}

// accounts are virtual accounts from their issue to their end.
func accounts() []operation {
	issue := func(w *world) told { return account(w).says() }
	waiting := func(w *world) {
		w.t.Helper()
		if t := issue(w); t.v != done {
			w.t.Fatalf("the account is not issued: %s", t)
		}
		w.rest(time.Minute)
	}
	refund := func(w *world) told {
		return w.call("POST", "/payments/cancel", fields{
			"merchant_uid": order, "reason": "변심", "enable_webhook": true, "refund_holder": "홍길동", "refund_bank": "088", "refund_account": "11022033044055",
		}).says()
	}
	revoke := func(w *world) told {
		return w.call("DELETE", "/vbanks/"+string(w.payments(order)[0].ID), nil).says()
	}
	const long = 7 * time.Hour // until the account is looked at
	return []operation{
		{name: "account issue, tosspayments", least: 13, act: issue, span: long, effect: waitingAccounts, repeat: done, effects: 2},
		{name: "deposit, tosspayments", least: 8, setup: waiting, act: deposit, span: 10 * time.Minute, again: issue, effect: approvals, repeat: refused, words: v1wire.TextOrderUsed, outside: true},
		{name: "refund of a deposit, tosspayments", least: 13, setup: deposited, act: refund, span: 10 * time.Minute, effect: cancelled, repeat: refused, words: v1wire.TextFullyCancelled},
		{name: "account revoke, tosspayments", least: 9, setup: waiting, act: revoke, span: 10 * time.Minute, effect: revokedAccounts, repeat: refused, words: noAccount},
	}
}

// receipts are cash receipts of money taken elsewhere, and of a deposit.
func receipts() []operation {
	const external = "/receipts/external/"
	body := func() fields {
		return fields{"identifier": "01077889911", "type": "person", "name": "나루 머그컵", "amount": amount, "channel_key": string(cardChannel)}
	}
	path := external + url.PathEscape(order)
	issue := func(w *world) told { return w.call("POST", path, body()).says() }
	issued := func(w *world) { w.succeeds("POST", path, body()) }
	cancel := func(w *world) told { return w.call("DELETE", path, nil).says() }
	ofPayment := func(w *world) string {
		return strings.TrimSuffix(external, "external/") + string(w.payments(order)[0].ID)
	}
	return []operation{
		{name: "receipt issue, tosspayments", least: 9, act: issue, span: 10 * time.Minute, effect: liveReceipts, repeat: refused, words: usedReceipt},
		{name: "receipt of a deposit, tosspayments", least: 9, setup: deposited, act: func(w *world) told {
			return w.call("POST", ofPayment(w), fields{"identifier": "01077889911", "type": "person"}).says()
		}, span: 10 * time.Minute, effect: liveReceipts, repeat: refused, words: usedReceipt},
		{name: "receipt cancel, tosspayments", least: 9, setup: issued, act: cancel, span: 10 * time.Minute, effect: cancelledReceipts, repeat: refused, words: noReceipt},
	}
}
