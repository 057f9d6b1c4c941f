package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
)

// PaymentSpan is the payments that are read one after the other: all of a
// merchant's, or those begun or changed from a time until, and without, another.
type PaymentSpan struct {
	By       string // "" is all, SpanStarted, SpanUpdated
	From, To time.Time
}

// What a span is by.
const (
	SpanStarted = "started_at"
	SpanUpdated = "updated_at"
)

// PaymentCursor is the place after a payment of a span. The zero one is the
// beginning.
type PaymentCursor struct {
	At time.Time // of a span that is by a time
	ID pay.PaymentID
}

// Cursor is the place after p.
func (s PaymentSpan) Cursor(p pay.Payment) PaymentCursor {
	switch s.By {
	case SpanStarted:
		return PaymentCursor{p.StartedAt, p.ID}
	case SpanUpdated:
		return PaymentCursor{p.UpdatedAt, p.ID}
	default:
		return PaymentCursor{ID: p.ID}
	}
}

// allStatuses are those a payment can have.
var allStatuses = []pay.Status{
	pay.StatusCreated, pay.StatusConfirming, pay.StatusAwaitingDeposit, pay.StatusPaid, pay.StatusPartiallyCancelled,
	pay.StatusCancelled, pay.StatusFailed,
}

// PaymentsIn is up to limit payments of a span after a place: an empty answer is
// its end. A payment that changes while a span by change is read comes again, at
// its new place; of the others each comes once.
func (t *Tx) PaymentsIn(ctx context.Context, merchant pay.MerchantID, s PaymentSpan, after PaymentCursor, limit int) ([]pay.Payment, error) {
	if s.By == "" {
		ps, err := list(ctx, t, scanPayment, `SELECT `+paymentColumns+` FROM payments
			WHERE merchant = $1 AND id > $2 ORDER BY id LIMIT $3`, merchant, after.ID, limit)
		return ps, wrap(err, "payments of merchant %s", merchant)
	}
	if s.By != SpanStarted && s.By != SpanUpdated {
		return nil, fmt.Errorf("store: payments by %q: must be by %s or %s", s.By, SpanStarted, SpanUpdated)
	}
	at := after.At
	if at.Before(s.From) {
		at, after.ID = s.From, ""
	}
	to := int64(1<<63 - 1)
	if !s.To.IsZero() {
		to = micro(s.To)
	}
	ids, err := list(ctx, t, func(r row) (id pay.PaymentID, err error) {
		var at int64
		return id, r.Scan(&id, &at)
	}, paymentsIn(s.By), merchant, at, after.ID, to, limit)
	if err != nil {
		return nil, wrap(err, "payments of merchant %s", merchant)
	}
	return t.PaymentsByIDs(ctx, merchant, ids)
}

// paymentsIn reads each status by its index, which has the time after it, and
// merges.
func paymentsIn(by string) string {
	parts := make([]string, len(allStatuses))
	for i, st := range allStatuses {
		parts[i] = fmt.Sprintf(`SELECT id, at FROM (SELECT id, %[1]s AS at FROM payments
			WHERE merchant = $1 AND status = '%[2]s' AND (%[1]s, id) > ($2, $3) AND %[1]s < $4 ORDER BY %[1]s, id LIMIT $5) AS s%[3]d`, by, st, i)
	}
	return strings.Join(parts, ` UNION ALL `) + ` ORDER BY at, id LIMIT $5`
}

// Dossier is a payment with all that hangs on it, as of one moment.
type Dossier struct {
	Payment   pay.Payment
	Steps     []StepRow
	Movements []pay.Movement
	Attempts  []pay.Attempt
	Stuck     map[pay.AttemptID]bool // attempts that are marked for a person
	Order     *Order                 // nil is none
	Paid      int                    // payments of its order number that are paid or were
	Schedule  *pay.Schedule          // of its order number; nil is none
	Waiting   []string               // ids of deliveries that wait
}

// Dossiers is what hangs on these payments of one merchant, in their order.
func (t *Tx) Dossiers(ctx context.Context, merchant pay.MerchantID, ps []pay.Payment) ([]Dossier, error) {
	out, at, uids := make([]Dossier, len(ps)), make(map[pay.PaymentID]*Dossier, len(ps)), make([]pay.MerchantUID, len(ps))
	ids := make([]pay.PaymentID, len(ps))
	for i, p := range ps {
		out[i] = Dossier{Payment: p, Stuck: map[pay.AttemptID]bool{}}
		at[p.ID], ids[i], uids[i] = &out[i], p.ID, p.MerchantUID
	}
	slices.Sort(uids)
	uids = slices.Compact(uids)
	for _, read := range []func() error{
		func() error { return t.dossierRows(ctx, merchant, ids, at) },
		func() error { return t.dossierOrders(ctx, merchant, uids, out) },
	} {
		if err := read(); err != nil {
			return nil, wrap(err, "what hangs on payments of merchant %s", merchant)
		}
	}
	return out, nil
}

// of runs a query whose only list of names are payments.
func of[T any](ctx context.Context, t *Tx, merchant pay.MerchantID, ids []pay.PaymentID, scan func(row) (T, error), before, after string) ([]T, error) {
	return inChunks(ids, func(some []pay.PaymentID) ([]T, error) {
		n := room(len(some))
		return list(ctx, t, scan, before+` IN (`+placeholders(2, n)+`)`+after, append([]any{merchant}, padded(some, n)...)...)
	})
}

func (t *Tx) dossierRows(ctx context.Context, merchant pay.MerchantID, ids []pay.PaymentID, at map[pay.PaymentID]*Dossier) error {
	type stepOf struct {
		payment pay.PaymentID
		StepRow
	}
	steps, err := of(ctx, t, merchant, ids, func(r row) (s stepOf, err error) {
		err = r.Scan(&s.payment, &s.Seq, &s.From, &s.Event, &s.To, &s.Why, timeInto{&s.At})
		return s, err
	}, `SELECT payment, `+stepColumns+` FROM payment_steps WHERE merchant = $1 AND payment`, ` ORDER BY payment, seq`)
	if err != nil {
		return err
	}
	for _, s := range steps {
		at[s.payment].Steps = append(at[s.payment].Steps, s.StepRow)
	}
	moved, err := t.MovementsOf(ctx, merchant, ids)
	if err != nil {
		return err
	}
	for _, m := range moved {
		at[m.Payment].Movements = append(at[m.Payment].Movements, m)
	}
	attempts, err := of(ctx, t, merchant, ids, scanAttempt,
		`SELECT `+attemptColumns+` FROM attempts WHERE merchant = $1 AND payment`, ` ORDER BY payment, started, id`)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		at[a.Payment].Attempts = append(at[a.Payment].Attempts, a)
	}
	return t.dossierFlags(ctx, merchant, ids, at)
}

// pair is two names.
type pair struct{ of, name string }

func scanPair(r row) (p pair, err error) { return p, r.Scan(&p.of, &p.name) }

func (t *Tx) dossierFlags(ctx context.Context, merchant pay.MerchantID, ids []pay.PaymentID, at map[pay.PaymentID]*Dossier) error {
	stuck, err := of(ctx, t, merchant, ids, scanPair, `SELECT payment, id FROM attempts WHERE needs_person AND merchant = $1 AND payment`, ``)
	if err != nil {
		return err
	}
	for _, s := range stuck {
		at[pay.PaymentID(s.of)].Stuck[pay.AttemptID(s.name)] = true
	}
	waiting, err := of(ctx, t, merchant, ids, scanPair,
		`SELECT payment, id FROM deliveries WHERE status = 'waiting' AND merchant = $1 AND payment`, ` ORDER BY payment, id`)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		d := at[pay.PaymentID(w.of)]
		d.Waiting = append(d.Waiting, w.name)
	}
	return nil
}

func (t *Tx) dossierOrders(ctx context.Context, merchant pay.MerchantID, uids []pay.MerchantUID, out []Dossier) error {
	orders, err := t.OrdersOf(ctx, merchant, uids)
	if err != nil {
		return err
	}
	paid, err := inChunks(uids, func(some []pay.MerchantUID) ([]string, error) {
		n := room(len(some))
		return list(ctx, t, func(r row) (uid string, err error) { return uid, r.Scan(&uid) }, `SELECT merchant_uid FROM payments
			WHERE `+whatever(`status`)+` IN `+paidStatuses+` AND merchant = $1 AND merchant_uid IN (`+placeholders(2, n)+`)`, append([]any{merchant}, padded(some, n)...)...)
	})
	if err != nil {
		return err
	}
	booked, err := t.Schedules(ctx, merchant, uids)
	if err != nil {
		return err
	}
	order, schedule, times := map[pay.MerchantUID]*Order{}, map[pay.MerchantUID]*pay.Schedule{}, map[pay.MerchantUID]int{}
	for i := range orders {
		order[orders[i].MerchantUID] = &orders[i]
	}
	for i := range booked {
		schedule[booked[i].MerchantUID] = &booked[i]
	}
	for _, uid := range paid {
		times[pay.MerchantUID(uid)]++
	}
	for i := range out {
		uid := out[i].Payment.MerchantUID
		out[i].Order, out[i].Schedule, out[i].Paid = order[uid], schedule[uid], times[uid]
	}
	return nil
}
