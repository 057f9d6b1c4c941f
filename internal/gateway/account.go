package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// IssueAccount has a virtual account issued for an order. The order number is
// not reserved: several accounts of one order may wait side by side, and the
// first deposit counts.
func (g *Gateway) IssueAccount(ctx context.Context, r AccountRequest) (pay.Payment, error) {
	if p, told, err := g.chargedBefore(ctx); told {
		return p, err
	}
	if err := checkCharge(r.Charge); err != nil {
		return pay.Payment{}, err
	}
	if !r.Due.After(g.now()) {
		return pay.Payment{}, &Invalid{"vbank_due", fmt.Sprintf("%d is not in the future", r.Due.Unix())}
	}
	on, err := serverChannel[connector.AccountIssuer](ctx, g, r.Merchant, r.Channel, pay.ChannelPayment, anyKind)
	if err != nil {
		return pay.Payment{}, err
	}
	if r.FixedKey != "" && !on.ch.Options.FixedAccounts {
		return pay.Payment{}, ErrFixedAccounts
	}
	if _, ok := codes.BankTo(on.ch.Provider, r.Bank); !ok {
		return pay.Payment{}, &Invalid{"vbank_code", fmt.Sprintf("%q is no bank that %s knows; GET /banks lists the codes", r.Bank, on.ch.Provider)}
	}
	p := newCharge(on.ch, r.Merchant, r.Charge)
	p.Method = pay.MethodVbank
	p.Details.Account = &pay.VirtualAccount{Bank: r.Bank, Due: r.Due, Fixed: r.FixedKey != ""}
	return g.chargeNow(ctx, on, asking{
		kind: pay.AttemptIssueAccount, test: r.TestCode,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			if err := checkUnused(ctx, tx, p.Merchant, p.MerchantUID); err != nil {
				return p, pay.Attempt{}, orderUsed(err)
			}
			now, err := g.insertCharge(ctx, tx, p)
			return now, pay.Attempt{Amount: p.Amount.Total.Minor}, err
		},
		call: func(ctx context.Context, conn connector.Connector, call connector.Call, p pay.Payment) (connector.Outcome, error) {
			return on.can.IssueAccount(ctx, call, connector.AccountSpec{
				Order: p.Ref.Order, Name: nameOf(p), Amount: p.Amount, Bank: r.Bank, Due: r.Due, FixedKey: r.FixedKey, Buyer: p.Buyer,
			})
		},
	})
}

// RevokeAccount takes a virtual account back that waits for its deposit; the
// payment fails. One that was deposited meanwhile is ErrNotAccount.
func (g *Gateway) RevokeAccount(ctx context.Context, m pay.MerchantID, id pay.PaymentID, testCode string) (pay.Payment, error) {
	if p, told, err := g.cancelledBefore(ctx); told {
		return p, err
	}
	p, a, err := g.ask(ctx, m, id, asking{
		kind: pay.AttemptRevokeAccount, test: testCode,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			p, err := tx.Payment(ctx, m, id)
			if err != nil {
				return p, pay.Attempt{}, translate(err, store.ErrNotFound, ErrNoPayment)
			}
			if p.Status != pay.StatusAwaitingDeposit {
				return p, pay.Attempt{}, ErrNotAccount
			}
			open, err := tx.OpenAttempts(ctx, m, id)
			if err == nil && len(open) > 0 { // one is under way: its outcome decides
				err = ErrOutcomeUnknown
			}
			if err == nil {
				err = tx.AuditByHand(ctx, store.Change{Merchant: m, Action: "payment.revoke_account", Target: string(id), Payment: id,
					Before: map[string]any{"status": p.Status, "amount": p.Amount.Total.Minor}})
			}
			return p, pay.Attempt{}, err
		},
		call: askRevoke,
	})
	if errors.Is(err, ErrOutcomeUnknown) && a.ID != "" {
		return g.cancelOutcome(ctx, a)
	}
	if err != nil {
		return p, err
	}
	if p.Status == pay.StatusPaid {
		return p, ErrNotAccount
	}
	return p, cancelRefused(a)
}

func askRevoke(ctx context.Context, conn connector.Connector, call connector.Call, p pay.Payment) (connector.Outcome, error) {
	canceler, err := connector.As[connector.Canceler](conn)
	if err != nil {
		return connector.Outcome{}, notSent(err)
	}
	return canceler.Cancel(ctx, call, connector.Cancel{Ref: p.Ref, Method: p.Method, Paid: p.Amount, Amount: p.Amount, Left: p.Amount.Total, Reason: reasonRevoked})
}

// revokeShownBy reads from a payment's state whether its account was taken back.
func revokeShownBy(out connector.Outcome, s connector.Snapshot) connector.Outcome {
	switch {
	case s.Stage == connector.StageDead && !lapsed(s):
		out.Verdict = connector.Approved
	case s.Stage == connector.StageDead, s.Stage == connector.StagePaid, s.Stage == connector.StageCancelled:
		out.Verdict, out.Decline = connector.Declined, &connector.Decline{Code: connector.DeclineState, ProviderCode: s.RawStatus, ProviderMessage: textDeposited}
	}
	return out
}

// lapsed reports whether a dead payment died of its time and nothing else.
func lapsed(s connector.Snapshot) bool {
	return s.Decline != nil && s.Decline.Code == connector.DeclineExpired
}

// account steps a payment whose virtual account was issued, or taken back. One
// whose time has passed stays as it is, as V1 has it.
func (b books) account(ctx context.Context, p pay.Payment, s connector.Snapshot) (pay.Payment, error) {
	switch {
	case s.Stage == connector.StageAwaitingDeposit && (p.Status == pay.StatusCreated || p.Status == pay.StatusConfirming):
		return b.issued(ctx, p, s)
	case s.Stage == connector.StageAwaitingDeposit && p.Status == pay.StatusPaid && b.fresh:
		return b.waitsAgain(ctx, p, s)
	case s.Stage == connector.StageDead && p.Status == pay.StatusPaid && p.Details.Account != nil && !lapsed(s):
		// the bank took the deposit back, and then the account was closed
		now, err := b.waitsAgain(ctx, p, s)
		if err != nil {
			return p, err
		}
		return b.account(ctx, now, s)
	case s.Stage == connector.StageDead && p.Status == pay.StatusAwaitingDeposit && !lapsed(s):
		p.FailCode, p.FailReason, p.FailedAt = codeRevoked, textRevoked, b.tx.Now
		return b.tx.StepPayment(ctx, p, pay.EvAccountRevoked, s.RawStatus)
	}
	return p, nil
}

// issued: the order number is free again, and the deposit is looked for now and
// then, should its notice get lost.
func (b books) issued(ctx context.Context, p pay.Payment, s connector.Snapshot) (pay.Payment, error) {
	next, err := b.tx.StepPayment(ctx, p, pay.EvAccountIssued, s.RawStatus)
	if err != nil {
		return p, err
	}
	if err := b.tx.Release(ctx, next.Merchant, next.MerchantUID, next.ID); err != nil {
		return p, err
	}
	if err := b.tx.Enqueue(ctx, next.Merchant, JobSync, string(next.ID), syncArg{next.Merchant}, nextLook(next, b.tx.Now)); err != nil {
		return p, err
	}
	return next, b.tell(ctx, next)
}

// waitsAgain: the bank took a deposit back.
func (b books) waitsAgain(ctx context.Context, p pay.Payment, s connector.Snapshot) (pay.Payment, error) {
	p.PaidAt, p.Details.ReceiptURL, p.Details.CashReceipt = time.Time{}, "", false
	next, err := b.tx.StepPayment(ctx, p, pay.EvDepositReversed, s.RawStatus)
	if err != nil {
		return p, err
	}
	if err := b.tx.Release(ctx, next.Merchant, next.MerchantUID, next.ID); err != nil {
		return p, err
	}
	if err := b.alarm(ctx, next, "deposit_reversed", fmt.Sprintf("the bank took back the deposit of %d", next.Amount.Total.Minor)); err != nil {
		return p, err
	}
	if err := b.tx.Enqueue(ctx, next.Merchant, JobSync, string(next.ID), syncArg{next.Merchant}, nextLook(next, b.tx.Now)); err != nil {
		return p, err
	}
	return next, b.tell(ctx, next)
}

// reversed records that a deposit on the books is not with the provider any
// more: the payment waits again or was closed without it, or there is a younger deposit, and only one can
// stand. A partly cancelled payment is left to a person: which money went back
// cannot be told.
func (b books) reversed(ctx context.Context, p pay.Payment, s connector.Snapshot) error {
	paid := p.Status == pay.StatusPaid || p.Status == pay.StatusPartiallyCancelled
	waits := s.Stage == connector.StageAwaitingDeposit && paid
	closed := s.Stage == connector.StageDead && paid && p.Details.Account != nil && !lapsed(s)
	switch {
	case waits && !b.fresh: // it may be an older answer: ask again
		return b.tx.Enqueue(ctx, p.Merchant, JobSync, string(p.ID), syncArg{p.Merchant}, b.tx.Now)
	case (waits || closed) && p.Status == pay.StatusPartiallyCancelled:
		return b.alarm(ctx, p, "deposit_reversed", "the bank took a deposit back of which a part was given back already")
	case s.Stage == connector.StageCancelled && p.Status == pay.StatusPaid && p.Details.Account != nil && !gaveBack(s):
		return b.alarm(ctx, p, "deposit_reversed", "the provider ended the payment though nothing was cancelled: the bank took the deposit back")
	}
	if p.Details.Account == nil { // then nothing was deposited
		return nil
	}
	moved, err := b.tx.Movements(ctx, p.Merchant, p.ID)
	if err != nil {
		return err
	}
	for _, m := range moved {
		if m.Kind != pay.MovementDeposit || isReversed(m, moved) || !waits && !closed && !overtaken(m, s.Movements) {
			continue
		}
		if !waits && !closed { // no step follows: answers to older questions must not count as fresh
			if p, err = b.tx.UpdatePayment(ctx, p); err != nil {
				return err
			}
		}
		m.Key, m.Kind, m.At, m.Attempt = m.Key+reversedKey, pay.MovementDepositReversal, b.tx.Now, ""
		if _, err := b.tx.AddMovement(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func isReversed(d pay.Movement, moved []pay.Movement) bool {
	return slices.ContainsFunc(moved, func(m pay.Movement) bool { return m.Key == d.Key+reversedKey })
}

// gaveBack reports whether a snapshot tells of money that was given back.
func gaveBack(s connector.Snapshot) bool {
	return slices.ContainsFunc(s.Movements, func(m pay.Movement) bool { return m.Kind == pay.MovementCancel })
}

// reversedKey marks the reversal of a deposit: providers have no name for it.
const reversedKey = ":reversed"

// depositedTwice: a deposit came in for an order that another payment holds.
// Where it is to be sent back to only the buyer knows, so a person sees to it.
func (b books) depositedTwice(ctx context.Context, p pay.Payment) (pay.Payment, error) {
	text := fmt.Sprintf("%d %s was deposited for order %q, which another payment has paid: ask the buyer for an account and refund it at the provider",
		p.Left(), p.Amount.Total.Currency, p.MerchantUID)
	if p.Status == pay.StatusAwaitingDeposit {
		p.FailCode, p.FailReason, p.FailedAt = codeTwice, textSettle, b.tx.Now
		next, err := b.tx.StepPayment(ctx, p, pay.EvAccountRevoked, codeTwice)
		if err != nil {
			return p, err
		}
		p = next
	}
	b.g.log.ErrorContext(ctx, "order paid twice", "payment", p.ID, "merchant_uid", p.MerchantUID)
	return p, b.alarm(ctx, p, "paid_twice", text)
}

// lookEvery is how often a virtual account is asked about without being told to.
const lookEvery = 6 * time.Hour

// lookFor is how long after its due time an account is still asked about: a
// bank may let a late deposit in.
const lookFor = 48 * time.Hour

// nextLook is when a waiting account is asked about next: soon after its time
// has passed, and before that every few hours.
func nextLook(p pay.Payment, now time.Time) time.Time {
	next := now.Add(lookEvery)
	if a := p.Details.Account; a != nil && a.Due.After(now) {
		if due := a.Due.Add(10 * time.Minute); due.Before(next) {
			return due
		}
	}
	return next
}

func (g *Gateway) lookAgain(p pay.Payment) error {
	now := g.now()
	if a := p.Details.Account; a != nil && now.After(a.Due.Add(lookFor)) {
		return nil
	}
	return jobs.RetryAt(nextLook(p, now), nil)
}
