package people

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"naru/internal/pay"
	"naru/internal/store"
)

// maxName is the longest name of a person or of a passkey, in characters.
const maxName = 60

// NewOperator is an operator to be added.
type NewOperator struct {
	Email    string
	Name     string     // "" is what stands before the @
	Language string     // "ko", "en" or ""
	Password pay.Secret // "" is none: they sign in by a link first
	Role     pay.Role
	Merchant pay.MerchantID // "" is every merchant
	Export   bool
}

// Add registers an operator with a first role. What cannot be taken is an
// *Invalid; ErrEmailTaken, ErrNotAllowed, and store.ErrNotFound without the
// merchant.
func (d *Directory) Add(ctx context.Context, n NewOperator) (pay.Operator, error) {
	o, err := d.prepare(ctx, n)
	if err != nil {
		return pay.Operator{}, err
	}
	err = d.write(ctx, func(tx *store.Tx) error { return d.insert(ctx, tx, o, n) })
	return o.Operator, err
}

// Invite gives somebody a role by their address. Who is no operator becomes one, and
// link signs them in once; of one who is, link is "". An operator without a role
// that concerns the place, or that the actor has a say over, is attached by those
// alone who change people of the whole installation: whoever invited them first may
// have kept the account. What cannot be taken is an *Invalid; ErrNotAllowed.
func (d *Directory) Invite(ctx context.Context, n NewOperator) (o pay.Operator, link string, err error) {
	fresh, err := d.prepare(ctx, n)
	if err != nil {
		return o, "", err
	}
	token := d.token()
	err = d.write(ctx, func(tx *store.Tx) error {
		link = ""
		there, err := tx.OperatorByEmail(ctx, n.Email)
		if errors.Is(err, store.ErrNotFound) {
			o, link = fresh.Operator, token
			if err := d.insert(ctx, tx, fresh, n); err != nil {
				return err
			}
			_, err = d.insertLink(ctx, tx, o.ID, token, false, n.Merchant)
			return err
		}
		if err != nil {
			return err
		}
		o = there.Operator
		gs, err := tx.GrantsOf(ctx, o.ID)
		if err != nil {
			return err
		}
		for _, g := range gs {
			if g.Merchant == n.Merchant {
				return &Invalid{"email", "here", fmt.Sprintf("%s has a role there already: change it instead", n.Email)}
			}
		}
		if err := mayAttach(ctx, tx, gs, n); err != nil {
			return err
		}
		return d.put(ctx, tx, o.ID, n.grant(o.ID))
	})
	return o, link, err
}

func (n NewOperator) grant(o pay.OperatorID) pay.Grant {
	return pay.Grant{Merchant: n.Merchant, Operator: o, Role: n.Role, Export: n.Export}
}

// prepare checks n and makes its row.
func (d *Directory) prepare(ctx context.Context, n NewOperator) (store.Operator, error) {
	address, err := mail.ParseAddress(n.Email)
	if err != nil || address.Address != n.Email || len(n.Email) > 254 {
		return store.Operator{}, &Invalid{"email", "email", fmt.Sprintf("%q is no e-mail address", n.Email)}
	}
	if !n.Role.Valid() {
		return store.Operator{}, badRole(n.Role)
	}
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(n.Email, "@")
		n.Name = n.Name[:min(len(n.Name), maxName)]
	}
	if err := checkPerson(n.Name, n.Language); err != nil {
		return store.Operator{}, err
	}
	o := store.Operator{Operator: pay.Operator{
		ID: pay.OperatorID("op_" + d.uuid()), Email: strings.ToLower(n.Email), Name: n.Name, Language: n.Language,
	}}
	if n.Password != "" {
		o.Password, err = d.hashPassword(ctx, n.Password, o.Email)
	}
	return o, err
}

func badRole(r pay.Role) error {
	return &Invalid{"role", "role", fmt.Sprintf("%q is not one of %v", r, pay.Roles())}
}

func checkPerson(name, language string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName {
		return &Invalid{"name", "name", fmt.Sprintf("has %d characters: 1 to %d are needed", n, maxName)}
	}
	switch language {
	case "", "ko", "en":
		return nil
	}
	return &Invalid{"language", "language", fmt.Sprintf("%q is not one of ko, en", language)}
}

// insert adds an operator with a first role.
func (d *Directory) insert(ctx context.Context, tx *store.Tx, o store.Operator, n NewOperator) error {
	g := n.grant(o.ID)
	if err := mayGive(ctx, tx, g); err != nil {
		return err
	}
	err := tx.InsertOperator(ctx, o)
	if errors.Is(err, store.ErrExists) {
		return ErrEmailTaken
	}
	if err != nil {
		return err
	}
	if err := tx.PutGrant(ctx, g); err != nil {
		return err
	}
	return tx.Audit(ctx, store.Change{Merchant: n.Merchant, Action: "operator.add", Target: string(o.ID), After: view(o, g)})
}

// view is how the audit log shows an operator.
func view(o store.Operator, gs ...pay.Grant) map[string]any {
	v := map[string]any{"email": o.Email, "name": o.Name}
	for _, g := range gs {
		v["role"], v["export"] = g.Role, g.Export
	}
	return v
}

// Describe changes the name and the language of who is signed in. *Invalid.
func (d *Directory) Describe(ctx context.Context, v Visit, name, language string) error {
	if err := checkPerson(name, language); err != nil {
		return err
	}
	return d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, v.Operator.ID)
		if err != nil {
			return known(err)
		}
		before := map[string]any{"name": o.Name, "language": o.Language}
		if o.Name == name && o.Language == language {
			return nil
		}
		o.Name, o.Language = name, language
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.update", Target: string(o.ID), Before: before,
			After: map[string]any{"name": name, "language": language}})
	})
}

// Amendment is what the command line changes of an operator; nil is left alone.
type Amendment struct {
	Name, Language *string
	Password       *pay.Secret
}

// Amend changes an operator at the command line; a new password ends their
// sessions and any lock. No operator may do it: ErrNotAllowed. *Invalid,
// ErrNoOperator.
func (d *Directory) Amend(ctx context.Context, id pay.OperatorID, a Amendment) error {
	if who, _ := pay.ActorOf(ctx); who.Kind == pay.ActorOperator {
		return ErrNotAllowed
	}
	was, err := d.operator(ctx, id)
	if err != nil {
		return err
	}
	hash := was.Password
	if a.Password != nil {
		if hash, err = d.hashPassword(ctx, *a.Password, was.Email); err != nil {
			return err
		}
	}
	return d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, id)
		if err != nil {
			return known(err)
		}
		before, after := map[string]any{}, map[string]any{}
		if a.Name != nil {
			before["name"], after["name"] = o.Name, *a.Name
			o.Name = *a.Name
		}
		if a.Language != nil {
			before["language"], after["language"] = o.Language, *a.Language
			o.Language = *a.Language
		}
		if err := checkPerson(o.Name, o.Language); err != nil {
			return err
		}
		if a.Password != nil {
			after["password"] = "***"
			o.Password, o.Failures, o.LockedTo = hash, 0, time.Time{}
			if err := endAll(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.set", Target: string(id), Before: before, After: after})
	})
}

// endAll ends an operator's sessions, and makes their links worthless.
func endAll(ctx context.Context, tx *store.Tx, id pay.OperatorID) error {
	if err := tx.DeleteOperatorLinks(ctx, id); err != nil {
		return err
	}
	_, err := tx.DeleteOperatorSessions(ctx, id, "")
	return err
}

// Disable keeps an operator from signing in and ends their sessions; Enable lets
// them in again. ErrNoOperator, ErrNotAllowed, ErrLastOwner.
func (d *Directory) Disable(ctx context.Context, id pay.OperatorID) error {
	return d.able(ctx, id, true)
}

// Enable lets an operator in again.
func (d *Directory) Enable(ctx context.Context, id pay.OperatorID) error {
	return d.able(ctx, id, false)
}

func (d *Directory) able(ctx context.Context, id pay.OperatorID, disable bool) error {
	return d.write(ctx, func(tx *store.Tx) error {
		if err := mayChange(ctx, tx, pay.Merchant{}); err != nil {
			return err
		}
		if disable {
			if err := keepOwner(ctx, tx, id); err != nil {
				return err
			}
		}
		o, err := tx.Operator(ctx, id)
		if err != nil {
			return known(err)
		}
		if o.Disabled.IsZero() != disable {
			return nil // it is so already
		}
		action := "operator.enable"
		o.Disabled = time.Time{}
		if disable {
			action, o.Disabled = "operator.disable", tx.Now
			if err := endAll(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: action, Target: string(id), After: map[string]any{"email": o.Email}})
	})
}
