package tosspayments

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"naru/internal/web"
)

// phoneMonthly is what a phone bill takes in a month, in won. The law's limit is
// its model; what was paid before does not count here.
const phoneMonthly = 1_000_000

// smsCode is the only code that text messages bring.
const smsCode = "000000"

// carrier is a phone company ("ENUM 코드", 통신사 코드).
type carrier struct{ code, ko, en string }

var carriers = []carrier{
	{code: "SKT", ko: "SKT", en: "SKT"},
	{code: "KT", ko: "KT", en: "KT"},
	{code: "LGU", ko: "LG U+", en: "LG U+"},
	{code: "HELLO", ko: "헬로모바일", en: "Hello Mobile"},
	{code: "KCT", ko: "티플러스", en: "Tplus"},
	{code: "SK7", ko: "SK 세븐모바일", en: "SK 7mobile"},
}

var phoneDeclines = []string{
	"EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", "EXCEED_MAX_ONE_DAY_AMOUNT", "EXCEED_MAX_PAYMENT_AMOUNT", "EXCEED_MAX_AMOUNT",
	"EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_AUTH_COUNT", "INVALID_AUTHORIZE_AUTH", "INVALID_PASSWORD", "NOT_AVAILABLE_PAYMENT",
	"MAINTAINED_METHOD", "FDS_ERROR", "PROVIDER_ERROR", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "UNKNOWN_PAYMENT_ERROR",
}

// phoneSheet is the window of 휴대폰.
type phoneSheet struct {
	carriers []carrier
	phone    string // by the shop; "" is not known
}

// phoneChoice is the body of its act. The birth date is checked and not kept.
type phoneChoice struct {
	Carrier string `json:"carrier"` // code
	Phone   string `json:"phone"`
	Birth   string `json:"birth"` // YYMMDD
	SMS     string `json:"sms"`
}

var birthForm = regexp.MustCompile(`^[0-9]{6}$`)

// readPhoneSheet: with the provider's test keys mobileCarrier is without effect;
// here it restricts the choice always.
func readPhoneSheet(_ *Simulator, f *fields, o *order) sheet {
	readWon(f, o)
	return phoneSheet{carriers: readCarriers(f), phone: f.text("customerMobilePhone", phoneRule)}
}

// readCarriers takes a list, or a single carrier as the script's types have it.
func readCarriers(f *fields) []carrier {
	v, ok := f.take("mobileCarrier")
	if !ok {
		return carriers
	}
	var codes []string
	var one string
	if json.Unmarshal(v, &codes) != nil && json.Unmarshal(v, &one) == nil {
		codes = []string{one}
	}
	if len(codes) == 0 {
		f.fail(f.code, `mobileCarrier: must be a list of carriers as ["SKT","KT"], or one of them`)
	}
	for _, code := range codes {
		if !slices.ContainsFunc(carriers, func(c carrier) bool { return c.code == code }) {
			f.fail("NOT_SUPPORTED_CARRIER", "mobileCarrier %.20q: must be one of %s", code, strings.Join(carrierCodes(carriers), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(carriers), func(c carrier) bool { return !slices.Contains(codes, c.code) })
}

func carrierCodes(list []carrier) (codes []string) {
	for _, c := range list {
		codes = append(codes, c.code)
	}
	return codes
}

func (ph phoneSheet) rejection() string { return phoneDeclines[0] }

func (ph phoneSheet) title(lang string) string {
	return web.Pick(lang, "휴대폰 결제", "Pay by phone bill")
}

func (ph phoneSheet) take(_ *Simulator, _ *window, choices json.RawMessage) (func(*payment), error) {
	var ch phoneChoice
	if err := readChoices(choices, &ch); err != nil {
		return nil, err
	}
	_, dateErr := time.Parse("060102", ch.Birth)
	switch {
	case !slices.Contains(carrierCodes(ph.carriers), ch.Carrier):
		return nil, refusef("NOT_SUPPORTED_CARRIER", "carrier %.20q: offered are %s", ch.Carrier, strings.Join(carrierCodes(ph.carriers), ", "))
	case !mobileForm.MatchString(ch.Phone):
		return nil, refusef("INVALID_PHONE", "phone: must be 10 or 11 digits that begin with 01")
	case !birthForm.MatchString(ch.Birth) || dateErr != nil:
		return nil, refusef("INVALID_BIRTH_DAY_FORMAT", "birth: must be a date as YYMMDD")
	case ch.SMS != smsCode:
		return nil, refusef("INVALID_AUTHORIZE_AUTH", "sms: the code of the message is %s", smsCode)
	}
	return func(p *payment) { p.phone = &phoneBill{ch.Phone, ch.Carrier} }, nil
}

// limit is the code that the provider refuses a bill with that grew too large.
func (ph *phoneBill) limit(amount int64) string {
	if ph != nil && amount > phoneMonthly {
		return "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT"
	}
	return ""
}

// phoneView is what the template needs.
type phoneView struct {
	Carriers []carrierTile
	Phone    string
	Code     string // of the text message
	Limit    string
	Over     bool // the amount is more than the limit
	Tools    toolsView
}

type carrierTile struct{ Code, Name string }

func (ph phoneSheet) page(_ *Simulator, w *window) (string, any) {
	v := phoneView{
		Code: smsCode, Limit: display(phoneMonthly, "KRW", w.lang), Over: w.payment.total > phoneMonthly,
		Tools: viewTools(w.lang, ph.rejection(), phoneDeclines),
	}
	if mobileForm.MatchString(ph.phone) {
		v.Phone = ph.phone
	}
	for _, c := range ph.carriers {
		v.Carriers = append(v.Carriers, carrierTile{c.code, web.Pick(w.lang, c.ko, c.en)})
	}
	return "phone", v
}
