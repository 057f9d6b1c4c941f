package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/v1wire"
)

// What a test call tells of: a payment and an order of nobody's. Ids of payments
// are drawn from twelve digits, so that looking this one up finds nothing.
const (
	TestPayment = pay.PaymentID("imp_000000000000")
	TestOrder   = pay.MerchantUID("naru_webhook_test")
)

// ErrNoAddress is of a merchant without a webhook address.
var ErrNoAddress = errors.New("the merchant has no webhook address")

// TestAnswer is what came of a test call.
type TestAnswer struct {
	At          time.Time
	URL         string
	ContentType string // of what was sent
	Body        string // likewise
	ID          string // webhook-id
	Took        time.Duration
	Status      int    // of HTTP, 0 is no answer
	AnswerType  string // Content-Type of the answer
	Answer      string // its first 4 KiB
	Error       string // why there is no answer
}

// Taken reports whether a webhook so answered counts as delivered.
func (a TestAnswer) Taken() bool { return a.Error == "" && a.Status == 200 }

// Test sends a merchant's own address a message of a payment that is none
// (TestPayment, status paid), as a webhook is sent and signed, and waits for the
// answer, at most as long as a re-send does. mode chooses the address. Nothing of
// it is a delivery; that it was asked for is in the audit log.
func (n *Notifier) Test(ctx context.Context, id pay.MerchantID, mode pay.Mode) (TestAnswer, error) {
	var m pay.Merchant
	var newest int64
	var out TestAnswer
	err := n.store.Write(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.Merchant(ctx, id); err != nil {
			return err
		}
		var form bool
		if out.URL, form = m.Settings.Webhook(mode); out.URL == "" {
			return ErrNoAddress
		}
		kind, body := v1wire.WebhookBody(TestPayment, TestOrder, pay.StatusPaid, "", form)
		out.At, out.ContentType, out.Body, out.ID = tx.Now, kind, string(body), "test_"+uuid.NewString()
		secrets, err := tx.WebhookSecrets(ctx, id)
		if err != nil {
			return err
		}
		if len(secrets) > 0 {
			newest = secrets[0].Seq
		}
		return tx.Audit(ctx, store.Change{Merchant: id, Action: "webhook.test", Target: string(id), After: map[string]any{"host": hostOf(out.URL), "mode": mode}})
	})
	if err != nil {
		return out, fmt.Errorf("test call: %w", err)
	}
	turn := store.DeliveryTurn{Delivery: store.Delivery{Merchant: id, ID: out.ID, URL: out.URL}, Settings: m.Settings, Secret: newest}
	sign, err := n.signer(ctx, turn, out.At)
	if err != nil {
		return out, fmt.Errorf("test call: %w", err)
	}
	a := n.post(ctx, message{
		url: out.URL, contentType: out.ContentType, body: []byte(out.Body), private: mayBePrivate(m.Settings, out.URL), timeout: resendTimeout, id: out.ID, sign: sign,
	})
	out.Took, out.Status, out.AnswerType, out.Answer = a.took, a.status, a.kind, a.body
	if a.err != nil {
		out.Error = errText(a.err)
	}
	return out, nil
}
