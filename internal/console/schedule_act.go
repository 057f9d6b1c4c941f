package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// scheduleMove gives a booked schedule another time.
func (c *Console) scheduleMove(v *visit) error {
	return c.scheduleTo(v, c.gateway.MoveSchedule, "결제 시각을 바꾸었습니다.", "The schedule is moved.")
}

// scheduleRebook books one again that failed or was revoked.
func (c *Console) scheduleRebook(v *visit) error {
	return c.scheduleTo(v, c.gateway.Reschedule, "다시 예약했습니다.", "The schedule is booked again.")
}

type booking func(context.Context, pay.MerchantID, pay.MerchantUID, time.Time) (gateway.Booked, error)

// scheduleTo reads a time and books a schedule for it.
func (c *Console) scheduleTo(v *visit, to booking, ko, en string) error {
	uid := pay.MerchantUID(v.param("merchant_uid"))
	at, problem := v.timeField("at")
	if problem != "" {
		return c.schedulePage(v, http.StatusUnprocessableEntity, scheduleShowBody{AtProblem: problem, AtField: v.field("at")})
	}
	_, err := to(v.r.Context(), v.Store.ID, uid, at)
	return c.acted(v, uid, err, ko, en)
}

// acted ends an action on a schedule.
func (c *Console) acted(v *visit, uid pay.MerchantUID, err error, ko, en string) error {
	switch why := v.whyNot(err); {
	case errors.Is(err, gateway.ErrNoSchedule):
		return errNoPage
	case why != "":
		return c.schedulePage(v, http.StatusUnprocessableEntity, scheduleShowBody{Problem: why})
	case err != nil:
		return err
	}
	return v.done(c.schedulePath(uid), ko, en)
}

// scheduleRevoke revokes one.
func (c *Console) scheduleRevoke(v *visit) error {
	uid := pay.MerchantUID(v.param("merchant_uid"))
	_, err := c.gateway.BookedCharge(v.r.Context(), v.Store.ID, uid)
	if err == nil {
		_, err = c.gateway.Unschedule(v.r.Context(), v.Store.ID, "", []pay.MerchantUID{uid})
	}
	return c.acted(v, uid, err, "예약을 취소했습니다. 결제되지 않습니다.", "The schedule is revoked: it will not be charged.")
}

// scheduleRetry charges one again at once.
func (c *Console) scheduleRetry(v *visit) error {
	uid := pay.MerchantUID(v.param("merchant_uid"))
	p, err := c.gateway.RetrySchedule(v.r.Context(), v.Store.ID, uid, "")
	switch {
	case errors.Is(err, gateway.ErrOutcomeUnknown):
		return v.done(c.schedulePath(uid), "결제를 요청했고, 결과를 확인하고 있습니다. 확인되면 이 페이지에 나타납니다. 다시 요청하지 마세요.",
			"The charge was asked for, and its outcome is being found out. It will show on this page; do not ask again.")
	case err == nil && p.Status == pay.StatusFailed:
		return c.schedulePage(v, http.StatusUnprocessableEntity, scheduleShowBody{Problem: v.t("다시 결제했지만 거절되었습니다: ", "It was charged again, and refused: ") + p.FailReason})
	}
	return c.acted(v, uid, err, "다시 결제해 승인되었습니다.", "It was charged again, and paid.")
}
