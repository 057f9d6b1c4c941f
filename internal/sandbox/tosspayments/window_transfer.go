package tosspayments

import (
	"encoding/json"
	"slices"
	"strings"

	"naru/internal/web"
)

// mostByTransfer is the largest amount in won of one transfer ("API 에러 코드",
// EXCEEDS_TRANSFER_AMOUNT_MAXIMUM).
const mostByTransfer = 10_000_000

// transferBanks are the banks that an account pays from, in the order of the
// window.
var transferBanks = []string{
	"06", "88", "20", "81", "11", "03", "90", "92", "89", "71", "45", "48", "07", "23", "27", "31", "32", "39", "34", "37", "35", "02", "12", "50", "64",
}

var transferDeclines = []string{
	"REJECT_ACCOUNT_PAYMENT", "EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", "EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", "EXCEED_MAX_DAILY_PAYMENT_COUNT",
	"EXCEED_MAX_PAYMENT_AMOUNT", "EXCEEDS_TRANSFER_AMOUNT_MAXIMUM", "RESTRICTED_TRANSFER_ACCOUNT", "INVALID_ACCOUNT_INFO_RE_REGISTER",
	"INVALID_PASSWORD", "NOT_AVAILABLE_BANK", "NOT_AVAILABLE_PAYMENT", "MAINTAINED_METHOD", "FDS_ERROR", "PROVIDER_ERROR",
	"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "UNKNOWN_PAYMENT_ERROR",
}

// transferSheet is the window of 계좌이체.
type transferSheet struct {
	cashOffer
	bank string // code that the shop fixed; "" lets the buyer choose
}

// transferChoice is the body of its act.
type transferChoice struct {
	Bank string `json:"bank"` // code
	cashChoice
}

func readTransferSheet(_ *Simulator, f *fields, o *order) sheet {
	t := transferSheet{cashOffer: readCashOffer(f, o)}
	if name := f.text("bank", textRule{}); name != "" {
		b, ok := findBank(name)
		if !ok || !slices.Contains(transferBanks, b.code) {
			f.fail("INVALID_BANK", "bank %.20q: must be one of %s", name, strings.Join(transferNames(), ", "))
		}
		t.bank = b.code
	}
	if o.total > mostByTransfer {
		f.fail("EXCEEDS_TRANSFER_AMOUNT_MAXIMUM", "amount: at most %d KRW", mostByTransfer)
	}
	return t
}

func transferNames() (names []string) {
	for _, code := range transferBanks {
		b, _ := findBank(code)
		names = append(names, b.ko)
	}
	return names
}

func (t transferSheet) offered() []string {
	if t.bank != "" {
		return []string{t.bank}
	}
	return transferBanks
}

func (t transferSheet) rejection() string { return transferDeclines[0] }

func (t transferSheet) title(lang string) string {
	return web.Pick(lang, "계좌이체", "Bank transfer")
}

func (t transferSheet) take(_ *Simulator, _ *window, choices json.RawMessage) (func(*payment), error) {
	var ch transferChoice
	if err := readChoices(choices, &ch); err != nil {
		return nil, err
	}
	if !slices.Contains(t.offered(), ch.Bank) {
		return nil, refusef("INVALID_BANK", "bank %.20q is not offered", ch.Bank)
	}
	b, _ := findBank(ch.Bank)
	chosen, err := t.choose(ch.cashChoice)
	if err != nil {
		return nil, err
	}
	return func(p *payment) {
		p.transfer = &b
		chosen(p)
	}, nil
}

// transferView is what the template needs.
type transferView struct {
	Banks []bankTile
	Fixed bool // the shop chose the bank
	Cash  cashPart
	Tools toolsView
}

func (t transferSheet) page(_ *Simulator, w *window) (string, any) {
	return "transfer", transferView{
		Banks: viewBanks(t.offered(), w.lang), Fixed: t.bank != "", Cash: t.view(w.lang), Tools: viewTools(w.lang, t.rejection(), transferDeclines),
	}
}
