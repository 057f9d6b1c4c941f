package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/store"
)

func full(id pay.PaymentID) pay.Payment {
	vat := int64(91)
	return pay.Payment{
		Merchant: shop, ID: id, MerchantUID: "주문-1", Channel: "channel-key-1", Provider: pay.TossPay, MID: "tosstest",
		Mode: pay.ModeTest, Source: pay.SourceSchedule, Mobile: true, Status: pay.StatusCreated, Version: 7,
		Method: pay.MethodTossPay, Name: "이름", Amount: pay.Breakdown{Total: pay.Won(1000), TaxFree: 100, VAT: &vat},
		Buyer:  pay.Buyer{Name: "홍길동", Email: "a@example.com", Tel: "010", Address: "서울", Postcode: "00000"},
		Custom: `{"a":1}`, Escrow: true, UserAgent: "agent", CustomerUID: "customer", CustomerUsage: "payment.scheduled",
		Ref:      pay.Ref{Order: "order", Key: "key", Data: []byte{0, 1, 255}},
		Details:  pay.Details{Card: &pay.Card{Issuer: "361", Number: "5365-10**"}, Account: &pay.VirtualAccount{Bank: "004", Due: noon}},
		Notify:   pay.Notify{URLs: []string{"https://a.example/1", "https://a.example/2"}, ConfirmURL: "https://a.example/c"},
		FailCode: "F1", FailReason: "사유", CancelReason: "취소",
		StartedAt: noon.Add(-time.Hour), PaidAt: noon.Add(-2 * time.Minute), FailedAt: noon.Add(-time.Minute), CancelledAt: noon,
	}
}

func TestPaymentComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		want := full("imp_1")
		f.insert(t, want)
		want.UpdatedAt = noon
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Payment(ctx, shop, "imp_1")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}
