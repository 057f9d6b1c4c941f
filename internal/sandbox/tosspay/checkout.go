package tosspay

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"rsc.io/qr"

	"naru/internal/web"
)

// pageOptions change how checkout pages are served.
type pageOptions struct {
	CutOpener bool `json:"cutOpener"` // the popup loses window.opener, as behind a strict opener policy
}

// autoOptions make checkout pages act by themselves.
type autoOptions struct {
	Action    string `json:"action"`              // approve, cancel, decline; empty is the buyer's own hands
	ErrorCode string `json:"errorCode,omitempty"` // of a decline; empty is COMMON_NOT_ENOUGH_CASH
}

// checkout is what the checkout page shows.
type checkout struct {
	Merchant, Desc string
	Amount         int64
	Money, Card    bool
	Accounts       []option
	Cards          []option
	Months         []option
	Discounts      []option
	Points         int64 // the buyer has
	Codes          []option
	QR             template.HTML
	Here, App      string // this page, and the app alone
	OtherLang      string
	Script         script
}

// option is an entry of a list.
type option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// script is what the page's script needs.
type script struct {
	State           pageState         `json:"state"`
	Endpoint        string            `json:"endpoint"`
	Amount          int64             `json:"amount"`
	MinInstallments int64             `json:"minInstallments"`
	Installments    bool              `json:"installments"`
	Auto            autoOptions       `json:"auto"`
	CutOpener       bool              `json:"cutOpener"`
	AppOnly         bool              `json:"appOnly"`
	Texts           map[string]string `json:"texts"`
}

const buyerPoints = 5000 // won the sandbox's buyer has

// showCheckout is the page a merchant sends the buyer to.
func (s *Simulator) showCheckout(w http.ResponseWriter, r *http.Request) {
	lang := language(r)
	q := r.URL.Query()
	s.mu.Lock()
	p := s.find(q.Get("payToken"), s.clock())
	if p == nil {
		s.mu.Unlock()
		s.renderNotFound(w, lang)
		return
	}
	data, page := s.checkout(p, lang), s.page
	data.Script.AppOnly = q.Get("app") == "1"
	switch a := q.Get("auto"); a {
	case "approve", "cancel", "decline":
		data.Script.Auto = autoOptions{Action: a}
	}
	s.mu.Unlock()
	code, err := qrSVG(data.App)
	if err != nil { // an address too long for a code; the other tab still works
		s.opts.Log.Warn("tosspay sandbox: QR code", "error", err)
	}
	data.QR = code
	if page.CutOpener {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	s.render(w, web.Page{Name: "checkout", Lang: lang, Title: web.Pick(lang, "토스페이 샌드박스", "Toss Pay sandbox"), Data: data})
}

// checkout collects the page's data. The caller holds the lock.
func (s *Simulator) checkout(p *payment, lang string) checkout {
	other := web.Pick(lang, "en", "ko")
	c := checkout{
		Merchant: p.shop.Name, Desc: p.desc, Amount: p.amount, Money: p.money, Card: p.card, Points: buyerPoints,
		Here: s.checkoutPage(p), App: s.checkoutPage(p) + "&app=1", OtherLang: s.checkoutPage(p) + "&lang=" + other,
		Script: script{
			State: p.pageState(), Endpoint: s.path("/payfront/sandbox/" + p.token), Amount: p.amount,
			MinInstallments: minInstallments, Installments: p.installments,
			Auto: s.auto, CutOpener: s.page.CutOpener, Texts: scriptTexts(lang),
		},
	}
	for _, a := range accounts {
		c.Accounts = append(c.Accounts, option{a.code, a.name + " " + a.number})
	}
	for _, k := range p.offered() {
		c.Cards = append(c.Cards, option{fmt.Sprint(k.company), k.name + web.Pick(lang, "카드 ", " card ") + k.number})
	}
	c.Months = append(c.Months, option{"0", web.Pick(lang, "일시불", "Pay in full")})
	for m := 2; m <= maxMonths; m++ {
		c.Months = append(c.Months, option{fmt.Sprint(m), fmt.Sprintf(web.Pick(lang, "%d개월", "%d months"), m)})
	}
	c.Discounts = discounts(p.amount, lang)
	for _, code := range declines {
		c.Codes = append(c.Codes, option{code, message(code)})
	}
	return c
}

// discounts are the instant discounts the sandbox's Toss offers, by their won.
func discounts(amount int64, lang string) []option {
	list := []option{{"0", web.Pick(lang, "없음", "None")}}
	if tenth := amount / 10; tenth > 0 {
		list = append(list, option{fmt.Sprint(tenth), fmt.Sprintf(web.Pick(lang, "즉시할인 10%% (-%s원)", "Instant 10%% (-%s won)"), groupDigits(tenth))})
	}
	if amount > 1000 {
		list = append(list, option{"1000", web.Pick(lang, "첫 결제 할인 (-1,000원)", "First payment (-1,000 won)")})
	}
	return list
}

// scriptTexts are the words the script puts in.
func scriptTexts(lang string) map[string]string {
	pick := func(ko, en string) string { return web.Pick(lang, ko, en) }
	return map[string]string{
		"won":       pick("원", " won"),
		"pay":       pick(" 결제하기", " — pay"),
		"notYet":    pick("아직 결제가 끝나지 않았어요. 토스 앱에서 결제를 마쳐 주세요.", "The payment is not finished yet. Please finish it in the app."),
		"done":      pick("인증을 마쳤어요", "Authenticated"),
		"expired":   pick("결제 가능 시간이 지났어요", "The time to pay has run out"),
		"cancelled": pick("취소된 결제예요", "This payment was cancelled"),
		"press":     pick("아래 버튼을 누르면 상점으로 돌아가요.", "Press the button below to go back to the shop."),
		"moving":    pick("상점으로 이동하고 있어요…", "Taking you back to the shop…"),
		"lost":      pick("테스트: 돌아가는 길을 잃었어요. 아래 버튼을 누르면 다시 이동해요.", "Test: the way back was lost. Press the button below to go on."),
		"toApp":     pick("상점 앱으로 돌아가는 결제예요. 일반 브라우저라면 이 화면은 저절로 넘어가지 않아요.", "This payment returns to the shop's app. In an ordinary browser this page does not move on by itself."),
		"working":   pick("결제를 확인하고 있어요…", "Confirming the payment…"),
		"offline":   pick("샌드박스에 연결할 수 없어요. 다시 시도하고 있어요.", "The sandbox cannot be reached. Trying again."),
		"badPhone":  pick("01로 시작하는 숫자 11자리를 입력해 주세요.", "Enter 11 digits that begin with 01."),
		"badBirth":  pick("YYMMDD 형식의 6자리를 입력해 주세요.", "Enter a date as YYMMDD."),
		"appClosed": pick("PC 화면으로 돌아가 주세요.", "Please go back to the other screen."),
	}
}

// qrSVG draws text as a QR code: dark on white whatever the page's colours,
// with the quiet zone that cameras need.
func qrSVG(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	const quiet = 4
	var b strings.Builder
	side := code.Size + 2*quiet
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="QR"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#111" d="`, side, side, side, side)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil //nolint:gosec // numbers only
}
