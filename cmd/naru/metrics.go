package main

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"naru/internal/rest"
	"naru/internal/store"
)

// metrics is what /metrics tells: counts of what passed through this process,
// and, read from the books when asked, what waits.
type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	took       *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	notes      *prometheus.CounterVec
	books      *store.Store
	log        *slog.Logger
	due        *prometheus.Desc
	lag        *prometheus.Desc
	unknown    *prometheus.Desc
	alarms     *prometheus.Desc
	readFailed *prometheus.Desc
}

func newMetrics(s *store.Store, log *slog.Logger) *metrics {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "naru_http_requests_total", Help: "Requests by method, route and status.",
		}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "naru_http_request_seconds", Help: "How long requests took, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"route"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "naru_webhook_tries_total", Help: "Tries of webhooks by outcome: delivered, failed (to be tried again), given_up, superseded.",
		}, []string{"outcome"}),
		notes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "naru_window_parameters_noted_total", Help: "Parameters of windows that were not passed on as they were sent, by kind: unknown, deprecated, unused, adapted.",
		}, []string{"kind"}),
		books: s, log: log,
		due:        desc("naru_jobs_due", "Jobs whose time has come and that are not done."),
		lag:        desc("naru_jobs_lag_seconds", "How long the oldest due job has waited."),
		unknown:    desc("naru_attempts_unsettled", "Calls to providers whose outcome stayed unknown, for a person to settle; counted up to 1000."),
		alarms:     desc("naru_alarms_open", "What waits for a person."),
		readFailed: desc("naru_books_unreadable", "1 when the database could not be read for this answer."),
	}
	m.registry.MustRegister(m.requests, m.took, m.deliveries, m.notes, m,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler serves /metrics.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// request counts one request. A route is a pattern, so there are few.
func (m *metrics) request(e rest.Event) {
	route := e.Route
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(knownMethod(e.Method), route, strconv.Itoa(e.Status)).Inc()
	m.took.WithLabelValues(route).Observe(e.Took.Seconds())
}

// noted counts a parameter of a window. Kinds are the gateway's own few words.
func (m *metrics) noted(kind string) { m.notes.WithLabelValues(kind).Inc() }

// knownMethod keeps made-up methods from becoming labels.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func (m *metrics) delivery(outcome string) { m.deliveries.WithLabelValues(outcome).Inc() }

// Describe is of prometheus.Collector.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.due, m.lag, m.unknown, m.alarms, m.readFailed} {
		out <- d
	}
}

// Collect reads what waits.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64) { out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	w, err := m.waiting(ctx)
	if err != nil {
		m.log.WarnContext(ctx, "metrics: the books could not be read", "error", err)
		gauge(m.readFailed, 1)
		return
	}
	gauge(m.readFailed, 0)
	gauge(m.due, float64(w.jobs))
	gauge(m.lag, w.lag.Seconds())
	gauge(m.unknown, float64(w.unknown))
	gauge(m.alarms, float64(w.alarms))
}

type waiting struct {
	jobs, unknown, alarms int
	lag                   time.Duration
}

func (m *metrics) waiting(ctx context.Context) (w waiting, err error) {
	err = m.books.Read(ctx, func(tx *store.Tx) error {
		due, oldest, err := tx.CountJobs(ctx)
		if err != nil {
			return err
		}
		w.jobs = due
		if due > 0 {
			w.lag = max(0, tx.Now.Sub(oldest))
		}
		unsettled, err := tx.StuckAttempts(ctx, 1000)
		if err != nil {
			return err
		}
		w.unknown = len(unsettled)
		alarms, err := tx.ListAlarms(ctx, true)
		w.alarms = len(alarms)
		return err
	})
	return w, err
}
