package e2e

import (
	"testing"

	"naru/test/browser"
)

// An operator registers a passkey, and from then on signs in with it alone; taken
// away, it opens nothing.
func TestPasskeySignsIn(t *testing.T) {
	t.Parallel()
	tab := stack.Browser.Open(t, browser.Desktop)
	tab.Passkeys()
	tab.OnNewDocument(`{ // what the page answers is remembered
		const submit = HTMLFormElement.prototype.submit;
		HTMLFormElement.prototype.submit = function () {
			sessionStorage.setItem("answered", new URLSearchParams(new FormData(this)).toString());
			submit.call(this);
		};
	}`)
	page := tab.Page()
	base := stack.Console[:len(stack.Console)-len("/sign-in/link/")-43]
	tab.Go(stack.Console)
	page.Click(`[data-testid=enter]`)
	page.See(`[data-testid=me]`)
	tab.Go(base + "/me")
	page.Click(`[data-testid=passkey-new]`)
	page.Fill(`input[name=name]`, "시험 열쇠")
	page.Click(`[data-testid=passkey-make]`)
	page.Until(`document.querySelector("[data-testid=me-passkeys] input[name=name]")?.value === "시험 열쇠"`)

	signIn := func() {
		t.Helper()
		page.Click(`[data-testid=me] summary`)
		page.Click(`[data-testid=sign-out]`)
		page.See(`[data-testid=enter]`)
		tab.Go(base + "/sign-in?next=/me")
		page.Click(`[data-testid=passkey]`)
	}
	for range 2 { // each time by a challenge of its own
		signIn()
		page.Until(`document.querySelector("[data-testid=me-sessions] tbody")?.textContent.includes("패스키")`)
	}
	var status int
	page.Value(`fetch("/console/sign-in/passkey", {method: "POST", redirect: "manual", headers: {"Content-Type": "application/x-www-form-urlencoded"}, body: sessionStorage.getItem("answered")}).then(r => r.status)`, &status)
	if status != 401 {
		t.Errorf("an answer that was given already is answered %d", status)
	}
	page.Click(`[data-testid=me-passkeys] form[action$="/remove"] button`)
	page.Click(`#confirm-yes`)
	page.Until(`document.querySelector("[data-testid=said]") && !document.querySelector("[data-testid=me-passkeys] input[name=name]")`)
	signIn()
	page.Until(`document.querySelector(".alert.bad")?.textContent.includes("패스키를 확인하지 못했습니다")`)
	if c := tab.Complaints(); len(c) > 2 { // two answers are 401
		t.Errorf("the pages complain: %q", c)
	}
}
