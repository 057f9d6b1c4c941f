package gateway_test

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
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/connector"
	tossconn "naru/internal/connector/tosspay"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/sandbox/tosspay"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
	"naru/internal/vault"
)

// Planted secrets: no log line, error or database byte may hold them.
const (
	clientKey = "sandbox_ck_plantedClientKey000000000001"
	secretKey = "sandbox_sk_plantedSecretKey000000000001"
	apiKey    = "sk_sandbox_plantedApiKey0001"

	billClientKey = "sandbox_ck_plantedBillClientKey00000010"
	billSecretKey = "sandbox_sk_plantedBillSecretKey00000010"
	billAPIKey    = "sk_sandbox_plantedBillKey001"
)

// clock is the one clock of a rig.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// rig is a gateway over a real store, with both simulators behind real HTTP.
type rig struct {
	t        testing.TB
	ctx      context.Context
	clock    *clock
	store    *store.Store
	gw       *gateway.Gateway
	runner   *jobs.Runner
	payments *tosspayments.Simulator
	toss     *tosspay.Simulator
	front    atomic.Pointer[http.HandlerFunc] // what the sandbox answers with
	sandbox  *httptest.Server
	log      *safeLog
	merchant pay.Merchant
	channels map[pay.Provider]pay.ChannelKey
	billing  map[pay.Provider]pay.ChannelKey
	told     *told
	hears    atomic.Bool // webhooks of Toss Payments reach the gateway
	fault    func(string) error
	stop     func(context.Context, pay.Merchant, pay.Payment) error
	await    func(pay.Payment)
	line     *line
}

type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *safeLog) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// each runs a test on both databases.
func each(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, newRig(t, "sqlite::memory:")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, newRig(t, pgtest.Lent(t))) })
}

// both runs a test for both providers on both databases.
func both(t *testing.T, f func(t *testing.T, r *rig, p pay.Provider)) {
	t.Parallel()
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		t.Run(string(p), func(t *testing.T) { each(t, func(t *testing.T, r *rig) { f(t, r, p) }) })
	}
}

// through puts a handler before the providers, from the next request on.
func (r *rig) through(front func(inner http.Handler) http.HandlerFunc) {
	var inner http.Handler
	if now := r.front.Load(); now != nil {
		inner = now
	}
	next := front(inner)
	r.front.Store(&next)
}

func newRig(t testing.TB, dsn string) *rig {
	t.Helper()
	ctx := context.Background()
	r := &rig{t: t, ctx: ctx, clock: &clock{t: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)}, log: &safeLog{}, line: &line{}, channels: map[pay.Provider]pay.ChannelKey{}, billing: map[pay.Provider]pay.ChannelKey{}, told: &told{}}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	must := func(what string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	mux := http.NewServeMux()
	r.through(func(http.Handler) http.HandlerFunc { return mux.ServeHTTP })
	r.sandbox = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { (*r.front.Load())(w, q) }))
	t.Cleanup(r.sandbox.Close)
	r.payments, err = tosspayments.New(tosspayments.Options{
		BaseURL: r.sandbox.URL + "/tosspayments", Now: r.clock.Now, Log: log, HTTP: http.DefaultClient, Seed: 1, Strict: true,
		Shops: []tosspayments.Shop{
			{MID: "tnaru", Name: "나루", ClientKey: clientKey, SecretKey: secretKey, FixedAccounts: true, WebhookURL: r.sandbox.URL + "/notices/" + fixedKey(pay.TossPayments, pay.ChannelPayment)},
			{MID: "tnarubill", Name: "나루", ClientKey: billClientKey, SecretKey: billSecretKey, Billing: true},
		},
	})
	must("toss payments simulator")
	t.Cleanup(func() { _ = r.payments.Close() })
	r.toss, err = tosspay.New(tosspay.Options{
		BaseURL: r.sandbox.URL + "/tosspay", Now: r.clock.Now, Log: log, HTTP: http.DefaultClient, Seed: 1, Strict: true,
		Shops: []tosspay.Shop{{MID: "narutosspay", Name: "나루", APIKey: apiKey}, {MID: "narubill", Name: "나루", APIKey: billAPIKey, Billing: true}},
	})
	must("toss pay simulator")
	t.Cleanup(func() { _ = r.toss.Close() })
	mux.Handle("/tosspayments/", http.StripPrefix("/tosspayments", r.payments))
	mux.Handle("/tosspay/", http.StripPrefix("/tosspay", r.toss))
	mux.HandleFunc("POST /notices/{channel}", r.notice)

	r.store, err = store.Open(ctx, dsn, store.Options{Now: r.clock.Now, Log: log, Begin: pgtest.Migrated(t)})
	must("store")
	t.Cleanup(func() { _ = r.store.Close() })
	must2(t, r.store.Migrate(ctx))
	v, err := vault.Open(ctx, bytes.Repeat([]byte{7}, 32), r.loadKeys, r.saveKeys)
	must2(t, err)
	r.gw = gateway.New(gateway.Options{
		Store: r.store, Vault: v, Drivers: []connector.Driver{paymentsconn.Driver(), tossconn.Driver()},
		Tell: tell, PublicURL: "http://127.0.0.1:1", HTTP: &http.Client{Transport: r.line}, Now: r.clock.Now, Log: log,
		AwaitFirst: func(_ context.Context, p pay.Payment) {
			if r.await != nil {
				r.await(p)
			}
		},
		Preapprove: func(ctx context.Context, m pay.Merchant, p pay.Payment) error {
			if r.stop != nil {
				return r.stop(ctx, m, p)
			}
			return nil
		},
		Faults: func(point string) error {
			if r.fault != nil {
				return r.fault(point)
			}
			return nil
		},
	})
	r.runner = jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Log: log, Workers: r.workers()})
	r.seed()
	return r
}

func must2(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) loadKeys(ctx context.Context) (keys []byte, err error) {
	err = r.store.Read(ctx, func(tx *store.Tx) (err error) {
		keys, err = tx.Keyset(ctx)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return keys, err
}

func (r *rig) saveKeys(ctx context.Context, keys []byte) error {
	return r.store.Write(ctx, func(tx *store.Tx) error { return tx.PutKeyset(ctx, keys) })
}

// jobNotify stands for package notify: an event is kept with the change it tells of.
const jobNotify = "notify"

func tell(ctx context.Context, tx *store.Tx, _ pay.Payment, e gateway.Event) error {
	return tx.Enqueue(ctx, e.Merchant, jobNotify, fmt.Sprintf("%s:%019d", e.Payment, e.Seq), e, tx.Now)
}

// workers are the gateway's, and a notify that keeps what it is told.
func (r *rig) workers() map[string]jobs.Worker {
	w := r.gw.Workers()
	w[jobNotify] = func(_ context.Context, j store.Job) error {
		var e gateway.Event
		if err := j.ReadArg(&e); err != nil {
			return err
		}
		r.told.add(e)
		return nil
	}
	return w
}

// told is what the merchant was told.
type told struct {
	mu     sync.Mutex
	events []gateway.Event
}

func (t *told) add(e gateway.Event) { t.mu.Lock(); defer t.mu.Unlock(); t.events = append(t.events, e) }

// of is the states the merchant was told of a payment, in order.
func (t *told) of(id pay.PaymentID) []pay.Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []pay.Status
	for _, e := range t.events {
		if e.Payment == id {
			out = append(out, e.Status)
		}
	}
	return out
}

// notice takes a provider's webhook.
func (r *rig) notice(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err == nil && !r.hears.Load() {
		return
	}
	if err == nil {
		var reply []byte
		if reply, err = r.gw.Notice(req.Context(), pay.ChannelKey(req.PathValue("channel")), req.Header, body); err == nil {
			_, _ = w.Write(reply)
			return
		}
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

func fixedKey(p pay.Provider, k pay.ChannelKind) string {
	return fmt.Sprintf("channel-key-%s-%s", p, k)
}

func (r *rig) seed() {
	r.t.Helper()
	var err error
	r.merchant, err = r.gw.AddMerchant(r.ctx, pay.Merchant{ID: "m1", UserCode: "imp00000000", Name: "나루 상점"})
	must2(r.t, err)
	tossPayments, script := r.sandbox.URL+"/tosspayments", r.sandbox.URL+"/tosspayments/js/v1"
	for _, c := range []gateway.NewChannel{
		{Provider: pay.TossPayments, Kind: pay.ChannelPayment, MID: "tnaru", API: tossPayments, Script: script, Default: true,
			Options: pay.ChannelOptions{FixedAccounts: true}, Credentials: map[string]pay.Secret{"client_key": clientKey, "secret_key": secretKey}},
		{Provider: pay.TossPay, Kind: pay.ChannelPayment, MID: "narutosspay", API: r.sandbox.URL + "/tosspay", Credentials: map[string]pay.Secret{"api_key": apiKey}},
		{Provider: pay.TossPayments, Kind: pay.ChannelBilling, MID: "tnarubill", API: tossPayments, Script: script,
			Credentials: map[string]pay.Secret{"client_key": billClientKey, "secret_key": billSecretKey}},
		{Provider: pay.TossPay, Kind: pay.ChannelBilling, MID: "narubill", API: r.sandbox.URL + "/tosspay", Credentials: map[string]pay.Secret{"api_key": billAPIKey}},
	} {
		c.Merchant, c.Mode, c.Name, c.Key = r.merchant.ID, pay.ModeSandbox, string(c.Provider), pay.ChannelKey(fixedKey(c.Provider, c.Kind))
		ch, err := r.gw.AddChannel(r.ctx, c)
		must2(r.t, err)
		if c.Kind == pay.ChannelBilling {
			r.billing[c.Provider] = ch.Key
		} else {
			r.channels[c.Provider] = ch.Key
		}
	}
}

// request is what a page of the demo shop asks for.
func (r *rig) request(p pay.Provider, uid string) gateway.WindowRequest {
	return gateway.WindowRequest{
		UserCode: "imp00000000", Origin: "http://localhost:8789", ChannelKey: r.channels[p], MerchantUID: pay.MerchantUID(uid),
		Name: "나루 머그컵", Amount: pay.Breakdown{Total: pay.Won(60000)}, Buyer: pay.Buyer{Name: "홍길동"}, Language: "ko",
	}
}

// visit is a buyer on the way through a checkout.
type visit struct {
	r       *rig
	token   string
	payment pay.PaymentID
	launch  gateway.Launch
	ret     url.Values // what the window brought back
}

// open opens and begins a checkout.
func (r *rig) open(w gateway.WindowRequest) *visit {
	r.t.Helper()
	o, err := r.gw.OpenCheckout(r.ctx, w)
	must2(r.t, err)
	b, err := r.gw.BeginCheckout(r.ctx, o.Token, nil)
	must2(r.t, err)
	return &visit{r: r, token: o.Token, payment: o.Payment.ID, launch: b.Launch}
}

// agree has the buyer authenticate in the provider's window. With a code, the
// provider will refuse when it is asked for the money.
func (v *visit) agree(code string) *visit {
	v.r.t.Helper()
	if v.launch.Script != nil {
		return v.act("approve", map[string]any{"company": "41", "code": code})
	}
	u, err := url.Parse(v.launch.Redirect)
	must2(v.r.t, err)
	var seen struct{ Next string }
	v.r.control(v.r.toss.Control(), "POST", "/payments/"+u.Query().Get("payToken")+"/approve", map[string]any{"payMethod": "CARD", "cardCompanyCode": 1, "executeFail": code}, &seen)
	next, err := url.Parse(seen.Next)
	must2(v.r.t, err)
	v.ret = next.Query()
	return v
}

func (v *visit) finish() (gateway.Result, error) {
	return v.r.gw.FinishCheckout(v.r.ctx, v.token, gateway.Return{Form: v.ret})
}

// paid goes the whole way.
func (r *rig) paid(p pay.Provider, uid string) pay.Payment {
	r.t.Helper()
	res, err := r.open(r.request(p, uid)).agree("").finish()
	must2(r.t, err)
	if res.Progress != gateway.ProgressDone || res.Payment.Status != pay.StatusPaid {
		r.t.Fatalf("not paid: %s %s %s %s\n%s", res.Progress, res.Payment.Status, res.Code, res.Message, r.log)
	}
	return res.Payment
}

func (r *rig) post(u string, body, into any) {
	r.t.Helper()
	raw, err := json.Marshal(body)
	must2(r.t, err)
	res, err := http.Post(u, "application/json", bytes.NewReader(raw))
	must2(r.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must2(r.t, err)
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("POST %s: %s %s", u, res.Status, answer)
	}
	must2(r.t, json.Unmarshal(answer, into))
}

// control calls a simulator's management face.
func (r *rig) control(h http.Handler, method, path string, body, into any) {
	r.t.Helper()
	raw, err := json.Marshal(body)
	must2(r.t, err)
	req := httptest.NewRequest(method, "http://127.0.0.1"+path, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	if rec.Code/100 != 2 {
		r.t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	if into != nil {
		must2(r.t, json.Unmarshal(rec.Body.Bytes(), into))
	}
}

// faulty makes a provider misbehave.
func (r *rig) faulty(p pay.Provider, rule string) {
	r.t.Helper()
	f := r.payments.Faults()
	if p == pay.TossPay {
		f = r.toss.Faults()
	}
	_, err := f.Add(rule)
	must2(r.t, err)
}

func (r *rig) well() {
	r.payments.Faults().Clear()
	r.toss.Faults().Clear()
}

// settle runs jobs, moving the clock on by steps, until done or for a day.
func (r *rig) settle(done func() bool) {
	r.t.Helper()
	for range 600 {
		must2(r.t, r.runner.RunDue(r.ctx))
		if done() {
			return
		}
		r.clock.Advance(time.Second)
	}
	r.t.Fatalf("not settled in ten minutes\n%s", r.log)
}

func (r *rig) payment(id pay.PaymentID) pay.Payment {
	r.t.Helper()
	var p pay.Payment
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Payment(r.ctx, r.merchant.ID, id)
		return err
	}))
	return p
}

func (r *rig) movements(id pay.PaymentID) []pay.Movement {
	r.t.Helper()
	var m []pay.Movement
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		m, err = tx.Movements(r.ctx, r.merchant.ID, id)
		return err
	}))
	return m
}

func (r *rig) attempts(id pay.PaymentID) []pay.Attempt {
	r.t.Helper()
	var a []pay.Attempt
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		a, err = tx.ListAttempts(r.ctx, r.merchant.ID, id)
		return err
	}))
	return a
}

// balance is what the provider still holds of an order, and whether it holds it at all.
func (r *rig) balance(p pay.Payment) int64 {
	r.t.Helper()
	switch p.Provider {
	case pay.TossPayments:
		req, _ := http.NewRequest("GET", r.sandbox.URL+"/tosspayments/v1/payments/orders/"+p.Ref.Order, nil)
		req.SetBasicAuth(keyOfShop(p), "")
		res, err := http.DefaultClient.Do(req)
		must2(r.t, err)
		defer res.Body.Close()
		var body struct {
			Status        string
			BalanceAmount int64
		}
		must2(r.t, json.NewDecoder(res.Body).Decode(&body))
		if body.Status != "DONE" && body.Status != "PARTIAL_CANCELED" {
			return 0
		}
		return body.BalanceAmount
	default:
		var body struct {
			PayStatus        string
			RefundableAmount int64
		}
		r.post(r.sandbox.URL+"/tosspay/api/v2/status", map[string]any{"apiKey": keyOfShop(p), "orderNo": p.Ref.Order}, &body)
		if body.PayStatus != "PAY_COMPLETE" && body.PayStatus != "REFUND_SUCCESS" {
			return 0
		}
		return body.RefundableAmount
	}
}

// keyOfShop is the key of the contract a payment was made on.
func keyOfShop(p pay.Payment) string {
	return map[string]string{"tnaru": secretKey, "tnarubill": billSecretKey, "narutosspay": apiKey, "narubill": billAPIKey}[p.MID]
}

// agrees asserts that our books and the provider's ledger say the same.
func (r *rig) agrees(id pay.PaymentID) {
	r.t.Helper()
	p := r.payment(id)
	var sum int64
	for _, m := range r.movements(id) {
		switch m.Kind {
		case pay.MovementApproval, pay.MovementDeposit:
			sum += m.Amount
		default:
			sum -= m.Amount
		}
	}
	if theirs := r.balance(p); sum != theirs {
		r.t.Errorf("payment %s (%s): our movements leave %d, the provider holds %d", id, p.Status, sum, theirs)
	}
}

// ctxt keeps signatures of test functions on one line.
type ctxt = context.Context

// confirmByHand confirms at Toss Payments what the window brought back.
func (r *rig) confirmByHand(v *visit) {
	r.t.Helper()
	raw, err := json.Marshal(map[string]any{"paymentKey": v.ret.Get("paymentKey"), "orderId": v.ret.Get("orderId"), "amount": 60000})
	must2(r.t, err)
	req, err := http.NewRequest("POST", r.sandbox.URL+"/tosspayments/v1/payments/confirm", bytes.NewReader(raw))
	must2(r.t, err)
	req.SetBasicAuth(secretKey, "")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must2(r.t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(res.Body)
		r.t.Fatalf("confirm by hand: %s %s", res.Status, body)
	}
}

var errDied = errors.New("the process died here")

func deathAt(point string) func(string) error {
	return func(p string) error {
		if p == point {
			return fmt.Errorf("%w: %s", errDied, p)
		}
		return nil
	}
}
