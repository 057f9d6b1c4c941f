// Package connectortest holds connectors to their contract: Run plays every
// outcome that matters for money against the provider's simulator over real
// HTTP, and Golden holds single exchanges to the provider's documents.
//
// It knows no provider. A connector's test gives it a Harness.
package connectortest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Harness is how the suite reaches one provider.
type Harness struct {
	Driver connector.Driver
	// Start starts a simulator with one shop, which sends its notices to
	// notices, and stops it when the test ends.
	Start func(t *testing.T, notices string) Simulator
}

// Simulator is one running simulator as the suite uses it.
type Simulator struct {
	MID         string
	Credentials map[string]pay.Secret // of sandbox mode
	Endpoints   connector.Endpoints

	// Approve does the customer's part in the window that launch opens, so that
	// the provider will approve; with declined, so that it will refuse the
	// confirm. It returns where the browser is sent.
	Approve func(t *testing.T, launch connector.Launch, declined bool) (to string)
	// Leave is the customer leaving the window. It returns where the browser is sent.
	Leave func(t *testing.T, launch connector.Launch) (to string)
	// Fault adds a rule such as "POST /v1/payments/confirm nth=1 after drop".
	Fault func(t *testing.T, rule string)
	// The method and path of the calls that move money, for rules; a segment may be *.
	ConfirmCall, CancelCall string
	// Ways are the ways to pay in the window of a method.
	Ways func(m pay.Method) []Way

	Billing BillingPage
	Server  Server
}

// Server is what the suite needs for the abilities that work without a window.
// A hook may be missing if the connector lacks the abilities it is for.
type Server struct {
	// Card is a card the provider takes; with declined, one that it issues a
	// billing key for and whose charges it refuses.
	Card func(declined bool) connector.Card
	// BillingKey does the customer's part where a billing key cannot be issued by
	// card: it makes an active one for the customer; with declined, one whose
	// charges the provider refuses.
	BillingKey func(t *testing.T, customer string, declined bool) pay.Secret
	// KeyNotices: the provider sends a notice when BillingKey has made one.
	KeyNotices bool
	// Deposit pays the whole amount into the virtual account of an order.
	Deposit func(t *testing.T, order string)
	// The method and path of each call, for rules; a segment may be *.
	IssueKeyCall, ChargeCall, RevokeKeyCall, KeyInCall, AccountCall, ReceiptCall, ReceiptCancelCall string
	// ListCall is the one that a TransactionLister makes.
	ListCall string
	// Later moves the simulator's clock on, where what is settled is listed only
	// once its day has come.
	Later func(d time.Duration)
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	tests := serverTests()
	maps.Copy(tests, billingTests())
	maps.Copy(tests, map[string]func(*testing.T, Harness){
		"the driver's data and its abilities agree": testDriver,
		"every method opens a window":               testMethods,
		"every window is paid in each of its ways":  testWays,
		"a payment is approved":                     testApproved,
		"the customer leaves the window":            testLeft,
		"the provider declines":                     testDeclined,
		"an unknown payment is not found":           testNotFound,
		"lost answers of confirm":                   testLostConfirms,
		"lost answers of cancel":                    testLostCancels,
		"nothing is sent to a closed port":          testRefusedConnection,
		"a confirm sent twice takes money once":     testConfirmTwice,
		"cancels":                                   testCancels,
		"a cancel sent twice gives back once":       testCancelTwice,
		"notices lead to the payment":               testNotices,
		"wrong credentials":                         testWrongCredentials,
		"a check tells good keys from bad":          testCheck,
		"what moved is listed":                      testTransactions,
		"a list with a gap is no list":              testListCut,
		"what is settled is listed":                 testSettlements,
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// price is what the suite's orders cost: enough for installments.
const price = 60000

// patience is how long the suite waits for what must come.
const patience = 20 * time.Second

// bench is a simulator, a channel opened on it, and all that came out of the
// connector, in which no credential may stand.
type bench struct {
	*testing.T
	Simulator
	driver   connector.Driver
	settings connector.Settings
	conn     connector.Connector
	notices  chan received
	notice   string // the address of notices

	mu      sync.Mutex
	said    []string              // logs, errors and exchanges
	secrets map[pay.Secret]string // what must not stand in them, and what it is
	made    int                   // orders
}

type received struct {
	header http.Header
	body   []byte
}

func setup(t *testing.T, h Harness) *bench {
	t.Helper()
	b := &bench{T: t, driver: h.Driver, notices: make(chan received, 100), secrets: map[pay.Secret]string{}}
	receiver := httptest.NewServer(http.HandlerFunc(b.receive))
	t.Cleanup(receiver.Close)
	b.notice = receiver.URL + "/notice"
	b.Simulator = h.Start(t, b.notice)
	b.settings = connector.Settings{
		Channel: "channel-key-conformance", MerchantID: b.MID, Mode: pay.ModeSandbox, Credentials: b.Credentials, Endpoints: b.Endpoints,
		// A fresh connection for every call: a kept one that breaks may be
		// repeated by the transport, and then nothing is lost.
		HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Now:  time.Now, Log: slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for name, secret := range b.Credentials {
		b.secret(name, secret)
	}
	b.conn = b.reopen(func(*connector.Settings) {})
	t.Cleanup(b.checkSecrets)
	return b
}

// reopen opens the channel with other settings.
func (b *bench) reopen(change func(*connector.Settings)) connector.Connector {
	b.Helper()
	s := b.settings
	change(&s)
	c, err := b.driver.Open(s)
	if b.heard(err) != nil {
		b.Fatal(err)
	}
	return c
}

// receive takes the provider's notices.
func (b *bench) receive(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		b.notices <- received{r.Header, body}
	}
}

// Write takes what the connector logs.
func (b *bench) Write(line []byte) (int, error) {
	b.hear(string(line))
	return len(line), nil
}

func (b *bench) hear(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, what)
}

// heard notes an error and returns it.
func (b *bench) heard(err error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		b.hear(fmt.Sprintf("%v %+v %#v", e, e, e))
	}
	return err
}

// secret notes what must not stand in anything the connector says.
func (b *bench) secret(what string, is pay.Secret) {
	if is != "" {
		b.secrets[is] = what
	}
}

func (b *bench) checkSecrets() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for secret, name := range b.secrets {
		for _, text := range b.said {
			if strings.Contains(text, secret.Reveal()) {
				b.Errorf("%s stands in what the connector said: %s", name, text)
			}
		}
	}
}

// ability is the connector's ability T; every connector of the suite has it.
func ability[T any](b *bench) T {
	b.Helper()
	a, err := connector.As[T](b.conn)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// able is the connector's ability T; without it the test is skipped.
func able[T any](b *bench) T {
	b.Helper()
	a, err := connector.As[T](b.conn)
	if err != nil {
		b.Skip(err)
	}
	return a
}

// has reports whether a connector has the ability T.
func has[T any](c connector.Connector) bool {
	_, err := connector.As[T](c)
	return err == nil
}

// fault adds a rule for the next call of an ability. Which call that is, the
// harness must say.
func (b *bench) fault(hook, call, rule string) {
	b.Helper()
	if call == "" {
		b.Fatalf("the connector has an ability whose call Simulator.Server.%s does not name", hook)
	}
	b.Fault(b.T, call+" nth=1 "+rule)
}

// call is a money-moving call under key.
func (b *bench) call(key string) connector.Call {
	return connector.Call{Key: pay.AttemptID(key), Record: func(e connector.Exchange) {
		b.hear(fmt.Sprintf("%s %s %d %s %s %s", e.Method, e.Path, e.Status, e.Request, e.Answer, e.Err))
	}}
}

// window is an order by the given method.
func (b *bench) window(m pay.Method) connector.Window {
	b.made++
	return connector.Window{
		Order: orderNumber("imp_", b.made), Name: "원두 커피 외 1건", Amount: pay.Breakdown{Total: pay.Won(price)}, Method: m,
		Buyer:      pay.Buyer{Name: "김나루", Email: "naru@example.com"},
		SuccessURL: "https://pay.example/checkout/1/return", FailureURL: "https://pay.example/checkout/1/leave?why=left",
		NoticeURL: b.notice, Language: "ko",
	}
}

func orderNumber(prefix string, n int) string { return fmt.Sprintf("%s%012d", prefix, n) }

// open opens a window.
func (b *bench) open(w connector.Window) connector.Launch {
	b.Helper()
	launch, err := ability[connector.WindowPayer](b).OpenWindow(b.Context(), w)
	if b.heard(err) != nil {
		b.Fatalf("open window: %v", err)
	}
	if (launch.Redirect == "") == (launch.Script == nil) {
		b.Fatalf("launch %+v: exactly one of Redirect and Script must be set", launch)
	}
	return launch
}

// returned is what the connector reads from where the browser was sent.
func (b *bench) returned(w connector.Window, launch connector.Launch, to string) connector.Returned {
	b.Helper()
	u, err := url.Parse(to)
	if err != nil {
		b.Fatal(err)
	}
	failed := strings.HasPrefix(to, w.FailureURL)
	if !failed && !strings.HasPrefix(to, w.SuccessURL) {
		b.Fatalf("the browser was sent to %s, which is neither address of the window", to)
	}
	r, err := ability[connector.WindowPayer](b).ReadReturn(b.Context(), connector.Return{Failed: failed, Form: u.Query(), Ref: launch.Ref})
	if b.heard(err) != nil {
		b.Fatalf("read return %s: %v", to, err)
	}
	return r
}

// authenticated is an order whose customer has done their part.
func (b *bench) authenticated(declined bool) (connector.Window, pay.Ref) {
	b.Helper()
	w := b.window(b.driver.Methods[0].Method)
	launch := b.open(w)
	r := b.returned(w, launch, b.Approve(b.T, launch, declined))
	switch {
	case r.Decline != nil:
		b.Fatalf("the window declined: %+v", r.Decline)
	case r.Ref.Order != w.Order || r.Ref.Key == "":
		b.Fatalf("returned %+v, want order %s and a key", r.Ref, w.Order)
	case r.Amount != nil && *r.Amount != price:
		b.Fatalf("returned amount %d, want %d", *r.Amount, price)
	}
	return w, r.Ref
}

// confirm asks for the money.
func (b *bench) confirm(ctx context.Context, key string, w connector.Window, ref pay.Ref) (connector.Outcome, error) {
	out, err := ability[connector.Confirmer](b).Confirm(ctx, b.call(key), ref, w.Amount)
	return out, b.heard(err)
}

// paid is an order that was approved.
func (b *bench) paid() (connector.Window, pay.Ref) {
	b.Helper()
	w, ref := b.authenticated(false)
	out, err := b.confirm(b.Context(), fmt.Sprintf("confirm_%d", b.made), w, ref)
	if err != nil || out.Verdict != connector.Approved {
		b.Fatalf("confirm: %s, %v", Verdict(out.Verdict), err)
	}
	return w, out.Snapshot.Ref
}

// query asks how a payment stands.
func (b *bench) query(ref pay.Ref) connector.Snapshot {
	b.Helper()
	snap, err := b.conn.Query(b.Context(), ref)
	if b.heard(err) != nil {
		b.Fatalf("query: %v", err)
	}
	if snap.Ref.Order != ref.Order {
		b.Fatalf("query of %s answered about %s", ref.Order, snap.Ref.Order)
	}
	return snap
}

// moved is how much came in and went back, by the movements.
func moved(s connector.Snapshot) (in, back int64) {
	for _, m := range s.Movements {
		switch m.Kind {
		case pay.MovementApproval, pay.MovementDeposit:
			in += m.Amount
		case pay.MovementCancel:
			back += m.Amount
		}
	}
	return in, back
}

// stands checks a payment's state with what moved.
func (b *bench) stands(what string, s connector.Snapshot, stage connector.Stage, in, back int64) {
	b.Helper()
	gotIn, gotBack := moved(s)
	if s.Stage != stage || gotIn != in || gotBack != back {
		b.Errorf("%s: %s with %d in and %d back, want %s with %d and %d", what, Stage(s.Stage), gotIn, gotBack, Stage(stage), in, back)
	}
	seen := map[string]bool{}
	for _, m := range s.Movements {
		if m.Key == "" || seen[m.Key] || m.Amount < 0 || m.At.IsZero() {
			b.Errorf("%s: movement %+v", what, m)
		}
		seen[m.Key] = true
	}
}
