package connectortest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"naru/internal/connector"
)

// Golden holds a connector to the exchanges of dir, one *.txtar file each:
//
//	comment     the page it comes from and the day it was read
//	call        what the gateway asks, as JSON of goldenCall; secrets in plain text
//	request     what the connector must send: "METHOD path", headers that must
//	            have this value (none: must be absent), a blank line, the body
//	answer      what the provider says: status, a blank line, the body
//	result      what the connector must make of it; zero values are left out
//
// A file may have several requests and answers; they alternate. Bodies are
// compared as JSON. open opens a channel whose API is at the given address.
func Golden(t *testing.T, dir string, open func(t *testing.T, api string) connector.Connector) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no exchanges: %v", dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runGolden(t, archive, open)
		})
	}
}

func runGolden(t *testing.T, archive *txtar.Archive, open func(*testing.T, string) connector.Connector) {
	t.Helper()
	if strings.TrimSpace(string(archive.Comment)) == "" {
		t.Error("the file does not say where the exchange comes from")
	}
	script := &provider{t: t}
	var call goldenCall
	var want any
	for _, f := range archive.Files {
		switch name, _, _ := strings.Cut(f.Name, " "); name {
		case "call":
			mustRead(t, f.Name, f.Data, &call)
		case "request":
			script.requests = append(script.requests, string(f.Data))
		case "answer":
			script.answers = append(script.answers, string(f.Data))
		case "result":
			mustRead(t, f.Name, f.Data, &want)
		default:
			t.Fatalf("section %q is not one of call, request, answer, result", f.Name)
		}
	}
	server := httptest.NewServer(script)
	defer server.Close()
	got, err := call.ask(t.Context(), open(t, server.URL))
	if err != nil {
		got = map[string]any{"Error": describe(err)}
	}
	if n := script.count(); n != len(script.requests) {
		t.Errorf("the connector sent %d of %d requests", n, len(script.requests))
	}
	if diff := cmp.Diff(want, plain(t, got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// describe is an error as golden files show it.
func describe(err error) any {
	if errors.Is(err, connector.ErrNotFound) {
		return "not found"
	}
	var e *connector.Error
	if !errors.As(err, &e) {
		return "foreign: " + err.Error()
	}
	return map[string]any{"Kind": e.Kind.String(), "Op": e.Op, "Status": e.Status, "Code": e.Code, "Message": e.Message}
}

// provider plays the answers of a golden file and checks the requests.
type provider struct {
	t                 *testing.T
	requests, answers []string

	mu     sync.Mutex
	served int
}

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.served
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.served >= len(p.requests) || p.served >= len(p.answers) {
		p.t.Errorf("unexpected request %s %s %s", r.Method, r.RequestURI, body)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	want, answer := p.requests[p.served], p.answers[p.served]
	p.served++
	p.check(r, body, want)
	head, text, _ := strings.Cut(answer, "\n\n")
	status, err := strconv.Atoi(strings.TrimSpace(head))
	if err != nil {
		p.t.Errorf("answer begins with %q, which is no status", head)
		status = http.StatusTeapot
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (p *provider) check(r *http.Request, body []byte, want string) {
	head, text, _ := strings.Cut(want, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	if got := r.Method + " " + r.RequestURI; got != lines[0] {
		p.t.Errorf("request %q, want %q", got, lines[0])
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		if got := r.Header.Get(name); got != strings.TrimSpace(value) {
			p.t.Errorf("header %s is %q, want %q", name, got, strings.TrimSpace(value))
		}
	}
	if strings.TrimSpace(text) == "" {
		if len(body) != 0 {
			p.t.Errorf("unexpected body %s", body)
		}
		return
	}
	var wanted, got any
	mustRead(p.t, "request", []byte(text), &wanted)
	if err := json.Unmarshal(body, &got); err != nil {
		p.t.Errorf("body %s: %v", body, err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		p.t.Errorf("body of %s (-want +got):\n%s", lines[0], diff)
	}
}

func mustRead(t *testing.T, name string, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Errorf("section %q: %v", name, err)
	}
}
