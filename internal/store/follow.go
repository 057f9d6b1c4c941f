package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"naru/internal/pay"
)

// Following. What people search by, and sums of hours and days, are derived from the
// books in transactions of their own: a payment's writes nothing for them, and on
// PostgreSQL no two payments wait for a row of sums.
//
// What was derived of a payment is kept with it (followed_payments), so that a
// changed payment is counted out as it was and in as it is, whoever does so and
// however often: sums are of uniquely keyed rows, replaced together with them. Two
// nodes that follow one merchant are told apart by a number (follows.seq) that the
// second finds changed.
//
// Payments are read in the order of their last change from a little before the
// newest that was seen: transactions commit in another order than they began in,
// and nodes' clocks differ.

// followOverlap is how much later than its time a change may become visible.
const followOverlap = time.Minute

// FollowBatch is how many payments are followed in one transaction while payments are
// taken, which wait some milliseconds for it on SQLite; FollowMany where nobody waits.
const (
	FollowBatch = 25
	FollowMany  = 20_000
)

// followPage is how many changes are looked at for that, at least.
const followPage = 500

// Followed is what one step of following did.
type Followed struct {
	Payments int    // that were derived anew
	Next     Cursor // where the next step begins
	More     bool   // and whether there is one
}

// Subject is a payment with what hangs on it that it can be found by.
type Subject struct {
	pay.Payment
	StatusAt  time.Time // when it got its status, as lists have it
	Movements []pay.Movement
	Receipts  []pay.Receipt
}

// Follow derives anew what a merchant's payments that changed are found by and
// summed as: up to most of them, those after a cursor of the step before, or
// since what was seen. termsOf tells what a payment is found by. Nothing is written
// when nothing changed, but for once after a change. ErrConflict: another node did it,
// or a payment is being erased.
func (s *Store) Follow(ctx context.Context, merchant pay.MerchantID, after Cursor, most int, termsOf func(Subject) []Term) (Followed, error) {
	var plan followPlan
	var out Followed
	err := s.Read(ctx, func(tx *Tx) (err error) {
		plan, out, err = tx.planFollow(ctx, merchant, after, most, termsOf)
		return err
	})
	if err == nil && (out.Payments > 0 || plan.settled) {
		err = s.Write(ctx, func(tx *Tx) error { return tx.follow(ctx, plan) })
	}
	if err != nil {
		return Followed{}, wrap(err, "follow payments of merchant %s", merchant)
	}
	return out, nil
}

// followPlan is what one step writes.
type followPlan struct {
	merchant pay.MerchantID
	seq      int64 // as it was read
	begun    bool  // there is a row of follows
	settled  bool  // all is followed, and it is worth saying so
	seen     int64
	again    []asked
	all      []followedNow
	deltas   deltas
	sums     map[sumSpan]string // what becomes of those that change
}

// followedNow is what is derived of a payment, and the terms it had before.
type followedNow struct {
	pay.Payment
	facts         facts
	terms, before []Term
}

// asked is a payment that is to be followed once more.
type asked struct {
	id pay.PaymentID
	n  int64
}

// followState is how far a merchant's books were followed.
func (t *Tx) followState(ctx context.Context, merchant pay.MerchantID) (seq, seen int64, begun bool, err error) {
	type state struct{ seq, seen int64 }
	s, err := one(ctx, t, func(r row) (s state, err error) { return s, r.Scan(&s.seq, &s.seen) },
		`SELECT seq, seen FROM follows WHERE merchant = $1`, merchant)
	if isNotFound(err) {
		return 0, 0, false, nil
	}
	return s.seq, s.seen, err == nil, err
}

func (t *Tx) planFollow(ctx context.Context, merchant pay.MerchantID, after Cursor, most int, termsOf func(Subject) []Term) (plan followPlan, out Followed, err error) {
	plan = followPlan{merchant: merchant, deltas: newDeltas()}
	if plan.seq, plan.seen, plan.begun, err = t.followState(ctx, merchant); err != nil {
		return plan, out, err
	}
	looked := !after.IsZero()
	joins := micro(after.At) <= plan.seen // or there is more between what was seen and here, as when all was forgotten since the step before
	if !looked && plan.seen > 0 {
		after = Cursor{ofMicro(plan.seen).Add(-followOverlap), "!"} // ids begin with letters
	}
	if plan.again, err = t.askedAgain(ctx, merchant); err != nil {
		return plan, out, err
	}
	var ids []pay.PaymentID
	for _, a := range plan.again {
		ids = append(ids, a.id)
	}
	changed, next, more, err := t.changedAfter(ctx, merchant, after, max(most-len(ids), 1))
	if err != nil {
		return plan, out, err
	}
	if out.Next, out.More = next, more; !next.IsZero() {
		looked, after = true, next
		if joins {
			plan.seen = max(plan.seen, min(micro(next.At), micro(t.Now))) // a clock that is ahead hides nothing
		}
	}
	err = t.derive(ctx, &plan, append(ids, changed...), termsOf)
	out.Payments = len(plan.all)
	out.More = out.More || len(plan.again) == askedPage
	if now := micro(t.Now); out.Payments == 0 && !out.More && looked && joins && micro(after.At) < now-micros(followOverlap) {
		// Nothing can come to be seen before this any more: from now on the last changes
		// before the quiet need not be looked at again. It is said once.
		plan.settled, plan.seen = true, now
	}
	return plan, out, err
}

func micros(d time.Duration) int64 { return d.Microseconds() }

const askedPage = 50

func (t *Tx) askedAgain(ctx context.Context, merchant pay.MerchantID) ([]asked, error) {
	return list(ctx, t, func(r row) (a asked, err error) { return a, r.Scan(&a.id, &a.n) },
		`SELECT payment, asked FROM follow_again WHERE merchant = $1 ORDER BY payment LIMIT $2`, merchant, askedPage)
}

// FollowAgain has a payment followed once more though it does not change, because
// something that hangs on it did: a cash receipt, money that is no step.
func (t *Tx) FollowAgain(ctx context.Context, merchant pay.MerchantID, id pay.PaymentID) error {
	t.changed = true
	_, err := t.exec(ctx, `INSERT INTO follow_again (merchant, payment, asked) VALUES ($1, $2, 1)
		ON CONFLICT (merchant, payment) DO UPDATE SET asked = follow_again.asked + 1`, merchant, id)
	return wrap(err, "follow payment %s again", id)
}

// changedAfter is up to most payments that changed after a place in the order of
// changes and were not followed since; next is where to go on.
func (t *Tx) changedAfter(ctx context.Context, merchant pay.MerchantID, after Cursor, most int) (ids []pay.PaymentID, next Cursor, more bool, err error) {
	f := PaymentFilter{Sort: "updated", After: After(after), Limit: max(followPage, most)}
	page, args := f.page(t.dialect, merchant, sorting{column: `updated_at`}, nil)
	type change struct {
		Cursor
		version, followed, updated int64
	}
	all, err := list(ctx, t, func(r row) (c change, err error) {
		return c, r.Scan(timeInto{&c.At}, &c.ID, &c.version, &c.followed, &c.updated)
	}, `SELECT page_at, page_id, p.version, COALESCE(f.version, -1), COALESCE(f.updated, -1) FROM (`+page+`) AS page
		CROSS JOIN payments AS p LEFT JOIN followed_payments AS f ON f.merchant = $1 AND f.payment = page_id
		WHERE p.merchant = $1 AND p.id = page_id ORDER BY page_at, page_id`, args...)
	for _, c := range all {
		if c.version != c.followed || micro(c.At) != c.updated {
			if len(ids) == most {
				return ids, next, true, err
			}
			ids = append(ids, c.ID)
		}
		next = c.Cursor
	}
	return ids, next, len(all) == f.Limit, err
}

// derive plans what becomes of payments in what is derived.
func (t *Tx) derive(ctx context.Context, plan *followPlan, ids []pay.PaymentID, termsOf func(Subject) []Term) error {
	if len(ids) == 0 {
		return nil
	}
	before, err := t.followedBefore(ctx, plan.merchant, ids)
	if err != nil {
		return err
	}
	all, err := t.subjects(ctx, plan.merchant, ids)
	if err != nil {
		return err
	}
	classes, err := t.declineClasses(ctx, plan.merchant, all)
	if err != nil {
		return err
	}
	for _, s := range all {
		now := followedNow{Payment: s.Payment, facts: factsOf(s, classes[s.ID]), terms: onceEach(termsOf(s))}
		if b, ok := before[s.ID]; ok {
			plan.deltas.add(b.facts, -1)
			now.before = parseTerms(b.terms)
		}
		plan.deltas.add(now.facts, 1)
		plan.all = append(plan.all, now)
	}
	plan.deltas.trim()
	return t.newSums(ctx, plan)
}

func onceEach(terms []Term) []Term {
	seen := map[Term]bool{}
	out := terms[:0]
	for _, x := range terms {
		if x.Text != "" && !seen[x] {
			seen[x], out = true, append(out, x)
		}
	}
	return out
}

// wasFollowed is what was derived of a payment before.
type wasFollowed struct {
	id    pay.PaymentID
	facts facts
	terms string
}

func (t *Tx) followedBefore(ctx context.Context, merchant pay.MerchantID, ids []pay.PaymentID) (map[pay.PaymentID]wasFollowed, error) {
	all, err := of(ctx, t, merchant, ids, func(r row) (w wasFollowed, err error) {
		return w, r.Scan(&w.id, jsonInto{&w.facts}, &w.terms)
	}, `SELECT payment, facts, terms FROM followed_payments WHERE merchant = $1 AND payment`, ``)
	out := make(map[pay.PaymentID]wasFollowed, len(all))
	for _, w := range all {
		out[w.id] = w
	}
	return out, err
}

// subjects are payments with what hangs on them.
func (t *Tx) subjects(ctx context.Context, merchant pay.MerchantID, ids []pay.PaymentID) ([]Subject, error) {
	out, err := of(ctx, t, merchant, ids, func(r row) (s Subject, err error) {
		s.Payment, err = scanPayment(withMore{r, timeInto{&s.StatusAt}})
		return s, err
	}, `SELECT `+paymentColumns+`, status_at FROM payments WHERE merchant = $1 AND id`, ``)
	if err != nil {
		return nil, err
	}
	out = inOrder(ids, out, func(s Subject) pay.PaymentID { return s.ID })
	movements, err := t.MovementsOf(ctx, merchant, ids)
	if err != nil {
		return nil, err
	}
	receipts, err := of(ctx, t, merchant, ids, scanReceipt, `SELECT `+receiptColumns+` FROM receipts
		WHERE merchant = $1 AND payment <> '' AND payment`, ` ORDER BY payment, created, id`)
	if err != nil {
		return nil, err
	}
	at := map[pay.PaymentID]*Subject{}
	for i := range out {
		at[out[i].ID] = &out[i]
	}
	for _, m := range movements {
		at[m.Payment].Movements = append(at[m.Payment].Movements, m)
	}
	for _, c := range receipts {
		at[c.Payment].Receipts = append(at[c.Payment].Receipts, c)
	}
	return out, nil
}

// withMore is a row with a last column more than its scan knows of.
type withMore struct {
	row
	last any
}

func (w withMore) Scan(into ...any) error { return w.row.Scan(append(into, w.last)...) }

// declineClasses is our word for the refusal of those that failed with one.
func (t *Tx) declineClasses(ctx context.Context, merchant pay.MerchantID, all []Subject) (map[pay.PaymentID]string, error) {
	var failed []pay.PaymentID
	for _, s := range all {
		if s.Status == pay.StatusFailed {
			failed = append(failed, s.ID)
		}
	}
	out := map[pay.PaymentID]string{}
	if len(failed) == 0 {
		return out, nil
	}
	type refusal struct {
		id    pay.PaymentID
		class string
	}
	found, err := of(ctx, t, merchant, failed, func(r row) (x refusal, err error) { return x, r.Scan(&x.id, &x.class) },
		`SELECT payment, class FROM attempts WHERE merchant = $1 AND status = 'declined' AND class <> '' AND payment`, ` ORDER BY payment, started, id`)
	for _, x := range found {
		out[x.id] = x.class // the last
	}
	return out, err
}

// follow writes what was planned, unless something was derived meanwhile.
func (t *Tx) follow(ctx context.Context, plan followPlan) error {
	if err := t.claimFollow(ctx, plan); err != nil {
		return err
	}
	for _, a := range plan.again {
		if _, err := t.exec(ctx, `DELETE FROM follow_again WHERE merchant = $1 AND payment = $2 AND asked = $3`, plan.merchant, a.id, a.n); err != nil {
			return err
		}
	}
	for _, write := range []func(context.Context, followPlan) error{t.putFollowed, t.putTerms, t.putSums, t.putSales, t.putOutcomes} {
		if err := write(ctx, plan); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) claimFollow(ctx context.Context, plan followPlan) error {
	if !plan.begun {
		return t.change(ctx, ErrConflict, `INSERT INTO follows (merchant, seq, seen) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING`, plan.merchant, plan.seen)
	}
	return t.change(ctx, ErrConflict, `UPDATE follows SET seq = seq + 1, seen = $3 WHERE merchant = $1 AND seq = $2`, plan.merchant, plan.seq, plan.seen)
}

// IsFollowedElsewhere tells that Follow found that another node had done it.
func IsFollowedElsewhere(err error) bool { return errors.Is(err, ErrConflict) }

// jsonFacts is facts as they are kept.
func jsonFacts(f facts) (string, error) {
	b, err := json.Marshal(f)
	return string(b), err
}
