package rest

import (
	"errors"
	"fmt"
)

var (
	// ErrTooLarge: the body is longer than the limit.
	ErrTooLarge = errors.New("the request body is too large")
	// ErrTooManyFields: more than MaxFields values, or nested deeper than MaxDepth.
	ErrTooManyFields = errors.New("the request has too many fields or is nested too deeply")
	// ErrMalformed: the body is neither JSON nor a form.
	ErrMalformed = errors.New("the request body cannot be read")
)

// Rule is what a value must obey. The wire has the words for it.
type Rule string

const (
	RuleRequired Rule = "required"       // the value is missing
	RuleText     Rule = "text"           // text without NUL characters
	RuleNumber   Rule = "number"         // a whole number
	RuleAmount   Rule = "amount"         // a number, not empty
	RuleWhole    Rule = "no_fraction"    // won has no fraction
	RuleNegative Rule = "not_negative"   // 0 or more
	RuleTooBig   Rule = "at_most"        // MaxAmount
	RuleBool     Rule = "boolean"        // true, false, 1 or 0
	RuleList     Rule = "list"           // a list of values
	RuleObject   Rule = "object"         // an object
	RuleLength   Rule = "length"         // Want is the most characters
	RuleAllowed  Rule = "allowed_values" // Want lists them
	RuleForm     Rule = "form"           // Want says which
)

// FieldError is a value that cannot be taken. Error leaves Value out, because
// errors are logged and a value may be anything. Of a secret Value is never set
// and Hidden is.
type FieldError struct {
	Field  string // as the client spelled it, "schedules[0].amount"
	Value  string
	Rule   Rule
	Want   string // what is allowed, where the rule alone does not say
	Hidden bool   // the value must not be quoted
}

func (e *FieldError) Error() string {
	if e.Want != "" {
		return fmt.Sprintf("field %s: %s: %s", e.Field, e.Rule, e.Want)
	}
	return fmt.Sprintf("field %s: %s", e.Field, e.Rule)
}

// Missing is the FieldError of a value that must be there.
func Missing(field string) error { return &FieldError{Field: field, Rule: RuleRequired} }

// violation is a FieldError whose field is not known yet.
type violation struct {
	value  string
	rule   Rule
	hidden bool
}

func (v *violation) Error() string { return string(v.rule) }
