package tosspayments_test

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/connector/tosspayments"
	"naru/internal/pay"
)

func billingWindow() connector.BillingWindow {
	return connector.BillingWindow{
		Customer: "cus_9f0c2b7e-51d4-4c33-8a1e", Name: "월간 멤버십", Amount: pay.Won(9900),
		SuccessURL: "https://pay.example/r/ok", FailureURL: "https://pay.example/r/no", NoticeURL: "https://pay.example/n", Language: "ko",
	}
}

// windower is a connector that must not be asked to send anything.
func windower(t *testing.T) connector.BillingWindower {
	t.Helper()
	return open(t, settings("http://127.0.0.1:9")).(connector.BillingWindower)
}

// TestBillingWindowParameters holds the call of the browser SDK to "결제창 SDK(버전
// 1)", requestBillingAuth, which is told no amount.
func TestBillingWindowParameters(t *testing.T) {
	t.Parallel()
	plain := map[string]any{
		"customerKey": "cus_9f0c2b7e-51d4-4c33-8a1e", "successUrl": "https://pay.example/r/ok", "failUrl": "https://pay.example/r/no", "windowTarget": "iframe",
	}
	for what, c := range map[string]struct {
		change func(*connector.BillingWindow)
		want   map[string]any
	}{
		"nothing special": {func(*connector.BillingWindow) {}, nil},
		"everything": {func(w *connector.BillingWindow) {
			w.Mobile, w.Language, w.AppScheme, w.UserCI = true, "en", "shop://back", "Qk9ndXND"
			w.Buyer = pay.Buyer{Name: "김나루", Email: "naru@example.com", Tel: "010-0000-1234"}
		}, map[string]any{"windowTarget": "self", "customerName": "김나루", "customerEmail": "naru@example.com"}},
		"the shortest and every sign": {func(w *connector.BillingWindow) { w.Customer = "a@" }, map[string]any{"customerKey": "a@"}},
		"the longest": {func(w *connector.BillingWindow) { w.Customer = strings.Repeat("a=", 150) },
			map[string]any{"customerKey": strings.Repeat("a=", 150)}},
	} {
		w := billingWindow()
		c.change(&w)
		launch, err := windower(t).OpenBillingWindow(t.Context(), w)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		want := maps.Clone(plain)
		maps.Copy(want, c.want)
		if diff := cmp.Diff([]any{"카드", want}, overTheWire(t, launch.Script.Args)); diff != "" {
			t.Errorf("%s: arguments (-want +got):\n%s", what, diff)
		}
		script := *launch.Script
		script.Args = nil
		if diff := cmp.Diff(connector.Script{
			Src: "http://127.0.0.1:9/v1", Object: "TossPayments", Init: []any{clientKey}, Call: "requestBillingAuth", Origins: []string{"http://127.0.0.1:9"},
		}, script); diff != "" || launch.Proof != "" || launch.Redirect != "" {
			t.Errorf("%s: launch %+v (-want +got):\n%s", what, launch, diff)
		}
	}
}

func TestABillingWindowThatCannotBeOpenedSaysWhy(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change func(*connector.BillingWindow)
		say    string
	}{
		"no customer":         {func(w *connector.BillingWindow) { w.Customer = "" }, "customerKey must be 2 to 300"},
		"too short":           {func(w *connector.BillingWindow) { w.Customer = "a" }, "customerKey must be"},
		"too long":            {func(w *connector.BillingWindow) { w.Customer = strings.Repeat("a", 301) }, "customerKey must be"},
		"Korean":              {func(w *connector.BillingWindow) { w.Customer = "고객-1" }, "customerKey must be"},
		"nowhere to come to":  {func(w *connector.BillingWindow) { w.SuccessURL = "/ok" }, `successUrl "/ok"`},
		"an app to come to":   {func(w *connector.BillingWindow) { w.FailureURL = "shop://no" }, `failUrl "shop://no"`},
		"a line break at end": {func(w *connector.BillingWindow) { w.Customer = "cus_1\n" }, "customerKey must be"},
	} {
		w := billingWindow()
		c.change(&w)
		_, err := windower(t).OpenBillingWindow(t.Context(), w)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: error %v, want a misconfiguration with %q", what, err, c.say)
		}
	}
	d := tosspayments.Driver()
	for customer, fits := range map[string]bool{"cus_9f0c@shop.example=1": true, "고객": false, "a": false, "a b": false} {
		if err := d.CheckCustomer(customer); (err == nil) != fits || err != nil && strings.Contains(err.Error(), customer+`"`) {
			t.Errorf("customer %q: %v", customer, err)
		}
	}
	if d.BillingMethod != pay.MethodCard {
		t.Errorf("a billing key is asked for with %q", d.BillingMethod)
	}
}

func TestReadBillingReturn(t *testing.T) {
	t.Parallel()
	left := &connector.Decline{Code: connector.DeclineByCustomer, ProviderCode: "PAY_PROCESS_CANCELED", ProviderMessage: "사용자가 결제를 취소하였습니다"}
	for what, c := range map[string]struct {
		failed bool
		query  string
		want   connector.BillingReturned
	}{
		"agreed": {false, "customerKey=cus_9f0c&authKey=Bz7Yq2Lm9Kd4", connector.BillingReturned{Customer: "cus_9f0c", Proof: "Bz7Yq2Lm9Kd4"}},
		"somebody else's is for the gateway to notice": {false, "customerKey=cus_other&authKey=x%2By%3D",
			connector.BillingReturned{Customer: "cus_other", Proof: "x+y="}},
		"left":             {true, "code=PAY_PROCESS_CANCELED&message=x", connector.BillingReturned{Decline: left}},
		"closed the layer": {true, "code=USER_CANCEL", connector.BillingReturned{Decline: left}},
		"refused": {true, "code=REJECT_CARD_COMPANY&message=%EA%B1%B0%EC%A0%88", connector.BillingReturned{Decline: &connector.Decline{
			Code: connector.DeclineCard, ProviderCode: "REJECT_CARD_COMPANY", ProviderMessage: "거절",
		}}},
		"nobody knows": {true, "code=SOMETHING_NEW", connector.BillingReturned{Decline: &connector.Decline{Code: connector.DeclineOther, ProviderCode: "SOMETHING_NEW"}}},
	} {
		form, _ := url.ParseQuery(c.query)
		got, err := windower(t).ReadBillingReturn(t.Context(), connector.Return{Failed: c.failed, Form: form})
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got):\n%s", what, err, diff)
		}
		if got.Proof.Reveal() != c.want.Proof.Reveal() {
			t.Errorf("%s: another proof", what)
		}
	}
}

func TestABillingReturnThatCannotBeReadNamesTheField(t *testing.T) {
	t.Parallel()
	const mark = "MARKauthKEY"
	for _, c := range []struct {
		failed bool
		query  string
		say    string
	}{
		{false, "", "customerKey"},
		{false, "authKey=" + mark, "customerKey"},
		{false, "customerKey=a%20b&authKey=" + mark, "customerKey"},
		{false, "customerKey=cus_1", "authKey"},
		{false, "customerKey=cus_1&authKey=" + mark + "%20b", "authKey"},
		{false, "customerKey=cus_1&authKey=" + mark + strings.Repeat("a", 300), "authKey"},
		{true, "message=x", "code"},
		{true, "code=" + strings.Repeat("A", 101), "code"},
	} {
		form, _ := url.ParseQuery(c.query)
		_, err := windower(t).ReadBillingReturn(t.Context(), connector.Return{Failed: c.failed, Form: form})
		if err == nil || !strings.Contains(err.Error(), c.say) || strings.Contains(err.Error(), mark) {
			t.Errorf("%q: error %v, want it to name %s", c.query, err, c.say)
		}
	}
}

func TestAKeyOfAWindowThatCannotBeAskedForIsNot(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		customer string
		proof    pay.Secret
		kind     connector.Kind
		say      string
	}{
		"nobody":          {"", "Bz7Yq2Lm9Kd4", connector.Misconfigured, "customerKey has 0"},
		"nothing to show": {"cus_9f0c", "", connector.NotSent, "authKey is not known"},
		"too much":        {"cus_9f0c", pay.Secret(strings.Repeat("a", 301)), connector.Misconfigured, "authKey must be 1 to 300"},
		"two lines":       {"cus_9f0c", "a\nb", connector.Misconfigured, "authKey must be"},
	} {
		c2, a := asking(t)
		_, err := c2.(connector.BillingWindower).IssueFromWindow(t.Context(), connector.Call{Key: "key_1"}, c.customer, c.proof)
		if connector.KindOf(err) != c.kind || err == nil || !strings.Contains(err.Error(), c.say) || a.request != nil {
			t.Errorf("%s: %v, want %s with %q and nothing sent", what, err, c.kind, c.say)
		}
	}
	conn, a := asking(t)
	if _, err := conn.(connector.BillingWindower).IssueFromWindow(t.Context(), connector.Call{}, "cus_9f0c", "Bz7Yq2Lm9Kd4"); connector.KindOf(err) != connector.NotSent || a.request != nil {
		t.Errorf("without an idempotency key: %v", err)
	}
}
