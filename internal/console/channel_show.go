package console

import (
	"fmt"
	"net/http"
	"strings"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// channelBody is the page of one channel.
type channelBody struct {
	Row         channelRow
	Driver      connector.Driver
	Site        string
	Notice      string // its address
	Events      []string
	Where       map[string]string // words of the driver, by what they are about
	Snippet     string
	Credentials []credentialField
	Methods     []capabilityRow
	Abilities   gateway.Abilities
	Opens       bool // the channel opens, so that Abilities are known
	Check       *checkBody
	TaxWords    string
	Version     string // to be set at the provider
	Versions    string // allowed besides
}

// capabilityRow is a row of what the provider can.
type capabilityRow struct {
	connector.Method
	Window bool
}

func (c *Console) channelShow(v *visit) error { return c.channelPage(v, nil) }

// channelCheck asks the provider, and shows what it said.
func (c *Console) channelCheck(v *visit) error {
	result, err := c.gateway.CheckChannel(v.r.Context(), v.Store.ID, pay.ChannelKey(v.param("key")))
	if err != nil {
		return err
	}
	return c.channelPage(v, &result)
}

func (c *Console) channelPage(v *visit, result *gateway.ChannelCheck) error {
	ch, d, err := c.channelOf(v)
	if err != nil {
		return err
	}
	rows, err := c.channelRows(v)
	if err != nil {
		return err
	}
	body := channelBody{Driver: d, Site: d.Setup.Site, Notice: c.gateway.NoticeURL(ch), Where: map[string]string{}, Snippet: c.snippet(v, ch), TaxWords: taxWords(v, ch)}
	for _, r := range rows {
		if r.Key == ch.Key {
			body.Row = r
		}
	}
	body.addSetup(v, ch, d)
	if body.Abilities, err = c.gateway.Abilities(ch); err == nil {
		body.Opens = true
	}
	for _, m := range d.Methods {
		body.Methods = append(body.Methods, capabilityRow{m, !m.ServerOnly})
	}
	if result != nil {
		body.Check = v.checkWords(d, *result)
	}
	title := ch.Name
	if title == "" {
		title = string(ch.Key)
	}
	return v.renderStatus(http.StatusOK, "channel_show", title, body)
}

// addSetup adds what is arranged at the provider.
func (b *channelBody) addSetup(v *visit, ch pay.Channel, d connector.Driver) {
	if n := d.Setup.Notices; n != nil {
		b.Where["notices"], b.Events = v.t(n.Where.Ko, n.Where.En), n.Events
	}
	if n := d.Setup.Versions; n != nil {
		b.Where["version"], b.Version = v.t(n.Where.Ko, n.Where.En), n.Want
		if ch.Kind == pay.ChannelBilling {
			b.Versions = strings.Join(n.Billing, ", ")
		}
	}
	set, err := v.c.gateway.CredentialsSet(ch)
	for _, k := range d.Credentials {
		b.Credentials = append(b.Credentials, credentialField{Credential: k, Label: v.t(k.Label, k.LabelEn), Set: err == nil && set[k.Key]})
	}
}

// taxWords says what a channel's tax class means. PortOne V1, "토스페이먼츠" 과세: the
// provider goes by the MID.
func taxWords(v *visit, ch pay.Channel) string {
	switch ch.Options.TaxClass {
	case pay.TaxTaxable:
		return v.t("과세 MID에서는 tax_free로 보낸 면세 금액을 결제사가 무시합니다.", "A taxable MID ignores the tax_free of a request.")
	case pay.TaxFree:
		return v.t("면세 MID에서는 tax_free와 관계없이 전액이 면세로 처리됩니다.", "At a tax-free MID everything is tax-free, whatever tax_free says.")
	case pay.TaxMixed:
		return v.t("복합과세 MID에서는 amount와 함께 tax_free(면세 금액)를 보내 주세요. 부가세는 나머지의 1/11입니다.",
			"At a mixed MID send tax_free beside amount; the VAT is 1/11 of the rest.")
	}
	return v.t("적어 두지 않았습니다. 실제 과세는 결제사 계약(MID)을 따릅니다.", "Not noted. The contract (MID) decides.")
}

// snippet is the page's code that opens a window on the channel.
func (c *Console) snippet(v *visit, ch pay.Channel) string {
	address, integrity := c.public+"/v1/iamport.js", ""
	if c.script != nil {
		address, integrity = c.script()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<script src=%q", address)
	if integrity != "" {
		fmt.Fprintf(&b, "\n        integrity=%q crossorigin=\"anonymous\"", integrity)
	}
	b.WriteString("></script>\n<script>\n")
	if code, tier, ok := strings.Cut(v.Store.UserCode, ":"); ok {
		fmt.Fprintf(&b, "  IMP.agency(%q, %q);\n", code, tier)
	} else {
		fmt.Fprintf(&b, "  IMP.init(%q);\n", v.Store.UserCode)
	}
	d, _ := c.gateway.Driver(ch.Provider)
	method := pay.MethodCard
	if len(d.Methods) > 0 {
		method = d.Methods[0].Method
	}
	if ch.Kind == pay.ChannelBilling && d.BillingMethod != "" {
		method = d.BillingMethod
	}
	fmt.Fprintf(&b, "  IMP.request_pay({\n    channelKey: %q,\n    pay_method: %q,\n    merchant_uid: \"order-\" + Date.now(),\n    name: %q,\n",
		ch.Key, method, v.t("나루 티셔츠", "T-shirt"))
	if ch.Kind == pay.ChannelBilling {
		fmt.Fprint(&b, "    customer_uid: \"customer-1\",\n    customer_id: \"member-1\",\n    amount: 0,\n")
	} else {
		fmt.Fprint(&b, "    amount: 1000,\n")
	}
	b.WriteString("    m_redirect_url: location.origin + \"/payment/complete\",\n  }, function (rsp) {\n    console.log(rsp);\n  });\n</script>")
	return b.String()
}
