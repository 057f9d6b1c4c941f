package tosspayments

import (
	"strconv"
	"time"
)

// readReceiptOrder reads cashReceipt of an account's issue, nil for none.
func readReceiptOrder(f *fields) (o *receiptOrder) {
	f.within("cashReceipt", func(in *fields) {
		in.require("type")
		kind := in.oneOf("type", "소득공제", "지출증빙", "미발행")
		rule := registrationRule
		rule.code = "INVALID_REGISTRATION_NUMBER_TYPE"
		if kind != "" && kind != "미발행" {
			in.require("registrationNumber")
		}
		identity, business := in.text("registrationNumber", rule), in.text("businessNumber", businessRule)
		if kind != "미발행" {
			o = &receiptOrder{kind, identity, business}
		}
	})
	return o
}

// issueCashReceipt is POST /v1/cash-receipts ("현금영수증 발급 요청"). An order may
// have several receipts, as was seen; the identity is not checked against the type.
func issueCashReceipt(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	identity := "customerIdentityNumber"
	if c.shop.old() {
		identity = "registrationNumber"
	}
	r := readCashReceipt(f, identity)
	if err := f.done(); err != nil {
		return nil, err
	}
	return s.cashObject(s.issueCash(c.shop, r), c.lang), nil
}

// readCashReceipt reads a request whose identity number has the given name.
func readCashReceipt(f *fields, identity string) cashReceipt {
	f.require("amount", "orderId", "orderName", identity, "type")
	var r cashReceipt
	if n := f.amount("amount", "KRW", -maxAmount); n != nil {
		if r.amount = *n; r.amount < 1 {
			f.fail("BELOW_ZERO_AMOUNT", "amount")
		}
	}
	r.taxFree = orZero(f.amount("taxFreeAmount", "KRW", 0))
	if r.taxFree > r.amount {
		f.fail(f.code, "taxFreeAmount: at most the amount")
	}
	r.orderID, r.orderName = f.text("orderId", orderIDRule), f.text("orderName", orderNameRule)
	rule := registrationRule
	rule.code = "INVALID_CASH_RECEIPT_INFO"
	r.identity = f.text(identity, rule)
	r.kind = f.oneOf("type", "소득공제", "지출증빙")
	if r.kind == "" {
		f.fail(f.code, "type: must be one of 소득공제, 지출증빙")
	}
	r.business = f.text("businessNumber", businessRule)
	return r
}

// cancelCashReceipt is POST /v1/cash-receipts/{receiptKey}/cancel ("현금영수증 취소
// 요청"), whose body may be left out. A receipt of a payment goes with the
// payment's cancel.
func cancelCashReceipt(s *Simulator, c *call) (any, error) {
	body := c.body
	if len(body) == 0 {
		body = []byte("{}")
	}
	f, err := parseFields(body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	given := f.amount("amount", "KRW", 1)
	if err := f.done(); err != nil {
		return nil, err
	}
	found := s.cashReceipts[c.param("receiptKey")]
	if len(found) == 0 || found[0].shop != c.shop {
		return nil, refuse("NOT_FOUND_RECEIPT")
	}
	r, amount := found[0], found[0].left
	if given != nil {
		amount = *given
	}
	switch {
	case r.cancels != nil:
		return nil, refusef("FORBIDDEN_REQUEST", "a cancel cannot be cancelled")
	case r.payment != nil:
		return nil, refusef("FORBIDDEN_REQUEST", "the receipt belongs to a payment: cancel that")
	case r.state == issueFailed:
		return nil, refusef("FORBIDDEN_REQUEST", "the issue failed")
	case r.left == 0 || amount > r.left:
		return nil, refusef("FORBIDDEN_REQUEST", "amount: %d is left of the receipt", r.left)
	}
	taxFree := max(0, amount-(r.left-r.leftFree))
	return s.cashObject(s.cancelCash(r, amount, taxFree), c.lang), nil
}

// listCashReceipts is GET /v1/cash-receipts ("현금영수증 조회"): the records of a
// day in Seoul. The cursor counts the shop's records.
func listCashReceipts(s *Simulator, c *call) (any, error) {
	if c.shop.old() {
		return nil, refuse("API_VERSION_UPDATE_NEEDED")
	}
	query := c.r.URL.Query()
	text := query.Get("requestDate")
	if text == "" {
		return nil, refusef("INVALID_REQUIRED_PARAM", "requestDate")
	}
	day, err := time.ParseInLocation("2006-01-02", text, seoul)
	if err != nil {
		return nil, refusef("INVALID_DATE", "requestDate %.40q: must be yyyy-MM-dd", text)
	}
	limit, err := pageSize(query)
	if err != nil {
		return nil, err
	}
	cursor := 0
	if text := query.Get("cursor"); text != "" {
		if cursor, err = strconv.Atoi(text); err != nil || cursor < 0 {
			return nil, refusef("INVALID_PAGING_KEY", "cursor %.20q: must be a lastCursor", text)
		}
	}
	data, more := []object{}, false
	for _, r := range c.shop.receipts {
		if r.seq <= cursor || r.requested.Before(day) || !r.requested.Before(day.AddDate(0, 0, 1)) {
			continue
		}
		if more = len(data) == limit; more {
			break
		}
		data = append(data, s.cashObject(r, c.lang))
		cursor = r.seq
	}
	return object{{"hasNext", more}, {"lastCursor", cursor}, {"data", data}}, nil
}
