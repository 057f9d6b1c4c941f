package gateway

import (
	"errors"
	"fmt"

	"naru/internal/connector"
)

// failure is why a payment was not made: a code and the text that is recorded
// and shown. The provider's words come first where it said any.
type failure struct {
	code, text string
	class      connector.DeclineCode // "" where no provider said why
}

// Codes and texts of our own, for what no provider has a word for. They are
// listed in docs/error-codes.md.
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
	codeRevoked  = "NARU_ACCOUNT_REVOKED"
	textRevoked  = "가상계좌가 말소되었습니다."
	codeNoKey    = "NARU_NO_BILLING_KEY"
	textNoKey    = "등록되지 않은 구매자입니다."
	codeGone     = "NARU_KEY_GONE"
	textGone     = "결제사에 더 이상 없는 빌링키입니다."
	codeChannel  = "NARU_CHANNEL_MISSING"
	textChannel  = "결제 채널을 사용할 수 없습니다."
	codeUsed     = "NARU_ORDER_USED"
	textUsed     = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
	textSettle   = "이미 결제된 주문의 가상계좌에 입금되었습니다. 구매자에게 환불해야 합니다."
	codeRequest  = "NARU_REQUEST_REFUSED"
	textRequest  = "결제대행사가 받지 않는 값이 있어 요청하지 않았습니다."
	codeExpired  = "NARU_EXPIRED"
	textExpired  = "결제 유효시간이 지났습니다."
)

// What the provider is told, and what the merchant is told in its place.
const (
	reasonRevoked  = "가상계좌 말소"
	reasonChecking = "카드 확인 결제 자동 취소"
	nameChecking   = "카드 확인"
	textDeposited  = "이미 입금되었거나 종료된 가상계좌입니다."
)

// declined puts a provider's refusal as V1 records it: its code in brackets,
// then its words.
func declined(d connector.Decline) failure {
	if d.ProviderCode == "" {
		return failure{string(d.Code), d.ProviderMessage, d.Code}
	}
	return failure{d.ProviderCode, "[" + d.ProviderCode + "] " + d.ProviderMessage, d.Code}
}

// providerTrouble is a call that brought no answer, or a refusal of our form.
func providerTrouble(err error) failure {
	if e, ok := errors.AsType[*connector.Error](err); ok && e.Code != "" {
		return failure{code: e.Code, text: "[" + e.Code + "] " + e.Message, class: connector.DeclineRequest}
	}
	if connector.KindOf(err) == connector.Misconfigured { // refused by ourselves, before it was sent
		return failure{code: codeRequest, text: fmt.Sprintf("%s (%v)", textRequest, errors.Unwrap(err)), class: connector.DeclineRequest}
	}
	return failure{code: codeTrouble, text: textTrouble}
}

// public is what the faces are told of a window that could not be opened.
func (f failure) public(err error) error {
	if e, ok := errors.AsType[*connector.Error](err); ok && e.Code != "" {
		return &DeclinedError{Decline: connector.Decline{Code: connector.DeclineRequest, ProviderCode: e.Code, ProviderMessage: e.Message}}
	}
	return ErrProviderDown
}

// refusedAtApproval is a refusal found only when the money was to be asked for.
func refusedAtApproval(r *Refusal) failure {
	switch r.Code {
	case RefusedPrepared:
		return failure{code: codePrepared, text: textPrepared}
	case RefusedPaid:
		return failure{code: codePaid, text: textPaid}
	default:
		return failure{code: string(r.Code), text: r.Detail}
	}
}
