package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// keeps has the merchant keep personal fields so long.
func (r *rig) keeps(text string) {
	r.t.Helper()
	kept, err := pay.ParseRetention(text)
	must2(r.t, err)
	m := r.merchant
	m.Settings.Retention = kept
	must2(r.t, r.gw.UpdateMerchant(r.ctx, m))
}

func (r *rig) erasedRows() (n int) {
	r.t.Helper()
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListErasures(r.ctx, r.merchant.ID, 1000)
		for _, e := range all {
			if e.Actor != "retention" {
				r.t.Errorf("erased by %q", e.Actor)
			}
			n += e.Rows["payments"] + e.Rows["billing_keys"] + e.Rows["schedules"]
		}
		return err
	}))
	return n
}

func TestRetentionErasesByNight(t *testing.T) {
	eachFile(t, func(t *testing.T, r *rig, dump func() []byte) {
		who := r.live("c1")
		if _, err := r.gw.DeleteKey(r.ctx, r.merchant.ID, who.customer); err != nil {
			t.Fatal(err)
		}
		if _, err := r.gw.Unschedule(r.ctx, r.merchant.ID, who.customer, nil); err != nil {
			t.Fatal(err)
		}
		must2(t, r.runner.RunDue(r.ctx)) // the key is revoked
		before := r.ledger(who.payments())
		r.day(20) // without a retention nothing is ever erased
		if n := r.erasedRows(); n != 0 {
			t.Fatalf("%d rows erased", n)
		}
		r.keeps("30d")
		r.day(5)
		if n := r.erasedRows(); n != 0 {
			t.Fatalf("%d rows erased before their time", n)
		}
		young := r.paid(pay.TossPayments, "young")
		r.day(10)
		for _, id := range who.payments() {
			if p := r.payment(id); p.Erased.IsZero() || p.Buyer != (pay.Buyer{}) {
				t.Errorf("%s is kept: %+v, changed %s, now %s", id, p.Buyer, p.UpdatedAt, r.clock.Now())
			}
		}
		if p := r.payment(young.ID); !p.Erased.IsZero() || p.Buyer.Name == "" {
			t.Error("a younger payment was erased")
		}
		must2(t, r.store.Compact(r.ctx))
		if left := found(dump()); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
		n := r.erasedRows()
		r.day(1)
		r.day(1)
		if again := r.erasedRows(); n == 0 || again != n {
			t.Errorf("%d rows erased, and %d more in later nights", n, again-n)
		}
		r.day(30)
		if p := r.payment(young.ID); p.Erased.IsZero() {
			t.Error("the younger payment is kept beyond its time")
		}
		if after := r.ledger(who.payments()); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("the books changed:\n%v\n%v", before, after)
		}
		r.holds()
		r.keeps("off")
		r.paid(pay.TossPayments, "kept")
		n = r.erasedRows()
		r.day(60)
		if r.erasedRows() != n {
			t.Error("erased though it was switched off")
		}
	})
}

// More than one run of the job takes is erased by the runs that follow at once.
func TestRetentionOfMany(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const many = 230
		open := r.account("open", 1000) // waits for a deposit, and is left
		for i := range many {
			must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
				return tx.InsertPayment(r.ctx, pay.Payment{
					Merchant: r.merchant.ID, ID: pay.PaymentID(fmt.Sprintf("imp_%012d", i)), MerchantUID: pay.MerchantUID(fmt.Sprint("old", i)),
					Channel: r.channels[pay.TossPayments], Provider: pay.TossPayments, MID: "tnaru", Mode: pay.ModeSandbox, Source: pay.SourceWindow,
					Status: pay.StatusFailed, FailedAt: tx.Now, Buyer: planted, Amount: won(1000),
				})
			}))
		}
		r.clock.Advance(10 * 24 * time.Hour)
		r.keeps("5d")
		r.day(1)
		n := 0
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			all, err := tx.ListErasures(r.ctx, r.merchant.ID, 1000)
			for _, e := range all {
				n += e.Rows["payments"]
				if e.Rows["payments"] > 20 {
					t.Errorf("%d payments in one transaction", e.Rows["payments"])
				}
			}
			return err
		}))
		if n != many {
			t.Errorf("%d of %d payments were erased in a night", n, many)
		}
		if p := r.payment(open.ID); !p.Erased.IsZero() {
			t.Error("a payment that waits for its deposit was erased")
		}
		r.day(20)
		if p := r.payment(open.ID); p.Erased.IsZero() {
			t.Error("what was left once is never looked at again")
		}
	})
}

// A sub-store begins with its parent's retention, and a new merchant with its own.
func TestRetentionIsPlannedForSubStores(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.keeps("1d")
	tier, err := r.gw.AddTier(r.ctx, r.merchant.ID, "ABC", "둘째")
	must2(t, err)
	other, err := r.gw.AddMerchant(r.ctx, pay.Merchant{Name: "셋째", Settings: pay.Settings{Retention: "1y"}})
	must2(t, err)
	plain, err := r.gw.AddMerchant(r.ctx, pay.Merchant{Name: "넷째"})
	must2(t, err)
	for m, want := range map[pay.MerchantID]int{r.merchant.ID: 1, tier.ID: 1, other.ID: 1, plain.ID: 0} {
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			jobs, err := tx.PlannedJobs(r.ctx, m, string(m), gateway.JobRetain)
			if len(jobs) != want {
				t.Errorf("%s: %d jobs, want %d", m, len(jobs), want)
			}
			return err
		}))
	}
}
