package tosspayments

import (
	"cmp"
	"slices"
)

// keyIn is POST /v1/payments/key-in ("카드 번호 결제").
func keyIn(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	f.require(slices.Concat(orderMembers, cardMembers)...) // before anything is looked at more closely
	ch := readCharge(f)
	data := readCardData(f, s.opts.Now())
	ch.kind, ch.card = normal, data.card
	ch.free, ch.point = truth(f.flag("useFreeInstallmentPlan")), truth(f.flag("useCardPoint"))
	f.text("customerIp", textRule{max: 45})
	if err := f.done(); err != nil {
		return nil, err
	}
	if !c.shop.cardNumbers() {
		return nil, refusef("NOT_SUPPORTED_METHOD", "카드 번호 결제")
	}
	if err := s.chargeable(c.shop, ch); err != nil {
		return nil, err
	}
	decline := c.shop.ordered()
	if data.expired {
		decline = cmp.Or(decline, "INVALID_CARD_EXPIRATION")
	}
	if decline == "" && data.magic != nil {
		tries := c.shop.keyIns
		tries[data.magic.Type]++
		decline = data.magic.atCharge(tries[data.magic.Type]%2 == 1)
	}
	return s.take(c, ch, decline)
}
