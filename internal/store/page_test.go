package store_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// shuffled is payments of every status with many equal times.
func shuffled(t testing.TB, f fixture, n int) []pay.Payment {
	t.Helper()
	dice := rand.New(rand.NewPCG(7, 0))
	some := func() time.Time { return at(dice.IntN(n / 4)) }
	ps := make([]pay.Payment, n)
	statuses := pay.Payments.States()
	for i := range ps {
		p := payment(numbered[pay.PaymentID]("imp_", dice.IntN(900)*1000+i), numbered[pay.MerchantUID]("order-", i))
		p.Status = statuses[dice.IntN(len(statuses))]
		p.StartedAt, p.PaidAt = some(), some().Add(time.Microsecond)
		p.CancelledAt, p.FailedAt = some(), some()
		if p.Status == pay.StatusCreated || p.Status == pay.StatusFailed {
			p.PaidAt = time.Time{}
		}
		p.CustomerUID = numbered[pay.CustomerUID]("customer-", dice.IntN(3))
		ps[i] = p
	}
	for i, p := range ps { // each changed at a time of its own
		if i%3 == 0 {
			f.clock.Add(time.Second)
		}
		f.insert(t, p)
		ps[i].UpdatedAt = f.clock.Now()
	}
	return ps
}

// statusTime is what From and To are compared with.
func statusTime(p pay.Payment) time.Time {
	switch p.Status {
	case pay.StatusPaid:
		return p.PaidAt
	case pay.StatusPartiallyCancelled, pay.StatusCancelled:
		return p.CancelledAt
	case pay.StatusFailed:
		return p.FailedAt
	default:
		return p.StartedAt
	}
}

// sortTime is what a list is sorted by.
func sortTime(p pay.Payment, sort string) time.Time {
	switch strings.TrimPrefix(sort, "-") {
	case "paid":
		return p.PaidAt
	case "updated":
		return p.UpdatedAt
	default:
		return p.StartedAt
	}
}

// expected is what a filter chooses, by the words of its documentation.
func expected(ps []pay.Payment, f store.PaymentFilter) (out []pay.Payment) {
	for _, p := range ps {
		at := statusTime(p)
		if (len(f.Statuses) == 0 || slices.Contains(f.Statuses, p.Status)) && (f.CustomerUID == "" || f.CustomerUID == p.CustomerUID) &&
			(f.From.IsZero() || !at.Before(f.From)) && (f.To.IsZero() || !at.After(f.To)) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b pay.Payment) int {
		c := sortTime(a, f.Sort).Compare(sortTime(b, f.Sort))
		if c == 0 {
			c = strings.Compare(string(a.ID), string(b.ID))
		}
		if strings.HasPrefix(f.Sort, "-") {
			c = -c
		}
		return c
	})
	return out
}

// Pages by their numbers and pages that follow what came before are the same, and
// what the filter's words say.
func TestPagesAreTheWholeList(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ps := shuffled(t, f, 240)
		ready := []pay.Status{pay.StatusCreated, pay.StatusConfirming, pay.StatusAwaitingDeposit}
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			for _, sort := range []string{"-started", "started", "-paid", "paid", "-updated", "updated"} {
				for _, filter := range []store.PaymentFilter{
					{}, {Statuses: ready}, {Statuses: []pay.Status{pay.StatusPaid, pay.StatusPaid}}, {CustomerUID: "customer-001"},
					{From: at(20), To: at(40)}, {To: at(10)}, {From: at(50)}, {Statuses: ready, From: at(30), To: at(31)},
					{CustomerUID: "customer-002", Statuses: ready, From: at(5)}, {From: at(900)},
				} {
					filter.Sort, filter.Limit = sort, 7
					want := ids(expected(ps, filter))
					if got, err := numberedPages(ctx, tx, filter); got != want || err != nil {
						t.Errorf("%+v by number: (%v)\n%s, want\n%s", filter, err, got, want)
					}
					if got, err := followingPages(ctx, tx, filter); got != want || err != nil {
						t.Errorf("%+v one after the other: (%v)\n%s, want\n%s", filter, err, got, want)
					}
					n, err := tx.CountPayments(ctx, shop, filter)
					if want := len(expected(ps, filter)); n != want || err != nil {
						t.Errorf("%+v: counted %d of %d (%v)", filter, n, want, err)
					}
				}
			}
			return nil
		})
	})
}

func numberedPages(ctx context.Context, tx *store.Tx, f store.PaymentFilter) (string, error) {
	var all []pay.Payment
	for page := 1; ; page++ {
		ps, err := tx.FindPaymentsPage(ctx, shop, f, page)
		if err != nil || len(ps) == 0 {
			return ids(all), err
		}
		all = append(all, ps...)
	}
}

func followingPages(ctx context.Context, tx *store.Tx, f store.PaymentFilter) (string, error) {
	var all []pay.Payment
	for {
		ps, err := tx.FindPayments(ctx, shop, f)
		if err != nil || len(ps) == 0 {
			return ids(all), err
		}
		all = append(all, ps...)
		last := ps[len(ps)-1]
		f.After = store.After{At: sortTime(last, f.Sort), ID: last.ID}
	}
}

func TestPagesAreNumberedFromOne(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.FindPaymentsPage(ctx, shop, store.PaymentFilter{Limit: 20}, 0); err == nil || !strings.Contains(err.Error(), "page 0 of 20") {
			t.Errorf("page 0: %v", err)
		}
		if _, err := tx.FindPaymentsPage(ctx, shop, store.PaymentFilter{}, 1); err == nil {
			t.Error("a page without a size passed")
		}
		return nil
	})
}

// A time that holds many payments is listed another way than one that holds few,
// and again another when it is long ago. All ways lead to the same.
func TestPagesOfLongTimes(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ps := shuffled(t, f, 240)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			for _, sort := range []string{"-started", "started", "-paid", "updated"} {
				for name, filter := range map[string]store.PaymentFilter{
					"the latest": {From: at(25)}, "long ago": {To: at(35)}, "between": {From: at(15), To: at(45)},
					"of a status": {Statuses: []pay.Status{pay.StatusFailed}, From: at(15), To: at(45)},
				} {
					filter.Sort, filter.Limit, filter.Offset = sort, 30, 10
					want := expected(ps, filter)
					want = want[min(10, len(want)):min(40, len(want))]
					for _, many := range []int{1, 20, 70, 500} {
						got, err := tx.FindAmong(ctx, shop, filter, many)
						if ids(got) != ids(want) || err != nil {
							t.Errorf("%s, %s, %d are many: (%v)\n%s, want\n%s", name, sort, many, err, ids(got), ids(want))
						}
					}
				}
			}
			return nil
		})
	})
}
