package tosspayments

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
)

const opCheck = "check"

// checkReach is how far back Check looks for a payment that tells about its shop.
const checkReach = 30 * 24 * time.Hour

// Check asks for an order that is not there ("결제 조회"): a good key is answered
// that there is none. Nothing answers for the client key, which browsers use.
func (s *shop) Check(ctx context.Context, order string) (connector.CheckReport, error) {
	out := connector.CheckReport{Unheard: []string{ClientKey}}
	var p payment
	no, err := s.do(ctx, connector.Call{}, request{op: opCheck, method: http.MethodGet, path: orderPath(order)}, &p)
	refusal, isError := errors.AsType[*connector.Error](err)
	switch {
	case isError && refusal.Kind == connector.Misconfigured:
		out.Key, out.Code, out.Message = verdictOf(refusal.Code), refusal.Code, refusal.Message
		return out, nil
	case err != nil:
		return out, err
	case no != nil && no.Code != notFound && no.Code != "NOT_FOUND":
		return out, s.because(opCheck, connector.Unknown, no)
	}
	out.Key = connector.KeyAccepted
	out.Older = s.tooOld(ctx)
	if no != nil {
		p = s.newest(ctx)
	}
	out.MID, out.Version = p.MID, p.Version
	return out, nil
}

// verdictOf is what a refusal of our credentials says of the key.
func verdictOf(code string) connector.KeyVerdict {
	switch code {
	case "NOT_SUPPORTED_WIDGET_KEY", "INSECURE_KEY_USAGE":
		return connector.KeyMisused
	}
	return connector.KeyRejected
}

// tooOld asks for what only the wanted version and later ones have: "현금영수증
// 조회" from an older one is API_VERSION_UPDATE_NEEDED.
func (s *shop) tooOld(ctx context.Context) bool {
	q := url.Values{"requestDate": {s.Now().In(httpcall.KST()).Format(time.DateOnly)}, "limit": {"1"}}
	_, err := s.do(ctx, connector.Call{}, request{op: opCheck, method: http.MethodGet, path: "/v1/cash-receipts?" + q.Encode()}, nil)
	refusal, isError := errors.AsType[*connector.Error](err)
	return isError && refusal.Code == "API_VERSION_UPDATE_NEEDED"
}

// newest is a payment of late ("거래 조회", then "결제 조회"), which tells its shop
// and the version it is answered in; zero without one.
func (s *shop) newest(ctx context.Context) payment {
	const layout = "2006-01-02T15:04:05"
	now := s.Now().In(httpcall.KST())
	q := url.Values{"startDate": {now.Add(-checkReach).Format(layout)}, "endDate": {now.Format(layout)}, "limit": {"1"}}
	page, err := listed[transaction](ctx, s, opCheck, "/v1/transactions?"+q.Encode())
	if err != nil || len(page) == 0 || page[0].PaymentKey == "" {
		return payment{}
	}
	var p payment
	if no, err := s.do(ctx, connector.Call{}, request{op: opCheck, method: http.MethodGet, path: keyPath(page[0].PaymentKey)}, &p); err != nil || no != nil {
		return payment{}
	}
	return p
}
