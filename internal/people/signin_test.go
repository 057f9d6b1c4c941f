package people_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

func TestPasswordsThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	for text, why := range map[string]string{
		"123456789": "length", strings.Repeat("가", 129): "length", "qwertyuiop": "common", "Password123": "common", "..........": "common",
		"Someone@Naru.Test": "email",
	} {
		_, err := r.people.Add(r.ctx, people.NewOperator{Email: "someone@naru.test", Role: pay.RoleOwner, Password: pay.Secret(text)})
		wrong, ok := errors.AsType[*people.Invalid](err)
		if !ok || wrong.Field != "password" || wrong.Why != why || strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v, want why %s", text, err, why)
		}
	}
	for _, text := range []string{"열 글자가 넘는 문장입니다", strings.Repeat("나루", 64)} {
		if _, err := r.people.Add(r.ctx, people.NewOperator{Email: text[:1] + "x" + string(rune('a'+len(text)%20)) + "@naru.test", Role: pay.RoleOwner, Password: pay.Secret(text)}); err != nil && !strings.Contains(err.Error(), "e-mail") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSignInByPassword(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleManager, shop)
		_, err := r.people.SignIn(r.ctx, o.Email, "something else entirely", r.client)
		r.is(err, people.ErrWrong)
		_, err = r.people.SignIn(r.ctx, "nobody@naru.test", password, r.client)
		r.is(err, people.ErrWrong)
		e, err := r.people.SignIn(r.ctx, "A@Naru.Test", password, r.client)
		r.must(err)
		v := r.visit(e)
		if v.Operator.ID != o.ID || v.Store.ID != shop || len(v.Stores) != 2 || v.Grant.Role != pay.RoleManager || v.Session.How != people.HowPassword || v.Session.Address != r.client.Address {
			t.Errorf("%+v", v)
		}
		r.must(r.people.SignOut(r.ctx, v))
		_, err = r.people.Visit(r.ctx, e.Token)
		r.is(err, people.ErrNoSession)
	})
}

// An address that is not there costs as many hashes and writes as one that is, as does one
// without a password or a locked one, and the answer is the same.
func TestNobodyCostsAsMuchAsSomebody(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.add("there", pay.RoleOwner, "")
	_, err := r.people.Add(r.ctx, people.NewOperator{Email: "bylink@naru.test", Role: pay.RoleOwner})
	r.must(err)
	locked := r.add("locked", pay.RoleOwner, "")
	r.write(func(tx *store.Tx) error {
		o, err := tx.Operator(r.ctx, locked.ID)
		o.LockedTo = r.clock.Now().Add(time.Hour)
		return errors.Join(err, tx.UpdateOperator(r.ctx, o))
	})
	for _, email := range []string{"there@naru.test", "bylink@naru.test", "nobody@naru.test", "", "locked@naru.test"} {
		for _, p := range []pay.Secret{"not the password", "", pay.Secret(strings.Repeat("나", 1000))} {
			before, wrote := r.people.Hashed(), r.wrote.Load()
			_, err := r.people.SignIn(r.ctx, email, p, r.client)
			if n := r.wrote.Load() - wrote; n != 1 {
				t.Errorf("%q: %d writes, want 1", email, n)
			}
			if got := r.people.Hashed() - before; got != 1 || !errors.Is(err, people.ErrWrong) || err.Error() != people.ErrWrong.Error() {
				t.Errorf("%q: %d hashes, %v", email, got, err)
			}
		}
	}
	if _, err := r.people.SignIn(r.ctx, locked.Email, password, r.client); !errors.Is(err, people.ErrWrong) {
		t.Errorf("the right password of a locked one: %v", err)
	}
}

func TestWrongTriesLockForAGrowingWhile(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		wrong := func(n int) {
			t.Helper()
			for i := range n {
				c := r.client
				c.Address = "198.51.100." + string(rune('1'+i)) // many addresses
				_, err := r.people.SignIn(r.ctx, o.Email, "guess guess guess", c)
				r.is(err, people.ErrWrong)
			}
		}
		wrong(4)
		r.in(o) // and all is forgotten
		wrong(4)
		r.in(o)
		wrong(5)
		_, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.is(err, people.ErrWrong)
		wrong(3) // not counted while it is locked
		r.clock.Advance(time.Minute + time.Second)
		wrong(1) // the sixth
		r.clock.Advance(time.Minute + time.Second)
		_, err = r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.is(err, people.ErrWrong)
		// A link gets past the lock, and ends it.
		link, _, err := r.people.Link(r.ctx, o.Email)
		r.must(err)
		_, err = r.people.SignInByLink(r.ctx, link, r.client)
		r.must(err)
		r.in(o)
		if got := strings.Count(r.actions(""), "operator.lock"); got != 1 {
			t.Errorf("%d locks are written down:\n%s", got, r.actions(""))
		}
	})
	for failures, want := range map[int]time.Duration{4: 0, 5: time.Minute, 6: 2 * time.Minute, 9: 16 * time.Minute, 11: time.Hour, 4000: time.Hour} {
		if got := people.LockFor(failures); got != want {
			t.Errorf("%d failures lock for %s, want %s", failures, got, want)
		}
	}
}

// Guesses at once are held to the same number as guesses in turn.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		done := make(chan error, 12)
		for i := range 12 {
			c := people.Client{Address: "2001:db8:" + string(rune('a'+i%6)) + "::1"}
			go func() { _, err := r.people.SignIn(context.Background(), o.Email, "guess guess guess", c); done <- err }()
		}
		for range 12 {
			r.is(<-done, people.ErrWrong)
		}
		r.write(func(tx *store.Tx) error {
			o, err := tx.Operator(r.ctx, o.ID)
			if o.Failures != 5 || !o.LockedTo.Equal(r.clock.Now().Add(time.Minute)) {
				t.Errorf("%d failures, locked to %s", o.Failures, o.LockedTo)
			}
			return err
		})
	})
}

// One address guesses at many operators: it is slowed down, and others are not.
func TestGuessesOfAnAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	o := r.add("a", pay.RoleOwner, "")
	guess := func(address string) error {
		_, err := r.people.SignIn(r.ctx, "nobody@naru.test", "guess guess guess", people.Client{Address: address})
		return err
	}
	for range 20 {
		r.is(guess("2001:db8::1"), people.ErrWrong)
	}
	r.is(guess("2001:db8::2"), people.ErrLocked) // the same customer's
	_, err := r.people.SignIn(r.ctx, o.Email, password, people.Client{Address: "2001:db8::3"})
	r.is(err, people.ErrLocked)
	_, err = r.people.SignIn(r.ctx, o.Email, password, people.Client{Address: "2001:db8:0:1::1"})
	r.must(err)
	r.clock.Advance(31 * time.Second)
	r.is(guess("2001:db8::1"), people.ErrWrong)
	r.is(guess("2001:db8::1"), people.ErrLocked)
	for range 40 {
		r.is(guess("127.0.0.1"), people.ErrWrong) // everybody, where no proxy is told of
	}
}

func TestLinksWorkOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		first, _, err := r.people.Link(r.ctx, o.Email)
		r.must(err)
		second, until, err := r.people.Link(r.ctx, o.Email)
		r.must(err)
		_, err = r.people.SignInByLink(r.ctx, first, r.client)
		r.is(err, people.ErrLinkSpent)
		e, err := r.people.SignInByLink(r.ctx, second, r.client)
		r.must(err)
		if v := r.visit(e); v.Session.How != people.HowLink || until.Sub(r.clock.Now()) != 24*time.Hour {
			t.Errorf("%+v until %s", v.Session, until)
		}
		_, err = r.people.SignInByLink(r.ctx, second, r.client)
		r.is(err, people.ErrLinkSpent)
		late, _, err := r.people.Link(r.ctx, o.Email)
		r.must(err)
		r.clock.Advance(24*time.Hour + time.Second)
		_, err = r.people.SignInByLink(r.ctx, late, r.client)
		r.is(err, people.ErrLinkSpent)
		_, err = r.people.SignInByLink(r.ctx, "", r.client)
		r.is(err, people.ErrLinkSpent)
	})
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.must(err)
		for range 27 { // used each 12 hours but a minute
			r.clock.Advance(12*time.Hour - time.Minute)
			r.visit(e)
		}
		r.clock.Advance(12 * time.Hour)
		_, err = r.people.Visit(r.ctx, e.Token) // 14 days
		r.is(err, people.ErrNoSession)
		e, err = r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.must(err)
		r.clock.Advance(12*time.Hour + time.Second)
		_, err = r.people.Visit(r.ctx, e.Token) // not used
		r.is(err, people.ErrNoSession)
		// What is over is deleted with the next sign-in.
		v := r.in(o)
		if ss, err := r.people.Sessions(r.ctx, o.ID); err != nil || len(ss) != 1 {
			t.Errorf("%d sessions (%v)", len(ss), err)
		}
		second := r.in(o)
		n, err := r.people.EndSessions(r.ctx, o.ID, v.Session.ID)
		if err != nil || n != 1 {
			t.Errorf("%d ended (%v)", n, err)
		}
		r.is(r.people.EndSession(r.ctx, o.ID, second.Session.ID), store.ErrNotFound)
		// Another's session is not theirs to end.
		b := r.add("b", pay.RoleOwner, "")
		r.is(r.people.EndSession(r.ctx, b.ID, v.Session.ID), store.ErrNotFound)
		r.must(r.people.Disable(r.ctx, b.ID))
		_, err = r.people.SignIn(r.ctx, b.Email, password, r.client)
		r.is(err, people.ErrDisabled)
		_, err = r.people.SignIn(r.ctx, b.Email, "wrong wrong wrong", r.client)
		r.is(err, people.ErrWrong)
	})
}

func TestPasswordsAreChanged(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		v, elsewhere := r.in(o), r.in(o)
		next := pay.Secret("another horse altogether")
		r.is(r.people.ChangePassword(r.ctx, v, "not the present one", next, r.client), people.ErrWrong)
		if err := r.people.ChangePassword(r.ctx, v, password, "short", r.client); err == nil {
			t.Error("a short one was taken")
		}
		r.must(r.people.ChangePassword(r.ctx, v, password, next, r.client))
		if ss, err := r.people.Sessions(r.ctx, o.ID); err != nil || len(ss) != 1 || ss[0].ID != v.Session.ID || ss[0].ID == elsewhere.Session.ID {
			t.Errorf("left: %+v (%v)", ss, err)
		}
		_, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.is(err, people.ErrWrong)
		// A link stands in for the present one, for ten minutes.
		link, _, err := r.people.Link(r.ctx, o.Email)
		r.must(err)
		e, err := r.people.SignInByLink(r.ctx, link, r.client)
		r.must(err)
		v = r.visit(e)
		r.must(r.people.ChangePassword(r.ctx, v, "", password, r.client))
		r.clock.Advance(10*time.Minute + time.Second)
		r.is(r.people.ChangePassword(r.ctx, v, "", next, r.client), people.ErrWrong)
		r.in(o)
		log := r.actions("")
		if strings.Count(log, "operator.password") != 2 {
			t.Error(log)
		}
	})
}
