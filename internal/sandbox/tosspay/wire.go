package tosspay

// cardNumbers describe the card itself; every answer about a card payment has them.
type cardNumbers struct {
	CardMethodType string `json:"cardMethodType"`
	CardUserType   string `json:"cardUserType"`
	CardNumber     string `json:"cardNumber"`
	CardBinNumber  string `json:"cardBinNumber"`
	CardNum4Print  string `json:"cardNum4Print"`
}

// cardApproval is how the card was charged.
type cardApproval struct {
	CardCompanyCode     int    `json:"cardCompanyCode"`
	CardAuthorizationNo string `json:"cardAuthorizationNo"`
	SpreadOut           int    `json:"spreadOut"`
	NoInterest          bool   `json:"noInterest"`
	cardNumbers
	SalesCheckLinkURL string `json:"salesCheckLinkUrl"`
}

// cardFields are a card payment's fields in execute (flat) and status (nested).
type cardFields struct {
	CardCompanyName string `json:"cardCompanyName"`
	cardApproval
}

// refundCard are a card payment's fields in the answer of a refund.
type refundCard struct {
	cardNumbers
	SalesCheckLinkURL string `json:"salesCheckLinkUrl"`
}

type accountFields struct {
	AccountBankCode string `json:"accountBankCode"`
	AccountBankName string `json:"accountBankName"`
	AccountNumber   string `json:"accountNumber"`
}

// cardFields is nil for a payment that was not made by card.
func (s *Simulator) cardFields(p *payment) *cardFields {
	if !p.byCard() {
		return nil
	}
	c := p.choice.card
	return &cardFields{
		CardCompanyName: c.name,
		cardApproval: cardApproval{
			CardCompanyCode: c.company, CardAuthorizationNo: p.authNo,
			SpreadOut: p.choice.months, NoInterest: p.choice.noInterest(),
			cardNumbers:       cardNumbers{c.method, c.user, c.number, c.bin, c.last},
			SalesCheckLinkURL: s.slipURL(p, p.payTransaction()),
		},
	}
}

// accountFields is nil for a payment that was not made with Toss money.
func (p *payment) accountFields() *accountFields {
	if p.choice == nil || p.choice.account == nil {
		return nil
	}
	a := p.choice.account
	return &accountFields{a.code, a.name, a.number}
}

// slipURL is where the sales slip of a transaction can be seen.
func (s *Simulator) slipURL(p *payment, transaction string) string {
	return s.opts.BaseURL + "/payfront/web/external/sales-check?payToken=" + p.token + "&transactionId=" + transaction
}
