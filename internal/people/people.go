// Package people knows who may sign in to the console and what they may do
// there: operators, their passwords and other proofs, sessions, and grants. Every
// change of them is written into the audit log in its own transaction.
package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"

	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/vault"
)

// Refusals. What a person is told does not say which of address and password was
// wrong.
var (
	ErrWrong      = errors.New("the address or the password is wrong")
	ErrLocked     = errors.New("too many wrong tries: wait a while")
	ErrDisabled   = errors.New("the operator may not sign in any more")
	ErrNoSession  = errors.New("not signed in")
	ErrLinkSpent  = errors.New("the link was used or has expired")
	ErrEmailTaken = errors.New("an operator has this address already")
	ErrNoOperator = errors.New("no such operator")
	ErrNotGranted = errors.New("the operator has no role there")
)

// Invalid is input that cannot be taken.
type Invalid struct{ Field, Message string }

func (e *Invalid) Error() string { return e.Field + ": " + e.Message }

// Options are what a Directory is made of. Store and Vault are required.
type Options struct {
	Store *store.Store
	Vault *vault.Vault
	Now   func() time.Time // time.Now when nil
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
}

// New makes a directory of o.
func New(o Options) *Directory {
	d := &Directory{store: o.Store, vault: o.Vault, now: o.Now, rand: o.Rand, log: o.Log}
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
// *Invalid; ErrEmailTaken.
func (d *Directory) Add(ctx context.Context, n NewOperator) (pay.Operator, error) {
	o, err := n.operator("op_" + d.uuid())
	if err != nil {
		return pay.Operator{}, err
	}
	if n.Password != "" {
		if o.Password, err = d.hashPassword(n.Password); err != nil {
			return pay.Operator{}, err
		}
	}
	g := pay.Grant{Merchant: n.Merchant, Operator: o.ID, Role: n.Role, Export: n.Export}
	err = d.store.Write(ctx, func(tx *store.Tx) error {
		if n.Merchant != "" {
			if _, err := tx.Merchant(ctx, n.Merchant); err != nil {
				return err
			}
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
	})
	return o.Operator, err
}

func (n NewOperator) operator(id string) (store.Operator, error) {
	address, err := mail.ParseAddress(n.Email)
	if err != nil || address.Address != n.Email {
		return store.Operator{}, &Invalid{"email", fmt.Sprintf("%q is no e-mail address", n.Email)}
	}
	if !n.Role.Valid() {
		return store.Operator{}, &Invalid{"role", fmt.Sprintf("%q is not one of %v", n.Role, pay.Roles())}
	}
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(n.Email, "@")
	}
	return store.Operator{Operator: pay.Operator{
		ID: pay.OperatorID(id), Email: strings.ToLower(n.Email), Name: n.Name, Language: n.Language,
	}}, nil
}

// view is how the audit log shows an operator.
func view(o store.Operator, gs ...pay.Grant) map[string]any {
	v := map[string]any{"email": o.Email, "name": o.Name}
	for _, g := range gs {
		v["role"], v["merchant"], v["export"] = g.Role, g.Merchant, g.Export
	}
	return v
}

func (d *Directory) uuid() string {
	id, err := uuid.NewRandomFromReader(d.rand)
	if err != nil {
		panic("people: no randomness: " + err.Error())
	}
	return id.String()
}

// token is a secret of 256 bits; the store holds its hash only.
func (d *Directory) token() string {
	var b [32]byte
	if _, err := io.ReadFull(d.rand, b[:]); err != nil {
		panic("people: no randomness: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
