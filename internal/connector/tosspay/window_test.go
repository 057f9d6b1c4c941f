package tosspay_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/pay"
)

func ptr[T any](v T) *T { return &v }

// What a good window sends is in testdata/wire/create*.txtar.
func TestAWindowThatCannotBeOpenedSaysWhy(t *testing.T) {
	t.Parallel()
	for say, change := range map[string]func(*connector.Window){
		`method "card"`:                        func(w *connector.Window) { w.Method = pay.MethodCard },
		`orderNo "주문/1"`:                       func(w *connector.Window) { w.Order = "주문/1" },
		"orderNo \"" + strings.Repeat("a", 51): func(w *connector.Window) { w.Order = strings.Repeat("a", 51) },
		"amount 0 KRW":                         func(w *connector.Window) { w.Amount.Total = pay.Won(0) },
		"tax_free 5":                           func(w *connector.Window) { w.Amount = pay.Breakdown{Total: pay.Won(4), TaxFree: 5} },
		"vat_amount 9":                         func(w *connector.Window) { w.Amount = pay.Breakdown{Total: pay.Won(8), VAT: ptr(int64(9))} },
		"retUrl has 256 characters":            func(w *connector.Window) { w.SuccessURL = "https://s.example/" + strings.Repeat("a", 238) },
		"retCancelUrl has 256 characters":      func(w *connector.Window) { w.FailureURL = "https://s.example/" + strings.Repeat("a", 238) },
		"resultCallback has 501":               func(w *connector.Window) { w.NoticeURL = "https://s.example/" + strings.Repeat("a", 483) },
		`retUrl "/ok"`:                         func(w *connector.Window) { w.SuccessURL = "/ok" },
		"retAppScheme has 256":                 func(w *connector.Window) { w.AppScheme = strings.Repeat("a", 256) },
		`cashReceiptTradeOption "BOOKS"`:       func(w *connector.Window) { w.Receipt.Category = "BOOKS" },
		"expiredTime 2026-11-20 15:05:01":      func(w *connector.Window) { w.ExpiresAt = settings("").Now().Add(time.Hour + time.Second) },
		"expiredTime 2026-11-20 14:05:00":      func(w *connector.Window) { w.ExpiresAt = settings("").Now() },
	} {
		w := connector.Window{
			Order: "imp_274810035512", Name: "핸드드립 세트", Amount: pay.Breakdown{Total: pay.Won(84000)}, Method: pay.MethodTossPay,
			SuccessURL: "https://pay.example/r/ok", FailureURL: "https://pay.example/r/no",
		}
		change(&w)
		_, err := open(t, settings("http://127.0.0.1:9")).(connector.WindowPayer).OpenWindow(t.Context(), w)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), say) {
			t.Errorf("error %v, want a misconfiguration with %q", err, say)
		}
	}
}

func TestReadReturn(t *testing.T) {
	t.Parallel()
	ours := pay.Ref{Order: "imp_274810035512", Key: "Vk8Rn3Wq", Data: []byte("kept")}
	for _, c := range []struct {
		name   string
		failed bool
		query  string
		want   connector.Returned
	}{
		{"authenticated", false, "oid=1&status=PAY_APPROVED&orderNo=imp_274810035512&payMethod=CARD&cardCompany=3", connector.Returned{Ref: ours}},
		{"captured at once", false, "status=PAY_COMPLETE&orderNo=imp_274810035512&payMethod=TOSS_MONEY&bankCode=092", connector.Returned{Ref: ours}},
		{"somebody else's order is for the gateway to notice", false, "status=PAY_APPROVED&orderNo=imp@1", connector.Returned{
			Ref: pay.Ref{Order: "imp@1", Key: "Vk8Rn3Wq", Data: []byte("kept")},
		}},
		{"the buyer left", true, "oid=1", connector.Returned{Ref: ours, Decline: &connector.Decline{
			Code: connector.DeclineByCustomer, ProviderCode: "PAY_CANCEL", ProviderMessage: "사용자가 결제를 취소하셨습니다",
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			form, _ := url.ParseQuery(c.query)
			got, err := open(t, settings("http://127.0.0.1:9")).(connector.WindowPayer).ReadReturn(t.Context(), connector.Return{Failed: c.failed, Form: form, Ref: ours})
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestAReturnThatCannotBeReadNamesTheField(t *testing.T) {
	t.Parallel()
	for query, say := range map[string]string{
		"":                                   "status",
		"orderNo=imp_274810035512":           "status",
		"status=PAY_STANDBY&orderNo=imp_1":   "status",
		"status=PAY_APPROVED":                "orderNo",
		"status=PAY_APPROVED&orderNo=a%20b":  "orderNo",
		"status=PAY_APPROVED&orderNo=%EC%A3": "orderNo",
	} {
		form, _ := url.ParseQuery(query)
		_, err := open(t, settings("http://127.0.0.1:9")).(connector.WindowPayer).ReadReturn(t.Context(), connector.Return{Form: form})
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: error %v, want it to name %s", query, err, say)
		}
	}
}
