package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"naru/internal/pay"
	"naru/internal/store"
)

// run runs a command to its end and gives what it printed.
func run(t *testing.T, env map[string]string, stdin string, args ...string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	m := &Main{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errOut, Now: time.Now, Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
	if code := m.Run(t.Context(), args); code != 0 {
		t.Fatalf("naru %s: %d: %s", strings.Join(args, " "), code, errOut.String())
	}
	return out.String()
}

// heard is what arrived at a listener.
type heard struct {
	mu      sync.Mutex
	headers []http.Header
	bodies  [][]byte
}

func (h *heard) server(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.headers, h.bodies = append(h.headers, r.Header.Clone()), append(h.bodies, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func (h *heard) all() ([]http.Header, [][]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.headers), slices.Clone(h.bodies)
}

// spans are the spans a collector was sent.
func (h *heard) spans(t *testing.T) (spans []*tracepb.Span) {
	t.Helper()
	_, bodies := h.all()
	for _, b := range bodies {
		var in collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(b, &in); err != nil {
			t.Fatal(err)
		}
		for _, rs := range in.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				spans = append(spans, ss.Spans...)
			}
		}
	}
	return spans
}

// observed is a server in production's clothes, whose operator looks on.
type observed struct {
	*running
	t       *testing.T
	sandbox *running
	hooks   *heard // of the merchant
	spansAt *heard
	alerts  *heard
	db      string
	token   string
}

func newObserved(t *testing.T, more map[string]string) *observed {
	t.Helper()
	o := &observed{t: t, sandbox: start(t, nil, "sandbox", "--listen", "127.0.0.1:0"), hooks: &heard{}, spansAt: &heard{}, alerts: &heard{}}
	env, args := serveArgs(t, "--allow-private-addresses", "127.0.0.0/8")
	env["NARU_DB"] = "sqlite:" + filepath.Join(t.TempDir(), "naru.db")
	o.db = env["NARU_DB"]
	env["NARU_OTLP_ENDPOINT"], env["NARU_TRACE_SAMPLE"], env["NARU_OTLP_HEADERS"] = o.spansAt.server(t), "1", "Authorization=Bearer planted-otlp-secret"
	env["NARU_ALERT_WEBHOOK_URL"] = o.alerts.server(t) + "/planted-alert-secret"
	for k, v := range more {
		env[k] = v
	}
	run(t, env, "", "migrate")
	run(t, env, "", "merchant", "add", "--user-code", "imp12345678", "--webhook-url", o.hooks.server(t)+"/hook", "나루 상점")
	key, secret := keyAndSecret(t, run(t, env, "", "key", "add", "imp12345678"))
	for _, ch := range devChannels() {
		if ch.Provider != pay.TossPayments || ch.Kind != pay.ChannelBilling {
			continue
		}
		api, _ := endpoints(o.sandbox.at.Sandbox, ch.Provider)
		credentials := map[string]string{}
		for k, v := range ch.credentials {
			credentials[k] = v.Reveal()
		}
		text, _ := json.Marshal(credentials)
		run(t, env, string(text), "channel", "add", "imp12345678", "--mode", "sandbox", "--provider", string(ch.Provider), "--mid", ch.MID, "--kind", "billing", "--api", api, "--credentials", "-")
	}
	o.running = start(t, env, args...)
	body := o.post(200, o.at.Gateway+"/users/getToken", url.Values{"imp_key": {key}, "imp_secret": {secret}})
	_, rest, _ := strings.Cut(body, `"access_token":"`)
	o.token, _, _ = strings.Cut(rest, `"`)
	return o
}

func keyAndSecret(t *testing.T, text string) (key, secret string) {
	t.Helper()
	f := strings.Fields(text)
	if len(f) != 4 || f[0] != "imp_key" || f[2] != "imp_secret" {
		t.Fatalf("naru key add printed %q", text)
	}
	return f[1], f[3]
}

// planted is what nobody but the provider may see.
const (
	plantedCard  = "9410123412341234"
	plantedBirth = "771231"
	plantedPhone = "010-9876-5432"
	plantedName  = "홍숨김"
	plantedMail  = "hidden.buyer@example.com"
	refusedCard  = "9410009900000101"
	traceparent  = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
)

// once pays with a card number, and gives V1's code.
func (o *observed) once(uid, card string) int {
	o.t.Helper()
	in, _ := json.Marshal(map[string]any{
		"merchant_uid": uid, "amount": 1000, "card_number": card, "expiry": "2031-12", "birth": plantedBirth, "pwd_2digit": "42",
		"buyer_name": plantedName, "buyer_tel": plantedPhone, "buyer_email": plantedMail, "name": "원두",
	})
	req, _ := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.at.Gateway+"/subscribe/payments/onetime?_secret="+plantedCard, bytes.NewReader(in))
	req.Header.Set("Authorization", o.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Traceparent", traceparent)
	req.Header.Set("Tracestate", "vendor="+plantedBirth)
	req.Header.Set("X-Request-Id", "req-"+uid)
	body := o.answer(200)(http.DefaultClient.Do(req))
	var out struct {
		Code     int
		Response *struct {
			Status string `json:"status"`
		}
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		o.t.Fatal(err)
	}
	return out.Code
}

// TestWhatHappensIsSeenAndScrubbed pays, is refused and loses an answer, and looks
// at the log, the metrics, the traces and what the merchant was sent.
func TestWhatHappensIsSeenAndScrubbed(t *testing.T) {
	t.Parallel()
	o := newObserved(t, nil)
	if code := o.once("paid-1", plantedCard); code != 0 {
		t.Fatalf("paid: code %d: %s", code, o.stderr)
	}
	_ = o.once("refused-1", refusedCard)
	o.fault("POST /v1/payments/key-in before drop")
	_ = o.once("lost-1", plantedCard)
	waitFor(t, func() bool { h, _ := o.hooks.all(); return len(h) >= 1 })
	metrics := o.get(200, o.at.Admin+"/metrics")
	for _, want := range []string{
		`naru_payments_total{method="card",provider="tosspayments",reason="",status="paid"} 1`,
		`naru_payments_total{method="card",provider="tosspayments",reason="limit_exceeded",status="failed"} 1`,
		`naru_attempts_total{kind="keyin",outcome="succeeded",reason=""} 1`,
		`naru_attempts_total{kind="keyin",outcome="declined",reason="limit_exceeded"} 1`,
		`naru_attempts_total{kind="keyin",outcome="unknown",reason=""} 1`,
		`naru_provider_calls_total{operation="charge_card",outcome="declined",provider="tosspayments"} 1`,
		`naru_provider_calls_total{operation="charge_card",outcome="unknown",provider="tosspayments"}`,
		`naru_provider_call_seconds_count{operation="charge_card",provider="tosspayments"}`,
		`naru_attempts_unknown 1`, `naru_attempts_unsettled 0`, `naru_webhook_try_seconds_count{outcome="delivered"}`,
		`naru_webhook_tries_total{outcome="delivered"}`, `naru_jobs_run_total{kind="deliver",outcome="done"}`,
		`naru_jobs_due{kind="deliver"}`, `naru_alarms_open{kind="unknown_outcome"} 0`, `naru_clock_offset_seconds 0`, `naru_build_info{`,
		`naru_store_write_seconds_count{outcome="committed"}`, `naru_books_unreadable 0`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if code := o.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	o.checkLog()
	o.checkSpans()
	o.checkChannelCalls()
	o.checkScrubbed(metrics)
}

// fault has the stand-in of Toss Payments misbehave.
func (o *observed) fault(rule string) {
	o.t.Helper()
	o.answer(201)(http.Post(o.sandbox.at.Sandbox+"/control/tosspayments/faults", "text/plain", strings.NewReader(rule)))
}

// lines are the log's lines of a kind.
func (o *observed) lines(msg string) (out []map[string]any) {
	o.t.Helper()
	for line := range strings.Lines(o.stderr.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			o.t.Fatalf("a line that is no JSON: %s", line)
		}
		if v["msg"] == msg {
			out = append(out, v)
		}
	}
	return out
}

func (o *observed) checkLog() {
	t := o.t
	t.Helper()
	has := func(v map[string]any, fields ...string) {
		t.Helper()
		for _, f := range fields {
			if s := fmt.Sprint(v[f]); v[f] == nil || s == "" {
				t.Errorf("%v lacks %s", v, f)
			}
		}
	}
	var paid, refused, lost map[string]any
	for _, v := range o.lines("attempt") {
		has(v, "merchant", "payment", "attempt", "kind", "outcome", "amount", "actor", "trace")
		switch {
		case v["request"] == "req-paid-1" && v["outcome"] == "succeeded":
			paid = v
		case v["request"] == "req-refused-1" && v["outcome"] == "declined":
			refused = v
		case v["request"] == "req-lost-1" && v["outcome"] == "unknown":
			lost = v
		}
	}
	has(paid, "took", "from", "status", "provider", "channel", "method", "source", "event")
	has(refused, "took", "code", "reason")
	if paid["status"] != "paid" || refused["status"] != "failed" || refused["code"] != "REJECT_CARD_PAYMENT" || refused["failed_for"] != "limit_exceeded" || lost == nil {
		t.Errorf("money in the log:\npaid %v\nrefused %v\nlost %v", paid, refused, lost)
	}
	i := slices.IndexFunc(o.lines("request"), func(v map[string]any) bool { return v["request"] == "req-paid-1" })
	if i < 0 {
		t.Fatalf("no line of the request: %s", o.stderr)
	}
	req := o.lines("request")[i]
	has(req, "merchant", "key", "took", "trace", "span")
	if req["route"] != "/subscribe/payments/onetime" || req["method"] != "POST" || req["status"] != 200.0 || req["remote"] != "127.0.0.0/24" || req["trace"] != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("request %v", req)
	}
	if len(o.lines("webhook")) == 0 {
		t.Error("no line of a webhook")
	}
}

// checkChannelCalls: how calls went is on the books for whoever watches channels.
func (o *observed) checkChannelCalls() {
	t := o.t
	t.Helper()
	s, err := store.Open(t.Context(), o.db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Read(t.Context(), func(tx *store.Tx) error {
		calls, err := tx.ChannelCallsSince(t.Context(), tx.Now.Add(-time.Hour))
		if len(calls) != 1 || calls[0].Answered < 2 || calls[0].Failed < 1 {
			t.Errorf("calls %+v", calls)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (o *observed) checkSpans() {
	t := o.t
	t.Helper()
	byName := map[string]*tracepb.Span{}
	for _, s := range o.spansAt.spans(t) {
		if fmt.Sprintf("%x", s.TraceId) == "4bf92f3577b34da6a3ce929d0e0e4736" && byName[s.Name] == nil || strings.HasPrefix(s.Name, "webhook") || strings.HasPrefix(s.Name, "job") {
			byName[s.Name] = s
		}
		if s.TraceState != "" {
			t.Errorf("span %s has the stranger's state %q", s.Name, s.TraceState)
		}
	}
	for _, name := range []string{"POST /subscribe/payments/onetime", "intend keyin", "ask keyin", "learn keyin", "provider charge card", "webhook try", "job deliver"} {
		if byName[name] == nil {
			t.Errorf("no span %q", name)
		}
	}
	if t.Failed() {
		return
	}
	request, ask, call := byName["POST /subscribe/payments/onetime"], byName["ask keyin"], byName["provider charge card"]
	if fmt.Sprintf("%x", request.ParentSpanId) != "00f067aa0ba902b7" || string(ask.ParentSpanId) != string(request.SpanId) || string(call.ParentSpanId) != string(ask.SpanId) {
		t.Error("the spans of a request do not hang together")
	}
	if string(byName["webhook try"].ParentSpanId) != string(byName["job deliver"].SpanId) {
		t.Error("a webhook's try is not part of its job")
	}
	attrs := map[string]string{}
	for _, a := range ask.Attributes {
		attrs[a.Key] = a.Value.GetStringValue()
	}
	if attrs["naru.kind"] != "keyin" || attrs["naru.outcome"] != "answered" || attrs["naru.attempt"] == "" || !strings.HasPrefix(attrs["naru.payment"], "imp") {
		t.Errorf("attributes %v", attrs)
	}
	sent, _ := o.spansAt.all()
	if sent[0].Get("Authorization") != "Bearer planted-otlp-secret" {
		t.Error("the collector was not told who we are")
	}
}

// checkScrubbed: what is about the buyer or secret is nowhere, and nobody outside
// is told of a trace.
func (o *observed) checkScrubbed(metrics string) {
	t := o.t
	t.Helper()
	places := map[string]string{"the log": o.stderr.String(), "/metrics": metrics}
	for i, s := range o.spansAt.spans(t) {
		places[fmt.Sprintf("span %d %s", i, s.Name)] = s.String()
	}
	_, alerts := o.alerts.all()
	places["alerts"] = string(bytes.Join(alerts, nil))
	dashed := regexp.MustCompile(`(....)(....)(....)(....)`).ReplaceAllString(plantedCard, "$1-$2-$3-$4")
	for where, text := range places {
		for _, secret := range []string{
			plantedCard, dashed, refusedCard, plantedBirth, plantedPhone, strings.ReplaceAll(plantedPhone, "-", ""), plantedName, plantedMail,
			o.token, testMaster, sandboxBillingSecretKey, "planted-otlp-secret", "planted-alert-secret",
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q: %.300s", where, secret, text[max(0, strings.Index(text, secret)-100):])
			}
		}
	}
	hooks, _ := o.hooks.all()
	for _, h := range hooks {
		if h.Get("Traceparent") != "" || h.Get("Tracestate") != "" {
			t.Errorf("the merchant was told of a trace: %v", h)
		}
	}
	transcript := o.get(200, o.sandbox.at.Sandbox+"/control/tosspayments/transcript")
	if strings.Contains(strings.ToLower(transcript), "traceparent") || strings.Contains(transcript, "4bf92f3577b34da6") || !strings.Contains(transcript, "key-in") {
		t.Errorf("the provider was told of a trace, or of nothing: %.300s", transcript)
	}
}
