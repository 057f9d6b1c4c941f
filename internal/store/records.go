package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"naru/internal/pay"
)

// Exchange is one request to a provider and its answer, scrubbed before it came
// here.
type Exchange struct {
	Merchant        pay.MerchantID
	Payment         pay.PaymentID // "" of none
	Attempt         pay.AttemptID // "" of none
	At              time.Time
	Took            time.Duration // kept in whole microseconds
	Method, Path    string
	Status          int // of HTTP, 0 when there was no answer
	Request, Answer []byte
	Error           string
}

const exchangeColumns = `merchant, payment, attempt, at, took, method, path, status, request, answer, error`

func scanExchange(r row) (e Exchange, err error) {
	err = r.Scan(&e.Merchant, &e.Payment, &e.Attempt, timeInto{&e.At}, spanInto{&e.Took}, &e.Method, &e.Path,
		&e.Status, blobInto{&e.Request}, blobInto{&e.Answer}, &e.Error)
	return e, err
}

// AddExchange records an exchange; a zero At is now. Of a payment that was read in
// this transaction and whose buyer was erased, what was said is not kept.
func (t *Tx) AddExchange(ctx context.Context, e Exchange) error {
	if p := t.held[heldPayment{e.Merchant, e.Payment}]; p != nil && !p.Erased.IsZero() {
		e.Request, e.Answer = nil, nil
	}
	id, err := uuid.NewV7() // in order of making, for those of one instant
	if err != nil {
		return wrap(err, "exchange of payment %s", e.Payment)
	}
	_, err = t.exec(ctx, `INSERT INTO exchanges (`+exchangeColumns+`, id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		e.Merchant, e.Payment, e.Attempt, t.or(e.At), e.Took.Microseconds(), e.Method, e.Path,
		e.Status, e.Request, e.Answer, e.Error, id.String())
	return wrap(err, "exchange of payment %s", e.Payment)
}

// ListExchanges is every exchange about a payment, oldest first.
func (t *Tx) ListExchanges(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]Exchange, error) {
	es, err := list(ctx, t, scanExchange, `SELECT `+exchangeColumns+` FROM exchanges
		WHERE merchant = $1 AND payment = $2 ORDER BY at, id`, merchant, payment)
	return es, wrap(err, "exchanges of payment %s", payment)
}

// scanBytes reads one blob.
func scanBytes(r row) (b []byte, err error) { return b, r.Scan(blobInto{&b}) }

// Keyset is the vault's sealed keys, or ErrNotFound.
func (t *Tx) Keyset(ctx context.Context) ([]byte, error) {
	b, err := one(ctx, t, scanBytes, `SELECT sealed FROM keysets WHERE name = 'vault'`)
	return b, wrap(err, "keyset")
}

// PutKeyset stores the vault's first sealed keys. ErrExists when there are some:
// nobody may lose the keys of what is sealed by accident.
func (t *Tx) PutKeyset(ctx context.Context, sealed []byte) error {
	if len(sealed) == 0 {
		return wrap(fmt.Errorf("%w: it is empty", ErrRule), "keyset")
	}
	err := t.change(ctx, ErrExists,
		`INSERT INTO keysets (name, sealed, updated) VALUES ('vault', $1, $2) ON CONFLICT DO NOTHING`, sealed, t.Now)
	return wrap(err, "keyset")
}

// SwapKeyset stores the vault's sealed keys in place of before; ErrConflict when
// before is not what is stored.
func (t *Tx) SwapKeyset(ctx context.Context, sealed, before []byte) error {
	if len(sealed) == 0 {
		return wrap(fmt.Errorf("%w: it is empty", ErrRule), "keyset")
	}
	err := t.change(ctx, ErrConflict,
		`UPDATE keysets SET sealed = $1, updated = $2 WHERE name = 'vault' AND sealed = $3`, sealed, t.Now, before)
	return wrap(err, "keyset")
}

// Meta is a fact about the installation, or ErrNotFound.
func (t *Tx) Meta(ctx context.Context, key string) (string, error) {
	v, err := one(ctx, t, func(r row) (v string, err error) { return v, r.Scan(&v) }, `SELECT value FROM meta WHERE key = $1`, key)
	return v, wrap(err, "meta %q", key)
}

// PutMeta stores a fact about the installation in place of the one before.
func (t *Tx) PutMeta(ctx context.Context, key, value string) error {
	_, err := t.exec(ctx, `INSERT INTO meta (key, value, updated) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated = excluded.updated`, key, value, t.Now)
	return wrap(err, "meta %q", key)
}
