package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"naru/internal/jobs"
	"naru/internal/pgtest"
	"naru/internal/store"
)

const (
	leasedJobs = 20_000
	leasedKind = "bench"
	leasedAt   = 64 // at once, as webhooks are
)

// leases is how fast the runner takes jobs, runs them and takes them off the
// books, when the work itself is nothing.
func (b *bench) leases(ctx context.Context) error {
	data, err := b.folder()
	if err != nil {
		return err
	}
	fmt.Printf("%d jobs that do nothing, due at once, leased, run and removed, %d at a time:\n\n", leasedJobs, leasedAt)
	for _, kind := range []string{"sqlite", "postgres"} {
		dsn, stop := "sqlite:"+filepath.Join(data, "jobs.db"), func() error { return nil }
		if kind == "postgres" {
			if dsn, stop, err = pgtest.Durable(ctx); err != nil {
				return err
			}
		}
		rate, err := b.leaseAll(ctx, dsn)
		if err = errors.Join(err, stop()); err != nil {
			return fmt.Errorf("jobs on %s: %w", kind, err)
		}
		fmt.Printf("- %s: **%.0f** a second\n", kind, rate)
	}
	fmt.Println()
	return nil
}

// leaseAll is the median rate of the rounds.
func (b *bench) leaseAll(ctx context.Context, dsn string) (float64, error) {
	s, err := store.Open(ctx, dsn, store.Options{})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return 0, err
	}
	var rounds []load
	for range b.rounds {
		l, err := leaseRound(ctx, s)
		if err != nil {
			return 0, err
		}
		rounds = append(rounds, l)
	}
	return median(rounds).rate, nil
}

func leaseRound(ctx context.Context, s *store.Store) (load, error) {
	const each = 1000
	for from := 0; from < leasedJobs; from += each {
		err := s.Write(ctx, func(tx *store.Tx) error {
			for i := range each {
				if err := tx.Enqueue(ctx, "", leasedKind, fmt.Sprint(from+i), nil, tx.Now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return load{}, err
		}
	}
	var ran atomic.Int64
	all := make(chan struct{})
	r := jobs.New(jobs.Options{Store: s, Concurrency: map[string]int{leasedKind: leasedAt}, Workers: map[string]jobs.Worker{
		leasedKind: func(context.Context, store.Job) error {
			if ran.Add(1) == leasedJobs {
				close(all)
			}
			return nil
		},
	}})
	begun := time.Now()
	r.Start(ctx)
	var err error
	select {
	case <-all:
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(5 * time.Minute):
		err = fmt.Errorf("%d of %d ran within 5 minutes", ran.Load(), leasedJobs)
	}
	err = errors.Join(err, r.Stop(ctx)) // the last ones are taken off the books
	return load{calls: leasedJobs, rate: leasedJobs / time.Since(begun).Seconds()}, err
}
