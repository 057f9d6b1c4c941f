package store_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"naru/internal/pay"
	"naru/internal/store"
)

// notSealed are the columns of bytes in which no value of the vault lies.
var notSealed = []string{
	"api_keys.former_hash", "api_keys.secret_hash", "tokens.hash", "checkouts.token_hash", "payments.ref_data", "billing_keys.mac", "deliveries.body",
	"exchanges.request", "exchanges.answer", "idempotency.fingerprint", "search_terms.term",
	"operator_sessions.token_hash", "operator_passkeys.id", "operator_links.token_hash",
	"billing_keys.find_buyer", "billing_keys.find_card", "billing_keys.find_customer", "billing_keys.find_member", "billing_keys.find_tel",
	"schedules.find_buyer", "schedules.find_customer", "schedules.find_member", "schedules.find_name", "schedules.find_tel", "schedules.find_uid",
	"import_parts.sealed", // a file that waits an hour at most: one that does not open is given again
	"keysets.sealed",      // by the master key
}

// A column of bytes is sealed, and then renewed with the vault's keys, or it is
// known not to be.
func TestEverySealedColumnIsRenewed(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		text := `SELECT m.name || '.' || c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND c.type = 'BYTEA'`
		if f.Kind() == "postgres" {
			text = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'`
		}
		var have []string
		f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
			have, err = tx.Strings(ctx, text)
			return err
		})
		want := slices.Clone(notSealed)
		for _, c := range store.SealedColumns() {
			if !c.Within {
				want = append(want, c.String())
			}
		}
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("columns of bytes: %q, known are %q", have, want)
		}
	})
}

func TestSealedValuesAreListedAndSwapped(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"))
		a := attempt("a1", "imp_1", 1)
		a.Detail = json.RawMessage(`{"refund_to":"c2VhbGVk","reason":"\"refund_to\":\"x"}`)
		bare := attempt("a2", "imp_1", 1)
		bare.Detail = json.RawMessage(`{"reason":"refund_to"}`)
		c := checkout("imp_1")
		c.TokenHash, c.Window = []byte{0, 255, 1}, []byte(`{"Billing":{"SealedCI":"eA=="}}`)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.InsertAttempt(ctx, a), tx.InsertAttempt(ctx, bare), tx.InsertCheckout(ctx, c)); err != nil {
				return err
			}
			for _, ch := range []string{"c1", "c2", "c3"} {
				if err := tx.InsertChannel(ctx, pay.Channel{Merchant: shop, Key: pay.ChannelKey(ch), Mode: pay.ModeTest, Kind: pay.ChannelPayment, Sealed: []byte(ch)}); err != nil {
					return err
				}
			}
			return nil
		})
		column := map[string]store.SealedColumn{}
		for _, c := range store.SealedColumns() {
			column[c.String()] = c
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			some, err := tx.ListSealed(ctx, column["channels.sealed"], store.Sealed{}, 2)
			if err != nil || len(some) != 2 || some[1].Key != "c2" || string(some[1].Value) != "c2" {
				t.Fatalf("channels: %+v (%v)", some, err)
			}
			rest, err := tx.ListSealed(ctx, column["channels.sealed"], some[1], 2)
			if err != nil || len(rest) != 1 || rest[0].Key != "c3" {
				t.Fatalf("the rest: %+v (%v)", rest, err)
			}
			for name, want := range map[string]store.Sealed{
				"attempts.detail":  {Merchant: shop, Key: "a1", About: "imp_1", Value: a.Detail},
				"checkouts.launch": {Merchant: shop, Key: "\x00\xff\x01", About: "imp_1", Value: c.Window},
			} {
				if err := equal(t, []store.Sealed{want})(tx.ListSealed(ctx, column[name], store.Sealed{}, 9)); err != nil {
					return err
				}
				next := []byte(`{"new":1}`)
				if ok, err := tx.SwapSealed(ctx, column[name], want, next); !ok || err != nil {
					t.Errorf("%s is not swapped (%v)", name, err)
				}
				if ok, err := tx.SwapSealed(ctx, column[name], want, next); ok || err != nil {
					t.Errorf("%s is swapped though it changed (%v)", name, err)
				}
			}
			return nil
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Attempt(ctx, shop, "a1")
			if string(got.Detail) != `{"new":1}` {
				t.Errorf("detail %s", got.Detail)
			}
			if c, err := tx.Channel(ctx, shop, "c1"); c.Revision != 0 || err != nil {
				t.Errorf("revision %d (%v)", c.Revision, err)
			}
			return err
		})
	})
}

func TestEverySealedColumnCanBeRead(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, c := range store.SealedColumns() {
				if _, err := tx.ListSealed(ctx, c, store.Sealed{}, 1); err != nil {
					t.Errorf("%s: %v", c, err)
				}
				was := store.Sealed{Merchant: "m", Key: "1", Value: []byte("{}")}
				if ok, err := tx.SwapSealed(ctx, c, was, []byte("{}")); ok || err != nil {
					t.Errorf("%s: %v %v", c, ok, err)
				}
				if !strings.Contains(c.String(), ".") {
					t.Errorf("%s has no name", c)
				}
			}
			return nil
		})
	})
}
