package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"naru/internal/pay"
)

// salesRows puts the lines of a day together, in order.
func salesRows(lines []saleLine) []SalesRow {
	rows := map[saleKey]SalesRow{}
	for _, l := range lines {
		k := l.saleKey
		k.kind = ""
		r := rows[k]
		r.Day, r.Mode, r.Provider, r.Method, r.Currency = DayOf(ofMicro(l.day)), l.mode, l.provider, l.method, l.currency
		n, money := &r.Approvals, &r.Sales
		switch l.kind {
		case saleCancel:
			n, money = &r.Cancels, &r.Cancelled
		case saleReversal:
			n, money = &r.Reversals, &r.Reversed
		}
		*n, *money = *n+l.count, *money+l.money
		rows[k] = r
	}
	out := make([]SalesRow, 0, len(rows))
	for _, r := range rows {
		if r.Approvals != 0 || r.Cancels != 0 || r.Reversals != 0 {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b SalesRow) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Mode, b.Mode), cmp.Compare(a.Provider, b.Provider),
			cmp.Compare(a.Method, b.Method), cmp.Compare(a.Currency, b.Currency))
	})
	return out
}

// outcomeRows likewise.
func outcomeRows(lines []outcomeLine) []OutcomeRow {
	rows := map[outcomeKey]OutcomeRow{}
	for _, l := range lines {
		k := outcomeKey{day: l.day, mode: l.mode, provider: l.provider, method: l.method}
		r := rows[k]
		r.Day, r.Mode, r.Provider, r.Method = DayOf(ofMicro(l.day)), l.mode, l.provider, l.method
		if l.failed {
			r.Failed += l.count
		} else {
			r.Succeeded += l.count
		}
		rows[k] = r
	}
	out := make([]OutcomeRow, 0, len(rows))
	for _, r := range rows {
		if r.Succeeded != 0 || r.Failed != 0 {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b OutcomeRow) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Mode, b.Mode), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Method, b.Method))
	})
	return out
}

func (t *Tx) dailySales(ctx context.Context, merchant pay.MerchantID, q DailyQuery) ([]SalesRow, error) {
	from, to, err := q.bounds()
	if err != nil {
		return nil, err
	}
	changed, few, err := t.unseen(ctx, merchant)
	var lines []saleLine
	switch {
	case err != nil:
	case few:
		lines, err = t.followedSales(ctx, merchant, q, span{from, to}, changed)
	default:
		lines, err = t.liveSales(ctx, merchant, q, from, to)
	}
	return salesRows(lines), err
}

func (t *Tx) dailyOutcomes(ctx context.Context, merchant pay.MerchantID, q DailyQuery) ([]OutcomeRow, error) {
	lines, err := t.outcomes(ctx, merchant, q)
	return outcomeRows(lines), err
}

func (t *Tx) outcomes(ctx context.Context, merchant pay.MerchantID, q DailyQuery) ([]outcomeLine, error) {
	from, to, err := q.bounds()
	if err != nil {
		return nil, err
	}
	changed, few, err := t.unseen(ctx, merchant)
	switch {
	case err != nil:
		return nil, err
	case few:
		return t.followedOutcomes(ctx, merchant, q, span{from, to}, changed)
	default:
		return t.liveOutcomes(ctx, merchant, q, from, to)
	}
}

func (t *Tx) declineReasons(ctx context.Context, merchant pay.MerchantID, q DailyQuery, limit int) ([]DeclineReason, error) {
	if limit < 1 {
		return nil, fmt.Errorf("limit %d: want at least 1", limit)
	}
	lines, err := t.outcomes(ctx, merchant, q)
	count := map[DeclineReason]int64{}
	for _, l := range lines {
		if l.failed {
			count[DeclineReason{Class: l.class, Code: l.code}] += l.count
		}
	}
	out := make([]DeclineReason, 0, len(count))
	for r, n := range count {
		if r.Count = n; n != 0 {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b DeclineReason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Code, b.Code))
	})
	return out[:min(len(out), limit)], err
}
