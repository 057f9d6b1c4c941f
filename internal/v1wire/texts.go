package v1wire

// Texts V1 is known to answer with. Merchants compare some of them as strings.
const (
	TextUnauthorized   = "Unauthorized"
	TextBadKey         = "인증에 실패하였습니다. API키와 secret을 확인하세요."
	TextKeyMissing     = "imp_key, imp_secret 파라메터가 누락되었습니다."
	TextNoPayment      = "존재하지 않는 결제정보입니다."
	TextBadStatus      = "지원되지 않는 상태값입니다."
	TextNotCancellable = "취소할 결제건이 존재하지 않습니다."
	TextFullyCancelled = "이미 전액취소된 주문입니다."
	TextCancelFailed   = "결제취소에 실패하였습니다." // a blank and the provider's words follow
	TextPreparedTwice  = "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다)."
	TextNotPrepared    = "사전등록된 결제정보가 존재하지 않습니다."
	TextOrderUsed      = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
	TextNoBuyer        = "등록되지 않은 구매자입니다."
	TextNoCustomer     = "등록된 고객정보가 없습니다."
	TextNoSchedule     = "취소할 예약결제 기록이 존재하지 않습니다."
	TextUnsupportedPG  = "현재 지원되지 않는 PG사입니다."
	TextNoCertificate  = "인증결과가 존재하지 않습니다."
	TextReopened       = "비정상 접근입니다."

	// Before a provider's words on a charge, a key and a booking. After
	// TextCheckFailed the bracket follows without a blank.
	TextChargeFailed = "결제에 실패하였습니다."
	TextCardFailed   = "카드정보 인증에 실패하였습니다."
	TextKeyFailed    = "카드정보 인증 및 빌키 발급에 실패하였습니다."
	TextCheckFailed  = "카드정보 확인에 실패하였습니다."
	TextBadCard      = "유효하지않은 카드번호를 입력하셨습니다."
	// V1's ending; the beginning is ours.
	TextFixedAccounts = "고정식 가상계좌를 발급하려면 토스페이먼츠와 별도의 계약이 필요합니다."

	TextNoChannel = "등록되지 않은 PG모듈 정보입니다. 아임포트 관리자페이지에서 PG모듈 정보를 설정하신 후 다시 시도해주세요."
	TextPaid      = "이미 결제가 이루어진 거래건입니다."

	// Of the browser SDK, in alert boxes.
	TextNoInit   = "판매자 코드가 설정되지 않았습니다. IMP.init()함수를 먼저 호출하세요."
	TextNoParams = "결제요청 파라메터가 누락되었습니다."
	TextBroken   = "결제모듈 구동 중에 오류가 발생하였습니다. 페이지 새로고침 후 다시 시도해주세요."

	// TextUserCancel is the fail_reason of a buyer who left the window;
	// CodeUserCancel is its code, also where the provider's script says USER_CANCEL.
	TextUserCancel = "[PAY_PROCESS_CANCELED] 사용자가 결제를 취소하였습니다"
	CodeUserCancel = "PAY_PROCESS_CANCELED"
)

// Reasons recorded when a cancel states none.
const (
	CancelReasonAPI     = "취소요청api"
	CancelReasonConsole = "관리자페이지취소"
)

// Codes V1 is known to give before a window opens.
const (
	CodeNoChannel = "F1001"
	CodePaid      = "F1002"
)

// Texts and codes of ours, where V1's are not known. This is the whole list of
// what a page may be told that V1 would have said in words of its own.
const (
	CodeNoMerchant   = "NARU_UNKNOWN_USER_CODE"
	CodeOrigin       = "NARU_ORIGIN_REFUSED"
	CodePrepared     = "NARU_PREPARED_MISMATCH"
	CodeParameter    = "NARU_INVALID_PARAMETER"
	CodeUnsupported  = "NARU_UNSUPPORTED"
	CodeConfirm      = "NARU_CONFIRM_FORBIDDEN"
	CodeInternal     = "NARU_INTERNAL"
	CodeWindowOpen   = "NARU_WINDOW_OPEN"    // request_pay while another window is open
	CodePending      = "NARU_RESULT_PENDING" // the provider's answer is not known yet
	CodeUnreachable  = "NARU_UNREACHABLE"    // the SDK could not reach the gateway
	CodeExpired      = "NARU_EXPIRED"
	CodeReopened     = "NARU_CHECKOUT_USED"
	CodeProviderDown = "NARU_PROVIDER_DOWN"

	TextNoMerchant   = "등록되지 않은 고객사 식별코드입니다. IMP.init()에 전달한 값을 확인해주세요."
	TextOrigin       = "결제를 요청할 수 없는 사이트입니다. 관리자페이지에 사이트 주소를 등록한 후 다시 시도해주세요."
	TextPrepared     = "사전등록된 결제금액과 요청한 금액이 일치하지 않습니다."
	TextConfirm      = "confirm_url을 사용할 수 없는 고객사입니다."
	TextInternal     = "결제를 시작하지 못했습니다. 잠시 후 다시 시도해주세요."
	TextWindowOpen   = "이미 열려 있는 결제창이 있습니다. 열려 있는 결제창을 먼저 완료하거나 닫아주세요."
	TextPending      = "결제 결과를 아직 확인하지 못했습니다. merchant_uid로 결제 결과를 조회해주세요."
	TextUnreachable  = "결제 서버에 연결하지 못했습니다. 네트워크 상태를 확인한 후 다시 시도해주세요."
	TextExpired      = "결제 요청의 유효시간이 지났습니다. 쇼핑몰에서 다시 결제해주세요."
	TextProviderDown = "결제사에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."
	TextNoCertify    = "본인인증은 지원하지 않습니다."
)

// NoCustomer is V1's answer to a customer_uid without a billing key.
func NoCustomer(uid string) string {
	return "요청하신 customer_uid(" + uid + ")로 등록된 정보를 찾을 수 없습니다."
}

// RefusalText puts a refusal before the window into V1's words, or into ours
// where V1's are not known. Code is a gateway refusal code; field and detail
// name the parameter and what is wrong with it.
func RefusalText(code, field, detail string) (errorCode, errorMsg string) {
	switch code {
	case "channel":
		return CodeNoChannel, TextNoChannel
	case "paid":
		return CodePaid, TextPaid
	case "merchant":
		return CodeNoMerchant, TextNoMerchant
	case "origin":
		return CodeOrigin, TextOrigin
	case "prepared":
		return CodePrepared, join(TextPrepared, detail)
	case "confirm":
		return CodeConfirm, TextConfirm
	case "parameter":
		return CodeParameter, join("결제요청 파라메터가 올바르지 않습니다.", because(field, detail))
	case "unsupported":
		return CodeUnsupported, join("지원하지 않는 결제요청입니다.", because(field, detail))
	}
	return CodeInternal, TextInternal
}

func join(text, more string) string {
	if more == "" {
		return text
	}
	return text + " (" + more + ")"
}

func because(field, detail string) string {
	switch {
	case field == "":
		return detail
	case detail == "":
		return field
	}
	return field + ": " + detail
}
