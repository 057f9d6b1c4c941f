package gateway_test

import (
	"errors"
	"testing"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// A cancel is on its way to the provider while another of the same amount is done,
// and its notice comes before its answer. What is learned of the one must not
// count for the other: the money of the one that is under way stays reserved.
func TestCancelUnderWayStaysReserved(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		paid := r.paid(p, "o1") // 60000
		path := map[pay.Provider]string{pay.TossPayments: "/cancel", pay.TossPay: "/refunds"}[p]
		cancel := func(amount int64) error {
			_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: &amount, Reason: "경합"})
			return err
		}
		slow, first, second := r.hold("POST", path, 1), make(chan error, 1), make(chan error, 1)
		go func() { first <- cancel(20000) }()
		<-slow.arrived // the first is under way
		answer := r.line.holdNext()
		go func() { second <- cancel(20000) }()
		<-answer.arrived // the second is done, and we do not know it
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, paid.ID)
		must2(t, err)
		close(answer.through)
		must2(t, <-second)
		if err := cancel(40000); !errors.Is(err, gateway.ErrOverCancel) {
			t.Errorf("20000 are left beside the one under way, and 40000 more: %v", err)
		}
		close(slow.through)
		if err := <-first; err != nil {
			t.Errorf("the first: %v", err)
		}
		if now := r.payment(paid.ID); now.Cancelled != 40000 {
			t.Errorf("%d cancelled", now.Cancelled)
		}
		r.agrees(paid.ID)
	})
}
