package tosspayments_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Markers of everything that may never be kept. Those of two characters can be
// known by the name of their field alone.
const (
	markNumber   = "9410001234567890" // no check digit that fits
	markYear     = "Q~"
	markMonth    = "~Z"
	markBirth    = "900101"
	markPassword = "^9"
	markKey      = "Zk3vQm8Y/R1xWb+NcLp0JdHs5GfAe7UoKi2Vy9TnXqE="
	markNewKey   = "Nw7pT4sLx/c2QeMv0Rb=="
	markAccount  = "110-2233-445566"
	markReceipt  = "01077778888"
	markAuthKey  = "Au7hKe/yM4rk+Bz7Yq2Lm9=="
	markCustomer = "cus_MARK-3906"
)

// touch is a call that carries something to hide: what its provider can say
// back in free text, and what may be found nowhere.
type touch struct {
	text  string
	marks []string
	do    func(context.Context, connector.Connector, connector.Call) error
}

var (
	cardText  = "카드 " + markNumber + " 생년월일 " + markBirth
	cardMarks = []string{markNumber, markYear, markMonth, markBirth, markPassword, markNewKey, "Nw7pT4sLx"}
	keyText   = "키 " + markKey
	authText  = "인증 " + markAuthKey + " 고객 " + markCustomer
	authMarks = []string{markAuthKey, url.QueryEscape(markAuthKey), "Au7hKe", "M4rk+Bz7", markCustomer, markNewKey, "Nw7pT4sLx"}
	keyMarks  = []string{markKey, url.PathEscape(markKey), "Zk3vQm8Y", "R1xWb"}
)

func touches() map[string]touch {
	card := connector.Card{Number: markNumber, ExpiryYear: markYear, ExpiryMonth: markMonth, Birth: markBirth, PasswordHead: markPassword}
	order := connector.Charge{Order: "imps_274810035512", Name: "월간 구독", Amount: pay.Breakdown{Total: pay.Won(84000)}, Customer: "cus_9f0c2b7e"}
	return map[string]touch{
		"issue a key": {cardText, cardMarks, func(ctx context.Context, c connector.Connector, call connector.Call) error {
			out, err := c.(connector.BillingByCard).IssueBillingKey(ctx, call, order.Customer, card)
			return told(out, out.Decline, err)
		}},
		"issue a key from a window": {authText, authMarks, func(ctx context.Context, c connector.Connector, call connector.Call) error {
			out, err := c.(connector.BillingWindower).IssueFromWindow(ctx, call, markCustomer, markAuthKey)
			return told(out, out.Decline, err)
		}},
		"charge a key": {keyText, keyMarks, func(ctx context.Context, c connector.Connector, call connector.Call) error {
			out, err := c.(connector.BillingCharger).ChargeBillingKey(ctx, call, markKey, order)
			return told(out, out.Decline, err)
		}},
		"revoke a key": {keyText, keyMarks, func(ctx context.Context, c connector.Connector, call connector.Call) error {
			out, err := c.(connector.BillingRevoker).RevokeBillingKey(ctx, call, markKey)
			return told(out, out.Decline, err)
		}},
		"charge a card": {cardText, cardMarks, func(ctx context.Context, c connector.Connector, call connector.Call) error {
			out, err := c.(connector.KeyIn).ChargeCard(ctx, call, card, order)
			return told(out, out.Decline, err)
		}},
		"refund to an account": {"계좌 1102233445566 " + markAccount, []string{markAccount, "1102233445566"}, func(ctx context.Context, c connector.Connector, call connector.Call) error {
			out, err := c.(connector.Canceler).Cancel(ctx, call, connector.Cancel{
				Ref: pay.Ref{Order: order.Order, Key: "k"}, Method: pay.MethodVbank, Amount: order.Amount, Left: order.Amount.Total,
				RefundTo: &connector.BankAccount{Bank: "004", Number: markAccount, Holder: "김나루"},
			})
			return told(out, out.Decline, err)
		}},
		"issue a receipt": {"번호 " + markReceipt, []string{markReceipt}, func(ctx context.Context, c connector.Connector, call connector.Call) error {
			out, err := c.(connector.ReceiptIssuer).IssueReceipt(ctx, call, connector.ReceiptSpec{
				Order: order.Order, Name: order.Name, Amount: order.Amount, Type: pay.ReceiptPerson, Identifier: markReceipt,
			})
			return told(out, out.Decline, err)
		}},
	}
}

// told is all that a call said, as an error.
func told(out any, d *connector.Decline, err error) error {
	text := fmt.Sprintf("%v %+v %#v ", out, out, out)
	if d != nil {
		text += fmt.Sprintf("%+v ", *d)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		text += fmt.Sprintf("%v %+v %#v ", e, e, e)
	}
	if e, ok := errors.AsType[*connector.Error](err); ok {
		text += e.Message + " " + e.Code
	}
	return errors.New(text)
}

const goodKey = `{"customerKey":"cus_9f0c2b7e","billingKey":"` + markNewKey + `","card":{"company":"하나","number":"94100012****789*"},"cardNumber":"` + markNumber + `"}`

// worst is a provider that says back what it was told, in some way, with text.
func worst(t *testing.T, way, text string) (api string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		whole := fmt.Sprintf(`{"code":"INVALID_REQUEST","message":%q,"path":%q,"echo":%s,"orderId":"imps_274810035512"}`, text, r.RequestURI, orNull(body))
		switch way {
		case "success":
			if strings.HasSuffix(r.URL.Path, "/authorizations/card") {
				whole = goodKey
			}
			if strings.HasSuffix(r.URL.Path, "/authorizations/issue") {
				whole = strings.Replace(goodKey, "cus_9f0c2b7e", markCustomer, 1)
			}
			_, _ = io.WriteString(w, strings.Replace(whole, `"code"`, `"paymentKey":"k","status":"DONE","totalAmount":84000,"receiptKey":"r","code"`, 1))
		case "refusal":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, whole)
		case "doubt":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, strings.Replace(whole, "INVALID_REQUEST", "FAILED_DB_PROCESSING", 1))
		case "door":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, strings.Replace(whole, "INVALID_REQUEST", "UNAUTHORIZED_KEY", 1))
		case "page":
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>"+whole)
		case "cut":
			_, _ = io.WriteString(w, whole[:len(whole)-20]+`","secret":"x","billingKey":"`+markNewKey[:12])
		case "another kind":
			_, _ = fmt.Fprintf(w, `{"totalAmount":%q,"customerKey":%q,"billingKey":%q,"orderId":%q,"paymentKey":"k","receiptKey":"k","transactionType":%q,"status":"DONE","cancels":%q}`,
				text, text, markNewKey, text, text, text)
		case "silence":
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func orNull(body []byte) []byte {
	if len(body) == 0 {
		return []byte("null")
	}
	return body
}

// TestNothingThatMustBeHiddenIsKept searches all that comes out of the calls
// that carry card details, billing keys, accounts and persons' numbers.
func TestNothingThatMustBeHiddenIsKept(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"success", "refusal", "doubt", "door", "page", "cut", "another kind", "silence"} {
		for name, touch := range touches() {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				s := settings(worst(t, way, touch.text))
				s.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				ctx := t.Context()
				if way == "silence" {
					var stop context.CancelFunc
					ctx, stop = context.WithTimeout(ctx, 50*time.Millisecond)
					defer stop()
				}
				var kept []connector.Exchange
				said := touch.do(ctx, open(t, s), connector.Call{Key: "atm_1", Record: func(e connector.Exchange) { kept = append(kept, e) }})
				if len(kept) != 1 || kept[0].Path == "" || (name != "revoke a key" && len(kept[0].Request) == 0) || (way != "silence") != (len(kept[0].Answer) > 0) {
					t.Fatalf("recorded %+v: the exchange must be there", kept)
				}
				e := kept[0]
				all := fmt.Sprintf("%s\n%s\n%s\n%s\n%s\n%s", e.Path, e.Request, e.Answer, e.Err, said, log.String())
				for _, mark := range append(touch.marks, secretKey) {
					if strings.Contains(all, mark) {
						t.Errorf("%q got out: %s", mark, all)
					}
				}
			})
		}
	}
}

func TestTheRecordedPathHidesTheBillingKeyAndNothingElse(t *testing.T) {
	t.Parallel()
	var paths []string
	call := connector.Call{Key: "atm_1", Record: func(e connector.Exchange) { paths = append(paths, e.Method+" "+e.Path) }}
	c := open(t, settings(worst(t, "refusal", keyText)))
	for _, name := range []string{"charge a key", "revoke a key"} {
		_ = touches()[name].do(t.Context(), c, call)
	}
	if got := strings.Join(paths, ", "); got != "POST /v1/billing/***, DELETE /v1/billing/***" {
		t.Errorf("recorded %s", got)
	}
}
