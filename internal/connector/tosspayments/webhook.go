package tosspayments

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// The kinds of notices that lead to a payment: "웹훅".
const (
	statusChanged   = "PAYMENT_STATUS_CHANGED"
	depositCallback = "DEPOSIT_CALLBACK" // its body does not say so
)

// transmission is the same whenever a notice is sent again. Older shops' notices lack it.
const transmission = "Tosspayments-Webhook-Transmission-Id"

// ReadWebhook reads a notice. None is signed, so none is Proven; that of a
// deposit brings a proof for ProveNotice. A kind that is of no use here keeps its
// name and leads nowhere: BILLING_DELETED is one, because it names the billing
// key and not its customer.
func (s *shop) ReadWebhook(_ context.Context, h http.Header, body []byte) (connector.Notice, error) {
	out, err := readNotice(body)
	if err != nil {
		return connector.Notice{}, s.notSent("read webhook", cleaned(err, s.Credentials[SecretKey]))
	}
	if id := h.Get(transmission); id != "" {
		out.Key = shortKey(id)
	}
	return out, nil
}

func readNotice(body []byte) (connector.Notice, error) {
	var in notice
	if err := json.Unmarshal(body, &in); err != nil {
		return connector.Notice{}, fmt.Errorf("the body is not a JSON object of the known form: %w", err)
	}
	switch {
	case in.EventType == statusChanged:
		return readStatusChanged(in)
	case in.EventType != "":
		return connector.Notice{Kind: httpcall.Cut(in.EventType, maxText), Key: digest(string(body))}, nil
	case orderID.MatchString(in.OrderID) && in.Status != "":
		return connector.Notice{
			Kind: depositCallback, Ref: pay.Ref{Order: in.OrderID}, Proof: in.Secret,
			Key: shortKey("deposit", in.OrderID, in.Status, orElse(in.TransactionKey, in.CreatedAt)),
		}, nil
	}
	return connector.Notice{}, errors.New("eventType is missing, and it is no deposit callback, which has an orderId and a status")
}

func readStatusChanged(in notice) (connector.Notice, error) {
	var data noticeData
	if err := json.Unmarshal(in.Data, &data); err != nil {
		return connector.Notice{}, fmt.Errorf("data is not a payment: %w", err)
	}
	if data.PaymentKey == "" || len(data.PaymentKey) > maxPaymentKey {
		return connector.Notice{}, fmt.Errorf("data.paymentKey has %d characters: it must have 1 to %d", len(data.PaymentKey), maxPaymentKey)
	}
	if !orderID.MatchString(data.OrderID) {
		return connector.Notice{}, fmt.Errorf("data.orderId %.80q must be 6 to 64 letters, digits, _, = or -", data.OrderID)
	}
	return connector.Notice{
		Kind: statusChanged, Ref: pay.Ref{Order: data.OrderID, Key: data.PaymentKey},
		// The short form has no transaction key; its time tells two partial cancels apart.
		Key: shortKey(data.PaymentKey, data.Status, orElse(data.LastTransactionKey, in.CreatedAt)),
	}, nil
}

// ProveNotice compares the secret of a DEPOSIT_CALLBACK with that of the payment,
// which came with the account: "웹훅", DEPOSIT_CALLBACK.
func (s *shop) ProveNotice(n connector.Notice, ref pay.Ref) bool {
	ours := remember(ref.Data).Secret
	if n.Kind != depositCallback || n.Proof == "" || ours == "" {
		return true
	}
	return subtle.ConstantTimeCompare([]byte(n.Proof.Reveal()), []byte(ours)) == 1
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// shortKey is the parts as they are, or their digest if they are long: they
// came from outside, and a key is stored.
func shortKey(parts ...string) string {
	if key := strings.Join(parts, ":"); len(key) <= 2*maxPaymentKey {
		return key
	}
	return digest(parts...)
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(sum[:])
}
