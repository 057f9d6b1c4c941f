package model_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"naru/internal/pay"
	"naru/internal/sandbox/fault"
	"naru/internal/sandbox/tosspay"
	"naru/internal/sandbox/tosspayments"
)

// side is a provider's system for one contract of ours. Each contract has one of
// its own, so that its notices go out one after the other.
type side struct {
	name     string // in the story and in its rules
	provider pay.Provider
	kind     pay.ChannelKind
	mid      string
	channel  pay.ChannelKey
	keys     map[string]pay.Secret

	face    http.Handler // what the gateway and browsers call
	control http.Handler // what a bank, a buyer or the provider's desk does
	faults  *fault.Injector
	settle  func(context.Context) error // sends the notices that are due
	due     func() time.Time
	moves   func() []theirs
	gate    *gate
}

// theirs is money that moved at a provider, with our order id there.
type theirs struct {
	order string
	entry
}

// path is the side's place under the address of all providers.
func (d *side) path() string { return "/" + d.name }

// gate is where a side's notices wait until they may pass: in a story nothing
// comes in but at its time.
type gate struct {
	next *http.Transport
	mu   sync.Mutex
	way  chan struct{} // closed while it is open
}

func newGate(next *http.Transport) *gate { return &gate{next: next, way: make(chan struct{})} }

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	way := g.way
	g.mu.Unlock()
	select {
	case <-way:
		return g.next.RoundTrip(r)
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

func (g *gate) open() { g.mu.Lock(); defer g.mu.Unlock(); close(g.way) }
func (g *gate) shut() { g.mu.Lock(); defer g.mu.Unlock(); g.way = make(chan struct{}) }

// newSides makes the providers' systems of the world. The seeds of their ids
// differ.
func (w *world) newSides() []*side {
	toss := func(name, mid string, kind pay.ChannelKind, client, secret string) *side {
		return &side{name: name, provider: pay.TossPayments, kind: kind, mid: mid, keys: map[string]pay.Secret{"client_key": pay.Secret(client), "secret_key": pay.Secret(secret)}}
	}
	app := func(name, mid string, kind pay.ChannelKind, key string) *side {
		return &side{name: name, provider: pay.TossPay, kind: kind, mid: mid, keys: map[string]pay.Secret{"api_key": pay.Secret(key)}}
	}
	all := []*side{
		toss("cards", "tnaru", pay.ChannelPayment, cardClient, cardSecret),
		toss("bill", "tnarubill", pay.ChannelBilling, billClient, billSecret),
		app("wallet", "narutosspay", pay.ChannelPayment, walletKey),
		app("wbill", "narubill", pay.ChannelBilling, walletBill),
		toss("tcards", "tnarusub", pay.ChannelPayment, tierClient, tierSecret),
		toss("tbill", "tnarusubbill", pay.ChannelBilling, tierBillClient, tierBillSecret),
	}
	for i, d := range all {
		d.channel = pay.ChannelKey("channel-key-" + d.name)
		w.start(d, w.seed+1+uint64(i))
	}
	return all
}

// start sets a side up behind the address of all providers.
func (w *world) start(d *side, seed uint64) {
	w.t.Helper()
	notices := &http.Transport{}
	w.t.Cleanup(notices.CloseIdleConnections)
	d.gate = newGate(notices)
	base, client := w.sandbox.URL+d.path(), &http.Client{Transport: d.gate}
	if d.provider == pay.TossPay {
		w.startApp(d, base, client, seed)
	} else {
		w.startCards(d, base, client, seed)
	}
	w.mux.Handle(d.path()+"/", http.StripPrefix(d.path(), d.face))
}

func (w *world) startCards(d *side, base string, client *http.Client, seed uint64) {
	w.t.Helper()
	s, err := tosspayments.New(tosspayments.Options{
		BaseURL: base, Now: w.clock.Now, Rand: newNoise(seed), HTTP: client, Seed: seed, Strict: true,
		Shops: []tosspayments.Shop{{
			MID: d.mid, Name: "나루", ClientKey: d.keys["client_key"].Reveal(), SecretKey: d.keys["secret_key"].Reveal(), TaxFree: true,
			WebhookURL: fmt.Sprintf("%s/notices/%s/%s", w.front.URL, d.provider, d.channel), Billing: d.kind == pay.ChannelBilling,
		}},
	})
	w.must(err)
	w.t.Cleanup(func() { _ = s.Close() })
	d.face, d.control, d.faults, d.settle, d.due = s, s.Control(), s.Faults(), s.Settle, s.Due
	d.moves = func() (out []theirs) {
		for _, m := range s.Ledger() {
			out = append(out, theirs{m.OrderID, entry{string(m.Kind), max(m.Amount, -m.Amount)}})
		}
		return out
	}
}

func (w *world) startApp(d *side, base string, client *http.Client, seed uint64) {
	w.t.Helper()
	s, err := tosspay.New(tosspay.Options{
		BaseURL: base, Now: w.clock.Now, Rand: newNoise(seed), HTTP: client, Seed: seed, Strict: true,
		Shops: []tosspay.Shop{{MID: d.mid, Name: "나루", APIKey: d.keys["api_key"].Reveal(), Billing: d.kind == pay.ChannelBilling}},
	})
	w.must(err)
	w.t.Cleanup(func() { _ = s.Close() })
	d.face, d.control, d.faults, d.settle, d.due = s, s.Control(), s.Faults(), s.Settle, s.Due
	d.moves = func() (out []theirs) {
		for _, m := range s.Ledger() {
			out = append(out, theirs{m.OrderNo, entry{m.Kind, m.Amount}})
		}
		return out
	}
}
