package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"naru/internal/alert"
	"naru/internal/connector/httpcall"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/outbound"
	"naru/internal/rest"
	"naru/internal/store"
)

// observer is told what happens and tells it on: to the metrics, the log, the
// traces and, of calls to providers, to whoever watches channels.
type observer struct {
	metrics *metrics
	log     *slog.Logger
	traces  *tracing       // nil: off
	alerts  *alert.Alerter // nil until the books are open
}

// storeWatch is what the store tells.
func (o *observer) storeWatch() *store.Watch {
	return &store.Watch{
		Wrote: func(took time.Duration, err error) {
			outcome := "committed"
			if err != nil {
				outcome = "undone"
			}
			o.metrics.writes.WithLabelValues(outcome).Observe(took.Seconds())
		},
		Committed: func(writes int) {
			o.metrics.commits.Inc()
			o.metrics.shared.Add(float64(writes))
		},
		Stepped: func(ctx context.Context, s store.Steps) {
			o.metrics.money.stepped(s)
			logSteps(ctx, o.log, s)
		},
	}
}

// actorKey marks a job's context with its kind.
type actorKey struct{}

// actorOf is who made a change: a request, by its route, or a job, by its kind.
func actorOf(ctx context.Context) (actor, request string) {
	if kind, ok := ctx.Value(actorKey{}).(string); ok {
		return "job " + kind, ""
	}
	if e := rest.EventOf(ctx); e.RequestID != "" {
		return "request", e.RequestID
	}
	return "", ""
}

// logSteps writes one line for each attempt that a transaction changed, with
// what became of its payment, and one for each payment it changed otherwise.
func logSteps(ctx context.Context, log *slog.Logger, s store.Steps) {
	actor, request := actorOf(ctx)
	by := []slog.Attr{slog.String("actor", actor)}
	if request != "" {
		by = append(by, slog.String("request", request))
	}
	last := map[string]store.PaymentStep{}
	for _, p := range s.Payments {
		last[string(p.Payment)] = p
	}
	for _, a := range s.Attempts {
		attrs := append(attemptAttrs(a), by...)
		if p, ok := last[string(a.Payment)]; ok {
			attrs = append(attrs, paymentAttrs(p)...)
			delete(last, string(a.Payment))
		}
		log.LogAttrs(ctx, slog.LevelInfo, "attempt", attrs...)
	}
	for _, p := range s.Payments {
		if last[string(p.Payment)] != p {
			continue
		}
		attrs := []slog.Attr{slog.String("merchant", string(p.Merchant)), slog.String("payment", string(p.Payment))}
		log.LogAttrs(ctx, slog.LevelInfo, "payment", append(append(attrs, by...), paymentAttrs(p)...)...)
	}
}

func attemptAttrs(a store.AttemptStep) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("merchant", string(a.Merchant)), slog.String("payment", string(a.Payment)), slog.String("attempt", string(a.ID)),
		slog.String("kind", string(a.Kind)), slog.String("outcome", string(a.Status)), slog.Int64("amount", a.Amount),
	}
	if !a.Ended.IsZero() {
		attrs = append(attrs, slog.Duration("took", a.Ended.Sub(a.Started)))
	}
	if a.Class != "" {
		attrs = append(attrs, slog.String("reason", a.Class))
	}
	if a.Code != "" {
		attrs = append(attrs, slog.String("code", a.Code))
	}
	return attrs
}

func paymentAttrs(p store.PaymentStep) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("from", string(p.From)), slog.String("status", string(p.To)), slog.String("event", string(p.Event)),
		slog.String("provider", string(p.Provider)), slog.String("channel", string(p.Channel)), slog.String("method", string(p.Method)), slog.String("source", string(p.Source)),
	}
	if p.Why != "" {
		attrs = append(attrs, slog.String("why", p.Why))
	}
	if p.Reason != "" {
		attrs = append(attrs, slog.String("failed_for", p.Reason))
	}
	return attrs
}

// transport is a provider client's, with us looking on.
type transport struct {
	*http.Transport
	o *observer
}

var _ httpcall.Watcher = transport{}

// Watch is of httpcall.Watcher.
func (t transport) Watch(ctx context.Context, a httpcall.Asked) (context.Context, func(httpcall.Outcome)) {
	began := time.Now()
	var span trace.Span
	if t.o.traces != nil {
		ctx, span = t.o.traces.start(ctx, "provider "+a.Op, trace.SpanKindClient,
			attribute.String("naru.provider", string(a.Provider)), attribute.String("naru.channel", string(a.Channel)), attribute.String("naru.operation", a.Op))
	}
	return ctx, func(outcome httpcall.Outcome) {
		failed := outcome != httpcall.OutcomeAnswered && outcome != httpcall.OutcomeDeclined
		t.o.metrics.money.called(a, outcome, time.Since(began))
		if t.o.alerts != nil {
			t.o.alerts.Called(a.Channel, failed)
		}
		if span != nil {
			endSpan(span, string(outcome), failed)
		}
	}
}

// steps is gateway.Options.Observe; nil when there are no traces, so that it
// costs nothing.
func (o *observer) steps() func(context.Context, gateway.Step) (context.Context, func(gateway.StepEnd)) {
	if o.traces == nil {
		return nil
	}
	return func(ctx context.Context, s gateway.Step) (context.Context, func(gateway.StepEnd)) {
		ctx, span := o.traces.start(ctx, string(s.Name)+" "+string(s.Kind), trace.SpanKindInternal,
			attribute.String("naru.attempt", string(s.Attempt)), attribute.String("naru.kind", string(s.Kind)))
		return ctx, func(end gateway.StepEnd) {
			attrs := []attribute.KeyValue{attribute.String("naru.merchant", string(end.Merchant)), attribute.String("naru.payment", string(end.Payment))}
			if end.Class != "" {
				attrs = append(attrs, attribute.String("naru.reason", end.Class))
			}
			endSpan(span, end.Outcome, end.Outcome == "unknown" || end.Outcome == "failed" || end.Outcome == "misconfigured", attrs...)
		}
	}
}

// jobs has every run of a job observed.
func (o *observer) jobs(workers map[string]jobs.Worker) map[string]jobs.Worker {
	out := make(map[string]jobs.Worker, len(workers))
	for kind, work := range workers {
		out[kind] = func(ctx context.Context, j store.Job) (err error) {
			began := time.Now()
			ctx = context.WithValue(ctx, actorKey{}, kind)
			var span trace.Span
			if o.traces != nil && kind != alert.JobWatch { // it looks every few seconds
				ctx, span = o.traces.start(ctx, "job "+kind, trace.SpanKindConsumer, attribute.String("naru.job", kind), attribute.Int("naru.tries", j.Tries))
			}
			outcome := "failed" // when it panics
			defer func() {
				o.metrics.jobs.ran(kind, outcome, time.Since(began))
				if span != nil {
					endSpan(span, outcome, outcome == "failed")
				}
			}()
			err = work(ctx, j)
			outcome = jobOutcome(err)
			return err
		}
	}
	return out
}

// tried is notify.Options.Tried. The span of a try is made when it is over.
func (o *observer) tried(ctx context.Context, outcome string, try store.DeliveryTry) {
	o.metrics.money.delivered(outcome, try.Took)
	if o.traces == nil {
		return
	}
	now := time.Now()
	_, span := o.traces.tracer.Start(ctx, "webhook try", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-try.Took)),
		trace.WithAttributes(attribute.Int("http.response.status_code", try.Status)))
	endSpan(span, outcome, outcome != store.DeliveryDelivered)
}

// newAlerter tells the operator, at addresses of its own choice, which may be
// private ones.
func newAlerter(s *store.Store, o appOptions) (*alert.Alerter, error) {
	w := o.watching
	return alert.New(alert.Options{
		Store: s, Now: o.now, Log: o.log, From: o.publicURL, Version: version(), Webhook: w.AlertWebhook,
		HTTP: outbound.NewClient(outbound.Options{Reach: outbound.Private, Allow: o.allowPrivate}),
		SMTP: w.SMTP, MailFrom: w.AlertFrom, MailTo: w.AlertTo, QueueAge: w.LateQueue, Patient: gateway.NightlyJobs(),
	})
}
