package tosspayments

import (
	"net/http"
	"strings"
)

const (
	korean  = "ko"
	english = "en"
)

// language is English only when the request asks for en-US (API 사용하기, Accept-Language).
func language(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	if strings.EqualFold(strings.TrimSpace(first), "en-US") {
		return english
	}
	return korean
}

// word gives an enumerated Korean value in the language of the answer.
func word(lang, ko string) string {
	if lang != english {
		return ko
	}
	if en, ok := englishWords[ko]; ok {
		return en
	}
	return ko
}

// englishWords are the spellings of "ENUM 코드" with Accept-Language en-US,
// except institutions, which have theirs in their own tables.
var englishWords = map[string]string{
	"카드": "CARD", "가상계좌": "VIRTUAL_ACCOUNT", "간편결제": "EASY_PAY", "휴대폰": "MOBILE_PHONE", "계좌이체": "TRANSFER",
	"문화상품권": "CULTURE_GIFT_CERTIFICATE", "도서문화상품권": "BOOK_GIFT_CERTIFICATE", "게임문화상품권": "GAME_GIFT_CERTIFICATE",
	"신용": "CREDIT", "체크": "CHECK", "기프트": "GIFT", "미확인": "UNKNOWN",
	"개인": "PERSONAL", "법인": "CORPORATE", "일반": "NORMAL", "고정": "FIXED",
}
