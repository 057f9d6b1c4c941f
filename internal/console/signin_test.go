package console_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/pquerna/otp/totp"

	"naru/internal/console"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

const operatorPassword = "planted correct horse battery"

// member is an operator with a password, and a browser that is not signed in.
func (r *rig) member(email string, role pay.Role, at pay.MerchantID) *person {
	r.t.Helper()
	o, err := r.people.Add(r.ctx, people.NewOperator{Email: email, Role: role, Merchant: at, Password: operatorPassword})
	r.must(err)
	return &person{r: r, id: o.ID, client: freshClient()}
}

// siteOf is the same console as one at another public address.
func (r *rig) siteOf(public string) *httptest.Server {
	r.t.Helper()
	c, err := console.New(console.Options{Gateway: r.gw, Notifier: r.notifier, Store: r.store, People: r.people, PublicURL: public, Now: r.clock.Now})
	r.must(err)
	router := chi.NewRouter()
	c.Routes(router)
	s := httptest.NewServer(router)
	r.t.Cleanup(s.Close)
	return s
}

// plain sends a form without what pages put into it.
func (p *person) plain(path string, fields ...string) seen {
	p.r.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	res, err := p.client.PostForm(p.r.site.URL+"/console"+path, form)
	p.r.must(err)
	return p.r.read(res)
}

// token is what the browser's cookie holds.
func (p *person) token() string {
	u, _ := url.Parse(p.r.site.URL + "/console/")
	for _, k := range p.client.Jar.Cookies(u) {
		if k.Name == "naru_console" {
			return k.Value
		}
	}
	return ""
}

func (p *person) put(token string) {
	u, _ := url.Parse(p.r.site.URL + "/console/")
	p.client.Jar.SetCookies(u, []*http.Cookie{{Name: "naru_console", Value: token, Path: "/console"}})
}

func TestLinkSignsInOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, "")
		if s := p.get("/"); s.Status >= 400 {
			t.Fatalf("the first page answers %d", s.Status)
		}
		p.post("/sign-out")
		if s := p.get("/"); s.Status != http.StatusSeeOther || !strings.Contains(s.To, "/sign-in") {
			t.Errorf("after signing out the first page answers %d %s", s.Status, s.To)
		}
		link, _, err := r.people.Link(r.ctx, "owner-@naru.test")
		r.must(err)
		p.get("/sign-in/link/" + link).has("콘솔로 들어가기") // looking does not use it up
		if s := p.plain("/sign-in/link/" + link); s.Status != http.StatusSeeOther {
			t.Errorf("the link answers %d", s.Status)
		}
		if s := p.plain("/sign-in/link/" + link); s.Status != http.StatusUnauthorized || !strings.Contains(s.text(), "이미 쓰였거나") {
			t.Errorf("a spent link answers %d: %s", s.Status, s.text())
		}
	})
}

func TestStoresOfOthersAreNotThere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		other := r.addMerchant("m_2", "imp87654321", "다른 상점")
		p := r.operator(pay.RoleManager, r.merchant.ID)
		p.get("/nowhere").lacks(other.Name, string(other.ID), other.UserCode)
		if s := p.post("/store", "to", string(other.ID)); s.Status != http.StatusForbidden {
			t.Errorf("looking at another's store answers %d", s.Status)
		}
	})
}

// A token that was there before is never raised: neither one that somebody
// planted, nor that of a password whose code is still to come.
func TestSigningInChangesTheToken(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.member("a@naru.test", pay.RoleOwner, "")
	p.put("planted")
	s := p.plain("/sign-in", "email", "a@naru.test", "password", operatorPassword)
	first := p.token()
	if s.Status != http.StatusSeeOther || first == "planted" || len(first) < 43 {
		t.Fatalf("%d, token %q", s.Status, first)
	}
	p.plain("/sign-in", "email", "a@naru.test", "password", operatorPassword)
	if p.token() == first {
		t.Error("the second sign-in has the same token")
	}
	p.put(first)
	if s := p.get("/me"); s.Status != http.StatusSeeOther {
		t.Errorf("the session before still answers %d", s.Status)
	}
}

func TestCookieIsForThisConsoleAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.member("a@naru.test", pay.RoleOwner, "")
	flags := p.plain("/sign-in", "email", "a@naru.test", "password", operatorPassword).Header.Get("Set-Cookie")
	for _, want := range []string{"naru_console=", "Path=/console", "HttpOnly", "SameSite=Lax", "Max-Age=1209600"} {
		if !strings.Contains(flags, want) {
			t.Errorf("no %s in %s", want, flags)
		}
	}
	if strings.Contains(flags, "Secure") {
		t.Errorf("Secure over http: %s", flags)
	}
	if h := p.get("/me").Header.Get("Strict-Transport-Security"); h != "" {
		t.Errorf("over http the browser is told %s", h)
	}
	// Over https the cookie goes nowhere else, and comes from nowhere else.
	token := p.token()
	p.r.site = r.siteOf("https://pay.example.com")
	p.put(token) // under the name of http it is not believed
	s := p.get("/me")
	if s.Status != http.StatusSeeOther || !strings.HasPrefix(s.Header.Get("Strict-Transport-Security"), "max-age=15") {
		t.Errorf("%d, Strict-Transport-Security %q", s.Status, s.Header.Get("Strict-Transport-Security"))
	}
	flags = p.plain("/sign-in", "email", "a@naru.test", "password", operatorPassword).Header.Get("Set-Cookie")
	if !strings.HasPrefix(flags, "__Secure-naru_console=") || !strings.Contains(flags, "; Secure") {
		t.Errorf("not Secure over https: %s", flags)
	}
	value, _, _ := strings.Cut(strings.TrimPrefix(flags, "__Secure-naru_console="), ";")
	req, err := http.NewRequest(http.MethodGet, p.r.site.URL+"/console/me", nil)
	r.must(err)
	req.AddCookie(&http.Cookie{Name: "__Secure-naru_console", Value: value})
	res, err := freshClient().Do(req)
	r.must(err)
	if s := r.read(res); s.Status != http.StatusOK {
		t.Errorf("the cookie of https answers %d", s.Status)
	}
}

// A form of another site does nothing, whatever it knows.
func TestOtherSitesForms(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleOwner, "")
	form := url.Values{"name": {"Mallory"}, "language": {"en"}}
	for name, value := range p.guard() {
		form.Set(name, value)
	}
	for _, c := range []struct {
		header, value string
		want          int
	}{
		{"Sec-Fetch-Site", "cross-site", http.StatusForbidden}, {"Sec-Fetch-Site", "same-site", http.StatusForbidden},
		{"Origin", "https://evil.example", http.StatusForbidden}, {"Origin", "null", http.StatusForbidden},
		{"Sec-Fetch-Site", "same-origin", http.StatusSeeOther},
	} {
		for _, path := range []string{"/me", "/sign-in", "/language"} {
			if path != "/me" && c.want != http.StatusForbidden {
				continue
			}
			req, err := http.NewRequest(http.MethodPost, r.site.URL+"/console"+path, strings.NewReader(form.Encode()))
			r.must(err)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set(c.header, c.value)
			res, err := p.client.Do(req)
			r.must(err)
			if s := r.read(res); s.Status != c.want {
				t.Errorf("%s with %s: %s answers %d, want %d", path, c.header, c.value, s.Status, c.want)
			}
		}
	}
	if s := p.plain("/me", "name", "Mallory", "language", ""); s.Status != http.StatusConflict {
		t.Errorf("without a token %d", s.Status)
	}
}

func TestNextStaysInTheConsole(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.member("a@naru.test", pay.RoleOwner, "")
	for next, want := range map[string]string{
		"/me?x=1": "/console/me?x=1", "": "/console/", "https://evil.example": "/console/", "//evil.example": "/console/", `/\evil.example`: "/console/",
		"javascript:alert(1)": "/console/", "/\tevil": "/console/", "me": "/console/", "/me\r\nSet-Cookie: a=b": "/console/",
	} {
		s := p.plain("/sign-in", "email", "a@naru.test", "password", operatorPassword, "next", next)
		if s.Status != http.StatusSeeOther || s.To != want {
			t.Errorf("next %q leads to %d %q, want %q", next, s.Status, s.To, want)
		}
	}
	p.plain("/sign-out")
	if s := p.get("/language"); s.Status != http.StatusMethodNotAllowed {
		t.Errorf("%d", s.Status)
	}
	if s := p.plain("/language", "to", "en", "back", "https://evil.example/console/"); s.To != "/console/" {
		t.Errorf("the language leads to %s", s.To)
	}
}

func TestEveryPageHasAStrictPolicy(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleOwner, "")
	for _, path := range []string{"/sign-in", "/me", "/me/codes", "/operators", "/operators/new", "/audit", "/nowhere"} {
		h := p.get(path).Header
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, want) && path != "/sign-in" {
				t.Errorf("%s: no %q in %q", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: %s", path, policy)
		}
		if path != "/sign-in" && (h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// Wrong is wrong: the page does not say what of it.
func TestWhatWasWrongIsNotTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.member("a@naru.test", pay.RoleOwner, "")
	wrong := p.plain("/sign-in", "email", "a@naru.test", "password", "planted wrong password")
	nobody := p.plain("/sign-in", "email", "b@naru.test", "password", "planted wrong password")
	if wrong.Status != http.StatusUnauthorized || nobody.Status != wrong.Status ||
		strings.ReplaceAll(nobody.text(), "b@", "a@") != wrong.text() {
		t.Errorf("%d %s\n%d %s", wrong.Status, wrong.text(), nobody.Status, nobody.text())
	}
	wrong.lacks("planted wrong password")
}

func TestSigningInWithACode(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.member("a@naru.test", pay.RoleOwner, "")
		p.plain("/sign-in", "email", "a@naru.test", "password", operatorPassword)
		page := p.get("/me/codes").has("2단계 인증 켜기")
		secret := between(page.Body, `data-testid="totp-secret">`, "<")
		state := between(page.Body, `name="state" value="`, `"`)
		code := func() string {
			code, err := totp.GenerateCode(secret, r.clock.Now())
			r.must(err)
			return code
		}
		if s := p.post("/me/codes", "state", state, "code", "000000"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "코드가 맞지 않습니다") {
			t.Errorf("a wrong code: %d %s", s.Status, s.text())
		}
		shown := p.post("/me/codes", "state", state, "code", code()).has("복구 코드", "한 번만 보입니다")
		recovery := recoveryCode.FindAllString(shown.Body, -1)
		if len(recovery) != 10 {
			t.Fatalf("%d recovery codes", len(recovery))
		}
		p.get("/me").has("켜짐").lacks(secret, recovery[0], operatorPassword)
		p.post("/sign-out")
		r.clock.Advance(time.Minute)
		s := p.plain("/sign-in", "email", "a@naru.test", "password", operatorPassword, "next", "/me")
		if s.To != "/console/sign-in/code?next=%2Fme" {
			t.Fatalf("%d %s", s.Status, s.To)
		}
		waiting := p.token()
		if s := p.get("/me"); s.Status != http.StatusSeeOther {
			t.Errorf("before the code the account answers %d", s.Status)
		}
		p.get("/sign-in/code").has("인증 코드 입력")
		if s := p.plain("/sign-in/code", "code", "000000"); s.Status != http.StatusUnauthorized || !strings.Contains(s.text(), "인증 코드 입력") {
			t.Errorf("%d %s", s.Status, s.text())
		}
		if s := p.plain("/sign-in/code", "code", code(), "next", "/me"); s.To != "/console/me" || p.token() == waiting {
			t.Errorf("%d %s, the token stays: %t", s.Status, s.To, p.token() == waiting)
		}
		p.get("/me").has("비밀번호 + 코드")
		if s := p.plain("/sign-in/code", "code", code()); s.To != "/console/sign-in" {
			t.Errorf("a second time: %d %s", s.Status, s.To)
		}
		for _, planted := range []string{operatorPassword, secret, waiting, p.token(), recovery[0]} {
			if strings.Contains(r.log.String(), planted) {
				t.Errorf("the log holds %.6s…", planted)
			}
		}
	})
}

var recoveryCode = regexp.MustCompile(`[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}`)

// between is what stands between two texts.
func between(text, left, right string) string {
	_, rest, _ := strings.Cut(text, left)
	found, _, _ := strings.Cut(rest, right)
	return found
}

func TestOnesOwnAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleReadOnly, r.merchant.ID)
		p.get("/me").has("내 계정", "비밀번호 정하기", "이 기기", "로그인 링크")
		p.follow("/me", "name", "김민지", "language", "en").has("My account", "김민지", "saved")
		if s := p.post("/me", "name", "", "language", "en"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "1 to 60") {
			t.Errorf("no name: %d", s.Status)
		}
		p.follow("/me", "name", "김민지", "language", "ko").has("저장했습니다")
		for fields, want := range map[[2]string]string{
			{"short", "short"}: "10자에서 128자", {"password123", "password123"}: "너무 흔한", {"correct horse battery", "another horse"}: "서로 다릅니다",
			{"read_only-m_1@naru.test", "read_only-m_1@naru.test"}: "이메일 주소는",
		} {
			if s := p.post("/me/password", "password", fields[0], "again", fields[1]); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), want) {
				t.Errorf("%v: %d %s", fields, s.Status, s.text())
			} else {
				s.lacks(`type="password" value="` + fields[0])
			}
		}
		p.follow("/me/password", "password", operatorPassword, "again", operatorPassword).has("비밀번호를 바꾸고")
		// Later it takes the present one, and codes a proof.
		r.clock.Advance(11 * time.Minute)
		p.get("/me").has("지금 비밀번호", "본인 확인").lacks(`href="/console/me/codes"`)
		if s := p.get("/me/codes"); s.Status != http.StatusForbidden {
			t.Errorf("codes without a proof: %d", s.Status)
		}
		if s := p.post("/me/prove", "proof", "not the password"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong proof: %d", s.Status)
		}
		p.follow("/me/prove", "proof", operatorPassword).has("2단계 인증 켜기")
		if s := p.post("/me/password", "present", "not the password", "password", "correct horse battery", "again", "correct horse battery"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "지금 비밀번호가 맞지 않습니다") {
			t.Errorf("a wrong present password: %d %s", s.Status, s.text())
		}
	})
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, "")
		email := "owner-@naru.test"
		r.clock.Advance(time.Second)
		second := r.signIn(email, p.id)
		r.clock.Advance(time.Second)
		third := r.signIn(email, p.id)
		ss, err := r.people.Sessions(r.ctx, p.id)
		if err != nil || len(ss) != 3 {
			t.Fatalf("%d sessions (%v)", len(ss), err)
		}
		p.follow("/me/sessions/" + ss[1].ID + "/end").has("그 기기에서 로그아웃")
		if s := second.get("/me"); s.Status != http.StatusSeeOther {
			t.Errorf("an ended session answers %d", s.Status)
		}
		if s := third.get("/me"); s.Status != http.StatusOK {
			t.Errorf("another answers %d", s.Status)
		}
		p.follow("/me/sessions/end").has("다른 모든 기기에서")
		if s := third.get("/me"); s.Status != http.StatusSeeOther {
			t.Errorf("an ended session answers %d", s.Status)
		}
		// Nobody ends another's.
		q := r.operator(pay.RoleManager, "")
		if s := q.post("/me/sessions/" + ss[0].ID + "/end"); s.Status != http.StatusNotFound {
			t.Errorf("ending another's session answers %d", s.Status)
		}
		r.must(r.people.Disable(r.ctx, q.id))
		if s := q.get("/me"); s.Status != http.StatusSeeOther {
			t.Errorf("a disabled operator is answered %d", s.Status)
		}
		r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
			as, err := tx.ListAudit(r.ctx, "", store.AuditFilter{Kind: "operator", Actor: string(p.id), Limit: 2})
			if len(as) != 2 || as[0].Action != "operator.sign_out" || as[1].Action != "operator.session_end" || as[1].Actor.Address != "127.0.0.1" {
				t.Errorf("%+v", as)
			}
			return err
		}))
	})
}

func freshClient() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// A page that fails is logged by its route: the address of a one-time link is a
// secret.
func TestTheLogHoldsNoLink(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.member("a@naru.test", pay.RoleOwner, "")
	link, _, err := r.people.Link(r.ctx, "a@naru.test")
	r.must(err)
	r.must(r.store.Close())
	if s := p.plain("/sign-in/link/" + link); s.Status != http.StatusInternalServerError {
		t.Errorf("without a database a link answers %d", s.Status)
	}
	if log := r.log.String(); strings.Contains(log, link) || !strings.Contains(log, "/sign-in/link/{token}") {
		t.Errorf("the log: %s", log)
	}
}
