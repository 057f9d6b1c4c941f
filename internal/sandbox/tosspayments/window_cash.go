package tosspayments

import (
	"encoding/json"
	"regexp"
)

// rejecter is a sheet whose window is not refused by a card company.
type rejecter interface {
	rejection() string
}

// titled is a sheet whose window is named after its method.
type titled interface {
	title(lang string) string
}

// rejection is the code that the window's buyer is refused with.
func (w *window) rejection() string {
	if r, ok := w.sheet.(rejecter); ok {
		return r.rejection()
	}
	return "REJECT_CARD_COMPANY"
}

// The kinds of cash receipt that a window knows.
const (
	receiptPerson  = "소득공제"
	receiptCompany = "지출증빙"
	receiptNone    = "미발행"
)

// cashOffer is what the windows of transfers and accounts share.
type cashOffer struct {
	receipt string // the kind that the shop fixed; "" lets the buyer choose
	escrow  *bool  // nil: the buyer chooses
	phone   string // of the buyer, by the shop; "" is not known
}

// readCashOffer checks the parameters of cash receipts and escrow ("결제창 열기",
// 가상계좌·계좌이체). Escrow needs no goods here: a buyer may choose it for an
// order of which the shop listed none.
func readCashOffer(f *fields, o *order) cashOffer {
	readWon(f, o)
	var of cashOffer
	of.receipt = readReceiptKind(f)
	if of.escrow = f.flag("useEscrow"); of.escrow != nil {
		o.escrow = *of.escrow
	}
	readProducts(f)
	o.culture = truth(f.flag("cultureExpense"))
	of.phone = f.text("customerMobilePhone", phoneRule)
	return of
}

func readWon(f *fields, o *order) {
	if o.currency != "KRW" {
		f.fail("INVALID_CURRENCY", "currency %q: %s pays in KRW", o.currency, o.method)
	}
}

// readReceiptKind reads cashReceipt, which was called cashReceiptInfo once.
func readReceiptKind(f *fields) (kind string) {
	read := func(in *fields) {
		in.require("type")
		kind = in.oneOf("type", receiptPerson, receiptCompany, receiptNone)
	}
	if _, both := f.take("cashReceiptInfo"); both {
		if _, both = f.take("cashReceipt"); both {
			f.fail(f.code, "cashReceiptInfo: is the old name of cashReceipt; both are given")
		}
	}
	f.within("cashReceiptInfo", read)
	f.within("cashReceipt", read)
	return kind
}

// cashChoice is what the buyer chose of a cashOffer.
type cashChoice struct {
	// Receipt is 소득공제, by a phone or cash receipt card number, 지출증빙, by a
	// business number, or 미발행, which "" is as well.
	Receipt       string `json:"receipt"`
	ReceiptNumber string `json:"receiptNumber"`
	Escrow        *bool  `json:"escrow"` // nil: as the shop says, else none
}

var (
	mobileForm   = regexp.MustCompile(`^01[016789][0-9]{7,8}$`)
	receiptCard  = regexp.MustCompile(`^[0-9]{13,19}$`)
	businessForm = regexp.MustCompile(`^[0-9]{10}$`)
)

// choose checks the buyer's choice against the offer.
func (of cashOffer) choose(ch cashChoice) (func(*payment), error) {
	wants, err := of.want(ch.Receipt, ch.ReceiptNumber)
	if err != nil {
		return nil, err
	}
	if ch.Escrow != nil && of.escrow != nil && *ch.Escrow != *of.escrow {
		return nil, refusef("INVALID_REQUEST", "escrow %t: the shop has fixed it to %t", *ch.Escrow, *of.escrow)
	}
	return func(p *payment) {
		p.cash.wants = wants
		if ch.Escrow != nil {
			p.escrow = *ch.Escrow
		}
	}, nil
}

// want is nil for buyers who want no receipt.
func (of cashOffer) want(kind, number string) (*receiptOrder, error) {
	if of.receipt != "" && kind != of.receipt && (of.receipt != receiptNone || kind != "") {
		return nil, refusef("INVALID_CASH_RECEIPT_INFO", "receipt %.20q: the shop has fixed it to %s", kind, of.receipt)
	}
	switch kind {
	case "", receiptNone:
		return nil, nil
	case receiptPerson:
		if !mobileForm.MatchString(number) && !receiptCard.MatchString(number) {
			return nil, refusef("INVALID_CASH_RECEIPT_INFO", "receiptNumber: must be a phone number that begins with 01, or the 13 to 19 digits of a cash receipt card")
		}
	case receiptCompany:
		if !businessForm.MatchString(number) {
			return nil, refusef("INVALID_BUSINESS_NUMBER", "receiptNumber: must be the 10 digits of a business number")
		}
	default:
		return nil, refusef("INVALID_CASH_RECEIPT_INFO", "receipt %.20q: must be 소득공제, 지출증빙 or 미발행", kind)
	}
	return &receiptOrder{kind: kind, identity: number}, nil
}

func readChoices(choices json.RawMessage, into any) error {
	if json.Unmarshal(choices, into) != nil {
		return refusef("INVALID_REQUEST", "the choices must be a JSON object of the window's own members")
	}
	return nil
}

// cashPart is a cashOffer for the templates, which get no other language.
type cashPart struct {
	Lang    string
	Receipt string // "", "person", "company" or "none"
	Escrow  string // "ask", "on" or "off"
	Phone   string // prefilled for receipts; "" when it is no mobile number
}

func (of cashOffer) view(lang string) cashPart {
	v := cashPart{Lang: lang, Escrow: "ask"}
	v.Receipt = map[string]string{receiptPerson: "person", receiptCompany: "company", receiptNone: "none"}[of.receipt]
	if of.escrow != nil {
		v.Escrow = "off"
		if *of.escrow {
			v.Escrow = "on"
		}
	}
	if mobileForm.MatchString(of.phone) {
		v.Phone = of.phone
	}
	return v
}

// toolsView is the tester's panel of a cash window.
type toolsView struct {
	Lang     string
	Reject   decline // what the window is refused with
	Declines []decline
}

// viewTools offers codes that fit the method for the confirm.
func viewTools(lang, reject string, codes []string) toolsView {
	return toolsView{Lang: lang, Reject: decline{reject, refuse(reject).message(lang)}, Declines: declineList(codes, lang)}
}

// bankTile is a bank to choose.
type bankTile struct{ Code, Name, Full, Initial string }

// bankNames are English names for people; the tables have those of the API.
var bankNames = map[string]string{
	"02": "KDB", "03": "IBK", "06": "KB Kookmin", "07": "Suhyup", "11": "NH Bank", "12": "Local NH", "20": "Woori", "23": "SC First", "27": "Citibank",
	"31": "Daegu", "32": "Busan", "34": "Gwangju", "35": "Jeju", "37": "Jeonbuk", "39": "Kyongnam", "45": "Saemaul", "48": "Shinhyup", "50": "Savings",
	"64": "Forestry", "71": "Korea Post", "81": "Hana", "88": "Shinhan", "89": "K bank", "90": "Kakao", "92": "Toss Bank",
}

func viewBanks(codes []string, lang string) (out []bankTile) {
	for _, code := range codes {
		b, _ := findBank(code) // the lists are ours
		t := bankTile{b.code, b.ko, b.full, string([]rune(b.ko)[:1])}
		if lang == english {
			name := bankNames[code]
			t = bankTile{b.code, name, name, name[:1]}
		}
		out = append(out, t)
	}
	return out
}
