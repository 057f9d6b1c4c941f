package tosspayments_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"naru/internal/connector"
	"naru/internal/pay"
)

// answering is a provider that always says the same.
type answering struct {
	status int
	body   []byte
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Body: io.NopCloser(bytes.NewReader(a.body)), Header: http.Header{}}, nil
}

// FuzzAnswers: whatever a provider says, a call ends in an outcome that is
// consistent with itself or in an error of a kind.
func FuzzAnswers(f *testing.F) {
	files, err := filepath.Glob("testdata/wire/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range txtar.Parse(data).Files {
			if status, body, ok := strings.Cut(string(section.Data), "\n\n"); ok && strings.HasPrefix(section.Name, "answer") {
				f.Add(status == "200", []byte(body))
			}
		}
	}
	ref := pay.Ref{Order: "imp_274810035512", Key: "Lk3Vw9QzTn5RbY7mXc2HdPs8JfGa4eUo1iWtBq6ZxNvMrKyC"}
	f.Fuzz(func(t *testing.T, ok bool, body []byte) {
		s := settings("http://127.0.0.1:9")
		s.HTTP = &http.Client{Transport: answering{map[bool]int{true: 200, false: 400}[ok], body}}
		c := open(t, s)
		snap, err := c.Query(t.Context(), ref)
		checkSnapshot(t, snap, err)
		amount := pay.Breakdown{Total: pay.Won(84000)}
		out, err := c.(connector.Confirmer).Confirm(t.Context(), connector.Call{Key: "a"}, ref, amount)
		checkOutcome(t, out, err)
		if err == nil && out.Verdict == connector.Approved && out.Snapshot.Amount != amount.Total {
			t.Errorf("another amount was taken for approval: %+v", out.Snapshot)
		}
		out, err = c.(connector.Canceler).Cancel(t.Context(), connector.Call{Key: "a"}, connector.Cancel{Ref: ref, Method: pay.MethodVbank, Amount: amount, Left: amount.Total})
		checkOutcome(t, out, err)
		checkServerCalls(t, c, ref.Order, amount)
	})
}

// checkServerCalls makes the calls without a window.
func checkServerCalls(t *testing.T, c connector.Connector, order string, amount pay.Breakdown) {
	t.Helper()
	ctx, call := t.Context(), connector.Call{Key: "a"}
	charge := connector.Charge{Order: order, Name: "n", Amount: amount, Customer: "cus_9f0c2b7e-51d4-4c33-8a1e"}
	charged, err := c.(connector.BillingCharger).ChargeBillingKey(ctx, call, "bk_1", charge)
	checkOutcome(t, charged, err)
	keyed, err := c.(connector.KeyIn).ChargeCard(ctx, call, connector.Card{Number: "9410001234567890"}, charge)
	checkOutcome(t, keyed, err)
	for _, out := range []connector.Outcome{charged, keyed} {
		if out.Verdict == connector.Approved && (out.Made == "" || out.Snapshot.Amount != amount.Total || len(out.Snapshot.Movements) == 0) {
			t.Errorf("approved without its money: %+v", out)
		}
	}
	issued, err := c.(connector.AccountIssuer).IssueAccount(ctx, call, connector.AccountSpec{Order: order, Name: "n", Amount: amount, Bank: "004", Buyer: pay.Buyer{Name: "n"}})
	checkOutcome(t, issued, err)
	if issued.Made != "" || issued.Verdict == connector.Approved && issued.Snapshot.Amount != amount.Total {
		t.Errorf("account %+v", issued)
	}
	revoked, err := c.(connector.BillingRevoker).RevokeBillingKey(ctx, call, "bk_1")
	checkOutcome(t, revoked, err)
	key, err := c.(connector.BillingByCard).IssueBillingKey(ctx, call, charge.Customer, connector.Card{})
	if approved := err == nil && key.Verdict == connector.Approved; approved != (key.Key.Key != "") || err == nil && (key.Verdict == connector.Declined) != (key.Decline != nil) {
		t.Errorf("billing key %+v, %v", key, err)
	}
	key, err = c.(connector.BillingWindower).IssueFromWindow(ctx, call, charge.Customer, "Bz7Yq2Lm9Kd4")
	if approved := err == nil && key.Verdict == connector.Approved; approved != (key.Key.Key != "") || err == nil && (key.Verdict == connector.Declined) != (key.Decline != nil) {
		t.Errorf("billing key of a window %+v, %v", key, err)
	}
	receipt, err := c.(connector.ReceiptIssuer).IssueReceipt(ctx, call, connector.ReceiptSpec{Order: order, Name: "n", Amount: amount, Type: pay.ReceiptPerson, Identifier: "01000001234"})
	if err == nil && ((receipt.Verdict == connector.Declined) != (receipt.Decline != nil) || receipt.Verdict == connector.Approved && (receipt.Key == "" || receipt.At.IsZero())) {
		t.Errorf("receipt %+v", receipt)
	}
}

func checkSnapshot(t *testing.T, snap connector.Snapshot, err error) {
	t.Helper()
	var e *connector.Error
	if err != nil {
		if !errors.As(err, &e) && !errors.Is(err, connector.ErrNotFound) {
			t.Errorf("foreign error %v", err)
		}
		return
	}
	if moved := len(snap.Movements) > 0; moved != (snap.Stage == connector.StagePaid || snap.Stage == connector.StageCancelled) {
		t.Errorf("stage %d with movements %+v", snap.Stage, snap.Movements)
	}
	for _, m := range snap.Movements {
		if m.Key == "" || m.Amount < 0 || m.At.IsZero() {
			t.Errorf("movement %+v", m)
		}
	}
}

func checkOutcome(t *testing.T, out connector.Outcome, err error) {
	t.Helper()
	if err != nil {
		checkSnapshot(t, connector.Snapshot{}, err)
		return
	}
	if (out.Verdict == connector.Declined) != (out.Decline != nil) {
		t.Errorf("verdict %d with decline %+v", out.Verdict, out.Decline)
	}
	if out.Snapshot != nil {
		checkSnapshot(t, *out.Snapshot, nil)
	}
}

func FuzzReadReturn(f *testing.F) {
	f.Add(false, "paymentKey=Lk3Vw9Qz&orderId=imp_274810035512&amount=84000")
	f.Add(true, "code=PAY_PROCESS_CANCELED&message=%EA%B2%B0%EC%A0%9C")
	f.Add(true, "code=REJECT_CARD_COMPANY&message=x&orderId=imp_274810035512")
	f.Fuzz(func(t *testing.T, failed bool, query string) {
		form, _ := url.ParseQuery(query)
		out, err := open(t, settings("http://127.0.0.1:9")).(connector.WindowPayer).ReadReturn(t.Context(), connector.Return{Failed: failed, Form: form})
		switch {
		case err != nil:
		case failed && (out.Decline == nil || out.Amount != nil):
			t.Errorf("failure read as %+v", out)
		case !failed && (out.Decline != nil || out.Amount == nil || *out.Amount <= 0 || out.Ref.Key == "" || out.Ref.Order == ""):
			t.Errorf("success read as %+v", out)
		}
	})
}

func FuzzReadBillingReturn(f *testing.F) {
	f.Add(false, "customerKey=cus_9f0c2b7e&authKey=Bz7Yq2Lm9Kd4")
	f.Add(true, "code=PAY_PROCESS_CANCELED&message=%EA%B2%B0%EC%A0%9C")
	f.Add(true, "code=REJECT_CARD_COMPANY&customerKey=cus_9f0c2b7e")
	f.Fuzz(func(t *testing.T, failed bool, query string) {
		form, _ := url.ParseQuery(query)
		out, err := windower(t).ReadBillingReturn(t.Context(), connector.Return{Failed: failed, Form: form})
		switch {
		case err != nil && (out.Customer != "" || out.Proof != "" || out.Decline != nil):
			t.Errorf("error %v with %+v", err, out)
		case err == nil && (failed != (out.Decline != nil) || failed != (out.Proof == "") || failed != (out.Customer == "")):
			t.Errorf("failed %v was read as %+v", failed, out)
		}
	})
}

// FuzzWindows: whatever is asked for, a window opens with parameters that are
// JSON or is misconfigured.
func FuzzWindows(f *testing.F) {
	f.Add("vbank", "naru", "010-0000-1234", "person", "366", int64(84000), 3, true)
	f.Add("kakaopay", "", "", "", "", int64(1), 0, false)
	f.Add("card", "\xff", "+82", "none", "041", int64(50000), 12, true)
	f.Fuzz(func(t *testing.T, method, name, tel, receipt, company string, amount int64, months int, on bool) {
		w := window()
		w.Method, w.Buyer, w.Amount = pay.Method(method), pay.Buyer{Name: name, Tel: tel}, pay.Breakdown{Total: pay.Won(amount)}
		w.Receipt, w.Escrow, w.Card.Company, w.Card.Months = connector.CashReceiptOptions{Type: pay.ReceiptType(receipt), Culture: on}, on, company, &months
		launch, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), w)
		if err != nil {
			if connector.KindOf(err) != connector.Misconfigured || launch.Script != nil {
				t.Errorf("%v with %+v", err, launch)
			}
			return
		}
		params := overTheWire(t, launch.Script.Args).([]any)[1].(map[string]any)
		_, fixed := params["cardInstallmentPlan"]
		if params["amount"] != float64(amount) && amount < 1<<53 || fixed && amount < 50000 || params["cashReceipt"] != nil && method != "trans" && method != "vbank" {
			t.Errorf("%s of %d: %v", method, amount, params)
		}
	})
}

func FuzzReadWebhook(f *testing.F) {
	f.Add([]byte(`{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"1","data":{"paymentKey":"k","status":"DONE","orderId":"imp_274810035512"}}`))
	f.Add([]byte(`{"createdAt":"1","secret":"ps_1","status":"DONE","transactionKey":"E07C","orderId":"imp_274810035512"}`))
	f.Add([]byte(`{"eventType":"BILLING_DELETED","data":{}}`))
	f.Add([]byte(`{"secret":{},"status":"DONE","orderId":"imp_274810035512"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := open(t, settings("http://127.0.0.1:9")).(connector.WebhookReader).ReadWebhook(t.Context(), http.Header{}, body)
		if err == nil && (n.Key == "" || len(n.Key) > 400 || n.Kind == "" || n.Proven || len(n.Ref.Key) > 200) {
			t.Errorf("notice %+v", n)
		}
	})
}
