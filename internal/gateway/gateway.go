// Package gateway decides. It takes what a merchant or a buyer wants, checks
// it against the books, asks the provider in three steps (ask.go), and records
// what was learned (learn.go). It speaks no wire: V1's words are in the layers
// above, the providers' in the connectors below.
package gateway

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/vault"
)

// Kinds of jobs the gateway enqueues and works.
const (
	JobResolve  = "resolve_attempt" // key: attempt id
	JobSync     = "sync_payment"    // key: payment id
	JobGiveBack = "give_back"       // key: payment id: money approved twice for one order

	JobCheckingBack   = "give_back_checking" // key: payment id: a card check that is to be given back
	JobResolveKey     = "resolve_key"        // key: billing key id
	JobRevokeKey      = "revoke_key"         // key: billing key id
	JobSchedule       = "run_schedule"       // key: merchant id, "/", order number
	JobResolveReceipt = "resolve_receipt"    // key: receipt id

	JobHeed            = "heed_notice"      // key: "payment/" and its id, or "customer/", channel, "/" and its name
	JobReapIdempotency = "reap_idempotency" // key: the day on which the keys expire
)

// Event is something that happened to a payment and that its merchant may want
// to hear of.
type Event struct {
	Merchant pay.MerchantID `json:"merchant"`
	Payment  pay.PaymentID  `json:"payment"`
	Seq      int64          `json:"seq"` // order within the payment
	// Status the payment had when it happened: paid, failed, ...
	Status   pay.Status `json:"status"`
	CancelID string     `json:"cancel_id,omitempty"` // of a cancel
	// MerchantURL: send to the merchant's own URL, whatever the payment says.
	MerchantURL bool `json:"merchant_url,omitempty"`
}

// Preapprove asks the merchant's confirm_url whether a payment may be
// confirmed. A nil error lets it go on; a *Stop carries the merchant's reason.
type Preapprove func(ctx context.Context, m pay.Merchant, p pay.Payment) error

// Stop is the merchant's refusal, or the lack of an answer, at its confirm_url.
type Stop struct {
	Reason  string
	Status  int    // of HTTP; 0 is no answer
	Trouble string // why there was none
}

func (s *Stop) Error() string { return "the merchant stopped the payment: " + s.Reason }

// Options are what a Gateway is made of.
type Options struct {
	Store      *store.Store
	Vault      *vault.Vault
	Drivers    []connector.Driver
	Preapprove Preapprove
	// Tell writes down, in the transaction of the change, what the merchant is to
	// hear of p; nil tells nobody.
	Tell func(ctx context.Context, tx *store.Tx, p pay.Payment, e Event) error
	// AwaitFirst returns when the merchant's server was told of p, or after a short
	// time; it is asked before a buyer is sent back to a merchant whose settings say
	// so (webhook_first). Nil waits for nobody.
	AwaitFirst func(ctx context.Context, p pay.Payment)
	PublicURL  string // base of our own pages as browsers and providers see them, no slash at the end
	// HTTP is used for calls to providers.
	HTTP *http.Client
	Now  func() time.Time
	Rand io.Reader // ids; crypto/rand when nil
	Log  *slog.Logger
	// CheckoutLife is how long a checkout link may be opened; 30 minutes when 0.
	CheckoutLife time.Duration
	// Faults, in tests, is called at each named point of the three steps and
	// ends the operation there when it returns an error.
	Faults func(point string) error
	// TestDeposit pays into a virtual account of the sandbox; nil: the sandbox runs
	// elsewhere.
	TestDeposit func(context.Context, pay.Payment) error
	// Observe is told of each of the three steps, and told how it ended by the
	// function it answers; the context it answers is the step's. Nil costs nothing.
	Observe func(ctx context.Context, s Step) (context.Context, func(StepEnd))
}

// Gateway is safe for concurrent use.
type Gateway struct {
	store      *store.Store
	vault      *vault.Vault
	drivers    map[pay.Provider]connector.Driver
	preapprove Preapprove
	tell       func(context.Context, *store.Tx, pay.Payment, Event) error
	awaitFirst func(context.Context, pay.Payment)
	public     string
	http       *http.Client
	now        func() time.Time
	rand       io.Reader
	log        *slog.Logger
	life       time.Duration
	faults     func(string) error
	// testDeposit is nil where the sandbox runs elsewhere.
	testDeposit func(context.Context, pay.Payment) error
	observe     func(context.Context, Step) (context.Context, func(StepEnd)) // nil is nobody

	tokens  tokenCache
	issued  issuedTokens
	desk    noticeDesk
	sheets  *sheetDesk
	reaping atomic.Value // string: the day whose JobReapIdempotency this node has enqueued

	mu   sync.Mutex
	open map[pay.ChannelKey]openChannel
}

// New makes a gateway of o.
func New(o Options) *Gateway {
	g := &Gateway{
		store: o.Store, vault: o.Vault, drivers: map[pay.Provider]connector.Driver{}, preapprove: o.Preapprove, tell: o.Tell, awaitFirst: o.AwaitFirst,
		public: strings.TrimRight(o.PublicURL, "/"), http: o.HTTP, now: o.Now, rand: o.Rand, log: o.Log, life: o.CheckoutLife,
		faults: o.Faults, testDeposit: o.TestDeposit, observe: o.Observe, open: map[pay.ChannelKey]openChannel{}, sheets: newSheetDesk(),
	}
	for _, d := range o.Drivers {
		g.drivers[d.Provider] = d
	}
	if g.rand == nil {
		g.rand = rand.Reader
	}
	if g.now == nil {
		g.now = time.Now
	}
	if g.http == nil {
		g.http = http.DefaultClient
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.life == 0 {
		g.life = 30 * time.Minute
	}
	if g.tell == nil {
		g.tell = func(context.Context, *store.Tx, pay.Payment, Event) error { return nil }
	}
	if g.faults == nil {
		g.faults = func(string) error { return nil }
	}
	return g
}
