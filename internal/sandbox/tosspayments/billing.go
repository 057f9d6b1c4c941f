package tosspayments

import "time"

// billingKey stands for a card that one customer lets the shop charge.
type billingKey struct {
	shop          *shop
	key           string
	customerKey   string
	authenticated time.Time
	card          card // number masked
	magic         *MagicCard
	charges       int // tried
	removed       bool
}

// billingAuth is a customer's consent from the billing window, with which a
// billing key is issued once.
type billingAuth struct {
	shop        *shop
	customerKey string
	card        card
	magic       *MagicCard
	at          time.Time
	decline     string // what the issue will be refused with, chosen in the window
	used        bool
}

// issueBilling makes a billing key. The same card gets a new one each time.
func (s *Simulator) issueBilling(shop *shop, customerKey string, d cardData, authenticated time.Time) *billingKey {
	b := &billingKey{
		shop: shop, key: s.newBillingKey(), customerKey: customerKey, authenticated: authenticated, card: d.card, magic: d.magic,
	}
	s.billing[b.key] = b
	return b
}

// agree makes the auth key that the billing window hands to the shop; decline is
// what its issue will be refused with, "" for nothing. The caller holds the lock.
func (s *Simulator) agree(shop *shop, customerKey string, d cardData, decline string) string {
	key := s.newAuthKey()
	s.billingAuths[key] = &billingAuth{
		shop: shop, customerKey: customerKey, at: s.opts.Now(), card: d.card, magic: d.magic, decline: decline,
	}
	return key
}

// inventedCard is a card of the company, for customers who typed none.
func (s *Simulator) inventedCard(c company) cardData {
	return cardData{card: card{company: c, number: c.bin + "****" + s.random(3, digits) + "*", check: c.checkOnly}}
}

// decline is the code that the next charge is refused with, "" for none.
func (b *billingKey) decline() string {
	if code := b.shop.ordered(); code != "" {
		return code
	}
	b.charges++
	return b.magic.atCharge(b.charges == 1)
}

// billingObject is the Billing of the version, with the flat members that were
// there until 2024.
func (s *Simulator) billingObject(b *billingKey, lang string) object {
	kind, owner := b.card.words()
	c := object{
		{"company", b.card.company.name(lang)},
		{"issuerCode", b.card.company.code},
		{"acquirerCode", b.card.company.acquirerCode()},
		{"number", b.card.number},
		{"cardType", word(lang, kind)},
		{"ownerType", word(lang, owner)},
	}
	if s.opts.Legacy2022 {
		c = c.without("issuerCode", "acquirerCode")
	}
	return object{
		{"mId", b.shop.MID},
		{"customerKey", b.customerKey},
		{"authenticatedAt", stamp(b.authenticated)},
		{"method", word(lang, "카드")},
		{"billingKey", b.key},
		{"card", c},
		{"cardCompany", b.card.company.name(lang)},
		{"cardNumber", b.card.number},
	}
}
