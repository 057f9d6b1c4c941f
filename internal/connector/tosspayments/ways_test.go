package tosspayments_test

import (
	"testing"

	"naru/internal/connector"
	"naru/internal/connector/connectortest"
	"naru/internal/pay"
)

// paid is how a buyer pays in the simulator's window, and what that must be
// recorded as.
type paid struct {
	name string
	how  map[string]any
	as   connectortest.Record
	asks func(*connector.Window) // nil: nothing besides
}

// waysOf are the ways of a method in the simulator's windows.
func waysOf(base string, m pay.Method) []connectortest.Way {
	var out []connectortest.Way
	for _, p := range waysPaid(m) {
		out = append(out, connectortest.Way{Name: p.name, Asks: p.asks, Record: p.as, Pay: func(t *testing.T, launch connector.Launch) string {
			t.Helper()
			return actInWindow(t, base, launch, "approve", p.how)
		}})
	}
	return out
}

func waysPaid(m pay.Method) []paid {
	switch m {
	case pay.MethodCard:
		return cardWays()
	case pay.MethodTrans, pay.MethodVbank:
		return bankWays(m)
	case pay.MethodPhone:
		return []paid{{"a phone bill",
			map[string]any{"carrier": "SKT", "phone": "01000001234", "birth": "900101", "sms": "000000"}, connectortest.Record{Method: m, Slip: true}, nil}}
	case pay.MethodCultureland, pay.MethodBooknlife, pay.MethodSmartculture:
		return []paid{{"a gift certificate", map[string]any{"id": "sandbox", "password": "sandbox"}, connectortest.Record{Method: m, Slip: true}, nil}}
	}
	return walletWays(m)
}

func cardWays() []paid {
	known := connectortest.Record{Method: pay.MethodCard, Card: true, ApprovalNo: true, Slip: true}
	in := func(months int) connectortest.Record {
		out := known
		out.Months = months
		return out
	}
	isp := known
	isp.Number = "9200" // a virtual number
	return []paid{
		{"a card", map[string]any{"company": "61", "installments": 3}, in(3), nil},
		{"a card through ISP", map[string]any{"company": "31"}, isp, nil},
		{"a card without interest", map[string]any{"company": "41", "installments": 2}, in(2), nil},
		{"a card's points", map[string]any{"company": "51", "point": true}, known, nil},
		// The window offers nothing else, so nothing else need be chosen.
		{"one company with one plan", map[string]any{}, in(6), func(w *connector.Window) {
			six := 6
			w.Card = connector.CardOptions{Company: "366", Months: &six}
		}},
		{"a company's app", map[string]any{"company": "41", "way": "app"}, known, func(w *connector.Window) {
			w.Card = connector.CardOptions{AppCardOnly: true, Points: new(bool)}
		}},
		{"a foreign card", map[string]any{"company": "4V"}, known, func(w *connector.Window) {
			w.Card = connector.CardOptions{International: true}
		}},
	}
}

func bankWays(m pay.Method) []paid {
	how := func(receipt, number string) map[string]any {
		out := map[string]any{"bank": "88", "receipt": receipt, "receiptNumber": number}
		if m == pay.MethodVbank {
			out["name"] = "김나루"
		}
		return out
	}
	bare := connectortest.Record{Method: m, Bank: "088", Slip: true}
	issued := bare
	issued.CashReceipt = true
	return []paid{
		{"without a receipt", how("미발행", ""), bare, preset(connector.NoReceipt)},
		{"with a person's receipt", how("소득공제", "01000001234"), issued, preset(pay.ReceiptPerson)},
		{"with a company's receipt", how("지출증빙", "1234567890"), issued, preset(pay.ReceiptCompany)},
		{"with a receipt of the buyer's choice", how("지출증빙", "1234567890"), issued, nil},
		{"without escrow", how("", ""), bare, func(w *connector.Window) { w.Escrow, w.Products, w.Receipt.Culture = false, nil, false }},
	}
}

// preset has a kind of cash receipt preset, which the window lets nobody change.
func preset(kind pay.ReceiptType) func(*connector.Window) {
	return func(w *connector.Window) { w.Receipt.Type = kind }
}

// wallets are V1's words for the wallets behind the methods. Which of them pay
// with money or points of their own is the provider's.
var wallets = map[pay.Method]struct {
	word          string
	money, points bool
}{
	pay.MethodKakaoPay: {"kakaopay", true, true}, pay.MethodNaverPay: {"naverpay", true, true}, pay.MethodPayco: {"payco", true, true},
	pay.MethodTossPay: {"tosspay", true, true}, pay.MethodLPay: {"lpay", true, false}, pay.MethodSSGPay: {"ssgpay", true, false},
	pay.MethodSamsungPay: {"samsungpay", false, false}, pay.MethodSamsung: {"samsungpay", false, false}, pay.MethodApplePay: {"applepay", false, false},
}

// walletWays: with a card behind it a wallet's payment is the card's, and
// otherwise "point", which has no sales slip.
func walletWays(m pay.Method) []paid {
	w, ok := wallets[m]
	if !ok {
		return nil
	}
	card := connectortest.Record{Method: pay.MethodCard, EasyPay: w.word, Card: true, ApprovalNo: true, Slip: true}
	point := connectortest.Record{Method: pay.MethodPoint, EasyPay: w.word}
	out := []paid{{"a card in the wallet", map[string]any{"pay": "card"}, card, nil}}
	if w.money {
		out = append(out, paid{"the wallet's money", map[string]any{"pay": "money"}, point, nil})
	}
	if w.points {
		out = append(out, paid{"a card and points", map[string]any{"pay": "card", "points": 2000}, card, nil},
			paid{"points alone", map[string]any{"points": 60000}, point, nil})
	}
	if m == pay.MethodKakaoPay {
		card.Nameless = true
		out = append(out, paid{"a newer card", map[string]any{"pay": "card", "newCard": true}, card, nil})
	}
	return out
}
