package gateway_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// freeze has the process stand still the first time it comes to a point: it is
// there when stands is closed, and goes on when thaws is.
func (r *rig) freeze(point string) (stands <-chan struct{}, thaws chan<- struct{}) {
	s, w := make(chan struct{}), make(chan struct{})
	var came atomic.Bool
	r.fault = func(p string) error {
		if p == point && came.CompareAndSwap(false, true) {
			close(s)
			<-w
		}
		return nil
	}
	return s, w
}

// A process that stands still, before its call or after one that never left, is
// taken over: the resolver sends the call, and loses the answer. That ours never
// left then says nothing about the one that did.
func TestFrozenWhileTheResolverSendsTheCall(t *testing.T) {
	for _, point := range []string{"intended", "answered"} {
		t.Run("cancel "+point, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				paid := r.paid(p, "o1") // 60000
				stands, thaws := r.freeze("cancel:" + point)
				r.line.unplugged.Store(point == "answered")
				part, done := int64(20000), make(chan error, 1)
				go func() {
					_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: &part, Reason: "변심"})
					done <- err
				}()
				<-stands
				r.line.unplugged.Store(false)
				r.faulty(p, cancelPath(p)+" after garble")
				r.run(40*time.Second, time.Second)
				if held := r.balance(paid); held != 40000 {
					t.Fatalf("the resolver did not send it: %d are left", held)
				}
				close(thaws)
				if err := <-done; err != nil && !errors.Is(err, gateway.ErrOutcomeUnknown) {
					t.Errorf("the money is given back, and the merchant is told %v", err)
				}
				r.well()
				r.run(10*time.Minute, 10*time.Second)
				if now := r.payment(paid.ID); now.Cancelled != part {
					t.Errorf("%s, %d cancelled", now.Status, now.Cancelled)
				}
				r.agrees(paid.ID)
			})
		})
		t.Run("confirm "+point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				v := r.open(r.request(pay.TossPayments, "o1")).agree("")
				stands, thaws := r.freeze("confirm:" + point)
				r.line.unplugged.Store(point == "answered")
				done := make(chan gateway.Result, 1)
				go func() {
					res, err := v.finish()
					if err != nil {
						t.Error(err)
					}
					done <- res
				}()
				<-stands
				r.line.unplugged.Store(false)
				r.faulty(pay.TossPayments, confirmPath(pay.TossPayments)+" after garble")
				r.faulty(pay.TossPayments, "GET /v1/payments/** before drop")
				r.run(40*time.Second, time.Second)
				close(thaws)
				if res := <-done; res.Payment.Status == pay.StatusFailed {
					t.Errorf("the buyer has paid, and is told %s %s", res.Code, res.Message)
				}
				r.well()
				r.run(10*time.Minute, 10*time.Second)
				r.paidOnce(v.payment)
			})
		})
	}
}
