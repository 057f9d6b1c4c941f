package tosspay

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// settlementSpec is the request of "정산 상세 조회".
var settlementSpec = spec{
	{name: "apiKey", need: true},
	{name: "dateType", need: true, form: oneOf("DUE", "SETTLE")},
	{name: "baseDate", need: true, form: dayForm},
	{name: "payMethod", form: oneOf("TOSS_MONEY", "CARD", "RESELLER_CARD")},
	{name: "nextCursor"},
}

const (
	dayOnly        = "20060102"
	settlementPage = 1000 // lines at most
	// The rate of a contract, and the days from approval to payout, are ours.
	feePermille = 25
	dueAfter    = 3
)

func dayForm(text string) string {
	if _, err := time.ParseInLocation(dayOnly, text, seoul); err != nil {
		return "yyyyMMdd 형식의 날짜여야 합니다."
	}
	return ""
}

// settlementAnswer is a page of "정산 상세 조회". Unlike other answers it has no
// code; the totals are those of the whole day.
type settlementAnswer struct {
	TransactionList []settlementLine `json:"transactionList"`
	NextCursor      string           `json:"nextCursor"`
	TotalAmount     int64            `json:"totalAmount"`
	TotalFee        int64            `json:"totalFee"`
	TotalVAT        int64            `json:"totalVat"`
	TotalFeeVATSum  int64            `json:"totalFeeVatSum"`
}

// settlementLine has the amounts of a refund below zero: what was charged for
// the payment is given back with it.
type settlementLine struct {
	TransactionType string `json:"transactionType"`
	TransactionID   string `json:"transactionId"`
	SettleDate      string `json:"settleDate"`
	DueDate         string `json:"dueDate"`
	PayToken        string `json:"payToken"`
	OrderNo         string `json:"orderNo"`
	ProductDesc     string `json:"productDesc"`
	PayMethod       string `json:"payMethod"`
	Amount          int64  `json:"amount"`
	Fee             int64  `json:"fee"`
	VAT             int64  `json:"vat"`
	FeeVATSum       int64  `json:"feeVatSum"`
	SettleDateTime  string `json:"settleDateTime,omitempty"`

	at time.Time
}

// settlements lists what a shop's payments and refunds of a day come to. The
// cursor counts the lines before the page; how the provider makes it is not
// documented.
func (s *Simulator) settlements(c *apiCall) (any, *failure) {
	lines := s.settled(c)
	from := 0
	if cursor := c.v.texts["nextCursor"]; cursor != "" {
		n, err := strconv.Atoi(cursor)
		if err != nil || n < 0 || n > len(lines) {
			return nil, invalid("nextCursor", "앞 페이지에서 받은 값이어야 합니다. (받은 값: "+short(cursor)+")")
		}
		from = n
	}
	a := settlementAnswer{TransactionList: []settlementLine{}}
	for i, l := range lines {
		a.TotalAmount, a.TotalFee, a.TotalVAT, a.TotalFeeVATSum = a.TotalAmount+l.Amount, a.TotalFee+l.Fee, a.TotalVAT+l.VAT, a.TotalFeeVATSum+l.FeeVATSum
		if i >= from && i < from+settlementPage {
			a.TransactionList = append(a.TransactionList, l)
		}
	}
	if next := from + settlementPage; next < len(lines) {
		a.NextCursor = strconv.Itoa(next)
	}
	return a, nil
}

// settled is the lines that a request asks for, oldest first.
func (s *Simulator) settled(c *apiCall) []settlementLine {
	timed := strings.EqualFold(c.query.Get("includeSettleDateTime"), "true")
	var out []settlementLine
	for _, p := range s.newest {
		if p.shop != c.shop || p.choice == nil {
			continue
		}
		s.refresh(p, c.now)
		for _, t := range p.txns {
			l := settle(p, t)
			day := l.SettleDate
			if c.v.texts["dateType"] == "DUE" {
				day = l.DueDate
			}
			if method := c.v.texts["payMethod"]; day != c.v.texts["baseDate"] || method != "" && method != l.PayMethod {
				continue
			}
			if timed {
				l.SettleDateTime = t.at.In(seoul).Format("20060102150405")
			}
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b settlementLine) int { return a.at.Compare(b.at) })
	return out
}

// settle is what one transaction comes to. Test payments have no fee and are
// never paid out.
func settle(p *payment, t entry) settlementLine {
	l := settlementLine{
		TransactionType: "PAY", TransactionID: t.id, SettleDate: t.at.In(seoul).Format(dayOnly), PayToken: p.token, OrderNo: p.orderNo,
		ProductDesc: p.desc, PayMethod: p.choice.payMethod(), Amount: t.balance.gross, at: t.at,
	}
	if p.shop.mode() == "LIVE" {
		l.Fee = l.Amount * feePermille / 1000
		l.VAT = (l.Fee + 5) / 10
		l.DueDate = t.at.In(seoul).AddDate(0, 0, dueAfter).Format(dayOnly)
	}
	l.FeeVATSum = l.Fee + l.VAT
	if t.refund {
		l.TransactionType = "REFUND"
		l.Amount, l.Fee, l.VAT, l.FeeVATSum = -l.Amount, -l.Fee, -l.VAT, -l.FeeVATSum
	}
	return l
}
