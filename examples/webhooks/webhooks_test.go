// Package webhooks_test runs the samples of receiving webhooks.
package webhooks_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	webhook "naru/examples/webhooks/go"
)

// vector is a request, and whether it is to be believed.
type vector struct {
	Name      string `json:"name"`
	Valid     bool   `json:"valid"`
	Secret    string `json:"secret"`
	ID        string `json:"id"`
	Timestamp string `json:"timestamp"`
	Signature string `json:"signature"`
	Body      string `json:"body"`
	Now       int64  `json:"now"`
}

func (v vector) header() http.Header {
	h := http.Header{}
	h.Set("webhook-id", v.ID)
	h.Set("webhook-timestamp", v.Timestamp)
	h.Set("webhook-signature", v.Signature)
	return h
}

func vectors(t *testing.T) (vs []vector) {
	t.Helper()
	text, err := os.ReadFile("vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

// TestVectors holds the vectors against the specification's own library, which
// knows no other time than now.
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		w, err := standardwebhooks.NewWebhook(v.Secret)
		if err != nil {
			t.Fatal(err)
		}
		seconds, _ := strconv.ParseInt(v.Timestamp, 10, 64)
		inTime := v.Now-seconds <= 300 && seconds-v.Now <= 300
		if ok := w.VerifyIgnoringTimestamp([]byte(v.Body), v.header()) == nil && inTime; ok != v.Valid {
			t.Errorf("%s: verifies %v, marked %v", v.Name, ok, v.Valid)
		}
	}
}

func TestGo(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if err := webhook.Verify(v.Secret, v.header(), []byte(v.Body), time.Unix(v.Now, 0)); (err == nil) != v.Valid {
			t.Errorf("%s: %v, want valid %v", v.Name, err, v.Valid)
		}
	}
}

// The drivers read vectors.json and print the names of those that verify, one
// on a line.
const (
	nodeDriver = `import { readFileSync } from "node:fs";
import { verify } from "./node/webhook.mjs";
for (const v of JSON.parse(readFileSync("vectors.json", "utf8"))) {
  const headers = { "webhook-id": v.id, "webhook-timestamp": v.timestamp, "webhook-signature": v.signature };
  try { verify(v.secret, headers, Buffer.from(v.body), v.now); console.log(v.name); } catch {}
}`
	pythonDriver = `import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "python")
import webhook
for v in json.load(open("vectors.json", encoding="utf-8")):
    headers = {"webhook-id": v["id"], "webhook-timestamp": v["timestamp"], "webhook-signature": v["signature"]}
    try:
        webhook.verify(v["secret"], headers, v["body"].encode(), v["now"])
        print(v["name"])
    except ValueError:
        pass`
	phpDriver = `require 'php/webhook.php';
foreach (json_decode(file_get_contents('vectors.json'), true) as $v) {
    $headers = ['webhook-id' => $v['id'], 'webhook-timestamp' => $v['timestamp'], 'webhook-signature' => $v['signature']];
    try {
        verify_webhook($v['secret'], $headers, $v['body'], $v['now']);
        echo $v['name'], "\n";
    } catch (InvalidArgumentException $e) {
    }
}`
)

func TestOtherLanguages(t *testing.T) {
	t.Parallel()
	var want []string
	for _, v := range vectors(t) {
		if v.Valid {
			want = append(want, v.Name)
		}
	}
	for name, args := range map[string][]string{
		"node":    {"--input-type=module", "-e", nodeDriver},
		"python3": {"-c", pythonDriver},
		"php":     {"-r", phpDriver},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "php" && !has("php") {
				readsAsPHP(t)
				return
			}
			out, err := exec.Command(name, args...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got := strings.Split(strings.TrimSpace(string(out)), "\n"); !slices.Equal(got, want) {
				t.Errorf("verified %q, want %q", got, want)
			}
		})
	}
}

func has(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// readsAsPHP looks the PHP sample over where there is no PHP to run it: brackets
// and quotes are closed, and what decides is spelled as in the others.
func readsAsPHP(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("php", "webhook.php"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, want := range []string{"<?php", `hash_hmac('sha256', "$id.$timestamp.$body", $key, true)`, "hash_equals($want, $one)", "'v1,' . base64_encode(", "abs(", "php://input"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	code := regexp.MustCompile(`(?s)'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|/\*.*?\*/|//[^\n]*`).ReplaceAllString(text, "") // strings and comments
	if strings.ContainsAny(code, `'"`) {
		t.Error("a quote is not closed")
	}
	var open []rune
	pair := map[rune]rune{')': '(', ']': '[', '}': '{'}
	for _, c := range code {
		switch {
		case strings.ContainsRune("([{", c):
			open = append(open, c)
		case pair[c] != 0:
			if len(open) == 0 || open[len(open)-1] != pair[c] {
				t.Fatalf("%q closes nothing", c)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%q is not closed", open)
	}
}

const (
	secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
	impUID = "imp_731204558812"
)

// gateway plays the gateway: it knows one payment, and counts how often it is
// looked up. Down, it answers nothing useful.
type gateway struct {
	*httptest.Server
	mu    sync.Mutex
	looks int
	down  bool
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		switch {
		case g.down:
			w.WriteHeader(http.StatusBadGateway)
		case r.URL.Path == "/users/getToken" && r.FormValue("imp_key") == "key" && r.FormValue("imp_secret") == "a&b c":
			fmt.Fprint(w, `{"code":0,"message":null,"response":{"access_token":"0123abcd","now":1,"expired_at":1801}}`)
		case r.URL.Path == "/payments/"+impUID && r.Header.Get("Authorization") == "Bearer 0123abcd":
			g.looks++
			fmt.Fprintf(w, `{"code":0,"message":null,"response":{"imp_uid":%q,"merchant_uid":"order-1","status":"paid","amount":1000}}`, impUID)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code":1,"message":"존재하지 않는 결제정보입니다.","response":null}`)
		}
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) set(down bool) { g.mu.Lock(); defer g.mu.Unlock(); g.down = down }
func (g *gateway) looked() int   { g.mu.Lock(); defer g.mu.Unlock(); return g.looks }

// TestReceiving runs each sample as a server: what is signed is looked up and
// taken, what is not signed is refused without a look, and what cannot be looked
// up now is asked for again.
func TestReceiving(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T, *gateway) string{
		"go": startGo,
		"node": func(t *testing.T, g *gateway) string {
			return startProgram(t, g, "node", filepath.Join("node", "webhook.mjs"))
		},
		"python": func(t *testing.T, g *gateway) string {
			return startProgram(t, g, "python3", filepath.Join("python", "webhook.py"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t)
			to := start(t, g)
			body := `{"imp_uid":"` + impUID + `","merchant_uid":"order-1","status":"cancelled"}` // not read
			form := url.Values{"imp_uid": {impUID}, "merchant_uid": {"주문 1"}, "status": {"paid"}}.Encode()
			expect := func(what string, status, looks int, kind, body string, forge bool) {
				t.Helper()
				if got := send(t, to, kind, body, forge); got != status || g.looked() != looks {
					t.Errorf("%s: answer %d after %d look-ups, want %d after %d", what, got, g.looked(), status, looks)
				}
			}
			expect("JSON", 200, 1, "application/json", body, false)
			expect("form", 200, 2, "application/x-www-form-urlencoded", form, false)
			expect("forged", 401, 2, "application/json", body, true)
			g.set(true)
			expect("the gateway is down", 503, 2, "application/json", body, false)
		})
	}
}

// send posts a webhook, signed by the specification's library.
func send(t *testing.T, to, kind, body string, forge bool) int {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	signature, err := w.Sign("d_1", now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if forge {
		body = strings.Replace(body, "order-1", "order-2", 1)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {kind}}
	for name, value := range map[string]string{"webhook-id": "d_1", "webhook-timestamp": strconv.FormatInt(now.Unix(), 10), "webhook-signature": signature} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func startGo(t *testing.T, g *gateway) string {
	t.Helper()
	s := httptest.NewServer(webhook.Receiver{
		Gateway: g.URL, Key: "key", Secret: "a&b c", WebhookSecret: secret, Book: func(webhook.Payment) error { return nil },
	})
	t.Cleanup(s.Close)
	return s.URL
}

// startProgram starts a sample and waits until it says where it listens.
func startProgram(t *testing.T, g *gateway, program, file string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, file)
	cmd.Env = append(os.Environ(), "GATEWAY="+g.URL, "IMP_KEY=key", "IMP_SECRET=a&b c", "WEBHOOK_SECRET="+secret, "PORT=0", "PYTHONDONTWRITEBYTECODE=1", "no_proxy=127.0.0.1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	port, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("it said %q (%v): %s", line, err, &stderr)
	}
	return "http://127.0.0.1:" + port
}
