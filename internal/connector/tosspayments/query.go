package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Query asks how a payment stands: "결제 조회", by its payment key if that is
// known, otherwise by order, which gives the newest payment of the order.
func (s *shop) Query(ctx context.Context, ref pay.Ref) (connector.Snapshot, error) {
	const op = "query"
	var path string
	switch {
	case ref.Key != "":
		path = "/v1/payments/" + url.PathEscape(ref.Key)
	case ref.Order != "":
		path = "/v1/payments/orders/" + url.PathEscape(ref.Order)
	default:
		return connector.Snapshot{}, s.notSent(op, errors.New("neither the payment key nor the order is known"))
	}
	var p payment
	no, err := s.do(ctx, connector.Call{}, op, http.MethodGet, path, nil, &p)
	switch {
	case err != nil:
		return connector.Snapshot{}, err
	case no == nil:
		return s.answered(op, p, ref)
	case no.Code == notFound || no.Code == "NOT_FOUND":
		return connector.Snapshot{}, fmt.Errorf("tosspayments %s: %w", op, connector.ErrNotFound)
	}
	return connector.Snapshot{}, s.because(op, connector.Unknown, no)
}
