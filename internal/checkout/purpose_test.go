package checkout_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// registers opens a window that issues a billing key.
func registers(w *gateway.WindowRequest) {
	w.ChannelKey, w.Amount.Total = "", pay.Won(0)
	w.Billing = &gateway.BillingRequest{CustomerUID: "member-7", CustomerID: "customer-7"}
}

func TestPagesOfARegistrationDoNotSpeakOfAPayment(t *testing.T) {
	t.Parallel()
	s := newRig(t).open(func(w *gateway.WindowRequest) { registers(w); w.Mobile, w.RedirectURL = true, "" })
	rec := s.begin()
	has(t, rec, http.StatusOK, "<title>카드 등록</title>", "카드 등록창을 여는 중입니다", "등록 시 결제되지 않습니다", "카드 등록 취소하고 돌아가기")
	if body := rec.Body.String(); strings.Contains(body, "0원") || strings.Contains(body, "결제창을") {
		t.Errorf("the page speaks of a payment:\n%s", body)
	}
	to := location(t, s.ask("/checkout/"+s.token+"/return?customerKey=customer-7", ""), http.StatusSeeOther)
	rec = s.ask(to.Path, "")
	has(t, rec, http.StatusOK, `data-state="paid"`, "카드 등록이 완료되었습니다", "결제된 금액은 없습니다.", "등록번호")
	if strings.Contains(rec.Body.String(), "결제 금액") {
		t.Errorf("an amount is shown as paid:\n%s", rec.Body)
	}
}

func TestARegistrationThatEndsWithoutAKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	open := func(uid pay.MerchantUID, lang string) shopper {
		return r.open(func(w *gateway.WindowRequest) {
			registers(w)
			w.Mobile, w.RedirectURL, w.MerchantUID, w.Language = true, "", uid, lang
			w.Amount.Total = pay.Won(8900)
		})
	}
	for lang, want := range map[string][]string{
		"ko": {"카드 등록을 완료하지 못했습니다", "카드 등록이 승인되지 않았습니다.", "안내 금액", "8,900원"},
		"en": {"The card registration did not go through", "Amount the shop shows", "KRW 8,900"},
	} {
		s := open(pay.MerchantUID("key-"+lang), lang)
		s.begin()
		to := location(t, s.ask("/checkout/"+s.token+"/fail?code=INVALID_CARD&message=x", ""), http.StatusSeeOther)
		has(t, s.ask(to.Path, ""), http.StatusOK, append(want, `data-state="failed"`)...)
	}
	used := open("key-used", "ko")
	used.begin()
	has(t, used.begin(), http.StatusConflict, "카드 등록창은 한 번만 열 수 있습니다.")
}

func TestAPhoneIsToldWhereToDeposit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.account.Store(true)
	for lang, want := range map[string][]string{
		"ko": {"입금을 기다리고 있습니다", "신한은행", "2026. 11. 28. (토) 23:59까지", "64,900원", "입금할 금액"},
		"en": {"Waiting for your deposit", "Shinhan Bank", "Sat 28 Nov 2026, 23:59 KST", "KRW 64,900", "Amount to transfer"},
	} {
		s := r.open(func(w *gateway.WindowRequest) {
			w.Mobile, w.RedirectURL, w.Language, w.MerchantUID = true, "", lang, pay.MerchantUID("account-"+lang)
		})
		s.begin()
		to := location(t, s.ask("/checkout/"+s.token+"/return"+s.approved(), ""), http.StatusSeeOther)
		has(t, s.ask(to.Path, ""), http.StatusOK, append(want, `data-state="ready"`, `data-testid="vbank-num">56200000000000`)...)
	}
}

// Providers' scripts style what they add; scripts themselves still need a nonce
// or to come from the provider.
func TestProvidersMayStyleTheLaunchPage(t *testing.T) {
	t.Parallel()
	rec := newRig(t).open(nil).begin()
	csp := rec.Header().Get("Content-Security-Policy")
	if got, want := directive(t, csp, "style-src-elem"), "'self' 'unsafe-inline' https://js.provider.example https://pay.provider.example https://api.provider.example"; got != want {
		t.Errorf("style-src-elem %s, want %s", got, want)
	}
	if got := directive(t, csp, "style-src-attr"); got != "'unsafe-inline'" {
		t.Errorf("style-src-attr %s", got)
	}
	if got := directive(t, csp, "script-src"); strings.Contains(got, "unsafe") || !regexp.MustCompile(`'nonce-[^']+'`).MatchString(got) {
		t.Errorf("script-src %s", got)
	}
	if other := newRig(t).ask("/checkout/failed", "").Header().Get("Content-Security-Policy"); strings.Contains(other, "unsafe") {
		t.Errorf("a page without a provider's script allows %s", other)
	}
}
