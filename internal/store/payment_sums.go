package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"naru/internal/pay"
)

// PaymentSums is how many payments a query chooses, and their money.
type PaymentSums struct {
	Count    int64
	Statuses map[pay.Status]int64 // how many in each; those of none are left out
	Money    []MoneySum           // by currency, those without any money too
	// Capped: more payments match than were counted. The figures are of the newest,
	// and at least that much.
	Capped bool
}

// MoneySum is the money of payments in one currency. Gross is the amount of those
// that are paid, or were before they were cancelled; what is only asked for, and a
// window that a billing key was issued in, is nothing.
type MoneySum struct {
	Currency         pay.Currency
	Count            int64 // payments, also those without money
	Gross, Cancelled int64
}

// Net is what is left of the gross.
func (m MoneySum) Net() int64 { return m.Gross - m.Cancelled }

// tally is what sums are made of: payments of one status and currency.
type tally struct {
	status                pay.Status
	currency              pay.Currency
	count, gross, cancels int64
}

func scanTally(r row) (x tally, err error) {
	return x, r.Scan(&x.status, &x.currency, &x.count, &x.gross, &x.cancels)
}

// hasMoney is the condition of payments whose amount is gross.
const hasMoney = `paid_at > 0 AND status IN ` + paidStatuses + ` AND customer_usage <> 'issue'`

// tallies are the columns of a scanTally over payments.
const tallies = `status, currency, COUNT(*), CAST(COALESCE(SUM(CASE WHEN ` + hasMoney + ` THEN amount ELSE 0 END), 0) AS BIGINT),
	CAST(COALESCE(SUM(CASE WHEN ` + hasMoney + ` THEN cancelled ELSE 0 END), 0) AS BIGINT)`

// sum adds tallies up.
func sum(all []tally) PaymentSums {
	out, money := PaymentSums{Statuses: map[pay.Status]int64{}}, map[pay.Currency]MoneySum{}
	for _, x := range all {
		out.Count += x.count
		out.Statuses[x.status] += x.count
		m := money[x.currency]
		money[x.currency] = MoneySum{x.currency, m.Count + x.count, m.Gross + x.gross, m.Cancelled + x.cancels}
	}
	for status, n := range out.Statuses {
		if n == 0 {
			delete(out.Statuses, status)
		}
	}
	for _, m := range money {
		if m.Count != 0 {
			out.Money = append(out.Money, m)
		}
	}
	slices.SortFunc(out.Money, func(a, b MoneySum) int { return strings.Compare(string(a.Currency), string(b.Currency)) })
	return out
}

// SumPayments is the counts and the money of all payments that a query chooses,
// whatever its page. With a search that finds much it looks at the newest of the list
// alone, some twelve hundred of them, as they were followed.
func (t *Tx) SumPayments(ctx context.Context, merchant pay.MerchantID, q PaymentQuery) (PaymentSums, error) {
	q.After, q.Before, q.Limit = Cursor{}, Cursor{}, 0
	s, err := t.sumPayments(ctx, merchant, q, usual)
	return s, wrap(err, "sums of merchant %s", merchant)
}

func (t *Tx) sumPayments(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, most bounds) (PaymentSums, error) {
	if err := q.check(); err != nil {
		return PaymentSums{}, err
	}
	if s, searching := newSearch(q); searching {
		return t.sumSearch(ctx, merchant, q, s, most)
	}
	all, ok, err := t.sumFollowed(ctx, merchant, q)
	if err == nil && !ok {
		all, err = t.sumLive(ctx, merchant, q)
	}
	return sum(all), err
}

// sumLive counts the payments themselves.
func (t *Tx) sumLive(ctx context.Context, merchant pay.MerchantID, q PaymentQuery) ([]tally, error) {
	w := when(`merchant = `, merchant)
	all := oneOfEach(chosen(q.Modes, modes()))
	w.in(`mode`, padded(all, len(all)))
	if !q.ByRequest {
		all := oneOfEach(chosen(q.Statuses, pay.Payments.States()))
		w.in(`status`, padded(all, len(all)))
	}
	q.period(w, q.column())
	q.narrow(w)
	return list(ctx, t, scanTally, `SELECT `+tallies+` FROM payments WHERE `+w.text()+` GROUP BY status, currency`, w.args...)
}

// sumSearch counts what a search finds.
func (t *Tx) sumSearch(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, s search, most bounds) (PaymentSums, error) {
	few, err := t.rare(ctx, merchant, s, most.rare)
	if err != nil || s.none() {
		return sum(nil), err
	}
	if few {
		w := q.amongRare(merchant, s, most.rare)
		all, err := list(ctx, t, scanTally, `SELECT `+tallies+w.text()+` GROUP BY status, currency`, w.args...)
		return sum(all), err
	}
	var all []tally
	var wrong error
	stopped, err := t.eachPlace(ctx, merchant, q, sight{terms: true, facts: true}, most.sums, most.sums, func(p place) bool {
		if (!q.loose() || q.passes(p.traits)) && s.matches(p.terms) {
			var x tally
			x, wrong = tallyOf(p.facts)
			all = append(all, x)
		}
		return wrong != nil
	})
	if err = errors.Join(err, wrong); err != nil {
		return PaymentSums{}, err
	}
	out := sum(all)
	out.Capped = !stopped.IsZero()
	return out, nil
}

// tallyOf is a payment's facts as one of many.
func tallyOf(text string) (tally, error) {
	var f facts
	err := json.Unmarshal([]byte(text), &f)
	return tally{f.Status, f.Currency, 1, f.Gross, f.Cancelled}, err
}
