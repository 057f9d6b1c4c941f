package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/tosspay"
	"naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/vault"
)

// drainTime is how long the nodes may take to do what is due once nothing breaks
// any more, but for what a dead node has on lease.
const drainTime = 20 * time.Second

// calm waits, by the real clock, until the nodes have done what is due, and ends
// them as an operator does: each must end by itself and in order.
//
// What is not waited for by the real clock are leases of nodes that were killed
// (up to a minute), webhooks that wait for their next try (up to a minute), and
// answers that were lost (a charge of Toss Payments is asked about for 16 minutes,
// one of Toss Pay for 71, a cancel for three days: docs/operations.md). Those are
// afterwards' part.
func (s *stage) calm(t testing.TB) {
	t.Helper()
	err := poll(drainTime, func() error {
		due := s.jobs(time.Now().Add(-2 * time.Second))
		if len(due) == 0 {
			return nil
		}
		return fmt.Errorf("these jobs have been due for two seconds, and nobody takes them: %v", due)
	})
	if err != nil {
		t.Errorf("after %s of calm: %v", drainTime, err)
	}
	s.endNodes(t)
}

// jobs is how many there are of each kind that may be taken at a time.
func (s *stage) jobs(at time.Time) map[string]int {
	s.t.Helper()
	rows, err := s.db.Query(`SELECT kind, COUNT(*) FROM jobs WHERE due_at <= $1 GROUP BY kind`, at.UnixMicro())
	s.must(err)
	defer func() { _ = rows.Close() }()
	out := map[string]int{}
	for rows.Next() {
		var kind string
		var n int
		s.must(rows.Scan(&kind, &n))
		out[kind] = n
	}
	s.must(rows.Err())
	return out
}

// endNodes ends all nodes in order.
func (s *stage) endNodes(t testing.TB) {
	t.Helper()
	var all sync.WaitGroup
	for _, n := range s.nodes {
		all.Go(func() {
			p := n.process()
			if ended, itself := p.gone(); ended && itself {
				t.Errorf("%s ended by itself: %v\n%s", n.name, p.err, n.log.tail())
				return
			}
			if took, err := p.terminate(100 * time.Second); err != nil {
				t.Errorf("%s did not end well after %s: %v\n%s", n.name, took, err, n.log.tail())
			}
		})
	}
	all.Wait()
}

// horizon is longer than any lost answer is asked for: a cancel, for 73 hours.
const horizon = 4 * 24 * time.Hour

// ahead is a clock that can be moved.
type ahead struct {
	mu sync.Mutex
	by time.Duration
}

func (a *ahead) Now() time.Time { a.mu.Lock(); defer a.mu.Unlock(); return time.Now().Add(a.by) }

func (a *ahead) to(t time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.by = max(a.by, time.Until(t))
}

// afterwards is one more node on the same books, made of the same parts as
// `naru serve`, whose clock is moved from one thing that is due to the next until
// the horizon: what the nodes left behind is settled by it, as one of them would
// in days. The stand-ins' clock is moved with it.
func (s *stage) afterwards(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	n := s.lastNode(t, nil)
	defer n.close()
	n.run(ctx, time.Now().Add(horizon))
	s.kinds = n.kinds
}

// run does what becomes due until a time.
func (n *lastNode) run(ctx context.Context, until time.Time) {
	s, clock, from := n.s, n.s.clock, n.s.clock.Now()
	for range 5000 {
		s.must(n.runner.RunDue(ctx))
		next := n.nextJob()
		if next.IsZero() || next.After(until) {
			clock.to(until)
			return
		}
		// One step for what is due at about the same time.
		clock.to(next.Add(min(max(next.Sub(from)/200, 100*time.Millisecond), 10*time.Minute)))
		if now := clock.Now(); time.Until(now) > time.Second { // a clock is not set back
			s.must(s.control(http.MethodPost, "clock", map[string]string{"set": now.Add(time.Second).UTC().Format(time.RFC3339Nano)}, nil))
			clock.to(now.Add(time.Second))
		}
	}
	s.t.Errorf("work never comes to an end: it is %s by the last node's clock, and these are due: %v", clock.Now(), s.jobs(clock.Now()))
}

// nextJob is when there is work for it, zero for never. Other kinds of jobs, which
// look after things and never come to an end, are none of its business.
func (n *lastNode) nextJob() time.Time {
	n.s.t.Helper()
	places, args := make([]string, len(n.kinds)), make([]any, len(n.kinds))
	for i, k := range n.kinds {
		places[i], args[i] = fmt.Sprintf("$%d", i+1), k
	}
	var at int64
	n.s.must(n.s.db.QueryRow(`SELECT COALESCE(MIN(due_at), 0) FROM jobs WHERE kind IN (`+strings.Join(places, ", ")+`)`, args...).Scan(&at))
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at)
}

// lastNode is a gateway in this process.
type lastNode struct {
	s        *stage
	kinds    []string // of jobs that it does
	books    *store.Store
	gateway  *gateway.Gateway
	notifier *notify.Notifier
	runner   *jobs.Runner
	calls    *http.Client
}

// lastNode puts the parts together; faults may be nil.
func (s *stage) lastNode(t testing.TB, faults func(string) error) *lastNode {
	t.Helper()
	ctx, clock := context.Background(), s.clock
	log := slog.New(slog.NewTextHandler(newJournal(t, s.logs, "last-node"), nil))
	books, err := store.Open(ctx, s.direct, store.Options{Now: clock.Now, Log: log})
	s.must(err)
	text, err := os.ReadFile(s.file("master.key"))
	s.must(err)
	master, err := vault.ParseMaster(string(bytes.TrimSpace(text)))
	s.must(err)
	v, err := vault.Open(ctx, master, loadKeys(books), func(context.Context, []byte) error {
		return errors.New("the books have their keys already")
	})
	s.must(err)
	n := &lastNode{s: s, books: books, calls: &http.Client{Transport: &http.Transport{}}}
	n.notifier = notify.New(notify.Options{Store: books, Log: log, Version: "last", AnyAddress: true, Retries: []time.Duration{time.Second, time.Minute}})
	n.gateway = gateway.New(gateway.Options{
		Store: books, Vault: v, Drivers: []connector.Driver{tosspayments.Driver(), tosspay.Driver()}, PublicURL: s.front.URL,
		HTTP: n.calls, Now: clock.Now, Log: log, Faults: faults,
		Tell: func(ctx context.Context, tx *store.Tx, p pay.Payment, e gateway.Event) error {
			return n.notifier.Tell(ctx, tx, p, notify.Event(e))
		},
	})
	workers := n.gateway.Workers()
	maps.Copy(workers, n.notifier.Workers())
	n.kinds = slices.Sorted(maps.Keys(workers))
	n.runner = jobs.New(jobs.Options{Store: books, Now: clock.Now, Log: log, Workers: workers})
	return n
}

func (n *lastNode) close() {
	n.notifier.Close()
	n.calls.CloseIdleConnections()
	if err := n.books.Close(); err != nil {
		n.s.t.Error(err)
	}
}

func loadKeys(books *store.Store) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) (keys []byte, err error) {
		err = books.Read(ctx, func(tx *store.Tx) (err error) {
			keys, err = tx.Keyset(ctx)
			return err
		})
		return keys, err
	}
}
