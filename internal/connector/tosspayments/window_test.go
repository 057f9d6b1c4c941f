package tosspayments_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/connector/tosspayments"
	"naru/internal/pay"
)

func window() connector.Window {
	return connector.Window{
		Order: "imp_274810035512", Name: "핸드드립 세트", Amount: pay.Breakdown{Total: pay.Won(84000)}, Method: pay.MethodCard,
		SuccessURL: "https://pay.example/r/ok", FailureURL: "https://pay.example/r/no", Language: "ko",
	}
}

func payer(t *testing.T, s connector.Settings) connector.WindowPayer {
	t.Helper()
	w, err := connector.As[connector.WindowPayer](open(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func ptr[T any](v T) *T { return &v }

// TestWindowParameters holds the call of the browser SDK to "결제창 SDK(버전 1)".
func TestWindowParameters(t *testing.T) {
	t.Parallel()
	plain := map[string]any{
		"amount": 84000.0, "orderId": "imp_274810035512", "orderName": "핸드드립 세트", "successUrl": "https://pay.example/r/ok",
		"failUrl": "https://pay.example/r/no", "windowTarget": "iframe",
	}
	for _, c := range []struct {
		name   string
		change func(*connector.Window)
		want   map[string]any // what differs from plain; nil is absent
	}{
		{"nothing special", func(*connector.Window) {}, nil},
		{"everything common", func(w *connector.Window) {
			w.Mobile, w.Language, w.AppScheme = true, "en", "shop://"
			w.Buyer, w.Amount.TaxFree = pay.Buyer{Name: "김나루", Email: "naru@example.com"}, 4000
		}, map[string]any{
			"windowTarget": "self", "language": "EN", "appScheme": "shop://",
			"customerName": "김나루", "customerEmail": "naru@example.com", "taxFreeAmount": 4000.0,
		}},
		{"long texts are cut, a long address is left out", func(w *connector.Window) {
			w.Name, w.Buyer.Name, w.Buyer.Email = strings.Repeat("가", 101), strings.Repeat("나", 101), strings.Repeat("a", 101)
		}, map[string]any{"orderName": strings.Repeat("가", 100), "customerName": strings.Repeat("나", 100)}},
		{"one card company, directly", func(w *connector.Window) {
			w.Card = connector.CardOptions{Company: "366", Months: ptr(3), DiscountCode: "D1"}
		}, map[string]any{"cardCompany": "41", "flowMode": "DIRECT", "cardInstallmentPlan": 3.0, "discountCode": "D1"}},
		{"installments up to six", func(w *connector.Window) { w.Card.MaxMonths = ptr(6) }, map[string]any{"maxCardInstallmentPlan": 6.0}},
		{"lump sum only", func(w *connector.Window) { w.Card.MaxMonths = ptr(0) }, map[string]any{"maxCardInstallmentPlan": 0.0}},
		{"a fixed plan goes before a maximum", func(w *connector.Window) {
			w.Card.Months, w.Card.MaxMonths = ptr(2), ptr(6)
		}, map[string]any{"cardInstallmentPlan": 2.0}},
		{"exactly fifty thousand has installments", func(w *connector.Window) {
			w.Amount.Total, w.Card.MaxMonths = pay.Won(50000), ptr(12)
		}, map[string]any{"amount": 50000.0, "maxCardInstallmentPlan": 12.0}},
		{"below it they are dropped", func(w *connector.Window) {
			w.Amount.Total, w.Card.Months, w.Card.MaxMonths = pay.Won(49999), ptr(3), ptr(6)
		}, map[string]any{"amount": 49999.0}},
		{"points forced on", func(w *connector.Window) { w.Card.Points = ptr(true) }, map[string]any{"useCardPoint": true}},
		{"points forbidden", func(w *connector.Window) { w.Card.Points = ptr(false) }, map[string]any{"useCardPoint": false}},
		{"app cards only", func(w *connector.Window) { w.Card.AppCardOnly = true }, map[string]any{"useAppCardOnly": true}},
		{"what belongs to accounts means nothing to a card", func(w *connector.Window) {
			w.Escrow, w.Products, w.Due, w.NoticeURL = true, []connector.Product{{ID: "1"}}, settings("").Now().Add(time.Hour), "https://pay.example/n"
			w.Receipt, w.Buyer.Tel = connector.CashReceiptOptions{Type: pay.ReceiptPerson, Culture: true}, "010-0000-1234"
		}, nil},
		{"interest that the merchant pays", func(w *connector.Window) {
			w.Card.Free = []connector.FreePlan{{Company: "366", Months: []int{2, 3}}, {Company: "041", Months: []int{12}}}
		}, map[string]any{"freeInstallmentPlans": []any{
			map[string]any{"company": "41", "months": []any{2.0, 3.0}}, map[string]any{"company": "33", "months": []any{12.0}},
		}}},
		{"which below fifty thousand is none", func(w *connector.Window) {
			w.Amount.Total, w.Card.Free = pay.Won(49999), []connector.FreePlan{{Company: "366", Months: []int{2}}}
		}, map[string]any{"amount": 49999.0}},
		{"the app of one company", func(w *connector.Window) {
			w.Card = connector.CardOptions{Company: "374", AppCardOnly: true}
		}, map[string]any{"cardCompany": "21", "flowMode": "DIRECT", "useAppCardOnly": true}},
		{"foreign cards", func(w *connector.Window) { w.Card.International = true }, map[string]any{"useInternationalCardOnly": true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := window()
			c.change(&w)
			launch, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			want := maps.Clone(plain)
			maps.Copy(want, c.want)
			if diff := cmp.Diff([]any{"카드", want}, overTheWire(t, launch.Script.Args)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

// overTheWire is a value as the checkout page gets it.
func overTheWire(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLaunchLoadsTheScriptOfItsEndpoints(t *testing.T) {
	t.Parallel()
	sandbox := settings("http://127.0.0.1:8788/tosspayments")
	sandbox.Endpoints.Script = "http://127.0.0.1:8788/tosspayments/js/v1"
	live := settings("")
	live.Mode, live.Endpoints = pay.ModeLive, tosspayments.Driver().Production
	live.Credentials = map[string]pay.Secret{tosspayments.ClientKey: "live_ck_abcdefgh", tosspayments.SecretKey: "live_sk_abcdefgh"}
	for _, c := range []struct {
		s            connector.Settings
		src, key, of string
	}{
		{sandbox, "http://127.0.0.1:8788/tosspayments/js/v1", clientKey, "http://127.0.0.1:8788"},
		{live, "https://js.tosspayments.com/v1", "live_ck_abcdefgh", "https://*.tosspayments.com"},
	} {
		launch, err := payer(t, c.s).OpenWindow(t.Context(), window())
		if err != nil {
			t.Fatal(err)
		}
		got := *launch.Script
		got.Args = nil
		want := connector.Script{Src: c.src, Object: "TossPayments", Init: []any{c.key}, Call: "requestPayment", Origins: []string{c.of}}
		if diff := cmp.Diff(want, got); diff != "" || launch.Redirect != "" || launch.Ref.Order != "imp_274810035512" {
			t.Errorf("launch %+v (-want +got):\n%s", launch, diff)
		}
	}
}

func TestAWindowThatCannotBeOpenedSaysWhy(t *testing.T) {
	t.Parallel()
	for say, change := range map[string]func(*connector.Window){
		`method "point"`:               func(w *connector.Window) { w.Method = pay.MethodPoint },
		`orderId "주문-1"`:               func(w *connector.Window) { w.Order = "주문-1" },
		"orderName is empty":           func(w *connector.Window) { w.Name = "" },
		"amount 0 KRW":                 func(w *connector.Window) { w.Amount.Total = pay.Won(0) },
		"amount 10 USD":                func(w *connector.Window) { w.Amount.Total = pay.Money{Minor: 10, Currency: "USD"} },
		`successUrl "/ok"`:             func(w *connector.Window) { w.SuccessURL = "/ok" },
		`failUrl "shop://no"`:          func(w *connector.Window) { w.FailureURL = "shop://no" },
		`card company "999"`:           func(w *connector.Window) { w.Card.Company = "999" },
		"cardInstallmentPlan 1 must":   func(w *connector.Window) { w.Card.Months = ptr(1) },
		"maxCardInstallmentPlan 13 mu": func(w *connector.Window) { w.Card.MaxMonths = ptr(13) },
		"tax_free 84001 is":            func(w *connector.Window) { w.Amount.TaxFree = 84001 },
		`freeInstallmentPlans[1].company "999"`: func(w *connector.Window) {
			w.Card.Free = []connector.FreePlan{{Company: "366", Months: []int{2}}, {Company: "999", Months: []int{2}}}
		},
		"freeInstallmentPlans[0].months 13 must":  func(w *connector.Window) { w.Card.Free = []connector.FreePlan{{Company: "366", Months: []int{2, 13}}} },
		"freeInstallmentPlans[0].months is empty": func(w *connector.Window) { w.Card.Free = []connector.FreePlan{{Company: "366"}} },
		"useAppCardOnly is not":                   func(w *connector.Window) { w.Card.AppCardOnly, w.Card.International = true, true },
		`useAppCardOnly: card company "361"`:      func(w *connector.Window) { w.Card.AppCardOnly, w.Card.Company = true, "361" },
		"discountCode is possible":                func(w *connector.Window) { w.Card.DiscountCode = "D1" },
	} {
		w := window()
		change(&w)
		_, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), w)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), say) {
			t.Errorf("error %v, want a misconfiguration with %q", err, say)
		}
	}
}

func TestReadReturn(t *testing.T) {
	t.Parallel()
	ours := pay.Ref{Order: "imp_274810035512", Data: []byte("kept")}
	left := &connector.Decline{Code: connector.DeclineByCustomer, ProviderCode: "PAY_PROCESS_CANCELED", ProviderMessage: "사용자가 결제를 취소하였습니다"}
	for _, c := range []struct {
		name string
		in   connector.Return
		want connector.Returned
	}{
		{"success", connector.Return{Form: map[string][]string{
			"paymentKey": {"Lk3Vw9Qz"}, "orderId": {"imp_274810035512"}, "amount": {"84000"}, "paymentType": {"NORMAL"},
		}}, connector.Returned{Ref: pay.Ref{Order: "imp_274810035512", Key: "Lk3Vw9Qz", Data: []byte("kept")}, Amount: ptr(int64(84000))}},
		{"somebody else's order is for the gateway to notice", connector.Return{Form: map[string][]string{
			"paymentKey": {"Lk3Vw9Qz"}, "orderId": {"imp_999999999999"}, "amount": {"1"},
		}}, connector.Returned{Ref: pay.Ref{Order: "imp_999999999999", Key: "Lk3Vw9Qz", Data: []byte("kept")}, Amount: ptr(int64(1))}},
		{"the customer left the window", connector.Return{Failed: true, Form: map[string][]string{
			"code": {"PAY_PROCESS_CANCELED"}, "message": {"결제 취소"},
		}}, connector.Returned{Ref: ours, Decline: left}},
		{"the customer closed the layer", connector.Return{Failed: true, Form: map[string][]string{"code": {"USER_CANCEL"}}}, connector.Returned{Ref: ours, Decline: left}},
		{"refused by the card company", connector.Return{Failed: true, Form: map[string][]string{
			"code": {"REJECT_CARD_COMPANY"}, "message": {"거절 (4111 1111 1111 1111)"}, "orderId": {"imp_274810035512"},
		}}, connector.Returned{Ref: ours, Decline: &connector.Decline{
			Code: connector.DeclineCard, ProviderCode: "REJECT_CARD_COMPANY", ProviderMessage: "거절 (************1111)",
		}}},
		{"a code we do not know", connector.Return{Failed: true, Form: map[string][]string{"code": {"SOMETHING_NEW"}}},
			connector.Returned{Ref: ours, Decline: &connector.Decline{Code: connector.DeclineOther, ProviderCode: "SOMETHING_NEW"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.in.Ref = ours
			got, err := payer(t, settings("http://127.0.0.1:9")).ReadReturn(t.Context(), c.in)
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestAReturnThatCannotBeReadNamesTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failed bool
		query  string
		say    string
	}{
		{false, "", "paymentKey"},
		{false, "orderId=imp_274810035512&amount=1", "paymentKey"},
		{false, "paymentKey=" + strings.Repeat("k", 201) + "&orderId=imp_274810035512&amount=1", "paymentKey"},
		{false, "paymentKey=k&amount=1", "orderId"},
		{false, "paymentKey=k&orderId=<script>&amount=1", "orderId"},
		{false, "paymentKey=k&orderId=imp_274810035512", "amount"},
		{false, "paymentKey=k&orderId=imp_274810035512&amount=1.5", "amount"},
		{false, "paymentKey=k&orderId=imp_274810035512&amount=-1", "amount"},
		{false, "paymentKey=k&orderId=imp_274810035512&amount=99999999999999999999", "amount"},
		{true, "message=x", "code"},
		{true, "code=" + strings.Repeat("A", 101), "code"},
	} {
		r, err := http.NewRequest(http.MethodGet, "/?"+c.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = payer(t, settings("http://127.0.0.1:9")).ReadReturn(t.Context(), connector.Return{Failed: c.failed, Form: r.URL.Query()})
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%q: error %v, want it to name %s", c.query, err, c.say)
		}
	}
}
