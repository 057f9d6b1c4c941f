package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Confirm asks for the money: "결제 승인".
//
// An answer that the payment was confirmed before is settled by asking how it
// stands. An approval of another amount than asked for is Pending, with the
// snapshot that tells it.
func (s *shop) Confirm(ctx context.Context, call connector.Call, ref pay.Ref, amount pay.Breakdown) (connector.Outcome, error) {
	const op = "confirm"
	if ref.Key == "" || ref.Order == "" {
		return connector.Outcome{}, s.notSent(op, errors.New("the payment key or the order is not known"))
	}
	var p payment
	no, err := s.do(ctx, call, request{
		op: op, method: http.MethodPost, path: "/v1/payments/confirm",
		body: confirmRequest{PaymentKey: ref.Key, OrderID: ref.Order, Amount: amount.Total.Minor},
	}, &p)
	switch {
	case err != nil:
		return connector.Outcome{}, err
	case no == nil:
		snap, err := s.answered(op, p, ref)
		if err != nil {
			return connector.Outcome{}, err
		}
		return s.confirmed(snap, amount, nil), nil
	case no.class == before:
		snap, err := s.query(ctx, keyPath(ref.Key), ref)
		if errors.Is(err, errForeign) { // somebody else's payment was confirmed before; ours cannot be by this key
			return no.declined(), nil
		}
		if err != nil {
			return connector.Outcome{}, s.unknown(op, no.Status, fmt.Errorf("%s, and asking how it stands failed: %v", no.Code, err))
		}
		return s.confirmed(snap, amount, no.decline()), nil
	}
	return no.declined(), nil
}

// confirmed says what a payment's state means for the request to confirm it.
func (s *shop) confirmed(snap connector.Snapshot, asked pay.Breakdown, refusal *connector.Decline) connector.Outcome {
	out := connector.Outcome{Snapshot: &snap}
	switch snap.Stage {
	case connector.StagePaid, connector.StageCancelled, connector.StageAwaitingDeposit:
		if snap.Amount != asked.Total {
			s.Log.Error("the provider approved another amount than was asked for",
				"order", snap.Ref.Order, "asked", asked.Total.String(), "approved", snap.Amount.String())
			return out
		}
		out.Verdict = connector.Approved
		if len(snap.Movements) > 0 {
			out.Made = snap.Movements[0].Key
		}
	case connector.StageDead:
		out.Verdict, out.Decline = connector.Declined, snap.Decline
		if refusal != nil && snap.Decline == nil {
			out.Decline = refusal
		}
	}
	return out
}

// answered is the snapshot of an answer to a request about ref, and refuses an
// answer about something else.
func (s *shop) answered(op string, p payment, ref pay.Ref) (connector.Snapshot, error) {
	snap, err := s.snapshot(p, ref.Data)
	if err != nil {
		return snap, s.unknown(op, http.StatusOK, err)
	}
	if (ref.Order != "" && snap.Ref.Order != ref.Order) || (ref.Key != "" && snap.Ref.Key != ref.Key) {
		return snap, s.unknown(op, http.StatusOK, fmt.Errorf("the answer is about another payment than that of order %.80q", ref.Order))
	}
	return snap, nil
}
