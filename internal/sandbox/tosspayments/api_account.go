package tosspayments

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"
)

// The validity of virtual accounts in hours: without being told, at most, and at
// most in 2022 ("가상계좌 발급 요청").
const (
	hoursDefault    = 168
	hoursLimit      = 2160
	hoursLimit2022  = 720
	accountKeyLimit = 13
)

// accountRequest is what an account is issued from.
type accountRequest struct {
	order
	account account
	wants   *receiptOrder
}

// issueAccount is POST /v1/virtual-accounts ("가상계좌 발급 요청").
func issueAccount(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	r := s.readAccount(f)
	if err := f.done(); err != nil {
		return nil, err
	}
	switch {
	case r.account.fixed && !c.shop.FixedAccounts:
		return nil, refusef("INVALID_VIRTUAL_ACCOUNT_TYPE", "고정: the shop has no contract for fixed accounts")
	case s.used(c.shop, r.id, nil):
		return nil, refuse("DUPLICATED_ORDER_ID")
	}
	p := s.add(c.shop, r.order)
	p.asked, p.cash.wants = &r.account, r.wants
	s.issue(p)
	c.early = append(c.early, s.changed(p)...)
	return s.paymentObject(p, c.lang), nil
}

func (s *Simulator) readAccount(f *fields) accountRequest {
	r := accountRequest{order: order{method: "가상계좌"}}
	f.require("amount", "orderId", "orderName", "customerName", "bank")
	readOrder(f, &r.order)
	f.oneOf("currency", "KRW")
	r.account.customer = f.text("customerName", textRule{min: 1, max: 100})
	f.text("customerEmail", textRule{max: 100, form: emailForm, allowed: "must be name@domain", code: "INVALID_EMAIL"})
	r.account.phone = f.text("customerMobilePhone", phoneRule)
	name := f.text("bank", textRule{})
	b, ok := findBank(name)
	if !ok || !b.issuing {
		f.fail("INVALID_BANK", "bank %.20q: must be one of %s", name, strings.Join(issuingBanks(), ", "))
	}
	r.account.bank = b
	readAccountType(f, &r)
	r.account.valid = s.readValidity(f)
	r.escrow = readEscrow(f)
	r.wants = readReceiptOrder(f)
	r.account.callback = readCallback(f)
	return r
}

func readCallback(f *fields) string {
	callback := f.text("virtualAccountCallbackUrl", textRule{})
	if callback != "" && !absoluteURL(callback) {
		f.fail("INVALID_URL_FORMAT", "virtualAccountCallbackUrl %.200q: must be an absolute http or https URL", callback)
	}
	return callback
}

func issuingBanks() (names []string) {
	for _, b := range banks {
		if b.issuing {
			names = append(names, b.ko)
		}
	}
	return names
}

func readAccountType(f *fields, r *accountRequest) {
	switch kind := f.text("accountType", textRule{}); kind {
	case "", "일반", "NORMAL":
	case "고정", "FIXED":
		r.account.fixed = true
	default:
		f.fail("INVALID_VIRTUAL_ACCOUNT_TYPE", "accountType %.20q: must be 일반 or 고정", kind)
	}
	r.account.key = f.text("accountKey", textRule{max: accountKeyLimit})
	if r.account.fixed && r.account.key == "" {
		f.fail("REQUIRED_ACCOUNT_KEY", "accountKey")
	}
}

// readValidity reads validHours or dueDate.
func (s *Simulator) readValidity(f *fields) validity {
	limit := hoursLimit
	if s.opts.Legacy2022 {
		limit = hoursLimit2022
	}
	now := s.opts.Now()
	hours, text := f.whole("validHours", f.code), f.text("dueDate", textRule{})
	switch {
	case hours != nil && text != "":
		f.fail("INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE", "")
	case hours != nil && *hours < 1:
		f.fail(f.code, "validHours %d: must be 1 to %d", *hours, limit)
	case hours != nil && *hours > limit:
		f.fail("EXCEED_MAX_VALID_HOURS", "validHours %d: must be 1 to %d", *hours, limit)
	case hours != nil:
		return validity{hours: *hours}
	case text != "":
		return validity{until: readDueDate(f, text, now, time.Duration(limit)*time.Hour)}
	}
	return validity{hours: hoursDefault}
}

func readDueDate(f *fields, text string, now time.Time, limit time.Duration) time.Time {
	due, err := time.ParseInLocation("2006-01-02T15:04:05", text, seoul)
	switch {
	case err != nil:
		f.fail("INVALID_DATE", "dueDate %.40q: must be yyyy-MM-dd'T'HH:mm:ss", text)
	case !due.After(now):
		f.fail("INVALID_DATE", "dueDate %s: is in the past", text)
	case due.Sub(now) > limit:
		f.fail("EXCEED_MAX_DUE_DATE", "dueDate %s: at most %d hours from now", text, int(limit.Hours()))
	}
	return due
}

// readEscrow wants the goods listed if the money is to be held until they come.
func readEscrow(f *fields) bool {
	escrow := truth(f.flag("useEscrow"))
	if !readProducts(f) && escrow {
		f.fail(f.code, "escrowProducts: required with useEscrow")
	}
	return escrow
}

// readProducts checks escrowProducts, whose members once had longer names, and
// says whether there are any.
func readProducts(f *fields) bool {
	v, ok := f.take("escrowProducts")
	if !ok {
		return false
	}
	var products []struct {
		ID, Name, Code                      string
		ProductID, ProductName, ProductCode string
		UnitPrice, Quantity                 json.Number
	}
	if json.Unmarshal(v, &products) != nil || len(products) == 0 {
		f.fail(f.code, `escrowProducts: must be [{"id":…,"name":…,"code":…,"unitPrice":…,"quantity":…}]`)
	}
	seen := map[string]bool{}
	for i, p := range products {
		id := cmp.Or(p.ID, p.ProductID)
		if id == "" || p.Name+p.ProductName == "" || p.Code+p.ProductCode == "" || p.UnitPrice == "" || p.Quantity == "" {
			f.fail(f.code, "escrowProducts[%d]: needs id, name, code, unitPrice and quantity", i)
		}
		if seen[id] {
			f.fail(f.code, "escrowProducts[%d].id %.40q: is there twice", i, id)
		}
		seen[id] = true
	}
	return true
}
