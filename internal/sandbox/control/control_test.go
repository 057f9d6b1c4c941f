package control_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
	"naru/internal/sandbox/fault"
)

type sim struct {
	faults     *fault.Injector
	transcript *control.Transcript
}

func newSim() *sim { return &sim{fault.New(1), control.NewTranscript(10)} }

func (s *sim) Faults() *fault.Injector         { return s.faults }
func (s *sim) Transcript() *control.Transcript { return s.transcript }

func (s *sim) Control() http.Handler {
	r := chi.NewRouter()
	r.Post("/payments/{key}/expire", func(w http.ResponseWriter, r *http.Request) {
		control.Answer(w, http.StatusOK, map[string]string{"path": r.URL.Path, "key": chi.URLParam(r, "key")})
	})
	return r
}

func ask(t *testing.T, h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestOnlyLoopbackPagesOfTheSameOriginAreServed(t *testing.T) {
	t.Parallel()
	h := control.New(map[string]control.Simulator{"tosspayments": newSim()})
	for _, c := range []struct {
		name, target string
		header       []string
		want         int
	}{
		{"localhost", "http://localhost:8788/control/", nil, 200},
		{"a name under localhost", "http://sandbox.localhost/control/", nil, 200},
		{"IPv4", "http://127.0.0.1:8788/control/", nil, 200},
		{"IPv6", "http://[::1]:8788/control/", nil, 200},
		{"a name that points here", "http://evil.example:8788/control/", nil, 403},
		{"a name that begins like it", "http://localhost.evil.example/control/", nil, 403},
		{"another address", "http://192.168.0.10/control/", nil, 403},
		{"a page of another site", "http://localhost:8788/control/", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a page of another port", "http://localhost:8788/control/", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"an old browser's page of another port", "http://localhost:8788/control/", []string{"Origin", "http://localhost:9999"}, 403},
		{"a page without an origin", "http://localhost:8788/control/", []string{"Origin", "null"}, 403},
		{"its own page", "http://localhost:8788/control/", []string{"Origin", "http://localhost:8788", "Sec-Fetch-Site", "same-origin"}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ask(t, h, "GET", c.target, "", c.header...); got.Code != c.want {
				t.Errorf("status %d, want %d: %s", got.Code, c.want, got.Body)
			}
		})
	}
}

func TestIndexNamesSimulatorsAndTheirRoutes(t *testing.T) {
	t.Parallel()
	h := control.New(map[string]control.Simulator{"a": newSim(), "b": newSim()})
	body := ask(t, h, "GET", "http://localhost/control/", "").Body.String()
	for _, want := range []string{`"a"`, `"b"`, "POST /control/b/payments/{key}/expire", "DELETE /control/a/faults/{id}"} {
		if !strings.Contains(body, want) {
			t.Errorf("index lacks %s: %s", want, body)
		}
	}
}

func TestFaultsAreAddedListedAndRemoved(t *testing.T) {
	t.Parallel()
	s := newSim()
	h := control.New(map[string]control.Simulator{"a": s})
	const base = "http://localhost/control/a/faults"
	if w := ask(t, h, "POST", base, "GET /v1/x before drop"); w.Code != 201 {
		t.Fatalf("text rule: %d %s", w.Code, w.Body)
	}
	if w := ask(t, h, "POST", base, `{"rule":"webhook * twice"}`, "Content-Type", "application/json"); w.Code != 201 {
		t.Fatalf("JSON rule: %d %s", w.Code, w.Body)
	}
	if w := ask(t, h, "POST", base, "GET /v1/x before explode"); w.Code != 400 || !strings.Contains(w.Body.String(), `explode`) {
		t.Errorf("bad rule: %d %s", w.Code, w.Body)
	}
	var got struct{ Rules []fault.Rule }
	if err := json.Unmarshal(ask(t, h, "GET", base, "").Body.Bytes(), &got); err != nil || len(got.Rules) != 2 {
		t.Fatalf("rules %v, error %v", got, err)
	}
	if w := ask(t, h, "DELETE", base+"/1", ""); w.Code != 204 {
		t.Errorf("remove: %d", w.Code)
	}
	if w := ask(t, h, "DELETE", base+"/1", ""); w.Code != 404 {
		t.Errorf("remove again: %d", w.Code)
	}
	if w := ask(t, h, "DELETE", base, ""); w.Code != 204 || len(s.faults.Rules()) != 0 {
		t.Errorf("clear: %d, rules %v", w.Code, s.faults.Rules())
	}
}

func TestSimulatorsKnobsAreReachedWithThePrefixStripped(t *testing.T) {
	t.Parallel()
	inner := control.New(map[string]control.Simulator{"a": newSim()})
	outer := chi.NewRouter()
	outer.Mount("/control", inner) // a program may mount it by chi as well
	for name, h := range map[string]http.Handler{"alone": inner, "in chi": outer} {
		w := ask(t, h, "POST", "http://localhost/control/a/payments/k1/expire", "")
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"path": "/payments/k1/expire"`) || !strings.Contains(w.Body.String(), `"key": "k1"`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := ask(t, inner, "GET", "http://localhost/control/nobody/faults", ""); w.Code != 404 || !strings.Contains(w.Body.String(), "there are: a") {
		t.Errorf("unknown simulator: %d %s", w.Code, w.Body)
	}
}

func TestTranscriptKeepsNoSecrets(t *testing.T) {
	t.Parallel()
	tr := control.NewTranscript(10)
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "sid=s3cret")
		_, _ = io.Copy(w, r.Body)
	})
	mask := control.MaskFields("cardPassword", "cardNumber")
	h := tr.Wrap(echo, func(_ string, body []byte) []byte { return mask(body) })
	body := `{"cardPassword" : "9\"9", "CARDNUMBER":4330121234567890,"note":"4111 1111 1111 1111 and 5500-0000-0000-0004","orderId":"ORD-1","at":"20230310101522"}`
	w := ask(t, h, "POST", "http://x/v1/y?pan=4111111111111111", body,
		"Authorization", "Basic c2stc2VjcmV0Og==", "Cookie", "a=b", "Idempotency-Key", "k-1")
	if w.Body.String() != body {
		t.Fatalf("the handler saw another body: %s", w.Body)
	}
	kept, err := json.Marshal(tr.Entries())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"c2stc2VjcmV0", "a=b", "s3cret", `9\\\"9`, "4330121234567890", "4111", "5500-0000"} {
		if strings.Contains(string(kept), secret) {
			t.Errorf("kept %q: %s", secret, kept)
		}
	}
	for _, want := range []string{"k-1", "ORD-1", "20230310101522"} {
		if !strings.Contains(string(kept), want) {
			t.Errorf("lost %q: %s", want, kept)
		}
	}
}

func TestTranscriptKeepsTheLastExchangesInOrder(t *testing.T) {
	t.Parallel()
	tr := control.NewTranscript(3)
	h := tr.Wrap(http.NotFoundHandler(), nil)
	for _, p := range []string{"/1", "/2", "/3", "/4", "/5"} {
		ask(t, h, "GET", p, "")
	}
	var paths []string
	for _, e := range tr.Entries() {
		paths = append(paths, e.Path)
		if e.Status != 404 {
			t.Errorf("%s: status %d", e.Path, e.Status)
		}
	}
	if got := strings.Join(paths, ""); got != "/3/4/5" {
		t.Errorf("kept %s, want /3/4/5", got)
	}
	tr.Clear()
	if n := len(tr.Entries()); n != 0 {
		t.Errorf("%d entries after Clear", n)
	}
}

func TestTranscriptSaysThatNoAnswerWentOut(t *testing.T) {
	t.Parallel()
	tr := control.NewTranscript(3)
	in := fault.New(1)
	if _, err := in.Add("GET /x after drop"); err != nil {
		t.Fatal(err)
	}
	wrapped, ended := tr.Wrap(in.Wrap(http.NotFoundHandler()), nil), make(chan struct{}, 8)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { ended <- struct{}{} }()
		wrapped.ServeHTTP(w, r)
	}))
	defer srv.Close()
	if resp, err := http.Get(srv.URL + "/x"); err == nil {
		resp.Body.Close()
		t.Fatalf("status %d, want no answer", resp.StatusCode)
	}
	<-ended // a connection that was taken over is not waited for by Close
	if e := tr.Entries(); len(e) != 1 || e[0].Status != 0 || e[0].Note == "" {
		t.Errorf("entries %+v", e)
	}
}
