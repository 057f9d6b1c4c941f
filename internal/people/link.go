package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// linkLife is how long a one-time link may be used.
const linkLife = 24 * time.Hour

// Link makes a link that signs an operator in once, and makes those before it
// worthless; the token is the last part of its address. ErrNoOperator.
func (d *Directory) Link(ctx context.Context, email string) (token string, expires time.Time, err error) {
	return d.linkOf(ctx, email, false)
}

// ResetLink is Link for one who has lost their second factors: when it is used, the
// one-time codes, the recovery codes and the passkeys are taken away. No operator
// may make one, only whoever has the program's command line: ErrNotAllowed.
func (d *Directory) ResetLink(ctx context.Context, email string) (token string, expires time.Time, err error) {
	if who, _ := pay.ActorOf(ctx); who.Kind == pay.ActorOperator {
		return "", time.Time{}, ErrNotAllowed
	}
	return d.linkOf(ctx, email, true)
}

func (d *Directory) linkOf(ctx context.Context, email string, resets bool) (token string, expires time.Time, err error) {
	token = d.token()
	err = d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.OperatorByEmail(ctx, email)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: %q", ErrNoOperator, email)
		}
		if err != nil {
			return err
		}
		if err := mayActFor(ctx, tx, o.ID); err != nil {
			return err
		}
		expires, err = d.insertLink(ctx, tx, o.ID, token, resets, "")
		return err
	})
	return token, expires, err
}

// LinkFor is Link by an operator's id, written into the log of a store. Besides,
// ErrElsewhere: whoever has a link is the operator, so it takes a say over every
// role that they have.
func (d *Directory) LinkFor(ctx context.Context, id pay.OperatorID, m pay.MerchantID) (token string, expires time.Time, err error) {
	token = d.token()
	err = d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, id)
		if err != nil {
			return known(err)
		}
		if !o.Disabled.IsZero() {
			return ErrDisabled
		}
		if err := mayActFor(ctx, tx, id); err != nil {
			return err
		}
		expires, err = d.insertLink(ctx, tx, id, token, false, m)
		return err
	})
	return token, expires, err
}

func (d *Directory) insertLink(ctx context.Context, tx *store.Tx, o pay.OperatorID, token string, resets bool, m pay.MerchantID) (time.Time, error) {
	expires := tx.Now.Add(linkLife)
	if err := tx.DeleteOperatorLinks(ctx, o); err != nil {
		return expires, err
	}
	if err := tx.InsertOperatorLink(ctx, store.OperatorLink{TokenHash: hashOf(token), Operator: o, Resets: resets, Expires: expires}); err != nil {
		return expires, err
	}
	var after any
	if resets {
		after = map[string]any{"resets_factors": true}
	}
	return expires, tx.Audit(ctx, store.Change{Merchant: m, Action: "operator.link", Target: string(o), After: after})
}

// reset takes an operator's second factors away.
func (d *Directory) reset(ctx context.Context, tx *store.Tx, o store.Operator, c Client) (store.Operator, error) {
	had := len(o.TOTP) > 0
	o.TOTP, o.TOTPStep, o.Recovery, o.HasCode = nil, 0, nil, false
	n, err := tx.DeletePasskeys(ctx, o.ID)
	if err != nil {
		return o, err
	}
	if err := tx.UpdateOperator(ctx, o); err != nil {
		return o, err
	}
	ctx = pay.WithActor(ctx, actorOf(o.Operator, c.Address))
	return o, tx.Audit(ctx, store.Change{Action: "operator.reset_factors", Target: string(o.ID), Before: map[string]any{"codes": had, "passkeys": n}})
}
