package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// How long a session lives without being used, and at most; how often its use is
// written down; how long a link lives.
const (
	sessionIdle = 12 * time.Hour
	sessionLife = 14 * 24 * time.Hour
	seenEach    = time.Minute
	linkLife    = 24 * time.Hour
)

// Client is the browser that asks.
type Client struct{ Address, UserAgent string }

// Visit is what a session lets its operator do.
type Visit struct {
	Operator pay.Operator
	Session  store.OperatorSession
	Grants   []pay.Grant
	// Stores are the merchants that the grants reach, sub-stores too, oldest first.
	Stores []pay.Merchant
	// Store is the one that is looked at; its zero is none. Grant is what holds there.
	Store pay.Merchant
	Grant pay.Grant
}

// May reports whether a right is given at the store that is looked at. Without a
// store, those that concern the installation are.
func (v Visit) May(r pay.Right) bool { return v.Grant.May(r) }

// SignIn begins a session of whoever has this address and password. token is for
// the browser's cookie. ErrWrong, ErrLocked, ErrDisabled.
func (d *Directory) SignIn(ctx context.Context, email string, password pay.Secret, c Client) (token string, err error) {
	var o store.Operator
	err = d.store.Read(ctx, func(tx *store.Tx) (err error) {
		o, err = tx.OperatorByEmail(ctx, email)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		isPassword(nobody, password) // takes as long as for somebody
		return "", ErrWrong
	}
	if err != nil {
		return "", err
	}
	if !isPassword(o.Password, password) {
		return "", ErrWrong
	}
	return d.begin(ctx, o.ID, "password", c, nil)
}

// nobody's password is never right.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Link makes a link that signs an operator in once; the token is the last part of
// its address. ErrNoOperator.
func (d *Directory) Link(ctx context.Context, email string) (token string, expires time.Time, err error) {
	token = d.token()
	err = d.store.Write(ctx, func(tx *store.Tx) error {
		o, err := tx.OperatorByEmail(ctx, email)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: %q", ErrNoOperator, email)
		}
		if err != nil {
			return err
		}
		expires = tx.Now.Add(linkLife)
		if err := tx.InsertOperatorLink(ctx, store.OperatorLink{TokenHash: hashOf(token), Operator: o.ID, Expires: expires}); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.link", Target: string(o.ID)})
	})
	return token, expires, err
}

// SignInByLink uses a link up. ErrLinkSpent, ErrDisabled.
func (d *Directory) SignInByLink(ctx context.Context, link string, c Client) (token string, err error) {
	var l store.OperatorLink
	err = d.store.Read(ctx, func(tx *store.Tx) (err error) {
		l, err = tx.OperatorLink(ctx, hashOf(link))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrLinkSpent
	}
	if err != nil {
		return "", err
	}
	return d.begin(ctx, l.Operator, "link", c, func(tx *store.Tx) error {
		err := tx.UseOperatorLink(ctx, l.TokenHash)
		if errors.Is(err, store.ErrConflict) {
			return ErrLinkSpent
		}
		return err
	})
}

// begin makes a session, after what must be so for it in the same transaction.
func (d *Directory) begin(ctx context.Context, id pay.OperatorID, how string, c Client, first func(*store.Tx) error) (string, error) {
	token := d.token()
	err := d.store.Write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, id)
		if err != nil {
			return err
		}
		if !o.Disabled.IsZero() {
			return ErrDisabled
		}
		if first != nil {
			if err := first(tx); err != nil {
				return err
			}
		}
		o.SignedIn = tx.Now
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		s := store.OperatorSession{
			TokenHash: hashOf(token), ID: "os_" + d.uuid(), Operator: o.ID, Stage: store.StageIn, How: how,
			Address: c.Address, UserAgent: c.UserAgent, Expires: tx.Now.Add(sessionIdle),
		}
		if err := tx.InsertOperatorSession(ctx, s); err != nil {
			return err
		}
		ctx := pay.WithActor(ctx, actorOf(o.Operator, c.Address))
		return tx.Audit(ctx, store.Change{Action: "operator.sign_in", Target: string(o.ID), After: map[string]any{"how": how}})
	})
	return token, err
}

func actorOf(o pay.Operator, address string) pay.Actor {
	return pay.Actor{Kind: pay.ActorOperator, ID: string(o.ID), Name: o.Name, Address: address}
}

// Visit is the session of a cookie's token. ErrNoSession when there is none that
// may be used.
func (d *Directory) Visit(ctx context.Context, token string) (Visit, error) {
	var v Visit
	err := d.store.Read(ctx, func(tx *store.Tx) (err error) {
		if v.Session, err = tx.OperatorSession(ctx, hashOf(token)); err != nil {
			return err
		}
		o, err := tx.Operator(ctx, v.Session.Operator)
		if err != nil {
			return err
		}
		v.Operator = o.Operator
		if v.Grants, err = tx.GrantsOf(ctx, o.ID); err != nil {
			return err
		}
		all, err := tx.ListMerchants(ctx)
		v.lookAround(all)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return v, ErrNoSession
	}
	if err != nil {
		return v, err
	}
	now := d.now()
	if !v.Session.Expires.After(now) || !v.Operator.Disabled.IsZero() || v.Session.Stage != store.StageIn {
		return v, ErrNoSession
	}
	if now.Sub(v.Session.Seen) >= seenEach {
		err = d.touch(ctx, v.Session)
	}
	return v, err
}

// lookAround fills in the stores that the grants reach, and the one that is looked
// at: the chosen one, or the oldest.
func (v *Visit) lookAround(all []pay.Merchant) {
	for _, m := range all {
		g, ok := bestAt(v.Grants, m)
		if !ok {
			continue
		}
		v.Stores = append(v.Stores, m)
		if m.ID == v.Session.Merchant || v.Store.ID == "" {
			v.Store, v.Grant = m, g
		}
	}
	if v.Store.ID != "" {
		return
	}
	for _, g := range v.Grants { // an installation without a merchant yet
		if g.Merchant == "" {
			v.Grant = g
		}
	}
}

// bestAt is the mightiest of the grants that reach a merchant.
func bestAt(grants []pay.Grant, m pay.Merchant) (best pay.Grant, ok bool) {
	for _, role := range pay.Roles() {
		for _, g := range grants {
			if g.Role != role || !g.Reaches(m) {
				continue
			}
			if !ok {
				best, ok = g, true
			}
			best.Export = best.Export || g.Export
			if g.Merchant == "" { // the same role over everything is more
				if g.Role == best.Role {
					best.Merchant = ""
				}
			}
		}
	}
	return best, ok
}

func (d *Directory) touch(ctx context.Context, s store.OperatorSession) error {
	return d.store.Write(ctx, func(tx *store.Tx) error {
		s.Seen = tx.Now
		s.Expires = tx.Now.Add(sessionIdle)
		if most := s.Created.Add(sessionLife); s.Expires.After(most) {
			s.Expires = most
		}
		err := tx.UpdateOperatorSession(ctx, s)
		if errors.Is(err, store.ErrNotFound) { // revoked meanwhile
			return ErrNoSession
		}
		return err
	})
}

// LookAt chooses the store that a session looks at. ErrNotGranted.
func (d *Directory) LookAt(ctx context.Context, v Visit, m pay.MerchantID) error {
	for _, s := range v.Stores {
		if s.ID == m {
			v.Session.Merchant = m
			return d.store.Write(ctx, func(tx *store.Tx) error { return tx.UpdateOperatorSession(ctx, v.Session) })
		}
	}
	return ErrNotGranted
}

// SignOut ends a session.
func (d *Directory) SignOut(ctx context.Context, v Visit) error {
	return d.store.Write(ctx, func(tx *store.Tx) error {
		err := tx.DeleteOperatorSession(ctx, v.Operator.ID, v.Session.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
}
