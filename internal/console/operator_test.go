package console_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

func TestAnOperatorIsAdded(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, r.merchant.ID)
		p.get("/operators").has("운영자", "owner-m_1@naru.test", "나")
		p.get("/operators/new").has("나루 상점").lacks(`value="*"`) // every store is not theirs to give
		for _, c := range []struct{ field, value, want string }{
			{"email", "nobody", "이메일 주소가 아닙니다"}, {"name", strings.Repeat("가", 61), "60자"}, {"role", "king", "king"},
		} {
			fields := map[string]string{"email": "minji@naru.test", "name": "김민지", "role": "manager", "at": string(r.merchant.ID)}
			fields[c.field] = c.value
			s := p.post("/operators", "email", fields["email"], "name", fields["name"], "role", fields["role"], "at", fields["at"])
			if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), c.want) {
				t.Errorf("%s %q: %d %s", c.field, c.value, s.Status, s.text())
			}
		}
		for _, at := range []string{"*", "m_2", ""} {
			if s := p.post("/operators", "email", "minji@naru.test", "role", "manager", "at", at); s.Status != http.StatusNotFound && s.Status != http.StatusForbidden {
				t.Errorf("at %q: %d", at, s.Status)
			}
		}
		s := p.post("/operators", "email", "Minji@naru.test", "name", "김민지", "role", "manager", "at", string(r.merchant.ID), "export", "on").has("김민지", "24시간", "한 번만")
		link := between(s.Body, `data-testid="sign-in-link">`, "<")
		if !strings.HasPrefix(link, r.site.URL+"/console/sign-in/link/") {
			t.Fatalf("link %q", link)
		}
		q := &person{r: r, client: freshClient()}
		if s := q.plain(strings.TrimPrefix(link, r.site.URL+"/console")); s.Status != http.StatusSeeOther {
			t.Fatalf("the link answers %d", s.Status)
		}
		q.get("/me").has("minji@naru.test")
		p.get("/operators").has("minji@naru.test", "관리자", "내보내기").lacks(link)
		if s := p.post("/operators", "email", "minji@naru.test", "role", "owner", "at", string(r.merchant.ID)); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "이미 여기에서") {
			t.Errorf("a second time: %d %s", s.Status, s.text())
		}
		if strings.Contains(r.log.String(), link[len(link)-43:]) {
			t.Error("the log holds the link")
		}
	})
}

func TestRolesAreChanged(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, "")
		q := r.operator(pay.RoleOwner, r.merchant.ID)
		page := "/operators/" + string(q.id)
		if s := q.get("/operators/new"); s.Status != http.StatusOK {
			t.Fatalf("an owner is answered %d", s.Status)
		}
		p.follow(page+"/role", "at", string(r.merchant.ID), "role", "manager", "export", "on").has("다음 요청부터", "관리자", "내보내기")
		if s := q.get("/operators/new"); s.Status != http.StatusForbidden {
			t.Errorf("the next request is answered %d", s.Status)
		}
		q.get("/operators").has("owner-m_1@naru.test").lacks("운영자 추가")
		q.get(page).lacks("역할 없애기", "로그인 링크 만들기", "사용 중지")
		p.follow(page+"/role", "at", "*", "role", "read_only").has("모든 상점", "읽기 전용")
		p.follow(page+"/remove", "at", string(r.merchant.ID)).has("역할을 없앴습니다")
		if s := p.post(page+"/remove", "at", string(r.merchant.ID)); s.Status != http.StatusNotFound {
			t.Errorf("a role that is not there: %d", s.Status)
		}
		p.follow(page + "/disable").has("사용 중지하고")
		p.get("/operators").has("사용 중지")
		if s := p.post(page + "/link"); s.Status != http.StatusConflict || !strings.Contains(s.text(), "사용이 중지된") {
			t.Errorf("a link of a disabled one: %d", s.Status)
		}
		p.follow(page + "/enable").has("다시 로그인할 수")
		p.post(page+"/link").has("로그인 링크", "24시간")
		mine := "/operators/" + string(p.id)
		for _, s := range []seen{p.post(mine+"/role", "at", "*", "role", "manager"), p.post(mine+"/remove", "at", "*"), p.post(mine + "/disable")} {
			if s.Status != http.StatusConflict || !strings.Contains(s.text(), "마지막 소유자") {
				t.Errorf("the last owner: %d %s", s.Status, s.text())
			}
		}
	})
}

// People of another store are not there, by their list, their page, or any action.
func TestPeopleOfOtherStores(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		other := r.addMerchant("m_2", "imp87654321", "다른 상점")
		theirs := r.operator(pay.RoleOwner, other.ID)
		p := r.operator(pay.RoleOwner, r.merchant.ID)
		p.get("/operators").lacks("owner-m_2", string(theirs.id))
		page := "/operators/" + string(theirs.id)
		for _, s := range []seen{p.get(page), p.post(page+"/role", "at", string(r.merchant.ID), "role", "owner"), p.post(page + "/link"), p.post(page + "/disable"), p.post(page+"/remove", "at", string(other.ID))} {
			if s.Status != http.StatusNotFound {
				t.Errorf("another store's operator answers %d", s.Status)
			}
		}
		// An owner of every store may give them a role here, which says nothing of where
		// else they are, nor how they sign in.
		give := func(by *person) seen {
			return by.post("/operators", "email", "owner-m_2@naru.test", "role", "read_only", "at", string(r.merchant.ID))
		}
		if s := give(p); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "모든 상점의 소유자에게") {
			t.Errorf("somebody of elsewhere is added: %d %s", s.Status, s.text())
		} else {
			s.lacks(other.Name, other.UserCode)
		}
		root := r.operator(pay.RoleOwner, "")
		if s := give(root); s.Status != http.StatusSeeOther {
			t.Errorf("by an owner of every store: %d %s", s.Status, s.text())
		}
		root.get("/operators/"+string(theirs.id)).has("로그인 링크만", "마지막")
		p.get("/operators").has("owner-m_2@naru.test", "보이지 않음").lacks(other.Name)
		p.get(page).has("일하는 모든 곳").lacks("로그인 링크만")
		mine := p.get("/operators/"+string(p.id)).has("로그인 링크만", "마지막")
		mine.lacks("일하는 모든 곳")
		p.get(page).has("읽기 전용").lacks(other.Name, "m_2\"", other.UserCode)
		if s := p.post(page + "/link"); s.Status != http.StatusConflict || !strings.Contains(s.text(), "다른 곳에서도") {
			t.Errorf("a link to somebody else's account: %d", s.Status)
		}
		p.get("/audit").lacks(other.Name, other.UserCode)
	})
}

func TestTheAuditLogIsRead(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, "")
		q := r.operator(pay.RoleManager, r.merchant.ID)
		p.follow("/operators/"+string(q.id)+"/role", "at", string(r.merchant.ID), "role", "read_only", "export", "on")
		ctx := pay.WithActor(r.ctx, pay.Actor{Kind: pay.ActorCommand, ID: "root", Name: "root"})
		r.must(r.store.Write(r.ctx, func(tx *store.Tx) error {
			for range 120 {
				if err := tx.Audit(ctx, store.Change{Merchant: r.merchant.ID, Action: "channel.update", Target: "channel-key-1", Before: map[string]any{"name": "=앞", "secret": pay.Secret("planted secret")}, After: map[string]any{"name": "뒤", "nested": map[string]any{"mid": "tnaru"}}}); err != nil {
					return err
				}
			}
			return nil
		}))
		s := p.get("/audit").has("채널 변경", "root (명령줄)", "=앞", "뒤", "상점아이디(MID)", "다음").lacks("planted secret")
		if n := strings.Count(s.text(), "채널 변경"); n != 50 {
			t.Errorf("%d entries on a page", n)
		}
		s = p.get(strings.TrimPrefix(between(s.Body, `rel="next" href="`, `"`), "/console")).has("이전")
		s = p.get(strings.TrimPrefix(strings.ReplaceAll(between(s.Body, `rel="next" href="`, `"`), "&amp;", "&"), "/console")).has("역할 변경", "관리자", "읽기 전용", "127.0.0.1", "운영자 추가", "manager-m_1")
		if strings.Contains(s.Body, `rel="next"`) {
			t.Error("there is a page after the last")
		}
		p.get("/audit?kind=operator").has("역할 변경").lacks("channel-key-1")
		p.get("/audit?who=root").has("root (명령줄)").lacks("역할 변경 <")
		p.get("/audit?who=" + string(p.id)).lacks("channel-key-1")
		p.get("/audit?target=" + string(q.id)).has("역할 변경").lacks("channel-key-1")
		p.get("/audit?kind=payment").has("조건에 맞는 기록이 없습니다")
		p.get("/audit?of=installation").has("로그인").lacks("channel-key-1")
		p.get("/audit?lang=en").has("Channel changed", "root (command line)")

		file := p.get("/audit/export?kind=channel")
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
		r.must(err)
		if strings.Count(file.Body, "channel.update") != 120 || rows[1][4] != "channel.update" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%d rows, %v", len(rows), rows[1])
		}
		p.get("/audit").has("변경 기록 내보내기")
	})
}

// The log of the whole installation is for those who have a role over all of it,
// and files are for those who may take them out.
func TestWhoSeesTheAuditLog(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.operator(pay.RoleOwner, "")
	p := r.operator(pay.RoleManager, r.merchant.ID)
	p.get("/audit?of=installation").lacks("설치 전체", "operator.sign_in", "owner-@naru.test").has("운영자 추가")
	p.get("/audit").lacks("CSV")
	if s := p.get("/audit/export"); s.Status != http.StatusForbidden {
		t.Errorf("an export without the right answers %d", s.Status)
	}
	reader := r.operator(pay.RoleReadOnly, r.merchant.ID)
	r.must(r.people.Grant(r.ctx, pay.Grant{Merchant: r.merchant.ID, Operator: reader.id, Role: pay.RoleReadOnly, Export: true}))
	if s := reader.get("/audit/export"); s.Status != http.StatusForbidden {
		t.Errorf("who may not see the log exports it: %d", s.Status)
	}
	// Somebody who is gone from here is named by what they did, and linked nowhere.
	_, err := r.people.Add(r.ctx, people.NewOperator{Email: "x@naru.test", Role: pay.RoleOwner})
	r.must(err)
	r.clock.Advance(time.Minute)
	p.get("/audit?before=nonsense").has("운영자 추가")
}
