package tosspay

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Query asks how a payment stands: "결제 상태 조회", by payToken if that is known,
// otherwise by order number.
func (s *shop) Query(ctx context.Context, ref pay.Ref) (connector.Snapshot, error) {
	const op = "query"
	in := statusRequest{APIKey: s.Credentials[APIKey].Reveal()}
	switch {
	case ref.Key != "":
		in.PayToken = ref.Key
	case ref.Order != "":
		in.OrderNo = ref.Order
	default:
		return connector.Snapshot{}, s.fail(connector.NotSent, op, 0, errors.New("neither the payToken nor the order is known"))
	}
	var p status
	no, err := s.do(ctx, connector.Call{}, op, "/api/v2/status", in, &p)
	switch {
	case err != nil:
		return connector.Snapshot{}, err
	case no == nil:
	case no.Code == payNotFound || no.Code == transactionNotFound:
		return connector.Snapshot{}, fmt.Errorf("tosspay %s: %w", op, connector.ErrNotFound)
	default:
		return connector.Snapshot{}, s.because(op, connector.Unknown, no)
	}
	snap, err := s.snapshot(p, ref.Data)
	if err != nil {
		return connector.Snapshot{}, s.fail(connector.Unknown, op, 0, err)
	}
	if err := s.about(op, snap.Ref, ref); err != nil {
		return connector.Snapshot{}, err
	}
	return snap, nil
}

// about refuses an answer about another payment than was asked for.
func (s *shop) about(op string, got, asked pay.Ref) error {
	if (asked.Order != "" && got.Order != asked.Order) || (asked.Key != "" && got.Key != asked.Key) {
		return s.fail(connector.Unknown, op, 0, fmt.Errorf("the answer is about order %.80q, not %.80q", got.Order, asked.Order))
	}
	return nil
}
