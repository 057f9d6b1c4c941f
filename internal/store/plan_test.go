package store_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// planned explains a filter's statements.
func (f fixture) planned(t testing.TB, filter store.PaymentFilter) (plans map[string]string) {
	t.Helper()
	f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
		plans, err = tx.ExplainFind(ctx, shop, filter)
		return err
	})
	return plans
}

// wantPlan holds a plan against what must be in it and what must not.
func wantPlan(t testing.TB, what any, plan string, with []string, without ...string) {
	t.Helper()
	for _, w := range with {
		if !strings.Contains(plan, w) {
			t.Errorf("%+v: no %q in: %s", what, w, plan)
		}
	}
	for _, w := range without {
		if strings.Contains(plan, w) {
			t.Errorf("%+v: %q in: %s", what, w, plan)
		}
	}
}

var (
	sorts  = map[string]string{"-started": "started", "started": "started", "-paid": "paid", "paid": "paid", "-updated": "updated", "updated": "updated"}
	chosen = map[string][]pay.Status{"all": nil, "paid": {pay.StatusPaid},
		"ready": {pay.StatusCreated, pay.StatusConfirming, pay.StatusAwaitingDeposit}}
)

// SQLite chooses an index by the statement alone, so an empty database shows what
// it will do with a full one.
func TestListsUseIndexesOnSQLite(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	for sort, column := range sorts {
		by := "USING COVERING INDEX payments_by_" + column + " (merchant=? AND status=?"
		for name, statuses := range chosen {
			filter := store.PaymentFilter{Sort: sort, Statuses: statuses, Limit: 20, Offset: 40}
			for _, window := range []bool{false, true} {
				if window {
					filter.From, filter.To = at(0), at(24*60)
				}
				plans := f.planned(t, filter)
				wantPlan(t, name+" page", plans["page"], []string{by}, "SCAN", "TEMP B-TREE", "payments_by_mode")
				wantPlan(t, name+" count", plans["count"], []string{"SEARCH payments USING COVERING INDEX payments_by_"}, "SCAN")
				// Only the page is sorted, and its payments are found by their ids.
				if n := strings.Count(plans["find"], "TEMP B-TREE"); n != 1 || !strings.Contains(plans["find"], "(merchant=? AND id=?); USE TEMP B-TREE") {
					t.Errorf("%s: %d sorts: %s", name, n, plans["find"])
				}
				if window {
					status := []string{"USING COVERING INDEX payments_by_mode (merchant=? AND mode=? AND status=? AND status_at>? AND status_at<?)"}
					wantPlan(t, name+" count", plans["count"], status)
					wantPlan(t, name+" reach", plans["reach"], status, "TEMP B-TREE")
					wantPlan(t, name+" page", plans["page"], []string{column + "_at>? AND " + column + "_at<?)"})
				}
			}
			after := filter
			after.From, after.To, after.After = noon, noon, store.After{At: noon, ID: "imp_1"}
			wantPlan(t, name+" after", f.planned(t, after)["page"], []string{by}, "SCAN", "TEMP B-TREE")
		}
		few := []string{"SEARCH payments USING INDEX payments_by_order (merchant=? AND merchant_uid=?)"}
		wantPlan(t, "order", f.planned(t, store.PaymentFilter{MerchantUID: "a", Sort: sort, Statuses: chosen["paid"], From: noon})["find"], few)
		few = []string{"SEARCH payments USING INDEX payments_by_customer (merchant=? AND customer_uid=?"}
		plan := f.planned(t, store.PaymentFilter{CustomerUID: "a", Sort: sort, Statuses: chosen["ready"], Limit: 20})["find"]
		wantPlan(t, "customer", plan, few)
		if strings.Contains(plan, "TEMP B-TREE") != (column != "started") {
			t.Errorf("payments of a key, %s: %s", sort, plan)
		}
	}
}

// PostgreSQL goes by what is in the tables.
func TestListsUseIndexesOnPostgreSQL(t *testing.T) {
	t.Parallel()
	f := open(t, pgtest.DSN(t))
	f.history(t, 10_000)
	for sort, column := range sorts {
		for name, statuses := range chosen {
			for _, window := range []bool{false, true} {
				filter := store.PaymentFilter{Sort: sort, Statuses: statuses, Limit: 20, Offset: 40}
				if window {
					filter.From = at(-10)
				}
				plans := f.planned(t, filter)
				wantPlan(t, name+" page", plans["page"], []string{"Index Only Scan", "payments_by_" + column}, "Sort;", "Seq Scan")
				wantPlan(t, name+" find", plans["find"], nil, "Seq Scan", "Hash")
				if name != "paid" && len(statuses) != 1 {
					wantPlan(t, name+" page", plans["page"], []string{"Merge Append"})
				}
				if window && name != "ready" { // nobody is
					for _, what := range []string{"count", "reach"} {
						wantPlan(t, name+" "+what, plans[what], []string{"Index Only Scan using payments_by_mode"}, "Seq Scan")
					}
				}
			}
		}
	}
}

func TestScheduleListsUseIndexes(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		plan, err := tx.ExplainUnpaid(ctx, shop, "c", at(0))
		wantPlan(t, "unpaid", plan, []string{"USING INDEX schedules_by_customer (merchant=? AND customer_uid=?"}, "SCAN", "TEMP B-TREE")
		return err
	})
	booked := []pay.ScheduleStatus{pay.ScheduleBooked, pay.ScheduleRunning}
	for _, filter := range []store.ScheduleFilter{
		{}, {OldestFirst: true}, {From: at(0), To: at(9)}, {Statuses: booked}, {From: at(0), To: at(9), Statuses: booked},
		{CustomerUID: "c"}, {CustomerUID: "c", From: at(0), To: at(9), Statuses: booked, OldestFirst: true},
	} {
		index := "schedules_by_at"
		if filter.CustomerUID != "" {
			index = "schedules_by_customer"
		}
		filter.Limit, filter.Offset = 20, 40
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			find, count, err := tx.ExplainSchedules(ctx, shop, filter)
			wantPlan(t, filter, find, []string{"USING COVERING INDEX " + index, "(merchant=? AND merchant_uid=?)"}, "SCAN schedules")
			wantPlan(t, filter, count, []string{"SEARCH schedules USING COVERING INDEX "}, "SCAN")
			if strings.Count(find, "TEMP B-TREE") > 1 { // that of the page itself
				t.Errorf("%+v: %s", filter, find)
			}
			return err
		})
	}
}

// What the metrics and the runner ask again and again does not read the jobs that
// are booked for later.
func TestWaitingJobsAreNotRead(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.pending(t, 5_000, 3)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			count, err := tx.ExplainCountJobs(ctx)
			wantPlan(t, "count", count, []string{"jobs_due", "jobs_leased"}, "Seq Scan", "SCAN jobs")
			if err != nil {
				return err
			}
			lease, err := tx.ExplainLease(ctx)
			wantPlan(t, "lease", lease, []string{"jobs_due"}, "Seq Scan", "SCAN jobs")
			return err
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			js, err := tx.LeaseJobs(ctx, []string{"schedule"}, 2, 60e9)
			if len(js) != 2 {
				t.Errorf("leased %d", len(js))
			}
			return err
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			n, oldest, err := tx.CountJobs(ctx)
			if n != 3 || !oldest.Equal(noon) {
				t.Errorf("%d are late, since %v", n, oldest)
			}
			return err
		})
	})
}

var namedStep = regexp.MustCompile(`\((merchant=\? AND )?(merchant_uid|customer_uid|payment|id)=\?`)

// Of many names each is looked up by itself, however many rows have the status that
// is asked for: SQLite guesses that so few share it that all of those are read.
func TestManyNamesAreLookedUpOneByOne(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	uids, customers := make([]pay.MerchantUID, 64), make([]pay.CustomerUID, 64)
	ids, payments := make([]pay.PaymentID, 64), make([]pay.Payment, 64)
	for i := range uids {
		uids[i], customers[i], ids[i] = numbered[pay.MerchantUID]("o", i), numbered[pay.CustomerUID]("c", i), numbered[pay.PaymentID]("imp_", i)
		payments[i] = payment(ids[i], uids[i])
	}
	for name, ask := range map[string]func(ctx context.Context, tx *store.Tx) error{
		"billing keys": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ActiveBillingKeys(ctx, shop, customers)
			return err
		},
		"keys of": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ActiveKeysOf(ctx, shop, customers)
			return err
		},
		"used orders": func(ctx context.Context, tx *store.Tx) error { _, err := tx.UsedOrders(ctx, shop, uids); return err },
		"orders":      func(ctx context.Context, tx *store.Tx) error { _, err := tx.OrdersOf(ctx, shop, uids); return err },
		"newest payments": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.NewestPayments(ctx, shop, uids)
			return err
		},
		"schedules": func(ctx context.Context, tx *store.Tx) error { _, err := tx.Schedules(ctx, shop, uids); return err },
		"payments":  func(ctx context.Context, tx *store.Tx) error { _, err := tx.PaymentsByIDs(ctx, shop, ids); return err },
		"dossiers":  func(ctx context.Context, tx *store.Tx) error { _, err := tx.Dossiers(ctx, shop, payments); return err },
	} {
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			plans := plansOf(ctx, t, tx, ask, ``)
			for _, plan := range plans {
				for _, step := range strings.Split(plan, "; ") {
					if strings.HasPrefix(step, "SCAN") || strings.HasPrefix(step, "SEARCH") && !namedStep.MatchString(step) {
						t.Errorf("%s: %s", name, plan)
					}
				}
			}
			if len(plans) == 0 {
				t.Errorf("%s asked nothing", name)
			}
			return nil
		})
	}
}
