package gateway

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"naru/internal/pay"
)

// ImportMapping says which of a file's columns is what. Fields have V1's names.
type ImportMapping struct {
	// Fields is the column of each field. In JSON files columns are keys.
	Fields map[string]string `json:"fields"`
	// Constants is the value of fields that have no column, or an empty one.
	Constants map[string]string `json:"constants,omitempty"`
	// Values turns the file's words into V1's, by field: "결제완료" into "paid".
	Values map[string]map[string]string `json:"values,omitempty"`
	// Channels says which channel rows belong to; without one that fits it is the
	// merchant's channel of the row's provider and MID.
	Channels []ImportChannel `json:"channels,omitempty"`
}

// ImportChannel is the channel of the rows of a provider and a MID; an empty one of
// the two is any.
type ImportChannel struct {
	Provider pay.Provider   `json:"pg_provider,omitempty"`
	MID      string         `json:"pg_id,omitempty"`
	Channel  pay.ChannelKey `json:"channel"`
}

// importField is a field that a file may have, what its column may be called, and
// what it means.
type importField struct {
	Name    string
	Ko, En  string // what it is, for a person
	Aliases []string
	Needed  bool
}

// ImportField is what a person who adjusts a mapping is shown of a field.
type ImportField struct {
	Name, Ko, En string
	Needed       bool
}

// ImportFields is every field of a kind of file.
func ImportFields(kind ImportKind) []ImportField {
	all := paymentFields()
	if kind == ImportKeys {
		all = keyFields()
	}
	out := make([]ImportField, len(all))
	for i, f := range all {
		out[i] = ImportField{f.Name, f.Ko, f.En, f.Needed}
	}
	return out
}

// paymentFields are V1's of a payment ("결제건 조회"), with the words that a
// console's list may have for them.
func paymentFields() []importField {
	return []importField{
		{"imp_uid", "포트원 거래번호", "imp_uid", []string{"거래고유번호", "포트원 결제번호", "아임포트 거래번호", "아임포트 번호", "고유번호", "portone transaction id"}, true},
		{"merchant_uid", "주문번호", "Order number", []string{"고객사 주문번호", "가맹점 주문번호", "상점 주문번호", "order id", "order no", "merchant order id"}, true},
		{"status", "결제 상태", "Status", []string{"상태", "결제상태", "거래상태", "payment status"}, true},
		{"amount", "결제 금액", "Amount", []string{"금액", "결제금액", "승인금액", "total amount", "payment amount"}, true},
		{"cancel_amount", "취소 금액", "Cancelled amount", []string{"취소금액", "취소 누적금액", "cancelled amount", "refunded amount"}, false},
		{"currency", "통화", "Currency", []string{"화폐", "통화코드"}, false},
		{"tax_free", "면세 금액", "Tax-free amount", []string{"면세금액", "비과세"}, false},
		{"vat_amount", "부가세", "VAT", []string{"부가세액", "vat"}, false},
		{"pg_provider", "PG사", "Provider", []string{"PG", "pg사", "결제대행사", "pg provider", "provider"}, false},
		{"pg_id", "PG 상점아이디 (MID)", "MID", []string{"PG 상점아이디", "상점아이디", "mid", "pg mid", "pg상점아이디(mid)"}, false},
		{"pg_tid", "PG 거래번호", "Provider's key (pg_tid)", []string{"PG거래번호", "pg사 거래번호", "pg tid", "tid", "paymentkey"}, false},
		{"provider_order", "PG에 보낸 주문번호", "Order id at the provider", []string{"pg 주문번호", "pg order id"}, false},
		{"pay_method", "결제 수단", "Method", []string{"결제수단", "결제방법", "payment method"}, false},
		{"emb_pg_provider", "간편결제", "Wallet", []string{"간편결제사", "easy pay"}, false},
		{"channel", "결제 환경 (pc, mobile, api)", "Environment (pc, mobile, api)", []string{"결제환경", "환경", "environment"}, false},
		{"sandbox", "테스트 결제", "Test payment", []string{"테스트", "테스트여부", "테스트 결제여부", "test"}, false},
		{"escrow", "에스크로", "Escrow", []string{"에스크로 여부", "에스크로여부"}, false},
		{"name", "주문명", "Order name", []string{"상품명", "결제명", "order name", "product name"}, false},
		{"started_at", "결제 요청 시각", "Requested at", []string{"결제요청시각", "요청시각", "요청일시", "결제시도일시", "결제요청일시", "requested at", "created at"}, false},
		{"paid_at", "결제 시각", "Paid at", []string{"결제시각", "결제일시", "결제완료일시", "승인일시", "승인시각", "paid date"}, false},
		{"failed_at", "실패 시각", "Failed at", []string{"실패시각", "실패일시"}, false},
		{"cancelled_at", "취소 시각", "Cancelled at", []string{"취소시각", "취소일시", "canceled at", "refunded at"}, false},
		{"fail_reason", "실패 사유", "Failure", []string{"실패사유"}, false},
		{"cancel_reason", "취소 사유", "Reason of the cancel", []string{"취소사유"}, false},
		{"cancel_history", "취소 내역 (JSON)", "Cancels (JSON)", []string{"취소내역"}, false},
		{"apply_num", "승인번호", "Approval number", []string{"카드 승인번호", "approval number"}, false},
		{"card_code", "카드사 코드", "Card company's code", []string{"카드사코드"}, false},
		{"card_name", "카드사", "Card company", []string{"카드사명", "카드 이름", "발급사", "card company"}, false},
		{"card_issuer_code", "발급사 코드", "Issuer's code", []string{"발급사코드"}, false},
		{"card_publisher_code", "매입사 코드", "Acquirer's code", []string{"매입사코드"}, false},
		{"card_number", "카드번호 (가린 것)", "Card number (masked)", []string{"카드번호"}, false},
		{"card_quota", "할부 개월", "Instalments", []string{"할부", "할부개월", "할부개월수", "installment"}, false},
		{"card_type", "카드 종류", "Card type", []string{"카드종류", "카드타입"}, false},
		{"bank_code", "은행 코드", "Bank's code", []string{"은행코드"}, false},
		{"bank_name", "은행", "Bank", []string{"은행명"}, false},
		{"vbank_code", "가상계좌 은행 코드", "Virtual account: bank's code", []string{"가상계좌 은행코드"}, false},
		{"vbank_name", "가상계좌 은행", "Virtual account: bank", []string{"가상계좌 은행명", "입금은행"}, false},
		{"vbank_num", "가상계좌 번호", "Virtual account: number", []string{"가상계좌번호", "가상계좌", "입금계좌"}, false},
		{"vbank_holder", "예금주", "Virtual account: holder", []string{"가상계좌 예금주"}, false},
		{"vbank_date", "입금 기한", "Virtual account: due", []string{"입금기한", "가상계좌 입금기한"}, false},
		{"vbank_issued_at", "가상계좌 발급 시각", "Virtual account: issued", []string{"가상계좌 발급일시", "가상계좌 발급시각"}, false},
		{"buyer_name", "구매자 이름", "Buyer's name", []string{"구매자명", "구매자", "구매자이름", "주문자명"}, false},
		{"buyer_email", "구매자 이메일", "Buyer's e-mail", []string{"구매자이메일", "이메일"}, false},
		{"buyer_tel", "구매자 연락처", "Buyer's telephone", []string{"구매자 전화번호", "구매자연락처", "구매자 휴대폰", "연락처"}, false},
		{"buyer_addr", "구매자 주소", "Buyer's address", []string{"구매자주소", "주소"}, false},
		{"buyer_postcode", "구매자 우편번호", "Buyer's postcode", []string{"구매자우편번호", "우편번호"}, false},
		{"custom_data", "custom_data", "custom_data", []string{"커스텀 데이터", "사용자 데이터"}, false},
		{"user_agent", "브라우저", "User agent", []string{"user agent", "유저에이전트"}, false},
		{"receipt_url", "매출전표 주소", "Sales slip", []string{"매출전표", "영수증", "영수증 url"}, false},
		{"cash_receipt_issued", "현금영수증 발급", "Cash receipt issued", []string{"현금영수증 발급여부", "현금영수증"}, false},
		{"customer_uid", "customer_uid (빌링키)", "customer_uid (billing key)", []string{"빌링키", "고객사 빌링키"}, false},
		{"customer_uid_usage", "빌링키 용도", "Use of the billing key", []string{"빌링키 구분"}, false},
	}
}

// plainName is a header without what people write differently.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// guessMapping finds each field by what its column is called.
func guessMapping(columns []string, fields []importField) ImportMapping {
	m := ImportMapping{Fields: map[string]string{}}
	taken := map[string]bool{}
	find := func(names ...string) string {
		for _, n := range names {
			for _, c := range columns {
				if !taken[c] && plainName(c) == plainName(n) {
					return c
				}
			}
		}
		return ""
	}
	for _, exact := range []bool{true, false} { // V1's own names before words for them
		for _, f := range fields {
			names := []string{f.Name}
			if !exact {
				names = append([]string{f.Ko, f.En}, f.Aliases...)
			}
			if m.Fields[f.Name] == "" {
				if c := find(names...); c != "" {
					m.Fields[f.Name], taken[c] = c, true
				}
			}
		}
	}
	return m
}

// guess is guessMapping of the file's columns. Not every object of a JSON file has each
// key: there, a field that the first has not is looked for by its own name.
func (s *importSource) guess(fields []importField) ImportMapping {
	m := guessMapping(s.columns, fields)
	for _, f := range fields {
		if s.json && !s.own && m.Fields[f.Name] == "" {
			m.Fields[f.Name] = f.Name
		}
	}
	return m
}

// check says what of a mapping does not fit the file.
func (m ImportMapping) check(src *importSource, fields []importField) error {
	known := func(name string) bool {
		return slices.ContainsFunc(fields, func(f importField) bool { return f.Name == name })
	}
	for _, part := range []map[string]string{m.Fields, m.Constants} {
		for name := range part {
			if !known(name) {
				return &Invalid{"mapping", fmt.Sprintf("%q is no field; the template of naru import mapping lists them all", name)}
			}
		}
	}
	for name := range m.Values {
		if !known(name) {
			return &Invalid{"mapping", fmt.Sprintf("values: %q is no field", name)}
		}
	}
	for name, column := range m.Fields {
		if column != "" && !src.json && !slices.Contains(src.columns, column) {
			return &Invalid{"mapping", fmt.Sprintf("%s: the file has no column %q; it has %s", name, column, cutText(strings.Join(src.columns, ", "), 600))}
		}
	}
	if src.own {
		return nil
	}
	for _, f := range fields {
		if f.Needed && m.Fields[f.Name] == "" && m.Constants[f.Name] == "" {
			return &Invalid{"mapping", fmt.Sprintf("no column for %s (%s): the file has %s", f.Name, f.Ko, cutText(strings.Join(src.columns, ", "), 600))}
		}
	}
	return nil
}

// value is what a row says of a field, in V1's words.
func (m ImportMapping) value(r record, field string) string {
	v := ""
	if c := m.Fields[field]; c != "" {
		v = strings.TrimSpace(r.values[c])
	}
	if to, ok := m.Values[field][v]; ok {
		v = to
	}
	if v == "" {
		v = m.Constants[field]
	}
	return v
}

// MappingTemplate is a mapping with every field, to be filled in.
func MappingTemplate(kind ImportKind) ImportMapping {
	m := ImportMapping{Fields: map[string]string{}, Constants: map[string]string{}, Values: map[string]map[string]string{}}
	for _, f := range ImportFields(kind) {
		m.Fields[f.Name] = ""
	}
	m.Channels = []ImportChannel{{Provider: pay.TossPayments, MID: "", Channel: "channel-key-…"}}
	if kind == ImportPayments {
		m.Constants["currency"] = string(pay.KRW)
		m.Values["status"] = map[string]string{"결제완료": "paid", "취소": "cancelled", "부분취소": "cancelled", "실패": "failed", "미결제": "ready"}
	}
	return m
}
