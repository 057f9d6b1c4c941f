package connector

import (
	"strings"

	"naru/internal/pay"
)

// Words are a text for a person, in Korean and in English.
type Words struct{ Ko, En string }

// Credential is one secret or identifier a channel must be given.
type Credential struct {
	Key, Label string // Label is Korean
	LabelEn    string
	Optional   bool
	// Secret: whoever knows it can act as the merchant. What is not is known to
	// every browser that opens a window.
	Secret bool
	// Begins is how every one of them begins, {mode} being the channel's mode.
	Begins string
	Length int   // of one of the provider's own, in characters; 0 is not known
	Where  Words // to find it at the provider
}

// Prefix is how the credential of a channel of this mode begins.
func (c Credential) Prefix(mode pay.Mode) string {
	return strings.ReplaceAll(c.Begins, "{mode}", string(mode))
}

// Example is what one looks like in this mode: its beginning, and dots.
func (c Credential) Example(mode pay.Mode) string {
	prefix := c.Prefix(mode)
	return prefix + strings.Repeat("•", max(c.Length-len(prefix), 8))
}

// Setup is what a person arranges at the provider before a channel works.
type Setup struct {
	Site string // of the provider's own console
	MID  Words  // where its name for the merchant is found, and what it looks like
	// Versions are the API versions that a shop's keys may be set to; none where
	// the provider has no such setting.
	Versions *Versions
	// Notices is nil where each payment tells the provider where to send its
	// notices; else their address is registered once.
	Notices *NoticeSetup
}

// Versions are API versions.
type Versions struct {
	Want    string
	Billing []string // besides, of a channel for billing keys and cards
	Where   Words    // to set it
}

// Fits reports whether a channel of a kind works at a version.
func (v Versions) Fits(version string, kind pay.ChannelKind) bool {
	if version == v.Want {
		return true
	}
	for _, b := range v.Billing {
		if kind == pay.ChannelBilling && version == b {
			return true
		}
	}
	return false
}

// NoticeSetup is how a channel's notices are registered.
type NoticeSetup struct {
	Where  Words
	Events []string // to choose, in the provider's words
}

// CredentialError is a credential whose form does not fit. It never shows it.
type CredentialError struct {
	Key string
	Err error
}

func (e *CredentialError) Error() string { return e.Key + " " + e.Err.Error() }

func (e *CredentialError) Unwrap() error { return e.Err }
