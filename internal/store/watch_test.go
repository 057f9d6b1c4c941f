package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

type ctxMark struct{}

// seen is what a store told.
type seen struct {
	mu     sync.Mutex
	steps  []store.Steps
	marks  []any
	writes []error
}

func (s *seen) watch() *store.Watch {
	return &store.Watch{
		Wrote: func(took time.Duration, err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.writes = append(s.writes, err)
		},
		Stepped: func(ctx context.Context, st store.Steps) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.steps, s.marks = append(s.steps, st), append(s.marks, ctx.Value(ctxMark{}))
		},
	}
}

// TestWhatIsCommittedIsTold: and nothing else is, nor anything twice.
func TestWhatIsCommittedIsTold(t *testing.T) {
	t.Parallel()
	for kind, dsn := range map[string]func(testing.TB) string{"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.DSN} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var got seen
			s, err := store.Open(t.Context(), dsn(t), store.Options{Now: func() time.Time { return noon }, Watch: got.watch()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			testTold(t, s, &got)
		})
	}
}

func testTold(t *testing.T, s *store.Store, got *seen) {
	ctx := context.WithValue(t.Context(), ctxMark{}, "request")
	errNo := errors.New("no")
	begin := func(end error) error {
		return s.Write(ctx, func(tx *store.Tx) error {
			p := payment("imp_1", "order-1")
			if err := tx.InsertPayment(ctx, p); err != nil {
				return err
			}
			p, err := tx.Payment(ctx, shop, "imp_1")
			if err != nil {
				return err
			}
			if _, err = tx.StepPayment(ctx, p, pay.EvConfirmStarted, "api"); err != nil {
				return err
			}
			return all(tx.InsertAttempt(ctx, attempt("at-1", "imp_1", 10)), end)
		})
	}
	if err := begin(errNo); !errors.Is(err, errNo) || len(got.steps) != 0 {
		t.Fatalf("undone with %v, told %v", err, got.steps)
	}
	if err := begin(nil); err != nil {
		t.Fatal(err)
	}
	err := s.Write(ctx, func(tx *store.Tx) error {
		a, err := tx.Attempt(ctx, shop, "at-1")
		if err != nil {
			return err
		}
		a.Class, a.Code = "card_refused", "REJECT_CARD_COMPANY"
		if _, err := tx.StepAttempt(ctx, a, pay.EvRefused); err != nil {
			return err
		}
		p, err := tx.Payment(ctx, shop, "imp_1")
		if err != nil {
			return err
		}
		tx.Because("card_refused")
		_, err = tx.StepPayment(ctx, p, pay.EvDeclined, "REJECT_CARD_COMPANY")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	base := store.PaymentStep{Merchant: shop, Payment: "imp_1", Provider: pay.TossPayments, Channel: "channel-key-1", Method: pay.MethodCard, Source: pay.SourceWindow}
	made, begun, failed := base, base, base
	made.To = pay.StatusCreated
	begun.From, begun.To, begun.Event, begun.Why = pay.StatusCreated, pay.StatusConfirming, pay.EvConfirmStarted, "api"
	failed.From, failed.To, failed.Event = pay.StatusConfirming, pay.StatusFailed, pay.EvDeclined
	failed.Why, failed.Reason = "REJECT_CARD_COMPANY", "card_refused"
	if len(got.steps) != 2 || len(got.steps[0].Attempts) != 1 || len(got.steps[1].Attempts) != 1 {
		t.Fatalf("told %+v", got.steps)
	}
	check := func(want []store.PaymentStep, got []store.PaymentStep) { _ = equal(t, want)(got, nil) }
	check([]store.PaymentStep{made, begun}, got.steps[0].Payments)
	check([]store.PaymentStep{failed}, got.steps[1].Payments)
	first, then := got.steps[0].Attempts[0], got.steps[1].Attempts[0]
	if first.From != "" || first.Status != pay.AttemptStarted || then.From != pay.AttemptStarted || then.Status != pay.AttemptDeclined || then.Class != "card_refused" {
		t.Errorf("attempts %+v, %+v", first, then)
	}
	if got.marks[0] != "request" || got.marks[1] != "request" {
		t.Errorf("contexts %v", got.marks)
	}
	if len(got.writes) != 3 || !errors.Is(got.writes[0], errNo) || got.writes[1] != nil {
		t.Errorf("writes %v", got.writes)
	}
	if offset, err := s.ClockOffset(t.Context()); err != nil || offset.Abs() > time.Minute {
		t.Errorf("the database on this machine is %v off: %v", offset, err)
	}
	if stats, ok := s.Pool(); ok != (s.Kind() == "postgres") || ok && stats.OpenConnections < 1 {
		t.Errorf("pool of %s: %+v", s.Kind(), stats)
	}
}
