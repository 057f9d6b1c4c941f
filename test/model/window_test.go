package model_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// visit is a buyer on the way through a window.
type visit struct {
	*side
	number   string
	amount   int64
	method   pay.Method
	confirm  string // what the merchant's confirm_url says; "" is none
	customer *customer
	user     string // customer_id of a registration
	means    *means // that the buyer agreed to register

	id     pay.PaymentID
	opened time.Time
	token  string
	link   string // our page that begins it
	begun  bool
	window string // the provider's window, once it was begun
	agreed time.Time
	code   string // with which the provider will decline
	back   string // where the provider's window sends the browser; "" not yet
	fails  bool   // to the failure address
	left   bool   // the buyer closed it
	// returned: the browser came back and was answered. Without an answer its buyer
	// reloads the page, which may have been taken: tried.
	returned, tried bool
}

func (v *visit) String() string {
	what := fmt.Sprintf("%s window %s of %s over %d", v.name, v.method, v.number, v.amount)
	if v.customer != nil {
		what = fmt.Sprintf("%s window of %s for %s", v.name, v.number, v.customer)
	}
	if v.confirm != "" {
		what += ", the merchant's server " + v.confirm
	}
	return what
}

// old reports whether the link tells nothing any more.
func (s *story) old(v *visit) bool { return s.clock.Now().Sub(v.opened) > 2*time.Hour }

// over reports whether nothing more can come of it.
func (v *visit) over() bool { return v.returned || v.left || v.begun && v.window == "" }

func (s *story) visit(fits func(*visit) bool) *visit {
	var all []*visit
	for _, v := range s.visits {
		if fits(v) {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return one(s, all)
}

// cameBack reports whether the gateway took the buyer of a payment back from its
// window.
func (s *story) cameBack(id pay.PaymentID) (back bool) {
	s.t.Helper()
	s.read(func(tx *store.Tx) error {
		c, err := tx.CheckoutOfPayment(s.ctx, s.merchant, id)
		back = c.State == "returned"
		return err
	})
	return back
}

// What the merchant's server answers at a confirm_url.
var confirms = []string{"agrees", "agrees", "stops it", "fails"}

// pay opens a payment window, and mostly has its buyer go on at once.
func (s *story) pay() {
	v := &visit{side: s.cards, number: s.number(), amount: s.amount(), method: one(s, []pay.Method{pay.MethodCard, pay.MethodCard, pay.MethodVbank})}
	if s.wallet != nil && s.chance(3) {
		v.side, v.method = s.wallet, pay.MethodTossPay
	}
	if s.chance(4) {
		v.confirm = one(s, confirms)
	}
	params := s.order(v.number, v.amount)
	delete(params, "tax_free")
	params["channelKey"], params["pay_method"] = string(v.channel), string(v.method)
	if v.method == pay.MethodVbank {
		params["vbank_due"] = s.clock.In(one(s, []time.Duration{10 * time.Hour, 48 * time.Hour})).In(seoul).Format("20060102150405")
	}
	if v.confirm != "" {
		params["confirm_url"] = s.hook.url(confirmHook + map[string]string{"agrees": "ok", "stops it": "stop", "fails": "fail"}[v.confirm])
	}
	s.open(v, params)
}

var seoul = time.FixedZone("KST", 9*60*60)

// pageSays is what the SDK is told about a checkout.
type pageSays struct {
	Token, URL string
	ImpUID     pay.PaymentID `json:"imp_uid"`
	Refused    *callback
	Progress   *gateway.Progress
	Callback   *callback
}

// callback is what the shop's page is given.
type callback struct {
	ImpUID *pay.PaymentID `json:"imp_uid"`
	Code   string         `json:"error_code"`
	Text   string         `json:"error_msg"`
}

func (c callback) String() string { return plain(c) }

// sdk asks what the browser SDK asks. ok is false without an answer.
func (s *story) sdk(method, path string, body fields) (told pageSays, ok bool) {
	s.t.Helper()
	s.did(s.doing)
	var raw []byte
	if body != nil {
		raw = encode(s.t, body)
	}
	p := s.browse(method, s.front.URL+path, raw)
	what := method + " " + path
	s.shownPage(what, p, s.mourn(), 200, 404)
	if p.err != nil {
		return told, false
	}
	decode(s.t, p.raw, &told)
	return told, true
}

// open registers a window and keeps it if it was not refused.
func (s *story) open(v *visit, params fields) {
	s.t.Helper()
	what := "open a " + v.String()
	s.note("%s", what)
	use := s.usage(v.number, "")
	want, prepared := s.prepared[v.number]
	misfit := prepared && want != v.amount && v.customer == nil
	body := fields{"user_code": userCode, "tier_code": s.tier, "params": params, "mobile": s.chance(2), "page": "https://shop.example/order"}
	told, ok := s.sdk("POST", "/sdk/checkouts", body)
	switch {
	case !ok:
		return
	case told.Refused != nil:
		s.note("  → refused %s %s", told.Refused.Code, told.Refused.Text)
		if use == free && !misfit {
			s.fail("%s: refused: %+v", what, told.Refused)
		}
		return
	case use == used || misfit:
		s.fail("%s: the order number is used up or registered with %d, and the window opens", what, want)
	}
	v.opened = s.clock.Now()
	v.id, v.token, v.link = told.ImpUID, told.Token, told.URL
	s.visits = append(s.visits, v)
	for !v.over() && !s.chance(6) {
		s.act(v)
	}
}

// goOn has a buyer who is in a window do the next thing; one who has left may
// come back.
func (s *story) goOn() {
	v := s.visit(func(v *visit) bool { return !v.over() || s.chance(6) })
	if v == nil {
		return
	}
	s.act(v)
}

// act is the next thing that a buyer does.
func (s *story) act(v *visit) {
	s.t.Helper()
	switch {
	case v.over() || s.chance(25):
		s.again409(v)
	case !v.begun && s.chance(15), v.begun && v.back == "" && s.chance(8):
		s.leave(v, s.chance(2))
	case !v.begun:
		s.begin(v)
	case v.back == "":
		s.choose(v)
	case s.chance(8):
		s.leave(v, true) // the popup is gone before it was sent back
	default:
		s.comeBack(v)
	}
}

// begin follows the link to the provider's window.
func (s *story) begin(v *visit) {
	s.t.Helper()
	what := "begin the " + v.String()
	s.note("%s", what)
	s.did(s.doing)
	v.begun = true
	p := s.browse("GET", v.link, nil)
	s.shownPage(what, p, s.mourn(), 200, 303, 409, 410, 422, 502)
	switch {
	case p.err != nil:
	case p.status == http.StatusSeeOther:
		v.window = p.location
	case p.status == http.StatusOK:
		v.window = s.launch(what, v, p)
	default:
		s.note("  → %d", p.status)
		if s.calm() && p.status != http.StatusGone {
			s.fail("%s: %s", what, p)
		}
	}
}

// pageData is what our page hands to its script.
var pageData = regexp.MustCompile(`(?s)id="checkout-data">(.*?)</script>`)

// launch opens the provider's window as its script does with what our page says.
func (s *story) launch(what string, v *visit, p view) string {
	s.t.Helper()
	found := pageData.FindSubmatch(p.raw)
	var in struct {
		Script struct {
			Init []any
			Call string
			Args []any
		}
	}
	if found == nil || json.Unmarshal(found[1], &in) != nil || len(in.Script.Args) != 2 {
		s.fail("%s: the page launches no window: %s", what, p)
	}
	route := map[string]string{"requestPayment": "payments", "requestBillingAuth": "billing-auths"}[in.Script.Call]
	opened := s.browse("POST", s.sandbox.URL+v.path()+"/sdk/"+route, encode(s.t, fields{
		"clientKey": in.Script.Init[0], "nonce": "0123456789abcdef", "method": in.Script.Args[0], "params": in.Script.Args[1], "phone": false,
	}))
	var out struct{ URL string }
	if opened.status != http.StatusOK || json.Unmarshal(opened.raw, &out) != nil || out.URL == "" {
		s.fail("%s: the provider's script refuses: %s", what, opened)
	}
	return out.URL
}

// inApp is the provider's name of a wallet's window.
func (v *visit) inApp() string {
	u, err := url.Parse(v.window)
	if err != nil || v.provider != pay.TossPay {
		return ""
	}
	if token := u.Query().Get("payToken"); token != "" {
		return "/payments/" + token
	}
	return "/billing-keys/" + u.Query().Get("billingKey")
}
