package rest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/rest"
)

// inner is embedded: its fields count as those of what it stands in.
type inner struct {
	Total  *rest.Total `json:"total_amount"`
	Secret pay.Secret  `json:"card_number"`
	hidden string
}

// outer is a request made of parts.
type outer struct {
	inner
	Cards []struct {
		Secret pay.Secret `json:"card_number"`
	} `json:"cards"`
}

func TestPartsOfARequest(t *testing.T) {
	t.Parallel()
	for contentType, body := range map[string]string{
		jsonType: `{"total_amount":{"total":"1000"},"card_number":4330121234561234,"hidden":"x","inner":{"card_number":"y"},"cards":[{"card_number":"1"}]}`,
		formType: `total_amount[total]=1000&card_number=4330121234561234&hidden=x&inner[card_number]=y&cards[0][card_number]=1`,
	} {
		var in outer
		if err := rest.Decode(post(contentType, body), &in, true); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if in.Total == nil || *in.Total != 1000 || in.Secret.Reveal() != "4330121234561234" || in.hidden != "" || len(in.Cards) != 1 || in.Cards[0].Secret.Reveal() != "1" {
			t.Errorf("%s: %+v, %s", body, in, in.Secret.Reveal())
		}
	}
	for body, want := range map[string]rest.Rule{
		`{"total_amount":{"vat":1}}`: rest.RuleAmount, `{"total_amount":""}`: rest.RuleAmount, `{"total_amount":{"total":0.5}}`: rest.RuleWhole,
	} {
		var in outer
		err := rest.Decode(post(jsonType, body), &in, true)
		if f, ok := errors.AsType[*rest.FieldError](err); !ok || f.Field != "total_amount" || f.Rule != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// TestSecretsAreInNoError: whatever is wrong with a secret, its value is not told.
func TestSecretsAreInNoError(t *testing.T) {
	t.Parallel()
	const digits = "4330121234561234"
	for _, body := range []string{
		`{"card_number":["` + digits + `"]}`, `{"card_number":{"a":"` + digits + `"}}`, `{"card_number":"` + digits + `\u0000"}`,
		`{"cards":[{"card_number":["` + digits + `"]}]}`, `{"card_number":"` + digits, `{"cards":{"card_number":[` + digits + `]}}`,
	} {
		var in outer
		err := rest.Decode(post(jsonType, body), &in, true)
		if err == nil {
			t.Fatalf("%s was taken", body)
		}
		if shown := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(shown, "4330") {
			t.Errorf("%s: %s", body, shown)
		}
		if f, ok := errors.AsType[*rest.FieldError](err); ok && (!f.Hidden || f.Value != "") {
			t.Errorf("%s: hidden %v, value %q", body, f.Hidden, f.Value)
		}
	}
}

// input has one field of each kind that V1's requests are made of.
type input struct {
	ImpUID    string            `json:"imp_uid"`
	UIDs      []string          `json:"uids"`
	Amount    *rest.Amount      `json:"amount"`
	Checksum  *int64            `json:"checksum"`
	Page      int               `json:"page"`
	Webhook   bool              `json:"webhook"`
	Flag      *bool             `json:"flag"`
	Custom    rest.Text         `json:"custom_data"`
	Extra     extra             `json:"extra"`
	Schedules []item            `json:"schedules"`
	Notes     map[string]string `json:"notes"`
}

type extra struct {
	Requester string `json:"requester"`
}

type item struct {
	MerchantUID string      `json:"merchant_uid"`
	Amount      rest.Amount `json:"amount"`
	At          int64       `json:"schedule_at"`
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func post(contentType, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

func decode(t *testing.T, r *http.Request) input {
	t.Helper()
	var in input
	if err := rest.Decode(r, &in, true); err != nil {
		t.Fatalf("decode: %v", err)
	}
	return in
}

func won(n int64) *rest.Amount { a := rest.Amount(n); return &a }

func ptr[T any](v T) *T { return &v }

func TestFormAndJSONMeanTheSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form, json string
		want       input
	}{
		"plain":                  {"imp_uid=imp_1&page=2&webhook=true", `{"imp_uid":"imp_1","page":2,"webhook":true}`, input{ImpUID: "imp_1", Page: 2, Webhook: true}},
		"number as text":         {"amount=1000&page=3", `{"amount":"1000","page":"3"}`, input{Amount: won(1000), Page: 3}},
		"exponent":               {"amount=1e3", `{"amount":1e3}`, input{Amount: won(1000)}},
		"decimal zeros":          {"amount=1000.0", `{"amount":1000.00}`, input{Amount: won(1000)}},
		"number as a text field": {"imp_uid=12", `{"imp_uid":12}`, input{ImpUID: "12"}},
		"zero amount is there":   {"amount=0", `{"amount":0}`, input{Amount: won(0)}},
		"booleans as digits":     {"webhook=1&flag=0", `{"webhook":1,"flag":"0"}`, input{Webhook: true, Flag: ptr(false)}},
		"Python's booleans":      {"webhook=True&flag=False", `{"webhook":"True","flag":"False"}`, input{Webhook: true, Flag: ptr(false)}},
		"empty is absent":        {"checksum=&flag=&page=", `{"checksum":null,"flag":null,"page":null}`, input{}},
		"list with brackets":     {"uids[]=a&uids[]=b", `{"uids":["a","b"]}`, input{UIDs: []string{"a", "b"}}},
		"list with indexes":      {"uids[1]=b&uids[0]=a", `{"uids":["a","b"]}`, input{UIDs: []string{"a", "b"}}},
		"list by repetition":     {"uids=a&uids=b", `{"uids":["a","b"]}`, input{UIDs: []string{"a", "b"}}},
		"one for a list":         {"uids=a", `{"uids":"a"}`, input{UIDs: []string{"a"}}},
		"encoded brackets":       {"uids%5B%5D=a", `{"uids":["a"]}`, input{UIDs: []string{"a"}}},
		"nested object":          {"extra[requester]=admin", `{"extra":{"requester":"admin"}}`, input{Extra: extra{"admin"}}},
		"list of objects": {
			"schedules[0][merchant_uid]=m1&schedules[0][amount]=100&schedules[1][merchant_uid]=m2&schedules[1][amount]=200&schedules[1][schedule_at]=1785974400",
			`{"schedules":[{"merchant_uid":"m1","amount":100},{"merchant_uid":"m2","amount":"200","schedule_at":1785974400}]}`,
			input{Schedules: []item{{MerchantUID: "m1", Amount: 100}, {MerchantUID: "m2", Amount: 200, At: 1785974400}}},
		},
		"object for text":    {"custom_data[a]=1&custom_data[b]=<나루>", `{"custom_data":{"b":"<나루>","a":"1"}}`, input{Custom: `{"a":"1","b":"<나루>"}`}},
		"list for text":      {"custom_data[]=x&custom_data[]=y", `{"custom_data":["x","y"]}`, input{Custom: `["x","y"]`}},
		"text for text":      {"custom_data=%7B%22a%22%3Anull%7D", `{"custom_data":"{\"a\":null}"}`, input{Custom: `{"a":null}`}},
		"unknown fields":     {"imp_uid=a&escrow_confirmed=false&x[y]=1", `{"imp_uid":"a","escrow_confirmed":false,"x":{"y":1}}`, input{ImpUID: "a"}},
		"keys to the letter": {"IMP_UID=a&Imp_Uid=b", `{"IMP_UID":"a","Imp_Uid":"b"}`, input{}},
		"map":                {"notes[k]=v", `{"notes":{"k":"v"}}`, input{Notes: map[string]string{"k": "v"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, decode(t, post(formType, c.form))); diff != "" {
				t.Errorf("form %q: -want +got\n%s", c.form, diff)
			}
			if diff := cmp.Diff(c.want, decode(t, post(jsonType, c.json))); diff != "" {
				t.Errorf("JSON %q: -want +got\n%s", c.json, diff)
			}
		})
	}
}

func TestSloppyForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		contentType, body string
		want              input
	}{
		"raw UTF-8 and blanks":        {formType, "custom_data=고객 변심 100%&imp_uid=imp_1", input{Custom: "고객 변심 100%", ImpUID: "imp_1"}},
		"blank before a name":         {formType, "page=1& imp_uid=imp_1", input{Page: 1, ImpUID: "imp_1"}},
		"plus before a name":          {formType, "page=1&+imp_uid=imp_1", input{Page: 1, ImpUID: "imp_1"}},
		"equals sign in a value":      {formType, "imp_uid=a=b==", input{ImpUID: "a=b=="}},
		"semicolon in a value":        {formType, "imp_uid=a;b", input{ImpUID: "a;b"}},
		"broken escapes":              {formType, "imp_uid=%zz%4&page=1", input{ImpUID: "%zz%4", Page: 1}},
		"newline at the end":          {formType, "page=1&imp_uid=a\r\n", input{Page: 1, ImpUID: "a"}},
		"bytes that are not UTF-8":    {formType, "imp_uid=%b0%a1", input{ImpUID: "\uFFFD"}},
		"unbalanced brackets":         {formType, "uids[=a&imp_uid=b", input{ImpUID: "b"}},
		"repeated plain value":        {formType, "imp_uid=a&imp_uid=b", input{ImpUID: "b"}},
		"later brackets win":          {formType, "extra=1&extra[requester]=admin", input{Extra: extra{"admin"}}},
		"huge index":                  {formType, "uids[999999999]=z&uids[]=y&uids[3]=x", input{UIDs: []string{"x", "z", "y"}}},
		"JSON called a form":          {formType, ` {"imp_uid":"imp_1"}`, input{ImpUID: "imp_1"}},
		"JSON without a type":         {"", `{"imp_uid":"imp_1"}`, input{ImpUID: "imp_1"}},
		"form without a type":         {"", "imp_uid=imp_1", input{ImpUID: "imp_1"}},
		"odd type, JSON":              {"text/plain", `{"imp_uid":"imp_1"}`, input{ImpUID: "imp_1"}},
		"unreadable type, form":       {";;;", "imp_uid=imp_1", input{ImpUID: "imp_1"}},
		"JSON with a byte order mark": {jsonType, "\uFEFF{\"imp_uid\":\"imp_1\"}", input{ImpUID: "imp_1"}},
		"JSON with a charset":         {"application/json; charset=utf-8", `{"imp_uid":"imp_1"}`, input{ImpUID: "imp_1"}},
		"HAL":                         {"application/hal+json", `{"imp_uid":"imp_1"}`, input{ImpUID: "imp_1"}},
		"null":                        {jsonType, "null", input{}},
		"nothing":                     {jsonType, " \n", input{}},
		"null in a list":              {jsonType, `{"uids":[null,"a"]}`, input{UIDs: []string{"", "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, decode(t, post(c.contentType, c.body))); diff != "" {
				t.Errorf("%q: -want +got\n%s", c.body, diff)
			}
		})
	}
}

func TestMultipartIsRead(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	mw := multipart.NewWriter(&b)
	for _, p := range [][2]string{{"imp_uid", "imp_1"}, {"uids[]", "a"}, {"uids[]", "b"}} {
		if err := mw.WriteField(p[0], p[1]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := mw.CreateFormFile("custom_data", "x.txt")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(file, "a file is not a value")
	mw.Close()
	got := decode(t, post(mw.FormDataContentType(), b.String()))
	if diff := cmp.Diff(input{ImpUID: "imp_1", UIDs: []string{"a", "b"}}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want rest.FieldError
	}{
		"fraction":             {`{"amount":100.5}`, rest.FieldError{Field: "amount", Value: "100.5", Rule: rest.RuleWhole}},
		"fraction as text":     {`{"amount":"0.001"}`, rest.FieldError{Field: "amount", Value: "0.001", Rule: rest.RuleWhole}},
		"negative":             {`{"amount":-1}`, rest.FieldError{Field: "amount", Value: "-1", Rule: rest.RuleNegative}},
		"two signs":            {`{"amount":"--1"}`, rest.FieldError{Field: "amount", Value: "--1", Rule: rest.RuleNumber}},
		"separators":           {`{"amount":"1,000"}`, rest.FieldError{Field: "amount", Value: "1,000", Rule: rest.RuleNumber}},
		"empty amount":         {`{"amount":""}`, rest.FieldError{Field: "amount", Value: "", Rule: rest.RuleAmount}},
		"boolean amount":       {`{"amount":true}`, rest.FieldError{Field: "amount", Value: "true", Rule: rest.RuleAmount}},
		"amount of objects":    {`{"amount":{"total":100}}`, rest.FieldError{Field: "amount", Value: `{"total":100}`, Rule: rest.RuleAmount}},
		"too many digits":      {`{"amount":9007199254740992}`, rest.FieldError{Field: "amount", Value: "9007199254740992", Rule: rest.RuleTooBig}},
		"huge exponent":        {`{"amount":1e400}`, rest.FieldError{Field: "amount", Value: "1e400", Rule: rest.RuleTooBig}},
		"hexadecimal":          {`{"page":"0x10"}`, rest.FieldError{Field: "page", Value: "0x10", Rule: rest.RuleNumber}},
		"infinity":             {`{"checksum":"Infinity"}`, rest.FieldError{Field: "checksum", Value: "Infinity", Rule: rest.RuleNumber}},
		"word for a boolean":   {`{"webhook":"yes"}`, rest.FieldError{Field: "webhook", Value: "yes", Rule: rest.RuleBool}},
		"object for an id":     {`{"imp_uid":{"a":1}}`, rest.FieldError{Field: "imp_uid", Value: `{"a":1}`, Rule: rest.RuleText}},
		"list for an id":       {`{"imp_uid":["a"]}`, rest.FieldError{Field: "imp_uid", Value: `["a"]`, Rule: rest.RuleText}},
		"NUL in text":          {`{"imp_uid":"a\u0000b"}`, rest.FieldError{Field: "imp_uid", Value: `a\0b`, Rule: rest.RuleText}},
		"object for a list":    {`{"uids":{"a":"b"}}`, rest.FieldError{Field: "uids", Value: `{"a":"b"}`, Rule: rest.RuleList}},
		"text for an object":   {`{"extra":"admin"}`, rest.FieldError{Field: "extra", Value: "admin", Rule: rest.RuleObject}},
		"deep inside":          {`{"schedules":[{"amount":1},{"amount":1.5}]}`, rest.FieldError{Field: "schedules[1].amount", Value: "1.5", Rule: rest.RuleWhole}},
		"the first of several": {`{"page":"x","amount":-1}`, rest.FieldError{Field: "amount", Value: "-1", Rule: rest.RuleNegative}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var in input
			err := rest.Decode(post(jsonType, c.body), &in, true)
			got, ok := errors.AsType[*rest.FieldError](err)
			if !ok {
				t.Fatalf("%s: got %v, want a FieldError", c.body, err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("%s: -want +got\n%s", c.body, diff)
			}
			if c.want.Value != "" && strings.Contains(err.Error(), c.want.Value) {
				t.Errorf("the error's text %q holds the value; it is logged", err)
			}
		})
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, rest.MaxDepth+2) + "1" + strings.Repeat("}", rest.MaxDepth+2)
	for name, c := range map[string]struct {
		contentType, body string
		want              error
	}{
		"half a document":    {jsonType, `{"imp_uid":`, rest.ErrMalformed},
		"two documents":      {jsonType, `{} {}`, rest.ErrMalformed},
		"a list":             {jsonType, `[1]`, rest.ErrMalformed},
		"a number":           {jsonType, `1`, rest.ErrMalformed},
		"a form called JSON": {jsonType, `imp_uid=a`, rest.ErrMalformed},
		"deep JSON":          {jsonType, deep, rest.ErrTooManyFields},
		"much JSON":          {jsonType, `{"x":[` + strings.Repeat("1,", rest.MaxFields) + `1]}`, rest.ErrTooManyFields},
		"deep brackets":      {formType, "a" + strings.Repeat("[b]", rest.MaxDepth+1) + "=1", rest.ErrTooManyFields},
		"many names":         {formType, strings.Repeat("a=1&", rest.MaxFields+1), rest.ErrTooManyFields},
		"multipart cut off":  {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", rest.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var in input
			if err := rest.Decode(post(c.contentType, c.body), &in, true); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestBodyOfGETIsIgnored(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/?page=2", strings.NewReader("{not json"))
	r.Header.Set("Content-Type", "application/hal+json")
	if got := decode(t, r); got.Page != 2 {
		t.Errorf("page = %d, want the query's 2", got.Page)
	}
}

func TestPathBeatsBodyBeatsQuery(t *testing.T) {
	t.Parallel()
	var got input
	mux := chi.NewRouter()
	mux.Post("/p/{imp_uid}", func(w http.ResponseWriter, r *http.Request) { got = decode(t, r) })
	r := httptest.NewRequest(http.MethodPost, "/p/path?imp_uid=query&page=1&checksum=5", strings.NewReader(`{"imp_uid":"body","page":2}`))
	mux.ServeHTTP(httptest.NewRecorder(), r)
	if diff := cmp.Diff(input{ImpUID: "path", Page: 2, Checksum: ptr(int64(5))}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestPathValuesAreDecodedOnce(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/p/a":                  "a",
		"/p/%EC%A3%BC%EB%AC%B8": "주문",
		"/p/a%2Fb":              "a/b",
		"/p/a%2F%EC%A3%BC%20b":  "a/주 b",
		"/p/100%25":             "100%",
		"/p/%2541":              "%41",
		"/p/%2541%2F":           "%41/",
		"/p/a+b":                "a+b",
		"/p/a%2Fb%2541":         "a/b%41",
	} {
		var got string
		mux := chi.NewRouter()
		mux.Get("/p/{imp_uid}", func(w http.ResponseWriter, r *http.Request) { got = decode(t, r).ImpUID })
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestEmptyPathValueIsMissing(t *testing.T) {
	t.Parallel()
	var err error
	mux := chi.NewRouter()
	mux.Get("/p/{imp_uid}/x", func(w http.ResponseWriter, r *http.Request) { var in input; err = rest.Decode(r, &in, true) })
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/p//x", nil))
	if f, ok := errors.AsType[*rest.FieldError](err); !ok || f.Field != "imp_uid" || f.Rule != rest.RuleRequired {
		t.Errorf("got %v, want imp_uid to be missing", err)
	}
}

// TestPlainRequestsGoTheShortWay, with what mapstructure makes of them.
func TestPlainRequestsGoTheShortWay(t *testing.T) {
	t.Parallel()
	for body, plain := range map[string]bool{
		`{"imp_uid":"a","amount":"1000","flag":"1","page":2,"else":[1]}`: true,
		`{"imp_uid":null,"amount":null,"flag":"","page":""}`:             true,
		`{"imp_uid":7,"amount":1e3,"flag":0}`:                            true,
		`{"amount":0.5}`:                                                 false, `{"uids":["a"]}`: false, `{"imp_uid":{}}`: false,
	} {
		var short, whole input
		done, unused, err := rest.BothWays(post(jsonType, body), &short, &whole)
		if done != plain || done && (err != nil || unused[0] != unused[1] || !reflect.DeepEqual(short, whole)) {
			t.Errorf("%s: done %t, %+v (%d unused), mapstructure %+v (%d unused), %v", body, done, short, unused[0], whole, unused[1], err)
		}
	}
}

// FuzzDecode: no bytes make the decoder panic, hang or fail in a way that is
// not one of its documented errors, and amounts keep their promise.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"", "a=b", "imp_uid[]=a&imp_uid[0]=b&imp_uid=c", "schedules[0][amount]=1&schedules[0][amount][x]=2", "uids[][]=1", "a[", "a]b[=", "[a]=1",
		"extra[requester]=admin&extra=1", "amount=1e3", "amount=1e99999", "amount=-0.0", "page=%zz&%00=%00", "custom_data[a][b][]=1", "&&&===", "+++=+",
		`{"amount":1e3}`, `{"amount":"1000.0","uids":["a",null,{}]}`, `{"custom_data":{"a":[1,2,{"b":null}]}}`, `{"schedules":{"0":{"amount":1}}}`, `[`, `{"a":{"a":{"a":{}}}}`,
		`{"amount":0.1e1,"webhook":"1","flag":0}`, `{"imp_uid":"\ud800"}`, "notes[a]=1&notes[b][c]=2", `{"notes":{"a":{}}}`, `{"notes":"x","extra":[]}`, `{"schedules":[[],1]}`,
	} {
		f.Add(formType, s)
		f.Add(jsonType, s)
		f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"amount\"\r\n\r\n"+s+"\r\n--x--")
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		var in, plain, whole input
		if done, unused, err := rest.BothWays(post(contentType, body), &plain, &whole); done && (err != nil || unused[0] != unused[1] || !reflect.DeepEqual(plain, whole)) {
			t.Fatalf("the short way gives %+v (%d unused), mapstructure %+v (%d unused), %v", plain, unused[0], whole, unused[1], err)
		}
		err := rest.Decode(post(contentType, body), &in, true)
		_, field := errors.AsType[*rest.FieldError](err)
		if err != nil && !field && !errors.Is(err, rest.ErrMalformed) && !errors.Is(err, rest.ErrTooManyFields) {
			t.Fatalf("undocumented error %v", err)
		}
		if err == nil && in.Amount != nil && (*in.Amount < 0 || *in.Amount > rest.MaxAmount) {
			t.Fatalf("amount %d was let through", *in.Amount)
		}
		if err == nil && strings.ContainsRune(in.ImpUID, 0) {
			t.Fatal("NUL was let through")
		}
		if _, err := json.Marshal(in); err != nil {
			t.Fatalf("what was decoded cannot be written: %v", err)
		}
	})
}
