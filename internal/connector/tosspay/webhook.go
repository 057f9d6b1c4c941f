package tosspay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const maxID = 100 // of payToken and transactionId, with room: they have 30 and 36

// ReadWebhook reads a resultCallback: of a payment, JSON (V2) or form (V1), or
// of a billing key, JSON ("빌링키 생성 요청"). It is not signed, so it is never Proven.
func (s *shop) ReadWebhook(_ context.Context, _ http.Header, body []byte) (connector.Notice, error) {
	out, err := readCallback(body)
	if err != nil {
		text := httpcall.Clean(strings.ToValidUTF8(err.Error(), "?"), s.Credentials[APIKey])
		return connector.Notice{}, s.fail(connector.NotSent, "read webhook", 0, errors.New(text))
	}
	return out, nil
}

func readCallback(body []byte) (connector.Notice, error) {
	var in callback
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		if err := json.Unmarshal(body, &in); err != nil {
			return connector.Notice{}, fmt.Errorf("the body is not a JSON object of the known form: %w", err)
		}
	} else {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return connector.Notice{}, fmt.Errorf("the body is neither JSON nor a form: %w", err)
		}
		in = callback{
			Status: form.Get("status"), PayToken: form.Get("payToken"), OrderNo: form.Get("orderNo"),
			TransactionID: httpcall.Text(form.Get("transactionId")),
		}
	}
	if in.Action != "" {
		return in.ofBillingKey()
	}
	switch {
	case in.PayToken == "" || len(in.PayToken) > maxID:
		return connector.Notice{}, fmt.Errorf("payToken has %d characters: it must have 1 to %d", len(in.PayToken), maxID)
	case !orderNo.MatchString(in.OrderNo):
		return connector.Notice{}, fmt.Errorf("orderNo %.80q must be 1 to 50 digits, letters and _-:.^@", in.OrderNo)
	case in.Status == "" || len(in.Status) > maxID:
		return connector.Notice{}, fmt.Errorf("status has %d characters: it must have 1 to %d", len(in.Status), maxID)
	case len(in.TransactionID) > maxID:
		return connector.Notice{}, fmt.Errorf("transactionId has %d characters: at most %d are allowed", len(in.TransactionID), maxID)
	}
	return connector.Notice{
		Kind: in.Status, Ref: pay.Ref{Order: in.OrderNo, Key: in.PayToken},
		Key: strings.Join([]string{in.PayToken, string(in.TransactionID), in.Status}, ":"),
	}, nil
}

// action is a word of a billing key's callback. Two are documented, ACTIVATED
// and REMOVED; another leads to the same question, so it is let through.
var action = regexp.MustCompile(`^[A-Z_]{1,20}$`)

// ofBillingKey is the notice of a billing key's callback. The billing key only
// goes into the digest that names the notice.
func (in callback) ofBillingKey() (connector.Notice, error) {
	switch {
	case !action.MatchString(in.Action):
		return connector.Notice{}, fmt.Errorf("action has %d characters: it must be 1 to 20 capital letters and _", len(in.Action))
	case !userID.MatchString(in.UserID):
		return connector.Notice{}, errUserID
	}
	told := strings.Join([]string{in.Action, in.ProcessedTs, in.UserID, in.BillingKey}, "\n")
	digest := sha256.Sum256([]byte(told))
	at, err := time.ParseInLocation(time.DateTime, in.ProcessedTs, httpcall.KST())
	if err != nil { // it names the notice, and no more
		at = time.Time{}
	}
	return connector.Notice{
		Kind: "BILLING_" + in.Action, Customer: in.UserID, Key: "billing:" + hex.EncodeToString(digest[:16]), At: at,
	}, nil
}
