package tosspayments_test

import (
	"strings"
	"testing"
	"time"
)

func TestCancelOfAWaitingAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.account(nil)["paymentKey"].(string)
	cancel := func(with fields) reply {
		return b.call("POST", "/v1/payments/"+key+"/cancel", merged(fields{"cancelReason": "변심"}, with))
	}
	b.want(cancel(fields{"cancelAmount": 1000}), 403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT")
	b.want(cancel(fields{"cancelAmount": 34000}), 403, "NOT_CANCELABLE_AMOUNT")
	b.want(cancel(fields{"refundableAmount": 1}), 400, "NOT_MATCHES_REFUNDABLE_AMOUNT")
	r := cancel(nil)
	b.want(r, 200, "")
	b.hooked("CANCELED")
	if r.body["status"] != "CANCELED" || virtual(r.body)["refundStatus"] != "NONE" || r.body["balanceAmount"] != 0.0 {
		t.Errorf("payment %s", r)
	}
	b.want(cancel(nil), 400, "ALREADY_CANCELED_PAYMENT")
	b.want(b.control("POST", "/payments/"+key+"/deposit", fields{"late": true}), 409, "NOT_WAITING_FOR_DEPOSIT")
	if ledger := b.sim.Ledger(); len(ledger) != 0 {
		t.Errorf("money moved: %v", ledger)
	}
	b.clock.set(began.Add(100 * time.Hour))
	if virtual(b.get(key))["expired"] != false {
		t.Error("a cancelled account expired")
	}
}

func TestRefundOfADeposit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.deposited(nil)
	for _, c := range []struct {
		to   any
		code string
	}{
		{nil, "INVALID_REQUEST"}, {"신한", "INVALID_REQUEST"}, {fields{}, "INVALID_REQUEST"},
		{fields{"bank": "나루", "accountNumber": "1", "holderName": "이"}, "INVALID_BANK"},
		{fields{"bank": "신한", "accountNumber": "110-00", "holderName": "이구매"}, "INVALID_REFUND_ACCOUNT_NUMBER"},
		{fields{"bank": "신한", "accountNumber": strings.Repeat("1", 21), "holderName": "이구매"}, "INVALID_REFUND_ACCOUNT_NUMBER"},
		{fields{"bank": "신한", "accountNumber": "11", "holderName": strings.Repeat("이", 61)}, "INVALID_REFUND_ACCOUNT_INFO"},
		{fields{"bank": "신한", "accountNumber": "11", "holderName": "이", "colour": "blue"}, "INVALID_REQUEST"},
	} {
		b.want(b.refund(key, fields{"refundReceiveAccount": c.to}), 400, c.code)
	}
	b.want(b.refund(key, fields{"cancelAmount": 33001}), 403, "NOT_CANCELABLE_AMOUNT")
	r := b.refund(key, fields{"cancelAmount": 11000})
	b.want(r, 200, "")
	b.hooked("PARTIAL_CANCELED")
	if r.body["balanceAmount"] != 22000.0 || virtual(r.body)["refundStatus"] != "PENDING" {
		t.Errorf("payment %s", r)
	}
	b.clock.set(began.Add(24*time.Hour - time.Second))
	if got := virtual(b.get(key))["refundStatus"]; got != "PENDING" {
		t.Errorf("a second before a day: %v", got)
	}
	b.clock.set(began.Add(24 * time.Hour))
	if got := virtual(b.get(key))["refundStatus"]; got != "COMPLETED" {
		t.Errorf("after a day: %v", got)
	}
	// The rest goes to another kind of account, and fails.
	b.want(b.refund(key, fields{"refundReceiveAccount": fields{"bank": "ST", "accountNumber": "11", "holderName": "이"}}), 200, "")
	b.want(b.control("POST", "/payments/"+key+"/refund", fields{"outcome": "LOST"}), 400, "BAD_BODY")
	b.want(b.control("POST", "/payments/"+key+"/refund", fields{"outcome": "FAILED"}), 200, "")
	if got := virtual(b.get(key))["refundStatus"]; got != "PARTIAL_FAILED" {
		t.Errorf("one of two failed: %v", got)
	}
	b.want(b.control("POST", "/payments/"+key+"/refund", fields{"outcome": "FAILED"}), 409, "NO_REFUND_PENDING")
	b.want(b.refund(key, nil), 403, "NOT_CANCELABLE_AMOUNT")
}

func TestRefundOutcomesByHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, outcome := range []string{"COMPLETED", "FAILED"} {
		key := b.deposited(fields{"orderId": "REFUND-" + outcome})
		b.want(b.refund(key, nil), 200, "")
		b.hooked("CANCELED")
		b.want(b.control("POST", "/payments/REFUND-"+outcome+"/refund", fields{"outcome": outcome}), 200, "")
		b.clock.set(b.clock.now().Add(48 * time.Hour))
		if got := virtual(b.get(key))["refundStatus"]; got != outcome {
			t.Errorf("refund status %v, want %s", got, outcome)
		}
		b.want(b.refund(key, nil), 400, "ALREADY_CANCELED_PAYMENT")
	}
	// The back office needs no account; a year later nobody refunds.
	key := b.deposited(fields{"orderId": "REFUND-LATE"})
	b.want(b.control("POST", "/payments/"+key+"/cancel", fields{"amount": 1000}), 200, "")
	b.clock.set(b.clock.now().Add(365*24*time.Hour + time.Second))
	b.want(b.refund(key, nil), 403, "EXCEED_MAX_REFUND_DUE")
}

func TestDepositsIssueTheBuyersCashReceipt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.account(fields{"cashReceipt": fields{"type": "소득공제", "registrationNumber": "01000001234"}})["paymentKey"].(string)
	if p := b.get(key); p["cashReceipt"] != nil || p["cashReceipts"] != nil {
		t.Errorf("a receipt before the deposit: %v", p)
	}
	b.want(b.control("POST", "/payments/"+key+"/deposit", nil), 200, "")
	b.hooked("DONE")
	p := b.get(key)
	receipt, history := p["cashReceipt"].(map[string]any), p["cashReceipts"].([]any)
	first := history[0].(map[string]any)
	if receipt["amount"] != 33000.0 || receipt["type"] != "소득공제" || len(history) != 1 || first["issueStatus"] != "IN_PROGRESS" || first["transactionType"] != "CONFIRM" || first["receiptKey"] != receipt["receiptKey"] {
		t.Errorf("receipts %v, %v", receipt, history)
	}
	b.want(b.call("POST", "/v1/cash-receipts/"+receipt["receiptKey"].(string)+"/cancel", nil), 403, "FORBIDDEN_REQUEST")
	r := b.refund(key, fields{"cancelAmount": 11000})
	history = r.body["cashReceipts"].([]any)
	cancel := r.body["cancels"].([]any)[0].(map[string]any)
	if r.body["cashReceipt"].(map[string]any)["amount"] != 22000.0 || len(history) != 2 || history[1].(map[string]any)["amount"] != 11000.0 || cancel["receiptKey"] != "c_"+receipt["receiptKey"].(string) {
		t.Errorf("after a partial refund: %s", r)
	}
	if r = b.refund(key, nil); r.body["cashReceipt"] != nil {
		t.Errorf("after the rest: %v", r.body["cashReceipt"])
	}
	page := b.call("GET", first["receiptUrl"].(string), nil, "Authorization", "")
	if page.status != 200 || strings.Contains(string(page.raw), "01000001234") || !strings.Contains(string(page.raw), "*******1234") {
		t.Errorf("receipt page %s", page)
	}
}
