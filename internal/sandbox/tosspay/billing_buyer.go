package tosspay

import (
	"fmt"
	"slices"
	"time"
)

// Instrument is what a buyer lets a billing key charge.
type Instrument struct {
	Method          string `json:"method"`          // card, bank (an account linked to Toss money) or money (the balance)
	CardCompanyCode int    `json:"cardCompanyCode"` // of a card; 0 is the first that had no billing key yet
	AccountBankCode string `json:"accountBankCode"` // of a bank account; empty is the first that had no billing key yet
}

// Agreement is what a buyer does in the app: what may be charged, and what is
// to go wrong.
type Agreement struct {
	Instrument
	Slow             bool   `json:"slow"`             // the key rests in AUTH for ten seconds before it is usable
	ChargeFail       string `json:"chargeFail"`       // errorCode that the next charge is to fail with
	ChargeFailAlways bool   `json:"chargeFailAlways"` // and those after it
	CIMismatch       bool   `json:"ciMismatch"`       // the encryptedUserCi is somebody else's: the registration fails
	Ending
}

// pick turns an instrument into means. Where it names none of a kind, the first
// that suits is taken, or the very first if none does. A request that makes no
// sense is an error; a method the merchant may not charge is a failure.
func (i Instrument) pick(shop *Shop, suits func(means) bool) (means, *failure, error) {
	var all []means
	switch {
	case i.Method != "card" && i.CardCompanyCode != 0:
		return means{}, nil, fmt.Errorf("cardCompanyCode %d: only with method card", i.CardCompanyCode)
	case i.Method != "bank" && i.AccountBankCode != "":
		return means{}, nil, fmt.Errorf("accountBankCode %q: only with method bank", short(i.AccountBankCode))
	case i.Method == "card" && shop.NoCard:
		return means{}, refuse("NOT_SUPPORTED_PAYMENT_METHOD"), nil
	case i.Method == "card" && i.CardCompanyCode != 0:
		c, err := pickCard(cards, i.CardCompanyCode)
		return means{card: c}, nil, err
	case i.Method == "card":
		for n := range cards {
			all = append(all, means{card: &cards[n]})
		}
	case i.Method == "bank" && i.AccountBankCode == moneyBalance.code:
		return means{}, nil, fmt.Errorf("accountBankCode %q: the balance is method money", i.AccountBankCode)
	case i.Method == "bank" && i.AccountBankCode != "":
		a, err := pickAccount(i.AccountBankCode)
		return means{account: a}, nil, err
	case i.Method == "bank":
		for n := range accounts {
			all = append(all, means{account: &accounts[n]})
		}
	case i.Method == "money":
		return means{account: &moneyBalance}, nil, nil
	default:
		return means{}, nil, fmt.Errorf("method %q: must be card, bank or money", short(i.Method))
	}
	return all[max(0, slices.IndexFunc(all, suits))], nil, nil
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
	if err := a.check(k); err != nil {
		return nil, err
	}
	m, f, err := a.pick(k.shop, func(m means) bool { return s.bound(k, m, true) == nil })
	if err != nil {
		return nil, err
	}
	if f == nil && k.userCI && (a.CIMismatch || s.knobs.CIMismatch) {
		k.fail("BILLING_KEY_USER_CI_ERROR")
		return nil, nil
	}
	if f == nil {
		f = s.bound(k, m, true)
	}
	if k.decline = f; f != nil {
		return f, nil
	}
	k.register(m)
	k.chargeFail, k.failAlways, k.ending = a.ChargeFail, a.ChargeFailAlways, s.knobs.Ending.or(a.Ending)
	k.to(KeyAuth)
	if a.Slow {
		k.activateAt = now.Add(progressTime)
		return nil, nil
	}
	s.activate(k, now)
	return nil, nil
}

func (a Agreement) check(k *billingKey) error {
	switch {
	case a.CIMismatch && !k.userCI:
		return fmt.Errorf("ciMismatch true: only of a billing key that was created with encryptedUserCi")
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
// merchant is told as of a new activation. What had a key before may come back:
// no new key is made for it.
func (s *Simulator) switchMeans(k *billingKey, i Instrument, now time.Time) error {
	if k.status != KeyActive {
		return fmt.Errorf("change the instrument of a billing key in %s: %w", k.status, errNotNow)
	}
	m, f, err := i.pick(k.shop, func(m means) bool { return s.bound(k, m, false) == nil })
	if err != nil {
		return err
	}
	if f == nil {
		f = s.bound(k, m, false)
	}
	if f != nil {
		return f
	}
	k.register(m)
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
