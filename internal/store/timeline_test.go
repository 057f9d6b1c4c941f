package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

func TestPaymentEvents(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"))
		asked := store.PaymentEvent{Merchant: shop, Payment: "imp_1", Kind: store.EventConfirmAsked, At: at(1), Took: 1500 * time.Microsecond,
			Detail: store.EventDetail{URL: "https://m.example/c?to=홍길동", Status: 409, Reason: "홍길동 님 품절"}}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			opened := store.PaymentEvent{Merchant: shop, Payment: "imp_1", Kind: store.EventWindowOpened}
			if err := all(tx.AddEvent(ctx, opened), tx.AddEvent(ctx, asked)); err != nil {
				return err
			}
			opened.At = tx.Now
			return equal(t, []store.PaymentEvent{opened, asked})(tx.PaymentEvents(ctx, shop, "imp_1"))
		})
		if err := f.Write(t.Context(), func(tx *store.Tx) error {
			return tx.AddEvent(t.Context(), store.PaymentEvent{Merchant: shop, Payment: "none", Kind: store.EventReturned})
		}); err == nil {
			t.Error("an event of no payment was taken")
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			rows, err := tx.ErasePayment(ctx, shop, "imp_1", starred("홍길동"))
			if rows["payment_events"] != 1 {
				t.Errorf("erased %v", rows)
			}
			return err
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Payment(ctx, shop, "imp_1"); err != nil {
				return err
			}
			return tx.AddEvent(ctx, asked)
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			es, err := tx.PaymentEvents(ctx, shop, "imp_1")
			if len(es) != 3 || es[1].Detail.Reason != "*** 님 품절" || es[1].Detail.URL != "https://m.example/c?to=***" || es[1].Detail.Status != 409 || es[2].Detail.Reason != "" {
				t.Errorf("after erasing: %+v", es)
			}
			return err
		})
	})
}

// What a person wrote when he did something to a payment is reached by erasing; what he
// did, and to how much money, stays.
func TestErasingReachesTheAuditLog(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"))
		ctx := pay.WithActor(t.Context(), pay.Actor{Kind: pay.ActorOperator, ID: "op_1", Name: "운영자"})
		f.write(t, func(_ context.Context, tx *store.Tx) error {
			return tx.AuditByHand(ctx, store.Change{Merchant: shop, Action: "payment.cancel", Target: "imp_1", Payment: "imp_1", After: map[string]any{"amount": 1000, "reason": "1000 홍길동"}})
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			rows, err := tx.ErasePayment(ctx, shop, "imp_1", starred("홍길동"))
			if rows["audit"] != 1 {
				t.Errorf("erased %v", rows)
			}
			return err
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			as, err := tx.ListAudit(ctx, shop, store.AuditFilter{Payment: "imp_1"})
			if len(as) != 1 || string(as[0].After) != `{"amount":1000,"reason":"1000 ***"}` || as[0].Actor.Name != "운영자" {
				t.Errorf("audit %+v %s", as, as[0].After)
			}
			return err
		})
	})
}

func TestReceiptsAreListed(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range 7 {
				c := pay.Receipt{Merchant: shop, ID: pay.ReceiptID(fmt.Sprintf("r%d", i)), MerchantUID: pay.MerchantUID(fmt.Sprintf("o%d", i)), Mode: pay.ModeSandbox,
					Type: pay.ReceiptPerson, Identifier: []byte{1}, Created: at(i / 2)}
				if err := tx.InsertReceipt(ctx, c); err != nil {
					return err
				}
			}
			c, err := tx.Receipt(ctx, shop, "r3")
			if err == nil {
				_, err = tx.StepReceipt(ctx, c, pay.EvReceiptIssued)
			}
			return err
		})
		ids := func(q store.ReceiptQuery) (out string, page store.ReceiptPage) {
			f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
				page, err = tx.ListReceipts(ctx, shop, q)
				return err
			})
			for _, c := range page.Rows {
				out += string(c.ID) + " "
			}
			return out, page
		}
		for want, q := range map[string]store.ReceiptQuery{
			"r6 r5 r4 r3 r2 r1 r0 ": {}, "r3 ": {Status: pay.ReceiptIssued}, "r5 r4 r3 r2 ": {From: at(1), To: at(3)}, "": {Status: pay.ReceiptCancelled},
		} {
			if got, _ := ids(q); got != want {
				t.Errorf("%+v lists %q, want %q", q, got, want)
			}
		}
		first, a := ids(store.ReceiptQuery{Limit: 3})
		second, b := ids(store.ReceiptQuery{Limit: 3, After: a.Next})
		third, c := ids(store.ReceiptQuery{Limit: 3, After: b.Next})
		if first+second+third != "r6 r5 r4 r3 r2 r1 r0 " || a.Previous.ID != "" || c.Next.ID != "" {
			t.Errorf("pages %q %q %q", first, second, third)
		}
		if back, d := ids(store.ReceiptQuery{Limit: 3, Before: c.Previous}); back != second || d.Previous.ID == "" || d.Next.ID == "" {
			t.Errorf("the way back is %q", back)
		}
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			if page, err := tx.ListReceipts(ctx, "other", store.ReceiptQuery{}); err != nil || len(page.Rows) != 0 {
				t.Errorf("another merchant sees %d (%v)", len(page.Rows), err)
			}
			for _, q := range []store.ReceiptQuery{{}, {Status: pay.ReceiptIssued}, {From: at(0), After: store.ReceiptPlace{At: at(2), ID: "r4"}}, {Status: pay.ReceiptIssued, Before: store.ReceiptPlace{At: at(2), ID: "r4"}}} {
				plan, err := tx.ExplainReceipts(ctx, shop, q)
				if err != nil {
					return err
				}
				if f.Kind() == "sqlite" {
					wantPlan(t, q, plan, []string{"USING INDEX receipts_by_"}, "SCAN", "TEMP B-TREE")
				}
			}
			return nil
		})
	})
}
