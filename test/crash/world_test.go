package crash_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/sandbox/fault"
	"naru/internal/sandbox/tosspay"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
)

// The one shop, and its contracts with the two providers.
const (
	merchant   = pay.MerchantID("m1")
	userCode   = "imp00000000"
	restKey    = "imp_key_of_the_shop"
	restSecret = "imp_secret_of_the_shop"

	cardClient = "sandbox_ck_crashClientKey00000000000001"
	cardSecret = "sandbox_sk_crashSecretKey00000000000001"
	billClient = "sandbox_ck_crashBillClientKey0000000001"
	billSecret = "sandbox_sk_crashBillSecretKey0000000001"
	walletKey  = "sk_sandbox_crashApiKey00001"
	walletBill = "sk_sandbox_crashBillKey0001"

	cardChannel   = pay.ChannelKey("channel-key-tosspayments")
	billChannel   = pay.ChannelKey("channel-key-tosspayments-billing")
	walletChannel = pay.ChannelKey("channel-key-tosspay_v2")
	wbillChannel  = pay.ChannelKey("channel-key-tosspay_v2-billing")

	cardShop = "tnaru"
	billShop = "tnarubill"
)

// providers is the address that channels are registered with: line finds the
// simulators of its own world behind it, so that books can be copied.
const providers = "http://127.0.0.1:1"

// world is a gateway between real HTTP on both sides: the merchant's server in
// front of it, the two simulators behind it, and one driven clock. The gateway
// dies and is born again; everything else stays.
type world struct {
	t     testing.TB
	ctx   context.Context
	dsn   string
	clock *clock
	log   *safeLog
	rand  *noise
	terms terms
	// working: jobs run as they become due, beside what is asked for, as in a
	// server; else when the world rests.
	working bool

	*life  // the gateway as it is now
	fate   *fate
	deaths int
	mishap *mishap // nil: every call goes its way
	late   []late  // in the order of their times
	proxy  *proxy  // nil: the simulators are reached straight

	cards   *tosspayments.Simulator
	wallet  *tosspay.Simulator
	sandbox *httptest.Server // both simulators
	front   *httptest.Server // the gateway's faces
	shop    *shop
	client  *http.Client // of the merchant's server and the buyer's browser
	serving atomic.Pointer[life]
	// notices lets the simulators' notices through; it is open only while the
	// world rests, so that a run tells the same story every time.
	notices sync.RWMutex

	db        *sql.DB // the books, for what the store has no question for
	bearer    string
	tokenEnds time.Time
}

// clock is the one clock of a world.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time               { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) Set(t time.Time)              { c.mu.Lock(); defer c.mu.Unlock(); c.t = t }
func (c *clock) In(d time.Duration) time.Time { return c.Now().Add(d) }

var morning = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

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

// newWorld builds a world on the books at dsn, which have the shop in them.
func newWorld(t testing.TB, dsn string, set ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), dsn: dsn, clock: &clock{t: morning}, log: &safeLog{}, rand: newNoise(1), fate: &fate{}}
	for _, f := range set {
		f(w)
	}
	w.client = &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.shop = newShop(w)
	w.front = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.front.Close)
	w.simulators()
	w.notices.Lock()
	w.begin()
	t.Cleanup(func() {
		w.notices.Unlock()
		w.end()
		if t.Failed() && *logs {
			t.Log(w.log.String())
		}
	})
	w.must(w.store.Write(w.ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(w.ctx, merchant)
		if err != nil {
			return err
		}
		m.Settings.WebhookURL = w.shop.url(mainHook)
		return tx.UpdateMerchant(w.ctx, m)
	}))
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
	ways := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: patient{w, ways}}
	notice := func(key pay.ChannelKey) string {
		return fmt.Sprintf("%s/notices/%s/%s", w.front.URL, pay.TossPayments, key)
	}
	var err error
	w.cards, err = tosspayments.New(tosspayments.Options{
		BaseURL: w.sandbox.URL + "/tosspayments", Now: w.clock.Now, Rand: newNoise(2), HTTP: client, Seed: 1, Strict: true,
		Shops: []tosspayments.Shop{
			{MID: cardShop, Name: "나루", ClientKey: cardClient, SecretKey: cardSecret, WebhookURL: notice(cardChannel), TaxFree: true},
			{MID: billShop, Name: "나루", ClientKey: billClient, SecretKey: billSecret, WebhookURL: notice(billChannel), TaxFree: true, Billing: true},
		},
	})
	w.must(err)
	w.t.Cleanup(func() { _ = w.cards.Close() })
	w.wallet, err = tosspay.New(tosspay.Options{
		BaseURL: w.sandbox.URL + "/tosspay", Now: w.clock.Now, Rand: newNoise(3), HTTP: client, Seed: 1, Strict: true,
		Shops: []tosspay.Shop{{MID: "narutosspay", Name: "나루", APIKey: walletKey}, {MID: "narubill", Name: "나루", APIKey: walletBill, Billing: true}},
	})
	w.must(err)
	w.t.Cleanup(func() { _ = w.wallet.Close() })
	mux.Handle("/tosspayments/", http.StripPrefix("/tosspayments", w.cards))
	mux.Handle("/tosspay/", http.StripPrefix("/tosspay", w.wallet))
}

// patient sends the simulators' notices once they are let through.
type patient struct {
	w    *world
	next *http.Transport
}

func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	p.w.notices.RLock()
	defer p.w.notices.RUnlock()
	return p.next.RoundTrip(r)
}

// register enters the shop with its channels and its REST key into new books.
func register(ctx context.Context, g *gateway.Gateway) error {
	_, err := g.AddMerchant(ctx, pay.Merchant{ID: merchant, UserCode: userCode, Name: "나루 상점", Settings: pay.Settings{PrivateAddressesOK: true}})
	if err != nil {
		return err
	}
	if _, _, err = g.AddKey(ctx, merchant, restKey, restSecret); err != nil {
		return err
	}
	cards, script, wallet := providers+"/tosspayments", providers+"/tosspayments/js/v1", providers+"/tosspay"
	for _, c := range []gateway.NewChannel{
		{Key: cardChannel, Provider: pay.TossPayments, Kind: pay.ChannelPayment, MID: cardShop, API: cards, Script: script, Default: true,
			Credentials: map[string]pay.Secret{"client_key": cardClient, "secret_key": cardSecret}},
		{Key: billChannel, Provider: pay.TossPayments, Kind: pay.ChannelBilling, MID: billShop, API: cards, Script: script,
			Credentials: map[string]pay.Secret{"client_key": billClient, "secret_key": billSecret}},
		{Key: walletChannel, Provider: pay.TossPay, Kind: pay.ChannelPayment, MID: "narutosspay", API: wallet,
			Credentials: map[string]pay.Secret{"api_key": walletKey}},
		{Key: wbillChannel, Provider: pay.TossPay, Kind: pay.ChannelBilling, MID: "narubill", API: wallet,
			Credentials: map[string]pay.Secret{"api_key": walletBill}},
	} {
		c.Merchant, c.Mode, c.Name = merchant, pay.ModeSandbox, string(c.Key)
		if _, err := g.AddChannel(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// control calls a simulator's management face, which must do as it is told.
func (w *world) control(h http.Handler, method, path string, body, into any) {
	w.t.Helper()
	raw, err := json.Marshal(body)
	w.must(err)
	req := httptest.NewRequest(method, "http://127.0.0.1"+path, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	if rec.Code/100 != 2 {
		w.t.Fatalf("the sandbox's %s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	if into != nil {
		w.must(json.Unmarshal(rec.Body.Bytes(), into))
	}
}

// injector is what breaks a provider.
func (w *world) injector(p pay.Provider) *fault.Injector {
	if p == pay.TossPay {
		return w.wallet.Faults()
	}
	return w.cards.Faults()
}

// loadKeys and saveKeys keep the vault's keys in a store.
func loadKeys(s *store.Store) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) (keys []byte, err error) {
		err = s.Read(ctx, func(tx *store.Tx) (err error) {
			keys, err = tx.Keyset(ctx)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		return keys, err
	}
}

func saveKeys(s *store.Store) func(context.Context, []byte) error {
	return func(ctx context.Context, keys []byte) error {
		return s.Write(ctx, func(tx *store.Tx) error { return tx.PutKeyset(ctx, keys) })
	}
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
