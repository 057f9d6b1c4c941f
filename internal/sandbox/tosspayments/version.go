package tosspayments

// The versions that a shop's keys may be set to ("버전 관리").
const (
	version  = "2022-07-27"
	numbered = "1.4"
)

// old says whether the shop is at 1.4: Payment has no lastTransactionKey and no
// receipt, a card has a provider, a deposit error cancels, and cash receipts are
// asked for with registrationNumber and cannot be listed. The form of its cash
// receipts is not documented; it gets today's.
func (s *shop) old() bool { return s.Version == numbered }
