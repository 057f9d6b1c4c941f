package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"naru/internal/pay"
)

// putMany writes rows of so many arguments each with INSERTs of many rows.
func (t *Tx) putMany(ctx context.Context, into, after string, rows [][]any) error {
	for len(rows) > 0 {
		width := len(rows[0])
		n := batch(len(rows), width)
		args := make([]any, 0, n*width)
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := t.exec(ctx, `INSERT INTO `+into+` VALUES `+rowsOf(1, n, width)+after, args...); err != nil {
			return fmt.Errorf("%s: %w", into[:max(0, strings.IndexByte(into, ' '))], err)
		}
		rows = rows[n:]
	}
	return nil
}

func (t *Tx) putFollowed(ctx context.Context, plan followPlan) error {
	var rows [][]any
	for _, x := range plan.all {
		text, err := jsonFacts(x.facts)
		if err != nil {
			return err
		}
		rows = append(rows, []any{plan.merchant, x.ID, x.Version, x.UpdatedAt, text, termsText(x.terms)})
	}
	return t.putMany(ctx, `followed_payments (merchant, payment, version, updated, facts, terms)`, ` ON CONFLICT (merchant, payment)
		DO UPDATE SET version = excluded.version, updated = excluded.updated, facts = excluded.facts, terms = excluded.terms`, rows)
}

// putTerms replaces the terms of payments: those that stay are not touched.
func (t *Tx) putTerms(ctx context.Context, plan followPlan) error {
	var rows [][]any
	for _, x := range plan.all {
		had, has := setOf(x.before), setOf(x.terms)
		for _, term := range x.before {
			if !has[term] {
				if err := t.dropTerm(ctx, x.Payment, term); err != nil {
					return err
				}
			}
		}
		for _, term := range x.terms {
			if !had[term] {
				rows = append(rows, []any{plan.merchant, term.Field, []byte(term.Text), x.StartedAt, x.ID})
			}
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { // neighbours lie together
		return cmp.Or(cmp.Compare(a[1].(SearchField), b[1].(SearchField)), slices.Compare(a[2].([]byte), b[2].([]byte)))
	})
	return t.putMany(ctx, `search_terms (merchant, field, term, started, payment)`, ` ON CONFLICT DO NOTHING`, rows)
}

func setOf(terms []Term) map[Term]bool {
	out := make(map[Term]bool, len(terms))
	for _, x := range terms {
		out[x] = true
	}
	return out
}

func (t *Tx) dropTerm(ctx context.Context, p pay.Payment, x Term) error {
	_, err := t.exec(ctx, `DELETE FROM search_terms WHERE merchant = $1 AND field = $2 AND term = $3 AND started = $4 AND payment = $5`,
		p.Merchant, x.Field, []byte(x.Text), p.StartedAt, p.ID)
	return err
}

// newSums plans the sums of the spans that change: what they are, with what changes.
func (t *Tx) newSums(ctx context.Context, plan *followPlan) error {
	plan.sums = make(map[sumSpan]string, len(plan.deltas.sums))
	for at, change := range plan.deltas.sums {
		lines := sumLines{}
		text, err := one(ctx, t, func(r row) (s string, err error) { return s, r.Scan(&s) },
			`SELECT lines FROM payment_sums WHERE merchant = $1 AND by_time = $2 AND span = $3 AND start = $4`, plan.merchant, at.byTime, at.span, at.start)
		if err == nil {
			err = eachSum(text, lines.add)
		}
		if err != nil && !isNotFound(err) {
			return err
		}
		for k, l := range change {
			lines.add(k, l)
		}
		plan.sums[at] = lines.text()
	}
	return nil
}

func (t *Tx) putSums(ctx context.Context, plan followPlan) error {
	var rows [][]any
	for at, text := range plan.sums {
		if text != "" {
			rows = append(rows, []any{plan.merchant, at.byTime, at.span, at.start, text})
			continue
		}
		if _, err := t.exec(ctx, `DELETE FROM payment_sums WHERE merchant = $1 AND by_time = $2 AND span = $3 AND start = $4`,
			plan.merchant, at.byTime, at.span, at.start); err != nil {
			return err
		}
	}
	return t.putMany(ctx, `payment_sums (merchant, by_time, span, start, lines)`,
		` ON CONFLICT (merchant, by_time, span, start) DO UPDATE SET lines = excluded.lines`, rows)
}

func (t *Tx) putSales(ctx context.Context, plan followPlan) error {
	var rows [][]any
	for k, a := range plan.deltas.sales {
		rows = append(rows, []any{plan.merchant, k.day, k.mode, k.provider, k.method, k.currency, k.kind, a.count, a.money})
	}
	err := t.putMany(ctx, `daily_sales (merchant, day, mode, provider, method, currency, kind, movements, amount)`,
		` ON CONFLICT (merchant, day, mode, provider, method, currency, kind) DO UPDATE
			SET movements = daily_sales.movements + excluded.movements, amount = daily_sales.amount + excluded.amount`, rows)
	return t.sweepDays(ctx, err, "daily_sales", "movements", plan.merchant, daysOf(maps.Keys(plan.deltas.sales), func(k saleKey) int64 { return k.day }))
}

func (t *Tx) putOutcomes(ctx context.Context, plan followPlan) error {
	var rows [][]any
	for k, n := range plan.deltas.outcomes {
		rows = append(rows, []any{plan.merchant, k.day, k.mode, k.provider, k.method, k.failed, k.class, k.code, n})
	}
	err := t.putMany(ctx, `daily_outcomes (merchant, day, mode, provider, method, failed, class, code, payments)`,
		` ON CONFLICT (merchant, day, mode, provider, method, failed, class, code) DO UPDATE
			SET payments = daily_outcomes.payments + excluded.payments`, rows)
	return t.sweepDays(ctx, err, "daily_outcomes", "payments", plan.merchant, daysOf(maps.Keys(plan.deltas.outcomes), func(k outcomeKey) int64 { return k.day }))
}

func daysOf[K any](keys func(func(K) bool), day func(K) int64) []int64 {
	var out []int64
	for k := range keys {
		out = append(out, day(k))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sweepDays removes the lines of days that are nothing now.
func (t *Tx) sweepDays(ctx context.Context, err error, table, column string, merchant pay.MerchantID, days []int64) error {
	for _, day := range days {
		if err == nil {
			_, err = t.exec(ctx, `DELETE FROM `+table+` WHERE merchant = $1 AND day = $2 AND `+column+` = 0`, merchant, day)
		}
	}
	return err
}

// eraseFollowed takes out of what a payment is found by what tells of its buyer, in
// the transaction that erases the payment. It changes follows.seq, so that nobody
// puts back what was read before.
func (t *Tx) eraseFollowed(ctx context.Context, p pay.Payment, out Erased) error {
	if _, err := t.exec(ctx, `UPDATE follows SET seq = seq + 1 WHERE merchant = $1`, p.Merchant); err != nil {
		return err
	}
	was, err := one(ctx, t, func(r row) (terms string, err error) { return terms, r.Scan(&terms) },
		`SELECT terms FROM followed_payments WHERE merchant = $1 AND payment = $2`, p.Merchant, p.ID)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	var stay []Term
	for _, x := range parseTerms(was) {
		if !x.Field.personal() {
			stay = append(stay, x)
			continue
		}
		if err := t.dropTerm(ctx, p, x); err != nil {
			return err
		}
		out.add("search_terms", 1)
	}
	// What was derived of this version is so of the next, which differs in what was erased alone.
	n, err := t.exec(ctx, `UPDATE followed_payments SET terms = $3, version = CASE version WHEN $4 THEN $4 + 1 ELSE version END
		WHERE merchant = $1 AND payment = $2`, p.Merchant, p.ID, termsText(stay), p.Version)
	out.add("followed_payments", n)
	return err
}
