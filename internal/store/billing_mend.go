package store

import (
	"context"
	"fmt"

	"naru/internal/pay"
)

// The release before writes neither what rows are found by nor what became of a
// schedule's charge. These conditions are those of the indexes billing_keys_unlisted
// and schedules_unlisted, word for word.
const (
	unlistedSchedules = `(listed = 0 OR (status = 'executed' AND judged <> payment) OR (buyer = '{}' AND LENGTH(find_buyer) + LENGTH(find_tel) > 0))`
	unlistedKeys      = `(listed = 0 OR (buyer = '{}' AND LENGTH(find_buyer) + LENGTH(find_tel) > 0))`
)

// MendSchedules writes beside up to limit schedules of a merchant, after an order
// number, what the release before left out. It gives the last one it looked at; ""
// when there are no more.
func (t *Tx) MendSchedules(ctx context.Context, merchant pay.MerchantID, after pay.MerchantUID, limit int) (pay.MerchantUID, error) {
	found, err := list(ctx, t, scanSchedule, unlistedText(`schedules`, scheduleColumns, `merchant_uid`, unlistedSchedules)+t.lock(), merchant, after, limit)
	if err != nil {
		return "", wrap(err, "unlisted schedules of merchant %s", merchant)
	}
	for _, s := range found {
		if s.Status == pay.ScheduleExecuted && s.Outcome == "" && s.Payment != "" {
			p, err := t.PaymentsByIDs(ctx, merchant, []pay.PaymentID{s.Payment})
			if err != nil {
				return "", err
			}
			if len(p) > 0 && p[0].Status != pay.StatusCreated && p[0].Status != pay.StatusConfirming {
				s.Outcome = pay.OutcomeOf(p[0].Status)
			}
		}
		if err := t.listSchedule(ctx, s); err != nil {
			return "", err
		}
	}
	if len(found) < limit {
		return "", nil
	}
	return found[len(found)-1].MerchantUID, nil
}

// listSchedule writes what a schedule is found by and its outcome, and no more.
func (t *Tx) listSchedule(ctx context.Context, s pay.Schedule) error {
	args := append([]any{s.Merchant, s.MerchantUID, s.Payment, s.Outcome}, scheduleFinds(s)...)
	_, err := t.exec(ctx, `UPDATE schedules SET outcome = $4, judged = $3, (`+scheduleFind+`) = (`+placeholders(5, 7)+`)
		WHERE merchant = $1 AND merchant_uid = $2 AND payment = $3`, args...)
	return wrap(err, "list schedule %q", s.MerchantUID)
}

// JudgeSchedule writes what became of the charge of an executed schedule, if that
// has changed since; its status stays.
func (t *Tx) JudgeSchedule(ctx context.Context, s pay.Schedule, is pay.Outcome) error {
	_, err := t.exec(ctx, `UPDATE schedules SET outcome = $4, judged = payment
		WHERE merchant = $1 AND merchant_uid = $2 AND payment = $3 AND status = 'executed'`, s.Merchant, s.MerchantUID, s.Payment, is)
	return wrap(err, "outcome of schedule %q", s.MerchantUID)
}

// MendBillingKeys does for billing keys what MendSchedules does.
func (t *Tx) MendBillingKeys(ctx context.Context, merchant pay.MerchantID, after pay.KeyID, limit int) (pay.KeyID, error) {
	found, err := list(ctx, t, scanBillingKey, unlistedText(`billing_keys`, billingKeyColumns, `id`, unlistedKeys)+t.lock(), merchant, after, limit)
	if err != nil {
		return "", wrap(err, "unlisted billing keys of merchant %s", merchant)
	}
	for _, k := range found {
		args := append([]any{k.Merchant, k.ID}, billingKeyFinds(k)...)
		_, err := t.exec(ctx, `UPDATE billing_keys SET (`+billingKeyFind+`) = (`+placeholders(3, 6)+`) WHERE merchant = $1 AND id = $2`, args...)
		if err != nil {
			return "", wrap(err, "list billing key %s", k.ID)
		}
	}
	if len(found) < limit {
		return "", nil
	}
	return found[len(found)-1].ID, nil
}

func unlistedText(table, columns, key, where string) string {
	return fmt.Sprintf(`SELECT %s FROM %s WHERE merchant = $1 AND %s > $2 AND %s ORDER BY %s LIMIT $3`, columns, table, key, where, key)
}
