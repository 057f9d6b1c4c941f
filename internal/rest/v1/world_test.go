package v1_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/pgtest"
	v1 "naru/internal/rest/v1"
	"naru/internal/store"
	"naru/internal/vault"
)

// start is when the first payment of the world began; now is a day later.
var start = time.Date(2026, 8, 6, 0, 0, 0, 0, time.UTC)

const (
	shop    = pay.MerchantID("m_shop")  // shows test payments
	hider   = pay.MerchantID("m_hider") // hides them
	key     = "imp_key_shop"            // of shop
	secret  = "imp_secret_shop"         //
	cardKey = pay.ChannelKey("channel-key-10000000-0000-4000-8000-000000000001")
	tossKey = pay.ChannelKey("channel-key-10000000-0000-4000-8000-000000000002") // Toss Pay, billing
	billKey = pay.ChannelKey("channel-key-10000000-0000-4000-8000-000000000003") // Toss Payments, billing
	fixKey  = pay.ChannelKey("channel-key-10000000-0000-4000-8000-000000000004") // Toss Payments, fixed accounts
)

// world is the interface over a real gateway and a real store in memory, with
// providers that do what the test says.
type world struct {
	http.Handler
	t       *testing.T
	gateway *gateway.Gateway
	store   *store.Store
	log     *bytes.Buffer
	clock   time.Time
	token   string
	tier    pay.MerchantID     // of the shop's sub-store ABC
	asks    []connector.Cancel // what the providers were asked to give back
	charges []connector.Charge // what they were asked to charge
	cards   []connector.Card   // and with which cards
	opened  []connector.AccountSpec
	slips   []connector.ReceiptSpec
}

// counter is randomness that can be foretold.
type counter struct {
	mu sync.Mutex
	n  byte
}

func (c *counter) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{t: t, log: &bytes.Buffer{}, clock: start.Add(24 * time.Hour)}
	now := func() time.Time { return w.clock }
	var err error
	w.store, err = store.Open(ctx, "sqlite::memory:", store.Options{Now: now, Begin: pgtest.Migrated(t)})
	must(t, err)
	t.Cleanup(func() { must(t, w.store.Close()) })
	must(t, w.store.Migrate(ctx))
	var keyset []byte
	v, err := vault.Open(ctx, bytes.Repeat([]byte{7}, 32),
		func(context.Context) ([]byte, error) { return keyset, nil },
		func(_ context.Context, sealed []byte) error { keyset = sealed; return nil })
	must(t, err)
	w.gateway = gateway.New(gateway.Options{
		Store: w.store, Vault: v, Drivers: drivers(w), PublicURL: "http://gateway.test", Now: now, Rand: &counter{},
	})
	w.Handler = v1.New(v1.Options{
		Gateway: w.gateway, Store: w.store, Now: now, Rand: &counter{}, Log: slog.New(slog.NewJSONHandler(w.log, nil)),
	})
	w.seed()
	tok, err := w.gateway.IssueToken(ctx, key, secret)
	must(t, err)
	w.token = tok.Value
	return w
}

// of is the same world for a subtest that does not change it.
func (w *world) of(t *testing.T) *world {
	c := *w
	c.t = t
	return &c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string

	Code     int             `json:"code"`
	Message  *string         `json:"message"`
	Response json.RawMessage `json:"response"`
}

func (a answer) message() string {
	if a.Message == nil {
		return ""
	}
	return *a.Message
}

// call sends a request as it is; headers are names and values in turn.
func (w *world) call(method, target, body string, headers ...string) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	a := answer{status: rec.Code, header: rec.Header(), body: rec.Body.String()}
	if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil {
		w.t.Fatalf("%s %s: the answer is no JSON: %v\n%s", method, target, err, rec.Body)
	}
	return a
}

// get and form call with the shop's token.
func (w *world) get(target string) answer { return w.call("GET", target, "", "Authorization", w.token) }

func (w *world) form(method, target, body string) answer {
	return w.call(method, target, body, "Authorization", w.token, "Content-Type", "application/x-www-form-urlencoded")
}

func (w *world) json(method, target, body string) answer {
	return w.call(method, target, body, "Authorization", w.token, "Content-Type", "application/json")
}

// seed fills the books with a payment in each state, each a minute after the
// one before.
func (w *world) seed() {
	ctx := context.Background()
	for _, m := range []pay.Merchant{
		{ID: shop, UserCode: "imp00000001", Name: "Shop"},
		{ID: hider, UserCode: "imp00000002", Name: "Hider", Settings: pay.Settings{HideSandbox: true}},
	} {
		_, err := w.gateway.AddMerchant(ctx, m)
		must(w.t, err)
	}
	_, _, err := w.gateway.AddKey(ctx, shop, key, secret)
	must(w.t, err)
	_, _, err = w.gateway.AddKey(ctx, hider, "imp_key_hider", "imp_secret_hider")
	must(w.t, err)
	for _, c := range []gateway.NewChannel{
		{Merchant: shop, Key: cardKey, Provider: pay.TossPayments, MID: "im_sampleshop", Name: "카드 결제", Mode: pay.ModeSandbox, API: "http://sandbox.test", Default: true},
		{Merchant: shop, Key: tossKey, Provider: pay.TossPay, MID: "sampleshop", Name: "토스페이", Mode: pay.ModeTest, Kind: pay.ChannelBilling},
		{Merchant: shop, Key: billKey, Provider: pay.TossPayments, MID: "im_samplebill", Name: "빌링", Mode: pay.ModeSandbox, API: "http://sandbox.test", Kind: pay.ChannelBilling, Default: true},
		{Merchant: shop, Key: fixKey, Provider: pay.TossPayments, MID: "im_samplefix", Name: "고정식 가상계좌", Mode: pay.ModeSandbox, API: "http://sandbox.test", Options: pay.ChannelOptions{FixedAccounts: true}},
	} {
		c.Credentials = map[string]pay.Secret{"secret": "sealed away"}
		_, err := w.gateway.AddChannel(ctx, c)
		must(w.t, err)
	}
	for i, s := range seeds() {
		p := s.payment
		p.StartedAt = start.Add(time.Duration(i) * time.Minute)
		w.insert(p, s.cancels...)
	}
	w.seedKeys()
	w.seedSchedules()
	w.seedTier()
	w.seedWindow()
}

// seedWindow gives a payment the window it was asked for in.
func (w *world) seedWindow() {
	asked, err := json.Marshal(gateway.WindowRequest{Notes: []gateway.Note{
		{Parameter: "colour", Kind: gateway.NoteUnknown, Text: "no parameter of V1"},
		{Parameter: "bypass.tosspay_v2.expiredTime", Kind: gateway.NoteUnused, Text: "토스페이먼츠 has no such parameter"},
	}})
	must(w.t, err)
	must(w.t, w.store.Write(context.Background(), func(tx *store.Tx) error {
		return tx.InsertCheckout(context.Background(), store.Checkout{
			TokenHash: []byte("window"), Merchant: shop, Payment: "imp_000000000001", Style: store.StyleFrame, Window: asked, Expires: start,
		})
	}))
}

// seedKeys gives the shop a billing key at each provider: one of a card, and one
// that Toss Pay knows as money.
func (w *world) seedKeys() {
	ctx := context.Background()
	_, err := w.gateway.IssueKey(ctx, gateway.IssueKeyRequest{
		Merchant: shop, CustomerUID: "member1-card", CustomerID: "member1", Buyer: pay.Buyer{Name: "김나루", Tel: "01000000000"},
		Card: connector.Card{Number: "4330121234561234", ExpiryYear: "28", ExpiryMonth: "12"},
	})
	must(w.t, err)
	_, err = w.gateway.AdoptKey(ctx, gateway.AdoptKeyRequest{Merchant: shop, Channel: tossKey, CustomerUID: "member7-card1", CustomerID: "member7", Key: "bk-member7"})
	must(w.t, err)
	w.cards = nil
}

// seedSchedules books charges in every state.
func (w *world) seedSchedules() {
	at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	rows := []pay.Schedule{
		{MerchantUID: "charge", CustomerUID: "member7-card1", CustomerID: "member7", Status: pay.ScheduleExecuted, At: start.Add(10 * time.Minute), ExecutedAt: start.Add(10 * time.Minute), Payment: "imps_00000000011", Amount: pay.Breakdown{Total: pay.Won(8900)}},
		{MerchantUID: "charge-failed", CustomerUID: "member1-card", CustomerID: "member1", Status: pay.ScheduleExecuted, At: at(1), ExecutedAt: at(1), Payment: "imps_00000000017", Name: "월간 구독"},
		{MerchantUID: "charge-revoked", CustomerUID: "member1-card", CustomerID: "member1", Status: pay.ScheduleRevoked, At: at(30), RevokedAt: at(20)},
		{MerchantUID: "charge-running", CustomerUID: "member1-card", CustomerID: "member1", Status: pay.ScheduleRunning, At: at(24), Payment: "imps_00000000018"},
		{MerchantUID: "charge-next", CustomerUID: "member1-card", CustomerID: "member1", Status: pay.ScheduleBooked, At: at(48), Name: "월간 구독", Buyer: pay.Buyer{Name: "김나루"}, Custom: `{"plan":3}`},
		{MerchantUID: "charge-later", CustomerUID: "member1-card", CustomerID: "member1", Status: pay.ScheduleBooked, At: at(72)},
		{MerchantUID: "charge-orphan", CustomerUID: "left-member", Status: pay.ScheduleRevoked, At: at(40), RevokedAt: at(2)},
	}
	for i := range rows {
		rows[i].Merchant = shop
		if rows[i].Amount.Total.Minor == 0 {
			rows[i].Amount.Total = pay.Won(64900)
		}
	}
	must(w.t, w.store.Write(context.Background(), func(tx *store.Tx) error { return tx.InsertSchedules(context.Background(), rows) }))
}

// seedTier gives the shop a sub-store with a payment of its own.
func (w *world) seedTier() {
	tier, err := w.gateway.AddTier(context.Background(), shop, "ABC", "강남점")
	must(w.t, err)
	w.tier = tier.ID
	w.insert(pay.Payment{Merchant: tier.ID, ID: "imp_000000000099", MerchantUID: "of-the-tier", Status: pay.StatusPaid, Ref: pay.Ref{Key: "tviva-tier"}, StartedAt: start})
}

// insert puts a payment and its cancels into the books.
func (w *world) insert(p pay.Payment, cancels ...pay.Movement) {
	must(w.t, w.store.Write(context.Background(), func(tx *store.Tx) error {
		p = whole(p)
		if err := tx.InsertPayment(context.Background(), p); err != nil {
			return err
		}
		moves := cancels
		if !p.PaidAt.IsZero() {
			moves = append([]pay.Movement{{Key: p.Ref.Key, Kind: pay.MovementApproval, Amount: p.Amount.Total.Minor, At: p.PaidAt}}, cancels...)
		}
		for _, m := range moves {
			m.Merchant, m.Payment = p.Merchant, p.ID
			if _, err := tx.AddMovement(context.Background(), m); err != nil {
				return err
			}
		}
		return nil
	}))
}

// whole fills in what the seeds leave out.
func whole(p pay.Payment) pay.Payment {
	set := func(f *string, v string) {
		if *f == "" {
			*f = v
		}
	}
	set((*string)(&p.Merchant), string(shop))
	set((*string)(&p.Provider), string(pay.TossPayments))
	set((*string)(&p.Channel), string(cardKey))
	set((*string)(&p.MID), "im_sampleshop")
	set((*string)(&p.Mode), string(pay.ModeSandbox))
	set((*string)(&p.Source), string(pay.SourceWindow))
	set((*string)(&p.Method), string(pay.MethodCard))
	set(&p.Name, "나무 의자")
	set(&p.UserAgent, "Mozilla/5.0 (X11; Linux x86_64)")
	if p.Amount.Total.Minor == 0 {
		p.Amount.Total.Minor = 64900
	}
	p.Amount.Total.Currency = pay.KRW
	p.Ref.Order = string(p.ID)
	took := p.StartedAt.Add(30 * time.Second)
	switch p.Status {
	case pay.StatusPaid:
		p.PaidAt = took
	case pay.StatusFailed:
		p.FailedAt = took
	case pay.StatusCancelled, pay.StatusPartiallyCancelled:
		p.PaidAt, p.CancelledAt = took, start.Add(12*time.Hour)
	}
	return p
}

type seed struct {
	payment pay.Payment
	cancels []pay.Movement
}

func cancel(key string, amount int64, after time.Duration, reason, id string) pay.Movement {
	return pay.Movement{Key: key, Kind: pay.MovementCancel, Amount: amount, At: start.Add(after), Reason: reason, CancelID: id, ReceiptURL: "https://receipt.example/" + key}
}

func card() pay.Details {
	return pay.Details{
		ApprovalNo: "30001234", Months: 3, ReceiptURL: "https://receipt.example/slip",
		Card: &pay.Card{Issuer: "366", Acquirer: "361", Number: "433012******1234", Type: "credit"},
	}
}

func account() *pay.VirtualAccount {
	return &pay.VirtualAccount{Bank: "088", Number: "56200000000000", Holder: "나루상점", Due: start.Add(7 * 24 * time.Hour), Issued: start.Add(5 * time.Minute)}
}

func seeds() []seed {
	buyer := pay.Buyer{Name: "김나루", Email: "kim@example.com", Tel: "01000000000"}
	return []seed{
		{payment: pay.Payment{ID: "imp_000000000001", MerchantUID: "ready-card", Status: pay.StatusCreated, Buyer: buyer, Custom: `{"cart":17}`}},
		{payment: pay.Payment{ID: "imp_000000000002", MerchantUID: "paid-card", Status: pay.StatusPaid, Ref: pay.Ref{Key: "tviva-card"}, Details: card(), Buyer: buyer}},
		{payment: pay.Payment{ID: "imp_000000000003", MerchantUID: "failed-card", Status: pay.StatusFailed, FailCode: "PAY_PROCESS_CANCELED", FailReason: "[PAY_PROCESS_CANCELED] 사용자가 결제를 취소하였습니다", Mobile: true}},
		{payment: pay.Payment{ID: "imp_000000000004", MerchantUID: "partly-cancelled", Status: pay.StatusPartiallyCancelled, Ref: pay.Ref{Key: "tviva-part"}, Details: card(), CancelReason: "색상 변경"}, cancels: []pay.Movement{
			cancel("C-part-1", 10000, 11*time.Hour, "품절", "11111111-0000-4000-8000-000000000001"),
			cancel("C-part-2", 4900, 12*time.Hour, "색상 변경", "11111111-0000-4000-8000-000000000002"),
		}},
		{payment: pay.Payment{ID: "imp_000000000005", MerchantUID: "cancelled", Status: pay.StatusCancelled, Ref: pay.Ref{Key: "tviva-gone"}, Details: card(), CancelReason: "변심"}, cancels: []pay.Movement{
			cancel("C-gone", 64900, 12*time.Hour, "변심", "11111111-0000-4000-8000-000000000003"),
		}},
		{payment: pay.Payment{ID: "imp_000000000006", MerchantUID: "account-open", Status: pay.StatusAwaitingDeposit, Method: pay.MethodVbank, Ref: pay.Ref{Key: "tviva-open"}, Details: pay.Details{Account: account()}}},
		{payment: pay.Payment{ID: "imp_000000000007", MerchantUID: "account-paid", Status: pay.StatusPaid, Method: pay.MethodVbank, Amount: pay.Breakdown{TaxFree: 1000}, Ref: pay.Ref{Key: "tviva-depo"}, Details: pay.Details{Account: account(), CashReceipt: true}}},
		{payment: pay.Payment{ID: "imp_000000000008", MerchantUID: "wallet-points", Status: pay.StatusPaid, Method: pay.MethodPoint, Ref: pay.Ref{Key: "tviva-wall"}, Details: pay.Details{EasyPay: "kakaopay"}}},
		{payment: pay.Payment{ID: "imp_000000000009", MerchantUID: "transfer", Status: pay.StatusPaid, Method: pay.MethodTrans, Ref: pay.Ref{Key: "tviva-bank"}, Details: pay.Details{Bank: &pay.Bank{Code: "088"}}}},
		{payment: pay.Payment{ID: "imp_000000000010", MerchantUID: "gift", Status: pay.StatusPaid, Method: pay.MethodCultureland, Ref: pay.Ref{Key: "tviva-gift"}}},
		{payment: pay.Payment{ID: "imps_00000000011", MerchantUID: "charge", Status: pay.StatusPaid, Source: pay.SourceSchedule, Provider: pay.TossPay, Channel: tossKey, MID: "sampleshop", Mode: pay.ModeTest,
			Amount: pay.Breakdown{Total: pay.Won(8900)}, CustomerUID: "member7-card1", CustomerUsage: "payment.scheduled", Ref: pay.Ref{Key: "pt-1"},
			Details: pay.Details{ApprovalNo: "00099887", Card: &pay.Card{Issuer: "367", Number: "404012******5678", Type: "debit"}}}},
		{payment: pay.Payment{ID: "imp_000000000012", MerchantUID: "tried-twice", Status: pay.StatusFailed, FailCode: "REJECT_CARD_COMPANY", FailReason: "[REJECT_CARD_COMPANY] 결제 승인이 거절되었습니다"}},
		{payment: pay.Payment{ID: "imp_000000000013", MerchantUID: "tried-twice", Status: pay.StatusPaid, Ref: pay.Ref{Key: "tviva-second"}}},
		{payment: pay.Payment{Merchant: hider, ID: "imp_000000000014", MerchantUID: "hidden", Status: pay.StatusPaid, Mode: pay.ModeTest, Ref: pay.Ref{Key: "tviva-test"}}},
		{payment: pay.Payment{ID: "imp_000000000015", MerchantUID: "주문/1 호", Status: pay.StatusCreated}},
		{payment: pay.Payment{ID: "imps_00000000017", MerchantUID: "charge-failed", Status: pay.StatusFailed, Source: pay.SourceSchedule, Channel: billKey, MID: "im_samplebill", CustomerUID: "member1-card", CustomerUsage: "payment.scheduled", FailCode: "EXCEED_MAX_AMOUNT", FailReason: "[EXCEED_MAX_AMOUNT] 거래금액 한도를 초과했습니다."}},
		{payment: pay.Payment{ID: "imps_00000000018", MerchantUID: "charge-running", Status: pay.StatusConfirming, Source: pay.SourceSchedule, Channel: billKey, MID: "im_samplebill", CustomerUID: "member1-card", CustomerUsage: "payment.scheduled"}},
		{payment: pay.Payment{ID: "imps_00000000019", MerchantUID: "money-charge", Status: pay.StatusPaid, Source: pay.SourceAPI, Provider: pay.TossPay, Channel: tossKey, MID: "sampleshop", Mode: pay.ModeTest, Method: pay.MethodPoint,
			CustomerUID: "member7-card1", CustomerUsage: "payment", Ref: pay.Ref{Key: "pt-2"}, Details: pay.Details{CashReceipt: true}}},
		{payment: pay.Payment{ID: "imp_000000000016", MerchantUID: "confirming", Status: pay.StatusConfirming, Ref: pay.Ref{Key: "tviva-busy"}}},
	}
}
