package people

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"naru/internal/pay"
	"naru/internal/store"
)

// One-time codes as apps make them (RFC 6238): 6 digits, 30 seconds, SHA-1. A
// clock may be one step off either way.
const (
	codeStep   = 30 // seconds
	codeSkew   = 1
	codeSecret = 20 // bytes
	codeIssuer = "Naru"
	setUpWait  = 30 * time.Minute
)

// Recovery codes stand in for the app that is lost: each is taken once.
const (
	recoveryCodes  = 10
	recoveryLength = 12 // characters of base32: 60 bits, kept as a keyed hash
)

// SealedAs is what binds the secret of an operator's one-time codes, sealed, to
// its row.
func SealedAs(o pay.OperatorID) string { return "operator:" + string(o) + ":totp" }

// CodeSetUp is what an app needs to make an operator's codes. It is shown, and
// kept nowhere until UseCodes has seen that the app has it.
type CodeSetUp struct {
	Secret string // to be typed in
	URL    string // otpauth:, for a picture
	State  string // to be given to UseCodes
}

// setUp is what State says, sealed.
type setUp struct {
	Secret  string    `json:"secret"`
	Expires time.Time `json:"expires"`
}

func setUpAs(v Visit) string { return "totp set-up:" + string(v.Operator.ID) }

// NewCodes begins to set up one-time codes of who is signed in. ErrNotProved.
func (d *Directory) NewCodes(v Visit) (CodeSetUp, error) {
	if !d.Proved(v) {
		return CodeSetUp{}, ErrNotProved
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: codeIssuer, AccountName: v.Operator.Email, Secret: d.random(codeSecret)})
	if err != nil {
		return CodeSetUp{}, err
	}
	state, err := d.sealState(setUpAs(v), setUp{key.Secret(), d.now().Add(setUpWait)})
	return CodeSetUp{Secret: key.Secret(), URL: key.URL(), State: state}, err
}

// SetUpAgain is the set-up of a state, to be shown once more. ErrNotProved when it
// is not one of this operator's any more.
func (d *Directory) SetUpAgain(v Visit, state string) (CodeSetUp, error) {
	var s setUp
	if !d.openState(setUpAs(v), state, &s) || !s.Expires.After(d.now()) {
		return CodeSetUp{}, ErrNotProved
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(s.Secret)
	if err != nil {
		return CodeSetUp{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: codeIssuer, AccountName: v.Operator.Email, Secret: secret})
	if err != nil {
		return CodeSetUp{}, err
	}
	return CodeSetUp{Secret: s.Secret, URL: key.URL(), State: state}, nil
}

// UseCodes asks for codes from now on, once code shows that the app makes them,
// and gives the recovery codes, which are shown this once. The operator's other
// sessions end: they were begun without a code. ErrCode, ErrNotProved.
func (d *Directory) UseCodes(ctx context.Context, v Visit, state, code string) (recovery []string, err error) {
	var s setUp
	if !d.Proved(v) || !d.openState(setUpAs(v), state, &s) || !s.Expires.After(d.now()) {
		return nil, ErrNotProved
	}
	sealed, err := d.vault.Seal([]byte(s.Secret), SealedAs(v.Operator.ID))
	if err != nil {
		return nil, err
	}
	recovery, hashes := d.newRecovery()
	err = d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, v.Operator.ID)
		if err != nil {
			return known(err)
		}
		step, ok := stepOf(s.Secret, code, tx.Now, 0)
		if !ok {
			return ErrCode
		}
		o.TOTP, o.TOTPStep, o.Recovery = sealed, step, hashes
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		if _, err := tx.DeleteOperatorSessions(ctx, o.ID, v.Session.ID); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.codes_on", Target: string(o.ID)})
	})
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// DropCodes asks for no code any more. ErrNotProved.
func (d *Directory) DropCodes(ctx context.Context, v Visit) error {
	if !d.Proved(v) {
		return ErrNotProved
	}
	return d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, v.Operator.ID)
		if err != nil || len(o.TOTP) == 0 {
			return known(err)
		}
		o.TOTP, o.TOTPStep, o.Recovery = nil, 0, nil
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.codes_off", Target: string(o.ID)})
	})
}

// NewRecovery makes recovery codes in place of those that are left. ErrNotProved;
// ErrNotGranted when the operator has no one-time codes.
func (d *Directory) NewRecovery(ctx context.Context, v Visit) ([]string, error) {
	if !d.Proved(v) {
		return nil, ErrNotProved
	}
	recovery, hashes := d.newRecovery()
	err := d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, v.Operator.ID)
		if err != nil {
			return known(err)
		}
		if len(o.TOTP) == 0 {
			return ErrNotGranted
		}
		o.Recovery = hashes
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.recovery", Target: string(o.ID)})
	})
	return recovery, err
}

// RecoveryLeft is how many recovery codes an operator has.
func (d *Directory) RecoveryLeft(ctx context.Context, v Visit) (int, error) {
	o, err := d.operator(ctx, v.Operator.ID)
	return len(o.Recovery), err
}

func (d *Directory) newRecovery() (codes, hashes []string) {
	for range recoveryCodes {
		text := base32.StdEncoding.EncodeToString(d.random(recoveryLength))[:recoveryLength]
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:])
		hashes = append(hashes, d.recoveryHash(text))
	}
	return codes, hashes
}

func (d *Directory) recoveryHash(code string) string {
	return hex.EncodeToString(d.vault.MAC("operator recovery code", []byte(code)))
}

// takeCode takes a one-time or a recovery code of an operator, whose row it
// changes; taken is false of one that is wrong or was taken before.
func (d *Directory) takeCode(o *store.Operator, code string, now time.Time) (taken bool, err error) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	secret, err := d.vault.Open(o.TOTP, SealedAs(o.ID))
	if err != nil {
		return false, err
	}
	if step, ok := stepOf(string(secret), code, now, o.TOTPStep); ok {
		o.TOTPStep = step
		return true, nil
	}
	if len(code) != recoveryLength {
		return false, nil
	}
	i := slices.Index(o.Recovery, d.recoveryHash(code))
	if i < 0 {
		return false, nil
	}
	o.Recovery = slices.Delete(slices.Clone(o.Recovery), i, i+1)
	return true, nil
}

// stepOf is the step of time that a code is of, later than one that was taken.
func stepOf(secret, code string, now time.Time, after int64) (int64, bool) {
	code = strings.ReplaceAll(code, " ", "")
	at := now.Unix() / codeStep
	found, ok := int64(0), false
	for step := at - codeSkew; step <= at+codeSkew; step++ {
		want, err := totp.GenerateCode(secret, time.Unix(step*codeStep, 0))
		if err == nil && step > after && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found, ok = step, true
		}
	}
	return found, ok
}

// sealState is what a form carries from one page to the next, so that nobody
// reads or changes it.
func (d *Directory) sealState(as string, v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sealed, err := d.vault.Seal(text, as)
	return base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sealed), err
}

func (d *Directory) openState(as, state string, into any) bool {
	sealed, err := base32.HexEncoding.WithPadding(base32.NoPadding).DecodeString(state)
	if err != nil {
		return false
	}
	text, err := d.vault.Open(sealed, as)
	return err == nil && json.Unmarshal(text, into) == nil
}
