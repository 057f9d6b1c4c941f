package tosspay_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/connector/tosspay"
	"naru/internal/pay"
)

func billingWindow() connector.BillingWindow {
	return connector.BillingWindow{
		Customer: "cust-3906", Name: "월간 멤버십", Amount: pay.Won(9900),
		SuccessURL: "https://pay.example/r/ok", FailureURL: "https://pay.example/r/no", NoticeURL: "https://pay.example/n",
	}
}

func windower(t *testing.T) connector.BillingWindower {
	t.Helper()
	return open(t, settings("http://127.0.0.1:9")).(connector.BillingWindower)
}

// What a good billing window sends is in testdata/wire/key_window*.txtar.
func TestABillingWindowThatCannotBeOpenedSaysWhy(t *testing.T) {
	t.Parallel()
	const long = "https://s.example/"
	for say, change := range map[string]func(*connector.BillingWindow){
		"userId must be 1 to 50":             func(w *connector.BillingWindow) { w.Customer = strings.Repeat("a", 51) },
		"userId must be":                     func(w *connector.BillingWindow) { w.Customer = "고객" },
		`returnSuccessUrl "/ok"`:             func(w *connector.BillingWindow) { w.SuccessURL = "/ok" },
		"returnSuccessUrl has 1501":          func(w *connector.BillingWindow) { w.SuccessURL = long + strings.Repeat("a", 1501-len(long)) },
		"returnFailureUrl has 1501":          func(w *connector.BillingWindow) { w.FailureURL = long + strings.Repeat("a", 1501-len(long)) },
		`resultCallback ""`:                  func(w *connector.BillingWindow) { w.NoticeURL = "" }, // the provider needs one
		"resultCallback has 501":             func(w *connector.BillingWindow) { w.NoticeURL = long + strings.Repeat("a", 501-len(long)) },
		"retAppScheme has 1501":              func(w *connector.BillingWindow) { w.AppScheme = strings.Repeat("a", 1501) },
		"encryptedUserCi has 256 characters": func(w *connector.BillingWindow) { w.UserCI = "MARKci" + strings.Repeat("a", 250) },
	} {
		w := billingWindow()
		change(&w)
		_, err := windower(t).OpenBillingWindow(t.Context(), w)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), say) || strings.Contains(err.Error(), "MARKci") {
			t.Errorf("error %v, want a misconfiguration with %q", err, say)
		}
	}
}

// TestWhatAWalletIsAskedFor: what the gateway goes by before a window is opened.
func TestWhatAWalletIsAskedFor(t *testing.T) {
	t.Parallel()
	d := tosspay.Driver()
	if d.BillingMethod != pay.MethodTossPay || !d.BillingRedirect || !d.Wallet || len(d.Cards) != 0 {
		t.Errorf("billing with %q, redirect %v, wallet %v, cards %v", d.BillingMethod, d.BillingRedirect, d.Wallet, d.Cards)
	}
	for customer, fits := range map[string]bool{
		"cust_-:.^@=8841": true, strings.Repeat("a", 50): true, strings.Repeat("a", 51): false, "": false, "고객": false, "a b": false, "a+b": false,
	} {
		if err := d.CheckCustomer(customer); (err == nil) != fits {
			t.Errorf("customer %q: %v", customer, err)
		}
	}
}

func TestReadBillingReturn(t *testing.T) {
	t.Parallel()
	left := &connector.Decline{Code: connector.DeclineByCustomer, ProviderCode: "PAY_CANCEL", ProviderMessage: "사용자가 결제를 취소하셨습니다"}
	failed := func(ours connector.DeclineCode, theirs string) *connector.Decline {
		return &connector.Decline{Code: ours, ProviderCode: theirs, ProviderMessage: "자동결제 등록에 실패했습니다"}
	}
	for what, c := range map[string]struct {
		failed bool
		query  string
		want   connector.BillingReturned
	}{
		"agreed": {false, "r=77&status=ACTIVE&userId=cust-3906&billingKey=Hn6Tq2Lw", connector.BillingReturned{Customer: "cust-3906"}},
		"somebody else's is for the gateway to notice": {false, "status=ACTIVE&userId=cust-9999", connector.BillingReturned{Customer: "cust-9999"}},
		"left": {true, "r=77&status=CANCEL&userId=cust-3906&billingKey=Hn6Tq2Lw&errorCode=BILLING_KEY_REGISTRATION_CANCELLED",
			connector.BillingReturned{Customer: "cust-3906", Decline: left}},
		"left, and nothing else is said":  {true, "status=CANCEL&userId=cust-3906", connector.BillingReturned{Customer: "cust-3906", Decline: left}},
		"left, and nothing is said":       {true, "r=77", connector.BillingReturned{Decline: left}},
		"failed, and why":                 {true, "status=FAIL&userId=cust-3906&errorCode=FRAUD_DETECTION_SYSTEM_ERROR", connector.BillingReturned{Customer: "cust-3906", Decline: failed(connector.DeclineFraud, "FRAUD_DETECTION_SYSTEM_ERROR")}},
		"failed, and nobody says why":     {true, "status=FAIL&userId=cust-3906", connector.BillingReturned{Customer: "cust-3906", Decline: failed(connector.DeclineOther, "FAIL")}},
		"failed for a reason nobody told": {true, "status=FAIL&userId=cust-3906&errorCode=SOMETHING_NEW", connector.BillingReturned{Customer: "cust-3906", Decline: failed(connector.DeclineOther, "SOMETHING_NEW")}},
	} {
		form, _ := url.ParseQuery(c.query)
		got, err := windower(t).ReadBillingReturn(t.Context(), connector.Return{Failed: c.failed, Form: form})
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" || got.Proof != "" {
			t.Errorf("%s: error %v, proof %v (-want +got):\n%s", what, err, got.Proof != "", diff)
		}
	}
}

func TestABillingReturnThatCannotBeReadNamesTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failed bool
		query  string
		say    string
	}{
		{false, "", "status"},
		{false, "status=CREATE&userId=cust-3906", "status"},
		{false, "status=ACTIVE", "userId"},
		{false, "status=ACTIVE&userId=a%20b", "userId"},
		{true, "status=ACTIVE&userId=cust-3906", "status"},
		{true, "status=CANCEL&userId=%EA%B3%A0", "userId"},
	} {
		form, _ := url.ParseQuery(c.query)
		_, err := windower(t).ReadBillingReturn(t.Context(), connector.Return{Failed: c.failed, Form: form})
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("failed %v, %q: error %v, want it to name %s", c.failed, c.query, err, c.say)
		}
	}
}

func TestAKeyOfAWindowThatCannotBeAskedForIsNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		customer string
		proof    pay.Secret
		say      string
	}{
		{"고객", "Hn6Tq2Lw", "userId must be"},
		{"cust-3906", "", "billing key is empty"},
		{"cust-3906", pay.Secret(strings.Repeat("a", 51)), "billing key has 51"},
	} {
		_, err := windower(t).IssueFromWindow(t.Context(), connector.Call{Key: "key_1"}, c.customer, c.proof)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), c.say) {
			t.Errorf("error %v, want a misconfiguration with %q", err, c.say)
		}
	}
}
