package store_test

import (
	"context"
	"testing"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// Billing keys from before 0008 are there after it, and go on as before.
func TestKeysSurviveTheWindows(t *testing.T) {
	t.Parallel()
	for kind, url := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.Empty,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := fixture{Store: empty(t, url(t)), clock: &clock{now: noon}}
			if err := store.MigrateTo(t.Context(), f.Store, 7); err != nil {
				t.Fatal(err)
			}
			f.write(t, keysBefore)
			if err := f.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.write(t, func(ctx context.Context, tx *store.Tx) error { return keysAfter(ctx, t, tx) })
		})
	}
}

// keysBefore writes a key in each state as version 7 did.
func keysBefore(ctx context.Context, tx *store.Tx) error {
	for _, status := range []pay.KeyStatus{pay.KeyIssuing, pay.KeyHeld, pay.KeyActive, pay.KeyReplaced, pay.KeyDeleted, pay.KeyRefused} {
		sealed, ended := []byte{1, 2}, 0
		switch status {
		case pay.KeyIssuing:
			sealed = []byte{}
		case pay.KeyReplaced, pay.KeyDeleted, pay.KeyRefused:
			ended = 5
		}
		if _, err := tx.Exec(ctx, `INSERT INTO billing_keys (merchant, id, customer_uid, customer_id, channel, provider, mid, mode, status,
			sealed, mac, method, card, bank, buyer, code, message, tries, created, updated, ended)
			VALUES ('shop', $1, 'member', 'cust', 'ch', 'p', 'm', 'test', $1, $2, $2, 'card', 'null', 'null', '{}', '', '', 0, 1, 1, $3)`,
			status, sealed, ended); err != nil {
			return err
		}
	}
	return nil
}

func keysAfter(ctx context.Context, t *testing.T, tx *store.Tx) error {
	live, err := tx.BillingKeysOfCustomer(ctx, "ch", "cust")
	if err != nil || len(live) != 3 {
		t.Fatalf("%d keys that are not over, want 3 (%v)", len(live), err)
	}
	for _, k := range live {
		if k.Payment != "" || k.Proof != nil || !k.Agreed.IsZero() || !k.Wished().Equal(k.Created) {
			t.Errorf("%s: payment %q, proof %v, agreed %s", k.ID, k.Payment, k.Proof, k.Agreed)
		}
	}
	k, err := tx.BillingKey(ctx, "shop", "member")
	if err != nil {
		return err
	}
	if _, err = tx.StepBillingKey(ctx, k, pay.EvKeyDeleted); err != nil {
		return err
	}
	if k, err = tx.BillingKeyByID(ctx, "shop", pay.KeyID(pay.KeyIssuing)); err != nil {
		return err
	}
	k.Sealed = []byte{9}
	_, err = tx.ActivateBillingKey(ctx, k)
	return err
}
