package tosspayments_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/pay"
)

// everything is a window of a method with every option there is.
func everything(m pay.Method) connector.Window {
	w := window()
	w.Method, w.Buyer, w.NoticeURL = m, pay.Buyer{Name: "김나루", Email: "naru@example.com", Tel: "010-0000-1234"}, "https://pay.example/n"
	w.Escrow, w.Products = true, []connector.Product{{ID: "sku-1", Name: "원두", Code: "B1", UnitPrice: 42000, Quantity: 2}, {Name: "필터"}}
	w.Due = time.Date(2026, 11, 22, 14, 59, 59, 0, time.UTC) // Korean midnight is the next day
	w.Receipt = connector.CashReceiptOptions{Type: pay.ReceiptCompany, Culture: true, Issue: ptr(true), Category: "CULTURE"}
	w.Card = connector.CardOptions{
		Company: "366", MaxMonths: ptr(6), AppCardOnly: true, Points: ptr(true), International: true, DiscountCode: "D1", NoInstallment: true,
		Free: []connector.FreePlan{{Company: "366", Months: []int{2}}},
	}
	w.Amount.TaxFree, w.Language, w.AppScheme = 4000, "en", "shop://back"
	return w
}

// TestEveryMethodIsAskedForInItsOwnWords holds the call of the browser SDK to
// "결제창 SDK(버전 1)": what belongs to a method is passed on, and nothing else is.
func TestEveryMethodIsAskedForInItsOwnWords(t *testing.T) {
	t.Parallel()
	common := map[string]any{
		"amount": 84000.0, "orderId": "imp_274810035512", "orderName": "핸드드립 세트", "successUrl": "https://pay.example/r/ok",
		"failUrl": "https://pay.example/r/no", "windowTarget": "iframe", "customerName": "김나루", "customerEmail": "naru@example.com",
		"taxFreeAmount": 4000.0, "appScheme": "shop://back",
	}
	transfer := map[string]any{
		"useEscrow": true, "cashReceipt": map[string]any{"type": "지출증빙"}, "cultureExpense": true, "customerMobilePhone": "01000001234",
		"escrowProducts": []any{
			map[string]any{"id": "sku-1", "name": "원두", "code": "B1", "unitPrice": 42000.0, "quantity": 2.0}, map[string]any{"id": "line-2", "name": "필터", "code": "line-2", "unitPrice": 0.0, "quantity": 1.0},
		},
	}
	account := maps.Clone(transfer)
	account["dueDate"], account["virtualAccountCallbackUrl"] = "2026-11-22T23:59:59", "https://pay.example/n"
	wallet := func(code string) map[string]any {
		return map[string]any{"flowMode": "DIRECT", "easyPay": code, "maxCardInstallmentPlan": 6.0, "language": "EN"}
	}
	for method, c := range map[pay.Method]struct {
		call string
		own  map[string]any
	}{
		pay.MethodTrans:        {"계좌이체", transfer},
		pay.MethodVbank:        {"가상계좌", account},
		pay.MethodPhone:        {"휴대폰", nil},
		pay.MethodCultureland:  {"문화상품권", nil},
		pay.MethodBooknlife:    {"도서문화상품권", nil},
		pay.MethodSmartculture: {"게임문화상품권", nil},
		pay.MethodKakaoPay:     {"카드", wallet("KAKAOPAY")},
		pay.MethodNaverPay:     {"카드", wallet("NAVERPAY")},
		pay.MethodLPay:         {"카드", wallet("LPAY")},
		pay.MethodSamsungPay:   {"카드", wallet("SAMSUNGPAY")},
		pay.MethodSamsung:      {"카드", wallet("SAMSUNGPAY")},
		pay.MethodSSGPay:       {"카드", wallet("SSG")},
		pay.MethodApplePay:     {"카드", wallet("APPLEPAY")},
		pay.MethodPayco:        {"카드", wallet("PAYCO")},
		pay.MethodTossPay:      {"카드", wallet("TOSSPAY")}, // its own method takes no plan
	} {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			launch, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), everything(method))
			if err != nil {
				t.Fatal(err)
			}
			want := maps.Clone(common)
			maps.Copy(want, c.own)
			if diff := cmp.Diff([]any{c.call, want}, overTheWire(t, launch.Script.Args)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if launch.Script.Call != "requestPayment" || launch.Ref.Order != "imp_274810035512" || launch.Proof != "" {
				t.Errorf("launch %+v", launch)
			}
		})
	}
}

// TestWhatIsNotAskedForIsNotSent: a bare window of each method.
func TestWhatIsNotAskedForIsNotSent(t *testing.T) {
	t.Parallel()
	common := map[string]any{
		"amount": 84000.0, "orderId": "imp_274810035512", "orderName": "핸드드립 세트", "successUrl": "https://pay.example/r/ok",
		"failUrl": "https://pay.example/r/no", "windowTarget": "iframe",
	}
	for method, own := range map[pay.Method]map[string]any{
		pay.MethodTrans:    {"useEscrow": false}, // never the buyer's choice
		pay.MethodVbank:    {"useEscrow": false},
		pay.MethodPhone:    nil,
		pay.MethodKakaoPay: {"flowMode": "DIRECT", "easyPay": "KAKAOPAY"},
		pay.MethodTossPay:  nil,
	} {
		w := window()
		w.Method = method
		launch, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		want := maps.Clone(common)
		maps.Copy(want, own)
		args := overTheWire(t, launch.Script.Args).([]any)
		if diff := cmp.Diff(want, args[1]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
		if method == pay.MethodTossPay && args[0] != "토스페이" {
			t.Errorf("tosspay is asked for as %v", args[0])
		}
	}
}

func TestReceiptsOfAnAccount(t *testing.T) {
	t.Parallel()
	for kind, want := range map[pay.ReceiptType]any{
		"": nil, pay.ReceiptPerson: map[string]any{"type": "소득공제"}, pay.ReceiptCompany: map[string]any{"type": "지출증빙"},
		connector.NoReceipt: map[string]any{"type": "미발행"},
	} {
		w := window()
		w.Method, w.Receipt.Type = pay.MethodVbank, kind
		launch, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, overTheWire(t, launch.Script.Args).([]any)[1].(map[string]any)["cashReceipt"]); diff != "" {
			t.Errorf("receipt %q (-want +got):\n%s", kind, diff)
		}
	}
}

// TestAPhoneNumberThatIsNoneIsLeftOut: a notice of a deposit would go to another.
func TestAPhoneNumberThatIsNoneIsLeftOut(t *testing.T) {
	t.Parallel()
	for tel, want := range map[string]any{"": nil, "없음": nil, "0000": nil, "010 0000 1234": "01000001234", "+82-10-0000-1234": "821000001234"} {
		w := window()
		w.Method, w.Buyer.Tel = pay.MethodTrans, tel
		launch, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		if got := overTheWire(t, launch.Script.Args).([]any)[1].(map[string]any)["customerMobilePhone"]; got != want {
			t.Errorf("%q is sent as %v, want %v", tel, got, want)
		}
	}
}

func TestAnAccountThatCannotBeOpenedSaysWhy(t *testing.T) {
	t.Parallel()
	now := settings("").Now()
	for say, change := range map[string]func(*connector.Window){
		"dueDate 2026-11-20T14:00:00 must be":  func(w *connector.Window) { w.Due = now },
		"dueDate 2027-02-18T14:00:01 must be":  func(w *connector.Window) { w.Due = now.Add(2160*time.Hour + time.Second) },
		`cashReceipt.type "both" must be`:      func(w *connector.Window) { w.Receipt.Type = "both" },
		"virtualAccountCallbackUrl":            func(w *connector.Window) { w.NoticeURL = "/notices" },
		"escrowProducts[1].id \"1\"":           func(w *connector.Window) { w.Products = []connector.Product{{ID: "1"}, {ID: "1"}} },
		"escrowProducts[0].unitPrice -1 must":  func(w *connector.Window) { w.Products = []connector.Product{{ID: "1", UnitPrice: -1}} },
		"escrowProducts[0].quantity -1 must":   func(w *connector.Window) { w.Products = []connector.Product{{ID: "1", Quantity: -1}} },
		"escrowProducts[1] says nothing":       func(w *connector.Window) { w.Products = []connector.Product{{ID: "1"}, {}} },
		"orderId \"" + strings.Repeat("a", 65): func(w *connector.Window) { w.Order = strings.Repeat("a", 65) },
	} {
		w := window()
		w.Method, w.Escrow = pay.MethodVbank, true
		change(&w)
		_, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), w)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), say) {
			t.Errorf("error %v, want a misconfiguration with %q", err, say)
		}
	}
}

// TestAPlanOfTossPay: only the card window can be told a plan, and below fifty
// thousand there is none.
func TestAPlanOfTossPay(t *testing.T) {
	t.Parallel()
	for amount, call := range map[int64]string{50000: "카드", 49999: "토스페이"} {
		w := window()
		w.Method, w.Amount.Total, w.Card.Months = pay.MethodTossPay, pay.Won(amount), ptr(3)
		launch, err := payer(t, settings("http://127.0.0.1:9")).OpenWindow(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		args := overTheWire(t, launch.Script.Args).([]any)
		months, planned := args[1].(map[string]any)["cardInstallmentPlan"]
		if args[0] != call || planned != (amount == 50000) || planned && months != 3.0 {
			t.Errorf("%d won are asked for as %v", amount, args)
		}
	}
}
