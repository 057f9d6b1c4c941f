package model_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// The one merchant of the model with its sub-store, and their contracts. The keys
// are planted: nothing that the gateway says or keeps may show one of them.
const (
	mainMerchant = pay.MerchantID("m1")
	userCode     = "imp00000000"
	tierCode     = "SUB"
	restKey      = "imp_key_of_the_model"
	restSecret   = "imp_secret_plantedRestSecret0001"

	cardClient     = "sandbox_ck_plantedClientKey000000000001"
	cardSecret     = "sandbox_sk_plantedSecretKey000000000001"
	billClient     = "sandbox_ck_plantedBillClientKey00000010"
	billSecret     = "sandbox_sk_plantedBillSecretKey00000010"
	walletKey      = "sk_sandbox_plantedApiKey0001"
	walletBill     = "sk_sandbox_plantedBillKey001"
	tierClient     = "sandbox_ck_plantedTierClientKey00000020"
	tierSecret     = "sandbox_sk_plantedTierSecretKey00000020"
	tierBillClient = "sandbox_ck_plantedTierBillClient0000030"
	tierBillSecret = "sandbox_sk_plantedTierBillSecret0000030"
)

// planted are the secrets that are there from the beginning.
func planted() []string {
	return []string{
		restSecret, cardSecret, billSecret, walletKey, walletBill, tierSecret, tierBillSecret, businessNumber, refundAccount,
	}
}

// world is a whole gateway between real HTTP on both sides: the merchant's server
// and the buyers' browsers in front of it, the providers' simulators behind it,
// and one driven clock.
type world struct {
	t     testing.TB
	ctx   context.Context
	clock *clock
	seed  uint64

	*life   // the gateway as it is now; a death replaces it
	deaths  *deaths
	turns   *turns
	log     *safeLog
	line    *line
	sides   []*side
	sandbox *httptest.Server // all of them
	mux     *http.ServeMux   // of the sandbox
	front   *httptest.Server // the gateway: V1, the windows and notices
	handler atomic.Pointer[http.Handler]
	hook    *hook
	rand    *noise
	tally   *tally
	doing   string // what the story does just now; "" while it only looks
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

// newWorld builds a world on the database at dsn.
func newWorld(t testing.TB, dsn string, seed uint64) *world {
	t.Helper()
	w := &world{
		t: t, ctx: context.Background(), seed: seed, clock: &clock{t: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)},
		deaths: &deaths{}, turns: newTurns(seed), log: &safeLog{}, rand: newNoise(seed), tally: newTally(),
	}
	w.line = &line{w: w, Transport: &http.Transport{}}
	w.hook = newHook(w)
	w.front = httptest.NewServer(http.HandlerFunc(w.face))
	t.Cleanup(w.front.Close)
	w.mux = http.NewServeMux()
	w.sandbox = httptest.NewServer(w.mux)
	t.Cleanup(w.sandbox.Close)
	w.sides = w.newSides()
	w.life = w.begin(dsn)
	t.Cleanup(func() { w.end() })
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// contracts registers the merchant with its sub-store, their channels and the
// REST key, and gives the sub-store's id.
func (w *world) contracts() pay.MerchantID {
	w.t.Helper()
	_, err := w.gateway.AddMerchant(w.ctx, pay.Merchant{
		ID: mainMerchant, UserCode: userCode, Name: "나루 상점", Settings: pay.Settings{WebhookURL: w.hook.url(mainHook), PrivateAddressesOK: true},
	})
	w.must(err)
	_, _, err = w.gateway.AddKey(w.ctx, mainMerchant, restKey, restSecret)
	w.must(err)
	tier, err := w.gateway.AddTier(w.ctx, mainMerchant, tierCode, "나루 2호점")
	w.must(err)
	for i, d := range w.sides {
		c := gateway.NewChannel{
			Merchant: mainMerchant, Key: d.channel, Provider: d.provider, Kind: d.kind, MID: d.mid, Mode: pay.ModeSandbox, Name: d.name,
			API: w.sandbox.URL + d.path(), Default: i == 0, Credentials: d.keys,
		}
		if d.provider == pay.TossPayments {
			c.Script = c.API + "/js/v1"
		}
		if d.name[0] == 't' {
			c.Merchant = tier.ID
		}
		_, err := w.gateway.AddChannel(w.ctx, c)
		w.must(err)
	}
	return tier.ID
}

// bank calls a side's management face, where banks, buyers and the provider's own
// desk do what they do, and gives the status of the answer.
func (w *world) bank(d *side, method, path string, body, into any) int {
	w.t.Helper()
	if method != http.MethodGet {
		w.did(w.doing)
	}
	req := httptest.NewRequest(method, "http://127.0.0.1"+path, bytes.NewReader(encode(w.t, body)))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	d.control.ServeHTTP(rec, req)
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
	return w.store.Write(ctx, func(tx *store.Tx) error { return tx.PutKeyset(ctx, keys) })
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// escape is a value as a part of a path.
func escape(s string) string { return url.PathEscape(s) }
