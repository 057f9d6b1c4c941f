package gateway_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// A hundred bookings of one order number book it once; the others are told that it
// is booked: V1, "결제예약", HTTP 200 with code 1.
func TestHundredBookingsOfOneOrder(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		c.key(pay.TossPayments, "c1")
		at := c.clock.Now().Add(24 * time.Hour)
		got := c.at(crowdSize, func(i int, g *gateway.Gateway) error {
			_, err := g.Schedule(c.ctx, gateway.ScheduleRequest{Merchant: c.merchant.ID, CustomerUID: "c1", Items: []gateway.ScheduleItem{
				{At: at, Charge: charge("same", 9900)}, {At: at, Charge: charge(fmt.Sprint("own-", i), 9900)}, // all of a call or none
			}})
			return err
		})
		c.want(got, outcomes{won1: 1, gateway.ErrScheduleTaken.Error(): crowdSize - 1})
		c.clock.Advance(25 * time.Hour)
		c.runAll()
		_, charges, err := c.gw.KeyPayments(c.ctx, c.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if charges != 2 || c.approvals() != 2 {
			t.Errorf("%d charges of the two that were booked, money was taken %d times", charges, c.approvals())
		}
	})
}

// A failed booking is tried again a hundred times at once: one call charges. The
// others find a booking that is running or has ended: V1, "예약결제 재시도", HTTP 400.
func TestHundredRetriesOfOneBooking(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		c.key(pay.TossPay, "c1")
		c.book("c1", map[string]int{"m1": 1})
		k, err := c.activeKey("c1")
		must2(t, err)
		c.control(c.toss.Control(), "PUT", "/billing-keys/"+k.CustomerID+"/charge-fail", map[string]any{"errorCode": "CARD_EXCEED_LIMIT"}, nil)
		c.day(1)
		if s := c.schedule("m1"); s.Charged == nil || s.Charged.Status != pay.StatusFailed {
			t.Fatalf("the booked charge did not fail: %+v", s)
		}
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			_, err := g.RetrySchedule(c.ctx, c.merchant.ID, "m1", "")
			return err
		})
		if got[won1] != 1 || got[gateway.ErrScheduleStatus.Error()]+got[gateway.ErrOrderUsed.Error()] != crowdSize-1 {
			t.Errorf("told %v\n%s", got, tail(c.log.String()))
		}
		if s := c.schedule("m1"); s.Charged.Status != pay.StatusPaid || c.approvals() != 1 {
			t.Errorf("the charge is %s, money was taken %d times", s.Charged.Status, c.approvals())
		}
	})
}

// Bookings come due on every node while a hundred calls revoke them: each is
// charged once or revoked once, and a revoked one is never charged. Who comes too
// late is told that there is nothing to revoke: V1, HTTP 200 with code 1.
func TestUnscheduleAgainstExecution(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		const bookings = 20
		c.key(pay.TossPayments, "c1")
		days := map[string]int{}
		for i := range bookings {
			days[fmt.Sprint("m", i)] = 1
		}
		c.book("c1", days)
		c.clock.Advance(24 * time.Hour)
		var jobs sync.WaitGroup
		for range 2 {
			jobs.Go(c.runAll)
		}
		var mu sync.Mutex
		revoked := map[pay.MerchantUID]int{}
		got := c.at(crowdSize, func(i int, g *gateway.Gateway) error {
			rows, err := g.Unschedule(c.ctx, c.merchant.ID, "", []pay.MerchantUID{pay.MerchantUID(fmt.Sprint("m", i%bookings))})
			mu.Lock()
			defer mu.Unlock()
			for _, b := range rows {
				revoked[b.MerchantUID]++
			}
			return err
		})
		jobs.Wait()
		c.runAll()
		paid := 0
		for i := range bookings {
			s := c.schedule(fmt.Sprint("m", i))
			n := revoked[s.MerchantUID]
			switch {
			case s.Status == pay.ScheduleRevoked && n == 1 && s.Charged == nil:
			case s.Status == pay.ScheduleExecuted && n == 0 && s.Charged.Status == pay.StatusPaid:
				paid++
				c.agrees(s.Charged.ID)
			default:
				t.Errorf("%s is %s and was answered as revoked %d times", s.MerchantUID, s.Status, n)
			}
		}
		if len(revoked) != got[won1] || got[won1]+got[gateway.ErrNothingToRevoke.Error()] != crowdSize || c.approvals() != paid {
			t.Errorf("told %v: %d revoked, %d charged, money was taken %d times\n%s", got, len(revoked), paid, c.approvals(), tail(c.log.String()))
		}
	})
}

// tryDeposit has the buyer pay in, and says whether the bank took it.
func (c *crowd) tryDeposit(p pay.Payment) bool {
	req := httptest.NewRequest("POST", "http://127.0.0.1/payments/"+p.Ref.Key+"/deposit", bytes.NewReader([]byte(`{}`)))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	c.payments.Control().ServeHTTP(rec, req)
	return rec.Code == http.StatusOK
}
