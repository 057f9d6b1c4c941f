package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/store"
)

func cancel(id pay.PaymentID, key string, amount int64) pay.Movement {
	return pay.Movement{Merchant: shop, Payment: id, Key: key, Kind: pay.MovementCancel, Amount: amount, At: noon}
}

func attempt(id pay.AttemptID, p pay.PaymentID, amount int64) pay.Attempt {
	return pay.Attempt{Merchant: shop, ID: id, Payment: p, Kind: pay.AttemptCancel, Amount: amount, Deadline: at(1)}
}

func TestMovementIsRecordedOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := f.inserted(t, payment("imp_1", "order"), pay.EvApproved)
		add := func(m pay.Movement, wantAdded bool, wantCancelled int64) {
			t.Helper()
			f.write(t, func(ctx context.Context, tx *store.Tx) error {
				added, err := tx.AddMovement(ctx, m)
				if err != nil {
					return err
				}
				now, err := tx.Payment(ctx, shop, "imp_1")
				if added != wantAdded || now.Cancelled != wantCancelled || now.Version != p.Version {
					t.Errorf("%s: added %v, cancelled %d, version %d", m.Key, added, now.Cancelled, now.Version)
				}
				return err
			})
		}
		approval := pay.Movement{Merchant: shop, Payment: "imp_1", Key: "p", Kind: pay.MovementApproval, Amount: 1000, At: noon}
		add(approval, true, 0)
		add(cancel("imp_1", "c1", 300), true, 300)
		add(cancel("imp_1", "c1", 300), false, 300)
		add(cancel("imp_1", "c1", 500), false, 300) // told differently: the first word holds
		add(cancel("imp_1", "c2", 700), true, 1000)
		add(approval, false, 1000)
	})
}

func TestMovementIsFilledButNotChanged(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.inserted(t, payment("imp_1", "order"), pay.EvApproved)
		bare := cancel("imp_1", "c1", 300)
		bare.TaxFree, bare.Reason = 30, "처음"
		rich := bare
		rich.TaxFree, rich.At = 0, at(9)
		rich.Attempt, rich.Reason, rich.ReceiptURL, rich.CancelID = "attempt", "다음", "https://r.example", "cancel-id"
		want := rich
		want.TaxFree, want.At, want.Reason = 30, noon, "처음"
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, m := range []pay.Movement{bare, rich, bare} {
				if _, err := tx.AddMovement(ctx, m); err != nil {
					return err
				}
			}
			got, err := tx.Movements(ctx, shop, "imp_1")
			if diff := cmp.Diff([]pay.Movement{want}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

func TestNoMoreIsCancelledThanWasPaid(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.inserted(t, payment("imp_1", "order"), pay.EvApproved)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.AddMovement(ctx, cancel("imp_1", "c1", 600)); err != nil {
				return err
			}
			if _, err := tx.AddMovement(ctx, cancel("imp_1", "c2", 401)); !errors.Is(err, store.ErrRule) {
				t.Errorf("401 of the 400 left: %v", err)
			}
			_, err := tx.AddMovement(ctx, cancel("imp_1", "c3", 400)) // the transaction goes on
			return err
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			p, err := tx.Payment(ctx, shop, "imp_1")
			if p.Cancelled != 1000 || p.Left() != 0 {
				t.Errorf("cancelled %d", p.Cancelled)
			}
			return err
		})
	})
}

func TestSumsHoldWhenManyRecordAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.inserted(t, payment("imp_1", "order"), pay.EvApproved)
		ctx := t.Context()
		var added atomic.Int64
		together(40, func(i int) { // each of twenty cancels of 50 is told twice
			if err := f.Write(ctx, func(tx *store.Tx) error {
				fresh, err := tx.AddMovement(ctx, cancel("imp_1", numbered[string]("c", i/2), 50))
				if err == nil && fresh {
					added.Add(1)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			p, err := tx.Payment(ctx, shop, "imp_1")
			if p.Cancelled != 1000 || added.Load() != 20 {
				t.Errorf("cancelled %d by %d movements", p.Cancelled, added.Load())
			}
			if err != nil {
				return err
			}
			ms, err := tx.Movements(ctx, shop, "imp_1")
			keys := map[string]bool{}
			for _, m := range ms {
				keys[m.Key] = true
			}
			if len(ms) != 20 || len(keys) != 20 {
				t.Errorf("%d movements under %d keys", len(ms), len(keys))
			}
			return err
		})
	})
}

// Providers tell times in whole seconds: cancels of one second stay in the
// order they were recorded in.
func TestMovementsOfOneInstant(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.inserted(t, payment("imp_1", "order"), pay.EvApproved)
		want := []string{"c-later", "c-earlier", "c-last"}
		for _, key := range want {
			if err := f.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.AddMovement(t.Context(), cancel("imp_1", key, 10))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			ms, err := tx.Movements(ctx, shop, "imp_1")
			for i, m := range ms {
				if m.Key != want[i] {
					t.Errorf("movement %d is %s, want %s", i, m.Key, want[i])
				}
			}
			return err
		})
	})
}

// The gateway's first step of a cancel: what is left, less what others have
// open, must cover it. Racing requests must not both see the money.
func TestRacingCancelsCannotSpendTheSameMoney(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.inserted(t, payment("imp_1", "order"), pay.EvApproved)
		ctx := t.Context()
		intend := func(i int) error {
			return f.Write(ctx, func(tx *store.Tx) error {
				p, err := tx.Payment(ctx, shop, "imp_1")
				if err != nil {
					return err
				}
				open, err := tx.OpenAttempts(ctx, shop, "imp_1")
				if err != nil {
					return err
				}
				left := p.Left()
				for _, a := range open {
					left -= a.Amount
				}
				if left < 300 {
					return errRefused
				}
				return tx.InsertAttempt(ctx, attempt(numbered[pay.AttemptID]("a", i), "imp_1", 300))
			})
		}
		var passed atomic.Int64
		together(20, func(i int) {
			err := intend(i)
			if err == nil {
				passed.Add(1)
			} else if !errors.Is(err, errRefused) {
				t.Error(err)
			}
		})
		if passed.Load() != 3 {
			t.Errorf("%d cancels of 300 passed of 1000", passed.Load())
		}
	})
}

func TestAttemptRunsItsCourse(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"))
		a := attempt("a1", "imp_1", 1000)
		a.Kind, a.Detail = pay.AttemptConfirm, []byte(`{"key":"k"}`)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertAttempt(ctx, a); err != nil {
				return err
			}
			if err := tx.InsertAttempt(ctx, a); !errors.Is(err, store.ErrExists) {
				t.Errorf("the same attempt again: %v", err)
			}
			return nil
		})
		a.Status, a.Started = pay.AttemptStarted, noon
		var stale pay.Attempt
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.AttemptByID(ctx, "a1")
			if diff := cmp.Diff(a, got); diff != "" {
				t.Error(diff)
			}
			stale = got
			if err != nil {
				return err
			}
			got.Tries, got.Detail = 3, []byte(`{"key":"k","more":1}`)
			if got, err = tx.UpdateAttempt(ctx, got); err != nil {
				return err
			}
			got, err = tx.StepAttempt(ctx, got, pay.EvLost)
			if got.Status != pay.AttemptUnknown || got.Tries != 3 || string(got.Detail) != `{"key":"k","more":1}` || !got.Ended.IsZero() {
				t.Errorf("lost: %+v", got)
			}
			return err
		})
		f.clock.Add(time.Hour)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.StepAttempt(ctx, stale, pay.EvSucceeded); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a stale step: %v", err)
			}
			got, err := tx.Attempt(ctx, shop, "a1")
			if err != nil {
				return err
			}
			got.Code, got.Message = "C", "한도 초과"
			got, err = tx.StepAttempt(ctx, got, pay.EvRefused)
			if got.Status != pay.AttemptDeclined || got.Code != "C" || got.Message != "한도 초과" || !got.Ended.Equal(tx.Now) {
				t.Errorf("declined: %+v", got)
			}
			if _, err := tx.StepAttempt(ctx, got, pay.EvSucceeded); !errors.Is(err, pay.ErrNoStep) {
				t.Errorf("after its end: %v", err)
			}
			return err
		})
	})
}

func TestOpenAndStuckAttempts(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"), payment("imp_2", "other"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, p := range []pay.PaymentID{"imp_1", "imp_1", "imp_2", "imp_1"} {
				a := attempt(numbered[pay.AttemptID]("a", i), p, 10)
				a.Started = at(-i)
				if err := tx.InsertAttempt(ctx, a); err != nil {
					return err
				}
			}
			a, err := tx.Attempt(ctx, shop, "a001")
			if err != nil {
				return err
			}
			_, err = tx.StepAttempt(ctx, a, pay.EvNeverLeft)
			return err
		})
		step := func(ev pay.AttemptEvent) func(context.Context, *store.Tx, pay.Attempt) error {
			return func(ctx context.Context, tx *store.Tx, a pay.Attempt) error {
				_, err := tx.StepAttempt(ctx, a, ev)
				return err
			}
		}
		mark := func(ctx context.Context, tx *store.Tx, a pay.Attempt) error { return tx.MarkStuck(ctx, a) }
		for _, c := range []struct {
			id   pay.AttemptID
			do   func(context.Context, *store.Tx, pay.Attempt) error
			want string
		}{
			{"a000", step(pay.EvLost), "open [a003 a000], all [a003 a001 a000], stuck []"},
			{"a000", mark, "open [a003 a000], all [a003 a001 a000], stuck [a000]"},
			{"a002", mark, "open [a003 a000], all [a003 a001 a000], stuck [a002 a000]"},
			{"a000", step(pay.EvSucceeded), "open [a003], all [a003 a001 a000], stuck [a002]"},
		} {
			f.write(t, func(ctx context.Context, tx *store.Tx) error {
				a, err := tx.Attempt(ctx, shop, c.id)
				if err != nil {
					return err
				}
				return c.do(ctx, tx, a)
			})
			if got := attemptsView(t, f); got != c.want {
				t.Errorf("%s: %s, want %s", c.id, got, c.want)
			}
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			a, err := tx.Attempt(ctx, shop, "a000")
			if err == nil && !errors.Is(tx.MarkStuck(ctx, a), store.ErrConflict) {
				t.Error("a settled attempt was marked stuck")
			}
			return err
		})
	})
}

func attemptsView(t testing.TB, f fixture) (view string) {
	names := func(as []pay.Attempt) []pay.AttemptID {
		out := []pay.AttemptID{}
		for _, a := range as {
			out = append(out, a.ID)
		}
		return out
	}
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		open, err := tx.OpenAttempts(ctx, shop, "imp_1")
		if err != nil {
			return err
		}
		all, err := tx.ListAttempts(ctx, shop, "imp_1")
		if err != nil {
			return err
		}
		stuck, err := tx.StuckAttempts(ctx, 10)
		view = fmt.Sprintf("open %v, all %v, stuck %v", names(open), names(all), names(stuck))
		return err
	})
	return view
}
