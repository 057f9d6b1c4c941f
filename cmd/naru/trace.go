package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"naru/internal/config"
	"naru/internal/rest"
)

// tracing makes spans of requests, steps of money, calls to providers, runs of
// jobs and tries of webhooks, and sends them to a collector. A nil *tracing makes
// none. Names and attributes are ids and words of ours; no address, body or name
// of a buyer is among them. What we call is not told of a trace.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// traceFlush is how long a stopping node goes on sending spans.
const traceFlush = 3 * time.Second

// newTracing gives nil when traces are off.
func newTracing(ctx context.Context, w config.Watching, log *slog.Logger) (*tracing, error) {
	if w.OTLPEndpoint == "" {
		return nil, nil
	}
	headers := map[string]string{}
	for name, value := range w.OTLPHeaders {
		headers[name] = value.Reveal()
	}
	client := &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(w.OTLPEndpoint), otlptracehttp.WithHeaders(headers), otlptracehttp.WithHTTPClient(client))
	if err != nil {
		return nil, errors.New("otlp-endpoint: traces cannot be sent there") // err may show a header
	}
	node, _ := os.Hostname()
	share := sdktrace.TraceIDRatioBased(w.TraceSample)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(&quietExporter{SpanExporter: exporter, log: log}),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "naru"), attribute.String("service.version", version()),
			attribute.String("service.instance.id", node))),
		// A stranger's trace goes on under its id; whether we record it is up to us.
		sdktrace.WithSampler(sdktrace.ParentBased(share, sdktrace.WithRemoteParentSampled(share), sdktrace.WithRemoteParentNotSampled(share))),
	)
	return &tracing{provider: provider, tracer: provider.Tracer("naru")}, nil
}

// close sends what is left.
func (t *tracing) close(log *slog.Logger) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), traceFlush)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		log.Warn("the last traces were not sent")
	}
}

// quietExporter keeps failures to send, whose texts may show headers, from the
// library's own log, and says once a minute that there are some.
type quietExporter struct {
	sdktrace.SpanExporter
	log *slog.Logger

	mu   sync.Mutex
	said time.Time
}

func (q *quietExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := q.SpanExporter.ExportSpans(ctx, spans); err != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		if now := time.Now(); now.Sub(q.said) > time.Minute {
			q.said = now
			q.log.WarnContext(ctx, "traces could not be sent", "spans", len(spans))
		}
	}
	return nil
}

// requests makes a span of each request, which goes on the caller's trace if it
// brought a W3C traceparent. Its tracestate is dropped: it is a stranger's text.
func (t *tracing) requests(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		if parent := trace.SpanContextFromContext(ctx); parent.IsValid() {
			ctx = trace.ContextWithRemoteSpanContext(r.Context(), parent.WithTraceState(trace.TraceState{}))
		}
		ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		if span.IsRecording() {
			ctx = rest.OnEnd(ctx, func(e *rest.Event) { describeRequest(span, e) })
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func describeRequest(span trace.Span, e *rest.Event) {
	route := e.Route
	if route == "" {
		route = "none"
	}
	method := knownMethod(e.Method)
	span.SetName(method + " " + route)
	span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route),
		attribute.Int("http.response.status_code", e.Status), attribute.String("naru.request", e.RequestID))
	if e.Merchant != "" {
		span.SetAttributes(attribute.String("naru.merchant", e.Merchant))
	}
	if e.Status >= 500 {
		span.SetStatus(codes.Error, "")
	}
}

// start begins a span of ours.
func (t *tracing) start(ctx context.Context, name string, kind trace.SpanKind, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	return t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
}

// endSpan ends a span with its outcome; bad ones count as errors.
func endSpan(span trace.Span, outcome string, bad bool, attrs ...attribute.KeyValue) {
	span.SetAttributes(append(attrs, attribute.String("naru.outcome", outcome))...)
	if bad {
		span.SetStatus(codes.Error, outcome)
	}
	span.End()
}
