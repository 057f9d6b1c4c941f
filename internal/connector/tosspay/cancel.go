package tosspay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const (
	maxRefundNo = 36
	maxReason   = 255
	// reasonSigns may stand in a reason beside Korean, digits and Latin letters.
	reasonSigns = "_-:.^@()[]#/!%?& "
)

// Cancel gives money back: "결제 환불". The same call may be sent again: its key
// is the refundNo. The snapshot is asked for afterwards; if that fails it holds
// only the movement, of which the answer of the refund tells. A refusal because the payment
// stands otherwise than the gateway thought comes with a snapshot if it can be had.
func (s *shop) Cancel(ctx context.Context, call connector.Call, c connector.Cancel) (connector.Outcome, error) {
	const op = "cancel"
	in, err := s.refundBody(call, c)
	if err != nil {
		return connector.Outcome{}, err
	}
	var p refunded
	no, err := s.do(ctx, call, op, "/api/v2/refunds", in, &p)
	if err != nil {
		return connector.Outcome{}, err
	}
	if no == nil {
		c.Ref.Data = remember(c.Ref.Data).with(in).data()
		return s.refundOutcome(ctx, c, p)
	}
	out := no.declined()
	if no.class != stale && no.class != before {
		return out, nil
	}
	snap, err := s.Query(ctx, c.Ref)
	switch {
	case err == nil && no.Code == refundNoUsed:
		out := doneBefore(c, snap)
		if out.Verdict == connector.Approved {
			out.Snapshot.Ref.Data = remember(c.Ref.Data).with(in).data()
		}
		return out, nil
	case err == nil:
		out.Snapshot = &snap
	case no.Code == refundNoUsed:
		return connector.Outcome{}, s.fail(connector.Unknown, op, no.Status, fmt.Errorf("%s, and asking how it stands failed: %v", no.Code, err))
	default:
		s.Log.Warn("a refused cancel could not be followed by a query", "order", c.Ref.Order, "error", err)
	}
	return out, nil
}

// doneBefore is the outcome when the provider says that our refundNo was used.
// Nobody else makes our numbers, so it was used by the try whose answer was
// lost, and its refund is the newest of that amount; the provider does not
// show refund numbers.
func doneBefore(c connector.Cancel, snap connector.Snapshot) connector.Outcome {
	out := connector.Outcome{Snapshot: &snap}
	for _, m := range snap.Movements {
		if m.Kind == pay.MovementCancel && m.Amount == c.Amount.Total.Minor {
			out.Verdict, out.Made = connector.Approved, m.Key
		}
	}
	return out
}

// refundBody: a payment created with an explicit VAT must be refunded with one,
// otherwise its remaining taxable balance goes wrong (PortOne V1, "토스페이" 유의사항).
// No payment of ours has a service fee, so no refund gives one back. All that is
// left goes back by sending no amount: "결제 환불".
func (s *shop) refundBody(call connector.Call, c connector.Cancel) (refundRequest, error) {
	const op = "cancel"
	switch {
	case c.Ref.Key == "":
		return refundRequest{}, s.fail(connector.NotSent, op, 0, errors.New("the payToken is not known"))
	case call.Key == "" || len(call.Key) > maxRefundNo:
		return refundRequest{}, s.fail(connector.NotSent, op, 0, fmt.Errorf("refundNo %q must have 1 to %d characters", call.Key, maxRefundNo))
	case !c.Full() && c.Amount.Total.Minor <= 0:
		return refundRequest{}, s.fail(connector.Misconfigured, op, 0, fmt.Errorf("amount %d must be above 0", c.Amount.Total.Minor))
	}
	in := refundRequest{
		APIKey: s.Credentials[APIKey].Reveal(), PayToken: c.Ref.Key, RefundNo: string(call.Key), Idempotent: true, Reason: reason(c.Reason),
	}
	if c.Full() {
		return in, nil
	}
	total, taxFree := c.Amount.Total.Minor, c.Amount.TaxFree
	in.Amount, in.AmountTaxFree = &total, &taxFree
	if c.Paid.VAT != nil {
		known := remember(c.Ref.Data)
		vat := refundVAT(c, known)
		if before, sent := known.Refunds[in.RefundNo]; sent { // the same again
			vat = before.VAT
		}
		taxable := total - taxFree - vat
		in.AmountVAT, in.AmountTaxable = &vat, &taxable
	}
	return in, nil
}

// reason keeps what the provider allows in a reason.
func reason(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || unicode.Is(unicode.Hangul, r) || strings.ContainsRune(reasonSigns, r) {
			return r
		}
		return ' '
	}, text)
	return strings.TrimSpace(httpcall.Cut(strings.TrimSpace(clean), maxReason))
}

func (s *shop) refundOutcome(ctx context.Context, c connector.Cancel, p refunded) (connector.Outcome, error) {
	const op = "cancel"
	if p.TransactionID == "" || p.PayToken != c.Ref.Key {
		return connector.Outcome{}, s.fail(connector.Unknown, op, 0, errors.New("the answer has no transactionId or is about another payment"))
	}
	out := connector.Outcome{Verdict: connector.Approved, Made: p.TransactionID}
	snap, err := s.Query(ctx, c.Ref)
	if err == nil {
		if i := slices.IndexFunc(snap.Movements, func(m pay.Movement) bool { return m.Key == p.TransactionID }); i >= 0 {
			snap.Movements[i].Reason, snap.Movements[i].TaxFree = c.Reason, c.Amount.TaxFree
			out.Snapshot = &snap
			return out, nil
		}
	} else {
		s.Log.Warn("a refund could not be followed by a query", "order", c.Ref.Order, "error", err)
	}
	only := s.refundOnly(c, p)
	out.Snapshot = &only
	return out, nil
}

// refundOnly is what the answer of a refund tells by itself: one movement, and
// nothing of how the payment stands as a whole.
func (s *shop) refundOnly(c connector.Cancel, p refunded) connector.Snapshot {
	amount := c.Amount.Total.Minor
	if p.RefundedAmount != nil && *p.RefundedAmount != 0 {
		amount = abs(int64(*p.RefundedAmount))
	}
	return connector.Snapshot{
		Ref: c.Ref, Stage: connector.StageUnknown, Amount: c.Paid.Total, TaxFree: c.Paid.TaxFree, Test: s.Mode != pay.ModeLive,
		Movements: []pay.Movement{{
			Key: p.TransactionID, Kind: pay.MovementCancel, Amount: amount, TaxFree: c.Amount.TaxFree,
			At: s.when(p.ApprovalTime, ""), Reason: c.Reason,
		}},
	}
}
