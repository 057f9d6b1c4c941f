package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/pgtest"
)

// buffer is what the program writes while a test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Write(p) }
func (b *buffer) String() string              { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

// running is the program while it serves.
type running struct {
	t      *testing.T
	at     Addresses
	stdout *buffer
	stderr *buffer
	cancel context.CancelFunc
	code   chan int
}

// start runs the program until it is ready.
func start(t *testing.T, env map[string]string, args ...string) *running {
	t.Helper()
	r := &running{t: t, stdout: &buffer{}, stderr: &buffer{}, code: make(chan int, 1)}
	ready := make(chan Addresses, 1)
	m := &Main{
		Stdin: strings.NewReader(""), Stdout: r.stdout, Stderr: r.stderr, Now: time.Now,
		Env:   func(k string) (string, bool) { v, ok := env[k]; return v, ok },
		Ready: func(a Addresses) { ready <- a },
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.code <- m.Run(ctx, args) }()
	select {
	case r.at = <-ready:
	case code := <-r.code:
		t.Fatalf("naru %s ended with %d: %s", strings.Join(args, " "), code, r.stderr)
	case <-time.After(2 * time.Minute):
		t.Fatal("it does not get ready")
	}
	t.Cleanup(func() { r.stop() })
	return r
}

// stop ends the program as Ctrl-C does, and gives its exit code.
func (r *running) stop() int {
	r.t.Helper()
	r.cancel()
	select {
	case code := <-r.code:
		r.code <- code
		return code
	case <-time.After(20 * time.Second):
		r.t.Fatal("the program did not stop within 20 s")
		return -1
	}
}

// get asks for a page and checks the status.
func (r *running) get(want int, address string) string {
	r.t.Helper()
	return r.answer(want)(http.Get(address))
}

func (r *running) post(want int, address string, form url.Values) string {
	r.t.Helper()
	return r.answer(want)(http.PostForm(address, form))
}

func (r *running) answer(want int) func(*http.Response, error) string {
	return func(resp *http.Response, err error) string {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		if resp.StatusCode != want {
			r.t.Fatalf("%s answered %d, want %d: %.300s", resp.Request.URL, resp.StatusCode, want, body)
		}
		return string(body)
	}
}

func contains(t *testing.T, what, text string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q: %.400s", what, w, text)
		}
	}
}

var devArgs = []string{"dev", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--shop-listen", "localhost:0"}

func TestDevStarts(t *testing.T) {
	t.Parallel()
	r := start(t, nil, devArgs...)
	contains(t, "the start page", r.stdout.String(), r.at.Gateway, r.at.Sandbox, r.at.Shop, "imp00000000")
	if !strings.HasPrefix(r.at.Shop, "http://localhost:") || !strings.HasPrefix(r.at.Gateway, "http://127.0.0.1:") {
		t.Errorf("the shop at %s is the same site as the gateway at %s", r.at.Shop, r.at.Gateway)
	}
	contains(t, "health", r.get(200, r.at.Gateway+"/healthz"), "ok")
	contains(t, "readiness", r.get(200, r.at.Gateway+"/readyz"), "ok")
	contains(t, "getToken", r.post(200, r.at.Gateway+"/users/getToken", url.Values{"imp_key": {devKey}, "imp_secret": {devSecret}}), `"access_token"`)
	contains(t, "the script", r.get(200, r.at.Gateway+"/v1/iamport.js"), "IMP")
	windows := r.get(200, r.at.Gateway+"/sdk/windows?user_code="+devUserCode)
	for _, c := range devChannels() {
		contains(t, "the channels", windows, string(c.Key))
	}
	contains(t, "an unknown path", r.get(404, r.at.Gateway+"/nonsense"), `"response":null`)
	contains(t, "the control port", r.get(200, r.at.Sandbox+"/control/"), "tosspayments", "tosspay")
	contains(t, "the provider's script", r.get(200, r.at.Sandbox+"/tosspayments/js/v1"), "TossPayments")
	contains(t, "the shop", r.get(200, r.at.Shop+"/"), r.at.Gateway+"/v1/iamport.js", string(devChannels()[0].Key), string(devChannels()[1].Key))
	for _, c := range devChannels()[2:] {
		if strings.Contains(r.get(200, r.at.Shop+"/"), string(c.Key)) {
			t.Errorf("the shop has a button for %s, which is for billing keys", c.MID)
		}
	}
	if code := r.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
	if _, err := http.Get(r.at.Gateway + "/healthz"); err == nil {
		t.Error("it answers after its end")
	}
}

func TestHeadIsAnsweredLikeGet(t *testing.T) {
	t.Parallel()
	r := start(t, nil, append(devArgs, "--quiet")...)
	for _, path := range []string{"/v1/iamport.js", "/sdk/iamport.d.ts", "/banks"} {
		resp, err := http.Head(r.at.Gateway + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusMethodNotAllowed {
			t.Errorf("HEAD %s: %d", path, resp.StatusCode)
		}
	}
	if out := r.stdout.String(); out != "" {
		t.Errorf("--quiet prints %q", out)
	}
}

// TestDevKeepsData: the identity is made once, and moves with the addresses.
func TestDevKeepsData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	args := append(devArgs, "--data", dir)
	r := start(t, nil, args...)
	prepared := url.Values{"merchant_uid": {"kept-1"}, "amount": {"1000"}}
	tokenOf := func(r *running) string {
		body := r.post(200, r.at.Gateway+"/users/getToken", url.Values{"imp_key": {devKey}, "imp_secret": {devSecret}})
		_, rest, _ := strings.Cut(body, `"access_token":"`)
		token, _, _ := strings.Cut(rest, `"`)
		return token
	}
	r.post(200, r.at.Gateway+"/payments/prepare?_token="+tokenOf(r), prepared)
	if code := r.stop(); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.stderr)
	}
	key, err := os.ReadFile(filepath.Join(dir, "naru-dev.key"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "naru-dev.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("naru-dev.key has mode %v: %v", info.Mode(), err)
	}

	forgetOptions(t, "sqlite:"+filepath.Join(dir, "naru-dev.db"))

	again := start(t, nil, append(args, "--webhook-url", "http://127.0.0.1:1/mine")...)
	contains(t, "what was prepared", again.get(200, again.at.Gateway+"/payments/prepare/kept-1?_token="+tokenOf(again)), `"amount":1000`)
	sandbox := again.at.Sandbox
	if code := again.stop(); code != 0 {
		t.Fatalf("exit code %d: %s", code, again.stderr)
	}
	if now, err := os.ReadFile(filepath.Join(dir, "naru-dev.key")); err != nil || !bytes.Equal(key, now) {
		t.Errorf("the master key changed: %v", err)
	}
	checkKept(t, "sqlite:"+filepath.Join(dir, "naru-dev.db"), sandbox, "http://127.0.0.1:1/mine")
}

const testMaster = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func serveArgs(t *testing.T, more ...string) (map[string]string, []string) {
	t.Helper()
	env := map[string]string{"NARU_MASTER_KEY": testMaster, "NARU_DB": "sqlite:" + filepath.Join(t.TempDir(), "naru-dev.db")}
	return env, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, more...)
}

func TestServe(t *testing.T) {
	t.Parallel()
	for kind, db := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "naru-dev.db") },
		"postgres": func(t *testing.T) string { return pgtest.Empty(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			env, args := serveArgs(t)
			env["NARU_DB"] = db(t)
			testServe(t, kind, start(t, env, args...))
		})
	}
}

func testServe(t *testing.T, kind string, r *running) {
	contains(t, "readiness", r.get(200, r.at.Gateway+"/readyz"), "ok")
	contains(t, "a development key", r.post(401, r.at.Gateway+"/users/getToken", url.Values{"imp_key": {devKey}, "imp_secret": {devSecret}}), `"code":-1`)
	r.get(404, r.at.Gateway+"/metrics") // on the admin listener only
	contains(t, "/metrics", r.get(200, r.at.Admin+"/metrics"),
		`naru_http_requests_total{method="POST",route="/users/getToken",status="401"} 1`,
		`naru_jobs_due{kind="deliver"} 0`, "naru_attempts_unsettled 0", `naru_alarms_open{kind="amount"} 0`, "naru_books_unreadable 0", "go_goroutines")
	if code := r.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	log := r.stderr.String()
	contains(t, "the log", log, `"msg":"serving"`, `"database":"`+kind+`"`)
	if strings.Contains(log, testMaster) {
		t.Errorf("the log holds the master key: %s", log)
	}
}

// TestStopLetsOpenRequestsFinish: a request that has begun is answered.
func TestStopLetsOpenRequestsFinish(t *testing.T) {
	t.Parallel()
	env, args := serveArgs(t)
	r := start(t, env, args...)
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.at.Gateway, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	body := "imp_key=a&imp_secret=b"
	_, _ = fmt.Fprintf(conn, "POST /users/getToken HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n", len(body))
	buf := make([]byte, 4096)
	if n, err := conn.Read(buf); err != nil || !bytes.Contains(buf[:n], []byte("100 Continue")) { // the handler reads the body
		t.Fatalf("%q %v", buf[:n], err)
	}
	r.cancel()
	waitFor(t, func() bool { // no new request is taken
		c, err := net.Dial("tcp", strings.TrimPrefix(r.at.Gateway, "http://"))
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	_, _ = io.WriteString(conn, body)
	got, _ := io.ReadAll(conn)
	contains(t, "the answer", string(got), "401 Unauthorized", `"code":-1`)
	if code := r.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestSilentConnectionsDoNotHoldItUp: browsers connect ahead of need.
func TestSilentConnectionsDoNotHoldItUp(t *testing.T) {
	t.Parallel()
	r := start(t, nil, append(devArgs, "--quiet")...)
	for at, path := range map[string]string{r.at.Gateway: "/healthz", r.at.Sandbox: "/", r.at.Shop: "/"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		r.get(200, at+path) // by now the silent one was accepted too
	}
	if code := r.stop(); code != 0 || strings.Contains(r.stderr.String(), "cut off") {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 10 s")
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func TestServeSpeaksTLS(t *testing.T) {
	t.Parallel()
	cert, key, pool := selfSigned(t)
	env, args := serveArgs(t, "--tls-cert", cert, "--tls-key", key)
	r := start(t, env, args...)
	if !strings.HasPrefix(r.at.Gateway, "https://127.0.0.1:") {
		t.Fatalf("public URL %s", r.at.Gateway)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	contains(t, "health by TLS", r.answer(200)(client.Get(r.at.Gateway+"/healthz")), "ok")
}

func selfSigned(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "naru"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, data := range map[string][]byte{certFile: certPEM, keyFile: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, pool
}

func TestSandboxAlone(t *testing.T) {
	t.Parallel()
	r := start(t, nil, "sandbox", "--listen", "127.0.0.1:0")
	contains(t, "the explanation", r.stdout.String(), r.at.Sandbox, "naru channel add", sandboxTossPayKey)
	contains(t, "the index", r.get(200, r.at.Sandbox+"/"), "/control/")
	contains(t, "the control port", r.get(200, r.at.Sandbox+"/control/"), "tosspayments")
	if code := r.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}
