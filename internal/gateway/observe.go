package gateway

import (
	"context"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// StepName is one of the three steps of a call that moves money (ask.go).
type StepName string

// The steps.
const (
	StepIntend StepName = "intend" // the intention is committed
	StepAsk    StepName = "ask"    // the provider is asked, with no transaction open
	StepLearn  StepName = "learn"  // the answer is committed
)

// Step is a step that begins. Of an intention only the kind is known.
type Step struct {
	Name     StepName
	Kind     pay.AttemptKind
	Merchant pay.MerchantID
	Payment  pay.PaymentID
	Attempt  pay.AttemptID
	Provider pay.Provider
	Channel  pay.ChannelKey
}

// StepEnd is how a step ended. Nothing in it is secret or about a buyer.
type StepEnd struct {
	Merchant pay.MerchantID
	Payment  pay.PaymentID
	Attempt  pay.AttemptID
	// Outcome of StepIntend is "committed" or "refused", of StepAsk "answered",
	// "declined", "unknown", "not_sent" or "misconfigured", and of StepLearn the
	// attempt's status, or "failed" when nothing could be recorded.
	Outcome string
	Class   string // our word for a refusal, of StepLearn
	Code    string // the provider's code, of StepLearn
	Took    time.Duration
}

// begin tells Options.Observe of a step, and how to tell of its end; nil when
// nobody wants to know.
func (g *Gateway) begin(ctx context.Context, s Step) (context.Context, *underway) {
	if g.observe == nil {
		return ctx, nil
	}
	ctx, end := g.observe(ctx, s)
	return ctx, &underway{end: end, began: time.Now()}
}

// beginFor is begin for a step of a payment and an attempt that are known.
func (g *Gateway) beginFor(ctx context.Context, name StepName, p pay.Payment, a pay.Attempt) (context.Context, *underway) {
	if g.observe == nil {
		return ctx, nil
	}
	return g.begin(ctx, Step{name, a.Kind, p.Merchant, p.ID, a.ID, p.Provider, p.Channel})
}

// ofKey and ofReceipt are the issue of a billing key, and what is asked about a cash
// receipt, as the steps of calls that move money are told: the key or the call about
// the receipt is the attempt.
func ofKey(k pay.BillingKey) (pay.Payment, pay.Attempt) {
	return pay.Payment{Merchant: k.Merchant, ID: k.Payment, Provider: k.Provider, Channel: k.Channel}, pay.Attempt{ID: pay.AttemptID(k.ID), Kind: pay.AttemptIssueKey}
}

func ofReceipt(r pay.Receipt, call pay.AttemptID) (pay.Payment, pay.Attempt) {
	return pay.Payment{Merchant: r.Merchant, ID: r.Payment, Provider: r.Provider, Channel: r.Channel}, pay.Attempt{ID: call, Kind: pay.AttemptReceipt}
}

// underway is a step somebody watches. All of its methods do nothing on nil.
type underway struct {
	end   func(StepEnd)
	began time.Time
}

func (u *underway) finish(p pay.Payment, a pay.Attempt, outcome string) {
	if u == nil {
		return
	}
	u.end(StepEnd{
		Merchant: p.Merchant, Payment: p.ID, Attempt: a.ID, Outcome: outcome, Class: a.Class, Code: a.Code, Took: time.Since(u.began),
	})
}

func (u *underway) intended(p pay.Payment, a pay.Attempt, err error) {
	outcome := "committed"
	if err != nil {
		outcome = "refused"
	}
	u.finish(p, a, outcome)
}

func (u *underway) answered(p pay.Payment, a pay.Attempt, out connector.Outcome, err error) {
	outcome := "answered"
	switch {
	case err != nil:
		outcome = strings.ReplaceAll(connector.KindOf(err).String(), " ", "_")
	case out.Verdict == connector.Declined:
		outcome = "declined"
	}
	u.finish(p, a, outcome)
}

func (u *underway) learned(p pay.Payment, a pay.Attempt, err error) {
	outcome := string(a.Status)
	if err != nil {
		outcome = "failed"
	}
	u.finish(p, a, outcome)
}

// judged is learned for what has no row among the attempts.
func (u *underway) judged(p pay.Payment, a pay.Attempt, v verdict, err error) {
	a.Status, _ = pay.Attempts.Next(pay.AttemptStarted, v.event)
	a.Class, a.Code = string(v.why.class), v.why.code
	u.learned(p, a, err)
}

// reason is our word for a failure, out of few: a DeclineCode, or that of our own
// codes without its prefix.
func (f failure) reason() string {
	own, ok := strings.CutPrefix(f.code, "NARU_")
	switch {
	case f.class != "":
		return string(f.class)
	case ok:
		return strings.ToLower(own)
	case f.code == codeLeft:
		return string(connector.DeclineByCustomer)
	case f.code == codePaid:
		return "order_paid"
	}
	return string(connector.DeclineOther)
}
