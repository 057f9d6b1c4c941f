package store

import (
	"context"

	"naru/internal/pay"
)

// followedSales are sales as they were derived, put right for what was not seen.
func (t *Tx) followedSales(ctx context.Context, merchant pay.MerchantID, q DailyQuery, days span, changed []unseen) ([]saleLine, error) {
	w := q.followed(merchant, days)
	all, err := list(ctx, t, scanSale, `SELECT day, mode, provider, method, currency, kind, movements, amount FROM daily_sales WHERE `+w.text(), w.args...)
	count := func(f facts, sign int64) {
		if !q.passes(f.Mode, f.Provider, f.Method) {
			return
		}
		for _, l := range f.sales() {
			if days.holds(l.day) {
				all = append(all, saleLine{l.saleKey, amount{sign * l.count, sign * l.money}})
			}
		}
	}
	each(changed, count)
	return all, err
}

// followedOutcomes likewise.
func (t *Tx) followedOutcomes(ctx context.Context, merchant pay.MerchantID, q DailyQuery, days span, changed []unseen) ([]outcomeLine, error) {
	w := q.followed(merchant, days)
	all, err := list(ctx, t, scanOutcome, `SELECT day, mode, provider, method, failed, class, code, payments FROM daily_outcomes WHERE `+w.text(), w.args...)
	each(changed, func(f facts, sign int64) {
		if k, ok := f.outcome(); ok && days.holds(k.day) && q.passes(f.Mode, f.Provider, f.Method) {
			all = append(all, outcomeLine{k, sign})
		}
	})
	return all, err
}

// followed is the condition of days that were derived.
func (q DailyQuery) followed(merchant pay.MerchantID, days span) *condition {
	w := when(`merchant = `, merchant)
	w.and(`day >= `, days.from)
	w.and(`day < `, days.to)
	q.narrow(w, ``)
	return w
}

// each counts changed payments out as they were, with -1, and in as they are.
func each(changed []unseen, count func(f facts, sign int64)) {
	for _, u := range changed {
		if u.before != nil {
			count(*u.before, -1)
		}
		count(u.now, 1)
	}
}
