package v1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/rest"
	"naru/internal/v1wire"
)

// failure is an answer that says no: HTTP status, V1's code, V1's message.
// V1's codes are 1 for what the gateway refuses by its own rules and -1 for
// the rest.
type failure struct {
	status, code int
	text         string
}

func (f *failure) Error() string { return fmt.Sprintf("answered %d, code %d", f.status, f.code) }

func (f *failure) with(more string) *failure {
	return &failure{f.status, f.code, f.text + more}
}

// What has no error of the gateway's behind it.
var (
	errNoRoute      = &failure{http.StatusNotFound, -1, "존재하지 않는 API입니다."}
	errMethod       = &failure{http.StatusMethodNotAllowed, -1, "허용되지 않는 HTTP METHOD입니다."}
	errUnauthorized = &failure{http.StatusUnauthorized, -1, v1wire.TextUnauthorized}
	errKeyMissing   = &failure{http.StatusBadRequest, -1, v1wire.TextKeyMissing}
	errTierForm     = &failure{http.StatusBadRequest, -1, "Tier 헤더는 영문 대문자와 숫자 3자여야 합니다."}
	errNoTier       = &failure{http.StatusNotFound, -1, "존재하지 않는 하위상점입니다."}
	errAddress      = &failure{http.StatusForbidden, -1, "접근이 허용되지 않은 IP 주소입니다."}
	errTooMany      = &failure{http.StatusTooManyRequests, -1, "요청이 너무 많습니다. 잠시 후 다시 시도해주세요."}
	errBadStatus    = &failure{http.StatusBadRequest, -1, v1wire.TextBadStatus}
	errNoPage       = &failure{http.StatusBadRequest, -1, "데이터 범위를 넘어선 page입니다."}
	errSpan         = &failure{http.StatusBadRequest, -1, "조회 기간이 올바르지 않습니다. from은 to보다 늦을 수 없고, 조회 기간은 최대 90일입니다."}
	errNoIDs        = &failure{http.StatusBadRequest, -1, "조회할 imp_uid 또는 merchant_uid를 지정해주셔야합니다."}
	errManyIDs      = &failure{http.StatusBadRequest, -1, "imp_uid와 merchant_uid는 합하여 최대 100개까지 지정할 수 있습니다."}
	errNoCancelID   = &failure{http.StatusOK, 1, "취소할 imp_uid 또는 merchant_uid를 지정해주셔야합니다."}
	errNoCard       = &failure{http.StatusNotFound, -1, "존재하지 않는 카드사 코드입니다."}
	errNoBank       = &failure{http.StatusNotFound, -1, "존재하지 않는 은행 코드입니다."}
	errForeign      = &failure{http.StatusNotImplemented, -1, v1wire.TextUnsupportedPG}
	errNoBalance    = &failure{http.StatusMethodNotAllowed, -1, v1wire.TextUnsupportedPG}
	errNoAmending   = &failure{http.StatusBadRequest, -1, v1wire.TextUnsupportedPG}
	errNoIdentity   = &failure{http.StatusNotFound, -1, v1wire.TextNoCertificate}
	errInternal     = &failure{http.StatusInternalServerError, -1, "서버에서 오류가 발생하였습니다. 잠시 후 다시 시도해주세요."}
	errGone         = &failure{http.StatusServiceUnavailable, -1, "요청이 중단되었습니다."}
)

// failures is the one table from the gateway's errors to V1's answers; words.go
// has what single operations say instead. The codes and texts of prepare are
// V1's where they are known.
func failures() []answer {
	return []answer{
		{gateway.ErrBadKey, &failure{http.StatusUnauthorized, -1, v1wire.TextBadKey}},
		{gateway.ErrBadToken, errUnauthorized},
		{gateway.ErrNoPayment, &failure{http.StatusNotFound, -1, v1wire.TextNoPayment}},
		{gateway.ErrNoReceipt, &failure{http.StatusNotFound, -1, "발급된 현금영수증이 존재하지 않습니다."}},
		{gateway.ErrNoSchedule, &failure{http.StatusNotFound, -1, "존재하지 않는 예약결제입니다."}},
		{gateway.ErrAlreadyPrepared, &failure{http.StatusOK, 1, v1wire.TextPreparedTwice}},
		{gateway.ErrNotPrepared, &failure{http.StatusNotFound, -1, v1wire.TextNotPrepared}},
		{gateway.ErrKeyBusy, &failure{http.StatusConflict, -1, "같은 Idempotency-Key의 요청이 처리 중입니다. 잠시 후 다시 시도해주세요."}},
		{gateway.ErrKeyReused, &failure{http.StatusUnprocessableEntity, -1, "다른 요청에 사용한 Idempotency-Key입니다. 요청마다 새 키를 사용해주세요."}},
		{gateway.ErrNoKeyedCall, &failure{http.StatusNotFound, -1, "해당 Idempotency-Key로 처리한 요청이 없습니다."}},
		{rest.ErrMalformed, &failure{http.StatusBadRequest, -1, "요청 본문을 해석할 수 없습니다. JSON 또는 폼 형식으로 보내주세요."}},
		{rest.ErrTooManyFields, &failure{http.StatusBadRequest, -1, fmt.Sprintf("요청 항목이 너무 많거나 너무 깊습니다. (최대 %d개, %d단계)", rest.MaxFields, rest.MaxDepth)}},
		{rest.ErrTooLarge, &failure{http.StatusRequestEntityTooLarge, -1, "요청 본문은 최대 1MiB입니다."}},
		{context.Canceled, errGone},
	}
}

// failureOf finds err's answer. What it does not know is internal.
func (c codec) failureOf(err error) failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return *f
	}
	if f, ok := errors.AsType[*rest.FieldError](err); ok {
		return c.refused(fieldText(f))
	}
	if _, ok := errors.AsType[*rest.TooMany](err); ok {
		return *errTooMany
	}
	if i, ok := errors.AsType[*gateway.Invalid](err); ok {
		return c.refused(invalidText(i))
	}
	if c.words != nil {
		if f, ok := c.words.failureOf(err, c); ok {
			return f
		}
	}
	for _, row := range failures() {
		if errors.Is(err, row.err) {
			return *row.say
		}
	}
	return *errInternal
}

// invalidText says in Korean what a value must be, and then, in the gateway's
// words, what it was.
func invalidText(i *gateway.Invalid) string {
	field := i.Field[strings.LastIndexByte(i.Field, '.')+1:]
	must := map[string]string{
		"amount":      " 0보다 큰 원 단위 금액이어야 합니다.",
		"currency":    " KRW만 사용할 수 있습니다.",
		"tax_free":    " 금액과 남은 면세 금액을 넘을 수 없습니다.",
		"vbank_due":   " 현재 이후의 시각이어야 합니다.",
		"schedule_at": " 현재 이후의 시각이어야 합니다.",
		"vbank_code":  " 결제대행사가 모르는 은행입니다.",
		"refund_bank": " 결제대행사가 모르는 은행입니다.",
		"identifier":  " 1~30자리 숫자여야 합니다.",
	}[field]
	return fmt.Sprintf("파라메터 %s 값이 올바르지 않습니다.%s (%s)", i.Field, must, i.Detail)
}

// refused is the answer to a value that cannot be taken.
func (c codec) refused(text string) failure {
	if c.soft {
		return failure{http.StatusOK, 1, text}
	}
	return failure{http.StatusBadRequest, -1, text}
}

// providerText is a provider's refusal: its code in brackets, then its words.
func providerText(d connector.Decline) string {
	code := "[" + d.ProviderCode + "]"
	switch {
	case d.ProviderCode == "" && d.ProviderMessage == "":
		return "결제사에 연결하지 못했습니다."
	case d.ProviderCode == "" || strings.HasPrefix(d.ProviderMessage, code) || strings.HasPrefix(d.ProviderMessage, "("):
		return d.ProviderMessage
	}
	return strings.TrimSpace(code + " " + d.ProviderMessage)
}

// fieldText says which value is wrong, what it was, and what is allowed.
func fieldText(f *rest.FieldError) string {
	if f.Rule == rest.RuleRequired {
		return fmt.Sprintf("필수 파라메터 %s 값이 누락되었습니다.", f.Field)
	}
	if f.Hidden {
		return fmt.Sprintf("파라메터 %s 값이 올바르지 않습니다. (%s)", f.Field, allowed(f))
	}
	return fmt.Sprintf("파라메터 %s 값이 올바르지 않습니다: %q (%s)", f.Field, short(f.Value), allowed(f))
}

func allowed(f *rest.FieldError) string {
	switch f.Rule {
	case rest.RuleText:
		return "문자열이어야 합니다"
	case rest.RuleNumber:
		return "정수여야 합니다"
	case rest.RuleAmount:
		return "0 이상의 정수 금액이어야 합니다"
	case rest.RuleWhole:
		return "소수점 이하 값은 사용할 수 없습니다"
	case rest.RuleNegative:
		return "0 이상이어야 합니다"
	case rest.RuleTooBig:
		return fmt.Sprintf("최대 %d까지 사용할 수 있습니다", rest.MaxAmount)
	case rest.RuleBool:
		return "true, false, 1, 0 중 하나여야 합니다"
	case rest.RuleList:
		return "배열이어야 합니다"
	case rest.RuleObject:
		return "객체여야 합니다"
	case rest.RuleForm:
		return f.Want
	case rest.RuleLength:
		return "최대 " + f.Want + "자까지 사용할 수 있습니다"
	}
	return "사용할 수 있는 값: " + f.Want
}

// short cuts what is quoted back to the client.
func short(s string) string {
	if r := []rune(s); len(r) > 50 {
		return string(r[:50]) + "…"
	}
	return s
}
