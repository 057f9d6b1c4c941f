package tosspay

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"rsc.io/qr"

	"naru/internal/web"
)

// pageOptions change how checkout pages are served.
type pageOptions struct {
	CutOpener bool `json:"cutOpener"` // the popup loses window.opener, as behind a strict opener policy
}

// stage is what the pages of a payment and of a billing key have in common:
// the web page, the app beside it, and the tools.
type stage struct {
	Merchant, Desc string
	Codes          []option // of a decline
	QR             template.HTML
	App            string // address of the app alone
	OtherLang      string // address in the other language
	Words          words
	Knobs          knobs // that hold for every window
	Script         script
}

// option is an entry of a list.
type option struct {
	Value string
	Label string
	Used  bool // an instrument that had a billing key
	Lump  bool // a card that takes no months
	Free  int  // months without interest
	Card  int  // company code of the one card that a discount is for
}

// script is what the page's script needs.
type script struct {
	Kind            string            `json:"kind"` // payment or billing
	State           pageState         `json:"state"`
	Endpoint        string            `json:"endpoint"`
	Amount          int64             `json:"amount"`
	MinInstallments int64             `json:"minInstallments"`
	Installments    bool              `json:"installments"`
	Auto            pageDeed          `json:"auto"`
	CutOpener       bool              `json:"cutOpener"`
	AppOnly         bool              `json:"appOnly"`
	Texts           map[string]string `json:"texts"`
	Messages        map[string]string `json:"messages,omitempty"` // by errorCode, in place of the wire's
}

// dress sets what follows from the request, the options of pages, and what the
// window's buyer was told to do: ?auto= comes before an order, and an order
// before what all pages do. The error is about ?auto=. The caller holds the lock.
func (s *Simulator) dress(st *stage, here, lang string, q url.Values, told *deed) error {
	st.App, st.OtherLang = here, here+"&lang="+web.Pick(lang, "en", "ko")
	if !strings.HasSuffix(here, "&app=1") {
		st.App += "&app=1"
	}
	st.Script.CutOpener, st.Script.AppOnly = s.page.CutOpener, q.Get("app") == "1"
	if lang == "en" {
		st.Script.Messages = englishMessages
	}
	if told == nil {
		told = s.auto
	}
	if q.Has("auto") {
		d, err := parseDeed(q.Get("auto"))
		if err != nil {
			return err
		}
		told = &d
	}
	st.Script.Auto = told.forPage(st.Script.Kind)
	return nil
}

// renderBadAuto is the page for a ?auto= that makes no sense.
func (s *Simulator) renderBadAuto(w http.ResponseWriter, lang string, err error) {
	s.renderNotice(w, http.StatusBadRequest, lang, notice{web.Pick(lang, "auto 값이 올바르지 않아요", "auto is wrong"), "auto: " + err.Error()})
}

// renderStage writes the page; st is the part of data that all have.
func (s *Simulator) renderStage(w http.ResponseWriter, name, lang string, st *stage, data any) {
	code, err := qrSVG(st.App)
	if err != nil { // an address too long for a code; the other tab still works
		s.opts.Log.Warn("tosspay sandbox: QR code", "error", err)
	}
	st.QR = code
	if st.Script.CutOpener {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	s.render(w, web.Page{Name: name, Lang: lang, Title: web.Pick(lang, "토스페이 샌드박스", "Toss Pay sandbox"), Data: data})
}

// codeOptions lists errorCodes with their texts.
func codeOptions(codes []string, lang string) []option {
	var list []option
	for _, code := range codes {
		list = append(list, option{Value: code, Label: shownMessage(code, lang)})
	}
	return list
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
