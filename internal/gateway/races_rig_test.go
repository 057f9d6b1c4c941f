package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"testing"

	"naru/internal/connector"
	tossconn "naru/internal/connector/tosspay"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
	"naru/internal/vault"
)

// Races: many want the same thing at the same instant. One of them has it, or as
// many as fit; the others are told what V1 documents for it, and no money moves
// for them. Each runs on one node with SQLite, and on two nodes with PostgreSQL
// between them.

// node is a gateway with a store of its own on books that others use as well.
type node struct {
	gw     *gateway.Gateway
	store  *store.Store
	runner *jobs.Runner
}

// crowd is a rig with all its nodes; the first is the rig's own.
type crowd struct {
	*rig
	nodes []node
}

// crowded runs a race on both databases.
func crowded(t *testing.T, f func(t *testing.T, c *crowd)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, "sqlite::memory:")
		f(t, &crowd{r, []node{{r.gw, r.store, r.runner}}})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.Lent(t)
		r := newRig(t, dsn)
		f(t, &crowd{r, []node{{r.gw, r.store, r.runner}, r.another(dsn)}})
	})
}

// crowdedBoth runs a race for both providers on both databases.
func crowdedBoth(t *testing.T, f func(t *testing.T, c *crowd, p pay.Provider)) {
	t.Parallel()
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		t.Run(string(p), func(t *testing.T) { crowded(t, func(t *testing.T, c *crowd) { f(t, c, p) }) })
	}
}

// another is one more node on the rig's books.
func (r *rig) another(dsn string) node {
	r.t.Helper()
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := store.Open(r.ctx, dsn, store.Options{Now: r.clock.Now, Log: log})
	must2(r.t, err)
	r.t.Cleanup(func() { _ = s.Close() })
	v, err := vault.Open(r.ctx, bytes.Repeat([]byte{7}, 32), r.loadKeys, r.saveKeys)
	must2(r.t, err)
	g := gateway.New(gateway.Options{
		Store: s, Vault: v, Drivers: []connector.Driver{paymentsconn.Driver(), tossconn.Driver()}, Tell: tell,
		PublicURL: "http://127.0.0.1:1", HTTP: &http.Client{Transport: r.line}, Now: r.clock.Now, Log: log,
	})
	workers := g.Workers()
	workers[jobNotify] = r.workers()[jobNotify]
	return node{g, s, jobs.New(jobs.Options{Store: s, Now: r.clock.Now, Log: log, Workers: workers})}
}

// outcomes counts what callers were told, by the error that V1's table of answers
// knows.
type outcomes map[string]int

const won1 = "done"

// known are the errors that callers of a race may be told.
var known = []error{
	gateway.ErrOrderUsed, gateway.ErrScheduleTaken, gateway.ErrScheduleStatus, gateway.ErrNothingToRevoke, gateway.ErrOverCancel,
	gateway.ErrFullyCancelled, gateway.ErrChecksum, gateway.ErrCheckoutUsed, gateway.ErrNoBillingKey, gateway.ErrOutcomeUnknown,
	gateway.ErrReceiptIssued, gateway.ErrNotAccount, gateway.ErrAlreadyPrepared, gateway.ErrNoReceipt,
}

func outcomeOf(err error) string {
	if err == nil {
		return won1
	}
	for _, e := range known {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return fmt.Sprintf("%T %v", err, err)
}

// crowdSize is how many want the same at once.
const crowdSize = 100

// at has n callers do something at the same instant, each at another node than
// the one before.
func (c *crowd) at(n int, do func(i int, g *gateway.Gateway) error) outcomes {
	c.t.Helper()
	var ready, all sync.WaitGroup
	var mu sync.Mutex
	out, start := outcomes{}, make(chan struct{})
	ready.Add(n)
	for i := range n {
		all.Go(func() {
			ready.Done()
			<-start
			told := outcomeOf(do(i, c.nodes[i%len(c.nodes)].gw))
			mu.Lock()
			defer mu.Unlock()
			out[told]++
		})
	}
	ready.Wait()
	close(start)
	all.Wait()
	return out
}

// want fails unless the callers were told exactly this.
func (c *crowd) want(got outcomes, want outcomes) {
	c.t.Helper()
	if !maps.Equal(got, want) {
		c.t.Errorf("told %v, want %v\n%s", got, want, tail(c.log.String()))
	}
}

// tail is the end of a log.
func tail(s string) string { return s[max(0, len(s)-4000):] }

// runAll has every node do what is due, at the same time.
func (c *crowd) runAll() {
	c.t.Helper()
	var all sync.WaitGroup
	for _, n := range c.nodes {
		all.Go(func() {
			if err := n.runner.RunDue(c.ctx); err != nil {
				c.t.Errorf("jobs: %v", err)
			}
		})
	}
	all.Wait()
}

// ofOrder are the payments of an order number, by status.
func (c *crowd) ofOrder(uid string) (map[pay.Status]int, []pay.Payment) {
	c.t.Helper()
	var all []pay.Payment
	must2(c.t, c.store.Read(c.ctx, func(tx *store.Tx) (err error) {
		all, err = tx.FindPayments(c.ctx, c.merchant.ID, store.PaymentFilter{MerchantUID: pay.MerchantUID(uid), Sort: "started"})
		return err
	}))
	states := map[pay.Status]int{}
	for _, p := range all {
		states[p.Status]++
	}
	return states, all
}

// approvals is how often money was taken at the providers.
func (c *crowd) approvals() (n int) {
	for _, m := range c.payments.Ledger() {
		if m.Kind == "approval" {
			n++
		}
	}
	for _, m := range c.toss.Ledger() {
		if m.Kind == "approval" {
			n++
		}
	}
	return n
}
