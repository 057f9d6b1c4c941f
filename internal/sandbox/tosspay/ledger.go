package tosspay

import (
	"net/http"
	"slices"
	"time"

	"naru/internal/sandbox/control"
)

// Kinds of a Movement.
const (
	approvalKind = "approval"
	cancelKind   = "cancel"
)

// Movement is money that moved: a captured payment or charge, or a refund.
type Movement struct {
	OrderNo       string    `json:"orderNo"`
	PayToken      string    `json:"payToken"`
	TransactionID string    `json:"transactionId"`
	Kind          string    `json:"kind"`   // approval or cancel
	Amount        int64     `json:"amount"` // won, gross: discounts and points included. Positive for both kinds
	At            time.Time `json:"at"`
}

// Ledger lists every movement of money since the simulator was started, in the
// order of time. What is due by the clock now is in it.
func (s *Simulator) Ledger() []Movement {
	s.mu.Lock()
	s.catchUp(s.clock())
	list := slices.Clone(s.ledger)
	s.mu.Unlock()
	s.wakeUp()
	slices.SortStableFunc(list, func(a, b Movement) int { return a.At.Compare(b.At) })
	return list
}

// book writes the latest entry of p into the ledger. The caller holds the lock.
func (s *Simulator) book(p *payment, kind string) {
	e := p.txns[len(p.txns)-1]
	s.ledger = append(s.ledger, Movement{
		OrderNo: p.orderNo, PayToken: p.token, TransactionID: e.id, Kind: kind, Amount: e.balance.gross, At: e.at,
	})
}

func (s *Simulator) showLedger(w http.ResponseWriter, _ *http.Request) {
	list := s.Ledger()
	if list == nil {
		list = []Movement{}
	}
	control.Answer(w, http.StatusOK, list)
}
