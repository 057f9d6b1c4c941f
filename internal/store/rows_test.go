package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/store"
)

// equal reports how a read value differs from what is wanted.
func equal[T any](t testing.TB, want T) func(got T, err error) error {
	t.Helper()
	return func(got T, err error) error {
		t.Helper()
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Errorf("(- wanted, + is)\n%s", diff)
		}
		return err
	}
}

// all is the first error of many.
func all(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestMerchants(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		m := pay.Merchant{ID: "m2", UserCode: "imp00000002", Name: "둘", Created: at(-1), Settings: pay.Settings{
			WebhookURL: "https://m.example/hook", WebhookRetries: []int{1, 2}, Origins: []string{"https://m.example"}, HideSandbox: true}}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertMerchant(ctx, m); err != nil {
				return err
			}
			for _, taken := range []pay.Merchant{{ID: "m2", UserCode: "imp3"}, {ID: "m3", UserCode: "imp00000002"}} {
				if err := tx.InsertMerchant(ctx, taken); !errors.Is(err, store.ErrExists) {
					t.Errorf("%+v: %v", taken, err)
				}
			}
			if err := tx.UpdateMerchant(ctx, pay.Merchant{ID: "none"}); !isNotFound(err) {
				t.Errorf("nobody: %v", err)
			}
			return all(equal(t, m)(tx.Merchant(ctx, "m2")), equal(t, m)(tx.MerchantByUserCode(ctx, "imp00000002")))
		})
		m.Name, m.Settings = "새 이름", pay.Settings{WebhookForm: true}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.UpdateMerchant(ctx, m); err != nil {
				return err
			}
			ms, err := tx.ListMerchants(ctx)
			if len(ms) != 2 || ms[1].ID != shop {
				t.Errorf("merchants: %+v", ms)
			}
			return all(err, equal(t, m)(ms[0], nil))
		})
	})
}

func TestKeysAndTokens(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		k := store.APIKey{Key: "0123456789012345", Merchant: shop, SecretHash: []byte{1, 2, 0}, Created: noon}
		first := store.Token{Key: k.Key, Merchant: shop, Hash: []byte("one"), Issued: noon, Expires: at(30)}
		second := store.Token{Key: k.Key, Merchant: shop, Hash: []byte("two"), Issued: at(31), Expires: at(61)}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertKey(ctx, k); err != nil {
				return err
			}
			if err := tx.InsertKey(ctx, k); !errors.Is(err, store.ErrExists) {
				t.Errorf("the same key: %v", err)
			}
			if _, err := tx.TokenOfKey(ctx, k.Key); !isNotFound(err) {
				t.Errorf("no token yet: %v", err)
			}
			if err := all(tx.PutToken(ctx, first), equal(t, first)(tx.TokenByHash(ctx, []byte("one"))), tx.PutToken(ctx, second)); err != nil {
				return err
			}
			if _, err := tx.TokenByHash(ctx, []byte("one")); !isNotFound(err) {
				t.Errorf("a replaced token: %v", err)
			}
			return all(equal(t, second)(tx.TokenOfKey(ctx, k.Key)), equal(t, second)(tx.TokenByHash(ctx, []byte("two"))), equal(t, k)(tx.Key(ctx, k.Key)))
		})
		k.Revoked = f.clock.Add(time.Minute)
		for range 2 {
			f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.RevokeKey(ctx, shop, k.Key) })
			f.clock.Add(time.Hour) // the first time counts
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.RevokeKey(ctx, shop, "none"); !isNotFound(err) {
				t.Errorf("no such key: %v", err)
			}
			return equal(t, []store.APIKey{k})(tx.ListKeys(ctx, shop))
		})
	})
}

func TestAKeyIsItsMerchants(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		k := store.APIKey{Key: "0123456789012345", Merchant: shop, Name: "server", SecretHash: []byte{1, 2, 0}, Created: noon}
		token := store.Token{Key: k.Key, Merchant: shop, Hash: []byte("one"), Issued: noon, Expires: f.clock.Add(time.Hour)}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.InsertKey(ctx, k), equal(t, k)(tx.KeyOf(ctx, shop, k.Key)), tx.PutToken(ctx, token)); err != nil {
				return err
			}
			next := k
			next.Name, next.SecretHash, next.FormerHash, next.FormerUntil = "other", []byte{3}, k.SecretHash, at(60)
			if err := all(tx.UpdateKey(ctx, next), equal(t, next)(tx.Key(ctx, k.Key))); err != nil {
				return err
			}
			next.FormerHash, next.FormerUntil = nil, time.Time{}
			if err := all(tx.UpdateKey(ctx, next), equal(t, []store.APIKey{next})(tx.ListKeys(ctx, shop))); err != nil {
				return err
			}
			alien := next
			alien.Merchant = "other"
			_, err := tx.KeyOf(ctx, "other", k.Key)
			for _, err := range []error{err, tx.UpdateKey(ctx, alien), tx.RevokeKey(ctx, "other", k.Key)} {
				if !isNotFound(err) {
					t.Errorf("another merchant's key: %v", err)
				}
			}
			if err := tx.EndToken(ctx, "other", k.Key); err != nil {
				return err
			}
			if list, err := tx.ListTokens(ctx, "other"); err != nil || len(list) != 0 {
				t.Errorf("another merchant's tokens: %+v, %v", list, err)
			}
			return equal(t, []store.Token{token})(tx.ListTokens(ctx, shop))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			ended := token
			ended.Expires = tx.Now
			return all(tx.EndToken(ctx, shop, k.Key), equal(t, ended)(tx.TokenOfKey(ctx, k.Key)))
		})
	})
}

func TestOfManyWhoFindATokenExpiredOneReplacesIt(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertKey(ctx, store.APIKey{Key: "k", Merchant: shop})
		})
		ctx := t.Context()
		var issued atomic.Int64
		together(20, func(i int) {
			fresh := false
			if err := f.Write(ctx, func(tx *store.Tx) error {
				old, err := tx.TokenOfKey(ctx, "k")
				if err != nil && !isNotFound(err) {
					return err
				}
				if fresh = !old.Expires.After(tx.Now); !fresh {
					return nil
				}
				return tx.PutToken(ctx, store.Token{Key: "k", Merchant: shop, Hash: []byte{byte(i)}, Issued: tx.Now, Expires: at(30)})
			}); err != nil {
				t.Error(err)
			}
			if fresh {
				issued.Add(1)
			}
		})
		if issued.Load() != 1 {
			t.Errorf("%d tokens were issued", issued.Load())
		}
	})
}

func TestChannels(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		c := pay.Channel{Merchant: shop, Key: "channel-key-1", Provider: pay.TossPayments, MID: "mid", Name: "기본", Mode: pay.ModeTest,
			Kind: pay.ChannelPayment, API: "http://a", Script: "http://s", Sealed: []byte{9, 0}, Revision: 4, Default: true,
			Options: pay.ChannelOptions{FixedAccounts: true}, Created: noon}
		older := pay.Channel{Merchant: shop, Key: "channel-key-2", Mode: pay.ModeLive, Kind: pay.ChannelBilling, Created: at(-1)}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.InsertChannel(ctx, c), tx.InsertChannel(ctx, older)); err != nil {
				return err
			}
			alien := c
			alien.Merchant = "other"
			if err := tx.InsertChannel(ctx, alien); !errors.Is(err, store.ErrExists) {
				t.Errorf("a key of another merchant's: %v", err)
			}
			if err := tx.UpdateChannel(ctx, alien); !isNotFound(err) {
				t.Errorf("another merchant's channel: %v", err)
			}
			changed := c
			changed.Provider, changed.MID, changed.Name, changed.Mode, changed.Kind = pay.TossPay, "m", "n", pay.ModeSandbox, pay.ChannelBilling
			changed.API, changed.Script, changed.Sealed, changed.Default, changed.Disabled = "", "", []byte{1}, false, true
			changed.Options = pay.ChannelOptions{}
			changed.Created, changed.Revision = at(99), 99 // neither is the caller's to change
			if err := all(equal(t, c)(tx.Channel(ctx, shop, c.Key)), tx.UpdateChannel(ctx, changed)); err != nil {
				return err
			}
			changed.Created, changed.Revision = noon, 5
			return all(equal(t, changed)(tx.ChannelByKey(ctx, c.Key)), equal(t, []pay.Channel{older, changed})(tx.ListChannels(ctx, shop)))
		})
	})
}

func checkout(p pay.PaymentID) store.Checkout {
	return store.Checkout{TokenHash: []byte("hash of " + p), Merchant: shop, Payment: p, Style: store.StyleFrame,
		Window: []byte(`{"a":"나"}`), RedirectURL: "https://m.example/done", Language: "ko", Origin: "https://m.example", Expires: at(30)}
}

func TestCheckouts(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"))
		c := checkout("imp_1")
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertCheckout(ctx, c); err != nil {
				return err
			}
			if err := tx.InsertCheckout(ctx, c); !errors.Is(err, store.ErrExists) {
				t.Errorf("the same token: %v", err)
			}
			newer := c
			newer.TokenHash, newer.Created = []byte("newer"), at(1)
			if err := tx.InsertCheckout(ctx, newer); err != nil {
				return err
			}
			newer.State = store.CheckoutNew
			return equal(t, newer)(tx.CheckoutOfPayment(ctx, shop, "imp_1"))
		})
		c.State, c.Created = store.CheckoutNew, noon
		end := f.clock.Add(time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := equal(t, c)(tx.Checkout(ctx, c.TokenHash)); err != nil {
				return err
			}
			begun, err := tx.StepCheckout(ctx, c, store.CheckoutBegun)
			if err != nil {
				return err
			}
			if _, err := tx.StepCheckout(ctx, c, store.CheckoutBegun); !errors.Is(err, store.ErrConflict) {
				t.Errorf("begun twice: %v", err)
			}
			begun.Code, begun.Message = "PAY_PROCESS_CANCELED", "사용자가 닫음"
			want := begun
			want.State, want.Ended = store.CheckoutDone, end
			return all(equal(t, want)(tx.StepCheckout(ctx, begun, store.CheckoutDone)), equal(t, want)(tx.Checkout(ctx, c.TokenHash)))
		})
	})
}

func TestNoticeIsFreshOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, want := range []bool{true, false} {
				fresh, err := tx.InsertNotice(ctx, store.Notice{Merchant: shop, Channel: "channel-key-1", Key: "event-1", Kind: "PAYMENT_STATUS_CHANGED", Payment: "imp_1"})
				if fresh != want || err != nil {
					t.Errorf("time %d: fresh %v (%v)", i, fresh, err)
				}
			}
			fresh, err := tx.InsertNotice(ctx, store.Notice{Merchant: shop, Channel: "channel-key-2", Key: "event-1", Kind: "PAYMENT_STATUS_CHANGED", Payment: "imp_1"})
			if !fresh {
				t.Error("another channel's notice is not fresh")
			}
			return err
		})
	})
}

func TestDeliveries(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		d := store.Delivery{Merchant: shop, ID: "d1", Payment: "imp_1", Event: "paid", URL: "https://m.example/a",
			ContentType: "application/json", Body: []byte(`{"imp_uid":"imp_1"}`), NextAt: noon}
		second, elsewhere := d, d
		second.ID, elsewhere.ID, elsewhere.URL = "d2", "d3", "https://m.example/b"
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.InsertDelivery(ctx, d), tx.InsertDelivery(ctx, second), tx.InsertDelivery(ctx, elsewhere)); err != nil {
				return err
			}
			if err := tx.InsertDelivery(ctx, d); !errors.Is(err, store.ErrExists) {
				t.Errorf("the same delivery: %v", err)
			}
			return nil
		})
		d.Status, d.Seq, d.Created = store.DeliveryWaiting, 1, noon
		second.Status, second.Seq, second.Created = store.DeliveryWaiting, 2, noon
		elsewhere.Status, elsewhere.Seq, elsewhere.Created = store.DeliveryWaiting, 1, noon
		tries := []store.DeliveryTry{
			{At: noon, Took: 1500 * time.Microsecond, Status: 500, Answer: "<오류>"},
			{At: noon, Error: "connection refused", Manual: true},
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := equal(t, []store.Delivery{d, elsewhere, second})(tx.ListDeliveries(ctx, shop, "imp_1")); err != nil {
				return err
			}
			done := d
			done.Tries, done.Status, done.NextAt, done.Done = 2, store.DeliveryGivenUp, time.Time{}, at(5)
			if err := all(tx.AddDeliveryTry(ctx, shop, "d1", tries[0]), tx.AddDeliveryTry(ctx, shop, "d1", tries[1]),
				tx.UpdateDelivery(ctx, done, 0)); err != nil {
				return err
			}
			if err := tx.UpdateDelivery(ctx, done, 0); !errors.Is(err, store.ErrConflict) {
				t.Errorf("tried meanwhile: %v", err)
			}
			return all(equal(t, done)(tx.Delivery(ctx, shop, "d1")), equal(t, tries)(tx.DeliveryTries(ctx, shop, "d1")))
		})
	})
}

func TestExchangesKeepTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		e := store.Exchange{Merchant: shop, Payment: "imp_1", Attempt: "a1", At: noon, Took: 42 * time.Millisecond, Method: "POST",
			Path: "/v1/payments/confirm", Status: 200, Request: []byte(`{"amount":1000}`), Answer: []byte{0xff, 0}}
		var want []store.Exchange
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range 20 { // at one instant
				e.Path = numbered[string]("/", i)
				want = append(want, e)
				if err := tx.AddExchange(ctx, e); err != nil {
					return err
				}
			}
			return equal(t, want)(tx.ListExchanges(ctx, shop, "imp_1"))
		})
	})
}

func TestAlarms(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		a := store.Alarm{ID: "a1", Merchant: shop, Payment: "imp_1", Kind: "paid_twice", Text: "두 번 결제됨", At: noon}
		b := store.Alarm{ID: "a2", Merchant: shop, Kind: "other", At: at(-1)}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			again := a
			again.Text = "다시"
			return all(tx.AddAlarm(ctx, a), tx.AddAlarm(ctx, b), tx.AddAlarm(ctx, again),
				equal(t, []store.Alarm{b, a})(tx.ListAlarms(ctx, true)))
		})
		a.Closed = f.clock.Add(time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.CloseAlarm(ctx, shop, "none"); !isNotFound(err) {
				t.Errorf("no such alarm: %v", err)
			}
			return all(tx.CloseAlarm(ctx, shop, "a1"),
				equal(t, []store.Alarm{b})(tx.ListAlarms(ctx, true)), equal(t, []store.Alarm{b, a})(tx.ListAlarms(ctx, false)))
		})
	})
}

func TestKeysetIsNotLostByAccident(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Keyset(ctx); !isNotFound(err) {
				t.Errorf("none yet: %v", err)
			}
			if err := tx.PutKeyset(ctx, nil); !errors.Is(err, store.ErrRule) {
				t.Errorf("an empty keyset: %v", err)
			}
			if err := tx.SwapKeyset(ctx, []byte{2}, nil); !errors.Is(err, store.ErrConflict) {
				t.Errorf("in place of none: %v", err)
			}
			if err := tx.PutKeyset(ctx, []byte{1}); err != nil {
				return err
			}
			for name, err := range map[string]error{"put again": tx.PutKeyset(ctx, []byte{2}), "empty": tx.SwapKeyset(ctx, nil, []byte{1}),
				"in place of another": tx.SwapKeyset(ctx, []byte{2}, []byte{3})} {
				if !errors.Is(err, store.ErrExists) && !errors.Is(err, store.ErrRule) && !errors.Is(err, store.ErrConflict) {
					t.Errorf("%s: %v", name, err)
				}
			}
			return all(equal(t, []byte{1})(tx.Keyset(ctx)), tx.SwapKeyset(ctx, []byte{2}, []byte{1}), equal(t, []byte{2})(tx.Keyset(ctx)))
		})
	})
}

func TestMeta(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Meta(ctx, "k"); !isNotFound(err) {
				t.Errorf("none yet: %v", err)
			}
			return all(tx.PutMeta(ctx, "k", "하나"), tx.PutMeta(ctx, "k", "둘"), equal(t, "둘")(tx.Meta(ctx, "k")))
		})
	})
}
