package console

import (
	"errors"
	"net/http"

	"naru/internal/gateway"
	"naru/internal/pay"
)

func (c *Console) storeRoutes() []route {
	return []route{
		get("/stores", pay.ChangeStore, c.storeList),
		post("/stores/settings", pay.ChangeStore, c.storeSettings),
		get("/stores/new", pay.ChangeStore, c.tierNew),
		post("/stores", pay.ChangeStore, c.tierAdd),
		post("/stores/tiers/{code}", pay.ChangeStore, c.tierRename),
		// Who may let people in everywhere may open another store.
		get("/stores/merchant", pay.ChangePeople, c.merchantNew),
		post("/stores/merchant", pay.ChangePeople, c.merchantAdd),
	}
}

// storeListBody is the page of a store and its sub-stores.
type storeListBody struct {
	Name, Retention string
	Problem         map[string]string
	Tiers           []tierRow
	TierProblem     map[string]string // at the sub-store whose name was not taken
	Parent          *pay.Merchant     // of a sub-store
	MayAdd          bool              // another merchant
}

type tierRow struct {
	pay.Merchant
	SameWebhook bool
	Channels    int
}

func (c *Console) storeList(v *visit) error {
	return c.storePage(v, http.StatusOK, storeListBody{Name: v.Store.Name, Retention: retentionText(v.Store.Settings.Retention)})
}

// retentionText is a retention as ParseRetention reads it.
func retentionText(r pay.Retention) string {
	if r == "" {
		return "off"
	}
	return string(r)
}

func (c *Console) storePage(v *visit, status int, body storeListBody) error {
	ctx := v.r.Context()
	tiers, err := c.gateway.Tiers(ctx, v.Store.ID)
	if err != nil {
		return err
	}
	for _, t := range tiers {
		channels, err := c.gateway.Channels(ctx, t.ID)
		if err != nil {
			return err
		}
		body.Tiers = append(body.Tiers, tierRow{t, t.Settings.WebhookURL == v.Store.Settings.WebhookURL, len(channels)})
	}
	for _, s := range v.Stores {
		if s.ID == v.Store.Parent {
			body.Parent = &s
		}
	}
	body.MayAdd = v.mayAddMerchant()
	return v.renderStatus(status, "store_list", v.t("상점 · 하위상점", "Stores"), body)
}

// storeSettings changes the store's name and how long it keeps buyers' fields.
func (c *Console) storeSettings(v *visit) error {
	body := storeListBody{Name: v.field("name"), Retention: v.field("retention"), Problem: map[string]string{}}
	retention, err := pay.ParseRetention(body.Retention)
	if err != nil {
		body.Problem["retention"] = v.t("5y(년), 1826d(일) 또는 off처럼 적어 주세요.", err.Error())
	}
	if body.Name == "" {
		body.Problem["name"] = v.t("상점 이름을 입력해 주세요.", "A store has a name.")
	}
	if len(body.Problem) > 0 {
		return c.storePage(v, http.StatusUnprocessableEntity, body)
	}
	_, err = c.gateway.ChangeMerchant(v.r.Context(), v.Store.ID, func(m *pay.Merchant) error {
		m.Name, m.Settings.Retention = body.Name, retention
		return nil
	})
	if err != nil {
		return err
	}
	return v.done(c.path("/stores"), "상점 설정을 저장했습니다.", "The store's settings were saved.")
}

func (c *Console) tierRename(v *visit) error {
	name, code := v.field("name"), v.param("code")
	if name == "" {
		return c.storePage(v, http.StatusUnprocessableEntity, storeListBody{Name: v.Store.Name, Retention: retentionText(v.Store.Settings.Retention),
			TierProblem: map[string]string{code: v.t("이름을 입력해 주세요.", "A sub-store has a name.")}})
	}
	_, err := c.gateway.RenameTier(v.r.Context(), v.Store.ID, code, name)
	if errors.Is(err, gateway.ErrNoTier) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.done(c.path("/stores"), "하위상점 이름을 바꾸었습니다.", "The sub-store was renamed.")
}
