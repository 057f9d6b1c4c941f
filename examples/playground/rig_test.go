package playground_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/examples/playground"
)

// call is a request that a stand-in got.
type call struct {
	Method, Path, Body string
}

// standIn plays the gateway and the sandbox's control port: it answers what it
// was told to and remembers what it was asked.
type standIn struct {
	url string

	mu      sync.Mutex
	calls   []call
	answers map[string]string // by "METHOD /path": JSON; "404 …" and the like have another status
	tokens  int               // asked for
	refuse  bool              // the next call with a token is answered with 401
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{answers: map[string]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/users/getToken" {
		s.tokens++
		if string(body) != `{"imp_key":"key","imp_secret":"hush-hush"}` {
			http.Error(w, `{"code":-1,"message":"인증에 실패하였습니다.","response":null}`, http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"code":0,"message":null,"response":{"access_token":"token-`+strconv.Itoa(s.tokens)+`","now":5000,"expired_at":6800}}`)
		return
	}
	s.calls = append(s.calls, call{r.Method, r.URL.EscapedPath(), string(body)})
	if token := r.Header.Get("Authorization"); s.refuse || token != "" && token != "Bearer token-"+strconv.Itoa(s.tokens) {
		s.refuse = false
		http.Error(w, `{"code":-1,"message":"Unauthorized","response":null}`, http.StatusUnauthorized)
		return
	}
	answer, status := s.answers[r.Method+" "+r.URL.EscapedPath()], http.StatusOK
	if answer == "" {
		answer = `404 {"code":-1,"message":"존재하지 않는 결제정보입니다.","response":null}`
	}
	if code, rest, ok := strings.Cut(answer, " "); ok && len(code) == 3 {
		status, _ = strconv.Atoi(code)
		answer = rest
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

func (s *standIn) say(asked, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[asked] = answer
}

// asked is the last call of a method and path.
func (s *standIn) asked(t *testing.T, what string) call {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.calls) - 1; i >= 0; i-- {
		if s.calls[i].Method+" "+s.calls[i].Path == what {
			return s.calls[i]
		}
	}
	t.Fatalf("nobody asked %s; asked was %v", what, s.calls)
	return call{}
}

const (
	self = "http://play.test/playground"
	tab  = "AAAAAAAAAAAAAAAAAAAAAA" // a session as the page names it
)

// bench is a playground between a gateway and a sandbox.
type bench struct {
	t       *testing.T
	gateway *standIn
	control *standIn
	http.Handler
}

func setup(t *testing.T, change ...func(*playground.Options)) *bench {
	t.Helper()
	b := &bench{t: t, gateway: newStandIn(t), control: newStandIn(t)}
	o := playground.Options{
		Gateway: "https://pay.test", GatewayAPI: b.gateway.url, UserCode: "imp12345678", Key: "key", Secret: "hush-hush",
		Control: b.control.url + "/control", Self: self,
		Channels: []playground.Channel{
			{Key: "channel-key-1", Name: "Cards", Provider: "tosspayments", Kind: "payment"},
			{Key: "channel-key-2", Name: "Keys", Provider: "tosspay_v2", Kind: "billing"},
		},
		Now: func() time.Time { return time.Date(2026, 8, 6, 3, 0, 0, 0, time.UTC) },
	}
	for _, f := range change {
		f(&o)
	}
	h, err := playground.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Handler = h
	return b
}

// do sends a request with headers "Name: value".
func (b *bench) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "play.test"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

// want sends a request and decodes the answer, which must have the status.
func (b *bench) want(status int, method, target, body string, headers ...string) map[string]any {
	b.t.Helper()
	w := b.do(method, target, body, headers...)
	if w.Code != status {
		b.t.Fatalf("%s %s: %d %s, want %d", method, target, w.Code, w.Body, status)
	}
	var out map[string]any
	if w.Body.Len() > 0 && json.Unmarshal(w.Body.Bytes(), &out) != nil {
		b.t.Fatalf("%s %s: no JSON: %s", method, target, w.Body)
	}
	return out
}

// run registers a call of request_pay in the tab.
func (b *bench) run(merchantUID, customerUID string) string {
	b.t.Helper()
	body, _ := json.Marshal(map[string]any{"merchant_uid": merchantUID, "customer_uid": customerUID, "about": map[string]any{"method": "card"}})
	out := b.want(http.StatusCreated, "POST", "/playground/api/"+tab+"/runs", string(body))
	return "/playground/api/" + tab + "/runs/" + strconv.Itoa(int(out["n"].(float64)))
}

type view struct {
	Seq  int
	Runs []struct {
		N           int
		Kind        string
		ImpUID      string `json:"imp_uid"`
		MerchantUID string `json:"merchant_uid"`
		CustomerUID string `json:"customer_uid"`
		Events      []struct {
			Kind   string
			Status int
			Data   json.RawMessage
		}
	}
}

// seen is what the tab has seen.
func (b *bench) seen() (v view) {
	b.t.Helper()
	w := b.do("GET", "/playground/api/"+tab+"/runs", "")
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		b.t.Fatalf("runs: %d %s", w.Code, w.Body)
	}
	return v
}

const asJSON = "Content-Type: application/json"

func hook(impUID, merchantUID, status string) string {
	return `{"imp_uid":"` + impUID + `","merchant_uid":"` + merchantUID + `","status":"` + status + `"}`
}

const paid = `{"code":0,"message":null,"response":{"imp_uid":"imp_1","status":"paid","amount":1000}}`
