package tosspayments

import "slices"

// Stage is when a magic card is refused.
type Stage string

// The stages of MagicCard. A payment by card number is a use and a charge.
const (
	AnyUse      Stage = "any use"      // also when a billing key is to be issued
	EachCharge  Stage = "each charge"  // a billing key is issued
	FirstCharge Stage = "first charge" // of a billing key; of payments by number, every other attempt of the shop
)

// MagicCard is a card number that is refused in a certain way. The numbers are
// our own invention, as the provider has none; they fail the check digit test,
// so that they are nobody's.
type MagicCard struct {
	Type   string `json:"type"`
	Number string `json:"number"`
	When   Stage  `json:"when"`
	Code   string `json:"code"`
	Status int    `json:"status"` // of HTTP, that goes with the code
	What   string `json:"what"`
	WhatKo string `json:"whatKo"`
}

var magicCards = []MagicCard{
	{Type: "limit_exceeded", Number: "9410009900000101", When: AnyUse, Code: "REJECT_CARD_PAYMENT", What: "limit exceeded", WhatKo: "한도 초과"},
	{Type: "insufficient_balance", Number: "9410009900000102", When: AnyUse, Code: "REJECT_ACCOUNT_PAYMENT", What: "balance too low", WhatKo: "잔액 부족"},
	{Type: "lost_or_stolen", Number: "9410009900000103", When: AnyUse, Code: "INVALID_CARD_LOST_OR_STOLEN", What: "reported lost or stolen", WhatKo: "분실·도난 신고"},
	{Type: "expired", Number: "9410009900000104", When: AnyUse, Code: "INVALID_CARD_EXPIRATION", What: "expired, whatever expiry is given", WhatKo: "유효기간 만료"},
	{Type: "wrong_password", Number: "9410009900000105", When: AnyUse, Code: "INVALID_CARD_PASSWORD", What: "wrong password", WhatKo: "비밀번호 오류"},
	{Type: "wrong_identity", Number: "9410009900000116", When: AnyUse, Code: "INVALID_CARD_IDENTITY", What: "birth date or business number is not the holder's", WhatKo: "생년월일·사업자번호 불일치"},
	{Type: "company_down", Number: "9410009900000107", When: AnyUse, Code: "FAILED_CARD_COMPANY_RESPONSE", What: "the card company is down", WhatKo: "카드사 장애"},
	{Type: "invalid_card", Number: "9410009900000108", When: AnyUse, Code: "INVALID_CARD_NUMBER", What: "no such card", WhatKo: "없는 카드"},
	{Type: "suspended", Number: "9410009900000109", When: AnyUse, Code: "INVALID_STOPPED_CARD", What: "suspended", WhatKo: "정지된 카드"},
	{Type: "refused", Number: "9410009900000110", When: AnyUse, Code: "INVALID_REJECT_CARD", What: "not to be used; ask the card company", WhatKo: "사용할 수 없는 카드"},
	{Type: "refused_by_company", Number: "9410009900000111", When: AnyUse, Code: "REJECT_CARD_COMPANY", What: "refused by the card company", WhatKo: "카드사 승인 거절"},
	{Type: "charge_limit_exceeded", Number: "9410009900000201", When: EachCharge, Code: "REJECT_CARD_PAYMENT", What: "a billing key is issued; each charge is over the limit", WhatKo: "빌링키 발급 뒤 결제마다 한도 초과"},
	{Type: "charge_insufficient_balance", Number: "9410009900000202", When: EachCharge, Code: "REJECT_ACCOUNT_PAYMENT", What: "a billing key is issued; each charge finds too low a balance", WhatKo: "빌링키 발급 뒤 결제마다 잔액 부족"},
	{Type: "charge_expired", Number: "9410009900000204", When: EachCharge, Code: "INVALID_CARD_EXPIRATION", What: "a billing key is issued; the card has expired by each charge", WhatKo: "빌링키 발급 뒤 결제마다 유효기간 만료"},
	{Type: "charge_unsupported", Number: "9410009900000212", When: EachCharge, Code: "NOT_SUPPORTED_CARD_TYPE", What: "a billing key is issued; the card's kind cannot be charged", WhatKo: "빌링키 발급 뒤 지원하지 않는 카드로 거절"},
	{Type: "first_charge_declined", Number: "9410009900000301", When: FirstCharge, Code: "REJECT_CARD_PAYMENT", What: "the first charge is over the limit, later ones succeed", WhatKo: "첫 결제만 한도 초과"},
}

// Cards lists the magic card numbers. Every other number of 15 or 16 digits is
// approved.
func Cards() []MagicCard {
	out := slices.Clone(magicCards)
	for i := range out {
		out[i].Status = refuse(out[i].Code).status()
	}
	return out
}

// findMagic is nil for an ordinary number.
func findMagic(number string) *MagicCard {
	i := slices.IndexFunc(magicCards, func(m MagicCard) bool { return m.Number == number })
	if i < 0 {
		return nil
	}
	return &magicCards[i]
}

// atIssue is the code that a billing key is refused with, "" for none.
func (m *MagicCard) atIssue() string {
	if m != nil && m.When == AnyUse {
		return m.Code
	}
	return ""
}

// atCharge is the code that a charge is refused with, "" for none. First says
// that it is the one that FirstCharge means.
func (m *MagicCard) atCharge(first bool) string {
	if m == nil || m.When == FirstCharge && !first {
		return ""
	}
	return m.Code
}
