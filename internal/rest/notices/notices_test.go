package notices_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/rest/notices"
	"naru/internal/store"
	"naru/internal/vault"
)

const (
	channel = pay.ChannelKey("channel-key-10000000-0000-4000-8000-000000000001")
	path    = "/notices/tosspayments/" + string(channel)
)

// provider reads a notice whose body names an order, and says of each payment
// what the test put into snapshot.
type provider struct {
	snapshot func() (connector.Snapshot, error)
}

func (p *provider) Query(context.Context, pay.Ref) (connector.Snapshot, error) { return p.snapshot() }

func (p *provider) ReadWebhook(_ context.Context, h http.Header, body []byte) (connector.Notice, error) {
	order, ok := strings.CutPrefix(string(body), "order=")
	if !ok || h.Get("X-Kind") == "" {
		return connector.Notice{}, errors.New("not a notice")
	}
	return connector.Notice{Key: "n-" + order, Kind: h.Get("X-Kind"), Ref: pay.Ref{Order: order}, Reply: []byte("GOT IT")}, nil
}

type world struct {
	http.Handler
	t        *testing.T
	store    *store.Store
	log      *bytes.Buffer
	provider *provider
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{t: t, log: &bytes.Buffer{}, provider: &provider{}}
	var err error
	w.store, err = store.Open(ctx, "sqlite::memory:", store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, w.store.Close()) })
	must(t, w.store.Migrate(ctx))
	var keyset []byte
	v, err := vault.Open(ctx, bytes.Repeat([]byte{7}, 32),
		func(context.Context) ([]byte, error) { return keyset, nil },
		func(_ context.Context, sealed []byte) error { keyset = sealed; return nil })
	must(t, err)
	g := gateway.New(gateway.Options{Store: w.store, Vault: v, Drivers: []connector.Driver{{
		Provider: pay.TossPayments, Open: func(connector.Settings) (connector.Connector, error) { return w.provider, nil },
	}}})
	w.Handler = notices.New(notices.Options{Gateway: g, Log: slog.New(slog.NewJSONHandler(w.log, nil))})
	m, err := g.AddMerchant(ctx, pay.Merchant{Name: "Shop"})
	must(t, err)
	_, err = g.AddChannel(ctx, gateway.NewChannel{Merchant: m.ID, Key: channel, Provider: pay.TossPayments, MID: "mid", Mode: pay.ModeTest})
	must(t, err)
	must(t, w.store.Write(ctx, func(tx *store.Tx) error {
		return tx.InsertPayment(ctx, pay.Payment{
			Merchant: m.ID, ID: "imp_1", MerchantUID: "order-1", Channel: channel, Provider: pay.TossPayments, MID: "mid", Mode: pay.ModeTest,
			Source: pay.SourceWindow, Method: pay.MethodCard, Status: pay.StatusCreated, Amount: pay.Breakdown{Total: pay.Won(1000)}, Ref: pay.Ref{Order: "imp_1"},
		})
	}))
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) send(method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("X-Kind", "status")
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

func (w *world) status() pay.Status {
	w.t.Helper()
	var p pay.Payment
	must(w.t, w.store.Read(context.Background(), func(tx *store.Tx) (err error) {
		p, err = tx.PaymentByID(context.Background(), "imp_1")
		return err
	}))
	return p.Status
}

func (w *world) approved() {
	w.provider.snapshot = func() (connector.Snapshot, error) {
		return connector.Snapshot{
			Ref: pay.Ref{Order: "imp_1", Key: "tviva"}, Stage: connector.StagePaid, Method: pay.MethodCard, Amount: pay.Won(1000),
			Movements: []pay.Movement{{Key: "tviva", Kind: pay.MovementApproval, Amount: 1000}},
		}, nil
	}
}

// TestAnsweredWhenTheBooksKnow: 200 with the provider's reply means that what
// the notice led to is stored; a repetition changes nothing.
func TestAnsweredWhenTheBooksKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.approved()
	for range 2 {
		if rec := w.send("POST", path, "order=imp_1"); rec.Code != 200 || rec.Body.String() != "GOT IT" {
			t.Fatalf("answer %d %q", rec.Code, rec.Body)
		}
		if got := w.status(); got != pay.StatusPaid {
			t.Errorf("the payment is %s", got)
		}
	}
}

// TestProviderSendsAgainWhatWasNotStored: 500 as long as the provider cannot
// be asked, and the next try counts.
func TestProviderSendsAgainWhatWasNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider.snapshot = func() (connector.Snapshot, error) {
		return connector.Snapshot{}, &connector.Error{Kind: connector.Unknown, Op: "query", Err: errors.New("secret words")}
	}
	rec := w.send("POST", path, "order=imp_1")
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "secret words") || w.status() != pay.StatusCreated {
		t.Errorf("answer %d %q, payment %s", rec.Code, rec.Body, w.status())
	}
	w.approved()
	if rec := w.send("POST", path+"/", "order=imp_1"); rec.Code != 200 || w.status() != pay.StatusPaid {
		t.Errorf("second try: answer %d, payment %s", rec.Code, w.status())
	}
}

func TestWhatIsNoNotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.approved()
	for name, c := range map[string]struct {
		method, target, body string
		status               int
	}{
		"no such channel":           {"POST", "/notices/tosspayments/channel-key-x", "order=imp_1", 404},
		"no such provider":          {"POST", "/notices/nobody/" + string(channel), "order=imp_1", 404},
		"no channel":                {"POST", "/notices/tosspayments/", "order=imp_1", 404},
		"not a notice":              {"POST", path, "hello", 400},
		"too long":                  {"POST", path, "order=" + strings.Repeat("x", rest.MaxBody), 413},
		"a browser":                 {"GET", path, "", 405},
		"an order we do not have":   {"POST", path, "order=imp_2", 200},
		"a notice about no payment": {"POST", path, "order=", 200},
	} {
		t.Run(name, func(t *testing.T) {
			if rec := w.send(c.method, c.target, c.body); rec.Code != c.status {
				t.Errorf("answer %d, want %d", rec.Code, c.status)
			}
		})
	}
	if got := w.status(); got != pay.StatusCreated {
		t.Errorf("the payment became %s", got)
	}
}

func TestLogHoldsNoBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.approved()
	w.send("POST", path+"?token=hidden", "order=imp_hidden")
	w.send("POST", path, "hidden")
	if log := w.log.String(); strings.Contains(log, "hidden") || !strings.Contains(log, `"route":"/notices/{provider}/{channelKey}"`) || strings.Count(log, "\n") != 2 {
		t.Errorf("log:\n%s", log)
	}
}

// TestHangingUpDoesNotStopIt: a provider that goes away while we ask is no
// reason not to book.
func TestHangingUpDoesNotStopIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, hangUp := context.WithCancel(context.Background())
	w.approved()
	answer := w.provider.snapshot
	w.provider.snapshot = func() (connector.Snapshot, error) { hangUp(); return answer() }
	r := httptest.NewRequest("POST", path, strings.NewReader("order=imp_1")).WithContext(ctx)
	r.Header.Set("X-Kind", "status")
	w.ServeHTTP(httptest.NewRecorder(), r)
	if got := w.status(); got != pay.StatusPaid {
		t.Errorf("the payment is %s", got)
	}
}
