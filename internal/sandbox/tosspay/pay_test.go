package tosspay

import (
	"slices"
	"testing"
	"time"
)

func (b *bench) execute(token string, more body) body {
	b.t.Helper()
	in := body{"apiKey": testKey, "payToken": token}
	for k, v := range more {
		in[k] = v
	}
	return b.call("/api/v2/execute", in)
}

func TestWaitingPaymentsLapse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		expires any
		life    time.Duration
	}{
		{"after 15 minutes by default", nil, 15 * time.Minute},
		{"when the merchant said", "2026-11-21 18:44:02", time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			waiting := b.create(body{"orderNo": "a", "expiredTime": c.expires})
			approved := b.create(body{"orderNo": "b", "expiredTime": c.expires})
			b.approveOK(approved, Approval{})
			b.clock.Advance(c.life - time.Second)
			expect(t, b.status(waiting), body{"payStatus": "PAY_STANDBY"})
			expect(t, b.status(approved), body{"payStatus": "PAY_APPROVED"})
			b.clock.Advance(time.Second)
			expect(t, b.status(waiting), body{"payStatus": "PAY_CANCEL"})
			expect(t, b.status(approved), body{"payStatus": "PAY_CANCEL"})
			wantCode(t, b.execute(approved, nil), "COMMON_ITS_NOT_ABLE_TO_CHANGE_STATUS", "요청 가능한 상태가 아닙니다")
		})
	}
}

func TestExecute(t *testing.T) {
	t.Parallel()
	t.Run("before authentication", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		wantCode(t, b.execute(b.create(nil), nil), "EXECUTE_PAY_NOT_APPROVED", "아직 구매자가")
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		wantCode(t, b.execute(b.paid(nil, Approval{}), nil), "PAYMENT_EXISTING_PAYMENT", "")
	})
	t.Run("with another order number", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		token := b.create(nil)
		b.approveOK(token, Approval{})
		wantCode(t, b.execute(token, body{"orderNo": "other"}), "COMMON_INVALID_PARAMETER", "orderNo")
		want(t, b.execute(token, body{"orderNo": "shop-20261121-000173"}))
	})
	t.Run("with another key of the merchant", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		token := b.create(nil)
		b.approveOK(token, Approval{})
		wantCode(t, b.execute(token, body{"apiKey": liveKey}), "TRANSACTION_NOT_FOUND", "존재하지 않는")
	})
	t.Run("of nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		wantCode(t, b.execute("nXN3f5LQO1XU555OPmBze6", nil), "TRANSACTION_NOT_FOUND", "")
		wantCode(t, b.execute("", nil), "COMMON_INVALID_PARAMETER", "payToken 는 필수값")
	})
	t.Run("that fails as the tester asked", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		token := b.create(nil)
		b.approveOK(token, Approval{PayMethod: "CARD", ExecuteFail: "CARD_EXCEED_LIMIT"})
		wantCode(t, b.execute(token, nil), "CARD_EXCEED_LIMIT", "사용한도 초과")
		expect(t, b.status(token), body{"payStatus": "PAY_APPROVED"})
	})
	t.Run("whose answer leaves a doubt goes on by itself", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		token := b.create(nil)
		b.approveOK(token, Approval{ExecuteFail: "COMMON_TIMEOUT"})
		wantCode(t, b.execute(token, nil), "COMMON_TIMEOUT", "")
		expect(t, b.status(token), body{"payStatus": "PAY_PROGRESS"})
		wantCode(t, b.execute(token, nil), "TRANSACTION_PENDING_ERROR", "")
		b.clock.Advance(progressTime)
		expect(t, b.status(token), body{"payStatus": "PAY_COMPLETE", "paidTs": "2026-11-21 17:44:12"})
	})
}

func TestModeFollowsTheKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, c := range []struct{ key, mode, authorization string }{
		{testKey, "TEST", "00000000"}, {sandboxKey, "TEST", "00000000"}, {liveKey, "LIVE", ""},
	} {
		token := b.create(body{"apiKey": c.key, "orderNo": string(rune('a' + i))})
		b.approveOK(token, Approval{PayMethod: "CARD"})
		got := want(t, b.execute(token, body{"apiKey": c.key}))
		expect(t, got, body{"mode": c.mode})
		no, _ := got["cardAuthorizationNo"].(string)
		if len(no) != 8 || (c.authorization != "" && no != c.authorization) || (c.authorization == "" && no == "00000000") {
			t.Errorf("%s: cardAuthorizationNo %q", c.mode, no)
		}
	}
}

func TestBuyerMeetsTheLimits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name   string
		order  body
		buyer  Approval
		status int
		code   string // errorCode, or "" for success
	}{
		{"money up to two million", body{"amount": 2_000_000}, Approval{PayMethod: "TOSS_MONEY"}, 200, ""},
		{"money above it", body{"amount": 2_000_001}, Approval{PayMethod: "TOSS_MONEY"}, 409, "COMMON_EXCEED_LIMIT"},
		{"a card above it", body{"amount": 2_000_001}, Approval{PayMethod: "CARD"}, 200, ""},
		{"a card from 100", body{"amount": 100}, Approval{PayMethod: "CARD"}, 200, ""},
		{"a card below it", body{"amount": 99}, Approval{PayMethod: "CARD"}, 409, "CARD_MIN_AMOUNT_ERROR"},
		{"a card below it by a discount", body{"amount": 110}, Approval{PayMethod: "CARD", Discount: 11}, 409, "CARD_MIN_AMOUNT_ERROR"},
		{"a card below it by points is fine", body{"amount": 110}, Approval{PayMethod: "CARD", Points: 11}, 200, ""},
		{"one won of money", body{"amount": 1}, Approval{PayMethod: "TOSS_MONEY"}, 200, ""},
		{"instalments from 50 000", body{"amount": 50_000}, Approval{PayMethod: "CARD", SpreadOut: 12}, 200, ""},
		{"instalments below it", body{"amount": 49_999}, Approval{PayMethod: "CARD", SpreadOut: 2}, 409, "CARD_MIN_AMOUNT_FOR_SPREADOUT_ERROR"},
		{"instalments below it by a discount", body{"amount": 50_000}, Approval{PayMethod: "CARD", SpreadOut: 2, Discount: 1}, 409, "CARD_MIN_AMOUNT_FOR_SPREADOUT_ERROR"},
		{"instalments the merchant forbids", body{"installment": "NOT_USE"}, Approval{PayMethod: "CARD", SpreadOut: 2}, 409, "CARD_SPREADOUT_ERROR"},
		{"13 months", nil, Approval{PayMethod: "CARD", SpreadOut: 13}, 400, "BAD_REQUEST"},
		{"one month", nil, Approval{PayMethod: "CARD", SpreadOut: 1}, 400, "BAD_REQUEST"},
		{"a method that is not offered", body{"enablePayMethods": "TOSS_MONEY"}, Approval{PayMethod: "CARD"}, 400, "BAD_REQUEST"},
		{"money where only cards are", body{"enablePayMethods": "CARD"}, Approval{PayMethod: "TOSS_MONEY"}, 400, "BAD_REQUEST"},
		{"a card that is not offered", body{"cardOptions": body{"options": []body{{"cardCompanyCode": 3}}}}, Approval{PayMethod: "CARD", CardCompanyCode: 1}, 400, "BAD_REQUEST"},
		{"a card the buyer has not", nil, Approval{PayMethod: "CARD", CardCompanyCode: 9}, 400, "BAD_REQUEST"},
		{"an account the buyer has not", nil, Approval{AccountBankCode: "002"}, 400, "BAD_REQUEST"},
		{"more off than there is", nil, Approval{Discount: 59_000, Points: 1_001}, 400, "BAD_REQUEST"},
		{"a method nobody knows", nil, Approval{PayMethod: "CASH"}, 400, "BAD_REQUEST"},
		{"a failure nobody could send", nil, Approval{ExecuteFail: "no code"}, 400, "BAD_REQUEST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := body{"orderNo": "limit-" + regexpSafe(c.name)}
			for k, v := range c.order {
				in[k] = v
			}
			token := b.create(in)
			status, got := b.ctl("POST", "/payments/"+token+"/approve", c.buyer)
			if status != c.status || (c.code != "" && got["code"] != c.code) {
				t.Errorf("%d %v, want %d %s", status, got, c.status, c.code)
			}
			if after := b.status(token); c.status != 200 && after["payStatus"] != "PAY_STANDBY" {
				t.Errorf("payStatus %v: the buyer must be able to try again", after["payStatus"])
			}
		})
	}
}

// regexpSafe makes an order number of a sentence.
func regexpSafe(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r == ' ' {
			out[i] = '_'
		}
	}
	return string(out)
}

func TestExecuteAnswersByMethod(t *testing.T) {
	t.Parallel()
	b := setup(t)
	money := b.create(body{"orderNo": "money"})
	b.approveOK(money, Approval{AccountBankCode: "088", Discount: 6000, Points: 500})
	got := want(t, b.execute(money, nil))
	expect(t, got, body{"payMethod": "TOSS_MONEY", "amount": 60000, "discountedAmount": 6500, "paidAmount": 53500, "accountBankCode": "088", "accountBankName": "신한은행", "stateMsg": "결제 완료"})
	expectAbsent(t, got, "cardCompanyCode", "cardNumber", "salesCheckLinkUrl", "msg", "errorCode")
	if got["cashReceiptMgtKey"] == nil {
		t.Error("money with a cash receipt lacks cashReceiptMgtKey")
	}
	expect(t, b.status(money), body{"discountedAmount": 6500, "discountAmountV2": 6000, "paidPointV2": 500, "paidAmount": 53500, "paidPoint": 0})

	card := b.create(body{"orderNo": "card"})
	b.approveOK(card, Approval{PayMethod: "CARD", CardCompanyCode: 10, SpreadOut: 6})
	got = want(t, b.execute(card, nil))
	expect(t, got, body{"payMethod": "CARD", "cardCompanyCode": 10, "cardCompanyName": "비씨", "spreadOut": 6, "noInterest": true, "cardUserType": "CORP_PERSONAL"})
	expectAbsent(t, got, "accountBankCode", "cashReceiptMgtKey", "card")
	st := b.status(card)
	nested, _ := st["card"].(body)
	if nested == nil {
		t.Fatalf("status lacks card: %v", st)
	}
	expect(t, nested, body{"cardCompanyCode": 10, "cardCompanyName": "비씨", "spreadOut": 6, "cardAuthorizationNo": "00000000"})
	expectAbsent(t, st, "cardCompanyCode", "cardNumber", "accountBankCode")
}

func TestNoReceiptNoKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(body{"cashReceipt": false})
	b.approveOK(token, Approval{})
	expectAbsent(t, want(t, b.execute(token, nil)), "cashReceiptMgtKey")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	t.Run("before anything is chosen", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		got := b.status(b.create(nil))
		expect(t, got, body{"payStatus": "PAY_STANDBY", "transactions": []any{}, "createdTs": start, "mode": "TEST"})
		expectAbsent(t, got, "payMethod", "paidTs", "paidAmount", "refundableAmount", "card", "accountBankCode")
	})
	t.Run("by order number", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.create(body{"apiKey": legacyKey})
		b.ctlOK("POST", "/payments/"+first+"/cancel", nil)
		second := b.create(body{"apiKey": legacyKey})
		got := want(t, b.call("/api/v2/status", body{"apiKey": legacyKey, "orderNo": "shop-20261121-000173"}))
		expect(t, got, body{"payToken": second, "payStatus": "PAY_STANDBY"})
	})
	t.Run("of nothing, or of somebody else", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		token := b.create(nil)
		for _, in := range []body{
			{"apiKey": testKey, "payToken": "unknown"}, {"apiKey": testKey, "orderNo": "unknown"},
			{"apiKey": legacyKey, "payToken": token}, {"apiKey": liveKey, "orderNo": "shop-20261121-000173"},
			{"apiKey": testKey, "payToken": token, "orderNo": "another"},
		} {
			wantCode(t, b.call("/api/v2/status", in), "TRANSACTION_NOT_FOUND", "")
		}
	})
	t.Run("of neither token nor number", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		wantCode(t, b.call("/api/v2/status", body{"apiKey": testKey}), "COMMON_INVALID_PARAMETER", "payToken 또는 orderNo 는 필수값입니다.")
	})
	t.Run("after a year", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		paid := b.paid(body{"orderNo": "a"}, Approval{})
		refunded := b.paid(body{"orderNo": "b"}, Approval{})
		b.refundOK(refunded, body{"refundNo": "r1", "amount": 1000, "amountTaxFree": 0})
		b.clock.Advance(365 * 24 * time.Hour)
		expect(t, b.status(paid), body{"payStatus": "SETTLEMENT_COMPLETE"})
		expect(t, b.status(refunded), body{"payStatus": "SETTLEMENT_REFUND_COMPLETE"})
		wantCode(t, b.refund(paid, body{"refundNo": "r2"}), "COMMON_REFUND_ERROR", "환불이 불가능")
	})
}

func TestEveryStateIsReachedAndEndsAreEnds(t *testing.T) {
	t.Parallel()
	reached := []Status{Standby}
	for i := 0; i < len(reached); i++ {
		for _, next := range steps[reached[i]] {
			if !slices.Contains(reached, next) {
				reached = append(reached, next)
			}
		}
	}
	if len(reached) != 9 {
		t.Errorf("reached %v, want all nine states", reached)
	}
	for _, end := range []Status{Cancelled, Settled, SettledAndRefund} {
		if len(steps[end]) != 0 {
			t.Errorf("%s leads to %v", end, steps[end])
		}
	}
}
