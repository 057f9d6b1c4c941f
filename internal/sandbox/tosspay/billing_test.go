package tosspay

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

const (
	keyOK = "https://shop.example/toss/billing/ok?r=77"
	keyNG = "https://shop.example/toss/billing/ng?r=77"
)

// registration is a good creation of a billing key with changes; a nil value
// removes a field.
func registration(changes body) body {
	in := body{
		"apiKey": testKey, "userId": "cust-8841", "productDesc": "월간 멤버십", "resultCallback": "http://127.0.0.1:1/cb",
		"returnSuccessUrl": keyOK, "returnFailureUrl": keyNG,
	}
	maps.Copy(in, changes)
	maps.DeleteFunc(in, func(_ string, v any) bool { return v == nil })
	return in
}

func (b *bench) createKey(changes body) string {
	b.t.Helper()
	return want(b.t, b.call("/api/v1/billing-key", registration(changes)))["billingKey"].(string)
}

// activeKey makes a billing key that can be charged.
func (b *bench) activeKey(changes body, i Instrument) string {
	b.t.Helper()
	key := b.createKey(changes)
	b.ctlOK("POST", "/billing-keys/"+key+"/agree", i)
	return key
}

// keyStatus asks for a user's key, with displayId if it is not empty.
func (b *bench) keyStatus(userID, displayID string) body {
	b.t.Helper()
	in := body{"apiKey": testKey, "userId": userID}
	if displayID != "" {
		in["displayId"] = displayID
	}
	return b.call("/api/v1/billing-key/status", in)
}

func TestBillingKeyCreationIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const bad = "COMMON_INVALID_PARAMETER"
	for name, c := range map[string]struct {
		change    body
		code, msg string
	}{
		"no key":                     {body{"apiKey": nil}, bad, "apiKey 는 필수값"},
		"an unknown key":             {body{"apiKey": "sk_test_nobody"}, "COMMON_INVALID_API_KEY", "바르지 않은 API key"},
		"no contract":                {body{"apiKey": sandboxKey}, "NOT_SUPPORTED_BILLING_KEY_SHOP", ""},
		"no user":                    {body{"userId": nil}, bad, "userId 는 필수값"},
		"an empty user":              {body{"userId": ""}, bad, "userId 는 필수값"},
		"a user of 51":               {body{"userId": strings.Repeat("u", 51)}, bad, "userId 는 50자 이하"},
		"a user with a blank":        {body{"userId": "cust 1"}, bad, "userId 는 숫자, 영문"},
		"a Korean user":              {body{"userId": "고객"}, bad, "userId 는 숫자, 영문"},
		"a displayId with a slash":   {body{"displayId": "a/b"}, bad, "displayId 는 숫자, 영문"},
		"a displayId of 51":          {body{"displayId": strings.Repeat("d", 51)}, bad, "displayId 는 50자 이하"},
		"no description":             {body{"productDesc": nil}, bad, "productDesc 는 필수값"},
		"a blank description":        {body{"productDesc": "  "}, bad, "productDesc 는 빈 값"},
		"a description of 256":       {body{"productDesc": strings.Repeat("가", 256)}, bad, "productDesc 는 255자 이하"},
		"no callback":                {body{"resultCallback": nil}, bad, "resultCallback 는 필수값"},
		"a callback of 501":          {body{"resultCallback": "https://a.example/" + strings.Repeat("a", 483)}, bad, "resultCallback 는 500자 이하"},
		"a callback that is no URL":  {body{"resultCallback": "ftp://a.example/"}, bad, "resultCallback 는 http"},
		"no success URL":             {body{"returnSuccessUrl": nil}, bad, "returnSuccessUrl 는 retAppScheme 이 없으면"},
		"no failure URL":             {body{"returnFailureUrl": nil}, bad, "returnFailureUrl 는 retAppScheme 이 없으면"},
		"a misspelt failure URL":     {body{"returnFailUrl": keyNG}, bad, "returnFailUrl 는 알 수 없는"},
		"a success URL of 1501":      {body{"returnSuccessUrl": "https://a.example/" + strings.Repeat("a", 1483)}, bad, "returnSuccessUrl 는 1500자 이하"},
		"a scheme that is no app's":  {body{"retAppScheme": "javascript://x"}, bad, "retAppScheme 는 testshop://"},
		"a scheme of 1501":           {body{"retAppScheme": "testshop://" + strings.Repeat("a", 1490)}, bad, "retAppScheme 는 1500자 이하"},
		"a CI of 256":                {body{"encryptedUserCi": strings.Repeat("c", 256)}, bad, "encryptedUserCi 는 255자 이하"},
		"a CI that is not text":      {body{"encryptedUserCi": 1}, bad, "encryptedUserCi 는 문자열"},
		"a field of another request": {body{"amount": 100}, bad, "amount 는 알 수 없는"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCode(t, b.call("/api/v1/billing-key", registration(c.change)), c.code, c.msg)
		})
	}
}

func TestBillingKeyCreationTakesWhatIsAllowed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, change := range []body{
		{"userId": "A_-:.^@=9", "displayId": strings.Repeat("d", 50)},
		{"productDesc": strings.Repeat("가", 255), "encryptedUserCi": strings.Repeat("c", 255)},
		{"retAppScheme": "testshop://", "returnSuccessUrl": nil, "returnFailureUrl": nil},
		{"returnSuccessUrl": "https://a.example/" + strings.Repeat("a", 1482)},
		{"displayId": "", "retAppScheme": nil},
	} {
		change["userId"] = fmt.Sprint(change["userId"], i)
		if change["userId"] == fmt.Sprint(nil, i) {
			change["userId"] = fmt.Sprint("u", i)
		}
		got := want(t, b.call("/api/v1/billing-key", registration(change)))
		for _, link := range []string{"checkoutUri", "checkoutAndroidUri", "checkoutIosUri"} {
			if uri, _ := got[link].(string); !strings.Contains(uri, got["billingKey"].(string)) || len(uri) > 255 {
				t.Errorf("%d: %s = %q", i, link, uri)
			}
		}
	}
	if got := b.ctlOK("GET", "/billing-keys/u1", nil); got["encryptedUserCi"] != true {
		t.Errorf("the CI is not noted: %v", got)
	}
}

func TestOneKeyAUserAndDisplayID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	again := func(changes body) body { return b.call("/api/v1/billing-key", registration(changes)) }

	first := b.createKey(nil)
	wantCode(t, again(nil), "ALREADY_EXISTED_AUTH", "")
	b.createKey(body{"userId": "another"})
	b.createKey(body{"apiKey": liveKey}) // the live key's users are others
	b.ctlOK("POST", "/billing-keys/"+first+"/agree", Instrument{Method: "card"})
	wantCode(t, again(nil), "BILLING_KEY_ALREADY_ACTIVATED", "이미 활성화 된 자동결제가 존재합니다.")

	second := b.createKey(body{"displayId": "second"})
	status, got := b.ctl("POST", "/billing-keys/"+second+"/agree", Instrument{Method: "card", CardCompanyCode: 1})
	if status != 409 || got["code"] != "EXIST_ACTIVATED_BILLING_KEY_USING_THIS_METHOD" {
		t.Errorf("the same card again: %d %v", status, got)
	}
	b.ctlOK("POST", "/billing-keys/"+second+"/agree", Instrument{Method: "card", CardCompanyCode: 3}) // the buyer takes another
	b.activeKey(body{"userId": "third", "displayId": "x"}, Instrument{Method: "card"})                // or is another user

	want(t, b.call("/api/v1/billing-key/remove", body{"apiKey": testKey, "billingKey": first}))
	if next := b.activeKey(nil, Instrument{Method: "card"}); next == first {
		t.Error("the removed key came again")
	}
}

func TestPendingKeyLapsesAfterFifteenMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.createKey(nil)
	b.clock.Advance(keyLife - time.Second)
	expect(t, want(t, b.keyStatus("cust-8841", "")), body{"status": "CREATE"})
	b.clock.Advance(time.Second)
	expect(t, want(t, b.keyStatus("cust-8841", "")), body{"status": "FAIL", "billingKey": key})
	if st := b.keyPhase(key); st["phase"] != "expired" || !strings.HasSuffix(st["next"].(string), "&errorCode=BILLING_KEY_AUTH_ERROR") {
		t.Errorf("page: %v", st)
	}
	if status, got := b.ctl("POST", "/billing-keys/"+key+"/agree", Instrument{Method: "card"}); status != 409 || got["code"] != "WRONG_STATE" {
		t.Errorf("a lapsed link still works: %d %v", status, got)
	}
	b.createKey(nil) // the way is free again
	if n := len(b.callbackViews()); n != 0 {
		t.Errorf("%d callbacks about a failure", n)
	}
}

func TestBillingKeyStatus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activeKey(body{"displayId": "d1"}, Instrument{Method: "bank", AccountBankCode: "004"})
	expect(t, want(t, b.keyStatus("cust-8841", "d1")), body{
		"userId": "cust-8841", "displayId": "d1", "status": "ACTIVE", "payMethod": "TOSS_MONEY", "accountBankCode": "004", "accountNumber": "928******331",
	})
	b.createKey(body{"userId": "cancels"})
	b.ctlOK("POST", "/billing-keys/cancels/cancel", nil)
	expect(t, want(t, b.keyStatus("cancels", "")), body{"status": "CANCEL"})
	b.createKey(body{"userId": "fails"})
	b.ctlOK("POST", "/billing-keys/fails/fail", body{"errorCode": "BILLING_KEY_USER_CI_ERROR"})
	got := want(t, b.keyStatus("fails", ""))
	expect(t, got, body{"status": "FAIL"})
	expectAbsent(t, got, "payMethod", "cardCompanyNo", "accountNumber", "displayId")
	b.createKey(body{"userId": "slow"})
	b.ctlOK("POST", "/billing-keys/slow/agree", Agreement{Instrument: Instrument{Method: "money"}, Slow: true})
	expect(t, want(t, b.keyStatus("slow", "")), body{"status": "AUTH", "accountNumber": "토스머니", "accountBankCode": "888"})
	b.clock.Advance(progressTime)
	expect(t, want(t, b.keyStatus("slow", "")), body{"status": "ACTIVE"})

	const bad, none = "COMMON_INVALID_PARAMETER", "COMMON_BILLING_KEY_NOT_FOUND"
	for name, c := range map[string]struct {
		in        body
		code, msg string
	}{
		"no user":                {body{"apiKey": testKey}, bad, "userId 는 필수값"},
		"an unknown user":        {body{"apiKey": testKey, "userId": "nobody"}, none, "자동결제 정보를 찾을 수 없습니다."},
		"the displayId left out": {body{"apiKey": testKey, "userId": "cust-8841"}, none, ""},
		"another displayId":      {body{"apiKey": testKey, "userId": "cust-8841", "displayId": "d2"}, none, ""},
		"with another key":       {body{"apiKey": liveKey, "userId": "cust-8841", "displayId": "d1"}, none, ""},
		"a bad user":             {body{"apiKey": testKey, "userId": "a b"}, bad, "userId 는 숫자"},
		"by billingKey":          {body{"apiKey": testKey, "userId": "cust-8841", "billingKey": "x"}, bad, "billingKey 는 알 수 없는"},
		"an unknown key":         {body{"apiKey": "sk_test_x", "userId": "cust-8841"}, "COMMON_INVALID_API_KEY", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCode(t, b.call("/api/v1/billing-key/status", c.in), c.code, c.msg)
		})
	}
}

func TestBillingKeyIsRemoved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "card"})
	remove := func(key, apiKey string) body {
		return b.call("/api/v1/billing-key/remove", body{"apiKey": apiKey, "billingKey": key})
	}
	const none = "COMMON_BILLING_KEY_NOT_FOUND"
	wantCode(t, remove("unknown", testKey), none, "")
	wantCode(t, remove(key, liveKey), none, "")
	wantCode(t, remove("", testKey), "COMMON_INVALID_PARAMETER", "billingKey 는 필수값")
	wantCode(t, remove(b.createKey(body{"userId": "waits"}), testKey), none, "")
	told := len(b.callbackViews())
	want(t, remove(key, testKey))
	wantCode(t, remove(key, testKey), none, "")
	expect(t, want(t, b.keyStatus("cust-8841", "")), body{"status": "REMOVE", "billingKey": key})
	if n := len(b.callbackViews()); n != told {
		t.Error("the merchant is told of its own removal")
	}
	if err := b.AddShop(Shop{MID: "narushop", APIKey: testKey, Billing: true, KeepKeys: true}); err != nil {
		t.Fatal(err)
	}
	kept := b.activeKey(body{"userId": "kept"}, Instrument{Method: "card"})
	wantCode(t, remove(kept, testKey), "BILLING_KEY_REMOVE_NOT_ALLOWED_SHOP", "")
	expect(t, want(t, b.keyStatus("kept", "")), body{"status": "ACTIVE"})
}

func TestActivationIsToldInFourAttemptsThreeMinutesApart(t *testing.T) {
	t.Parallel()
	l := listen(t, always(500))
	b := setup(t)
	key := b.activeKey(body{"resultCallback": l.url}, Instrument{Method: "card", CardCompanyCode: 4})
	var got body
	m := l.next(t)
	if err := json.Unmarshal([]byte(m.body), &got); err != nil || m.kind != callbackJSON {
		t.Fatalf("%s %q: %v", m.kind, m.body, err)
	}
	expect(t, got, body{"action": "ACTIVATED", "userId": "cust-8841", "billingKey": key, "cardCompanyNo": 4, "cardMethodType": "CHECK"})
	expectAbsent(t, got, "status", "cardCompanyCode", "displayId", "accountNumber")
	for i := range 3 {
		b.callbacks(i + 1)
		b.clock.Advance(3*time.Minute - time.Second)
		b.wakeUp()
		b.clock.Advance(time.Second)
		b.wakeUp()
		l.next(t)
	}
	v := b.callbacks(4)[0]
	if v.State != "given_up" || v.Kind != "ACTIVATED" || v.UserID != "cust-8841" {
		t.Errorf("%+v", v)
	}
	for i, want := range []string{"17:44:02", "17:47:02", "17:50:02", "17:53:02"} {
		if !strings.HasSuffix(v.Tries[i].At, want) {
			t.Errorf("try %d at %s, want %s", i+1, v.Tries[i].At, want)
		}
	}
	b.clock.Advance(time.Hour)
	b.wakeUp()
	if len(l.got) != 0 {
		t.Error("a fifth try was made")
	}
}

func TestActivationObeysFaultRules(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	if _, err := b.Faults().Add("webhook ACTIVATED twice"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Faults().Add("webhook REMOVED drop"); err != nil {
		t.Fatal(err)
	}
	key := b.activeKey(body{"resultCallback": l.url}, Instrument{Method: "card"})
	if first, second := l.next(t), l.next(t); first != second {
		t.Errorf("%+v and %+v differ", first, second)
	}
	b.ctlOK("POST", "/billing-keys/"+key+"/remove", nil)
	if v := b.callbacks(1, 1, 0)[2]; v.State != "dropped" {
		t.Errorf("%+v", v)
	}
}
