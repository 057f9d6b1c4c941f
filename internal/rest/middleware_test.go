package rest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"naru/internal/rest"
)

// plainCodec answers in plain text, so that the tests see what was handed on.
type plainCodec struct{}

func (plainCodec) Decode(r *http.Request, in any) error { return rest.Decode(r, in, true) }

func (plainCodec) Encode(w http.ResponseWriter, _ *http.Request, out any) {
	_, _ = io.WriteString(w, out.(string))
}

func (plainCodec) Fail(w http.ResponseWriter, r *http.Request, err error) {
	rest.EventOf(r.Context()).Err = err
	status := http.StatusInternalServerError
	if errors.Is(err, rest.ErrTooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	http.Error(w, "failed", status)
}

type stage struct {
	*chi.Mux
	log    *bytes.Buffer
	events []rest.Event
}

// setup is a router with the whole middleware, whose log and events can be read.
func setup(t *testing.T) *stage {
	t.Helper()
	s := &stage{Mux: chi.NewRouter(), log: &bytes.Buffer{}}
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	s.Use(rest.TrimSlash, rest.Observe(log, strings.NewReader(strings.Repeat("naru-test-id", 50)), func(e rest.Event) { s.events = append(s.events, e) }),
		rest.Recover(log, plainCodec{}.Fail), rest.LimitBody(64), middleware.GetHead)
	s.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(rest.Allowed(r), ", "))
		w.WriteHeader(http.StatusMethodNotAllowed)
	})
	return s
}

func (s *stage) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func hello(context.Context, input) (string, error) { return "hello", nil }

func TestOneLogEventWithoutValues(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Method("POST", "/p/{imp_uid}", rest.Handle(plainCodec{}, func(ctx context.Context, _ input) (string, error) {
		rest.EventOf(ctx).Merchant = "m_1"
		return "", errors.New("the books do not agree")
	}))
	s.do("POST", "/p/imp_hidden?_token=hidden", `{"secret":"hidden","page":1}`, "Authorization", "hidden")
	line := s.log.String()
	if n := strings.Count(line, "\n"); n != 1 {
		t.Fatalf("%d log lines, want 1:\n%s", n, line)
	}
	for _, want := range []string{`"level":"ERROR"`, `"method":"POST"`, `"route":"/p/{imp_uid}"`, `"status":500`, `"took":`, `"merchant":"m_1"`, `"unknown_fields":2`, `"error":"the books do not agree"`, `"request":"`} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
	if strings.Contains(line, "hidden") {
		t.Errorf("a value was logged: %s", line)
	}
	if len(s.events) != 1 || s.events[0].Route != "/p/{imp_uid}" || s.events[0].Status != 500 {
		t.Errorf("events: %+v", s.events)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Method("GET", "/p", rest.Handle(plainCodec{}, hello))
	for given, kept := range map[string]bool{"order-17_a.b": true, "": false, "two words": false, strings.Repeat("x", 65): false, "<script>": false, "a\"b": false} {
		got := s.do("GET", "/p", "", rest.RequestIDHeader, given).Header().Get(rest.RequestIDHeader)
		if (got == given) != kept || got == "" {
			t.Errorf("sent %q, answered %q", given, got)
		}
	}
}

func TestPanicBecomesAnAnswer(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Get("/p", func(http.ResponseWriter, *http.Request) { panic("boom") })
	if w := s.do("GET", "/p", ""); w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("answer %d %q", w.Code, w.Body)
	}
	if !errors.Is(s.events[0].Err, rest.ErrPanic) || !strings.Contains(s.log.String(), "middleware_test.go") {
		t.Errorf("the panic or its stack is not in the log:\n%s", s.log)
	}
}

func TestPanicAfterTheAnswerBeganCutsItOff(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Get("/p", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "half"); panic("boom") })
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v, want the connection to be cut", p)
		}
	}()
	s.do("GET", "/p", "")
}

func TestSlashesHeadAndMethods(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Method("GET", "/p/{imp_uid}", rest.Handle(plainCodec{}, func(_ context.Context, in input) (string, error) { return in.ImpUID, nil }))
	s.Method("DELETE", "/p/{imp_uid}", rest.Handle(plainCodec{}, hello))
	for _, path := range []string{"/p/a", "/p/a/", "/p/a//", "//p/a", "/p/a/?x=1"} {
		if w := s.do("GET", path, ""); w.Code != 200 || w.Body.String() != "a" {
			t.Errorf("GET %s: %d %q", path, w.Code, w.Body)
		}
	}
	if w := s.do("GET", "/p/a%2F/", ""); w.Body.String() != "a/" {
		t.Errorf("an encoded slash at the end is part of the value: got %q", w.Body)
	}
	if w := s.do("HEAD", "/p/a", ""); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
	if w := s.do("PUT", "/p/a/", ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, DELETE" {
		t.Errorf("PUT: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestLongBodyIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Method("POST", "/p", rest.Handle(plainCodec{}, hello))
	if w := s.do("POST", "/p", `{"imp_uid":"`+strings.Repeat("x", 64)+`"}`); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", w.Code)
	}
}

func TestClientThatGoesAwayStopsReadsOnly(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "POST": false, "PUT": false, "DELETE": false} {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		h := rest.Handle(plainCodec{}, func(ctx context.Context, _ input) (string, error) {
			if stopped := ctx.Err() != nil; stopped != want {
				t.Errorf("%s: stopped = %v, want %v", method, stopped, want)
			}
			return "", nil
		})
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/", nil).WithContext(ctx))
	}
}
