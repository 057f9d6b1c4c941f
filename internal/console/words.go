package console

import (
	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
	"naru/internal/web"
)

// word is what a value is called, and the colour it has beside its words.
type word struct{ ko, en, tone string }

// Tones. Each is a class of the style sheet; "" is plain.
const (
	good = "good"
	bad  = "bad"
	wait = "wait"
	note = "note"
)

// words are the names of everything that the books hold as a code, by its kind.
var words = map[string]map[string]word{
	"payment": {
		string(pay.StatusCreated): {"결제 시작", "Started", ""}, string(pay.StatusConfirming): {"승인 중", "Confirming", wait},
		string(pay.StatusAwaitingDeposit): {"입금 대기", "Awaiting deposit", wait}, string(pay.StatusPaid): {"결제 완료", "Paid", good},
		string(pay.StatusPartiallyCancelled): {"부분 취소", "Partly cancelled", note}, string(pay.StatusCancelled): {"전액 취소", "Cancelled", note},
		string(pay.StatusFailed): {"결제 실패", "Failed", bad},
	},
	"mode": {
		string(pay.ModeLive): {"실연동", "Live", ""}, string(pay.ModeTest): {"테스트", "Test", wait},
		string(pay.ModeSandbox): {"샌드박스", "Sandbox", wait},
	},
	"provider": {
		string(pay.TossPayments): {"토스페이먼츠", "Toss Payments", ""}, string(pay.TossPay): {"토스페이", "Toss Pay", ""},
	},
	"method": {
		string(pay.MethodCard): {"신용카드", "Card", ""}, string(pay.MethodTrans): {"계좌이체", "Bank transfer", ""},
		string(pay.MethodVbank): {"가상계좌", "Virtual account", ""}, string(pay.MethodPhone): {"휴대폰", "Mobile phone", ""},
		string(pay.MethodCultureland): {"문화상품권", "Cultureland", ""}, string(pay.MethodSmartculture): {"스마트문상", "Smart Culture", ""},
		string(pay.MethodBooknlife): {"도서문화상품권", "Book & Life", ""}, string(pay.MethodSamsung): {"삼성페이", "Samsung Pay", ""},
		string(pay.MethodSamsungPay): {"삼성페이", "Samsung Pay", ""}, string(pay.MethodKakaoPay): {"카카오페이", "Kakao Pay", ""},
		string(pay.MethodNaverPay): {"네이버페이", "Naver Pay", ""}, string(pay.MethodPayco): {"페이코", "PAYCO", ""},
		string(pay.MethodLPay): {"엘페이", "L.Pay", ""}, string(pay.MethodSSGPay): {"SSG페이", "SSG Pay", ""},
		string(pay.MethodApplePay): {"애플페이", "Apple Pay", ""}, string(pay.MethodTossPay): {"토스페이", "Toss Pay", ""},
		string(pay.MethodTossPayCard): {"토스페이 카드", "Toss Pay card", ""}, string(pay.MethodTossPayMoney): {"토스페이 머니", "Toss Pay money", ""},
		string(pay.MethodPoint): {"간편결제 포인트", "Wallet points", ""},
	},
	"source": {
		string(pay.SourceWindow): {"결제창", "Window", ""}, string(pay.SourceAPI): {"서버 API", "Server API", ""},
		string(pay.SourceSchedule): {"예약", "Schedule", ""},
	},
	"kind": {
		string(pay.ChannelPayment): {"결제", "Payments", ""}, string(pay.ChannelBilling): {"정기결제", "Billing", ""},
	},
	"attempt": {
		string(pay.AttemptStarted): {"진행 중", "Under way", wait}, string(pay.AttemptUnknown): {"결과 확인 중", "Not known yet", wait},
		string(pay.AttemptSucceeded): {"성공", "Succeeded", good}, string(pay.AttemptDeclined): {"거절", "Declined", bad},
		string(pay.AttemptNotSent): {"보내지 않음", "Not sent", note},
	},
	"attempt kind": {
		string(pay.AttemptConfirm): {"승인 요청", "Confirm", ""}, string(pay.AttemptCancel): {"취소 요청", "Cancel", ""},
		string(pay.AttemptCharge): {"빌링키 결제", "Charge", ""}, string(pay.AttemptKeyIn): {"수기 결제", "Key-in", ""},
		string(pay.AttemptIssueAccount): {"가상계좌 발급", "Issue account", ""}, string(pay.AttemptRevokeAccount): {"가상계좌 회수", "Revoke account", ""},
	},
	"movement": {
		string(pay.MovementApproval): {"승인", "Approval", good}, string(pay.MovementDeposit): {"입금", "Deposit", good},
		string(pay.MovementDepositReversal): {"입금 취소", "Deposit reversal", bad}, string(pay.MovementCancel): {"취소", "Cancel", note},
	},
	"key": {
		string(pay.KeyIssuing): {"발급 중", "Issuing", wait}, string(pay.KeyHeld): {"첫 결제 대기", "Held", wait}, string(pay.KeyActive): {"사용 중", "Active", good},
		string(pay.KeyReplaced): {"교체됨", "Replaced", note}, string(pay.KeyDeleted): {"삭제됨", "Deleted", note}, string(pay.KeyRefused): {"거절됨", "Refused", bad},
	},
	"schedule": {
		string(pay.ScheduleBooked): {"예약됨", "Booked", wait}, string(pay.ScheduleRunning): {"결제 중", "Running", wait},
		string(pay.ScheduleExecuted): {"실행됨", "Executed", good}, string(pay.ScheduleRevoked): {"예약 취소", "Revoked", note},
	},
	"receipt": {
		string(pay.ReceiptIssuing): {"발급 중", "Issuing", wait}, string(pay.ReceiptIssued): {"발급 완료", "Issued", good},
		string(pay.ReceiptRefused): {"거절", "Refused", bad}, string(pay.ReceiptCancelling): {"취소 중", "Cancelling", wait},
		string(pay.ReceiptCancelled): {"취소됨", "Cancelled", note},
	},
	"delivery": {
		store.DeliveryWaiting: {"대기", "Waiting", wait}, store.DeliveryDelivered: {"전달됨", "Delivered", good},
		store.DeliveryGivenUp: {"실패", "Given up", bad}, store.DeliverySuperseded: {"대체됨", "Superseded", note},
	},
	"decline": {
		string(connector.DeclineOther): {"기타 거절", "Other", ""}, string(connector.DeclineByCustomer): {"구매자가 취소", "Left by the buyer", ""},
		string(connector.DeclineExpired): {"유효 시간 지남", "Expired", ""}, string(connector.DeclineFunds): {"잔액 부족", "Not enough money", ""},
		string(connector.DeclineLimit): {"한도 초과", "Over the limit", ""}, string(connector.DeclineCard): {"카드 거절", "Card refused", ""},
		string(connector.DeclineFraud): {"도난·분실·이상 거래 의심", "Fraud suspected", ""}, string(connector.DeclineMethod): {"쓸 수 없는 결제수단", "Method not available", ""},
		string(connector.DeclineRequest): {"요청 거절", "Request refused", ""}, string(connector.DeclineState): {"상태상 불가", "State forbids it", ""},
		string(connector.DeclineAmount): {"금액 거절", "Amount refused", ""}, string(connector.DeclineMaintenance): {"결제사 점검", "Provider under maintenance", ""},
	},
	"card type": {"credit": {"신용", "Credit", ""}, "debit": {"체크", "Debit", ""}, "gift": {"기프트", "Gift", ""}},
	"booking": {
		string(pay.StateBooked): {"예약됨", "Booked", wait}, string(pay.ScheduleRunning): {"결제 중", "Being charged", wait},
		string(pay.StateSucceeded): {"결제 성공", "Succeeded", good}, string(pay.StateFailed): {"결제 실패", "Failed", bad}, string(pay.StateRevoked): {"예약 취소", "Revoked", note},
		"": {"전체", "All", ""},
	},
	"booking in short": {
		string(pay.StateBooked): {"예약", "Booked", ""}, string(pay.StateSucceeded): {"성공", "Paid", ""}, string(pay.StateFailed): {"실패", "Failed", ""},
		string(pay.StateRevoked): {"취소", "Revoked", ""},
	},
	"billing field": {
		string(store.BillingOrder): {"주문번호", "Order number", ""}, string(store.BillingCustomer): {"customer_uid", "customer_uid", ""},
		string(store.BillingMember): {"customer_id", "customer_id", ""}, string(store.BillingName): {"주문명", "Order name", ""},
		string(store.BillingBuyer): {"구매자 이름", "Buyer's name", ""}, string(store.BillingTel): {"구매자 전화번호", "Buyer's telephone", ""},
		string(store.BillingCard): {"카드 끝 네 자리", "Last four digits", ""},
	},
	"recovery": {
		string(store.RecoveryRunning): {"결과 확인 중", "Being found out", wait}, string(store.RecoverySucceeded): {"성공", "Succeeded", good},
		string(store.RecoveryFailed): {"실패", "Failed", bad}, string(store.RecoverySkipped): {"건너뜀", "Left alone", note},
	},
	"recovery reason": {
		gateway.RecoverySkipsKey: {"빌링키가 없습니다", "It has no billing key", ""}, gateway.RecoverySkipsChannel: {"채널을 쓸 수 없습니다", "The channel cannot be used", ""},
		gateway.RecoverySkipsPaid: {"이미 결제된 주문입니다", "The order was paid otherwise", ""}, gateway.RecoverySkipsLasting: {"다시 결제해도 거절될 카드입니다", "The card would be refused again", ""},
		gateway.RecoverySkipsAgain: {"자동 재결제에서 이미 실패했습니다", "A recovery run has tried it before", ""}, gateway.RecoverySkipsState: {"그 사이에 상태가 바뀌었습니다", "It changed meanwhile", ""},
		gateway.RecoverySkipsRevoked: {"결제가 실패한 뒤 예약 취소 요청을 받았습니다", "It was revoked after its charge had begun", ""},
	},
	"job": jobWords,
	"role": {
		string(pay.RoleOwner): {"소유자", "Owner", ""}, string(pay.RoleManager): {"관리자", "Manager", ""},
		string(pay.RoleDeveloper): {"개발자", "Developer", ""}, string(pay.RoleReadOnly): {"읽기 전용", "Read-only", ""},
	},
	"how": {
		people.HowPassword: {"비밀번호", "Password", ""}, people.HowCode: {"비밀번호 + 코드", "Password and code", ""},
		people.HowPasskey: {"패스키", "Passkey", ""}, people.HowLink: {"로그인 링크", "Sign-in link", ""},
	},
	"channel kind": {
		string(pay.ChannelPayment): {"결제 (결제창 · 수기 결제 · 가상계좌)", "Payments (window, key-in, virtual accounts)", ""},
		string(pay.ChannelBilling): {"정기결제 (빌링키 발급과 결제)", "Billing (billing keys and their charges)", ""},
	},
	"tax class": {
		"": {"적어 두지 않음", "Not noted", ""}, string(pay.TaxTaxable): {"과세", "Taxable", ""},
		string(pay.TaxFree): {"면세", "Tax-free", ""}, string(pay.TaxMixed): {"복합과세", "Mixed", ""},
	},
	"api key": {"active": {"사용 중", "In use", good}, "revoked": {"폐기됨", "Revoked", note}},
	"health": {
		"quiet": {"최근 호출 없음", "No calls lately", ""}, "well": {"정상", "Well", good},
		"ailing": {"일부 실패", "Some failed", wait}, "down": {"응답 없음", "No answers", bad},
	},
	"receipt type": {
		string(pay.ReceiptPerson): {"소득공제", "Income deduction", ""}, string(pay.ReceiptCompany): {"지출증빙", "Business expense", ""},
	},
	"period": {
		periodToday: {"오늘", "Today", ""}, periodWeek: {"최근 7일", "Last 7 days", ""}, periodMonth: {"최근 30일", "Last 30 days", ""},
		periodThisMonth: {"이번 달", "This month", ""}, periodLastMonth: {"지난달", "Last month", ""}, periodAll: {"전체 기간", "All time", ""},
		periodOwn: {"직접 정하기", "Other days", ""},
	},
	"search field": {
		"all": {"모든 항목", "All fields", ""}, string(store.FieldPayment): {"imp_uid", "imp_uid", ""}, string(store.FieldOrder): {"주문번호", "Order number", ""},
		string(store.FieldName): {"주문명", "Order name", ""}, string(store.FieldApproval): {"승인번호", "Approval number", ""},
		string(store.FieldBuyerName): {"구매자 이름", "Buyer's name", ""}, string(store.FieldBuyerTel): {"구매자 전화번호", "Buyer's telephone", ""},
		string(store.FieldBuyerEmail): {"구매자 이메일", "Buyer's e-mail", ""}, string(store.FieldAddress): {"구매자 주소", "Buyer's address", ""},
		string(store.FieldPostcode): {"우편번호", "Postcode", ""}, string(store.FieldPgTid): {"결제사 거래번호", "Provider's key", ""},
		string(store.FieldCardNumber): {"카드번호", "Card number", ""}, string(store.FieldMID): {"상점아이디 (MID)", "MID", ""},
		string(store.FieldAgent): {"환경", "Environment", ""}, string(store.FieldBank): {"은행", "Bank", ""}, string(store.FieldVbank): {"가상계좌 은행", "Virtual account's bank", ""},
		string(store.FieldAccount): {"가상계좌 번호", "Virtual account", ""}, string(store.FieldDepositor): {"입금자", "Depositor", ""},
		string(store.FieldReceipt): {"현금영수증 번호", "Cash receipt number", ""}, string(store.FieldReason): {"취소 사유", "Cancel reason", ""},
		string(store.FieldCard): {"카드사", "Card company", ""}, string(store.FieldMonths): {"할부개월", "Instalments", ""},
	},
	"import": {
		store.ImportWaiting: {"확인 대기", "Waiting for you", wait}, store.ImportRunning: {"가져오는 중", "Running", note}, store.ImportDone: {"완료", "Done", good},
		store.ImportFailed: {"실패", "Failed", bad}, store.ImportDiscarded: {"취소", "Discarded", ""},
	},
	"import_kind": {
		string(gateway.ImportPayments): {"결제", "Payments", ""}, string(gateway.ImportKeys): {"빌링키", "Billing keys", ""},
	},
	"import_problem": {
		gateway.ImportRefused: {"가져올 수 없음", "Refused", bad}, gateway.ImportDiffers: {"장부와 다름", "Differs", wait},
	},
}

// wordFor is what a value of a kind is called. One without words is shown as it is.
func wordFor(lang, kind, value string) string {
	w, ok := words[kind][value]
	if !ok {
		return value
	}
	return web.Pick(lang, w.ko, w.en)
}

// declineWord is why a try to pay failed: in our words, or, when we have none, by
// its code alone.
func declineWord(lang, class, code string) string {
	if class == "" && code == "" {
		return web.Pick(lang, "이유를 알 수 없음", "No reason given")
	}
	if class == "" {
		return web.Pick(lang, "결제사에 요청하기 전에 실패", "Failed before the provider was asked")
	}
	return wordFor(lang, "decline", class)
}
