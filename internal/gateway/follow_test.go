package gateway_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// searched is the payments that a search finds.
func (r *rig) searched(field store.SearchField, text string) (ids []pay.PaymentID) {
	r.t.Helper()
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		page, err := tx.ListPayments(r.ctx, r.merchant.ID, store.PaymentQuery{Field: field, Search: text})
		for _, p := range page.Rows {
			ids = append(ids, p.ID)
		}
		return err
	}))
	return ids
}

// Whatever a merchant knows of a payment finds it, typed as people type.
func TestPaymentsAreFoundByAnyField(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.paid(pay.TossPayments, "주문-A1")
		p.Buyer = pay.Buyer{Name: "Hong 길동", Email: "Gildong.Hong@Example.com", Tel: "+82 10-1234-5678", Address: "서울 강남구 테헤란로 1", Postcode: "06134"}
		p.Name, p.UserAgent, p.Mobile, p.CancelReason = "나주 배 한 상자", "Mozilla/5.0 (iPhone; CPU)", true, "고객 변심"
		p.Details.Card = &pay.Card{Issuer: "381", Number: "5310-44**-****-334*"}
		p.Details.ApprovalNo, p.Details.Months = "00781234", 3
		p.Details.Bank = &pay.Bank{Code: "088"}
		p.Details.Account = &pay.VirtualAccount{Bank: "004", Number: "110-8642-97531", Holder: "예금 주인"}
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			_, err := tx.UpdatePayment(r.ctx, p)
			return err
		}))
		r.paid(pay.TossPayments, "another")
		if n := r.follows(); n < 2 {
			t.Fatalf("%d payments were followed", n)
		}
		for _, x := range []struct {
			field store.SearchField
			text  string
		}{
			{store.FieldPayment, string(p.ID)}, {store.FieldOrder, "주문-a"}, {store.FieldName, "배 한"}, {store.FieldName, "나주"},
			{store.FieldApproval, "0078"}, {store.FieldBuyerName, "hong"}, {store.FieldBuyerName, "길동"}, {store.FieldBuyerTel, "010-1234"},
			{store.FieldBuyerTel, "+82101234"}, {store.FieldBuyerEmail, "gildong.hong@"}, {store.FieldAddress, "테헤란로  1"}, {store.FieldPostcode, "06134"},
			{store.FieldPgTid, p.Ref.Key}, {store.FieldCardNumber, "5310 44"}, {store.FieldCardNumber, "334"}, {store.FieldAgent, "IPHONE"},
			{store.FieldAgent, "MOBILE"}, {store.FieldBank, "신한"}, {store.FieldVbank, "KOOKMIN"}, {store.FieldAccount, "110 8642"},
			{store.FieldDepositor, "주인"}, {store.FieldReason, "고객"}, {store.FieldCard, "381"}, {store.FieldCard, "kookmin"}, {store.FieldCard, "국민"},
			{store.FieldMonths, "3"}, {"", "gildong"}, {"", "01012345678"}, {"", "주문-A1"},
		} {
			if got := r.searched(x.field, x.text); !slices.Equal(got, []pay.PaymentID{p.ID}) {
				t.Errorf("%s %q: %q", x.field, x.text, got)
			}
		}
		for _, x := range []struct {
			field store.SearchField
			text  string
		}{{store.FieldBuyerName, "ong"}, {store.FieldBuyerTel, "홍"}, {store.FieldCard, "삼성"}, {"", "no such thing"}} {
			if got := r.searched(x.field, x.text); len(got) != 0 {
				t.Errorf("%s %q: %q", x.field, x.text, got)
			}
		}
		if got := r.searched(store.FieldMID, p.MID); len(got) != 2 {
			t.Errorf("MID: %q", got)
		}
	})
}

// A cash receipt issued later is found by its number.
func TestAPaymentIsFoundByItsReceipt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.atBank(p, "deposit")
		r.follows()
		got, err := r.receipt(p.ID)
		must2(t, err)
		r.follows()
		if ids := r.searched(store.FieldReceipt, got.ApprovalNo); got.ApprovalNo == "" || !slices.Equal(ids, []pay.PaymentID{p.ID}) {
			t.Errorf("receipt %q: %q", got.ApprovalNo, ids)
		}
	})
}

// What a node wrote whose clock is behind lies before what was seen: a night finds it.
func TestTheNightFollowsASlowClock(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.PlanNightly(r.ctx))
		now := r.clock.Now()
		r.till(now.Add(time.Hour))
		r.paid(pay.TossPayments, "on-time")
		r.follows()
		r.clock.Advance(5 * time.Minute)
		r.follows() // all is quiet
		r.clock.Advance(-time.Hour)
		late := r.paid(pay.TossPayments, "behind")
		r.clock.Advance(time.Hour)
		if n := r.follows(); n != 0 || len(r.searched(store.FieldOrder, "behind")) != 0 {
			t.Fatalf("it was followed at once: %d", n) // then this test tests nothing
		}
		r.hour(1, 6)
		if got := r.searched(store.FieldOrder, "behind"); !slices.Equal(got, []pay.PaymentID{late.ID}) {
			t.Errorf("after the night it finds %q", got)
		}
		if n, err := r.gw.FollowSince(r.ctx, r.merchant.ID, time.Time{}); n != 0 || err != nil {
			t.Errorf("all over again: %d, %v", n, err)
		}
	})
}

// The follower sees what is committed on its node at once, and ends with its context.
func TestFollowBooksFollowsWhatIsCommitted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx, stop := context.WithCancel(r.ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.gw.FollowBooks(ctx)
		}()
		p := r.paid(pay.TossPayments, "order-1")
		deadline := time.Now().Add(30 * time.Second)
		for len(r.searched(store.FieldPayment, string(p.ID))) == 0 {
			if time.Now().After(deadline) {
				t.Fatal("the payment was not followed")
			}
			time.Sleep(20 * time.Millisecond)
		}
		stop()
		<-ended
		if n := r.follows(); n > 1 {
			t.Errorf("%d payments were left", n)
		}
	})
}

// All over again, beside a node that follows as well: what is found and what is
// summed is as it was, and that a person did it is written down.
func TestFollowingAgainBesideANode(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var all []pay.PaymentID
		for _, order := range []string{"again-1", "again-2", "again-3"} {
			all = append(all, r.paid(pay.TossPayments, order).ID)
		}
		r.follows()
		ctx, stop := context.WithCancel(r.ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.gw.FollowBooks(ctx)
		}()
		told := -1
		n, err := r.gw.FollowAgain(pay.WithActor(r.ctx, pay.Actor{Kind: pay.ActorCommand, Name: "kim"}), r.merchant.ID, gateway.FollowOptions{Tell: func(n int) { told = n }})
		must2(t, err)
		if n != told || n > len(all) {
			t.Errorf("%d payments, and it was told of %d", n, told)
		}
		if got := r.searched(store.FieldOrder, "again-"); len(got) != len(all) {
			t.Errorf("it finds %q", got)
		}
		stop()
		<-ended
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			sums, err := tx.SumPayments(r.ctx, r.merchant.ID, store.PaymentQuery{})
			if sums.Statuses[pay.StatusPaid] != int64(len(all)) {
				t.Errorf("sums %+v", sums)
			}
			if err != nil {
				return err
			}
			by, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{Kind: "merchant", Limit: 1})
			if len(by) != 1 || by[0].Action != "merchant.follow_again" || by[0].Actor.Name != "kim" {
				t.Errorf("written down is %+v", by)
			}
			return err
		}))
		if n, err := r.gw.FollowMerchant(r.ctx, r.merchant.ID, gateway.FollowOptions{}); n != 0 || err != nil {
			t.Errorf("then %d, %v", n, err)
		}
		if _, err := r.gw.FollowAgain(r.ctx, "nobody", gateway.FollowOptions{}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of nobody: %v", err)
		}
	})
}

// Large transactions are for when nobody waits for them: they derive the same.
func TestFollowingFast(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.paid(pay.TossPayments, "fast-1")
		r.paid(pay.TossPayments, "fast-2")
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			return tx.PutNode(r.ctx, store.Node{ID: "n1", Name: "shop-1"})
		}))
		for _, follow := range []func(context.Context, pay.MerchantID, gateway.FollowOptions) (int, error){r.gw.FollowMerchant, r.gw.FollowAgain} {
			if n, err := follow(r.ctx, r.merchant.ID, gateway.FollowOptions{Fast: true}); n != 0 || err == nil || !strings.Contains(err.Error(), "shop-1 serves") {
				t.Errorf("beside a node: %d, %v", n, err)
			}
		}
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error { return tx.DeleteNode(r.ctx, "n1") }))
		if n, err := r.gw.FollowMerchant(r.ctx, r.merchant.ID, gateway.FollowOptions{Fast: true}); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := r.gw.FollowAgain(r.ctx, r.merchant.ID, gateway.FollowOptions{Fast: true}); n != 2 || err != nil {
			t.Errorf("again: %d, %v", n, err)
		}
		if got := r.searched(store.FieldOrder, "fast-"); len(got) != 2 {
			t.Errorf("it finds %q", got)
		}
	})
}
