package tosspayments

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"naru/internal/web"
)

//go:embed pages shared static desk
var files embed.FS

func (s *Simulator) loadPages() error {
	static, err := fs.Sub(files, "static")
	if err != nil {
		return err
	}
	if s.assets, err = web.NewAssets(s.path()+"/static/", static); err != nil {
		return err
	}
	if s.kit, err = web.NewKit(files, s.assets, nil); err != nil {
		return err
	}
	return s.loadDesk()
}

// anyFrame lets every page frame the window, as the provider must.
var anyFrame = web.Policy{Ancestors: []string{"*", "http:", "https:"}}

// frameData is what the shared frame of all pages needs.
type frameData struct {
	Shop     string
	Order    string // "" in a billing window
	Amount   string
	Declines []decline // for the tester's panel
	Billing  bool
	Config   any // for the page's script
	Page     any
}

// config tells the window's script where it stands.
type config struct {
	Actions string          `json:"actions"` // address that actions are posted under
	Framed  bool            `json:"framed"`
	Origin  string          `json:"origin"` // of the page that messages go to
	Nonce   string          `json:"nonce"`
	Auto    string          `json:"auto"`    // what to do without being asked
	Code    string          `json:"code"`    // what an approval is refused with later
	Choices json.RawMessage `json:"choices"` // body of an approval; null is what the page would send
	Problem string          `json:"problem"` // why what was ordered is not done
	Ended   *outcome        `json:"ended"`
}

type decline struct{ Code, Text string }

// declineCodes are offered in the tester's panel; the control port takes more.
var declineCodes = []string{
	"REJECT_CARD_PAYMENT", "REJECT_CARD_COMPANY", "INVALID_REJECT_CARD", "INVALID_STOPPED_CARD", "INVALID_CARD_LOST_OR_STOLEN",
	"INVALID_CARD_EXPIRATION", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_PAYMENT_AMOUNT", "EXCEED_MAX_ONE_DAY_AMOUNT",
	"NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "NOT_ALLOWED_POINT_USE", "FDS_ERROR", "CARD_PROCESSING_ERROR", "PROVIDER_ERROR",
	"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "UNKNOWN_PAYMENT_ERROR",
}

func declineList(codes []string, lang string) (out []decline) {
	for _, code := range codes {
		out = append(out, decline{code, refuse(code).message(lang)})
	}
	return out
}

// showWindow renders the window as it stands. ?auto= says what it does by
// itself.
func (s *Simulator) showWindow(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	page := web.Page{Name: "gone", Status: http.StatusNotFound, Lang: korean, Title: "결제창을 찾을 수 없습니다", Data: frameData{}}
	if win, ok := s.windows[chi.URLParam(r, "token")]; ok {
		page = s.windowPage(win, r.URL.Query().Get("auto"))
	}
	s.mu.Unlock()
	page.Policy = anyFrame
	if err := s.kit.Render(w, page); err != nil {
		s.opts.Log.Error("sandbox tosspayments page", "page", page.Name, "error", err)
	}
}

func (s *Simulator) windowPage(win *window, word string) web.Page {
	s.catchUp()
	conf := config{Actions: s.path() + "/window/" + win.token + "/", Framed: win.framed, Origin: win.origin, Nonce: win.nonce, Ended: win.result}
	data := frameData{Shop: win.shop.Name, Declines: declineList(declineCodes, win.lang)}
	page := web.Page{Lang: win.lang, Title: web.Pick(win.lang, "결제하기", "Payment")}
	if p := win.payment; p != nil {
		data.Order, data.Amount = p.orderName, display(p.total, p.currency, win.lang)
	} else {
		data.Billing, page.Title = true, web.Pick(win.lang, "카드 등록", "Register a card")
	}
	switch win.state() {
	case windowOpen:
		var a auto
		a, conf.Problem = s.autoFor(win, word)
		if conf.Problem == "" {
			a.tell(&conf)
		}
		page.Name, data.Page = s.windowView(win)
		if t, ok := win.sheet.(titled); ok {
			page.Title = t.title(win.lang)
		}
	case windowExpired:
		page.Name = "expired"
	default:
		page.Name = "ended"
	}
	data.Config = conf
	page.Data = data
	return page
}

func (s *Simulator) windowView(win *window) (string, any) {
	if win.consent != nil {
		return "billing", s.billingView(win.lang)
	}
	return win.sheet.page(s, win)
}

// display writes an amount for people: 58,000원, or KRW 58,000.
func display(minor int64, currency, lang string) string {
	whole, fraction, _ := strings.Cut(number(minor, currency).String(), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + (fraction + "0")[:2]
	}
	if currency == "KRW" && lang == korean {
		return whole + "원"
	}
	return currency + " " + whole
}
