package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// issue gives the rig's merchant a billing key.
func (r *rig) issue(uid string, b pay.Buyer) {
	r.t.Helper()
	_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(uid), CustomerID: "member-" + uid, Card: card, Buyer: b, Channel: gateway.ChannelChoice{Key: billChannel}})
	r.must(err)
}

// book books a charge some hours from now.
func (r *rig) book(uid, order string, hours int, amount int64) {
	r.t.Helper()
	_, err := r.gw.Schedule(r.ctx, gateway.ScheduleRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(uid), Items: []gateway.ScheduleItem{{
		At:     r.clock.Now().Add(time.Duration(hours) * time.Hour),
		Charge: gateway.Charge{MerchantUID: pay.MerchantUID(order), Name: "구독 " + order, Amount: pay.Breakdown{Total: pay.Won(amount)}},
	}}})
	r.must(err)
}

// declines has the next charge of the billing contract refused.
func (r *rig) declines(code string) {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodPut, "/shops/tnarubill/next-decline", strings.NewReader(`{"code":"`+code+`"}`))
	r.must(err)
	w := httptest.NewRecorder()
	r.payments.Control().ServeHTTP(w, req)
	if w.Code >= 300 {
		r.t.Fatalf("next-decline: %d %s", w.Code, w.Body)
	}
}

func (r *rig) scheduleOf(order string) gateway.Booked {
	r.t.Helper()
	b, err := r.gw.BookedCharge(r.ctx, r.merchant.ID, pay.MerchantUID(order))
	r.must(err)
	return b
}

func TestBillingKeyPages(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p, reader := r.operator(pay.RoleOwner, ""), r.operator(pay.RoleReadOnly, "")
		p.get("/billing-keys").has("아직 발급된 빌링키가 없습니다")
		r.issue("anna", pay.Buyer{Name: "홍길동", Tel: "010-1234-5678"})
		r.issue("bea", pay.Buyer{Name: "김나루"})
		r.issue("anna", pay.Buyer{Name: "홍길동", Tel: "010-1234-5678"})
		r.book("anna", "order-1", 24, 9900)
		_, err := r.gw.ChargeAgain(r.ctx, gateway.AgainRequest{Merchant: r.merchant.ID, CustomerUID: "anna", Charge: gateway.Charge{MerchantUID: "now-1", Name: "첫 결제", Amount: pay.Breakdown{Total: pay.Won(5000)}}})
		r.must(err)
		p.get("/billing-keys").has("anna", "bea", "사용 중", "교체됨")
		p.get("/billing-keys?search=0101234").has("anna").lacks("bea")
		p.get("/billing-keys?status=replaced").has("교체됨").lacks("bea")
		p.get("/billing-keys?channel=tosspay_v2").has("찾는 빌링키가 없습니다")
		p.get("/billing-keys?channel=" + string(billChannel) + "&search=bea").has("김나루").lacks("anna")
		page := reader.get("/billing-keys/anna").has("433012", "구독 order-1", "첫 결제", "이전 빌링키", "홍길동").lacks("빌링키 삭제", string(card.Number))
		_ = page
		if s := reader.post("/billing-keys/anna/delete"); s.Status != http.StatusForbidden {
			t.Errorf("a reader's delete answers %d", s.Status)
		}
		p.get("/billing-keys/anna").has("빌링키 삭제", "예약된 결제 1건은 취소되지 않고 남습니다")
		if s := p.get("/billing-keys/nobody"); s.Status != http.StatusNotFound {
			t.Errorf("nobody's key answers %d", s.Status)
		}
		p.follow("/billing-keys/anna/delete").has("빌링키를 삭제했습니다", "사용 중인 빌링키가 없습니다")
		if keys, err := r.gw.BillingKeys(r.ctx, r.merchant.ID, []pay.CustomerUID{"anna"}); err != nil || len(keys) != 0 {
			t.Errorf("left: %v %v", keys, err)
		}
		if s := p.post("/billing-keys/anna/delete"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("deleted twice: %d", s.Status)
		}
		r.audited("billing_key.delete", "anna")
	})
}

// audited fails unless an operator is written down to have done something.
func (r *rig) audited(action, target string) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{Target: target, Limit: 50})
		for _, a := range all {
			if a.Action == action && a.Actor.Kind == pay.ActorOperator {
				return err
			}
		}
		r.t.Errorf("%s of %s is not audited: %v", action, target, all)
		return err
	}))
}

func TestSchedulePages(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p, reader := r.operator(pay.RoleOwner, ""), r.operator(pay.RoleReadOnly, "")
		p.get("/schedules?period=all").has("아직 예약된 결제가 없습니다")
		r.issue("anna", pay.Buyer{Name: "홍길동"})
		for i := range 4 {
			r.book("anna", fmt.Sprint("order-", i), 24+i, int64(10000+i))
		}
		p.get("/schedules").has("구독 order-0", "예약됨 4건", "40,006원")
		reader.get("/schedules").has("구독 order-0").lacks("고른 예약 취소", "예약 추가")
		p.get("/schedules?search=order-2").has("구독 order-2").lacks("구독 order-1")
		p.get("/schedules?search=홍길").has("구독 order-1")
		p.get("/schedules?state=failed").has("이 조건의 예약이 없습니다")

		if s := p.post("/schedules/revoke"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("nothing ticked: %d", s.Status)
		}
		p.follow("/schedules/revoke", "uid", "order-2", "uid", "order-3", "uid", "nothing").has("예약 2건을 취소했습니다")
		if r.scheduleOf("order-3").State() != pay.StateRevoked {
			t.Errorf("order-3 is %s", r.scheduleOf("order-3").State())
		}
		r.audited("schedule.revoke", "order-3")

		if s := p.post("/schedules/order-0/move", "at", "2020-01-01T00:00"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "지금보다 뒤의 시각") {
			t.Errorf("moved into the past: %d", s.Status)
		}
		p.follow("/schedules/order-0/move", "at", "2026-11-30T09:30").has("결제 시각을 바꾸었습니다", "2026-11-30")
		if at := r.scheduleOf("order-0").At; !at.Equal(time.Date(2026, 11, 30, 0, 30, 0, 0, time.UTC)) {
			t.Errorf("moved to %s", at)
		}
		r.audited("schedule.move", "order-0")
		if s := reader.post("/schedules/order-0/revoke"); s.Status != http.StatusForbidden {
			t.Errorf("a reader revokes: %d", s.Status)
		}
		for _, path := range []string{"/schedules/nothing", "/schedules/order-9"} {
			if s := p.get(path); s.Status != http.StatusNotFound {
				t.Errorf("%s answers %d", path, s.Status)
			}
		}

		r.declines("REJECT_CARD_COMPANY")
		r.clock.Advance(26 * time.Hour)
		r.work()
		p = r.signIn("owner-@naru.test", p.id) // the session is over by then
		p.get("/schedules/order-1").has("결제 실패", "지금 다시 결제", "다시 예약", "서버 API")
		p.get("/schedules?state=failed").has("구독 order-1")
		p.get("/schedules/calendar?month=2026-11").has("2026년 11월", "실패 10,001원", "예약 10,000원")
		p.get("/schedules/calendar?month=2026-11&by=count&lang=en").has("November 2026", "Failed 1", "Revoked 2")
		p.get("/schedules/calendar?month=nonsense").has("2026년 11월")

		r.declines("REJECT_CARD_COMPANY")
		if s := p.post("/schedules/order-1/retry"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "다시 결제했지만 거절되었습니다") {
			t.Errorf("a refused retry: %d %s", s.Status, s.text())
		}
		p.follow("/schedules/order-1/retry").has("다시 결제해 승인되었습니다", "결제 성공", "바로 다시 결제를 요청했습니다").lacks("지금 다시 결제")
		if s := p.post("/schedules/order-1/retry"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("a paid one is charged again: %d", s.Status)
		}
		p.follow("/schedules/order-2/rebook", "at", "2026-12-01T10:00").has("다시 예약했습니다", "2026-12-01")
		r.audited("schedule.rebook", "order-2")
	})
}

// An outcome that is not known is not told as a failure.
func TestScheduleRetryOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleManager, r.merchant.ID)
	r.issue("anna", pay.Buyer{})
	r.book("anna", "order-1", 1, 9900)
	r.declines("REJECT_CARD_COMPANY")
	r.clock.Advance(time.Hour)
	r.work()
	_, err := r.payments.Faults().Add("POST /v1/billing/* after status=503")
	r.must(err)
	_, err = r.payments.Faults().Add("GET /v1/payments/orders/* status=503")
	r.must(err)
	p.follow("/schedules/order-1/retry").has("결과를 확인하고 있습니다").lacks("지금 다시 결제")
	if s := r.scheduleOf("order-1"); s.Status != pay.ScheduleRunning {
		t.Errorf("it is %s", s.Status)
	}
}

func TestScheduleByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleManager, r.merchant.ID)
	r.issue("anna", pay.Buyer{})
	p.get("/schedules/new?customer_uid=anna").has("예약 추가")
	bad := p.post("/schedules/new", "customer_uid", "anna", "amount", "-3", "at", "soon", "name", "구독")
	if bad.Status != http.StatusUnprocessableEntity {
		t.Errorf("answers %d", bad.Status)
	}
	for _, words := range []string{"꼭 입력해야 합니다", "1원 이상의 금액", "형식의 시각이 아닙니다"} {
		if !strings.Contains(bad.text(), words) {
			t.Errorf("no %q in %s", words, bad.text())
		}
	}
	if s := p.post("/schedules/new", "customer_uid", "nobody", "merchant_uid", "o", "amount", "3", "at", "2026-12-01T10:00", "name", "구독"); !strings.Contains(s.text(), "등록된 빌링키가 없어") {
		t.Errorf("nobody's key: %s", s.text())
	}
	p.follow("/schedules/new", "customer_uid", "anna", "merchant_uid", "달/1", "amount", "9,900", "at", "2026-12-01T10:00", "name", "12월 구독").has("예약했습니다", "9,900원", "달/1")
	if s := r.scheduleOf("달/1"); s.Amount.Total.Minor != 9900 || !s.At.Equal(time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("booked %+v", s.Schedule)
	}
	r.audited("schedule.book", "달/1")
	if s := p.post("/schedules/new", "customer_uid", "anna", "merchant_uid", "달/1", "amount", "3", "at", "2026-12-01T10:00", "name", "구독"); !strings.Contains(s.text(), "이미 예약된 주문번호") {
		t.Errorf("booked twice: %s", s.text())
	}
}

func TestRecoveryPage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p, reader := r.operator(pay.RoleOwner, ""), r.operator(pay.RoleReadOnly, "")
		p.get("/schedules/recovery").has("아직 실행한 적이 없습니다")
		reader.get("/schedules/recovery").has("지금은 사용하지 않습니다").lacks("저장")
		for _, hour := range []string{"24", "-1", "x"} {
			if s := p.post("/schedules/recovery", "hour", hour); s.Status != http.StatusUnprocessableEntity {
				t.Errorf("hour %s: %d", hour, s.Status)
			}
		}
		p.follow("/schedules/recovery", "hour", "9").has("매일 09시에")
		r.issue("anna", pay.Buyer{})
		r.book("anna", "order-1", 1, 9900)
		r.declines("REJECT_CARD_COMPANY")
		r.clock.Advance(time.Hour)
		r.work()
		r.clock.Advance(20 * time.Hour)
		r.work()
		p = r.signIn("owner-@naru.test", p.id) // the session is over by then
		p.get("/schedules/recovery").has("2026-11-22", "9,900원")
		p.get("/schedules/recovery?day=2026-11-22").has("order-1", "성공")
		p.get("/schedules/order-1").has("결제 성공", "실패분 자동 재결제")
		p.follow("/schedules/recovery", "hour", "0").has("자동 재결제를 껐습니다")
	})
}

// No page of billing shows what is another merchant's.
func TestBillingOfOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.issue("anna", pay.Buyer{})
	r.book("anna", "order-1", 24, 9900)
	r.addMerchant("m_2", "imp87654321", "다른 상점")
	p := r.operator(pay.RoleOwner, "m_2")
	for _, path := range []string{"/billing-keys/anna", "/schedules/order-1"} {
		if s := p.get(path); s.Status != http.StatusNotFound {
			t.Errorf("%s answers %d", path, s.Status)
		}
	}
	for _, path := range []string{"/schedules/order-1/revoke", "/schedules/order-1/retry", "/billing-keys/anna/delete", "/schedules/revoke"} {
		if s := p.post(path, "uid", "order-1"); s.Status < 400 {
			t.Errorf("%s answers %d", path, s.Status)
		}
	}
	p.get("/schedules?period=all").lacks("order-1")
	p.get("/billing-keys?search=anna").has("찾는 빌링키가 없습니다")
	p.get("/schedules/calendar").lacks("9,900")
	if s := r.scheduleOf("order-1"); s.Status != pay.ScheduleBooked {
		t.Errorf("it is %s", s.Status)
	}
}
