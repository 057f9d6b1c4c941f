package tosspay

import (
	"fmt"
	"time"
)

// Instrument is what a buyer lets a billing key charge.
type Instrument struct {
	Method          string `json:"method"`          // card, bank (an account linked to Toss money) or money (the balance)
	CardCompanyCode int    `json:"cardCompanyCode"` // of a card; 0 is the first
	AccountBankCode string `json:"accountBankCode"` // of a bank account; empty is the first
}

// Agreement is what a buyer does in the app: what may be charged, and what is
// to go wrong.
type Agreement struct {
	Instrument
	Slow             bool   `json:"slow"`             // the key rests in AUTH for ten seconds before it is usable
	LoseReturn       bool   `json:"loseReturn"`       // the browser does not come back by itself
	ChargeFail       string `json:"chargeFail"`       // errorCode that the next charge is to fail with
	ChargeFailAlways bool   `json:"chargeFailAlways"` // and those after it
}

// moneyBalance is what the wire calls the Toss money balance as the source of
// a billing key.
var moneyBalance = account{"888", "토스머니", "토스머니"}

// pick turns an instrument into means. A request that makes no sense is an
// error; a method the merchant may not charge is a failure.
func (i Instrument) pick(shop *Shop) (means, *failure, error) {
	var m means
	var err error
	switch {
	case i.Method != "card" && i.CardCompanyCode != 0:
		err = fmt.Errorf("cardCompanyCode %d: only with method card", i.CardCompanyCode)
	case i.Method != "bank" && i.AccountBankCode != "":
		err = fmt.Errorf("accountBankCode %q: only with method bank", short(i.AccountBankCode))
	case i.Method == "card" && shop.NoCard:
		return m, refuse("NOT_SUPPORTED_PAYMENT_METHOD"), nil
	case i.Method == "card":
		m.card, err = pickCard(cards, i.CardCompanyCode)
	case i.Method == "bank":
		m.account, err = pickAccount(i.AccountBankCode)
	case i.Method == "money":
		m.account = &moneyBalance
	default:
		err = fmt.Errorf("method %q: must be card, bank or money", short(i.Method))
	}
	return m, nil, err
}

// method is the word of Instrument for m.
func (m means) method() string {
	switch {
	case m.card != nil:
		return "card"
	case m.account.code == moneyBalance.code:
		return "money"
	}
	return "bank"
}

// agree is the buyer registering in the app. A failure was shown to the buyer,
// who may try again; an error is a request that makes no sense. The caller
// holds the lock and has refreshed k.
func (s *Simulator) agree(k *billingKey, a Agreement, now time.Time) (*failure, error) {
	if k.status != KeyCreate {
		return nil, fmt.Errorf("agree to a billing key in %s: %w", k.status, errNotNow)
	}
	if err := a.checkFail(); err != nil {
		return nil, err
	}
	m, f, err := a.pick(k.shop)
	if err != nil {
		return nil, err
	}
	if f == nil {
		f = s.bound(k, m)
	}
	if k.decline = f; f != nil {
		return f, nil
	}
	k.means, k.lostReturn, k.chargeFail, k.failAlways = &m, a.LoseReturn, a.ChargeFail, a.ChargeFailAlways
	k.to(KeyAuth)
	if a.Slow {
		k.activateAt = now.Add(progressTime)
		return nil, nil
	}
	s.activate(k, now)
	return nil, nil
}

func (a Agreement) checkFail() error {
	switch {
	case a.ChargeFail != "":
		return checkCode("chargeFail", a.ChargeFail)
	case a.ChargeFailAlways:
		return fmt.Errorf("chargeFailAlways true: only with chargeFail")
	}
	return nil
}

// leaveKey is the buyer pressing X, or not agreeing.
func (s *Simulator) leaveKey(k *billingKey) error {
	if k.status != KeyCreate {
		return fmt.Errorf("cancel a billing key in %s: %w", k.status, errNotNow)
	}
	k.to(KeyCancel)
	k.errorCode = "BILLING_KEY_REGISTRATION_CANCELLED"
	return nil
}

// failKey lets the registration fail.
func (s *Simulator) failKey(k *billingKey, code string) error {
	if err := checkCode("errorCode", code); err != nil {
		return err
	}
	if k.status != KeyCreate && k.status != KeyAuth {
		return fmt.Errorf("fail a billing key in %s: %w", k.status, errNotNow)
	}
	k.fail(code)
	return nil
}

// expireKey lets the links of a waiting key run out now.
func (s *Simulator) expireKey(k *billingKey, now time.Time) error {
	if k.status != KeyCreate {
		return fmt.Errorf("expire a billing key in %s: %w", k.status, errNotNow)
	}
	k.expires = now
	s.refreshKey(k, now)
	return nil
}

// switchMeans is the buyer changing in the app what a key charges. The
// merchant is told as of a new activation.
func (s *Simulator) switchMeans(k *billingKey, i Instrument, now time.Time) error {
	if k.status != KeyActive {
		return fmt.Errorf("change the instrument of a billing key in %s: %w", k.status, errNotNow)
	}
	m, f, err := i.pick(k.shop)
	if err != nil {
		return err
	}
	if f == nil {
		f = s.bound(k, m)
	}
	if f != nil {
		return f
	}
	k.means = &m
	s.tell(k, keyActivated, now)
	return nil
}

// unregister is the buyer removing the key in the app.
func (s *Simulator) unregister(k *billingKey, now time.Time) error {
	if k.status != KeyActive {
		return fmt.Errorf("remove a billing key in %s: %w", k.status, errNotNow)
	}
	k.to(KeyRemove)
	s.tell(k, keyRemoved, now)
	return nil
}
