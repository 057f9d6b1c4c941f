package gateway

import (
	"fmt"
	"time"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/pay"
)

// fitWindow settles a window request on its channel: what the provider or the
// method cannot do is refused by name, and what means nothing there is noted and
// left out.
func (g *Gateway) fitWindow(w *WindowRequest, ch pay.Channel) error {
	d := g.drivers[ch.Provider]
	if err := w.Amount.Validate(); err != nil {
		return &Refusal{Code: RefusedParameter, Field: "amount", Detail: err.Error()}
	}
	if w.Billing != nil {
		return fitBilling(w, d)
	}
	row, err := methodRow(w, d)
	if err != nil {
		return err
	}
	if w.Amount.Total.Minor < row.Minimum {
		return &Refusal{Code: RefusedParameter, Field: "amount", Detail: fmt.Sprintf("%d is less than the smallest amount %d of %s", w.Amount.Total.Minor, row.Minimum, w.Method)}
	}
	if err := fitCash(w, row); err != nil {
		return err
	}
	if d.Wallet {
		w.leaveOut(d.Name+" shows its own language", "language", w.Language == "en", nil)
		w.leaveOut("on phones only: a desktop's browser would not come back", "app_scheme", w.AppScheme != "" && !w.Mobile, func() { w.AppScheme = "" })
	} else {
		w.fitNoWallet(d)
	}
	return fitCards(w, d, row)
}

// methodRow is the row of the method asked for, or of the provider's first.
func methodRow(w *WindowRequest, d connector.Driver) (connector.Method, error) {
	if w.Method == "" && len(d.Methods) > 0 {
		w.Method = d.Methods[0].Method
	}
	row, ok := d.Method(w.Method)
	if ok && !row.ServerOnly {
		return row, nil
	}
	var offered []pay.Method
	for _, r := range d.Methods {
		if !r.ServerOnly {
			offered = append(offered, r.Method)
		}
	}
	return row, &Refusal{Code: RefusedMethod, Field: "pay_method", Detail: fmt.Sprintf("%q is not offered by %s; offered: %v", w.Method, d.Provider, offered)}
}

// leaveOut notes a parameter that was given and means nothing, and clears it.
func (w *WindowRequest) leaveOut(why, parameter string, given bool, clear func()) {
	if !given {
		return
	}
	w.Notes = append(w.Notes, Note{Parameter: parameter, Kind: NoteUnused, Text: why})
	if clear != nil {
		clear()
	}
}

// fitCash settles what belongs to transfers and virtual accounts. Escrow is
// protection of the buyer, so it is refused rather than left out.
func fitCash(w *WindowRequest, row connector.Method) error {
	why := "means nothing for " + string(w.Method)
	if w.Escrow && !row.Escrow {
		return &Refusal{Code: RefusedMethod, Field: "escrow", Detail: fmt.Sprintf("escrow is not offered for %q: leave it out, send false, or use trans or vbank", w.Method)}
	}
	if w.Method == pay.MethodVbank && w.Buyer.Name == "" {
		return &Refusal{Code: RefusedParameter, Field: "buyer_name", Detail: "a virtual account needs the buyer's name"}
	}
	w.leaveOut("only with escrow: true", "products", len(w.Products) > 0 && !w.Escrow, func() { w.Products = nil })
	w.leaveOut(why, "vbank_due", !w.Due.IsZero() && w.Method != pay.MethodVbank, func() { w.Due = time.Time{} })
	if !row.Receipts {
		w.leaveOut(why, "bypass.cashReceiptType", w.Receipt.Type != "", func() { w.Receipt.Type = "" })
		w.leaveOut(why, "bypass.isCulturalExpense", w.Receipt.Culture, func() { w.Receipt.Culture = false })
	}
	return nil
}

// fitNoWallet leaves out what only a wallet's own window takes.
func (w *WindowRequest) fitNoWallet(d connector.Driver) {
	why := d.Name + " has no such parameter"
	w.leaveOut(why, "bypass.tosspay_v2.expiredTime", !w.ExpiresAt.IsZero(), func() { w.ExpiresAt = time.Time{} })
	w.leaveOut(why, "bypass.tosspay_v2.cashReceiptTradeOption", w.Receipt.Category != "", func() { w.Receipt.Category = "" })
	w.leaveOut(why, "bypass.tosspay_v2.cashReceipt", w.Receipt.Issue != nil, func() { w.Receipt.Issue = nil })
	w.leaveOut(why, "card.useInstallment", w.Card.NoInstallment, func() { w.Card.NoInstallment = false })
	w.leaveOut(d.Name+" works out the VAT itself", "vat_amount", w.Amount.VAT != nil, func() { w.Amount.VAT = nil })
}

// fitBilling settles a request for a billing key.
func fitBilling(w *WindowRequest, d connector.Driver) error {
	b := w.Billing
	if w.Method == "" {
		w.Method = d.BillingMethod
	}
	switch {
	case d.BillingMethod == "":
		return &Refusal{Code: RefusedMethod, Field: "customer_uid", Detail: fmt.Sprintf("%s issues no billing keys in a window", d.Provider)}
	case w.Method != d.BillingMethod && !(d.Wallet && w.Method == pay.MethodCard):
		return &Refusal{Code: RefusedMethod, Field: "pay_method", Detail: fmt.Sprintf("%q: a billing key of %s is issued for %s alone", w.Method, d.Provider, d.BillingMethod)}
	case w.Escrow:
		return &Refusal{Code: RefusedMethod, Field: "escrow", Detail: "nothing is bought in a billing-key window"}
	case d.BillingRedirect && w.Mobile && w.RedirectURL == "":
		return &Refusal{Code: RefusedParameter, Field: "m_redirect_url", Detail: fmt.Sprintf("received nothing; allowed: an address, which the billing-key window of %s comes back to on phones", d.Provider)}
	}
	w.Method = d.BillingMethod
	if b.CustomerID == "" && d.Wallet {
		return &Refusal{Code: RefusedParameter, Field: "customer_id", Detail: fmt.Sprintf("received nothing; allowed: the member's id, which a billing key of %s belongs to", d.Provider)}
	}
	if b.CustomerID != "" && d.CheckCustomer != nil {
		if err := d.CheckCustomer(b.CustomerID); err != nil {
			return &Refusal{Code: RefusedParameter, Field: "customer_id", Detail: err.Error()}
		}
	}
	why := "nothing is bought in a billing-key window"
	w.leaveOut(why, "confirm_url", w.ConfirmURL != "", func() { w.ConfirmURL = "" })
	w.leaveOut(why, "card", w.hasCardOptions() || w.Card.NoInstallment, w.clearCards)
	w.leaveOut(why, "vbank_due", !w.Due.IsZero(), func() { w.Due = time.Time{} })
	w.leaveOut(why, "products", len(w.Products) > 0, func() { w.Products = nil })
	w.leaveOut(why, "bypass", w.Receipt != (connector.CashReceiptOptions{}) || !w.ExpiresAt.IsZero(), func() {
		w.Receipt, w.ExpiresAt = connector.CashReceiptOptions{}, time.Time{}
	})
	w.leaveOut(d.Name+"'s billing window has no such parameter", "app_scheme", w.AppScheme != "" && !d.Wallet, func() { w.AppScheme = "" })
	w.leaveOut("on phones only: a desktop's browser would not come back", "app_scheme", w.AppScheme != "" && !w.Mobile, func() { w.AppScheme = "" })
	w.leaveOut(d.Name+" has no such parameter", "bypass.tosspay_v2.encryptedUserCi", b.UserCI != "" && !d.Wallet, func() { b.UserCI = "" })
	return nil
}

func knownCard(code string) bool {
	_, ok := codes.Card(code)
	return ok
}
