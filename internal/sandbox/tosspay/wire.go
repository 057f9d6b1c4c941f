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

// keyCard are the card's fields of a billing key, which has cardCompanyNo where
// payments have cardCompanyCode.
type keyCard struct {
	CardCompanyNo   int    `json:"cardCompanyNo"`
	CardCompanyName string `json:"cardCompanyName"`
	cardNumbers
}

// keyCard is nil for an account.
func (m means) keyCard() *keyCard {
	if m.card == nil {
		return nil
	}
	return &keyCard{m.card.company, m.card.name, m.card.numbers()}
}

type accountFields struct {
	AccountBankCode string `json:"accountBankCode"`
	AccountBankName string `json:"accountBankName"`
	AccountNumber   string `json:"accountNumber"`
}

func (c *card) numbers() cardNumbers {
	return cardNumbers{c.method, c.user, c.number, c.bin, c.last}
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
			cardNumbers:       c.numbers(),
			SalesCheckLinkURL: s.slipURL(p, p.payTransaction()),
		},
	}
}

// accountFields is nil for a payment that was not made with Toss money.
func (p *payment) accountFields() *accountFields {
	if p.choice == nil {
		return nil
	}
	return p.choice.accountFields()
}

// accountFields is nil for a card.
func (m means) accountFields() *accountFields {
	if m.account == nil {
		return nil
	}
	return &accountFields{m.account.code, m.account.name, m.account.number}
}

// slipURL is where the sales slip of a transaction can be seen.
func (s *Simulator) slipURL(p *payment, transaction string) string {
	return s.opts.BaseURL + "/payfront/web/external/sales-check?payToken=" + p.token + "&transactionId=" + transaction
}
