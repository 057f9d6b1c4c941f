package tosspayments

import (
	"fmt"
	"slices"
	"strings"
)

// wallet is an easy-pay service ("간편결제사 코드"), with what its own screens
// offer. Points occur with four of them by the documentation of
// Payment.easyPay; which take money from an account is our reading.
type wallet struct {
	ko, code string // Payment.easyPay.provider, and the request's spelling
	en       string
	money    bool // pays from an account or a balance of its own
	points   bool
	lump     bool     // shows a single payment beside a fixed plan
	bare     bool     // newer cards come back without company and number
	cards    []string // companies of the registered cards; nil is walletCards
}

// walletCards are the companies whose cards are registered with every wallet.
var walletCards = []string{"41", "61", "51", "11", "71", "21", "91", "31", "33", "24", "15"}

// wallets are in the order of "간편결제사 코드". Cards of Apple Pay are issued by
// one company in Korea.
var wallets = []wallet{
	{ko: "토스페이", code: "TOSSPAY", en: "Toss Pay", money: true, points: true, lump: true},
	{ko: "네이버페이", code: "NAVERPAY", en: "Naver Pay", money: true, points: true, lump: true},
	{ko: "카카오페이", code: "KAKAOPAY", en: "KakaoPay", money: true, points: true, bare: true},
	{ko: "페이코", code: "PAYCO", en: "PAYCO", money: true, points: true},
	{ko: "삼성페이", code: "SAMSUNGPAY", en: "Samsung Pay", lump: true},
	{ko: "애플페이", code: "APPLEPAY", en: "Apple Pay", cards: []string{"61"}},
	{ko: "엘페이", code: "LPAY", en: "L.pay", money: true, lump: true},
	{ko: "SSG페이", code: "SSG", en: "SSG Pay", money: true},
	{ko: "핀페이", code: "PINPAY", en: "PINPAY", money: true},
	{ko: "LG페이", code: "LGPAY", en: "LG Pay"},
}

func (w wallet) named(name string) bool { return w.ko == name || w.code == name }

// findWallet takes both spellings.
func findWallet(name string) (wallet, bool) {
	i := slices.IndexFunc(wallets, func(w wallet) bool { return w.named(name) })
	if i < 0 {
		return wallet{}, false
	}
	return wallets[i], true
}

func checkWallets(names []string) error {
	for _, name := range names {
		if _, ok := findWallet(name); !ok {
			return fmt.Errorf("field Wallets: %q: must be one of %s", name, walletCodes())
		}
	}
	return nil
}

// companies are those of the cards that are registered with the wallet.
func (w wallet) companies() (out []company) {
	codes := w.cards
	if codes == nil {
		codes = walletCards
	}
	for _, code := range codes {
		c, _ := findCompany(code) // the tables are ours
		out = append(out, c)
	}
	return out
}

func walletCodes() string {
	var codes []string
	for _, w := range wallets {
		codes = append(codes, w.code)
	}
	return strings.Join(codes, ", ")
}
