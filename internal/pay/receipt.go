package pay

import "time"

// ReceiptID is ours, one per cash receipt asked for: also the idempotency key of its issue.
type ReceiptID string

// Receipt is a cash receipt (현금영수증) issued apart from the payment: for a
// payment made here, or for money taken elsewhere.
type Receipt struct {
	Merchant    MerchantID
	ID          ReceiptID
	Payment     PaymentID   // "" for money taken elsewhere
	MerchantUID MerchantUID // the order number of money taken elsewhere, or the payment's
	Channel     ChannelKey
	Provider    Provider
	MID         string
	Mode        Mode
	Status      ReceiptStatus

	Name       string
	Amount     Breakdown
	Type       ReceiptType
	Identifier []byte // sealed phone or business number; kept until the answer is known, then empty
	Buyer      Buyer

	Key        string // the provider's name for it: receipt_tid
	CancelKey  string // the provider's name for its cancellation; while that is under way, our idempotency key of it
	ApprovalNo string // the tax office's number: apply_num
	URL        string

	Code, Message string // the provider's refusal of the issue or the cancellation
	Tries         int    // times a lost answer was asked for
	Created       time.Time
	Updated       time.Time
	IssuedAt      time.Time
	CancelledAt   time.Time
}

// ReceiptType says what a cash receipt is for.
type ReceiptType string

const (
	ReceiptPerson  ReceiptType = "person"  // income deduction (소득공제)
	ReceiptCompany ReceiptType = "company" // business expense (지출증빙)
)

// ReceiptStatus is the state of a cash receipt.
type ReceiptStatus string

const (
	ReceiptIssuing    ReceiptStatus = "issuing" // asked for, the answer is not known
	ReceiptIssued     ReceiptStatus = "issued"
	ReceiptRefused    ReceiptStatus = "refused"
	ReceiptCancelling ReceiptStatus = "cancelling" // asked for, the answer is not known
	ReceiptCancelled  ReceiptStatus = "cancelled"
)

// ReceiptEvent is what can happen to a cash receipt.
type ReceiptEvent string

const (
	EvReceiptIssued        ReceiptEvent = "issued"
	EvReceiptRefused       ReceiptEvent = "refused"
	EvReceiptCancelStarted ReceiptEvent = "cancel_started"
	EvReceiptCancelled     ReceiptEvent = "cancelled"
	EvReceiptCancelRefused ReceiptEvent = "cancel_refused"
)

// Receipts is every change of a cash receipt.
var Receipts = Machine[ReceiptStatus, ReceiptEvent]{
	{ReceiptIssuing, EvReceiptIssued, ReceiptIssued},
	{ReceiptIssuing, EvReceiptRefused, ReceiptRefused},
	{ReceiptIssued, EvReceiptCancelStarted, ReceiptCancelling},
	{ReceiptCancelling, EvReceiptCancelled, ReceiptCancelled},
	{ReceiptCancelling, EvReceiptCancelRefused, ReceiptIssued},
}
