package tosspay_test

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
	ref := pay.Ref{Order: "imp_274810035512", Key: "Vk8Rn3WqT5yLb0ZsXc7HdM"}
	f.Fuzz(func(t *testing.T, ok bool, body []byte) {
		s := settings("http://127.0.0.1:9")
		s.HTTP = &http.Client{Transport: answering{map[bool]int{true: 200, false: 500}[ok], body}}
		c := open(t, s)
		snap, err := c.Query(t.Context(), ref)
		checkSnapshot(t, snap, err)
		if err == nil && len(snap.Movements) > 0 != (snap.Stage == connector.StagePaid || snap.Stage == connector.StageCancelled) {
			t.Errorf("stage %d with movements %+v", snap.Stage, snap.Movements)
		}
		amount := pay.Breakdown{Total: pay.Won(84000)}
		out, err := c.(connector.Confirmer).Confirm(t.Context(), connector.Call{Key: "a"}, ref, amount)
		checkOutcome(t, out, err)
		if err == nil && out.Verdict == connector.Approved && out.Snapshot.Amount != amount.Total {
			t.Errorf("another amount was taken for approval: %+v", out.Snapshot)
		}
		out, err = c.(connector.Canceler).Cancel(t.Context(), connector.Call{Key: "a"}, connector.Cancel{Ref: ref, Amount: amount, Paid: amount, Left: amount.Total})
		checkOutcome(t, out, err)
		out, err = c.(connector.BillingCharger).ChargeBillingKey(t.Context(), connector.Call{Key: "a"}, "Hn6Tq2Lw", connector.Charge{Order: ref.Order, Name: "구독", Amount: amount})
		checkOutcome(t, out, err)
		if err == nil && out.Verdict == connector.Approved && out.Snapshot.Amount != amount.Total {
			t.Errorf("another amount was taken for a charge: %+v", out.Snapshot)
		}
		key, err := c.(connector.BillingReader).ReadBillingKey(t.Context(), "cust-3906")
		checkSnapshot(t, connector.Snapshot{}, err)
		if key.State == connector.KeyActive && (key.Key == "" || key.Card != nil && key.Method != pay.MethodCard) {
			t.Errorf("billing key %+v of method %s", key, key.Method)
		}
		checkBillingWindow(t, c)
	})
}

// checkBillingWindow opens a billing window and asks for its key.
func checkBillingWindow(t *testing.T, c connector.Connector) {
	t.Helper()
	launch, err := c.(connector.BillingWindower).OpenBillingWindow(t.Context(), billingWindow())
	checkSnapshot(t, connector.Snapshot{}, err)
	if opened := err == nil; opened != (launch.Redirect != "") || opened != (launch.Proof != "") {
		t.Errorf("error %v with launch %+v", err, launch)
	}
	out, err := c.(connector.BillingWindower).IssueFromWindow(t.Context(), connector.Call{Key: "a"}, "cust-3906", "Hn6Tq2LwXr9BcJ4vYe7MsD")
	checkSnapshot(t, connector.Snapshot{}, err)
	approved := err == nil && out.Verdict == connector.Approved
	if approved != (out.Key.Key == "Hn6Tq2LwXr9BcJ4vYe7MsD") || (out.Verdict == connector.Declined) != (out.Decline != nil) {
		t.Errorf("key of a window %+v, %v", out, err)
	}
}

func checkSnapshot(t *testing.T, snap connector.Snapshot, err error) {
	t.Helper()
	var e *connector.Error
	if err != nil && !errors.As(err, &e) && !errors.Is(err, connector.ErrNotFound) {
		t.Errorf("foreign error %v", err)
	}
	for _, m := range snap.Movements {
		if m.Key == "" || m.Amount < 0 || m.At.IsZero() {
			t.Errorf("movement %+v", m)
		}
	}
}

func checkOutcome(t *testing.T, out connector.Outcome, err error) {
	t.Helper()
	checkSnapshot(t, connector.Snapshot{}, err)
	if err != nil {
		return
	}
	if (out.Verdict == connector.Declined) != (out.Decline != nil) || (out.Verdict == connector.Approved) != (out.Made != "") {
		t.Errorf("outcome %+v", out)
	}
	if out.Snapshot != nil {
		checkSnapshot(t, *out.Snapshot, nil)
	}
}

func FuzzReadReturn(f *testing.F) {
	f.Add(false, "status=PAY_APPROVED&orderNo=imp_274810035512&payMethod=CARD&cardCompany=3")
	f.Add(true, "")
	f.Fuzz(func(t *testing.T, failed bool, query string) {
		form, _ := url.ParseQuery(query)
		out, err := open(t, settings("http://127.0.0.1:9")).(connector.WindowPayer).ReadReturn(t.Context(), connector.Return{Failed: failed, Form: form})
		if err == nil && (failed != (out.Decline != nil) || out.Amount != nil || !failed && (out.Ref.Order == "" || len(out.Ref.Order) > 50)) {
			t.Errorf("read as %+v", out)
		}
	})
}

func FuzzReadBillingReturn(f *testing.F) {
	f.Add(false, "status=ACTIVE&userId=cust-3906&billingKey=Hn6Tq2Lw")
	f.Add(true, "status=CANCEL&userId=cust-3906&errorCode=BILLING_KEY_REGISTRATION_CANCELLED")
	f.Add(true, "errorCode=%ff")
	f.Fuzz(func(t *testing.T, failed bool, query string) {
		form, _ := url.ParseQuery(query)
		out, err := windower(t).ReadBillingReturn(t.Context(), connector.Return{Failed: failed, Form: form})
		if err == nil && (failed != (out.Decline != nil) || !failed && out.Customer == "" || len(out.Customer) > 50 || out.Proof != "") {
			t.Errorf("read as %+v", out)
		}
		if d := out.Decline; d != nil && (d.Code == "" || d.ProviderCode == "" || d.ProviderMessage == "") {
			t.Errorf("decline %+v", d)
		}
	})
}

func FuzzReadWebhook(f *testing.F) {
	f.Add([]byte(`{"status":"PAY_COMPLETE","payToken":"Vk8Rn3Wq","orderNo":"imp_274810035512","transactionId":"3e1b"}`))
	f.Add([]byte(`{"action":"ACTIVATED","processedTs":"2026-11-20 14:03:15","userId":"cust-3906","billingKey":"Hn6Tq2LwXr9B"}`))
	f.Add([]byte("status=PAY_SUCCESS&payToken=Vk8Rn3Wq&orderNo=imp_274810035512&transactionId=3e1b"))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := open(t, settings("http://127.0.0.1:9")).(connector.WebhookReader).ReadWebhook(t.Context(), http.Header{}, body)
		aboutPayment := n.Ref.Order != "" && n.Ref.Key != ""
		if err == nil && (n.Key == "" || len(n.Key) > 400 || n.Kind == "" || n.Proven || aboutPayment == (n.Customer != "")) {
			t.Errorf("notice %+v", n)
		}
	})
}
