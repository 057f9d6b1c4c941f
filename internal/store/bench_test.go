package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// eachBench runs a benchmark on a SQLite file on disk and on PostgreSQL. The
// throw-away PostgreSQL does not sync; set NARU_TEST_DSN for one that does.
func eachBench(b *testing.B, bench func(b *testing.B, f fixture)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, open(b, "sqlite:"+filepath.Join(b.TempDir(), "naru.db"))) })
	b.Run("postgres", func(b *testing.B) { bench(b, open(b, pgtest.DSN(b))) })
}

// callers does b.N things, n at a time.
func callers(b *testing.B, n int, do func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			for {
				i := int(next.Add(1))
				if i > b.N {
					return
				}
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

// BenchmarkWrite is a payment and a job in one durable transaction.
func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", n), func(b *testing.B) {
			eachBench(b, func(b *testing.B, f fixture) {
				callers(b, n, func(i int) error {
					p := payment(numbered[pay.PaymentID]("imp_", i), numbered[pay.MerchantUID]("order-", i))
					return f.Write(b.Context(), func(tx *store.Tx) error {
						if err := tx.InsertPayment(b.Context(), p); err != nil {
							return err
						}
						return tx.Enqueue(b.Context(), "", "notify", string(p.ID), p.ID, tx.Now)
					})
				})
			})
		})
	}
}

// BenchmarkStepPayment is one read and one step of a payment in a durable
// transaction, each caller with payments of its own.
func BenchmarkStepPayment(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", n), func(b *testing.B) {
			eachBench(b, func(b *testing.B, f fixture) {
				f.write(b, func(ctx context.Context, tx *store.Tx) error {
					for i := range b.N {
						if err := tx.InsertPayment(ctx, payment(numbered[pay.PaymentID]("imp_", i+1), numbered[pay.MerchantUID]("order-", i+1))); err != nil {
							return err
						}
					}
					return nil
				})
				callers(b, n, func(i int) error {
					return f.Write(b.Context(), func(tx *store.Tx) error {
						p, err := tx.Payment(b.Context(), shop, numbered[pay.PaymentID]("imp_", i))
						if err != nil {
							return err
						}
						_, err = tx.StepPayment(b.Context(), p, pay.EvApproved, "")
						return err
					})
				})
			})
		})
	}
}

// BenchmarkLease100 leases a hundred jobs of ten thousand that are due.
func BenchmarkLease100(b *testing.B) {
	eachBench(b, func(b *testing.B, f fixture) {
		f.write(b, func(ctx context.Context, tx *store.Tx) error {
			for i := range 10_000 {
				if err := tx.Enqueue(ctx, "", "notify", numbered[string]("job-", i), i, tx.Now); err != nil {
					return err
				}
			}
			return nil
		})
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			f.clock.Add(time.Minute) // what was leased is due again, behind the others
			var jobs []store.Job
			f.write(b, func(ctx context.Context, tx *store.Tx) (err error) {
				jobs, err = tx.LeaseJobs(ctx, []string{"notify", "settle"}, 100, time.Minute)
				return err
			})
			if len(jobs) != 100 {
				b.Fatalf("leased %d jobs of 100", len(jobs))
			}
		}
		b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	})
}
