package tosspayments

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// method is a payment method of the window. Those without screens are not
// contracted here.
type method struct {
	ko, code string
	read     func(s *Simulator, f *fields, o *order) sheet // nil: not contracted
}

// methods are the names of "결제창 열기". No method opens the card window and
// leaves Payment.method open until the buyer is through.
var methods = []method{
	{ko: "", code: "", read: readCardSheet},
	{ko: "카드", code: "CARD", read: readCardSheet},
	{ko: "가상계좌", code: "VIRTUAL_ACCOUNT", read: readAccountSheet},
	{ko: "계좌이체", code: "TRANSFER", read: readTransferSheet},
	{ko: "휴대폰", code: "MOBILE_PHONE", read: readPhoneSheet},
	{ko: "문화상품권", code: "CULTURE_GIFT_CERTIFICATE", read: readGiftSheet},
	{ko: "도서문화상품권", code: "BOOK_GIFT_CERTIFICATE", read: readGiftSheet},
	{ko: "게임문화상품권", code: "GAME_GIFT_CERTIFICATE", read: readGiftSheet},
	{ko: "토스페이", code: "TOSSPAY", read: readTossPaySheet},
	{ko: "토스결제", code: "TOSSPAY", read: readTossPaySheet},
	{ko: "해외간편결제", code: "FOREIGN_EASY_PAY"},
}

func findMethod(name string) (method, bool) {
	if name == "미선택" {
		name = ""
	}
	for _, m := range methods {
		if m.ko == name || name != "" && m.code == name {
			return m, true
		}
	}
	return method{}, false
}

var (
	phoneForm = regexp.MustCompile(`^[0-9]{8,15}$`)
	phoneRule = textRule{form: phoneForm, allowed: "must be 8 to 15 digits", code: "INVALID_PHONE"}
	emailForm = regexp.MustCompile(`^[^\s@]+@[^\s@]+$`)
)

// readWindow checks the parameters of requestPayment. Redirect says that the
// window takes the place of the page, so that addresses are required.
func (s *Simulator) readWindow(shop *shop, f *fields, name string, redirect bool) (*window, order, error) {
	m, ok := findMethod(name)
	if !ok {
		f.fail(f.code, "method %q: unknown", name)
	}
	w := &window{lang: korean, framed: !redirect, shop: shop, names: namesOf(m)}
	o := order{method: m.ko}
	o.id = f.text("orderId", orderIDRule)
	o.name = f.text("orderName", orderNameRule)
	readAmounts(f, &o)
	readPerson(f)
	o.metadata = readMetadata(f)
	if target := f.oneOf("windowTarget", "iframe", "self"); target == "self" {
		w.framed = false
	}
	w.success, w.fail = readAddresses(f, w.framed)
	language := f.oneOf("language", "KO", "EN", "JA", "ZH")
	if language == "EN" {
		w.lang = english
	}
	f.flag("cultureExpense")
	f.text("appScheme", textRule{max: 200})
	f.known("mId", "methodType", "forceFailure") // in the script's types, without documentation
	f.known(otherMethods...)
	f.known(cardOnly...)
	if ok && m.read != nil {
		w.sheet = m.read(s, f, &o)
	}
	if err := f.done(); err != nil {
		return nil, o, err
	}
	switch {
	case m.read == nil || !w.opensAtWallet() && !shop.contracted(m.ko):
		return nil, o, notContracted(cmp.Or(m.code, "CARD"))
	case s.used(shop, o.id, nil):
		return nil, o, refuse("DUPLICATED_ORDER_ID")
	}
	if r, ok := w.sheet.(refuser); ok {
		if err := r.refused(s, w, o); err != nil {
			return nil, o, err
		}
	}
	switch sheet := w.sheet.(type) {
	case offer:
		if sheet.international && language != "KO" {
			w.lang = english
		}
	case purse:
		w.names = []string{sheet.wallet.ko, sheet.wallet.code}
	}
	return w, o, nil
}

// namesOf are what next-buyer orders call a method's window.
func namesOf(m method) []string {
	if m.ko == "" {
		return []string{"카드", "CARD"}
	}
	return []string{m.ko, m.code}
}

// opensAtWallet says that a contract with the wallet is needed in place of one
// for the method.
func (w *window) opensAtWallet() bool { _, ok := w.sheet.(purse); return ok }

func readAmounts(f *fields, o *order) {
	o.currency = f.text("currency", textRule{})
	if o.currency == "" {
		o.currency = "KRW"
	}
	if amount := f.amount("amount", o.currency, -maxAmount); amount == nil {
		f.fail(f.code, "amount: required")
	} else if o.total = *amount; o.total <= 0 {
		f.fail("BELOW_ZERO_AMOUNT", "amount")
	}
	if n := f.amount("taxFreeAmount", o.currency, 0); n != nil {
		o.taxFree = *n
	}
	if n := f.amount("taxExemptionAmount", o.currency, 0); n != nil {
		o.exempt = *n
	}
	if o.taxFree+o.exempt > o.total {
		f.fail(f.code, "taxFreeAmount: with taxExemptionAmount at most the amount")
	}
}

func readPerson(f *fields) {
	readBuyer(f)
	f.text("customerMobilePhone", phoneRule)
}

// readAddresses wants both addresses, or neither where a promise can carry the
// result.
func readAddresses(f *fields, promise bool) (success, fail string) {
	success, fail = f.text("successUrl", textRule{}), f.text("failUrl", textRule{})
	switch {
	case success == "" && fail == "" && promise:
		return "", ""
	case success == "":
		f.fail("INVALID_SUCCESS_URL", "successUrl")
	case !absoluteURL(success):
		f.fail("INCORRECT_SUCCESS_URL_FORMAT", "successUrl %.200q", success)
	case !absoluteURL(fail):
		f.fail("INCORRECT_FAIL_URL_FORMAT", "failUrl %.200q", fail)
	}
	return success, fail
}

// readMetadata takes up to five pairs of strings.
func readMetadata(f *fields) json.RawMessage {
	v, ok := f.take("metadata")
	if !ok {
		return nil
	}
	var pairs map[string]string
	if json.Unmarshal(v, &pairs) != nil || len(pairs) > 5 {
		f.fail(f.code, "metadata: must be an object of at most 5 strings")
		return nil
	}
	for name, value := range pairs {
		if utf8.RuneCountInString(name) > 40 || strings.ContainsAny(name, "[]") || utf8.RuneCountInString(value) > 2000 {
			f.fail(f.code, "metadata %.40q: names have at most 40 characters without [ and ], values at most 2000", name)
		}
	}
	return v
}

// otherMethods are parameters that have no meaning for cards; cardOnly those
// that have none for other methods.
var (
	otherMethods = []string{
		"validHours", "dueDate", "showCustomerMobilePhone", "cashReceipt", "cashReceiptInfo", "useEscrow", "escrowProducts",
		"virtualAccountCallbackUrl", "bank", "mobileCarrier", "provider", "country", "products", "shipping", "pendingUrl", "paymentMethodOptions",
	}
	cardOnly = []string{
		"cardCompany", "cardInstallmentPlan", "maxCardInstallmentPlan", "freeInstallmentPlans", "useCardPoint", "useAppCardOnly",
		"useInternationalCardOnly", "flowMode", "easyPay", "discountCode",
	}
)
