package model_test

import (
	"fmt"

	"naru/internal/pay"
)

// shop is the merchant itself or its sub-store, with what is expected of it. The
// two use the same order numbers and customer names, and must not see each other.
type shop struct {
	merchant                   pay.MerchantID
	tier                       string // code of the sub-store; "" is the merchant itself
	cards, bill, wallet, wbill *side  // the sub-store has no wallet

	customers []*customer
	payments  map[pay.PaymentID]*payment // as last seen on the books
	ids       []pay.PaymentID            // of them, the oldest first
	numbers   []string                   // order numbers in use
	bookings  []*booking
	visits    []*visit
	prepared  map[string]int64
	claims    []claim
	receipts  map[string]*receipt
	cancels   map[string]bool // by cancellation_id: whether the merchant must hear of it
}

// newShops are the merchant and its sub-store with the sides of each.
func newShops(w *world, tier pay.MerchantID) []*shop {
	side := map[string]*side{}
	for _, d := range w.sides {
		side[d.name] = d
	}
	all := []*shop{
		{merchant: mainMerchant, cards: side["cards"], bill: side["bill"], wallet: side["wallet"], wbill: side["wbill"]},
		{merchant: tier, tier: tierCode, cards: side["tcards"], bill: side["tbill"]},
	}
	for _, sh := range all {
		sh.payments, sh.prepared, sh.receipts, sh.cancels = map[pay.PaymentID]*payment{}, map[string]int64{}, map[string]*receipt{}, map[string]bool{}
	}
	return all
}

// everywhere does something for the merchant and for its sub-store.
func (s *story) everywhere(do func()) {
	was := s.shop
	defer func() { s.shop = was }()
	for _, sh := range s.shops {
		s.shop = sh
		do()
	}
}

// other is the shop that the story is not in.
func (s *story) other() *shop {
	if s.shop == s.shops[0] {
		return s.shops[1]
	}
	return s.shops[0]
}

// sideOf is the provider's system that a payment was made at.
func (s *story) sideOf(p *payment) *side {
	s.t.Helper()
	for _, d := range s.sides {
		if d.channel == p.Channel {
			return d
		}
	}
	s.fail("payment %s is of channel %s, which there is not", p.ID, p.Channel)
	return nil
}

// stranger looks one shop's payment up as the other shop: it is not there.
func (s *story) stranger() {
	theirs := s.other().ids
	if len(theirs) == 0 {
		return
	}
	id := one(s, theirs)
	a := s.call("GET", "/payments/"+string(id), nil, 404)
	if a.ok() {
		s.fail("a payment of %s is shown to %s: %s", s.other().merchant, s.merchant, a)
	}
	a = s.call("POST", "/payments/cancel", fields{"imp_uid": string(id)})
	if verdictOf(a) != refused {
		s.fail("a payment of %s is cancelled by %s: %s", s.other().merchant, s.merchant, a)
	}
}

func (sh *shop) String() string {
	if sh.tier == "" {
		return "the shop"
	}
	return fmt.Sprintf("the sub-store %s", sh.tier)
}
