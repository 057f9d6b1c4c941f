package chaos_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// A buyer's browser opens a window, agrees, and comes back to us. When the way
// back fails, the buyer reloads the page; a link that fails to open makes the
// buyer go away.

// returns is how often a buyer reloads.
const returns = 5

func (c *caller) walletWindow() {
	o := c.newOrder("window", walletChannel)
	link, ok := c.checkout(o, "tosspay")
	if !ok {
		return
	}
	window, err := url.Parse(c.send(http.MethodGet, link, nil, "").location)
	if err != nil || window.Query().Get("payToken") == "" {
		return
	}
	var end struct{ Next string }
	err = c.load.s.control(http.MethodPost, "tosspay/payments/"+window.Query().Get("payToken")+"/approve", map[string]any{"payMethod": "CARD", "cardCompanyCode": 1}, &end)
	if err != nil {
		c.load.wrong("%s: the buyer cannot agree: %v", o, err)
		return
	}
	c.comeBack(o, end.Next)
}

// checkout asks for a window as iamport.js does and gives its link.
func (c *caller) checkout(o *order, method string) (string, bool) {
	o.asked++
	params := map[string]any{
		"channelKey": o.channel, "pay_method": method, "merchant_uid": o.uid, "name": "나루 머그컵", "amount": o.amount,
		"buyer_name": "홍길동", "m_redirect_url": "https://shop.example/done",
	}
	r := c.send(http.MethodPost, "/sdk/checkouts", map[string]any{"user_code": userCode, "mobile": true, "params": params, "page": "https://shop.example/order"}, "")
	var in struct {
		Token   string
		ImpUID  string `json:"imp_uid"`
		Refused json.RawMessage
	}
	if r.trouble() != "" || json.Unmarshal(r.raw, &in) != nil {
		return "", false
	}
	if in.Token == "" {
		if r.status == http.StatusOK && !strings.Contains(string(r.raw), "NARU_INTERNAL") {
			c.load.wrong("%s: the window is refused: %s", o, r.raw)
		}
		return "", false
	}
	o.impUID = in.ImpUID
	return "/checkout/" + in.Token, true
}

var (
	pageData = regexp.MustCompile(`(?s)<script type="application/json" id="checkout-data">(.*?)</script>`)
	company  = regexp.MustCompile(`name="company" value="(\w+)"`)
)

// page is what our pages tell their script.
type page struct {
	Page   string
	Script *struct {
		Src  string
		Init []string
		Args []json.RawMessage
	}
}

func pageOf(r reply) (p page) {
	if m := pageData.FindSubmatch(r.raw); m != nil {
		_ = json.Unmarshal(m[1], &p) // a page that cannot be read has no window
	}
	return p
}

func (c *caller) cardWindow() {
	o := c.newOrder("window", cardChannel)
	link, ok := c.checkout(o, "card")
	if !ok {
		return
	}
	r := c.send(http.MethodGet, link, nil, "")
	p := pageOf(r)
	if p.Page == "choose" {
		m := company.FindSubmatch(r.raw)
		if m == nil {
			c.load.wrong("%s: no company to choose", o)
			return
		}
		p = pageOf(c.send(http.MethodPost, link+"/card", url.Values{"company": {string(m[1])}, "months": {"0"}}.Encode(), ""))
	}
	if p.Script == nil || len(p.Script.Init) != 1 || len(p.Script.Args) != 2 {
		return
	}
	if back, ok := c.agree(p); ok {
		c.comeBack(o, back)
	}
}

// agree does what the provider's script and its window do.
func (c *caller) agree(p page) (string, bool) {
	base := strings.TrimSuffix(p.Script.Src, "/js/v1")
	var window, end struct{ URL string }
	err := c.sandbox(base+"/sdk/payments", map[string]any{
		"clientKey": p.Script.Init[0], "method": p.Script.Args[0], "params": p.Script.Args[1], "nonce": "0123456789abcdef0123456789abcdef",
	}, &window)
	if err != nil || window.URL == "" {
		return "", false // a fault of the provider's
	}
	if err := c.sandbox(window.URL+"/approve", map[string]any{"company": "61"}, &end); err != nil || end.URL == "" {
		return "", false
	}
	return end.URL, true
}

// sandbox is a browser's call to the provider.
func (c *caller) sandbox(to string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", originOf(to))
	if strings.HasSuffix(to, "/sdk/payments") {
		req.Header.Set("Origin", c.load.s.front.URL)
	}
	return c.load.s.exchange(req, into)
}

// comeBack is the browser on its way back, which the buyer tries again.
func (c *caller) comeBack(o *order, back string) {
	for try := range returns {
		if try > 0 {
			c.rest(time.Duration(try) * 200 * time.Millisecond)
		}
		if r := c.send(http.MethodGet, back, nil, ""); r.trouble() == "" {
			break
		}
		o.doubt = true
	}
	c.lookUp(o)
}
