package crash_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"naru/internal/pay"
	"naru/internal/v1wire"
)

// buyer is a customer's browser on its way through one checkout.
type buyer struct {
	*world
	provider pay.Provider
	customer string // of a card that is registered; "" pays
	back     string // where the provider's window sends the browser
}

// opens has the shop's page open a checkout. An empty link is the end: the
// buyer was told.
func (b *buyer) opens(params fields) (link string, t told) {
	b.t.Helper()
	params["m_redirect_url"] = b.shop.url(thanks)
	raw, err := json.Marshal(fields{"user_code": userCode, "mobile": true, "page": "http://localhost:8789/", "params": params})
	b.must(err)
	req, err := http.NewRequest(http.MethodPost, b.front.URL+"/sdk/checkouts", bytes.NewReader(raw))
	b.must(err)
	req.Header.Set("Origin", "http://localhost:8789")
	a := b.send(req)
	var in struct {
		URL     string
		Refused *struct {
			Code string `json:"error_code"`
			Text string `json:"error_msg"`
		}
	}
	switch {
	case a.err != nil:
		return "", told{lost, a.String()}
	case json.Unmarshal(a.raw, &in) != nil:
		return "", told{"malformed", a.String()}
	case in.Refused != nil:
		return "", told{refused, in.Refused.Code + " " + in.Refused.Text}
	}
	return in.URL, told{}
}

// enters follows the link to the provider's window: by the provider's script, or
// by a redirect.
func (b *buyer) enters(link string) (window string, t told) {
	b.t.Helper()
	a := b.get(link)
	switch {
	case a.err != nil:
		return "", told{lost, a.String()}
	case a.status == http.StatusSeeOther && strings.HasPrefix(a.location, b.sandbox.URL):
		return a.location, told{}
	case a.status != http.StatusOK:
		return "", told{declined, a.String()} // our page says what went wrong, and that nothing was paid
	}
	found := pageData.FindSubmatch(a.raw)
	if found == nil {
		return "", told{declined, a.String()}
	}
	var page struct {
		Script *struct {
			Init []string
			Call string
			Args []any
		}
	}
	b.must(json.Unmarshal(found[1], &page))
	if page.Script == nil {
		return "", told{declined, a.String()}
	}
	route := map[string]string{"requestPayment": "payments", "requestBillingAuth": "billing-auths"}[page.Script.Call]
	var opened struct{ URL string }
	b.at(b.sandbox.URL+"/tosspayments/sdk/"+route, fields{
		"clientKey": page.Script.Init[0], "nonce": "0123456789abcdef", "method": page.Script.Args[0], "params": page.Script.Args[1], "phone": false,
	}, &opened)
	return opened.URL, told{}
}

// pageData is what our page hands to its script.
var pageData = regexp.MustCompile(`(?s)id="checkout-data">(.*?)</script>`)

// agrees in the provider's window.
func (b *buyer) agrees(window string) {
	b.t.Helper()
	at, err := url.Parse(window)
	b.must(err)
	q := at.Query()
	switch {
	case q.Get("payToken") != "":
		var end struct{ Next string }
		b.control(b.wallet.Control(), "POST", "/payments/"+q.Get("payToken")+"/approve", fields{"payMethod": "CARD", "cardCompanyCode": 1}, &end)
		b.back = end.Next
	case q.Get("billingKey") != "":
		var end struct{ Next string }
		b.control(b.wallet.Control(), "POST", "/billing-keys/"+q.Get("billingKey")+"/agree", fields{"method": "card"}, &end)
		b.back = end.Next
	default:
		choices := fields{"company": "41"}
		if b.customer != "" {
			choices = fields{"card": "good"}
		}
		var end struct{ URL string }
		b.at(window+"/approve", choices, &end)
		b.back = end.URL
	}
}

// returns to the gateway, which asks for the money.
func (b *buyer) returns() told {
	b.t.Helper()
	a := b.get(b.back)
	if a.err != nil {
		return told{lost, a.String()}
	}
	to, err := url.Parse(a.location)
	b.must(err)
	code := to.Query().Get("error_code")
	switch {
	case !strings.HasPrefix(a.location, b.shop.url(thanks)):
		return told{unknown, a.String()} // a page of ours that waits, or says that the link was used
	case code == v1wire.CodePaid:
		return told{refused, code}
	case code != "":
		return told{declined, code + " " + to.Query().Get("error_msg")}
	}
	return told{done, a.location}
}

func (b *buyer) get(address string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	b.must(err)
	req.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14)")
	return b.send(req)
}

// at posts to the provider's window.
func (b *buyer) at(address string, body, into any) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	b.must(err)
	req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(raw))
	b.must(err)
	req.Header.Set("Content-Type", "application/json")
	a := b.send(req)
	if a.err != nil || a.status != http.StatusOK {
		b.t.Fatalf("the window of %s: %s", b.provider, a)
	}
	b.must(json.Unmarshal(a.raw, into))
}

// pays goes the whole way, as far as it goes.
func (b *buyer) pays(params fields) told {
	b.t.Helper()
	link, t := b.opens(params)
	if link == "" {
		return t
	}
	window, t := b.enters(link)
	if window == "" {
		return t
	}
	b.agrees(window)
	return b.returns()
}
