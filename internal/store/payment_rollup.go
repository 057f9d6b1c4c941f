package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// Reading sums. Whole days and hours of a period are read from what Follow derived;
// the edges from the payments. What Follow has not seen yet is put right from the
// few payments that it concerns: each is counted out as it was followed and in as it
// is. The answer is what counting the payments themselves would give, at any moment.

// fewChanges is how many unseen changes are put right; when there are more, as while
// old books are being followed, the payments themselves are counted.
const fewChanges = 3000

// unseen is a payment that changed since it was followed.
type unseen struct {
	before *facts // nil: it never was
	now    facts
}

// unseen are the payments that changed since they were followed; false when there
// are many.
func (t *Tx) unseen(ctx context.Context, merchant pay.MerchantID) ([]unseen, bool, error) {
	_, seen, begun, err := t.followState(ctx, merchant)
	if err != nil {
		return nil, false, err
	}
	var since time.Time
	if begun {
		since = ofMicro(seen).Add(-followOverlap)
	}
	w := when(`p.merchant = `, merchant)
	all := pay.Payments.States()
	w.in(`p.status`, padded(all, len(all)))
	w.and(`p.updated_at > `, since)
	w.parts.WriteString(` AND NOT EXISTS (SELECT 1 FROM followed_payments AS f WHERE f.merchant = $1 AND f.payment = p.id
		AND f.version = p.version AND f.updated = p.updated_at)`)
	w.add(` LIMIT `, fewChanges+1)
	ids, err := list(ctx, t, scanPaymentID, `SELECT p.id FROM payments AS p WHERE `+w.text(), w.args...)
	if err != nil || len(ids) > fewChanges {
		return nil, false, err
	}
	again, err := list(ctx, t, scanPaymentID, `SELECT payment FROM follow_again WHERE merchant = $1 LIMIT $2`, merchant, fewChanges+1)
	if err != nil || len(ids)+len(again) > fewChanges {
		return nil, false, err
	}
	out, err := t.compare(ctx, merchant, append(ids, again...))
	return out, err == nil, err
}

func scanPaymentID(r row) (id pay.PaymentID, err error) { return id, r.Scan(&id) }

// compare is what payments were followed as, and what they are.
func (t *Tx) compare(ctx context.Context, merchant pay.MerchantID, ids []pay.PaymentID) ([]unseen, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	before, err := t.followedBefore(ctx, merchant, ids)
	if err != nil {
		return nil, err
	}
	all, err := t.subjects(ctx, merchant, ids)
	if err != nil {
		return nil, err
	}
	classes, err := t.declineClasses(ctx, merchant, all)
	out := make([]unseen, 0, len(all))
	for _, s := range all {
		u := unseen{now: factsOf(s, classes[s.ID])}
		if b, ok := before[s.ID]; ok {
			u.before = &b.facts
		}
		out = append(out, u)
	}
	return out, err
}

// span is a part of a period: from inclusive, to exclusive, in microseconds.
type span struct{ from, to int64 }

func (s span) holds(at int64) bool { return s.from <= at && at < s.to }
func (s span) empty() bool         { return s.from >= s.to }

// Times that nothing is before, or after.
const (
	earliest = -int64(1) << 62
	latest   = int64(1) << 62
)

// cut is a period as whole days, whole hours on both sides of them, and edges.
type cut struct {
	days         span
	hours, edges [2]span
}

// cut divides a query's period.
func (q PaymentQuery) cut() (c cut) {
	p := span{earliest, latest}
	hours, days := p, p
	if !q.From.IsZero() {
		p.from = micro(q.From)
		hours.from, days.from = hourStart(p.from+hourMicros-1), dayStart(p.from+dayMicros-1)
	}
	if !q.To.IsZero() {
		p.to = micro(q.To)
		hours.to, days.to = hourStart(p.to), dayStart(p.to)
	}
	switch {
	case hours.empty():
		c.edges[0] = p
		return c
	case days.empty():
		c.hours[0] = hours
	default:
		c.days, c.hours = days, [2]span{{hours.from, days.from}, {days.to, hours.to}}
	}
	c.edges = [2]span{{p.from, hours.from}, {hours.to, p.to}}
	return c
}

// followed is the part of the period that is read from what was derived.
func (c cut) followed() span {
	out := c.days
	for _, h := range c.hours {
		switch {
		case h.empty():
		case out.empty():
			out = h
		default:
			out = span{min(out.from, h.from), max(out.to, h.to)}
		}
	}
	return out
}

// sumFollowed counts what a query chooses; false when what was derived is far behind.
func (t *Tx) sumFollowed(ctx context.Context, merchant pay.MerchantID, q PaymentQuery) ([]tally, bool, error) {
	changed, few, err := t.unseen(ctx, merchant)
	if err != nil || !few {
		return nil, false, err
	}
	c := q.cut()
	var all []tally
	for _, part := range []struct {
		size string
		span
	}{{spanDay, c.days}, {spanHour, c.hours[0]}, {spanHour, c.hours[1]}} {
		if part.empty() {
			continue
		}
		some, err := t.readSums(ctx, merchant, q, part.size, part.span)
		if err != nil {
			return nil, false, err
		}
		all = append(all, some...)
	}
	for _, e := range c.edges {
		if e.empty() {
			continue
		}
		edge := q
		edge.From, edge.To = ofMicro(e.from), ofMicro(e.to)
		some, err := t.sumLive(ctx, merchant, edge)
		if err != nil {
			return nil, false, err
		}
		all = append(all, some...)
	}
	return append(all, q.corrections(changed, c.followed())...), true, nil
}

// corrections count changed payments out as they were and in as they are.
func (q PaymentQuery) corrections(changed []unseen, within span) (all []tally) {
	each(changed, func(f facts, sign int64) {
		if within.holds(f.at(q.ByRequest)) && q.passes(f.traits) {
			all = append(all, tally{f.Status, f.Currency, sign, sign * f.Gross, sign * f.Cancelled})
		}
	})
	return all
}

// readSums reads what was derived of whole days or hours.
func (t *Tx) readSums(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, size string, part span) ([]tally, error) {
	byTime := byStatus
	if q.ByRequest {
		byTime = byRequest
	}
	texts, err := list(ctx, t, func(r row) (s string, err error) { return s, r.Scan(&s) }, `SELECT lines FROM payment_sums
		WHERE merchant = $1 AND by_time = $2 AND span = $3 AND start >= $4 AND start < $5`, merchant, byTime, size, part.from, part.to)
	if err != nil {
		return nil, err
	}
	type kind struct {
		status   pay.Status
		currency pay.Currency
	}
	sums := map[kind]sumLine{}
	for _, text := range texts {
		err := eachSum(text, func(k sumKey, l sumLine) {
			if q.passes(k.traits) {
				of := kind{k.Status, k.currency}
				sums[of] = sums[of].plus(l)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]tally, 0, len(sums))
	for k, l := range sums {
		out = append(out, tally{k.status, k.currency, l.count, l.gross, l.cancelled})
	}
	return out, nil
}
