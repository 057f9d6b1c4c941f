package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"naru/internal/pgtest"
	"naru/internal/store"
)

// What a database held before 0012 is there after it: four tables were taken
// aside and put back.
func TestRowsSurviveTheMerchantFirst(t *testing.T) {
	t.Parallel()
	for kind, url := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.Empty,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := fixture{Store: empty(t, url(t)), clock: &clock{now: noon}}
			if err := store.MigrateTo(t.Context(), f.Store, 8); err != nil {
				t.Fatal(err)
			}
			f.write(t, rowsBefore)
			if err := f.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.write(t, func(ctx context.Context, tx *store.Tx) error { return rowsAfter(ctx, t, tx) })
			f.write(t, oldStatements)
		})
	}
}

// rowsBefore writes rows as version 8 did.
func rowsBefore(ctx context.Context, tx *store.Tx) error {
	for _, row := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO merchants (id, user_code, name, settings, created) VALUES ('shop', 'imp1', 'n', '{}', 1)`, nil},
		{`INSERT INTO api_keys (key, merchant, secret_hash, created, revoked) VALUES ('k1', 'shop', $1, 5, 0), ('k2', 'shop', $1, 6, 7)`, []any{[]byte{1, 0}}},
		{`INSERT INTO tokens (key, merchant, hash, issued, expires) VALUES ('k1', 'shop', $1, 8, 9)`, []any{[]byte{0, 255}}},
		{`INSERT INTO channels (merchant, key, provider, mid, name, mode, kind, api, script, sealed, revision, is_default, disabled, created)
			VALUES ('shop', 'c', 'p', 'm', 'n', 'test', 'payment', '', '', $1, 1, FALSE, TRUE, 1)`, []any{[]byte{7}}},
		{`INSERT INTO notices (channel, key, kind, payment, at) VALUES ('c', 'n1', 'k', 'imp_1', 3), ('gone', 'n1', 'k', 'imp_1', 4)`, nil},
		{`INSERT INTO payments (merchant, id, merchant_uid, ordinal, channel, provider, mid, mode, source, mobile, status, version, method, name,
				amount, currency, tax_free, vat, cancelled, buyer, custom, escrow, user_agent, customer_uid, customer_usage,
				ref_order, ref_key, ref_data, details, notify, fail_code, fail_reason, cancel_reason,
				started_at, paid_at, failed_at, cancelled_at, updated_at, status_at)
			VALUES ('shop', 'imp_1', 'o', 1, 'c', 'p', 'm', 'test', 'window', FALSE, 'created', 0, 'card', 'n',
				1000, 'KRW', 0, NULL, 0, '{"name":"홍길동"}', '', FALSE, '', '', '', 'imp_1', '', $1, '{}', '{}', '', '', '', 1, 0, 0, 0, 1, 1)`, []any{[]byte{}}},
		{`INSERT INTO checkouts (token_hash, merchant, payment, state, style, launch, redirect_url, language, origin, created, expires, ended, code, message)
			VALUES ($1, 'shop', 'imp_1', 'begun', 'frame', '{"Name":"나"}', 'r', 'ko', 'o', 10, 11, 0, 'c', 'm')`, []any{[]byte{3, 0, 3}}},
	} {
		if _, err := tx.Exec(ctx, row.text, row.args...); err != nil {
			return err
		}
	}
	return nil
}

func rowsAfter(ctx context.Context, t *testing.T, tx *store.Tx) error {
	key := func(k string, created, revoked int64) store.APIKey {
		return store.APIKey{Key: k, Merchant: shop, SecretHash: []byte{1, 0}, Created: micros(created), Revoked: micros(revoked)}
	}
	token := store.Token{Key: "k1", Merchant: shop, Hash: []byte{0, 255}, Issued: micros(8), Expires: micros(9)}
	visit := store.Checkout{TokenHash: []byte{3, 0, 3}, Merchant: shop, Payment: "imp_1", State: "begun", Style: "frame", Window: []byte(`{"Name":"나"}`),
		RedirectURL: "r", Language: "ko", Origin: "o", Created: micros(10), Expires: micros(11), Code: "c", Message: "m"}
	if err := all(
		equal(t, []store.APIKey{key("k1", 5, 0), key("k2", 6, 7)})(tx.ListKeys(ctx, shop)),
		equal(t, token)(tx.TokenByHash(ctx, []byte{0, 255})), equal(t, token)(tx.TokenOfKey(ctx, "k1")),
		equal(t, visit)(tx.Checkout(ctx, []byte{3, 0, 3})), equal(t, visit)(tx.CheckoutOfPayment(ctx, shop, "imp_1")),
		equal(t, []string{"/gone/n1", "shop/c/n1"})(tx.Strings(ctx, `SELECT merchant || '/' || channel || '/' || key FROM notices ORDER BY 1`)),
	); err != nil {
		return err
	}
	p, err := tx.Payment(ctx, shop, "imp_1")
	if p.Buyer.Name != "홍길동" || !p.Erased.IsZero() {
		t.Errorf("the payment became %+v", p)
	}
	fresh, noticeErr := tx.InsertNotice(ctx, store.Notice{Merchant: shop, Channel: "c", Key: "n1", Kind: "k", Payment: "imp_1"})
	if fresh {
		t.Error("a notice that was told before is fresh")
	}
	if err := tx.InsertKey(ctx, store.APIKey{Key: "k1", Merchant: "other"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("another merchant's key: %v", err)
	}
	return errors.Join(err, noticeErr)
}

// oldStatements are those of the release before that name what has changed.
func oldStatements(ctx context.Context, tx *store.Tx) error {
	if _, err := tx.Exec(ctx, `INSERT INTO notices (channel, key, kind, payment, at) VALUES ('c', 'n9', 'k', 'imp_1', 3) ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	for _, text := range []string{
		`INSERT INTO tokens (key, merchant, hash, issued, expires) VALUES ('k1', 'shop', $1, 8, 9) ON CONFLICT (key) DO UPDATE SET
			merchant = excluded.merchant, hash = excluded.hash, issued = excluded.issued, expires = excluded.expires`,
		`UPDATE checkouts SET state = 'returned' WHERE token_hash = $1 AND state = 'begun'`,
	} {
		if _, err := tx.Exec(ctx, text, []byte{3, 0, 3}); err != nil {
			return err
		}
	}
	k, err := tx.TokenOfKey(ctx, "k1")
	if err == nil && len(k.Hash) != 3 {
		err = errors.New("the token was not replaced")
	}
	return err
}

// micros is a time as it was written by hand.
func micros(n int64) (at time.Time) {
	if n != 0 {
		at = time.UnixMicro(n).UTC()
	}
	return at
}
