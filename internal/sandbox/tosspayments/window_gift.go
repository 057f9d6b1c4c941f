package tosspayments

import (
	"encoding/json"

	"naru/internal/web"
)

// giftService is who issues a kind of gift certificate ("ENUM 코드", 상품권 코드)
// and keeps the buyer's balance.
type giftService struct {
	method, methodEn string
	brand            string // for the stylesheet
	ko, en           string
	cash, cashEn     string // what the balance is called
}

// giftServices are by the method's Korean name.
var giftServices = map[string]giftService{
	"문화상품권":   {method: "문화상품권", methodEn: "Culture gift certificate", brand: "culture", ko: "컬쳐랜드", en: "Cultureland", cash: "컬쳐캐쉬", cashEn: "Culture Cash"},
	"도서문화상품권": {method: "도서문화상품권", methodEn: "Book gift certificate", brand: "book", ko: "북앤라이프", en: "BookNLife", cash: "북앤라이프캐시", cashEn: "BookNLife Cash"},
	"게임문화상품권": {method: "게임문화상품권", methodEn: "Game gift certificate", brand: "game", ko: "스마트문상", en: "Smart Munsang", cash: "스마트캐시", cashEn: "Smart Cash"},
}

// The one member that every service has. The window fills both in, so that
// nobody types a real one.
const (
	giftMember   = "sandbox"
	giftPassword = "sandbox"
)

// giftBalance is what the member has at least, in won; more where the order
// needs it.
const giftBalance = 500_000

var giftDeclines = []string{
	"INVALID_AUTHORIZE_AUTH_TYPE_GIFT_CERTIFICATE", "INVALID_PASSWORD", "EXCEED_MAX_AUTH_COUNT", "EXCEED_MAX_ONE_DAY_AMOUNT",
	"EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", "EXCEED_MAX_AMOUNT", "NOT_AVAILABLE_PAYMENT", "MAINTAINED_METHOD", "FDS_ERROR", "PROVIDER_ERROR",
	"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "UNKNOWN_PAYMENT_ERROR",
}

// giftSheet is the window of a kind of gift certificate.
type giftSheet struct{ service giftService }

// giftChoice is the body of its act. Neither is kept.
type giftChoice struct {
	ID       string `json:"id"`
	Password string `json:"password"`
}

func readGiftSheet(_ *Simulator, f *fields, o *order) sheet {
	readWon(f, o)
	return giftSheet{giftServices[o.method]}
}

func (g giftSheet) rejection() string { return giftDeclines[0] }

func (g giftSheet) title(lang string) string {
	return web.Pick(lang, g.service.method, g.service.methodEn)
}

func (g giftSheet) take(_ *Simulator, _ *window, choices json.RawMessage) (func(*payment), error) {
	var ch giftChoice
	if err := readChoices(choices, &ch); err != nil {
		return nil, err
	}
	if ch.ID != giftMember || ch.Password != giftPassword {
		return nil, refusef("INVALID_PASSWORD", "id and password: %s and %s", giftMember, giftPassword)
	}
	return func(p *payment) { p.gift = &giftCertificate{} }, nil
}

// giftView is what the template needs.
type giftView struct {
	Brand, Service, Cash string
	Member, Password     string
	Balance, Left        string
	Tools                toolsView
}

func (g giftSheet) page(_ *Simulator, w *window) (string, any) {
	total, balance := w.payment.total, int64(giftBalance)
	if total > balance {
		balance = (total + 99_999) / 100_000 * 100_000
	}
	return "gift", giftView{
		Brand: g.service.brand, Service: web.Pick(w.lang, g.service.ko, g.service.en), Cash: web.Pick(w.lang, g.service.cash, g.service.cashEn),
		Member: giftMember, Password: giftPassword, Balance: display(balance, "KRW", w.lang), Left: display(balance-total, "KRW", w.lang),
		Tools: viewTools(w.lang, g.rejection(), giftDeclines),
	}
}
