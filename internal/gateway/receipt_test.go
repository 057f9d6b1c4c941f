package gateway_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"naru/internal/gateway"
	"naru/internal/pay"
)

func (r *rig) receipt(id pay.PaymentID) (pay.Receipt, error) {
	return r.gw.IssueReceipt(r.ctx, gateway.ReceiptRequest{Merchant: r.merchant.ID, Payment: id, Identifier: "010-7788-9911"})
}

func TestReceiptOfPayment(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		if _, err := r.receipt(p.ID); !errors.Is(err, gateway.ErrReceiptForbidden) {
			t.Errorf("before the deposit: %v", err)
		}
		r.atBank(p, "deposit")
		if _, err := r.gw.ReceiptOfPayment(r.ctx, r.merchant.ID, p.ID); !errors.Is(err, gateway.ErrNoReceipt) {
			t.Errorf("read before it is issued: %v", err)
		}
		got, err := r.receipt(p.ID)
		must2(t, err)
		if got.Status != pay.ReceiptIssued || got.Key == "" || got.Amount.Total.Minor != 33000 || got.Type != pay.ReceiptPerson || len(got.Identifier) != 0 {
			t.Errorf("issued %+v", got)
		}
		if _, err := r.receipt(p.ID); !errors.Is(err, gateway.ErrReceiptIssued) {
			t.Errorf("issued twice: %v", err)
		}
		got, err = r.gw.CancelReceiptOfPayment(r.ctx, r.merchant.ID, p.ID, "")
		if err != nil || got.Status != pay.ReceiptCancelled || got.CancelledAt.IsZero() {
			t.Errorf("cancelled: %s %v", got.Status, err)
		}
		if _, err = r.gw.CancelReceiptOfPayment(r.ctx, r.merchant.ID, p.ID, ""); !errors.Is(err, gateway.ErrNoReceipt) {
			t.Errorf("cancelled twice: %v", err)
		}
		if got, err = r.receipt(p.ID); err != nil || got.Status != pay.ReceiptIssued {
			t.Errorf("issued again: %s %v", got.Status, err)
		}
		card := r.paid(pay.TossPayments, "o2")
		if _, err := r.receipt(card.ID); !errors.Is(err, gateway.ErrReceiptForbidden) {
			t.Errorf("for a card: %v", err)
		}
		wallet := r.paid(pay.TossPay, "o3")
		if _, err := r.receipt(wallet.ID); !errors.Is(err, gateway.ErrUnsupported) {
			t.Errorf("at Toss Pay: %v", err)
		}
		if strings.Contains(r.log.String(), "77889911") {
			t.Error("the number is in the log")
		}
	})
}

// Of many calls at once one receipt comes about.
func TestReceiptIsIssuedOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		external := gateway.ReceiptRequest{Merchant: r.merchant.ID, MerchantUID: "offline-1", Name: "매장 판매", Amount: 11000, Type: pay.ReceiptCompany, Identifier: "1234567890"}
		var wg sync.WaitGroup
		var mu sync.Mutex
		issued := 0
		for range 20 {
			wg.Go(func() {
				_, err := r.gw.IssueReceipt(r.ctx, external)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					issued++
				case !errors.Is(err, gateway.ErrReceiptIssued):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1")
		if issued != 1 || err != nil || got.Type != pay.ReceiptCompany {
			t.Errorf("%d issued, %s: %v", issued, got.Type, err)
		}
		if got, err = r.gw.CancelReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1", ""); err != nil || got.Status != pay.ReceiptCancelled {
			t.Errorf("cancelled: %s %v", got.Status, err)
		}
	})
}

// A lost answer about a receipt is had again, also after a death.
func TestLostReceipt(t *testing.T) {
	for name, lose := range map[string]func(r *rig){
		"dropped":           func(r *rig) { r.faulty(pay.TossPayments, "POST /v1/cash-receipts times=2 after status=500") },
		"died":              func(r *rig) { r.fault = deathAt("receipt:answered") },
		"died before":       func(r *rig) { r.fault = deathAt("receipt:intended") },
		"provider was away": func(r *rig) { r.faulty(pay.TossPayments, "POST /v1/cash-receipts times=2 before status=503") },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				external := gateway.ReceiptRequest{Merchant: r.merchant.ID, MerchantUID: "offline-1", Name: "매장 판매", Amount: 11000, Identifier: "01077889911"}
				lose(r)
				if _, err := r.gw.IssueReceipt(r.ctx, external); err == nil {
					t.Fatal("nothing was lost")
				}
				r.fault = nil
				r.well()
				var got pay.Receipt
				r.settleLong(func() bool {
					var err error
					got, err = r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "offline-1")
					return err == nil
				})
				if got.Status != pay.ReceiptIssued || got.Key == "" {
					t.Errorf("it is %s\n%s", got.Status, r.log)
				}
			})
		})
	}
}
