package v1_test

import (
	"strings"
	"testing"
)

// TestHowClientsCall: the public clients of V1 each have their own way to
// write a request. All of these are answered as meant.
func TestHowClientsCall(t *testing.T) {
	t.Parallel()
	const (
		form = "application/x-www-form-urlencoded"
		json = "application/json"
		tok  = "TOKEN"
	)
	shared := newWorld(t)
	for name, c := range map[string]struct {
		method, target, body string
		headers              []string
		status               int
		holds                string
	}{
		"Go: getToken, form not encoded, empty Authorization":   {"POST", "/users/getToken", "imp_key=" + key + "&imp_secret=" + secret, []string{"Content-Type", form, "Authorization", ""}, 200, `"access_token":"`},
		"PHP: multipart from curl's array":                      {"POST", "/users/getToken", "--b\r\nContent-Disposition: form-data; name=\"imp_key\"\r\n\r\n" + key + "\r\n--b\r\nContent-Disposition: form-data; name=\"imp_secret\"\r\n\r\n" + secret + "\r\n--b--\r\n", []string{"Content-Type", "multipart/form-data; boundary=b"}, 200, `"access_token":"`},
		"curl -d with JSON: called a form":                      {"POST", "/users/getToken", `{"imp_key":"` + key + `","imp_secret":"` + secret + `"}`, []string{"Content-Type", form}, 200, `"access_token":"`},
		"PHP: brackets, Bearer":                                 {"GET", "/payments?imp_uid%5B%5D=imp_000000000001&imp_uid%5B%5D=imp_000000000002", "", []string{"Authorization", "Bearer " + tok}, 200, `"imp_000000000002"`},
		"Ruby: raw brackets in the URL, GET with an empty body": {"GET", "/payments?imp_uid[]=imp_000000000001", "", []string{"Authorization", tok, "Content-Type", json}, 200, `"imp_000000000001"`},
		"Java: include_sandbox always":                          {"GET", "/payments/imp_000000000001?include_sandbox=false", "", []string{"Authorization", tok}, 200, `"status":"ready"`},
		"Java: escrow_confirmed on cancel":                      {"POST", "/payments/cancel", `{"imp_uid":"imp_000000000004","escrow_confirmed":false,"amount":100,"checksum":null}`, []string{"Authorization", tok, "Content-Type", json}, 200, `"cancel_amount":15000`},
		"WooCommerce: slash, Content-Type on GET, indexes":      {"GET", "/payments/?imp_uid[0]=imp_000000000001", "", []string{"Authorization", tok, "Content-Type", json}, 200, `"imp_000000000001"`},
		"WooCommerce: slash on cancel":                          {"POST", "/payments/cancel/", "imp_uid=imp_000000000002&reason=%EB%B3%80%EC%8B%AC", []string{"Authorization", tok, "Content-Type", form}, 200, `"cancel_reason":"변심"`},
		"HAL on GET with a body":                                {"GET", "/payments/find/paid-card/", "{", []string{"Authorization", tok, "Content-Type", "application/hal+json"}, 200, `"imp_000000000002"`},
		"repeated plain names":                                  {"GET", "/payments?merchant_uid=paid-card&merchant_uid=transfer", "", []string{"Authorization", tok}, 200, `"imp_000000000009"`},
		".NET: X-ImpTokenHeader":                                {"GET", "/users/pg", "", []string{"X-ImpTokenHeader", tok}, 200, `"channel_key"`},
		"find/undefined":                                        {"GET", "/payments/find/paid-card/undefined", "", []string{"Authorization", tok}, 400, "지원되지 않는 상태값입니다."},
		"base address with a slash at its end":                  {"GET", "//payments/imp_000000000001", "", []string{"Authorization", tok}, 200, `"status":"ready"`},
		"amount as text with a charset":                         {"PUT", "/payments/prepare/", `{"merchant_uid":"none","amount":"1000"}`, []string{"Authorization", tok, "Content-Type", "application/json;charset=UTF-8"}, 404, "사전등록된 결제정보가 존재하지 않습니다."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := shared.of(t)
			for i := range c.headers {
				c.headers[i] = strings.ReplaceAll(c.headers[i], tok, w.token)
			}
			a := w.call(c.method, c.target, c.body, c.headers...)
			if a.status != c.status || !strings.Contains(a.body, c.holds) {
				t.Errorf("answer %d, want %d with %s: %s", a.status, c.status, c.holds, a.body)
			}
		})
	}
}
