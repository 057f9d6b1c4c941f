package console

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (c *Console) keyRoutes() []route {
	return slices.Concat([]route{
		get("/keys", pay.SeeIntegration, c.keyList),
		post("/keys", pay.MakeKeys, c.keyAdd),
		post("/keys/settings", pay.ChangeIntegration, c.keySettings),
		get("/keys/{key}", pay.ChangeIntegration, c.keyShow),
		post("/keys/{key}/rename", pay.ChangeIntegration, c.keyRename),
		post("/keys/{key}/reissue", pay.MakeKeys, c.keyReissue),
		post("/keys/{key}/revoke", pay.ChangeIntegration, c.keyRevoke),
	}, c.storeRoutes())
}

// keyListBody is the page of what a merchant is known by.
type keyListBody struct {
	Keys     []keyRow
	Name     string // of a key that was not made
	Settings accessForm
	Problem  map[string]string
	Outside  bool   // the operator's address is not among those allowed
	Address  string // the operator's
	Parent   string // user code of the store that a sub-store belongs to
}

// accessForm is who may call, and how some questions are answered.
type accessForm struct {
	Origins, Networks         string // a line each
	HideSandbox, UnknownKeyOK bool
}

type keyRow struct {
	gateway.KeyUse
	State    string // of the words of "api key"
	Overlaps bool   // the secret before is taken as well
}

func (c *Console) keyList(v *visit) error {
	return c.keyPage(v, http.StatusOK, keyListBody{Settings: accessOf(v.Store.Settings)})
}

func accessOf(s pay.Settings) accessForm {
	return accessForm{Origins: strings.Join(s.Origins, "\n"), Networks: strings.Join(s.AllowedIPs, "\n"), HideSandbox: s.HideSandbox, UnknownKeyOK: s.UnknownKeyOK}
}

func (c *Console) keyPage(v *visit, status int, body keyListBody) error {
	keys, err := c.gateway.Keys(v.r.Context(), v.Store.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		body.Keys = append(body.Keys, c.keyRow(k))
	}
	body.Address = v.client().Address
	body.Outside = outside(v.Store.Settings.AllowedIPs, body.Address)
	body.Parent, _, _ = strings.Cut(v.Store.UserCode, ":")
	return v.renderStatus(status, "key_list", v.t("식별코드 · API 키", "Identity and keys"), body)
}

func (c *Console) keyRow(k gateway.KeyUse) keyRow {
	row := keyRow{KeyUse: k, State: "active", Overlaps: k.FormerUntil.After(c.now())}
	if !k.Revoked.IsZero() {
		row.State, row.Overlaps = "revoked", false
	}
	return row
}

// outside reports whether an address is in none of the networks, if there are any.
func outside(networks []string, address string) bool {
	at, err := netip.ParseAddr(address)
	if err != nil || len(networks) == 0 {
		return false
	}
	return !slices.ContainsFunc(networks, func(n string) bool {
		p, err := netip.ParsePrefix(n)
		return err == nil && p.Contains(at.Unmap())
	})
}

// keySettings changes who may call, and how.
func (c *Console) keySettings(v *visit) error {
	f := accessForm{
		Origins: v.field("origins"), Networks: v.field("networks"),
		HideSandbox: v.field("hide_sandbox") != "", UnknownKeyOK: v.field("unknown_key_ok") != "",
	}
	problems := map[string]string{}
	origins := parseLines(f.Origins, pay.ParseOrigin, func(line string, err error) {
		problems["origins"] = v.t("‘"+line+"’은(는) https://shop.example.com 같은 주소가 아닙니다. 경로 없이, 끝에 / 없이 적어 주세요.", err.Error())
	})
	networks := parseLines(f.Networks, pay.ParseNetwork, func(line string, err error) {
		problems["networks"] = v.t("‘"+line+"’은(는) IP 주소나 CIDR이 아닙니다. 203.0.113.7 또는 203.0.113.0/24처럼 적어 주세요.", err.Error())
	})
	if len(problems) > 0 {
		return c.keyPage(v, http.StatusUnprocessableEntity, keyListBody{Settings: f, Problem: problems})
	}
	_, err := c.gateway.ChangeMerchant(v.r.Context(), v.Store.ID, func(m *pay.Merchant) error {
		m.Settings.Origins, m.Settings.AllowedIPs = origins, networks
		m.Settings.HideSandbox, m.Settings.UnknownKeyOK = f.HideSandbox, f.UnknownKeyOK
		return nil
	})
	if err != nil {
		return err
	}
	if address := v.client().Address; outside(networks, address) {
		return v.done(c.path("/keys"), "저장했습니다. 지금 접속한 주소("+address+")는 REST API 허용 목록에 없습니다. 콘솔에는 영향이 없습니다.",
			"Saved. The address you come from ("+address+") is not in the list for the REST API. The console is not concerned.")
	}
	return v.done(c.path("/keys"), "접근 설정을 저장했습니다.", "The settings were saved.")
}

// parseLines reads what stands on a line each, or between commas.
func parseLines(text string, parse func(string) (string, error), wrong func(string, error)) []string {
	var out []string
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",\r\n \t", r) }) {
		got, err := parse(line)
		if err != nil {
			wrong(line, err)
			continue
		}
		if !slices.Contains(out, got) {
			out = append(out, got)
		}
	}
	return out
}

// keySecret is the one page that shows a secret.
type keySecret struct {
	Key, Name, Secret string
	Until             time.Time // the secret before works until then; zero is not at all
	Reissued          bool
}

func (c *Console) keyAdd(v *visit) error {
	name := v.field("name")
	key, secret, err := c.gateway.AddNamedKey(v.r.Context(), gateway.NewKey{Merchant: v.Store.ID, Name: name})
	if wrong, ok := errors.AsType[*gateway.Invalid](err); ok && wrong.Field == "name" {
		return c.keyPage(v, http.StatusUnprocessableEntity, keyListBody{Name: name, Settings: accessOf(v.Store.Settings),
			Problem: map[string]string{"name": v.t("이름은 60자까지 쓸 수 있습니다.", "A name has at most 60 characters.")}})
	}
	if err != nil {
		return err
	}
	return v.render("key_secret", v.t("새 API 키", "A new API key"), keySecret{Key: key, Name: name, Secret: secret})
}

// keyOf is the key of the address, if it is the store's.
func (c *Console) keyOf(v *visit) (keyRow, error) {
	keys, err := c.gateway.Keys(v.r.Context(), v.Store.ID)
	for _, k := range keys {
		if k.Key == v.param("key") {
			return c.keyRow(k), nil
		}
	}
	if err == nil {
		err = store.ErrNotFound
	}
	return keyRow{}, err
}
