// Package e2e runs the built program with real HTTP and a real browser: the
// demo shop's own page, the SDK, the checkout, the simulators' windows, the
// REST API and the webhooks, from one origin to the next as in life.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"naru/test/browser"
)

// Stack is `naru dev` as a user runs it, and a browser.
type Stack struct {
	Gateway, Sandbox, Shop string
	Browser                *browser.Browser
	out                    *safeBuffer
}

var stack Stack

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "naru-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "naru")
	build := exec.Command("go", "build", "-o", bin, "naru/cmd/naru")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	stop, err := start(bin, &stack)
	if err != nil {
		return 1, err
	}
	defer stop()
	if stack.Browser, err = browser.Start(); err != nil {
		return 1, err
	}
	defer stack.Browser.Close()
	return m.Run(), nil
}

// start runs `naru dev` on free ports and waits until it is ready.
func start(bin string, s *Stack) (func(), error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	s.Gateway, s.Sandbox = "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
	s.Shop = "http://localhost:" + ports[2]
	s.out = &safeBuffer{}
	cmd := exec.Command(bin, "dev", "--listen", "127.0.0.1:"+ports[0], "--sandbox-listen", "127.0.0.1:"+ports[1], "--shop-listen", "localhost:"+ports[2])
	cmd.Stdout, cmd.Stderr = s.out, s.out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-ended:
		case <-time.After(15 * time.Second):
			_ = cmd.Process.Kill()
			fmt.Fprintln(os.Stderr, "e2e: naru dev did not stop within 15 s of an interrupt")
		}
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		select {
		case err := <-ended:
			return nil, fmt.Errorf("naru dev ended: %v\n%s", err, s.out)
		case <-time.After(20 * time.Millisecond):
		}
		if r, err := http.Get(s.Gateway + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return stop, nil
			}
		}
	}
	stop()
	return nil, fmt.Errorf("naru dev was not ready within 20 s\n%s", s.out)
}

func freePorts(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		out = append(out, port)
	}
	return out, nil
}

// safeBuffer takes what the program prints.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// token gets an access token with the development identity.
func (s *Stack) token(t testing.TB) string {
	t.Helper()
	res, err := http.PostForm(s.Gateway+"/users/getToken", url.Values{"imp_key": {"naru_dev_key"}, "imp_secret": {"naru_dev_secret"}})
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Response struct {
			AccessToken string `json:"access_token"`
		} `json:"response"`
	}
	decode(t, res, &body)
	if body.Response.AccessToken == "" {
		t.Fatalf("no token: %s", res.Status)
	}
	return body.Response.AccessToken
}

// rest calls a V1 operation and gives its envelope.
func (s *Stack) rest(t testing.TB, method, path string, form url.Values) envelope {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.Gateway+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token(t))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	e := envelope{HTTP: res.StatusCode}
	decode(t, res, &e)
	return e
}

type envelope struct {
	HTTP     int
	Code     int            `json:"code"`
	Message  *string        `json:"message"`
	Response map[string]any `json:"response"`
}

// payment reads a payment by its imp_uid.
func (s *Stack) payment(t testing.TB, uid string) map[string]any {
	t.Helper()
	e := s.rest(t, "GET", "/payments/"+uid, nil)
	if e.Code != 0 {
		t.Fatalf("payment %s: %d %v", uid, e.Code, e.Message)
	}
	return e.Response
}

// control speaks to the sandbox's management port.
func (s *Stack) control(t testing.TB, method, path string, body any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, s.Sandbox+"/control/"+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		msg, _ := io.ReadAll(res.Body)
		t.Fatalf("%s %s: %s %s", method, path, res.Status, msg)
	}
}

func decode(t testing.TB, res *http.Response, into any) {
	t.Helper()
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v: %s", res.Request.URL, err, raw)
	}
}
