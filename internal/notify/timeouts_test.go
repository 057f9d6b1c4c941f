package notify

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
)

// limits is a RoundTripper that notes how long a request might take.
type limits struct{ got []time.Duration }

func (l *limits) RoundTrip(r *http.Request) (*http.Response, error) {
	deadline, _ := r.Context().Deadline()
	l.got = append(l.got, time.Until(deadline))
	return nil, errors.New("not sent")
}

// TestTimeouts pins the limits of "웹훅 연동하기" and "컨펌 프로세스".
func TestTimeouts(t *testing.T) {
	t.Parallel()
	n := New(Options{})
	transport, ok := n.guarded.Transport.(*http.Transport)
	if !ok || transport.ResponseHeaderTimeout != 30*time.Second || transport.TLSHandshakeTimeout != 10*time.Second || transport.Proxy != nil {
		t.Errorf("transport %+v", n.guarded.Transport)
	}
	l := &limits{}
	n.guarded = &http.Client{Transport: l}
	n.post(t.Context(), message{url: "http://example.com/", timeout: timeoutOf(false)})
	n.post(t.Context(), message{url: "http://example.com/", timeout: timeoutOf(true)})
	n.Preapprove(context.Background(), pay.Merchant{}, pay.Payment{Notify: pay.Notify{ConfirmURL: "http://example.com/"}})
	for i, want := range []time.Duration{40 * time.Second, 15 * time.Second, 10 * time.Second} {
		if d := want - l.got[i]; d < 0 || d > time.Second {
			t.Errorf("request %d may take %s, want %s", i, l.got[i], want)
		}
	}
}

// TestDripsAreBounded: headers that come byte by byte take no longer than the
// request may; a 200 counts, and soon, though its body does not end.
func TestDripsAreBounded(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		drip(w, r, r.URL.Path == "/body")
	}))
	defer s.Close()
	n := New(Options{AnyAddress: true})
	defer n.Close()
	n.answerTime = time.Millisecond
	if a := n.post(t.Context(), message{url: s.URL + "/body", timeout: time.Hour}); !accepted(a) {
		t.Errorf("an endless body: %+v", a)
	}
	a := n.post(t.Context(), message{url: s.URL + "/headers", timeout: 100 * time.Millisecond})
	if a.err == nil || a.status != 0 {
		t.Errorf("endless headers: %+v", a)
	}
}

// drip sends bytes until the other side goes away.
func drip(w http.ResponseWriter, r *http.Request, body bool) {
	if body {
		w.WriteHeader(http.StatusOK)
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
			<-time.After(time.Millisecond)
		}
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte("HTTP/1.1 200 OK\r\nX-Drip: "))
	for err == nil {
		_, err = conn.Write([]byte("x"))
		<-time.After(time.Millisecond)
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"": 0, "x": 0, "-5": 0, "0": 0, "90": 90 * time.Second, "3600": time.Hour, "86400": time.Hour, "99999999999999999999": 0,
		"Sat, 21 Nov 2026 03:02:00 GMT": 2 * time.Minute, "Sat, 21 Nov 2026 02:00:00 GMT": 0, "Sun, 22 Nov 2026 03:00:00 GMT": time.Hour,
	} {
		h := http.Header{"Retry-After": {text}, "Date": {"Sat, 21 Nov 2026 03:00:00 GMT"}}
		if got := retryAfter(h); got != want {
			t.Errorf("Retry-After %q: %s, want %s", text, got, want)
		}
	}
	if got := retryAfter(http.Header{"Retry-After": {"Sat, 21 Nov 2026 03:02:00 GMT"}}); got != 0 {
		t.Errorf("a time without the answer's own clock: %s", got)
	}
}

func TestWaitsSpread(t *testing.T) {
	t.Parallel()
	for chance, want := range map[float64]time.Duration{0: 54 * time.Second, 0.5: time.Minute, 0.75: 63 * time.Second} {
		if got := spread(time.Minute, chance); got != want {
			t.Errorf("chance %v: %s, want %s", chance, got, want)
		}
	}
	if got := spread(time.Minute, 0.999999); got < time.Minute || got > 66*time.Second {
		t.Errorf("at most a tenth later: %s", got)
	}
}

// TestLaneWidths: an endpoint that fails gets one request at a time until one goes
// well, and everybody gets fewer while very many hang.
func TestLaneWidths(t *testing.T) {
	t.Parallel()
	var l lanes
	for range failuresTolerated {
		if got := l.limit("a"); got != laneWidth {
			t.Fatalf("width %d of an endpoint that has not failed often", got)
		}
		l.end("a", l.begin("a"), true, 0)
	}
	if got := l.limit("a"); got != 1 {
		t.Errorf("width %d after %d failures", got, failuresTolerated)
	}
	if got := l.limit("b"); got != laneWidth {
		t.Errorf("width %d of another", got)
	}
	l.end("a", l.begin("a"), false, time.Millisecond)
	if got := l.limit("a"); got != laneWidth+1 {
		t.Errorf("width %d once it went well", got)
	}
	for range 2 * widestLane {
		l.end("a", l.begin("a"), false, time.Millisecond)
	}
	if got := l.limit("a"); got != widestLane {
		t.Errorf("width %d of one that answers quickly", got)
	}
	for range Slots/2 + 1 {
		l.begin("hangs")
	}
	if got := l.limit("b"); got != crowdedWidth {
		t.Errorf("width %d while half of all slots are taken", got)
	}
	if got := l.limit("a"); got != laneWidth {
		t.Errorf("width %d then, of one that answers quickly", got)
	}
	l.end("a", l.begin("a"), false, quick)
	if got := l.limit("a"); got != crowdedWidth {
		t.Errorf("width %d once it was slow", got)
	}
}

// TestStrangersLeaveRoom: however many endpoints are named that hang, each another
// one, those that answer quickly go on.
func TestStrangersLeaveRoom(t *testing.T) {
	t.Parallel()
	var l lanes
	l.end("well", l.begin("well"), false, time.Millisecond)
	hanging := map[string]bool{}
	for i := range Slots {
		if name := strconv.Itoa(i); l.limit(name) > 0 {
			hanging[name] = l.begin(name)
		}
	}
	if len(hanging) != strangers {
		t.Errorf("%d tries hang, want %d", len(hanging), strangers)
	}
	if got := l.limit("well"); got != laneWidth {
		t.Errorf("width %d of one that answers quickly", got)
	}
	for name, strange := range hanging {
		l.end(name, strange, true, time.Minute)
	}
	if l.limit("0") != laneWidth || l.total != 0 || l.strange != 0 {
		t.Errorf("afterwards: width %d, %d and %d under way", l.limit("0"), l.total, l.strange)
	}
}

// TestFailingEndpointsAreForgotten: pages name addresses, so there is no end to
// the endpoints that fail.
func TestFailingEndpointsAreForgotten(t *testing.T) {
	t.Parallel()
	var l lanes
	for i := range 2 * lanesKept {
		name := laneOf("m1", "https://"+time.Duration(i).String()+".example/")
		l.end(name, l.begin(name), true, 0)
	}
	if len(l.of) > lanesKept+1 {
		t.Errorf("%d remembered", len(l.of))
	}
}

func TestLanes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://shop.example/a", "https://SHOP.example:443/b?c", true},
		{"http://shop.example/a", "http://user:word@shop.example:80/", true},
		{"https://shop.example/a", "http://shop.example/a", false},
		{"https://shop.example/a", "https://shop.example:8443/a", false},
		{"https://shop.example/a", "https://www.shop.example/a", false},
		{"ftp://shop.example/", "", false},
		{"", "://", true},
	} {
		a, b := laneOf("m1", c.a), laneOf("m1", c.b)
		if (a == b) != c.same {
			t.Errorf("%q and %q: lanes %q and %q", c.a, c.b, a, b)
		}
		if a == laneOf("m2", c.a) {
			t.Errorf("%q: two merchants share a lane", c.a)
		}
	}
	long := strings.Repeat("x", 2000)
	a, b := laneOf("m1", "https://"+long+".example/"), laneOf("m1", "https://"+long+".example:1/")
	if a == b || len(a) > longestLane {
		t.Errorf("lanes of long hosts: %q, %q", a, b)
	}
}
