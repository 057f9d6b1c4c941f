package tosspay_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/connector/tosspay"
	"naru/internal/pay"
)

const complete = `{"code":0,"mode":"TEST","payToken":"k","orderNo":"imp_274810035512","payStatus":"PAY_COMPLETE","payMethod":"CARD","amount":1000,
	"card":{"cardCompanyCode":3,"cardNumber":"5310701234561187","cardMethodType":"CHECK"},
	"transactions":[{"stepType":"PAY","transactionId":"t1","transactionAmount":1000,"regTs":"2026-11-20 14:03:40"}]}`

// says is a connector in a mode whose provider always answers with body, and its log.
func says(t *testing.T, mode pay.Mode, body string) (connector.Connector, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s := settings("https://pay.invalid")
	s.Mode, s.Credentials = mode, map[string]pay.Secret{tosspay.APIKey: pay.Secret("sk_" + string(mode) + "_abcdefgh")}
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	s.HTTP = &http.Client{Transport: answering{200, []byte(body)}}
	return open(t, s), &log
}

// TestTestMoneyOnALiveChannel: somebody opened a shop with the wrong key and
// gives goods away. The facts stay as they are, and it is said aloud.
func TestTestMoneyOnALiveChannel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode pay.Mode
		word string
		test bool
		loud bool
	}{
		{pay.ModeLive, "TEST", true, true},
		{pay.ModeLive, "LIVE", false, false},
		{pay.ModeTest, "TEST", true, false},
		{pay.ModeSandbox, "TEST", true, false},
		{pay.ModeLive, "OTHER", false, true},
		{pay.ModeTest, "OTHER", true, false},
	} {
		conn, log := says(t, c.mode, strings.Replace(complete, `"TEST"`, `"`+c.word+`"`, 1))
		snap, err := conn.Query(t.Context(), pay.Ref{Order: "imp_274810035512"})
		if err != nil || snap.Stage != connector.StagePaid || snap.Test != c.test {
			t.Errorf("%s channel, %s: %+v, %v", c.mode, c.word, snap, err)
		}
		if loud := strings.Contains(log.String(), "level=ERROR"); loud != c.loud {
			t.Errorf("%s channel, %s: log %s", c.mode, c.word, log)
		}
	}
}

func TestAWholeCardNumberIsNeverKept(t *testing.T) {
	t.Parallel()
	conn, _ := says(t, pay.ModeTest, complete)
	snap, err := conn.Query(t.Context(), pay.Ref{Order: "imp_274810035512"})
	if err != nil || snap.Details.Card.Number != "531070******1187" || snap.Details.Card.Type != "debit" {
		t.Errorf("card %+v, %v", snap.Details.Card, err)
	}
}

func TestWhatNobodyKnowsIsLogged(t *testing.T) {
	t.Parallel()
	conn, log := says(t, pay.ModeTest, strings.NewReplacer(`"payMethod":"CARD"`, `"payMethod":"BNPL"`, `}]}`, `},{"stepType":"FEE","transactionId":"t2","transactionAmount":5}]}`).Replace(complete))
	snap, err := conn.Query(t.Context(), pay.Ref{Order: "imp_274810035512"})
	if err != nil || snap.Method != pay.MethodPoint || len(snap.Movements) != 1 {
		t.Fatalf("snapshot %+v, %v", snap, err)
	}
	for _, word := range []string{"BNPL", "FEE"} {
		if !strings.Contains(log.String(), word) {
			t.Errorf("%s is not in the log: %s", word, log)
		}
	}
}

func TestACompletePaymentWithoutItsTransactionIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, rows := range []string{`[]`, `null`, `[{"stepType":"REFUND","transactionId":"t2","transactionAmount":-1}]`, `[{"stepType":"PAY","transactionAmount":1000}]`, `[{"stepType":"PAY","transactionId":"t1"}]`} {
		from, _, _ := strings.Cut(complete, `"transactions":`)
		conn, _ := says(t, pay.ModeTest, from+`"transactions":`+rows+`}`)
		if snap, err := conn.Query(t.Context(), pay.Ref{Order: "imp_274810035512"}); err == nil || connector.KindOf(err) != connector.Unknown {
			t.Errorf("%s: %+v, %v, want an unknown outcome", rows, snap, err)
		}
	}
}
