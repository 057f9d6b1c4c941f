package notices_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/rest/notices"
	simulator "naru/internal/sandbox/tosspayments"
	"naru/internal/store"
	"naru/internal/vault"
)

const (
	clientKey = "sandbox_ck_plantedClientKey000000000001"
	secretKey = "sandbox_sk_plantedSecretKey000000000001"
)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) Advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// flood is a gateway that takes notices over HTTP, a simulator of which the
// questions are counted, and a virtual account that waits for its deposit.
type flood struct {
	t         *testing.T
	clock     *clock
	store     *store.Store
	runner    *jobs.Runner
	simulator *simulator.Simulator
	server    *httptest.Server
	queries   atomic.Int64
	refuses   atomic.Bool // the provider answers nothing useful
	payment   pay.Payment
}

func newFlood(t *testing.T, bodyTime time.Duration) *flood {
	t.Helper()
	ctx := t.Context()
	f := &flood{t: t, clock: &clock{t: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)}}
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/payments/") {
			f.queries.Add(1)
			if f.refuses.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
		}
		f.simulator.ServeHTTP(w, r)
	}))
	t.Cleanup(provider.Close)
	var err error
	f.simulator, err = simulator.New(simulator.Options{
		BaseURL: provider.URL, Now: f.clock.Now, HTTP: http.DefaultClient, Seed: 1, Strict: true,
		Shops: []simulator.Shop{{MID: "tnaru", Name: "나루", ClientKey: clientKey, SecretKey: secretKey}},
	})
	must(t, err)
	t.Cleanup(func() { _ = f.simulator.Close() })
	f.store, err = store.Open(ctx, "sqlite::memory:", store.Options{Now: f.clock.Now})
	must(t, err)
	t.Cleanup(func() { must(t, f.store.Close()) })
	must(t, f.store.Migrate(ctx))
	var keyset []byte
	v, err := vault.Open(ctx, bytes.Repeat([]byte{7}, 32),
		func(context.Context) ([]byte, error) { return keyset, nil },
		func(_ context.Context, sealed []byte) error { keyset = sealed; return nil })
	must(t, err)
	g := gateway.New(gateway.Options{Store: f.store, Vault: v, Drivers: []connector.Driver{tosspayments.Driver()}, PublicURL: "http://127.0.0.1:1", Now: f.clock.Now})
	f.runner = jobs.New(jobs.Options{Store: f.store, Now: f.clock.Now, Workers: g.Workers()})
	m, err := g.AddMerchant(ctx, pay.Merchant{Name: "Shop"})
	must(t, err)
	_, err = g.AddChannel(ctx, gateway.NewChannel{
		Merchant: m.ID, Key: channel, Provider: pay.TossPayments, MID: "tnaru", Mode: pay.ModeSandbox, API: provider.URL, Script: provider.URL + "/js/v1",
		Default: true, Credentials: map[string]pay.Secret{"client_key": clientKey, "secret_key": secretKey},
	})
	must(t, err)
	f.payment, err = g.IssueAccount(ctx, gateway.AccountRequest{Merchant: m.ID, Bank: "088", Due: f.clock.Now().Add(24 * time.Hour), Charge: gateway.Charge{
		MerchantUID: "order-1", Name: "책", Amount: pay.Breakdown{Total: pay.Won(33000)}, Buyer: pay.Buyer{Name: "홍길동"},
	}})
	must(t, err)
	f.server = httptest.NewServer(notices.New(notices.Options{Gateway: g, BodyTime: bodyTime}))
	t.Cleanup(f.server.Close)
	return f
}

// says is a notice that a payment's status changed, forged or not.
func (f *flood) says(order, status string) string {
	return fmt.Sprintf(`{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-21T12:00:00.000000","data":{"paymentKey":%q,"orderId":%q,"status":%q}}`,
		f.payment.Ref.Key, order, status)
}

func (f *flood) send(method, path, kind, body string) int {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.server.URL+path, strings.NewReader(body))
	must(f.t, err)
	req.Header.Set("Content-Type", kind)
	resp, err := f.server.Client().Do(req)
	must(f.t, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (f *flood) notice(body string) int {
	return f.send(http.MethodPost, path, "application/json", body)
}

func (f *flood) deposits() {
	f.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/payments/"+f.payment.Ref.Key+"/deposit", strings.NewReader(`{}`))
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	f.simulator.Control().ServeHTTP(rec, r)
	if rec.Code >= 300 {
		f.t.Fatalf("deposit: %d %s", rec.Code, rec.Body)
	}
}

func (f *flood) status() pay.Status {
	f.t.Helper()
	var p pay.Payment
	must(f.t, f.store.Read(f.t.Context(), func(tx *store.Tx) (err error) {
		p, err = tx.PaymentByID(f.t.Context(), f.payment.ID)
		return err
	}))
	return p.Status
}

func (f *flood) after(d time.Duration) {
	f.t.Helper()
	f.clock.Advance(d)
	must(f.t, f.runner.RunDue(f.t.Context()))
}

// TestThousandAtOnce: a thousand of one notice, over 250 connections, are answered
// with a few questions, and what they told of is in the books.
func TestThousandAtOnce(t *testing.T) {
	t.Parallel()
	f := newFlood(t, 0)
	f.deposits()
	if to, ok := f.server.Client().Transport.(*http.Transport); ok {
		to.MaxConnsPerHost = 250
	}
	body := f.says(string(f.payment.Ref.Order), "DONE")
	var all sync.WaitGroup
	var refused atomic.Int64
	for range 1000 {
		all.Go(func() {
			if f.notice(body) != http.StatusOK {
				refused.Add(1)
			}
		})
	}
	all.Wait()
	if n := f.queries.Load(); n < 1 || n > 10 {
		t.Errorf("%d questions", n)
	}
	if refused.Load() > 0 || f.status() != pay.StatusPaid {
		t.Errorf("%d were refused, the payment is %s", refused.Load(), f.status())
	}
}

// TestForgedAgainAndAgain: ten minutes of a forged notice each second cost some fifteen
// questions, and do not silence what really happens.
func TestForgedAgainAndAgain(t *testing.T) {
	t.Parallel()
	f := newFlood(t, 0)
	forge := func(seconds int) {
		for range seconds {
			for range 2 {
				if status := f.notice(f.says(string(f.payment.Ref.Order), "DONE")); status != http.StatusOK {
					t.Fatalf("answer %d", status)
				}
			}
			f.after(time.Second)
		}
	}
	forge(600)
	if n := f.queries.Load(); n < 9 || n > 20 {
		t.Errorf("%d questions in ten minutes", n)
	}
	if got := f.status(); got != pay.StatusAwaitingDeposit {
		t.Fatalf("the payment became %s", got)
	}
	f.deposits()
	forge(301)
	if got := f.status(); got != pay.StatusPaid {
		t.Errorf("the deposit is lost among forged notices: %s", got)
	}
	f.after(time.Hour) // and it is forgotten
	before := f.queries.Load()
	f.notice(f.says(string(f.payment.Ref.Order), "DONE"))
	if n := f.queries.Load() - before; n != 1 {
		t.Errorf("%d questions for a notice after an hour", n)
	}
}

// TestProviderInTroubleIsNotPressed: while it answers nothing useful, it is asked
// less and less, and by itself again.
func TestProviderInTroubleIsNotPressed(t *testing.T) {
	t.Parallel()
	f := newFlood(t, 0)
	f.deposits()
	f.refuses.Store(true)
	body := f.says(string(f.payment.Ref.Order), "DONE")
	for i := range 20 {
		want := http.StatusInternalServerError // the provider sends it again
		if i >= 8 {
			want = http.StatusOK // a job will ask
		}
		if status := f.notice(body); status != want {
			t.Fatalf("notice %d: answer %d, want %d", i, status, want)
		}
	}
	if n := f.queries.Load(); n != 8 {
		t.Errorf("%d questions", n)
	}
	f.after(time.Minute)
	f.refuses.Store(false)
	f.after(30 * time.Minute)
	if got := f.status(); got != pay.StatusPaid {
		t.Errorf("after the trouble the payment is %s", got)
	}
}

// TestReordered: what a notice says of the status is not read.
func TestReordered(t *testing.T) {
	t.Parallel()
	f := newFlood(t, 0)
	f.deposits()
	for _, status := range []string{"CANCELED", "DONE", "WAITING_FOR_DEPOSIT", "EXPIRED"} {
		if got := f.notice(f.says(string(f.payment.Ref.Order), status)); got != http.StatusOK {
			t.Errorf("%s: answer %d", status, got)
		}
		if got := f.status(); got != pay.StatusPaid {
			t.Errorf("after %s: %s", status, got)
		}
	}
}

// TestWhatCostsNoQuestion: no notice that is none, and none about an order we do
// not have, has the provider asked.
func TestWhatCostsNoQuestion(t *testing.T) {
	t.Parallel()
	f := newFlood(t, 0)
	const kind = "application/json"
	deep := strings.Repeat(`{"data":`, 8000)
	for name, c := range map[string]struct {
		method, path, kind, body string
		status                   int
	}{
		"an order we do not have": {"POST", path, kind, f.says("imp_999999999999", "DONE"), 200},
		"a forged secret":         {"POST", path, kind, fmt.Sprintf(`{"createdAt":"2026-11-21T12:00:00.000","secret":"ps_x","status":"DONE","transactionKey":"T","orderId":%q}`, f.payment.Ref.Order), 200},
		"another kind":            {"POST", path, kind, `{"eventType":"PAYOUT_STATUS_CHANGED","createdAt":"x","data":{}}`, 200},
		"deep":                    {"POST", path, kind, deep, 400},
		"deep and closed":         {"POST", path, kind, strings.Repeat("[", 30000) + strings.Repeat("]", 30000), 400},
		"deep within":             {"POST", path, kind, `{"eventType":"PAYMENT_STATUS_CHANGED","data":` + strings.Repeat("[", 30000) + strings.Repeat("]", 30000) + `}`, 400},
		"many fields":             {"POST", path, kind, "{" + strings.TrimSuffix(strings.Repeat(`"a":1,`, 9000), ",") + "}", 400},
		"huge":                    {"POST", path, kind, `{"eventType":"` + strings.Repeat("x", 10<<20) + `"}`, 413},
		"empty":                   {"POST", path, kind, "", 400},
		"no JSON":                 {"POST", path, "text/xml", "<notice/>", 400},
		"a form":                  {"POST", path, "application/x-www-form-urlencoded", "orderId=" + string(f.payment.Ref.Order), 400},
		"PUT":                     {"PUT", path, kind, f.says(string(f.payment.Ref.Order), "DONE"), 405},
		"no such channel":         {"POST", "/notices/tosspayments/channel-key-none", kind, f.says(string(f.payment.Ref.Order), "DONE"), 404},
	} {
		if got := f.send(c.method, c.path, c.kind, c.body); got != c.status {
			t.Errorf("%s: answer %d, want %d", name, got, c.status)
		}
	}
	if n := f.queries.Load(); n != 0 {
		t.Errorf("%d questions", n)
	}
}

// TestSlowBodies: one that comes byte by byte is given up, and its connection.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	f := newFlood(t, 50*time.Millisecond)
	conn, err := net.Dial("tcp", f.server.Listener.Addr().String())
	must(t, err)
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", path)
	must(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestTimeout || !resp.Close {
		t.Errorf("answer %d, the connection is closed: %v", resp.StatusCode, resp.Close)
	}
	if n := f.queries.Load(); n != 0 {
		t.Errorf("%d questions", n)
	}
}
