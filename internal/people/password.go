package people

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"naru/internal/pay"
	"naru/internal/store"
)

// What a password is hashed with: OWASP's Password Storage Cheat Sheet, argon2id.
// A row says with what it was made, so that these may grow.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	saltSize     = 16
	hashSize     = 32
)

// mostWaiting is how many passwords may wait to be hashed: anybody may send one, and
// each takes memory and a while of one processor.
const mostWaiting = 32

// hashesAtOnce leaves half of the processors to those who pay.
func hashesAtOnce() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// The length of a password, in characters.
const (
	minPassword = 10
	maxPassword = 128
)

// common are the passwords that are tried first, long enough to be taken
// otherwise; one a line, lower case.
//
//go:embed common.txt
var common string

// checkPassword is an *Invalid of a password that cannot be taken: OWASP's
// Authentication Cheat Sheet asks for length and against the commonest, and for
// nothing about kinds of characters.
func checkPassword(p pay.Secret, email string) error {
	text := p.Reveal()
	n := utf8.RuneCountInString(text)
	if n < minPassword || n > maxPassword {
		return &Invalid{"password", "length", fmt.Sprintf("has %d characters: %d to %d are needed", n, minPassword, maxPassword)}
	}
	if strings.EqualFold(text, email) {
		return &Invalid{"password", "email", "is the e-mail address"}
	}
	if strings.Count(text, text[:1]) == len(text) || slices.Contains(strings.Fields(common), strings.ToLower(text)) {
		return &Invalid{"password", "common", "is one of those that are tried first"}
	}
	return nil
}

// hashPassword is what is stored of a password, or an *Invalid; ErrBusy.
func (d *Directory) hashPassword(ctx context.Context, p pay.Secret, email string) (string, error) {
	if err := checkPassword(p, email); err != nil {
		return "", err
	}
	salt := d.random(saltSize)
	sum, err := d.argon(ctx, p, salt, argonTime, argonMemory, argonThreads, hashSize)
	if err != nil {
		return "", err
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, text(salt), text(sum)), nil
}

// argon hashes a password in its turn. ErrBusy when too many wait for theirs.
func (d *Directory) argon(ctx context.Context, p pay.Secret, salt []byte, passes, memory uint32, threads uint8, size int) ([]byte, error) {
	if err := d.turn(ctx); err != nil {
		return nil, err
	}
	defer func() { <-d.hashing }()
	d.hashed.Add(1)
	return argon2.IDKey([]byte(p.Reveal()), salt, passes, memory, threads, uint32(size)), nil
}

// turn waits until a password may be hashed, and not longer than who asked does.
func (d *Directory) turn(ctx context.Context) error {
	defer d.queued.Add(-1)
	if d.queued.Add(1) > mostWaiting {
		return ErrBusy
	}
	select {
	case d.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// nobody's password is never right.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// isPassword reports whether stored was made of p. Nothing was made of "", which
// takes as long to find out. A password that is too long is none, at once.
func (d *Directory) isPassword(ctx context.Context, stored string, p pay.Secret) (bool, error) {
	if len(p.Reveal()) > maxPassword*utf8.UTFMax {
		stored, p = nobody, nobody
	}
	if stored == "" {
		stored = nobody
	}
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, nil
	}
	var version int
	var memory, passes uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, nil
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false, nil
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, nil
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 {
		return false, nil
	}
	got, err := d.argon(ctx, p, salt, passes, memory, threads, len(want))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1 && stored != nobody, err
}

// tryPassword holds a password against an operator's, and counts a wrong one; then
// has do in the same transaction. ErrWrong is also the answer of one who is locked,
// and it costs the same. The zero operator is nobody. The guesser's try is spent
// before anything is hashed, and given back when it was right: tries at once are
// held to the same number as tries in turn. ErrLocked, ErrBusy.
func (d *Directory) tryPassword(ctx context.Context, was store.Operator, p pay.Secret, c Client, who string, do func(*store.Tx, store.Operator) error) error {
	if !d.guesses.spend(who, d.now()) {
		return ErrLocked
	}
	right, err := d.isPassword(ctx, was.Password, p)
	if err != nil {
		d.guesses.giveBack(who)
		return err
	}
	refused := !right
	err = d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, was.ID)
		if was.ID == "" && errors.Is(err, store.ErrNotFound) {
			return nobodyFailed(ctx, tx)
		}
		if err != nil {
			return err
		}
		refused = !right || o.Password != was.Password || o.LockedTo.After(tx.Now)
		switch {
		case !refused:
			return do(tx, o)
		case o.LockedTo.After(tx.Now):
			return tx.UpdateOperator(ctx, o) // as it is: it is counted enough
		}
		return d.countFailure(ctx, tx, o, c)
	})
	if refused && err == nil {
		d.log.WarnContext(ctx, "sign-in refused", "operator", was.ID, "address", c.Address)
		return ErrWrong
	}
	if !refused {
		d.guesses.giveBack(who)
	}
	return err
}

// nobodyFailed does for an address that nobody has what is done for one that
// somebody has, so that the time tells neither from the other.
func nobodyFailed(ctx context.Context, tx *store.Tx) error {
	var o store.Operator
	failed(&o, tx.Now)
	if err := tx.UpdateOperator(ctx, o); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// countFailure writes a wrong try down, and the lock that follows from it.
func (d *Directory) countFailure(ctx context.Context, tx *store.Tx, o store.Operator, c Client) error {
	failed(&o, tx.Now)
	if err := tx.UpdateOperator(ctx, o); err != nil || o.LockedTo.IsZero() {
		return err
	}
	if o.Failures != triesFree { // said once in a row of them
		return nil
	}
	ctx = pay.WithActor(ctx, pay.Actor{Kind: pay.ActorGateway, Address: c.Address})
	return tx.Audit(ctx, store.Change{Action: "operator.lock", Target: string(o.ID), After: map[string]any{"failures": o.Failures}})
}

// ChangePassword sets or changes the password of who is signed in, and ends their
// other sessions. It takes the present one, or a session that another proof began
// within the last minutes (ByOther); else ErrWrong or ErrNotProved. *Invalid, ErrBusy.
func (d *Directory) ChangePassword(ctx context.Context, v Visit, present, next pay.Secret, c Client) error {
	o, err := d.operator(ctx, v.Operator.ID)
	if err != nil {
		return err
	}
	if !d.byOther(v.Session) && o.Password == "" {
		return ErrNotProved
	}
	hash, err := d.hashPassword(ctx, next, o.Email) // here: hashing holds no other writer up
	if err != nil {
		return err
	}
	set := func(tx *store.Tx, o store.Operator) error {
		o.Password = hash
		o.Failures, o.LockedTo = 0, time.Time{}
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		if err := tx.DeleteOperatorLinks(ctx, o.ID); err != nil {
			return err
		}
		if _, err := tx.DeleteOperatorSessions(ctx, o.ID, v.Session.ID); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Action: "operator.password", Target: string(o.ID)})
	}
	if !d.byOther(v.Session) {
		return d.tryPassword(ctx, o, present, c, signedIn(o.ID), set)
	}
	return d.write(ctx, func(tx *store.Tx) error {
		o, err := tx.Operator(ctx, o.ID)
		if err != nil {
			return err
		}
		return set(tx, o)
	})
}
