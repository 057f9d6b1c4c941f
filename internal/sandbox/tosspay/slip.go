package tosspay

import (
	"net/http"
	"slices"
	"time"

	"naru/internal/web"
)

const slipPath = "/payfront/web/external/sales-check"

// slip is a card sales slip as the page shows it.
type slip struct {
	Merchant, MID, OrderNo, Desc string
	Kind                         string // 승인 or 취소
	Card, Number, ApprovalNo     string
	Months                       string
	At, TransactionID            string
	Parts                        parts
	Discount, Paid, Total        int64
}

// slipForm asks who is looking.
type slipForm struct {
	Error       string
	Token, TxID string
	Skip        string
}

// showSlip shows the sales slip of a card payment to somebody who types a
// phone number and a date of birth; testers may skip that.
func (s *Simulator) showSlip(w http.ResponseWriter, r *http.Request) {
	lang := language(r)
	if err := r.ParseForm(); err != nil {
		s.renderNotice(w, http.StatusBadRequest, lang, notice{web.Pick(lang, "요청을 읽을 수 없어요", "Bad request"), err.Error()})
		return
	}
	data, f := s.slip(r.Form.Get("payToken"), r.Form.Get("transactionId"), lang)
	switch {
	case f != nil && f.http == http.StatusNotFound:
		s.renderNotFound(w, lang)
		return
	case f != nil:
		s.renderNotice(w, http.StatusConflict, lang, notice{web.Pick(lang, "매출전표를 볼 수 없어요", "No sales slip"), f.msg + " (" + f.code + ")"})
		return
	}
	ask := slipForm{Token: r.Form.Get("payToken"), TxID: r.Form.Get("transactionId")}
	ask.Skip = s.path(slipPath) + "?payToken=" + ask.Token + "&transactionId=" + ask.TxID + "&skip=1&lang=" + lang
	status := http.StatusOK
	if r.Method == http.MethodPost {
		if f := identify(r.PostForm.Get("phone"), r.PostForm.Get("birth")); f != nil {
			ask.Error, status = message("SALES_CHECK_USER_AUTH_FAIL")+" "+f.msg, http.StatusUnprocessableEntity
		}
	}
	title := web.Pick(lang, "카드 매출전표", "Card sales slip")
	if ask.Error != "" || (r.Method != http.MethodPost && r.Form.Get("skip") != "1") {
		s.render(w, web.Page{Name: "slip-ask", Status: status, Lang: lang, Title: title, Data: ask})
		return
	}
	s.render(w, web.Page{Name: "slip", Lang: lang, Title: title, Data: data})
}

// slip is that of a transaction, or of the approval if none is named.
func (s *Simulator) slip(token, transaction, lang string) (slip, *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(token, s.clock())
	notFound := &failure{"TRANSACTION_NOT_FOUND", message("TRANSACTION_NOT_FOUND"), http.StatusNotFound}
	switch {
	case p == nil:
		return slip{}, notFound
	case p.paid.IsZero():
		return slip{}, refuse("TRANSACTION_NOT_COMPLETE")
	case !p.byCard():
		return slip{}, refuse("SALES_CHECK_CARD_ONLY")
	}
	i := 0
	if transaction != "" {
		i = slices.IndexFunc(p.txns, func(m entry) bool { return m.id == transaction })
	}
	if i < 0 {
		return slip{}, notFound
	}
	return p.slip(p.txns[i], lang), nil
}

func (p *payment) slip(m entry, lang string) slip {
	kind, sign := web.Pick(lang, "승인", "Approval"), int64(1)
	if m.refund {
		kind, sign = web.Pick(lang, "취소", "Refund"), -1
	}
	c := p.choice.card
	months := web.Pick(lang, "일시불", "Paid in full")
	if p.choice.months > 0 {
		months = groupDigits(int64(p.choice.months)) + web.Pick(lang, "개월", " months")
	}
	return slip{
		Merchant: p.shop.Name, MID: p.shop.MID, OrderNo: p.orderNo, Desc: p.desc, Kind: kind,
		Card: c.name, Number: c.number, ApprovalNo: p.authNo, Months: months,
		At: m.at.In(seoul).Format(time.DateTime), TransactionID: m.id,
		Parts:    parts{sign * m.parts.Taxable, sign * m.parts.TaxFree, sign * m.parts.VAT, sign * m.parts.ServiceFee},
		Discount: sign * m.balance.off(), Paid: sign * m.balance.paid, Total: sign * m.balance.gross,
	}
}
