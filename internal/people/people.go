// Package people knows who may sign in to the console and what they may do
// there: operators, their passwords and other proofs, sessions, and grants. Every
// change of them is written into the audit log in its own transaction, in the name
// of whom the context names (pay.WithActor).
package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/vault"
)

// Refusals. What a person is told does not say which of address and password was
// wrong, nor whether a lock was the reason.
var (
	ErrWrong      = errors.New("the address or the password is wrong, or there were too many wrong tries")
	ErrCode       = errors.New("the code is wrong")
	ErrLocked     = errors.New("too many wrong tries: wait a while")
	ErrBusy       = errors.New("too many passwords are being looked at: try again in a moment")
	ErrDisabled   = errors.New("the operator may not sign in any more")
	ErrNoSession  = errors.New("not signed in")
	ErrLinkSpent  = errors.New("the link was used or has expired")
	ErrPasskey    = errors.New("the passkey was not accepted")
	ErrNotProved  = errors.New("who is signed in must be shown again")
	ErrEmailTaken = errors.New("an operator has this address already")
	ErrNoOperator = errors.New("no such operator")
	ErrNotGranted = errors.New("the operator has no role there")
	ErrNotAllowed = errors.New("the role does not allow this")
	ErrElsewhere  = errors.New("the operator has roles elsewhere, over which the actor has no say")
	ErrLastOwner  = errors.New("the last owner of the installation must remain")
)

// Invalid is input that cannot be taken. Why names the rule, for those who say it
// in other words.
type Invalid struct{ Field, Why, Message string }

func (e *Invalid) Error() string { return e.Field + ": " + e.Message }

// Options are what a Directory is made of. Store and Vault are required.
type Options struct {
	Store *store.Store
	Vault *vault.Vault
	Now   func() time.Time // the machine's time, whatever the gateway's clock shows; time.Now when nil
	Rand  io.Reader        // crypto/rand when nil
	Log   *slog.Logger
}

// Directory is the people of an installation. It is safe for concurrent use.
type Directory struct {
	store *store.Store
	vault *vault.Vault
	now   func() time.Time
	rand  io.Reader
	log   *slog.Logger

	guesses *guesses
	hashing chan struct{} // holds one for each password that is hashed now
	queued  atomic.Int64  // how many wait for it
	hashed  atomic.Int64  // how many were: tests count them
}

// New makes a directory of o.
func New(o Options) *Directory {
	d := &Directory{
		store: o.Store, vault: o.Vault, now: o.Now, rand: o.Rand, log: o.Log,
		guesses: newGuesses(), hashing: make(chan struct{}, hashesAtOnce()),
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.rand == nil {
		d.rand = rand.Reader
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	return d
}

// operator reads an operator; ErrNoOperator.
func (d *Directory) operator(ctx context.Context, id pay.OperatorID) (o store.Operator, err error) {
	err = d.read(ctx, func(tx *store.Tx) (err error) {
		o, err = tx.Operator(ctx, id)
		return err
	})
	return o, known(err)
}

// known turns the store's answer about an operator into ours.
func known(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoOperator
	}
	return err
}

func (d *Directory) uuid() string {
	id, err := uuid.NewRandomFromReader(d.rand)
	if err != nil {
		panic("people: no randomness: " + err.Error())
	}
	return id.String()
}

// token is a secret of 256 bits; the store holds its hash only.
func (d *Directory) token() string { return base64.RawURLEncoding.EncodeToString(d.random(32)) }

func (d *Directory) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(d.rand, b); err != nil {
		panic("people: no randomness: " + err.Error())
	}
	return b
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// write and read are the store's, at the machine's time: whoever moves the clock of
// naru dev by a month stays signed in.
func (d *Directory) write(ctx context.Context, fn func(*store.Tx) error) error {
	return d.store.Write(ctx, func(tx *store.Tx) error {
		tx.Now = d.moment()
		return fn(tx)
	})
}

func (d *Directory) read(ctx context.Context, fn func(*store.Tx) error) error {
	return d.store.Read(ctx, func(tx *store.Tx) error {
		tx.Now = d.moment()
		return fn(tx)
	})
}

// moment is now, as the store keeps it.
func (d *Directory) moment() time.Time { return d.now().UTC().Truncate(time.Microsecond) }
