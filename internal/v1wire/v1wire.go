// Package v1wire holds PortOne V1's own words that more than one face of the
// gateway needs: the four states, what the browser is told at the end of a
// window, the bodies of webhooks and of the pre-approval check, and the Korean
// texts merchants compare as strings. It imports nothing of ours but pay.
package v1wire

import "naru/internal/pay"

// The four states V1 knows.
const (
	StatusReady     = "ready"
	StatusPaid      = "paid"
	StatusCancelled = "cancelled"
	StatusFailed    = "failed"
)

// Status is V1's word for s. V1 folds a partial cancel into "cancelled" and
// everything before approval into "ready"; a state it does not know is "ready",
// which promises a merchant nothing.
func Status(s pay.Status) string {
	switch s {
	case pay.StatusPaid:
		return StatusPaid
	case pay.StatusPartiallyCancelled, pay.StatusCancelled:
		return StatusCancelled
	case pay.StatusFailed:
		return StatusFailed
	case pay.StatusCreated, pay.StatusConfirming, pay.StatusAwaitingDeposit:
		return StatusReady
	}
	return StatusReady
}

// StatusesOf lists our states that V1 calls word, and reports whether V1 has
// the word at all. "all" is not a state: the calls that take it say what it means.
func StatusesOf(word string) ([]pay.Status, bool) {
	var out []pay.Status
	for _, s := range pay.Payments.States() {
		if Status(s) == word {
			out = append(out, s)
		}
	}
	return out, len(out) > 0
}

// Method is V1's word for a pay method, asked for or recorded. Samsung Pay is
// asked for under two names and recorded under the older; none asked for is a card.
func Method(m pay.Method) string {
	switch m {
	case "":
		return string(pay.MethodCard)
	case pay.MethodSamsungPay:
		return string(pay.MethodSamsung)
	}
	return string(m)
}
