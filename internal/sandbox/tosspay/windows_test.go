package tosspay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func (b *bench) windowList(query string) []any {
	b.t.Helper()
	return b.ctlOK("GET", "/windows"+query, nil)["windows"].([]any)
}

func TestWindowsShowTheRequestAsItCame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(body{"orderNo": "a", "cashReceipt": nil, "enablePayMethods": "CARD", "cardOptions": body{"options": []body{{"cardCompanyCode": 3}}}})
	key := b.createKey(body{"encryptedUserCi": "QUJD"})
	b.ctl("POST", "/billing-keys", body{"mid": "narushop", "mode": "TEST", "userId": "no-window", "method": "card"})
	wantCode(t, b.call("/api/v2/payments", order(body{"orderNo": "bad/one"})), "COMMON_INVALID_PARAMETER", "orderNo")

	list := b.windowList("")
	if len(list) != 2 {
		t.Fatalf("%d windows, want the two that were created", len(list))
	}
	expect(t, list[0].(body), body{"kind": "billing", "mid": "narushop", "mode": "TEST", "billingKey": key, "userId": "cust-8841", "status": "CREATE"})
	expect(t, list[1].(body), body{"kind": "payment", "payToken": token, "orderNo": "a", "status": "PAY_STANDBY"})
	if page, _ := list[1].(body)["page"].(string); page != b.url+"/payfront/auth?payToken="+token {
		t.Errorf("page %q", page)
	}
	request := list[1].(body)["request"].(body)
	expect(t, request, body{"amount": 60000, "amountTaxFree": 0, "autoExecute": false, "enablePayMethods": "CARD", "retUrl": shopReturn})
	expectAbsent(t, request, "apiKey", "cashReceipt")
	if fmt.Sprint(request["cardOptions"]) != "map[options:[map[cardCompanyCode:3]]]" {
		t.Errorf("cardOptions %v", request["cardOptions"])
	}
	expect(t, list[0].(body)["request"].(body), body{"encryptedUserCi": "QUJD", "userId": "cust-8841"})
	if strings.Contains(encode(t, list), "sk_test_") {
		t.Error("a key is shown")
	}

	b.press(token, "cancel", nil)
	if got := b.windowList("?kind=payment&limit=1"); len(got) != 1 || got[0].(body)["status"] != "PAY_CANCEL" {
		t.Errorf("%v", got)
	}
	if got := b.windowList("?mid=moneyonly"); len(got) != 0 {
		t.Errorf("another shop's: %v", got)
	}
	for _, bad := range []string{"?kind=slip", "?limit=0", "?limit=1001"} {
		if status, _ := b.ctl("GET", "/windows"+bad, nil); status != 400 {
			t.Errorf("%s: %d, want 400", bad, status)
		}
	}
}

func TestOnlyTheLatestWindowsAreKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mu.Lock()
	for i := range windowsKept + 5 {
		p := &payment{shop: b.shops[testKey], orderNo: fmt.Sprint(i), status: Standby, expires: b.clock.Now(), created: b.clock.Now()}
		b.record(&apiCall{raw: []byte(`{"orderNo":"x"}`)}, p, nil)
	}
	n, oldest := len(b.windows), b.windows[0].p.orderNo
	b.mu.Unlock()
	if n != windowsKept || oldest != "5" {
		t.Errorf("%d kept from %s on, want %d from 5 on", n, oldest, windowsKept)
	}
	if got := b.windowList("?limit=2"); len(got) != 2 || got[0].(body)["orderNo"] != fmt.Sprint(windowsKept+4) {
		t.Errorf("%v", got)
	}
}

// FuzzWithout: whatever body is taken, one field goes and all others stay as
// they were written, in their order.
func FuzzWithout(f *testing.F) {
	f.Add(`{"apiKey":"sk_test_a","amount":1.50,"a":{"apiKey":"kept"},"가":"\u00e9<&"}`)
	f.Add(` { "b" : null , "apiKey" : [1, 2] } `)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, raw string) {
		o, err := parseObject([]byte(raw))
		if err != nil {
			return
		}
		got, err := parseObject(without([]byte(raw), "apiKey"))
		if err != nil {
			t.Fatalf("%q became no object: %v", raw, err)
		}
		delete(o, "apiKey")
		if len(got) != len(o) {
			t.Errorf("%q: %d fields became %d", raw, len(o), len(got))
		}
		for name, v := range o {
			if !bytes.Equal(got[name], v) || !json.Valid(got[name]) {
				t.Errorf("%q: %s %s became %s", raw, name, v, got[name])
			}
		}
	})
}
