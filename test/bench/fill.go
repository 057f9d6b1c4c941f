package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// inOneCommit is how many rows a transaction writes.
const inOneCommit = 10_000

// fill writes up to n rows into a database that nobody else has open, and gives
// how many there was time for.
func (b *bench) fill(ctx context.Context, data string, n int, write func(tx *store.Tx, from, to int) error) (done int, err error) {
	return b.fillAt(ctx, data, n, nil, write)
}

// fillAt is fill by a clock of its own; nil is the machine's.
func (b *bench) fillAt(ctx context.Context, data string, n int, now func() time.Time, write func(tx *store.Tx, from, to int) error) (done int, err error) {
	s, err := store.Open(ctx, "sqlite:"+file(data), store.Options{Now: now})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	begun := time.Now()
	for done < n && time.Since(begun) < b.filling {
		to := min(n, done+inOneCommit)
		if err := s.Write(ctx, func(tx *store.Tx) error { return write(tx, done, to) }); err != nil {
			return done, err
		}
		done = to
	}
	fmt.Fprintf(os.Stderr, "bench: %d of %d rows in %s\n", done, n, time.Since(begun).Round(time.Second))
	return done, nil
}

// history is how far back the payments of the big database go: within the 90
// days that a list looks back.
const history = 80 * 24 * time.Hour

// fillPayments writes n payments, evenly over their time and the newest last; of
// ten one failed, the others are paid.
func (b *bench) fillPayments(ctx context.Context, data string, n int) (int, error) {
	begin := time.Now().Add(-history)
	return b.fill(ctx, data, n, func(tx *store.Tx, from, to int) error {
		for i := from; i < to; i++ {
			at := begin.Add(history / time.Duration(n) * time.Duration(i))
			if err := tx.InsertPayment(ctx, pastPayment(i, at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// paymentID is the i-th id: each of 12 digits comes once, in no order, as the
// factor shares none with ten.
func paymentID(i int) pay.PaymentID {
	return pay.PaymentID(fmt.Sprintf("imps_%012d", int64(i)*618_033_988_749%1_000_000_000_000))
}

func pastPayment(i int, at time.Time) pay.Payment {
	p := pay.Payment{
		Merchant: devMerchant, ID: paymentID(i), MerchantUID: pay.MerchantUID(fmt.Sprintf("order-%08d", i)),
		Channel: billing, Provider: pay.TossPayments, MID: "tnarubill", Mode: pay.ModeSandbox, Source: pay.SourceAPI,
		Status: pay.StatusPaid, Version: 3, Method: pay.MethodCard, Name: "정기 구독",
		Amount: pay.Breakdown{Total: pay.Won(12_000)}, StartedAt: at, PaidAt: at.Add(time.Second),
		Buyer: pay.Buyer{Name: "홍길동", Email: fmt.Sprintf("buyer%d@example.com", i), Tel: "01000000000"},
		Details: pay.Details{
			ApprovalNo: "00000000", ReceiptURL: "https://example.com/receipts/" + string(paymentID(i)),
			Card: &pay.Card{Issuer: "11", Acquirer: "11", Number: "53104400****334*", Type: "credit"},
		},
	}
	p.Ref = pay.Ref{Order: string(p.ID), Key: "tgen_" + string(p.ID)}
	if i%10 == 9 {
		p.Status, p.PaidAt, p.FailedAt, p.Details = pay.StatusFailed, time.Time{}, p.PaidAt, pay.Details{}
		p.FailCode, p.FailReason = "REJECT_CARD_PAYMENT", "한도초과 혹은 잔액부족으로 결제에 실패했습니다."
	}
	return p
}

// jobSchedule and scheduled are how package gateway asks for a booked charge to
// be made. Were they otherwise, nothing would be executed, and dueAtOnce fail.
const jobSchedule = "run_schedule"

type scheduled struct {
	Merchant    pay.MerchantID  `json:"merchant"`
	MerchantUID pay.MerchantUID `json:"merchant_uid"`
}

// book writes charges, booked as the gateway books them.
func book(ctx context.Context, tx *store.Tx, all []pay.Schedule) error {
	due := make([]store.NewJob, len(all))
	for i, s := range all {
		due[i] = store.NewJob{Merchant: s.Merchant, Key: string(s.Merchant) + "/" + string(s.MerchantUID), Arg: scheduled{s.Merchant, s.MerchantUID}, RunAt: s.At}
	}
	if err := tx.InsertSchedules(ctx, all); err != nil {
		return err
	}
	return tx.EnqueueMany(ctx, jobSchedule, due)
}

func schedule(uid, customer string, at time.Time) pay.Schedule {
	return pay.Schedule{
		Merchant: devMerchant, MerchantUID: pay.MerchantUID(uid), CustomerUID: pay.CustomerUID(customer), CustomerID: "member",
		Status: pay.ScheduleBooked, At: at, Name: "정기 구독", Amount: pay.Breakdown{Total: pay.Won(12_000)},
		Buyer: pay.Buyer{Name: "홍길동", Email: "buyer@example.com", Tel: "01000000000"},
	}
}

// fillSchedules writes n charges, booked evenly over the thirty days from
// tomorrow on.
func (b *bench) fillSchedules(ctx context.Context, data string, n int) (int, error) {
	first := time.Now().Add(24 * time.Hour)
	return b.fill(ctx, data, n, func(tx *store.Tx, from, to int) error {
		all := make([]pay.Schedule, 0, to-from)
		for i := from; i < to; i++ {
			at := first.Add(30 * 24 * time.Hour / time.Duration(n) * time.Duration(i)).Truncate(time.Second)
			all = append(all, schedule(fmt.Sprintf("sub-%08d", i*61_803_399%100_000_000), fmt.Sprintf("customer-%06d", i%(n/12+1)), at))
		}
		return book(ctx, tx, all)
	})
}
