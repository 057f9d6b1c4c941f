package gateway_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// freeze has the process stand still the first time it comes to a point: it is
// there when stands is closed, and goes on when thaws is.
func (r *rig) freeze(point string) (stands <-chan struct{}, thaws chan<- struct{}) {
	s, w := make(chan struct{}), make(chan struct{})
	var came atomic.Bool
	r.fault = func(p string) error {
		if p == point && came.CompareAndSwap(false, true) {
			close(s)
			<-w
		}
		return nil
	}
	return s, w
}

// A process that stands still, before its call or after one that never left, is
// taken over: the resolver sends the call, and loses the answer. That ours never
// left then says nothing about the one that did.
func TestFrozenWhileTheResolverSendsTheCall(t *testing.T) {
	for _, point := range []string{"intended", "answered"} {
		t.Run("cancel "+point, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig, p pay.Provider) {
				paid := r.paid(p, "o1") // 60000
				stands, thaws := r.freeze("cancel:" + point)
				r.line.unplugged.Store(point == "answered")
				part, done := int64(20000), make(chan error, 1)
				go func() {
					_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: &part, Reason: "변심"})
					done <- err
				}()
				<-stands
				r.line.unplugged.Store(false)
				r.faulty(p, cancelPath(p)+" after garble")
				r.run(40*time.Second, time.Second)
				if held := r.balance(paid); held != 40000 {
					t.Fatalf("the resolver did not send it: %d are left", held)
				}
				close(thaws)
				if err := <-done; err != nil && !errors.Is(err, gateway.ErrOutcomeUnknown) {
					t.Errorf("the money is given back, and the merchant is told %v", err)
				}
				r.well()
				r.run(10*time.Minute, 10*time.Second)
				if now := r.payment(paid.ID); now.Cancelled != part {
					t.Errorf("%s, %d cancelled", now.Status, now.Cancelled)
				}
				r.agrees(paid.ID)
			})
		})
		t.Run("confirm "+point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				v := r.open(r.request(pay.TossPayments, "o1")).agree("")
				stands, thaws := r.freeze("confirm:" + point)
				r.line.unplugged.Store(point == "answered")
				done := make(chan gateway.Result, 1)
				go func() {
					res, err := v.finish()
					if err != nil {
						t.Error(err)
					}
					done <- res
				}()
				<-stands
				r.line.unplugged.Store(false)
				r.faulty(pay.TossPayments, confirmPath(pay.TossPayments)+" after garble")
				r.faulty(pay.TossPayments, "GET /v1/payments/** before drop")
				r.run(40*time.Second, time.Second)
				close(thaws)
				if res := <-done; res.Payment.Status == pay.StatusFailed {
					t.Errorf("the buyer has paid, and is told %s %s", res.Code, res.Message)
				}
				r.well()
				r.run(10*time.Minute, 10*time.Second)
				r.paidOnce(v.payment)
			})
		})
	}
}

// A process stands still before it sends a charge once more. Others take it for
// never made, and the merchant orders again under the number: then it is not sent.
func TestFrozenBeforeItSendsAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.faulty(pay.TossPayments, chargePath(pay.TossPayments)+" nth=1 before status=503")
		stands, thaws := r.freeze("charge:again")
		done := make(chan error, 1)
		go func() { _, err := r.again("c1", "o1", 7000); done <- err }()
		<-stands
		r.run(5*time.Minute, 5*time.Second)
		paid, err := r.again("c1", "o1", 7000)
		must2(t, err)
		close(thaws)
		if _, declined := errors.AsType[*gateway.DeclinedError](<-done); !declined {
			t.Errorf("the one that stood still is told %v", err)
		}
		r.agrees(paid.ID)
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		for _, p := range found {
			if moved := r.movements(p.ID); p.ID != paid.ID && (len(moved) > 0 || r.balance(p) > 0) {
				t.Errorf("it took money, too: %+v", moved)
			}
		}
	})
}

// A resolver stands still between its question and the call that it repeats. By
// then another may have made the cancel, been refused, and the merchant cancelled
// anew: it leaves the call to the next question.
func TestFrozenBeforeItRepeats(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		paid := r.paid(pay.TossPay, "o1") // 60000
		r.fault = deathAt("cancel:intended")
		part := int64(20000)
		_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: &part, Reason: "변심"})
		if !errors.Is(err, errDied) {
			t.Fatalf("%v", err)
		}
		r.fault = nil
		r.clock.Advance(20 * time.Second)
		question, done := r.line.holdNext(), make(chan error, 1)
		go func() { done <- r.runner.RunDue(r.ctx) }()
		<-question.arrived
		r.clock.Advance(5 * time.Minute) // its lease is out
		close(question.through)
		must2(t, <-done)
		if n := r.sent("/api/v2/refunds"); n != 0 {
			t.Errorf("sent %d times by one that stood still", n)
		}
		r.run(10*time.Minute, 10*time.Second)
		if now := r.payment(paid.ID); now.Cancelled != part {
			t.Errorf("%s, %d cancelled", now.Status, now.Cancelled)
		}
		r.agrees(paid.ID)
	})
}

// A process stands still before it asks for a billing key, at first or once more.
// When the key has been decided about without it, none is had that nobody knows of.
func TestFrozenBeforeItAsksForAKey(t *testing.T) {
	const path = "/v1/billing/authorizations/"
	for name, c := range map[string]struct {
		point, fault string
		ask          func(r *rig) error
	}{
		"card":            {"issue_key:intended", "POST " + path + "card before status=400 code=INVALID_CARD_NUMBER", (*rig).issueCard},
		"card, once more": {"issue_key:again", "POST " + path + "card before status=503", (*rig).issueCard},
		"window": {"issue_key:intended", "POST " + path + "issue before status=400 code=INVALID_CARD_NUMBER", func(r *rig) error {
			_, err := r.open(r.billingRequest(pay.TossPayments, "register-1", "c1")).register().finish()
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				stands, thaws := r.freeze(c.point)
				r.faulty(pay.TossPayments, c.fault)
				done := make(chan error, 1)
				go func() { done <- c.ask(r) }()
				<-stands
				r.well()
				r.faulty(pay.TossPayments, "POST "+path+"* before status=400 code=INVALID_CARD_NUMBER")
				before := r.sent(path)
				r.run(5*time.Minute, 5*time.Second)
				if k := r.oneKey("c1"); k.Status != pay.KeyRefused || r.sent(path) == before {
					t.Fatalf("nobody asked meanwhile: the key is %s", k.Status)
				}
				r.well()
				before = r.sent(path)
				close(thaws)
				err := <-done
				if n := r.sent(path) - before; n != 0 {
					t.Errorf("it was asked for %d times more", n)
				}
				if _, active := r.activeKey("c1"); active == nil {
					t.Errorf("a key came of it; told %v", err)
				}
			})
		})
	}
}

func (r *rig) issueCard() error {
	_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card})
	if err == nil {
		err = errors.New("a key was issued")
	}
	if errors.Is(err, gateway.ErrProviderDown) || errors.Is(err, gateway.ErrOutcomeUnknown) {
		return nil
	}
	return err
}

// The same for a cash receipt and its cancellation: what the resolver did meanwhile
// counts, and not that ours never left.
func TestFrozenBeforeItAsksForAReceipt(t *testing.T) {
	for _, point := range []string{"intended", "answered"} {
		for _, cancel := range []bool{false, true} {
			t.Run(point+map[bool]string{true: ", cancel"}[cancel], func(t *testing.T) {
				each(t, func(t *testing.T, r *rig) {
					req := external
					req.Merchant = r.merchant.ID
					ask, path, want := func() error { _, err := r.gw.IssueReceipt(r.ctx, req); return err }, "/v1/cash-receipts", pay.ReceiptIssued
					if cancel {
						must2(t, ask())
						ask = func() error {
							_, err := r.gw.CancelReceiptOfOrder(r.ctx, r.merchant.ID, req.MerchantUID, "")
							return err
						}
						path, want = "/v1/cash-receipts/*/cancel", pay.ReceiptCancelled
					}
					stands, thaws := r.freeze("receipt:" + point)
					r.line.unplugged.Store(point == "answered")
					done := make(chan error, 1)
					go func() { done <- ask() }()
					<-stands
					r.line.unplugged.Store(false)
					r.faulty(pay.TossPayments, "POST "+path+" after garble")
					before := r.sent("/v1/cash-receipts")
					r.run(40*time.Second, time.Second)
					asked := r.sent("/v1/cash-receipts")
					if asked == before {
						t.Fatal("the resolver did not ask")
					}
					close(thaws)
					if err := <-done; err != nil && !errors.Is(err, gateway.ErrOutcomeUnknown) {
						t.Errorf("it is done, and the merchant is told %v", err)
					}
					r.well()
					r.run(10*time.Minute, 10*time.Second)
					got, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, req.MerchantUID)
					if err != nil || got.Status != want {
						t.Errorf("the provider did it, ours is %q: %v", got.Status, err)
					}
				})
			})
		}
	}
}

// A process stands still for less than its call may take. Were the call sent now,
// the provider would have little time left before it counts as never made: while it
// still works on it the merchant, told so, would order again.
func TestFrozenForLessThanTheDeadline(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		slow := r.hold("POST", "/v1/billing/", 1)
		stands, thaws := r.freeze("charge:intended")
		done := make(chan error, 1)
		go func() { _, err := r.again("c1", "o1", 7000); done <- err }()
		<-stands
		r.clock.Advance(55 * time.Second) // of 60
		close(thaws)
		sent := false
		select {
		case <-slow.arrived: // and we do not hear of it for a while
			sent = true
		case err := <-done:
			if !errors.Is(err, gateway.ErrProviderDown) {
				t.Errorf("told %v", err)
			}
			close(slow.through)
		}
		r.run(30*time.Second, time.Second)
		if _, err := r.again("c1", "o1", 7000); err != nil {
			t.Errorf("ordered again: %v", err)
		}
		if sent {
			close(slow.through)
			<-done
		}
		found, _, err := r.gw.KeyPayments(r.ctx, r.merchant.ID, "c1", 1, 10)
		must2(t, err)
		held := int64(0)
		for _, p := range found {
			held += r.balance(p)
		}
		if held != 7000 {
			t.Errorf("the provider holds %d for one order of 7000", held)
		}
	})
}
