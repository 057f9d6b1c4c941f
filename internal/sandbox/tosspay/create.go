package tosspay

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	defaultLife = 15 * time.Minute
	longestLife = 60 * time.Minute
)

// createSpec is the request of "결제 생성" in its order.
var createSpec = spec{
	{name: "apiKey", need: true},
	{name: "orderNo", need: true, max: 50, form: orderNoForm},
	{name: "amount", kind: won, need: true},
	{name: "amountTaxFree", kind: won, need: true},
	{name: "productDesc", need: true, max: 255, form: descForm},
	{name: "retUrl", need: true, max: 255, form: urlForm},
	{name: "retCancelUrl", need: true, max: 255, form: urlForm},
	{name: "autoExecute", kind: flag},
	{name: "resultCallback", max: 500, form: urlForm},
	{name: "callbackVersion", max: 2, form: oneOf("V1", "V2")},
	{name: "retAppScheme", max: 255, form: schemeForm},
	{name: "amountTaxable", kind: won},
	{name: "amountVat", kind: won},
	{name: "amountServiceFee", kind: won},
	{name: "expiredTime", max: 20},
	{name: "enablePayMethods", max: 100},
	{name: "cashReceipt", kind: flag},
	{name: "cashReceiptTradeOption", max: 10, form: oneOf("GENERAL", "CULTURE", "PUBLIC_TP")},
	{name: "cardOptions", kind: nested},
	{name: "installment", max: 10, form: oneOf("USE", "NOT_USE")},
}

var orderNoForm = matches(`^[0-9A-Za-z_\-:.^@]+$`, "숫자, 영문, _ - : . ^ @ 만 쓸 수 있습니다.")

func descForm(s string) string {
	switch {
	case strings.TrimSpace(s) == "":
		return "빈 값일 수 없습니다."
	case strings.ContainsAny(s, `\"'`):
		return `\ " ' 를 쓸 수 없습니다.`
	}
	return ""
}

func urlForm(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "http 또는 https 로 시작하는 URL 이어야 합니다."
	}
	return ""
}

var appScheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.\-]*)://`)

// schemeForm refuses what a browser would run or open itself instead of
// handing it to an app.
func schemeForm(s string) string {
	m := appScheme.FindStringSubmatch(s)
	browsers := []string{"http", "https", "javascript", "data", "vbscript", "file", "blob", "about", "filesystem"}
	if m == nil || slices.Contains(browsers, strings.ToLower(m[1])) {
		return "testshop:// 과 같은 앱 스킴이어야 합니다."
	}
	return ""
}

// createAnswer is the answer of "결제 생성".
type createAnswer struct {
	Code         int    `json:"code"`
	Status       int    `json:"status"`
	PayToken     string `json:"payToken"`
	CheckoutPage string `json:"checkoutPage"`
}

func (s *Simulator) create(c *apiCall) (any, *failure) {
	if c.shop.Suspended {
		return nil, refuse("PAYMENT_SHOP_STATE_NOT_NORMAL")
	}
	p, f := s.draft(c)
	if f != nil {
		return nil, f
	}
	if f := s.checkOrder(p, c.now); f != nil {
		return nil, f
	}
	s.keep(p)
	s.record(c, p, nil)
	return createAnswer{Status: 200, PayToken: p.token, CheckoutPage: s.checkoutPage(p)}, nil
}

// keep gives p its token and remembers it.
func (s *Simulator) keep(p *payment) {
	p.token = s.payToken()
	s.payments[p.token] = p
	s.newest, s.open = append(s.newest, p), append(s.open, p)
	key := orderKey(p.shop, p.orderNo)
	s.orders[key] = append(s.orders[key], p)
}

// draft is the payment a request describes: formats, then expiry, sum and limits.
func (s *Simulator) draft(c *apiCall) (*payment, *failure) {
	v := c.v
	p := &payment{
		shop: c.shop, status: Standby, created: c.now,
		orderNo: v.texts["orderNo"], amount: v.wons["amount"], desc: v.texts["productDesc"],
		returnURL: v.texts["retUrl"], cancelURL: v.texts["retCancelUrl"], appScheme: v.texts["retAppScheme"],
		callbackURL: v.texts["resultCallback"], callbackVersion: v.texts["callbackVersion"],
		auto: v.flags["autoExecute"], given: givenParts(v),
		installments: v.texts["installment"] != "NOT_USE",
		cashReceipt:  wantsReceipt(c), tradeOption: v.texts["cashReceiptTradeOption"],
	}
	if p.tradeOption == "" {
		p.tradeOption = "GENERAL"
	}
	if p.auto && p.callbackURL == "" {
		return nil, invalid("resultCallback", "autoExecute 가 true 이면 필수값입니다.")
	}
	if p.callbackVersion == "" {
		p.callbackVersion = "V1"
	}
	if f := p.offer(v); f != nil {
		return nil, f
	}
	var f *failure
	if p.expires, f = expiry(v.texts["expiredTime"], c.now); f != nil {
		return nil, f
	}
	if p.amount < 1 {
		return nil, invalid("amount", "1 이상이어야 합니다. (받은 값: 0)")
	}
	if p.parts, f = split(p.amount, p.given, p.cashReceipt); f != nil {
		return nil, f
	}
	if c.shop.NoCard && p.amount > maxWithoutCard {
		return nil, refuse("COMMON_EXCEED_LIMIT")
	}
	return p, nil
}

// wantsReceipt: left out counts as true ("결제 개발 가이드"), null as false
// ("토스페이 API 소개"). The sources disagree, so a merchant should always send it.
func wantsReceipt(c *apiCall) bool {
	if _, there := c.body["cashReceipt"]; !there {
		return true
	}
	return c.v.flags["cashReceipt"]
}

// expiry reads an absolute Korean time, at most an hour ahead.
func expiry(given string, now time.Time) (time.Time, *failure) {
	if given == "" {
		return now.Add(defaultLife), nil
	}
	t, err := time.ParseInLocation(timeForm, given, seoul)
	switch {
	case err != nil:
		return t, invalid("expiredTime", "yyyy-MM-dd HH:mm:ss 형식이어야 합니다. (받은 값: "+short(given)+")")
	case !t.After(now):
		return t, invalid("expiredTime", "현재 시각 이후여야 합니다. (받은 값: "+short(given)+")")
	case t.After(now.Add(longestLife)):
		return t, invalid("expiredTime", "현재 시각부터 60분 이내여야 합니다. (받은 값: "+short(given)+")")
	}
	return t, nil
}

// offer decides which methods the checkout shows: the merchant's own set,
// narrowed by enablePayMethods and cardOptions.
func (p *payment) offer(v values) *failure {
	p.money, p.card = true, !p.shop.NoCard
	switch v.texts["enablePayMethods"] { // anything else is the merchant's own set
	case "TOSS_MONEY":
		p.card = false
	case "CARD":
		p.money = false
	}
	if !p.money && !p.card {
		return invalid("enablePayMethods", "카드 계약이 없는 가맹점은 CARD 를 쓸 수 없습니다.")
	}
	raw, ok := v.raws["cardOptions"]
	if !ok {
		return nil
	}
	var in struct {
		Options []struct {
			CardCompanyCode int `json:"cardCompanyCode"`
		} `json:"options"`
	}
	if json.Unmarshal(raw, &in) != nil || len(in.Options) == 0 {
		return invalid("cardOptions", `{"options":[{"cardCompanyCode":3}]} 형식이어야 합니다.`)
	}
	for _, o := range in.Options {
		if o.CardCompanyCode < 1 || o.CardCompanyCode > 10 {
			return invalid("cardOptions.options.cardCompanyCode", fmt.Sprintf("1 이상 10 이하의 카드사 코드여야 합니다. (받은 값: %d)", o.CardCompanyCode))
		}
		p.cards = append(p.cards, o.CardCompanyCode)
	}
	if !p.money && len(p.offered()) == 0 {
		return invalid("cardOptions", "지원하는 카드사가 하나 이상 있어야 합니다.")
	}
	p.card = p.card && len(p.offered()) > 0
	return nil
}

func orderKey(shop *Shop, orderNo string) string { return shop.MID + "\x00" + orderNo }

// checkOrder refuses an order number that is in use. Test and live keys of a
// merchant share their numbers.
func (s *Simulator) checkOrder(p *payment, now time.Time) *failure {
	for _, old := range s.orders[orderKey(p.shop, p.orderNo)] {
		s.refresh(old, now)
		switch {
		case !old.paid.IsZero():
			return refuse("PAYMENT_EXISTING_PAYMENT")
		case !p.shop.LegacyOrderNo, old.authenticated, old.shop.APIKey != p.shop.APIKey,
			!now.Before(old.created.AddDate(2, 0, 0)):
			return refuse("PAYMENT_DUPLICATION_ORDER_NO")
		}
	}
	return nil
}

func (s *Simulator) checkoutPage(p *payment) string {
	return s.opts.BaseURL + "/payfront/auth?payToken=" + p.token
}
