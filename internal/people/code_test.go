package people_test

import (
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

func TestCodesAreAskedForAndTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		v := r.in(o)
		set, err := r.people.NewCodes(v)
		r.must(err)
		if !strings.HasPrefix(set.URL, "otpauth://totp/Naru:a@naru.test?") || strings.Contains(set.State, set.Secret) {
			t.Errorf("%+v", set)
		}
		_, err = r.people.UseCodes(r.ctx, v, set.State, "000000")
		r.is(err, people.ErrCode)
		again, err := r.people.SetUpAgain(v, set.State)
		if err != nil || again != set {
			t.Errorf("shown again: %+v (%v)", again, err)
		}
		_, err = r.people.UseCodes(r.ctx, v, "x"+set.State, r.code(set.Secret))
		r.is(err, people.ErrNotProved)
		_, err = r.people.UseCodes(r.ctx, v, set.State, r.code(set.Secret))
		r.must(err)

		e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
		if err != nil || !e.Code {
			t.Fatalf("%+v (%v)", e, err)
		}
		_, err = r.people.Visit(r.ctx, e.Token)
		r.is(err, people.ErrNoSession)
		_, err = r.people.EnterCode(r.ctx, e.Token, r.code(set.Secret), r.client) // the one it was set up with
		r.is(err, people.ErrCode)
		r.clock.Advance(30 * time.Second)
		code := r.code(set.Secret)
		in, err := r.people.EnterCode(r.ctx, e.Token, code[:3]+" "+code[3:], r.client)
		r.must(err)
		if v := r.visit(in); in.Token == e.Token || v.Session.How != people.HowCode {
			t.Errorf("the token stays: %t, how %s", in.Token == e.Token, v.Session.How)
		}
		_, err = r.people.EnterCode(r.ctx, e.Token, code, r.client)
		r.is(err, people.ErrNoSession)
		e, err = r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.must(err)
		_, err = r.people.EnterCode(r.ctx, e.Token, code, r.client) // again
		r.is(err, people.ErrCode)
		r.clock.Advance(10 * time.Minute)
		_, err = r.people.EnterCode(r.ctx, e.Token, r.code(set.Secret), r.client)
		r.is(err, people.ErrNoSession)
	})
}

func TestRecoveryCodesAreTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		v := r.in(o)
		_, recovery := r.codes(v)
		if len(recovery) != 10 {
			t.Fatalf("%d codes", len(recovery))
		}
		enter := func(code string) error {
			t.Helper()
			e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
			r.must(err)
			_, err = r.people.EnterCode(r.ctx, e.Token, code, r.client)
			return err
		}
		r.must(enter(strings.ToLower(recovery[3])))
		r.is(enter(recovery[3]), people.ErrCode)
		r.must(enter(strings.ReplaceAll(recovery[4], "-", " ")))
		fresh, err := r.people.NewRecovery(r.ctx, v)
		r.must(err)
		r.is(enter(recovery[0]), people.ErrCode)
		r.must(enter(fresh[0]))
		if n, err := r.people.RecoveryLeft(r.ctx, v); n != 9 || err != nil {
			t.Errorf("%d left (%v)", n, err)
		}
		r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
			row, err := tx.Operator(r.ctx, o.ID)
			for _, code := range fresh {
				if strings.Contains(strings.Join(row.Recovery, " "), strings.ReplaceAll(code, "-", "")) {
					t.Error("a code is stored as it is")
				}
			}
			return err
		}))
		r.must(r.people.DropCodes(r.ctx, v))
		r.in(o)
	})
}

func TestWrongCodesEndTheTry(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		secret, _ := r.codes(r.in(o))
		r.clock.Advance(time.Minute)
		e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.must(err)
		for range 5 {
			_, err = r.people.EnterCode(r.ctx, e.Token, "000000", r.client)
			r.is(err, people.ErrCode)
		}
		_, err = r.people.EnterCode(r.ctx, e.Token, r.code(secret), r.client)
		r.is(err, people.ErrNoSession)
		_, err = r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.is(err, people.ErrWrong) // locked
		// A link is let through to the code.
		link, _, err := r.people.Link(r.ctx, o.Email)
		r.must(err)
		e, err = r.people.SignInByLink(r.ctx, link, r.client)
		if err != nil || !e.Code {
			t.Fatalf("%+v (%v)", e, err)
		}
		_, err = r.people.EnterCode(r.ctx, e.Token, "000000", r.client)
		r.is(err, people.ErrCode)
		e, err = r.people.EnterCode(r.ctx, e.Token, r.code(secret), r.client)
		r.must(err)
		if v := r.visit(e); v.Session.How != people.HowLink {
			t.Errorf("how: %s", v.Session.How)
		}
	})
}

func TestLostFactorsAreReset(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		v := r.in(o)
		r.codes(v)
		_, _, err := r.people.ResetLink(r.as(o), o.Email)
		r.is(err, people.ErrNotAllowed)
		link, _, err := r.people.ResetLink(r.ctx, o.Email)
		r.must(err)
		if e, err := r.people.SignIn(r.ctx, o.Email, password, r.client); err != nil || !e.Code {
			t.Errorf("reset before the link was used: %+v (%v)", e, err)
		}
		e, err := r.people.SignInByLink(r.ctx, link, r.client)
		if err != nil || e.Code {
			t.Errorf("%+v (%v)", e, err)
		}
		if log := r.actions(""); !strings.Contains(log, "operator.reset_factors by a") {
			t.Error(log)
		}
		r.in(o)
	})
}

// What somebody is known by is changed only after they were just seen.
func TestFactorsNeedAFreshProof(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.must(err)
		set, err := r.people.NewCodes(r.visit(e))
		r.must(err)
		r.clock.Advance(10*time.Minute + time.Second)
		v := r.visit(e)
		_, err = r.people.NewCodes(v)
		r.is(err, people.ErrNotProved)
		_, err = r.people.UseCodes(r.ctx, v, set.State, r.code(set.Secret))
		r.is(err, people.ErrNotProved)
		_, err = r.people.NewRecovery(r.ctx, v)
		r.is(err, people.ErrNotProved)
		r.is(r.people.DropCodes(r.ctx, v), people.ErrNotProved)
		r.is(r.people.Prove(r.ctx, v, "not the password", r.client), people.ErrWrong)
		r.must(r.people.Prove(r.ctx, v, password, r.client))
		_, err = r.people.UseCodes(r.ctx, r.visit(e), set.State, r.code(set.Secret))
		r.must(err)
	})
}
