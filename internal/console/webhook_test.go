package console_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// settingsNow is what the books say of the rig's merchant.
func (r *rig) settingsNow() pay.Settings {
	r.t.Helper()
	var m pay.Merchant
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		m, err = tx.Merchant(r.ctx, r.merchant.ID)
		return err
	}))
	return m.Settings
}

func TestWebhookSettings(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleDeveloper, r.merchant.ID)
		p.get("/webhooks").has("실연동 주소", "컨펌 프로세스", "아직 없음")
		p.follow("/webhooks", "url", "https://shop.test/hook", "type", "form", "test_url", "https://test.shop.test/hook", "test_type", "json",
			"retries", "own", "retry_list", "30, 5m, 1H,1d", "first", "on").has("웹훅 설정을 저장했습니다")
		s := r.settingsNow()
		if s.WebhookURL != "https://shop.test/hook" || !s.WebhookForm || s.WebhookTestURL != "https://test.shop.test/hook" || s.WebhookTestType != "json" ||
			!slices.Equal(s.WebhookRetries, []int{30, 300, 3600, 86400}) || !s.WebhookFirst || !s.ConfirmForbidden {
			t.Errorf("settings %+v", s)
		}
		for _, shown := range []string{"30s, 5m, 1h, 1d", "https://test.shop.test/hook"} {
			if !strings.Contains(p.get("/webhooks").Body, `value="`+shown+`"`) {
				t.Errorf("the form does not have %q", shown)
			}
		}
		for choice, want := range map[string][]int{"off": {}, "standard": {60, 60, 60, 60, 60}, "long": nil} {
			p.follow("/webhooks", "url", "https://shop.test/hook", "type", "json", "retries", choice, "confirm", "on")
			if got := r.settingsNow(); !slices.Equal(got.WebhookRetries, want) || (got.WebhookRetries == nil) != (want == nil) || got.ConfirmForbidden || got.WebhookFirst {
				t.Errorf("%s: %+v", choice, got)
			}
		}
	})
}

func TestWebhookProblemsAreToldAtTheirFields(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleOwner, r.merchant.ID)
	before := r.settingsNow()
	for field, fields := range map[string][]string{
		"url":      {"url", "ftp://shop.test", "type", "json", "retries", "long"},
		"test_url": {"test_url", "https://user:pass@shop.test/", "type", "json", "retries", "long"},
		"retries":  {"retries", "own", "retry_list", "1m, soon", "type", "json"},
		"type":     {"type", "xml", "retries", "long"},
	} {
		s := p.post("/webhooks", fields...)
		if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="p-`+field+`"`) {
			t.Errorf("%s: %d %s", field, s.Status, s.text())
		}
	}
	p.post("/webhooks", "type", "json", "retries", "own", "retry_list", "8d").lacks("저장했습니다")
	if now := r.settingsNow(); now.WebhookURL != before.WebhookURL || now.WebhookRetries != nil {
		t.Errorf("changed: %+v", now)
	}
}

// Private networks belong to the installation: who has one store does not open them.
func TestPrivateAddressesAreTheInstallations(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	fields := []string{"url", "https://shop.test/hook", "type", "json", "retries", "long", "confirm", "on", "private", "on"}
	one, whole := r.operator(pay.RoleOwner, r.merchant.ID), r.operator(pay.RoleOwner, "")
	one.get("/webhooks").lacks("사설망 주소 허용")
	if s := one.post("/webhooks", fields...); s.Status != http.StatusForbidden || r.settingsNow().PrivateAddressesOK {
		t.Errorf("an owner of one store: %d", s.Status)
	}
	whole.get("/webhooks").has("사설망 주소 허용")
	if whole.follow("/webhooks", fields...); !r.settingsNow().PrivateAddressesOK {
		t.Error("an owner of the installation could not")
	}
	one.follow("/webhooks", fields[:8]...)
	if !r.settingsNow().PrivateAddressesOK {
		t.Error("who may not change it took it away")
	}

	// It was allowed for the address that was there, and ends with another.
	one.follow("/webhooks", append([]string{"url", "http://10.0.0.9/other"}, fields[2:8]...)...).has("사설망 주소 허용이 꺼졌습니다")
	if now := r.settingsNow(); now.PrivateAddressesOK || now.WebhookURL != "http://10.0.0.9/other" {
		t.Errorf("an owner of one store took another address: %+v", now)
	}
	whole.follow("/webhooks", fields...)
	one.follow("/webhooks", append([]string{"test_url", "http://10.0.0.9/test"}, fields[:8]...)...).has("사설망 주소 허용이 꺼졌습니다")
	if r.settingsNow().PrivateAddressesOK {
		t.Error("an owner of one store took another address for tests")
	}
	whole.follow("/webhooks", append([]string{"test_url", "http://10.0.0.9/test"}, fields...)...)
	if !r.settingsNow().PrivateAddressesOK {
		t.Error("an owner of the installation may not take another address")
	}
	one.follow("/webhooks", append([]string{"test_url", ""}, fields[:8]...)...)
	if !r.settingsNow().PrivateAddressesOK {
		t.Error("it ended with an address less")
	}
}

// A sub-store has no private address but its parent's, unless the installation's
// owner gives it one; its address is one that the page of webhooks takes.
func TestASubStoresAddress(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, err := r.gw.ChangeMerchant(r.ctx, r.merchant.ID, func(m *pay.Merchant) error {
			m.Settings.WebhookURL, m.Settings.PrivateAddressesOK = "http://10.0.0.1/hook", true
			return nil
		})
		r.must(err)
		one, whole := r.operator(pay.RoleManager, r.merchant.ID), r.operator(pay.RoleOwner, "")
		one.follow("/stores", "code", "A01", "name", "같은 주소", "same_webhook", "on")
		one.follow("/stores", "code", "A02", "name", "다른 주소", "webhook_url", "http://10.0.0.9/hook")
		whole.follow("/stores", "code", "A03", "name", "허용한 주소", "webhook_url", "http://10.0.0.9/hook")
		for code, want := range map[string]bool{"A01": true, "A02": false, "A03": true} {
			tier, err := r.gw.Tier(r.ctx, r.merchant.ID, code)
			if r.must(err); tier.Settings.PrivateAddressesOK != want {
				t.Errorf("%s: %+v", code, tier.Settings)
			}
		}
		for _, address := range []string{"https://me:secret@shop.example.com/hook", "https://shop.example.com/" + strings.Repeat("x", 2000), "https://shop.example.com/#x"} {
			s := one.post("/stores", "code", "A04", "name", "틀린 주소", "webhook_url", address)
			if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="p-webhook_url"`) {
				t.Errorf("%.40s: %d", address, s.Status)
			}
		}
	})
}

func TestTestCallShowsTheAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	got := make(chan string, 2)
	r.shopSays = func(w http.ResponseWriter, req *http.Request) {
		got <- req.Header.Get("webhook-id")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("<b>주전자</b>"))
	}
	p := r.operator(pay.RoleDeveloper, r.merchant.ID)
	s := p.post("/webhooks/test", "mode", "live")
	s.has("테스트 호출 결과", "실패로 봅니다: HTTP 418", "text/plain", "<b>주전자</b>", "imp_000000000000")
	if strings.Contains(s.Body, "<b>주전자") {
		t.Error("the answer stands in the page as markup")
	}
	if id := <-got; !strings.HasPrefix(id, "test_") {
		t.Errorf("webhook-id %q", id)
	}
	if n := len(r.deliveriesNow()); n != 0 {
		t.Errorf("%d deliveries", n)
	}
	p.follow("/webhooks", "url", "http://127.0.0.1:1/hook", "type", "json", "retries", "long")
	p.post("/webhooks/test", "mode", "live").has("연결을 받지 않습니다")
	p.follow("/webhooks", "url", "", "type", "json", "retries", "long")
	if s := p.post("/webhooks/test", "mode", "test"); s.Status != http.StatusUnprocessableEntity {
		t.Errorf("without an address: %d", s.Status)
	}
}

func TestSecretIsShownOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleManager, r.merchant.ID)
	first := p.post("/webhooks/secret", "do", "show").has("지금 한 번만 보입니다", "whsec_")
	secret := secretIn(t, first)
	p.get("/webhooks").lacks(secret)
	p.follow("/webhooks/secret", "do", "show").has("이미 한 번 보여").lacks(secret)
	second := p.post("/webhooks/secret", "do", "rotate").has("이전 시크릿도 이때까지", "whsec_")
	if secretIn(t, second) == secret {
		t.Error("the new secret is the one of before")
	}
	p.get("/webhooks").has("함께 서명하는 마지막 때").lacks(secret)
	if strings.Contains(r.log.String(), secret) {
		t.Error("the log has the secret")
	}
}

func secretIn(t *testing.T, s seen) string {
	t.Helper()
	for _, word := range strings.Fields(s.text()) {
		if strings.HasPrefix(word, "whsec_") {
			return word
		}
	}
	t.Fatal("no secret on the page")
	return ""
}

// deliveriesNow is all of the merchant's, the newest first.
func (r *rig) deliveriesNow() (out []store.Delivery) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		out, err = tx.FindDeliveries(r.ctx, r.merchant.ID, store.DeliveryFilter{Limit: 1000})
		return err
	}))
	return out
}

func TestDeliveries(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.shopSays = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("no such order"))
		}
		lost := r.charge("lost", 1000)
		r.work()
		r.shopSays = nil
		well := r.charge("well", 2000)
		r.work()
		p := r.operator(pay.RoleDeveloper, r.merchant.ID)
		p.get("/deliveries").has(string(lost.ID), string(well.ID), "전달됨", "HTTP 404", "HTTP 200")
		p.get("/deliveries?status=given_up").has(string(lost.ID), "전달하지 못한 웹훅이 1건").lacks(string(well.ID))
		p.get("/deliveries?payment=" + string(well.ID)).has("전달됨").lacks(string(lost.ID))
		p.get("/deliveries?address=https://nowhere.test").has("조건에 맞는 웹훅이 없습니다")
		p.get("/deliveries?from=2026-11-22").has("조건에 맞는 웹훅이 없습니다")
		if s := p.get("/deliveries?from=tomorrow"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="p-from"`) {
			t.Errorf("a day that is none: %d", s.Status)
		}
		d := r.deliveryOf(lost.ID)
		p.get("/deliveries/"+d.ID).has("webhook-signature", `"imp_uid": "`+string(lost.ID)+`"`, "no such order", "HTTP 404", d.URL).lacks("[{")

		p.follow("/deliveries/"+d.ID+"/resend", "how", "once").has("다시 보냅니다")
		r.work()
		p.get("/deliveries/"+d.ID).has("전달됨", "사람이 보냄", "HTTP 200")
		other := r.operator(pay.RoleOwner, r.addMerchant("m_2", "imp87654321", "다른 상점").ID)
		for _, s := range []seen{other.get("/deliveries/" + d.ID), other.post("/deliveries/"+d.ID+"/resend", "how", "once"), other.post("/deliveries/resend", "id", d.ID)} {
			if s.Status != http.StatusNotFound {
				t.Errorf("another merchant's: %d", s.Status)
			}
		}
		other.get("/deliveries").lacks(string(lost.ID))
		reader := r.operator(pay.RoleReadOnly, r.merchant.ID)
		reader.get("/deliveries").has("전달됨").lacks("다시 보내기")
		reader.get("/deliveries/" + d.ID).has("webhook-id").lacks("보내기")
		reader.get("/webhooks").lacks(`data-testid="save"`, `data-testid="test-call"`, `data-testid="secret-show"`)
	})
}

func (r *rig) deliveryOf(id pay.PaymentID) store.Delivery {
	r.t.Helper()
	for _, d := range r.deliveriesNow() {
		if d.Payment == id {
			return d
		}
	}
	r.t.Fatalf("%s has no delivery", id)
	return store.Delivery{}
}

func TestManyDeliveriesAreSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.shopSays = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }
	a, b, c := r.charge("a", 1000), r.charge("b", 1000), r.charge("c", 1000)
	r.work()
	r.shopSays = nil
	p := r.operator(pay.RoleDeveloper, r.merchant.ID)
	p.follow("/deliveries/resend").has("먼저 골라")
	p.follow("/deliveries/resend", "id", r.deliveryOf(a.ID).ID, "id", r.deliveryOf(b.ID).ID, "how", "once").has("2건을 다시 보냅니다")
	r.work()
	if got := []string{r.deliveryOf(a.ID).Status, r.deliveryOf(b.ID).Status, r.deliveryOf(c.ID).Status}; !slices.Equal(got, []string{"delivered", "delivered", "given_up"}) {
		t.Errorf("states %v", got)
	}
	r.clock.Advance(time.Second) // what is given up from now on was not meant
	p.follow("/deliveries/resend-all", "status", "given_up", "address", r.shop.URL, "how", "round").has("1건을 다시 보냅니다")
	r.work()
	if got := r.deliveryOf(c.ID); got.Status != "delivered" {
		t.Errorf("%+v", got)
	}
	if rows := r.auditOf("delivery.resend", "delivery.resend_many"); len(rows) != 3 || rows[0].Actor.ID != string(p.id) {
		t.Errorf("audited %+v", rows)
	}
}

// auditOf is what people did of some kinds, in no order.
func (r *rig) auditOf(actions ...string) (out []store.Audit) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{})
		for _, a := range all {
			if slices.Contains(actions, a.Action) {
				out = append(out, a)
			}
		}
		return err
	}))
	return out
}
