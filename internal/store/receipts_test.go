package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// receipt is a cash receipt that was asked for: of a payment, or of none.
func receipt(id pay.ReceiptID, payment pay.PaymentID, uid pay.MerchantUID) pay.Receipt {
	return pay.Receipt{Merchant: shop, ID: id, Payment: payment, MerchantUID: uid, Channel: "channel-key-1", Provider: pay.TossPayments,
		MID: "mid", Mode: pay.ModeSandbox, Name: "사과", Amount: pay.Breakdown{Total: pay.Won(1000)}, Type: pay.ReceiptPerson,
		Identifier: []byte("sealed")}
}

// asked adds a receipt and takes it through events.
func (f fixture) asked(t testing.TB, c pay.Receipt, evs ...pay.ReceiptEvent) pay.Receipt {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		err := tx.InsertReceipt(ctx, c)
		if err == nil {
			c, err = tx.Receipt(ctx, shop, c.ID)
		}
		for _, ev := range evs {
			if err == nil {
				c, err = tx.StepReceipt(ctx, c, ev)
			}
		}
		return err
	})
	return c
}

func TestReceiptComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		vat := int64(91)
		c := pay.Receipt{
			Merchant: shop, ID: "rc_1", Payment: "imp_1", MerchantUID: "주문", Channel: "channel-key-1", Provider: pay.TossPay, MID: "mid",
			Mode: pay.ModeTest, Status: pay.ReceiptCancelled, Name: "이름", Amount: pay.Breakdown{Total: pay.Won(1000), TaxFree: 1, VAT: &vat},
			Type: pay.ReceiptCompany, Buyer: pay.Buyer{Name: "홍길동"}, Key: "k", CancelKey: "ck", ApprovalNo: "1", URL: "https://r.example",
			Code: "C", Message: "사유", Tries: 2, Created: at(-9), IssuedAt: at(-8), CancelledAt: at(-7),
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertReceipt(ctx, c); err != nil {
				return err
			}
			alien := c
			alien.Merchant = "other"
			if err := tx.InsertReceipt(ctx, alien); !errors.Is(err, store.ErrExists) {
				t.Errorf("an id of another merchant's: %v", err)
			}
			if _, err := tx.Receipt(ctx, "other", "rc_1"); !isNotFound(err) {
				t.Errorf("another merchant finds it: %v", err)
			}
			c.Updated = noon
			return all(equal(t, c)(tx.Receipt(ctx, shop, "rc_1")), equal(t, c)(tx.ReceiptByID(ctx, "rc_1")),
				equal(t, c)(tx.ReceiptOfPayment(ctx, shop, "imp_1")))
		})
	})
}

func TestReceiptFollowsItsTable(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		c := f.asked(t, receipt("rc_1", "imp_1", "order"))
		if c.Status != pay.ReceiptIssuing || string(c.Identifier) != "sealed" || !c.Created.Equal(noon) {
			t.Errorf("asked for: %+v", c)
		}
		now := f.clock.Add(time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			c.Tries = 1
			want := c
			want.Updated = now
			return equal(t, want)(tx.UpdateReceipt(ctx, c))
		})
		stale := c
		c.Key, c.ApprovalNo, c.URL, c.Name, c.Code, c.Message = "k", "1", "https://r.example", "n", "C", "M"
		want := c
		want.Status, want.Identifier, want.IssuedAt, want.Updated = pay.ReceiptIssued, nil, now, now
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return all(equal(t, want)(tx.StepReceipt(ctx, c, pay.EvReceiptIssued)), equal(t, want)(tx.ReceiptByID(ctx, "rc_1")))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.StepReceipt(ctx, stale, pay.EvReceiptRefused); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a stale one was refused: %v", err)
			}
			if _, err := tx.UpdateReceipt(ctx, stale); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a stale one was written: %v", err)
			}
			if _, err := tx.StepReceipt(ctx, want, pay.EvReceiptCancelled); !errors.Is(err, pay.ErrNoStep) {
				t.Errorf("cancelled without asking: %v", err)
			}
			return nil
		})
		end := f.clock.Add(time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			c := want
			for _, ev := range []pay.ReceiptEvent{pay.EvReceiptCancelStarted, pay.EvReceiptCancelRefused, pay.EvReceiptCancelStarted} {
				if c, err = tx.StepReceipt(ctx, c, ev); err != nil {
					return err
				}
			}
			c.CancelKey = "ck"
			want.Status, want.CancelKey, want.CancelledAt, want.Updated = pay.ReceiptCancelled, "ck", end, end
			return equal(t, want)(tx.StepReceipt(ctx, c, pay.EvReceiptCancelled))
		})
	})
}

func TestOneReceiptIsInForce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		taken := func(c pay.Receipt) {
			t.Helper()
			f.write(t, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.InsertReceipt(ctx, c); !errors.Is(err, store.ErrExists) {
					t.Errorf("%s beside another: %v", c.ID, err)
				}
				return nil
			})
		}
		refused := f.asked(t, receipt("rc_0", "imp_1", "order"), pay.EvReceiptRefused)
		f.asked(t, receipt("rc_1", "imp_1", "order"))
		f.asked(t, receipt("rc_2", "imp_2", "order"))                            // another payment of the order
		outside := f.asked(t, receipt("rc_3", "", "order"), pay.EvReceiptIssued) // money taken elsewhere under its number
		taken(receipt("rc_4", "imp_1", "order"))
		taken(receipt("rc_5", "", "order"))
		f.asked(t, receipt("rc_6", "", "another"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := equal(t, outside)(tx.ReceiptOfOrder(ctx, shop, "order")); err != nil {
				return err
			}
			if c, err := tx.ReceiptOfPayment(ctx, shop, refused.Payment); c.ID != "rc_1" || err != nil {
				t.Errorf("of the payment: %s (%v)", c.ID, err)
			}
			if c, err := tx.ReceiptOfPayment(ctx, shop, ""); !isNotFound(err) {
				t.Errorf("of no payment: %s (%v)", c.ID, err)
			}
			return nil
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			c, err := tx.StepReceipt(ctx, outside, pay.EvReceiptCancelStarted)
			if err == nil {
				_, err = tx.StepReceipt(ctx, c, pay.EvReceiptCancelled)
			}
			return err
		})
		f.clock.Add(time.Second)
		f.asked(t, receipt("rc_7", "", "order"), pay.EvReceiptRefused)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			c, err := tx.ReceiptOfOrder(ctx, shop, "order")
			if c.ID != "rc_3" || c.Status != pay.ReceiptCancelled {
				t.Errorf("the newest that was not refused: %s %s", c.ID, c.Status)
			}
			return err
		})
		f.asked(t, receipt("rc_8", "", "order"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			c, err := tx.ReceiptOfOrder(ctx, shop, "order")
			if c.ID != "rc_8" {
				t.Errorf("the newest: %s", c.ID)
			}
			return err
		})
	})
}

func TestOfManyWhoAskForAReceiptOneDoes(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		var won, lost atomic.Int64
		ctx := t.Context()
		together(20, func(i int) {
			err := f.Write(ctx, func(tx *store.Tx) error {
				return tx.InsertReceipt(ctx, receipt(numbered[pay.ReceiptID]("rc_", i), "imp_1", "order"))
			})
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, store.ErrExists):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
		if won.Load() != 1 || lost.Load() != 19 {
			t.Errorf("%d asked, %d refused", won.Load(), lost.Load())
		}
	})
}

func TestDatabaseRefusesImpossibleReceipts(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.asked(t, receipt("rc_1", "imp_1", "order"), pay.EvReceiptIssued)
		f.asked(t, receipt("rc_2", "", "order"))
		refuses(t, f, `receipts`, `id = 'rc_2'`, map[string]error{
			`status = 'lost'`:                    store.ErrRule,
			`type = 'nobody'`:                    store.ErrRule,
			`amount = -1`:                        store.ErrRule,
			`status = 'issued', identifier = $1`: store.ErrRule, // it does not say when
			`status = 'issued', issued_at = 1`:   store.ErrRule, // it still knows who
			`cancelled_at = 1`:                   store.ErrRule,
			`merchant_uid = ''`:                  store.ErrRule,
			`payment = 'imp_1'`:                  store.ErrExists,
			`status = 'issued', issued_at = 1, identifier = $1`: nil,
			`payment = 'imp_2'`: nil,
		})
	})
}
