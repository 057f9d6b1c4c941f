package e2e

import (
	"testing"

	"naru/test/browser"
)

// steps go through a provider's window to its end.
type steps func(f *browser.Frame)

// Toss Payments' windows.

func byCard(company string) steps {
	return func(f *browser.Frame) {
		f.Click(id("card-" + company))
		f.Check(id("agree"))
		f.Click(id("next"))
		f.Click(id("approve"))
	}
}

// byTransfer leaves the receipt as the window has it: none is asked for.
func byTransfer(bank string) steps {
	return func(f *browser.Frame) {
		f.Click(id("bank-" + bank))
		f.Check(id("agree"))
		f.Click(id("next"))
		f.Click(id("approve"))
	}
}

func byTransferWithReceipt(bank string) steps {
	return func(f *browser.Frame) {
		f.Click(id("receipt-person"))
		f.Fill(id("receipt-number"), "01012345678")
		byTransfer(bank)(f)
	}
}

// byAccount gives the customer's own number: the shop's accounts are fixed.
func byAccount(bank, customer string) steps {
	return func(f *browser.Frame) {
		f.Click(id("bank-" + bank))
		f.Fill(id("account-key"), customer)
		f.Check(id("agree"))
		f.Click(id("next"))
		f.Click(id("approve"))
	}
}

func byPhoneBill(f *browser.Frame) {
	f.Click(id("carrier-KT"))
	f.Fill(id("phone"), "01012345678")
	f.Fill(id("birth"), "900101")
	f.Check(id("agree"))
	f.Click(id("next"))
	f.Fill(id("sms"), "000000")
	f.Click(id("approve"))
}

func byGift(f *browser.Frame) {
	f.Click(id("next"))
	f.Check(id("agree"))
	f.Click(id("approve"))
}

func byWallet(also ...steps) steps {
	return func(f *browser.Frame) {
		f.Click(id("next"))
		for _, more := range also {
			more(f)
		}
		f.Click(id("approve"))
	}
}

func withMoney(f *browser.Frame)   { f.Click(id("pay-money")) }
func withNewCard(f *browser.Frame) { f.Check(id("new-card")) }

// byBilling registers the card that the tester's panel fills in.
func byBilling(f *browser.Frame) {
	openTools(f)
	f.Click(id("fill"))
	f.Click(id("next"))
	f.Click(id("send-code"))
	f.Fill(id("verification"), "000000")
	f.Click(id("approve"))
}

// refusedAtConfirm agrees in the window and has the provider refuse when it is
// asked for the money, with the first of the codes it knows; which is told.
func refusedAtConfirm(f *browser.Frame) string {
	openTools(f)
	var code string
	f.Value(`document.querySelector('`+id("decline-code")+`').value`, &code)
	f.Click(id("decline-confirm"))
	return code
}

// Toss Pay's windows.

func toApp(f *browser.Frame) {
	f.Fill(id("phone"), "01012345678")
	f.Fill(id("birth"), "900101")
	f.Click(id("start"))
	f.See(id("app"))
}

func inApp(choose ...string) steps {
	return func(f *browser.Frame) {
		toApp(f)
		for _, c := range choose {
			f.Click(id(c))
		}
		f.Click(id("pay"))
	}
}

func refusedAtExecute(f *browser.Frame) string {
	toApp(f)
	openTools(f)
	f.Fill(id("execute-fail"), "CARD_EXCEED_LIMIT")
	f.Click(id("pay"))
	return "CARD_EXCEED_LIMIT"
}

func agreeInApp(f *browser.Frame) {
	toApp(f)
	f.Check(id("consent"))
	f.Click(id("agree"))
}

// openTools opens the tester's panel of a window.
func openTools(f *browser.Frame) {
	f.See(id("tools"))
	f.Value(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil)
}

// deposit pays a virtual account into the bank.
func deposit(t *testing.T, imp string, amount int) {
	t.Helper()
	stack.control(t, "POST", "tosspayments/payments/"+imp+"/deposit", map[string]any{"amount": amount})
}
