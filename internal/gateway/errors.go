package gateway

import (
	"errors"
	"fmt"

	"naru/internal/connector"
)

// Refusals of the gateway's own. Each wire has one table that puts them into
// its words; what a table does not know is "internal".
var (
	ErrNoPayment        = errors.New("no such payment")
	ErrNotCancellable   = errors.New("the payment is not paid")
	ErrFullyCancelled   = errors.New("the payment is already cancelled in full")
	ErrChecksum         = errors.New("the balance differs from the checksum")
	ErrOverCancel       = errors.New("the amount is more than what is left")
	ErrOutcomeUnknown   = errors.New("the provider's answer is not known yet")
	ErrAlreadyPrepared  = errors.New("the order is already registered")
	ErrNotPrepared      = errors.New("the order is not registered")
	ErrCheckoutUnknown  = errors.New("no such checkout")
	ErrCheckoutUsed     = errors.New("the checkout link was used before")
	ErrCheckoutExpired  = errors.New("the checkout link has expired")
	ErrProviderDown     = errors.New("the provider cannot be reached")
	ErrChannelMissing   = errors.New("no such channel")
	ErrPartialForbidden = errors.New("the pay method allows no partial cancel")

	ErrOrderUsed        = errors.New("the order number is used up or in use")
	ErrNoBillingKey     = errors.New("the customer_uid has no billing key")
	ErrChannelCannot    = errors.New("the channel is not for this")
	ErrUnsupported      = connector.ErrUnsupported // the provider cannot do this
	ErrNoSchedule       = errors.New("no such schedule")
	ErrScheduleTaken    = errors.New("the order number was booked before")
	ErrScheduleStatus   = errors.New("the schedule's state forbids this")
	ErrNothingToRevoke  = errors.New("no booked charge matches")
	ErrNotAccount       = errors.New("the payment is not a virtual account that waits for its deposit")
	ErrRefundAccount    = errors.New("a deposited account is refunded to a bank, a number and a holder: all three are needed")
	ErrFixedAccounts    = errors.New("the channel has no contract for fixed accounts")
	ErrNoReceipt        = errors.New("no cash receipt was issued")
	ErrReceiptIssued    = errors.New("a cash receipt was issued before")
	ErrReceiptForbidden = errors.New("the payment is not one a cash receipt is issued for")
	ErrNoTier           = errors.New("no such sub-store")
)

// Refusal is a window request that is refused before the window opens. Code
// is a RefusalCode; the wire has the words for it.
type Refusal struct {
	Code   RefusalCode
	Field  string // V1 name of the parameter that is wrong, if one is
	Detail string // what was received and what is allowed
	// CallbackSuccess is the merchant's setting of that name, once it is known.
	CallbackSuccess bool
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused: %s %s: %s", r.Code, r.Field, r.Detail) }

// RefusalCode says why a window is not opened.
type RefusalCode string

const (
	RefusedMerchant  RefusalCode = "merchant"    // no such user code
	RefusedOrigin    RefusalCode = "origin"      // the page's origin is not among the merchant's
	RefusedChannel   RefusalCode = "channel"     // no channel fits: V1's F1001
	RefusedPaid      RefusalCode = "paid"        // the order number is used up: V1's F1002
	RefusedPrepared  RefusalCode = "prepared"    // the registered amount or currency differs
	RefusedParameter RefusalCode = "parameter"   // Field and Detail say which
	RefusedMethod    RefusalCode = "unsupported" // asked for something that is not offered
	RefusedConfirm   RefusalCode = "confirm"     // confirm_url is forbidden by the merchant's settings
)

// DeclinedError is a provider's refusal of a call. Step says which call of a
// request that makes several.
type DeclinedError struct {
	Decline connector.Decline
	Step    DeclinedStep
	NotSent bool // nothing reached the provider: it may be asked again
}

// DeclinedStep is what was declined.
type DeclinedStep string

const (
	DeclinedCall     DeclinedStep = ""         // the one call of the request
	DeclinedKey      DeclinedStep = "key"      // the issue of a billing key
	DeclinedChecking DeclinedStep = "checking" // the test charge before a booking
)

func (e *DeclinedError) Error() string {
	return fmt.Sprintf("declined: [%s] %s", e.Decline.ProviderCode, e.Decline.ProviderMessage)
}
