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

// AddExchange records an exchange; a zero At is now.
func (t *Tx) AddExchange(ctx context.Context, e Exchange) error {
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

// Alarm is something a person must look at.
type Alarm struct {
	ID         string
	Merchant   pay.MerchantID
	Payment    pay.PaymentID // "" of none
	Kind, Text string
	At         time.Time
	Closed     time.Time // zero: open
}

const alarmColumns = `id, merchant, payment, kind, body, at, closed`

func scanAlarm(r row) (a Alarm, err error) {
	err = r.Scan(&a.ID, &a.Merchant, &a.Payment, &a.Kind, &a.Text, timeInto{&a.At}, timeInto{&a.Closed})
	return a, err
}

// AddAlarm raises an alarm; a zero At is now. One of that id that the merchant
// has already stays as it is.
func (t *Tx) AddAlarm(ctx context.Context, a Alarm) error {
	_, err := t.exec(ctx, `INSERT INTO alarms (`+alarmColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`, a.ID, a.Merchant, a.Payment, a.Kind, a.Text, t.or(a.At), a.Closed)
	return wrap(err, "alarm %s", a.ID)
}

// CloseAlarm ends an alarm now; one that is closed keeps its time. ErrNotFound
// when there is none.
func (t *Tx) CloseAlarm(ctx context.Context, merchant pay.MerchantID, id string) error {
	err := t.change(ctx, ErrNotFound, `UPDATE alarms SET closed = CASE WHEN closed = 0 THEN $3 ELSE closed END
		WHERE merchant = $1 AND id = $2`, merchant, id, t.Now)
	return wrap(err, "alarm %q", id)
}

// ListAlarms is the alarms of all merchants, oldest first.
func (t *Tx) ListAlarms(ctx context.Context, openOnly bool) ([]Alarm, error) {
	where := ``
	if openOnly {
		where = ` WHERE closed = 0`
	}
	as, err := list(ctx, t, scanAlarm, `SELECT `+alarmColumns+` FROM alarms`+where+` ORDER BY at, merchant, id`)
	return as, wrap(err, "alarms")
}

// scanBytes reads one blob.
func scanBytes(r row) (b []byte, err error) { return b, r.Scan(blobInto{&b}) }

// Keyset is the vault's sealed keys, or ErrNotFound.
func (t *Tx) Keyset(ctx context.Context) ([]byte, error) {
	b, err := one(ctx, t, scanBytes, `SELECT sealed FROM keysets WHERE name = 'vault'`)
	return b, wrap(err, "keyset")
}

// PutKeyset stores the vault's sealed keys. ErrExists when there are some and
// replace is not set: nobody may lose the keys of what is sealed by accident.
func (t *Tx) PutKeyset(ctx context.Context, sealed []byte, replace bool) error {
	if len(sealed) == 0 {
		return wrap(fmt.Errorf("%w: it is empty", ErrRule), "keyset")
	}
	conflict := `DO NOTHING`
	if replace {
		conflict = `(name) DO UPDATE SET sealed = excluded.sealed, updated = excluded.updated`
	}
	err := t.change(ctx, ErrExists,
		`INSERT INTO keysets (name, sealed, updated) VALUES ('vault', $1, $2) ON CONFLICT `+conflict, sealed, t.Now)
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
