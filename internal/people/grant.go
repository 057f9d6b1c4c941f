package people

import (
	"context"
	"errors"
	"slices"

	"naru/internal/pay"
	"naru/internal/store"
)

// The rules of who may change people. An operator may do so where a role of theirs
// says it, and gives nothing there that they have not. The command line and the
// program itself may do anything: whoever runs them has the database.

// mayAt is an operator's mightiest grant over a merchant (the zero one is the
// whole installation); everything is true where no rule holds.
func mayAt(ctx context.Context, tx *store.Tx, m pay.Merchant) (g pay.Grant, everything bool, err error) {
	who, _ := pay.ActorOf(ctx)
	if who.Kind != pay.ActorOperator {
		return g, true, nil
	}
	gs, err := tx.GrantsOf(ctx, pay.OperatorID(who.ID))
	if err != nil {
		return g, false, err
	}
	g, ok := bestAt(gs, m)
	if !ok {
		return g, false, ErrNotAllowed
	}
	return g, false, nil
}

// mayChange is ErrNotAllowed unless the actor may change people at a merchant.
func mayChange(ctx context.Context, tx *store.Tx, m pay.Merchant) error {
	g, everything, err := mayAt(ctx, tx, m)
	if err == nil && !everything && !g.May(pay.ChangePeople) {
		return ErrNotAllowed
	}
	return err
}

// mayGive is ErrNotAllowed unless the actor may change people there, and has
// themselves all that is given.
func mayGive(ctx context.Context, tx *store.Tx, g pay.Grant) error {
	m, err := merchantOf(ctx, tx, g.Merchant)
	if err != nil {
		return err
	}
	own, everything, err := mayAt(ctx, tx, m)
	if err != nil || everything {
		return err
	}
	lacks := func(r pay.Right) bool { return g.May(r) && !own.May(r) }
	if !own.May(pay.ChangePeople) || slices.ContainsFunc(pay.Rights(), lacks) {
		return ErrNotAllowed
	}
	return nil
}

// merchantOf is a merchant; "" is the whole installation.
func merchantOf(ctx context.Context, tx *store.Tx, id pay.MerchantID) (pay.Merchant, error) {
	if id == "" {
		return pay.Merchant{}, nil
	}
	return tx.Merchant(ctx, id)
}

// mayActFor is ErrNotAllowed or ErrElsewhere unless the actor may change people
// wherever an operator has a role.
func mayActFor(ctx context.Context, tx *store.Tx, id pay.OperatorID) error {
	gs, err := tx.GrantsOf(ctx, id)
	if err != nil {
		return err
	}
	some, all := len(gs) == 0, true
	for _, g := range gs {
		m, err := merchantOf(ctx, tx, g.Merchant)
		if err != nil {
			return err
		}
		switch err := mayChange(ctx, tx, m); {
		case errors.Is(err, ErrNotAllowed):
			all = false
		case err != nil:
			return err
		default:
			some = true
		}
	}
	if len(gs) == 0 { // nobody's: the installation's
		return mayChange(ctx, tx, pay.Merchant{})
	}
	if !some {
		return ErrNotAllowed
	}
	if !all {
		return ErrElsewhere
	}
	return nil
}

// mayAttach is an *Invalid unless the actor may give a role to an operator who has
// those grants: they work at the place already, or where the actor changes people,
// or the actor does so everywhere. Whether the actor may give it at all comes first.
func mayAttach(ctx context.Context, tx *store.Tx, gs []pay.Grant, n NewOperator) error {
	if err := mayGive(ctx, tx, n.grant("")); err != nil {
		return err
	}
	at, err := merchantOf(ctx, tx, n.Merchant)
	if err != nil {
		return err
	}
	for _, g := range append([]pay.Grant{{}}, gs...) { // the first is: everywhere
		if g.Operator != "" && g.Reaches(at) {
			return nil
		}
		m, err := merchantOf(ctx, tx, g.Merchant)
		if err != nil {
			return err
		}
		if err := mayChange(ctx, tx, m); !errors.Is(err, ErrNotAllowed) {
			return err
		}
	}
	return &Invalid{"email", "elsewhere", "only an owner of every store may add this address here"}
}

// keepOwner is ErrLastOwner when an operator is the only one left who may sign in
// and owns the whole installation. Nobody else changes that meanwhile.
func keepOwner(ctx context.Context, tx *store.Tx, id pay.OperatorID) error {
	gs, err := tx.GrantsAt(ctx, "")
	if err != nil {
		return err
	}
	is, others := false, 0
	for _, g := range gs {
		if g.Role != pay.RoleOwner {
			continue
		}
		o, err := tx.Operator(ctx, g.Operator)
		if err != nil {
			return err
		}
		switch {
		case o.ID == id:
			is = true
		case o.Disabled.IsZero():
			others++
		}
	}
	if is && others == 0 {
		return ErrLastOwner
	}
	return nil
}

// Grant gives an operator a role at a merchant ("" is all of them), in place of
// the one before. It holds from their next request on. A link that was not used yet
// is worthless once they get one where they had none. *Invalid, ErrNoOperator,
// ErrNotAllowed, ErrLastOwner, and store.ErrNotFound without the merchant.
func (d *Directory) Grant(ctx context.Context, g pay.Grant) error {
	if !g.Role.Valid() {
		return badRole(g.Role)
	}
	return d.write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Operator(ctx, g.Operator); err != nil {
			return known(err)
		}
		return d.put(ctx, tx, g.Operator, g)
	})
}

func (d *Directory) put(ctx context.Context, tx *store.Tx, id pay.OperatorID, g pay.Grant) error {
	if err := mayGive(ctx, tx, g); err != nil {
		return err
	}
	before, had, err := grantAt(ctx, tx, id, g.Merchant)
	if err != nil {
		return err
	}
	if had && before.Role == g.Role && before.Export == g.Export {
		return nil
	}
	if g.Merchant == "" && g.Role != pay.RoleOwner {
		if err := keepOwner(ctx, tx, id); err != nil {
			return err
		}
	}
	if err := outdateLinks(ctx, tx, id, g); err != nil {
		return err
	}
	if err := tx.PutGrant(ctx, g); err != nil {
		return err
	}
	c := store.Change{Merchant: g.Merchant, Action: "operator.grant", Target: string(id), After: grantView(g)}
	if had {
		c.Before = grantView(before)
	}
	return tx.Audit(ctx, c)
}

// outdateLinks makes an operator's links worthless before they get a role at a place
// that none of theirs reaches: whoever had a say over them until now, and made or
// saw a link, need not have one there.
func outdateLinks(ctx context.Context, tx *store.Tx, id pay.OperatorID, g pay.Grant) error {
	at, err := merchantOf(ctx, tx, g.Merchant)
	if err != nil {
		return err
	}
	gs, err := tx.GrantsOf(ctx, id)
	if err != nil || slices.ContainsFunc(gs, func(has pay.Grant) bool { return has.Reaches(at) }) {
		return err
	}
	return tx.DeleteOperatorLinks(ctx, id)
}

func grantAt(ctx context.Context, tx *store.Tx, id pay.OperatorID, m pay.MerchantID) (pay.Grant, bool, error) {
	gs, err := tx.GrantsOf(ctx, id)
	i := slices.IndexFunc(gs, func(g pay.Grant) bool { return g.Merchant == m })
	if err != nil || i < 0 {
		return pay.Grant{}, false, err
	}
	return gs[i], true, nil
}

func grantView(g pay.Grant) map[string]any {
	return map[string]any{"role": g.Role, "export": g.Export}
}

// Revoke takes an operator's role at a merchant ("" is all of them) away.
// ErrNotGranted, ErrNotAllowed, ErrLastOwner, and store.ErrNotFound without the
// merchant.
func (d *Directory) Revoke(ctx context.Context, id pay.OperatorID, at pay.MerchantID) error {
	return d.write(ctx, func(tx *store.Tx) error {
		m, err := merchantOf(ctx, tx, at)
		if err != nil {
			return err
		}
		if err := mayChange(ctx, tx, m); err != nil {
			return err
		}
		before, had, err := grantAt(ctx, tx, id, at)
		if err != nil {
			return err
		}
		if !had {
			return ErrNotGranted
		}
		if at == "" {
			if err := keepOwner(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := tx.DeleteGrant(ctx, at, id); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Merchant: at, Action: "operator.revoke", Target: string(id), Before: grantView(before)})
	})
}
