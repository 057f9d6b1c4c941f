package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// planted is whom a receipt is issued for: it stands nowhere afterwards.
const planted = "01055556666"

func (r *rig) receipts() (all []pay.Receipt) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		page, err := tx.ListReceipts(r.ctx, r.merchant.ID, store.ReceiptQuery{})
		all = page.Rows
		return err
	}))
	return all
}

func TestReceiptOfAPayment(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.account("order-1", 33000)
		at := "/payments/" + string(a.ID) + "/receipt"
		o := r.operator(pay.RoleManager, r.merchant.ID)
		o.get(at).has("결제 완료된 계좌이체와 가상계좌만 됩니다").lacks(`name="identifier"`)
		r.pay(a)
		o.follow("/payments/" + string(a.ID) + "/sync").has("현금영수증 발급")
		o.get(at).has("33,000원", "소득공제", "지출증빙")
		if s := o.post(at, "type", "person", "identifier", "abc-"+planted); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "숫자 1~30자리") || strings.Contains(s.Body, planted) {
			t.Errorf("letters: %d %s", s.Status, s.text())
		}
		if s := o.post(at, "type", "dog", "identifier", ""); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "번호를 적어 주세요") || !strings.Contains(s.text(), "소득공제와 지출증빙 가운데") {
			t.Errorf("nothing: %d %s", s.Status, s.text())
		}
		shown := o.follow(at, "type", "person", "identifier", "010-5555-6666")
		shown.has("현금영수증을 발급했습니다.", "발급 완료", "소득공제", "33,000원").lacks(planted, "010-5555-6666")
		id := string(r.receipts()[0].ID)
		o.get("/payments/"+string(a.ID)).has("현금영수증이 발급되었습니다.", "님이 현금영수증 발급을 요청했습니다.").lacks("5555", at+`"`)
		if s := o.post(at, "type", "person", "identifier", planted); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "이미 발급된 현금영수증") {
			t.Errorf("a second one: %d %s", s.Status, s.text())
		}
		o.get("/receipts/" + id + "/cancel").has("결제는 취소되지 않습니다")
		o.follow("/receipts/"+id+"/cancel").has("현금영수증을 취소했습니다.", "취소됨")
		if s := o.post("/receipts/" + id + "/cancel"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("cancelling it twice: %d", s.Status)
		}
		if p := r.payment(a.ID); p.Cancelled != 0 {
			t.Error("the payment was cancelled with its receipt")
		}
		if said := strings.Join(r.doneTo(a.ID), "\n"); !strings.Contains(said, "receipt.issue") || !strings.Contains(said, "receipt.cancel") || strings.Contains(said, "5555") {
			t.Errorf("audit: %s", said)
		}
		if strings.Contains(r.log.String(), planted) {
			t.Error("the identifier is in the log")
		}
	})
}

// The form has what is left of the tax-free part filled in, and asks once more.
func TestReceiptOfATaxFreePart(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a, err := r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(24 * time.Hour), Channel: gateway.ChannelChoice{Key: cardChannel},
			Charge: gateway.Charge{MerchantUID: "order-1", Name: "나루 도서", Amount: pay.Breakdown{Total: pay.Won(33000), TaxFree: 11000}, Buyer: pay.Buyer{Name: "홍길동"}}})
		r.must(err)
		r.pay(a)
		_, err = r.gw.Sync(r.ctx, r.merchant.ID, a.ID)
		r.must(err)
		o := r.operator(pay.RoleManager, r.merchant.ID)
		at := "/payments/" + string(a.ID) + "/receipt"
		page := o.get(at).has("33,000원", "남은 면세 금액: 11,000원")
		for _, part := range []string{`name="tax_free" type="text" value="11000"`, `data-confirm="33,000원에 대해`} {
			if !strings.Contains(page.Body, part) {
				t.Errorf("the form has no %s", part)
			}
		}
		o.follow(at, "type", "person", "identifier", planted, "tax_free", "11000").has("현금영수증을 발급했습니다.")
		if c := r.receipts()[0]; c.Amount.Total.Minor != 33000 || c.Amount.TaxFree != 11000 {
			t.Errorf("it is of %+v", c.Amount)
		}
	})
}

func TestReceiptForMoneyTakenElsewhere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.operator(pay.RoleOwner, "")
		o.get("/receipts").has("아직 발급한 현금영수증이 없습니다", "다른 곳에서 받은 돈에 발급")
		s := o.post("/receipts/new", "type", "company", "identifier", "1208800767", "amount", "many")
		if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "정수를 적어 주세요: many") || !strings.Contains(s.text(), "주문번호를 적어 주세요") || !strings.Contains(s.text(), "무엇을 판 것인지") {
			t.Errorf("%d %s", s.Status, s.text())
		}
		o.follow("/receipts/new", "channel", string(cardChannel), "merchant_uid", "till-1", "name", "매장 판매", "amount", "11,000", "type", "company", "identifier", "120-88-00767").
			has("현금영수증을 발급했습니다.", "지출증빙", "11,000원", "다른 곳에서 받은 돈").lacks("1208800767", "120-88-00767")
		o.get("/receipts").has("매장 판매", "till-1", "발급 완료")
		o.get("/receipts?status=cancelled").has("맞는 현금영수증이 없습니다")
		o.get("/receipts?status=lost&from=x").has("모르는 상태입니다: lost", "2026-11-02처럼 적어 주세요: x")
		o.get("/receipts?status=issued&from=2026-11-21&to=2026-11-21").has("till-1")
		id := string(r.receipts()[0].ID)
		o.follow("/receipts/" + id + "/cancel").has("취소됨")
		reader := r.operator(pay.RoleReadOnly, r.merchant.ID)
		reader.get("/receipts/" + id).has("till-1").lacks("/cancel\"")
		reader.get("/receipts").lacks("/receipts/new")
		other := r.addMerchant("m_2", "imp87654321", "다른 상점")
		if s := r.operator(pay.RoleOwner, other.ID).get("/receipts/" + id); s.Status != http.StatusNotFound {
			t.Errorf("another merchant's receipt: %d", s.Status)
		}
	})
}

// A receipt whose answer is lost is told as being found out.
func TestReceiptWhoseAnswerIsLost(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.operator(pay.RoleOwner, "")
		r.faulty("POST /v1/cash-receipts after drop")
		o.follow("/receipts/new", "merchant_uid", "till-1", "name", "매장 판매", "amount", "11000", "type", "person", "identifier", planted).
			has("결과를 확인하고 있습니다", "실패한 것이 아").lacks("발급했습니다")
		if all := r.receipts(); len(all) != 1 || all[0].Status != pay.ReceiptIssuing {
			t.Errorf("receipts %+v", all)
		}
	})
}
