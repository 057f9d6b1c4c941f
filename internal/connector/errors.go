package connector

import (
	"errors"
	"fmt"

	"naru/internal/pay"
)

var (
	// ErrUnsupported: the connector has no such ability.
	ErrUnsupported = errors.New("the provider cannot do this")
	// ErrNotFound: the provider knows no such payment.
	ErrNotFound = errors.New("the provider knows no such payment")
)

// Kind says what an error means for the money.
type Kind uint8

const (
	// Unknown: the request may have been carried out. It is the zero Kind and
	// what any error that is not an *Error is taken for.
	Unknown Kind = iota
	// NotSent: nothing reached the provider.
	NotSent
	// Misconfigured: the provider refused our credentials or our request's
	// form, and did nothing.
	Misconfigured
)

func (k Kind) String() string {
	switch k {
	case NotSent:
		return "not sent"
	case Misconfigured:
		return "misconfigured"
	default:
		return "unknown"
	}
}

// Error is a call without an authoritative answer.
type Error struct {
	Kind     Kind
	Provider pay.Provider
	Op       string
	Status   int    // HTTP status, 0 when there was none
	Code     string // provider's code, if it sent one
	Message  string // provider's words, if it sent any
	Err      error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %s (status %d, code %q): %v", e.Provider, e.Op, e.Kind, e.Status, e.Code, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Stored reports whether the provider answered with a refusal of its own that
// it will give again under the same key: neither "still running" nor "too many
// calls", which pass.
func (e *Error) Stored() bool {
	return e != nil && e.Code != "" && e.Kind == Unknown && e.Status != 409 && e.Status != 429
}

// KindOf tells what err means for the money.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unknown
}
