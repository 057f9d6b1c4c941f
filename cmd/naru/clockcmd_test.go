package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// command runs another command of the program, as from another shell.
func (r *running) command(want int, args ...string) (stdout, stderr string) {
	r.t.Helper()
	var out, errs buffer
	m := &Main{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: time.Now, Env: func(string) (string, bool) { return "", false }}
	if code := m.Run(r.t.Context(), args); code != want {
		r.t.Errorf("naru %s ended with %d, want %d: %s", strings.Join(args, " "), code, want, errs.String())
	}
	return out.String(), errs.String()
}

// clock runs naru clock against what runs.
func (r *running) clock(want int, args ...string) (stdout, stderr string) {
	r.t.Helper()
	return r.command(want, append(append([]string{"clock"}, args...), "--sandbox", r.at.Sandbox)...)
}

// now is the time the clock shows.
func (r *running) now() time.Time {
	var got struct{ Now time.Time }
	r.json(r.get(200, r.at.Sandbox+"/control/clock"), &got)
	return got.Now
}

func (r *running) json(text string, into any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		r.t.Fatalf("%v: %.300s", err, text)
	}
}

// login gives a token of the demo merchant, and the time the gateway says it is.
func (r *running) login() (token string, now int64) {
	r.t.Helper()
	var got struct {
		Response struct {
			Token string `json:"access_token"`
			Now   int64
		}
	}
	r.json(r.post(200, r.at.Gateway+"/users/getToken", url.Values{"imp_key": {devKey}, "imp_secret": {devSecret}}), &got)
	return got.Response.Token, got.Response.Now
}

// pay pays an order with Toss Pay, as a buyer on a phone does, and gives its imp_uid.
func (r *running) pay(order string) string {
	r.t.Helper()
	var opened struct {
		URL    string
		ImpUID string `json:"imp_uid"`
	}
	params := fmt.Sprintf(`{"user_code":%q,"mobile":true,"params":{"pg":"tosspay_v2","pay_method":"tosspay","merchant_uid":%q,"name":"shirt","amount":12000,"m_redirect_url":%q}}`,
		devUserCode, order, r.at.Shop+"/done")
	r.json(r.answer(200)(http.Post(r.at.Gateway+"/sdk/checkouts", "text/plain", strings.NewReader(params))), &opened)
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Get(opened.URL)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = res.Body.Close()
	window, err := res.Location()
	if err != nil {
		r.t.Fatalf("%s: %s: %v", opened.URL, res.Status, err)
	}
	var seen struct{ Next string }
	r.json(r.answer(200)(http.Post(r.at.Sandbox+"/control/tosspay/payments/"+window.Query().Get("payToken")+"/approve", "application/json", strings.NewReader(`{}`))), &seen)
	r.answer(302)(stay.Get(seen.Next))
	return opened.ImpUID
}

// hook is a merchant's webhook endpoint: it refuses the first tries and notes
// when they come, by the sandbox's clock.
type hook struct {
	*httptest.Server
	mu    sync.Mutex
	of    *running
	times []time.Time
}

func newHook(t *testing.T, refuse int, on func(try int)) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.times = append(h.times, h.of.now())
		if on != nil {
			on(len(h.times))
		}
		if len(h.times) <= refuse {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) start(t *testing.T) *running {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of = start(t, nil, append(slices.Clone(devArgs), "--quiet", "--webhook-url", h.URL)...)
	return h.of
}

func (h *hook) seen() []time.Time { h.mu.Lock(); defer h.mu.Unlock(); return slices.Clone(h.times) }

func TestAdvanceWaitsForWebhooksAndTheirRetries(t *testing.T) {
	t.Parallel()
	var r *running
	h := newHook(t, 3, func(try int) {
		if try == 2 { // in the middle of the advance
			if _, said := r.clock(1, "advance", "1d"); !strings.Contains(said, "being moved already") {
				t.Errorf("a second advance: %s", said)
			}
		}
	})
	r = h.start(t)
	r.clock(0, "freeze")
	paid := r.now()
	r.pay("retried-1")
	out, _ := r.clock(0, "advance", "10m")
	var got []time.Duration
	for _, at := range h.seen() {
		got = append(got, at.Sub(paid).Round(time.Millisecond)) // the store keeps microseconds
	}
	want := []time.Duration{0, 5 * time.Second, 35 * time.Second, 5*time.Minute + 35*time.Second}
	if !slices.Equal(got, want) {
		t.Errorf("webhooks came after %v, want %v", got, want)
	}
	contains(t, "the answer", out, "작업 · jobs", "frozen", short(paid.Add(10*time.Minute).Format(time.RFC3339Nano)))
	if now := r.now(); !now.Equal(paid.Add(10 * time.Minute)) {
		t.Errorf("the frozen clock shows %s, want %s", now, paid.Add(10*time.Minute))
	}
}

func TestAdvanceEndsWhenTheProgramStops(t *testing.T) {
	t.Parallel()
	var r *running
	h := newHook(t, 10, func(try int) {
		if try == 2 {
			r.cancel()
		}
	})
	r = h.start(t)
	r.clock(0, "freeze")
	r.pay("stopped-1")
	if _, said := r.clock(1, "advance", "10m"); !strings.Contains(said, "the program is stopping") || !strings.Contains(said, "advance again") {
		t.Errorf("the advance says %s", said)
	}
	if code := r.stop(); code != 0 || len(h.seen()) != 2 {
		t.Errorf("exit code %d after %d webhooks: %s", code, len(h.seen()), r.stderr)
	}
}

func TestOneClockForGatewayStoreAndSimulators(t *testing.T) {
	t.Parallel()
	r := start(t, nil, append(slices.Clone(devArgs), "--quiet")...)
	r.clock(0, "set", "2031-05-01")
	r.clock(0, "freeze")
	r.clock(0, "advance", "1h")
	now := r.now().Unix()
	if away := now - time.Date(2031, 4, 30, 16, 0, 0, 0, time.UTC).Unix(); away < 0 || away > 60 { // it ran until it was frozen
		t.Fatalf("the clock is %d s after what it was set to", away)
	}
	token, gateway := r.login()
	id := r.pay("one-clock")
	var payment struct {
		Response struct {
			Status    string
			StartedAt int64 `json:"started_at"`
			PaidAt    int64 `json:"paid_at"`
		}
	}
	r.json(r.get(200, r.at.Gateway+"/payments/"+id+"?_token="+token), &payment)
	if p := payment.Response; p.Status != "paid" || gateway != now || p.StartedAt != now || p.PaidAt != now {
		t.Errorf("the clock shows %d; the gateway %d, its books %d, the simulator %d (%s)", now, gateway, p.StartedAt, p.PaidAt, p.Status)
	}
	if _, said := r.clock(1, "set", "2031-05-01"); !strings.Contains(said, "does not go back") {
		t.Errorf("set back: %s", said)
	}
	out, _ := r.clock(0)
	contains(t, "the clock", out, "2031-05-01T01:", "멈춤 · frozen", "예정 · next")
	r.clock(0, "thaw")
	waitFor(t, func() bool { return r.now().After(time.Unix(now, 0).Add(time.Millisecond)) })
}

func TestClockOfTheSandboxAlone(t *testing.T) {
	t.Parallel()
	r := start(t, nil, "sandbox", "--listen", "127.0.0.1:0")
	before := time.Now()
	out, _ := r.clock(0, "advance", "2w")
	contains(t, "the answer", out, "jobs 0", "running")
	if ahead := r.now().Sub(before); ahead < 14*24*time.Hour || ahead > 15*24*time.Hour {
		t.Errorf("the clock is %s ahead", ahead)
	}
}

func TestClockCommandSaysWhatToDo(t *testing.T) {
	t.Parallel()
	r := start(t, nil, append(slices.Clone(devArgs), "--quiet")...)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"advance", "3mo", "--sandbox", r.at.Sandbox}, "months and years differ"},
		{[]string{"advance", "1d", "--sandbox", r.at.Gateway}, "--sandbox wants the address of the sandbox"},
		{[]string{"freeze", "--sandbox", "http://127.0.0.1:1"}, "start naru dev"},
		{[]string{"--sandbox", "127.0.0.1:8788"}, "--sandbox"},
	} {
		if _, said := r.command(exitTrouble, append([]string{"clock"}, c.args...)...); !strings.Contains(said, c.want) {
			t.Errorf("naru clock %q says %q, want %q in it", c.args, said, c.want)
		}
	}
}
