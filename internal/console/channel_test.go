package console_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (r *rig) channel(key pay.ChannelKey) pay.Channel {
	r.t.Helper()
	ch, err := r.gw.Channel(r.ctx, r.merchant.ID, key)
	r.must(err)
	return ch
}

func (r *rig) audit() []store.Audit {
	r.t.Helper()
	var out []store.Audit
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		out, err = tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{})
		return err
	}))
	return out
}

// secretless fails if one of the planted secrets stands in the page, the log or the audit.
func (r *rig) secretless(pages ...seen) {
	r.t.Helper()
	text := r.log.String()
	for _, a := range r.audit() {
		text += string(a.Before) + string(a.After) + a.Target
	}
	for _, p := range pages {
		text += p.Body
	}
	for _, s := range []string{clientKey, secretKey, billClientKey, billSecretKey, apiKey, billAPIKey, otherSecret, otherClient} {
		if strings.Contains(text, s) {
			r.t.Errorf("%s… is in a page, the log or the audit", s[:14])
		}
	}
}

const (
	otherClient = "test_ck_plantedOtherClientKey00000001"
	otherSecret = "test_sk_plantedOtherSecretKey00000001"
)

func TestChannelsAreListedAndShown(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleReadOnly, r.merchant.ID)
		list := p.get("/channels").has("카드", "tnaru", "토스페이", "narutosspay", "정기결제", "PG 기본", "샌드박스", "최근 호출 없음").lacks("채널 추가", `action="/console/channels/settings"`)
		page := p.get("/channels/"+string(cardChannel)).has(
			string(cardChannel), r.merchant.UserCode, "tosspayments.tnaru", r.site.URL+"/notices/tosspayments/"+string(cardChannel), "PAYMENT_STATUS_CHANGED",
			"2022-07-27", "시크릿 키 설정됨", `IMP.init("`+r.merchant.UserCode+`")`, `channelKey: "`+string(cardChannel)+`"`, "수기 결제 가능", "가상계좌 vbank 가능 가능").
			lacks("연결 점검", "사용 중지", `href="/console/channels/`+string(cardChannel)+`/edit"`)
		wallet := p.get("/channels/"+string(walletChannel)).has("등록할 것이 없습니다", "수기 결제 불가").lacks("/notices/")
		p.get("/channels/"+string(billChannel)).has("2022-07-27 또는 1.4", "customer_uid")
		p.get("/channels?lang=en").has("Channels", "Of the provider", "No calls lately")
		r.secretless(list, page, wallet)
	})
}

func TestHealthOfAChannelIsAWord(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.must(r.store.Write(r.ctx, func(tx *store.Tx) error {
		for key, n := range map[pay.ChannelKey][2]int64{cardChannel: {9, 0}, walletChannel: {3, 2}, billChannel: {0, 4}} {
			if err := tx.AddChannelCalls(r.ctx, store.ChannelCalls{Channel: key, At: tx.Now, Answered: n[0], Failed: n[1]}); err != nil {
				return err
			}
		}
		return nil
	}))
	p := r.operator(pay.RoleDeveloper, r.merchant.ID)
	p.get("/channels").has("정상 응답 9 · 실패 0", "일부 실패 응답 3 · 실패 2", "응답 없음 응답 0 · 실패 4")
	r.clock.Advance(2 * 60 * 60 * 1e9)
	p.get("/channels").has("최근 호출 없음").lacks("응답 9")
}

func TestAChannelIsAddedByItsProvidersForm(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleDeveloper, r.merchant.ID)
		p.get("/channels/new").has("토스페이먼츠", "토스페이")
		form := p.get("/channels/new?provider=tosspayments").has("클라이언트 키", "개발자센터 → API 키", "test_sk_…", "2022-07-27", "1.4", "고정식 가상계좌").lacks("샌드박스")
		fields := []string{"provider", "tosspayments", "mode", "test", "name", "새 채널", "mid", "tnew", "kind", "payment", "tax_class", "mixed",
			"credentials.client_key", otherClient, "credentials.secret_key", otherSecret, "default", "on", "fixed_accounts", "on"}
		page := p.follow("/channels", fields...).has("새 채널", "테스트", "복합과세", "고정식 가상계좌", "연결 점검")
		all, err := r.gw.Channels(r.ctx, r.merchant.ID)
		r.must(err)
		added := all[slices.IndexFunc(all, func(ch pay.Channel) bool { return ch.MID == "tnew" })]
		if added.Mode != pay.ModeTest || added.MID != "tnew" || !added.Options.FixedAccounts || added.Options.TaxClass != pay.TaxMixed || !added.Default || r.channel(cardChannel).Default {
			t.Errorf("added %+v; the default before is %v", added, r.channel(cardChannel).Default)
		}
		if a := r.audit()[0]; a.Action != "channel.add" || a.Actor.ID != string(p.id) || !strings.Contains(string(a.After), `"tnew"`) {
			t.Errorf("audit %+v %s", a, a.After)
		}
		r.secretless(form, page, p.get("/channels"), p.get("/channels/"+string(added.Key)+"/edit").has("설정됨"))
	})
}

// What is wrong with a form is said at its field, in words, and no key is shown again.
func TestAChannelThatDoesNotFitIsToldAtItsField(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleManager, r.merchant.ID)
	right := map[string]string{"provider": "tosspayments", "mode": "live", "mid": "im_x", "kind": "payment",
		"credentials.client_key": "live_ck_plantedLive0000000000000001", "credentials.secret_key": "live_sk_plantedLive0000000000000001"}
	for _, c := range []struct{ field, value, id, ko, en string }{
		{"credentials.secret_key", otherSecret, "p-credentials.secret_key", "실연동 채널의 시크릿 키은(는) live_sk_ 로 시작해야 합니다", "begins with live_sk_"},
		{"credentials.client_key", "live_gck_widget", "p-credentials.client_key", "live_ck_ 로 시작", "begins with live_ck_"},
		{"credentials.client_key", "", "p-credentials.client_key", "클라이언트 키을(를) 입력", "Client key is missing"},
		{"credentials.secret_key", "live_sk_with blank", "p-credentials.secret_key", "다시 복사해", "Copy it again"},
		{"mid", "", "p-mid", "MID(상점아이디)를 입력", "is empty"},
		{"mode", "nonsense", "p-mode", "연동 모드를 골라", "is not one of"},
		{"kind", "certification", "p-kind", "용도를 골라", "is not one of"},
		{"name", strings.Repeat("가", 61), "p-name", "60자", "at most 60"},
		{"tax_class", "vat", "p-tax_class", "복합과세", "not one of"},
	} {
		for lang, words := range map[string]string{"ko": c.ko, "en": c.en} {
			var fields []string
			for name, value := range right {
				if name == c.field {
					value = c.value
				}
				fields = append(fields, name, value)
			}
			if c.field == "name" || c.field == "tax_class" {
				fields = append(fields, c.field, c.value)
			}
			s := p.post("/channels?lang="+lang, fields...)
			if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `id="`+c.id+`"`) || !strings.Contains(s.text(), words) {
				t.Errorf("%s = %q: %d, want %q at %s:\n%s", c.field, c.value, s.Status, words, c.id, s.text())
			}
			s.lacks("plantedLive", "with blank")
			r.secretless(s)
		}
	}
	if all, err := r.gw.Channels(r.ctx, r.merchant.ID); err != nil || len(all) != 3 {
		t.Errorf("%d channels, %v", len(all), err)
	}
	// Only who serves the whole installation has the server call an address of theirs.
	if s := p.post("/channels", "provider", "tosspayments", "mode", "sandbox", "mid", "x", "kind", "payment", "api", "http://127.0.0.1:1"); s.Status != http.StatusForbidden {
		t.Errorf("a sandbox channel by one store's manager: %d", s.Status)
	}
}

// A changed secret is used by the next call, and the one of before is no more.
func TestAChangedSecretIsUsedByTheNextCall(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleDeveloper, r.merchant.ID)
		path := "/channels/" + string(billChannel)
		save := func(secret string) seen {
			return p.follow(path, "revision", revision(r.channel(billChannel)), "name", "정기", "mid", "tnarubill", "kind", "billing", "credentials.secret_key", secret)
		}
		r.charge("before", 1000)
		page := save("sandbox_sk_plantedWrongKey0000000000001").has("정기", "채널을 저장했습니다")
		_, err := r.gw.ChargeAgain(r.ctx, gateway.AgainRequest{Merchant: r.merchant.ID, CustomerUID: "customer_before", Charge: gateway.Charge{MerchantUID: "between", Name: "n", Amount: pay.Breakdown{Total: pay.Won(1000)}}})
		if connector.KindOf(err) != connector.Misconfigured && err == nil {
			t.Errorf("charged with a wrong key: %v", err)
		}
		p.post(path+"/check").has("결제사가 모르는 키입니다", "UNAUTHORIZED_KEY", "확인 필요")
		save(billSecretKey)
		r.charge("after", 1000)
		p.post(path+"/check").has("결제사가 키를 받아들였습니다", "키가 MID tnarubill의 것이 맞습니다", "API 버전이 2022-07-27로 맞습니다", "정상").lacks("모르는 키")
		before, after := r.audit()[0].Before, r.audit()[0].After
		if string(after) != `{"credentials_replaced":["secret_key"]}` || string(before) != "{}" {
			t.Errorf("audit %s -> %s", before, after)
		}
		r.secretless(page)
		if strings.Contains(r.log.String()+string(after), "plantedWrongKey") {
			t.Error("the wrong key is in the log or the audit")
		}
	})
}

func revision(ch pay.Channel) string { return string(rune('0' + ch.Revision)) }

func TestAnEditOfAnOlderRevisionIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleOwner, "")
	path := "/channels/" + string(cardChannel)
	p.follow(path, "revision", "1", "name", "하나", "mid", "tnaru", "kind", "payment", "api", r.channel(cardChannel).API, "script", r.channel(cardChannel).Script)
	if s := p.post(path, "revision", "1", "name", "둘", "mid", "tnaru", "kind", "payment", "api", "http://127.0.0.1:1"); s.Status != http.StatusConflict || !strings.Contains(s.text(), "다른 사람이 이 채널을 바꾸었습니다") {
		t.Errorf("%d %s", s.Status, s.text())
	}
	if s := p.post(path, "name", "셋", "mid", "tnaru", "kind", "payment"); s.Status != http.StatusConflict {
		t.Errorf("without a revision: %d", s.Status)
	}
	if ch := r.channel(cardChannel); ch.Name != "하나" || ch.Revision != 2 {
		t.Errorf("%+v", ch)
	}
}

func TestChannelsAreDisabledAndChosen(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleManager, r.merchant.ID)
	path := "/channels/" + string(walletChannel)
	p.follow(path+"/disable").has("사용 중지", "다시 사용")
	if !r.channel(walletChannel).Disabled {
		t.Error("it is not disabled")
	}
	p.follow(path + "/enable").has("채널을 다시 사용합니다")
	p.follow(path + "/default").has("예 · 이 결제사의 요청")
	p.follow("/channels/settings", "default_channel", string(walletChannel), "callback_success", "on").has("전체 기본")
	p.get("/stores") // another page of the same settings
	p.follow("/stores/settings", "name", "새 이름", "retention", "5y")
	m := r.store1(r.merchant.ID)
	if m.Settings.DefaultChannel != string(walletChannel) || !m.Settings.CallbackSuccess || m.Name != "새 이름" || m.Settings.Retention != "5y" || m.Settings.WebhookURL == "" {
		t.Errorf("%+v", m)
	}
	if s := p.post("/channels/settings", "default_channel", "channel-key-of-nobody"); s.Status != http.StatusUnprocessableEntity {
		t.Errorf("a channel of nobody as the default: %d", s.Status)
	}
}

func (r *rig) store1(id pay.MerchantID) pay.Merchant {
	r.t.Helper()
	var m pay.Merchant
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		m, err = tx.Merchant(r.ctx, id)
		return err
	}))
	return m
}

// A check says what the provider said, and when it says nothing.
func TestChecksOfChannels(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleOwner, "")
	p.post("/channels/"+string(walletChannel)+"/check").has("결제사가 키를 받아들였습니다", "narutosspay의 것인지는 결제사의 답으로 알 수 없습니다").lacks("API 버전이")
	p.post("/channels/"+string(cardChannel)+"/check?lang=en").has("The provider takes the key", "no payment of the last 30 days", "Client key is used by payment windows alone")
	closed := "http://127.0.0.1:1" // nobody listens there
	_, err := r.gw.UpdateChannel(r.ctx, gateway.ChannelChange{Merchant: r.merchant.ID, Key: walletChannel, API: &closed})
	r.must(err)
	p.post("/channels/"+string(walletChannel)+"/check").has("결제사에 연결하지 못했습니다", "방화벽", "확인 필요")
	_, err = r.payments.Faults().Add("GET /v1/payments/orders/* nth=1 before status=503")
	r.must(err)
	p.post("/channels/"+string(cardChannel)+"/check").has("키가 맞는지 알 수 없습니다", "확인 필요")
	_, err = r.payments.Faults().Add("GET /v1/payments/orders/* after drop")
	r.must(err)
	p.post("/channels/" + string(cardChannel) + "/check").has("결제사가 제때 답하지 않았습니다")
	r.secretless()
}

// Nobody reaches another merchant's channel, and a developer of one store none of it.
func TestChannelsOfAnotherMerchantAreNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	other := r.addMerchant("m_2", "imp22222222", "다른 상점")
	p := r.operator(pay.RoleOwner, other.ID)
	p.get("/channels").has("아직 채널이 없습니다").lacks("tnaru")
	for _, what := range []string{"", "/edit"} {
		if s := p.get("/channels/" + string(cardChannel) + what); s.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d", what, s.Status)
		}
	}
	for _, what := range []string{"", "/disable", "/enable", "/default", "/check"} {
		if s := p.post("/channels/"+string(cardChannel)+what, "revision", "1", "mid", "x", "kind", "payment"); s.Status != http.StatusNotFound {
			t.Errorf("POST %s: %d", what, s.Status)
		}
	}
	if ch := r.channel(cardChannel); ch.Revision != 1 {
		t.Errorf("%+v", ch)
	}
}
