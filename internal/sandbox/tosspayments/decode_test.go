package tosspayments

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzRequests reads arbitrary bodies as each of the requests. Whatever is
// accepted must obey the documented limits; nothing may panic.
func FuzzRequests(f *testing.F) {
	for _, seed := range []string{
		`{"paymentKey":"k","orderId":"ORD-20230310-0001","amount":58000}`,
		`{"cancelReason":"변심","cancelAmount":20000,"taxFreeAmount":0,"refundableAmount":58000}`,
		`{"amount":58000,"orderId":"ORD-1-2-3","orderName":"이름","successUrl":"https://a/b","failUrl":"https://a/c","maxCardInstallmentPlan":6}`,
		`{"amount":10.5,"currency":"USD","useInternationalCardOnly":true,"orderId":"abcdef","orderName":"x","metadata":{"a":"b"}}`,
		`{"amount":1e400}`, `{"amount":"1/3"}`, `{"orderName":"\ud800"}`, `null`, `{}{}`, `[`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	s := &Simulator{opts: Options{Now: func() time.Time { return time.Unix(1678411000, 0) }}}
	f.Fuzz(func(t *testing.T, body []byte, strict bool) {
		for _, method := range []string{"카드", "", "토스페이"} {
			in, err := parseFields(body, strict, "INVALID_REQUEST")
			if err != nil {
				known(t, err)
				return
			}
			_, o, err := s.readWindow(&shop{}, in, method, false)
			if err != nil {
				known(t, err)
				continue
			}
			if !orderIDForm.MatchString(o.id) || o.total <= 0 || o.total > maxAmount || o.taxFree+o.exempt > o.total ||
				!utf8.ValidString(o.name) || utf8.RuneCountInString(o.name) > 100 {
				t.Errorf("accepted %+v from %q", o, body)
			}
		}
		in, _ := parseFields(body, strict, "INVALID_REQUEST")
		r := readRefund(in, "KRW")
		if err := in.done(); err != nil {
			known(t, err)
		} else if r.reason == "" || r.amount != nil && (*r.amount < 1 || *r.amount > maxAmount) {
			t.Errorf("accepted %+v from %q", r, body)
		}
	})
}

// FuzzDirect reads arbitrary bodies as the requests that need no window.
func FuzzDirect(f *testing.F) {
	for _, seed := range []string{
		`{"customerKey":"cus_1","cardNumber":"9410001234567890","cardExpirationYear":"30","cardExpirationMonth":"12","customerIdentityNumber":"900101","vbv":{"eci":"05"}}`,
		`{"amount":50000,"orderId":"SUB-0001","orderName":"구독","customerKey":"cus_1","cardInstallmentPlan":3,"taxFreeAmount":1}`,
		`{"amount":33000,"orderId":"VA-0001","orderName":"매트","customerName":"이","bank":"국민","dueDate":"2023-03-11T00:00:00","cashReceipt":{"type":"소득공제","registrationNumber":"1"}}`,
		`{"amount":1,"orderId":"VA-0001","orderName":"매트","customerName":"이","bank":"06","accountType":"고정","accountKey":"C","useEscrow":true,"escrowProducts":[{"id":"1"}]}`,
		`{"amount":30000,"orderId":"OFF-01","orderName":"판매","customerIdentityNumber":"01000001234","type":"지출증빙","businessNumber":"1234567890"}`,
		`{"refundReceiveAccount":{"bank":"신한","accountNumber":"1","holderName":"이"}}`, `{"vbv":[]}`, `{"cashReceipt":{}}`, `{"escrowProducts":[null]}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	s := &Simulator{opts: Options{Now: func() time.Time { return time.Unix(1678411000, 0) }}}
	readers := map[string]func(t *testing.T, in *fields) bool{
		"card": func(t *testing.T, in *fields) bool {
			d := readCardData(in, s.opts.Now())
			return in.complain != nil || (len(d.card.number) == 15 || len(d.card.number) == 16) && strings.Contains(d.card.number, "***") && d.card.company.code != ""
		},
		"charge": func(_ *testing.T, in *fields) bool {
			c := readCharge(in)
			return in.complain != nil || c.taxFree+c.exempt <= c.total && c.months >= 0 && c.months <= 12
		},
		"customer": func(_ *testing.T, in *fields) bool {
			n := utf8.RuneCountInString(readCustomerKey(in))
			return in.complain != nil || n >= 2 && n <= customerKeyLimit
		},
		"account": func(_ *testing.T, in *fields) bool {
			r := s.readAccount(in)
			left := r.account.valid.due(s.opts.Now()).Sub(s.opts.Now())
			return in.complain != nil || r.total > 0 && r.account.bank.issuing && left > 0 && left <= hoursLimit*time.Hour && (!r.account.fixed || r.account.key != "")
		},
		"cash": func(_ *testing.T, in *fields) bool {
			r := readCashReceipt(in, "customerIdentityNumber")
			return in.complain != nil || r.amount > 0 && r.taxFree <= r.amount && r.identity != "" && r.kind != ""
		},
		"refund": func(t *testing.T, in *fields) bool {
			if to := readRefundAccount(in); to != nil && to.problem != nil {
				known(t, to.problem)
			}
			return true
		},
	}
	f.Fuzz(func(t *testing.T, body []byte, strict bool) {
		for name, read := range readers {
			in, err := parseFields(body, strict, "INVALID_REQUEST")
			if err != nil {
				known(t, err)
				return
			}
			good := read(t, in)
			if err := in.done(); err != nil {
				known(t, err)
			} else if !good {
				t.Errorf("%s: accepted %q", name, body)
			}
		}
	})
}

// known wants a refusal with a code of the provider's list.
func known(t *testing.T, err error) {
	t.Helper()
	var e *apiError
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no refusal", err)
	}
	if p, ok := problems[e.code]; !ok || p.status == 0 {
		t.Errorf("code %q is not of the list", e.code)
	}
	if n := utf8.RuneCountInString(e.message(korean)); n > maxMessage {
		t.Errorf("message of %d characters", n)
	}
}

func TestAmountsAreWrittenAsTheyWereRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, currency string
		minor          int64
		again          string
	}{
		{"58000", "KRW", 58000, "58000"}, {"58000.0", "KRW", 58000, "58000"}, {"10.5", "USD", 1050, "10.5"}, {"10.25", "USD", 1025, "10.25"},
		{"10", "USD", 1000, "10"}, {"-1", "JPY", -1, "-1"}, {"0.01", "USD", 1, "0.01"},
	} {
		n, err := parseAmount(c.text, c.currency)
		if err != nil || n != c.minor || number(n, c.currency) != json.Number(c.again) {
			t.Errorf("%s %s: %d %v, written %s", c.text, c.currency, n, err, number(n, c.currency))
		}
	}
	for _, text := range []string{"", "x", "1/2", "1e3", "0.001", "1000000000000", "0x10", "1_000", strings.Repeat("9", 1000)} {
		if n, err := parseAmount(text, "USD"); err == nil {
			t.Errorf("%.20q was read as %d", text, n)
		}
	}
}

func TestTablesAgree(t *testing.T) {
	t.Parallel()
	for _, code := range declineCodes {
		if !problems[code].declines {
			t.Errorf("%s is offered in the window but does not decline", code)
		}
	}
	seen := map[string]bool{}
	for _, c := range companies {
		if seen[c.code] {
			t.Errorf("company %s is there twice", c.code)
		}
		seen[c.code] = true
		if len(c.bin) != 8 || c.full == "" {
			t.Errorf("company %s: bin %q, full name %q", c.code, c.bin, c.full)
		}
		if got, ok := findCompany(c.code); !ok || got.code != c.code {
			t.Errorf("company %s is found as %s", c.code, got.code)
		}
		if _, ok := findCompany(c.acquirerCode()); !ok {
			t.Errorf("company %s: no acquirer %s", c.code, c.acquirer)
		}
	}
	names := map[string]string{}
	for _, b := range banks {
		for _, name := range append([]string{b.code, b.ko, b.en, b.full}, b.also...) {
			if other, there := names[name]; name != "" && there && other != b.en {
				t.Errorf("%s is the name of two banks", name)
			}
			names[name] = b.en
			if got, ok := findBank(name); name != "" && (!ok || got.en != b.en) {
				t.Errorf("bank %s is found as %s", name, got.en)
			}
		}
	}
	for _, i := range issuers {
		if _, ok := findCompany(i.company); !ok {
			t.Errorf("issuer of %s: no company %s", i.digits, i.company)
		}
	}
	for _, m := range Cards() {
		if !problems[m.Code].declines || m.Status < 400 {
			t.Errorf("magic card %s: %s, status %d", m.Type, m.Code, m.Status)
		}
	}
	if c, _ := findCompany("우리"); c.code != "33" {
		t.Errorf("우리 is %s, want the one the window shows", c.code)
	}
}
