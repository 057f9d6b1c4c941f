package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const (
	maxReason     = 200 // "결제 취소", cancelReason
	defaultReason = "결제 취소"
	maxAccount    = 20 // refundReceiveAccount.accountNumber
	maxHolder     = 60 // refundReceiveAccount.holderName
)

// Cancel gives money back: "결제 취소". A virtual account that waits for its
// deposit is taken back by a full cancel without RefundTo, and then no money
// moved; after the deposit RefundTo is needed. A refusal that may mean that the
// payment stands otherwise than the gateway thought comes with a fresh snapshot,
// if it can be had.
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
	no, err := s.do(ctx, call, request{op: op, method: http.MethodPost, path: keyPath(c.Ref.Key) + "/cancel", body: in, secrets: refundSecrets(c)}, &p)
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
	if no.class == stale || no.class == before || c.Method == pay.MethodVbank && c.RefundTo == nil { // a deposit may have come in between
		if snap, err := s.Query(ctx, c.Ref); err == nil {
			out.Snapshot = &snap
		} else {
			s.Log.Warn("a refused cancel could not be followed by a query", "order", c.Ref.Order, "error", err)
		}
	}
	return out, nil
}

func cancelBody(c connector.Cancel) (in cancelRequest, err error) {
	in = cancelRequest{CancelReason: httpcall.Cut(c.Reason, maxReason), TaxFreeAmount: c.Amount.TaxFree}
	if in.CancelReason == "" {
		in.CancelReason = defaultReason
	}
	if !c.Full() {
		if c.Amount.Total.Minor <= 0 {
			return in, fmt.Errorf("cancelAmount %d must be above 0", c.Amount.Total.Minor)
		}
		in.CancelAmount = c.Amount.Total.Minor
	}
	if c.RefundTo != nil {
		in.RefundReceiveAccount, err = refundTo(*c.RefundTo)
	}
	return in, err
}

// refundTo is the account as the provider wants it. No error shows the number.
func refundTo(to connector.BankAccount) (*refundAccount, error) {
	bank, ok := codes.BankTo(pay.TossPayments, to.Bank)
	number := plainNumber(to.Number)
	switch {
	case !ok:
		return nil, fmt.Errorf("refundReceiveAccount.bank: the provider has no code for bank %.20q", to.Bank)
	case number == "" || len(number) > maxAccount || strings.Trim(number, "0123456789") != "":
		return nil, fmt.Errorf("refundReceiveAccount.accountNumber has %d characters: it must have 1 to %d digits, with or without dashes", len(number), maxAccount)
	case to.Holder == "" || len([]rune(to.Holder)) > maxHolder:
		return nil, fmt.Errorf("refundReceiveAccount.holderName has %d characters: it must have 1 to %d", len([]rune(to.Holder)), maxHolder)
	}
	return &refundAccount{Bank: bank, AccountNumber: number, HolderName: to.Holder}, nil
}

// plainNumber is an account number without what people put between its parts.
func plainNumber(number pay.Secret) string {
	return strings.NewReplacer("-", "", " ", "").Replace(number.Reveal())
}

func refundSecrets(c connector.Cancel) []pay.Secret {
	if c.RefundTo == nil {
		return nil
	}
	return []pay.Secret{c.RefundTo.Number, pay.Secret(plainNumber(c.RefundTo.Number))}
}

// cancelOutcome finds the cancel that was just made: the newest transaction.
// Overseas cancels may still be running, or have been given up. An account that
// was taken back is done whatever its cancels say: no money moved.
func cancelOutcome(p payment, snap connector.Snapshot) connector.Outcome {
	out := connector.Outcome{Snapshot: &snap}
	if snap.Stage == connector.StageDead && p.Status == statusCanceled {
		out.Verdict = connector.Approved
		return out
	}
	for _, c := range p.Cancels {
		if c.TransactionKey != p.lastKey() {
			continue
		}
		switch {
		case c.done():
			out.Verdict = connector.Approved
			out.Made = c.TransactionKey
		case c.CancelStatus == "ABORTED":
			out.Verdict = connector.Declined
			out.Decline = &connector.Decline{Code: connector.DeclineOther, ProviderCode: c.CancelStatus}
		}
		return out
	}
	return out
}
