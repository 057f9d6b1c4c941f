package people_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

// readerFunc is randomness that does something as it is asked for.
type readerFunc func(b []byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// Whoever pays does not wait until somebody's password is hashed: its salt is drawn
// while the books may be written.
func TestAPasswordIsHashedOutsideOfTheBooks(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	o := r.add("a", pay.RoleOwner, "")
	link, _, err := r.people.Link(r.ctx, o.Email)
	r.must(err)
	e, err := r.people.SignInByLink(r.ctx, link, r.client)
	r.must(err)
	byLink, byPassword := r.visit(e), r.in(o)

	drawn := 0
	d := people.New(people.Options{Store: r.store, Vault: r.vault, Now: r.clock.Now, Rand: readerFunc(func(b []byte) (int, error) {
		drawn++
		ctx, cancel := context.WithTimeout(r.ctx, 2*time.Second)
		defer cancel()
		if err := r.store.Write(ctx, func(*store.Tx) error { return nil }); err != nil {
			t.Errorf("while a password is hashed the books cannot be written: %v", err)
		}
		return rand.Read(b)
	})})
	r.must(d.ChangePassword(r.ctx, byPassword, password, "another horse altogether", r.client))
	r.is(d.ChangePassword(r.ctx, byLink, "", password, r.client), nil)
	if drawn != 2 {
		t.Errorf("%d salts were drawn, want 2", drawn)
	}
}

// guess is a wrong password for nobody, from an address.
func (r *rig) guess(ctx context.Context, address string, answer chan<- error) {
	go func() {
		_, err := r.people.SignIn(ctx, "nobody@naru.test", "guess guess guess", people.Client{Address: address})
		answer <- err
	}()
}

func (r *rig) untilWaiting(n int64) {
	r.t.Helper()
	for end := time.Now().Add(30 * time.Second); r.people.Waiting() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%d passwords wait, want %d", r.people.Waiting(), n)
		}
	}
}

// Of many tries at once an address has as many hashed as of tries in turn.
func TestTriesAtOnceAreNotHashed(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	release := r.people.HoldHashing()
	answers := make(chan error, 28)
	for range 28 {
		r.guess(r.ctx, "203.0.113.9", answers)
	}
	for range 8 {
		r.is(<-answers, people.ErrLocked) // at once
	}
	release()
	for range 20 {
		r.is(<-answers, people.ErrWrong)
	}
	if n := r.people.Hashed(); n != 20 {
		t.Errorf("%d passwords were hashed, want 20", n)
	}
}

// A flood from everywhere is told to come back, and who has gone is not worked for.
func TestAFloodOfPasswords(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	o := r.add("a", pay.RoleOwner, "")
	before := r.people.Hashed()
	release := r.people.HoldHashing()
	ctx, leave := context.WithCancel(r.ctx)
	answers := make(chan error, 32)
	for i := range 32 {
		r.guess(ctx, []string{"203.0.113.10", "203.0.113.11"}[i%2], answers)
	}
	r.untilWaiting(32)
	_, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
	r.is(err, people.ErrBusy)
	_, err = r.people.Add(r.ctx, people.NewOperator{Email: "b@naru.test", Role: pay.RoleOwner, Password: password})
	r.is(err, people.ErrBusy)
	leave()
	for range 32 {
		r.is(<-answers, context.Canceled)
	}
	release()
	if n := r.people.Hashed() - before; n != 0 {
		t.Errorf("%d passwords were hashed for nobody", n)
	}
	for range 21 { // neither those who left nor right ones use tries up
		_, err := r.people.SignIn(r.ctx, o.Email, password, people.Client{Address: "203.0.113.10"})
		r.must(err)
	}
}

// Somebody who guesses at the office's address keeps nobody there out who has
// another proof, or is signed in already.
func TestGuessesOfAnAddressKeepNobodyOutWhoHasAProof(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	o := r.add("a", pay.RoleOwner, "")
	v := r.in(o)
	secret, _ := r.codes(v)
	e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
	r.must(err)
	link, _, err := r.people.Link(r.ctx, o.Email)
	r.must(err)
	r.people.UseUp(r.client.Address)
	_, err = r.people.SignIn(r.ctx, o.Email, password, r.client)
	r.is(err, people.ErrLocked)

	r.must(r.people.Prove(r.ctx, v, password, r.client))
	r.clock.Advance(time.Second)
	r.people.UseUp(r.client.Address)
	_, err = r.people.SignInByPasskey(r.ctx, people.Site{Name: "localhost", Origin: "http://localhost"}, "", "", r.client)
	r.is(err, people.ErrPasskey) // it is looked at
	byLink, err := r.people.SignInByLink(r.ctx, link, r.client)
	r.must(err)
	if !byLink.Code {
		t.Error("no code was asked for")
	}
	_, err = r.people.EnterCode(r.ctx, e.Token, "000000", r.client)
	r.is(err, people.ErrCode)
	r.clock.Advance(30 * time.Second)
	r.people.UseUp(r.client.Address)
	_, err = r.people.EnterCode(r.ctx, e.Token, r.code(secret), r.client)
	r.must(err)
	// Who is signed in guesses no more often than an address does.
	r.people.UseUpSignedIn(o.ID)
	r.is(r.people.Prove(r.ctx, v, password, people.Client{Address: "198.51.100.1"}), people.ErrLocked)
}
