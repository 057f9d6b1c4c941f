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

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		root := r.join("root", pay.RoleOwner, "")
		owner := r.join("owner", pay.RoleOwner, shop)
		tier := r.join("tier", pay.RoleOwner, under)
		manager := r.join("manager", pay.RoleManager, shop)
		reader := r.join("reader", pay.RoleReadOnly, "")
		target := r.join("target", pay.RoleDeveloper, shop)
		for _, c := range []struct {
			by   pay.Operator
			at   pay.MerchantID
			want error
		}{
			{root, "", nil}, {root, other, nil}, {root, shop, nil},
			{owner, "", people.ErrNotAllowed}, {owner, other, people.ErrNotAllowed}, {owner, shop, nil}, {owner, under, nil},
			{tier, shop, people.ErrNotAllowed}, {tier, under, nil},
			{manager, shop, people.ErrNotAllowed}, {manager, under, people.ErrNotAllowed}, {reader, shop, people.ErrNotAllowed}, {target, shop, people.ErrNotAllowed},
		} {
			err := r.people.Grant(r.as(c.by), pay.Grant{Merchant: c.at, Operator: target.ID, Role: pay.RoleReadOnly, Export: true})
			if !errors.Is(err, c.want) {
				t.Errorf("%s gives at %q: %v, want %v", c.by.Name, c.at, err, c.want)
			}
			if err := r.people.Revoke(r.as(c.by), target.ID, c.at); c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s takes at %q: %v, want %v", c.by.Name, c.at, err, c.want)
			}
			_, _, err = r.people.Invite(r.as(c.by), people.NewOperator{Email: "new" + c.by.Name + string(c.at) + "@naru.test", Role: pay.RoleOwner, Merchant: c.at})
			if !errors.Is(err, c.want) {
				t.Errorf("%s invites to %q: %v, want %v", c.by.Name, c.at, err, c.want)
			}
		}
		for _, by := range []pay.Operator{owner, tier, manager, reader} {
			r.is(r.people.Disable(r.as(by), target.ID), people.ErrNotAllowed)
		}
		r.must(r.people.Disable(r.as(root), target.ID))
		r.must(r.people.Enable(r.as(root), target.ID))
		r.is(r.people.Amend(r.as(root), target.ID, people.Amendment{}), people.ErrNotAllowed)
		if err := r.people.Grant(r.ctx, pay.Grant{Merchant: shop, Operator: target.ID, Role: "king"}); err == nil {
			t.Error("a role that is none was given")
		}
		r.is(r.people.Grant(r.ctx, pay.Grant{Merchant: shop, Operator: "op_none", Role: pay.RoleOwner}), people.ErrNoOperator)
	})
}

// Whoever has a link is the operator: it takes a say over all that they are.
func TestLinksOfThoseWhoWorkElsewhere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		root := r.join("root", pay.RoleOwner, "")
		owner := r.join("owner", pay.RoleOwner, shop)
		mine := r.join("mine", pay.RoleOwner, under)
		both := r.join("both", pay.RoleReadOnly, shop)
		r.must(r.people.Grant(r.ctx, pay.Grant{Merchant: other, Operator: both.ID, Role: pay.RoleOwner}))
		theirs := r.join("theirs", pay.RoleReadOnly, other)
		for _, c := range []struct {
			by, of pay.Operator
			want   error
		}{
			{owner, mine, nil}, {owner, both, people.ErrElsewhere}, {owner, root, people.ErrNotAllowed}, {owner, theirs, people.ErrNotAllowed},
			{mine, owner, people.ErrNotAllowed}, {root, both, nil}, {root, owner, nil},
		} {
			_, _, err := r.people.LinkFor(r.as(c.by), c.of.ID, shop)
			if !errors.Is(err, c.want) {
				t.Errorf("%s makes a link of %s: %v, want %v", c.by.Name, c.of.Name, err, c.want)
			}
		}
	})
}

func TestTheLastOwnerStays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.join("a", pay.RoleOwner, "")
		stays := func() {
			t.Helper()
			r.is(r.people.Revoke(r.as(a), a.ID, ""), people.ErrLastOwner)
			r.is(r.people.Grant(r.as(a), pay.Grant{Operator: a.ID, Role: pay.RoleManager}), people.ErrLastOwner)
			r.is(r.people.Disable(r.as(a), a.ID), people.ErrLastOwner)
			r.is(r.people.Disable(r.ctx, a.ID), people.ErrLastOwner) // nor the command line
		}
		r.join("shop", pay.RoleOwner, shop)
		r.join("manager", pay.RoleManager, "")
		stays()
		b := r.join("b", pay.RoleOwner, "")
		r.must(r.people.Disable(r.as(a), b.ID))
		stays() // b may not sign in
		r.must(r.people.Enable(r.as(a), b.ID))
		// Of two who take each other's role away at once, one stays.
		errs := make(chan error, 2)
		go func() { errs <- r.people.Revoke(r.as(a), b.ID, "") }()
		go func() { errs <- r.people.Revoke(r.as(b), a.ID, "") }()
		one, two := <-errs, <-errs
		if (one == nil) == (two == nil) {
			t.Errorf("%v and %v", one, two)
		}
		staff, err := r.people.Staff(r.ctx, pay.Merchant{})
		owners := 0
		for _, m := range staff {
			if m.Grants[0].Role == pay.RoleOwner {
				owners++
			}
		}
		if owners != 1 || err != nil {
			t.Errorf("%d owners are left (%v)", owners, err)
		}
	})
}

func TestRolesHoldFromTheNextRequest(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.join("root", pay.RoleOwner, "")
		o := r.add("a", pay.RoleOwner, shop)
		e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.must(err)
		r.must(r.people.Grant(r.ctx, pay.Grant{Merchant: shop, Operator: o.ID, Role: pay.RoleReadOnly}))
		if v := r.visit(e); v.May(pay.ChangePeople) || !v.May(pay.SeePayments) {
			t.Errorf("%+v", v.Grant)
		}
		r.must(r.people.Revoke(r.ctx, o.ID, shop))
		if v := r.visit(e); len(v.Stores) != 0 || v.May(pay.SeePayments) {
			t.Errorf("%+v", v.Stores)
		}
		r.is(r.people.Revoke(r.ctx, o.ID, shop), people.ErrNotGranted)
		r.must(r.people.Disable(r.ctx, o.ID))
		_, err = r.people.Visit(r.ctx, e.Token)
		r.is(err, people.ErrNoSession)
		if log := r.actions(shop); log != "operator.add by \noperator.grant by \noperator.revoke by " {
			t.Error(log)
		}
	})
}

// Of an operator one is told what concerns the store, and nothing of elsewhere.
func TestStaffOfAStore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.join("root", pay.RoleOwner, "")
		r.join("mine", pay.RoleManager, shop)
		tier := r.join("tier", pay.RoleReadOnly, under)
		theirs := r.join("theirs", pay.RoleOwner, other)
		r.clock.Advance(time.Millisecond)
		r.must(r.people.Grant(r.ctx, pay.Grant{Merchant: other, Operator: tier.ID, Role: pay.RoleOwner}))
		names := func(id pay.MerchantID) string {
			t.Helper()
			var out []string
			r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
				m, err := tx.Merchant(r.ctx, id)
				r.must(err)
				staff, err := r.people.Staff(r.ctx, m)
				for _, s := range staff {
					out = append(out, s.Operator.Name)
					for _, g := range s.Grants {
						out[len(out)-1] += " " + string(g.Merchant)
					}
				}
				return err
			}))
			return strings.Join(out, ", ")
		}
		for id, want := range map[pay.MerchantID]string{
			shop: "root , mine m_1, tier m_1a", under: "root , mine m_1, tier m_1a", other: "root , theirs m_2, tier m_2",
		} {
			if got := names(id); got != want {
				t.Errorf("staff of %s: %s, want %s", id, got, want)
			}
		}
		m := pay.Merchant{ID: shop}
		_, err := r.people.Member(r.ctx, m, theirs.ID)
		r.is(err, people.ErrNoOperator)
		_, err = r.people.Member(r.ctx, m, "op_none")
		r.is(err, people.ErrNoOperator)
		got, err := r.people.Member(r.ctx, m, tier.ID)
		if err != nil || len(got.Grants) != 1 || got.Grants[0].Merchant != under {
			t.Errorf("%+v (%v)", got, err)
		}
	})
}

// Somebody who is an operator elsewhere gets a role by those who have a say over
// everything, and no link to their account: who invited them first may have kept it.
func TestInviteSomebodyWhoIsThere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		root := r.join("root", pay.RoleOwner, "")
		owner := r.join("owner", pay.RoleOwner, shop)
		r.join("theirs", pay.RoleOwner, other)
		gone := r.join("gone", pay.RoleReadOnly, other)
		r.must(r.people.Revoke(r.ctx, gone.ID, other))
		r.join("tier", pay.RoleReadOnly, under)
		n := people.NewOperator{Email: "Theirs@naru.test", Role: pay.RoleManager, Merchant: shop}
		refused := func(email, why string) {
			t.Helper()
			n := n
			n.Email = email
			_, link, err := r.people.Invite(r.as(owner), n)
			wrong, ok := errors.AsType[*people.Invalid](err)
			if !ok || link != "" || wrong.Field != "email" || wrong.Why != why || strings.Contains(err.Error(), string(other)) {
				t.Errorf("%s: %v, want why %s", email, err, why)
			}
		}
		refused("theirs@naru.test", "elsewhere")
		refused("gone@naru.test", "elsewhere")
		_, _, err := r.people.Invite(r.as(owner), people.NewOperator{Email: "tier@naru.test", Role: pay.RoleReadOnly, Merchant: shop}) // theirs to change
		r.must(err)
		_, _, err = r.people.Invite(r.as(owner), people.NewOperator{Email: "root@naru.test", Role: pay.RoleReadOnly, Merchant: shop}) // here already
		r.must(err)
		o, link, err := r.people.Invite(r.as(root), n)
		if err != nil || link != "" || o.Email != "theirs@naru.test" {
			t.Errorf("%+v, a link: %t (%v)", o, link != "", err)
		}
		refused("theirs@naru.test", "here")
		_, _, err = r.people.Invite(r.ctx, people.NewOperator{Email: "gone@naru.test", Role: pay.RoleManager, Merchant: under}) // the command line
		r.must(err)
		o, link, err = r.people.Invite(r.as(owner), people.NewOperator{Email: "new@naru.test", Role: pay.RoleManager, Merchant: under})
		r.must(err)
		e, err := r.people.SignInByLink(r.ctx, link, r.client)
		r.must(err)
		if v := r.visit(e); v.Operator.ID != o.ID || v.Store.ID != under {
			t.Errorf("%+v", v)
		}
	})
}

// Who made a link before has it not for the roles that came after.
func TestLinksEndWhenARoleIsGivenElsewhere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		owner := r.join("owner", pay.RoleOwner, shop)
		o := r.join("a", pay.RoleReadOnly, shop)
		link := func() string {
			t.Helper()
			link, _, err := r.people.LinkFor(r.as(owner), o.ID, shop)
			r.must(err)
			return link
		}
		try := func(link string) error {
			_, err := r.people.SignInByLink(r.ctx, link, r.client)
			return err
		}
		kept := link()
		r.must(r.people.Grant(r.ctx, pay.Grant{Merchant: under, Operator: o.ID, Role: pay.RoleManager})) // the owner's as well
		r.must(r.people.Grant(r.ctx, pay.Grant{Merchant: shop, Operator: o.ID, Role: pay.RoleManager}))
		r.must(try(kept))
		old := link()
		r.must(r.people.Grant(r.ctx, pay.Grant{Operator: o.ID, Role: pay.RoleOwner}))
		r.is(try(old), people.ErrLinkSpent)
	})
}

// How and when somebody signs in is told to those who have a say over all they are.
func TestHowOthersSignInIsTheirs(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		root := r.add("root", pay.RoleOwner, "")
		owner := r.join("owner", pay.RoleOwner, shop)
		manager := r.join("manager", pay.RoleManager, shop)
		both := r.join("both", pay.RoleReadOnly, shop)
		r.must(r.people.Grant(r.ctx, pay.Grant{Merchant: other, Operator: both.ID, Role: pay.RoleOwner}))
		r.in(root)
		private := func(ctx context.Context) string {
			t.Helper()
			staff, err := r.people.Staff(ctx, pay.Merchant{ID: shop})
			r.must(err)
			var out []string
			for _, m := range staff {
				one, err := r.people.Member(ctx, pay.Merchant{ID: shop}, m.Operator.ID)
				if err != nil || one.Private != m.Private || one.Operator != m.Operator {
					t.Errorf("%+v, on their page %+v (%v)", m, one, err)
				}
				if m.Private {
					out = append(out, m.Operator.Name)
				}
				if tells := m.Operator.HasPassword && !m.Operator.SignedIn.IsZero(); m.Operator.ID == root.ID && tells == m.Private {
					t.Errorf("private %t: %+v", m.Private, m.Operator)
				}
			}
			return strings.Join(out, " ")
		}
		for who, want := range map[*pay.Operator]string{&root: "", &owner: "root both", &manager: "root owner both", &both: "root owner manager"} {
			if got := private(r.as(*who)); got != want {
				t.Errorf("%s is not told of %q, want %q", who.Name, got, want)
			}
		}
		if got := private(r.ctx); got != "" {
			t.Errorf("the command line is not told of %q", got)
		}
	})
}

// Nothing of what people keep to themselves is in the books or the log.
func TestSecretsAreKeptNowhere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		link, _, err := r.people.Link(r.ctx, o.Email)
		r.must(err)
		e, err := r.people.SignInByLink(r.ctx, link, r.client)
		r.must(err)
		secret, recovery := r.codes(r.visit(e))
		_, _ = r.people.SignIn(r.ctx, o.Email, "planted wrong password", r.client)
		_, _ = r.people.EnterCode(r.ctx, e.Token, "123456", r.client)
		var all strings.Builder
		r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
			row, err := tx.Operator(r.ctx, o.ID)
			all.WriteString(row.Password + string(row.TOTP) + strings.Join(row.Recovery, ""))
			as, err2 := tx.ListAudit(r.ctx, "", store.AuditFilter{})
			for _, a := range as {
				all.WriteString(string(a.Before) + string(a.After) + a.Target)
			}
			return errors.Join(err, err2)
		}))
		for _, planted := range []string{password.Reveal(), "planted wrong password", link, e.Token, secret, recovery[0]} {
			if strings.Contains(r.log.String(), planted) || strings.Contains(all.String(), planted) {
				t.Errorf("%.8s… is kept", planted)
			}
		}
	})
}
