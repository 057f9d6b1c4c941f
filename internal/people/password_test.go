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
