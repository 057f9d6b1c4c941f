package tosspay_test

import (
	"net/http"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/connectortest"
	"naru/internal/pay"
)

// waysOf are the ways to pay in the app for a window of a method.
func waysOf(control http.Handler, m pay.Method) []connectortest.Way {
	card := connectortest.Record{Method: pay.MethodCard, Card: true, ApprovalNo: true, Slip: true}
	money := connectortest.Record{Method: pay.MethodPoint, CashReceipt: true} // no slip: only a card's payment has one
	if m == pay.MethodTossPay {
		return append(waysOf(control, pay.MethodTossPayCard), waysOf(control, pay.MethodTossPayMoney)...)
	}
	way := func(name string, how map[string]any, as connectortest.Record, asks func(*connector.Window)) connectortest.Way {
		return connectortest.Way{Name: name, Asks: asks, Record: as, Pay: func(t *testing.T, launch connector.Launch) string {
			t.Helper()
			return actOnPage(t, control, launch, "approve", how)
		}}
	}
	if m == pay.MethodTossPayCard {
		months := card
		months.Months = 3
		return []connectortest.Way{
			way("a card", map[string]any{"payMethod": "CARD", "spreadOut": 3}, months, nil),
			way("a card and points", map[string]any{"payMethod": "CARD", "points": 2000}, card, nil),
			way("a card at once", map[string]any{"payMethod": "CARD"}, card, func(w *connector.Window) {
				w.Card.NoInstallment, w.ExpiresAt = true, time.Now().Add(30*time.Minute)
			}),
		}
	}
	unissued := money
	unissued.CashReceipt = false
	return []connectortest.Way{
		way("an account", map[string]any{"payMethod": "TOSS_MONEY"}, money, func(w *connector.Window) { w.Receipt.Category = "CULTURE" }),
		way("the balance", map[string]any{"payMethod": "TOSS_MONEY", "accountBankCode": "888"}, money, nil),
		way("an account without a receipt", map[string]any{"payMethod": "TOSS_MONEY"}, unissued, func(w *connector.Window) {
			issue, vat := false, int64(4000)
			w.Receipt.Issue, w.Amount.VAT = &issue, &vat
		}),
	}
}
