package v1_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/connector"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/pgtest"
	v1 "naru/internal/rest/v1"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
	"naru/internal/vault"
)

// errDied is what every part of a gateway that died says from then on.
var errDied = errors.New("the process died")

// fate ends a gateway at its nth commit or step, before it or after.
type fate struct {
	mu    sync.Mutex
	seen  int
	at    int // 0: it lives
	dead  bool
	where string
}

// arm has the gateway die at its nth point from now on; 0 brings it back.
func (f *fate) arm(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen, f.at, f.dead = 0, n, false
}

func (f *fate) died() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.dead }

func (f *fate) point(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen++; f.seen == f.at {
		f.dead, f.where = true, name
	}
	if f.dead {
		return errDied
	}
	return nil
}

// shopRig is V1 over real HTTP, on a real store, in front of the simulator of
// Toss Payments behind real HTTP.
type shopRig struct {
	t       testing.TB
	ctx     context.Context
	clock   *movedClock
	dsn     string
	fate    fate
	store   *store.Store
	gateway *gateway.Gateway
	runner  *jobs.Runner
	cards   *tosspayments.Simulator
	sandbox *httptest.Server
	front   *httptest.Server
	log     lockedLog
	token   string
	held    heldCalls
}

type movedClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *movedClock) Now() time.Time        { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *movedClock) Move(by time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(by) }

type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// heldCalls hold the next call of a path back before it reaches the provider.
type heldCalls struct {
	mu               sync.Mutex
	path             string
	arrived, through chan struct{}
}

// hold has the next call whose path begins so wait: arrived is closed when it is
// there, through lets it go on.
func (h *heldCalls) hold(path string) (arrived <-chan struct{}, through chan<- struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.path, h.arrived, h.through = path, make(chan struct{}), make(chan struct{})
	return h.arrived, h.through
}

func (h *heldCalls) pass(path string) {
	h.mu.Lock()
	mine := h.path != "" && strings.HasPrefix(path, h.path)
	arrived, through := h.arrived, h.through
	if mine {
		h.path = ""
	}
	h.mu.Unlock()
	if mine {
		close(arrived)
		<-through
	}
}

// onBoth runs a test on both databases.
func onBoth(t *testing.T, f func(t *testing.T, r *shopRig)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, newShopRig(t, "sqlite::memory:")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, newShopRig(t, pgtest.Lent(t))) })
}

const (
	simClient = "sandbox_ck_keyedClientKey00000000000001"
	simSecret = "sandbox_sk_keyedSecretKey00000000000001"
	pan       = "9410123456789012" // and the rest of a card, as markers
	panExpiry = "2031-12"
	panBirth  = "900117"
)

func newShopRig(t testing.TB, dsn string) *shopRig {
	t.Helper()
	r := &shopRig{t: t, ctx: context.Background(), clock: &movedClock{t: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)}, dsn: dsn}
	log := slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mux := http.NewServeMux()
	r.sandbox = httptest.NewServer(mux)
	t.Cleanup(r.sandbox.Close)
	var err error
	r.cards, err = tosspayments.New(tosspayments.Options{
		BaseURL: r.sandbox.URL + "/cards", Now: r.clock.Now, Log: log, HTTP: http.DefaultClient, Seed: 1, Strict: true,
		Shops: []tosspayments.Shop{{MID: "tkeyed", Name: "나루", ClientKey: simClient, SecretKey: simSecret, Billing: true, FixedAccounts: true}},
	})
	r.must(err)
	t.Cleanup(func() { _ = r.cards.Close() })
	mux.HandleFunc("/cards/", func(w http.ResponseWriter, q *http.Request) {
		r.held.pass(strings.TrimPrefix(q.URL.Path, "/cards"))
		http.StripPrefix("/cards", r.cards).ServeHTTP(w, q)
	})
	r.store, err = store.Open(r.ctx, dsn, store.Options{Now: r.clock.Now, Log: log, Faults: r.fate.point, Begin: pgtest.Migrated(r.t)})
	r.must(err)
	t.Cleanup(func() { _ = r.store.Close() })
	r.must(r.store.Migrate(r.ctx))
	var keys []byte
	v, err := vault.Open(r.ctx, bytes.Repeat([]byte{7}, 32), func(context.Context) ([]byte, error) { return keys, nil },
		func(_ context.Context, sealed []byte) error { keys = sealed; return nil })
	r.must(err)
	r.gateway = gateway.New(gateway.Options{
		Store: r.store, Vault: v, Drivers: []connector.Driver{paymentsconn.Driver()}, PublicURL: "http://127.0.0.1:1",
		HTTP: &http.Client{Transport: &http.Transport{}}, Now: r.clock.Now, Log: log, Faults: r.fate.point,
	})
	r.runner = jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Log: log, Workers: r.gateway.Workers()})
	r.front = httptest.NewServer(v1.New(v1.Options{Gateway: r.gateway, Store: r.store, Now: r.clock.Now, Log: log}))
	t.Cleanup(r.front.Close)
	r.open()
	return r
}

func (r *shopRig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// open has the shop and its contracts registered.
func (r *shopRig) open() {
	r.t.Helper()
	_, err := r.gateway.AddMerchant(r.ctx, pay.Merchant{ID: shop, UserCode: "imp00000001", Name: "Shop"})
	r.must(err)
	_, _, err = r.gateway.AddKey(r.ctx, shop, key, secret)
	r.must(err)
	for key, kind := range map[pay.ChannelKey]pay.ChannelKind{cardKey: pay.ChannelPayment, billKey: pay.ChannelBilling} {
		_, err = r.gateway.AddChannel(r.ctx, gateway.NewChannel{
			Merchant: shop, Key: key, Provider: pay.TossPayments, MID: "tkeyed", Mode: pay.ModeSandbox, Kind: kind, API: r.sandbox.URL + "/cards", Script: r.sandbox.URL + "/cards/js/v1",
			Credentials: map[string]pay.Secret{"client_key": simClient, "secret_key": simSecret}, Default: true,
		})
		r.must(err)
	}
	r.signIn()
}

func (r *shopRig) signIn() {
	tok, err := r.gateway.IssueToken(r.ctx, key, secret)
	r.must(err)
	r.token = tok.Value
}

// reply is what came back: the bytes, and how they read.
type reply struct {
	status   int
	header   http.Header
	raw      string
	Code     int             `json:"code"`
	Message  *string         `json:"message"`
	Response json.RawMessage `json:"response"`
}

func (a reply) replayed() bool { return a.header.Get("Idempotency-Replayed") == "true" }

func (a reply) payment(t testing.TB) (p v1.Payment) {
	t.Helper()
	if err := json.Unmarshal(a.Response, &p); err != nil {
		t.Fatalf("%v: %s", err, a.raw)
	}
	return p
}

// request makes a call under a key; "" is none.
func (r *shopRig) request(ctx context.Context, key, method, path, body string) *http.Request {
	r.t.Helper()
	q, err := http.NewRequestWithContext(ctx, method, r.front.URL+path, strings.NewReader(body))
	r.must(err)
	q.Header.Set("Authorization", r.token)
	q.Header.Set("Content-Type", "application/json")
	if key != "" {
		q.Header.Set("Idempotency-Key", key)
		q.GetBody = nil // Go's client sends a request with such a header again by itself
	}
	return q
}

func (r *shopRig) send(q *http.Request) (reply, error) {
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, err
	}
	a := reply{status: res.StatusCode, header: res.Header, raw: string(raw)}
	return a, json.Unmarshal(raw, &a)
}

// call makes a call and reads its answer.
func (r *shopRig) call(key, method, path, body string) reply {
	r.t.Helper()
	a, err := r.send(r.request(r.ctx, key, method, path, body))
	r.must(err)
	return a
}

// good is call, and the answer is code 0.
func (r *shopRig) good(key, method, path, body string) reply {
	r.t.Helper()
	a := r.call(key, method, path, body)
	if a.status != 200 || a.Code != 0 {
		r.t.Fatalf("%s %s: %d %s", method, path, a.status, a.raw)
	}
	return a
}

// pass lets time pass and runs what is due.
func (r *shopRig) pass(d, step time.Duration) {
	r.t.Helper()
	for end := r.clock.Now().Add(d); r.clock.Now().Before(end); r.clock.Move(step) {
		r.must(r.runner.RunDue(r.ctx))
	}
	r.signIn()
}

// paymentsOf are the payments of an order number.
func (r *shopRig) paymentsOf(uid string) (all []pay.Payment) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		all, err = tx.FindPayments(r.ctx, shop, store.PaymentFilter{MerchantUID: pay.MerchantUID(uid), Sort: "started"})
		return err
	}))
	return all
}

// atProvider is what the provider holds of a payment.
func (r *shopRig) atProvider(p pay.Payment) int64 {
	r.t.Helper()
	q, err := http.NewRequest("GET", r.sandbox.URL+"/cards/v1/payments/orders/"+p.Ref.Order, nil)
	r.must(err)
	q.SetBasicAuth(simSecret, "")
	res, err := http.DefaultClient.Do(q)
	r.must(err)
	defer func() { _ = res.Body.Close() }()
	var body struct {
		Status        string
		BalanceAmount int64
	}
	r.must(json.NewDecoder(res.Body).Decode(&body))
	if body.Status != "DONE" && body.Status != "PARTIAL_CANCELED" {
		return 0
	}
	return body.BalanceAmount
}

// taken is what the provider took for an order number, whatever the payment.
func (r *shopRig) taken(uid string) (sum int64) {
	r.t.Helper()
	for _, p := range r.paymentsOf(uid) {
		sum += r.atProvider(p)
	}
	return sum
}

// faulty has the provider misbehave.
func (r *shopRig) faulty(rule string) {
	r.t.Helper()
	_, err := r.cards.Faults().Add(rule)
	r.must(err)
}

// billingKey gives a customer_uid a billing key.
func (r *shopRig) billingKey(uid string) {
	r.t.Helper()
	r.good("", "POST", "/subscribe/customers/"+uid, `{"card_number":"`+pan+`","expiry":"`+panExpiry+`","birth":"`+panBirth+`"}`)
}

// charged is a paid payment of 60000.
func (r *shopRig) charged(uid string) v1.Payment {
	r.t.Helper()
	return r.good("", "POST", "/subscribe/payments/again", order(uid, 60000)).payment(r.t)
}

// order is a charge of the billing key "member".
func order(uid string, amount int64) string {
	return fmt.Sprintf(`{"customer_uid":"member","merchant_uid":%q,"amount":%d,"name":"월간 구독","buyer_name":"김나루"}`, uid, amount)
}

func decodeInto(t testing.TB, raw reply, into any) {
	t.Helper()
	if err := json.Unmarshal(raw.Response, into); err != nil {
		t.Fatalf("%v: %s", err, raw.raw)
	}
}
