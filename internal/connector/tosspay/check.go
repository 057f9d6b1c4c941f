package tosspay

import (
	"context"
	"errors"

	"naru/internal/connector"
)

// Check asks how an order stands that is not there ("결제 상태 조회"): a good key is
// answered that there is none. No answer names the MID.
func (s *shop) Check(ctx context.Context, order string) (connector.CheckReport, error) {
	const op = "check"
	var out connector.CheckReport
	var p status
	no, err := s.do(ctx, connector.Call{}, op, "/api/v2/status", statusRequest{APIKey: s.Credentials[APIKey].Reveal(), OrderNo: order}, &p)
	refusal, isError := errors.AsType[*connector.Error](err)
	switch {
	case isError && refusal.Kind == connector.Misconfigured:
		out.Key, out.Code, out.Message = connector.KeyRejected, refusal.Code, refusal.Message
		return out, nil
	case err != nil:
		return out, err
	case no != nil && no.Code != payNotFound && no.Code != transactionNotFound:
		return out, s.because(op, connector.Unknown, no)
	}
	out.Key = connector.KeyAccepted
	return out, nil
}
