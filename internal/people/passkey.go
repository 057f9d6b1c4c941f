package people

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"naru/internal/pay"
	"naru/internal/store"
)

// passkeyWait is how long a page's challenge may be answered; mostPasskeys is how
// many passkeys an operator may have.
const (
	passkeyWait  = 30 * time.Minute
	mostPasskeys = 20
)

// Site is what passkeys belong to: a name, and the origin of its pages.
type Site struct{ Name, Origin string }

// Offer is a challenge to a browser. Options are for its navigator.credentials, as
// JSON; State comes back with the answer.
type Offer struct {
	Options string
	State   string
}

// challenge is what State says, sealed.
type challenge struct {
	Session webauthn.SessionData `json:"session"`
	Expires time.Time            `json:"expires"`
}

func (s Site) relying() (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{RPID: s.Name, RPDisplayName: "Naru", RPOrigins: []string{s.Origin}})
}

const passkeySignIn = "passkey sign-in"

func passkeyAs(o pay.OperatorID) string { return "new passkey:" + string(o) }

// OfferSignIn asks a browser for any passkey of the site.
func (d *Directory) OfferSignIn(s Site) (Offer, error) {
	rp, err := s.relying()
	if err != nil {
		return Offer{}, err
	}
	options, session, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Offer{}, err
	}
	return d.offer(passkeySignIn, options.Response, *session)
}

func (d *Directory) offer(as string, options any, session webauthn.SessionData) (Offer, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return Offer{}, err
	}
	state, err := d.sealState(as, challenge{session, d.now().Add(passkeyWait)})
	return Offer{Options: string(text), State: state}, err
}

// answered is what an answer answers. ErrPasskey when it is not ours, or too late.
func (d *Directory) answered(as, state string) (webauthn.SessionData, time.Time, error) {
	var c challenge
	if !d.openState(as, state, &c) || !c.Expires.After(d.now()) {
		return c.Session, c.Expires, fmt.Errorf("%w: the challenge is not ours or has expired", ErrPasskey)
	}
	return c.Session, c.Expires, nil
}

// SignInByPasskey takes a browser's answer to OfferSignIn, once. ErrPasskey,
// ErrDisabled. Nobody guesses a signature, so that no address is locked.
func (d *Directory) SignInByPasskey(ctx context.Context, s Site, state, answer string, c Client) (e Entry, err error) {
	defer func() {
		if errors.Is(err, ErrPasskey) {
			d.log.WarnContext(ctx, "passkey refused", "address", c.Address, "err", err)
		}
	}()
	rp, err := s.relying()
	if err != nil {
		return e, err
	}
	session, expires, err := d.answered(passkeySignIn, state)
	if err != nil {
		return e, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return e, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	err = d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, pay.OperatorID(parsed.Response.UserHandle))
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: nobody has it", ErrPasskey)
		}
		if err != nil {
			return err
		}
		if err := d.checkAnswer(ctx, tx, rp, o, session, parsed); err != nil {
			return err
		}
		if err := d.spend(ctx, tx, session, o.ID, expires); err != nil {
			return err
		}
		e, err = d.admit(ctx, tx, o, HowPasskey, c)
		return err
	})
	return e, err
}

// checkAnswer verifies an answer, and writes down that the passkey was used.
func (d *Directory) checkAnswer(ctx context.Context, tx *store.Tx, rp *webauthn.WebAuthn, o store.Operator, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) error {
	u, err := passkeyUser(ctx, tx, o)
	if err != nil {
		return err
	}
	_, used, err := rp.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return u, nil }, session, parsed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	if used.Authenticator.CloneWarning {
		return fmt.Errorf("%w: its counter went back, as a copy's would", ErrPasskey)
	}
	p, err := tx.Passkey(ctx, used.ID)
	if err != nil {
		return err
	}
	p.Used = tx.Now
	if p.Credential, err = json.Marshal(used); err != nil {
		return err
	}
	return tx.UpdatePasskey(ctx, p)
}

// spend sees to it that a challenge is answered once.
func (d *Directory) spend(ctx context.Context, tx *store.Tx, session webauthn.SessionData, o pay.OperatorID, expires time.Time) error {
	err := tx.InsertOperatorLink(ctx, store.OperatorLink{TokenHash: hashOf(session.Challenge), Operator: o, Expires: expires, Used: tx.Now})
	if errors.Is(err, store.ErrExists) {
		return fmt.Errorf("%w: the challenge was answered already", ErrPasskey)
	}
	return err
}

// OfferPasskey asks the browser of who is signed in for a new passkey.
// ErrNotProved.
func (d *Directory) OfferPasskey(ctx context.Context, v Visit, s Site) (Offer, error) {
	if !d.Proved(v) {
		return Offer{}, ErrNotProved
	}
	rp, err := s.relying()
	if err != nil {
		return Offer{}, err
	}
	var u user
	err = d.read(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, v.Operator.ID)
		if err == nil {
			u, err = passkeyUser(ctx, tx, o)
		}
		return err
	})
	if err != nil {
		return Offer{}, err
	}
	options, session, err := rp.BeginRegistration(u,
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		}),
		webauthn.WithConveyancePreference(protocol.PreferNoAttestation),
		webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()))
	if err != nil {
		return Offer{}, err
	}
	return d.offer(passkeyAs(v.Operator.ID), options.Response, *session)
}

// AddPasskey takes a browser's answer to OfferPasskey. ErrPasskey, ErrNotProved,
// *Invalid.
func (d *Directory) AddPasskey(ctx context.Context, v Visit, s Site, state, answer, name string) error {
	if !d.Proved(v) {
		return ErrNotProved
	}
	if err := checkPasskeyName(name); err != nil {
		return err
	}
	rp, err := s.relying()
	if err != nil {
		return err
	}
	session, expires, err := d.answered(passkeyAs(v.Operator.ID), state)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	return d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, v.Operator.ID)
		if err != nil {
			return known(err)
		}
		u, err := passkeyUser(ctx, tx, o)
		if err != nil {
			return err
		}
		if len(u.credentials) >= mostPasskeys {
			return &Invalid{"name", "many", fmt.Sprintf("there are %d passkeys: remove one first", len(u.credentials))}
		}
		made, err := rp.CreateCredential(u, session, parsed)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrPasskey, err)
		}
		if err := d.spend(ctx, tx, session, o.ID, expires); err != nil {
			return err
		}
		text, err := json.Marshal(made)
		if err != nil {
			return err
		}
		err = tx.InsertPasskey(ctx, store.Passkey{Operator: o.ID, ID: made.ID, Name: name, Credential: text})
		if errors.Is(err, store.ErrExists) {
			return fmt.Errorf("%w: it is registered already", ErrPasskey)
		}
		if err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.passkey_add", Target: string(o.ID), After: map[string]any{"passkey": name}})
	})
}

func checkPasskeyName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || strings.TrimSpace(name) == "" {
		return &Invalid{"name", "name", fmt.Sprintf("has %d characters: 1 to %d are needed", n, maxName)}
	}
	return nil
}

// PasskeyID spells the id of a passkey for an address.
func PasskeyID(p store.Passkey) string { return base64.RawURLEncoding.EncodeToString(p.ID) }

// Passkeys are those of who is signed in, oldest first.
func (d *Directory) Passkeys(ctx context.Context, v Visit) (ps []store.Passkey, err error) {
	err = d.read(ctx, func(tx *store.Tx) (err error) {
		ps, err = tx.Passkeys(ctx, v.Operator.ID)
		return err
	})
	return ps, err
}

// RenamePasskey gives a passkey of who is signed in another name; id is as
// PasskeyID spells it. ErrNotProved, store.ErrNotFound, *Invalid.
func (d *Directory) RenamePasskey(ctx context.Context, v Visit, id, name string) error {
	if err := checkPasskeyName(name); err != nil {
		return err
	}
	return d.changePasskey(ctx, v, id, func(tx *store.Tx, p store.Passkey) (store.Change, error) {
		before := p.Name
		p.Name = name
		return store.Change{Action: "operator.passkey_update", Before: map[string]any{"passkey": before}, After: map[string]any{"passkey": name}}, tx.UpdatePasskey(ctx, p)
	})
}

// RemovePasskey takes a passkey of who is signed in away, and ends their other
// sessions: whoever had it may have begun one. ErrNotProved, store.ErrNotFound.
func (d *Directory) RemovePasskey(ctx context.Context, v Visit, id string) error {
	return d.changePasskey(ctx, v, id, func(tx *store.Tx, p store.Passkey) (store.Change, error) {
		if _, err := tx.DeleteOperatorSessions(ctx, p.Operator, v.Session.ID); err != nil {
			return store.Change{}, err
		}
		return store.Change{Action: "operator.passkey_remove", Before: map[string]any{"passkey": p.Name}}, tx.DeletePasskey(ctx, p.Operator, p.ID)
	})
}

func (d *Directory) changePasskey(ctx context.Context, v Visit, id string, do func(*store.Tx, store.Passkey) (store.Change, error)) error {
	if !d.Proved(v) {
		return ErrNotProved
	}
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return fmt.Errorf("passkey: %w", store.ErrNotFound)
	}
	return d.write(ctx, func(tx *store.Tx) error {
		p, err := tx.Passkey(ctx, raw)
		if err != nil {
			return err
		}
		if p.Operator != v.Operator.ID {
			return fmt.Errorf("passkey: %w", store.ErrNotFound)
		}
		c, err := do(tx, p)
		if err != nil {
			return err
		}
		c.Target = string(p.Operator)
		return tx.Audit(ctx, c)
	})
}

// user is an operator as the library of passkeys knows one.
type user struct {
	o           pay.Operator
	credentials []webauthn.Credential
}

func passkeyUser(ctx context.Context, tx *store.Tx, o store.Operator) (user, error) {
	ps, err := tx.Passkeys(ctx, o.ID)
	u := user{o: o.Operator}
	for _, p := range ps {
		var c webauthn.Credential
		if err := json.Unmarshal(p.Credential, &c); err != nil {
			return u, fmt.Errorf("passkey of %s: %w", o.ID, err)
		}
		u.credentials = append(u.credentials, c)
	}
	return u, err
}

func (u user) WebAuthnID() []byte                         { return []byte(u.o.ID) }
func (u user) WebAuthnName() string                       { return u.o.Email }
func (u user) WebAuthnDisplayName() string                { return u.o.Name }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }
