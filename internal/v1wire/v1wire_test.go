package v1wire_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/v1wire"
)

func TestEveryStateHasItsV1Word(t *testing.T) {
	t.Parallel()
	want := map[pay.Status]string{
		pay.StatusCreated: "ready", pay.StatusConfirming: "ready", pay.StatusAwaitingDeposit: "ready", pay.StatusPaid: "paid",
		pay.StatusPartiallyCancelled: "cancelled", pay.StatusCancelled: "cancelled", pay.StatusFailed: "failed",
	}
	got := map[pay.Status]string{}
	for _, s := range pay.Payments.States() {
		got[s] = v1wire.Status(s)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for s, word := range want {
		back, ok := v1wire.StatusesOf(word)
		if !ok || !slices.Contains(back, s) {
			t.Errorf("StatusesOf(%q) = %v, %v: want %s among them", word, back, ok, s)
		}
	}
	for _, word := range []string{"", "all", "PAID", "undefined"} {
		if back, ok := v1wire.StatusesOf(word); ok {
			t.Errorf("StatusesOf(%q) = %v: V1 has no such state", word, back)
		}
	}
}

func TestMethodWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[pay.Method]string{"": "card", "card": "card", "samsungpay": "samsung", "samsung": "samsung", "point": "point", "tosspay_card": "tosspay_card"} {
		if got := v1wire.Method(in); got != want {
			t.Errorf("Method(%q) = %q, want %q", in, got, want)
		}
	}
}

func paid(provider pay.Provider) pay.Payment {
	return pay.Payment{
		ID: "imp_731204558812", MerchantUID: "주문 1", Provider: provider, Status: pay.StatusPaid, Method: pay.MethodCard, Name: "나루 머그컵",
		Amount: pay.Breakdown{Total: pay.Won(64900)}, Buyer: pay.Buyer{Name: "김견본", Tel: "010-0000-0000"}, Custom: `{"cart":17}`,
		Ref: pay.Ref{Key: "pt-1"}, PaidAt: time.Unix(1785974462, 0),
		Details: pay.Details{ApprovalNo: "30001234", Months: 3, ReceiptURL: "https://receipt.example/1",
			Card: &pay.Card{Issuer: "366", Acquirer: "361", Number: "433012******1234"}},
	}
}

func object(t *testing.T, v map[string]any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCallbackHasExactlyTheKeysOfItsProvider(t *testing.T) {
	t.Parallel()
	names := v1wire.Names{Card: func(c string) string { return map[string]string{"361": "신한카드", "366": "신한카드"}[c] }}
	wallet := paid(pay.TossPay)
	wallet.Method, wallet.Custom, wallet.Name, wallet.Details = pay.MethodPoint, "", "", pay.Details{}
	both := map[string]any{"imp_uid": "imp_731204558812", "merchant_uid": "주문 1"}
	failed := map[string]any{"imp_uid": "imp_731204558812", "merchant_uid": "주문 1", "error_code": "X", "error_msg": "안 됨"}
	with := func(m map[string]any, kv ...any) map[string]any {
		out := map[string]any{}
		for k, v := range m {
			out[k] = v
		}
		for i := 0; i < len(kv); i += 2 {
			out[kv[i].(string)] = kv[i+1]
		}
		return out
	}
	classic := with(both, "success", true, "imp_success", true, "pay_method", "card", "pg_provider", "tosspay_v2", "pg_type", "payment",
		"paid_amount", 64900.0, "currency", "KRW", "status", "paid", "name", "나루 머그컵", "paid_at", 1785974462.0, "pg_tid", "pt-1",
		"receipt_url", "https://receipt.example/1", "buyer_name", "김견본", "buyer_email", nil, "buyer_tel", "010-0000-0000",
		"buyer_addr", nil, "buyer_postcode", nil, "custom_data", map[string]any{"cart": 17.0}, "apply_num", "30001234",
		"card_number", "433012******1234", "card_quota", 3.0, "card_name", "신한카드", "bank_name", nil)
	for name, c := range map[string]struct {
		got, want map[string]any
	}{
		"tosspayments paid":             {v1wire.Callback(paid(pay.TossPayments), "", "", v1wire.CallbackOptions{}), both},
		"tosspayments failed":           {v1wire.Callback(paid(pay.TossPayments), "X", "안 됨", v1wire.CallbackOptions{}), failed},
		"tosspayments paid, switch":     {v1wire.Callback(paid(pay.TossPayments), "", "", v1wire.CallbackOptions{Success: true}), with(both, "success", true, "imp_success", true)},
		"tosspayments failed, switch":   {v1wire.Callback(paid(pay.TossPayments), "X", "안 됨", v1wire.CallbackOptions{Success: true}), with(failed, "success", false, "imp_success", false)},
		"tosspay_v2 card":               {v1wire.Callback(paid(pay.TossPay), "", "", v1wire.CallbackOptions{Names: names}), classic},
		"tosspay_v2 card without names": {v1wire.Callback(paid(pay.TossPay), "", "", v1wire.CallbackOptions{}), with(classic, "card_name", nil)},
		"tosspay_v2 money": {v1wire.Callback(wallet, "", "", v1wire.CallbackOptions{Names: names}), with(classic, "pay_method", "point",
			"name", nil, "receipt_url", nil, "custom_data", nil, "apply_num", "", "card_number", "", "card_quota", 0.0, "card_name", nil)},
		"tosspay_v2 failed": {v1wire.Callback(paid(pay.TossPay), "X", "안 됨", v1wire.CallbackOptions{}), with(failed, "success", false, "imp_success", false,
			"pay_method", "card", "pg_provider", "tosspay_v2", "pg_type", "payment")},
		"refused, tosspayments": {v1wire.Failure(pay.TossPayments, "주문 1", "X", "안 됨", v1wire.CallbackOptions{}), with(failed, "imp_uid", nil)},
		"refused, tosspay_v2": {v1wire.Failure(pay.TossPay, "주문 1", "X", "안 됨", v1wire.CallbackOptions{}), with(failed, "imp_uid", nil,
			"success", false, "imp_success", false, "pg_provider", "tosspay_v2", "pg_type", "payment")},
		"refused, provider unknown": {v1wire.Failure("", "주문 1", "X", "안 됨", v1wire.CallbackOptions{}), with(failed, "imp_uid", nil, "success", false, "imp_success", false)},
	} {
		if d := cmp.Diff(c.want, object(t, c.got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestCallbackTellsTheVirtualAccountAndTheBank(t *testing.T) {
	t.Parallel()
	p := paid(pay.TossPay)
	p.Custom = "not JSON"
	p.Details = pay.Details{EasyPay: "kakaopay", Bank: &pay.Bank{Code: "088"}, Account: &pay.VirtualAccount{Bank: "088", Number: "5620", Due: time.Unix(1786546799, 0)}}
	got := object(t, v1wire.Callback(p, "", "", v1wire.CallbackOptions{Names: v1wire.Names{Bank: func(string) string { return "신한은행" }}}))
	for key, want := range map[string]any{"emb_pg_provider": "kakaopay", "bank_name": "신한은행", "vbank_name": "신한은행", "vbank_num": "5620",
		"vbank_holder": nil, "vbank_date": 1786546799.0, "custom_data": "not JSON"} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
}

func TestRedirectQueryHasExactlyTheKeysOfItsProvider(t *testing.T) {
	t.Parallel()
	ok, bad := "imp_uid=imp_731204558812&merchant_uid=주문 1", "error_code=X&error_msg=안 됨&imp_uid=imp_731204558812&merchant_uid=주문 1"
	on := v1wire.CallbackOptions{Success: true}
	for name, c := range map[string]struct {
		got  url.Values
		want string
	}{
		"tosspayments paid":           {v1wire.RedirectQuery(paid(pay.TossPayments), "", "", v1wire.CallbackOptions{}), ok},
		"tosspayments failed":         {v1wire.RedirectQuery(paid(pay.TossPayments), "X", "안 됨", v1wire.CallbackOptions{}), bad},
		"tosspayments paid, switch":   {v1wire.RedirectQuery(paid(pay.TossPayments), "", "", on), ok + "&imp_success=true&success=true"},
		"tosspayments failed, switch": {v1wire.RedirectQuery(paid(pay.TossPayments), "X", "안 됨", on), bad + "&imp_success=false&success=false"},
		"tosspay_v2 paid":             {v1wire.RedirectQuery(paid(pay.TossPay), "", "", v1wire.CallbackOptions{}), ok + "&imp_success=true"},
		"tosspay_v2 failed":           {v1wire.RedirectQuery(paid(pay.TossPay), "X", "안 됨", v1wire.CallbackOptions{}), bad + "&imp_success=false"},
		"no row": {v1wire.RedirectQuery(pay.Payment{MerchantUID: "m"}, "X", "y", v1wire.CallbackOptions{}),
			"error_code=X&error_msg=y&merchant_uid=m&imp_success=false"},
	} {
		want, err := url.ParseQuery(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, c.got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestRedirectKeepsWhatTheMerchantWrote(t *testing.T) {
	t.Parallel()
	q := url.Values{"error_msg": {"결제 + 취소&"}}
	const enc = "error_msg=%EA%B2%B0%EC%A0%9C%20%2B%20%EC%B7%A8%EC%86%8C%26"
	for base, want := range map[string]string{
		"https://shop.example/done":                "https://shop.example/done?" + enc,
		"https://shop.example/done?wc-api=x&y=%2F": "https://shop.example/done?wc-api=x&y=%2F&" + enc,
		"https://shop.example/done?":               "https://shop.example/done?" + enc,
		"https://shop.example/?a=1&":               "https://shop.example/?a=1&" + enc,
		"https://shop.example/#/done":              "https://shop.example/?" + enc + "#/done",
		"http://detectchangingwebview/iamport/rn":  "http://detectchangingwebview/iamport/rn?" + enc,
		"http://localhost/iamport":                 "http://localhost/iamport?" + enc,
		"myapp://pay/result":                       "myapp://pay/result?" + enc,
		"com.shop.app+v2://r?x=1":                  "com.shop.app+v2://r?x=1&" + enc,
		"  https://shop.example/done ":             "https://shop.example/done?" + enc,
	} {
		if got, err := v1wire.RedirectTo(base, q); err != nil || got != want {
			t.Errorf("RedirectTo(%q) = %q, %v\nwant %q", base, got, err, want)
		}
	}
}

func TestRedirectRefusesWhatRunsInTheBrowser(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "/done", "//evil.example/x", "done.html", "?a=1", "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
		"data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/y", "about:blank", "https:", "https://", "http:/x",
		"https://shop.example/\r\nSet-Cookie: a=b", "1app://x", "https://?x", ":x",
	} {
		if got, err := v1wire.RedirectTo(base, url.Values{"a": {"b"}}); !errors.Is(err, v1wire.ErrRedirect) {
			t.Errorf("RedirectTo(%q) = %q, %v: want ErrRedirect", base, got, err)
		}
	}
}

func TestBodiesByteForByte(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form         bool
		status       pay.Status
		cancel       string
		kind, wanted string
	}{
		"paid":        {false, pay.StatusPaid, "", "application/json", `{"imp_uid":"imp_1","merchant_uid":"주문 <1>","status":"paid"}`},
		"part cancel": {false, pay.StatusPartiallyCancelled, "c-1", "application/json", `{"imp_uid":"imp_1","merchant_uid":"주문 <1>","status":"cancelled","cancellation_id":"c-1"}`},
		"form":        {true, pay.StatusAwaitingDeposit, "", "application/x-www-form-urlencoded", "imp_uid=imp_1&merchant_uid=%EC%A3%BC%EB%AC%B8+%3C1%3E&status=ready"},
		"form cancel": {true, pay.StatusCancelled, "c-1", "application/x-www-form-urlencoded", "cancellation_id=c-1&imp_uid=imp_1&merchant_uid=%EC%A3%BC%EB%AC%B8+%3C1%3E&status=cancelled"},
	} {
		kind, body := v1wire.WebhookBody("imp_1", "주문 <1>", c.status, c.cancel, c.form)
		if kind != c.kind || string(body) != c.wanted {
			t.Errorf("%s: %s %s\nwant %s %s", name, kind, body, c.kind, c.wanted)
		}
	}
	if got, want := string(v1wire.ConfirmBody(paid(pay.TossPayments))), `{"imp_uid":"imp_731204558812","merchant_uid":"주문 1","amount":64900}`; got != want {
		t.Errorf("ConfirmBody = %s, want %s", got, want)
	}
	if got := v1wire.StopReason(""); got != "고객사 요청에 의해 결제를 중단합니다. (상세사유 : 알 수 없음)" {
		t.Error(got)
	}
	if got := v1wire.StopReason("재고 부족"); got != "고객사 요청에 의해 결제를 중단합니다. (상세사유 : 재고 부족)" {
		t.Error(got)
	}
}

func TestRefusalsInV1Words(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][2]string{
		"channel":     {"F1001", "등록되지 않은 PG모듈 정보입니다. 아임포트 관리자페이지에서 PG모듈 정보를 설정하신 후 다시 시도해주세요."},
		"paid":        {"F1002", "이미 결제가 이루어진 거래건입니다."},
		"merchant":    {v1wire.CodeNoMerchant, v1wire.TextNoMerchant},
		"origin":      {v1wire.CodeOrigin, v1wire.TextOrigin},
		"prepared":    {v1wire.CodePrepared, v1wire.TextPrepared + " (amount: received -1)"},
		"confirm":     {v1wire.CodeConfirm, v1wire.TextConfirm},
		"parameter":   {v1wire.CodeParameter, "결제요청 파라메터가 올바르지 않습니다. (amount: received -1)"},
		"unsupported": {v1wire.CodeUnsupported, "지원하지 않는 결제요청입니다. (amount: received -1)"},
		"something":   {v1wire.CodeInternal, v1wire.TextInternal},
	} {
		detail := "amount: received -1"
		field := ""
		if code == "parameter" || code == "unsupported" {
			field, detail = "amount", "received -1"
		}
		gotCode, gotText := v1wire.RefusalText(code, field, detail)
		if gotCode != want[0] || gotText != want[1] {
			t.Errorf("%s: %q %q, want %q", code, gotCode, gotText, want)
		}
	}
}

func FuzzRedirectTo(f *testing.F) {
	f.Add("https://shop.example/?a=b#c", "결제 취소")
	f.Add("java\tscript:alert(1)", "x")
	f.Fuzz(func(t *testing.T, base, msg string) {
		got, err := v1wire.RedirectTo(base, url.Values{"error_msg": {msg}})
		if err != nil {
			return
		}
		low := strings.ToLower(strings.TrimSpace(got))
		if strings.HasPrefix(low, "javascript:") || strings.HasPrefix(low, "data:") || strings.ContainsAny(got, "\r\n\t") {
			t.Errorf("RedirectTo(%q) = %q", base, got)
		}
	})
}
