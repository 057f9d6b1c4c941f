package tosspayments

import (
	"embed"
	"io/fs"
	"net/http"
	"slices"
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
	Shop   string
	Order  string
	Amount string
	Config any // for the page's script
	Page   any
}

// config tells the window's script where it stands.
type config struct {
	Actions string   `json:"actions"` // address that actions are posted under
	Framed  bool     `json:"framed"`
	Origin  string   `json:"origin"` // of the page that messages go to
	Nonce   string   `json:"nonce"`
	Auto    string   `json:"auto"` // what to do without being asked
	Ended   *outcome `json:"ended"`
}

// cardView is what the card window's template needs.
type cardView struct {
	Companies []tile
	Direct    bool
	Months    []int
	Point     string // "ask", "on" or "off"
	Declines  []decline
}

type tile struct {
	Code, Name, Full string
	Only             bool  // the only one offered
	Free             []int // months without interest
}

type decline struct{ Code, Text string }

// declineCodes are offered in the tester's panel; the control port takes more.
var declineCodes = []string{
	"REJECT_CARD_PAYMENT", "REJECT_CARD_COMPANY", "INVALID_REJECT_CARD", "INVALID_STOPPED_CARD", "INVALID_CARD_LOST_OR_STOLEN",
	"INVALID_CARD_EXPIRATION", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_PAYMENT_AMOUNT", "EXCEED_MAX_ONE_DAY_AMOUNT",
	"NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "NOT_ALLOWED_POINT_USE", "FDS_ERROR", "CARD_PROCESSING_ERROR", "PROVIDER_ERROR",
	"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "UNKNOWN_PAYMENT_ERROR",
}

// showWindow renders the window as its payment stands.
func (s *Simulator) showWindow(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	page, ok := s.windowPage(chi.URLParam(r, "token"))
	s.mu.Unlock()
	if !ok {
		page = web.Page{Name: "gone", Status: http.StatusNotFound, Lang: korean, Title: "결제창을 찾을 수 없습니다", Data: frameData{}}
	}
	page.Policy = anyFrame
	if err := s.kit.Render(w, page); err != nil {
		s.opts.Log.Error("sandbox tosspayments page", "page", page.Name, "error", err)
	}
}

func (s *Simulator) windowPage(token string) (web.Page, bool) {
	win, ok := s.windows[token]
	if !ok {
		return web.Page{}, false
	}
	p := win.payment
	s.catchUp()
	conf := config{Actions: s.path() + "/window/" + token + "/", Framed: win.framed, Origin: win.origin, Nonce: win.nonce, Ended: win.result}
	data := frameData{Shop: p.shop.Name, Order: p.orderName, Amount: display(p.total, p.currency, win.lang)}
	page := web.Page{Lang: win.lang, Title: web.Pick(win.lang, "결제하기", "Payment")}
	switch {
	case win.result == nil && p.state == ready:
		conf.Auto = s.auto
		page.Name, data.Page = win.sheet.page(s, win)
	case p.state == expired:
		page.Name = "expired"
	default:
		page.Name = "ended"
	}
	data.Config = conf
	page.Data = data
	return page, true
}

func (of offer) view(lang string) cardView {
	v := cardView{Direct: of.direct, Months: of.months, Point: "ask"}
	if of.point != nil {
		v.Point = "off"
		if *of.point {
			v.Point = "on"
		}
	}
	for _, c := range of.companies {
		name := c.ko
		if lang == english {
			name = c.full
		}
		free := slices.Clone(of.free[c.code])
		slices.Sort(free)
		v.Companies = append(v.Companies, tile{c.code, name, c.full, len(of.companies) == 1, slices.Compact(free)})
	}
	for _, code := range declineCodes {
		v.Declines = append(v.Declines, decline{code, refuse(code).message(lang)})
	}
	return v
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
