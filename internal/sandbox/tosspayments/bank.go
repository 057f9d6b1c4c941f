package tosspayments

import (
	"slices"
	"strings"
)

// bank is a bank or securities firm ("기관 코드").
type bank struct {
	code    string // two characters; "" is an account of Toss itself
	ko, en  string
	full    string
	also    []string // other spellings
	issuing bool     // has virtual accounts
}

// banks are in the order of their codes. Toss writes Kookmin as 06; every other
// code is that of the Financial Telecommunications and Clearings Institute
// without its leading zero. The issuing banks are those of August 2022.
var banks = []bank{
	{code: "02", ko: "산업", en: "KDBBANK", full: "KDB산업은행", also: []string{"KDB"}},
	{code: "03", ko: "기업", en: "IBK", full: "IBK기업은행", issuing: true},
	{code: "06", ko: "국민", en: "KOOKMIN", full: "KB국민은행", issuing: true},
	{code: "07", ko: "수협", en: "SUHYEOP", full: "Sh수협은행", issuing: true},
	{code: "11", ko: "농협", en: "NONGHYEOP", full: "NH농협은행", issuing: true},
	{code: "12", ko: "단위농협", en: "LOCALNONGHYEOP", full: "지역농축협"},
	{code: "20", ko: "우리", en: "WOORI", full: "우리은행", issuing: true},
	{code: "23", ko: "SC제일", en: "SC", full: "SC제일은행"},
	{code: "27", ko: "씨티", en: "CITI", full: "씨티은행"},
	{code: "31", ko: "대구", en: "DAEGUBANK", full: "DGB대구은행", also: []string{"iM뱅크"}, issuing: true},
	{code: "32", ko: "부산", en: "BUSANBANK", full: "부산은행", issuing: true},
	{code: "34", ko: "광주", en: "GWANGJUBANK", full: "광주은행", issuing: true},
	{code: "35", ko: "제주", en: "JEJUBANK", full: "제주은행"},
	{code: "37", ko: "전북", en: "JEONBUKBANK", full: "전북은행", issuing: true},
	{code: "39", ko: "경남", en: "KYONGNAMBANK", full: "경남은행", issuing: true},
	{code: "45", ko: "새마을", en: "SAEMAUL", full: "새마을금고", issuing: true},
	{code: "48", ko: "신협", en: "SHINHYEOP", full: "신협", also: []string{"SHINHYUP"}},
	{code: "50", ko: "저축", en: "SAVINGBANK", full: "저축은행중앙회"},
	{code: "54", ko: "홍콩상하이은행", en: "HSBC", full: "홍콩상하이은행"},
	{code: "64", ko: "산림", en: "SANLIM", full: "산림조합"},
	{code: "71", ko: "우체국", en: "POST", full: "우체국예금보험", issuing: true},
	{code: "81", ko: "하나", en: "HANA", full: "하나은행", issuing: true},
	{code: "88", ko: "신한", en: "SHINHAN", full: "신한은행", issuing: true},
	{code: "89", ko: "케이", en: "KBANK", full: "케이뱅크", issuing: true},
	{code: "90", ko: "카카오", en: "KAKAOBANK", full: "카카오뱅크"},
	{code: "92", ko: "토스", en: "TOSSBANK", full: "토스뱅크"},
	{code: "S0", ko: "유안타증권", en: "YUANTA_SECURITES", full: "유안타증권"},
	{code: "S2", ko: "신한금융투자", en: "SHINHAN_INVESTMENT", full: "신한투자증권", also: []string{"SHINHAN_SECURITIES"}},
	{code: "S3", ko: "삼성증권", en: "SAMSUNG_SECURITIES", full: "삼성증권"},
	{code: "S4", ko: "KB증권", en: "KB_SECURITIES", full: "KB증권"},
	{code: "S5", ko: "미래에셋증권", en: "MIRAE_ASSET_SECURITIES", full: "미래에셋증권"},
	{code: "S6", ko: "한국투자증권", en: "KOREA_INVESTMENT_AND_SECURITIES", full: "한국투자증권"},
	{code: "S8", ko: "교보증권", en: "KYOBO_SECURITIES", full: "교보증권"},
	{code: "S9", ko: "하이투자증권", en: "HI_INVESTMENT_AND_SECURITIES", full: "하이투자증권"},
	{code: "SA", ko: "현대차증권", en: "HYUNDAI_MOTOR_SECURITIES", full: "현대차증권"},
	{code: "SB", ko: "키움증권", en: "KIWOOM", full: "키움증권"},
	{code: "SD", ko: "SK증권", en: "SK_SECURITIES", full: "SK증권"},
	{code: "SE", ko: "대신증권", en: "DAISHIN_SECURITIES", full: "대신증권"},
	{code: "SG", ko: "한화투자증권", en: "HANHWA_INVESTMENT_AND_SECURITIES", full: "한화투자증권"},
	{code: "SH", ko: "하나금융투자", en: "HANA_INVESTMENT_AND_SECURITIES", full: "하나금융투자"},
	{code: "SI", ko: "DB금융투자", en: "DB_INVESTMENT_AND_SECURITIES", full: "DB금융투자"},
	{code: "SJ", ko: "유진투자증권", en: "EUGENE_INVESTMENT_AND_SECURITIES", full: "유진투자증권"},
	{code: "SK", ko: "메리츠증권", en: "MERITZ_SECURITIES", full: "메리츠증권"},
	{code: "SL", ko: "NH투자증권", en: "NH_INVESTMENT_AND_SECURITIES", full: "NH투자증권"},
	{code: "SM", ko: "부국증권", en: "BOOKOOK_SECURITIES", full: "부국증권"},
	{code: "SN", ko: "신영증권", en: "SHINYOUNG_SECURITIES", full: "신영증권"},
	{code: "SO", ko: "LIG투자증권", en: "LIG_INVESTMENT_AND_SECURITIES", full: "LIG투자증권"},
	{code: "SP", ko: "KTB투자증권", en: "DAOL_INVESTMENT_AND_SECURITIES", full: "다올투자증권"},
	{code: "SQ", ko: "카카오페이증권", en: "KAKAOPAY_SECURITIES", full: "카카오페이증권"},
	{code: "SR", ko: "펀드온라인코리아", en: "KOREA_FOSS_SECURITIES", full: "한국포스증권"},
	{code: "ST", ko: "토스증권", en: "TOSS_SECURITIES", full: "토스증권"},
	{ko: "토스머니", en: "TOSS_MONEY", full: "토스머니"},
}

// findBank takes a code, or a Korean, English or full name.
func findBank(name string) (bank, bool) {
	if name == "" {
		return bank{}, false
	}
	for _, b := range banks {
		if b.code == name || b.ko == name || b.full == name || strings.EqualFold(b.en, name) || slices.Contains(b.also, name) {
			return b, true
		}
	}
	return bank{}, false
}

func (b bank) name(lang string) string {
	if lang == english {
		return b.en
	}
	return b.ko
}
