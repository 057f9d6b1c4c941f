package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"naru/internal/console"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

// A session that is over, or whose code is still to come, is nobody's: the sign-in
// page is shown, and no page tells whose it was.
func TestASessionThatIsNotOneIsNobodys(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.member("over@naru.test", pay.RoleOwner, r.merchant.ID)
	p.plain("/sign-in", "email", "over@naru.test", "password", operatorPassword)
	p.get("/me").has("over@naru.test")
	v, err := r.people.Visit(r.ctx, p.token())
	r.must(err)
	set, err := r.people.NewCodes(v)
	r.must(err)
	code, err := totp.GenerateCode(set.Secret, r.clock.Now())
	r.must(err)
	_, err = r.people.UseCodes(r.ctx, v, set.State, code)
	r.must(err)

	r.clock.Advance(13 * time.Hour) // not used for longer than it lives
	nobody := func(path string, status int) {
		t.Helper()
		s := p.get(path)
		if s.Status != status {
			t.Errorf("%s answers %d %s, want %d", path, s.Status, s.To, status)
		}
		s.lacks(r.merchant.Name, "over@naru.test", `data-testid="menu"`, "/console/operators", "/console/sign-out")
	}
	nobody("/sign-in", http.StatusOK)
	nobody("/sign-in?next=%2Fsign-in", http.StatusOK)
	nobody("/nowhere", http.StatusNotFound)

	if s := p.plain("/sign-in", "email", "over@naru.test", "password", operatorPassword); s.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", s.Status, s.text())
	}
	waiting := p.token()
	nobody("/sign-in", http.StatusOK) // to begin again
	nobody("/sign-in/code", http.StatusOK)
	nobody("/nowhere", http.StatusNotFound)
	if v, err := r.people.Visit(r.ctx, waiting); err == nil || v.Operator.ID != "" || len(v.Stores) != 0 {
		t.Errorf("before the code: %+v (%v), want nothing and %v", v, err, people.ErrNoSession)
	}
}

// Of a flood it is said that it is one, and nothing of the password.
func TestASignInDuringAFloodIsToldToComeBack(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"ko": "잠시 뒤 다시", "en": "in a moment"} {
		if status, words := console.SignInProblem(lang, people.ErrBusy); status != http.StatusServiceUnavailable || !strings.Contains(words, want) {
			t.Errorf("%s: %d %q", lang, status, words)
		}
	}
}

// A page that was left open changes no passkey: it asks who it is first.
func TestPasskeysAreChangedAfterAProof(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleOwner, r.merchant.ID)
	key := store.Passkey{Operator: p.id, ID: []byte{1, 2, 3}, Name: "회사 노트북", Credential: []byte(`{}`)}
	r.must(r.store.Write(r.ctx, func(tx *store.Tx) error { return tx.InsertPasskey(r.ctx, key) }))
	at := "/me/passkeys/" + people.PasskeyID(key)
	r.clock.Advance(11 * time.Minute)
	p.get("/me").has("회사 노트북").lacks(at)
	for _, s := range []seen{p.post(at, "name", "바꾼 이름"), p.post(at + "/remove")} {
		if s.Status != http.StatusForbidden || !strings.Contains(s.text(), "본인 확인이 필요합니다") {
			t.Errorf("%d %s", s.Status, s.text())
		}
	}
	p.get("/me").has("회사 노트북")
	q := r.signIn("owner-m_1@naru.test", p.id) // seen just now
	q.get("/me").has("이름 바꾸기")
	q.follow(at, "name", "바꾼 이름").has("패스키 이름을 바꾸었습니다")
	q.follow(at + "/remove").has("다른 기기에서는 모두 로그아웃").lacks("바꾼 이름")
	if s := p.get("/me"); s.Status != http.StatusSeeOther {
		t.Errorf("the other browser is answered %d", s.Status)
	}
}
