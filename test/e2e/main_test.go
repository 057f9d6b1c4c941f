// Package e2e runs the built program with real HTTP and a real browser: the
// demo shop's own page, the SDK, the checkout, the simulators' windows, the
// REST API and the webhooks, from one origin to the next as in life.
package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"naru/test/browser"
	"naru/test/devserver"
)

// Stack is `naru dev` as a user runs it, and a browser.
type Stack struct {
	Gateway, Sandbox, Shop string // base addresses
	Console                string // the link that signs the developer in to the console, once
	Browser                *browser.Browser
	Merchant               *merchant
}

// stack is started once; every test shares it, but for those that set its clock
// or its merchant.
var stack Stack

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "naru-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bin, err := devserver.Build(dir)
	if err != nil {
		return 1, err
	}
	server, err := devserver.Start(bin, filepath.Join(dir, "data"))
	if err != nil {
		return 1, err
	}
	defer func() {
		if stopped := server.Stop(); stopped != nil {
			code, err = 1, stopped
		}
	}()
	stack.Gateway, stack.Sandbox, stack.Shop, stack.Console = server.Gateway, server.Sandbox, server.Shop, server.Console
	var closeMerchant func()
	stack.Merchant, closeMerchant = newMerchant(stack.Gateway)
	defer closeMerchant()
	// Gateway and simulators are one site: its process is kept for the layers and popups to come.
	if stack.Browser, err = browser.Start(stack.Gateway + "/readyz"); err != nil {
		return 1, err
	}
	defer stack.Browser.Close()
	return m.Run(), nil
}

// token gets an access token with the development identity.
func (s *Stack) token(t testing.TB) string {
	t.Helper()
	res, err := http.PostForm(s.Gateway+"/users/getToken", url.Values{"imp_key": {devserver.Key}, "imp_secret": {devserver.Secret}})
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
	if err := (&devserver.Server{Sandbox: s.Sandbox}).Control(method, path, body, nil); err != nil {
		t.Fatal(err)
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
