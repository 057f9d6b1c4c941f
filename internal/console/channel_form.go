package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// channelForm is the form of a channel, made from what its driver declares.
type channelForm struct {
	Driver      connector.Driver
	New         bool
	Key         pay.ChannelKey // "" of a new one
	Revision    int64
	Name, MID   string
	Mode        pay.Mode
	Kind        pay.ChannelKind
	TaxClass    pay.TaxClass
	Fixed       bool
	Default     bool
	API, Script string

	Modes       []map[string]any
	Kinds       []map[string]any
	TaxClasses  []map[string]any
	Credentials []credentialField
	HasAccounts bool
	Sandbox     bool // the addresses of a simulator may be given
	Problem     map[string]string
}

// credentialField is one credential to enter. What is set is never shown.
type credentialField struct {
	connector.Credential
	Name, Label, Where, Example string
	Set                         bool
	Problem                     string
}

// channelNew asks for the provider first, and then for what it needs.
func (c *Console) channelNew(v *visit) error {
	d, ok := c.gateway.Driver(pay.Provider(v.field("provider")))
	if !ok {
		return v.render("channel_provider", v.t("채널 추가", "Add a channel"), c.gateway.Drivers())
	}
	f := channelForm{Driver: d, New: true, Mode: pay.ModeTest, Kind: pay.ChannelPayment}
	return v.channelForm(http.StatusOK, f)
}

func (c *Console) channelEdit(v *visit) error {
	ch, d, err := c.channelOf(v)
	if err != nil {
		return err
	}
	return v.channelForm(http.StatusOK, formOf(ch, d))
}

func formOf(ch pay.Channel, d connector.Driver) channelForm {
	return channelForm{
		Driver: d, Key: ch.Key, Revision: ch.Revision, Name: ch.Name, MID: ch.MID, Mode: ch.Mode, Kind: ch.Kind, API: ch.API, Script: ch.Script,
		TaxClass: ch.Options.TaxClass, Fixed: ch.Options.FixedAccounts, Default: ch.Default,
	}
}

// channelForm shows the form, with what is wrong in it.
func (v *visit) channelForm(status int, f channelForm) error {
	f.Sandbox = v.May(pay.SeeSystem) && (f.New || f.Mode == pay.ModeSandbox)
	f.Modes = choices(v, "mode", pay.ModeTest, pay.ModeLive)
	if f.Sandbox {
		f.Modes = choices(v, "mode", pay.ModeTest, pay.ModeLive, pay.ModeSandbox)
	}
	f.Kinds = choices(v, "channel kind", pay.ChannelPayment, pay.ChannelBilling)
	f.TaxClasses = choices(v, "tax class", pay.TaxClass(""), pay.TaxTaxable, pay.TaxFree, pay.TaxMixed)
	_, f.HasAccounts = f.Driver.Method(pay.MethodVbank)
	set := map[string]bool{}
	if !f.New {
		ch, err := v.c.gateway.Channel(v.r.Context(), v.Store.ID, f.Key)
		if err != nil {
			return err
		}
		if set, err = v.c.gateway.CredentialsSet(ch); err != nil {
			set = map[string]bool{} // they do not open: all are to be given anew
		}
	}
	for _, d := range f.Driver.Credentials {
		name := "credentials." + d.Key
		f.Credentials = append(f.Credentials, credentialField{
			Credential: d, Name: name, Label: v.t(d.Label, d.LabelEn), Where: v.t(d.Where.Ko, d.Where.En), Example: v.example(d, f), Set: set[d.Key], Problem: f.Problem[name],
		})
	}
	title := v.t("채널 수정", "Edit the channel")
	if f.New {
		title = v.t("채널 추가", "Add a channel")
	}
	return v.renderStatus(status, "channel_form", title, f)
}

// example is what a credential looks like: in each mode that can be chosen, or in
// the channel's.
func (v *visit) example(d connector.Credential, f channelForm) string {
	if !f.New {
		return d.Prefix(f.Mode) + "…"
	}
	return d.Prefix(pay.ModeTest) + "… (" + wordFor(v.lang, "mode", string(pay.ModeTest)) + "), " + d.Prefix(pay.ModeLive) + "… (" + wordFor(v.lang, "mode", string(pay.ModeLive)) + ")"
}

func choices[T ~string](v *visit, kind string, values ...T) []map[string]any {
	out := make([]map[string]any, len(values))
	for i, value := range values {
		out[i] = map[string]any{"Value": string(value), "Text": wordFor(v.lang, kind, string(value))}
	}
	return out
}

// readChannel is what was entered.
func (v *visit) readChannel(f channelForm) (channelForm, map[string]pay.Secret) {
	f.Name, f.MID, f.Kind = v.field("name"), v.field("mid"), pay.ChannelKind(v.field("kind"))
	f.TaxClass, f.Fixed, f.Default = pay.TaxClass(v.field("tax_class")), v.field("fixed_accounts") != "", v.field("default") != ""
	given := map[string]pay.Secret{}
	for _, d := range f.Driver.Credentials {
		if text := v.field("credentials." + d.Key); text != "" {
			given[d.Key] = pay.Secret(text)
		}
	}
	if v.May(pay.SeeSystem) { // who may have the server call any address
		f.API, f.Script = v.field("api"), v.field("script")
	}
	return f, given
}

func (c *Console) channelAdd(v *visit) error {
	d, ok := c.gateway.Driver(pay.Provider(v.field("provider")))
	if !ok {
		return v.render("channel_provider", v.t("채널 추가", "Add a channel"), c.gateway.Drivers())
	}
	f, given := v.readChannel(channelForm{Driver: d, New: true, Mode: pay.Mode(v.field("mode"))})
	if f.Mode == pay.ModeSandbox && !v.May(pay.SeeSystem) {
		return errForbidden
	}
	if f.Mode != pay.ModeSandbox {
		f.API, f.Script = "", ""
	}
	ch, err := c.gateway.AddChannel(v.r.Context(), gateway.NewChannel{
		Merchant: v.Store.ID, Provider: d.Provider, MID: f.MID, Name: f.Name, Mode: f.Mode, Kind: f.Kind, API: f.API, Script: f.Script,
		Credentials: given, Default: f.Default, Options: pay.ChannelOptions{FixedAccounts: f.Fixed, TaxClass: f.TaxClass},
	})
	if err != nil {
		return v.channelProblem(f, given, err)
	}
	return v.done(c.path("/channels/"+string(ch.Key)), "채널을 추가했습니다. 아래 채널 키로 결제를 요청하고, 점검으로 키가 맞는지 확인해 주세요.",
		"The channel was added. Use its key below, and check that the provider takes the keys.")
}

func (c *Console) channelSave(v *visit) error {
	ch, d, err := c.channelOf(v)
	if err != nil {
		return err
	}
	f, given := v.readChannel(formOf(ch, d))
	f.Revision, _ = strconv.ParseInt(v.field("revision"), 10, 64)
	change := gateway.ChannelChange{
		Merchant: v.Store.ID, Key: ch.Key, Revision: max(f.Revision, 1), Name: &f.Name, MID: &f.MID, Kind: &f.Kind, Default: &f.Default,
		Options: &pay.ChannelOptions{FixedAccounts: f.Fixed, TaxClass: f.TaxClass}, Credentials: given,
	}
	if ch.Mode == pay.ModeSandbox && v.May(pay.SeeSystem) {
		change.API, change.Script = &f.API, &f.Script
	}
	if _, err := c.gateway.UpdateChannel(v.r.Context(), change); err != nil {
		return v.channelProblem(f, given, err)
	}
	return v.done(c.path("/channels/"+string(ch.Key)), "채널을 저장했습니다. 다음 호출부터 바뀐 값을 사용합니다.", "The channel was saved. The next call uses it as it is now.")
}

// channelProblem shows the form again with the problem at its field.
func (v *visit) channelProblem(f channelForm, given map[string]pay.Secret, err error) error {
	if errors.Is(err, gateway.ErrChanged) {
		f.Problem = map[string]string{"": v.t("이 페이지를 연 뒤에 다른 사람이 이 채널을 바꾸었습니다. 아무것도 저장하지 않았습니다. 채널을 다시 열어 바뀐 내용을 확인하고 수정해 주세요.",
			"Somebody else changed this channel after you opened the page. Nothing was saved. Open the channel again, look at what changed, and edit it then.")}
		return v.channelForm(http.StatusConflict, f)
	}
	wrong, ok := errors.AsType[*gateway.Invalid](err)
	if !ok {
		return err
	}
	f.Problem = map[string]string{wrong.Field: v.channelWords(f, given, wrong)}
	if !knownField(f, wrong.Field) {
		f.Problem = map[string]string{"": f.Problem[wrong.Field]}
	}
	return v.channelForm(http.StatusUnprocessableEntity, f)
}

// knownField reports whether the form shows problems at a field by itself.
func knownField(f channelForm, field string) bool {
	switch field {
	case "name", "mid", "mode", "kind", "tax_class", "fixed_accounts", "api":
		return true
	}
	for _, d := range f.Driver.Credentials {
		if field == "credentials."+d.Key {
			return true
		}
	}
	return false
}

// channelWords says what is wrong with a field. It shows no credential.
func (v *visit) channelWords(f channelForm, given map[string]pay.Secret, wrong *gateway.Invalid) string {
	if key, ok := strings.CutPrefix(wrong.Field, "credentials."); ok {
		for _, d := range f.Driver.Credentials {
			if d.Key == key {
				return v.credentialWords(d, f.Mode, given[key], wrong)
			}
		}
	}
	ko := map[string]string{
		"mid":            "MID(상점아이디)를 입력해 주세요.",
		"mode":           "연동 모드를 골라 주세요.",
		"kind":           "용도를 골라 주세요.",
		"name":           "이름은 60자까지 쓸 수 있습니다.",
		"tax_class":      "과세, 면세, 복합과세 가운데 골라 주세요.",
		"fixed_accounts": "고정식 가상계좌는 가상계좌를 발급하는 결제용 채널에서만 쓸 수 있습니다.",
		"api":            "샌드박스 채널에는 모의 결제사의 API 주소가 필요합니다.",
	}[wrong.Field]
	if ko == "" {
		ko = wrong.Detail
	}
	return v.t(ko, wrong.Detail)
}

func (v *visit) credentialWords(d connector.Credential, mode pay.Mode, given pay.Secret, wrong *gateway.Invalid) string {
	name := v.t(d.Label, d.LabelEn)
	switch {
	case strings.HasPrefix(wrong.Detail, "is missing"):
		return v.t(name+"을(를) 입력해 주세요.", name+" is missing.")
	case !strings.HasPrefix(given.Reveal(), d.Prefix(mode)):
		in := wordFor(v.lang, "mode", string(mode))
		return v.t(in+" 채널의 "+name+"은(는) "+d.Prefix(mode)+" 로 시작해야 합니다. 다른 모드나 다른 상품의 키가 아닌지 확인해 주세요.",
			"The "+name+" of this channel's mode ("+in+") begins with "+d.Prefix(mode)+". Is it a key of another mode or product?")
	}
	return v.t(name+"에 쓸 수 없는 문자(공백, 콜론, 한글 등)가 있거나 뒷부분이 비어 있습니다. 다시 복사해 주세요.",
		name+" holds a character that no key has, or is cut off. Copy it again.")
}
