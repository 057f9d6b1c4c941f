package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// mostTries is how many charges of a schedule its page shows, and mostChanges how
// many entries of its history there are of each kind.
const (
	mostTries   = 30
	mostChanges = 100
)

// happened is an entry of a schedule's history.
type happened struct {
	At         time.Time
	Tone       string
	What, Why  string
	Href, Link string
}

type scheduleShowBody struct {
	scheduleRow
	Tries                             []billedPayment
	History                           []happened
	BookedBy                          string
	Problem                           string
	AtField                           string // of the form that asks for a time
	AtProblem                         string
	MovePath, RevokePath              string
	RetryPath, RebookPath             string
	CanRetry, CanRebook, BeingCharged bool
	Erased                            bool
}

// scheduleShow is /schedules/{merchant_uid}.
func (c *Console) scheduleShow(v *visit) error {
	return c.schedulePage(v, http.StatusOK, scheduleShowBody{})
}

// schedulePage shows a schedule; b holds what a form came to.
func (c *Console) schedulePage(v *visit, status int, b scheduleShowBody) error {
	ctx, uid := v.r.Context(), pay.MerchantUID(v.param("merchant_uid"))
	s, err := c.gateway.BookedCharge(ctx, v.Store.ID, uid)
	if errors.Is(err, gateway.ErrNoSchedule) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	b.scheduleRow = c.scheduleRow(s)
	b.MovePath, b.RevokePath = c.schedulePath(uid, "/move"), c.schedulePath(uid, "/revoke")
	b.RetryPath, b.RebookPath = c.schedulePath(uid, "/retry"), c.schedulePath(uid, "/rebook")
	b.CanRetry = b.State() == pay.StateFailed && s.Key != nil
	b.CanRebook = b.State() == pay.StateFailed || b.State() == pay.StateRevoked
	b.BeingCharged = s.Status == pay.ScheduleRunning
	if b.AtField == "" {
		b.AtField = s.At.In(kst).Format(localTime)
		if !s.At.After(c.now()) {
			b.AtField = c.now().In(kst).Truncate(time.Hour).AddDate(0, 0, 1).Format(localTime)
		}
	}
	if err := c.scheduleHistory(ctx, v, &b); err != nil {
		return err
	}
	return v.renderStatus(status, "schedule_show", v.t("예약 결제 ", "Schedule ")+string(uid), b)
}

// scheduleHistory reads what was tried and what happened, the newest first.
func (c *Console) scheduleHistory(ctx context.Context, v *visit, b *scheduleShowBody) error {
	var payments []pay.Payment
	var audit []store.Audit
	var recoveries []store.RecoveryTry
	err := c.store.Read(ctx, func(tx *store.Tx) (err error) {
		filter := store.PaymentFilter{MerchantUID: b.MerchantUID, Sort: "-started", Limit: mostTries}
		if payments, err = tx.FindPayments(ctx, v.Store.ID, filter); err != nil {
			return err
		}
		if recoveries, err = tx.RecoveriesOf(ctx, v.Store.ID, b.MerchantUID, mostChanges); err != nil {
			return err
		}
		audit, err = tx.ListAudit(ctx, v.Store.ID, store.AuditFilter{Target: string(b.MerchantUID), Limit: mostChanges})
		return err
	})
	if err != nil {
		return err
	}
	b.BookedBy = v.t("서버 API", "Server API")
	for _, p := range payments {
		b.Tries = append(b.Tries, billedPayment{p, c.paymentPath(p.ID)})
		b.History = append(b.History, v.chargeHappened(p, c.paymentPath(p.ID))...)
	}
	for _, a := range audit {
		if !strings.HasPrefix(a.Action, "schedule.") {
			continue
		}
		if a.Action == "schedule.book" {
			b.BookedBy = scheduleActor(v, a.Actor)
		}
		b.History = append(b.History, v.auditHappened(a))
	}
	for _, r := range recoveries {
		b.History = append(b.History, v.recoveryHappened(r))
	}
	byHand := func(action string) bool {
		return slices.ContainsFunc(audit, func(a store.Audit) bool { return a.Action == action })
	}
	if !byHand("schedule.book") {
		b.History = append(b.History, happened{At: b.Created, What: v.t("예약했습니다", "Booked"), Why: b.BookedBy})
	}
	if !b.RevokedAt.IsZero() && !byHand("schedule.revoke") {
		b.History = append(b.History, happened{At: b.RevokedAt, What: v.t("예약을 취소했습니다", "Revoked"), Why: v.t("서버 API", "Server API")})
	}
	slices.SortStableFunc(b.History, func(x, y happened) int { return y.At.Compare(x.At) })
	return nil
}

// chargeHappened is when a charge began and how it ended, the last first.
func (v *visit) chargeHappened(p pay.Payment, href string) []happened {
	out := []happened{{At: p.StartedAt, Tone: wait, What: v.t("결제를 요청했습니다", "Charge begun"), Href: href, Link: string(p.ID)}}
	if !p.PaidAt.IsZero() {
		out = append(out, happened{At: p.PaidAt, Tone: good, What: v.t("결제되었습니다", "Paid"), Why: money(v.lang, p.Amount.Total.Minor, p.Amount.Total.Currency), Href: href, Link: string(p.ID)})
	}
	if !p.FailedAt.IsZero() {
		out = append(out, happened{At: p.FailedAt, Tone: bad, What: v.t("결제에 실패했습니다", "Charge failed"), Why: p.FailReason, Href: href, Link: string(p.ID)})
	}
	if !p.CancelledAt.IsZero() {
		out = append(out, happened{At: p.CancelledAt, What: v.t("결제를 취소했습니다", "Payment cancelled"), Why: p.CancelReason, Href: href, Link: string(p.ID)})
	}
	slices.Reverse(out)
	return out
}

// auditHappened is what a person did.
func (v *visit) auditHappened(a store.Audit) happened {
	what := map[string][2]string{
		"schedule.book": {"예약했습니다", "Booked"}, "schedule.move": {"결제 시각을 바꾸었습니다", "Moved"}, "schedule.revoke": {"예약을 취소했습니다", "Revoked"},
		"schedule.rebook": {"다시 예약했습니다", "Booked again"}, "schedule.retry": {"바로 다시 결제를 요청했습니다", "Charged again at once"},
		"schedule.leave": {"다시 결제하지 않게 했습니다", "Left out of the recovery run"},
	}[a.Action]
	h := happened{At: a.At, Tone: note, What: v.t(what[0], what[1]), Why: scheduleActor(v, a.Actor)}
	var was, now struct{ At time.Time }
	_ = json.Unmarshal(a.Before, &was) // written by the gateway; a missing one is the zero one
	_ = json.Unmarshal(a.After, &now)
	if a.Action == "schedule.move" || a.Action == "schedule.rebook" {
		h.Why += " · " + shown(was.At, "2006-01-02 15:04") + " → " + shown(now.At, "2006-01-02 15:04")
	}
	return h
}

func (v *visit) recoveryHappened(r store.RecoveryTry) happened {
	h := happened{At: r.At, Tone: note, What: v.t("실패분 자동 재결제", "Recovery run"), Why: wordFor(v.lang, "recovery", string(r.Outcome))}
	if r.Reason != "" {
		h.Why += " · " + wordFor(v.lang, "recovery reason", r.Reason)
	}
	return h
}

// scheduleActor is who did something, as a page says it.
func scheduleActor(v *visit, a pay.Actor) string {
	switch {
	case a.Name != "":
		return a.Name
	case a.Kind == pay.ActorCommand:
		return v.t("명령줄", "Command line")
	}
	return v.t("나루", "Naru")
}
