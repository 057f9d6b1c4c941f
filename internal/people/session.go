package people

import (
	"context"
	"errors"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// How long a session lives without being used, and at most; how often its use is
// written down; how long who began it counts as shown.
const (
	sessionIdle = 12 * time.Hour
	sessionLife = 14 * 24 * time.Hour
	seenEach    = time.Minute
	provedFor   = 10 * time.Minute
)

// SessionLife is how long a browser may keep a session's token.
const SessionLife = sessionLife

// Client is the browser that asks. Token is what its cookie holds, "" is nothing.
type Client struct{ Address, UserAgent, Token string }

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

// MayEverywhere reports whether a right is given over the whole installation.
func (v Visit) MayEverywhere(r pay.Right) bool {
	g, ok := bestAt(v.Grants, pay.Merchant{})
	return ok && g.May(r)
}

// Visit is the session of a cookie's token. ErrNoSession when there is none that
// may be used; with any error the visit is zero: nobody may be taken for somebody
// whose session is over, or who has not shown everything yet.
func (d *Directory) Visit(ctx context.Context, token string) (Visit, error) {
	var v Visit
	err := d.read(ctx, func(tx *store.Tx) (err error) {
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
		return Visit{}, ErrNoSession
	}
	if err != nil {
		return Visit{}, err
	}
	now := d.now()
	if !v.Session.Expires.After(now) || !v.Operator.Disabled.IsZero() || v.Session.Stage != store.StageIn {
		return Visit{}, ErrNoSession
	}
	if now.Sub(v.Session.Seen) >= seenEach {
		if err := d.touch(ctx, v.Session); err != nil {
			return Visit{}, err
		}
	}
	return v, nil
}

// lookAround fills in the stores that the grants reach, and the one that is looked
// at: the chosen one, or the oldest, a sub-store only where there is no other.
func (v *Visit) lookAround(all []pay.Merchant) {
	for _, m := range all {
		g, ok := bestAt(v.Grants, m)
		if !ok {
			continue
		}
		v.Stores = append(v.Stores, m)
		if m.ID == v.Session.Merchant || v.Store.ID == "" || v.Store.ID != v.Session.Merchant && v.Store.Parent != "" && m.Parent == "" {
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

// Proved reports whether who is signed in was shown so lately that they may change
// by what they are known. Prove shows it again.
func (d *Directory) Proved(v Visit) bool {
	return !v.Session.Proved.Add(provedFor).Before(d.now())
}

// ByOther reports whether that was by something else than a password, so that a
// password may be set without the present one.
func (d *Directory) ByOther(v Visit) bool { return d.byOther(v.Session) }

func (d *Directory) byOther(s store.OperatorSession) bool {
	return s.How != HowPassword && !s.Created.Add(provedFor).Before(d.now())
}

// Prove shows by the password who is signed in. ErrWrong, ErrLocked.
func (d *Directory) Prove(ctx context.Context, v Visit, password pay.Secret, c Client) error {
	o, err := d.operator(ctx, v.Operator.ID)
	if err != nil {
		return err
	}
	return d.tryPassword(ctx, o, password, c, signedIn(o.ID), func(tx *store.Tx, o store.Operator) error {
		if o.Failures > 0 {
			o.Failures = 0
			if err := tx.UpdateOperator(ctx, o); err != nil {
				return err
			}
		}
		s := v.Session
		s.Proved = tx.Now
		return ended(tx.UpdateOperatorSession(ctx, s))
	})
}

// ended is ErrNoSession of a session that ended meanwhile.
func ended(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoSession
	}
	return err
}

func (d *Directory) touch(ctx context.Context, s store.OperatorSession) error {
	return d.write(ctx, func(tx *store.Tx) error {
		s.Seen = tx.Now
		s.Expires = tx.Now.Add(sessionIdle)
		if most := s.Created.Add(sessionLife); s.Expires.After(most) {
			s.Expires = most
		}
		return ended(tx.TouchOperatorSession(ctx, s))
	})
}

// LookAt chooses the store that a session looks at. ErrNotGranted.
func (d *Directory) LookAt(ctx context.Context, v Visit, m pay.MerchantID) error {
	for _, s := range v.Stores {
		if s.ID == m {
			v.Session.Merchant = m
			return d.write(ctx, func(tx *store.Tx) error { return ended(tx.TurnOperatorSession(ctx, v.Session)) })
		}
	}
	return ErrNotGranted
}

// SignOut ends a session.
func (d *Directory) SignOut(ctx context.Context, v Visit) error {
	return d.write(ctx, func(tx *store.Tx) error { return tx.DeleteSessionOf(ctx, v.Session.TokenHash) })
}

// Sessions is where an operator is signed in, oldest first. ErrNoOperator.
func (d *Directory) Sessions(ctx context.Context, id pay.OperatorID) (ss []store.OperatorSession, err error) {
	err = d.read(ctx, func(tx *store.Tx) error {
		if _, err := tx.Operator(ctx, id); err != nil {
			return known(err)
		}
		ss, err = tx.OperatorSessions(ctx, id)
		return err
	})
	return ss, err
}

// EndSession signs an operator out of one browser. store.ErrNotFound.
func (d *Directory) EndSession(ctx context.Context, id pay.OperatorID, session string) error {
	return d.write(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteOperatorSession(ctx, id, session); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.session_end", Target: string(id), Before: map[string]any{"session": session}})
	})
}

// EndSessions signs an operator out everywhere but in the session of an id, "" is
// none, and counts the sessions. ErrNoOperator.
func (d *Directory) EndSessions(ctx context.Context, id pay.OperatorID, but string) (n int, err error) {
	err = d.write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Operator(ctx, id); err != nil {
			return known(err)
		}
		if n, err = tx.DeleteOperatorSessions(ctx, id, but); err != nil || n == 0 {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.sign_out", Target: string(id), Before: map[string]any{"sessions": n}})
	})
	return n, err
}
