package tosspay

import "regexp"

// codeForm is what an errorCode looks like. Toss Pay may answer with codes it
// never published, so anything of this form can be asked of the simulator. The
// documentation says 40 characters and prints one of 45.
var codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{2,44}$`)

// message is the text for an errorCode.
func message(code string) string {
	if m, ok := messages[code]; ok {
		return m
	}
	return "요청을 처리할 수 없습니다. (" + code + ")"
}

// messages are the texts of "토스페이 API 소개, 에러코드" where it prints one,
// and ours where it only describes the code.
var messages = map[string]string{
	"COMMON_SYSTEM_ERROR":                           "시스템 에러가 발생하였습니다. 토스 고객센터(1599-4905)로 문의해주세요.",
	"COMMON_INVALID_PARAMETER":                      "요청한 값이 바르지 않습니다.",
	"COMMON_PAY_ERROR":                              "문제가 발생하였습니다.",
	"COMMON_INVALID_API_KEY":                        "바르지 않은 API key 입니다.",
	"COMMON_UNAUTHORIZED":                           "Unauthorized Access",
	"COMMON_NOT_ENOUGH_CASH":                        "충전계좌의 잔액이 부족하여 토스머니 충전이 불가합니다.",
	"COMMON_EXCEED_LIMIT":                           "한도를 초과하였습니다.",
	"COMMON_ASSET_GET_ACCOUNT_ERROR":                "구매자의 계좌를 조회할 수 없습니다.",
	"COMMON_REFUND_ERROR":                           "환불이 불가능 한 상태입니다.",
	"COMMON_BREAK_TIME_OF_BANK":                     "은행 점검 시간입니다. 점검이 끝난 뒤 다시 시도해주세요.",
	"COMMON_TIMEOUT":                                "처리가 지연되고 있습니다. 다시 시도해주세요.",
	"COMMON_THROTTLED":                              "요청이 너무 많습니다. 잠시 후 다시 시도해주세요.",
	"COMMON_ITS_NOT_ABLE_TO_CHANGE_STATUS":          "요청 가능한 상태가 아닙니다.",
	"REFUND_REFUND_NO_DUPLICATE":                    "이미 환불처리 된 refundNo 입니다.",
	"REFUND_ALREADY_REFUNDED":                       "이미 전액 환불처리 된 거래 건입니다.",
	"REFUND_EXCEED_DAILY":                           "가맹점의 일 환불 한도를 초과하였습니다.",
	"REFUND_EXCEED_AMOUNT":                          "환불 가능한 금액을 초과하였습니다.",
	"REFUND_NO_TAXFREE_ON_COMPLEX_TAX":              "복합과세 결제는 amountTaxFree 를 함께 보내야 합니다.",
	"REFUND_REQUIRED_AMOUNT":                        "과세 금액을 보낼 때 amount 는 필수값입니다.",
	"PAYMENT_DUPLICATION_ORDER_NO":                  "중복된 주문번호 입니다.",
	"PAYMENT_EXISTING_PAYMENT":                      "이미 존재하는 결제입니다.",
	"EXECUTE_PAY_NOT_APPROVED":                      "아직 구매자가 결제를 승인하지 않았습니다.",
	"TRANSACTION_PENDING_ERROR":                     "이전 요청이 처리 중입니다. 10분 뒤에도 같은 상태이면 문의해주세요.",
	"TRANSACTION_NOT_COMPLETE":                      "거래가 완료되지 않았습니다.",
	"TRANSACTION_NOT_FOUND":                         "존재하지 않는 거래내역 입니다.",
	"INVALID_ACCOUNT_STATUS":                        "계좌 상태를 확인해주세요.",
	"AUTO_CHARGE_NOT_YET_REGISTER_ACCOUNT":          "충전 계좌가 등록되어 있지 않습니다.",
	"FRAUD_DETECTION_SYSTEM_ERROR":                  "이상거래로 의심되어 결제가 차단되었습니다.",
	"PAY_FRAUD_DETECTED":                            "이상거래로 의심되어 결제가 차단되었습니다.",
	"USER_STATUS_ERROR":                             "결제할 수 없는 사용자입니다.",
	"INACTIVE_USER":                                 "토스를 탈퇴한 사용자입니다.",
	"PAUSE_USER":                                    "이용이 정지된 사용자입니다.",
	"PAYMENT_SHOP_STATE_NOT_NORMAL":                 "결제를 진행할 수 없는 가맹점입니다.",
	"PAYMENT_SHOP_STATE_CANNOT_REFUND":              "환불을 진행할 수 없는 가맹점입니다.",
	"PAY_CANCEL_ITS_NOT_CANCELABLE_STATUS":          "취소할 수 없는 상태입니다.",
	"PUSH_PAY_HAS_NO_OWNER":                         "토스에 가입되지 않은 휴대폰 번호입니다.",
	"PAY_EXPIRED":                                   "결제 가능 시간이 지났습니다.",
	"PAY_ALREADY_COMPLETED":                         "이미 완료된 결제입니다.",
	"AVAILABLE_ONLY_TOSS_MONEY_UNDER_MIN_AMT":       "이 금액은 토스머니로만 결제할 수 있습니다.",
	"BLOCKED_THE_USE_OF_POINT":                      "포인트를 사용할 수 없습니다.",
	"CARD_SYSTEM_ERROR":                             "카드사 점검 중입니다. 잠시 후 다시 시도해주세요.",
	"CARD_BANK_SYSTEM_ERROR":                        "카드 결제 은행 점검 중입니다. 잠시 후 다시 시도해주세요.",
	"CARD_NOT_AVAILABLE_SHOP":                       "이 가맹점에서 사용할 수 없는 카드입니다.",
	"CARD_NOT_AVAILABLE":                            "도난/분실/거래정지 카드로 승인이 거절되었습니다.",
	"CARD_EXCEED_LIMIT":                             "사용한도 초과로 승인이 거절되었습니다.",
	"CARD_NOT_ENOUGH_BALANCE":                       "잔고 부족으로 승인이 거절되었습니다.",
	"CARD_SPREADOUT_ERROR":                          "할부를 사용할 수 없습니다.",
	"CARD_MIN_AMOUNT_ERROR":                         "카드는 100원부터 결제할 수 있습니다.",
	"CARD_MIN_AMOUNT_FOR_SPREADOUT_ERROR":           "할부는 50,000원부터 가능합니다.",
	"NOT_SUPPORTED_BILLING_KEY_SHOP":                "자동결제를 사용할 수 없는 가맹점입니다.",
	"BILLING_KEY_ALREADY_ACTIVATED":                 "이미 활성화 된 자동결제가 존재합니다.",
	"BILLING_KEY_REGISTRATION_CANCELLED":            "자동결제 등록이 취소되었습니다.",
	"BILLING_KEY_UNREGISTERED_BY_CANCEL":            "자동결제 등록이 취소되었습니다. 처음부터 다시 진행해주세요.",
	"BILLING_KEY_AUTH_ERROR":                        "인증 가능 시간이 만료 되었습니다",
	"BILLING_KEY_USER_CI_ERROR":                     "토스 사용자와 CI 가 일치하지 않습니다.",
	"BILLING_KEY_REMOVE_NOT_ALLOWED_SHOP":           "자동결제를 해지할 수 없는 가맹점입니다.",
	"ALREADY_EXISTED_AUTH":                          "이미 요청된 인증이 존재합니다.",
	"NOT_SUPPORTED_PAYMENT_METHOD":                  "자동결제에 사용할 수 없는 결제수단입니다.",
	"EXIST_ACTIVATED_BILLING_KEY_USING_THIS_METHOD": "이미 자동결제에 등록된 결제수단입니다.",
	"COMMON_BILLING_KEY_NOT_FOUND":                  "자동결제 정보를 찾을 수 없습니다.",
	"CORE_USER_ERROR":                               "존재하지 않는 사용자입니다.",
	"PAY_UNAUTHORIZED":                              "결제를 요청한 사용자와 토스 계정이 다릅니다.",
	"TOSS_APP_UPDATE_IS_REQUIRED":                   "토스 앱을 최신 버전으로 업데이트해주세요.",
	"AGE_POLICY_ERROR":                              "이용할 수 없는 연령입니다.",
	"SALES_CHECK_CARD_ONLY":                         "카드 결제만 매출전표를 조회할 수 있습니다.",
	"SALES_CHECK_USER_AUTH_FAIL":                    "본인 확인 정보가 올바르지 않습니다.",
}

// declines are offered on the checkout page for both ways to fail: in the app
// and at execute. The last two leave the merchant in doubt: see inDoubt.
var declines = []string{
	"COMMON_NOT_ENOUGH_CASH", "COMMON_EXCEED_LIMIT", "COMMON_BREAK_TIME_OF_BANK", "INVALID_ACCOUNT_STATUS",
	"CARD_EXCEED_LIMIT", "CARD_NOT_AVAILABLE", "CARD_NOT_ENOUGH_BALANCE", "CARD_SPREADOUT_ERROR", "CARD_SYSTEM_ERROR",
	"USER_STATUS_ERROR", "PAY_FRAUD_DETECTED", "COMMON_SYSTEM_ERROR", "COMMON_TIMEOUT", "TRANSACTION_PENDING_ERROR",
}

// inDoubt codes do not say that a capture failed: it goes on and succeeds
// after progressTime.
func inDoubt(code string) bool {
	return code == "COMMON_TIMEOUT" || code == "TRANSACTION_PENDING_ERROR"
}
