package console

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

func (c *Console) meRoutes() []route {
	return []route{
		get("/me", "", c.me),
		post("/me", "", c.meSave),
		post("/me/prove", "", c.meProve),
		post("/me/password", "", c.mePassword),
		get("/me/codes", "", c.codesForm),
		post("/me/codes", "", c.codesUse),
		post("/me/codes/remove", "", c.codesRemove),
		post("/me/recovery", "", c.recoveryNew),
		post("/me/sessions/end", "", c.sessionsEnd),
		post("/me/sessions/{session}/end", "", c.sessionEnd),
	}
}

// meBody is the page of one's own account.
type meBody struct {
	Name, Language string
	Problems       map[string]string // by field
	Proved         bool              // what they are known by may be changed now
	ByOther        bool              // a password may be set without the present one
	Recovery       int
	Sessions       []sessionRow
	Passkeys       []passkeyRow
	Site           bool // passkeys may be made under this address
}

// sessionRow is a browser that is signed in.
type sessionRow struct {
	store.OperatorSession
	Browser string
	This    bool
}

func (c *Console) me(v *visit) error { return v.mePage(http.StatusOK, nil) }

// mePage shows the account, with what was wrong with a form.
func (v *visit) mePage(status int, problems map[string]string) error {
	body := meBody{
		Name: v.Operator.Name, Language: v.Operator.Language, Problems: problems,
		Proved: v.c.people.Proved(v.Visit), ByOther: v.c.people.ByOther(v.Visit),
	}
	if problems["name"] != "" {
		body.Name, body.Language = v.field("name"), v.field("language")
	}
	var err error
	if body.Recovery, err = v.c.people.RecoveryLeft(v.r.Context(), v.Visit); err != nil {
		return err
	}
	if body.Passkeys, err = v.passkeys(); err != nil {
		return err
	}
	_, body.Site = v.site()
	sessions, err := v.c.people.Sessions(v.r.Context(), v.Operator.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		body.Sessions = append(body.Sessions, sessionRow{s, browserOf(v, s.UserAgent), s.ID == v.Session.ID})
	}
	return v.renderStatus(status, "me", v.t("내 계정", "My account"), body)
}

// badMe shows the account again with what was wrong, if it was an input.
func (v *visit) badMe(err error, field string) error {
	var invalid *people.Invalid
	switch {
	case errors.As(err, &invalid):
		return v.mePage(http.StatusUnprocessableEntity, map[string]string{invalid.Field: v.invalid(invalid)})
	case errors.Is(err, people.ErrWrong):
		return v.mePage(http.StatusUnprocessableEntity, map[string]string{field: v.t(
			"지금 비밀번호가 맞지 않습니다. 여러 번 틀렸다면 잠시 뒤에 다시 시도해 주세요.", "That is not your present password. After several wrong tries, wait a while.")})
	case errors.Is(err, people.ErrLocked):
		return v.mePage(http.StatusTooManyRequests, map[string]string{field: v.signInProblem(err)})
	case errors.Is(err, people.ErrBusy):
		return v.mePage(http.StatusServiceUnavailable, map[string]string{field: v.signInProblem(err)})
	case errors.Is(err, people.ErrNotProved):
		return v.mePage(http.StatusForbidden, map[string]string{"prove": v.t(
			"본인 확인이 필요합니다. 비밀번호를 다시 입력하거나 다시 로그인해 주세요.", "Show that it is you: enter your password, or sign in again.")})
	}
	return err
}

// invalid is what is wrong with an input, in words.
func (v *visit) invalid(e *people.Invalid) string {
	switch e.Why {
	case "email":
		if e.Field == "password" {
			return v.t("이메일 주소는 비밀번호로 쓸 수 없습니다.", "The e-mail address cannot be the password.")
		}
		return v.t("이메일 주소가 아닙니다. 예: minji@example.com", "This is no e-mail address. Such as minji@example.com")
	case "length":
		return v.t("비밀번호는 10자에서 128자까지입니다.", "A password has 10 to 128 characters.")
	case "common":
		return v.t("너무 흔한 비밀번호입니다. 다른 것을 골라 주세요.", "This is one of the passwords that are tried first. Choose another.")
	case "name":
		return v.t("이름은 1자에서 60자까지입니다.", "A name has 1 to 60 characters.")
	case "here":
		return v.t("이미 여기에서 역할을 맡고 있는 운영자입니다. 목록에서 역할을 바꿔 주세요.", "This operator has a role here already. Change it in the list.")
	case "elsewhere":
		return v.t("이 주소는 여기에서 추가할 수 없습니다. 모든 상점의 소유자에게 추가해 달라고 요청해 주세요.", "This address cannot be added from here. Ask an owner of every store to add it.")
	case "many":
		return v.t("더 등록할 수 없습니다. 쓰지 않는 것을 먼저 지워 주세요.", "There are too many. Remove one first.")
	}
	return e.Message
}

func (c *Console) meSave(v *visit) error {
	language := v.field("language")
	if err := c.people.Describe(v.r.Context(), v.Visit, v.field("name"), language); err != nil {
		return v.badMe(err, "name")
	}
	if language == "" {
		v.cookie(languageCookie, "", -time.Second)
	} else {
		v.cookie(languageCookie, language, languageLife)
		v.lang = language
	}
	return v.done(c.path("/me"), "이름과 언어를 저장했습니다.", "Your name and language were saved.")
}

func (c *Console) meProve(v *visit) error {
	err := c.people.Prove(v.r.Context(), v.Visit, pay.Secret(v.r.PostFormValue("proof")), v.client())
	if err != nil {
		return v.badMe(err, "prove")
	}
	return v.done(c.path("/me"), "본인 확인을 마쳤습니다. 10분 동안 로그인 방법을 바꿀 수 있습니다.", "Thank you. For 10 minutes you may change how you sign in.")
}

func (c *Console) mePassword(v *visit) error {
	next := pay.Secret(v.r.PostFormValue("password"))
	if next != pay.Secret(v.r.PostFormValue("again")) {
		return v.mePage(http.StatusUnprocessableEntity, map[string]string{"again": v.t("두 비밀번호가 서로 다릅니다.", "The two are not the same.")})
	}
	err := c.people.ChangePassword(v.r.Context(), v.Visit, pay.Secret(v.r.PostFormValue("present")), next, v.client())
	if err != nil {
		return v.badMe(err, "present")
	}
	return v.done(c.path("/me"), "비밀번호를 바꾸고 다른 기기에서는 모두 로그아웃했습니다.", "Your password was changed, and you were signed out everywhere else.")
}

func (c *Console) sessionEnd(v *visit) error {
	id := v.param("session")
	if err := c.people.EndSession(v.r.Context(), v.Operator.ID, id); err != nil {
		return err
	}
	if id == v.Session.ID {
		return v.redirect(c.path("/sign-in"))
	}
	return v.done(c.path("/me"), "그 기기에서 로그아웃했습니다.", "That browser was signed out.")
}

func (c *Console) sessionsEnd(v *visit) error {
	if _, err := c.people.EndSessions(v.r.Context(), v.Operator.ID, v.Session.ID); err != nil {
		return err
	}
	return v.done(c.path("/me"), "다른 모든 기기에서 로그아웃했습니다.", "You were signed out everywhere else.")
}

// browserOf is a User-Agent as people call it.
func browserOf(v *visit, agent string) string {
	name, system := "", ""
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"SamsungBrowser/", "Samsung Internet"}, {"Whale/", "Whale"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, b[0]) {
			name = b[1]
			break
		}
	}
	for _, s := range [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, s[0]) {
			system = s[1]
			break
		}
	}
	switch {
	case name == "" && system == "":
		return v.t("알 수 없는 브라우저", "Unknown browser")
	case name == "" || system == "":
		return name + system
	}
	return name + " · " + system
}
