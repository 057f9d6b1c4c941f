package store_test

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// consoleReads are what the console's pages ask, by name, of a merchant.
func consoleReads(m pay.MerchantID) map[string]func(ctx context.Context, tx *store.Tx) error {
	reads := map[string]func(ctx context.Context, tx *store.Tx) error{}
	week := store.DailyQuery{From: store.DayOf(noon.AddDate(0, 0, -6)), To: store.DayOf(noon), Modes: []pay.Mode{pay.ModeLive}}
	cursor := store.Cursor{At: noon.Add(-time.Hour), ID: "imp_5"}
	for name, q := range map[string]store.PaymentQuery{
		"all": {}, "one mode": {Modes: []pay.Mode{pay.ModeSandbox}}, "after": {After: cursor}, "before": {Before: cursor},
		"failed of a day":   {Statuses: []pay.Status{pay.StatusFailed}, From: noon.AddDate(0, 0, -1), To: noon},
		"by request":        {ByRequest: true, Modes: []pay.Mode{pay.ModeSandbox}, From: noon.AddDate(0, 0, -1)},
		"failed by request": {ByRequest: true, Statuses: []pay.Status{pay.StatusFailed}, After: cursor},
		"by telephone":      {Methods: []pay.Method{pay.MethodPhone}, Charged: store.ChargedKey},
		"search":            {Search: "imp_77", From: noon.AddDate(0, 0, -9)}, "search a number": {Search: "010-1234"},
		"deep in a month": {From: noon.AddDate(0, -1, 0), To: noon, After: cursor},
		"search a field":  {Search: "kim", Field: store.FieldBuyerName, After: cursor},
	} {
		q.Limit = 20
		reads["list "+name] = func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ListPayments(ctx, m, q)
			return err
		}
		reads["sums "+name] = func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SumPayments(ctx, m, q)
			return err
		}
		reads["export "+name] = func(ctx context.Context, tx *store.Tx) error { return tx.ExportBatch(ctx, m, q) }
		if q.Search != "" {
			reads["broad "+name] = func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.ListAmong(ctx, m, q, 100, -1)
				return err
			}
		}
	}
	reads["sales"] = func(ctx context.Context, tx *store.Tx) error { _, err := tx.DailySales(ctx, m, week); return err }
	reads["outcomes"] = func(ctx context.Context, tx *store.Tx) error { _, err := tx.DailyOutcomes(ctx, m, week); return err }
	reads["reasons"] = func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.DeclineReasons(ctx, m, week, 5)
		return err
	}
	reads["views"] = func(ctx context.Context, tx *store.Tx) error { _, err := tx.ListViews(ctx, m, "op"); return err }
	reads["imports"] = func(ctx context.Context, tx *store.Tx) error { _, err := tx.ListImports(ctx, m, 20); return err }
	reads["open imports"] = func(ctx context.Context, tx *store.Tx) error { _, err := tx.CountOpenImports(ctx, m, noon); return err }
	reads["keys"] = func(ctx context.Context, tx *store.Tx) error { _, err := tx.ListKeys(ctx, m); return err }
	reads["tokens"] = func(ctx context.Context, tx *store.Tx) error { _, err := tx.ListTokens(ctx, m); return err }
	reads["follow"] = func(ctx context.Context, tx *store.Tx) error { return tx.PlanFollow(ctx, m, byName) }
	return reads
}

// plansOf explains what a read asks.
func plansOf(ctx context.Context, t *testing.T, tx *store.Tx, read func(ctx context.Context, tx *store.Tx) error, explain string) (plans []string) {
	t.Helper()
	asked, err := tx.Ask(func() error { return read(ctx, tx) })
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range asked {
		steps, err := tx.Plan(ctx, explain, a)
		if err != nil {
			t.Fatalf("%s: %v", a.Text, err)
		}
		plans = append(plans, steps)
	}
	return plans
}

var tableOf = regexp.MustCompile(`SCAN (payments|p|f|m|a|c|search_terms|followed_payments|payment_sums|daily_\w+|movements|attempts|receipts|follow\w*|saved_views|imports|api_keys|tokens)\b`)

// Every statement finds its rows by an index that begins with the merchant. What a
// page is made of comes in its order: at most a page is sorted.
func TestConsoleReadsUseIndexesOnSQLite(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	h := newPast(t, shop, 51)
	h.grow(t, f, 60)
	f.follow(t, shop, 1)
	h.grow(t, f, 10) // something is to be put right
	for name, read := range consoleReads(shop) {
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			for _, plan := range plansOf(ctx, t, tx, read, ``) {
				if tableOf.MatchString(plan) {
					t.Errorf("%s scans: %s", name, plan)
				}
				for _, step := range strings.Split(plan, "; ") {
					if strings.HasPrefix(step, "SEARCH") && !strings.Contains(step, "merchant=?") {
						t.Errorf("%s looks beyond the merchant: %s", name, step)
					}
				}
				if strings.HasPrefix(name, "list") && strings.Contains(plan, "UNION ALL") && strings.Count(plan, "USE TEMP B-TREE FOR ORDER BY") > 1 {
					t.Errorf("%s sorts more than a page: %s", name, plan)
				}
			}
			return nil
		})
	}
	wanted := map[string]string{"list one mode": "payments_by_mode (merchant=? AND mode=? AND status=?", "list by request": "payments_by_request (merchant=? AND mode=? AND started_at>?",
		"list failed by request": "payments_by_started (merchant=? AND status=? AND started_at<?)",
		"list after":             "status=? AND status_at<?)", "list before": "status=? AND status_at>?)",
		"list deep in a month": "status=? AND status_at>? AND status_at<?)",
		"list search":          "sqlite_autoindex_search_terms_1 (merchant=? AND field=? AND term>? AND term<?", "sums all": "sqlite_autoindex_payment_sums_1 (merchant=? AND by_time=? AND span=? AND start>?",
		"follow": "payments_by_updated (merchant=? AND status=?", "sales": "sqlite_autoindex_daily_sales_1 (merchant=? AND day>?"}
	wanted["imports"], wanted["open imports"] = "imports_by_time (merchant=?)", "imports_by_time (merchant=? AND created>?)"
	wanted["tokens"] = "INDEX sqlite_autoindex_tokens_1 (merchant=?)"
	wanted["outcomes"] = "payments_by_updated (merchant=? AND status=? AND updated_at>?)" // what was not seen yet
	for name, index := range wanted {
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			if all := strings.Join(plansOf(ctx, t, tx, consoleReads(shop)[name], ``), "\n"); !strings.Contains(all, index) {
				t.Errorf("%s: no %q in\n%s", name, index, all)
			}
			return nil
		})
	}
}

var rowsRead = regexp.MustCompile(`(?:Scan[^(]*)\(actual rows=([\d.]+) loops=(\d+)\)`)

// PostgreSQL tells how many rows it read: a page's worth of a merchant who has many,
// and none of another's.
func TestConsoleReadsFewRowsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	f := open(t, pgtest.DSN(t))
	f.history(t, 10_000)
	f.follow(t, shop, 8)
	if err := store.Vacuum(t.Context(), f.Store); err != nil {
		t.Fatal(err)
	}
	few := map[string]int{"list all": 500, "list one mode": 200, "list after": 500, "list before": 500, "list failed of a day": 200, "list by request": 100, "list deep in a month": 500}
	for _, m := range []pay.MerchantID{shop, "other"} {
		for name, read := range consoleReads(m) {
			most, checked := few[name]
			if m == "other" {
				most, checked = 0, !strings.HasPrefix(name, "broad")
			}
			if !checked {
				continue
			}
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				plans := plansOf(ctx, t, tx, read, `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) `)
				n := 0.0
				for _, plan := range plans {
					for _, m := range rowsRead.FindAllStringSubmatch(plan, -1) {
						rows, _ := strconv.ParseFloat(m[1], 64)
						loops, _ := strconv.ParseFloat(m[2], 64)
						n += rows * loops
					}
				}
				if int(n) > most || m == shop && n < 20 {
					t.Errorf("%s of %s reads %.0f rows, at most %d were to be: %s", name, m, n, most, strings.Join(plans, "\n"))
				}
				return nil
			})
		}
	}
}
