package model_test

import (
	"errors"
	"fmt"
	"slices"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
)

// businessNumber stands for a birth date: a secret that cannot be there by chance.
const businessNumber = "4918302756"

// means is what a customer pays with: a card's number, or a wallet's key.
type means struct {
	number string
	magic  *tosspayments.MagicCard
	wallet string // billing key of Toss Pay
	user   string // of the wallet
}

func (c *means) String() string {
	switch {
	case c == nil:
		return "nothing"
	case c.wallet != "":
		return "wallet " + c.user
	case c.magic != nil:
		return "magic card " + c.magic.Type
	}
	return "card " + c.number[:8]
}

// into puts a card into a request.
func (c *means) into(f fields) {
	f["card_number"] = c.number[:4] + "-" + c.number[4:8] + "-" + c.number[8:12] + "-" + c.number[12:]
	f["expiry"], f["birth"], f["pwd_2digit"] = "2035-12", businessNumber, "12"
}

// newCard is an ordinary card that nobody else has, or a magic one.
func (s *story) newCard() *means {
	s.card++
	number := fmt.Sprintf("4330%04d7391%04d", s.card, s.rng.IntN(10000))
	if s.chance(4) {
		magic := one(s, tosspayments.Cards())
		s.secrets = append(s.secrets, magic.Number)
		return &means{number: magic.Number, magic: &magic}
	}
	s.secrets = append(s.secrets, number)
	return &means{number: number}
}

// customer is a member of the shop, by its customer_uid.
type customer struct {
	uid    string
	holds  *means // what its name means; nil is no key
	unsure bool   // an issue or a charge that decides about it is open
	asked  []*means
	known  int // how many of asked were, when holds was last certain
}

func (c *customer) String() string {
	if c.unsure {
		return fmt.Sprintf("%s (perhaps %s)", c.uid, c.holds)
	}
	return fmt.Sprintf("%s (%s)", c.uid, c.holds)
}

// customer is one of those there are, at random; nil before the first.
func (s *story) customer() *customer {
	if len(s.customers) == 0 {
		return nil
	}
	return one(s, s.customers)
}

// maybeNew is a customer: a new one now and then.
func (s *story) maybeNew() *customer {
	if len(s.customers) == 0 || len(s.customers) < 8 && s.chance(2) {
		c := &customer{uid: fmt.Sprintf("member/%d", len(s.customers)+1)}
		s.customers = append(s.customers, c)
		return c
	}
	return one(s, s.customers)
}

// settleOn records what became of an issue whose verdict is known.
func (c *customer) settleOn(m *means, v verdict) {
	switch v {
	case done:
		c.holds, c.known = m, len(c.asked)
	case unknown, lost:
		c.unsure = true
	}
}

// issueKey has a key issued for a card.
func (s *story) issueKey() {
	c, m := s.maybeNew(), s.newCard()
	body := fields{"customer_id": "id-" + c.uid[7:], "customer_name": "홍길동"}
	m.into(body)
	what := fmt.Sprintf("issue a key for %s with %s", c, m)
	s.note("%s", what)
	before := s.moved()
	c.asked = append(c.asked, m)
	a := s.call("POST", "/subscribe/customers/"+escape(c.uid), body)
	v := s.judge(what, a, m.verdict(atIssue, false)...)
	c.settleOn(m, v)
	if s.moved() != before {
		s.fail("%s moved money", what)
	}
	if v == done {
		s.isCustomer(what, c, a)
	}
}

// onetimeKeeping keys a card in and keeps its key if the charge succeeds.
func (s *story) onetimeKeeping() {
	c, m, number, amount := s.maybeNew(), s.newCard(), s.number(), s.amount()
	body := s.order(number, amount)
	m.into(body)
	body["customer_uid"] = c.uid
	what := fmt.Sprintf("onetime %s %d with %s, kept for %s", number, amount, m, c)
	s.note("%s", what)
	foreseen := s.orderVerdict(number, m.verdict(byKey, false))
	before := s.moved()
	c.asked = append(c.asked, m)
	a := s.call("POST", "/subscribe/payments/onetime", body)
	v := s.judge(what, a, foreseen...)
	c.settleOn(m, v)
	s.charged(what, number, amount, v, a, before)
	s.newFailed(what, number, v)
}

// linkWallet gives a customer a billing key of Toss Pay, as its window would.
func (s *story) linkWallet() {
	c := s.maybeNew()
	if c.unsure || s.wbill == nil {
		return
	}
	s.card++
	m := &means{user: fmt.Sprintf("user-%d", s.card)}
	s.note("%s registers %s", c, m.user)
	var made struct{ BillingKey string }
	if got := s.bank(s.wbill, "POST", "/billing-keys", fields{"mid": s.wbill.mid, "userId": m.user, "method": one(s, []string{"card", "bank", "money"})}, &made); got != 201 {
		s.fail("Toss Pay's simulator makes no billing key: %d", got)
	}
	m.wallet = made.BillingKey
	s.secrets = append(s.secrets, m.wallet)
	c.asked = append(c.asked, m)
	_, err := s.gateway.AdoptKey(s.ctx, gateway.AdoptKeyRequest{
		Merchant: s.merchant, Channel: s.wbill.channel, CustomerUID: pay.CustomerUID(c.uid), CustomerID: m.user, Key: pay.Secret(m.wallet),
	})
	died := s.mourn()
	switch {
	case died: // learned from the books
		c.unsure = true
	case err == nil:
		c.settleOn(m, done)
	case s.calm() || !errors.Is(err, gateway.ErrProviderDown):
		s.fail("%s: the key is not taken over: %v", c, err)
	default:
		s.note("  → not taken over: %v", err)
	}
}

// breakWallet has the buyer's wallet decline, or its key removed in the app.
func (s *story) breakWallet() {
	for _, c := range s.customers {
		if c.holds == nil || c.holds.wallet == "" {
			continue
		}
		path := "/billing-keys/" + escape(c.holds.wallet)
		if s.chance(4) {
			s.note("%s removes the key in the app", c)
			s.bank(s.wbill, "POST", path+"/remove", nil, nil)
			return
		}
		code := one(s, []string{"CARD_EXCEED_LIMIT", "COMMON_NOT_ENOUGH_CASH", "TRANSACTION_PENDING_ERROR"})
		s.note("the next charge of %s fails with %s", c, code)
		s.bank(s.wbill, "PUT", path+"/charge-fail", fields{"errorCode": code}, nil)
		return
	}
}

// walletVerdict is what the wallet's own view of its key lets expect.
func (s *story) walletVerdict(m *means) []verdict {
	var key struct{ Status, ChargeFail string }
	s.bank(s.wbill, "GET", "/billing-keys/"+escape(m.wallet), nil, &key)
	switch {
	case key.Status != "ACTIVE":
		return []verdict{declined, refused} // refused once the gateway heard of it
	case key.ChargeFail == "TRANSACTION_PENDING_ERROR":
		return []verdict{unknown}
	case key.ChargeFail != "":
		return []verdict{declined}
	}
	return []verdict{done}
}

// deleteKey deletes a customer's key.
func (s *story) deleteKey() {
	c := s.customer()
	if c == nil {
		return
	}
	s.note("delete the key of %s", c)
	a := s.call("DELETE", "/subscribe/customers/"+escape(c.uid), nil, 200, 404)
	v := verdictOf(a)
	s.note("  → %s %s", v, a.text())
	want := done
	switch {
	case v == lost:
		c.unsure = true
		return
	case c.holds == nil:
		want = refused
	}
	if v != want && !c.unsure && !s.goneFromApp(c.holds) {
		s.fail("delete the key of %s: %s", c, a)
	}
	if v == done {
		c.holds, c.known = nil, len(c.asked)
	}
}

// goneFromApp reports whether a wallet's key was removed by its buyer, of which
// the gateway may have learned.
func (s *story) goneFromApp(m *means) bool {
	return m != nil && m.wallet != "" && slices.Contains(s.walletVerdict(m), refused)
}

// isCustomer: the answer shows the customer, with the card masked.
func (s *story) isCustomer(what string, c *customer, a answer) {
	s.t.Helper()
	var in struct {
		CustomerUID string  `json:"customer_uid"`
		CardNumber  *string `json:"card_number"`
	}
	decode(s.t, a.Response, &in)
	if in.CustomerUID != c.uid || c.holds.number != "" && !c.holds.masked(in.CardNumber) {
		s.fail("%s: the answer shows %s", what, a)
	}
}

// masked reports whether a number shown is this card's and hides enough of it.
func (c *means) masked(shown *string) bool {
	if shown == nil || len(*shown) != len(c.number) {
		return false
	}
	hidden := 0
	for i := range c.number {
		switch (*shown)[i] {
		case '*':
			hidden++
		case c.number[i]:
		default:
			return false
		}
	}
	return hidden >= 4
}

// learnCustomers finds out what an open issue came to, once it is settled: of
// the issues for one name, one asked for earlier never takes the place of one
// asked for later.
func (s *story) learnCustomers() {
	s.t.Helper()
	for _, c := range s.customers {
		if s.goneFromApp(c.holds) { // known once it was charged or read
			c.unsure = true
		}
		if !c.unsure || s.hasJob(gateway.JobResolveKey) || s.usageOpen(c.uid) {
			continue
		}
		a := s.call("GET", "/subscribe/customers/"+escape(c.uid), nil, 200, 404)
		if !s.calm() {
			continue
		}
		c.unsure = false
		if a.status == 404 {
			c.holds = nil
			continue
		}
		s.recognise(c, a)
	}
}

func (s *story) recognise(c *customer, a answer) {
	s.t.Helper()
	var in struct {
		PGProvider string  `json:"pg_provider"`
		CardNumber *string `json:"card_number"`
	}
	decode(s.t, a.Response, &in)
	user := s.userOf(c)
	for i, m := range slices.Backward(c.asked) {
		same := m == c.holds || m.number != "" && c.holds != nil && m.number == c.holds.number
		if m.wallet == "" && in.PGProvider == "tosspayments" && m.masked(in.CardNumber) || m.wallet != "" && m.user == user && in.PGProvider == "tosspay_v2" {
			if i+1 <= c.known && !same {
				s.fail("customer %s: %s, asked for earlier, took the place of %s", c.uid, m, c.holds)
			}
			c.holds, c.known = m, max(c.known, i+1)
			return
		}
	}
	s.fail("customer %s has a key that was never asked for: %s", c.uid, a)
}

// userOf is who a customer's key was issued for, by the books: each wallet is
// another's.
func (s *story) userOf(c *customer) (user string) {
	s.t.Helper()
	s.read(func(tx *store.Tx) error {
		k, err := tx.BillingKey(s.ctx, s.merchant, pay.CustomerUID(c.uid))
		user = k.CustomerID
		return err
	})
	return user
}

func (s *story) hasJob(kind string) (has bool) {
	s.t.Helper()
	s.read(func(tx *store.Tx) (err error) {
		has, err = tx.HasJob(s.ctx, kind)
		return err
	})
	return has
}

// usageOpen reports whether a payment of the customer is undecided.
func (s *story) usageOpen(uid string) bool {
	for _, p := range s.payments {
		if string(p.CustomerUID) == uid && p.open {
			return true
		}
	}
	return false
}
