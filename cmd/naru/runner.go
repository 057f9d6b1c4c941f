package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"naru/internal/jobs"
	"naru/internal/notify"
	"naru/internal/store"
)

// newRunner makes the runner of all jobs. Deliveries wait for slow merchants, so
// many run at once; lane is how many to one address.
func newRunner(s *store.Store, workers map[string]jobs.Worker, lane func(string) int, o appOptions) *jobs.Runner {
	if o.watch != nil {
		workers = o.watch.watched(workers)
	}
	return jobs.New(jobs.Options{
		Store: s, Now: o.now, Log: o.log, Workers: workers,
		Concurrency: map[string]int{notify.JobDeliver: notify.Slots, notify.JobResend: notify.Slots / 8},
		LaneLimit:   map[string]func(string) int{notify.JobDeliver: lane, notify.JobResend: lane},
	})
}

// startJobs runs jobs, and follows the books for those who search them, until ctx
// ends: then no more are taken. Stop waits for
// those that run, at most for the grace.
func startJobs(ctx context.Context, a *app, grace time.Duration, log *slog.Logger) (stop func()) {
	a.runner.Start(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { a.gateway.FollowBooks(ctx) })
	watch.Go(func() { a.presence.run(ctx) })
	if a.alerts != nil {
		watch.Go(func() { a.alerts.Run(ctx) })
	}
	return func() {
		watch.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		if err := a.runner.Stop(ctx); err != nil {
			log.Warn("jobs were cut off; they run again after the next start", "after", grace)
		}
	}
}
