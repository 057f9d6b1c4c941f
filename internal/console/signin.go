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
		post("/sign-out", "", c.signOut),
		post("/store", "", c.lookAt),
		{method: http.MethodPost, pattern: "/language", open: true, do: c.setLanguage},
	}
}

// signInBody is the form of the sign-in page.
type signInBody struct {
	Email, Next string
	Problem     string
	Link        bool // the page of a one-time link
}

func (c *Console) signInForm(v *visit) error {
	if v.Operator.ID != "" {
		return v.redirect(v.next())
	}
	return v.render("sign_in", v.t("로그인", "Sign in"), signInBody{Next: v.field("next")})
}

func (c *Console) signIn(v *visit) error {
	body := signInBody{Email: v.field("email"), Next: v.field("next")}
	token, err := c.people.SignIn(v.r.Context(), body.Email, pay.Secret(v.r.PostFormValue("password")), v.client())
	if body.Problem = v.signInProblem(err); body.Problem != "" {
		return v.renderStatus(http.StatusUnauthorized, "sign_in", v.t("로그인", "Sign in"), body)
	}
	if err != nil {
		return err
	}
	return v.enter(token)
}

// signInProblem is what is said to somebody who cannot be let in, "" if they can.
func (v *visit) signInProblem(err error) string {
	switch {
	case errors.Is(err, people.ErrWrong):
		return v.t("이메일 또는 비밀번호가 맞지 않습니다.", "The address or the password is wrong.")
	case errors.Is(err, people.ErrLocked):
		return v.t("여러 번 틀려서 잠시 잠겼습니다. 잠시 뒤 다시 시도해 주세요.", "Too many wrong tries. Wait a while and try again.")
	case errors.Is(err, people.ErrDisabled):
		return v.t("사용이 중지된 운영자입니다. 소유자에게 문의해 주세요.", "This operator has been disabled. Ask an owner.")
	case errors.Is(err, people.ErrLinkSpent):
		return v.t("이미 쓰였거나 기한이 지난 링크입니다. naru operator link 명령으로 새로 만들 수 있습니다.",
			"The link was used or has expired. The command naru operator link makes a new one.")
	default:
		return ""
	}
}

// enter gives the browser its session.
func (v *visit) enter(token string) error {
	v.cookie(sessionCookie, token, 14*24*time.Hour)
	return v.redirect(v.next())
}

// linkForm asks for a press of a button: whoever looks a link over must not use
// it up.
func (c *Console) linkForm(v *visit) error {
	return v.render("sign_in", v.t("로그인", "Sign in"), signInBody{Link: true, Next: v.field("next")})
}

func (c *Console) signInByLink(v *visit) error {
	token, err := c.people.SignInByLink(v.r.Context(), v.param("token"), v.client())
	if problem := v.signInProblem(err); problem != "" {
		return v.renderStatus(http.StatusUnauthorized, "sign_in", v.t("로그인", "Sign in"), signInBody{Problem: problem})
	}
	if err != nil {
		return err
	}
	return v.enter(token)
}

func (c *Console) signOut(v *visit) error {
	if err := c.people.SignOut(v.r.Context(), v.Visit); err != nil {
		return err
	}
	v.cookie(sessionCookie, "", -time.Second)
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
	v.cookie(languageCookie, lang, 365*24*time.Hour)
	back := v.field("back")
	if !strings.HasPrefix(back, c.base+"/") || strings.Contains(back, "\\") {
		back = c.path("/")
	}
	return v.redirect(back)
}
