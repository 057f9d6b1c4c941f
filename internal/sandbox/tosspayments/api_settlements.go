package tosspayments

import (
	"net/url"
	"slices"
	"time"
)

// What the simulator settles by. The rate, and the days between, are ours; the
// sample of "정산 조회" has just these.
const (
	feePercent = 3                  // of the amount, rounded down; VAT is a tenth of it
	soldAfter  = 24 * time.Hour     // from the transaction to its day of sale
	paidAfter  = 5 * 24 * time.Hour // from the day of sale to the payout
)

// settlement is a transaction as it is paid out. Amounts have the transaction's sign.
type settlement struct {
	transaction
	fee, vat   int64
	sold, paid time.Time // midnights
}

// listSettlements is GET /v1/settlements. Shops with test keys have none
// ("테스트 환경"): the list is empty, which is not documented. Both days belong to
// the range. A line is there from its day of sale on.
func listSettlements(s *Simulator, c *call) (any, error) {
	query := c.r.URL.Query()
	if err := s.knownQuery(query, "startDate", "endDate", "dateType", "page", "size"); err != nil {
		return nil, err
	}
	start, err := queryTime(query, "startDate")
	if err != nil {
		return nil, err
	}
	end, err := queryTime(query, "endDate")
	if err != nil {
		return nil, err
	}
	if end.Before(start) {
		return nil, refusef("INVALID_DATE", "endDate: must not be before startDate")
	}
	by, err := dayOfSettlement(query.Get("dateType"))
	if err != nil {
		return nil, err
	}
	number, err := wholeFrom1(query, "page", 1)
	if err != nil {
		return nil, err
	}
	size, err := wholeFrom1(query, "size", pageDefault)
	if err != nil {
		return nil, err
	}
	if size > pageLimit {
		return nil, refusef("INVALID_REQUEST", "size %d: at most %d", size, pageLimit)
	}
	out := []object{}
	for _, line := range s.settlements(c.shop) {
		if day := by(line); !day.Before(midnight(start)) && !day.After(midnight(end)) {
			out = append(out, s.settlementObject(line, c.lang))
		}
	}
	if number-1 > len(out)/size {
		return []object{}, nil
	}
	out = out[min((number-1)*size, len(out)):]
	return out[:min(size, len(out))], nil
}

// dayOfSettlement reads dateType.
func dayOfSettlement(text string) (func(settlement) time.Time, error) {
	switch text {
	case "", "soldDate":
		return func(l settlement) time.Time { return l.sold }, nil
	case "paidOutDate":
		return func(l settlement) time.Time { return l.paid }, nil
	}
	return nil, refusef("INVALID_REQUEST", "dateType %.40q: must be soldDate or paidOutDate", text)
}

// settlements is all of a shop's. A deposit that the bank took back is not
// settled.
func (s *Simulator) settlements(shop *shop) []settlement {
	var out []settlement
	today := midnight(s.opts.Now())
	if shop.realTest() {
		return nil
	}
	for i, t := range shop.transactions {
		takenBack := t.payment.account != nil && slices.ContainsFunc(shop.transactions[i+1:], func(later transaction) bool { return later.payment == t.payment && later.state == waiting })
		sold := midnight(t.at.Add(soldAfter))
		if t.amount == 0 || takenBack || sold.After(today) {
			continue
		}
		fee := max(t.amount, -t.amount) * feePercent / 100
		tax := (fee + 5) / 10
		if t.amount < 0 {
			fee, tax = -fee, -tax
		}
		out = append(out, settlement{t, fee, tax, sold, sold.Add(paidAfter)})
	}
	return out
}

// realTest says whether the shop is one of the provider's own test environment,
// which the keys of the sandbox are not.
func (s *shop) realTest() bool { return keyForm.FindStringSubmatch(s.SecretKey)[1] == "test" }

// settlementObject has the amounts of a cancel below zero; the sign is not documented.
func (s *Simulator) settlementObject(l settlement, lang string) object {
	p := l.payment
	approved := p.approved
	if l.amount > 0 {
		approved = l.at
	}
	return object{
		{"mId", p.shop.MID},
		{"paymentKey", p.key},
		{"transactionKey", l.key},
		{"orderId", p.orderID},
		{"currency", p.currency},
		{"method", word(lang, p.method)},
		{"amount", number(l.amount, p.currency)},
		{"interestFee", 0},
		{"fees", []object{{{"type", "BASE"}, {"fee", number(l.fee+l.vat, p.currency)}}}},
		{"supplyAmount", number(l.fee, p.currency)},
		{"vat", number(l.vat, p.currency)},
		{"payOutAmount", number(l.amount-l.fee-l.vat, p.currency)},
		{"approvedAt", stamp(approved)},
		{"soldDate", l.sold.Format(time.DateOnly)},
		{"paidOutDate", l.paid.Format(time.DateOnly)},
	}
}

// midnight is the beginning of the day in Seoul.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(seoul).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, seoul)
}

// knownQuery refuses, in strict mode, what the documentation does not list.
func (s *Simulator) knownQuery(query url.Values, names ...string) error {
	if !s.opts.Strict {
		return nil
	}
	for name := range query {
		if !slices.Contains(names, name) {
			return refusef("INVALID_REQUEST", "%.40q is not one of %q", name, names)
		}
	}
	return nil
}
