package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"naru/internal/sandbox/fault"
)

func add(t *testing.T, in *fault.Injector, rules ...string) {
	t.Helper()
	for _, r := range rules {
		if _, err := in.Add(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBadRulesNameTheWrongWord(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"":                                   "empty",
		"FETCH /v1/x before drop":            `"FETCH"`,
		"GET":                                "path",
		"GET v1/x drop":                      "path",
		"GET /v1/x":                          "no action",
		"GET /v1/x before explode":           `"explode"`,
		"GET /v1/x status=200":               `"status=200"`,
		"GET /v1/x status=abc":               `"status=abc"`,
		"GET /v1/x nth=0 drop":               `"nth=0"`,
		"GET /v1/x times=-1 drop":            `"times=-1"`,
		"GET /v1/x chance=1.5 drop":          `"chance=1.5"`,
		"GET /v1/x chance=NaN drop":          `"chance=NaN"`,
		"GET /v1/x slow=5":                   `"slow=5"`,
		"GET /v1/x before garble":            `"garble"`,
		"GET /v1/x before cut":               `"cut"`,
		"GET /v1/x drop garble":              `"garble"`,
		"GET /v1/x drop code=X":              `"code=X"`,
		"GET /v1/**/x drop":                  "last segment",
		"webhook":                            "kind",
		"webhook drop=1":                     "kind",
		"webhook PAYMENT_STATUS_CHANGED":     "needs one of",
		"webhook * late=soon":                `"late=soon"`,
		"webhook * shuffle=all":              `"shuffle=all"`,
		"webhook * status=500":               `"status=500"`,
		"webhook PAYMENT_STATUS_CHANGED cut": `"cut"`,
	} {
		if _, err := fault.New(1).Add(rule); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("rule %q: error %v, want one with %s", rule, err, want)
		}
	}
}

// serve answers every call with a JSON body and counts how often it acted.
func serve(t *testing.T, rules ...string) (srv *httptest.Server, in *fault.Injector, acted *atomic.Int32) {
	t.Helper()
	in, acted = fault.New(7), new(atomic.Int32)
	add(t, in, rules...)
	srv = httptest.NewServer(in.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		acted.Add(1)
		w.Header().Set("X-Trace", "t1")
		_ = json.NewEncoder(w).Encode(map[string]string{"status": "DONE", "saw": string(body)})
	})))
	t.Cleanup(srv.Close)
	return srv, in, acted
}

func post(srv *httptest.Server, path string) (int, []byte, error) {
	resp, err := srv.Client().Post(srv.URL+path, "application/json", strings.NewReader(`{"a":1}`))
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

func TestActions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule   string
		acted  int32
		status int  // 0: no answer
		parses bool // the body is whole JSON
		broken bool // reading it fails
	}{
		{"POST /x before drop", 0, 0, false, false},
		{"POST /x before status=503", 0, 503, false, false},
		{"POST /x before status=503 code=BUSY", 0, 503, true, false},
		{"POST /x after drop", 1, 0, false, false},
		{"POST /x after status=500", 1, 500, false, false},
		{"POST /x after status=500 code=OOPS", 1, 500, true, false},
		{"POST /x after garble", 1, 200, false, false},
		{"POST /x after cut", 1, 200, false, true},
		{"POST /x slow=1ms", 1, 200, true, false},
		{"POST /x before slow=1ms", 1, 200, true, false},
		{"POST /x slow=1ms drop", 1, 0, false, false},
		{"GET /x before drop", 1, 200, true, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			srv, _, acted := serve(t, c.rule)
			status, body, err := post(srv, "/x")
			if status != c.status || (err != nil) != (c.status == 0 || c.broken) {
				t.Fatalf("status %d, error %v, want status %d, broken %v", status, err, c.status, c.broken)
			}
			if acted.Load() != c.acted {
				t.Errorf("acted %d times, want %d", acted.Load(), c.acted)
			}
			if json.Valid(body) != c.parses {
				t.Errorf("body %q: parses %v, want %v", body, !c.parses, c.parses)
			}
		})
	}
}

func TestPatternsMatchMethodAndSegments(t *testing.T) {
	t.Parallel()
	for rule, matches := range map[string]map[string]bool{
		"POST /v1/payments/*/cancel before drop": {"/v1/payments/k/cancel": true, "/v1/payments/cancel": false, "/v1/payments/k/cancel/x": false},
		"* /v1/payments/confirm before drop":     {"/v1/payments/confirm": true, "/v1/payments/other": false},
		"* /v1/** before drop":                   {"/v1/payments/confirm": true, "/v1": true, "/v2/x": false},
		"* / before drop":                        {"/": true, "/v1": false},
	} {
		for path, want := range matches {
			srv, in, _ := serve(t, rule)
			if _, _, err := post(srv, path); (err != nil) != want {
				t.Errorf("%s on %s: dropped %v, want %v", rule, path, err != nil, want)
			}
			if hits := in.Rules()[0].Hits; (hits == 1) != want {
				t.Errorf("%s on %s: %d hits", rule, path, hits)
			}
		}
	}
}

func TestNthAndTimesCountMatchingCallsOnly(t *testing.T) {
	t.Parallel()
	outcome := func(rule string) string {
		srv, _, _ := serve(t, rule)
		var b strings.Builder
		for range 5 {
			_, _, _ = post(srv, "/other")
			if status, _, _ := post(srv, "/x"); status == 503 {
				b.WriteByte('!')
			} else {
				b.WriteByte('.')
			}
		}
		return b.String()
	}
	if got := outcome("POST /x nth=3 before status=503"); got != "..!.." {
		t.Errorf("nth=3: %s", got)
	}
	if got := outcome("POST /x times=2 before status=503"); got != "!!..." {
		t.Errorf("times=2: %s", got)
	}
}

func TestChanceRepeatsWithItsSeed(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) string {
		in := fault.New(seed)
		add(t, in, "webhook * chance=0.5 drop")
		var b strings.Builder
		for range 64 {
			if in.Message("X").Drop {
				b.WriteByte('!')
			} else {
				b.WriteByte('.')
			}
		}
		return b.String()
	}
	a := draw(42)
	if a != draw(42) {
		t.Error("one seed gave two sequences")
	}
	if a == draw(43) {
		t.Error("two seeds gave one sequence")
	}
	if n := strings.Count(a, "!"); n < 16 || n > 48 {
		t.Errorf("%d of 64 at chance 0.5", n)
	}
}

func TestMessagesAddUpTheRulesThatApply(t *testing.T) {
	t.Parallel()
	in := fault.New(1)
	add(t, in, "webhook A twice", "webhook * late=90s nth=2", "webhook B early", "POST /x after drop")
	if got, want := in.Message("A"), (fault.Fate{Twice: true}); got != want {
		t.Errorf("first A: %+v, want %+v", got, want)
	}
	if got, want := in.Message("B"), (fault.Fate{Early: true, Late: 90 * time.Second}); got != want {
		t.Errorf("B, second of all: %+v, want %+v", got, want)
	}
	if got := in.Message("C"); got != (fault.Fate{}) {
		t.Errorf("C: %+v, want an ordinary delivery", got)
	}
}

// The seed alone decides how long each message is held back, and so which
// overtakes which.
func TestShuffleHoldsMessagesBackByChance(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64, rule string) (out []time.Duration) {
		in := fault.New(seed)
		add(t, in, rule)
		for range 20 {
			out = append(out, in.Message("A").Late)
		}
		return out
	}
	long := draw(7, "webhook A shuffle=30m")
	if !slices.Equal(long, draw(7, "webhook A shuffle=30m")) || slices.Equal(long, draw(8, "webhook A shuffle=30m")) {
		t.Error("the times do not go by the seed")
	}
	if slices.IsSorted(long) || slices.Max(long) >= 30*time.Minute || slices.Max(long) < 10*time.Minute || slices.Min(long) < 0 {
		t.Errorf("times %v", long)
	}
	if short := draw(7, "webhook * shuffle"); slices.Max(short) >= 10*time.Second || slices.Max(short) == 0 {
		t.Errorf("without a time: %v, want up to 10s", short)
	}
	in := fault.New(1)
	add(t, in, "webhook A shuffle nth=2")
	if got := in.Message("A"); got != (fault.Fate{}) {
		t.Errorf("first of nth=2: %+v", got)
	}
}

func TestRulesCanBeRemoved(t *testing.T) {
	t.Parallel()
	in := fault.New(1)
	add(t, in, "webhook * drop", "webhook  *   twice")
	if !in.Remove(1) || in.Remove(1) {
		t.Error("Remove must say whether there was such a rule")
	}
	if r := in.Rules(); len(r) != 1 || r[0].ID != 2 || r[0].Text != "webhook * twice" {
		t.Errorf("rules %+v", r)
	}
	in.Clear()
	if got := in.Message("A"); got != (fault.Fate{}) {
		t.Errorf("after Clear: %+v", got)
	}
}

func TestEnvelopeIsTheProvidersOwn(t *testing.T) {
	t.Parallel()
	srv, in, _ := serve(t, "POST /x before status=503 code=BUSY")
	in.SetEnvelope(func(status int, code string) []byte { return []byte(`{"errorCode":"` + code + `"}`) })
	if _, body, _ := post(srv, "/x"); string(body) != `{"errorCode":"BUSY"}` {
		t.Errorf("body %s", body)
	}
}

// A client that gives up must not leave the handler waiting out the delay, and
// what was done stays done.
func TestSlowEndsWhenTheClientGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := fault.New(1)
		add(t, in, "POST /x slow=300s")
		acted, ended := 0, make(chan time.Duration, 1)
		h := in.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			acted++
			if r.Context().Done() != nil {
				t.Error("the handler's context can be cancelled")
			}
		}))
		began := time.Now()
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			ended <- time.Since(began)
		})}
		l := newPipeListener()
		go srv.Serve(l) //nolint:errcheck // ends with Close
		defer srv.Close()
		client := &http.Client{Transport: &http.Transport{DialContext: l.dial, DisableKeepAlives: true}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "POST", "http://pipe/x", strings.NewReader("{}"))
		if _, err := client.Do(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		if took := <-ended; took != 30*time.Second {
			t.Errorf("the handler ended after %s, want 30s", took)
		}
		if acted != 1 {
			t.Errorf("acted %d times, want 1", acted)
		}
	})
}

type pipeListener struct{ conns chan net.Conn }

func newPipeListener() *pipeListener { return &pipeListener{make(chan net.Conn)} }

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	server, client := net.Pipe()
	l.conns <- server
	return client, nil
}

func (l *pipeListener) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l *pipeListener) Close() error   { close(l.conns); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func FuzzAdd(f *testing.F) {
	for _, s := range []string{"POST /v1/payments/confirm nth=1 after drop", "webhook * late=90s", "* /** chance=0.3 before status=503 code=X slow=1s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		in := fault.New(1)
		r, err := in.Add(rule)
		if err != nil {
			if len(in.Rules()) != 0 {
				t.Error("a refused rule was kept")
			}
			return
		}
		if _, err := fault.New(1).Add(r.Text); err != nil {
			t.Errorf("the rule's own text %q is refused: %v", r.Text, err)
		}
	})
}
