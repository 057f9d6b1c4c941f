package e2e

import (
	"testing"

	"naru/test/browser"
)

// someCards leaves three companies to choose from, one of them without interest
// up to six months.
func someCards(more map[string]any) map[string]any {
	params := map[string]any{
		"pay_method": "card", "useFreeInterestFromMall": true,
		"card": map[string]any{"detail": []any{
			map[string]any{"card_code": "*", "enabled": false}, map[string]any{"card_code": "366", "enabled": true},
			map[string]any{"card_code": "381", "enabled": true, "max_month": 6}, map[string]any{"card_code": "361", "enabled": true},
		}},
	}
	for k, v := range more {
		params[k] = v
	}
	return params
}

// chooser is the page on which a card is chosen, once it is there.
func (a *asker) chooser() *browser.Frame {
	a.t.Helper()
	f := a.ours()
	f.See(id("choose-card"))
	return f
}

// chose finishes at the chosen company and compares the books.
func (a *asker) chose(code string, quota float64) {
	a.t.Helper()
	f := a.tossPayments()
	f.See(id("company-page"))
	f.Click(id("approve"))
	got := a.outcome()
	p := stack.payment(a.t, got.str("imp_uid"))
	a.agrees(p, books{method: "card", card: true, receipt: true, quota: quota})
	fieldsOf{a.t, p}.is(map[string]any{"card_code": code})
	a.quiet()
}

// In a layer: the companies the shop enabled and no other, and months of the one
// that is chosen; then straight to it.
func TestChooserInTheLayer(t *testing.T) {
	t.Parallel()
	a := ask(t, browser.Desktop, tossPayments, someCards(nil))
	f := a.chooser()
	var names string
	f.Value(`Array.from(document.querySelectorAll(".tile span"), e => e.textContent).sort().join(" ")`, &names)
	if names != "BC카드 KB국민카드 신한카드" {
		t.Errorf("the companies are %s", names)
	}
	var seen bool
	f.Value(`!!document.querySelector('`+id("months-381")+`').getBoundingClientRect().width`, &seen)
	if seen {
		t.Error("months are shown before a company is chosen")
	}
	f.Value(`location.reload()`, nil) // nothing was begun
	f = a.chooser()
	f.Click(id("company-366"))
	f.Click(id("company-381"))
	f.See(id("months-381"))
	var months string
	f.Value(`Array.from(document.querySelector('`+id("months-381")+`').options, o => o.textContent).join(" ")`, &months)
	if want := "일시불 2개월 (무이자) 3개월 (무이자) 4개월 (무이자) 5개월 (무이자) 6개월 (무이자) 7개월 8개월 9개월 10개월 11개월 12개월"; months != want {
		t.Errorf("the months are %s", months)
	}
	f.Fill(id("months-381"), "3")
	f.Click(id("continue"))
	a.chose("381", 3)
}

func TestChooserOnAPhoneInEnglish(t *testing.T) {
	t.Parallel()
	a := ask(t, browser.SmallPhone, tossPayments, someCards(map[string]any{"locale": "en"}))
	f := a.chooser()
	var lang, names string
	f.Value(`document.documentElement.lang`, &lang)
	f.Value(`Array.from(document.querySelectorAll(".tile span"), e => e.textContent).sort().join(", ")`, &names)
	if lang != "en" || names != "BC Card, KB Kookmin Card, Shinhan Card" {
		t.Errorf("language %s, companies %s", lang, names)
	}
	if over := f.Wide(); over > 0 {
		t.Errorf("the page sticks out sideways by %v px", over)
	}
	f.Click(id("company-366"))
	f.Click(id("continue"))
	a.chose("366", 0)
}

// The keyboard alone: Tab to the companies, an arrow to one, Tab to its months,
// Tab and Enter to go on.
func TestChooserByKeyboard(t *testing.T) {
	t.Parallel()
	a := ask(t, browser.Desktop, tossPayments, someCards(nil))
	f := a.chooser()
	focused := func(what string) { t.Helper(); f.Until(`document.activeElement && (` + what + `)`) }
	focused(`document.activeElement.id === "focus"`)
	for _, step := range []struct{ key, then string }{
		{"Tab", `document.activeElement.name === "company"`},
		{"ArrowDown", `document.activeElement.checked`},
		{"Tab", `document.activeElement.tagName === "SELECT" && document.activeElement.name === "months-" + document.querySelector("[name=company]:checked").value`},
		{"Tab", `document.activeElement.dataset.testid === "continue"`},
		{"Tab", `document.activeElement.dataset.testid === "cancel"`},
	} {
		f.Press(step.key)
		focused(step.then)
	}
	f.Value(`document.querySelector('`+id("continue")+`').focus()`, nil)
	f.Press("Enter")
	a.tossPayments().See(id("company-page"))
}

// Every way out of the chooser ends the payment and tells the shop.
func TestChooserIsLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		device browser.Device
		leave  func(f *browser.Frame)
	}{
		"escape in the layer": {browser.Desktop, func(f *browser.Frame) { f.Press("Escape") }},
		"cancel in the layer": {browser.Desktop, func(f *browser.Frame) { f.Click(id("cancel")) }},
		"escape on the page":  {browser.Phone, func(f *browser.Frame) { f.Press("Escape") }},
		"cancel on the page":  {browser.Phone, func(f *browser.Frame) { f.Click(id("cancel")) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, c.device, tossPayments, someCards(nil))
			f := a.chooser()
			f.Until(`document.activeElement && document.activeElement.id === "focus"`)
			c.leave(f)
			got := a.outcome()
			if got.keys() != tpFailed || got["error_code"] != "PAY_PROCESS_CANCELED" {
				t.Errorf("the page was told %v", got)
			}
			if p := stack.payment(t, got.str("imp_uid")); p["status"] != "failed" {
				t.Errorf("status %v", p["status"])
			}
			a.quiet()
		})
	}
}

// A choice that was not offered is told on the page, and another may be made.
func TestChooserRefusesWhatItDidNotOffer(t *testing.T) {
	t.Parallel()
	a := ask(t, browser.Phone, tossPayments, someCards(nil))
	f := a.chooser()
	f.Value(`document.querySelector("[value='366']").value = "367", document.querySelector("[value='367']").checked = true`, nil)
	f.Click(id("continue"))
	f.See(id("choose-problem"))
	if said := f.Text(id("choose-problem")); said != "선택하신 카드사로는 결제할 수 없습니다. 다른 카드사를 선택해 주세요." {
		t.Errorf("the page says %q", said)
	}
	f.Click(id("company-361"))
	f.Fill(id("months-361"), "2")
	f.Click(id("continue"))
	a.tossPayments().Click(id("approve"))
	p := stack.payment(t, a.outcome().str("imp_uid"))
	fieldsOf{t, p}.is(map[string]any{"card_code": "361", "card_quota": 2, "status": "paid"})
}

// Without scripts the form works all the same.
func TestChooserWithoutScripts(t *testing.T) {
	t.Parallel()
	a := ask(t, browser.Phone, tossPayments, someCards(nil))
	a.chooser()
	a.tab.NoScripts()
	a.tab.Reload()
	f := a.chooser()
	f.Click(id("company-381"))
	f.Click(id("continue"))
	f.See("noscript")
	if said := f.Text("noscript p"); said != "결제창을 열려면 브라우저에서 자바스크립트를 켜 주세요." {
		t.Errorf("the page says %q", said)
	}
	f.Click("noscript button")
	if got := a.outcome(); got["error_code"] != "PAY_PROCESS_CANCELED" {
		t.Errorf("back at the shop: %v", got)
	}
}
