package gateway_test

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// A key for an order whose number is taken while it is being issued is given up.
func TestNumberTakenWhileTheKeyIsIssued(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		slow := r.line.holdNext()
		done := make(chan error, 1)
		go func() {
			_, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, CustomerUID: "c2", Charge: charge("o1", 1000)})
			done <- err
		}()
		<-slow.arrived
		paid, err := r.again("c1", "o1", 1000)
		must2(t, err)
		close(slow.through)
		if err := <-done; !errors.Is(err, gateway.ErrOrderUsed) {
			t.Errorf("%v", err)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if k := r.oneKey("c2"); k.Status != pay.KeyRefused || r.revoked() != 1 {
			t.Errorf("the key is %s, %d were revoked", k.Status, r.revoked())
		}
		r.agrees(paid.ID)
	})
}

// A key whose issue was unknown does not replace one that was issued after it.
func TestLateKeyDoesNotReplaceANewerOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		issue := func(c connector.Card) (pay.BillingKey, error) {
			return r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", CustomerID: "member", Card: c})
		}
		r.faulty(pay.TossPayments, "POST /v1/billing/authorizations/card times=2 after status=500")
		if _, err := issue(card); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.well()
		r.clock.Advance(10 * time.Second)
		other := card
		other.Number = "5570123456789012"
		second, err := issue(other)
		must2(t, err)
		r.run(10*time.Minute, 10*time.Second)
		if k, err := r.activeKey("c1"); err != nil || k.ID != second.ID {
			t.Errorf("the name means the key of the card that was given up, %s, not %s: %v", k.ID, second.ID, err)
		}
	})
}

// A key that was issued for a charge is not taken away while its first call is
// still being answered.
func TestHeldKeyIsNotTakenAway(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.faulty(pay.TossPayments, "DELETE /v1/billing/* before status=503") // the revocation comes later
		slow := r.line.holdNext()
		done := make(chan struct{})
		var got pay.Payment
		var err error
		go func() {
			defer close(done)
			got, err = r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, CustomerUID: "c1", Charge: charge("o1", 12000)})
		}()
		<-slow.arrived
		r.clock.Advance(63 * time.Second) // the second call may take as long as the first
		must2(t, r.runner.RunDue(r.ctx))
		close(slow.through)
		<-done
		t.Logf("%s: %v", got.Status, err)
		if err == nil && got.Status == pay.StatusPaid {
			if _, err := r.again("c1", "o2", 1000); err != nil {
				t.Errorf("paid with a key that is no good any more: %v", err)
			}
		}
	})
}

// The resolver of a key waits for the second call, too.
func TestKeyIsAskedForTwiceInPeace(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.faulty(pay.TossPayments, "POST /v1/billing/authorizations/card nth=1 after status=500")
		first, second := r.hold("POST", "/authorizations/card", 1), r.hold("POST", "/authorizations/card", 2)
		done := make(chan error, 1)
		go func() {
			_, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, CustomerUID: "c1", Charge: charge("o1", 12000)})
			done <- err
		}()
		<-first.arrived
		r.clock.Advance(50 * time.Second) // within its deadline
		close(first.through)
		<-second.arrived
		r.clock.Advance(20 * time.Second) // and so is this
		must2(t, r.runner.RunDue(r.ctx))
		close(second.through)
		if err := <-done; err != nil {
			t.Errorf("%v", err)
		}
		if _, err := r.again("c1", "o2", 1000); err != nil {
			t.Errorf("the key: %v", err)
		}
	})
}

// A channel that was given to another shop charges no key of the old one.
func TestChannelOfAnotherShop(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			ch, err := tx.Channel(r.ctx, r.merchant.ID, r.billing[pay.TossPayments])
			if err != nil {
				return err
			}
			ch.MID = "tother"
			return tx.UpdateChannel(r.ctx, ch)
		}))
		if _, err := r.again("c1", "o1", 1000); !errors.Is(err, gateway.ErrChannelMissing) {
			t.Errorf("charged: %v", err)
		}
		r.day(1)
		if s := r.schedule("m1"); s.Charged == nil || s.Charged.Status != pay.StatusFailed {
			t.Errorf("its schedule is %s", s.Status)
		}
	})
}

// A key that was brought in again is not revoked by the end of the row before.
func TestAdoptedAgainIsNotRevoked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		key := r.tossPayKey("c1")
		r.faulty(pay.TossPay, "POST /api/v1/billing-key/remove before status=503")
		_, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1")
		must2(t, err)
		must2(t, r.runner.RunDue(r.ctx))
		_, err = r.gw.AdoptKey(r.ctx, gateway.AdoptKeyRequest{
			Merchant: r.merchant.ID, Channel: r.billing[pay.TossPay], CustomerUID: "c1", CustomerID: "member-c1", Key: key,
		})
		must2(t, err)
		r.well()
		r.run(10*time.Minute, 10*time.Second)
		if _, err := r.again("c1", "o1", 1000); err != nil {
			t.Errorf("the key that is in use was revoked: %v", err)
		}
	})
}

// Who waits for a key that is being replaced finds the new one.
func TestKeyIsFoundWhileItIsReplaced(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	r := newRig(t, dsn)
	db, err := sql.Open("pgx", dsn)
	must2(t, err)
	t.Cleanup(func() { _ = db.Close() })
	r.key(pay.TossPayments, "c1")
	inside, release, replaced := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		replaced <- r.store.Write(r.ctx, func(tx *store.Tx) error {
			k, err := tx.BillingKey(r.ctx, r.merchant.ID, "c1")
			if err != nil {
				return err
			}
			k.ID, k.Status = "00000000-0000-4000-8000-000000000001", pay.KeyIssuing
			if err := tx.InsertBillingKey(r.ctx, k); err != nil {
				return err
			}
			_, err = tx.ActivateBillingKey(r.ctx, k)
			close(inside)
			<-release
			return err
		})
	}()
	<-inside
	deleted := make(chan error, 1)
	go func() { _, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1"); deleted <- err }()
	for waiting, end := 0, time.Now().Add(10*time.Second); waiting == 0; {
		must2(t, db.QueryRow(`SELECT COUNT(*) FROM pg_stat_activity WHERE datname = CURRENT_DATABASE() AND wait_event_type = 'Lock'`).Scan(&waiting))
		if time.Now().After(end) {
			t.Fatal("nobody waits for the key")
		}
	}
	close(release)
	must2(t, <-replaced)
	if err := <-deleted; err != nil {
		t.Errorf("there was a key all the time: %v", err)
	}
}

// A channel that became another shop's tells nothing of a key, and ends none.
func TestKeyIsNotAskedForAtAnotherShop(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.key(pay.TossPay, "c1")
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			ch, err := tx.Channel(r.ctx, r.merchant.ID, r.billing[pay.TossPay])
			if err != nil {
				return err
			}
			ch.MID = "other"
			return tx.UpdateChannel(r.ctx, ch)
		}))
		r.control(r.toss.Control(), "POST", "/billing-keys/member-c1/remove", map[string]any{}, nil)
		if got, err := r.gw.BillingKey(r.ctx, r.merchant.ID, "c1"); err != nil || got.ID != k.ID || got.Status != pay.KeyActive {
			t.Errorf("it is %s: %v", got.Status, err)
		}
	})
}
