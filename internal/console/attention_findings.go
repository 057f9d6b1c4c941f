package console

import (
	"cmp"

	"naru/internal/gateway"
	"naru/internal/web"
)

// What to do about many kinds of findings.
const (
	koSync   = "결제 화면에서 결제사와 동기화하세요. 그래도 남으면 결제사에서 확인하세요."
	koReport = "이것만으로 돈이 달라지지는 않습니다. 데이터베이스를 바꾼 사람을 찾고, 없으면 알려 주세요."
	koJob    = "서버를 다시 시작하고 다시 검증하세요. 그래도 남으면 결제사에서 확정하세요."
	koThere  = "결제사에서 그 결제를 찾아 보세요."
)

// findingWords is what is wrong and what to do, in Korean; the gateway has both in
// English.
var findingWords = map[gateway.FindingKind][2]string{
	gateway.FindCancelledSum:      {"취소 금액이 취소 거래의 합과 다릅니다.", "움직인 돈을 믿으세요. 결제사와 비교하고, 행을 바꾼 사람을 찾으세요."},
	gateway.FindStatusMoney:       {"움직인 돈이 상태와 맞지 않습니다.", koSync},
	gateway.FindMoneyForgotten:    {"실패한 결제가 돈을 쥐고 있고, 돌려줄 작업이 없습니다.", "결제사에서 취소한 뒤 동기화하세요."},
	gateway.FindReversal:          {"들어온 적 없는 입금이 취소되었습니다.", koSync},
	gateway.FindPaidTwice:         {"한 주문에 결제된 것이 둘입니다.", "하나를 돌려주세요."},
	gateway.FindMovementAmount:    {"거래 금액이 요청한 것과 다릅니다.", koThere},
	gateway.FindAttemptResult:     {"성공한 호출의 돈이 장부에 없습니다.", koSync},
	gateway.FindSteps:             {"이력이 상태표에 없는 단계이거나 끊겼습니다.", koReport},
	gateway.FindVersion:           {"버전이 이력보다 작습니다.", koReport},
	gateway.FindTime:              {"상태에 필요한 시각이 없습니다.", koReport},
	gateway.FindOrderFree:         {"결제가 주문번호를 쥐고 있지 않아, 또 결제될 수 있습니다.", koReport},
	gateway.FindOrderHeld:         {"쥐면 안 되는 결제가 주문번호를 쥐고 있어, 주문을 결제할 수 없습니다.", koReport},
	gateway.FindAttemptEnded:      {"끝난 호출이 열려 있거나 그 반대입니다.", koReport},
	gateway.FindAttemptForgotten:  {"결과를 모르는 호출을 아무도 묻지 않습니다.", koJob},
	gateway.FindConfirmingAlone:   {"승인 중인데 열린 호출이 없습니다.", koSync},
	gateway.FindMovementAttempt:   {"없거나 거절된 호출이 만든 거래입니다.", koReport},
	gateway.FindNoProviderKey:     {"결제된 건에 결제사의 이름이 없어 취소할 수 없습니다.", koSync},
	gateway.FindDelivery:          {"기다리는 웹훅을 보낼 작업이 없습니다.", koJob},
	gateway.FindChannel:           {"상점의 것이 아닌 채널입니다.", "같은 키로 채널을 다시 등록하세요."},
	gateway.FindChannelUnreadable: {"채널의 키가 열리지 않습니다.", "마스터 키가 맞는지 보고, 맞으면 채널의 키를 다시 넣으세요."},
	gateway.FindMerchant:          {"없는 상점의 행입니다.", koReport},
	gateway.FindPaymentUnknown:    {"없는 결제를 가리키는 행입니다.", koReport},
	gateway.FindSchedulePayment:   {"예약과 그 결제가 서로 다릅니다.", koReport},
	gateway.FindScheduleForgotten: {"예약을 실행할 작업이 없습니다.", koJob},
	gateway.FindKeyTwice:          {"한 customer_uid에 빌링키가 둘입니다.", "지우고 다시 발급받게 하세요."},
	gateway.FindKeyUnreadable:     {"쓰는 빌링키가 열리지 않습니다.", "마스터 키가 맞는지 보고, 맞으면 다시 발급받게 하세요."},
	gateway.FindKeyForgotten:      {"발급 중인 빌링키를 아무도 묻지 않습니다.", koJob},
	gateway.FindReceipt:           {"발급된 현금영수증에 결제사의 이름이 없습니다.", koThere},
	gateway.FindReceiptForgotten:  {"결과를 모르는 현금영수증을 아무도 묻지 않습니다.", koJob},
	gateway.FindProviderUnknown:   {"장부에 돈이 있는 결제를 결제사가 모릅니다.", "채널의 MID를 바꾸었거나 데이터베이스를 옮겼는지 보고, 결제사에서 확인하세요."},
	gateway.FindProviderLacks:     {"장부의 거래가 결제사에 없습니다.", koThere},
	gateway.FindBooksLack:         {"결제사의 거래가 장부에 없습니다.", koSync},
	gateway.FindProviderAmount:    {"결제사의 금액이 다릅니다.", koThere},
	gateway.FindProviderState:     {"결제사의 상태가 맞지 않습니다.", koSync},
	gateway.FindListLacks:         {"장부의 거래가 결제사 목록에 없습니다.", "목록이 늦을 수 있으니 내일 다시 보고, 남으면 결제사에서 확인하세요."},
	gateway.FindListUnexpected:    {"결제사 목록의 거래가 장부에 없습니다. 물어봐도 그렇습니다.", koThere},
	gateway.FindListAmount:        {"결제사 목록의 금액이 다릅니다.", koThere},
	gateway.FindListUnknown:       {"우리 번호인데 장부가 모르는 결제가 결제사 목록에 있습니다.", "백업에서 복구했나요? 돈은 빠져나갔습니다. 결제사에서 확인해 돌려주세요."},
	gateway.FindListForeign:       {"나루로 만들지 않은 주문이 결제사 목록에 있습니다.", "같은 MID를 다른 곳에서도 쓰면 괜찮습니다."},
	gateway.FindListUnread:        {"결제사의 하루치 목록을 받지 못했습니다.", "naru reconcile --day 명령으로 다시 해 보세요."},
	gateway.FindSettledAmount:     {"정산 금액이 거래와 다릅니다.", "결제사 정산 담당에 문의하세요."},
	gateway.FindSettlementLacks:   {"같은 날 것은 정산되었는데, 여드레가 지나도 정산되지 않았습니다.", "결제사 정산 담당에 문의하세요."},
}

// findingWhat and findingDo are what is wrong, and what to do, of a kind.
func findingWhat(lang string, kind gateway.FindingKind) string {
	return web.Pick(lang, cmp.Or(findingWords[kind][0], string(kind)), cmp.Or(kind.Words().What, string(kind)))
}

func findingDo(lang string, kind gateway.FindingKind) string {
	return web.Pick(lang, findingWords[kind][1], kind.Words().Do)
}
