package httpcall_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// server starts a server and gives its address and a client that keeps its
// connections to itself.
func server(t *testing.T, h http.HandlerFunc) (string, *http.Client) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL, freshClient(t)
}

func freshClient(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func post(url string) httpcall.Request {
	return httpcall.Request{
		Provider: pay.TossPayments, Op: "confirm", Method: http.MethodPost, URL: url, Body: map[string]int{"amount": 1000},
	}
}

func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func TestAnAnswerIsReadWhateverItsStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 302, 307, 400, 404, 500, 503} {
		url, client := server(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				return
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, r.URL.Path)
		})
		got, body, err := httpcall.Do(t.Context(), client, post(url+"/here"))
		if err != nil || got != status || string(body) != "/here" {
			t.Errorf("status %d: got %d %q %v; a redirect must not be followed", status, got, body, err)
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 1)
	sent := make(chan string, 1)
	url, client := server(t, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		sent <- string(b)
		seen <- r
	})
	r := post(url)
	r.Header = http.Header{"x-shop": {"1"}}
	r.Body = map[string]string{"name": "원두 <커피> & 잔"}
	if _, _, err := httpcall.Do(t.Context(), client, r); err != nil {
		t.Fatal(err)
	}
	if got := <-sent; got != `{"name":"원두 <커피> & 잔"}` {
		t.Errorf("body %q", got)
	}
	h := (<-seen).Header
	if h.Get("Content-Type") != "application/json" || h.Get("Accept") != "application/json" || h.Get("X-Shop") != "1" {
		t.Errorf("headers %v", h)
	}
}

// TestWhatAFailureMeans is the rule that decides about money: only what
// provably never left is "not sent".
func TestWhatAFailureMeans(t *testing.T) {
	t.Parallel()
	silent, silentClient := server(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	dropping, dropClient := server(t, func(w http.ResponseWriter, _ *http.Request) { hangUp(w) })
	cutting, cutClient := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"status":"DO`)
		w.(http.Flusher).Flush()
		hangUp(w)
	})
	long, longClient := server(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 2000))
	})
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()

	for _, c := range []struct {
		name   string
		url    string
		client *http.Client
		kind   connector.Kind
		status int
		is     error
	}{
		{"refused connection", gone.URL, freshClient(t), connector.NotSent, 0, nil},
		{"unknown host", "http://nowhere.invalid", dialing(t, &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}), connector.NotSent, 0, nil},
		{"unknown certificate", secure.URL, freshClient(t), connector.NotSent, 0, nil},
		{"no answer in time", silent, silentClient, connector.Unknown, 0, context.DeadlineExceeded},
		{"connection dropped", dropping, dropClient, connector.Unknown, 0, nil},
		{"answer cut off", cutting, cutClient, connector.Unknown, 200, nil},
		{"answer too long", long, longClient, connector.Unknown, 200, nil},
		{"a round tripper that proves nothing", "http://anywhere.invalid", &http.Client{Transport: failing{}}, connector.Unknown, 0, nil},
		{"malformed address", "http://bad host/", freshClient(t), connector.NotSent, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			if c.is == nil {
				ctx = t.Context()
			}
			r := post(c.url)
			r.Limit = 1999
			status, body, err := httpcall.Do(ctx, c.client, r)
			var e *connector.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Provider != pay.TossPayments || e.Op != "confirm" {
				t.Fatalf("error %#v, want kind %v", err, c.kind)
			}
			if status != c.status || e.Status != c.status || body != nil {
				t.Errorf("status %d and %d with body %q, want %d and no body", status, e.Status, body, c.status)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
		})
	}
}

type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("some failure")
}

func dialing(t *testing.T, err error) *http.Client {
	t.Helper()
	c := freshClient(t)
	c.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, err }
	return c
}

func TestACallGivenUpBeforeItBeganWasNotSent(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	url, client := server(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := httpcall.Do(ctx, client, post(url))
	if connector.KindOf(err) != connector.NotSent || !errors.Is(err, context.Canceled) || calls.Load() != 0 {
		t.Errorf("error %v after %d calls", err, calls.Load())
	}
}

func TestABodyThatCannotBeWrittenWasNotSent(t *testing.T) {
	t.Parallel()
	r := post("http://127.0.0.1:1")
	r.Body = func() {}
	if _, _, err := httpcall.Do(t.Context(), freshClient(t), r); connector.KindOf(err) != connector.NotSent {
		t.Errorf("error %v", err)
	}
}

// TestOnlyAKeptKeyLetsABodyBeSentAgain: without GetBody the transport has no
// second copy of the body, whatever it makes of a failure.
func TestOnlyAKeptKeyLetsABodyBeSentAgain(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "attempt_1"} {
		var seen *http.Request
		client := &http.Client{Transport: seeing{&seen}}
		r := post("http://anywhere.invalid")
		if key != "" {
			r.Header = http.Header{httpcall.IdempotencyKey: {key}}
		}
		_, _, _ = httpcall.Do(t.Context(), client, r)
		if again := seen.GetBody != nil; again != (key != "") || seen.ContentLength != int64(len(`{"amount":1000}`)) {
			t.Errorf("key %q: body can be sent again: %v; length %d", key, again, seen.ContentLength)
		}
	}
}

type seeing struct{ into **http.Request }

func (s seeing) RoundTrip(r *http.Request) (*http.Response, error) {
	*s.into = r
	return nil, errors.New("seen")
}

// TestABrokenKeptConnection: the transport repeats a POST by itself only if it
// carries the provider's idempotency key, and only then may it.
func TestABrokenKeptConnection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		key  string
		seen int32
		fine bool
	}{
		{"with a key the provider keeps, the call is repeated", "attempt_1", 3, true},
		{"without one it never is", "", 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, seen := dropsSecond(t)
			client := freshClient(t)
			r := post(url)
			if c.key != "" {
				r.Header = http.Header{httpcall.IdempotencyKey: {c.key}}
			}
			if _, _, err := httpcall.Do(t.Context(), client, r); err != nil {
				t.Fatalf("first call: %v", err)
			}
			_, _, err := httpcall.Do(t.Context(), client, r)
			if (err == nil) != c.fine || (err != nil && connector.KindOf(err) != connector.Unknown) {
				t.Errorf("second call: %v", err)
			}
			if n := seen.Load(); n != c.seen {
				t.Errorf("the server saw %d requests for two calls, want %d", n, c.seen)
			}
		})
	}
}

// dropsSecond answers the first request of its first connection, reads the
// second and closes; later connections are answered.
func dropsSecond(t *testing.T) (url string, seen *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	seen = new(atomic.Int32)
	go func() {
		for first := true; ; first = false {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn, first, seen)
		}
	}()
	return "http://" + l.Addr().String(), seen
}

func serve(conn net.Conn, dropSecond bool, seen *atomic.Int32) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for n := 1; ; n++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		seen.Add(1)
		if dropSecond && n == 2 {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	}
}
