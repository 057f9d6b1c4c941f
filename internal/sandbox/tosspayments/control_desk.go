package tosspayments

import (
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"naru/internal/sandbox/control"
	"naru/internal/web"
)

// loadDesk reads the control port's pages. Their addresses are relative to
// wherever the port is mounted.
func (s *Simulator) loadDesk() error {
	pages, err := fs.Sub(files, "desk")
	if err != nil {
		return err
	}
	static, err := fs.Sub(pages, "static")
	if err != nil {
		return err
	}
	if s.deskAssets, err = web.NewAssets("static/", static); err != nil {
		return err
	}
	s.desk, err = web.NewKit(pages, s.deskAssets, nil)
	return err
}

// deskView is the list of accounts that wait.
type deskView struct {
	Shop     string // id; "" is all
	Shops    []deskShop
	Accounts []deskAccount
	Done     *deskAccount // just paid into
	Problem  string
}

type deskShop struct{ MID, Name string }

type deskAccount struct {
	Key, OrderID, Order, Shop, Amount string
	Bank, Number, Customer, Due       string
	Expired, Fixed                    bool
	Notice                            string // text sent to the buyer
}

// controlAccounts lists the accounts that wait for a deposit, newest first:
// a page with buttons for browsers, JSON for others; ?mid= narrows it.
func (s *Simulator) controlAccounts(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	lang := web.Language(query.Get("lang"))
	s.mu.Lock()
	s.catchUp()
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		control.Answer(w, http.StatusOK, object{{"accounts", s.waitingObjects(query.Get("mid"))}})
		s.mu.Unlock()
		return
	}
	view := s.deskView(query.Get("mid"), lang)
	if p, ok := s.payments[query.Get("done")]; ok && p.account != nil {
		done := s.deskAccount(p, lang)
		view.Done = &done
	}
	s.mu.Unlock()
	view.Problem = deskProblem(query.Get("problem"), lang)
	page := web.Page{Name: "accounts", Lang: lang, Title: web.Pick(lang, "입금 확인", "Deposits"), Data: view}
	page.Referrer = "same-origin" // without a referrer browsers post forms with the origin "null"
	if err := s.desk.Render(w, page); err != nil {
		s.opts.Log.Error("sandbox tosspayments page", "page", page.Name, "error", err)
	}
}

// waitingPayments are those of the shop, or of all for "", newest first.
func (s *Simulator) waitingPayments(mid string) (out []*payment) {
	for _, p := range slices.Backward(s.newest) {
		if p.state == waiting && (mid == "" || p.shop.MID == mid) {
			out = append(out, p)
		}
	}
	return out
}

func (s *Simulator) waitingObjects(mid string) []object {
	out := []object{}
	for _, p := range s.waitingPayments(mid) {
		a := p.account
		out = append(out, object{
			{"mId", p.shop.MID}, {"paymentKey", p.key}, {"orderId", p.orderID}, {"orderName", p.orderName}, {"amount", p.total},
			{"bank", a.bank.ko}, {"bankCode", a.bank.code}, {"accountNumber", a.number}, {"fixed", a.fixed},
			{"customerName", a.customer}, {"dueDate", stamp(a.due)}, {"expired", a.expired},
		})
	}
	return out
}

func (s *Simulator) deskView(mid, lang string) deskView {
	v := deskView{Shop: mid}
	for _, shop := range s.shops {
		v.Shops = append(v.Shops, deskShop{shop.MID, shop.Name})
	}
	slices.SortFunc(v.Shops, func(a, b deskShop) int { return strings.Compare(a.MID, b.MID) })
	for _, p := range s.waitingPayments(mid) {
		v.Accounts = append(v.Accounts, s.deskAccount(p, lang))
	}
	return v
}

func (s *Simulator) deskAccount(p *payment, lang string) deskAccount {
	a := p.account
	v := deskAccount{
		Key: p.key, OrderID: p.orderID, Order: p.orderName, Shop: p.shop.Name, Amount: display(p.total, p.currency, lang),
		Bank: web.Pick(lang, a.bank.full, a.bank.en), Number: a.number, Customer: a.customer, Due: a.due.In(seoul).Format("2006-01-02 15:04"),
		Expired: a.expired, Fixed: a.fixed,
	}
	for _, m := range s.messages {
		if m.payment == p {
			v.Notice = m.text
		}
	}
	return v
}

// deskProblem words why a deposit was refused.
func deskProblem(code, lang string) string {
	switch code {
	case "":
		return ""
	case "NOT_WAITING_FOR_DEPOSIT":
		return web.Pick(lang, "입금을 기다리는 계좌가 아닙니다. 이미 입금되었거나 취소되었습니다.", "The account does not wait for a deposit: it was paid into or cancelled.")
	case "ACCOUNT_EXPIRED":
		return web.Pick(lang, "입금 기한이 지나 은행이 받지 않았습니다.", "The due date is past, so the bank did not take the money.")
	case "WRONG_AMOUNT":
		return web.Pick(lang, "금액이 달라 은행이 받지 않았습니다.", "The amount differs, so the bank did not take the money.")
	}
	return web.Pick(lang, "결제를 찾을 수 없습니다. 샌드박스가 다시 시작되었을 수 있습니다.", "No such payment; the sandbox may have been restarted.")
}
