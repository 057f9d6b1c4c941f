package people

import (
	"context"
	"errors"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// How a session was begun.
const (
	HowPassword = "password"
	HowCode     = "code" // a password, and then a one-time or a recovery code
	HowPasskey  = "passkey"
	HowLink     = "link" // with a code where the operator has one
)

// Entry is what signing in came to. Token is for the browser's cookie. With Code
// it is good for EnterCode alone.
type Entry struct {
	Token string
	Code  bool
}

// codeWait is how long a code may be entered after the password, codeTries how
// many wrong ones.
const (
	codeWait  = 10 * time.Minute
	codeTries = 5
)

// SignIn begins a session of whoever has this address and password. ErrWrong,
// ErrLocked of the client's address, ErrDisabled.
func (d *Directory) SignIn(ctx context.Context, email string, password pay.Secret, c Client) (e Entry, err error) {
	var o store.Operator
	err = d.read(ctx, func(tx *store.Tx) (err error) {
		o, err = tx.OperatorByEmail(ctx, email)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return e, err
	}
	err = d.tryPassword(ctx, o, password, c, guesser(c.Address), func(tx *store.Tx, o store.Operator) (err error) {
		e, err = d.admit(ctx, tx, o, HowPassword, c)
		return err
	})
	return e, err
}

// SignInByLink uses a link up. ErrLinkSpent, ErrDisabled. A link has 256 bits, which
// nobody guesses: others' guesses at the same address do not keep its holder out.
func (d *Directory) SignInByLink(ctx context.Context, link string, c Client) (e Entry, err error) {
	err = d.write(ctx, func(tx *store.Tx) error {
		l, err := tx.OperatorLink(ctx, hashOf(link))
		if err != nil {
			return err
		}
		o, err := tx.Operator(ctx, l.Operator)
		if err != nil {
			return err
		}
		if err := tx.UseOperatorLink(ctx, l.TokenHash); err != nil {
			return err
		}
		if l.Resets {
			if o, err = d.reset(ctx, tx, o, c); err != nil {
				return err
			}
		}
		e, err = d.admit(ctx, tx, o, HowLink, c)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
		return Entry{}, ErrLinkSpent
	}
	return e, err
}

// admit lets an operator in, or as far as to the code that is still to come: a
// passkey is two factors by itself.
func (d *Directory) admit(ctx context.Context, tx *store.Tx, o store.Operator, how string, c Client) (Entry, error) {
	if !o.Disabled.IsZero() {
		return Entry{}, ErrDisabled
	}
	if how == HowPasskey || len(o.TOTP) == 0 {
		return d.enter(ctx, tx, o, how, c)
	}
	return d.session(ctx, tx, o, store.StagePassword, how, c)
}

// enter begins a session of one who has shown everything.
func (d *Directory) enter(ctx context.Context, tx *store.Tx, o store.Operator, how string, c Client) (Entry, error) {
	o.SignedIn, o.Failures, o.LockedTo = tx.Now, 0, time.Time{}
	if err := tx.UpdateOperator(ctx, o); err != nil {
		return Entry{}, err
	}
	if err := tx.ReapOperatorSessions(ctx); err != nil {
		return Entry{}, err
	}
	e, err := d.session(ctx, tx, o, store.StageIn, how, c)
	if err != nil {
		return e, err
	}
	ctx = pay.WithActor(ctx, actorOf(o.Operator, c.Address))
	return e, tx.Audit(ctx, store.Change{Action: "operator.sign_in", Target: string(o.ID), After: map[string]any{"how": how}})
}

// session makes a session with a token of its own: none that was there before is
// ever raised, so that nobody can plant one. The one that the browser had ends.
func (d *Directory) session(ctx context.Context, tx *store.Tx, o store.Operator, stage, how string, c Client) (Entry, error) {
	if c.Token != "" {
		if err := tx.DeleteSessionOf(ctx, hashOf(c.Token)); err != nil {
			return Entry{}, err
		}
	}
	life := sessionIdle
	if stage == store.StagePassword {
		life = codeWait
	}
	token := d.token()
	err := tx.InsertOperatorSession(ctx, store.OperatorSession{
		TokenHash: hashOf(token), ID: "os_" + d.uuid(), Operator: o.ID, Stage: stage, How: how,
		Address: c.Address, UserAgent: cut(c.UserAgent, 300), Expires: tx.Now.Add(life),
	})
	return Entry{Token: token, Code: stage == store.StagePassword}, err
}

// cut is the beginning of a text, of whole characters.
func cut(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

func actorOf(o pay.Operator, address string) pay.Actor {
	return pay.Actor{Kind: pay.ActorOperator, ID: string(o.ID), Name: o.Name, Address: address}
}

// MayEnterCode reports whether a token waits for its code. ErrNoSession.
func (d *Directory) MayEnterCode(ctx context.Context, token string) error {
	return d.read(ctx, func(tx *store.Tx) error {
		_, err := d.waiting(ctx, tx, token)
		return err
	})
}

func (d *Directory) waiting(ctx context.Context, tx *store.Tx, token string) (store.OperatorSession, error) {
	s, err := tx.OperatorSession(ctx, hashOf(token))
	if errors.Is(err, store.ErrNotFound) || err == nil && (s.Stage != store.StagePassword || !s.Expires.After(tx.Now)) {
		return s, ErrNoSession
	}
	return s, err
}

// EnterCode takes the one-time or recovery code that a token of SignIn or
// SignInByLink waits for, and gives another token in its place. ErrCode; ErrLocked
// after too many; ErrNoSession when one must begin again. A lock by wrong passwords
// does not hold for who came by a link. Wrong codes are counted by the token and by
// its operator, not by the address.
func (d *Directory) EnterCode(ctx context.Context, token, code string, c Client) (e Entry, err error) {
	var refused error
	err = d.write(ctx, func(tx *store.Tx) error {
		refused = nil
		s, err := d.waiting(ctx, tx, token)
		if err != nil {
			return err
		}
		o, err := tx.Operator(ctx, s.Operator) // and nobody else goes on with it
		if err != nil {
			return err
		}
		if s, err = d.waiting(ctx, tx, token); err != nil {
			return err
		}
		if !o.Disabled.IsZero() {
			return ErrDisabled
		}
		if s.How != HowLink && o.LockedTo.After(tx.Now) {
			refused = ErrLocked
			return nil
		}
		taken, err := d.takeCode(&o, code, tx.Now)
		if err != nil {
			return err
		}
		if !taken {
			refused = ErrCode
			return d.wrongCode(ctx, tx, o, s, c)
		}
		c.Token = token
		how := HowCode
		if s.How == HowLink {
			how = HowLink
		}
		e, err = d.enter(ctx, tx, o, how, c)
		return err
	})
	if refused != nil && err == nil {
		return Entry{}, refused
	}
	return e, err
}

// wrongCode counts a wrong code of a session, which ends with the last that is
// allowed, and of its operator.
func (d *Directory) wrongCode(ctx context.Context, tx *store.Tx, o store.Operator, s store.OperatorSession, c Client) error {
	s.Failures++
	if s.Failures >= codeTries {
		if err := tx.DeleteOperatorSession(ctx, o.ID, s.ID); err != nil {
			return err
		}
	} else if err := tx.UpdateOperatorSession(ctx, s); err != nil {
		return err
	}
	if s.How == HowLink {
		return nil
	}
	return d.countFailure(ctx, tx, o, c)
}
