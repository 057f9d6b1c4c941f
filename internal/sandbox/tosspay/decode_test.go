package tosspay

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDecode feeds request bodies to every operation's decoder: whatever
// comes, it either refuses in words that fit the envelope or returns values
// that keep the documented limits.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"apiKey":"sk_test_a","orderNo":"a","amount":100,"amountTaxFree":0,"productDesc":"연필","retUrl":"https://a/","retCancelUrl":"https://a/","autoExecute":true,"cardOptions":{"options":[{"cardCompanyCode":3}]}}`))
	f.Add([]byte(`{"apiKey":"sk_test_a","payToken":"x","refundNo":"1","amount":1e3,"idempotent":"false"}`))
	f.Add([]byte(`{"apiKey":"sk_test_a","userId":"u=1","displayId":"d","productDesc":"멤버십","resultCallback":"https://a/","returnSuccessUrl":"https://a/","returnFailureUrl":"https://a/","retAppScheme":"shop://","encryptedUserCi":"AAAA"}`))
	f.Add([]byte(`{"apiKey":"sk_test_a","billingKey":"k","orderNo":"a=1","productDesc":"멤버십","amount":9900,"amountTaxFree":0,"spreadOut":12,"cashReceipt":null,"cashReceiptTradeOption":"CULTURE","sendFailPush":false}`))
	f.Add([]byte(`{"spreadOut":13,"sendFailPush":"no"}`))
	f.Add([]byte(`{"amount":"60000","amount":1}`))
	f.Add([]byte(`[{}]`))
	f.Add([]byte("{\"a\":\"\xff\"}"))
	f.Add([]byte(`{"a":` + strings.Repeat("[", 100)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := parseObject(raw)
		if err != nil {
			if !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		for path, op := range operations {
			for _, strict := range []bool{true, false} {
				v, f := op.spec.read(o, strict)
				if f != nil {
					if e := f.envelope(); e.Msg == "" || utf8.RuneCountInString(e.Msg) > maxMsg || !utf8.ValidString(e.Msg) {
						t.Errorf("%s: envelope %+v", path, e)
					}
					continue
				}
				checkValues(t, op.spec, v)
			}
		}
	})
}

func checkValues(t *testing.T, sp spec, v values) {
	t.Helper()
	for _, f := range sp {
		if s, ok := v.texts[f.name]; ok && (s == "" || f.max > 0 && utf8.RuneCountInString(s) > f.max) {
			t.Errorf("%s = %q", f.name, s)
		}
		if n, ok := v.wons[f.name]; ok && (n < 0 || n > maxWon || f.most > 0 && n > f.most) {
			t.Errorf("%s = %d", f.name, n)
		}
		_, isText := v.texts[f.name]
		_, isWon := v.wons[f.name]
		_, isFlag := v.flags[f.name]
		_, isRaw := v.raws[f.name]
		if f.need && !isText && !isWon && !isFlag && !isRaw {
			t.Errorf("%s is required and missing", f.name)
		}
	}
}

func TestScrubLeavesNoKey(t *testing.T) {
	t.Parallel()
	s := &Simulator{}
	for _, raw := range []string{
		`{"apiKey":"` + testKey + `","orderNo":"a"}`,
		`{"apiKey" : "` + liveKey,
		`{"api\u004bey":"` + testKey + `"}`,
		`note ` + sandboxKey + ` end`,
		`{"APIKEY":"anything at all"}`,
	} {
		got := string(s.scrub("/api/v2/payments", []byte(raw)))
		if regexp.MustCompile(`sk_\w+_[0-9A-Za-z]`).MatchString(got) || strings.Contains(got, "anything at all") {
			t.Errorf("%s became %s", raw, got)
		}
	}
}

func TestIDsUseTheWholeAlphabet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.letters(5000, base62)
	for _, r := range base62 {
		if n := strings.Count(text, string(r)); n < 40 || n > 130 {
			t.Errorf("%c comes %d times in 5000", r, n)
		}
	}
	if id := b.uuid(); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("uuid %s", id)
	}
}
