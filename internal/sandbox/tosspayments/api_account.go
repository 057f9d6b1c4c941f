package tosspayments

import (
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
	key     string // of a fixed account
	phone   string
	escrow  bool
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
	p.escrow = r.escrow
	if r.account.fixed {
		r.account.number = s.fixedNumber(c.shop, r.account.bank, r.key)
	} else {
		r.account.number = s.accountNumber(c.shop)
	}
	s.await(p, &r.account)
	if r.account.fixed {
		s.notify(p, r.phone)
	}
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
	r.phone = f.text("customerMobilePhone", phoneRule)
	name := f.text("bank", textRule{})
	b, ok := findBank(name)
	if !ok || !b.issuing {
		f.fail("INVALID_BANK", "bank %.20q: must be one of %s", name, strings.Join(issuingBanks(), ", "))
	}
	r.account.bank = b
	readAccountType(f, &r)
	r.account.due = s.readDue(f)
	r.escrow = readEscrow(f)
	r.account.wants = readReceiptOrder(f)
	if r.account.callback = f.text("virtualAccountCallbackUrl", textRule{}); r.account.callback != "" && !absoluteURL(r.account.callback) {
		f.fail("INVALID_URL_FORMAT", "virtualAccountCallbackUrl %.200q: must be an absolute http or https URL", r.account.callback)
	}
	return r
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
	r.key = f.text("accountKey", textRule{max: accountKeyLimit})
	if r.account.fixed && r.key == "" {
		f.fail("REQUIRED_ACCOUNT_KEY", "accountKey")
	}
}

// readDue is when the account expires.
func (s *Simulator) readDue(f *fields) time.Time {
	limit := hoursLimit
	if s.opts.Legacy2022 {
		limit = hoursLimit2022
	}
	now := s.opts.Now()
	hours, text := f.whole("validHours", "INVALID_REQUEST"), f.text("dueDate", textRule{})
	switch {
	case hours != nil && text != "":
		f.fail("INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE", "")
	case hours != nil && *hours < 1:
		f.fail("INVALID_REQUEST", "validHours %d: must be 1 to %d", *hours, limit)
	case hours != nil && *hours > limit:
		f.fail("EXCEED_MAX_VALID_HOURS", "validHours %d: must be 1 to %d", *hours, limit)
	case hours != nil:
		return now.Add(time.Duration(*hours) * time.Hour)
	case text != "":
		return readDueDate(f, text, now, time.Duration(limit)*time.Hour)
	}
	return now.Add(hoursDefault * time.Hour)
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
	v, ok := f.take("escrowProducts")
	if !ok {
		if escrow {
			f.fail(f.code, "escrowProducts: required with useEscrow")
		}
		return escrow
	}
	var products []struct {
		ID, Name, Code string
		UnitPrice      json.Number
		Quantity       json.Number
	}
	if json.Unmarshal(v, &products) != nil || len(products) == 0 {
		f.fail(f.code, `escrowProducts: must be [{"id":…,"name":…,"code":…,"unitPrice":…,"quantity":…}]`)
	}
	seen := map[string]bool{}
	for i, p := range products {
		if p.ID == "" || p.Name == "" || p.Code == "" || p.UnitPrice == "" || p.Quantity == "" {
			f.fail(f.code, "escrowProducts[%d]: needs id, name, code, unitPrice and quantity", i)
		}
		if seen[p.ID] {
			f.fail(f.code, "escrowProducts[%d].id %.40q: is there twice", i, p.ID)
		}
		seen[p.ID] = true
	}
	return escrow
}
