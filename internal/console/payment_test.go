package console_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (r *rig) payment(id pay.PaymentID) pay.Payment {
	r.t.Helper()
	var p pay.Payment
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Payment(r.ctx, r.merchant.ID, id)
		return err
	}))
	return p
}

// account is a virtual account that waits for its deposit.
func (r *rig) account(order string, amount int64) pay.Payment {
	r.t.Helper()
	p, err := r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(24 * time.Hour), Channel: gateway.ChannelChoice{Key: cardChannel},
		Charge: gateway.Charge{MerchantUID: pay.MerchantUID(order), Name: "나루 티셔츠", Amount: pay.Breakdown{Total: pay.Won(amount)}, Buyer: pay.Buyer{Name: "홍길동"}}})
	r.must(err)
	return p
}

// pay has the buyer pay into it at the bank.
func (r *rig) pay(p pay.Payment) {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.payments.Control().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/payments/"+p.Ref.Key+"/deposit", nil))
	if w.Code != http.StatusOK {
		r.t.Fatalf("the deposit answers %d: %s", w.Code, w.Body)
	}
}

func (r *rig) faulty(rule string) {
	r.t.Helper()
	_, err := r.payments.Faults().Add(rule)
	r.must(err)
}

// doneTo is the actions that people did to a payment, oldest first.
func (r *rig) doneTo(id pay.PaymentID) (out []string) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{Payment: id})
		for _, a := range slices.Backward(all) {
			out = append(out, a.Action+" "+string(a.After))
		}
		return err
	}))
	return out
}

func TestPaymentPageTellsWhatHappened(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.charge("order-1", 12000)
		r.work()
		page := r.operator(pay.RoleReadOnly, r.merchant.ID).get("/payments/" + string(p.ID))
		page.has("나루 티셔츠", "결제 완료", "샌드박스", "12,000원", string(p.ID), "order-1", "홍길동", "010-1234-5678", "gildong@shop.test",
			"빌링키로 12,000원 결제를 요청했습니다.", "결제사가 받아들였습니다", "12,000원이 승인되었습니다.", "‘승인 중’에서 ‘결제 완료’", "상점이 웹훅 ‘paid’을 받았습니다")
		for _, once := range []string{"12,000원이 승인되었습니다.", "‘승인 중’에서 ‘결제 완료’"} {
			if n := strings.Count(page.text(), once); n != 1 {
				t.Errorf("%q stands there %d times", once, n)
			}
		}
		page.lacks(card.Number.Reveal(), secretKey, billSecretKey, "/cancel\"", "data-testid=\"sync\"", "/resend\"")
		english := r.operator(pay.RoleOwner, "").get("/payments/" + string(p.ID) + "?lang=en")
		english.has("What happened", "₩12,000 was approved.", "Cancel", "The shop took the webhook")
	})
}

func TestPaymentsOfOthersAreNotThere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		other := r.addMerchant("m_2", "imp87654321", "다른 상점")
		p := r.charge("order-1", 12000)
		stranger := r.operator(pay.RoleOwner, other.ID)
		id := string(p.ID)
		for _, path := range []string{"/payments/" + id, "/payments/" + id + "/cancel", "/payments/" + id + "/receipt", "/payments/" + id + "/revoke"} {
			if s := stranger.get(path); s.Status != http.StatusNotFound {
				t.Errorf("GET %s of another merchant answers %d", path, s.Status)
			}
		}
		for _, path := range []string{"/cancel", "/sync", "/revoke", "/deposit", "/receipt", "/resend"} {
			if s := stranger.post("/payments/"+id+path, "amount", "12000", "checksum", "12000", "sure", "yes", "reason", "x"); s.Status != http.StatusNotFound {
				t.Errorf("POST %s of another merchant answers %d", path, s.Status)
			}
		}
		stranger.get("/payments").lacks(id)
		if got := r.payment(p.ID); got.Cancelled != 0 || len(r.doneTo(p.ID)) != 0 {
			t.Errorf("something was done: %+v", got)
		}
	})
}

func TestCancelInPartAndThenAll(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.charge("order-1", 12000)
		at := "/payments/" + string(p.ID) + "/cancel"
		o := r.operator(pay.RoleManager, r.merchant.ID)
		if s := o.get(at).has("12,000원", "취소할 수 있는 금액"); !strings.Contains(s.Body, `value="관리자페이지취소"`) {
			t.Error("the usual reason is not there")
		}
		ask := o.post(at, "amount", "5,000", "reason", "포장 파손", "checksum", "12000")
		ask.has("5,000원을 취소할까요?", "7,000원", "포장 파손", "cancelled")
		if r.payment(p.ID).Cancelled != 0 {
			t.Fatal("asking cancelled it")
		}
		o.follow(at, "amount", "5,000", "reason", "포장 파손", "checksum", "12000", "sure", "yes").has("5,000원을 취소했습니다", "부분 취소", "콘솔에서 운영자가 요청했습니다", "님이 취소를 요청했습니다")
		if got := r.payment(p.ID); got.Cancelled != 5000 {
			t.Errorf("cancelled %d", got.Cancelled)
		}
		// The same form once more: what it believes is left is not.
		if s := o.post(at, "amount", "5,000", "reason", "포장 파손", "checksum", "12000", "sure", "yes"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "남은 금액이 바뀌었습니다") {
			t.Errorf("a second time: %d %s", s.Status, s.text())
		}
		o.follow(at, "amount", "7000", "checksum", "7000", "sure", "yes").has("전액 취소")
		o.get(at).has("이미 전액 취소된 결제입니다.").lacks(`name="amount"`)
		if got := r.payment(p.ID); got.Cancelled != 12000 || got.Status != pay.StatusCancelled || got.CancelReason != "관리자페이지취소" {
			t.Errorf("%s %d %q", got.Status, got.Cancelled, got.CancelReason)
		}
		if got := r.doneTo(p.ID); len(got) != 2 || !strings.Contains(got[0], `payment.cancel {"amount":5000,"reason":"포장 파손"}`) {
			t.Errorf("audit: %q", got)
		}
		r.work()
		o.get("/payments/" + string(p.ID)).has("웹훅 ‘cancelled’")
	})
}

func TestCancelSaysWhatIsWrong(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.charge("order-1", 12000)
		at := "/payments/" + string(p.ID) + "/cancel"
		o := r.operator(pay.RoleOwner, "")
		for want, fields := range map[string][]string{
			"정수를 적어 주세요: 많이":     {"amount", "많이", "checksum", "12000"},
			"1 이상으로":             {"amount", "0", "checksum", "12000"},
			"취소할 수 있는 금액보다 많습니다": {"amount", "12001", "checksum", "12000"},
			"tax-free 0":    {"amount", "12000", "tax_free", "1", "checksum", "12000"},
			"남은 금액이 바뀌었습니다": {"amount", "12000", "checksum", ""},
		} {
			for _, sure := range []string{"", "yes"} {
				s := o.post(at, append(fields, "sure", sure)...)
				if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), want) || !strings.Contains(s.Body, `value="`+fields[1]+`"`) {
					t.Errorf("%q (%q): %d %s", fields, sure, s.Status, s.text())
				}
			}
		}
		if got := r.payment(p.ID); got.Cancelled != 0 || len(r.doneTo(p.ID)) != 0 {
			t.Errorf("cancelled %d, audit %q", got.Cancelled, r.doneTo(p.ID))
		}
	})
}

// A decline is told in the provider's words; a lost answer is told as being found out,
// and is not asked for twice.
func TestCancelDeclinedOrUnknown(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p, q := r.charge("order-1", 12000), r.charge("order-2", 9000)
		o := r.operator(pay.RoleOwner, "")
		r.faulty("POST /v1/payments/*/cancel nth=1 before status=403 code=NOT_CANCELABLE_PAYMENT")
		s := o.post("/payments/"+string(p.ID)+"/cancel", "amount", "12000", "checksum", "12000", "sure", "yes")
		if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "결제사가 거절했습니다: [NOT_CANCELABLE_PAYMENT]") {
			t.Errorf("declined: %d %s", s.Status, s.text())
		}
		r.payments.Faults().Clear()
		r.faulty("POST /v1/payments/*/cancel after drop")
		r.faulty("GET /v1/payments/* before status=503")
		o.follow("/payments/"+string(q.ID)+"/cancel", "amount", "9000", "checksum", "9000", "sure", "yes").has("결과를 확인하고 있습니다", "실패한 것이 아니").lacks("취소했습니다")
		o.get("/payments/" + string(q.ID) + "/cancel").has("결과를 확인하고 있습니다").lacks(`name="amount"`)
	})
}

func TestSyncTellsWhatChanged(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.charge("order-1", 12000)
		at := "/payments/" + string(p.ID) + "/sync"
		o := r.operator(pay.RoleOwner, "")
		o.follow(at).has("바뀐 것이 없습니다", "님이 결제사에 상태를 물었습니다.", "결제사에 물었습니다.")
		a := r.account("order-2", 33000)
		o.get("/payments/"+string(a.ID)).has("입금 대기", "가상계좌", "샌드박스가 돌고 있는 곳").has("/deposit")
		r.pay(a)
		o.follow("/payments/"+string(a.ID)+"/sync").has("‘입금 대기’에서 ‘결제 완료’", "33,000원이 입금되었습니다.")
		r.faulty("GET /v1/payments/* before status=503")
		o.follow(at).has("결제사에 물었지만 답을 받지 못했습니다. 바뀐 것은 없습니다.")
	})
}

func TestRevokeAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.account("order-1", 33000)
		at := "/payments/" + string(a.ID) + "/revoke"
		o := r.operator(pay.RoleManager, r.merchant.ID)
		o.get(at).has("더는 입금할 수 없습니다", "되돌릴 수 없습니다")
		o.follow(at).has("가상계좌를 말소했습니다", "결제 실패", "가상계좌 말소를 요청했습니다.")
		if s := o.post(at); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "입금을 기다리는 가상계좌가 아닙니다") {
			t.Errorf("a second time: %d %s", s.Status, s.text())
		}
		if got := r.doneTo(a.ID); len(got) != 1 || !strings.HasPrefix(got[0], "payment.revoke_account") {
			t.Errorf("audit %q", got)
		}
	})
}

// A deposited account is refunded to the account that was entered, which is kept
// nowhere in the clear.
func TestRefundOfADeposit(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.account("order-1", 33000)
		r.pay(a)
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, a.ID)
		r.must(err)
		at := "/payments/" + string(a.ID) + "/cancel"
		o := r.operator(pay.RoleOwner, "")
		o.get(at).has("환불받을 계좌", "신한은행").lacks("value=\"999\"")
		fields := []string{"amount", "33000", "checksum", "33000", "sure", "yes"}
		if s := o.post(at, fields...); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "은행, 계좌번호, 예금주") {
			t.Errorf("without an account: %d %s", s.Status, s.text())
		}
		o.follow(at, append(fields, "refund_bank", "088", "refund_account", "110987654321", "refund_holder", "홍길동")...).has("전액 취소").lacks("110987654321")
		if strings.Contains(r.log.String(), "110987654321") || strings.Contains(strings.Join(r.doneTo(a.ID), ""), "110987654321") {
			t.Error("the account's number is in the log, or in the audit log")
		}
	})
}

func TestWebhookOfAPaymentIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p, other := r.charge("order-1", 12000), r.charge("order-2", 12000)
		r.work()
		deliveries := func(id pay.PaymentID) (all []store.Delivery) {
			r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
				all, err = tx.ListDeliveries(r.ctx, r.merchant.ID, id)
				return err
			}))
			return all
		}
		o := r.operator(pay.RoleOwner, "")
		at := "/payments/" + string(p.ID) + "/resend"
		if s := o.post(at, "delivery", deliveries(other.ID)[0].ID); s.Status != http.StatusNotFound {
			t.Errorf("another payment's webhook: %d", s.Status)
		}
		o.follow(at, "delivery", deliveries(p.ID)[0].ID).has("웹훅을 곧 다시 보냅니다")
		r.work()
		o.get("/payments/" + string(p.ID)).has("사람이 다시 보낸 것입니다.")
	})
}

// A payment's page says with what the buyer came, what was settled, which other tries
// the order had, and shows what the shop gave with it as it reads well.
func TestPaymentPageShowsWhatHangsOnIt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		agent := "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
		same := func(p *pay.Payment) {
			p.MerchantUID, p.UserAgent, p.Custom = "order-same", agent, `{"cart":[1,2],"big":12345678901234567890}`
			p.Details.Months, p.Details.Card = 3, &pay.Card{Issuer: "361", Number: "433012******1234"}
		}
		r.shelf("imp_first", pay.ModeSandbox, 2*time.Hour, same)
		r.shelf("imp_second", pay.ModeSandbox, time.Hour, same)
		r.must(r.store.Write(r.ctx, func(tx *store.Tx) error {
			return tx.PutSettlement(r.ctx, store.Settlement{Merchant: r.merchant.ID, Channel: cardChannel, Key: "k", Payment: "imp_second", Kind: pay.MovementApproval,
				Gross: 1000, Fee: 27, VAT: 3, Net: 970, SoldOn: "2026-11-20", PaidOn: "2026-11-23"})
		}))
		s := r.operator(pay.RoleReadOnly, r.merchant.ID).get("/payments/imp_second")
		s.has("Chrome · Windows", "3개월", "433012******1234", "같은 주문의 다른 시도", "imp_first", "정산", "970원", "30원", "2026-11-23", "상점 페이지가 1,000원 결제를 요청했습니다.", `"big": 12345678901234567890`)
	})
}
