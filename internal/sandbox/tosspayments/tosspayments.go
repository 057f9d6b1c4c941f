// Package tosspayments plays Toss Payments on this machine: the core API of
// date version 2022-07-27, the browser script and its payment window, and the
// webhooks. It is written from the provider's documentation alone and shares
// nothing with the gateway, so that a misreading on one side shows.
//
// What the documentation leaves open is decided here once and said where it is
// decided. Money never moves. Of a card number that a call or the billing window
// brings only the masked form is kept; payment windows ask for none.
package tosspayments

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"naru/internal/sandbox/control"
	"naru/internal/sandbox/fault"
	"naru/internal/web"
)

// Options say how a Simulator is to be run.
type Options struct {
	// BaseURL is where browsers and the gateway reach the simulator, with its
	// prefix and without a slash at the end: http://127.0.0.1:8788/tosspayments.
	BaseURL string
	Shops   []Shop
	Now     func() time.Time // nil is time.Now
	Rand    io.Reader        // makes ids; nil is crypto/rand
	Log     *slog.Logger     // nil discards
	HTTP    *http.Client     // sends webhooks; nil is a client of our own
	Seed    uint64           // of the faults that are left to chance
	Strict  bool             // requests with unknown fields or numbers in quotes are refused

	// Legacy2022 gives answers as they were in August 2022: without
	// issuerCode, acquirerCode, bankCode, taxExemptionAmount, cashReceipts, metadata,
	// isPartialCancelable and an account's refundReceiveAccount, and without
	// paymentType in the success address. Accounts are valid for 720 hours at most.
	Legacy2022 bool
}

// Simulator is a running stand-in. It is an http.Handler for the provider's
// public face (mount prefix already stripped) and safe for concurrent use.
type Simulator struct {
	opts       Options
	kit        *web.Kit
	assets     *web.Assets
	desk       *web.Kit // pages of the control port
	deskAssets *web.Assets
	faults     *fault.Injector
	transcript *control.Transcript
	public     http.Handler
	control    http.Handler

	mu           sync.Mutex // guards everything below
	shops        map[string]*shop
	bySecret     map[string]*shop
	byClient     map[string]*shop
	payments     map[string]*payment // by payment key
	byReceipt    map[string]*payment // by the id in receipt addresses
	newest       []*payment          // in the order they were created
	orders       map[orderKey][]*payment
	billing      map[string]*billingKey
	billingAuths map[string]*billingAuth   // by auth key
	fixed        map[fixedAccount]string   // account numbers
	cashReceipts map[string][]*cashReceipt // by receipt key, which the cancels of one receipt share
	messages     []message                 // sent to buyers, oldest first
	ledger       []Movement                // oldest first
	alarms       alarms
	alarmCount   int
	windows      map[string]*window    // by token
	repeats      map[repeatKey]*repeat // by idempotency key
	repeatAge    []repeatKey           // oldest first
	deliveries   []*delivery           // the log, oldest first
	lastDelivery int
	auto         auto          // what windows do by themselves
	nextBuyer    []*buyerOrder // first in front
	openings     []*opening    // of windows, oldest first

	stopped chan struct{} // closed, and made anew, when a sender of webhooks stops
	wake    chan struct{}
	ctx     context.Context // ends when Close is called
	stop    context.CancelFunc
	workers sync.WaitGroup
}

var _ control.Simulator = (*Simulator)(nil)

// transcriptSize is how many exchanges the transcript keeps.
const transcriptSize = 1000

// New starts a simulator. Close must be called to end the goroutines that send
// webhooks. The error names the option that is wrong.
func New(o Options) (*Simulator, error) {
	if err := o.fill(); err != nil {
		return nil, fmt.Errorf("tosspayments sandbox: %w", err)
	}
	s := &Simulator{
		opts: o, faults: fault.New(o.Seed), transcript: control.NewTranscript(transcriptSize),
		shops: map[string]*shop{}, bySecret: map[string]*shop{}, byClient: map[string]*shop{},
		payments: map[string]*payment{}, byReceipt: map[string]*payment{}, orders: map[orderKey][]*payment{},
		windows: map[string]*window{}, repeats: map[repeatKey]*repeat{},
		billing: map[string]*billingKey{}, billingAuths: map[string]*billingAuth{},
		fixed: map[fixedAccount]string{}, cashReceipts: map[string][]*cashReceipt{},
		stopped: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	s.transcript.Now = o.Now
	s.faults.SetEnvelope(faultBody)
	for _, shop := range o.Shops {
		if err := s.AddShop(shop); err != nil {
			return nil, err
		}
	}
	if err := s.loadPages(); err != nil {
		return nil, fmt.Errorf("tosspayments sandbox: %w", err)
	}
	s.public, s.control = s.routes(), s.controlRoutes()
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.workers.Go(s.run)
	return s, nil
}

// fill checks the options and puts the defaults in.
func (o *Options) fill() error {
	u, err := url.Parse(o.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("BaseURL %q: must be an absolute http or https URL without query", o.BaseURL)
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	client := http.Client{}
	if o.HTTP != nil {
		client = *o.HTTP
	}
	// Only a direct 200 counts as received.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.HTTP = &client
	return nil
}

// ServeHTTP serves the public face: the API under /v1, the script under /js,
// and the payment window.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.public.ServeHTTP(w, r) }

// Control serves the simulator's knobs: payments and deposits, refunds, cash
// receipts, webhooks, next declines, contracts and promotions of shops, what
// windows and the next buyers do by themselves, and lists of the windows that
// were asked for, the money that moved, the texts sent to buyers and the magic
// cards. It has no access control.
func (s *Simulator) Control() http.Handler { return s.control }

// Faults are the rules that break calls and webhooks.
func (s *Simulator) Faults() *fault.Injector { return s.faults }

// Transcript is what was said over the API, without keys.
func (s *Simulator) Transcript() *control.Transcript { return s.transcript }

// Wake makes the simulator look at once for what is due, without waiting for it
// to be done as Settle does. Call it after moving the clock that Options.Now reads;
// otherwise it looks every second of the machine's own time.
func (s *Simulator) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Close ends the sending of webhooks, also of those under way. It does not wait
// for API calls.
func (s *Simulator) Close() error {
	s.mu.Lock() // whoever starts a sender holds it
	s.stop()
	s.mu.Unlock()
	s.workers.Wait()
	return nil
}

// path is the part of the base URL that browsers put before our own paths.
func (s *Simulator) path() string {
	u, _ := url.Parse(s.opts.BaseURL) // fill checked it
	return u.Path
}
