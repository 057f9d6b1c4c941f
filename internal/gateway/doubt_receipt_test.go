package gateway_test

import (
	"errors"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// A receipt was issued and its answer lost; that asking again does not leave, or
// is turned away, says nothing about the first call.
func TestReceiptAskedAgainInVain(t *testing.T) {
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
func TestReceiptCancelledAgainInVain(t *testing.T) {
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
func TestUnclearRefusalOfAReceipt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		req := external
		req.Merchant, req.TestCode = r.merchant.ID, "PROVIDER_ERROR"
		unclear, err := r.gw.IssueReceipt(r.ctx, req)
		if !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("%v", err)
		}
		r.run(5*24*time.Hour, 5*time.Minute)
		if !r.alarmed("unclear:" + string(unclear.ID) + ":issuing") {
			t.Error("no person is asked to look whether it was issued")
		}
		req.TestCode = ""
		if got, err := r.gw.IssueReceipt(r.ctx, req); err != nil {
			t.Errorf("five days later: %s %v; a job is left: %v", got.Status, err, r.hasJob(gateway.JobResolveReceipt))
		}
	})
}

// The late answer to one cancellation says nothing about the next.
func TestAnswerToAnEarlierReceiptCancel(t *testing.T) {
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
