package console

import (
	"errors"
	"net/http"
	"time"

	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/pay"
)

func (c *Console) webhookRoutes() []route {
	return []route{
		get("/webhooks", pay.SeeIntegration, c.webhooks),
		post("/webhooks", pay.ChangeIntegration, c.webhooksSave),
		post("/webhooks/test", pay.ChangeIntegration, c.webhookTest),
		post("/webhooks/secret", pay.MakeKeys, c.webhookSecret),
		get("/deliveries", pay.SeeIntegration, c.deliveries),
		get("/deliveries/{id}", pay.SeeIntegration, c.deliveryShow),
		post("/deliveries/resend", pay.ChangeIntegration, c.deliveriesResend),
		post("/deliveries/resend-all", pay.ChangeIntegration, c.deliveriesResendAll),
		post("/deliveries/{id}/resend", pay.ChangeIntegration, c.deliveryResend),
	}
}

// webhooksBody is what the page of webhooks shows.
type webhooksBody struct {
	Form     webhookForm
	Change   bool // the operator may change it
	Network  bool // and may open private networks, which belong to the installation
	Own      []time.Duration
	Secret   notify.SecretState
	Shown    string // the secret, this once
	ShownEnd time.Time
	Test     *notify.TestAnswer
	TestMode pay.Mode
	HasTest  bool // payments that are not live have an address
	HasLive  bool
}

// webhooks is the page of how the merchant is told.
func (c *Console) webhooks(v *visit) error {
	return c.webhooksPage(v, http.StatusOK, webhooksBody{Form: formOfWebhooks(gateway.WebhooksOf(v.Store.Settings))})
}

func (c *Console) webhooksPage(v *visit, status int, b webhooksBody) error {
	var err error
	if b.Secret, err = c.notifier.SecretState(v.r.Context(), v.Store.ID); err != nil {
		return err
	}
	b.Change, b.Own = v.May(pay.ChangeIntegration), c.notifier.Retries()
	b.Network = b.Change && v.May(pay.SeeSystem)
	live, _ := v.Store.Settings.Webhook(pay.ModeLive)
	test, _ := v.Store.Settings.Webhook(pay.ModeTest)
	b.HasLive, b.HasTest = live != "", test != ""
	return v.renderStatus(status, "webhooks", v.t("웹훅", "Webhooks"), b)
}

// webhooksSave changes it, or says at each field what is wrong.
func (c *Console) webhooksSave(v *visit) error {
	now := gateway.WebhooksOf(v.Store.Settings)
	form, in := readWebhooks(v, now)
	if in.PrivateAddrs && !now.PrivateAddrs && !v.May(pay.SeeSystem) {
		return errForbidden
	}
	closed := false
	if len(form.Problems) == 0 {
		var err error
		_, closed, err = c.gateway.SetWebhooks(v.r.Context(), v.Store.ID, in, v.May(pay.SeeSystem))
		form.Problems = webhookProblems(v, err)
		if len(form.Problems) == 0 && err != nil {
			return err
		}
	}
	if len(form.Problems) > 0 {
		return c.webhooksPage(v, http.StatusUnprocessableEntity, webhooksBody{Form: form})
	}
	if closed {
		return v.done(c.path("/webhooks"), "웹훅 설정을 저장했습니다. 주소를 바꾸어 사설망 주소 허용이 꺼졌습니다. 새 주소가 사설망에 있다면 설치 전체를 맡은 운영자에게 다시 켜 달라고 해 주세요.",
			"The webhook settings are saved. Private addresses are not allowed any more, since the address is another: ask an operator of the whole installation if the new one is private.")
	}
	return v.done(c.path("/webhooks"), "웹훅 설정을 저장했습니다.", "The webhook settings are saved.")
}

// webhookTest sends a test call and shows the answer.
func (c *Console) webhookTest(v *visit) error {
	b := webhooksBody{Form: formOfWebhooks(gateway.WebhooksOf(v.Store.Settings)), TestMode: pay.ModeLive}
	if v.field("mode") == string(pay.ModeTest) {
		b.TestMode = pay.ModeTest
	}
	answer, err := c.notifier.Test(v.r.Context(), v.Store.ID, b.TestMode)
	if errors.Is(err, notify.ErrNoAddress) {
		b.Form.Problems = map[string]string{"url": v.t("테스트로 부를 주소가 아직 없습니다. 주소를 저장한 뒤 다시 해 주세요.", "There is no address to call yet. Save one first.")}
		return c.webhooksPage(v, http.StatusUnprocessableEntity, b)
	}
	if err != nil {
		return err
	}
	b.Test = &answer
	return c.webhooksPage(v, http.StatusOK, b)
}

// webhookSecret shows the secret once, or makes a new one and shows that.
func (c *Console) webhookSecret(v *visit) error {
	b := webhooksBody{Form: formOfWebhooks(gateway.WebhooksOf(v.Store.Settings))}
	var shown pay.Secret
	var err error
	if v.field("do") == "rotate" {
		shown, b.ShownEnd, err = c.notifier.RotateSecret(v.r.Context(), v.Store.ID)
	} else {
		shown, err = c.notifier.ShowSecret(v.r.Context(), v.Store.ID)
	}
	if errors.Is(err, notify.ErrSecretShown) {
		return v.done(c.path("/webhooks"), "이 시크릿은 이미 한 번 보여 드렸습니다. 잃어버렸다면 새로 만드세요.", "This secret was shown before. Make a new one if it is lost.")
	}
	if err != nil {
		return err
	}
	b.Shown = shown.Reveal()
	return c.webhooksPage(v, http.StatusOK, b)
}
