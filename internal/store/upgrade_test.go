package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// What a database held before 0007 is there after it, types and all: attempts
// were taken aside and put back.
func TestRowsSurviveTheNewKindsOfAttempts(t *testing.T) {
	t.Parallel()
	for kind, url := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.Empty,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := fixture{Store: empty(t, url(t)), clock: &clock{now: noon}}
			if err := store.MigrateTo(t.Context(), f.Store, 6); err != nil {
				t.Fatal(err)
			}
			want := attemptsBefore(t, f)
			if err := f.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.write(t, func(ctx context.Context, tx *store.Tx) error { return afterUpgrade(ctx, t, tx, want) })
		})
	}
}

// attemptsBefore fills a database of version 6.
func attemptsBefore(t *testing.T, f fixture) []pay.Attempt {
	want := []pay.Attempt{
		{Merchant: shop, ID: "a1", Payment: "imp_1", Kind: pay.AttemptConfirm, Status: pay.AttemptStarted, Amount: 1000,
			Detail: json.RawMessage(`{"뜻":"\u0000"}`), Deadline: at(1), Started: noon},
		{Merchant: shop, ID: "a2", Payment: "imp_1", Kind: pay.AttemptCancel, Status: pay.AttemptDeclined, Amount: 1 << 60,
			Detail: json.RawMessage(`5`), Code: "007", Message: "거절", Tries: 3, Started: at(1), Ended: at(2)},
	}
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO merchants (id, user_code, name, settings, created) VALUES ('shop', 'imp1', 'n', '{}', 1)`)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO channels (merchant, key, provider, mid, name, mode, kind, api, script, sealed, revision,
			is_default, disabled, created) VALUES ('shop', 'c', 'p', 'm', 'n', 'test', 'payment', '', '', $1, 1, FALSE, TRUE, 1)`, []byte{7}); err != nil {
			return err
		}
		if err := tx.InsertPayment(ctx, payment("imp_1", "order")); err != nil {
			return err
		}
		for i, a := range want {
			if _, err := tx.Exec(ctx, `INSERT INTO attempts (merchant, id, payment, kind, status, amount, detail, code, message, tries,
				deadline, started, ended, needs_person) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
				a.Merchant, a.ID, a.Payment, a.Kind, a.Status, a.Amount, string(a.Detail), a.Code, a.Message, a.Tries,
				a.Deadline, a.Started, a.Ended, i == 0); err != nil {
				return err
			}
		}
		return nil
	})
	return want
}

func afterUpgrade(ctx context.Context, t *testing.T, tx *store.Tx, want []pay.Attempt) error {
	err := all(equal(t, want)(tx.ListAttempts(ctx, shop, "imp_1")), equal(t, want[:1])(tx.StuckAttempts(ctx, 9)))
	if err != nil {
		return err
	}
	if m, err := tx.Merchant(ctx, shop); m.Parent != "" || m.Tier != "" || err != nil {
		t.Errorf("the merchant became %+v (%v)", m, err)
	}
	if c, err := tx.Channel(ctx, shop, "c"); c.Options != (pay.ChannelOptions{}) || !c.Disabled || err != nil {
		t.Errorf("the channel became %+v (%v)", c, err)
	}
	// The rules of attempts are what they were, and those that were finished stay so.
	if _, err := tx.StepAttempt(ctx, want[1], pay.EvSucceeded); !errors.Is(err, pay.ErrNoStep) {
		t.Errorf("a declined attempt: %v", err)
	}
	settled, err := tx.StepAttempt(ctx, want[0], pay.EvSucceeded)
	if settled.Status != pay.AttemptSucceeded {
		t.Errorf("the open attempt became %s", settled.Status)
	}
	return err
}

func TestAttemptsOfEveryKind(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, kind := range []pay.AttemptKind{pay.AttemptConfirm, pay.AttemptCancel, pay.AttemptCharge, pay.AttemptKeyIn,
				pay.AttemptIssueAccount, pay.AttemptRevokeAccount} {
				a := attempt(pay.AttemptID(kind), "imp_1", 1)
				a.Kind = kind
				if err := tx.InsertAttempt(ctx, a); err != nil {
					return err
				}
			}
			return nil
		})
		refuses(t, f, `attempts`, `id = 'charge'`, map[string]error{
			`kind = 'issue_key'`: store.ErrRule, // that intention is a billing key
			`kind = 'receipt'`:   store.ErrRule,
			`ended = 1`:          store.ErrRule,
			`amount = -1`:        store.ErrRule,
			`status = 'lost'`:    store.ErrRule,
			`id = 'cancel'`:      store.ErrExists,
		})
	})
}
