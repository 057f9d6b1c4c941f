package tosspayments

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"naru/internal/web"
)

// receiptView is a sales slip.
type receiptView struct {
	State, OrderID                         string
	Card, Number, Plan, ApproveNo          string // Card is "" for accounts
	Bank, Account, Due                     string // Account and Due of accounts only
	Phone, Gift                            string
	Wallet, Money, Points, Discount        string // Money and Points are what the wallet itself paid
	Approved                               string // "" while a deposit is waited for
	Supplied, VAT, TaxFree, Total, Balance string
	Cancels                                []receiptCancel
}

type receiptCancel struct{ At, Amount, Reason string }

// showReceipt renders the sales slip that Payment.receipt leads to. Its id
// cannot be guessed from anything but the payment itself.
func (s *Simulator) showReceipt(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p, ok := s.byReceipt[r.URL.Query().Get("transactionId")]
	page := web.Page{Name: "gone", Status: http.StatusNotFound, Lang: korean, Title: "영수증을 찾을 수 없습니다", Data: frameData{}}
	if ok {
		page = web.Page{Name: "receipt", Lang: korean, Title: "매출전표", Data: frameData{
			Shop: p.shop.Name, Order: p.orderName, Amount: display(p.total, p.currency, korean), Page: slip(p),
		}}
	}
	s.mu.Unlock()
	if err := s.kit.Render(w, page); err != nil {
		s.opts.Log.Error("sandbox tosspayments page", "page", page.Name, "error", err)
	}
}

// day writes a time for people, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(seoul).Format("2006-01-02 15:04:05")
}

func slip(p *payment) receiptView {
	show := func(n int64) string { return display(n, p.currency, korean) }
	taxed := p.balance - p.taxFree - p.exempt
	v := receiptView{
		State: "승인", OrderID: p.orderID, Approved: day(p.approved), Supplied: show(taxed - vat(taxed)), VAT: show(vat(taxed)), TaxFree: show(p.taxFree),
		Total: show(p.total), Balance: show(p.balance),
	}
	if c := p.card; c != nil {
		v.Card, v.Number, v.ApproveNo, v.Plan = c.company.full, c.number, c.approveNo, "일시불"
		if c.months > 0 {
			v.Plan = strconv.Itoa(c.months) + "개월"
		}
		if c.bare {
			v.Card, v.Number = "알려지지 않음", "-"
		}
	}
	if a := p.account; a != nil {
		v.Bank, v.Account, v.Due = a.bank.full, a.number, day(a.due)
	}
	v.method(p)
	v.wallet(p, show)
	switch {
	case p.state == waiting:
		v.State = "입금 대기"
	case p.balance == 0:
		v.State = "취소"
	case len(p.cancels) > 0:
		v.State = "부분 취소"
	}
	for _, c := range p.cancels {
		v.Cancels = append(v.Cancels, receiptCancel{day(c.at), show(c.amount), c.reason})
	}
	return v
}

// method fills in what a transfer, a phone bill or a gift certificate has. The
// phone number is cut: the slip's address is handed on.
func (v *receiptView) method(p *payment) {
	switch {
	case p.transfer != nil:
		v.Bank = p.transfer.full
	case p.phone != nil:
		v.Phone = hiddenPhone(p.phone.number)
	case p.gift != nil:
		v.Gift, v.ApproveNo = p.method, p.gift.approveNo
	}
}

// wallet fills in what a wallet paid by itself, and what a card company took off.
func (v *receiptView) wallet(p *payment, show func(int64) string) {
	if e := p.easyPay; e != nil {
		v.Wallet = e.wallet.ko
		if e.amount > 0 {
			v.Money = show(e.amount)
		}
		if e.points > 0 {
			v.Points = show(e.points)
		}
	}
	if p.promotion != nil {
		v.Discount = show(p.promotion.Amount)
	}
}

// hiddenPhone leaves the prefix and the last four digits: 010-****-1234.
func hiddenPhone(number string) string {
	return number[:3] + "-" + strings.Repeat("*", len(number)-7) + "-" + number[len(number)-4:]
}
