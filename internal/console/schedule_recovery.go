package console

import (
	"fmt"
	"net/http"
	"strconv"

	"naru/internal/pay"
	"naru/internal/store"
)

const (
	recoveryRuns  = 30  // on the page
	recoveryTries = 100 // of one run, on the page
)

type recoveryRow struct {
	store.RecoveryRun
	Retried                             int
	Running, Succeeded, Failed, Skipped store.RecoverySum
	Href                                string
	IsOpen                              bool
}

type recoveryTryRow struct {
	store.RecoveryTry
	Href, PaymentHref string
}

type recoveryBody struct {
	Hour    int
	Hours   []map[string]any
	Runs    []recoveryRow
	Day     string
	Tries   []recoveryTryRow
	Older   string
	Problem string
	CanAct  bool
}

// recoveryShow is /schedules/recovery.
func (c *Console) recoveryShow(v *visit) error { return c.recoveryPage(v, http.StatusOK, "") }

func (c *Console) recoveryPage(v *visit, status int, problem string) error {
	ctx := v.r.Context()
	b := recoveryBody{Day: v.field("day"), Problem: problem, CanAct: v.May(pay.ActBilling)}
	var sums []map[store.RecoveryOutcome]store.RecoverySum
	var runs []store.RecoveryRun
	var tries []store.RecoveryTry
	err := c.store.Read(ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(ctx, v.Store.ID) // the visit's may be of before the setting
		if err != nil {
			return err
		}
		b.Hour = m.Settings.RecoveryHour
		if runs, sums, err = tx.RecoveryRuns(ctx, v.Store.ID, "", recoveryRuns); err != nil || b.Day == "" {
			return err
		}
		tries, err = tx.RecoveryTries(ctx, v.Store.ID, b.Day, "", pay.MerchantUID(v.field("after")), recoveryTries+1)
		return err
	})
	if err != nil {
		return err
	}
	for i, r := range runs {
		s := sums[i]
		row := recoveryRow{RecoveryRun: r, Running: s[store.RecoveryRunning], Succeeded: s[store.RecoverySucceeded], Failed: s[store.RecoveryFailed],
			Skipped: s[store.RecoverySkipped], Href: c.path("/schedules/recovery", "day", r.Day) + "#run", IsOpen: r.Day == b.Day}
		row.Retried = row.Running.N + row.Succeeded.N + row.Failed.N
		b.Runs = append(b.Runs, row)
	}
	if len(tries) > recoveryTries {
		tries = tries[:recoveryTries]
		b.Older = c.path("/schedules/recovery", "day", b.Day, "after", string(tries[recoveryTries-1].MerchantUID)) + "#run"
	}
	for _, t := range tries {
		row := recoveryTryRow{RecoveryTry: t, Href: c.schedulePath(t.MerchantUID)}
		if t.Payment != "" {
			row.PaymentHref = c.paymentPath(t.Payment)
		}
		b.Tries = append(b.Tries, row)
	}
	b.Hours = []map[string]any{{"Value": 0, "Text": v.t("사용하지 않음", "Off")}}
	for h := 1; h <= 23; h++ {
		b.Hours = append(b.Hours, map[string]any{"Value": h, "Text": v.t(fmt.Sprintf("매일 %02d시", h), fmt.Sprintf("Every day at %02d:00", h))})
	}
	return v.renderStatus(status, "schedule_recovery", v.t("실패분 자동 재결제", "Daily recovery run"), b)
}

// recoverySet sets the hour of the daily run.
func (c *Console) recoverySet(v *visit) error {
	hour, err := strconv.Atoi(v.field("hour"))
	if err != nil {
		return c.recoveryPage(v, http.StatusUnprocessableEntity, v.t("1시부터 23시 사이의 시각이나 사용하지 않음을 골라 주세요.", "Choose an hour from 1 to 23, or off."))
	}
	err = c.gateway.SetRecoveryHour(v.r.Context(), v.Store.ID, hour)
	if why := v.whyNot(err); why != "" {
		return c.recoveryPage(v, http.StatusUnprocessableEntity, why)
	}
	if err != nil {
		return err
	}
	if hour == 0 {
		return v.done(c.path("/schedules/recovery"), "자동 재결제를 껐습니다.", "The recovery run is off.")
	}
	return v.done(c.path("/schedules/recovery"), fmt.Sprintf("매일 %02d시에 전날 실패한 예약을 다시 결제합니다.", hour), fmt.Sprintf("Every day at %02d:00 the failures of the day before are charged again.", hour))
}
