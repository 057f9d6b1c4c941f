package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"naru/internal/pay"
	"naru/internal/store"
)

func TestOperatorsAndGrants(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		o := store.Operator{
			Operator: pay.Operator{ID: "op_1", Email: "Minji@Naru.test", Name: "김민지", Language: "ko", Created: noon},
			Password: "$argon2id$", TOTP: []byte{0, 1}, TOTPStep: 7, Recovery: []string{"a", "b"}, Failures: 2,
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertOperator(ctx, o); err != nil {
				return err
			}
			if err := tx.InsertOperator(ctx, store.Operator{Operator: pay.Operator{ID: "op_2", Email: "minji@naru.test"}}); !errors.Is(err, store.ErrExists) {
				t.Errorf("the same address: %v", err)
			}
			o.Email, o.HasPassword, o.HasCode = "minji@naru.test", true, true
			if err := all(equal(t, o)(tx.OperatorByEmail(ctx, "MINJI@naru.test")), equal(t, o)(tx.Operator(ctx, "op_1"))); err != nil {
				return err
			}
			o.Name, o.TOTP, o.Recovery, o.HasCode, o.LockedTo = "민지", nil, nil, false, at(5)
			if err := all(tx.UpdateOperator(ctx, o), equal(t, []store.Operator{o})(tx.ListOperators(ctx))); err != nil {
				return err
			}
			if err := tx.UpdateOperator(ctx, store.Operator{Operator: pay.Operator{ID: "none"}}); !isNotFound(err) {
				t.Errorf("nobody: %v", err)
			}
			g := pay.Grant{Merchant: shop, Operator: "op_1", Role: pay.RoleManager, Created: noon}
			everywhere := pay.Grant{Operator: "op_1", Role: pay.RoleReadOnly, Export: true, Created: noon}
			if err := all(tx.PutGrant(ctx, g), tx.PutGrant(ctx, everywhere)); err != nil {
				return err
			}
			g.Role = pay.RoleOwner
			return all(tx.PutGrant(ctx, g), equal(t, []pay.Grant{everywhere, g})(tx.GrantsOf(ctx, "op_1")), equal(t, []pay.Grant{g})(tx.GrantsAt(ctx, shop)),
				tx.DeleteGrant(ctx, shop, "op_1"), equal(t, []pay.Grant{everywhere})(tx.GrantsOf(ctx, "op_1")))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.DeleteGrant(ctx, shop, "op_1"); !isNotFound(err) {
				t.Errorf("a grant that is gone: %v", err)
			}
			return nil
		})
	})
}

func TestPasskeysOfAnOperator(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := store.Passkey{Operator: "op_1", ID: []byte{0, 255, 1}, Name: "휴대폰", Credential: json.RawMessage(`{"id":1}`), Created: noon}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, id := range []pay.OperatorID{"op_1", "op_2"} {
				if err := tx.InsertOperator(ctx, store.Operator{Operator: pay.Operator{ID: id, Email: string(id)}}); err != nil {
					return err
				}
			}
			if err := all(tx.InsertPasskey(ctx, p), equal(t, p)(tx.Passkey(ctx, p.ID))); err != nil {
				return err
			}
			theirs := p
			theirs.Operator = "op_2"
			if err := tx.InsertPasskey(ctx, theirs); !errors.Is(err, store.ErrExists) {
				t.Errorf("one of two operators: %v", err)
			}
			if err := tx.UpdatePasskey(ctx, theirs); !isNotFound(err) {
				t.Errorf("another's is changed: %v", err)
			}
			if err := tx.DeletePasskey(ctx, "op_2", p.ID); !isNotFound(err) {
				t.Errorf("another's is deleted: %v", err)
			}
			p.Name, p.Credential, p.Used = "새 휴대폰", json.RawMessage(`{"id":2}`), at(3)
			if err := all(tx.UpdatePasskey(ctx, p), equal(t, []store.Passkey{p})(tx.Passkeys(ctx, "op_1"))); err != nil {
				return err
			}
			n, err := tx.DeletePasskeys(ctx, "op_1")
			if n != 1 {
				t.Errorf("%d deleted", n)
			}
			return all(err, equal(t, []store.Passkey(nil))(tx.Passkeys(ctx, "op_1")))
		})
	})
}

func TestLinksAndSessionsOfAnOperator(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			session := func(id string, stage string, minutes int) store.OperatorSession {
				return store.OperatorSession{TokenHash: []byte(id), ID: id, Operator: "op_1", Stage: stage, How: "password", Created: noon, Proved: noon, Seen: noon, Expires: tx.Now.Add(at(minutes).Sub(noon))}
			}
			s := session("s1", store.StageIn, 5)
			if err := all(tx.InsertOperator(ctx, store.Operator{Operator: pay.Operator{ID: "op_1", Email: "a"}}),
				tx.InsertOperatorSession(ctx, s), tx.InsertOperatorSession(ctx, session("over", store.StageIn, -1)), tx.InsertOperatorSession(ctx, session("waits", store.StagePassword, 5))); err != nil {
				return err
			}
			s.Failures, s.Proved, s.Merchant, s.Seen = 3, at(1), shop, at(2)
			if err := all(tx.UpdateOperatorSession(ctx, s), tx.TurnOperatorSession(ctx, s), tx.TouchOperatorSession(ctx, s),
				equal(t, s)(tx.OperatorSession(ctx, s.TokenHash)), equal(t, []store.OperatorSession{s})(tx.OperatorSessions(ctx, "op_1"))); err != nil {
				return err
			}
			l := store.OperatorLink{TokenHash: []byte("l"), Operator: "op_1", Resets: true, Created: noon, Expires: tx.Now.Add(1e9)}
			if err := all(tx.InsertOperatorLink(ctx, l), equal(t, l)(tx.OperatorLink(ctx, l.TokenHash)), tx.UseOperatorLink(ctx, l.TokenHash)); err != nil {
				return err
			}
			if err := tx.InsertOperatorLink(ctx, l); !errors.Is(err, store.ErrExists) {
				t.Errorf("the same link: %v", err)
			}
			if err := tx.UseOperatorLink(ctx, l.TokenHash); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a used link: %v", err)
			}
			if err := all(tx.ReapOperatorSessions(ctx), tx.DeleteSessionOf(ctx, []byte("waits"))); err != nil {
				return err
			}
			n, err := tx.DeleteOperatorSessions(ctx, "op_1", "")
			if n != 1 {
				t.Errorf("%d sessions were left", n)
			}
			return err
		})
	})
}

func TestTheAuditLogIsListed(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		who := func(id string) context.Context {
			return pay.WithActor(context.Background(), pay.Actor{Kind: pay.ActorOperator, ID: id, Name: id})
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range 6 {
				err := all(tx.Audit(who(fmt.Sprint("op_", i%2)), store.Change{Merchant: shop, Action: "channel.update", Target: fmt.Sprint("c", i%3), Before: i, After: pay.Secret("planted")}),
					tx.Audit(who("op_9"), store.Change{Action: "operator.add", Target: "op_1"}))
				if err != nil {
					return err
				}
			}
			return tx.AuditByHand(ctx, store.Change{Merchant: shop, Action: "payment.cancel"}) // by nobody: the merchant's own servers
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			counts := map[string]int{}
			for name, a := range map[string]store.AuditFilter{
				"all": {}, "actor": {Actor: "op_1"}, "kind": {Kind: "channel"}, "target": {Target: "c2"}, "both": {Actor: "op_1", Target: "c2"}, "none": {Kind: "payment"},
			} {
				as, err := tx.ListAudit(ctx, shop, a)
				if err != nil {
					return err
				}
				counts[name] = len(as)
				for _, e := range as {
					if string(e.After) != `"***"` && string(e.After) != `"*****"` || e.Merchant != shop {
						t.Errorf("%+v", e)
					}
				}
			}
			if got := fmt.Sprint(counts); got != "map[actor:3 all:6 both:1 kind:6 none:0 target:2]" {
				t.Error(got)
			}
			var seen []string
			var last store.Audit
			for {
				as, err := tx.ListAudit(ctx, shop, store.AuditFilter{Before: last, Limit: 4})
				if err != nil || len(as) == 0 {
					if fmt.Sprint(seen) != "[5 4 3 2 1 0]" {
						t.Errorf("pages: %v", seen)
					}
					return err
				}
				for _, e := range as {
					seen = append(seen, string(e.Before))
				}
				last = as[len(as)-1]
			}
		})
	})
}

func TestTheAuditLogUsesIndexes(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	before := store.Audit{At: noon, ID: "x"}
	for _, c := range []struct {
		filter store.AuditFilter
		with   string
	}{
		{store.AuditFilter{Limit: 50}, "audit_by_time (merchant=?"}, {store.AuditFilter{Before: before, Limit: 50}, "audit_by_time (merchant=? AND (at,id)<(?,?)"},
		{store.AuditFilter{Actor: "a", Before: before, Limit: 50}, "audit_by_actor (merchant=? AND actor=?"}, {store.AuditFilter{Target: "a", Limit: 50}, "audit_by_target (merchant=? AND target=?"},
		{store.AuditFilter{Kind: "a", Before: before, Limit: 50}, "audit_by_kind (merchant=? AND kind=?"}, {store.AuditFilter{Payment: "a", Limit: 50}, "audit_of_payment (merchant=? AND payment=?"},
	} {
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			plan, err := tx.ExplainAudit(ctx, shop, c.filter)
			wantPlan(t, c.filter, plan, []string{c.with}, "SCAN", "TEMP B-TREE")
			return err
		})
	}
}

// Entries are added and never changed or removed: no statement of ours does, but for
// the erasure of a buyer's words, which leaves who did what and when.
func TestTheAuditLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	changes := regexp.MustCompile(`(?i)\b(UPDATE|DELETE\s+FROM|REPLACE\s+INTO|TRUNCATE(\s+TABLE)?)\s+"?audit\b`)
	adds := 0
	for name, texts := range statements(t) {
		for _, text := range texts {
			if changes.MatchString(text) && text != `UPDATE audit SET before = $3, after = $4 WHERE merchant = $1 AND id = $2` {
				t.Errorf("%s changes the audit log: %s", name, text)
			}
			if regexp.MustCompile(`(?i)INSERT INTO audit\b`).MatchString(text) {
				adds++
			}
		}
	}
	if adds != 1 || !changes.MatchString(`UPDATE audit SET`) || !changes.MatchString("DELETE FROM audit WHERE") {
		t.Errorf("%d statements add to it: the statements were not read", adds)
	}
}
