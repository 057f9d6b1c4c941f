// Package tosspay is a stand-in for Toss Pay: its merchant API for one-off
// payments (v2) and for billing keys (v1), its checkout pages with an imitation
// of the app, and its callbacks, over real HTTP. It was written from Toss Pay's
// merchant documentation ("결제 개발 가이드", "토스페이 API 소개", "자동결제 API",
// "토스페이 연동가이드") and shares no code with the connector that calls it.
//
// Time is what Options.Now says, so that expiry and retries can be tested by
// moving a clock, with Due and Settle step by step; only network deadlines and
// the worker's poll use real time.
// State lives in memory.
package tosspay

import (
	"context"
	"crypto/rand"
	"errors"
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
	// prefix and without a slash at the end: http://127.0.0.1:8788/tosspay.
	BaseURL string
	Shops   []Shop
	Now     func() time.Time // nil is time.Now
	Rand    io.Reader        // makes ids; nil is crypto/rand
	Log     *slog.Logger     // nil discards
	HTTP    *http.Client     // sends callbacks; nil is a client of our own
	Seed    uint64           // of the faults that are left to chance
	Strict  bool             // requests with unknown fields are refused
}

// Shop is a merchant as Toss Pay knows it, under one of its two keys. A
// merchant with a test and a live key is two Shops of one MID, which share
// their order and refund numbers.
type Shop struct {
	Name   string // what the buyer sees
	MID    string
	APIKey string // sk_test_…, sk_sandbox_… (both mode TEST) or sk_live_…, at most 30 characters

	NoCard         bool  // no card contract: Toss money only, at most 2,000,000 won a payment
	Billing        bool  // contract for automatic payments (자동결제): without it NOT_SUPPORTED_BILLING_KEY_SHOP
	KeepKeys       bool  // billing keys may not be removed by the merchant: BILLING_KEY_REMOVE_NOT_ALLOWED_SHOP
	LegacyOrderNo  bool  // an orderNo may be used again while no payment with it got as far as PAY_APPROVED
	LegacyRefundNo bool  // refundNo may be left out
	Suspended      bool  // every creation and every charge fails with PAYMENT_SHOP_STATE_NOT_NORMAL
	RefundBlocked  bool  // every refund fails with PAYMENT_SHOP_STATE_CANNOT_REFUND
	RefundLimit    int64 // won that may be refunded a Korean day; 0 is no limit
}

// Simulator is a running stand-in. It is an http.Handler for the provider's
// public face (mount prefix already stripped) and safe for concurrent use.
type Simulator struct {
	opts       Options
	kit        *web.Kit
	assets     *web.Assets
	faults     *fault.Injector
	transcript *control.Transcript
	public     http.Handler
	control    http.Handler

	mu        sync.Mutex
	shops     map[string]*Shop      // by API key
	payments  map[string]*payment   // by payToken
	newest    []*payment            // in the order they were created
	orders    map[string][]*payment // by orderKey
	refunds   map[string]*refund    // by refundKey
	refunded  map[string]int64      // won refunded, by MID and Korean day
	open      []*payment            // those that time may still change, in the order they were created
	ledger    []Movement            // in the order they were booked
	keys      map[string]*billingKey
	newKeys   []*billingKey            // in the order they were created
	openKeys  []*billingKey            // those that time may still change
	slots     map[string][]*billingKey // by slotKey, in the order they were created
	pushes    []push
	callbacks []*callback // all, by id
	pending   []*callback // those with something left to send
	page      pageOptions
	knobs     knobs
	auto      *deed          // of every page; nil is the buyer's own hands
	next      []nextBuyer    // of one page each
	windows   []windowRecord // the latest, in the order they were created

	wake    chan struct{}
	ctx     context.Context // ends when Close is called
	stop    context.CancelFunc
	workers sync.WaitGroup
}

var _ control.Simulator = (*Simulator)(nil)

// transcriptSize is how many exchanges the transcript keeps.
const transcriptSize = 1000

// New starts a simulator. Close must be called to end the goroutine that sends
// callbacks. The error names the option that is wrong.
func New(o Options) (*Simulator, error) {
	if err := o.fill(); err != nil {
		return nil, fmt.Errorf("tosspay sandbox: %w", err)
	}
	s := &Simulator{
		opts: o, faults: fault.New(o.Seed), transcript: control.NewTranscript(transcriptSize),
		shops: map[string]*Shop{}, payments: map[string]*payment{}, orders: map[string][]*payment{},
		refunds: map[string]*refund{}, refunded: map[string]int64{},
		keys: map[string]*billingKey{}, slots: map[string][]*billingKey{},
		wake: make(chan struct{}, 1),
	}
	s.faults.SetEnvelope(faultBody)
	s.transcript.Now = o.Now
	for _, shop := range o.Shops {
		if err := s.AddShop(shop); err != nil {
			return nil, err
		}
	}
	if err := s.loadPages(); err != nil {
		return nil, fmt.Errorf("tosspay sandbox: %w", err)
	}
	s.public, s.control = s.routes(), s.controlRoutes()
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.workers.Add(1)
	go s.sendCallbacks()
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
	if client.CheckRedirect == nil { // only a direct 200 counts as received
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	o.HTTP = &client
	return nil
}

// AddShop registers a merchant's key. A key that is already registered gets
// the new settings; it cannot move to another MID.
func (s *Simulator) AddShop(shop Shop) error {
	if shop.Name == "" {
		shop.Name = shop.MID
	}
	var err error
	switch {
	case shop.MID == "":
		err = errors.New("MID must not be empty")
	case len(shop.APIKey) > maxKey || !keyForm.MatchString(shop.APIKey):
		err = fmt.Errorf("APIKey: must be sk_test_, sk_sandbox_ or sk_live_ and letters or digits, at most %d characters", maxKey)
	case shop.RefundLimit < 0:
		err = fmt.Errorf("RefundLimit %d: must be 0 (no limit) or more", shop.RefundLimit)
	}
	if err != nil {
		return fmt.Errorf("tosspay sandbox: shop %q: %w", shop.MID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.shops[shop.APIKey]
	if old == nil {
		s.shops[shop.APIKey] = &shop
		return nil
	}
	if old.MID != shop.MID {
		return fmt.Errorf("tosspay sandbox: shop %q: APIKey already belongs to %q", shop.MID, old.MID)
	}
	*old = shop
	return nil
}

// ServeHTTP answers the provider's API and browser pages.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.public.ServeHTTP(w, r) }

// Control is the management face: what the buyer does without a browser, the
// callbacks, the money that moved, and how checkout pages behave. It has no
// access control.
func (s *Simulator) Control() http.Handler { return s.control }

// Faults breaks API calls (paths as the merchant calls them, such as
// /api/v2/execute) and callbacks (kinds PAY_COMPLETE, ACTIVATED and REMOVED).
func (s *Simulator) Faults() *fault.Injector { return s.faults }

// Transcript holds the latest API exchanges, API keys and billing keys blotted out.
func (s *Simulator) Transcript() *control.Transcript { return s.transcript }

// Close stops sending callbacks and waits for those on their way. It may be
// called more than once and never fails.
func (s *Simulator) Close() error {
	s.stop()
	s.workers.Wait()
	return nil
}

// mode is what answers call LIVE or TEST; the key's prefix decides.
func (s *Shop) mode() string {
	if strings.HasPrefix(s.APIKey, "sk_live_") {
		return "LIVE"
	}
	return "TEST"
}
