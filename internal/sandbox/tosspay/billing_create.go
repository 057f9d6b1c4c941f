package tosspay

import (
	"net/url"
	"strings"
)

// keySpec is the request of "빌링키 생성". What it says of productDesc for a
// payment is taken to hold here too.
var keySpec = spec{
	{name: "apiKey", need: true},
	{name: "userId", need: true, max: 50, form: userForm},
	{name: "displayId", max: 50, form: userForm},
	{name: "productDesc", need: true, max: 255, form: descForm},
	{name: "resultCallback", need: true, max: 500, form: urlForm},
	{name: "retAppScheme", max: 1500, form: schemeForm},
	{name: "returnSuccessUrl", max: 1500, form: urlForm},
	{name: "returnFailureUrl", max: 1500, form: urlForm},
	{name: "encryptedUserCi", max: 255},
}

// userForm is for userId, displayId and the orderNo of a charge.
var userForm = matches(`^[0-9A-Za-z_\-:.^@=]+$`, "숫자, 영문, _ - : . ^ @ = 만 쓸 수 있습니다.")

// keyAnswer is the answer of "빌링키 생성".
type keyAnswer struct {
	Code               int    `json:"code"`
	BillingKey         string `json:"billingKey"`
	CheckoutAndroidURI string `json:"checkoutAndroidUri"`
	CheckoutIosURI     string `json:"checkoutIosUri"`
	CheckoutURI        string `json:"checkoutUri"`
}

func (s *Simulator) createKey(c *apiCall) (any, *failure) {
	switch {
	case c.shop.Suspended:
		return nil, refuse("PAYMENT_SHOP_STATE_NOT_NORMAL")
	case !c.shop.Billing:
		return nil, refuse("NOT_SUPPORTED_BILLING_KEY_SHOP")
	}
	v := c.v.texts
	k := &billingKey{
		shop: c.shop, status: KeyCreate, created: c.now, expires: c.now.Add(keyLife),
		userID: v["userId"], displayID: v["displayId"], desc: v["productDesc"], userCI: v["encryptedUserCi"] != "",
		callbackURL: v["resultCallback"], successURL: v["returnSuccessUrl"], failureURL: v["returnFailureUrl"], appScheme: v["retAppScheme"],
	}
	for _, name := range []string{"returnSuccessUrl", "returnFailureUrl"} {
		if v[name] == "" && k.appScheme == "" {
			return nil, invalid(name, "retAppScheme 이 없으면 필수값입니다.")
		}
	}
	if f := s.vacant(k, c.now); f != nil {
		return nil, f
	}
	k.key = s.payToken()
	s.keepKey(k)
	s.record(c, nil, k)
	link := "BillingKey?billingKey=" + k.key
	return keyAnswer{
		BillingKey:         k.key,
		CheckoutAndroidURI: "intent://pay/" + link + "#Intent;scheme=supertoss;package=viva.republica.toss;end",
		CheckoutIosURI:     "https://ul.toss.im?scheme=" + strings.Replace(url.QueryEscape("supertoss://pay/"+link), "pay%2F", "pay/", 1),
		CheckoutURI:        s.keyPage(k),
	}, nil
}

// keyPage is a web page, or the app alone when the merchant's app is to be
// returned to: the provider then gives a link that opens the app.
func (s *Simulator) keyPage(k *billingKey) string {
	page := s.opts.BaseURL + "/payfront/auth?billingKey=" + k.key
	if k.appScheme != "" {
		page += "&app=1"
	}
	return page
}
