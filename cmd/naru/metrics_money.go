package main

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"naru/internal/connector/httpcall"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// moneyMetrics count what happened to payments, and the calls to others that it
// took.
type moneyMetrics struct {
	payments   *prometheus.CounterVec
	attempts   *prometheus.CounterVec
	calls      *prometheus.CounterVec
	callTook   *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	deliverIn  *prometheus.HistogramVec
}

func newMoneyMetrics() moneyMetrics {
	return moneyMetrics{
		payments: counter("naru_payments_total", "Payments at the moment they reached a status, by provider and method; reason is why one failed.",
			"status", "provider", "method", "reason"),
		attempts: counter("naru_attempts_total", "Calls that move money, as they were begun (started) and as their outcome was learned: succeeded, declined, not_sent, unknown; reason is why one was declined.",
			"kind", "outcome", "reason"),
		calls: counter("naru_provider_calls_total", "Calls to providers by operation and outcome: answered, declined, unknown, not_sent, misconfigured.",
			"provider", "operation", "outcome"),
		callTook: histogram("naru_provider_call_seconds", "How long calls to providers took, by operation.", slowBuckets, "provider", "operation"),
		deliveries: counter("naru_webhook_tries_total", "Tries of webhooks by outcome: delivered, failed (to be tried again), given_up, superseded.",
			"outcome"),
		deliverIn: histogram("naru_webhook_try_seconds", "How long tries of webhooks took, by outcome.", slowBuckets, "outcome"),
	}
}

func (m moneyMetrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.payments, m.attempts, m.calls, m.callTook, m.deliveries, m.deliverIn}
}

// stepped counts what a transaction changed.
func (m moneyMetrics) stepped(s store.Steps) {
	for _, p := range s.Payments {
		reason := ""
		if p.To == pay.StatusFailed {
			reason = cmp.Or(p.Reason, "other")
		}
		m.payments.WithLabelValues(string(p.To), string(p.Provider), methodLabel(p.Method), reason).Inc()
	}
	for _, a := range s.Attempts {
		reason := ""
		if a.Status == pay.AttemptDeclined {
			reason = cmp.Or(a.Class, "other")
		}
		m.attempts.WithLabelValues(string(a.Kind), string(a.Status), reason).Inc()
	}
}

// methodLabel keeps a method nobody sells from becoming a label.
func methodLabel(m pay.Method) string {
	switch m {
	case pay.MethodCard, pay.MethodTrans, pay.MethodVbank, pay.MethodPhone, pay.MethodCultureland, pay.MethodSmartculture, pay.MethodBooknlife,
		pay.MethodSamsung, pay.MethodSamsungPay, pay.MethodKakaoPay, pay.MethodNaverPay, pay.MethodPayco, pay.MethodLPay, pay.MethodSSGPay,
		pay.MethodApplePay, pay.MethodTossPay, pay.MethodTossPayCard, pay.MethodTossPayMoney, pay.MethodPoint:
		return string(m)
	}
	return "other"
}

// called counts a call to a provider.
func (m moneyMetrics) called(a httpcall.Asked, outcome httpcall.Outcome, took time.Duration) {
	op := strings.ReplaceAll(a.Op, " ", "_")
	m.calls.WithLabelValues(string(a.Provider), op, string(outcome)).Inc()
	m.callTook.WithLabelValues(string(a.Provider), op).Observe(took.Seconds())
}

// delivered counts a try of a webhook.
func (m moneyMetrics) delivered(outcome string, took time.Duration) {
	m.deliveries.WithLabelValues(outcome).Inc()
	m.deliverIn.WithLabelValues(outcome).Observe(took.Seconds())
}

// jobMetrics count runs of jobs.
type jobMetrics struct {
	runs *prometheus.CounterVec
	took *prometheus.HistogramVec
}

func newJobMetrics() jobMetrics {
	return jobMetrics{
		runs: counter("naru_jobs_run_total", "Runs of jobs by kind and outcome: done, later (it was too early), failed (to be run again).", "kind", "outcome"),
		took: histogram("naru_job_seconds", "How long runs of jobs took, by kind.", slowBuckets, "kind"),
	}
}

func (m jobMetrics) all() []prometheus.Collector { return []prometheus.Collector{m.runs, m.took} }

func (m jobMetrics) ran(kind, outcome string, took time.Duration) {
	m.runs.WithLabelValues(kind, outcome).Inc()
	m.took.WithLabelValues(kind).Observe(took.Seconds())
}

// tooEarly is what jobs.RetryAt makes of a nil error.
var tooEarly = errors.Unwrap(jobs.RetryAt(time.Time{}, nil))

// jobOutcome says how a run ended, by the error its worker returned.
func jobOutcome(err error) string {
	switch {
	case err == nil, errors.Is(err, jobs.ErrEnded):
		return "done"
	case errors.Is(err, tooEarly):
		return "later"
	}
	return "failed"
}
