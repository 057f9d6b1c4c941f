package tosspayments

import (
	"cmp"
	"slices"
	"strings"

	"naru/internal/web"
)

// cardView is what the card window's template needs.
type cardView struct {
	Companies []tile
	Direct    bool
	Months    []int
	Fixed     bool   // the plan is the shop's and may not be changed
	Point     string // "ask", "on" or "off"
	Ways      []wayView
	Foreign   bool
	Discount  string // what a promotion takes off; "" for none
}

type tile struct {
	Code, Name, Full string
	Only             bool // the only one offered
	ISP              bool
	Ways             string // separated by blanks
	Free             []int  // months without interest
}

// wayView is a way to be known at the card company's page.
type wayView struct{ Code, Name, Text string }

func (of offer) view(s *Simulator, w *window) cardView {
	v := cardView{Direct: of.direct, Months: of.months, Fixed: len(of.months) == 1 && of.months[0] > 0, Point: "ask", Foreign: of.international}
	if of.point != nil {
		v.Point = "off"
		if *of.point {
			v.Point = "on"
		}
	}
	offered := map[string]bool{}
	for _, c := range of.companies {
		for _, way := range of.ways(c) {
			offered[way] = true
		}
		v.Companies = append(v.Companies, of.tile(s, w, c))
	}
	for _, way := range viewWays(w.lang) {
		if offered[way.Code] {
			v.Ways = append(v.Ways, way)
		}
	}
	if of.discount != "" {
		if d, err := s.promoted(w.shop, of.discount, of.companies[0], w.payment.total); err == nil {
			v.Discount = display(d.Amount, w.payment.currency, w.lang)
		}
	}
	return v
}

func (of offer) tile(s *Simulator, w *window, c company) tile {
	t := tile{Code: c.code, Name: web.Pick(w.lang, c.ko, c.english()), Full: web.Pick(w.lang, c.full, c.english()), Only: len(of.companies) == 1, ISP: c.isp(), Ways: strings.Join(of.ways(c), " ")}
	for _, n := range of.months {
		if interestPayer(w.shop, of.free, c, n, s.today(), w.payment.total) != "" {
			t.Free = append(t.Free, n)
		}
	}
	t.Free = append(t.Free, of.free[c.code]...) // also those that are not to be chosen here
	slices.Sort(t.Free)
	t.Free = slices.Compact(t.Free)
	return t
}

func viewWays(lang string) []wayView {
	return []wayView{
		{wayISP, web.Pick(lang, "ISP/페이북", "ISP/paybooc"), web.Pick(lang, "페이북 앱의 인증서와 비밀번호로 확인합니다", "Confirmed with the certificate in the paybooc app")},
		{wayApp, web.Pick(lang, "앱카드", "Card app"), web.Pick(lang, "QR을 찍거나 카드 앱을 열어 확인합니다", "Confirmed in the company's app")},
		{wayNumber, web.Pick(lang, "카드번호", "Card number"), web.Pick(lang, "카드번호와 비밀번호로 확인합니다", "Confirmed with the card's number and password")},
		{wayEasy, web.Pick(lang, "간편결제", "Quick pay"), web.Pick(lang, "미리 정한 비밀번호 여섯 자리로 확인합니다", "Confirmed with the six digits set before")},
	}
}

// companyNames are English names for people; the tables have those of the API.
var companyNames = map[string]string{
	"11": "KB Kookmin", "15": "KakaoBank", "21": "Hana", "24": "Toss Bank", "30": "KDB", "31": "BC", "33": "Woori", "34": "Suhyup", "35": "Jeonbuk",
	"36": "Citi", "37": "Korea Post", "38": "Saemaul", "39": "Savings banks", "3A": "K bank", "3K": "IBK BC", "41": "Shinhan", "42": "Jeju",
	"46": "Gwangju", "51": "Samsung", "61": "Hyundai", "62": "Shinhyup", "71": "Lotte", "91": "NH", "W1": "Woori Card",
}

func (c company) english() string { return cmp.Or(companyNames[c.code], c.full) }
