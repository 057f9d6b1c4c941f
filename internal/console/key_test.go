package console_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

var secretShown = regexp.MustCompile(`<code data-testid="imp-secret">([0-9a-f]{80})</code>`)
var keyShown = regexp.MustCompile(`<code data-testid="imp-key">([0-9a-f]{16})</code>`)

// madeKey makes a key through the console, and reads what is shown once.
func madeKey(t *testing.T, p *person, name string) (key, secret string) {
	t.Helper()
	s := p.post("/keys", "name", name).has("지금 한 번만 보여 드립니다", name)
	return shown(t, keyShown, s), shown(t, secretShown, s)
}

func shown(t *testing.T, what *regexp.Regexp, s seen) string {
	t.Helper()
	m := what.FindStringSubmatch(s.Body)
	if m == nil {
		t.Fatalf("%s does not stand in the page: %s", what, s.text())
	}
	return m[1]
}

func (r *rig) takes(key, secret string) bool {
	r.t.Helper()
	_, err := r.gw.IssueToken(r.ctx, key, secret)
	if err != nil && !errors.Is(err, gateway.ErrBadKey) {
		r.t.Fatal(err)
	}
	return err == nil
}

func TestAKeyIsMadeReissuedAndRevoked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleManager, r.merchant.ID)
		p.get("/keys").has("아직 API 키가 없습니다", r.merchant.UserCode)
		key, first := madeKey(t, p, "쇼핑몰 서버")
		if !r.takes(key, first) {
			t.Fatal("the new secret is not taken")
		}
		p.get("/keys").has("쇼핑몰 서버", key, "사용 중", "2026-11-21 12:00:00").lacks(first)
		p.follow("/keys/"+key+"/rename", "name", "배치 서버").has("배치 서버")

		// With an overlap both secrets are taken, and then the new one alone.
		second := shown(t, secretShown, p.post("/keys/"+key+"/reissue", "overlap", "1h").has("2026-11-21 13:00:00 까지 함께"))
		if !r.takes(key, first) || !r.takes(key, second) {
			t.Error("one of the two is not taken within the hour")
		}
		p.get("/keys").has("이전 시크릿 사용 가능: 2026-11-21 13:00:00").lacks(first, second)
		r.clock.Advance(time.Hour)
		if r.takes(key, first) || !r.takes(key, second) {
			t.Error("after the hour the old one is taken, or the new one is not")
		}

		// At once: the secret and its token end.
		token, err := r.gw.IssueToken(r.ctx, key, second)
		r.must(err)
		third := shown(t, secretShown, p.post("/keys/"+key+"/reissue", "overlap", "0").has("바로 폐기했습니다"))
		if _, err := r.gw.Authenticate(r.ctx, token.Value); !errors.Is(err, gateway.ErrBadToken) {
			t.Errorf("the token of the old secret: %v", err)
		}
		if r.takes(key, second) || !r.takes(key, third) {
			t.Error("re-issued at once, the old one is taken or the new one is not")
		}
		if s := p.post("/keys/"+key+"/reissue", "overlap", "9000h"); s.Status != http.StatusUnprocessableEntity || !r.takes(key, third) {
			t.Errorf("an overlap that is not offered: %d", s.Status)
		}

		p.follow("/keys/"+key+"/revoke").has("폐기됨", "API 키를 폐기했습니다")
		if r.takes(key, third) {
			t.Error("a revoked key is taken")
		}
		p.get("/keys/" + key).has("폐기됨").lacks(`/reissue"`)
		if s := p.post("/keys/"+key+"/reissue", "overlap", "0"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("re-issue of a revoked key: %d", s.Status)
		}
		var actions []string
		for _, a := range r.audit() {
			if strings.HasPrefix(a.Action, "key.") {
				actions = append(actions, a.Action)
			}
			for _, s := range []string{first, second, third} {
				if strings.Contains(string(a.Before)+string(a.After), s) || strings.Contains(r.log.String(), s) {
					t.Errorf("a secret is in the audit or the log: %s", a.Action)
				}
			}
		}
		if got := strings.Join(actions, " "); got != "key.revoke key.reissue key.reissue key.rename key.add" {
			t.Errorf("audit: %s", got)
		}
	})
}

func TestAccessSettings(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleDeveloper, r.merchant.ID)
	s := p.post("/keys/settings", "origins", "https://shop.example.com/path", "networks", "203.0.113.7/24")
	if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="p-origins"`) || !strings.Contains(s.Body, `id="p-networks"`) || !strings.Contains(s.text(), "https://shop.example.com/path") {
		t.Errorf("%d %s", s.Status, s.text())
	}
	p.follow("/keys/settings", "origins", "https://shop.example.com\r\nhttps://m.example.com", "networks", "203.0.113.7, 198.51.100.0/24", "hide_sandbox", "on", "unknown_key_ok", "on").
		has("허용 목록에 없습니다", "https://m.example.com", "203.0.113.7/32", "198.51.100.0/24")
	p.follow("/keys/settings", "origins", "https://shop.example.com", "networks", "127.0.0.0/8\n::1").has("접근 설정을 저장했습니다").lacks("지금 접속한 주소는 REST API 허용 목록에 없습니다")
	m := r.store1(r.merchant.ID)
	if got := strings.Join(append(m.Settings.Origins, m.Settings.AllowedIPs...), " "); got != "https://shop.example.com 127.0.0.0/8 ::1/128" || m.Settings.HideSandbox || m.Settings.UnknownKeyOK {
		t.Errorf("%+v", m.Settings)
	}
	a := r.audit()[0]
	if a.Action != "merchant.update" || !strings.Contains(string(a.Before), `"198.51.100.0/24"`) || strings.Contains(string(a.After), "webhook_url") {
		t.Errorf("%s %s -> %s", a.Action, a.Before, a.After)
	}
}

func TestKeysOfAnotherMerchantAreNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	other := r.addMerchant("m_2", "imp22222222", "다른 상점")
	key, secret, err := r.gw.AddKey(r.ctx, r.merchant.ID, "", "")
	r.must(err)
	p := r.operator(pay.RoleOwner, other.ID)
	p.get("/keys").lacks(key)
	for _, what := range []string{"/rename", "/reissue", "/revoke"} {
		if s := p.post("/keys/"+key+what, "name", "x", "overlap", "0"); s.Status != http.StatusNotFound {
			t.Errorf("%s: %d", what, s.Status)
		}
	}
	if s := p.get("/keys/" + key); s.Status != http.StatusNotFound || !r.takes(key, secret) {
		t.Errorf("%d, and the key is taken: %v", s.Status, r.takes(key, secret))
	}
	reader := r.operator(pay.RoleReadOnly, r.merchant.ID)
	reader.get("/keys").has(key).lacks("API 키 만들기", "관리</a>", `action="/console/keys/settings"`)
	if s := reader.post("/keys", "name", "x"); s.Status != http.StatusForbidden {
		t.Errorf("a reader makes a key: %d", s.Status)
	}
}

func TestASubStoreIsOpenedAndLookedAt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleManager, r.merchant.ID)
		p.get("/stores").has("하위상점이 없습니다", "나루 상점").lacks("새 상점")
		if s := p.post("/stores", "code", "ab", "name", "강남점", "same_webhook", "on"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="p-code"`) {
			t.Errorf("a code of two: %d", s.Status)
		}
		if s := p.post("/stores", "code", "A02", "name", "서초점", "webhook_url", "shop"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="p-webhook_url"`) {
			t.Errorf("an address that is none: %d", s.Status)
		}
		p.follow("/stores", "code", "A01", "name", "강남점", "same_webhook", "on").has("A01", "대표상점과 같음")
		p.follow("/stores", "code", "A02", "name", "서초점", "webhook_url", "https://seocho.example.com/hook").has("https://seocho.example.com/hook")
		if s := p.post("/stores", "code", "A01", "name", "또"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("a code twice: %d", s.Status)
		}
		tier, err := r.gw.Tier(r.ctx, r.merchant.ID, "A01")
		r.must(err)
		if tier.Settings.WebhookURL != r.merchant.Settings.WebhookURL {
			t.Errorf("%+v", tier)
		}
		p.follow("/stores/tiers/A01", "name", "강남역점")
		if s := p.post("/stores/tiers/ZZZ", "name", "x"); s.Status != http.StatusNotFound {
			t.Errorf("a sub-store that is not there: %d", s.Status)
		}
		p.follow("/store", "to", string(tier.ID), "here", "/channels").has("아직 채널이 없습니다", "강남역점")
		p.get("/keys").has("Tier 헤더", "A01").lacks("API 키 만들기")
		p.get("/stores").has("대표상점", "나루 상점").lacks("하위상점 추가")
		if s := p.get("/stores/new"); s.Status != http.StatusNotFound {
			t.Errorf("a sub-store of a sub-store: %d", s.Status)
		}
	})
}

func TestAStoreIsOpenedByWhoOwnsTheInstallation(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	owner := r.operator(pay.RoleOwner, "")
	if s := owner.post("/stores/merchant", "name", "이사 온 상점", "user_code", "imp:1"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="p-user_code"`) {
		t.Errorf("%d", s.Status)
	}
	if s := owner.post("/stores/merchant", "name", "이사 온 상점", "user_code", r.merchant.UserCode); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "다른 상점이 쓰는") {
		t.Errorf("a code twice: %d", s.Status)
	}
	owner.follow("/stores/merchant", "name", "이사 온 상점", "user_code", "imp99887766").has("이사 온 상점", "아직 채널이 없습니다")
	var m pay.Merchant
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		m, err = tx.MerchantByUserCode(r.ctx, "imp99887766")
		return err
	}))
	if m.Name != "이사 온 상점" {
		t.Errorf("%+v", m)
	}
	ofOne := r.operator(pay.RoleOwner, r.merchant.ID)
	ofOne.get("/stores").lacks("/stores/merchant")
	for _, s := range []seen{ofOne.get("/stores/merchant"), ofOne.post("/stores/merchant", "name", "x")} {
		if s.Status != http.StatusForbidden {
			t.Errorf("an owner of one store: %d", s.Status)
		}
	}
	if s := ofOne.post("/stores/settings", "name", "", "retention", "5 years"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="p-name"`) || !strings.Contains(s.Body, `id="p-retention"`) {
		t.Errorf("%d %s", s.Status, s.text())
	}
}

// Who has an API key may do all that the API can, which is more than developers may:
// they name and revoke keys, and neither make them nor get a secret.
func TestDevelopersGetNoSecrets(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	key, secret, err := r.gw.AddKey(r.ctx, r.merchant.ID, "", "")
	r.must(err)
	p := r.operator(pay.RoleDeveloper, r.merchant.ID)
	p.get("/keys").has(key, "소유자나 관리자가 합니다").lacks(`data-testid="key-add"`)
	p.get("/keys/" + key).has("키 폐기").lacks("/reissue")
	p.get("/webhooks").has("소유자나 관리자가 합니다", "테스트 호출", "저장").lacks("/webhooks/secret")
	p.get("/keys?lang=en").has("Owners and managers make keys")
	for path, fields := range map[string][]string{
		"/keys": {"name", "x"}, "/keys/" + key + "/reissue": {"overlap", "0"}, "/webhooks/secret": {"do", "show"},
	} {
		if s := p.post(path, fields...); s.Status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, s.Status, s.text())
		}
	}
	keys, err := r.gw.Keys(r.ctx, r.merchant.ID)
	if r.must(err); len(keys) != 1 || !r.takes(key, secret) {
		t.Errorf("%d keys", len(keys))
	}
	p.follow("/keys/"+key+"/rename", "name", "배치 서버").has("배치 서버")
	if p.follow("/keys/" + key + "/revoke").has("폐기됨"); r.takes(key, secret) {
		t.Error("a developer could not revoke it")
	}
	r.operator(pay.RoleManager, r.merchant.ID).get("/keys").has("API 키 만들기")
}
