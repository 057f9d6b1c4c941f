package tosspayments

import "naru/internal/web"

// purseView is what a wallet's template needs. Its texts are in the wallet's
// manner; they are not the service's own.
type purseView struct {
	Code, Name    string
	App           string // what the wallet is opened with on a phone
	Money, Points string // names of them; "" where there are none
	Bare          bool
	Cards         []tile
	Months        []int
	Total         int64
	Spare         int64 // points that a tester may want to try
}

// sparePoints is a share of the amount that is offered as points, so that a
// mixed payment is one press away.
const sparePoints = 2000

func (p purse) title(lang string) string {
	return web.Pick(lang, p.wallet.ko+" 결제", p.wallet.en)
}

func (p purse) page(_ *Simulator, w *window) (string, any) {
	v := purseView{
		Code: p.wallet.code, Name: web.Pick(w.lang, p.wallet.ko, p.wallet.en), App: p.wallet.app(w.lang), Bare: p.wallet.bare, Months: p.months,
		Total: w.payment.total,
	}
	if p.wallet.money {
		v.Money = p.wallet.moneyName(w.lang)
	}
	if p.wallet.points {
		v.Points = p.wallet.pointsName(w.lang)
		v.Spare = min(sparePoints, w.payment.total/2)
	}
	for _, c := range p.wallet.companies() {
		v.Cards = append(v.Cards, tile{Code: c.code, Name: web.Pick(w.lang, c.ko, c.english())})
	}
	return "easypay", v
}

func (w wallet) app(lang string) string {
	switch w.code {
	case "KAKAOPAY":
		return web.Pick(lang, "카카오톡", "KakaoTalk")
	case "NAVERPAY":
		return web.Pick(lang, "네이버 앱", "the NAVER app")
	case "TOSSPAY":
		return web.Pick(lang, "토스 앱", "the Toss app")
	case "APPLEPAY":
		return web.Pick(lang, "아이폰의 지갑", "Wallet on iPhone")
	}
	return web.Pick(lang, w.ko+" 앱", "the "+w.en+" app")
}

func (w wallet) moneyName(lang string) string {
	switch w.code {
	case "KAKAOPAY":
		return web.Pick(lang, "카카오페이머니", "KakaoPay Money")
	case "NAVERPAY":
		return web.Pick(lang, "네이버페이 머니", "Naver Pay Money")
	case "TOSSPAY":
		return web.Pick(lang, "계좌·토스머니", "Account or Toss Money")
	case "SSG":
		return web.Pick(lang, "SSG머니", "SSG Money")
	}
	return web.Pick(lang, "연결 계좌", "Linked account")
}

func (w wallet) pointsName(lang string) string {
	switch w.code {
	case "KAKAOPAY":
		return web.Pick(lang, "카카오페이포인트", "KakaoPay points")
	case "NAVERPAY":
		return web.Pick(lang, "네이버페이 포인트", "Naver Pay points")
	case "TOSSPAY":
		return web.Pick(lang, "토스포인트", "Toss points")
	}
	return web.Pick(lang, w.ko+" 포인트", w.en+" points")
}
