package gateway

import (
	"errors"

	"naru/internal/connector"
)

// failure is why a payment was not made: a code and the text that is recorded
// and shown. The provider's words come first where it said any.
type failure struct{ code, text string }

// Codes and texts of our own, for what no provider has a word for. They are
// listed in docs/v1-implementation-details.md.
const (
	codeLeft     = "PAY_PROCESS_CANCELED"
	textLeft     = "[PAY_PROCESS_CANCELED] 사용자가 결제를 취소하였습니다"
	codeReturn   = "NARU_RETURN_MISMATCH"
	textReturn   = "결제창에서 돌아온 정보가 주문과 일치하지 않아 결제를 진행하지 않았습니다."
	codeStopped  = "NARU_CONFIRM_REJECTED"
	codeTrouble  = "NARU_PROVIDER_DOWN"
	textTrouble  = "(PG사 결제 장애) 결제대행사에 연결하지 못했습니다."
	codePrepared = "NARU_PREPARED_MISMATCH"
	textPrepared = "사전등록된 결제금액과 요청한 금액이 일치하지 않습니다."
	codePaid     = "F1002"
	textPaid     = "이미 결제가 이루어진 거래건입니다."
	codeTwice    = "NARU_PAID_TWICE"
	textTwice    = "이미 결제된 주문에 대해 뒤늦게 승인되어 자동으로 취소합니다."
	codeNever    = "NARU_NOT_APPROVED"
	textNever    = "결제대행사가 승인하지 않은 결제입니다."
	codeExpired  = "NARU_EXPIRED"
	textExpired  = "결제 유효시간이 지났습니다."
)

// declined puts a provider's refusal as V1 records it: its code in brackets,
// then its words.
func declined(d connector.Decline) failure {
	if d.ProviderCode == "" {
		return failure{string(d.Code), d.ProviderMessage}
	}
	return failure{d.ProviderCode, "[" + d.ProviderCode + "] " + d.ProviderMessage}
}

// providerTrouble is a call that brought no answer, or a refusal of our form.
func providerTrouble(err error) failure {
	if e, ok := errors.AsType[*connector.Error](err); ok && e.Code != "" {
		return failure{e.Code, "[" + e.Code + "] " + e.Message}
	}
	return failure{codeTrouble, textTrouble}
}

// public is what the faces are told of a window that could not be opened.
func (f failure) public(err error) error {
	if e, ok := errors.AsType[*connector.Error](err); ok && e.Code != "" {
		return &DeclinedError{connector.Decline{Code: connector.DeclineRequest, ProviderCode: e.Code, ProviderMessage: e.Message}}
	}
	return ErrProviderDown
}

// refusedAtApproval is a refusal found only when the money was to be asked for.
func refusedAtApproval(r *Refusal) failure {
	switch r.Code {
	case RefusedPrepared:
		return failure{codePrepared, textPrepared}
	case RefusedPaid:
		return failure{codePaid, textPaid}
	default:
		return failure{string(r.Code), r.Detail}
	}
}
