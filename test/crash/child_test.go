package crash_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/pay"
)

// patience is how long anything may take that is waited for.
const patience = 20 * time.Second

// child is a program of ours that runs beside the test.
type child struct {
	cmd   *exec.Cmd
	ended chan struct{}
	mu    sync.Mutex
	said  bytes.Buffer
}

func (c *child) output() string { c.mu.Lock(); defer c.mu.Unlock(); return c.said.String() }

// kill ends it as a machine that loses its power does.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
}

// launch starts a program and waits until it says what matches tells, whose
// first group it gives.
func launch(t testing.TB, env []string, tells *regexp.Regexp, bin string, args ...string) (*child, string) {
	t.Helper()
	c := &child{cmd: exec.Command(bin, args...), ended: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), env...)
	out, in := io.Pipe()
	c.cmd.Stdout, c.cmd.Stderr = in, in
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told, read := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			c.mu.Lock()
			c.said.WriteString(lines.Text() + "\n")
			c.mu.Unlock()
			if m := tells.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case told <- m[1]:
				default:
				}
			}
		}
	}()
	go func() {
		_ = c.cmd.Wait()
		_ = in.Close()
		<-read
		close(c.ended)
	}()
	t.Cleanup(c.kill)
	select {
	case at := <-told:
		return c, at
	case <-c.ended:
		t.Fatalf("%s ended: %s", args[0], c.output())
	case <-time.After(patience):
		t.Fatalf("%s did not begin: %s", args[0], c.output())
	}
	return nil, ""
}

// stage is a gateway and a sandbox, each a process of its own, on one SQLite file.
type stage struct {
	t        testing.TB
	provider pay.Provider
	bin, dir string
	env      []string
	sandbox  string // base addresses, no slash at the end
	gateway  string
	serving  *child
	shop     *held
	bearer   string
	client   *http.Client
}

// soldBy is the shop's user code.
const soldBy = "imp12345678"

// The identity of `naru sandbox`, which is the same on every machine.
var sandboxShops = map[pay.Provider]struct{ prefix, mid, credentials string }{
	pay.TossPayments: {"/tosspayments", "tnarubill", `{"client_key":"sandbox_ck_NaruDevBillingClient00000001","secret_key":"sandbox_sk_NaruDevBillingSecret00000001"}`},
	pay.TossPay:      {"/tosspay", "narutosspaybill", `{"api_key":"sk_sandbox_NaruDevTossPayBil1"}`},
}

var (
	sandboxAt = regexp.MustCompile(`sandbox  (http://[0-9.:]+)`)
	servingAt = regexp.MustCompile(`"msg":"serving".*"public":"(http://[0-9.:]+)"`)
)

// newStage registers the shop by the program's own commands and starts both. The
// provider is reached by way of what via makes of the sandbox's address; nil is straight.
func newStage(t testing.TB, bin string, p pay.Provider, via func(sandbox string) string) *stage {
	t.Helper()
	s := &stage{t: t, provider: p, bin: bin, dir: t.TempDir(), client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}}
	s.env = []string{"NARU_DB=sqlite:" + s.books(), "NARU_MASTER_KEY=" + strings.Repeat("0123456789abcdef", 4)}
	s.shop = newHeld(t)
	_, s.sandbox = launch(t, s.env, sandboxAt, bin, "sandbox", "--listen", "127.0.0.1:0", "--log-level", "error")
	s.naru("", "migrate")
	s.naru("", "merchant", "add", "--user-code", soldBy, "--webhook-url", s.shop.url, "--private-addresses", "나루 상점")
	keys := s.naru("", "key", "add", soldBy)
	of, api := sandboxShops[p], s.sandbox
	if via != nil {
		api = via(s.sandbox)
	}
	args := []string{"channel", "add", soldBy, "--provider", string(p), "--mid", of.mid, "--kind", "billing", "--mode", "sandbox", "--api", api + of.prefix, "--credentials", "-", "--key", "channel-key-1"}
	if p == pay.TossPayments {
		args = append(args, "--script", s.sandbox+of.prefix+"/js/v1")
	}
	s.naru(of.credentials, args...)
	s.serve()
	s.login(keys)
	s.giveKey()
	return s
}

func (s *stage) books() string { return filepath.Join(s.dir, "naru.db") }

// naru runs a command of the program and gives what it printed.
func (s *stage) naru(input string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.bin, args...)
	cmd.Env, cmd.Stdin = append(os.Environ(), s.env...), strings.NewReader(input)
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("naru %s: %v\n%s", strings.Join(args, " "), err, &wrong)
	}
	return string(out)
}

// serve starts the gateway.
func (s *stage) serve() {
	s.t.Helper()
	s.serving, s.gateway = launch(s.t, s.env, servingAt, s.bin, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "off", "--log-format", "json")
}

func (s *stage) login(keys string) {
	s.t.Helper()
	m := regexp.MustCompile(`imp_key +(\S+)\s+imp_secret +(\S+)`).FindStringSubmatch(keys)
	if m == nil {
		s.t.Fatalf("naru key add printed %q", keys)
	}
	var in struct {
		AccessToken string `json:"access_token"`
	}
	a := s.call("POST", "/users/getToken", fields{"imp_key": m[1], "imp_secret": m[2]})
	if a.says().v != done || json.Unmarshal(a.Response, &in) != nil {
		s.t.Fatalf("no token: %s", a)
	}
	s.bearer = in.AccessToken
}

// giveKey is a billing key for the customer.
func (s *stage) giveKey() {
	s.t.Helper()
	if s.provider == pay.TossPayments {
		if t := s.call("POST", "/subscribe/customers/c1", card()).says(); t.v != done {
			s.t.Fatalf("no key: %s", t)
		}
		return
	}
	var made struct{ BillingKey string }
	s.control("POST", "/billing-keys", fields{"mid": sandboxShops[pay.TossPay].mid, "userId": "user-1", "method": "card"}, &made)
	s.naru(made.BillingKey, "billing-key", "import", "--merchant", soldBy, "--channel", "channel-key-1", "--customer-uid", "c1", "--customer-id", "user-1", "--key-file", "-")
}

// call makes a call of V1.
func (s *stage) call(method, path string, body fields) answer {
	s.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.gateway+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.bearer)
	req.Header.Set("Content-Type", "application/json")
	return (&world{t: s.t, client: s.client}).send(req)
}

// control calls the sandbox's management port.
func (s *stage) control(method, path string, body, into any) {
	s.t.Helper()
	raw, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		raw = string(b)
	}
	req, err := http.NewRequest(method, s.sandbox+"/control"+sandboxShops[s.provider].prefix+path, strings.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s %s (%v)", method, path, res.Status, got, err)
	}
	if into != nil {
		if err := json.Unmarshal(got, into); err != nil {
			s.t.Fatal(err)
		}
	}
}

// until waits for something to become true.
func (s *stage) until(what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("it did not come about that %s\nthe gateway said:\n%s", what, s.serving.output())
		}
	}
}

// orderLedger is what the sandbox says moved for a payment.
func (s *stage) orderLedger(id string) (out []entry) {
	s.t.Helper()
	var all []struct {
		OrderID, OrderNo, Kind string
		Amount                 int64
	}
	s.control("GET", "/ledger", nil, &all)
	for _, m := range all {
		if m.OrderID+m.OrderNo == id {
			out = append(out, entry{m.Kind, max(m.Amount, -m.Amount)})
		}
	}
	return out
}

func (s *stage) String() string { return fmt.Sprintf("%s at %s", s.provider, s.gateway) }
