package people

import (
	"context"
	"errors"
	"slices"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// Member is an operator as those see them who look at a store: with the roles
// that concern it, and no others. How and when they sign in is told to themselves
// and to those who may change people wherever they have a role; of others Private
// is set, and Operator lacks it.
type Member struct {
	Operator pay.Operator
	Grants   []pay.Grant
	Private  bool
}

// Staff is who has a role that reaches a merchant (at it, at the store it belongs
// to, or everywhere) or one of its sub-stores, by role and age. The zero merchant
// is the whole installation alone.
func (d *Directory) Staff(ctx context.Context, m pay.Merchant) (all []Member, err error) {
	err = d.read(ctx, func(tx *store.Tx) error {
		all = nil
		at, err := concerns(ctx, tx, m)
		if err != nil {
			return err
		}
		for _, id := range at {
			gs, err := tx.GrantsAt(ctx, id)
			if err != nil {
				return err
			}
			for _, g := range gs {
				i := slices.IndexFunc(all, func(m Member) bool { return m.Operator.ID == g.Operator })
				if i >= 0 {
					all[i].Grants = append(all[i].Grants, g)
					continue
				}
				m, err := d.shown(ctx, tx, g.Operator)
				if err != nil {
					return err
				}
				m.Grants = []pay.Grant{g}
				all = append(all, m)
			}
		}
		return nil
	})
	return all, err
}

// concerns are the merchants whose grants matter at one: all of them first.
func concerns(ctx context.Context, tx *store.Tx, m pay.Merchant) ([]pay.MerchantID, error) {
	at := []pay.MerchantID{""}
	if m.Parent != "" {
		at = append(at, m.Parent)
	}
	if m.ID == "" {
		return at, nil
	}
	at = append(at, m.ID)
	tiers, err := tx.ListTiers(ctx, m.ID)
	for _, t := range tiers {
		at = append(at, t.ID)
	}
	return at, err
}

// person is an operator with how many passkeys they have.
func (d *Directory) person(ctx context.Context, tx *store.Tx, id pay.OperatorID) (pay.Operator, error) {
	o, err := tx.Operator(ctx, id)
	if err != nil {
		return o.Operator, err
	}
	ps, err := tx.Passkeys(ctx, id)
	o.Passkeys = len(ps)
	return o.Operator, err
}

// shown is an operator without grants, as the actor may see them.
func (d *Directory) shown(ctx context.Context, tx *store.Tx, id pay.OperatorID) (m Member, err error) {
	if m.Operator, err = d.person(ctx, tx, id); err != nil {
		return m, err
	}
	if who, _ := pay.ActorOf(ctx); who.Kind == pay.ActorOperator && who.ID == string(id) {
		return m, nil
	}
	err = mayActFor(ctx, tx, id)
	if !errors.Is(err, ErrNotAllowed) && !errors.Is(err, ErrElsewhere) {
		return m, err
	}
	o := &m.Operator
	m.Private, o.SignedIn, o.LockedTo, o.HasPassword, o.HasCode, o.Passkeys = true, time.Time{}, time.Time{}, false, false, 0
	return m, nil
}

// Member is an operator who has a role that concerns a merchant, as Staff has
// them, or ErrNoOperator.
func (d *Directory) Member(ctx context.Context, m pay.Merchant, id pay.OperatorID) (out Member, err error) {
	err = d.read(ctx, func(tx *store.Tx) error {
		at, err := concerns(ctx, tx, m)
		if err != nil {
			return err
		}
		gs, err := tx.GrantsOf(ctx, id)
		if err != nil {
			return err
		}
		gs = slices.DeleteFunc(gs, func(g pay.Grant) bool { return !slices.Contains(at, g.Merchant) })
		if len(gs) == 0 {
			return ErrNoOperator
		}
		out, err = d.shown(ctx, tx, id)
		out.Grants = gs
		return err
	})
	return out, err
}

// All is every operator with every role of theirs, oldest first: for the command
// line. ByEmail is one of them, or ErrNoOperator.
func (d *Directory) All(ctx context.Context) (all []Member, err error) {
	err = d.read(ctx, func(tx *store.Tx) error {
		all = nil
		os, err := tx.ListOperators(ctx)
		if err != nil {
			return err
		}
		for _, o := range os {
			m, err := d.whole(ctx, tx, o)
			if err != nil {
				return err
			}
			all = append(all, m)
		}
		return nil
	})
	return all, err
}

// ByEmail is the operator of an address with every role of theirs, or
// ErrNoOperator.
func (d *Directory) ByEmail(ctx context.Context, email string) (m Member, err error) {
	err = d.read(ctx, func(tx *store.Tx) error {
		o, err := tx.OperatorByEmail(ctx, email)
		if errors.Is(err, store.ErrNotFound) {
			return ErrNoOperator
		}
		if err == nil {
			m, err = d.whole(ctx, tx, o)
		}
		return err
	})
	return m, err
}

func (d *Directory) whole(ctx context.Context, tx *store.Tx, o store.Operator) (m Member, err error) {
	if m.Grants, err = tx.GrantsOf(ctx, o.ID); err != nil {
		return m, err
	}
	m.Operator, err = d.person(ctx, tx, o.ID)
	return m, err
}
