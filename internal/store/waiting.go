package store

import (
	"context"
	"time"
)

// Queue is the jobs of a kind that should have been done by now.
type Queue struct {
	Kind   string
	Depth  int       // running ones included
	Oldest time.Time // since when the oldest of them is due
}

// Queues is what is due of each kind, of up to limit jobs that wait longest and
// as many that run. What is booked for later is not read.
func (t *Tx) Queues(ctx context.Context, limit int) ([]Queue, error) {
	qs, err := list(ctx, t, func(r row) (q Queue, err error) {
		return q, r.Scan(&q.Kind, &q.Depth, timeInto{&q.Oldest})
	}, queues, t.Now, limit)
	return qs, wrap(err, "queues")
}

const queues = `SELECT kind, COUNT(*), MIN(run_at) FROM (
	SELECT kind, run_at FROM (SELECT kind, run_at FROM jobs WHERE due_at <= $1 AND run_at <= $1 ORDER BY due_at LIMIT $2) AS waiting
	UNION ALL
	SELECT kind, run_at FROM (SELECT kind, run_at FROM jobs WHERE lease_to > 0 AND due_at > $1 AND run_at <= $1 ORDER BY due_at LIMIT $2) AS running
) AS late GROUP BY kind ORDER BY kind`

// CountJobsOf is how many jobs of a kind there are, booked ones included,
// counted up to limit.
func (t *Tx) CountJobsOf(ctx context.Context, kind string, limit int) (int, error) {
	n, err := t.number(ctx, countJobsOf, kind, limit)
	return int(n), wrap(err, "count jobs %s", kind)
}

const countJobsOf = `SELECT COUNT(*) FROM (SELECT key FROM jobs WHERE kind = $1 LIMIT $2) AS part`

// CountGivenUp is how many webhooks of all merchants were given up and not sent
// again since, counted up to limit.
func (t *Tx) CountGivenUp(ctx context.Context, limit int) (int, error) {
	n, err := t.number(ctx, countGivenUp, limit)
	return int(n), wrap(err, "count webhooks given up")
}

const countGivenUp = `SELECT COUNT(*) FROM (SELECT id FROM deliveries WHERE status = 'given_up' LIMIT $1) AS part`

// UnknownAttempts is how many calls have an unknown outcome that is still being
// asked for, by the jobs of a kind that ask, and when the oldest was made (zero
// if there is none); counted up to limit. Those that need a person are not among
// them: StuckAttempts.
func (t *Tx) UnknownAttempts(ctx context.Context, kind string, limit int) (n int, oldest time.Time, err error) {
	type count struct {
		n      int
		oldest time.Time
	}
	c, err := one(ctx, t, func(r row) (c count, err error) { return c, r.Scan(&c.n, timeInto{&c.oldest}) }, unknownAttempts, kind, limit)
	return c.n, c.oldest, wrap(err, "count unknown attempts")
}

const unknownAttempts = `SELECT COUNT(*), COALESCE(MIN(started), 0) FROM (
	SELECT a.started FROM (SELECT merchant, key FROM jobs WHERE kind = $1 LIMIT $2) AS j
	JOIN attempts AS a ON a.merchant = j.merchant AND a.id = j.key WHERE a.status = 'unknown') AS open`

// CountStuck is how many attempts need a person, counted up to limit, and when
// the oldest was made.
func (t *Tx) CountStuck(ctx context.Context, limit int) (n int, oldest time.Time, err error) {
	type count struct {
		n      int
		oldest time.Time
	}
	c, err := one(ctx, t, func(r row) (c count, err error) { return c, r.Scan(&c.n, timeInto{&c.oldest}) }, countStuck, limit)
	return c.n, c.oldest, wrap(err, "count stuck attempts")
}

const countStuck = `SELECT COUNT(*), COALESCE(MIN(started), 0) FROM (
	SELECT started FROM attempts WHERE needs_person ORDER BY started, id LIMIT $1) AS stuck`
