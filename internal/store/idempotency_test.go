package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"naru/internal/store"
)

func keyed(key string) store.Keyed {
	return store.Keyed{
		Merchant: shop, Key: key, Method: "POST", Route: "/payments/cancel", Fingerprint: []byte{1, 2, 3},
		State: store.KeyedRunning, Run: 1, Lease: at(1), Created: noon, Expires: at(30 * 24 * 60),
	}
}

// TestKeyed: a key goes from its claim over what is begun to its answer.
func TestKeyed(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		want := keyed("k1")
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertKeyed(ctx, want); err != nil {
				return err
			}
			if err := tx.InsertKeyed(ctx, want); !errors.Is(err, store.ErrExists) {
				t.Errorf("claimed twice: %v", err)
			}
			other := want
			other.Merchant = "another"
			if err := tx.InsertKeyed(ctx, other); err != nil {
				t.Errorf("the same key of another merchant: %v", err)
			}
			if _, err := tx.Keyed(ctx, shop, "K1"); !isNotFound(err) {
				t.Errorf("keys are told apart by case: %v", err)
			}
			return equal(t, want)(tx.Keyed(ctx, shop, "k1"))
		})
		b := store.Began{Kind: "cancel", ID: "a1", Payment: "imp_1", MerchantUID: "o1", Detail: json.RawMessage(`["o1"]`)}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.BeginKeyed(ctx, want, b, at(5)); err != nil {
				return err
			}
			want.Began, want.Lease = b, at(5)
			if err := tx.BeginKeyed(ctx, want, b, at(2)); err != nil { // a lease is not shortened
				return err
			}
			if err := tx.DropKeyed(ctx, want); !errors.Is(err, store.ErrConflict) {
				t.Errorf("dropped though something was begun: %v", err)
			}
			return equal(t, want)(tx.Keyed(ctx, shop, "k1"))
		})
		f.clock.Add(time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.EndKeyed(ctx, want, store.KeyedDone, 200, []byte("sealed")); err != nil {
				return err
			}
			want.State, want.Status, want.Answer, want.Ended = store.KeyedDone, 200, []byte("sealed"), at(1)
			return equal(t, want)(tx.Keyed(ctx, shop, "k1"))
		})
	})
}

// TestAnOlderRunOfAKeyChangesNothing: whoever was thought dead and is not may
// neither begin, end nor free what another has taken up.
func TestAnOlderRunOfAKeyChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		old := keyed("k1")
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.InsertKeyed(ctx, old) })
		f.clock.Add(2 * time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			now, err := tx.TakeKeyed(ctx, old, at(3))
			if err != nil || now.Run != 2 || !now.Lease.Equal(at(3)) {
				t.Fatalf("run %d until %s: %v", now.Run, now.Lease, err)
			}
			_, err = tx.TakeKeyed(ctx, old, at(9))
			for what, err := range map[string]error{
				"take": err, "begin": tx.BeginKeyed(ctx, old, store.Began{Kind: "charge"}, at(9)),
				"end": tx.EndKeyed(ctx, old, store.KeyedDone, 200, []byte("x")), "drop": tx.DropKeyed(ctx, old),
			} {
				if !errors.Is(err, store.ErrConflict) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if err := tx.DropKeyed(ctx, now); err != nil {
				t.Errorf("the newest run: %v", err)
			}
			if _, err := tx.Keyed(ctx, shop, "k1"); !isNotFound(err) {
				t.Errorf("it is not free: %v", err)
			}
			return nil
		})
	})
}

// TestKeysAreReaped when their time is over, some at a time, and no others.
func TestKeysAreReaped(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range 7 {
				k := keyed(fmt.Sprint("k", i))
				k.Expires = at(i)
				if err := tx.InsertKeyed(ctx, k); err != nil {
					return err
				}
			}
			return nil
		})
		f.clock.Add(4 * time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, want := range []int{3, 2, 0} {
				if n, err := tx.ReapKeyed(ctx, 3); n != want || err != nil {
					t.Errorf("%d removed, want %d: %v", n, want, err)
				}
			}
			left, err := tx.Strings(ctx, `SELECT key FROM idempotency ORDER BY key`)
			if strings.Join(left, " ") != "k5 k6" {
				t.Errorf("left: %v", left)
			}
			k, err2 := tx.Keyed(ctx, shop, "k5")
			if err := tx.DeleteKeyed(ctx, k); !errors.Is(err, store.ErrConflict) {
				t.Errorf("freed before its time: %v", err)
			}
			return all(err, err2)
		})
	})
}

// TestKeysThatTheDatabaseRefuses.
func TestKeysThatTheDatabaseRefuses(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		for what, change := range map[string]func(*store.Keyed){
			"no key": func(k *store.Keyed) { k.Key = "" }, "a long key": func(k *store.Keyed) { k.Key = strings.Repeat("k", 256) },
			"nobody's": func(k *store.Keyed) { k.Merchant = "" },
		} {
			k := keyed("k")
			change(&k)
			if err := f.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertKeyed(t.Context(), k) }); !errors.Is(err, store.ErrRule) {
				t.Errorf("%s: %v", what, err)
			}
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.InsertKeyed(ctx, keyed("k")) })
		if err := f.Write(t.Context(), func(tx *store.Tx) error {
			return tx.EndKeyed(t.Context(), keyed("k"), store.KeyedDone, 0, nil)
		}); !errors.Is(err, store.ErrRule) {
			t.Errorf("done without an answer: %v", err)
		}
	})
}
