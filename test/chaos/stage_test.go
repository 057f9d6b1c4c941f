package chaos_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
	"naru/internal/vault"
	"naru/test/devserver"
)

// workshop is the folder of the built programs, which all tests share.
var workshop string

// program is the program as it is, built once.
var program = sync.OnceValues(func() (string, error) { return devserver.Build(workshop) })

func TestMain(m *testing.M) {
	var err error
	if workshop, err = os.MkdirTemp("", "naru-chaos-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(workshop)
	os.Exit(code)
}

// The channels of the shop, and what the stand-ins know them by. Nothing here is
// secret: they are the same on every machine.
const (
	cardChannel   = "channel-key-c1111111-1111-4111-8111-111111111111"
	walletChannel = "channel-key-c2222222-2222-4222-8222-222222222222"
	billChannel   = "channel-key-c3333333-3333-4333-8333-333333333333"
	wbillChannel  = "channel-key-c4444444-4444-4444-8444-444444444444"
	walletBillMID = "narutosspaybill"
)

var channels = []struct{ key, provider, mid, kind, credentials string }{
	{cardChannel, "tosspayments", "tnaru", "payment", `{"client_key":"sandbox_ck_NaruDevClientKey000000000001","secret_key":"sandbox_sk_NaruDevSecretKey000000000001"}`},
	{walletChannel, "tosspay_v2", "narutosspay", "payment", `{"api_key":"sk_sandbox_NaruDevTossPay00001"}`},
	{billChannel, "tosspayments", "tnarubill", "billing", `{"client_key":"sandbox_ck_NaruDevBillingClient00000001","secret_key":"sandbox_sk_NaruDevBillingSecret00000001"}`},
	{wbillChannel, "tosspay_v2", walletBillMID, "billing", `{"api_key":"sk_sandbox_NaruDevTossPayBil1"}`},
}

const (
	userCode = "imp13572468"
	// patience is how long anything may take that is waited for.
	patience = 30 * time.Second
	// hookRetries are the waits between the tries of a webhook: seconds, so that
	// they are over when the story is.
	hookRetries = "1,1,2,3,5,8,13,20,30,60"
)

type stageOptions struct {
	nodes  int
	seed   uint64
	sqlite bool
	bin    string // "" is the program as it is
}

// stage is everything that runs.
type stage struct {
	t       testing.TB
	bin     string
	folder  string // of keys and, on SQLite, of the books
	logs    string
	direct  string // address of the database
	db      *sql.DB
	cable   *cable // nil on SQLite
	hook    *hook
	front   *balancer
	sandbox string // base address of the stand-ins
	desk    *process
	nodes   []*node
	books   *store.Store
	seller  pay.MerchantID
	key     string // of REST
	secret  string
	clock   *ahead       // of what runs in this process
	kinds   []string     // of jobs that must come to an end
	client  *http.Client // for what is no part of the story
}

// node is a `naru serve` at an address of its own.
type node struct {
	s    *stage
	name string
	host string // host:port
	log  *journal

	mu       sync.Mutex
	run      *process // nil while it is down
	up       bool     // the run has been ready
	restarts int      // by the supervisor
}

func newStage(t testing.TB, o stageOptions) *stage {
	t.Helper()
	s := &stage{t: t, bin: o.bin, clock: &ahead{}, folder: t.TempDir(), logs: folderOfLogs(t), client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
	t.Cleanup(s.client.CloseIdleConnections)
	if s.bin == "" {
		var err error
		s.bin, err = program()
		s.must(err)
	}
	s.must(os.WriteFile(s.file("master.key"), []byte(vault.GenerateMaster()+"\n"), 0o600))
	if o.sqlite {
		s.direct = "sqlite:" + s.file("books.db")
		s.look("sqlite", s.file("books.db"))
	} else {
		s.direct = pgtest.Empty(t)
		s.cable = newCable(t, s.direct)
		s.look("pgx", s.direct)
	}
	s.hook = newHook(t, o.seed)
	s.naru("", "migrate")
	ports := freePorts(t, o.nodes+1)
	var hosts []string
	for i := range o.nodes {
		n := &node{s: s, name: fmt.Sprintf("node-%d", i+1), host: ports[i], log: newJournal(t, s.logs, fmt.Sprintf("node-%d", i+1))}
		s.nodes, hosts = append(s.nodes, n), append(hosts, n.host)
	}
	s.front = newBalancer(t, hosts)
	s.openSandbox(ports[o.nodes])
	s.contracts()
	s.openBooks()
	for _, n := range s.nodes {
		n.start(s.bin)
	}
	t.Cleanup(s.leave)
	for _, n := range s.nodes {
		s.must(n.awaitReady())
	}
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// look opens the database beside the store, for what no gateway asks.
func (s *stage) look(driver, address string) {
	s.t.Helper()
	var err error
	s.db, err = sql.Open(driver, address)
	s.must(err)
	s.t.Cleanup(func() { _ = s.db.Close() })
}

func (s *stage) file(name string) string { return filepath.Join(s.folder, name) }

// naru runs a command on the books, with input as its standard input, and gives
// the last word of each line it prints.
func (s *stage) naru(input string, args ...string) []string {
	s.t.Helper()
	args = append(args, "--db", s.direct)
	if args[0] != "migrate" {
		args = append(args, "--master-key-file", s.file("master.key"))
	}
	cmd := exec.Command(s.bin, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("naru %s: %v\n%s", args[0], err, out)
	}
	var words []string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 0 {
			words = append(words, f[len(f)-1])
		}
	}
	return words
}

// openSandbox starts the providers' stand-ins as a process of their own.
func (s *stage) openSandbox(host string) {
	s.t.Helper()
	s.sandbox = "http://" + host
	var err error
	s.desk, err = launch("sandbox", s.bin, newJournal(s.t, s.logs, "sandbox"),
		"sandbox", "--listen", host, "--log-level", "warn", "--webhook", s.front.URL+"/notices/tosspayments/"+cardChannel)
	s.must(err)
	s.t.Cleanup(func() {
		if _, err := s.desk.terminate(patience); err != nil {
			s.t.Errorf("sandbox: %v\n%s", err, s.desk.log.tail())
		}
	})
	s.must(poll(patience, func() error { return s.control(http.MethodGet, "tosspay/ledger", nil, nil) }))
}

// contracts registers the shop, as its operator does.
func (s *stage) contracts() {
	s.t.Helper()
	made := s.naru("", "merchant", "add", "카오스 상점", "--user-code", userCode, "--webhook-url", s.hook.URL+"/webhook", "--private-addresses")
	s.seller = pay.MerchantID(made[1])
	keys := s.naru("", "key", "add", userCode)
	s.key, s.secret = keys[0], keys[1]
	for _, c := range channels {
		args := []string{"channel", "add", userCode, "--key", c.key, "--provider", c.provider, "--mid", c.mid, "--kind", c.kind, "--mode", "sandbox", "--credentials", "-"}
		if c.provider == "tosspayments" {
			args = append(args, "--api", s.sandbox+"/tosspayments", "--script", s.sandbox+"/tosspayments/js/v1")
		} else {
			args = append(args, "--api", s.sandbox+"/tosspay")
		}
		s.naru(c.credentials, args...)
	}
}

func (s *stage) openBooks() {
	s.t.Helper()
	var err error
	s.books, err = store.Open(context.Background(), s.direct, store.Options{})
	s.must(err)
	s.t.Cleanup(func() { _ = s.books.Close() })
}

// leave ends the nodes, however the test ended.
func (s *stage) leave() {
	for _, n := range s.nodes {
		n.mu.Lock()
		if n.run != nil {
			n.run.signal(syscall.SIGCONT, false)
			n.run.kill()
		}
		n.mu.Unlock()
	}
}

// start runs a program as this node.
func (n *node) start(bin string) {
	n.s.t.Helper()
	db := n.s.direct
	if n.s.cable != nil {
		to, err := pgconn.ParseConfig(db)
		n.s.must(err)
		db = n.s.cable.dsn(to)
	}
	p, err := launch(n.name, bin, n.log, "serve", "--listen", n.host, "--admin-listen", "off", "--public-url", n.s.front.URL,
		"--db", db, "--master-key-file", n.s.file("master.key"), "--log-format", "text", "--log-level", "info",
		"--webhook-retries", hookRetries, "--allow-private-addresses", "127.0.0.0/8", "--trusted-proxies", "127.0.0.0/8")
	if err != nil {
		n.s.t.Errorf("%s: %v", n.name, err)
		return
	}
	n.mu.Lock()
	n.run, n.up = p, false
	n.mu.Unlock()
	go n.supervise(p, bin)
}

// supervise starts a run again that ended before it was ready: a node does not
// start without its database. One that was ready must not end by itself.
func (n *node) supervise(p *process, bin string) {
	for {
		select {
		case <-p.ended:
			n.mu.Lock()
			_, itself := p.gone()
			again := itself && !n.up && n.run == p
			if again {
				n.restarts++
			}
			n.mu.Unlock()
			if again {
				time.Sleep(200 * time.Millisecond) // as a supervisor does
				n.start(bin)
			}
			return
		case <-time.After(50 * time.Millisecond):
			if n.ready() == nil {
				n.mu.Lock()
				n.up = n.up || n.run == p
				up := n.up
				n.mu.Unlock()
				if up {
					return
				}
			}
		}
	}
}

// process is the node's run, nil while it is down.
func (n *node) process() *process {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.run
}

// ready is nil once the node says that it can take payments.
func (n *node) ready() error { return readyAt(context.Background(), n.s.client, n.host) }

func (n *node) awaitReady() error {
	err := poll(patience, func() error {
		if err := n.ready(); err != nil {
			if ended, _ := n.process().gone(); ended {
				return errors.Join(err, errors.New("its last run has ended"))
			}
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s is not ready: %w\n%s", n.name, err, n.log.tail())
	}
	return nil
}

// poll tries until it works or a time is over.
func poll(limit time.Duration, try func() error) error {
	end := time.Now().Add(limit)
	for {
		err := try()
		if err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func freePorts(t testing.TB, n int) (out []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		out = append(out, l.Addr().String())
	}
	return out
}

// control calls the sandbox's control port: path is what follows /control/.
func (s *stage) control(method, path string, body, into any) error {
	var sent *strings.Reader
	switch body := body.(type) {
	case nil:
		sent = strings.NewReader("")
	case string:
		sent = strings.NewReader(body)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = strings.NewReader(string(raw))
	}
	req, err := http.NewRequest(method, s.sandbox+"/control/"+path, sent)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return s.exchange(req, into)
}
