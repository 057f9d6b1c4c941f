package store

import (
	"context"
	"strings"

	"naru/internal/pay"
)

// Operator is an operator's row: who it is, and what is needed to know them again.
type Operator struct {
	pay.Operator
	Password string   // argon2id with its parameters and salt; "" is none
	TOTP     []byte   // sealed by the vault; nil is none
	TOTPStep int64    // the newest step a code was taken of
	Recovery []string // hashes of the recovery codes that are left
	Failures int      // wrong passwords and codes since the last right one
}

const operatorColumns = `id, email, name, language, password, totp, totp_step, recovery, failures, locked_to, created, signed_in, disabled`

func scanOperator(r row) (o Operator, err error) {
	err = r.Scan(&o.ID, &o.Email, &o.Name, &o.Language, &o.Password, blobInto{&o.TOTP}, &o.TOTPStep, jsonInto{&o.Recovery},
		&o.Failures, timeInto{&o.LockedTo}, timeInto{&o.Created}, timeInto{&o.SignedIn}, timeInto{&o.Disabled})
	o.HasPassword, o.HasCode = o.Password != "", len(o.TOTP) > 0
	return o, err
}

// InsertOperator adds an operator; a zero Created is now. ErrExists when the
// e-mail address is taken.
func (t *Tx) InsertOperator(ctx context.Context, o Operator) error {
	recovery, err := jsonText(o.Recovery)
	if err != nil {
		return wrap(err, "operator %s", o.ID)
	}
	err = t.change(ctx, ErrExists, `INSERT INTO operators (`+operatorColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
		o.ID, strings.ToLower(o.Email), o.Name, o.Language, o.Password, o.TOTP, o.TOTPStep, recovery, o.Failures, o.LockedTo,
		t.or(o.Created), o.SignedIn, o.Disabled)
	return wrap(err, "operator %s", o.Email)
}

// UpdateOperator writes everything of an operator but its id, its address and
// when it was made, or ErrNotFound.
func (t *Tx) UpdateOperator(ctx context.Context, o Operator) error {
	recovery, err := jsonText(o.Recovery)
	if err != nil {
		return wrap(err, "operator %s", o.ID)
	}
	err = t.change(ctx, ErrNotFound, `UPDATE operators SET name = $2, language = $3, password = $4, totp = $5, totp_step = $6,
			recovery = $7, failures = $8, locked_to = $9, signed_in = $10, disabled = $11 WHERE id = $1`,
		o.ID, o.Name, o.Language, o.Password, o.TOTP, o.TOTPStep, recovery, o.Failures, o.LockedTo, o.SignedIn, o.Disabled)
	return wrap(err, "operator %s", o.ID)
}

// Operator is the operator of an id, or ErrNotFound. In a Write no other Write
// gets past it.
func (t *Tx) Operator(ctx context.Context, id pay.OperatorID) (Operator, error) {
	o, err := one(ctx, t, scanOperator, `SELECT `+operatorColumns+` FROM operators WHERE id = $1`+t.lock(), id)
	return o, wrap(err, "operator %s", id)
}

// OperatorByEmail is the operator of an e-mail address, likewise.
func (t *Tx) OperatorByEmail(ctx context.Context, email string) (Operator, error) {
	o, err := one(ctx, t, scanOperator, `SELECT `+operatorColumns+` FROM operators WHERE email = $1`+t.lock(), strings.ToLower(email))
	return o, wrap(err, "operator of %q", email)
}

// ListOperators is every operator, oldest first.
func (t *Tx) ListOperators(ctx context.Context) ([]Operator, error) {
	os, err := list(ctx, t, scanOperator, `SELECT `+operatorColumns+` FROM operators ORDER BY created, id`)
	return os, wrap(err, "operators")
}

const grantColumns = `merchant, operator, role, export, created`

func scanGrant(r row) (g pay.Grant, err error) {
	return g, r.Scan(&g.Merchant, &g.Operator, &g.Role, &g.Export, timeInto{&g.Created})
}

// PutGrant gives an operator a role at a merchant, in place of the one before.
// ErrNotFound without that operator.
func (t *Tx) PutGrant(ctx context.Context, g pay.Grant) error {
	_, err := t.exec(ctx, `INSERT INTO grants (`+grantColumns+`) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (merchant, operator) DO UPDATE SET role = excluded.role, export = excluded.export`,
		g.Merchant, g.Operator, g.Role, g.Export, t.or(g.Created))
	return wrap(err, "grant of %s at merchant %q", g.Operator, g.Merchant)
}

// DeleteGrant takes a role back, or ErrNotFound.
func (t *Tx) DeleteGrant(ctx context.Context, merchant pay.MerchantID, operator pay.OperatorID) error {
	err := t.change(ctx, ErrNotFound, `DELETE FROM grants WHERE merchant = $1 AND operator = $2`, merchant, operator)
	return wrap(err, "grant of %s at merchant %q", operator, merchant)
}

// GrantsOf is what an operator may do where. In a Write no other Write changes it
// meanwhile.
func (t *Tx) GrantsOf(ctx context.Context, operator pay.OperatorID) ([]pay.Grant, error) {
	gs, err := list(ctx, t, scanGrant, `SELECT `+grantColumns+` FROM grants WHERE operator = $1 ORDER BY merchant`+t.lock(), operator)
	return gs, wrap(err, "grants of %s", operator)
}

// GrantsAt is who may do what at a merchant, or with "" at every merchant,
// likewise.
func (t *Tx) GrantsAt(ctx context.Context, merchant pay.MerchantID) ([]pay.Grant, error) {
	gs, err := list(ctx, t, scanGrant, `SELECT `+grantColumns+` FROM grants WHERE merchant = $1 ORDER BY created, operator`+t.lock(), merchant)
	return gs, wrap(err, "grants at merchant %q", merchant)
}
