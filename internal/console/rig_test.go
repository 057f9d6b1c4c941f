package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/connector"
	tossconn "naru/internal/connector/tosspay"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/console"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/pgtest"
	"naru/internal/sandbox/tosspay"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
	"naru/internal/v1wire"
	"naru/internal/vault"
)

// Planted secrets: no page and no log line may hold them.
const (
	clientKey     = "sandbox_ck_plantedClientKey000000000001"
	secretKey     = "sandbox_sk_plantedSecretKey000000000001"
	billClientKey = "sandbox_ck_plantedBillClientKey00000010"
	billSecretKey = "sandbox_sk_plantedBillSecretKey00000010"
	apiKey        = "sk_sandbox_plantedApiKey0001"
	billAPIKey    = "sk_sandbox_plantedBillKey001"
)

// The channels of the rig's merchant.
const (
	cardChannel   = pay.ChannelKey("channel-key-card")
	walletChannel = pay.ChannelKey("channel-key-wallet")
	billChannel   = pay.ChannelKey("channel-key-bill")
)

// planted card: its number may stand nowhere.
var card = connector.Card{Number: "4330123412341234", ExpiryYear: "31", ExpiryMonth: "12", Birth: "900101", PasswordHead: "12"}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) Advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *safeLog) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// rig is a console over a real gateway and store, with both simulators and the
// merchant's server behind real HTTP.
type rig struct {
	t        testing.TB
	ctx      context.Context
	clock    *clock
	log      *safeLog
	store    *store.Store
	vault    *vault.Vault
	gw       *gateway.Gateway
	notifier *notify.Notifier
	people   *people.Directory
	runner   *jobs.Runner
	payments *tosspayments.Simulator
	toss     *tosspay.Simulator
	sandbox  *httptest.Server
	shop     *httptest.Server // the merchant's own: answers 200 to webhooks unless shopSays is set
	shopSays func(http.ResponseWriter, *http.Request)
	site     *httptest.Server
	console  *console.Console
	merchant pay.Merchant
}

// each runs a test on both databases.
func each(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, newRig(t, "sqlite::memory:")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, newRig(t, pgtest.Lent(t))) })
}

func newRig(t testing.TB, dsn string) *rig {
	t.Helper()
	r := &rig{t: t, ctx: context.Background(), clock: &clock{t: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)}, log: &safeLog{}}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.openSandbox(log)
	var err error
	r.store, err = store.Open(r.ctx, dsn, store.Options{Now: r.clock.Now, Log: log, Begin: pgtest.Migrated(t)})
	r.must(err)
	t.Cleanup(func() { _ = r.store.Close() })
	r.must(r.store.Migrate(r.ctx))
	r.vault, err = vault.Open(r.ctx, bytes.Repeat([]byte{7}, 32), r.loadKeys, r.saveKeys)
	r.must(err)
	r.notifier = notify.New(notify.Options{Store: r.store, Vault: r.vault, Log: log, AnyAddress: true})
	t.Cleanup(r.notifier.Close)
	router := chi.NewRouter()
	r.site = httptest.NewServer(router)
	t.Cleanup(r.site.Close)
	r.gw = gateway.New(gateway.Options{
		Store: r.store, Vault: r.vault, Drivers: []connector.Driver{paymentsconn.Driver(), tossconn.Driver()},
		Tell: func(ctx context.Context, tx *store.Tx, p pay.Payment, e gateway.Event) error {
			return r.notifier.Tell(ctx, tx, p, notify.Event(e))
		},
		PublicURL: r.site.URL, Now: r.clock.Now, Log: log,
	})
	r.people = people.New(people.Options{Store: r.store, Vault: r.vault, Now: r.clock.Now, Log: log})
	c, err := console.New(console.Options{
		Gateway: r.gw, Notifier: r.notifier, Store: r.store, People: r.people, PublicURL: r.site.URL, Names: v1wire.Names{}, Version: "test", Now: r.clock.Now, Log: log,
	})
	r.must(err)
	r.console = c
	c.Routes(router)
	workers := r.gw.Workers()
	for kind, w := range r.notifier.Workers() {
		workers[kind] = w
	}
	r.runner = jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Log: log, Workers: workers})
	r.merchant = r.addMerchant("m_1", "imp12345678", "나루 상점")
	r.addChannels()
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) openSandbox(log *slog.Logger) {
	r.t.Helper()
	mux := http.NewServeMux()
	r.sandbox = httptest.NewServer(mux)
	r.t.Cleanup(r.sandbox.Close)
	var err error
	r.payments, err = tosspayments.New(tosspayments.Options{
		BaseURL: r.sandbox.URL + "/tosspayments", Now: r.clock.Now, Log: log, HTTP: http.DefaultClient, Seed: 1, Strict: true,
		Shops: []tosspayments.Shop{
			{MID: "tnaru", Name: "나루", ClientKey: clientKey, SecretKey: secretKey, FixedAccounts: true},
			{MID: "tnarubill", Name: "나루", ClientKey: billClientKey, SecretKey: billSecretKey, Billing: true},
		},
	})
	r.must(err)
	r.t.Cleanup(func() { _ = r.payments.Close() })
	r.toss, err = tosspay.New(tosspay.Options{
		BaseURL: r.sandbox.URL + "/tosspay", Now: r.clock.Now, Log: log, HTTP: http.DefaultClient, Seed: 1, Strict: true,
		Shops: []tosspay.Shop{{MID: "narutosspay", Name: "나루", APIKey: apiKey}, {MID: "narubill", Name: "나루", APIKey: billAPIKey, Billing: true}},
	})
	r.must(err)
	r.t.Cleanup(func() { _ = r.toss.Close() })
	mux.Handle("/tosspayments/", http.StripPrefix("/tosspayments", r.payments))
	mux.Handle("/tosspay/", http.StripPrefix("/tosspay", r.toss))
	r.shop = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if r.shopSays != nil {
			r.shopSays(w, q)
		}
	}))
	r.t.Cleanup(r.shop.Close)
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

func (r *rig) addMerchant(id pay.MerchantID, code, name string) pay.Merchant {
	r.t.Helper()
	m, err := r.gw.AddMerchant(r.ctx, pay.Merchant{ID: id, UserCode: code, Name: name, Settings: pay.Settings{WebhookURL: r.shop.URL + "/webhook"}})
	r.must(err)
	return m
}

func (r *rig) addChannels() {
	r.t.Helper()
	for _, n := range []gateway.NewChannel{
		{Key: cardChannel, Provider: pay.TossPayments, MID: "tnaru", Name: "카드", Kind: pay.ChannelPayment, Default: true, API: r.sandbox.URL + "/tosspayments", Script: r.sandbox.URL + "/tosspayments/js/v1",
			Credentials: map[string]pay.Secret{"client_key": clientKey, "secret_key": secretKey}},
		{Key: walletChannel, Provider: pay.TossPay, MID: "narutosspay", Name: "토스페이", Kind: pay.ChannelPayment, API: r.sandbox.URL + "/tosspay",
			Credentials: map[string]pay.Secret{"api_key": apiKey}},
		{Key: billChannel, Provider: pay.TossPayments, MID: "tnarubill", Name: "정기결제", Kind: pay.ChannelBilling, API: r.sandbox.URL + "/tosspayments", Script: r.sandbox.URL + "/tosspayments/js/v1",
			Credentials: map[string]pay.Secret{"client_key": billClientKey, "secret_key": billSecretKey}},
	} {
		n.Merchant, n.Mode = r.merchant.ID, pay.ModeSandbox
		_, err := r.gw.AddChannel(r.ctx, n)
		r.must(err)
	}
}

// charge is a paid payment: a billing key is issued by card, and charged.
func (r *rig) charge(order string, amount int64) pay.Payment {
	r.t.Helper()
	uid := pay.CustomerUID("customer_" + order)
	_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: uid, Card: card, Channel: gateway.ChannelChoice{Key: billChannel}})
	r.must(err)
	p, err := r.gw.ChargeAgain(r.ctx, gateway.AgainRequest{Merchant: r.merchant.ID, CustomerUID: uid, Charge: gateway.Charge{
		MerchantUID: pay.MerchantUID(order), Name: "나루 티셔츠", Amount: pay.Breakdown{Total: pay.Won(amount)},
		Buyer: pay.Buyer{Name: "홍길동", Email: "gildong@shop.test", Tel: "010-1234-5678"},
	}})
	r.must(err)
	return p
}

// work runs every job that is due, and what follows from it.
func (r *rig) work() {
	r.t.Helper()
	r.must(r.runner.RunDue(r.ctx))
}

// person is a browser that an operator signed in with.
type person struct {
	r      *rig
	client *http.Client
	id     pay.OperatorID
}

// operator signs a new operator of a role in; merchant "" is every merchant.
func (r *rig) operator(role pay.Role, merchant pay.MerchantID) *person {
	r.t.Helper()
	email := fmt.Sprintf("%s-%s@naru.test", role, merchant)
	o, err := r.people.Add(r.ctx, people.NewOperator{Email: email, Role: role, Merchant: merchant})
	r.must(err)
	return r.signIn(email, o.ID)
}

func (r *rig) signIn(email string, id pay.OperatorID) *person {
	r.t.Helper()
	link, _, err := r.people.Link(r.ctx, email)
	r.must(err)
	jar, err := cookiejar.New(nil)
	r.must(err)
	p := &person{r: r, id: id, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	res, err := p.client.Post(r.site.URL+"/console/sign-in/link/"+link, "application/x-www-form-urlencoded", nil)
	r.must(err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("signing in by a link answered %s", res.Status)
	}
	return p
}

// seen is a page as it came.
type seen struct {
	t      testing.TB
	Status int
	To     string // where it sends the browser
	Body   string
	Header http.Header
}

// get asks for a page of the console: path begins behind /console.
func (p *person) get(path string) seen {
	p.r.t.Helper()
	res, err := p.client.Get(p.r.site.URL + "/console" + path)
	p.r.must(err)
	return p.r.read(res)
}

// post sends a form as the page at the path from would: with its hidden fields.
// Fields are names and values.
func (p *person) post(path string, fields ...string) seen {
	p.r.t.Helper()
	form := url.Values{}
	for name, value := range p.guard() {
		form.Set(name, value)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] == "store" || fields[i] == "form_token" {
			form.Del(fields[i])
		}
		form.Add(fields[i], fields[i+1])
	}
	res, err := p.client.PostForm(p.r.site.URL+"/console"+path, form)
	p.r.must(err)
	return p.r.read(res)
}

// follow is post and the page that it sends the browser to.
func (p *person) follow(path string, fields ...string) seen {
	p.r.t.Helper()
	s := p.post(path, fields...)
	if s.Status != http.StatusSeeOther {
		p.r.t.Fatalf("POST %s answered %d, not a redirect:\n%s", path, s.Status, s.text())
	}
	return p.get(strings.TrimPrefix(s.To, "/console"))
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(form_token|store)" value="([^"]*)">`)

// guard is what a form of this session carries. The page of a problem has it too.
func (p *person) guard() map[string]string {
	p.r.t.Helper()
	out := map[string]string{}
	for _, m := range hidden.FindAllStringSubmatch(p.get("/nowhere").Body, -1) {
		out[m[1]] = html.UnescapeString(m[2])
	}
	return out
}

func (r *rig) read(res *http.Response) seen {
	r.t.Helper()
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	r.must(err)
	return seen{t: r.t, Status: res.StatusCode, To: res.Header.Get("Location"), Body: string(b), Header: res.Header}
}

var (
	tags   = regexp.MustCompile(`(?s)<(script|style|svg).*?</(script|style|svg)>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// text is what a reader sees of the page.
func (s seen) text() string {
	return strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(s.Body, " ")), " "))
}

// has fails unless the page is there and shows each of these.
func (s seen) has(words ...string) seen {
	s.t.Helper()
	if s.Status != http.StatusOK {
		s.t.Fatalf("status %d: %s", s.Status, s.text())
	}
	for _, w := range words {
		if !strings.Contains(s.text(), w) {
			s.t.Errorf("the page does not say %q:\n%s", w, s.text())
		}
	}
	return s
}

// lacks fails if the page holds any of these anywhere.
func (s seen) lacks(words ...string) seen {
	s.t.Helper()
	for _, w := range words {
		if strings.Contains(s.Body, w) || strings.Contains(s.text(), w) {
			s.t.Errorf("the page holds %q", w)
		}
	}
	return s
}
