package connectortest

import (
	"iter"
	"maps"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// transactions is what a list has from from until to; the connector must offer one.
func (b *bench) transactions(from, to time.Time) ([]connector.TransactionLine, error) {
	return heardAll(b, able[connector.TransactionLister](b).Transactions(b.Context(), from, to))
}

// heardAll is a list up to its end or its first error, which must be the last.
func heardAll[T any](b *bench, all iter.Seq2[T, error]) (lines []T, err error) {
	b.Helper()
	for line, failed := range all {
		if err != nil {
			b.Error("a list goes on after an error")
			break
		}
		if err = b.heard(failed); err == nil {
			lines = append(lines, line)
		}
	}
	return lines, err
}

// testTransactions: each movement of a payment is in the list once, under the key
// that a snapshot gives it.
func testTransactions(t *testing.T, h Harness) {
	b := setup(t, h)
	able[connector.TransactionLister](b)
	began := time.Now().Truncate(time.Second)
	w, ref := b.paid()
	b.givenBack(w.Amount, ref)
	b.authenticated(false) // moves nothing
	b.accountDeposited()
	want := map[string]pay.Movement{}
	for n := range b.made {
		for _, prefix := range []string{"imp_", "imps_"} {
			snap, err := b.conn.Query(t.Context(), pay.Ref{Order: orderNumber(prefix, n+1)})
			if err != nil {
				continue
			}
			for _, m := range snap.Movements {
				want[m.Key] = m
			}
		}
	}
	for _, reach := range []time.Duration{time.Minute, 24 * time.Hour} { // also over midnight
		all, err := b.transactions(began.Add(-reach), time.Now().Add(reach))
		if err != nil {
			t.Fatal(err)
		}
		b.sameMovements(want, all)
	}
	if got, err := b.transactions(began.Add(-48*time.Hour), began.Add(-24*time.Hour)); err != nil || len(got) != 0 {
		t.Errorf("before anything happened: %+v, %v", got, err)
	}
	for range able[connector.TransactionLister](b).Transactions(t.Context(), began.Add(-time.Minute), time.Now().Add(time.Minute)) {
		break // who has seen enough may stop
	}
}

// accountDeposited makes a virtual account that was deposited into, where there
// are such.
func (b *bench) accountDeposited() {
	b.Helper()
	if !has[connector.AccountIssuer](b.conn) {
		return
	}
	spec, _ := b.waiting()
	b.Server.Deposit(b.T, spec.Order)
}

// sameMovements holds a list to what the snapshots told.
func (b *bench) sameMovements(want map[string]pay.Movement, all []connector.TransactionLine) {
	b.Helper()
	left := maps.Clone(want)
	for _, line := range all {
		m, there := left[line.Movement]
		delete(left, line.Movement)
		switch {
		case !there:
			b.Errorf("line %+v is twice in the list or no snapshot has its movement: %+v", line, want)
		case line.Key == "" || line.Ref.Order == "" || line.Ref.Key == "":
			b.Errorf("line %+v has no names", line)
		case line.Kind != m.Kind || line.Amount != m.Amount || !line.At.Equal(m.At):
			b.Errorf("line %+v, want movement %+v", line, m)
		}
	}
	if len(left) > 0 {
		b.Errorf("the list lacks %+v", left)
	}
}

// testListCut: trouble on the way is an error, and never a shorter list.
func testListCut(t *testing.T, h Harness) {
	b := setup(t, h)
	able[connector.TransactionLister](b)
	b.paid()
	for _, how := range []string{"before drop", "after drop", "after status=503", "after garble", "after cut"} {
		b.fault("ListCall", b.Server.ListCall, how)
		if got, err := b.transactions(time.Now().Add(-time.Minute), time.Now().Add(time.Minute)); err == nil {
			t.Errorf("%s: the list came to an end with %d lines", how, len(got))
		}
	}
	if got, err := b.transactions(time.Now().Add(-time.Minute), time.Now().Add(time.Minute)); err != nil || len(got) != 1 {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
}

// testSettlements: what is settled of a payment adds up and is named as a
// snapshot names it. On which day it is settled is the provider's.
func testSettlements(t *testing.T, h Harness) {
	b := setup(t, h)
	settler := able[connector.Settler](b)
	w, ref := b.paid()
	out, err := b.cancel("cancel_1", w.Amount, ref, part, price)
	if err != nil || out.Snapshot == nil {
		t.Fatal(err)
	}
	if b.Server.Later != nil {
		b.Server.Later(9 * 24 * time.Hour)
	}
	found := map[string]int64{}
	for days := range 8 {
		day := time.Now().AddDate(0, 0, days)
		lines, err := heardAll(b, settler.Settlements(t.Context(), day))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			found[l.Movement] += l.Gross
			if l.Key == "" || l.Ref.Order != w.Order || l.SoldOn != korean(day) || l.Gross-l.Fee-l.VAT != l.Net {
				t.Errorf("line %+v of %s", l, korean(day))
			}
		}
	}
	want := map[string]int64{}
	for _, m := range out.Snapshot.Movements {
		want[m.Key] = m.Amount
		if m.Kind == pay.MovementCancel {
			want[m.Key] = -m.Amount
		}
	}
	if !maps.Equal(found, want) {
		t.Errorf("settled %v, want %v", found, want)
	}
}

func korean(day time.Time) string {
	return day.In(time.FixedZone("KST", 9*60*60)).Format(time.DateOnly)
}
