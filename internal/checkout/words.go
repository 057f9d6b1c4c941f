package checkout

import (
	"strings"

	"naru/internal/pay"
	"naru/internal/web"
)

// usageIssue is Payment.CustomerUsage of a window that issues a billing key:
// nothing is charged in it.
const usageIssue = "issue"

// purpose is what a checkout is for: a payment, or the registration of a card
// or account for payments to come.
type purpose struct {
	lang   string
	issue  bool
	ko, en string
}

func purposeOf(p pay.Payment, lang string) purpose {
	switch {
	case p.CustomerUsage != usageIssue:
		return payment(lang)
	case p.Provider == pay.TossPay:
		return purpose{lang, true, "정기결제 등록", "registration for recurring payments"}
	default:
		return purpose{lang, true, "카드 등록", "card registration"}
	}
}

// payment is the purpose where no checkout says which.
func payment(lang string) purpose { return purpose{lang, false, "결제", "payment"} }

// say fills the purpose into a sentence. In Korean {이}, {을} and {은} are the
// purpose with that particle, whose form depends on its last sound; {} is the
// bare purpose, in English too.
func (p purpose) say(ko, en string) string {
	if p.lang == "en" {
		return strings.ReplaceAll(en, "{}", p.en)
	}
	subject, object, topic := "가", "를", "는" // 결제
	if p.issue {
		subject, object, topic = "이", "을", "은" // 등록
	}
	return strings.NewReplacer("{이}", p.ko+subject, "{을}", p.ko+object, "{은}", p.ko+topic, "{}", p.ko).Replace(ko)
}

// title is the purpose as a heading.
func (p purpose) title() string {
	if p.lang == "en" {
		return strings.ToUpper(p.en[:1]) + p.en[1:]
	}
	return p.ko
}

// nothing says that no money moved and nothing was registered.
func (p purpose) nothing() string {
	if p.issue {
		return web.Pick(p.lang, "등록은 이루어지지 않았습니다.", "Nothing was registered.")
	}
	return web.Pick(p.lang, "결제는 이루어지지 않았습니다.", "Nothing was paid.")
}

// words are the sentences of the templates that name the purpose.
type words struct {
	Opening, Soon         string // while the provider's window loads
	NotLoaded, NotLoaded2 string
	NoScript, GiveUp      string
	Checking, DoNotLeave  string // while the result is not known
	Free                  string // that nothing is charged; "" for a payment
}

func (p purpose) words() words {
	w := words{
		Opening:    p.say("{}창을 여는 중입니다", "Opening the {} window"),
		Soon:       p.say("{}창이 나타날 때까지 잠시만 기다려 주세요.", "The {} window will appear in a moment."),
		NotLoaded:  p.say("{}창을 불러오지 못했습니다", "The {} window did not load"),
		NotLoaded2: web.Pick(p.lang, "결제사에 연결할 수 없습니다. 네트워크 상태를 확인하고 다시 시도해 주세요. ", "The payment provider cannot be reached. Please check your connection and try again. ") + p.nothing(),
		NoScript:   p.say("{}창을 열려면 브라우저에서 자바스크립트를 켜 주세요.", "Please turn on JavaScript in your browser to open the {} window."),
		GiveUp:     p.say("{} 취소하고 돌아가기", "Cancel and go back"),
		Checking:   p.say("{} 결과를 확인하고 있습니다", "Checking the result of your {}"),
		DoNotLeave: p.say("창을 닫거나 다시 결제하지 말고 잠시만 기다려 주세요.", "Please do not close this window and do not pay again."),
	}
	if p.issue {
		w.DoNotLeave = web.Pick(p.lang, "창을 닫거나 다시 등록하지 말고 잠시만 기다려 주세요.", "Please do not close this window and do not register again.")
		w.Free = web.Pick(p.lang, "등록 시 결제되지 않습니다", "Nothing is charged when you register")
	}
	return w
}
