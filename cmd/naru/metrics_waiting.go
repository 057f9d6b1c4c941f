package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"naru/internal/alert"
	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/store"
)

// mostCounted bounds what one scrape reads of anything that waits.
const mostCounted = 10_000

// waitingMetrics reads from the books what waits, when it is asked. All nodes of
// one database tell the same.
type waitingMetrics struct {
	books *store.Store
	log   *slog.Logger

	due, lag, webhooks, givenUp, unknown, unknownAge, stuck, stuckAge, alarms, findings, offset, unreadable *prometheus.Desc
}

func newWaitingMetrics(s *store.Store, log *slog.Logger) *waitingMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &waitingMetrics{
		books: s, log: log,
		due:        desc("naru_jobs_due", "Jobs whose time has come and that are not done, by kind; counted up to 10000.", "kind"),
		lag:        desc("naru_jobs_lag_seconds", "How long the oldest due job of a kind has waited.", "kind"),
		webhooks:   desc("naru_webhooks_waiting", "Webhooks that are to be sent, or sent again later; counted up to 10000."),
		givenUp:    desc("naru_webhooks_given_up", "Webhooks that were given up and not sent again since; counted up to 10000."),
		unknown:    desc("naru_attempts_unknown", "Calls that move money whose outcome is not known and is being asked for; counted up to 10000."),
		unknownAge: desc("naru_attempts_unknown_oldest_seconds", "How long ago the oldest of naru_attempts_unknown was made."),
		stuck:      desc("naru_attempts_unsettled", "Calls that move money whose outcome stayed unknown, for a person to settle; counted up to 10000."),
		stuckAge:   desc("naru_attempts_unsettled_oldest_seconds", "How long ago the oldest of naru_attempts_unsettled was made."),
		alarms:     desc("naru_alarms_open", "What waits for a person, by kind; counted up to 10000.", "kind"),
		findings:   desc("naru_findings_open", "What checks of the books found wrong, by kind.", "kind"),
		offset:     desc("naru_clock_offset_seconds", "How far the database's clock is ahead of this node's. 0 on SQLite."),
		unreadable: desc("naru_books_unreadable", "1 when the database could not be read for this answer."),
	}
}

// Describe is of prometheus.Collector.
func (m *waitingMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.due, m.lag, m.webhooks, m.givenUp, m.unknown, m.unknownAge, m.stuck, m.stuckAge, m.alarms, m.findings, m.offset, m.unreadable} {
		out <- d
	}
}

// Collect reads what waits.
func (m *waitingMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	w, err := m.read(ctx)
	if err != nil {
		m.log.WarnContext(ctx, "metrics: the books could not be read", "error", err)
		gauge(m.unreadable, 1)
		return
	}
	gauge(m.unreadable, 0)
	for kind, q := range w.queues {
		gauge(m.due, float64(q.Depth), kind)
		gauge(m.lag, w.age(q.Oldest), kind)
	}
	gauge(m.webhooks, float64(w.webhooks))
	gauge(m.givenUp, float64(w.givenUp))
	gauge(m.unknown, float64(w.unknown.n))
	gauge(m.unknownAge, w.age(w.unknown.oldest))
	gauge(m.stuck, float64(w.stuck.n))
	gauge(m.stuckAge, w.age(w.stuck.oldest))
	for kind, n := range w.alarms {
		gauge(m.alarms, float64(n), kind)
	}
	for kind, n := range w.findings {
		gauge(m.findings, float64(n), kind)
	}
	gauge(m.offset, w.offset.Seconds())
}

// waiting is what one look at the books found.
type waiting struct {
	now              time.Time
	queues           map[string]store.Queue
	webhooks         int
	givenUp          int
	unknown, stuck   aged
	alarms, findings map[string]int
	offset           time.Duration
}

// aged is how many there are and since when the oldest.
type aged struct {
	n      int
	oldest time.Time
}

func (w waiting) age(since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, w.now.Sub(since)).Seconds()
}

// read looks once. Kinds of jobs and alarms that everybody has are there with 0,
// so that a rule about them has something to look at.
func (m *waitingMetrics) read(ctx context.Context) (w waiting, err error) {
	if w.offset, err = m.books.ClockOffset(ctx); err != nil {
		return w, err
	}
	err = m.books.Read(ctx, func(tx *store.Tx) (err error) {
		w.now = tx.Now
		queues, err := tx.Queues(ctx, mostCounted)
		if err != nil {
			return err
		}
		w.queues = map[string]store.Queue{notify.JobDeliver: {}, gateway.JobResolve: {}, gateway.JobSchedule: {}}
		for _, q := range queues {
			w.queues[q.Kind] = q
		}
		if w.webhooks, err = tx.CountJobsOf(ctx, notify.JobDeliver, mostCounted); err != nil {
			return err
		}
		if w.givenUp, err = tx.CountGivenUp(ctx, mostCounted); err != nil {
			return err
		}
		if w.unknown.n, w.unknown.oldest, err = tx.UnknownAttempts(ctx, gateway.JobResolve, mostCounted); err != nil {
			return err
		}
		if w.stuck.n, w.stuck.oldest, err = tx.CountStuck(ctx, mostCounted); err != nil {
			return err
		}
		if w.findings, err = tx.CountFindings(ctx); err != nil {
			return err
		}
		if w.alarms, err = tx.CountAlarms(ctx, mostCounted); err != nil {
			return err
		}
		for _, kind := range alert.Kinds() {
			w.alarms[kind] += 0
		}
		return nil
	})
	return w, err
}

// poolMetrics is the connections to PostgreSQL.
type poolMetrics struct {
	books                               *store.Store
	open, busy, most, waited, waitedFor *prometheus.Desc
}

func newPoolMetrics(s *store.Store) *poolMetrics {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &poolMetrics{
		books:     s,
		open:      desc("naru_database_connections", "Connections to PostgreSQL that this node has open."),
		busy:      desc("naru_database_connections_busy", "Connections to PostgreSQL that are in use."),
		most:      desc("naru_database_connections_most", "Connections to PostgreSQL that this node may open."),
		waited:    desc("naru_database_connection_waits_total", "Transactions that had to wait for a connection."),
		waitedFor: desc("naru_database_connection_wait_seconds_total", "How long transactions waited for a connection, in all."),
	}
}

// Describe is of prometheus.Collector.
func (m *poolMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.open, m.busy, m.most, m.waited, m.waitedFor} {
		out <- d
	}
}

// Collect asks the pool, and not the database.
func (m *poolMetrics) Collect(out chan<- prometheus.Metric) {
	s, ok := m.books.Pool()
	if !ok {
		return
	}
	for d, v := range map[*prometheus.Desc]int{m.open: s.OpenConnections, m.busy: s.InUse, m.most: s.MaxOpenConnections} {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	out <- prometheus.MustNewConstMetric(m.waited, prometheus.CounterValue, float64(s.WaitCount))
	out <- prometheus.MustNewConstMetric(m.waitedFor, prometheus.CounterValue, s.WaitDuration.Seconds())
}
