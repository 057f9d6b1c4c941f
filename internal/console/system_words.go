package console

// jobWords are the kinds of jobs in words.
var jobWords = map[string]word{
	"deliver": {"웹훅 보내기", "send webhooks", ""}, "resend": {"웹훅 다시 보내기", "re-send webhooks", ""},
	"resolve_attempt": {"결과 확인", "ask for lost outcomes", ""}, "sync_payment": {"결제 동기화", "sync payments", ""},
	"give_back": {"이중 결제 되돌리기", "give back double payments", ""}, "give_back_checking": {"카드 확인 금액 되돌리기", "give back checking amounts", ""},
	"resolve_key": {"빌링키 확인", "ask for billing keys", ""}, "revoke_key": {"빌링키 폐기", "revoke billing keys", ""},
	"run_schedule": {"예약 결제 실행", "charge bookings", ""}, "resolve_receipt": {"현금영수증 확인", "ask for cash receipts", ""},
	"heed_notice": {"결제사 알림 처리", "heed notices", ""}, "reap_idempotency": {"멱등키 정리", "drop idempotency keys", ""},
	"plan_nightly": {"밤 작업 계획", "plan the nights", ""}, "verify_day": {"밤 장부 검증", "verify the books", ""},
	"reconcile_day": {"밤 대사", "reconcile with providers", ""}, "retain": {"개인정보 보존 기간", "retention", ""},
	"alert_watch": {"알람 감시", "watch for alarms", ""}, "alert": {"알람 보내기", "send alarms", ""},
}
