package tosspay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

// The marks that must be found nowhere.
const (
	markedKey  = "MARKbillingKEY4vYe7MsD"
	markedUser = "MARKcustomer-3906"
	markedCI   = "MARKencryptedCI8Qk9nd"
)

// echoing is a provider that repeats what it was asked: every ECHO in its answer
// is what was sent to it. Without an answer the call fails.
type echoing struct {
	status int
	answer string
}

func (e echoing) RoundTrip(r *http.Request) (*http.Response, error) {
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	echo := apiKey
	for _, mark := range []string{markedKey, markedUser, markedCI} {
		if strings.Contains(string(asked), mark) {
			echo += " " + mark
		}
	}
	if e.answer == "" {
		return nil, fmt.Errorf("no answer to %s: %w", asked, context.DeadlineExceeded)
	}
	return answering{e.status, []byte(strings.ReplaceAll(e.answer, "ECHO", echo))}.RoundTrip(r)
}

// TestNothingOfABillingKeyIsKept: whatever the provider answers, neither the
// billing key nor the customer nor our own key stands in what is recorded,
// logged or reported.
func TestNothingOfABillingKeyIsKept(t *testing.T) {
	t.Parallel()
	for name, provider := range map[string]echoing{
		"success": {200, `{"code":0,"mode":"TEST","status":"ACTIVE","payMethod":"CARD","amount":84000,"payToken":"Ry5K","orderNo":"imps_410277350912",` +
			`"transactionId":"a94f","cardCompanyNo":"99","cardNumber":"531764******220*","billingKey":"` + markedKey + `","said":"ECHO"}`},
		"refusal":      {200, `{"code":-1,"errorCode":"CARD_EXCEED_LIMIT ECHO","msg":"ECHO"}`},
		"no such key":  {200, `{"code":-1,"errorCode":"COMMON_BILLING_KEY_NOT_FOUND","msg":"ECHO"}`},
		"unclear":      {503, `{"code":-1,"errorCode":"COMMON_TIMEOUT","msg":"ECHO"}`},
		"order used":   {200, `{"code":-1,"errorCode":"PAYMENT_DUPLICATION_ORDER_NO","msg":"ECHO"}`},
		"our key":      {401, `{"code":-1,"errorCode":"COMMON_INVALID_API_KEY","msg":"ECHO"}`},
		"wrong shape":  {200, `{"code":0,"amount":"ECHO","status":{"ECHO":1}}`},
		"wrong status": {200, `{"code":0,"status":"ODD","said":"ECHO"}`},
		"garbage":      {200, `<p>ECHO`},
		"cut":          {200, `{"code":0,"billingKey":"ECHO`},
		"timeout":      {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said strings.Builder
			s := settings("https://pay.invalid")
			s.HTTP, s.Log = &http.Client{Transport: provider}, slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
			askEverything(t, open(t, s), &said)
			for _, mark := range []string{markedKey, markedUser, markedCI, apiKey} {
				if strings.Contains(said.String(), mark) {
					t.Errorf("%s stands in:\n%s", mark, &said)
				}
			}
			if exchanges := strings.Count(said.String(), "exchange of "); exchanges != 3 {
				t.Errorf("%d exchanges were recorded, want those of the charge, of the removal and of the window's key:\n%s", exchanges, &said)
			}
		})
	}
}

// askEverything makes each call about a billing key and writes down all that is said.
func askEverything(t *testing.T, c connector.Connector, said io.Writer) {
	t.Helper()
	call := connector.Call{Key: "atm_c0ffee01", Record: func(e connector.Exchange) {
		fmt.Fprintf(said, "exchange of %s: %s %s %s\n", e.Path, e.Request, e.Answer, e.Err)
	}}
	charged, err := c.(connector.BillingCharger).ChargeBillingKey(t.Context(), call, markedKey, connector.Charge{
		Order: "imps_410277350912", Name: "11월 구독", Amount: pay.Breakdown{Total: pay.Won(84000)}, Customer: markedUser,
	})
	fmt.Fprintf(said, "charge: %+v %+v %s\n", charged, charged.Decline, unwrapped(err))
	read, err := c.(connector.BillingReader).ReadBillingKey(t.Context(), markedUser)
	fmt.Fprintf(said, "read: %+v %#v %s\n", read, read, unwrapped(err))
	window := billingWindow()
	window.Customer, window.UserCI = markedUser, markedCI
	opened, err := c.(connector.BillingWindower).OpenBillingWindow(t.Context(), window)
	fmt.Fprintf(said, "open: %+v %#v %s\n", opened, opened, unwrapped(err))
	issued, err := c.(connector.BillingWindower).IssueFromWindow(t.Context(), call, markedUser, markedKey)
	fmt.Fprintf(said, "issue: %+v %#v %+v %s\n", issued, issued, issued.Decline, unwrapped(err))
	revoked, err := c.(connector.BillingRevoker).RevokeBillingKey(t.Context(), call, markedKey)
	fmt.Fprintf(said, "revoke: %+v %+v %s\n", revoked, revoked.Decline, unwrapped(err))
}

// unwrapped is all that can be had of an error.
func unwrapped(err error) string {
	var all strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&all, "%v %#v ", err, err)
	}
	return all.String()
}

func TestNothingOfABillingKeyIsInANotice(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"action":"ACTIVATED","processedTs":"2026-11-20 14:00:00","userId":"cust-3906","billingKey":"` + markedKey + `"}`,
		`{"action":"` + markedKey + `","userId":"cust-3906"}`,
		`{"action":"REMOVED","userId":"` + markedUser + ` !","billingKey":"` + markedKey + `"}`,
		`{"action":"REMOVED","userId":{"a":"` + markedUser + `"},"billingKey":"` + markedKey + `"}`,
		`{"action":"REMOVED","userId":"cust-3906","billingKey":"` + markedKey,
	} {
		n, err := open(t, settings("http://127.0.0.1:9")).(connector.WebhookReader).ReadWebhook(t.Context(), http.Header{}, []byte(body))
		if text := fmt.Sprintf("%+v %s", n, unwrapped(err)); strings.Contains(text, markedKey) || strings.Contains(text, markedUser) {
			t.Errorf("%s: a mark stands in %s", body, text)
		}
	}
}
