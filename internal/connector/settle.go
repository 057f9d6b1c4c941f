package connector

import (
	"context"
	"errors"
	"iter"
	"time"

	"naru/internal/pay"
)

// ErrNotOffered: the provider keeps no such list in the channel's mode, as of
// settlements where no money moves.
var ErrNotOffered = errors.New("the provider offers no such list in this mode")

// TransactionLister lists the money that moved on the channel's contract, also
// what was not asked for through this gateway.
type TransactionLister interface {
	// Transactions is every movement from from until, and without, to. Pages are
	// asked for as the caller goes on. An error is the last thing that comes, and
	// then what came before it is not the whole list.
	Transactions(ctx context.Context, from, to time.Time) iter.Seq2[TransactionLine, error]
}

// TransactionLine is one movement as the provider's list has it.
type TransactionLine struct {
	Ref pay.Ref // Order and Key
	Key string  // the provider's own name of the line
	// Movement is the key that a Snapshot would give the movement, as far as the
	// list tells.
	Movement string
	// Kind is approval, deposit or cancel; "" is a word that nobody documented.
	Kind      pay.MovementKind
	Amount    int64 // above zero; Kind gives the direction
	At        time.Time
	RawStatus string // the provider's own word
}

// Settler lists what the provider settles of a day of sale.
type Settler interface {
	// Settlements is every line whose day of sale is the Korean day that day lies
	// in. Errors are as of Transactions; ErrNotOffered where the mode has none.
	Settlements(ctx context.Context, day time.Time) iter.Seq2[SettlementLine, error]
}

// SettlementLine is what the provider pays out for one movement. Amounts are in
// won and from the merchant's side: a payment is above zero, a cancel below, and
// Gross - Fee - VAT = Net.
type SettlementLine struct {
	Ref      pay.Ref // Order and Key
	Key      string  // the provider's name of the movement settled
	Movement string  // as of TransactionLine
	// Kind is "" where the list does not tell payments and cancels apart.
	Kind   pay.MovementKind
	Gross  int64
	Fee    int64  // without its VAT
	VAT    int64  // of the fee
	Net    int64  // what is paid out
	SoldOn string // day of sale, 2006-01-02
	PaidOn string // day of payout, 2006-01-02; "" is not planned, as of test payments
}
