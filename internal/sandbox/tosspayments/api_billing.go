package tosspayments

import (
	"regexp"
	"slices"
	"unicode/utf8"
)

// customerKeyLimit is the longest customer key that was seen to be taken.
const customerKeyLimit = 300

var customerKeyForm = regexp.MustCompile(`^[A-Za-z0-9_=.@-]+$`)

// readCustomerKey wants the documented characters in strict mode only: the
// provider was seen to take others. It answers a longer key with an error of
// its database.
func readCustomerKey(f *fields) string {
	rule := textRule{required: true, private: true, min: 2, code: "INVALID_CUSTOMER_KEY"}
	if f.strict {
		rule.form, rule.allowed = customerKeyForm, "must be letters, digits, -, _, =, . or @"
	}
	key := f.text("customerKey", rule)
	if n := utf8.RuneCountInString(key); n > customerKeyLimit {
		f.fail("FAILED_DB_PROCESSING", "customerKey: has %d characters, at most %d", n, customerKeyLimit)
	}
	return key
}

// issueByCard is POST /v1/billing/authorizations/card ("카드 정보로 빌링키 발급").
func issueByCard(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	f.require(slices.Concat([]string{"customerKey"}, cardMembers)...) // before anything is looked at more closely
	customerKey := readCustomerKey(f)
	data := readCardData(f, s.opts.Now())
	readBuyer(f)
	if err := f.done(); err != nil {
		return nil, err
	}
	code := data.magic.atIssue()
	switch {
	case !c.shop.Billing:
		return nil, refusef("NOT_SUPPORTED_METHOD", "자동결제")
	case data.expired:
		return nil, refuse("INVALID_CARD_EXPIRATION")
	case code != "":
		return nil, refuse(code)
	}
	return s.billingObject(s.issueBilling(c.shop, customerKey, data, s.opts.Now()), c.lang), nil
}

// issueByAuth is POST /v1/billing/authorizations/issue ("authKey로 빌링키 발급").
func issueByAuth(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	f.require("authKey", "customerKey")
	return s.issueByAuth(c, f, f.text("authKey", textRule{private: true, min: 1, max: 300}))
}

// issueByAuthInPath is the older POST /v1/billing/authorizations/{authKey}.
func issueByAuthInPath(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	return s.issueByAuth(c, f, c.param("authKey"))
}

// issueByAuth issues a billing key for an auth key, which works once. The code
// for a second use is not documented.
func (s *Simulator) issueByAuth(c *call, f *fields, authKey string) (any, error) {
	f.require("customerKey")
	customerKey := readCustomerKey(f)
	if err := f.done(); err != nil {
		return nil, err
	}
	auth, ok := s.billingAuths[authKey]
	switch {
	case !c.shop.Billing:
		return nil, refusef("NOT_SUPPORTED_METHOD", "자동결제")
	case !ok || auth.shop != c.shop:
		return nil, refuse("NOT_FOUND_BILLING")
	case auth.used:
		return nil, refusef("INVALID_BILLING_AUTH", "authKey: was used before")
	case auth.customerKey != customerKey:
		return nil, refuse("NOT_MATCHES_CUSTOMER_KEY")
	}
	auth.used = true
	if auth.decline != "" {
		return nil, refuse(auth.decline)
	}
	data := cardData{card: auth.card, magic: auth.magic}
	return s.billingObject(s.issueBilling(c.shop, customerKey, data, auth.at), c.lang), nil
}

// chargeBilling is POST /v1/billing/{billingKey} ("카드 자동결제 승인"). A key that
// is unknown, or another shop's, is an invalid one by the endpoint's own list.
func chargeBilling(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	f.require(slices.Concat([]string{"customerKey"}, orderMembers)...)
	ch := readCharge(f)
	ch.kind, ch.customerKey = billing, readCustomerKey(f)
	f.text("customerMobilePhone", phoneRule)
	if err := f.done(); err != nil {
		return nil, err
	}
	b, ok := s.billing[c.param("billingKey")]
	switch {
	case !c.shop.Billing:
		return nil, refusef("NOT_SUPPORTED_METHOD", "자동결제")
	case !ok || b.shop != c.shop:
		return nil, refuse("INVALID_BILL_KEY_REQUEST")
	case b.removed:
		return nil, refuse("ALREADY_REMOVED_BILLING_KEY")
	case b.customerKey != ch.customerKey:
		return nil, refuse("NOT_MATCHES_CUSTOMER_KEY")
	}
	ch.card = b.card
	if err := s.chargeable(c.shop, ch); err != nil {
		return nil, err
	}
	return s.take(c, ch, b.decline())
}

// removeBilling is DELETE /v1/billing/{billingKey}, answered with nothing. The
// codes for keys that are unknown or removed are not documented for it.
func removeBilling(s *Simulator, c *call) (any, error) {
	b, ok := s.billing[c.param("billingKey")]
	switch {
	case !ok || b.shop != c.shop:
		return nil, refuse("NOT_FOUND_BILLING")
	case b.removed:
		return nil, refuse("ALREADY_REMOVED_BILLING_KEY")
	}
	b.removed = true
	return nil, nil
}
