package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// keepAll leaves texts as they are.
func keepAll() store.Eraser {
	same := func(s string) string { return s }
	return store.Eraser{Text: same, Address: same, Detail: func(raw json.RawMessage) (json.RawMessage, error) { return raw, nil }}
}

// starred is keepAll but for a word.
func starred(word string) store.Eraser {
	star := func(s string) string { return strings.ReplaceAll(s, word, "***") }
	return store.Eraser{Text: star, Address: star, Detail: func(raw json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(star(string(raw))), nil
	}}
}

// What is erased on SQLite is overwritten where it stood, also what filled pages of
// its own, and the connection goes on as before.
func TestErasedBytesAreOverwritten(t *testing.T) {
	t.Parallel()
	const mark = "markedforoverwriting"
	left := func(overwrite bool) int {
		file := filepath.Join(t.TempDir(), "naru.db")
		f := open(t, "sqlite:"+file)
		f.insert(t, payment("imp_1", "order"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.AddExchange(ctx, store.Exchange{Merchant: shop, Payment: "imp_1", Request: []byte(strings.Repeat(mark, 2000))})
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			erase := func() error { _, err := tx.ErasePayment(ctx, shop, "imp_1", keepAll()); return err }
			if !overwrite {
				return erase()
			}
			if err := tx.Erasing(ctx, erase); err != nil {
				return err
			}
			return equal(t, []string{"0"})(tx.Strings(ctx, `SELECT secure_delete FROM pragma_secure_delete`))
		})
		if err := f.Close(); err != nil { // folds the log into the file
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(b, []byte(mark))
	}
	if n := left(false); n == 0 {
		t.Error("nothing is left without overwriting: this test shows nothing")
	}
	if n := left(true); n != 0 {
		t.Errorf("%d marks are left", n)
	}
}

func TestErasingGoesBackAfterAnError(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		wrong := errors.New("wrong")
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for range 3 { // each sets it anew
				if err := tx.Erasing(ctx, func() error {
					if f.Kind() == "sqlite" {
						if err := equal(t, []string{"1"})(tx.Strings(ctx, `SELECT secure_delete FROM pragma_secure_delete`)); err != nil {
							return err
						}
					}
					return wrong
				}); !errors.Is(err, wrong) {
					t.Errorf("got %v", err)
				}
			}
			if f.Kind() == "sqlite" {
				return equal(t, []string{"0"})(tx.Strings(ctx, `SELECT secure_delete FROM pragma_secure_delete`))
			}
			return nil
		})
	})
}

func TestErasedPaymentKeepsItsBooks(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := payment("imp_1", "order")
		p.Buyer, p.Custom, p.UserAgent = pay.Buyer{Name: "홍길동", Email: "a@b"}, `{"a":1}`, "agent"
		p.Details = pay.Details{Card: &pay.Card{Issuer: "361", Number: "4330****"}, ApprovalNo: "1"}
		p.Notify = pay.Notify{URLs: []string{"https://shop/홍길동"}, ConfirmURL: "https://shop/c"}
		f.inserted(t, p, pay.EvConfirmStarted, pay.EvApproved)
		var before pay.Payment
		f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
			before, err = tx.Payment(ctx, shop, "imp_1")
			return err
		})
		erased := f.clock.Add(time.Hour)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			rows, err := tx.ErasePayment(ctx, shop, "imp_1", starred("홍길동"))
			if rows["payments"] != 1 {
				t.Errorf("rows %v", rows)
			}
			if err != nil {
				return err
			}
			want := before.WithoutPerson()
			want.Erased, want.Version, want.Notify.URLs = erased, before.Version+1, []string{"https://shop/***"}
			return equal(t, want)(tx.Payment(ctx, shop, "imp_1"))
		})
		// Who read it before does not write it back, and who reads it now brings nothing back.
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.UpdatePayment(ctx, before); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a stale payment: %v", err)
			}
			now, err := tx.Payment(ctx, shop, "imp_1")
			if err != nil {
				return err
			}
			now.Details.Card, now.Buyer = &pay.Card{Issuer: "361", Number: "4330****"}, before.Buyer
			if now, err = tx.UpdatePayment(ctx, now); err != nil || now.Details.Card.Number != "" || now.Buyer != (pay.Buyer{}) {
				t.Errorf("it came back: %+v (%v)", now, err)
			}
			return tx.AddExchange(ctx, store.Exchange{Merchant: shop, Payment: "imp_1", Request: []byte("홍길동"), Answer: []byte("홍길동"), Status: 200})
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			es, err := tx.ListExchanges(ctx, shop, "imp_1")
			if len(es) != 1 || len(es[0].Request)+len(es[0].Answer) != 0 || es[0].Status != 200 {
				t.Errorf("exchanges %+v", es)
			}
			return err
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.ErasePayment(ctx, "other", "imp_1", keepAll()); !isNotFound(err) {
				t.Errorf("another merchant's payment: %v", err)
			}
			return nil
		})
	})
}

func TestErasuresAreRecorded(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		e := store.Erasure{Merchant: shop, ID: "e1", What: json.RawMessage(`{"imp_uid":"imp_1"}`), Actor: "kim", Rows: store.Erased{"payments": 1}}
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.AddErasure(ctx, e) })
		e.At = noon
		later := e
		later.ID, later.At, later.Rows = "e2", f.clock.Add(time.Minute), store.Erased{}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return all(tx.AddErasure(ctx, later), equal(t, []store.Erasure{later, e})(tx.ListErasures(ctx, shop, 9)),
				equal(t, []store.Erasure{later})(tx.ListErasures(ctx, shop, 1)))
		})
		for name, bad := range map[string]store.Erasure{"of nobody": {Merchant: shop, ID: "e3"}, "without a name": {Merchant: shop, Actor: "kim"}} {
			if err := f.Write(t.Context(), func(tx *store.Tx) error { return tx.AddErasure(t.Context(), bad) }); !errors.Is(err, store.ErrRule) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := f.Write(t.Context(), func(tx *store.Tx) error { return tx.AddErasure(t.Context(), e) }); !errors.Is(err, store.ErrExists) {
			t.Errorf("the same record: %v", err)
		}
	})
}
