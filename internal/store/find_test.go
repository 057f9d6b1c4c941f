package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/store"
)

// at is i minutes after noon.
func at(i int) time.Time { return noon.Add(time.Duration(i) * time.Minute) }

// ids is who was found, in order.
func ids(ps []pay.Payment) string {
	var out []string
	for _, p := range ps {
		out = append(out, strings.TrimPrefix(string(p.ID), "imp_"))
	}
	return strings.Join(out, " ")
}

// history is payments of every final status, a minute apart in every respect.
func history(t testing.TB, f fixture) {
	t.Helper()
	add := func(id string, uid pay.MerchantUID, started int, steps ...func(*pay.Payment) pay.Event) {
		p := payment(pay.PaymentID("imp_"+id), uid)
		p.StartedAt = at(started)
		f.insert(t, p)
		for _, step := range steps {
			f.clock.Add(time.Second)
			f.write(t, func(ctx context.Context, tx *store.Tx) error {
				p, err := tx.Payment(ctx, shop, p.ID)
				if err != nil {
					return err
				}
				_, err = tx.StepPayment(ctx, p, step(&p), "")
				return err
			})
		}
	}
	paid := func(m int) func(*pay.Payment) pay.Event {
		return func(p *pay.Payment) pay.Event { p.PaidAt = at(m); return pay.EvApproved }
	}
	cancelled := func(m int, ev pay.Event) func(*pay.Payment) pay.Event {
		return func(p *pay.Payment) pay.Event { p.CancelledAt = at(m); return ev }
	}
	add("new", "a", 1)
	add("failed", "b", 2, func(p *pay.Payment) pay.Event { p.FailedAt = at(12); return pay.EvDeclined })
	add("paid", "b", 3, paid(13))
	add("part", "c", 4, paid(5), cancelled(14, pay.EvPartlyCancelled))
	add("gone", "d", 5, paid(6), cancelled(15, pay.EvFullyCancelled))
	add("bank", "e", 6, func(*pay.Payment) pay.Event { return pay.EvAccountIssued })
	other := payment("imp_alien", "b")
	other.Merchant, other.StartedAt = "other", at(3)
	f.insert(t, other)
}

func TestFindPayments(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		history(t, f)
		type filter = store.PaymentFilter
		for name, c := range map[string]struct {
			filter store.PaymentFilter
			want   string
		}{
			"everything, newest first":       {filter{}, "bank gone part paid failed new"},
			"oldest first":                   {filter{Sort: "started"}, "new failed paid part gone bank"},
			"paid last first":                {filter{Sort: "-paid"}, "paid gone part new failed bank"},
			"paid first first":               {filter{Sort: "paid"}, "bank failed new part gone paid"},
			"changed last first":             {filter{Sort: "-updated"}, "bank gone part paid failed new"},
			"changed first first":            {filter{Sort: "updated"}, "new failed paid part gone bank"},
			"of an order":                    {filter{MerchantUID: "b"}, "paid failed"},
			"of an order and a status":       {filter{MerchantUID: "b", Statuses: []pay.Status{pay.StatusPaid}}, "paid"},
			"of an unknown order":            {filter{MerchantUID: "z"}, ""},
			"of two statuses":                {filter{Statuses: []pay.Status{pay.StatusPartiallyCancelled, pay.StatusCancelled}}, "gone part"},
			"waiting, by when they started":  {filter{From: at(1), To: at(6)}, "bank new"},
			"failed counts when it failed":   {filter{From: at(12), To: at(12)}, "failed"},
			"paid counts when it was paid":   {filter{From: at(13), To: at(13)}, "paid"},
			"cancelled counts when it ended": {filter{From: at(14)}, "gone part"},
			"a moment too late":              {filter{From: at(15).Add(time.Microsecond)}, ""},
			"a page":                         {filter{Limit: 2, Offset: 2}, "part paid"},
			"the last page":                  {filter{Limit: 4, Offset: 4}, "failed new"},
			"all but the first":              {filter{Offset: 5}, "new"},
		} {
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.FindPayments(ctx, shop, c.filter)
				if ids(got) != c.want || err != nil {
					t.Errorf("%s: found %q, want %q (%v)", name, ids(got), c.want, err)
				}
				n, err := tx.CountPayments(ctx, shop, c.filter)
				if page := c.filter.Limit > 0 || c.filter.Offset > 0; page && n != 6 || !page && n != len(got) || err != nil {
					t.Errorf("%s: counted %d (%v)", name, n, err)
				}
				return err
			})
		}
	})
}

func TestFindRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.FindPayments(ctx, shop, store.PaymentFilter{Sort: "amount"}); err == nil || !strings.Contains(err.Error(), `"amount"`) {
			t.Errorf("unknown sort: %v", err)
		}
		if _, err := tx.FindPayments(ctx, shop, store.PaymentFilter{Limit: -1}); err == nil {
			t.Error("a negative limit passed")
		}
		return nil
	})
}

func TestPaymentsByIDsComeInTheOrderAskedFor(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const n = 600 // more than one statement asks for
		var ask []pay.PaymentID
		var want []string
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range n {
				id := numbered[pay.PaymentID]("imp_", (i*7)%n)
				if err := tx.InsertPayment(ctx, payment(id, numbered[pay.MerchantUID]("order", i))); err != nil {
					return err
				}
				ask = append(ask, id, "imp_none", id)
				want = append(want, strings.TrimPrefix(string(id), "imp_"))
			}
			return nil
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.PaymentsByIDs(ctx, shop, ask)
			if diff := cmp.Diff(strings.Join(want, " "), ids(got)); diff != "" {
				t.Error(diff)
			}
			if err != nil {
				return err
			}
			none, err := tx.PaymentsByIDs(ctx, "other", ask)
			if len(none) != 0 {
				t.Errorf("another merchant finds %s", ids(none))
			}
			return err
		})
	})
}

func TestNewestPaymentOfEachOrder(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		// All at one instant, and the ids say nothing: the last inserted is newest.
		f.insert(t, payment("imp_9", "a"), payment("imp_3", "b"), payment("imp_1", "a"), payment("imp_5", "c"))
		alien := payment("imp_8", "a")
		alien.Merchant = "other"
		f.insert(t, alien)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.NewestPayments(ctx, shop, []pay.MerchantUID{"c", "none", "a", "b", "a"})
			if ids(got) != "5 1 3" {
				t.Errorf("newest are %q", ids(got))
			}
			return err
		})
	})
}
