package console_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

func TestDashboardAddsUp(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleReadOnly, "")
		p.get("/dashboard").has("아직 결제가 없습니다")

		r.charge("before", 50_000)
		r.clock.Advance(40 * 24 * time.Hour) // the period before
		first := r.charge("a", 30_000)
		r.clock.Advance(24 * time.Hour)
		r.charge("b", 12_000)
		_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: first.ID, Amount: new(int64(10_000)), Actor: "api"})
		r.must(err)
		r.declined("c")

		p = r.signIn("read_only-@naru.test", p.id) // a session does not live that long
		s := p.get("/dashboard").has("42,000원", "2건", "10,000원", "32,000원", "66.7%", "2 / 3건", "신용카드", "토스페이먼츠", "▼ 16.0%", "카드 거절", "REJECT_CARD_COMPANY")
		if n := strings.Count(s.Body, `<rect class="s1"`); n < 2 {
			t.Errorf("%d bars of sales for two days", n)
		}
		p.get("/dashboard?days=90").has("92,000원", "75.0%")
		p.get("/dashboard?days=7&lang=en").has("₩42,000", "Success rate", "Card refused")
		p.get("/dashboard?days=9").has("42,000원") // what is not offered is the usual period

		other := r.addMerchant("m_2", "imp87654321", "다른 상점")
		r.operator(pay.RoleOwner, other.ID).get("/dashboard").has("아직 결제가 없습니다").lacks("42,000")
	})
}

// declined is a charge that the card company refuses.
func (r *rig) declined(order string) {
	r.t.Helper()
	uid := pay.CustomerUID("customer_" + order)
	_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: uid, Card: card, Channel: gateway.ChannelChoice{Key: billChannel}})
	r.must(err)
	p, err := r.gw.ChargeAgain(r.ctx, gateway.AgainRequest{Merchant: r.merchant.ID, CustomerUID: uid, Charge: gateway.Charge{
		MerchantUID: pay.MerchantUID(order), Name: "거절될 주문", Amount: pay.Breakdown{Total: pay.Won(1000)}, TestCode: "REJECT_CARD_COMPANY",
	}})
	var declined *gateway.DeclinedError
	if !errors.As(err, &declined) || p.Status != pay.StatusFailed {
		r.t.Fatalf("the charge is %s (%v), not failed", p.Status, err)
	}
}
