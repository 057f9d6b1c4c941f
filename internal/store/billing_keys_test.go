package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// billingKey is a key that was asked for.
func billingKey(id pay.KeyID, uid pay.CustomerUID) pay.BillingKey {
	return pay.BillingKey{Merchant: shop, ID: id, CustomerUID: uid, CustomerID: "member", Channel: "channel-key-1",
		Provider: pay.TossPayments, MID: "mid", Mode: pay.ModeSandbox, Status: pay.KeyIssuing, Method: pay.MethodCard}
}

// issued is a key with what its provider gave for it.
func issued(id pay.KeyID, uid pay.CustomerUID) pay.BillingKey {
	k := billingKey(id, uid)
	k.Sealed, k.MAC = []byte("sealed "+id), []byte("mac of "+id)
	return k
}

// activated adds a key and makes it the one of its customer_uid.
func (f fixture) activated(t testing.TB, k pay.BillingKey) pay.BillingKey {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		if err = tx.InsertBillingKey(ctx, k); err == nil {
			k, err = tx.ActivateBillingKey(ctx, k)
		}
		return err
	})
	return k
}

// keyIDs is which keys these are, with their states.
func keyIDs(ks []pay.BillingKey) (out []string) {
	for _, k := range ks {
		out = append(out, string(k.ID)+" "+string(k.Status))
	}
	return out
}

func TestBillingKeyComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		k := pay.BillingKey{
			Merchant: shop, ID: "bk_1", CustomerUID: "회원-1", CustomerID: "member", Channel: "channel-key-1", Provider: pay.TossPay,
			MID: "mid", Mode: pay.ModeTest, Status: pay.KeyHeld, Sealed: []byte{1, 0, 255}, MAC: []byte{2, 0}, Method: pay.MethodPoint,
			Card: &pay.Card{Issuer: "361", Number: "5365-10**"}, Bank: &pay.Bank{Code: "004"}, Buyer: pay.Buyer{Name: "홍길동"},
			Code: "C", Message: "사유", Tries: 3, Created: at(-5),
		}
		plain := billingKey("bk_2", "회원-1")
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.InsertBillingKey(ctx, k), tx.InsertBillingKey(ctx, plain)); err != nil {
				return err
			}
			alien := k
			alien.Merchant = "other"
			if err := tx.InsertBillingKey(ctx, alien); !errors.Is(err, store.ErrExists) {
				t.Errorf("an id of another merchant's: %v", err)
			}
			return nil
		})
		k.Updated, plain.Created, plain.Updated = noon, noon, noon
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.BillingKeyByID(ctx, "other", "bk_1"); !isNotFound(err) {
				t.Errorf("another merchant finds it: %v", err)
			}
			return all(equal(t, k)(tx.BillingKeyByID(ctx, shop, "bk_1")), equal(t, k)(tx.KeyByID(ctx, "bk_1")),
				equal(t, plain)(tx.BillingKeyByID(ctx, shop, "bk_2")), equal(t, plain)(tx.NewestBillingKey(ctx, shop, "회원-1")))
		})
	})
}

func TestBillingKeyStepWritesEverythingOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		k := billingKey("bk_1", "customer")
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.InsertBillingKey(ctx, k) })
		now := f.clock.Add(time.Minute)
		changed := pay.BillingKey{
			Merchant: shop, ID: "bk_1", CustomerUID: "customer", CustomerID: "another", Channel: "channel-key-2", Provider: pay.TossPay,
			MID: "m", Mode: pay.ModeLive, Status: pay.KeyIssuing, Sealed: []byte{1}, MAC: []byte{2}, Method: pay.MethodPoint,
			Card: &pay.Card{Number: "1"}, Bank: &pay.Bank{Code: "088"}, Buyer: pay.Buyer{Tel: "010"}, Code: "C", Message: "M", Tries: 2,
			Created: noon, Updated: now,
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return equal(t, changed)(tx.UpdateBillingKey(ctx, changed))
		})
		want := changed
		want.Status, want.Tries = pay.KeyHeld, 3
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			changed.Tries = 3
			return equal(t, want)(tx.StepBillingKey(ctx, changed, pay.EvKeyHeld))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.StepBillingKey(ctx, changed, pay.EvKeyRefused); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a stale key was stepped: %v", err)
			}
			if _, err := tx.UpdateBillingKey(ctx, changed); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a stale key was written: %v", err)
			}
			if _, err := tx.StepBillingKey(ctx, want, pay.EvKeyDeleted); !errors.Is(err, pay.ErrNoStep) {
				t.Errorf("a held key was deleted: %v", err)
			}
			refused := want
			refused.Status, refused.Ended = pay.KeyRefused, now
			return all(equal(t, refused)(tx.StepBillingKey(ctx, want, pay.EvKeyRefused)), equal(t, refused)(tx.KeyByID(ctx, "bk_1")))
		})
	})
}

func TestActivationReplacesTheKeyBefore(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		first := f.activated(t, issued("bk_1", "customer"))
		f.activated(t, issued("bk_other", "another"))
		held := issued("bk_2", "customer")
		held.Status = pay.KeyHeld
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.InsertBillingKey(ctx, held) })
		now := f.clock.Add(time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := equal(t, first)(tx.BillingKey(ctx, shop, "customer")); err != nil {
				return err
			}
			active, err := tx.StepBillingKey(ctx, held, pay.EvKeyActivated)
			if err != nil {
				return err
			}
			replaced := first
			replaced.Status, replaced.Updated, replaced.Ended = pay.KeyReplaced, now, now
			if active.Status != pay.KeyActive || !active.Ended.IsZero() {
				t.Errorf("activated: %+v", active)
			}
			if _, err := tx.ActivateBillingKey(ctx, active); !errors.Is(err, pay.ErrNoStep) {
				t.Errorf("activated twice: %v", err)
			}
			return all(equal(t, replaced)(tx.KeyByID(ctx, "bk_1")), equal(t, active)(tx.BillingKey(ctx, shop, "customer")))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			ks, err := tx.ActiveBillingKeys(ctx, shop, []pay.CustomerUID{"another", "none", "customer", "another"})
			if err != nil {
				return err
			}
			return equal(t, []string{"bk_other active", "bk_2 active"})(keyIDs(ks), nil)
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			k, err := tx.BillingKey(ctx, shop, "customer")
			if err == nil {
				_, err = tx.StepBillingKey(ctx, k, pay.EvKeyDeleted)
			}
			if _, err := tx.BillingKey(ctx, shop, "customer"); !isNotFound(err) {
				t.Errorf("a deleted key is still found: %v", err)
			}
			return err
		})
	})
}

// However keys of one customer_uid come about at once, one is what it means in
// the end, the others are replaced, and nobody hears of an error.
func TestOfManyActivationsOneStays(t *testing.T) {
	const n = 20
	id := func(i int) pay.KeyID { return numbered[pay.KeyID]("bk_", i) }
	insert := func(ctx context.Context, tx *store.Tx, i int) error {
		return tx.InsertBillingKey(ctx, issued(id(i), "customer"))
	}
	for name, c := range map[string]struct{ before, own bool }{
		"keys that were issued":         {before: true},
		"keys made in the same breath":  {own: true},
		"the same, after one was there": {own: true, before: true},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f fixture) {
				switch {
				case c.own && c.before:
					f.activated(t, issued("bk_before", "customer"))
				case c.before:
					f.write(t, func(ctx context.Context, tx *store.Tx) error {
						for i := range n {
							if err := insert(ctx, tx, i); err != nil {
								return err
							}
						}
						return nil
					})
				}
				ctx := t.Context()
				together(n, func(i int) {
					if err := f.Write(ctx, func(tx *store.Tx) error {
						if c.own {
							if err := insert(ctx, tx, i); err != nil {
								return err
							}
						}
						k, err := tx.BillingKeyByID(ctx, shop, id(i))
						if err == nil {
							_, err = tx.ActivateBillingKey(ctx, k)
						}
						return err
					}); err != nil {
						t.Errorf("key %d: %v", i, err)
					}
				})
				f.read(t, func(ctx context.Context, tx *store.Tx) error {
					states := map[pay.KeyStatus]int{}
					for i := range n {
						k, err := tx.KeyByID(ctx, id(i))
						if err != nil {
							return err
						}
						states[k.Status]++
					}
					return equal(t, map[pay.KeyStatus]int{pay.KeyActive: 1, pay.KeyReplaced: n - 1})(states, nil)
				})
			})
		})
	}
}

// Who activates the oldest key of a customer and who activates the newest hold their
// own at the same time, and one of them the active key too. They follow each other,
// and neither is undone to let the other pass.
func TestActivationsDoNotWaitInACircle(t *testing.T) {
	t.Parallel()
	f := open(t, pgtest.DSN(t))
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		return all(tx.InsertBillingKey(ctx, issued("bk_1", "customer")), tx.InsertBillingKey(ctx, issued("bk_2", "customer")))
	})
	f.activated(t, issued("bk_3", "customer"))
	ctx := t.Context()
	var first, second = make(chan struct{}), make(chan struct{}) // held by each
	var runs [2]atomic.Int32
	activate := func(n int, id pay.KeyID, before func(tx *store.Tx) error) {
		if err := f.Write(ctx, func(tx *store.Tx) error {
			k, err := tx.BillingKeyByID(ctx, shop, id)
			if err == nil && runs[n].Add(1) == 1 {
				err = before(tx)
			}
			if err == nil {
				_, err = tx.ActivateBillingKey(ctx, k)
			}
			return err
		}); err != nil {
			t.Errorf("key %s: %v", id, err)
		}
	}
	var both sync.WaitGroup
	both.Go(func() {
		activate(0, "bk_1", func(*store.Tx) error {
			close(first)
			<-second
			return nil
		})
	})
	both.Go(func() {
		activate(1, "bk_2", func(tx *store.Tx) error {
			<-first
			_, err := tx.BillingKey(ctx, shop, "customer")
			close(second)
			return err
		})
	})
	both.Wait()
	if a, b := runs[0].Load(), runs[1].Load(); a != 1 || b != 1 {
		t.Errorf("run %d and %d times", a, b)
	}
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		k, err := tx.BillingKey(ctx, shop, "customer")
		if k.ID != "bk_1" {
			t.Errorf("%s is active; bk_1 was the last", k.ID)
		}
		return err
	})
}

// Keys follow each other while others ask for the one in use: there always is one.
func TestAKeyIsFoundWhileItIsReplaced(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const rounds = 30
		f.activated(t, issued("bk_first", "customer"))
		ctx := t.Context()
		together(6, func(n int) {
			for i := range rounds {
				err := f.Write(ctx, func(tx *store.Tx) error {
					if n > 1 {
						_, err := tx.BillingKey(ctx, shop, "customer")
						return err
					}
					k := issued(numbered[pay.KeyID]("bk_", n*rounds+i), "customer")
					if err := tx.InsertBillingKey(ctx, k); err != nil {
						return err
					}
					_, err := tx.ActivateBillingKey(ctx, k)
					return err
				})
				if err != nil {
					t.Errorf("%d, round %d: %v", n, i, err)
				}
			}
		})
	})
}

func TestKeysAreFoundByWhatAProviderSays(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		older, newer := issued("bk_1", "a"), issued("bk_2", "b")
		newer.MAC, older.Created, newer.Created = older.MAC, at(-2), at(-1)
		elsewhere := issued("bk_3", "c")
		elsewhere.Channel, elsewhere.MAC = "channel-key-2", older.MAC
		f.activated(t, older)
		newer.Status = pay.KeyHeld
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return all(tx.InsertBillingKey(ctx, newer), tx.InsertBillingKey(ctx, elsewhere), tx.InsertBillingKey(ctx, billingKey("bk_4", "a")))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			k, err := tx.BillingKeyByMAC(ctx, "channel-key-1", older.MAC)
			if k.ID != "bk_2" || err != nil {
				t.Errorf("by its digest: %s (%v)", k.ID, err)
			}
			if k, err := tx.BillingKeyByMAC(ctx, "channel-key-1", nil); !isNotFound(err) {
				t.Errorf("no digest found %s: %v", k.ID, err)
			}
			ks, err := tx.BillingKeysOfCustomer(ctx, "channel-key-1", "member")
			if err != nil {
				return err
			}
			return equal(t, []string{"bk_1 active", "bk_2 held", "bk_4 issuing"})(keyIDs(ks), nil) // bk_4 is being issued
		})
	})
}

func TestDatabaseRefusesImpossibleKeys(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.activated(t, issued("bk_1", "customer"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertBillingKey(ctx, issued("bk_2", "customer"))
		})
		refuses(t, f, `billing_keys`, `id = 'bk_2'`, map[string]error{
			`status = 'lost'`:                     store.ErrRule,
			`mode = 'prod'`:                       store.ErrRule,
			`customer_uid = ''`:                   store.ErrRule,
			`status = 'deleted'`:                  store.ErrRule, // it never ended
			`ended = 1`:                           store.ErrRule,
			`status = 'active'`:                   store.ErrExists,
			`id = 'bk_1'`:                         store.ErrExists,
			`status = 'held'`:                     nil,
			`status = 'deleted', ended = 1`:       nil,
			`status = 'active', customer_uid='b'`: nil,
			`status = 'held', sealed = $1`:        store.ErrRule, // there is nothing to charge
			`sealed = $1`:                         nil,
		})
	})
}
