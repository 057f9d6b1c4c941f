package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/web"
)

// auditNouns are the kinds of things that change, and the section with their pages.
var auditNouns = map[string]struct{ ko, en, path string }{
	"operator":       {"운영자", "Operator", "/operators"},
	"merchant":       {"상점", "Store", "/stores"},
	"tier":           {"하위상점", "Sub-store", "/stores"},
	"channel":        {"채널", "Channel", "/channels"},
	"key":            {"API 키", "API key", ""},
	"webhook":        {"웹훅", "Webhook", ""},
	"webhook_secret": {"웹훅 서명 키", "Webhook signing secret", ""},
	"delivery":       {"웹훅 전송", "Delivery", "/deliveries"},
	"payment":        {"결제", "Payment", "/payments"},
	"attempt":        {"결제 시도", "Attempt", ""},
	"receipt":        {"현금영수증", "Cash receipt", "/receipts"},
	"billing_key":    {"빌링키", "Billing key", "/billing-keys"},
	"schedule":       {"예약 결제", "Schedule", "/schedules"},
	"alarm":          {"알림", "Alarm", ""},
	"finding":        {"대사 결과", "Finding", ""},
	"import":         {"가져오기", "Import", ""},
	"export":         {"내보내기", "Export", ""},
	"view":           {"저장한 조건", "Saved view", ""},
	"audit":          {"변경 기록", "Audit log", ""},
	"erasure":        {"개인정보 삭제", "Erasure", ""},
	"vault":          {"암호 키", "Vault", ""},
}

// auditVerbs are what is done to them. Those of people stand whole in auditActions.
var auditVerbs = map[string]struct{ ko, en string }{
	"add": {"추가", "added"}, "update": {"변경", "changed"}, "set": {"설정", "set"}, "remove": {"삭제", "removed"}, "delete": {"삭제", "deleted"},
	"revoke": {"폐기", "revoked"}, "disable": {"사용 중지", "disabled"}, "enable": {"다시 사용", "enabled"}, "cancel": {"취소", "cancelled"},
	"rotate": {"교체", "rotated"}, "issue": {"발급", "issued"}, "reissue": {"재발급", "re-issued"}, "check": {"점검", "checked"}, "test": {"시험", "tested"},
	"resend": {"다시 보내기", "sent again"}, "sync": {"결제사와 맞추기", "synced"}, "move": {"날짜 변경", "moved"}, "retry": {"다시 시도", "retried"},
	"rebook": {"다시 예약", "booked again"}, "leave": {"다시 결제에서 제외", "left out of the recovery run"}, "close": {"닫기", "closed"}, "settle": {"정리", "settled"}, "export": {"내보내기", "exported"},
	"import": {"가져오기", "imported"}, "rename": {"이름 변경", "renamed"}, "save": {"저장", "saved"}, "show": {"보기", "shown"}, "deposit": {"입금 처리", "deposited"},
	"revoke_account": {"가상계좌 회수", "account revoked"}, "test_deposit": {"테스트 입금", "test deposit"},
	"default": {"기본 지정", "made the default"}, "erase": {"삭제", "erased"},
}

// auditActions are actions that read badly when put together.
var auditActions = map[string]struct{ ko, en string }{
	"import.start":            {"가져오기 시작", "Began an import"},
	"import.payments":         {"결제 가져오기", "Imported payments"},
	"import.billing_keys":     {"빌링키 가져오기", "Imported billing keys"},
	"merchant.export":         {"전체 내보내기", "Exported everything"},
	"merchant.follow_again":   {"검색·집계 다시 만들기", "Made searches and sums anew"},
	"operator.sign_in":        {"로그인", "Signed in"},
	"operator.sign_out":       {"모든 기기에서 로그아웃", "Signed out everywhere"},
	"operator.session_end":    {"기기 한 곳에서 로그아웃", "Signed out of one browser"},
	"operator.link":           {"로그인 링크 만들기", "Made a sign-in link"},
	"operator.lock":           {"여러 번 틀려 잠김", "Locked after wrong tries"},
	"operator.password":       {"비밀번호 변경", "Password changed"},
	"operator.codes_on":       {"2단계 인증 켜기", "One-time codes turned on"},
	"operator.codes_off":      {"2단계 인증 끄기", "One-time codes turned off"},
	"operator.recovery":       {"복구 코드 새로 만들기", "Recovery codes renewed"},
	"operator.reset_factors":  {"2단계 인증과 패스키 초기화", "Codes and passkeys reset"},
	"operator.passkey_add":    {"패스키 등록", "Passkey added"},
	"operator.passkey_update": {"패스키 이름 변경", "Passkey renamed"},
	"operator.passkey_remove": {"패스키 삭제", "Passkey removed"},
	"operator.grant":          {"역할 변경", "Role given"},
	"operator.revoke":         {"역할 없애기", "Role taken away"},
	"operator.update":         {"내 정보 변경", "Own details changed"},
}

// auditFields are what the fields of a change are called; others by themselves.
var auditFields = map[string][2]string{
	"email": {"이메일", "E-mail"}, "name": {"이름", "Name"}, "language": {"언어", "Language"}, "role": {"역할", "Role"}, "export": {"내보내기", "Export"},
	"how": {"방법", "By"}, "failures": {"틀린 횟수", "Wrong tries"}, "sessions": {"기기 수", "Browsers"}, "session": {"세션", "Session"}, "passkey": {"패스키", "Passkey"},
	"passkeys": {"패스키 수", "Passkeys"}, "codes": {"2단계 인증", "One-time codes"}, "resets_factors": {"2단계 인증 초기화", "Resets codes and passkeys"},
	"user_code": {"가맹점 식별코드", "User code"}, "webhook_url": {"웹훅 주소", "Webhook URL"}, "amount": {"금액", "Amount"}, "reason": {"사유", "Reason"},
	"mid": {"상점아이디(MID)", "MID"}, "mode": {"모드", "Mode"}, "provider": {"결제사", "Provider"}, "default": {"기본", "Default"}, "entries": {"건수", "Entries"},
	"kind": {"종류", "Kind"}, "status": {"상태", "Status"}, "tier": {"하위상점 코드", "Tier code"}, "allowed_ips": {"허용 IP", "Allowed IPs"}, "origins": {"허용 도메인", "Allowed origins"},
}

// auditWord is an action in words: its own, or its noun and verb.
func auditWord(lang, action string) string {
	if w, ok := auditActions[action]; ok {
		return web.Pick(lang, w.ko, w.en)
	}
	noun, verb, _ := strings.Cut(action, ".")
	n, known := auditNouns[noun]
	w, also := auditVerbs[verb]
	if !known || !also {
		return action
	}
	return web.Pick(lang, n.ko+" "+w.ko, n.en+" "+w.en)
}

// auditKinds are the choices of what kind of thing to see.
func auditKinds(lang string) []option {
	var out []option
	for _, kind := range slices.Sorted(maps.Keys(auditNouns)) {
		n := auditNouns[kind]
		out = append(out, option{kind, web.Pick(lang, n.ko, n.en)})
	}
	slices.SortFunc(out, func(a, b option) int { return strings.Compare(a.Text, b.Text) })
	return out
}

// difference is a field of a change, as it was and as it is.
type difference struct{ Name, Before, After string }

// differences are the fields that a change is about.
func (v *visit) differences(a store.Audit) []difference {
	before, after := flat(a.Before), flat(a.After)
	names := slices.Sorted(maps.Keys(before))
	for n := range after {
		if _, both := before[n]; !both {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	var out []difference
	for _, n := range names {
		was, is := before[n], after[n]
		if was == is {
			continue
		}
		out = append(out, difference{v.fieldName(n), v.fieldValue(n, was), v.fieldValue(n, is)})
	}
	return out
}

// flat is JSON as fields and texts: those within others after a point.
func flat(text json.RawMessage) map[string]string {
	out := map[string]string{}
	if len(text) == 0 {
		return out
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return out
	}
	flatten(out, "", value)
	return out
}

func flatten(out map[string]string, name string, value any) {
	switch x := value.(type) {
	case map[string]any:
		for k, sub := range x {
			if name != "" {
				k = name + "." + k
			}
			flatten(out, k, sub)
		}
	case []any:
		var parts []string
		for _, e := range x {
			parts = append(parts, fmt.Sprint(e))
		}
		out[name] = strings.Join(parts, ", ")
	case nil:
	default:
		out[name] = fmt.Sprint(x)
	}
}

func (v *visit) fieldName(name string) string {
	if name == "" {
		return v.t("값", "Value")
	}
	i := strings.LastIndexByte(name, '.')
	if w, ok := auditFields[name[i+1:]]; ok {
		return v.t(w[0], w[1])
	}
	return name
}

// fieldValue is a value in words where it has some.
func (v *visit) fieldValue(name, value string) string {
	if value == "" {
		return ""
	}
	switch value {
	case "true":
		return v.t("예", "Yes")
	case "false":
		return v.t("아니오", "No")
	}
	for _, kind := range []string{"role", "how", "mode", "provider", "status"} {
		if name == kind {
			if kind == "status" {
				kind = "payment"
			}
			return wordFor(v.lang, kind, value)
		}
	}
	if name == "amount" {
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return money(v.lang, n, pay.KRW)
		}
	}
	return value
}
