package v1_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/pay"
)

// TestEmptyTaxFieldsAreAbsent: forms send a nil as an empty field. An empty
// amount is not taken for "everything".
func TestEmptyTaxFieldsAreAbsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if a := w.form("POST", "/payments/cancel", "imp_uid=imp_000000000002&amount=1000&tax_free=&vat_amount=&reason=변심"); a.status != 200 || a.Code != 0 {
		t.Fatalf("answer %d: %s", a.status, a.body)
	}
	if got := w.asks; len(got) != 1 || got[0].Amount.TaxFree != 0 || got[0].Amount.VAT != nil {
		t.Errorf("asked %+v", got)
	}
	if a := w.form("POST", "/payments/cancel", "imp_uid=imp_000000000002&amount=&reason=변심"); a.Code == 0 || len(w.asks) != 1 {
		t.Errorf("an empty amount: %s", a.body)
	}
}

// TestFormAndJSONCancelTheSame: each way to write a cancel gives the provider
// the same question.
func TestFormAndJSONCancelTheSame(t *testing.T) {
	t.Parallel()
	want := connector.Cancel{
		Ref: pay.Ref{Order: "imp_000000000007", Key: "tviva-depo"}, Method: pay.MethodVbank,
		Amount: pay.Breakdown{Total: pay.Won(1000), TaxFree: 100, VAT: new(int64(82))},
		Paid:   pay.Breakdown{Total: pay.Won(64900), TaxFree: 1000}, Left: pay.Won(64900), Reason: "단순 변심",
		RefundTo: &connector.BankAccount{Bank: "090", Number: "3333011112222", Holder: "김나루"},
	}
	const form = "imp_uid=imp_000000000007&amount=1000&tax_free=100&vat_amount=82&checksum=64900&reason=단순 변심" +
		"&refund_bank=090&refund_account=3333011112222&refund_holder=김나루&refund_tel=010"
	for name, send := range map[string]func(*world) answer{
		"raw form": func(w *world) answer { return w.form("POST", "/payments/cancel", form) },
		"encoded form": func(w *world) answer {
			return w.form("POST", "/payments/cancel", strings.ReplaceAll(strings.ReplaceAll(form, " ", "%20"), "김", "%EA%B9%80"))
		},
		"JSON with numbers": func(w *world) answer {
			return w.json("POST", "/payments/cancel", `{"imp_uid":"imp_000000000007","amount":1e3,"tax_free":100.0,"vat_amount":82,"checksum":64900,"reason":"단순 변심","refund_bank":"090","refund_account":"3333011112222","refund_holder":"김나루","retain_promotion":null}`)
		},
		"JSON with text": func(w *world) answer {
			return w.json("POST", "/payments/cancel/", `{"imp_uid":"imp_000000000007","merchant_uid":null,"amount":"1000","tax_free":"100","vat_amount":"82","checksum":"64900","reason":"단순 변심","refund_bank":"090","refund_account":3333011112222,"refund_holder":"김나루","extra":{"requester":"customer"}}`)
		},
		"JSON without a type": func(w *world) answer {
			return w.call("POST", "/payments/cancel", `{"merchant_uid":"account-paid","amount":1000,"tax_free":100,"vat_amount":82,"reason":"단순 변심","refund_bank":"090","refund_account":"3333011112222","refund_holder":"김나루"}`, "Authorization", w.token)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if a := send(w); a.status != 200 || a.Code != 0 {
				t.Fatalf("answer %d: %s", a.status, a.body)
			}
			if diff := cmp.Diff([]connector.Cancel{want}, w.asks, cmp.Transformer("reveal", pay.Secret.Reveal)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAmountAbsentOrZeroIsAllThatIsLeft(t *testing.T) {
	t.Parallel()
	for _, amount := range []string{"", `,"amount":0`, `,"amount":"0"`, `,"amount":null`} {
		w := newWorld(t)
		a := w.json("POST", "/payments/cancel", `{"imp_uid":"imp_000000000004"`+amount+`}`)
		if a.Code != 0 || len(w.asks) != 1 || w.asks[0].Amount.Total != pay.Won(50000) || w.asks[0].Reason != "취소요청api" {
			t.Errorf("%s: %s, asked %+v", amount, a.body, w.asks)
		}
	}
}

// TestRefusedCancelsAreNotAsked: what the gateway refuses never reaches the
// provider, and is HTTP 200 with another code than 0 and no response.
func TestRefusedCancelsAreNotAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, body := range []string{
		`{"imp_uid":"imp_000000000002","amount":64901}`, `{"imp_uid":"imp_000000000002","checksum":1}`, `{"imp_uid":"imp_000000000001"}`,
		`{"imp_uid":"imp_000000000014"}`, `{"imp_uid":"imp_000000000010","amount":1}`, `{"imp_uid":"imp_000000000002","amount":0.5}`,
		`{"imp_uid":"imp_000000000002","amount":100,"tax_free":101}`, `{"imp_uid":"imp_000000000002","amount":1e400}`, `{}`,
	} {
		if a := w.json("POST", "/payments/cancel", body); a.status != 200 || a.Code != 1 || string(a.Response) != "null" || a.message() == "" {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if len(w.asks) != 0 {
		t.Errorf("the provider was asked: %+v", w.asks)
	}
}

func TestTestCodeIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, code := range []string{"A B", "x\ty", strings.Repeat("A", 65)} {
		a := w.call("POST", "/payments/cancel", `{"imp_uid":"imp_000000000002"}`, "Authorization", w.token, "X-Naru-Test-Code", code)
		if a.Code != 1 || len(w.asks) != 0 {
			t.Errorf("%q: %s", code, a.body)
		}
	}
}

// TestClientThatHangsUpDoesNotStopACancel: the money is given back and booked.
func TestClientThatHangsUpDoesNotStopACancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, hangUp := context.WithCancel(context.Background())
	r := httptest.NewRequest("POST", "/payments/cancel", &hangsUp{Reader: strings.NewReader(`{"imp_uid":"imp_000000000002"}`), then: hangUp}).WithContext(ctx)
	r.Header.Set("Authorization", w.token)
	w.ServeHTTP(httptest.NewRecorder(), r)
	var p struct {
		Status       string `json:"status"`
		CancelAmount int64  `json:"cancel_amount"`
	}
	must(t, json.Unmarshal(w.get("/payments/imp_000000000002").Response, &p))
	if p.Status != "cancelled" || p.CancelAmount != 64900 {
		t.Errorf("the payment is %+v", p)
	}
}

// hangsUp ends its client when the request has been read.
type hangsUp struct {
	*strings.Reader
	then func()
}

func (h *hangsUp) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if h.Len() == 0 {
		h.then()
	}
	return n, err
}
