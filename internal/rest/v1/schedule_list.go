package v1

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/store"
	"naru/internal/v1wire"
)

// Schedule is V1's ScheduleResultAnnotation: a charge booked for later. Times
// are unix seconds, 0 is "not happened".
type Schedule struct {
	CustomerUID    string  `json:"customer_uid"`
	MerchantUID    string  `json:"merchant_uid"`
	ImpUID         *string `json:"imp_uid"`
	PGProvider     *string `json:"pg_provider"`
	PGID           *string `json:"pg_id"`
	CustomerID     *string `json:"customer_id"`
	ScheduleAt     int64   `json:"schedule_at"`
	ExecutedAt     int64   `json:"executed_at"`
	RevokedAt      int64   `json:"revoked_at"`
	Amount         int64   `json:"amount"`
	Currency       string  `json:"currency"`
	Name           *string `json:"name"`
	BuyerName      *string `json:"buyer_name"`
	BuyerEmail     *string `json:"buyer_email"`
	BuyerTel       *string `json:"buyer_tel"`
	BuyerAddr      *string `json:"buyer_addr"`
	BuyerPostcode  *string `json:"buyer_postcode"`
	CustomData     *string `json:"custom_data"`
	ScheduleStatus string  `json:"schedule_status"`
	PaymentStatus  *string `json:"payment_status"`
	FailReason     *string `json:"fail_reason"`
	PromotionID    *string `json:"promotion_id"`
}

// SchedulePage is V1's envelope of a list of booked charges.
type SchedulePage struct {
	Total    int        `json:"total"`
	Previous int        `json:"previous"`
	Next     int        `json:"next"`
	List     []Schedule `json:"list"`
}

// scheduleOf puts a booked charge into V1's words. What its charge made of it is
// told once it has run: one that is booked again tells nothing of the last time.
func scheduleOf(b gateway.Booked, err error) (Schedule, error) {
	if err != nil {
		return Schedule{}, err
	}
	w := Schedule{
		CustomerUID: string(b.CustomerUID), MerchantUID: string(b.MerchantUID), CustomerID: orNull(b.CustomerID), ScheduleAt: unix(b.At),
		Amount: b.Amount.Total.Minor, Currency: string(b.Amount.Total.Currency), Name: orNull(b.Name),
		BuyerName: orNull(b.Buyer.Name), BuyerEmail: orNull(b.Buyer.Email), BuyerTel: orNull(b.Buyer.Tel),
		BuyerAddr: orNull(b.Buyer.Address), BuyerPostcode: orNull(b.Buyer.Postcode), CustomData: orNull(b.Custom),
		ScheduleStatus: string(b.Status),
	}
	switch b.Status {
	case pay.ScheduleBooked, pay.ScheduleRunning:
		w.ScheduleStatus = string(pay.ScheduleBooked)
		return w, nil
	case pay.ScheduleRevoked:
		w.RevokedAt = unix(b.RevokedAt)
	}
	w.ExecutedAt = unix(b.ExecutedAt)
	if p := b.Charged; p != nil {
		w.ImpUID, w.PGProvider, w.PGID = orNull(string(p.ID)), orNull(string(p.Provider)), orNull(p.MID)
		if s := v1wire.Status(p.Status); s != v1wire.StatusReady {
			w.PaymentStatus = &s
		}
		if p.Status == pay.StatusFailed {
			w.FailReason = orNull(p.FailReason)
		}
	}
	return w, nil
}

func schedulesOf(all []gateway.Booked) []Schedule {
	out := []Schedule{}
	for _, b := range all {
		w, _ := scheduleOf(b, nil)
		out = append(out, w)
	}
	return out
}

// rangeIn is how the lists of booked charges are filtered. V1 names the three
// filters in two ways, and its clients mix them on every path.
type rangeIn struct {
	ScheduleFrom *int64 `json:"schedule_from"`
	ScheduleTo   *int64 `json:"schedule_to"`
	Status       string `json:"schedule_status"`
	From         *int64 `json:"from"`
	To           *int64 `json:"to"`
	DashedStatus string `json:"schedule-status"`
	Sorting      string `json:"sorting"`
	Page         *int   `json:"page"`
	Limit        *int   `json:"limit"`
}

type customerSchedulesIn struct {
	rangeIn
	CustomerUID string `json:"customer_uid"`
}

// schedules pages through the booked charges of a time.
func (a *api) schedules(ctx context.Context, in rangeIn) (SchedulePage, error) {
	return a.findSchedules(ctx, in, "", "schedule_from", "schedule_to")
}

// customerSchedules pages through those of a customer_uid, which need not have
// a key.
func (a *api) customerSchedules(ctx context.Context, in customerSchedulesIn) (SchedulePage, error) {
	return a.findSchedules(ctx, in.rangeIn, pay.CustomerUID(in.CustomerUID), "from", "to")
}

// findSchedules: from and to are what V1 calls the ends of the time on this path.
func (a *api) findSchedules(ctx context.Context, in rangeIn, customer pay.CustomerUID, from, to string) (SchedulePage, error) {
	n, err := numbers(in.Page, in.Limit)
	if err != nil {
		return SchedulePage{}, err
	}
	f := store.ScheduleFilter{CustomerUID: customer, Limit: n.limit, Offset: n.offset()}
	if f.From, f.To, err = in.span(from, to); err != nil {
		return SchedulePage{}, err
	}
	if f.Statuses, err = in.statuses(); err != nil {
		return SchedulePage{}, err
	}
	switch in.Sorting {
	case "", "-scheduled":
	case "scheduled":
		f.OldestFirst = true
	default:
		return SchedulePage{}, &rest.FieldError{Field: "sorting", Value: in.Sorting, Rule: rest.RuleAllowed, Want: "scheduled, -scheduled"}
	}
	all, total, err := a.gateway.FindSchedules(ctx, merchantOf(ctx).ID, f)
	if err != nil {
		return SchedulePage{}, err
	}
	out := SchedulePage{Total: total, List: schedulesOf(all)}
	out.Previous, out.Next, err = n.around(total)
	return out, err
}

// scheduleMonths is the longest time a list may ask for (V1, "예약결제 조회").
const scheduleMonths = 3

var errScheduleSpan = &failure{http.StatusBadRequest, -1, "조회 기간이 올바르지 않습니다. 시작은 끝보다 늦을 수 없고, 조회 기간은 최대 3개월입니다."}

// seoul is where V1's calendar is kept.
var seoul = time.FixedZone("KST", 9*60*60)

// span is from ≤ t < to; the months are the calendar's.
func (in rangeIn) span(from, to string) (time.Time, time.Time, error) {
	first, last := cmp.Or(in.ScheduleFrom, in.From), cmp.Or(in.ScheduleTo, in.To)
	if from == "from" {
		first, last = cmp.Or(in.From, in.ScheduleFrom), cmp.Or(in.To, in.ScheduleTo)
	}
	var c check
	c.there(from, first != nil)
	c.there(to, last != nil)
	if c.err != nil {
		return time.Time{}, time.Time{}, c.err
	}
	if *first < 0 || *last > lastSecond || *first > *last {
		return time.Time{}, time.Time{}, errScheduleSpan
	}
	start, end := time.Unix(*first, 0).In(seoul), time.Unix(*last, 0).In(seoul)
	if end.After(start.AddDate(0, scheduleMonths, 0)) {
		return start, end, errScheduleSpan
	}
	return start, end, nil
}

func (in rangeIn) statuses() ([]pay.ScheduleStatus, error) {
	switch cmp.Or(in.Status, in.DashedStatus) {
	case "", "all":
		return nil, nil
	case "scheduled":
		return []pay.ScheduleStatus{pay.ScheduleBooked, pay.ScheduleRunning}, nil
	case "executed":
		return []pay.ScheduleStatus{pay.ScheduleExecuted}, nil
	case "revoked":
		return []pay.ScheduleStatus{pay.ScheduleRevoked}, nil
	}
	return nil, errBadStatus
}
