package httpcall

import (
	"context"
	"net/http"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Asked is a call to a provider as a Watcher is told of it: nothing in it is a
// secret or about a buyer.
type Asked struct {
	Provider pay.Provider
	Channel  pay.ChannelKey
	Op       string // what the call is for: "confirm"
}

// Outcome is what came of a call.
type Outcome string

// The outcomes. Declined is an answer too: the provider said no.
const (
	OutcomeAnswered      Outcome = "answered"
	OutcomeDeclined      Outcome = "declined"
	OutcomeUnknown       Outcome = "unknown"       // it may have been carried out
	OutcomeNotSent       Outcome = "not_sent"      // nothing reached the provider
	OutcomeMisconfigured Outcome = "misconfigured" // our credentials or our request's form were refused
)

// Watcher is a client's transport that wants to be told of each call.
type Watcher interface {
	// Watch is called when a call begins. The context it answers is the call's;
	// the function is called once, when the answer was read or given up.
	Watch(ctx context.Context, a Asked) (context.Context, func(Outcome))
}

// Watch tells the client's transport of a call, if it is a Watcher; otherwise
// it costs nothing. The answer is called with how the call went: whether the
// provider's answer was a refusal, and the error there was.
func Watch(ctx context.Context, client *http.Client, a Asked) (context.Context, func(declined bool, err error)) {
	w, ok := client.Transport.(Watcher)
	if !ok {
		return ctx, nobodyWatches
	}
	ctx, end := w.Watch(ctx, a)
	return ctx, func(declined bool, err error) { end(outcomeOf(declined, err)) }
}

func nobodyWatches(bool, error) {}

func outcomeOf(declined bool, err error) Outcome {
	switch {
	case err != nil:
		switch connector.KindOf(err) {
		case connector.NotSent:
			return OutcomeNotSent
		case connector.Misconfigured:
			return OutcomeMisconfigured
		default:
			return OutcomeUnknown
		}
	case declined:
		return OutcomeDeclined
	}
	return OutcomeAnswered
}
