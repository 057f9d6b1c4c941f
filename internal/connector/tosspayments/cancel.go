package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const (
	maxReason     = 200 // "결제 취소", cancelReason
	defaultReason = "결제 취소"
)

// Cancel gives money back: "결제 취소". A refusal because the payment stands
// otherwise than the gateway thought comes with a fresh snapshot, if it can be had.
func (s *shop) Cancel(ctx context.Context, call connector.Call, c connector.Cancel) (connector.Outcome, error) {
	const op = "cancel"
	if c.Ref.Key == "" {
		return connector.Outcome{}, s.notSent(op, errors.New("the payment key is not known"))
	}
	in, err := cancelBody(c)
	if err != nil {
		return connector.Outcome{}, s.misconfigured(op, err)
	}
	var p payment
	no, err := s.do(ctx, call, op, http.MethodPost, "/v1/payments/"+url.PathEscape(c.Ref.Key)+"/cancel", in, &p)
	if err != nil {
		return connector.Outcome{}, err
	}
	if no == nil {
		snap, err := s.answered(op, p, c.Ref)
		if err != nil {
			return connector.Outcome{}, err
		}
		return cancelOutcome(p, snap), nil
	}
	out := no.declined()
	if no.class == stale || no.class == before {
		if snap, err := s.Query(ctx, c.Ref); err == nil {
			out.Snapshot = &snap
		} else {
			s.Log.Warn("a refused cancel could not be followed by a query", "order", c.Ref.Order, "error", err)
		}
	}
	return out, nil
}

func cancelBody(c connector.Cancel) (cancelRequest, error) {
	in := cancelRequest{CancelReason: httpcall.Cut(c.Reason, maxReason), TaxFreeAmount: c.Amount.TaxFree}
	if in.CancelReason == "" {
		in.CancelReason = defaultReason
	}
	if !c.Full() {
		if c.Amount.Total.Minor <= 0 {
			return in, fmt.Errorf("cancelAmount %d must be above 0", c.Amount.Total.Minor)
		}
		in.CancelAmount = c.Amount.Total.Minor
	}
	if to := c.RefundTo; to != nil {
		bank, ok := codes.BankTo(pay.TossPayments, to.Bank)
		if !ok {
			return in, fmt.Errorf("refundReceiveAccount.bank: the provider has no code for bank %.20q", to.Bank)
		}
		in.RefundReceiveAccount = &refundAccount{Bank: bank, AccountNumber: to.Number.Reveal(), HolderName: to.Holder}
	}
	return in, nil
}

// cancelOutcome finds the cancel that was just made: the newest transaction.
// Overseas cancels may still be running, or have been given up.
func cancelOutcome(p payment, snap connector.Snapshot) connector.Outcome {
	out := connector.Outcome{Snapshot: &snap}
	for _, c := range p.Cancels {
		if c.TransactionKey != p.lastKey() {
			continue
		}
		switch {
		case c.done():
			out.Verdict = connector.Approved
			if snap.Stage != connector.StageDead { // dead: an account taken back, no money moved
				out.Made = c.TransactionKey
			}
		case c.CancelStatus == "ABORTED":
			out.Verdict = connector.Declined
			out.Decline = &connector.Decline{Code: connector.DeclineOther, ProviderCode: c.CancelStatus}
		}
		return out
	}
	return out
}
