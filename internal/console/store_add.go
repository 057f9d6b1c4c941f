package console

import (
	"errors"
	"net/http"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// tierForm is a sub-store to add.
type tierForm struct {
	Code, Name, WebhookURL string
	Same                   bool // the parent's webhook address
	Problem                map[string]string
}

func (c *Console) tierNew(v *visit) error {
	if v.Store.Parent != "" {
		return errNoPage // a sub-store has none of its own
	}
	return v.render("store_tier", v.t("하위상점 추가", "Add a sub-store"), tierForm{Same: true})
}

func (c *Console) tierAdd(v *visit) error {
	f := tierForm{Code: v.field("code"), Name: v.field("name"), WebhookURL: v.field("webhook_url"), Same: v.field("same_webhook") != "", Problem: map[string]string{}}
	n := gateway.NewTier{Parent: v.Store.ID, Code: f.Code, Name: f.Name, Whole: v.May(pay.SeeSystem)}
	if !f.Same {
		n.WebhookURL = &f.WebhookURL
	}
	title := v.t("하위상점 추가", "Add a sub-store")
	if f.Name == "" {
		f.Problem["name"] = v.t("이름을 입력해 주세요.", "A sub-store has a name.")
		return v.renderStatus(http.StatusUnprocessableEntity, "store_tier", title, f)
	}
	tier, err := c.gateway.OpenTier(v.r.Context(), n)
	if wrong, ok := errors.AsType[*gateway.Invalid](err); ok && (wrong.Field == "code" || wrong.Field == "webhook_url") {
		ko := map[string]string{
			"code":        "영문 대문자와 숫자로 된 세 글자여야 하며, 다른 하위상점이 쓰지 않는 코드여야 합니다.",
			"webhook_url": webhookAddressKo,
		}[wrong.Field]
		f.Problem[wrong.Field] = v.t(ko, wrong.Detail)
		return v.renderStatus(http.StatusUnprocessableEntity, "store_tier", title, f)
	}
	if err != nil {
		return err
	}
	return v.done(c.path("/stores"), "하위상점 "+tier.Tier+"을(를) 추가했습니다. 상점을 바꾸어 채널을 추가해 주세요.", "Sub-store "+tier.Tier+" was added. Switch to it to add a channel.")
}

// mayAddMerchant reports whether the operator may open a store beside those there
// are: somebody who may do everything everywhere.
func (v *visit) mayAddMerchant() bool { return v.May(pay.ChangePeople) && v.Grant.Merchant == "" }

// merchantForm is a merchant to add.
type merchantForm struct {
	Name, UserCode string
	Problem        map[string]string
}

func (c *Console) merchantNew(v *visit) error {
	if !v.mayAddMerchant() {
		return errForbidden
	}
	return v.render("store_merchant", v.t("상점 추가", "Add a store"), merchantForm{})
}

func (c *Console) merchantAdd(v *visit) error {
	if !v.mayAddMerchant() {
		return errForbidden
	}
	f := merchantForm{Name: v.field("name"), UserCode: v.field("user_code"), Problem: map[string]string{}}
	if f.Name == "" {
		f.Problem["name"] = v.t("상점 이름을 입력해 주세요.", "A store has a name.")
		return v.renderStatus(http.StatusUnprocessableEntity, "store_merchant", v.t("상점 추가", "Add a store"), f)
	}
	m, err := c.gateway.AddMerchant(v.r.Context(), pay.Merchant{Name: f.Name, UserCode: f.UserCode})
	wrong, ok := errors.AsType[*gateway.Invalid](err)
	switch {
	case errors.Is(err, store.ErrExists):
		f.Problem["user_code"] = v.t("다른 상점이 쓰는 식별코드입니다.", "Another store has this code.")
	case ok && wrong.Field == "user_code":
		f.Problem["user_code"] = v.t("imp와 숫자 여덟 자리(예: imp12345678)로 적거나 비워 두세요.", wrong.Detail)
	case err != nil:
		return err
	default:
		v.Stores = append(v.Stores, m)
		if err := c.people.LookAt(v.r.Context(), v.Visit, m.ID); err != nil {
			return err
		}
		return v.done(c.path("/channels"), "상점을 추가하고 그 상점으로 바꾸었습니다. 이제 채널을 추가해 주세요.", "The store was added, and you are looking at it. Add a channel now.")
	}
	return v.renderStatus(http.StatusUnprocessableEntity, "store_merchant", v.t("상점 추가", "Add a store"), f)
}
