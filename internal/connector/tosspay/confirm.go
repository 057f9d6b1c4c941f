package tosspay

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Confirm asks for the money: "결제 승인". It must not be repeated: a lost answer
// is settled by Query. An approval of another amount than asked for is Pending,
// with the snapshot that tells it.
func (s *shop) Confirm(ctx context.Context, call connector.Call, ref pay.Ref, amount pay.Breakdown) (connector.Outcome, error) {
	const op = "confirm"
	if ref.Key == "" || ref.Order == "" {
		return connector.Outcome{}, s.fail(connector.NotSent, op, 0, errors.New("the payToken or the order is not known"))
	}
	var p executed
	no, err := s.do(ctx, call, op, "/api/v2/execute",
		executeRequest{APIKey: s.Credentials[APIKey].Reveal(), PayToken: ref.Key, OrderNo: ref.Order}, &p)
	if err != nil {
		return connector.Outcome{}, err
	}
	return s.judge(ctx, op, p, no, ref, amount)
}

// judge says what the answer to a request for money means. A refusal that says
// it was taken before, or that the payment stands otherwise, is settled by
// asking at once.
func (s *shop) judge(ctx context.Context, op string, p executed, no *refusal, ref pay.Ref, amount pay.Breakdown) (connector.Outcome, error) {
	switch {
	case no == nil:
		snap, err := s.approval(op, p, ref, amount)
		if err != nil {
			return connector.Outcome{}, err
		}
		return s.confirmed(snap, amount, nil), nil
	case no.class == before, no.class == stale:
		snap, err := s.Query(ctx, ref)
		if err != nil {
			return connector.Outcome{}, s.fail(connector.Unknown, op, no.Status, fmt.Errorf("%s, and asking how it stands failed: %v", no.Code, err))
		}
		return s.confirmed(snap, amount, no), nil
	}
	return no.declined(), nil
}

// approval is the snapshot of an approval's own answer. It has no tax split, so
// the one that was asked for is taken.
func (s *shop) approval(op string, p executed, ref pay.Ref, asked pay.Breakdown) (connector.Snapshot, error) {
	if p.PayToken == "" || p.OrderNo == "" || p.TransactionID == "" || p.Amount == nil || *p.Amount < 0 {
		return connector.Snapshot{}, s.fail(connector.Unknown, op, 0, errors.New("the answer has no payToken, orderNo, transactionId or amount"))
	}
	if err := s.about(op, pay.Ref{Order: p.OrderNo, Key: p.PayToken}, ref); err != nil {
		return connector.Snapshot{}, err
	}
	known := remember(ref.Data)
	known.CashReceipt = known.CashReceipt || p.CashReceiptMgtKey != ""
	out := connector.Snapshot{
		Ref: pay.Ref{Order: p.OrderNo, Key: p.PayToken, Data: known.data()}, Stage: connector.StagePaid,
		Amount: pay.Won(int64(*p.Amount)), TaxFree: asked.TaxFree, RawStatus: "PAY_COMPLETE", Test: s.test(p.Mode, p.OrderNo),
	}
	out.Method, out.Details = s.instrument(p.PayMethod, p.card.V, known)
	out.Movements = []pay.Movement{{
		Key: p.TransactionID, Kind: pay.MovementApproval, Amount: out.Amount.Minor, TaxFree: out.TaxFree,
		At: s.when(p.ApprovalTime, ""), ReceiptURL: out.Details.ReceiptURL,
	}}
	return out, nil
}

// confirmed says what a payment's state means for the request to approve it.
func (s *shop) confirmed(snap connector.Snapshot, asked pay.Breakdown, no *refusal) connector.Outcome {
	out := connector.Outcome{Snapshot: &snap}
	switch snap.Stage {
	case connector.StagePaid, connector.StageCancelled:
		if snap.Amount != asked.Total {
			s.Log.Error("the provider approved another amount than was asked for",
				"order", snap.Ref.Order, "asked", asked.Total.String(), "approved", snap.Amount.String())
			return out
		}
		out.Verdict, out.Made = connector.Approved, snap.Movements[0].Key
	case connector.StageDead:
		out.Verdict, out.Decline = connector.Declined, snap.Decline
	case connector.StageOpen, connector.StageAuthenticated:
		if no != nil && no.class == stale { // it says no, and that nothing came of it
			out.Verdict, out.Decline = connector.Declined, no.decline()
		}
	}
	return out
}
