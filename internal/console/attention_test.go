package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/alert"
	"naru/internal/console"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// alarm raises one of a merchant's.
func (r *rig) alarm(m pay.MerchantID, kind, id string, payment pay.PaymentID) {
	r.t.Helper()
	r.must(r.store.Write(r.ctx, func(tx *store.Tx) error {
		return tx.AddAlarm(r.ctx, store.Alarm{ID: id, Merchant: m, Payment: payment, Kind: kind, Text: "the text of " + id})
	}))
}

// Every kind of alarm and finding that the program knows has words in Korean.
func TestEveryAlarmAndFindingHasWords(t *testing.T) {
	t.Parallel()
	for _, kind := range alert.Kinds() {
		if !console.HasAlarmWords(kind) {
			t.Errorf("alarm %s has no words", kind)
		}
	}
	for _, f := range gateway.FindingKinds() {
		if ko := console.FindingWhat("ko", f.Kind); ko == string(f.Kind) || ko == f.What {
			t.Errorf("finding %s has no Korean words", f.Kind)
		}
	}
}

func TestAttention(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		paid := r.charge("twice", 3000)
		r.work()
		other := r.addMerchant("m_2", "imp87654321", "다른 상점")
		owner := r.operator(pay.RoleOwner, r.merchant.ID)
		owner.get("/attention").has("기다리는 일이 없습니다")
		r.alarm(r.merchant.ID, "paid_twice", "paid_twice:"+string(paid.ID), paid.ID)
		r.alarm(r.merchant.ID, "schedule_late", "schedule_late:order-7", "")
		r.alarm(r.merchant.ID, "channel_failing", "channel_failing:"+string(cardChannel)+":1", "")
		r.alarm("", "queue_late", "queue_late:1", "")
		r.alarm(other.ID, "amount", "amount:imp_9", "")

		s := owner.get("/attention").has("한 주문의 이중 결제", "나루가 한 일", "할 일", string(paid.ID), "3,000원", "시작하지 못하는 예약 결제", "order-7", string(cardChannel), "최근 5분")
		s.lacks("밀린 작업", "amount:imp_9")
		if !strings.Contains(s.Body, `data-testid="count">3<`) {
			t.Error("the menu does not count 3")
		}
		owner.get("/attention?lang=en").has("An order paid twice", "What Naru did", "What to do")
		whole := r.operator(pay.RoleOwner, "")
		whole.get("/attention").has("설치 전체", "밀린 작업")

		if s := owner.post("/attention/close", "id", "amount:imp_9", "note", "x"); s.Status != http.StatusNotFound {
			t.Errorf("another merchant's: %d", s.Status)
		}
		if s := owner.post("/attention/close", "id", "queue_late:1", "note", "x", "whole", "1"); s.Status != http.StatusForbidden {
			t.Errorf("the installation's: %d", s.Status)
		}
		if s := owner.post("/attention/close", "id", "schedule_late:order-7", "note", " "); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "1자에서 500자") {
			t.Errorf("no note: %d", s.Status)
		}
		owner.follow("/attention/close", "id", "schedule_late:order-7", "note", "채널 키를 바꿈").has("처리한 것으로 닫았습니다").lacks("order-7")
		owner.get("/attention?tab=closed").has("시작하지 못하는 예약 결제", "채널 키를 바꿈", "닫힘")
		whole.follow("/attention/close", "id", "queue_late:1", "note", "노드를 늘림", "whole", "1").lacks("밀린 작업")
		reader := r.operator(pay.RoleReadOnly, r.merchant.ID)
		reader.get("/attention").has("한 주문의 이중 결제").lacks("처리한 것으로 닫기")
		if rows := r.auditOf("alarm.close"); len(rows) != 1 || rows[0].Actor.ID != string(owner.id) {
			t.Errorf("audited %+v", rows)
		}
	})
}

func TestAttentionShowsWhatWasGivenUpAndFound(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.shopSays = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }
	p := r.charge("a", 1000)
	r.work()
	r.shopSays = nil
	body := `{"section":"order","row":"a","expected":"held","found":"free"}`
	r.must(r.store.Write(r.ctx, func(tx *store.Tx) error {
		for _, f := range []store.Finding{{ID: "f1", Kind: "order_not_reserved", Payment: p.ID}, {ID: "f2", Kind: "cancelled_sum", Payment: p.ID}} {
			f.Merchant, f.Body = r.merchant.ID, []byte(body)
			row, _, err := tx.PutFinding(r.ctx, f)
			if err != nil {
				return err
			}
			if f.ID == "f2" { // about money: it has an alarm
				err = tx.AddAlarm(r.ctx, store.Alarm{ID: fmt.Sprintf("finding:f2:%d", row.At.UnixMicro()), Merchant: r.merchant.ID, Kind: gateway.AlarmBooks, Payment: p.ID})
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
	owner := r.operator(pay.RoleOwner, r.merchant.ID)
	s := owner.get("/attention").has("전달하지 못한 웹훅", r.shop.URL, "밤 검증에서 찾은 것", "주문번호를 쥐고 있지 않아", "취소 금액이 취소 거래의 합과 다릅니다", "held")
	if n := strings.Count(s.text(), "취소 금액이 취소 거래의 합과 다릅니다"); n != 1 {
		t.Errorf("the finding about money is shown %d times", n)
	}
	r.clock.Advance(time.Second)
	owner.follow("/deliveries/resend-all", "address", r.deliveryOf(p.ID).URL, "back", "attention").has("1건을 다시 보냅니다", "확인 필요")
	r.work()
	owner.get("/attention").lacks("전달하지 못한 웹훅")
}

func TestAskAgainByThePage(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.charge("a", 1000)
	attempt := r.firstAttempt(p)
	r.alarm(r.merchant.ID, gateway.AlarmUnknown, "unknown:"+string(attempt.ID), p.ID)
	owner := r.operator(pay.RoleOwner, r.merchant.ID)
	owner.get("/attention").has("결과를 알 수 없는 결제사 호출", "이제 결과를 압니다").lacks(`data-testid="ask"`)
	owner.follow("/attention/ask", "id", "unknown:"+string(attempt.ID)).has("이 일을 닫았습니다", "기다리는 일이 없습니다")
	if s := owner.post("/attention/ask", "id", "unknown:nobody"); s.Status != http.StatusNotFound {
		t.Errorf("one that is not there: %d", s.Status)
	}
	if s := r.operator(pay.RoleReadOnly, r.merchant.ID).post("/attention/ask", "id", "x"); s.Status != http.StatusForbidden {
		t.Errorf("who only reads: %d", s.Status)
	}
}

func (r *rig) firstAttempt(p pay.Payment) (a pay.Attempt) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListAttempts(r.ctx, p.Merchant, p.ID)
		if len(all) > 0 {
			a = all[0]
		}
		return err
	}))
	return a
}
