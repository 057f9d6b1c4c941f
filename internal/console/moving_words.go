package console

import "naru/internal/gateway"

// movingAllowed is what each field of an imported row may hold, for Korean readers. The
// gateway's own sentence stands under it, with what is wrong with the one row.
var movingAllowed = map[string]string{
	"imp_uid":             "imp_ 또는 imps_로 시작하고, 파일과 장부에 한 번만 나오는 거래번호",
	"merchant_uid":        "40자 이하이고, 파일과 장부에서 다른 결제가 쓰지 않은 주문번호",
	"status":              "ready, paid, cancelled, failed 중 하나 (다른 말은 아래 '값 바꾸기'에서)",
	"amount":              "0보다 큰 원 단위 정수 (예: 12000, 12,000)",
	"cancel_amount":       "취소된 결제만, 취소한 금액의 합 (결제 금액 이하)",
	"currency":            "KRW",
	"tax_free":            "결제 금액 이하의 원 단위 정수",
	"vat_amount":          "결제 금액 이하의 원 단위 정수",
	"pg_id":               "이 상점 채널의 PG사와 MID. 파일에 없으면 아래에서 채널을 골라 주세요.",
	"pg_tid":              "결제사의 거래번호. 조회와 취소에 꼭 필요합니다.",
	"provider_order":      "결제사가 아는 주문번호",
	"sandbox":             "테스트 결제는 테스트 채널로만 가져올 수 있습니다.",
	"pay_method":          "card, trans, vbank 같은 V1의 결제수단",
	"started_at":          "2010년 이후의 시각 (예: 2026-11-21 12:00:00)",
	"paid_at":             "2010년 이후의 시각 (예: 2026-11-21 12:00:00)",
	"failed_at":           "2010년 이후의 시각 (예: 2026-11-21 12:00:00)",
	"cancelled_at":        "2010년 이후의 시각 (예: 2026-11-21 12:00:00)",
	"cancel_history":      "V1의 cancel_history 배열 (JSON)",
	"card_quota":          "0~60개월",
	"card_type":           "0(신용), 1(체크) 또는 빈칸",
	"channel":             "pc, mobile, api 중 하나",
	"customer_uid":        "200자 이하이고, 파일에 한 번만 나오는 빌링키 이름",
	"customer_uid_usage":  "issue, payment, payment.scheduled 중 하나",
	"customer_id":         "결제사가 아는 고객 아이디 (customerKey, userId)",
	"billing_key":         "결제사가 발급한 빌링키. 장부에 이미 있는 것은 바꾸지 않습니다.",
	"escrow":              "true 또는 false",
	"cash_receipt_issued": "true 또는 false",
	"row":                 "첫 줄의 열 수와 맞는 줄",
}

// allowedWords is a Korean sentence on what is allowed, "" where there is none or it
// is not wanted. Of what differs from the books the gateway's own says all.
func allowedWords(lang string, p gateway.ImportProblem) string {
	if lang == "en" {
		return ""
	}
	if p.Kind == gateway.ImportDiffers {
		return "장부의 값은 그대로 둡니다."
	}
	return movingAllowed[p.Field]
}
