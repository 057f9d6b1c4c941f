package parameters_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"naru/test/devserver"
)

// wish is one call of IMP.request_pay.
type wish struct {
	contract contract
	params   params
	phone    bool
}

// opened is what became of a wish: a refusal, or a window at the provider.
type opened struct {
	refused *callback

	token, payment string
	console        []string // what the page writes to the browser's console
	notes          []note   // by REST
	language       string   // of our page; "" when the browser saw none
	companies      []string // what the buyer chose a card from, if at all
	address        string   // of the provider's window
	received       record
}

// callback is a refusal as the page's callback is given it.
type callback struct {
	Code    string          `json:"error_code"`
	Text    string          `json:"error_msg"`
	Payment json.RawMessage `json:"imp_uid"`
}

type note struct{ Parameter, Kind string }

func (n note) String() string { return n.Kind + ":" + n.Parameter }

// shopPage is where the buyer is. Only its origin is told to providers.
const shopPage = "https://shop.example/order"

// open asks for a window as iamport.js does, and opens it as a browser does.
func (s *stage) open(w wish) (opened, error) {
	var got struct {
		Token   string
		Payment string `json:"imp_uid"`
		Notes   []string
		Refused *callback
	}
	body := map[string]any{"user_code": devserver.UserCode, "params": w.params, "mobile": w.phone, "page": shopPage}
	a, err := s.call(call{to: s.Gateway + "/sdk/checkouts", body: body, origin: "https://shop.example"}, &got)
	switch {
	case err != nil:
		return opened{}, err
	case got.Refused != nil:
		s.refused.Add(1)
		return opened{refused: got.Refused}, nil
	case got.Token == "":
		return opened{}, fmt.Errorf("no window and no refusal: %s", a)
	}
	o := opened{token: got.Token, payment: got.Payment, console: got.Notes}
	if err := s.readNotes(&o); err != nil {
		return o, err
	}
	if err := s.begin(&o, w); err != nil {
		return o, fmt.Errorf("begin %s: %w", o.payment, err)
	}
	s.opened.Add(1)
	return o, nil
}

func (s *stage) readNotes(o *opened) error {
	var in struct{ Response struct{ Notes []note } }
	_, err := s.call(call{to: s.Gateway + "/x/payments/" + o.payment + "/window", bearer: s.bearer}, &in)
	o.notes = in.Response.Notes
	return err
}

// link is an address of the checkout.
func (s *stage) link(o opened, more string) string { return s.Gateway + "/checkout/" + o.token + more }

// begin opens the provider's window, and learns what the provider received.
func (s *stage) begin(o *opened, w wish) (err error) {
	o.address, o.received, err = s.records[w.contract.provider].of(func() (string, error) { return s.follow(o, w) })
	return err
}

// follow follows the link to the provider's window. A buyer who is to choose a
// card takes the first company, at once.
func (s *stage) follow(o *opened, w wish) (string, error) {
	a, err := s.call(call{to: s.link(*o, "")}, nil)
	if err != nil {
		return "", err
	}
	page := pageOf(a)
	if page.Page == "choose" {
		for _, m := range company.FindAllStringSubmatch(string(a.body), -1) {
			o.companies = append(o.companies, m[1])
		}
		if len(o.companies) == 0 {
			return "", fmt.Errorf("no company to choose: %s", a)
		}
		form := url.Values{"company": o.companies[:1], "months": {"0"}}
		if a, err = s.call(call{to: s.link(*o, "/card"), body: form.Encode(), origin: s.Gateway}, nil); err != nil {
			return "", err
		}
		page = pageOf(a)
	}
	o.language = page.Lang
	switch {
	case page.Script != nil && w.contract.provider == cards:
		return s.runScript(*page.Script, w.phone)
	case a.status == http.StatusSeeOther && w.contract.provider == wallet:
		return a.location, nil
	}
	return "", fmt.Errorf("no window of %s: %s", w.contract.provider, a)
}

var company = regexp.MustCompile(`name="company" value="(\w+)"`)

// page is what our pages tell their script.
type page struct {
	Page, Lang string
	Script     *script
}

// script is how the provider's script is to be called.
type script struct {
	Src, Object, Call string
	Init              []string
	Args              []json.RawMessage
}

var pageData = regexp.MustCompile(`(?s)<script type="application/json" id="checkout-data">(.*?)</script>`)

func pageOf(a answer) page {
	var p page
	if m := pageData.FindSubmatch(a.body); m != nil {
		_ = json.Unmarshal(m[1], &p) // a page that cannot be read has no window
	}
	return p
}

// scriptCalls are where the stand-in's script sends what it is called with.
var scriptCalls = map[string]string{"requestPayment": "/sdk/payments", "requestBillingAuth": "/sdk/billing-auths"}

// runScript does what the stand-in's script for browsers does.
func (s *stage) runScript(in script, phone bool) (string, error) {
	base, known := strings.CutSuffix(in.Src, "/js/v1")
	to, offered := scriptCalls[in.Call]
	if !known || !offered || in.Object != "TossPayments" || len(in.Init) != 1 || len(in.Args) != 2 {
		return "", fmt.Errorf("no call of the provider's script: %+v", in)
	}
	var got struct{ URL, Code, Message string }
	body := map[string]any{"clientKey": in.Init[0], "method": in.Args[0], "params": in.Args[1], "nonce": "0123456789abcdef0123456789abcdef", "phone": phone}
	if _, err := s.call(call{to: base + to, body: body, origin: s.Gateway}, &got); err != nil {
		return "", err
	}
	if got.URL == "" {
		return "", fmt.Errorf("the provider refuses the window: %s %s", got.Code, got.Message)
	}
	return got.URL, nil
}

// leave closes the window as a buyer does, and gives where the browser goes.
func (s *stage) leave(o opened) (string, error) {
	a, err := s.call(call{to: s.link(o, "/close"), body: "x=1", origin: s.Gateway}, nil)
	if err == nil && a.location == "" {
		err = fmt.Errorf("the browser is sent nowhere: %s", a)
	}
	return a.location, err
}

// again is the language of the page that a used link shows.
func (s *stage) again(o opened) (string, error) {
	a, err := s.call(call{to: s.link(o, "")}, nil)
	return pageOf(a).Lang, err
}

// inV1 is the payment as GET /payments/{imp_uid} tells it.
func (s *stage) inV1(o opened) (map[string]any, error) {
	var in struct{ Response map[string]any }
	a, err := s.call(call{to: s.Gateway + "/payments/" + o.payment, bearer: s.bearer}, &in)
	if err == nil && in.Response == nil {
		err = fmt.Errorf("GET /payments/%s: %s", o.payment, a)
	}
	return in.Response, err
}
