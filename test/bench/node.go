package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"naru/internal/pgtest"
	"naru/internal/store"
)

// node is one `naru serve` on a database that keeps what it commits, with the
// stand-ins in another process and a receiver of webhooks in this one.
type node struct {
	stack
	desk    *exec.Cmd // the stand-ins
	admin   string
	pinned  bool
	calls   *receiver
	full    float64 // charges a second that the most callers reached
	pg      *sql.DB // nil on SQLite
	closers []func()
}

// The contracts that the stand-ins come with.
const (
	channelFlags = `{"client_key":"sandbox_ck_NaruDevBillingClient00000001","secret_key":"sandbox_sk_NaruDevBillingSecret00000001"}`
	walletFlags  = `{"api_key":"sk_sandbox_NaruDevTossPay00001"}`
	walletKey    = "channel-key-22222222-2222-4222-8222-222222222222"
)

// masterKey is everybody's: it seals nothing of worth.
var masterKey = strings.Repeat("0123456789abcdef", 4) + "\n"

// onCore is a command on one processor, or on any of them.
func onCore(pinned bool, core int, args ...string) *exec.Cmd {
	if !pinned {
		return exec.Command(args[0], args[1:]...)
	}
	cmd := exec.Command("taskset", append([]string{"-c", fmt.Sprint(core)}, args...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd
}

// startNode starts it all: pinned, the gateway has processor 0 for itself and
// everything else shares processor 1, as this process must have been started.
func (b *bench) startNode(ctx context.Context, kind string, pinned bool) (n *node, err error) {
	n = &node{pinned: pinned}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	data, err := b.folder()
	if err != nil {
		return n, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return n, err
	}
	at := func(i int) string { return "127.0.0.1:" + ports[i] }
	n.stack = stack{
		gateway: "http://" + at(0), sandbox: "http://" + at(1), serial: &atomic.Int64{},
		http: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 128, MaxIdleConns: 256},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	n.admin = "http://" + at(2)
	var stopBare func()
	if n.bare, stopBare, err = startBareOn(ctx, pinned); err != nil {
		return n, err
	}
	n.closers = append(n.closers, stopBare)
	if n.calls, err = receive(); err != nil {
		return n, err
	}
	n.closers = append(n.closers, n.calls.close)
	dsn, err := n.database(ctx, kind, data)
	if err != nil {
		return n, err
	}
	n.desk = onCore(pinned, 1, b.bin, "sandbox", "--listen", at(1), "--log-level", "error")
	if err := n.launch(n.desk); err != nil {
		return n, err
	}
	if err := n.contracts(b.bin, data, dsn); err != nil {
		return n, err
	}
	n.cmd = onCore(pinned, 0, b.bin, "serve", "--listen", at(0), "--admin-listen", at(2), "--public-url", n.gateway, "--log-level", "info",
		"--allow-private-addresses", "127.0.0.0/8", "--request-limit", "off", "--address-limit", "off")
	n.cmd.Env = append(n.cmd.Env, n.env(data, dsn)...)
	if n.cmd.Stderr, err = os.Create(filepath.Join(data, "log")); err != nil { // as in production: written, not thrown away
		return n, err
	}
	if err := n.launch(n.cmd); err != nil {
		return n, err
	}
	if err := ready(ctx, n.gateway+"/readyz"); err != nil {
		return n, err
	}
	if n.books, err = store.Open(ctx, dsn, store.Options{}); err != nil {
		return n, err
	}
	n.closers = append(n.closers, func() { _ = n.books.Close() })
	return n, n.login(ctx)
}

func (n *node) env(data, dsn string) []string {
	return append(os.Environ(), "GOMAXPROCS="+map[bool]string{true: "1", false: fmt.Sprint(runtime.NumCPU())}[n.pinned],
		"NARU_DB="+dsn, "NARU_MASTER_KEY_FILE="+filepath.Join(data, "master.key"))
}

func (n *node) launch(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	n.closers = append(n.closers, func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	return nil
}

// database is where the books are: a file, or a server of our own.
func (n *node) database(ctx context.Context, kind, data string) (string, error) {
	if kind == "sqlite" {
		path := filepath.Join(data, "naru.db")
		n.commits = commits{path}
		return "sqlite:" + path, nil
	}
	dsn, stop, err := pgtest.Durable(ctx)
	if err != nil {
		return "", err
	}
	n.closers = append(n.closers, func() { _ = stop() })
	if n.pg, err = sql.Open("pgx", dsn); err != nil {
		return "", err
	}
	n.closers = append(n.closers, func() { _ = n.pg.Close() })
	n.commits = walSyncs{n.pg}
	return dsn, nil
}

// walSyncs counts how often PostgreSQL has synced its log. Servers tell it with
// a delay of up to a second, which quiet outlasts.
type walSyncs struct{ db *sql.DB }

func (w walSyncs) count() (n int64, err error) {
	return n, w.db.QueryRow(`SELECT wal_sync FROM pg_stat_wal`).Scan(&n)
}

// contracts registers the shop as its operator does.
func (n *node) contracts(bin, data, dsn string) error {
	if err := os.WriteFile(filepath.Join(data, "master.key"), []byte(masterKey), 0o600); err != nil {
		return err
	}
	run := func(input string, args ...string) (string, error) {
		cmd := exec.Command(bin, args...)
		cmd.Env, cmd.Stdin = n.env(data, dsn), strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("naru %s: %w: %s", args[0], err, bytes.TrimSpace(out))
		}
		return string(out), err
	}
	if _, err := run("", "migrate"); err != nil {
		return err
	}
	if _, err := run("", "merchant", "add", "bench", "--user-code", devUserCode, "--webhook-url", n.calls.url+"/webhook", "--private-addresses"); err != nil {
		return err
	}
	keys, err := run("", "key", "add", devUserCode)
	if err != nil {
		return err
	}
	words := strings.Fields(keys)
	if len(words) < 4 {
		return fmt.Errorf("naru key add: %q is not understood", keys)
	}
	n.form = "imp_key=" + words[1] + "&imp_secret=" + words[3]
	api := []string{"--provider", "tosspayments", "--mode", "sandbox", "--credentials", "-", "--api", n.sandbox + "/tosspayments", "--script", n.sandbox + "/tosspayments/js/v1"}
	if err := ready(context.Background(), n.sandbox+"/control/tosspay/ledger"); err != nil {
		return err
	}
	_, err = run(walletFlags, "channel", "add", devUserCode, "--key", walletKey, "--provider", "tosspay_v2", "--mid", "narutosspay", "--kind", "payment",
		"--mode", "sandbox", "--credentials", "-", "--api", n.sandbox+"/tosspay")
	if err == nil {
		_, err = run(channelFlags, append([]string{"channel", "add", devUserCode, "--key", billing, "--mid", "tnarubill", "--kind", "billing"}, api...)...)
	}
	return err
}

// close ends what was started, the last first.
func (n *node) close() {
	for i := range n.closers {
		n.closers[len(n.closers)-1-i]()
	}
}

// allocated is how many bytes the gateway has allocated so far.
func (n *node) allocated(ctx context.Context) (float64, error) {
	status, raw, err := n.send(ctx, http.MethodGet, n.admin+"/metrics", "", "", "")
	if err != nil || status != http.StatusOK {
		return 0, errors.Join(err, fmt.Errorf("metrics: status %d", status))
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "go_memstats_alloc_bytes_total "); ok {
			var v float64
			_, err := fmt.Sscan(rest, &v)
			return v, err
		}
	}
	return 0, errors.New("metrics: no go_memstats_alloc_bytes_total")
}

// startBareOn is startBare on the gateway's processor.
func startBareOn(ctx context.Context, pinned bool) (string, func(), error) {
	return startBareAs(ctx, func(args ...string) *exec.Cmd { return onCore(pinned, 0, args...) })
}

// syncsPerSecond is how often the disk under a folder takes a small change.
func syncsPerSecond(folder string) (float64, error) {
	f, err := os.CreateTemp(folder, "sync-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page, begun, n := make([]byte, 4096), time.Now(), 0
	for ; time.Since(begun) < 2*time.Second; n++ {
		if _, err := f.WriteAt(page, int64(n%256)*4096); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(begun).Seconds(), nil
}
