package store

import (
	"context"
	"database/sql"
	"time"

	"naru/internal/pay"
)

// Watch is told what a Store does. A func that is nil is not called; one that is
// called must return at once.
type Watch struct {
	// Wrote is told of each Write: how long its caller waited, and its error.
	Wrote func(took time.Duration, err error)
	// Committed is told of each commit, of which one costs a sync of the disk: how many
	// Writes shared it.
	Committed func(writes int)
	// Stepped is told, once it is committed, what a Write changed about payments
	// and attempts. The context is that of the change.
	Stepped func(ctx context.Context, s Steps)
}

// Steps are what one transaction changed, in order.
type Steps struct {
	Payments []PaymentStep
	Attempts []AttemptStep
}

// PaymentStep is a payment that reached a status. From is "" when it was made.
type PaymentStep struct {
	Merchant pay.MerchantID
	Payment  pay.PaymentID
	Provider pay.Provider
	Channel  pay.ChannelKey
	Method   pay.Method
	Source   pay.Source
	From, To pay.Status
	Event    pay.Event
	Why      string // as it is recorded: a provider's code or word
	Reason   string // our word, when Because said one
}

// AttemptStep is an attempt that was begun (From is "") or about which something
// was learned.
type AttemptStep struct {
	pay.Attempt
	From pay.AttemptStatus
}

// Because gives our own word for why the next step of a payment is made. It is
// for Watch alone and recorded nowhere.
func (t *Tx) Because(reason string) { t.because = reason }

// stepped notes that a payment reached a status.
func (t *Tx) stepped(ctx context.Context, p pay.Payment, from pay.Status, ev pay.Event, why string) {
	reason := t.because
	t.because = ""
	if t.watch == nil || t.watch.Stepped == nil {
		return
	}
	t.stepCtx = ctx
	t.steps.Payments = append(t.steps.Payments, PaymentStep{
		Merchant: p.Merchant, Payment: p.ID, Provider: p.Provider, Channel: p.Channel, Method: p.Method, Source: p.Source,
		From: from, To: p.Status, Event: ev, Why: why, Reason: reason,
	})
}

// attempted notes that an attempt was begun or stepped.
func (t *Tx) attempted(ctx context.Context, a pay.Attempt, from pay.AttemptStatus) {
	if t.watch == nil || t.watch.Stepped == nil {
		return
	}
	t.stepCtx = ctx
	t.steps.Attempts = append(t.steps.Attempts, AttemptStep{a, from})
}

// tellSteps tells what tx changed. It is committed.
func (s *Store) tellSteps(tx *Tx) {
	if len(tx.steps.Payments)+len(tx.steps.Attempts) > 0 {
		s.watch.Stepped(tx.stepCtx, tx.steps)
	}
}

// shared tells of a commit.
func (s *Store) shared(writes int) {
	if s.watch != nil && s.watch.Committed != nil {
		s.watch.Committed(writes)
	}
}

// Pool is the state of the connections to PostgreSQL; ok is false on SQLite,
// which has none.
func (s *Store) Pool() (stats sql.DBStats, ok bool) {
	e, ok := s.engine.(*postgresEngine)
	if !ok {
		return stats, false
	}
	return e.db.Stats(), true
}

// ClockOffset is how far the database's clock is ahead of this process's, as
// exactly as one round trip tells. On SQLite they are one: 0.
func (s *Store) ClockOffset(ctx context.Context) (time.Duration, error) {
	if s.dialect.kind == kindSQLite {
		return 0, nil
	}
	var offset time.Duration
	err := s.Read(ctx, func(tx *Tx) error {
		asked := time.Now()
		n, err := tx.number(ctx, `SELECT CAST(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000000 AS BIGINT)`)
		if err == nil {
			offset = ofMicro(n).Sub(asked.Add(time.Since(asked) / 2))
		}
		return err
	})
	return offset, wrap(err, "the database's clock")
}
