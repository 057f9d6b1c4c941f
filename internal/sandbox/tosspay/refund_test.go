package tosspay

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func (b *bench) refund(token string, in body) body {
	b.t.Helper()
	all := body{"apiKey": testKey, "payToken": token}
	for k, v := range in {
		all[k] = v
	}
	return b.call("/api/v2/refunds", all)
}

func (b *bench) refundOK(token string, in body) body {
	b.t.Helper()
	return want(b.t, b.refund(token, in))
}

// TestDiscountShrinksInProportion is the documentation's own example: 10 000
// with 10 % off, 4 000 refunded, leaves 6 000 with 600 off.
func TestDiscountShrinksInProportion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"amount": 10_000}, Approval{PayMethod: "CARD", Discount: 1_000})
	expect(t, b.refundOK(token, body{"refundNo": "r1", "amount": 4_000, "amountTaxFree": 0}), body{
		"refundableAmount": 6_000, "discountedAmount": 600, "paidAmount": 5_400,
		"refundedAmount": -4_000, "refundedDiscountAmount": -400, "refundedPaidAmount": -3_600,
	})
	expect(t, b.refundOK(token, body{"refundNo": "r2"}), body{
		"refundableAmount": 0, "discountedAmount": 0, "paidAmount": 0,
		"refundedAmount": -6_000, "refundedDiscountAmount": -600, "refundedPaidAmount": -5_400,
	})
	st := b.status(token)
	expect(t, st, body{"payStatus": "REFUND_SUCCESS", "refundableAmount": 0, "paidAmount": 9_000, "discountedAmount": 1_000})
	rows := st["transactions"].([]any)
	if len(rows) != 3 {
		t.Fatalf("%d transactions, want 3", len(rows))
	}
	expect(t, rows[0].(body), body{"stepType": "PAY", "transactionAmount": 10_000, "discountedAmount": 1_000, "paidAmount": 9_000})
	expect(t, rows[1].(body), body{"stepType": "REFUND", "transactionAmount": -4_000, "discountedAmount": -400, "paidAmount": -3_600})
}

func TestPointsAreGivenBackLast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"amount": 10_000}, Approval{Points: 3_000})
	for i, c := range []struct{ amount, paidLeft, off, refundedPaid, refundedOff int64 }{
		{5_000, 2_000, 3_000, -5_000, 0},
		{3_000, 0, 2_000, -2_000, -1_000},
		{2_000, 0, 0, 0, -2_000},
	} {
		expect(t, b.refundOK(token, body{"refundNo": fmt.Sprint("r", i), "amount": c.amount, "amountTaxFree": 0}), body{
			"paidAmount": c.paidLeft, "discountedAmount": c.off, "refundedPaidAmount": c.refundedPaid, "refundedDiscountAmount": c.refundedOff,
		})
	}
}

// TestBalancesAlwaysAddUp refunds odd amounts of odd payments won by won.
func TestBalancesAlwaysAddUp(t *testing.T) {
	t.Parallel()
	for _, whole := range []balance{{gross: 997, discount: 99, points: 101, paid: 797}, {gross: 7, discount: 3, points: 0, paid: 4}, {gross: 5, discount: 0, points: 5}} {
		before := whole
		for left := whole.gross; left >= 0; left-- {
			now := whole.left(left)
			step := before.minus(now)
			if now.discount+now.points+now.paid != left || now.discount < 0 || now.points < 0 || now.paid < 0 ||
				step.discount < 0 || step.points < 0 || step.paid < 0 {
				t.Fatalf("of %+v with %d left: %+v after %+v", whole, left, now, before)
			}
			before = now
		}
		if before != (balance{}) {
			t.Errorf("at the end %+v is left", before)
		}
	}
}

func TestSmallRefundsDoNotTakeMoreVATThanThereIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"amount": 1000}, Approval{}) // 909 + 91
	for i := range 100 {
		b.refundOK(token, body{"refundNo": fmt.Sprint("r", i), "amount": 10, "amountTaxFree": 0})
	}
	b.mu.Lock()
	left := b.payments[token].partsLeft()
	b.mu.Unlock()
	if left != (parts{}) {
		t.Errorf("left %+v, want nothing", left)
	}
}

func TestRefundIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	paid := b.paid(body{"orderNo": "paid"}, Approval{})
	complex := b.paid(body{"orderNo": "complex", "amountTaxFree": 5_000}, Approval{})
	stated := b.paid(body{"orderNo": "stated", "amountTaxable": 54_546, "amountVat": 5_454}, Approval{})
	served := b.paid(body{"orderNo": "served", "amountServiceFee": 5_000}, Approval{})
	waiting := b.create(body{"orderNo": "waiting"})
	approved := b.create(body{"orderNo": "approved"})
	b.approveOK(approved, Approval{})
	cancelled := b.create(body{"orderNo": "cancelled"})
	b.ctlOK("POST", "/payments/"+cancelled+"/cancel", nil)
	running := b.create(body{"orderNo": "running"})
	b.approveOK(running, Approval{ExecuteFail: "TRANSACTION_PENDING_ERROR"})
	wantCode(t, b.execute(running, nil), "TRANSACTION_PENDING_ERROR", "")
	broken := b.paid(body{"orderNo": "broken"}, Approval{})
	b.ctlOK("PUT", "/payments/"+broken+"/refund-fail", body{"errorCode": "INACTIVE_USER"})
	approval := b.status(paid)["transactions"].([]any)[0].(body)["transactionId"]

	const bad = "COMMON_INVALID_PARAMETER"
	for _, c := range []struct {
		name, token string
		in          body
		code, msg   string
	}{
		{"no refundNo", paid, body{}, bad, "refundNo 는 필수값"},
		{"an empty refundNo", paid, body{"refundNo": ""}, bad, "refundNo 는 필수값"},
		{"a null refundNo", paid, body{"refundNo": nil}, bad, "refundNo 는 필수값"},
		{"a refundNo of 37", paid, body{"refundNo": "0123456789012345678901234567890123456"}, bad, "refundNo 는 36자"},
		{"the approval's own id", paid, body{"refundNo": approval}, bad, "refundNo 는 승인 거래"},
		{"a quoted amount", paid, body{"refundNo": "r", "amount": "100"}, bad, "amount 는 따옴표 없는"},
		{"nothing", paid, body{"refundNo": "r", "amount": 0, "amountTaxFree": 0}, bad, "amount 는 1 이상"},
		{"more than was paid", paid, body{"refundNo": "r", "amount": 60_001, "amountTaxFree": 0}, "REFUND_EXCEED_AMOUNT", ""},
		{"parts without an amount", paid, body{"refundNo": "r", "amountVat": 10}, "REFUND_REQUIRED_AMOUNT", ""},
		{"parts that do not add up", paid, body{"refundNo": "r", "amount": 1100, "amountTaxFree": 0, "amountTaxable": 1000, "amountVat": 99}, bad, "amount 는 amountTaxable"},
		{"a tax-free part that was not paid", paid, body{"refundNo": "r", "amount": 1100, "amountTaxFree": 100}, bad, "amountTaxFree 는 남은 금액 0"},
		{"a service fee that was not paid", paid, body{"refundNo": "r", "amount": 1100, "amountTaxFree": 0, "amountServiceFee": 100}, bad, "amountServiceFee 는 남은 금액 0"},
		{"more tax-free than the amount", complex, body{"refundNo": "r", "amount": 1000, "amountTaxFree": 1001}, bad, "amountTaxFree + amountServiceFee"},
		{"composite tax without a tax-free part", complex, body{"refundNo": "r", "amount": 1000}, "REFUND_NO_TAXFREE_ON_COMPLEX_TAX", ""},
		{"more tax-free than was", complex, body{"refundNo": "r", "amount": 6000, "amountTaxFree": 5001}, bad, "남은 금액 5000"},
		{"stated VAT not mirrored", stated, body{"refundNo": "r", "amount": 1100, "amountTaxFree": 0, "amountTaxable": 1000}, bad, "amountVat 는 결제를 생성할 때"},
		{"stated supply value not mirrored", stated, body{"refundNo": "r", "amount": 1100, "amountTaxFree": 0, "amountVat": 100}, bad, "amountTaxable 는 결제를 생성할 때"},
		{"more VAT than was", stated, body{"refundNo": "r", "amount": 6000, "amountTaxFree": 0, "amountTaxable": 545, "amountVat": 5455}, bad, "amountVat 는 남은 금액 5454"},
		{"service fee not mirrored", served, body{"refundNo": "r", "amount": 1100, "amountTaxFree": 0}, bad, "amountServiceFee 는 결제를 생성할 때"},
		{"of a waiting payment", waiting, body{"refundNo": "r"}, "TRANSACTION_NOT_COMPLETE", "거래가 완료되지"},
		{"of an authenticated one", approved, body{"refundNo": "r"}, "TRANSACTION_NOT_COMPLETE", ""},
		{"of a cancelled one", cancelled, body{"refundNo": "r"}, "COMMON_REFUND_ERROR", ""},
		{"of one being captured", running, body{"refundNo": "r"}, "TRANSACTION_PENDING_ERROR", ""},
		{"as the tester asked", broken, body{"refundNo": "r"}, "INACTIVE_USER", "탈퇴"},
		{"of nothing", "unknown", body{"refundNo": "r"}, "TRANSACTION_NOT_FOUND", ""},
		{"with another key", paid, body{"apiKey": liveKey, "refundNo": "r"}, "TRANSACTION_NOT_FOUND", ""},
		{"idempotent as text", paid, body{"refundNo": "r", "idempotent": "true"}, bad, "idempotent"},
	} {
		t.Run(c.name, func(t *testing.T) { // one after the other: they share payments
			wantCode(t, b.refund(c.token, c.in), c.code, c.msg)
		})
	}
	expect(t, b.status(paid), body{"refundableAmount": 60_000, "payStatus": "PAY_COMPLETE"})
}

func TestPartsStatedAtCreationAreMirrored(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"amountTaxable": 50_000, "amountVat": 0, "amountTaxFree": 10_000}, Approval{})
	b.refundOK(token, body{"refundNo": "r1", "amount": 3_000, "amountTaxFree": 1_000, "amountTaxable": 2_000, "amountVat": 0})
	expect(t, b.refundOK(token, body{"refundNo": "r2"}), body{"refundedAmount": -57_000, "refundableAmount": 0})
}

func TestRefundNumberIsIdempotent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"orderNo": "a"}, Approval{})
	other := b.paid(body{"orderNo": "b"}, Approval{})
	first := b.refundOK(token, body{"refundNo": "r1", "amount": 1000, "amountTaxFree": 0})
	b.clock.Advance(time.Minute)
	again := b.refundOK(token, body{"refundNo": "r1", "amount": 1000, "amountTaxFree": 0, "reason": "다시"})
	if fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("a repeat answered\n%v, first was\n%v", again, first)
	}
	const dup = "REFUND_REFUND_NO_DUPLICATE"
	wantCode(t, b.refund(token, body{"refundNo": "r1", "amount": 1000, "amountTaxFree": 0, "idempotent": false}), dup, "이미 환불처리 된 refundNo")
	wantCode(t, b.refund(token, body{"refundNo": "r1", "amount": 2000, "amountTaxFree": 0}), dup, "")
	wantCode(t, b.refund(other, body{"refundNo": "r1", "amount": 1000, "amountTaxFree": 0}), dup, "")
	expect(t, b.status(token), body{"refundableAmount": 59_000})

	b.refundOK(token, body{"refundNo": "r2"})
	b.refundOK(token, body{"refundNo": "r2"}) // a repeat of a full refund succeeds too
	wantCode(t, b.refund(token, body{"refundNo": "r3"}), "REFUND_ALREADY_REFUNDED", "이미 전액 환불처리")
}

func TestARefusedRefundDoesNotUseUpItsNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(nil, Approval{})
	wantCode(t, b.refund(token, body{"refundNo": "r1", "amount": 60_001, "amountTaxFree": 0}), "REFUND_EXCEED_AMOUNT", "")
	b.refundOK(token, body{"refundNo": "r1", "amount": 60_000, "amountTaxFree": 0})
}

func TestOneRefundNumberAtOnceRefundsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(nil, Approval{})
	var wg sync.WaitGroup
	ids := make([]any, 16)
	for i := range ids {
		wg.Go(func() {
			got := b.refund(token, body{"refundNo": "same", "amount": 10_000, "amountTaxFree": 0})
			if num(got["code"]) != 0 {
				t.Errorf("refused: %v", got)
			}
			ids[i] = got["transactionId"]
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("two refunds for one number: %v and %v", ids[0], id)
		}
	}
	expect(t, b.status(token), body{"refundableAmount": 50_000})
}

func TestDifferentRefundNumbersAtOnceNeverRefundTooMuch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(nil, Approval{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for i := range 10 {
		wg.Go(func() {
			got := b.refund(token, body{"refundNo": fmt.Sprint("r", i), "amount": 25_000, "amountTaxFree": 0})
			mu.Lock()
			defer mu.Unlock()
			if num(got["code"]) == 0 {
				good++
			} else if got["errorCode"] != "REFUND_EXCEED_AMOUNT" {
				t.Errorf("refused with %v", got)
			}
		})
	}
	wg.Wait()
	if good != 2 {
		t.Errorf("%d refunds of 25 000 out of 60 000 went through, want 2", good)
	}
}

func TestMerchantsRefundSettings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	change := func(shop Shop) {
		shop.MID, shop.APIKey = "narushop", testKey
		if err := b.AddShop(shop); err != nil {
			t.Fatal(err)
		}
	}
	token := b.paid(nil, Approval{})
	change(Shop{RefundBlocked: true})
	wantCode(t, b.refund(token, body{"refundNo": "r1"}), "PAYMENT_SHOP_STATE_CANNOT_REFUND", "")
	change(Shop{RefundLimit: 10_000})
	b.refundOK(token, body{"refundNo": "r1", "amount": 10_000, "amountTaxFree": 0})
	wantCode(t, b.refund(token, body{"refundNo": "r2", "amount": 1, "amountTaxFree": 0}), "REFUND_EXCEED_DAILY", "")
	b.clock.Set(t, "2026-11-22 00:00:00") // a new day in Korea
	b.refundOK(token, body{"refundNo": "r2", "amount": 1, "amountTaxFree": 0})
}

func TestOlderRuleMakesARefundNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"apiKey": legacyKey}, Approval{})
	got := b.refundOK(token, body{"apiKey": legacyKey, "amount": 1000, "amountTaxFree": 0})
	if got["refundNo"] != got["transactionId"] {
		t.Errorf("refundNo %v, want the transactionId %v", got["refundNo"], got["transactionId"])
	}
	wantCode(t, b.refund(token, body{"apiKey": legacyKey, "refundNo": ""}), "COMMON_INVALID_PARAMETER", "refundNo")
}

// refundInParts gives back a payment of 100 000 = 70 000 + 7 000 VAT + 13 000
// tax-free + 10 000 service fee, and is refused what does not fit on the way.
func refundInParts(t *testing.T, b *bench, token string) {
	t.Helper()
	const bad = "COMMON_INVALID_PARAMETER"
	ask := func(no string, amount, taxable, vat, taxFree, fee any) body {
		in := body{"refundNo": no}
		for name, v := range map[string]any{"amount": amount, "amountTaxable": taxable, "amountVat": vat, "amountTaxFree": taxFree, "amountServiceFee": fee} {
			if v != nil {
				in[name] = v
			}
		}
		return b.refund(token, in)
	}
	wantCode(t, ask("x", 11_000, 10_000, nil, 0, 0), bad, "amountVat 는 결제를 생성할 때")
	wantCode(t, ask("x", 11_000, nil, 1_000, 0, 0), bad, "amountTaxable 는 결제를 생성할 때")
	wantCode(t, ask("x", 11_000, 10_000, 1_000, 0, nil), bad, "amountServiceFee 는 결제를 생성할 때")
	wantCode(t, ask("x", 11_000, 10_000, 1_000, nil, 0), "REFUND_NO_TAXFREE_ON_COMPLEX_TAX", "")
	wantCode(t, ask("x", 11_000, 10_000, 999, 0, 0), bad, "amount 는 amountTaxable")
	wantCode(t, ask("x", nil, 10_000, 1_000, 0, 0), "REFUND_REQUIRED_AMOUNT", "")

	first := want(t, ask("p1", 42_000, 30_000, 3_000, 5_000, 4_000))
	expect(t, first, body{"refundedAmount": -42_000, "refundableAmount": 58_000})
	if again := ask("p1", 42_000, 30_000, 3_000, 5_000, 4_000); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("a repeat answered %v, first was %v", again, first)
	}
	const dup = "REFUND_REFUND_NO_DUPLICATE"
	wantCode(t, ask("p1", 42_000, 30_001, 2_999, 5_000, 4_000), dup, "")
	wantCode(t, ask("p1", 42_000, 30_000, 3_000, 4_000, 5_000), dup, "")
	wantCode(t, ask("p1", nil, nil, nil, nil, nil), dup, "")
	wantCode(t, ask("p2", 58_001, 40_000, 4_000, 8_000, 6_001), "REFUND_EXCEED_AMOUNT", "")
	wantCode(t, ask("p2", 41_001, 40_001, 1_000, 0, 0), bad, "amountTaxable 는 남은 금액 40000")
	wantCode(t, ask("p2", 4_001, 0, 4_001, 0, 0), bad, "amountVat 는 남은 금액 4000")
	wantCode(t, ask("p2", 8_001, 0, 0, 8_001, 0), bad, "amountTaxFree 는 남은 금액 8000")
	wantCode(t, ask("p2", 6_001, 0, 0, 0, 6_001), bad, "amountServiceFee 는 남은 금액 6000")

	expect(t, want(t, ask("p2", 8_000, 0, 0, 8_000, 0)), body{"refundableAmount": 50_000})
	expect(t, want(t, ask("p3", 6_000, 0, 0, 0, 6_000)), body{"refundableAmount": 44_000})
	expect(t, want(t, ask("p4", 43_999, 40_000, 3_999, 0, 0)), body{"refundableAmount": 1})
	expect(t, want(t, ask("p5", nil, nil, nil, nil, nil)), body{"refundedAmount": -1, "refundableAmount": 0})
	wantCode(t, ask("p6", nil, nil, nil, nil, nil), "REFUND_ALREADY_REFUNDED", "")
	if again := ask("p1", 42_000, 30_000, 3_000, 5_000, 4_000); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("a late repeat answered %v", again)
	}
	left := int64(0)
	for _, m := range b.Ledger() {
		if m.PayToken != token {
			continue
		}
		if m.Kind == "approval" {
			left += m.Amount
		} else {
			left -= m.Amount
		}
	}
	if left != 0 || num(b.status(token)["refundableAmount"]) != 0 {
		t.Errorf("%d won are left in the ledger", left)
	}
}

func TestPaymentWithPartsIsRefundedInParts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"amount": 100_000, "amountTaxable": 70_000, "amountVat": 7_000, "amountTaxFree": 13_000, "amountServiceFee": 10_000}, Approval{})
	refundInParts(t, b, token)
}

// TestRefundsThatLookAlikeAreToldApart asks twice under one number for amounts
// whose digits are the same in a row.
func TestRefundsThatLookAlikeAreToldApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"amount": 60_000, "amountTaxFree": 30_000}, Approval{})
	b.refundOK(token, body{"refundNo": "r", "amount": 100, "amountTaxable": 1, "amountVat": 0, "amountTaxFree": 99})
	wantCode(t, b.refund(token, body{"refundNo": "r", "amount": 1001, "amountTaxable": 0, "amountVat": 9, "amountTaxFree": 9}), "REFUND_REFUND_NO_DUPLICATE", "")
	for _, pair := range [][2]refundRequest{
		{{amount: ptr(100), given: given{taxable: ptr(10)}}, {amount: ptr(1001), given: given{taxable: ptr(0)}}},
		{{amount: ptr(11)}, {amount: ptr(1), given: given{taxable: ptr(1)}}},
	} {
		if pair[0].asked() == pair[1].asked() {
			t.Errorf("%+v and %+v count as the same", pair[0], pair[1])
		}
	}
}

func ptr(n int64) *int64 { return &n }
