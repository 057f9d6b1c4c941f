package crash_test

import (
	"time"

	"naru/internal/pay"
)

// operation is one thing that moves money, or may lead to it, as the outside
// does it.
type operation struct {
	name string
	// least is how many points its steps imply: to pass fewer is to miss some.
	least int
	// setup is what must be there before; nothing goes wrong in it.
	setup func(*world)
	// act is the operation; what it leads to by itself is awaited for as long as span.
	act  func(*world) told
	span time.Duration
	// again is the same request once more; nil is act.
	again func(*world) told
	// effect is how often what was asked for is there at the provider, or, where
	// that shows nothing, on the books.
	effect func(*world) int
	// repeat is what again is told when the effect is there already, and how its
	// words begin; effects is how many there are then (1 when it is not said).
	repeat  verdict
	words   string
	effects int
	// also is what else must be so when the effect is there, or is not.
	also func(w *world, there bool)
	// outside: the effect comes about whatever the gateway does.
	outside bool
}

// bound is longer than any lost answer is asked for: a cancel, for 73 hours.
const bound = 4 * 24 * time.Hour

// The order of every operation, and its customer.
const (
	order    = "주문-1"
	customer = "member/1"
	amount   = int64(52000)
)

func orderOf(uid string, n int64) fields {
	return fields{"merchant_uid": uid, "amount": n, "name": "나루 머그컵", "buyer_name": "홍길동", "buyer_tel": "010-1234-5678"}
}

func with(f fields, more fields) fields {
	for k, v := range more {
		f[k] = v
	}
	return f
}

// card is one that is always approved.
func card() fields {
	return fields{"card_number": "4330-0001-7391-0001", "expiry": "2035-12", "birth": "900101", "pwd_2digit": "12"}
}

// operations are all there are.
func operations() []operation {
	var all []operation
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		all = append(all, windows(p)...)
		all = append(all, charges(p)...)
		all = append(all, cancels(p)...)
		all = append(all, keys(p)...)
	}
	all = append(all, cardNumbers()...)
	all = append(all, accounts()...)
	return append(all, receipts()...)
}
