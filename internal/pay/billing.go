package pay

import "time"

// KeyID is ours, one per billing key issued: also the idempotency key of its issue.
type KeyID string

// BillingKey is a provider's permission to charge a buyer without a window. Its
// alias for the merchant is CustomerUID, which means the key of that name that is
// active: there is one at most, the one activated last.
type BillingKey struct {
	Merchant    MerchantID
	ID          KeyID
	CustomerUID CustomerUID
	CustomerID  string // the buyer at the provider: customerKey, userId
	Channel     ChannelKey
	Provider    Provider
	MID         string
	Mode        Mode
	Status      KeyStatus

	Payment PaymentID // of the window it was asked for in; "" by card
	Proof   []byte    // sealed: what it is asked for by; empty once it was issued
	Agreed  time.Time // when the buyer's agreement in a window was learned of

	Sealed []byte // the key itself, sealed by the vault; empty until issued
	MAC    []byte // keyed digest of the key, to find it by
	Method Method // MethodCard, MethodPoint for a wallet's account or money
	Card   *Card
	Bank   *Bank
	Buyer  Buyer // customer_*

	Code, Message string // the provider's refusal of the issue
	Tries         int    // times a lost answer was asked for
	Created       time.Time
	Updated       time.Time
	Ended         time.Time // replaced, deleted or refused; zero while in use
}

// Wished is when the key was last wanted: of two keys, the one wished later counts.
func (k BillingKey) Wished() time.Time {
	if k.Agreed.IsZero() {
		return k.Created
	}
	return k.Agreed
}

// KeyStatus is the state of a billing key.
type KeyStatus string

const (
	KeyIssuing  KeyStatus = "issuing"  // asked for, the answer is not known
	KeyHeld     KeyStatus = "held"     // issued, in use once its first charge succeeds
	KeyActive   KeyStatus = "active"   // what its customer_uid means
	KeyReplaced KeyStatus = "replaced" // a newer key has its customer_uid
	KeyDeleted  KeyStatus = "deleted"
	KeyRefused  KeyStatus = "refused" // never issued, or given up with its first charge
)

// KeyEvent is what can happen to a billing key.
type KeyEvent string

const (
	EvKeyHeld      KeyEvent = "held"
	EvKeyActivated KeyEvent = "activated"
	EvKeyRefused   KeyEvent = "refused"
	EvKeyReplaced  KeyEvent = "replaced"
	EvKeyDeleted   KeyEvent = "deleted"
)

// BillingKeys is every change of a billing key.
var BillingKeys = Machine[KeyStatus, KeyEvent]{
	{KeyIssuing, EvKeyActivated, KeyActive},
	{KeyIssuing, EvKeyHeld, KeyHeld},
	{KeyIssuing, EvKeyRefused, KeyRefused},
	{KeyIssuing, EvKeyReplaced, KeyReplaced}, // learned so late that a newer key has its customer_uid
	{KeyHeld, EvKeyActivated, KeyActive},
	{KeyHeld, EvKeyRefused, KeyRefused},   // its first charge was declined
	{KeyHeld, EvKeyReplaced, KeyReplaced}, // its first charge was learned of so late
	{KeyActive, EvKeyReplaced, KeyReplaced},
	{KeyActive, EvKeyDeleted, KeyDeleted},
}
