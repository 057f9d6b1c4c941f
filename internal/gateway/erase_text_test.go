package gateway

import (
	"encoding/json"
	"testing"
)

func TestForgetter(t *testing.T) {
	t.Parallel()
	f := newForgetter([]string{"홍길동", "Buyer@shop.example", "010-1234-5678", "a", " ", "a.b*"})
	for text, want := range map[string]string{
		"홍길동 님이 홍길동으로":                         "*** 님이 ***으로",
		"to buyer@SHOP.example!":               "to ***!",
		"name=%ED%99%8D%EA%B8%B8%EB%8F%99&x=a": "name=***&x=a", // one letter is looked for nowhere
		"tel 010-1234-5678":                    "tel ***",
		"a.b* axbb":                            "*** axbb", // nothing of it is a pattern
		"":                                     "",
	} {
		if got := f.text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for address, want := range map[string]string{
		"https://홍길동.example/홍길동?n=홍길동#x": "https://홍길동.example/홍길동?n=***#x",
		"https://shop.example/hook":       "https://shop.example/hook",
	} {
		if got := f.address(address); got != want {
			t.Errorf("%q became %q, want %q", address, got, want)
		}
	}
	for detail, want := range map[string]string{
		``: ``, `{}`: `{}`, `{"key":"k","hold":true}`: `{"key":"k","hold":true}`, `{"cancel_id":"c"}`: `{"cancel_id":"c"}`,
		`{"refund_to":"c2VhbGVk","left":5,"reason":"홍길동 변심"}`: `{"left":5,"reason":"*** 변심"}`,
	} {
		got, err := f.detail(json.RawMessage(detail))
		if err != nil || string(got) != want {
			t.Errorf("%s became %s, want %s (%v)", detail, got, want, err)
		}
	}
	if _, err := f.detail(json.RawMessage(`[1]`)); err == nil {
		t.Error("a detail that is no object passes")
	}
	if got := newForgetter(nil).text("홍길동"); got != "홍길동" {
		t.Errorf("nothing is known, and it became %q", got)
	}
}

func TestSameTel(t *testing.T) {
	t.Parallel()
	for _, tel := range []string{"010-1234-5678", "01012345678", "+82 10-1234-5678", "+82 010 1234 5678", " 010.1234.5678 "} {
		if got := sameTel(tel); got != "01012345678" {
			t.Errorf("%q is %q", tel, got)
		}
	}
}
