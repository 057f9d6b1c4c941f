package tosspayments_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

// says is a connector whose provider always answers with body, and its log.
func says(t *testing.T, body string) (connector.Connector, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s := settings("http://127.0.0.1:9")
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	s.HTTP = &http.Client{Transport: answering{200, []byte(body)}}
	return open(t, s), &log
}

const doneAs = `{"paymentKey":"k","orderId":"imp_274810035512","status":"DONE","approvedAt":"2026-11-20T14:03:40+09:00","totalAmount":1000.0,"balanceAmount":1000.0,
	"method":"카드","card":{"company":"현대","number":%q,"cardType":"신용"},"easyPay":%s,"version":%q}`

func TestAnotherAPIVersionIsReadAndReportedOnce(t *testing.T) {
	t.Parallel()
	c, log := says(t, fmt.Sprintf(doneAs, "43301234****123*", `"토스결제"`, "1.4")) // the wallet was a bare name then
	for range 3 {
		snap, err := c.Query(t.Context(), pay.Ref{Order: "imp_274810035512"})
		if err != nil || snap.Stage != connector.StagePaid || snap.Amount != pay.Won(1000) || snap.Details.EasyPay != "tosspay" || snap.Details.Card.Issuer != "367" {
			t.Fatalf("snapshot %+v, %v", snap, err)
		}
	}
	if n := strings.Count(log.String(), "not set to API version"); n != 1 {
		t.Errorf("reported %d times, want once: %s", n, log)
	}
}

func TestWhatNobodyKnowsIsLogged(t *testing.T) {
	t.Parallel()
	c, log := says(t, strings.NewReplacer("현대", "새로운카드", "DONE", "PARTIAL_CANCELED").Replace(fmt.Sprintf(doneAs, "43301234****123*", `{"provider":"새페이"}`, "2022-07-27")))
	snap, err := c.Query(t.Context(), pay.Ref{Order: "imp_274810035512"})
	if err != nil || snap.Details.Card.Issuer != "" || snap.Details.EasyPay != "" {
		t.Fatalf("snapshot %+v, %v", snap, err)
	}
	for _, word := range []string{"새로운카드", "새페이"} {
		if !strings.Contains(log.String(), word) {
			t.Errorf("%s is not in the log: %s", word, log)
		}
	}
}

func TestAWholeCardNumberIsNeverKept(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"4330123412341234": "433012******1234", // never documented, and masked all the same
		"43301234****123*": "43301234****123*",
		"9200123412341234": "9200123412341234", // ISP: a virtual number
	} {
		c, _ := says(t, fmt.Sprintf(doneAs, given, "null", "2022-07-27"))
		snap, err := c.Query(t.Context(), pay.Ref{Order: "imp_274810035512"})
		if err != nil || snap.Details.Card.Number != want {
			t.Errorf("%s is kept as %q, want %q (%v)", given, snap.Details.Card.Number, want, err)
		}
	}
}

func TestATimeNobodyCanReadDoesNotHideMoney(t *testing.T) {
	t.Parallel()
	c, log := says(t, strings.Replace(fmt.Sprintf(doneAs, "43301234****123*", "null", "2022-07-27"), "2026-11-20T14:03:40+09:00", "어제", 1))
	snap, err := c.Query(t.Context(), pay.Ref{Order: "imp_274810035512"})
	if err != nil || len(snap.Movements) != 1 || !snap.Movements[0].At.Equal(settings("").Now()) || !strings.Contains(log.String(), "어제") {
		t.Errorf("snapshot %+v, %v, log %s", snap, err, log)
	}
}

func TestMoneyIsTestMoneyUnlessTheChannelIsLive(t *testing.T) {
	t.Parallel()
	for mode, want := range map[pay.Mode]bool{pay.ModeLive: false, pay.ModeTest: true, pay.ModeSandbox: true} {
		s := settings("https://api.invalid")
		s.Mode, s.Endpoints.Script = mode, "https://js.invalid/v1"
		s.Credentials = map[string]pay.Secret{"client_key": pay.Secret(mode + "_ck_abcdefgh"), "secret_key": pay.Secret(mode + "_sk_abcdefgh")}
		s.HTTP = &http.Client{Transport: answering{200, fmt.Appendf(nil, doneAs, "43301234****123*", "null", "2022-07-27")}}
		snap, err := open(t, s).Query(t.Context(), pay.Ref{Order: "imp_274810035512"})
		if err != nil || snap.Test != want {
			t.Errorf("%s: test %v, %v", mode, snap.Test, err)
		}
	}
}

func TestATestCodeNeverReachesALiveShop(t *testing.T) {
	t.Parallel()
	for mode, want := range map[pay.Mode]string{pay.ModeLive: "", pay.ModeTest: "REJECT_CARD_PAYMENT"} {
		var seen *http.Request
		s := settings("https://api.invalid")
		s.Mode, s.Endpoints.Script = mode, "https://js.invalid/v1"
		s.Credentials = map[string]pay.Secret{"client_key": pay.Secret(mode + "_ck_abcdefgh"), "secret_key": pay.Secret(mode + "_sk_abcdefgh")}
		s.HTTP = &http.Client{Transport: seeing{&seen}}
		call := connector.Call{Key: "atm_1", TestCode: "REJECT_CARD_PAYMENT"}
		_, err := open(t, s).(connector.Confirmer).Confirm(t.Context(), call, pay.Ref{Order: "imp_274810035512", Key: "k"}, pay.Breakdown{Total: pay.Won(1000)})
		if connector.KindOf(err) != connector.Unknown || seen.Header.Get("TossPayments-Test-Code") != want {
			t.Errorf("%s: sent test code %q, %v", mode, seen.Header.Get("TossPayments-Test-Code"), err)
		}
	}
}

// seeing keeps the request and answers nothing of use.
type seeing struct{ into **http.Request }

func (s seeing) RoundTrip(r *http.Request) (*http.Response, error) {
	*s.into = r
	return answering{200, nil}.RoundTrip(r)
}

func TestACallThatCannotBeMadeIsNotSent(t *testing.T) {
	t.Parallel()
	ref := pay.Ref{Order: "imp_274810035512", Key: "k"}
	amount := pay.Breakdown{Total: pay.Won(1000)}
	c, _ := says(t, "{}") // would be an unknown outcome
	confirm := func(call connector.Call, ref pay.Ref) error {
		_, err := c.(connector.Confirmer).Confirm(t.Context(), call, ref, amount)
		return err
	}
	cancel := func(call connector.Call, in connector.Cancel) error {
		_, err := c.(connector.Canceler).Cancel(t.Context(), call, in)
		return err
	}
	ok := connector.Call{Key: "atm_1"}
	for say, err := range map[string]error{
		"idempotency key has 0":   confirm(connector.Call{}, ref),
		"idempotency key has 301": confirm(connector.Call{Key: pay.AttemptID(strings.Repeat("a", 301))}, ref),
		"test code must be":       confirm(connector.Call{Key: "atm_1", TestCode: "a\nb"}, ref),
		"payment key or":          confirm(ok, pay.Ref{Order: ref.Order}),
		"payment key is not":      cancel(ok, connector.Cancel{Ref: pay.Ref{Order: ref.Order}, Amount: amount, Left: amount.Total}),
		"cancelAmount 0":          cancel(ok, connector.Cancel{Ref: ref, Left: amount.Total, Amount: pay.Breakdown{Total: pay.Won(0)}}),
		`bank "999"`:              cancel(ok, connector.Cancel{Ref: ref, Left: amount.Total, Amount: amount, RefundTo: &connector.BankAccount{Bank: "999"}}),
	} {
		if err == nil || connector.KindOf(err) == connector.Unknown || !strings.Contains(err.Error(), say) {
			t.Errorf("error %v, want one that nothing was sent, with %q", err, say)
		}
	}
}
