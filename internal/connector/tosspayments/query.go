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

// errForeign: the payment key came through a browser and belongs to another order.
var errForeign = errors.New("the payment key is another order's")

// Query asks how a payment stands: "결제 조회", by its payment key if that is
// known, otherwise by order, which gives the newest payment of the order. A key
// that turns out to be another order's is not ours to ask by.
func (s *shop) Query(ctx context.Context, ref pay.Ref) (connector.Snapshot, error) {
	if ref.Key != "" {
		snap, err := s.query(ctx, keyPath(ref.Key), ref)
		if !errors.Is(err, errForeign) {
			return snap, err
		}
		ref.Key = ""
	}
	if ref.Order == "" {
		return connector.Snapshot{}, s.notSent(opQuery, errors.New("neither the payment key nor the order is known"))
	}
	return s.query(ctx, orderPath(ref.Order), ref)
}

const opQuery = "query"

func keyPath(paymentKey string) string { return "/v1/payments/" + url.PathEscape(paymentKey) }
func orderPath(order string) string    { return "/v1/payments/orders/" + url.PathEscape(order) }

func (s *shop) query(ctx context.Context, path string, ref pay.Ref) (connector.Snapshot, error) {
	var p payment
	no, err := s.do(ctx, connector.Call{}, request{op: opQuery, method: http.MethodGet, path: path}, &p)
	switch {
	case err != nil:
		return connector.Snapshot{}, err
	case no == nil && ref.Order != "" && p.OrderID != "" && p.OrderID != ref.Order:
		return connector.Snapshot{}, fmt.Errorf("tosspayments %s: %w: %w", opQuery, errForeign, connector.ErrNotFound)
	case no == nil:
		return s.answered(opQuery, p, ref)
	case no.Code == notFound || no.Code == "NOT_FOUND":
		return connector.Snapshot{}, fmt.Errorf("tosspayments %s: %w", opQuery, connector.ErrNotFound)
	}
	return connector.Snapshot{}, s.because(opQuery, connector.Unknown, no)
}
