package console

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/people"
)

func (c *Console) signInRoutes() []route {
	return []route{
		{method: http.MethodGet, pattern: "/sign-in", open: true, do: c.signInForm},
		{method: http.MethodPost, pattern: "/sign-in", open: true, do: c.signIn},
		{method: http.MethodGet, pattern: "/sign-in/link/{token}", open: true, do: c.linkForm},
		{method: http.MethodPost, pattern: "/sign-in/link/{token}", open: true, do: c.signInByLink},
		{method: http.MethodGet, pattern: "/sign-in/code", open: true, do: c.codeForm},
		{method: http.MethodPost, pattern: "/sign-in/code", open: true, do: c.enterCode},
		post("/sign-out", "", c.signOut),
		post("/store", "", c.lookAt),
		{method: http.MethodPost, pattern: "/language", open: true, do: c.setLanguage},
	}
}

// signInBody is the form of the sign-in page.
type signInBody struct {
	Email, Next string
	Problem     string
	Link, Code  bool          // the page of a one-time link, that of a code
	Passkey     *people.Offer // nil where there are none
}

func (c *Console) signInForm(v *visit) error {
	if v.Operator.ID != "" {
		return v.redirect(v.next())
	}
	return v.signInPage(http.StatusOK, signInBody{Next: v.field("next")})
}

func (v *visit) signInPage(status int, body signInBody) (err error) {
	if !body.Link && !body.Code {
		if body.Passkey, err = v.offerSignIn(); err != nil {
			return err
		}
	}
	return v.renderStatus(status, "sign_in", v.t("로그인", "Sign in"), body)
}

func (c *Console) signIn(v *visit) error {
	body := signInBody{Email: v.field("email"), Next: v.field("next")}
	e, err := c.people.SignIn(v.r.Context(), body.Email, pay.Secret(v.r.PostFormValue("password")), v.client())
	return v.entered(e, err, body)
}

// entered lets in whom a proof let in, or shows the form again with what was wrong.
func (v *visit) entered(e people.Entry, err error, body signInBody) error {
	if body.Problem = v.signInProblem(err); body.Problem != "" {
		return v.signInPage(signInStatus(err), body)
	}
	if err != nil {
		return err
	}
	v.cookie(v.c.sessionName(), e.Token, people.SessionLife)
	if e.Code {
		return v.redirect(v.c.path("/sign-in/code", "next", body.Next))
	}
	return v.redirect(v.next())
}

// signInStatus is the status of a page that says why somebody was not let in.
func signInStatus(err error) int {
	if errors.Is(err, people.ErrBusy) {
		return http.StatusServiceUnavailable
	}
	return http.StatusUnauthorized
}

// signInProblem is what is said to somebody who cannot be let in, "" if they can.
func (v *visit) signInProblem(err error) string {
	switch {
	case errors.Is(err, people.ErrWrong):
		return v.t("이메일 또는 비밀번호가 맞지 않습니다. 여러 번 틀렸다면 잠시 뒤에 다시 시도해 주세요.",
			"The address or the password is wrong. After several wrong tries, wait a while.")
	case errors.Is(err, people.ErrCode):
		return v.t("인증 코드가 맞지 않습니다. 앱에 지금 보이는 코드를 입력해 주세요.", "The code is wrong. Enter the one that the app shows now.")
	case errors.Is(err, people.ErrPasskey):
		return v.t("패스키를 확인하지 못했습니다. 다시 시도하거나 비밀번호로 로그인해 주세요.", "The passkey was not accepted. Try again, or sign in with your password.")
	case errors.Is(err, people.ErrLocked):
		return v.t("여러 번 틀려서 잠시 잠겼습니다. 잠시 뒤 다시 시도해 주세요.", "Too many wrong tries. Wait a while and try again.")
	case errors.Is(err, people.ErrBusy):
		return v.t("지금 로그인하려는 요청이 너무 많습니다. 잠시 뒤 다시 시도해 주세요.", "Too many are signing in right now. Try again in a moment.")
	case errors.Is(err, people.ErrDisabled):
		return v.t("사용이 중지된 운영자입니다. 소유자에게 문의해 주세요.", "This operator has been disabled. Ask an owner.")
	case errors.Is(err, people.ErrLinkSpent):
		return v.t("이미 쓰였거나 기한이 지난 링크입니다. 소유자에게 새 링크를 요청하거나 naru operator link 명령으로 만들어 주세요.",
			"The link was used or has expired. Ask an owner for a new one, or make one with naru operator link.")
	default:
		return ""
	}
}

// linkForm asks for a press of a button: whoever looks a link over must not use
// it up.
func (c *Console) linkForm(v *visit) error {
	return v.signInPage(http.StatusOK, signInBody{Link: true, Next: v.field("next")})
}

func (c *Console) signInByLink(v *visit) error {
	e, err := c.people.SignInByLink(v.r.Context(), v.param("token"), v.client())
	return v.entered(e, err, signInBody{Next: v.field("next")})
}

// codeForm asks for the second factor.
func (c *Console) codeForm(v *visit) error {
	err := c.people.MayEnterCode(v.r.Context(), v.token)
	if errors.Is(err, people.ErrNoSession) {
		return v.redirect(c.path("/sign-in"))
	}
	if err != nil {
		return err
	}
	return v.signInPage(http.StatusOK, signInBody{Code: true, Next: v.field("next")})
}

func (c *Console) enterCode(v *visit) error {
	e, err := c.people.EnterCode(v.r.Context(), v.token, v.field("code"), v.client())
	if errors.Is(err, people.ErrNoSession) {
		return v.redirect(c.path("/sign-in"))
	}
	again := c.people.MayEnterCode(v.r.Context(), v.token) == nil
	return v.entered(e, err, signInBody{Code: again, Next: v.field("next")})
}

func (c *Console) signOut(v *visit) error {
	if err := c.people.SignOut(v.r.Context(), v.Visit); err != nil {
		return err
	}
	v.cookie(v.c.sessionName(), "", -time.Second)
	return v.redirect(c.path("/sign-in"))
}

// lookAt changes the store that is looked at. The page that was open may belong to
// the store before, so the section's list is shown.
func (c *Console) lookAt(v *visit) error {
	err := c.people.LookAt(v.r.Context(), v.Visit, pay.MerchantID(v.field("to")))
	if errors.Is(err, people.ErrNotGranted) {
		return errForbidden
	}
	if err != nil {
		return err
	}
	to := v.field("here")
	for _, s := range c.nav {
		if s.Path == to {
			return v.redirect(c.path(to))
		}
	}
	return v.redirect(c.path("/"))
}

func (c *Console) setLanguage(v *visit) error {
	lang := v.field("to")
	if lang != "ko" && lang != "en" {
		return errNoPage
	}
	v.cookie(languageCookie, lang, languageLife)
	back := v.field("back")
	if !strings.HasPrefix(back, c.base+"/") || strings.Contains(back, "\\") {
		back = c.path("/")
	}
	return v.redirect(back)
}
