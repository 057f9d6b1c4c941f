package store

import (
	"context"
	"encoding/json"
	"time"

	"naru/internal/pay"
)

// Passkey is a passkey of an operator.
type Passkey struct {
	Operator   pay.OperatorID
	ID         []byte // as the browser names it
	Name       string
	Credential json.RawMessage // the public key and its counters
	Created    time.Time
	Used       time.Time // last; zero is never
}

const passkeyColumns = `operator, id, name, credential, created, used`

func scanPasskey(r row) (p Passkey, err error) {
	return p, r.Scan(&p.Operator, blobInto{&p.ID}, &p.Name, textInto[json.RawMessage]{&p.Credential}, timeInto{&p.Created}, timeInto{&p.Used})
}

// InsertPasskey adds a passkey; a zero Created is now. ErrExists when somebody has
// it.
func (t *Tx) InsertPasskey(ctx context.Context, p Passkey) error {
	err := t.change(ctx, ErrExists, `INSERT INTO operator_passkeys (`+passkeyColumns+`) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		p.Operator, p.ID, p.Name, string(p.Credential), t.or(p.Created), p.Used)
	return wrap(err, "passkey of %s", p.Operator)
}

// Passkey is the passkey of an id, whosever it is, or ErrNotFound.
func (t *Tx) Passkey(ctx context.Context, id []byte) (Passkey, error) {
	p, err := one(ctx, t, scanPasskey, `SELECT `+passkeyColumns+` FROM operator_passkeys WHERE id = $1`+t.lock(), id)
	return p, wrap(err, "passkey")
}

// Passkeys is an operator's passkeys, oldest first.
func (t *Tx) Passkeys(ctx context.Context, operator pay.OperatorID) ([]Passkey, error) {
	ps, err := list(ctx, t, scanPasskey, `SELECT `+passkeyColumns+` FROM operator_passkeys WHERE operator = $1 ORDER BY created, id`, operator)
	return ps, wrap(err, "passkeys of %s", operator)
}

// UpdatePasskey writes a passkey's name, its credential and when it was used, or
// ErrNotFound.
func (t *Tx) UpdatePasskey(ctx context.Context, p Passkey) error {
	err := t.change(ctx, ErrNotFound, `UPDATE operator_passkeys SET name = $3, credential = $4, used = $5 WHERE operator = $1 AND id = $2`,
		p.Operator, p.ID, p.Name, string(p.Credential), p.Used)
	return wrap(err, "passkey of %s", p.Operator)
}

// DeletePasskey takes a passkey away from an operator, or ErrNotFound.
func (t *Tx) DeletePasskey(ctx context.Context, operator pay.OperatorID, id []byte) error {
	err := t.change(ctx, ErrNotFound, `DELETE FROM operator_passkeys WHERE operator = $1 AND id = $2`, operator, id)
	return wrap(err, "passkey of %s", operator)
}

// DeletePasskeys takes every passkey away from an operator, and counts them.
func (t *Tx) DeletePasskeys(ctx context.Context, operator pay.OperatorID) (int, error) {
	n, err := t.exec(ctx, `DELETE FROM operator_passkeys WHERE operator = $1`, operator)
	return int(n), wrap(err, "passkeys of %s", operator)
}
