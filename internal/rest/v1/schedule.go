package v1

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
)

// maxSchedules is how many charges one call may book; V1 gives no number.
const maxSchedules = 1000

type scheduleIn struct {
	testedIn
	channelIn
	cardIn
	CustomerUID string         `json:"customer_uid"`
	CustomerID  string         `json:"customer_id"`
	Checking    *rest.Part     `json:"checking_amount"`
	Schedules   []scheduleItem `json:"schedules"`
}

type scheduleItem struct {
	orderIn
	optionsIn
	Amount *rest.Amount `json:"amount"`
	At     *int64       `json:"schedule_at"`
}

func (in scheduleIn) request(m pay.MerchantID, caller netip.Addr, now time.Time) (gateway.ScheduleRequest, error) {
	var c check
	c.named("customer_uid", in.CustomerUID, maxCustomerUID)
	r := gateway.ScheduleRequest{
		Merchant: m, Channel: in.choice(&c), CustomerUID: pay.CustomerUID(in.CustomerUID), CustomerID: in.CustomerID, TestCode: in.testCode,
	}
	if in.given() {
		r.Card = in.cardIn.read(&c)
	}
	if in.Checking != nil {
		r.Checking = int64(*in.Checking)
	}
	c.there("schedules", len(in.Schedules) > 0)
	if n := len(in.Schedules); n > maxSchedules {
		c.wrong("schedules", strconv.Itoa(n), rest.RuleForm, fmt.Sprintf("한 번에 최대 %d건까지 예약할 수 있습니다", maxSchedules))
	}
	seen := map[string]bool{}
	for i, item := range in.Schedules {
		c.prefix = fmt.Sprintf("schedules[%d].", i)
		if seen[item.MerchantUID] {
			c.wrong("merchant_uid", item.MerchantUID, rest.RuleForm, "schedules 안에 같은 merchant_uid가 있습니다")
		}
		seen[item.MerchantUID] = true
		r.Items = append(r.Items, item.booking(&c, caller, now))
	}
	return r, c.err
}

func (in scheduleItem) booking(c *check, caller netip.Addr, now time.Time) gateway.ScheduleItem {
	out := gateway.ScheduleItem{At: c.instant("schedule_at", in.At, now), Charge: in.charge(c, (*int64)(in.Amount))}
	out.Options = in.optionsIn.read(c, out.Amount.Total.Minor, caller)
	return out
}

// schedule books charges of a billing key; with a card the key is issued first,
// if the customer_uid has none (V1, "POST /subscribe/payments/schedule").
func (a *api) schedule(ctx context.Context, in scheduleIn) ([]Schedule, error) {
	r, err := in.request(merchantOf(ctx).ID, callerOf(ctx), a.gateway.FirstAsked(ctx))
	if err != nil {
		return nil, err
	}
	booked, err := a.gateway.Schedule(ctx, r)
	return schedulesOf(booked), err
}

type unscheduleIn struct {
	CustomerUID  string   `json:"customer_uid"`
	MerchantUIDs []string `json:"merchant_uid"`
}

// unschedule revokes booked charges: those named, or else all of a customer_uid.
// An empty order number is refused, since it must not mean all of them.
func (a *api) unschedule(ctx context.Context, in unscheduleIn) ([]Schedule, error) {
	uids := distinct[pay.MerchantUID](in.MerchantUIDs)
	switch {
	case slices.Contains(in.MerchantUIDs, ""):
		return nil, &rest.FieldError{Field: "merchant_uid", Rule: rest.RuleForm, Want: "빈 주문번호는 사용할 수 없습니다. 전체를 해지하려면 merchant_uid를 보내지 마세요"}
	case in.CustomerUID == "" && len(uids) == 0:
		return nil, errNoUnschedule
	}
	revoked, err := a.gateway.Unschedule(ctx, merchantOf(ctx).ID, pay.CustomerUID(in.CustomerUID), uids)
	return schedulesOf(revoked), err
}

var errNoUnschedule = &failure{http.StatusOK, 1, "취소할 customer_uid 또는 merchant_uid를 지정해주셔야합니다."}

type bookedIn struct {
	MerchantUID string `json:"merchant_uid"`
}

// booked reads one booked charge.
func (a *api) booked(ctx context.Context, in bookedIn) (Schedule, error) {
	return scheduleOf(a.gateway.BookedCharge(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID)))
}

type moveIn struct {
	MerchantUID string `json:"merchant_uid"`
	At          *int64 `json:"schedule_at"`
}

// move books a charge that has not run for another time.
func (a *api) move(ctx context.Context, in moveIn) (Schedule, error) {
	var c check
	at := c.instant("schedule_at", in.At, a.gateway.FirstAsked(ctx))
	if c.err != nil {
		return Schedule{}, c.err
	}
	return scheduleOf(a.gateway.MoveSchedule(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID), at))
}

// rebook books a charge again that failed or was revoked.
func (a *api) rebook(ctx context.Context, in moveIn) (Schedule, error) {
	var c check
	at := c.instant("schedule_at", in.At, a.gateway.FirstAsked(ctx))
	if c.err != nil {
		return Schedule{}, c.err
	}
	return scheduleOf(a.gateway.Reschedule(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID), at))
}

type retryIn struct {
	testedIn
	MerchantUID string `json:"merchant_uid"`
}

// retry charges at once what failed or was revoked. A charge that is declined
// again is code 0 with a failed payment, as V1 has it.
func (a *api) retry(ctx context.Context, in retryIn) (Payment, error) {
	p, err := a.gateway.RetrySchedule(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID), in.testCode)
	if err != nil {
		return Payment{}, err
	}
	return a.show(ctx, p)
}
