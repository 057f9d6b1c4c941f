package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// findings are what was counted; all but the first few must be none.
type findings struct {
	payments, movements, approved int
	cancelled                     int
	webhooks                      int

	double      []string // orders of which money moved twice
	missing     []string // told as paid, and the provider has no money
	different   []string // books and ledger do not agree
	undelivered []string // webhooks owed
	open        []string // what nobody knows yet, past its bound
	lies        []string // answers that were not kept
	logged      []string // what no node may print
	notRetried  []string // 5xx of nodes that reached the database
}

// all are the findings that must be none, by name.
func (f *findings) all() map[string][]string {
	return map[string][]string{
		"double charges": f.double, "lost movements": append(slices.Clone(f.missing), f.different...), "webhooks owed and undelivered": f.undelivered,
		"unknown past bound": f.open, "answers not kept": f.lies, "alarming log lines": f.logged, "errors of nodes whose database was there": f.notRetried,
	}
}

// audit holds everything against everything.
func (s *stage) audit(t testing.TB, l *load) *findings {
	t.Helper()
	f := &findings{}
	ledger, books := s.ledger(), s.readBooks()
	f.payments = len(books)
	byOrder := map[string][]*booked{}
	for _, b := range books {
		byOrder[string(b.MerchantUID)] = append(byOrder[string(b.MerchantUID)], b)
		s.auditPayment(f, b, ledger[string(b.ID)])
	}
	s.auditStrangers(f, books, ledger)
	for _, o := range l.orders {
		auditOrder(f, o, byOrder[o.uid], ledger)
	}
	s.auditV1(f, l, books)
	s.auditWebhooks(f, books, l)
	s.auditLeft(f)
	f.lies = append(f.lies, l.wrongs...)
	for _, log := range s.journals() {
		for _, line := range log.errors() {
			if !strings.Contains(line, "level=ERROR") || strings.Contains(line, "40P01") {
				f.logged = append(f.logged, line)
			}
		}
	}
	return f
}

func (s *stage) journals() (out []*journal) {
	for _, n := range s.nodes {
		out = append(out, n.log)
	}
	return append(out, s.desk.log)
}

// auditPayment: the books have what the provider has, to the won, and the state
// is what the movements say.
func (s *stage) auditPayment(f *findings, b *booked, theirs []entry) {
	ours := b.entries()
	if !slices.Equal(sorted(ours), sorted(theirs)) {
		f.different = append(f.different, fmt.Sprintf("%s of %s (%s): the books have %v, the provider %v", b.ID, b.MerchantUID, b.Status, ours, theirs))
	}
	times, amount, back := in(theirs)
	f.movements += len(theirs)
	f.approved += times
	switch b.Status {
	case pay.StatusPaid, pay.StatusPartiallyCancelled, pay.StatusCancelled:
		if times != 1 || amount != b.Amount.Total.Minor || back != b.Cancelled {
			f.missing = append(f.missing, fmt.Sprintf("%s of %s is %s with %d of %d back: the provider has %v", b.ID, b.MerchantUID, b.Status, b.Cancelled, b.Amount.Total.Minor, theirs))
		}
	case pay.StatusFailed:
		if amount != back {
			f.different = append(f.different, fmt.Sprintf("%s of %s failed (%s) and the provider keeps %d: %v", b.ID, b.MerchantUID, b.FailCode, amount-back, theirs))
		}
	case pay.StatusConfirming:
		f.open = append(f.open, fmt.Sprintf("%s of %s is still confirming", b.ID, b.MerchantUID))
	default:
		if amount != 0 {
			f.different = append(f.different, fmt.Sprintf("%s of %s is %s, and the provider has %v", b.ID, b.MerchantUID, b.Status, theirs))
		}
	}
	for _, a := range b.open {
		f.open = append(f.open, fmt.Sprintf("attempt %s (%s) of %s is %s", a.ID, a.Kind, b.ID, a.Status))
	}
}

// auditStrangers: the provider moved money for nothing that is not on the books.
func (s *stage) auditStrangers(f *findings, books []*booked, ledger map[string][]entry) {
	known := map[string]bool{}
	for _, b := range books {
		known[string(b.ID)] = true
	}
	for id, entries := range ledger {
		if !known[id] {
			f.different = append(f.different, fmt.Sprintf("the provider has %v for %s, which is not on the books", entries, id))
		}
	}
}

// auditOrder: what the merchant was told of an order is so, and money moved once
// at most.
func auditOrder(f *findings, o *order, all []*booked, ledger map[string][]entry) {
	times, kept, back := 0, int64(0), int64(0)
	var cancels []int64
	for _, b := range all {
		n, amount, returned := in(ledger[string(b.ID)])
		times, kept, back = times+n, kept+amount-returned, back+returned
		for _, e := range ledger[string(b.ID)] {
			if e.kind == "cancel" {
				cancels = append(cancels, e.amount)
			}
		}
	}
	f.cancelled += len(cancels)
	if times > 1 {
		f.double = append(f.double, fmt.Sprintf("%s: money came in %d times, %d is kept: %s", o, times, kept, describe(all, ledger)))
	}
	say := func(format string, args ...any) {
		f.lies = append(f.lies, fmt.Sprintf("%s %s: %s", o, fmt.Sprintf(format, args...), describe(all, ledger)))
	}
	switch {
	case o.paid && times != 1:
		say("was answered as paid and money came in %d times", times)
	case !o.doubt && o.denied > 0 && o.denied == o.asked && times > 0:
		say("was refused %d times of %d and money came in", o.denied, o.asked)
	case o.deposits > 0 && times != o.deposits:
		say("was paid into %d times, and money came in %d times", o.deposits, times)
	case o.revoked && times > 0:
		say("was revoked and charged all the same")
	case o.booked && !o.revoked && !o.mayBeRevoked && len(all) != 1:
		say("was booked, and there are %d payments of it", len(all))
	case o.kind == "schedule" && !o.booked && !o.doubt && len(all) > 0:
		say("was never booked, and charged")
	case o.asked > 0 && !o.doubt && !o.paid && o.denied == 0 && len(all) == 0 && o.kind != "schedule" && o.kind != "window":
		say("left nothing, and nobody said so")
	}
	auditCancels(o, cancels, say)
}

// auditCancels: each cancel that was answered was made once, each in doubt once
// at most, and nothing else.
func auditCancels(o *order, made []int64, say func(string, ...any)) {
	left := slices.Clone(made)
	take := func(amount int64) bool {
		i := slices.Index(left, amount)
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		return i >= 0
	}
	for _, w := range o.cancels {
		if w.done && !take(w.amount) {
			say("a cancel of %d was answered as done, and the provider made %v", w.amount, made)
		}
	}
	for _, w := range o.cancels {
		if w.doubt {
			take(w.amount)
		}
	}
	if len(left) > 0 {
		say("cancels of %v were made that nobody asked for, or twice; asked for were %v", left, o.cancels)
	}
}

func describe(all []*booked, ledger map[string][]entry) string {
	var out []string
	for _, b := range all {
		out = append(out, fmt.Sprintf("%s %s %s, books %v, provider %v", b.ID, b.Status, b.FailCode, b.entries(), ledger[string(b.ID)]))
	}
	return strings.Join(out, "; ")
}

// readAtOnce is how many payments V1 gives at once ("GET /payments").
const readAtOnce = 100

// wire is V1's word for a state.
func wire(st pay.Status) string {
	switch st {
	case pay.StatusPaid, pay.StatusFailed:
		return string(st)
	case pay.StatusPartiallyCancelled, pay.StatusCancelled:
		return "cancelled"
	}
	return "ready"
}

// auditV1 reads every payment by V1 from a node that is started once more.
func (s *stage) auditV1(f *findings, l *load, books []*booked) {
	s.t.Helper()
	n := s.nodes[0]
	n.start(s.bin)
	s.must(n.awaitReady())
	s.must(poll(patience, func() error {
		return readyAt(context.Background(), s.client, strings.TrimPrefix(s.front.URL, "http://"))
	}))
	c := l.newCaller("audit", 0)
	defer c.http.CloseIdleConnections()
	shown := map[string]payment{}
	for some := range slices.Chunk(books, readAtOnce) {
		query := url.Values{}
		for _, b := range some {
			query.Add("imp_uid[]", string(b.ID))
		}
		r := c.call(http.MethodGet, "/payments?"+query.Encode(), nil)
		var in []payment
		if r.verdict() != done || json.Unmarshal(r.Response, &in) != nil {
			s.t.Fatalf("GET /payments: %v %d %.300s", r.err, r.status, r.raw)
		}
		for _, p := range in {
			shown[p.ImpUID] = p
		}
	}
	for _, b := range books {
		p, ok := shown[string(b.ID)]
		if !ok || p.Status != wire(b.Status) || p.CancelAmount != b.Cancelled || p.Amount != b.Amount.Total.Minor || p.MerchantUID != string(b.MerchantUID) {
			f.different = append(f.different, fmt.Sprintf("%s of %s is %s with %d cancelled; V1 tells %+v", b.ID, b.MerchantUID, b.Status, b.Cancelled, p))
		}
	}
	if took, err := n.process().terminate(patience); err != nil {
		f.logged = append(f.logged, fmt.Sprintf("%s did not end well after %s: %v", n.name, took, err))
	}
}

// auditLeft: no question is left to ask, and nobody is called who is not needed.
func (s *stage) auditLeft(f *findings) {
	s.t.Helper()
	for kind, n := range s.jobs(time.Now().Add(horizon)) {
		if slices.Contains(s.kinds, kind) {
			f.open = append(f.open, fmt.Sprintf("%d jobs are left: %s", n, kind))
		}
	}
	ctx := context.Background()
	s.must(s.books.Read(ctx, func(tx *store.Tx) error {
		alarms, err := tx.ListAlarms(ctx, true)
		for _, a := range alarms {
			f.open = append(f.open, fmt.Sprintf("a person is called: %s %s %s", a.Kind, a.Payment, a.Text))
		}
		return err
	}))
}
