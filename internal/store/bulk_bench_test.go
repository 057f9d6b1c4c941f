package store_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// million is how much the databases of these benchmarks hold, and less when they
// are run short.
func million() int {
	if testing.Short() {
		return 20_000
	}
	return 1_000_000
}

// countTo is rows numbered from 1 for an INSERT … SELECT.
const countTo = `WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < CAST($1 AS BIGINT)) `

// pending adds n jobs, the first due of them due at noon, the others a second
// apart from tomorrow on.
func (f fixture) pending(t testing.TB, n, due int) {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, countTo+`INSERT INTO jobs (kind, key, arg, run_at, due_at, lease_to, again, tries, last_error, created)
			SELECT 'schedule', 'order-' || i, '{}', at, at, 0, FALSE, 0, '', $2 FROM (
				SELECT i, CASE WHEN i <= $3 THEN $2 ELSE CAST($4 AS BIGINT) + i * 1000000 END AS at FROM n) AS r`,
			n, noon, due, noon.AddDate(0, 0, 1))
		return err
	})
	if err := store.Vacuum(t.Context(), f.Store); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkBookSchedules books 100,000 schedules with the job of each, a thousand
// in a transaction.
func BenchmarkBookSchedules(b *testing.B) {
	const whole, each = 100_000, 1000
	eachBench(b, func(b *testing.B, f fixture) {
		b.ReportAllocs()
		for run := range b.N {
			for from := 0; from < whole; from += each {
				rows, due := make([]pay.Schedule, each), make([]store.NewJob, each)
				for i := range rows {
					rows[i] = schedule(pay.MerchantUID(fmt.Sprintf("order-%d-%06d", run, (from+i)*7919%whole)), at(from+i))
					due[i] = store.NewJob{Key: "shop/" + string(rows[i].MerchantUID), Arg: rows[i].MerchantUID, RunAt: rows[i].At}
				}
				f.write(b, func(ctx context.Context, tx *store.Tx) error {
					return all(tx.InsertSchedules(ctx, rows), tx.EnqueueMany(ctx, "schedule", due))
				})
			}
		}
		b.ReportMetric(whole*float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
	})
}

// BenchmarkIdle is what the runner and the metrics ask while a million jobs wait
// for tomorrow: it takes no more time or memory than with none.
func BenchmarkIdle(b *testing.B) {
	eachBench(b, func(b *testing.B, f fixture) {
		f.pending(b, million(), 0)
		before := heap()
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			f.write(b, func(ctx context.Context, tx *store.Tx) error {
				js, err := tx.LeaseJobs(ctx, []string{"schedule", "notify"}, 100, time.Minute)
				if len(js) > 0 {
					b.Errorf("leased %d jobs of tomorrow", len(js))
				}
				return err
			})
			f.read(b, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.NextJobAt(ctx)
				if err == nil {
					_, _, err = tx.CountJobs(ctx)
				}
				return err
			})
		}
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/1024, "KiB-kept")
	})
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkLease1000 leases a thousand due jobs of a million.
func BenchmarkLease1000(b *testing.B) {
	eachBench(b, func(b *testing.B, f fixture) {
		f.pending(b, million(), 1000)
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			var jobs []store.Job
			f.write(b, func(ctx context.Context, tx *store.Tx) (err error) {
				jobs, err = tx.LeaseJobs(ctx, []string{"schedule", "notify"}, 1000, time.Second)
				return err
			})
			if len(jobs) != 1000 {
				b.Fatalf("leased %d jobs of 1000", len(jobs))
			}
			f.clock.Add(time.Second) // the leases are out
		}
		b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	})
}

// BenchmarkFindPayments is pages of twenty of a million payments, nine of ten
// paid: the first, one far behind by its number and the same by what came before.
func BenchmarkFindPayments(b *testing.B) {
	eachBench(b, func(b *testing.B, f fixture) {
		f.history(b, million())
		paid := []pay.Status{pay.StatusPaid}
		for name, filter := range map[string]store.PaymentFilter{
			"all":         {},
			"all-updated": {Sort: "-updated"},
			"paid":        {Statuses: paid},
			"paid-recent": {Statuses: paid, From: noon.AddDate(0, 0, -10)},
			"paid-today":  {Statuses: paid, From: noon.Add(-time.Minute)},
			"paid-old":    {Statuses: paid, To: noon.Add(-time.Duration(million()) * time.Second * 9 / 10)},
		} {
			b.Run(name, func(b *testing.B) { pages(b, f, filter) })
		}
	})
}

func pages(b *testing.B, f fixture, filter store.PaymentFilter) {
	var total int
	b.Run("count", func(b *testing.B) {
		for range b.N {
			f.read(b, func(ctx context.Context, tx *store.Tx) (err error) {
				total, err = tx.CountPayments(ctx, shop, filter)
				return err
			})
		}
	})
	filter.Limit = 20
	var before pay.Payment
	page := func(b *testing.B, number int) {
		for range b.N {
			f.read(b, func(ctx context.Context, tx *store.Tx) error {
				ps, err := tx.FindPaymentsPage(ctx, shop, filter, number)
				if err == nil && len(ps) == 0 {
					b.Fatalf("page %d is empty", number)
				}
				before = ps[0]
				return err
			})
		}
	}
	b.Run("first", func(b *testing.B) { page(b, 1) })
	b.Run("deep", func(b *testing.B) { page(b, 1+total*3/4/filter.Limit) })
	filter.After = store.After{At: before.StartedAt, ID: before.ID}
	if filter.Sort == "-updated" {
		filter.After.At = before.UpdatedAt
	}
	b.Run("after", func(b *testing.B) { page(b, 1) })
}

// history adds n payments a second apart up to noon: of ten one failed, the
// others are paid.
func (f fixture) history(t testing.TB, n int) {
	t.Helper()
	f.insert(t, payment("imp_0", "order-0"))
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		columns, err := tx.Columns(ctx, "payments")
		if err != nil {
			return err
		}
		values := map[string]string{"id": "'imp_' || (i * 7919 % 1000003)", "merchant_uid": "'order-' || i", "ordinal": "1",
			"status":     "CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'paid' END",
			"started_at": "began", "updated_at": "began + 2", "status_at": "began + 1",
			"paid_at": "CASE WHEN i % 10 = 0 THEN 0 ELSE began + 1 END"}
		var from, into string
		for i, c := range columns {
			v := values[c]
			if v == "" {
				v = "p." + c
			}
			if i > 0 {
				from, into = from+", ", into+", "
			}
			from, into = from+v, into+c
		}
		_, err = tx.Exec(ctx, countTo+`INSERT INTO payments (`+into+`) SELECT `+from+` FROM (
			SELECT i, CAST($2 AS BIGINT) + i * 1000000 AS began FROM n) AS r, payments AS p WHERE p.id = 'imp_0'`, n, noon.Add(-time.Duration(n)*time.Second))
		return err
	})
	if err := store.Vacuum(t.Context(), f.Store); err != nil {
		t.Fatal(err)
	}
}
