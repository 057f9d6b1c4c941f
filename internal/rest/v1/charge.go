package v1

import (
	"context"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
)

// TestCodeHeader carries the provider's own test code (for Toss Payments, the
// name of an error to answer with). It is passed on outside live mode only.
const TestCodeHeader = "X-Naru-Test-Code"

// testedIn is the header of every write that reaches a provider.
type testedIn struct{ testCode string }

var testCodeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

func (in *testedIn) readHeader(h http.Header) error {
	in.testCode = h.Get(TestCodeHeader)
	if !testCodeForm.MatchString(in.testCode) {
		return &rest.FieldError{Field: TestCodeHeader, Value: in.testCode, Rule: rest.RuleAllowed, Want: "A-Z 0-9 _ -"}
	}
	return nil
}

// channelIn names a channel in the ways V1 has had for it.
type channelIn struct {
	Key   string `json:"channel_key"`
	Older string `json:"channelKey"`
	PG    string `json:"pg"`
}

func (in channelIn) choice(c *check) gateway.ChannelChoice {
	name, key := "channel_key", in.Key
	if key == "" {
		name, key = "channelKey", in.Older
	}
	c.fits(name, key, maxChannelKey)
	c.fits("pg", in.PG, maxPG)
	return gateway.ChannelChoice{Key: pay.ChannelKey(strings.TrimSpace(key)), PG: strings.TrimSpace(in.PG)}
}

// groupIn is a smart-routing group, which is not offered.
type groupIn struct {
	Group string `json:"channelGroupId"`
	Newer string `json:"channel_group_id"`
}

const noGroups = "스마트 라우팅은 제공하지 않습니다. channel_key로 채널을 지정해주세요"

func (in groupIn) refuse(c *check) {
	c.refuse("channelGroupId", in.Group, noGroups)
	c.refuse("channel_group_id", in.Newer, noGroups)
}

// orderIn is what every charge and every virtual account is given.
type orderIn struct {
	MerchantUID   string     `json:"merchant_uid"`
	Name          string     `json:"name"`
	Currency      string     `json:"currency"`
	TaxFree       *rest.Part `json:"tax_free"`
	VATAmount     *rest.Part `json:"vat_amount"`
	VAT           *rest.Part `json:"vat"`
	BuyerName     string     `json:"buyer_name"`
	BuyerEmail    string     `json:"buyer_email"`
	BuyerTel      string     `json:"buyer_tel"`
	BuyerAddr     string     `json:"buyer_addr"`
	BuyerPostcode string     `json:"buyer_postcode"`
	CustomData    rest.Text  `json:"custom_data"`
	NoticeURL     []string   `json:"notice_url"`
}

// charge is the order as the gateway takes it; amount is nil when none came.
func (in orderIn) charge(c *check, amount *int64) gateway.Charge {
	c.named("merchant_uid", in.MerchantUID, maxMerchantUID)
	c.there("amount", amount != nil)
	c.won(in.Currency)
	c.fits("name", in.Name, maxName)
	out := gateway.Charge{
		MerchantUID: pay.MerchantUID(in.MerchantUID), Name: in.Name, Custom: string(in.CustomData),
		Buyer: in.buyer(c), NoticeURLs: c.notices(in.NoticeURL),
	}
	if amount != nil {
		c.positive(*amount)
		out.Amount = taxIn{in.TaxFree, in.VATAmount, in.VAT}.of(c, *amount)
	}
	return out
}

func (c *check) positive(amount int64) {
	if amount <= 0 {
		c.wrong("amount", strconv.FormatInt(amount, 10), rest.RuleForm, "0보다 큰 금액이어야 합니다")
	}
}

func (in orderIn) buyer(c *check) pay.Buyer {
	c.fits("buyer_name", in.BuyerName, 16)
	c.fits("buyer_email", in.BuyerEmail, 64)
	c.fits("buyer_tel", in.BuyerTel, 16)
	c.fits("buyer_addr", in.BuyerAddr, 128)
	c.fits("buyer_postcode", in.BuyerPostcode, 8)
	return pay.Buyer{Name: in.BuyerName, Email: in.BuyerEmail, Tel: in.BuyerTel, Address: in.BuyerAddr, Postcode: in.BuyerPostcode}
}

// taxIn is how an amount is taxed. Of the names V1 has had for the VAT the newer
// one counts.
type taxIn struct{ free, vat, older *rest.Part }

func (in taxIn) of(c *check, amount int64) pay.Breakdown {
	b := in.parts(amount)
	if b.TaxFree > amount {
		c.wrong("tax_free", strconv.FormatInt(b.TaxFree, 10), rest.RuleForm, "amount를 넘을 수 없습니다")
	}
	if b.VAT != nil && *b.VAT > amount-b.TaxFree {
		name := "vat_amount"
		if in.vat == nil {
			name = "vat"
		}
		c.wrong(name, strconv.FormatInt(*b.VAT, 10), rest.RuleForm, "amount에서 tax_free를 뺀 금액을 넘을 수 없습니다")
	}
	return b
}

func (in taxIn) parts(amount int64) pay.Breakdown {
	b := pay.Breakdown{Total: pay.Won(amount), VAT: (*int64)(in.vat)}
	if in.vat == nil {
		b.VAT = (*int64)(in.older)
	}
	if in.free != nil {
		b.TaxFree = int64(*in.free)
	}
	return b
}

// optionsIn is what a charge without a window may be given besides.
type optionsIn struct {
	CardQuota       *int      `json:"card_quota"`
	BrowserIP       string    `json:"browser_ip"`
	CashReceiptType string    `json:"cash_receipt_type"`
	CashReciptType  string    `json:"cash_recipt_type"` // as a guide once spelled it
	Bypass          rest.Text `json:"bypass"`
	PromotionID     string    `json:"promotion_id"`
}

// installmentFloor is the smallest amount that may be paid in installments
// (V1, "토스페이먼츠 연동 유의사항"; decision D7).
const installmentFloor = 50_000

func (in optionsIn) read(c *check, amount int64, caller netip.Addr) pay.ChargeOptions {
	var o pay.ChargeOptions
	if in.CardQuota != nil {
		switch n := *in.CardQuota; {
		case n < 0:
			c.wrong("card_quota", strconv.Itoa(n), rest.RuleNegative, "")
		case n >= 2 && amount < installmentFloor:
			c.wrong("card_quota", strconv.Itoa(n), rest.RuleForm, "할부는 50,000원 이상 결제할 때만 사용할 수 있습니다")
		case n >= 2: // one month is a lump sum
			o.Months = n
		}
	}
	c.refuse("promotion_id", in.PromotionID, "프로모션은 제공하지 않습니다")
	o.BuyerIP = in.buyerIP(c, caller)
	in.receipts(c, &o)
	return o
}

// buyerIP is the buyer's address, or the caller's. Of a list, as proxies make
// it, the first is the buyer's.
func (in optionsIn) buyerIP(c *check, caller netip.Addr) string {
	given, _, _ := strings.Cut(in.BrowserIP, ",")
	if given = strings.TrimSpace(given); given == "" {
		if !caller.IsValid() {
			return ""
		}
		return caller.String()
	}
	addr := address(given)
	if !addr.IsValid() {
		c.wrong("browser_ip", in.BrowserIP, rest.RuleForm, "IP 주소여야 합니다")
		return ""
	}
	return addr.String()
}

type onetimeIn struct {
	testedIn
	channelIn
	groupIn
	cardIn
	orderIn
	optionsIn
	Amount      *rest.Amount `json:"amount"`
	CustomerUID string       `json:"customer_uid"`
	CustomerID  string       `json:"customer_id"`
}

func (in onetimeIn) request(m pay.MerchantID, caller netip.Addr) (gateway.OnetimeRequest, error) {
	var c check
	in.groupIn.refuse(&c)
	c.fits("customer_uid", in.CustomerUID, maxCustomerUID)
	r := gateway.OnetimeRequest{
		Merchant: m, Channel: in.choice(&c), CustomerUID: pay.CustomerUID(in.CustomerUID), CustomerID: in.CustomerID,
		Charge: in.charge(&c, (*int64)(in.Amount)), Card: in.cardIn.read(&c),
	}
	r.Options = in.optionsIn.read(&c, r.Amount.Total.Minor, caller)
	r.TestCode = in.testCode
	return r, c.err
}

// onetime charges a card that was keyed in; with a customer_uid its billing key
// is kept as well (V1, "비인증 결제(빌링키) API", decision D14).
func (a *api) onetime(ctx context.Context, in onetimeIn) (Payment, error) {
	r, err := in.request(merchantOf(ctx).ID, callerOf(ctx))
	if err != nil {
		return Payment{}, err
	}
	p, err := a.gateway.ChargeOnce(ctx, r)
	if err != nil {
		return Payment{}, err
	}
	return a.show(ctx, p)
}

type againIn struct {
	testedIn
	orderIn
	optionsIn
	Amount      *rest.Total `json:"amount"`
	CustomerUID string      `json:"customer_uid"`
	ChannelKey  string      `json:"channel_key"`
	OlderKey    string      `json:"channelKey"`
}

func (in againIn) request(m pay.MerchantID, caller netip.Addr) (gateway.AgainRequest, error) {
	var c check
	c.named("customer_uid", in.CustomerUID, maxCustomerUID)
	r := gateway.AgainRequest{
		Merchant: m, CustomerUID: pay.CustomerUID(in.CustomerUID), Charge: in.charge(&c, (*int64)(in.Amount)),
		Channel: channelIn{Key: in.ChannelKey, Older: in.OlderKey}.choice(&c),
	}
	r.Options = in.optionsIn.read(&c, r.Amount.Total.Minor, caller)
	r.TestCode = in.testCode
	return r, c.err
}

// again charges a billing key.
func (a *api) again(ctx context.Context, in againIn) (Payment, error) {
	r, err := in.request(merchantOf(ctx).ID, callerOf(ctx))
	if err != nil {
		return Payment{}, err
	}
	p, err := a.gateway.ChargeAgain(ctx, r)
	if err != nil {
		return Payment{}, err
	}
	return a.show(ctx, p)
}
