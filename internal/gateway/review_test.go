package gateway_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
)

// gate holds one request back before it reaches the provider: arrived is closed
// when it is there, through lets it pass.
type gate struct{ arrived, through chan struct{} }

// hold has the nth request of a method whose path has the part wait at a gate.
func (r *rig) hold(method, part string, nth int) *gate {
	g := &gate{make(chan struct{}), make(chan struct{})}
	inner := r.sandbox.Config.Handler
	var mu sync.Mutex
	r.sandbox.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		mine := false
		if req.Method == method && strings.Contains(req.URL.Path, part) {
			nth--
			mine = nth == 0
		}
		mu.Unlock()
		if mine {
			close(g.arrived)
			<-g.through
		}
		inner.ServeHTTP(w, req)
	})
	return g
}

// cut takes the providers off the net, so that calls are proven not to have left;
// what it gives puts them back. (rig.line leaves open whether a call left.)
func (r *rig) cut() (back func()) {
	address := r.sandbox.Listener.Addr().String()
	_ = r.sandbox.Listener.Close()
	r.sandbox.CloseClientConnections()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return func() {
		l, err := net.Listen("tcp", address)
		must2(r.t, err)
		r.t.Cleanup(func() { _ = l.Close() })
		go func() { _ = r.sandbox.Config.Serve(l) }()
	}
}

func (r *rig) hasJob(kind string) bool {
	r.t.Helper()
	found := false
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		found, err = tx.HasJob(r.ctx, kind, "", "\uffff")
		return err
	}))
	return found
}

var external = gateway.ReceiptRequest{MerchantUID: "offline-1", Name: "매장 판매", Amount: 11000, Identifier: "01077889911"}

// --- receipts

// A receipt was issued and its answer lost; that asking again does not leave, or
// is turned away, says nothing about the first call.
func TestReviewReceiptAskedAgainInVain(t *testing.T) {
	for name, dies := range map[string]error{"at once": nil, "by the resolver": errDied} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				req := external
				req.Merchant = r.merchant.ID
				r.faulty(pay.TossPayments, "POST /v1/cash-receipts nth=1 after garble")
				var back func()
				r.fault = func(p string) error {
					if p == "receipt:answered" && back == nil {
						back = r.cut()
						return dies
					}
					return nil
				}
				_, err := r.gw.IssueReceipt(r.ctx, req)
				if err == nil {
					t.Fatal("nothing was lost")
				}
				r.fault = nil
				r.run(2*time.Minute, 10*time.Second)
				back()
				r.run(10*time.Minute, 30*time.Second)
				got, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1")
				if err != nil || got.Status != pay.ReceiptIssued {
					t.Errorf("the provider issued it, ours is %q: %v", got.Status, err)
				}
				if _, err := r.gw.IssueReceipt(r.ctx, req); !errors.Is(err, gateway.ErrReceiptIssued) {
					t.Errorf("a second receipt of one sale: %v", err)
				}
			})
		})
	}
}

// The same for the cancellation of a receipt.
func TestReviewReceiptCancelledAgainInVain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		req := external
		req.Merchant = r.merchant.ID
		_, err := r.gw.IssueReceipt(r.ctx, req)
		must2(t, err)
		r.faulty(pay.TossPayments, "POST /v1/cash-receipts/*/cancel nth=1 after garble")
		var back func()
		r.fault = func(p string) error {
			if p == "receipt:answered" && back == nil {
				back = r.cut()
			}
			return nil
		}
		if _, err = r.gw.CancelReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1", ""); err == nil {
			t.Fatal("nothing was lost")
		}
		r.fault = nil
		back()
		r.run(10*time.Minute, 30*time.Second)
		if got, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1"); err != nil || got.Status != pay.ReceiptCancelled {
			t.Errorf("the provider cancelled it, ours is %q: %v", got.Status, err)
		}
	})
}

// A refusal that is neither yes nor no and is kept under our key does not lock
// the order out of receipts for ever.
func TestReviewUnclearRefusalOfAReceipt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		req := external
		req.Merchant, req.TestCode = r.merchant.ID, "PROVIDER_ERROR"
		if _, err := r.gw.IssueReceipt(r.ctx, req); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.run(5*24*time.Hour, 5*time.Minute)
		req.TestCode = ""
		if got, err := r.gw.IssueReceipt(r.ctx, req); err != nil {
			t.Errorf("five days later: %s %v; a job is left: %v", got.Status, err, r.hasJob(gateway.JobResolveReceipt))
		}
	})
}

// The late answer to one cancellation says nothing about the next.
func TestReviewAnswerToAnEarlierReceiptCancel(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		req := external
		req.Merchant = r.merchant.ID
		_, err := r.gw.IssueReceipt(r.ctx, req)
		must2(t, err)
		slow := r.line.holdNext()
		first := make(chan error, 1)
		go func() {
			_, err := r.gw.CancelReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1", "INVALID_REQUEST")
			first <- err
		}()
		<-slow.arrived
		r.clock.Advance(40 * time.Second)
		must2(t, r.runner.RunDue(r.ctx)) // the resolver learns the refusal
		if got, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1"); err != nil || got.Status != pay.ReceiptIssued {
			t.Fatalf("refused, it is %s %v\n%s", got.Status, err, r.log)
		}
		r.fault = func(p string) error { // the second one was answered, and before it is recorded the first one's answer comes
			if p == "receipt:answered" {
				r.fault = nil
				close(slow.through)
				<-first
			}
			return nil
		}
		if _, err := r.gw.CancelReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1", ""); err != nil {
			t.Errorf("the second: %v", err)
		}
		r.run(10*time.Minute, 30*time.Second)
		if got, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1"); err != nil || got.Status != pay.ReceiptCancelled {
			t.Errorf("the provider cancelled it, ours is %q: %v", got.Status, err)
		}
	})
}

// --- checking amounts

// A line that is cut for a while does not make us keep a checking amount.
func TestReviewCheckingIsGivenBackAfterAnOutage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		var back func()
		r.fault = func(p string) error {
			if p == "charge:learned" && back == nil {
				back = r.cut()
			}
			return nil
		}
		_, err := r.gw.Schedule(r.ctx, gateway.ScheduleRequest{
			Merchant: r.merchant.ID, CustomerUID: "c1", Checking: 1000,
			Items: []gateway.ScheduleItem{{At: r.clock.Now().Add(100 * time.Hour), Charge: charge("m1", 9900)}},
		})
		must2(t, err)
		r.fault = nil
		r.run(5*time.Minute, 10*time.Second)
		back()
		r.run(time.Hour, time.Minute)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if found[0].Status != pay.StatusCancelled {
			t.Errorf("the checking amount is kept: %s; a job is left: %v", found[0].Status, r.hasJob(gateway.JobCheckingBack))
		}
	})
}

// --- charges

// The call that is sent again while the merchant waits may be on its way when
// the first one is old enough to count as never made.
func TestReviewChargeSentAgainAfterItCountsAsNever(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		path := chargePath(pay.TossPayments)
		r.faulty(pay.TossPayments, path+" nth=1 before status=503")
		question, again := r.hold("GET", "/v1/payments/", 1), r.hold("POST", "/v1/billing/", 2)
		done := make(chan struct{})
		var got pay.Payment
		var err error
		go func() { defer close(done); got, err = r.again("c1", "o1", 7000) }()
		<-question.arrived
		r.clock.Advance(50 * time.Second) // the question takes its time, within its deadline
		close(question.through)
		<-again.arrived
		r.run(40*time.Second, time.Second)                         // and so does the second sending
		r.faulty(pay.TossPayments, path+" nth=1 after status=500") // whose answer is lost
		close(again.through)
		<-done
		t.Logf("the merchant is told %s: %v", got.Status, err)
		r.well()
		r.run(24*time.Hour, 10*time.Minute)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if held := r.balance(found[0]); held != 0 && found[0].Status != pay.StatusPaid {
			t.Errorf("the provider holds %d, our payment is %s for good", held, found[0].Status)
		}
	})
}

// An answer to a question from before the second sending says nothing of it.
func TestReviewOldQuestionAboutAChargeSentAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" nth=1 before status=503")
		ours, theirs, again := r.hold("GET", "/v1/payments/", 1), r.hold("GET", "/v1/payments/", 2), r.hold("POST", "/v1/billing/", 2)
		done, resolved := make(chan error, 1), make(chan error, 1)
		go func() { _, err := r.again("c1", "o1", 7000); done <- err }()
		<-ours.arrived
		r.clock.Advance(62 * time.Second)
		go func() { resolved <- r.runner.RunDue(r.ctx) }()
		<-theirs.arrived // another node asks, old enough to believe that nothing was made
		close(ours.through)
		<-again.arrived
		close(theirs.through)
		must2(t, <-resolved)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if found[0].Status != pay.StatusConfirming {
			t.Errorf("with the second sending on its way it is %s", found[0].Status)
		}
		close(again.through)
		if err := <-done; err != nil {
			t.Errorf("paid, and the merchant is told %v", err)
		}
		r.agrees(found[0].ID)
	})
}

// What is told to the merchant's server is what the books say.
func TestReviewLateApprovalIsNoDecline(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		first := r.hold("POST", "/v1/billing/", 1)
		done := make(chan struct{})
		var got pay.Payment
		var err error
		go func() { defer close(done); got, err = r.again("c1", "o1", 7000) }()
		<-first.arrived
		r.run(2*time.Minute, time.Second) // another node asks, and the provider knows nothing of it
		close(first.through)
		<-done
		if got.Status == pay.StatusPaid && err != nil {
			t.Errorf("paid, and the merchant is told %v", err)
		}
	})
}

// A checking charge that is approved late is given back, too.
func TestReviewCheckingApprovedLate(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		first := r.hold("POST", "/v1/billing/", 1)
		done := make(chan error, 1)
		go func() {
			_, err := r.gw.Schedule(r.ctx, gateway.ScheduleRequest{
				Merchant: r.merchant.ID, CustomerUID: "c1", Checking: 1000,
				Items: []gateway.ScheduleItem{{At: r.clock.Now().Add(100 * time.Hour), Charge: charge("m1", 9900)}},
			})
			done <- err
		}()
		<-first.arrived
		r.run(5*time.Minute, time.Second)
		r.fault = deathAt("charge:learned") // and the one who asked dies
		close(first.through)
		t.Logf("schedule: %v", <-done)
		r.fault = nil
		r.run(time.Hour, 10*time.Second)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		if held := r.balance(found[0]); held != 0 {
			t.Errorf("the checking amount of %d is kept; ours is %s", held, found[0].Status)
		}
	})
}

// That the second sending of a charge does not leave says nothing about the first.
func TestReviewChargeRepeatedInVain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" nth=1 after garble")
		var back func()
		r.fault = func(p string) error {
			if p == "charge:answered" && back == nil {
				back = r.cut()
			}
			return nil
		}
		got, err := r.again("c1", "o1", 7000)
		if !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Errorf("with the line cut: %v", err)
		}
		r.fault = nil
		r.run(30*time.Second, time.Second)
		back()
		r.settleLong(func() bool { return r.payment(got.ID).Status != pay.StatusConfirming })
		if now := r.payment(got.ID); now.Status != pay.StatusPaid {
			t.Errorf("it is %s", now.Status)
		}
		r.agrees(got.ID)
	})
}

// A lost charge is sent once more at once where the provider keeps our key, and
// never where it does not.
func TestReviewHowOftenAChargeIsSent(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sent := func(path string) (n int) {
			entries := 0
			for _, e := range r.payments.Transcript().Entries() {
				if e.Method == "POST" && strings.HasPrefix(e.Path, path) {
					entries++
				}
			}
			for _, e := range r.toss.Transcript().Entries() {
				if e.Method == "POST" && strings.HasPrefix(e.Path, path) {
					entries++
				}
			}
			return entries
		}
		r.key(pay.TossPayments, "c1")
		r.key(pay.TossPay, "c2")
		for what, c := range map[string]struct {
			provider pay.Provider
			path     string
			times    int
			do       func() (pay.Payment, error)
		}{
			"keeps our key": {pay.TossPayments, "/v1/billing/", 2, func() (pay.Payment, error) { return r.again("c1", "o1", 1000) }},
			"keeps none":    {pay.TossPay, "/api/v1/billing-key/bill", 1, func() (pay.Payment, error) { return r.again("c2", "o2", 1000) }},
			"a card, keyed in": {pay.TossPayments, "/v1/payments/key-in", 1, func() (pay.Payment, error) {
				return r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, Charge: charge("o3", 1000)})
			}},
		} {
			before := sent(c.path)
			r.faulty(c.provider, "POST "+strings.Replace(c.path, "/billing/", "/billing/*", 1)+" nth=1 before status=503")
			got, err := c.do()
			r.well()
			if (err == nil) != (c.times == 2) {
				t.Errorf("%s: %s %v", what, got.Status, err)
			}
			r.run(2*time.Hour, time.Minute)
			if n := sent(c.path) - before; n != c.times {
				t.Errorf("%s: sent %d times", what, n)
			}
		}
	})
}

// --- keys

// A key for an order whose number is taken while it is being issued is given up.
func TestReviewNumberTakenWhileTheKeyIsIssued(t *testing.T) {
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
func TestReviewLateKeyDoesNotReplaceANewerOne(t *testing.T) {
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
func TestReviewHeldKeyIsNotTakenAway(t *testing.T) {
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
func TestReviewKeyIsAskedForTwiceInPeace(t *testing.T) {
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
func TestReviewChannelOfAnotherShop(t *testing.T) {
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
func TestReviewAdoptedAgainIsNotRevoked(t *testing.T) {
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
func TestReviewKeyIsFoundWhileItIsReplaced(t *testing.T) {
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

// --- accounts

// A deposit that comes in while another payment of the order is undecided waits
// for how that one ends.
func TestReviewDepositWhileAnotherIsUndecided(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		r.key(pay.TossPay, "c1")
		a := r.account("o1", 7000)
		r.clock.Advance(6*time.Hour - time.Minute)
		r.fault = deathAt("charge:intended") // it never arrived, which is known in ten minutes
		b, err := r.again("c1", "o1", 7000)
		if !errors.Is(err, errDied) {
			t.Fatalf("%v", err)
		}
		r.fault = nil
		r.atBank(a, "deposit")
		if got := r.payment(a.ID); got.Status == pay.StatusFailed || r.alarmed("paid_twice:"+string(a.ID)) {
			t.Errorf("with the other undecided it is %s: %s", got.Status, got.FailReason)
		}
		r.settleLong(func() bool { return r.payment(b.ID).Status == pay.StatusFailed })
		r.run(24*time.Hour, 10*time.Minute)
		if got := r.payment(a.ID); got.Status != pay.StatusPaid {
			t.Errorf("the provider holds %d, nobody else paid, and the payment is %s (%s)", r.balance(got), got.Status, got.FailReason)
		}
	})
}

// A deposit that is taken back is not overlooked because another answer came in between.
func TestReviewReversalBehindAnotherAnswer(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		r.run(7*time.Hour, 30*time.Minute) // paid, it is not looked at any more
		ask := func() (*delay, chan error) {
			slow, done := r.line.holdNext(), make(chan error, 1)
			go func() { _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); done <- err }()
			<-slow.arrived
			return slow, done
		}
		before, one := ask()
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		after, two := ask()
		close(before.through)
		must2(t, <-one)
		close(after.through)
		must2(t, <-two)
		r.run(24*time.Hour, 10*time.Minute)
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Errorf("the bank took the money back a day ago, and it is %s", got.Status)
		}
	})
}

// An answer from before a deposit was taken back does not bring it back.
func TestReviewStaleAnswerFromBeforeTheReversal(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		slow, done := r.line.holdNext(), make(chan error, 1)
		go func() { _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); done <- err }()
		<-slow.arrived // it says that the deposit is there
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		_, err = r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Fatalf("taken back, it is %s", got.Status)
		}
		close(slow.through)
		must2(t, <-done)
		must2(t, r.runner.RunDue(r.ctx))
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Errorf("the provider holds %d, the payment is %s, and the merchant was told %v", r.balance(got), got.Status, r.told.of(p.ID))
		}
	})
}

// A deposit that was taken back and made again while nobody looked counts once.
func TestReviewDepositTakenBackAndMadeAgainUnseen(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		_, err = r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("it is %s", got.Status)
		}
		r.agrees(p.ID)
	})
}

// An answer from between two deposits takes the second one not back.
func TestReviewStaleAnswerBetweenTwoDeposits(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		slow := r.line.holdNext()
		done := make(chan error, 1)
		go func() { _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); done <- err }()
		<-slow.arrived
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		_, err = r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		close(slow.through)
		must2(t, <-done)
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("the second deposit is there, and it is %s", got.Status)
		}
		r.agrees(p.ID)
	})
}

// A deposit that was taken back before anybody learned of it is not booked after
// the one that came in its place.
func TestReviewOlderDepositLearnedLate(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		slow, done := r.line.holdNext(), make(chan error, 1)
		go func() { _, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID); done <- err }()
		<-slow.arrived
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		_, err := r.gw.Sync(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		close(slow.through)
		must2(t, <-done)
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Errorf("it is %s", got.Status)
		}
		r.agrees(p.ID)
	})
}

// The order of a deposit that was taken back may be paid otherwise; the deposit
// that comes all the same is a person's.
func TestReviewOrderIsFreeAfterAReversal(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		r.key(pay.TossPayments, "c1")
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		r.atBank(p, "deposit-error")
		paid, err := r.again("c1", "o1", 33000)
		if err != nil || paid.Status != pay.StatusPaid {
			t.Fatalf("%s %v", paid.Status, err)
		}
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit")
		if got := r.payment(p.ID); got.Status != pay.StatusFailed || !r.alarmed("paid_twice:"+string(p.ID)) {
			t.Errorf("it is %s", got.Status)
		}
		r.agrees(p.ID)
		r.agrees(paid.ID)
	})
}

// A shop at version 1.4 tells of a deposit taken back by cancelling the payment.
func TestReviewDepositTakenBackAtTheOldVersion(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.payments.AddShop(tosspayments.Shop{
			MID: "tnaru", Name: "나루", ClientKey: clientKey, SecretKey: secretKey, FixedAccounts: true, Version: "1.4",
			WebhookURL: r.sandbox.URL + "/notices/" + fixedKey(pay.TossPayments, pay.ChannelPayment),
		}))
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		if got := r.payment(p.ID); got.Status != pay.StatusPaid {
			t.Fatalf("deposited, it is %s\n%s", got.Status, r.log)
		}
		r.clock.Advance(time.Minute)
		r.atBank(p, "deposit-error")
		got := r.payment(p.ID)
		alarmed := r.alarmed("deposit_reversed:" + string(p.ID))
		if got.Status == pay.StatusPaid && !alarmed {
			t.Errorf("the bank took the money back, the payment is %s and nobody was told", got.Status)
		}
	})
}

// A revocation with an unclear refusal, kept under our key, can be asked for again.
func TestReviewUnclearRefusalOfARevocation(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		if _, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, "PROVIDER_ERROR"); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.run(5*24*time.Hour, 5*time.Minute)
		if got, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, ""); err != nil || got.Status != pay.StatusFailed {
			t.Errorf("five days later: %s %v", got.Status, err)
		}
	})
}

// --- schedules

// A clock that goes back between the lease of a job and its charge loses no schedule.
func TestReviewClockBackLosesNoSchedule(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		workers := r.workers()
		due := workers[gateway.JobSchedule]
		var once sync.Once
		workers[gateway.JobSchedule] = func(ctx context.Context, j store.Job) error {
			once.Do(func() { r.clock.Advance(-time.Hour) })
			return due(ctx, j)
		}
		r.runner = jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: workers})
		r.day(1)
		r.run(3*time.Hour, 10*time.Minute)
		if s := r.schedule("m1"); s.Charged == nil {
			t.Errorf("two hours after its time it is %s; a job is left: %v", s.Status, r.hasJob(gateway.JobSchedule))
		}
	})
}

// A schedule that is moved while its job runs is charged at its new time, and
// not at the old one.
func TestReviewMovedWhileItsJobRuns(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		workers := r.workers()
		due := workers[gateway.JobSchedule]
		var once sync.Once
		workers[gateway.JobSchedule] = func(ctx context.Context, j store.Job) error {
			once.Do(func() {
				_, err := r.gw.MoveSchedule(r.ctx, r.merchant.ID, "m1", r.clock.Now().Add(48*time.Hour))
				must2(t, err)
			})
			return due(ctx, j)
		}
		r.runner = jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: workers})
		r.day(1)
		if s := r.schedule("m1"); s.Status != pay.ScheduleBooked || s.Charged != nil {
			t.Errorf("at its old time it is %s", s.Status)
		}
		r.day(2)
		if s := r.schedule("m1"); s.Charged == nil || s.Charged.Status != pay.StatusPaid {
			t.Errorf("at its new time it is %s", s.Status)
		}
	})
}

// A channel that does not open any more does not keep a schedule waiting for
// ever without a word.
func TestReviewScheduleOnAChannelThatDoesNotOpen(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		r.breakChannel(r.billing[pay.TossPayments])
		r.day(1)
		r.run(3*24*time.Hour, 10*time.Minute)
		s := r.schedule("m1")
		alarms := 0
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			all, err := tx.ListAlarms(r.ctx, true)
			alarms = len(all)
			return err
		}))
		if s.Status == pay.ScheduleBooked && alarms == 0 {
			t.Errorf("three days late it is %s, the merchant was told nothing and no person was called", s.Status)
		}
	})
}

// breakChannel makes a channel's credentials unreadable.
func (r *rig) breakChannel(key pay.ChannelKey) {
	r.t.Helper()
	must2(r.t, r.store.Write(r.ctx, func(tx *store.Tx) error {
		ch, err := tx.Channel(r.ctx, r.merchant.ID, key)
		if err != nil {
			return err
		}
		ch.Sealed = []byte("not what was sealed")
		return tx.UpdateChannel(r.ctx, ch)
	}))
}

// A retry that the merchant asked for and hears the answer of is not told by a
// webhook when it fails (PortOne V1, "상태": retry, paid only).
func TestReviewFailedRetryIsNotTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		_, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "c1", nil)
		must2(t, err)
		r.control(r.payments.Control(), "PUT", "/shops/tnarubill/next-decline", map[string]any{"code": "REJECT_CARD_COMPANY"}, nil)
		p, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, "m1", "")
		if err != nil || p.Status != pay.StatusFailed {
			t.Fatalf("%s %v", p.Status, err)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if told := r.told.of(p.ID); len(told) != 0 {
			t.Errorf("told %v", told)
		}
	})
}

// Whatever races with it, a schedule is charged once, and one that is booked has
// its job.
func TestReviewSchedulesUnderFire(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		days := map[string]int{}
		var uids []pay.MerchantUID
		for i := range 6 {
			uid := fmt.Sprint("m", i)
			days[uid], uids = 1, append(uids, pay.MerchantUID(uid))
		}
		r.book("c1", days)
		r.clock.Advance(24*time.Hour + time.Second)
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" chance=0.2 before status=503")
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" chance=0.2 after status=500")
		var wg sync.WaitGroup
		ok := func(err error) {
			for _, e := range []error{nil, gateway.ErrScheduleStatus, gateway.ErrNothingToRevoke, gateway.ErrOrderUsed, gateway.ErrOutcomeUnknown} {
				if errors.Is(err, e) {
					return
				}
			}
			if _, declined := errors.AsType[*gateway.DeclinedError](err); !declined {
				t.Errorf("%v", err)
			}
		}
		for i := range 3 {
			node := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: r.workers()})
			wg.Go(func() { must2(t, node.RunDue(r.ctx)) })
			wg.Go(func() {
				for range 3 {
					for _, uid := range uids {
						_, err := r.gw.RetrySchedule(r.ctx, r.merchant.ID, uid, "")
						ok(err)
					}
				}
			})
			wg.Go(func() {
				for _, uid := range uids {
					_, err := r.gw.Unschedule(r.ctx, r.merchant.ID, "", []pay.MerchantUID{uid})
					ok(err)
					_, err = r.gw.Reschedule(r.ctx, r.merchant.ID, uid, r.clock.Now().Add(time.Duration(i+1)*time.Minute))
					ok(err)
					_, err = r.gw.MoveSchedule(r.ctx, r.merchant.ID, uid, r.clock.Now().Add(time.Duration(i+2)*time.Minute))
					ok(err)
				}
			})
		}
		wg.Wait()
		r.well()
		r.run(30*time.Minute, 5*time.Second)
		for _, uid := range uids {
			s := r.schedule(string(uid))
			if s.Status != pay.ScheduleExecuted && s.Status != pay.ScheduleRevoked {
				t.Errorf("%s is %s", uid, s.Status)
			}
		}
		all, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 200)
		must2(t, err)
		paid := map[pay.MerchantUID]int{}
		for _, p := range all {
			if p.FailCode != "NARU_ORDER_USED" {
				r.agrees(p.ID)
			}
			if p.Status == pay.StatusPaid {
				paid[p.MerchantUID]++
			}
		}
		for uid, n := range paid {
			if n != 1 {
				t.Errorf("%s was paid %d times", uid, n)
			}
		}
	})
}

// A charge that is approved after its schedule was booked again: the merchant is
// not told that an order failed which is paid.
func TestReviewLateApprovalOfAScheduleBookedAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		first := r.hold("POST", "/v1/billing/", 1)
		r.clock.Advance(24 * time.Hour)
		node := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: r.workers()})
		done := make(chan error, 1)
		go func() { done <- node.RunDue(r.ctx) }()
		<-first.arrived
		r.run(2*time.Minute, time.Second) // on another node the charge counts as never made
		_, err := r.gw.Reschedule(r.ctx, r.merchant.ID, "m1", r.clock.Now().Add(24*time.Hour))
		must2(t, err)
		close(first.through)
		must2(t, <-done)
		r.day(1)
		r.run(10*time.Minute, 10*time.Second)
		s := r.schedule("m1")
		if s.Charged == nil || s.Charged.Status != pay.StatusPaid {
			t.Errorf("the order is paid, and its schedule is %s by %+v", s.Status, s.Charged.Status)
		}
		all, n, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		for _, p := range all {
			t.Logf("%d charges: %s %s, told %v", n, p.Status, p.FailCode, r.told.of(p.ID))
		}
	})
}

// --- channels and sub-stores

func (r *rig) addChannel(key string, kind pay.ChannelKind, provider pay.Provider, mid string, def bool, credentials map[string]pay.Secret) {
	r.t.Helper()
	c := gateway.NewChannel{
		Merchant: r.merchant.ID, Key: pay.ChannelKey(key), Provider: provider, MID: mid, Name: key, Mode: pay.ModeSandbox, Kind: kind,
		API: r.sandbox.URL + "/tosspayments", Script: r.sandbox.URL + "/tosspayments/js/v1", Default: def, Credentials: credentials,
	}
	if provider == pay.TossPay {
		c.API, c.Script = r.sandbox.URL+"/tosspay", ""
	}
	_, err := r.gw.AddChannel(r.ctx, c)
	must2(r.t, err)
}

var billKeys = map[string]pay.Secret{"client_key": billClientKey, "secret_key": billSecretKey}

func (r *rig) issueOn(choice gateway.ChannelChoice) (pay.BillingKey, error) {
	return r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card, Channel: choice})
}

// The default of a kind stays the default of that kind, whatever the setting
// says about another (decision D2).
func TestReviewDefaultOfTheNeededKind(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.clock.Advance(time.Second)
		r.addChannel("bill-2", pay.ChannelBilling, pay.TossPayments, "tnarubill", true, billKeys)
		if k, err := r.issueOn(gateway.ChannelChoice{}); err != nil || k.Channel != "bill-2" {
			t.Fatalf("issued on %s: %v", k.Channel, err)
		}
		r.merchant.Settings.DefaultChannel = string(r.channels[pay.TossPayments]) // of payments
		must2(t, r.gw.UpdateMerchant(r.ctx, r.merchant))
		if k, err := r.issueOn(gateway.ChannelChoice{}); err != nil || k.Channel != "bill-2" {
			t.Errorf("issued on %s: %v", k.Channel, err)
		}
	})
}

// A default channel that does not open is trouble, and not a reason to take the
// money on another contract.
func TestReviewBrokenDefaultIsNotPassedOver(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.clock.Advance(time.Second)
		r.addChannel("bill-2", pay.ChannelBilling, pay.TossPayments, "tnarubill", true, billKeys)
		r.breakChannel("bill-2")
		if k, err := r.issueOn(gateway.ChannelChoice{}); !errors.Is(err, gateway.ErrProviderDown) {
			t.Errorf("the key was issued on %s: %v", k.Channel, err)
		}
	})
}

// A request for one provider is not carried out at another.
func TestReviewNamedProviderThatCannot(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if k, err := r.issueOn(gateway.ChannelChoice{PG: "tosspay_v2"}); err == nil {
			t.Errorf("asked for Toss Pay, the key was issued at %s", k.Provider)
		}
	})
}

// A sub-store has nothing of its parent's, nor the other way round.
func TestReviewTiersAreApart(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		tier, err := r.gw.AddTier(r.ctx, r.merchant.ID, "A01", "지점")
		must2(t, err)
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		paid, err := r.again("c1", "o1", 1000)
		must2(t, err)
		for what, c := range map[string]struct {
			err  error
			want error
		}{
			"charge":     {second(r.gw.ChargeAgain(r.ctx, gateway.AgainRequest{Merchant: tier.ID, CustomerUID: "c1", Charge: charge("o2", 1000)})), gateway.ErrNoBillingKey},
			"channel":    {second(r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: tier.ID, Card: card, Channel: gateway.ChannelChoice{Key: r.billing[pay.TossPayments]}, Charge: charge("o2", 1000)})), gateway.ErrChannelMissing},
			"pg":         {second(r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: tier.ID, Card: card, Channel: gateway.ChannelChoice{PG: "tosspayments.tnarubill"}, Charge: charge("o2", 1000)})), gateway.ErrChannelMissing},
			"cancel":     {second(r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: tier.ID, PaymentID: paid.ID})), gateway.ErrNoPayment},
			"revoke":     {second(r.gw.RevokeAccount(r.ctx, tier.ID, paid.ID, "")), gateway.ErrNoPayment},
			"receipt":    {second(r.gw.IssueReceipt(r.ctx, gateway.ReceiptRequest{Merchant: tier.ID, Payment: paid.ID, Identifier: "01012345678"})), gateway.ErrNoPayment},
			"key":        {second(r.gw.BillingKey(r.ctx, tier.ID, "c1")), gateway.ErrNoBillingKey},
			"delete":     {second(r.gw.DeleteKey(r.ctx, tier.ID, "c1")), gateway.ErrNoBillingKey},
			"schedule":   {second(r.gw.BookedCharge(r.ctx, tier.ID, "m1")), gateway.ErrNoSchedule},
			"unschedule": {second(r.gw.Unschedule(r.ctx, tier.ID, "c1", nil)), gateway.ErrNothingToRevoke},
			"retry":      {second(r.gw.RetrySchedule(r.ctx, tier.ID, "m1", "")), gateway.ErrNoSchedule},
			"of nobody":  {second(r.gw.Tier(r.ctx, tier.ID, "A01")), gateway.ErrNoTier},
		} {
			if !errors.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", what, c.err, c.want)
			}
		}
	})
}

// --- deaths that no other test has

func TestReviewDeaths(t *testing.T) {
	for _, point := range []string{
		"issue_key:intended", "issue_key:answered", "charge:intended", "charge:answered", "charge:learned",
	} {
		t.Run("a key for a charge, "+point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.fault = deathAt(point)
				got, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, CustomerUID: "c1", Charge: charge("o1", 12000)})
				if !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.run(30*time.Minute, 10*time.Second)
				paid := got.ID != "" && r.payment(got.ID).Status == pay.StatusPaid
				_, keyErr := r.activeKey("c1")
				if paid != (keyErr == nil) {
					t.Errorf("paid %v, and the key: %v", paid, keyErr)
				}
				if want := point == "charge:answered" || point == "charge:learned"; paid != want {
					t.Errorf("paid %v", paid)
				}
				if point == "issue_key:answered" && r.revoked() != 1 || point == "charge:intended" && r.revoked() != 1 {
					t.Errorf("%d keys were revoked", r.revoked())
				}
				if got.ID != "" {
					r.agrees(got.ID)
				}
				if k := r.oneKey("c1"); k.Status == pay.KeyIssuing || k.Status == pay.KeyHeld {
					t.Errorf("the key is left %s", k.Status)
				}
			})
		})
	}
	for _, point := range []string{"keyin:intended", "keyin:answered", "keyin:learned"} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.fault = deathAt(point)
				got, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, Charge: charge("o1", 12000)})
				if !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool { return r.payment(got.ID).Status != pay.StatusConfirming })
				if now := r.payment(got.ID); (now.Status == pay.StatusPaid) == (point == "keyin:intended") {
					t.Errorf("it is %s", now.Status)
				}
				r.agrees(got.ID)
			})
		})
	}
	for _, point := range []string{"issue_account:intended", "issue_account:answered", "issue_account:learned"} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.fault = deathAt(point)
				got, err := r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(24 * time.Hour), Charge: charge("o1", 1000)})
				if !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool { return r.payment(got.ID).Status != pay.StatusConfirming })
				if now := r.payment(got.ID); (now.Status == pay.StatusAwaitingDeposit) == (point == "issue_account:intended") {
					t.Errorf("it is %s", now.Status)
				}
			})
		})
	}
	for _, point := range []string{"revoke_account:intended", "revoke_account:answered", "revoke_account:learned"} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				p := r.account("o1", 33000)
				r.fault = deathAt(point)
				if _, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, p.ID, ""); !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool { return r.payment(p.ID).Status == pay.StatusFailed })
				for _, a := range r.attempts(p.ID) {
					if a.Status.Open() {
						t.Errorf("%s is open", a.Kind)
					}
				}
			})
		})
	}
	for _, point := range []string{"receipt:intended", "receipt:answered", "receipt:learned"} {
		t.Run("cancel of a receipt, "+point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				req := external
				req.Merchant = r.merchant.ID
				_, err := r.gw.IssueReceipt(r.ctx, req)
				must2(t, err)
				r.fault = deathAt(point)
				if _, err := r.gw.CancelReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1", ""); !errors.Is(err, errDied) {
					t.Fatalf("it lives: %v", err)
				}
				r.fault = nil
				r.settleLong(func() bool {
					got, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1")
					return err == nil && got.Status == pay.ReceiptCancelled
				})
			})
		})
	}
}

// The billing keys of Toss Payments and the number of a cash receipt are in no
// log line and in no byte of the database, also when calls with them go wrong.
func TestReviewSecretsOfServerCalls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRig(t, "sqlite:"+filepath.Join(dir, "naru.db"))
	var mu sync.Mutex
	secrets := map[string]bool{"01077889911": true}
	inner := r.sandbox.Config.Handler
	r.sandbox.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, req)
		var told struct{ BillingKey string }
		if json.Unmarshal(rec.Body.Bytes(), &told) == nil && told.BillingKey != "" {
			mu.Lock()
			secrets[told.BillingKey] = true
			mu.Unlock()
		}
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
	seen := ""
	say := func(err error) {
		if err != nil {
			seen += err.Error() + "\n"
		}
	}
	r.key(pay.TossPayments, "c1")
	for i, broken := range []string{"before status=503", "after garble", "after status=500", "before status=400 code=INVALID_REQUEST"} {
		r.faulty(pay.TossPayments, "POST /v1/billing/* times=2 "+broken)
		r.faulty(pay.TossPayments, "POST /v1/cash-receipts times=2 "+broken)
		r.faulty(pay.TossPayments, "DELETE /v1/billing/* times=1 "+broken)
		_, err := r.again("c1", fmt.Sprint("o", i), 1000)
		say(err)
		req := external
		req.Merchant, req.MerchantUID = r.merchant.ID, pay.MerchantUID(fmt.Sprint("r", i))
		_, err = r.gw.IssueReceipt(r.ctx, req)
		say(err)
		_, err = r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1")
		say(err)
		r.run(time.Minute, 10*time.Second)
		r.well()
		r.key(pay.TossPayments, "c1")
	}
	r.line.unplugged.Store(true)
	_, err := r.again("c1", "last", 1000)
	say(err)
	r.line.unplugged.Store(false)
	r.run(10*time.Minute, time.Minute)
	must2(t, r.store.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must2(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		must2(t, err)
		seen += string(raw)
	}
	seen += r.log.String()
	if len(secrets) < 5 || !strings.Contains(seen, "/v1/cash-receipts") || !strings.Contains(seen, "/v1/billing/") {
		t.Fatalf("%d secrets, or the exchanges are not there", len(secrets))
	}
	for secret := range secrets {
		for _, form := range []string{secret, url.PathEscape(secret), strings.TrimRight(secret, "=")} {
			if at := strings.Index(seen, form); at >= 0 {
				t.Errorf("%q is kept: …%q…", form, seen[max(0, at-80):at+len(form)+20])
			}
		}
	}
}

// oneKey is the newest key of a name, whatever became of it.
func (r *rig) oneKey(uid string) pay.BillingKey {
	r.t.Helper()
	var k pay.BillingKey
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		k, err = tx.NewestBillingKey(r.ctx, r.merchant.ID, pay.CustomerUID(uid))
		return err
	}))
	return k
}

// --- accounts: races with cancels

// A deposit that is taken back while a cancel of it is unknown leaves nothing open.
func TestReviewReversalBesideAnUnknownCancel(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		r.faulty(pay.TossPayments, cancelPath(pay.TossPayments)+" before status=503")
		to := &connector.BankAccount{Bank: "004", Number: "110123456789", Holder: "홍길동"}
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, RefundTo: to}); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.atBank(p, "deposit-error")
		if got := r.payment(p.ID); got.Status != pay.StatusAwaitingDeposit {
			t.Errorf("taken back, it is %s", got.Status)
		}
		r.well()
		r.run(2*time.Hour, time.Minute)
		for _, a := range r.attempts(p.ID) {
			if a.Status.Open() {
				t.Errorf("%s is open", a.Kind)
			}
		}
		r.agrees(p.ID)
	})
}

// A receipt is over what is left once a cancel that is under way is through.
func TestReviewReceiptBesideAnUnknownCancel(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		r.faulty(pay.TossPayments, cancelPath(pay.TossPayments)+" before status=503")
		to, part := &connector.BankAccount{Bank: "004", Number: "110123456789", Holder: "홍길동"}, int64(11000)
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, Amount: &part, RefundTo: to}); !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		got, err := r.receipt(p.ID)
		r.well()
		r.run(time.Hour, time.Minute)
		if left := r.payment(p.ID).Left(); err == nil && got.Amount.Total.Minor > left {
			t.Errorf("a receipt over %d for a payment of which %d is left", got.Amount.Total.Minor, left)
		}
	})
}

// Keys of one name that are issued, charged and deleted at once leave one at most.
func TestReviewKeysUnderFire(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				_, err := r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: r.merchant.ID, Card: card, CustomerUID: "c1", Charge: charge(fmt.Sprint("o", i), 1000)})
				if err != nil {
					t.Errorf("charge: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := r.issueOn(gateway.ChannelChoice{}); err != nil {
					t.Errorf("issue: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, "c1"); err != nil && !errors.Is(err, gateway.ErrNoBillingKey) {
					t.Errorf("delete: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := r.again("c1", fmt.Sprint("a", i), 1000); err != nil && !errors.Is(err, gateway.ErrNoBillingKey) {
					if _, declined := errors.AsType[*gateway.DeclinedError](err); !declined {
						t.Errorf("again: %v", err)
					}
				}
			})
		}
		wg.Wait()
		must2(t, r.runner.RunDue(r.ctx))
		keys, err := r.gw.BillingKeys(r.ctx, r.merchant.ID, []pay.CustomerUID{"c1"})
		must2(t, err)
		if len(keys) > 1 {
			t.Errorf("%d keys are active", len(keys))
		}
	})
}
