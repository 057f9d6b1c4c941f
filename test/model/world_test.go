package model_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/sandbox/tosspay"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
)

// The one shop of the model, and its contracts. The keys are planted: nothing
// that the gateway says or keeps may show one of them.
const (
	merchant   = pay.MerchantID("m1")
	restKey    = "imp_key_of_the_model"
	restSecret = "imp_secret_plantedRestSecret0001"

	cardClient = "sandbox_ck_plantedClientKey000000000001"
	cardSecret = "sandbox_sk_plantedSecretKey000000000001"
	billClient = "sandbox_ck_plantedBillClientKey00000010"
	billSecret = "sandbox_sk_plantedBillSecretKey00000010"
	walletKey  = "sk_sandbox_plantedApiKey0001"
	walletBill = "sk_sandbox_plantedBillKey001"

	cardChannel   = pay.ChannelKey("channel-key-tosspayments")
	billChannel   = pay.ChannelKey("channel-key-tosspayments-billing")
	walletChannel = pay.ChannelKey("channel-key-tosspay_v2")
	wbillChannel  = pay.ChannelKey("channel-key-tosspay_v2-billing")

	cardShop = "tnaru"     // Toss Payments: windows, accounts, receipts
	billShop = "tnarubill" // Toss Payments: keys and card numbers
)

// world is a whole gateway between real HTTP on both sides: the merchant's
// server in front of it, the two simulators behind it, and one driven clock.
type world struct {
	t     testing.TB
	ctx   context.Context
	clock *clock
	seed  uint64

	*life   // the gateway as it is now; a death replaces it
	deaths  *deaths
	log     *safeLog
	line    *line
	cards   *tosspayments.Simulator
	wallet  *tosspay.Simulator
	sandbox *httptest.Server // both simulators
	front   *httptest.Server // the gateway: V1 and notices
	handler atomic.Pointer[http.Handler]
	hook    *hook
	rand    *noise
	// held keeps the simulators' notices back while a call is answered, so that
	// a seed tells the same story every time.
	held sync.RWMutex
}

// clock is the one clock of a world.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time               { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) Set(t time.Time)              { c.mu.Lock(); defer c.mu.Unlock(); c.t = t }
func (c *clock) In(d time.Duration) time.Time { return c.Now().Add(d) }

// noise is randomness that a seed foretells, for ids.
type noise struct {
	mu sync.Mutex
	r  *rand.ChaCha8
}

func newNoise(seed uint64) *noise {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return &noise{r: rand.NewChaCha8(key)}
}

func (n *noise) Read(p []byte) (int, error) { n.mu.Lock(); defer n.mu.Unlock(); return n.r.Read(p) }

type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *safeLog) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// line is the way to the providers. It can be unplugged for some calls, which
// then never leave.
type line struct {
	unplugged atomic.Int32 // calls that find no connection
	hits      atomic.Int32
	*http.Transport
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	for n := l.unplugged.Load(); n > 0; n = l.unplugged.Load() {
		if l.unplugged.CompareAndSwap(n, n-1) {
			l.hits.Add(1)
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
	}
	return l.Transport.RoundTrip(r)
}

// patient sends the simulators' notices, once nobody holds them.
type patient struct {
	w    *world
	next *http.Transport
}

func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	p.w.held.RLock()
	defer p.w.held.RUnlock()
	return p.next.RoundTrip(r)
}

// newWorld builds a world on the database at dsn.
func newWorld(t testing.TB, dsn string, seed uint64) *world {
	t.Helper()
	w := &world{
		t: t, ctx: context.Background(), seed: seed, clock: &clock{t: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)},
		deaths: &deaths{}, log: &safeLog{}, line: &line{Transport: &http.Transport{}}, rand: newNoise(seed),
	}
	w.hook = newHook(w)
	w.front = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { (*w.handler.Load()).ServeHTTP(rw, r) }))
	t.Cleanup(w.front.Close)
	w.simulators()
	w.life = w.begin(dsn)
	t.Cleanup(func() { w.end() })
	w.contracts()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// simulators starts both providers behind one address.
func (w *world) simulators() {
	w.t.Helper()
	mux := http.NewServeMux()
	w.sandbox = httptest.NewServer(mux)
	w.t.Cleanup(w.sandbox.Close)
	notices := &http.Transport{}
	w.t.Cleanup(notices.CloseIdleConnections)
	client := &http.Client{Transport: patient{w, notices}}
	notice := func(key pay.ChannelKey) string {
		return fmt.Sprintf("%s/notices/%s/%s", w.front.URL, pay.TossPayments, key)
	}
	var err error
	w.cards, err = tosspayments.New(tosspayments.Options{
		BaseURL: w.sandbox.URL + "/tosspayments", Now: w.clock.Now, Rand: newNoise(w.seed + 1), HTTP: client, Seed: w.seed, Strict: true,
		Shops: []tosspayments.Shop{
			{MID: cardShop, Name: "나루", ClientKey: cardClient, SecretKey: cardSecret, WebhookURL: notice(cardChannel), TaxFree: true},
			{MID: billShop, Name: "나루", ClientKey: billClient, SecretKey: billSecret, WebhookURL: notice(billChannel), TaxFree: true, Billing: true},
		},
	})
	w.must(err)
	w.t.Cleanup(func() { _ = w.cards.Close() })
	w.wallet, err = tosspay.New(tosspay.Options{
		BaseURL: w.sandbox.URL + "/tosspay", Now: w.clock.Now, Rand: newNoise(w.seed + 2), HTTP: client, Seed: w.seed, Strict: true,
		Shops: []tosspay.Shop{{MID: "narutosspay", Name: "나루", APIKey: walletKey}, {MID: "narubill", Name: "나루", APIKey: walletBill, Billing: true}},
	})
	w.must(err)
	w.t.Cleanup(func() { _ = w.wallet.Close() })
	mux.Handle("/tosspayments/", http.StripPrefix("/tosspayments", w.cards))
	mux.Handle("/tosspay/", http.StripPrefix("/tosspay", w.wallet))
}

// contracts registers the shop with its channels and its REST key.
func (w *world) contracts() {
	w.t.Helper()
	_, err := w.gateway.AddMerchant(w.ctx, pay.Merchant{
		ID: merchant, UserCode: "imp00000000", Name: "나루 상점", Settings: pay.Settings{WebhookURL: w.hook.url(mainHook), PrivateAddressesOK: true},
	})
	w.must(err)
	_, _, err = w.gateway.AddKey(w.ctx, merchant, restKey, restSecret)
	w.must(err)
	cards, script := w.sandbox.URL+"/tosspayments", w.sandbox.URL+"/tosspayments/js/v1"
	for _, c := range []gateway.NewChannel{
		{Key: cardChannel, Provider: pay.TossPayments, Kind: pay.ChannelPayment, MID: cardShop, API: cards, Script: script, Default: true,
			Credentials: map[string]pay.Secret{"client_key": cardClient, "secret_key": cardSecret}},
		{Key: billChannel, Provider: pay.TossPayments, Kind: pay.ChannelBilling, MID: billShop, API: cards, Script: script,
			Credentials: map[string]pay.Secret{"client_key": billClient, "secret_key": billSecret}},
		{Key: walletChannel, Provider: pay.TossPay, Kind: pay.ChannelPayment, MID: "narutosspay", API: w.sandbox.URL + "/tosspay",
			Credentials: map[string]pay.Secret{"api_key": walletKey}},
		{Key: wbillChannel, Provider: pay.TossPay, Kind: pay.ChannelBilling, MID: "narubill", API: w.sandbox.URL + "/tosspay",
			Credentials: map[string]pay.Secret{"api_key": walletBill}},
	} {
		c.Merchant, c.Mode, c.Name = merchant, pay.ModeSandbox, string(c.Key)
		_, err := w.gateway.AddChannel(w.ctx, c)
		w.must(err)
	}
}

// control calls a simulator's management face and gives the status of its answer.
func (w *world) control(h http.Handler, method, path string, body, into any) int {
	w.t.Helper()
	req := httptest.NewRequest(method, "http://127.0.0.1"+path, bytes.NewReader(encode(w.t, body)))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	if rec.Code/100 == 2 && into != nil {
		decode(w.t, rec.Body.Bytes(), into)
	}
	return rec.Code
}

// read looks into the books.
func (w *world) read(fn func(tx *store.Tx) error) {
	w.t.Helper()
	w.must(w.store.Read(w.ctx, fn))
}

func (w *world) loadKeys(ctx context.Context) (keys []byte, err error) {
	err = w.store.Read(ctx, func(tx *store.Tx) (err error) {
		keys, err = tx.Keyset(ctx)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return keys, err
}

func (w *world) saveKeys(ctx context.Context, keys []byte) error {
	return w.store.Write(ctx, func(tx *store.Tx) error { return tx.PutKeyset(ctx, keys, true) })
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// escape is a value as a part of a path.
func escape(s string) string { return url.PathEscape(s) }
