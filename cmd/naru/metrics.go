package main

import (
	"log/slog"
	"net/http"
	"runtime"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"naru/internal/rest"
	"naru/internal/store"
)

// metrics is what /metrics tells: counts of what passed through this process
// (metrics_money.go has those about money) and, read from the books when asked,
// what waits (metrics_waiting.go). Labels come from small sets; docs/observability.md
// lists every metric.
type metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger

	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	limited  *prometheus.CounterVec
	replayed *prometheus.CounterVec
	notes    *prometheus.CounterVec
	money    moneyMetrics
	jobs     jobMetrics
	writes   *prometheus.HistogramVec
	commits  prometheus.Counter
	shared   prometheus.Counter
}

var (
	quickBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	slowBuckets  = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
)

// newMetrics makes metrics without books: what waits is told once watch was called.
func newMetrics(log *slog.Logger) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(), log: log,
		requests: counter("naru_http_requests_total", "Requests by method, route and status.", "method", "route", "status"),
		took:     histogram("naru_http_request_seconds", "How long requests took, by route.", slowBuckets, "route"),
		limited:  counter("naru_http_limited_total", "Requests refused for being too many, by what they were too many of: key, address, secret.", "of"),
		replayed: counter("naru_http_replayed_total", "Answers that tell what an earlier call of the same Idempotency-Key did, by route.", "route"),
		notes:    counter("naru_window_parameters_noted_total", "Parameters of windows that were not passed on as they were sent, by kind: unknown, deprecated, unused, adapted.", "kind"),
		money:    newMoneyMetrics(),
		jobs:     newJobMetrics(),
		writes:   histogram("naru_store_write_seconds", "How long writing transactions took, waiting and the disk's sync included, by outcome: committed, undone.", quickBuckets, "outcome"),
		commits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "naru_store_commits_total", Help: "Commits, each of which costs a sync of the disk.",
		}),
		shared: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "naru_store_committed_writes_total", Help: "Writing transactions in those commits.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "naru_build_info", Help: "1; the labels say what this program is.",
		ConstLabels: prometheus.Labels{"version": version(), "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.took, m.limited, m.replayed, m.notes, m.writes, m.commits, m.shared, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(m.money.all()...)
	m.registry.MustRegister(m.jobs.all()...)
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

// watch has what waits on the books told as well.
func (m *metrics) watch(s *store.Store) {
	m.registry.MustRegister(newWaitingMetrics(s, m.log))
	if _, pooled := s.Pool(); pooled {
		m.registry.MustRegister(newPoolMetrics(s))
	}
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
	if e.Replayed {
		m.replayed.WithLabelValues(route).Inc()
	}
}

// tooMany counts a request that was refused for being one too many. What of is
// one of rest's few words.
func (m *metrics) tooMany(of string) { m.limited.WithLabelValues(of).Inc() }

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
