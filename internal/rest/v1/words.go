package v1

import (
	"errors"
	"net/http"
	"strings"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/v1wire"
)

// answer is what an error of the gateway's is called.
type answer struct {
	err error
	say *failure
}

// words are what an operation that asks a provider says in its own way.
type words struct {
	failed  func(*gateway.DeclinedError) string // stands before the provider's words; nil when no provider is asked
	tight   bool                                // no blank after the bracket of the provider's code
	code    int                                 // V1's code of the provider's refusal
	status  int                                 // HTTP status of it, and of an answer that was lost
	unknown string                              // the provider's answer is not known
	cannot  *failure                            // the provider has no such thing; nil is a refusal like any other
	answers []answer                            // what is called otherwise here than everywhere
}

// always is the beginning of every refusal.
func always(text string) func(*gateway.DeclinedError) string {
	return func(*gateway.DeclinedError) string { return text }
}

func (w *words) failureOf(err error, c codec) (failure, bool) {
	for _, row := range w.answers {
		if errors.Is(err, row.err) {
			return *row.say, true
		}
	}
	if w.failed == nil {
		return failure{}, false
	}
	if d, ok := errors.AsType[*gateway.DeclinedError](err); ok {
		return w.refusal(d), true
	}
	if e, ok := errors.AsType[*connector.Error](err); ok && connector.KindOf(err) != connector.Unknown {
		return w.refusal(&gateway.DeclinedError{Decline: connector.Decline{ProviderCode: e.Code, ProviderMessage: e.Message}}), true
	}
	switch {
	case errors.Is(err, gateway.ErrOutcomeUnknown):
		return failure{w.status, -1, w.unknown}, true
	case errors.Is(err, gateway.ErrProviderDown):
		return w.refusal(&gateway.DeclinedError{Decline: connector.Decline{ProviderMessage: textDown}}), true
	case errors.Is(err, gateway.ErrUnsupported) && w.cannot != nil:
		return *w.cannot, true
	case errors.Is(err, gateway.ErrUnsupported):
		return c.refused(v1wire.TextUnsupportedPG), true
	case errors.Is(err, gateway.ErrChannelMissing):
		return c.refused(v1wire.TextNoChannel), true
	case errors.Is(err, gateway.ErrChannelCannot):
		return c.refused("요청한 채널로는 처리할 수 없습니다. 채널의 용도(일반결제, 빌링)와 빌링키가 발급된 채널을 확인해주세요."), true
	}
	return failure{}, false
}

// refusal is a call that the provider did not carry out, and says so.
func (w *words) refusal(d *gateway.DeclinedError) failure {
	text := providerText(d.Decline)
	if w.tight {
		text = strings.Replace(text, "] ", "]", 1)
	}
	return failure{w.status, w.code, w.failed(d) + " " + text}
}

const textDown = "(PG사 결제 장애) 결제대행사에 연결하지 못했습니다."

// orderUsed is V1's answer to an order number that was paid or cancelled before.
var orderUsed = answer{gateway.ErrOrderUsed, &failure{http.StatusOK, 1, v1wire.TextOrderUsed}}

// The words of each operation. The texts after "unknown", and those of the
// answers that are not in package v1wire, are ours.
var (
	cancelWords = &words{
		failed: always(v1wire.TextCancelFailed), code: -1, status: http.StatusOK,
		unknown: "결제취소 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 다시 취소하기 전에 결제정보를 조회해주세요.",
		answers: []answer{
			{gateway.ErrNoPayment, &failure{http.StatusOK, 1, v1wire.TextNotCancellable}},
			{gateway.ErrNotCancellable, &failure{http.StatusOK, 1, v1wire.TextNotCancellable}},
			{gateway.ErrFullyCancelled, &failure{http.StatusOK, 1, v1wire.TextFullyCancelled}},
			{gateway.ErrChecksum, &failure{http.StatusOK, 1, "취소 가능 잔액이 checksum과 일치하지 않아 취소하지 않았습니다."}},
			{gateway.ErrRefundAccount, &failure{http.StatusOK, 1, "입금된 가상계좌를 환불하려면 refund_bank, refund_account, refund_holder를 모두 보내야 합니다."}},
			{gateway.ErrOverCancel, &failure{http.StatusOK, 1, "취소 요청 금액이 취소 가능 잔액(처리 중인 취소 제외)보다 큽니다."}},
			{gateway.ErrPartialForbidden, &failure{http.StatusOK, 1, "부분취소를 할 수 없는 결제수단입니다."}},
			{gateway.ErrNotAsImported, &failure{http.StatusOK, 1, "가져온 결제가 결제사의 기록과 달라 취소하지 않았습니다. 결제사 관리자 화면에서 확인해주세요."}},
		},
	}
	onetimeWords = &words{
		failed: cardOrCharge, code: -1, status: http.StatusOK, unknown: unknownCharge,
		answers: []answer{orderUsed},
	}
	againWords = &words{
		failed: always(v1wire.TextChargeFailed), code: -1, status: http.StatusOK, unknown: unknownCharge,
		answers: []answer{orderUsed, {gateway.ErrNoBillingKey, &failure{http.StatusOK, 1, v1wire.TextNoBuyer}}},
	}
	keyWords = &words{
		failed: always(v1wire.TextKeyFailed), code: -1, status: http.StatusOK,
		unknown: "빌키 발급 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 다시 발급하기 전에 customer_uid로 조회해주세요.",
	}
	scheduleWords = &words{
		failed: always(v1wire.TextCheckFailed), tight: true, code: 1, status: http.StatusOK,
		unknown: "카드정보 확인 결과를 아직 알 수 없어 예약하지 않았습니다. 잠시 후 customer_uid와 결제내역을 조회한 뒤 다시 예약해주세요.",
		answers: []answer{
			orderUsed,
			{gateway.ErrNoBillingKey, &failure{http.StatusOK, 1, v1wire.TextNoCustomer}},
			{gateway.ErrScheduleTaken, &failure{http.StatusOK, 1, "이미 예약된 주문번호입니다. (동일한 merchant_uid로 예약된 기록이 있습니다)"}},
		},
	}
	unscheduleWords = &words{answers: []answer{{gateway.ErrNothingToRevoke, &failure{http.StatusOK, 1, v1wire.TextNoSchedule}}}}
	moveWords       = &words{answers: []answer{{gateway.ErrScheduleStatus, &failure{http.StatusBadRequest, -1, "이미 실행되었거나 실행 중이거나 해지된 예약결제입니다."}}}}
	rebookWords     = &words{answers: []answer{{gateway.ErrScheduleStatus, &failure{http.StatusBadRequest, -1, "실패했거나 해지된 예약결제만 다시 예약할 수 있습니다."}}}}
	retryWords      = &words{
		failed: always(v1wire.TextChargeFailed), code: -1, status: http.StatusOK, unknown: unknownCharge,
		cannot: &failure{http.StatusInternalServerError, -1, v1wire.TextUnsupportedPG},
		answers: []answer{
			{gateway.ErrScheduleStatus, &failure{http.StatusBadRequest, -1, "실패했거나 해지된 예약결제만 다시 시도할 수 있습니다."}},
			{gateway.ErrNoBillingKey, &failure{http.StatusNotFound, -1, v1wire.TextNoBuyer}},
			{gateway.ErrOrderUsed, &failure{http.StatusBadRequest, -1, v1wire.TextOrderUsed}},
		},
	}
	accountWords = &words{
		failed: always("가상계좌 발급에 실패하였습니다."), code: -1, status: http.StatusOK,
		unknown: "가상계좌 발급 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 다시 발급하기 전에 merchant_uid로 결제정보를 조회해주세요.",
		answers: []answer{orderUsed, {gateway.ErrFixedAccounts, &failure{http.StatusOK, -1, v1wire.TextFixedAccounts}}},
	}
	revokeWords = &words{
		failed: always("가상계좌 말소에 실패하였습니다."), code: -1, status: http.StatusOK,
		unknown: "가상계좌 말소 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 결제정보를 조회해주세요.",
		answers: []answer{{gateway.ErrNotAccount, &failure{http.StatusBadRequest, -1, "입금을 기다리고 있는 가상계좌가 아닙니다."}}},
	}
	receiptWords = &words{
		failed: always("현금영수증 발급에 실패하였습니다."), code: -1, status: http.StatusInternalServerError,
		unknown: "현금영수증 발급 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 다시 발급하기 전에 조회해주세요.",
		cannot:  noReceipts,
		answers: []answer{
			{gateway.ErrNoPayment, &failure{http.StatusBadRequest, -1, v1wire.TextNoPayment}},
			{gateway.ErrReceiptIssued, &failure{http.StatusBadRequest, -1, "이미 현금영수증이 발급되었습니다."}},
			{gateway.ErrReceiptForbidden, &failure{http.StatusBadRequest, -1, "결제가 완료된 계좌이체 또는 가상계좌 결제만 현금영수증을 발급할 수 있습니다."}},
		},
	}
	unreceiptWords = &words{
		failed: always("현금영수증 취소에 실패하였습니다."), code: -1, status: http.StatusInternalServerError,
		unknown: "현금영수증 취소 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 다시 취소하기 전에 조회해주세요.",
		cannot:  noReceipts,
		answers: []answer{
			{gateway.ErrNoPayment, &failure{http.StatusBadRequest, -1, v1wire.TextNoPayment}},
			{gateway.ErrNoReceipt, &failure{http.StatusBadRequest, -1, "발급된 현금영수증이 존재하지 않습니다."}},
		},
	}
)

const unknownCharge = "결제 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 다시 결제하기 전에 merchant_uid로 결제정보를 조회해주세요."

var noReceipts = &failure{http.StatusNotImplemented, -1, v1wire.TextUnsupportedPG}

// cardOrCharge says whether it was the card that was refused, or the charge.
func cardOrCharge(d *gateway.DeclinedError) string {
	if d.Step == gateway.DeclinedKey || d.Decline.Code == connector.DeclineCard {
		return v1wire.TextCardFailed
	}
	return v1wire.TextChargeFailed
}
