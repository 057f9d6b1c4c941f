package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// consoleYear is how far back the payments that the console looks at go.
const consoleYear = 365 * 24 * time.Hour

// fillConsole writes up to n payments of many people over a year, the money of those
// that were paid, and what a shop of so many has besides; it gives how many payments
// there was time for.
func (b *bench) fillConsole(ctx context.Context, data string, n int) (int, error) {
	done, err := b.fillBought(ctx, data, n)
	if err != nil {
		return done, err
	}
	_, err = b.fill(ctx, data, done/10, func(tx *store.Tx, from, to int) error {
		for i := from; i < to; i++ {
			if err := around(ctx, tx, i, done/10); err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
}

// halfYear is how far ahead charges are booked, and back to where messages were
// delivered and receipts issued.
const halfYear = consoleYear / 2

// around writes, for each ten payments, a billing key, a charge booked on it, a message
// delivered and an entry of the audit log; and for each twenty a cash receipt.
func around(ctx context.Context, tx *store.Tx, i, n int) error {
	apart, now := halfYear/time.Duration(n)*time.Duration(i), time.Now()
	p, id := paymentID(i*10), fmt.Sprintf("%08d", i)
	customer := pay.CustomerUID("customer-" + id)
	booked := schedule("sub-"+id, string(customer), now.Add(24*time.Hour+apart).Truncate(time.Second))
	key := pay.BillingKey{
		Merchant: devMerchant, ID: pay.KeyID("bk_" + id), CustomerUID: customer, CustomerID: "member-" + id, Channel: billing, Provider: pay.TossPayments,
		MID: "tnarubill", Mode: pay.ModeLive, Status: pay.KeyActive, Sealed: []byte(id), MAC: []byte(id), Method: pay.MethodCard,
		Card: &pay.Card{Issuer: issuers[i%len(issuers)], Number: "53104400****334*"}, Buyer: booked.Buyer, Created: now.Add(-apart),
	}
	sent := store.Delivery{
		Merchant: devMerchant, ID: "d_" + id, Payment: p, Event: "paid", URL: "https://shop.example/webhook", ContentType: "application/json",
		Body: []byte(`{"imp_uid":"` + string(p) + `","status":"paid"}`), Status: store.DeliveryDelivered, Seq: 1, Tries: 1, Created: now.Add(-apart), Done: now.Add(-apart),
	}
	err := errors.Join(tx.InsertSchedules(ctx, []pay.Schedule{booked}), tx.InsertBillingKey(ctx, key), tx.InsertDelivery(ctx, sent),
		tx.AddDeliveryTry(ctx, devMerchant, sent.ID, store.DeliveryTry{At: sent.Done, Took: 40 * time.Millisecond, Status: 200}),
		tx.Audit(ctx, store.Change{Merchant: devMerchant, Action: "payment.cancel", Target: string(p), Payment: p}))
	if err != nil || i%2 == 1 {
		return err
	}
	return tx.InsertReceipt(ctx, pay.Receipt{
		Merchant: devMerchant, ID: pay.ReceiptID("rc_" + id), Payment: p, MerchantUID: pay.MerchantUID("order-" + id), Channel: billing, Provider: pay.TossPayments,
		MID: "tnarubill", Mode: pay.ModeLive, Status: pay.ReceiptIssued, Name: "나주 배 한 상자", Amount: pay.Breakdown{Total: pay.Won(12_000)},
		Type: pay.ReceiptPerson, Key: "rk_" + id, ApprovalNo: "1" + id, Created: now.Add(-apart), IssuedAt: now.Add(-apart),
	})
}

// fillBought writes the payments and their money.
func (b *bench) fillBought(ctx context.Context, data string, n int) (int, error) {
	begin := time.Now().Add(-time.Hour - consoleYear)
	done := begin
	return b.fillAt(ctx, data, n, func() time.Time { return done }, func(tx *store.Tx, from, to int) error {
		done = begin.Add(consoleYear / time.Duration(n) * time.Duration(to)) // when the next ones are written
		for i := from; i < to; i++ {
			p := boughtPayment(i, begin.Add(consoleYear/time.Duration(n)*time.Duration(i)))
			if err := tx.InsertPayment(ctx, p); err != nil {
				return err
			}
			if err := moveMoney(ctx, tx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func moveMoney(ctx context.Context, tx *store.Tx, p pay.Payment) error {
	if p.PaidAt.IsZero() {
		return nil
	}
	m := pay.Movement{Merchant: p.Merchant, Payment: p.ID, Key: "a", Kind: pay.MovementApproval, Amount: p.Amount.Total.Minor, At: p.PaidAt}
	if _, err := tx.AddMovement(ctx, m); err != nil || p.Status != pay.StatusCancelled {
		return err
	}
	m.Key, m.Kind, m.At, m.Reason = "c", pay.MovementCancel, p.CancelledAt, p.CancelReason
	_, err := tx.AddMovement(ctx, m)
	return err
}

var (
	surnames   = []string{"김", "이", "박", "최", "정", "강", "조", "윤", "장", "임"}
	givenNames = []string{"민준", "서연", "도윤", "하은", "시우", "지유", "주원", "수아", "지호", "다은", "예준", "채원", "건우", "지우", "현우", "은서"}
	things     = []string{"나주 배 한 상자", "정기 구독", "수제 딸기잼 3병", "한라봉 5kg", "유기농 쌀 10kg"}
	issuers    = []string{"366", "381", "365", "367", "371", "374"}
)

// boughtPayment is the i-th: of a thousand one is by telephone, of ten one failed, of
// twenty one was cancelled a day later, of fifty one is a test.
func boughtPayment(i int, at time.Time) pay.Payment {
	p := pastPayment(i, at)
	mix := i * 7919
	p.Mode, p.Source, p.Name = pay.ModeLive, pay.SourceWindow, things[mix%len(things)]
	p.Buyer = pay.Buyer{
		Name: surnames[mix%len(surnames)] + givenNames[mix/7%len(givenNames)], Email: fmt.Sprintf("buyer%d@example.com", mix%400_000),
		Tel: fmt.Sprintf("010-%04d-%04d", mix/3%10_000, mix/11%10_000), Address: fmt.Sprintf("서울특별시 강남구 테헤란로 %d길 %d", mix%90, mix/5%200), Postcode: fmt.Sprintf("%05d", mix%60_000),
	}
	p.UserAgent, p.Mobile = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36", mix%3 > 0
	p.Amount.Total = pay.Won(int64(mix%90+10) * 500)
	if p.Status == pay.StatusPaid {
		p.Details.ApprovalNo = fmt.Sprintf("%08d", mix%100_000_000)
		p.Details.Card = &pay.Card{Issuer: issuers[mix%len(issuers)], Acquirer: issuers[mix%len(issuers)], Number: fmt.Sprintf("5310%04d****%03d*", mix/13%10_000, mix%1000), Type: "credit"}
	}
	switch {
	case i%1000 == 0:
		p.Method = pay.MethodPhone
	case i%4 == 1:
		p.Provider, p.Method, p.Channel = pay.TossPay, pay.MethodTossPay, "channel-key-tosspay"
	case i%20 == 2 && p.Status == pay.StatusPaid:
		p.Status, p.CancelledAt, p.CancelReason = pay.StatusCancelled, at.Add(24*time.Hour), "고객 변심"
	case i%50 == 3:
		p.Mode = pay.ModeTest
	case i%5 == 0:
		p.CustomerUID, p.CustomerUsage, p.Source = pay.CustomerUID(fmt.Sprintf("customer-%d", mix%50_000)), "payment", pay.SourceAPI
	}
	return p
}
