package people_test

import (
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

// A browser that was left open renames and removes no passkey, and one that is
// removed, or a factor that is added, ends what others began without it.
func TestPasskeysAreChangedByWhoWasJustSeen(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.add("a", pay.RoleOwner, "")
		p := store.Passkey{Operator: o.ID, ID: []byte{1, 2, 3}, Name: "휴대폰", Credential: []byte(`{}`)}
		r.write(func(tx *store.Tx) error { return tx.InsertPasskey(r.ctx, p) })
		id := people.PasskeyID(p)
		e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
		r.must(err)
		r.in(o)
		left := func(want int) {
			t.Helper()
			if ss, err := r.people.Sessions(r.ctx, o.ID); err != nil || len(ss) != want {
				t.Errorf("%d sessions are left, want %d (%v)", len(ss), want, err)
			}
		}
		left(2)
		r.clock.Advance(10*time.Minute + time.Second)
		v := r.visit(e)
		r.is(r.people.RenamePasskey(r.ctx, v, id, "새 이름"), people.ErrNotProved)
		r.is(r.people.RemovePasskey(r.ctx, v, id), people.ErrNotProved)
		left(2)
		r.must(r.people.Prove(r.ctx, v, password, r.client))
		v = r.visit(e)
		r.must(r.people.RenamePasskey(r.ctx, v, id, "새 이름"))
		left(2)
		r.must(r.people.RemovePasskey(r.ctx, v, id))
		left(1)
		r.in(o)
		left(2)
		r.codes(v)
		left(1)
		r.visit(e)
	})
}
