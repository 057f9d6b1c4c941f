package store

import (
	"context"
	"encoding/json"
	"time"

	"naru/internal/pay"
)

// Keyed is one request that a merchant made under an Idempotency-Key.
type Keyed struct {
	Merchant      pay.MerchantID
	Key           string // 1 to 255 characters
	Method, Route string
	Fingerprint   []byte // of the request
	State         KeyedState
	Run           int64     // its newest run, the only one that may change the row; no number comes twice under a key
	Lease         time.Time // until when that run is believed to live
	Began         Began     // zero: nothing was begun
	Status        int       // of HTTP; 0: not answered yet
	Answer        []byte    // sealed
	Created       time.Time
	Ended         time.Time // zero: not answered yet
	Expires       time.Time
}

// KeyedState is how a request under a key stands.
type KeyedState string

const (
	KeyedRunning KeyedState = "running" // being worked on, as long as its lease holds
	KeyedDone    KeyedState = "done"    // its answer is final
	KeyedUnknown KeyedState = "unknown" // something was begun whose outcome was not known when it was answered
)

// Began is what a request began, written in the transaction that begins it. A
// zero Kind is nothing.
type Began struct {
	Kind        string // "charge", "cancel", "issue_key", …
	ID          string // of the attempt, the billing key or the receipt
	Payment     pay.PaymentID
	MerchantUID pay.MerchantUID
	Detail      json.RawMessage // what else is needed to tell what was done
}

const keyedColumns = `merchant, key, method, route, fingerprint, state, run, lease_to, began, began_id, payment, merchant_uid, detail, ` +
	`status, answer, created, ended, expires`

func scanKeyed(r row) (k Keyed, err error) {
	err = r.Scan(&k.Merchant, &k.Key, &k.Method, &k.Route, blobInto{&k.Fingerprint}, &k.State, &k.Run, timeInto{&k.Lease},
		&k.Began.Kind, &k.Began.ID, &k.Began.Payment, &k.Began.MerchantUID, textInto[json.RawMessage]{&k.Began.Detail},
		&k.Status, blobInto{&k.Answer}, timeInto{&k.Created}, timeInto{&k.Ended}, timeInto{&k.Expires})
	return k, err
}

// InsertKeyed writes the first run of a key, which has begun nothing; its number
// must be none that the key has had before it was freed. ErrExists when the
// merchant has used the key, and the transaction may go on.
func (t *Tx) InsertKeyed(ctx context.Context, k Keyed) error {
	err := t.change(ctx, ErrExists, `INSERT INTO idempotency (`+keyedColumns+`)
		VALUES ($1, $2, $3, $4, $5, 'running', $10, $6, '', '', '', '', '', 0, $7, $8, 0, $9) ON CONFLICT DO NOTHING`,
		k.Merchant, k.Key, k.Method, k.Route, k.Fingerprint, k.Lease, []byte{}, t.Now, k.Expires, k.Run)
	return wrap(err, "idempotency key of merchant %s", k.Merchant)
}

// Keyed is what was done under a merchant's key, also when its time is over, or
// ErrNotFound. A Write holds it.
func (t *Tx) Keyed(ctx context.Context, merchant pay.MerchantID, key string) (Keyed, error) {
	k, err := one(ctx, t, scanKeyed, `SELECT `+keyedColumns+` FROM idempotency WHERE merchant = $1 AND key = $2`+t.lock(), merchant, key)
	return k, wrap(err, "idempotency key of merchant %s", merchant)
}

// TakeKeyed begins another run under a key as it was read, until lease. What an
// earlier run began stays told. ErrConflict when the key is not as it was read.
func (t *Tx) TakeKeyed(ctx context.Context, k Keyed, lease time.Time) (Keyed, error) {
	now, err := one(ctx, t, scanKeyed, `UPDATE idempotency SET state = 'running', run = run + 1, lease_to = $5
		WHERE merchant = $1 AND key = $2 AND run = $3 AND state = $4 RETURNING `+keyedColumns,
		k.Merchant, k.Key, k.Run, k.State, lease)
	if isNotFound(err) {
		err = ErrConflict
	}
	return now, wrap(err, "take up an idempotency key of merchant %s", k.Merchant)
}

// BeginKeyed writes what a run begins, and lengthens its lease if until is later.
// ErrConflict when another run has taken its place: nothing may be begun.
func (t *Tx) BeginKeyed(ctx context.Context, k Keyed, b Began, until time.Time) error {
	err := t.change(ctx, ErrConflict, `UPDATE idempotency SET began = $4, began_id = $5, payment = $6, merchant_uid = $7, detail = $8,
			lease_to = CASE WHEN lease_to < $9 THEN $9 ELSE lease_to END
		WHERE merchant = $1 AND key = $2 AND run = $3 AND state = 'running'`,
		k.Merchant, k.Key, k.Run, b.Kind, b.ID, b.Payment, b.MerchantUID, string(b.Detail), until)
	return wrap(err, "begin under an idempotency key of merchant %s", k.Merchant)
}

// EndKeyed ends a run with an answer, final (KeyedDone) or not (KeyedUnknown).
// ErrConflict when another run has taken its place.
func (t *Tx) EndKeyed(ctx context.Context, k Keyed, state KeyedState, status int, answer []byte) error {
	err := t.change(ctx, ErrConflict, `UPDATE idempotency SET state = $4, status = $5, answer = $6, ended = $7
		WHERE merchant = $1 AND key = $2 AND run = $3 AND state = 'running'`,
		k.Merchant, k.Key, k.Run, state, status, answer, t.Now)
	return wrap(err, "end under an idempotency key of merchant %s", k.Merchant)
}

// DropKeyed frees the key of a run that began nothing. ErrConflict when something
// was begun, or another run has taken its place.
func (t *Tx) DropKeyed(ctx context.Context, k Keyed) error {
	err := t.change(ctx, ErrConflict, `DELETE FROM idempotency
		WHERE merchant = $1 AND key = $2 AND run = $3 AND state = 'running' AND began = ''`, k.Merchant, k.Key, k.Run)
	return wrap(err, "free an idempotency key of merchant %s", k.Merchant)
}

// DeleteKeyed frees a key whose time is over; ErrConflict when it is not as it
// was read.
func (t *Tx) DeleteKeyed(ctx context.Context, k Keyed) error {
	err := t.change(ctx, ErrConflict, `DELETE FROM idempotency WHERE merchant = $1 AND key = $2 AND run = $3 AND expires <= $4`,
		k.Merchant, k.Key, k.Run, t.Now)
	return wrap(err, "free an idempotency key of merchant %s", k.Merchant)
}

// ReapKeyed removes up to limit keys of all merchants whose time is over, and
// says how many there were.
func (t *Tx) ReapKeyed(ctx context.Context, limit int) (int, error) {
	n, err := t.exec(ctx, reapKeyed, t.Now, limit)
	return int(n), wrap(err, "reap idempotency keys")
}

const reapKeyed = `DELETE FROM idempotency WHERE (merchant, key) IN
	(SELECT merchant, key FROM idempotency WHERE expires <= $1 ORDER BY expires, merchant, key LIMIT $2)`
