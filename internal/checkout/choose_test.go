package checkout_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"naru/internal/gateway"
)

// twoCards lets 신한 and KB be chosen, KB without interest up to three months.
func twoCards(w *gateway.WindowRequest) {
	no, yes := false, true
	w.FreeMonths = true
	w.CardRows = []gateway.CardRow{
		{Company: gateway.AllCards, Enabled: &no}, {Company: "366", Enabled: &yes}, {Company: "381", Enabled: &yes, MaxMonths: 3},
	}
}

// choose posts a choice as the page's form does.
func (s shopper) choose(form string, header ...string) *httptest.ResponseRecorder {
	return s.ask("/checkout/"+s.token+"/card", form, append([]string{"Sec-Fetch-Site", "same-origin", "Origin", "https://pay.example"}, header...)...)
}

func TestACardIsChosenBeforeTheWindow(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(twoCards)
	rec := s.begin()
	has(t, rec, http.StatusOK, `"page":"choose"`, `action="/checkout/`+s.token+`/card"`, `action="/checkout/`+s.token+`/close"`, "64,900원", "나루 &lt;머그컵&gt;",
		`value="366"`, "신한카드", `value="381"`, "KB국민카드", "무이자 최대 3개월",
		`<option value="0">일시불</option>`, `<option value="2">2개월 (무이자)</option>`, `<option value="4">4개월</option>`)
	if strings.Contains(rec.Body.String(), `value="361"`) {
		t.Error("a company that the shop disabled is shown")
	}
	csp := rec.Header().Get("Content-Security-Policy")
	if got := directive(t, csp, "frame-ancestors"); got != "https://shop.example" {
		t.Errorf("frame-ancestors %s", got)
	}
	if got := directive(t, csp, "form-action"); got != "'self' https:" {
		t.Errorf("form-action %s", got)
	}
	if s.window.Load() != nil {
		t.Fatal("a window was opened before the buyer chose")
	}
	has(t, s.begin(), http.StatusOK, `"page":"choose"`) // nothing was begun: reloading is harmless

	has(t, s.choose("company=381&months-381=3&months-366=5"), http.StatusOK, `"page":"launch"`)
	w := s.window.Load()
	if w == nil || w.Card.Company != "381" || w.Card.Months == nil || *w.Card.Months != 3 {
		t.Errorf("the window was opened with %+v", w)
	}
	has(t, s.choose("company=381&months=3"), http.StatusConflict, "비정상 접근입니다.")
}

func TestTheChooserInEnglish(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(func(w *gateway.WindowRequest) { twoCards(w); w.Language = "en" })
	has(t, s.begin(), http.StatusOK, `lang="en"`, "Shinhan Card", "KB Kookmin Card", "0% up to 3 months", "Pay in full", "3 months (interest-free)", "Cancel payment")
}

func TestAChoiceThatWasNotOfferedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(twoCards)
	for form, want := range map[string]string{
		"months=0":                  "카드사를 선택해 주세요.",
		"company=361&months=0":      "선택하신 카드사로는 결제할 수 없습니다.",
		"company=%3Cb%3E":           "선택하신 카드사로는 결제할 수 없습니다.",
		"company=366&months=13":     "선택하신 할부 개월로는 결제할 수 없습니다.",
		"company=366&months=1e1":    "선택하신 할부 개월로는 결제할 수 없습니다.",
		"company=366&months-366=-2": "선택하신 할부 개월로는 결제할 수 없습니다.",
	} {
		rec := s.choose(form)
		has(t, rec, http.StatusUnprocessableEntity, `"page":"choose"`, `role="alert"`, want)
		if strings.Contains(form, "366") && !regexp.MustCompile(`id="company-366" required checked`).MatchString(rec.Body.String()) {
			t.Errorf("%s: the company is not chosen any more", form)
		}
	}
	if r.window.Load() != nil {
		t.Fatal("a window was opened by a bad choice")
	}
	has(t, s.choose("company=366&x=%zz"), http.StatusOK, `"page":"launch"`)
	if w := r.window.Load(); w == nil || w.Card.Company != "366" || *w.Card.Months != 0 {
		t.Errorf("opened %+v", w)
	}
}

func TestAnotherSiteChoosesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(twoCards)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site", "Origin", "https://other.pay.example"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
	} {
		rec := s.ask("/checkout/"+s.token+"/card", "company=366", header...)
		has(t, rec, http.StatusForbidden, "다른 사이트에서 보낸 요청입니다", "NARU_ORIGIN_REFUSED")
		if body := rec.Body.String(); strings.Contains(body, "64,900") || strings.Contains(body, s.token) {
			t.Errorf("%v: another site's form is told of the order:\n%s", header, body)
		}
	}
	if r.window.Load() != nil {
		t.Fatal("a window was opened by another site")
	}
	// Behind a proxy that asks us by another name.
	req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8787/checkout/"+s.token+"/card", strings.NewReader("company=366"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://pay.example")
	has(t, r.serve(req), http.StatusOK, `"page":"launch"`)
}

func TestTheChooserCanBeLeft(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(func(w *gateway.WindowRequest) { twoCards(w); onPhone(w); w.RedirectURL = "shopapp://back" })
	if got := directive(t, s.begin().Header().Get("Content-Security-Policy"), "form-action"); got != "'self' https: shopapp:" {
		t.Errorf("form-action %s: the answer leads to the shop's app", got)
	}
	to := location(t, s.ask("/checkout/"+s.token+"/close", "x=1"), http.StatusFound)
	if to.Scheme != "shopapp" || to.Query().Get("error_code") != "PAY_PROCESS_CANCELED" {
		t.Errorf("to %s", to)
	}
	has(t, s.choose("company=366"), http.StatusConflict, `data-testid="back-to-shop"`)
}

func TestCompaniesWithoutInstallmentsHaveNoField(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(func(w *gateway.WindowRequest) { twoCards(w); w.Amount.Total.Minor = 49_999; w.Mobile = true })
	rec := s.begin()
	has(t, rec, http.StatusOK, `value="366"`, `value="381"`)
	if strings.Contains(rec.Body.String(), "<select") || strings.Contains(rec.Body.String(), "무이자") {
		t.Error("installments are offered below the floor")
	}
	has(t, s.choose("company=381"), http.StatusOK, `"page":"launch"`)
}
