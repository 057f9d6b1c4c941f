package tosspayments_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func cashOf(with fields) fields {
	return merged(fields{"amount": 30000, "orderId": "OFF-20230310-77", "orderName": "매장 판매", "customerIdentityNumber": "01000001234", "type": "소득공제"}, with)
}

func (b *bench) cash(with fields) fields {
	b.Helper()
	r := b.call("POST", "/v1/cash-receipts", cashOf(with))
	if r.status != 200 {
		b.Fatalf("cash receipt: %s", r)
	}
	return r.body
}

func (b *bench) cashList(query string) fields {
	b.Helper()
	r := b.call("GET", "/v1/cash-receipts?"+query, nil)
	if r.status != 200 {
		b.Fatalf("list: %s", r)
	}
	return r.body
}

func TestCashReceiptRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		with fields
		code string
	}{
		{fields{"amount": nil}, "INVALID_REQUEST"},
		{fields{"amount": 0}, "BELOW_ZERO_AMOUNT"},
		{fields{"amount": -1}, "BELOW_ZERO_AMOUNT"},
		{fields{"orderId": nil}, "INVALID_REQUEST"},
		{fields{"orderId": "1"}, "INVALID_ORDER_ID"},
		{fields{"orderName": ""}, "INVALID_ORDER_NAME"},
		{fields{"customerIdentityNumber": nil}, "INVALID_REQUEST"},
		{fields{"customerIdentityNumber": nil, "registrationNumber": "01000001234"}, "INVALID_REQUEST"}, // the name until 2022-06-08
		{fields{"customerIdentityNumber": "010-0000-1234"}, "INVALID_CASH_RECEIPT_INFO"},
		{fields{"customerIdentityNumber": strings.Repeat("1", 31)}, "INVALID_CASH_RECEIPT_INFO"},
		{fields{"type": "기부금"}, "INVALID_REQUEST"},
		{fields{"type": nil}, "INVALID_REQUEST"},
		{fields{"taxFreeAmount": 30001}, "INVALID_REQUEST"},
		{fields{"businessNumber": "123"}, "INVALID_BUSINESS_NUMBER"},
		{fields{"colour": "blue"}, "INVALID_REQUEST"},
	} {
		r := b.call("POST", "/v1/cash-receipts", cashOf(c.with))
		b.want(r, 400, c.code)
		if id, ok := c.with["customerIdentityNumber"].(string); ok && strings.Contains(string(r.raw), id) {
			t.Errorf("the refusal shows the identity: %s", r)
		}
	}
	r := b.cash(fields{"businessNumber": "1112223334", "taxFreeAmount": 1000, "type": "지출증빙"})
	if r["issueStatus"] != "IN_PROGRESS" || r["transactionType"] != "CONFIRM" || r["businessNumber"] != "1112223334" || r["taxFreeAmount"] != 1000.0 ||
		r["failure"] != nil || r["requestedAt"] != "2023-03-10T10:15:22+09:00" || len(r["issueNumber"].(string)) != 9 || len(r) != 14 {
		t.Errorf("receipt %v", r)
	}
	if again := b.cash(nil); again["receiptKey"] == r["receiptKey"] || again["businessNumber"] != "1234567890" {
		t.Errorf("a second receipt of the order: %v", again)
	}
}

func TestCashReceiptsCompleteAfterADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cash(nil)
	status := func() any {
		return b.cashList("requestDate=2023-03-10")["data"].([]any)[0].(map[string]any)["issueStatus"]
	}
	b.clock.set(began.Add(24*time.Hour - time.Second))
	if got := status(); got != "IN_PROGRESS" {
		t.Errorf("a second before a day: %v", got)
	}
	b.clock.set(began.Add(24 * time.Hour))
	if got := status(); got != "COMPLETED" {
		t.Errorf("after a day: %v", got)
	}
}

func TestCashReceiptsByHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good, bad, vague := b.cash(nil)["receiptKey"].(string), b.cash(nil)["receiptKey"].(string), b.cash(nil)["receiptKey"].(string)
	b.want(b.control("POST", "/cash-receipts/"+good+"/complete", nil), 200, "")
	b.want(b.control("POST", "/cash-receipts/"+good+"/fail", nil), 409, "NOT_IN_PROGRESS")
	b.want(b.control("POST", "/cash-receipts/"+bad+"/fail", fields{"code": "TS99"}), 400, "BAD_BODY")
	b.want(b.control("POST", "/cash-receipts/"+bad+"/complete", fields{"code": "TS1"}), 400, "BAD_BODY")
	b.want(b.control("POST", "/cash-receipts/"+bad+"/fail", fields{"code": "TS1"}), 200, "")
	b.want(b.control("POST", "/cash-receipts/"+vague+"/fail", nil), 200, "")
	b.want(b.control("POST", "/cash-receipts/nothing/fail", nil), 404, "NOT_FOUND_RECEIPT")
	b.clock.set(began.Add(48 * time.Hour))
	want := map[string]string{good: "COMPLETED ", bad: "FAILED [TS1] ", vague: "FAILED [XXX] "}
	for _, item := range b.cashList("requestDate=2023-03-10")["data"].([]any) {
		r := item.(map[string]any)
		got := fmt.Sprint(r["issueStatus"], " ")
		if failure, ok := r["failure"].(map[string]any); ok {
			if failure["code"] != "NTS_ERROR" {
				t.Errorf("failure %v", failure)
			}
			got += failure["message"].(string)
		}
		if !strings.HasPrefix(got, want[r["receiptKey"].(string)]) {
			t.Errorf("receipt %v: %s", r["receiptKey"], got)
		}
	}
	b.want(b.call("POST", "/v1/cash-receipts/"+bad+"/cancel", nil), 403, "FORBIDDEN_REQUEST")
	listed := b.control("GET", "/cash-receipts?orderId=OFF-20230310-77&mid="+mid, nil)
	if len(listed.body["cashReceipts"].([]any)) != 3 || strings.Contains(string(listed.raw), "01000001234") {
		t.Errorf("listed %s", listed)
	}
}

func TestCancelOfACashReceipt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.cash(fields{"taxFreeAmount": 25000})["receiptKey"].(string)
	cancel := func(body any) reply { return b.call("POST", "/v1/cash-receipts/"+key+"/cancel", body) }
	b.want(b.call("POST", "/v1/cash-receipts/nothing/cancel", nil), 404, "NOT_FOUND_RECEIPT")
	b.want(b.call("POST", "/v1/cash-receipts/"+key+"/cancel", nil, "Authorization", basic(liveKey)), 404, "NOT_FOUND_RECEIPT")
	b.want(cancel(fields{"amount": 30001}), 403, "FORBIDDEN_REQUEST")
	b.want(cancel(fields{"amount": 0}), 400, "INVALID_REQUEST")
	b.want(cancel(fields{"colour": "blue"}), 400, "INVALID_REQUEST")
	r := cancel(fields{"amount": 10000})
	b.want(r, 200, "")
	if r.body["transactionType"] != "CANCEL" || r.body["receiptKey"] != "c_"+key || r.body["amount"] != 10000.0 || r.body["taxFreeAmount"] != 5000.0 || r.body["issueStatus"] != "IN_PROGRESS" {
		t.Errorf("cancel %s", r)
	}
	// The tax office refuses it: the amount may be cancelled again.
	b.want(b.control("POST", "/cash-receipts/c_"+key+"/fail", fields{"code": "TSC"}), 200, "")
	if r = cancel(nil); r.body["amount"] != 30000.0 || r.body["taxFreeAmount"] != 25000.0 {
		t.Errorf("cancel of all: %s", r)
	}
	b.want(cancel(nil), 403, "FORBIDDEN_REQUEST")
	b.want(b.call("POST", "/v1/cash-receipts/c_"+key+"/cancel", nil), 403, "FORBIDDEN_REQUEST")
}

func TestCashReceiptPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		b.cash(fields{"orderId": fmt.Sprintf("PAGE-%d", i)})
	}
	b.clock.set(time.Date(2023, 3, 10, 15, 0, 0, 0, time.UTC)) // midnight in Seoul
	b.cash(fields{"orderId": "NEXT-DAY"})
	var orders []string
	cursor := ""
	for range 3 {
		page := b.cashList("requestDate=2023-03-10&limit=2&cursor=" + cursor)
		for _, item := range page["data"].([]any) {
			orders = append(orders, item.(map[string]any)["orderId"].(string))
		}
		if more := len(orders) < 5; page["hasNext"] != more {
			t.Errorf("after %v: hasNext %v", orders, page["hasNext"])
		}
		cursor = fmt.Sprint(page["lastCursor"])
	}
	if strings.Join(orders, " ") != "PAGE-0 PAGE-1 PAGE-2 PAGE-3 PAGE-4" {
		t.Errorf("orders %v", orders)
	}
	if next := b.cashList("requestDate=2023-03-11")["data"].([]any); len(next) != 1 {
		t.Errorf("the next day: %v", next)
	}
	if none := b.cashList("requestDate=2023-03-09"); len(none["data"].([]any)) != 0 || none["hasNext"] != false || none["lastCursor"] != 0.0 {
		t.Errorf("a day of nothing: %v", none)
	}
	for query, code := range map[string]string{
		"": "INVALID_REQUIRED_PARAM", "requestDate=yesterday": "INVALID_DATE", "requestDate=2023-03-10&cursor=x": "INVALID_PAGING_KEY",
		"requestDate=2023-03-10&limit=10001": "EXCEED_MAX_QUERY_LIMIT", "requestDate=2023-03-10&limit=0": "INVALID_REQUEST",
	} {
		b.want(b.call("GET", "/v1/cash-receipts?"+query, nil), 400, code)
	}
}
