package tosspayments_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"naru/internal/sandbox/tosspayments"
)

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func body(t *testing.T, r *http.Request) []byte {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return raw
}

func (b *bench) desk(query string) string {
	b.Helper()
	r := b.call("GET", b.root+"/control/tosspayments/accounts"+query, nil, "Authorization", "", "Accept", "text/html,*/*")
	if r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		b.Fatalf("accounts: %s", r)
	}
	return string(r.raw)
}

func TestAccountsPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if page := b.desk(""); !strings.Contains(page, `data-testid="empty"`) || !strings.Contains(page, "입금을 기다리는 계좌가 없습니다") {
		t.Errorf("page %s", page)
	}
	p := b.account(fields{"accountType": "고정", "accountKey": "CUST-1", "orderName": "<매트>"})
	number := virtual(p)["accountNumber"].(string)
	page := b.desk("?lang=en&mid=" + mid)
	for _, want := range []string{"Deposits", number, "KRW 33,000", "KOOKMIN", "&lt;매트&gt;", "이구매", "Text sent", "fixed", `lang="en"`, `aria-current="page"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	if other := b.desk("?mid=vexample02"); strings.Contains(other, number) {
		t.Error("another shop's page shows the account")
	}
	list := b.control("GET", "/accounts?mid="+mid, nil).body["accounts"].([]any)
	if a := list[0].(map[string]any); len(list) != 1 || a["accountNumber"] != number || a["paymentKey"] != p["paymentKey"] || a["amount"] != 33000.0 || a["expired"] != false {
		t.Errorf("list %v", list)
	}
	sheet := regexp.MustCompile(`static/desk\.[0-9a-f]+\.css`).FindString(page)
	if r := b.control("GET", "/"+sheet, nil); r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/css") {
		t.Errorf("style sheet %q: %d", sheet, r.status)
	}
}

// post is what a browser does with the page's form.
func (b *bench) post(key string, form url.Values, origin string) reply {
	return b.call("POST", b.root+"/control/tosspayments/payments/"+key+"/deposit", form.Encode(), "Authorization", "",
		"Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html", "Origin", origin)
}

func TestDepositFromThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.account(nil)["paymentKey"].(string)
	if r := b.post(key, nil, "https://elsewhere.example"); r.status != http.StatusForbidden {
		t.Errorf("another origin's form: %s", r)
	}
	b.clock.set(began.Add(72 * time.Hour))
	if page := b.desk(""); !strings.Contains(page, "기한 지남") || !strings.Contains(page, `name="late" value="true"`) {
		t.Errorf("page %s", page)
	}
	form := url.Values{"mid": {mid}, "lang": {"ko"}}
	if r := b.post(key, form, b.root); r.status != http.StatusSeeOther || r.header.Get("Location") != "../../accounts?lang=ko&mid="+mid+"&problem=ACCOUNT_EXPIRED" {
		t.Errorf("past due: %d to %s", r.status, r.header.Get("Location"))
	}
	form.Set("late", "true")
	r := b.post(key, form, b.root)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "../../accounts?done="+key+"&lang=ko&mid="+mid {
		t.Errorf("deposit: %d to %s", r.status, r.header.Get("Location"))
	}
	page := b.desk("?done=" + key)
	if !strings.Contains(page, `data-testid="done"`) || !strings.Contains(page, `data-testid="empty"`) {
		t.Errorf("page %s", page)
	}
	if got := b.get(key)["status"]; got != "DONE" {
		t.Errorf("status %v", got)
	}
	for _, problem := range []string{"ACCOUNT_EXPIRED", "NOT_WAITING_FOR_DEPOSIT", "WRONG_AMOUNT", "NOT_FOUND_PAYMENT"} {
		if page := b.desk("?problem=" + problem); !strings.Contains(page, `data-testid="problem"`) {
			t.Errorf("%s is not shown", problem)
		}
	}
}

func TestLedgerCountsTheMoney(t *testing.T) {
	t.Parallel()
	b := setup(t)
	card := b.approved(nil)
	b.want(b.call("POST", "/v1/payments/"+card+"/cancel", fields{"cancelReason": "변심", "cancelAmount": 8000}), 200, "")
	b.hook()
	b.want(b.charge(b.issue(nil), nil), 200, "")
	b.want(b.call("POST", "/v1/payments/key-in", keyInOf(fields{"cardNumber": tosspayments.Cards()[0].Number})), 403, "")
	key := b.deposited(nil)
	b.want(b.control("POST", "/payments/"+key+"/deposit-error", nil), 200, "")
	b.hook()
	b.want(b.control("POST", "/payments/"+key+"/deposit", nil), 200, "")
	b.hooked("DONE")
	b.want(b.refund(key, fields{"cancelAmount": 3000}), 200, "")
	b.hooked("PARTIAL_CANCELED")
	b.account(fields{"orderId": "VA-0002"})
	var ledger []tosspayments.Movement
	if err := json.Unmarshal(b.control("GET", "/ledger", nil).raw, &ledger); err != nil {
		t.Fatal(err)
	}
	type line struct {
		order  string
		kind   tosspayments.MovementKind
		amount int64
	}
	want := []line{
		{"ORD-20230310-0001", tosspayments.Approval, 58000}, {"ORD-20230310-0001", tosspayments.Cancel, -8000}, {"SUB-0001", tosspayments.Approval, 14900},
		{"VA-0001", tosspayments.Deposit, 33000}, {"VA-0001", tosspayments.Reversal, -33000}, {"VA-0001", tosspayments.Deposit, 33000}, {"VA-0001", tosspayments.Cancel, -3000},
	}
	if len(ledger) != len(want) || len(b.sim.Ledger()) != len(want) {
		t.Fatalf("ledger %+v", ledger)
	}
	for i, m := range ledger {
		if (line{m.OrderID, m.Kind, m.Amount}) != want[i] || !m.At.Equal(began) || m.MID != mid || m.Currency != "KRW" || m.PaymentKey == "" {
			t.Errorf("movement %d: %+v, want %+v", i, m, want[i])
		}
	}
	if empty := setup(t).control("GET", "/ledger", nil); strings.TrimSpace(string(empty.raw)) != "[]" {
		t.Errorf("an empty ledger: %s", empty)
	}
}
