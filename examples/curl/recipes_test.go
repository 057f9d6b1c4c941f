// Package curl_test runs the shell recipes against answers of the V1 API.
package curl_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// run plays the gateway for one recipe and returns what the recipe printed,
// its exit error and the form of the call after the token's.
func run(t *testing.T, answer string, recipe ...string) (out, call string, form url.Values, err error) {
	t.Helper()
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		switch {
		case r.URL.Path == "/users/getToken" && r.Form.Get("imp_key") == "key" && r.Form.Get("imp_secret") == "a&b c":
			fmt.Fprint(w, `{"code":0,"message":null,"response":{"access_token":"0123abcd","now":1,"expired_at":1801}}`)
		case r.Header.Get("Authorization") == "Bearer 0123abcd":
			call, form = r.Method+" "+r.URL.Path, r.Form
			fmt.Fprint(w, answer)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"code":-1,"message":"Unauthorized","response":null}`)
		}
	}))
	defer gateway.Close()
	cmd := exec.Command("sh", recipe...)
	cmd.Env = append(os.Environ(), "GATEWAY="+gateway.URL, "IMP_KEY=key", "IMP_SECRET=a&b c", "no_proxy=127.0.0.1")
	text, err := cmd.CombinedOutput()
	return string(text), call, form, err
}

const success = `{"code":0,"message":null,"response":{"imp_uid":"imp_000000000001"}}`

func TestRecipesSendWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		recipe []string
		call   string
		form   url.Values
	}{
		{[]string{"payment.sh", "imp_000000000001"}, "GET /payments/imp_000000000001", url.Values{}},
		{[]string{"prepare.sh", "주문 1&2", "12000"}, "POST /payments/prepare", url.Values{"merchant_uid": {"주문 1&2"}, "amount": {"12000"}}},
		{[]string{"cancel.sh", "imp_000000000001", "12000", "고객 변심"}, "POST /payments/cancel",
			url.Values{"imp_uid": {"imp_000000000001"}, "checksum": {"12000"}, "reason": {"고객 변심"}}},
		{[]string{"cancel.sh", "imp_000000000001", "12000", "50% 할인", "6000"}, "POST /payments/cancel",
			url.Values{"imp_uid": {"imp_000000000001"}, "checksum": {"12000"}, "reason": {"50% 할인"}, "amount": {"6000"}}},
	} {
		t.Run(strings.Join(c.recipe, " "), func(t *testing.T) {
			t.Parallel()
			out, call, form, err := run(t, success, c.recipe...)
			if err != nil || strings.TrimSpace(out) != success {
				t.Errorf("printed %q, %v", out, err)
			}
			if call != c.call || form.Encode() != c.form.Encode() {
				t.Errorf("called %s with %v, want %s with %v", call, form, c.call, c.form)
			}
		})
	}
}

func TestTokenRecipePrintsTheTokenAlone(t *testing.T) {
	t.Parallel()
	if out, _, _, err := run(t, "", "get-token.sh"); err != nil || out != "0123abcd\n" {
		t.Errorf("printed %q, %v", out, err)
	}
}

func TestRefusalIsAnErrorOfTheRecipe(t *testing.T) {
	t.Parallel()
	refusal := `{"code":1,"message":"이미 전액취소된 주문입니다.","response":null}`
	out, _, _, err := run(t, refusal, "cancel.sh", "imp_000000000001", "0", "again")
	if err == nil || !strings.Contains(out, "이미 전액취소된 주문입니다.") {
		t.Errorf("printed %q, %v; want the refusal and a failure", out, err)
	}
	if out, call, _, err := run(t, success, "cancel.sh", "imp_000000000001"); err == nil || call != "" || !strings.Contains(out, "usage") {
		t.Errorf("too few arguments: printed %q, %v, called %q", out, err, call)
	}
}
