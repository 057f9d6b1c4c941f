package v1

// plainErrors are the failures that have a name.
func plainErrors() map[string]*failure {
	return map[string]*failure{
		"errNoRoute": errNoRoute, "errMethod": errMethod, "errUnauthorized": errUnauthorized, "errKeyMissing": errKeyMissing,
		"errTierForm": errTierForm, "errNoTier": errNoTier, "errAddress": errAddress, "errBadStatus": errBadStatus, "errNoPage": errNoPage,
		"errSpan": errSpan, "errNoIDs": errNoIDs, "errManyIDs": errManyIDs, "errNoCancelID": errNoCancelID, "errNoCard": errNoCard,
		"errNoBank": errNoBank, "errForeign": errForeign, "errNoBalance": errNoBalance, "errNoAmending": errNoAmending,
		"errNoIdentity": errNoIdentity, "errInternal": errInternal, "errGone": errGone, "errBadCard": errBadCard,
		"errScheduleSpan": errScheduleSpan, "errNoUnschedule": errNoUnschedule,
	}
}

// allWords are the words of operations that have some of their own.
func allWords() map[string]*words {
	return map[string]*words{
		"cancelWords": cancelWords, "onetimeWords": onetimeWords, "againWords": againWords, "keyWords": keyWords,
		"scheduleWords": scheduleWords, "unscheduleWords": unscheduleWords, "moveWords": moveWords, "rebookWords": rebookWords,
		"retryWords": retryWords, "accountWords": accountWords, "revokeWords": revokeWords, "receiptWords": receiptWords,
		"unreceiptWords": unreceiptWords,
	}
}

// errorMeanings say in English what has no English in the code: by the name of
// what they explain, or by the text itself.
func errorMeanings() map[string]string {
	return map[string]string{
		"refused merchant":  "there is no such user code",
		"refused origin":    "the page's origin is not among the merchant's `--origins`",
		"refused channel":   "no channel fits `channelKey` or `pg`, or it is not one for windows",
		"refused paid":      "the order number is paid, cancelled, or being approved",
		"refused prepared":  "amount or currency differ from what was registered",
		"refused parameter": "a parameter is missing or wrong",
		"refused method":    "what was asked for is not offered",
		"refused confirm":   "the merchant's setting `--confirm forbid` forbids `confirm_url`",
		"Internal":          "an error of ours; nothing was paid",
		"WindowOpen":        "`request_pay` while a payment window is open",
		"Unreachable":       "the script could not reach the gateway",
		"Pending":           "the result is not known after a minute: neither paid nor failed, look the payment up",
		"Unsupported":       "a function of V1's script for other providers",

		"payment Left":     "the buyer left the window (Toss Pay: `PAY_CANCEL`)",
		"payment Return":   "order or amount of the window's return are not the payment's; nothing was approved",
		"payment Stopped":  "`confirm_url` said no, or did not answer",
		"payment Trouble":  "the provider could not be reached; nothing was sent",
		"payment Prepared": "found right before approval: the amount is not the registered one",
		"payment Paid":     "found right before approval: another payment of the order number is paid",
		"payment Twice":    "money came in for an order that another payment has paid; it is given back (a deposit: by a person)",
		"payment Request":  "a value that the provider would not take; nothing was sent, and the words in parentheses say which",
		"payment Never":    "the answer was lost, and the provider says that nothing was approved or charged",
		"payment Revoked":  "the virtual account was taken back before a deposit",
		"payment NoKey":    "a booked charge: its `customer_uid` has no billing key any more",
		"payment Gone":     "of a billing key, not of a payment: the provider does not have it any more",
		"payment Channel":  "a booked charge: the channel of its billing key is not there or of another shop now",
		"payment Used":     "a booked charge: its order number was paid, cancelled or is in use",
		"payment Expired":  "dead at the provider, which does not say why",

		"page unknown": "there is no such checkout link",
		"page used":    "the checkout link was opened before: reload, back button",
		"page expired": "the checkout link is older than `checkout-life`; nothing was paid",
		"page down":    "the window could not be opened at the provider; nothing was paid. Also where its script does not load (결제창을 불러오지 못했습니다)",

		"errNoRoute":      "there is no such address",
		"errMethod":       "the address has other methods: `Allow` names them",
		"errUnauthorized": "no token, or one that is wrong or over",
		"errKeyMissing":   "`POST /users/getToken` without key or secret",
		"errTierForm":     "the `Tier` header is not three characters A-Z 0-9; the header follows in parentheses",
		"errNoTier":       "the merchant has no such sub-store",
		"errAddress":      "the caller is not on the merchant's `--allow-ip` list; its address follows in parentheses",
		"errBadStatus":    "a state V1 does not have",
		"errNoPage":       "a page behind the last",
		"errSpan":         "payments by state: from after to, or more than 90 days",
		"errNoIDs":        "`GET /payments` without an id",
		"errManyIDs":      "`GET /payments` with more than 100",
		"errNoCancelID":   "a cancel without an id",
		"errNoCard":       "no such card company code",
		"errNoBank":       "no such bank code",
		"errForeign":      "an operation of other providers",
		"errNoBalance":    "`GET /payments/{imp_uid}/balance`: of another provider",
		"errNoAmending":   "`PUT /vbanks/{imp_uid}`: of another provider",
		"errNoIdentity":   "`GET /certifications/{imp_uid}`: there is no identity check",
		"errInternal":     "an error of ours. `(요청번호: …)` follows: it is in the log and in `X-Request-Id`",
		"errGone":         "the caller hung up, or the server is stopping; `(요청번호: …)` follows",
		"errBadCard":      "`card_number` is not 15 or 16 digits",
		"errScheduleSpan": "booked charges: from after to, or more than three months",
		"errNoUnschedule": "unschedule without `customer_uid` and `merchant_uid`",
		"NoCustomer":      "no billing key of this `customer_uid`. One: 200 with the merchant's setting `--unknown-key-ok`; several, and none is there: always 404",

		"rule required":       "the value is missing",
		"rule text":           "want text",
		"rule number":         "want a whole number",
		"rule amount":         "want an amount; empty is not absent",
		"rule no_fraction":    "won has no fractions",
		"rule not_negative":   "want 0 or more",
		"rule at_most":        "too large",
		"rule boolean":        "want a boolean",
		"rule list":           "want a list",
		"rule object":         "want an object",
		"rule length":         "too long; never cut",
		"rule allowed_values": "want one of the values",
		"invalid":             "likewise",
		"rule invalid":        "refused by the books or by the provider's tables; the detail is English",

		"operations": "A provider's refusal of a charge leaves a payment in state `failed`; see [v1-divergences.md](v1-divergences.md).",
		"soft":       "a wrong value, with the texts above",
		"declined 1": "the provider refused",
		"declined 2": "the provider refused the card, or the issue of its key",
		"down":       "the provider could not be reached; nothing was done",
		"unknown":    "the answer was lost: it may have been done. The gateway goes on asking; look it up before you send another",

		"세 자리 숫자로 된 은행 코드여야 합니다. GET /banks에서 볼 수 있습니다": "a standard bank code of three digits",
		"객체 또는 객체를 담은 JSON 문자열이어야 합니다":                  "`bypass`: an object, or JSON text of one",
		"객체여야 합니다": "`bypass.tosspay_v2`: an object",
		"YYYY-MM, YYYYMM, YYMM 중 한 가지 형식이어야 합니다":              "`expiry` in one of these forms",
		"생년월일 6자리 또는 사업자등록번호 10자리 숫자여야 합니다":                   "`birth`: a birth date or a business number",
		"카드 비밀번호 앞 2자리 숫자여야 합니다":                              "`pwd_2digit`: two digits",
		"스마트 라우팅은 제공하지 않습니다. channel_key로 채널을 지정해주세요":         "smart routing is not offered: name a channel",
		"프로모션은 제공하지 않습니다":                                     "promotions are not offered",
		"0보다 큰 금액이어야 합니다":                                     "more than 0",
		"amount를 넘을 수 없습니다":                                   "`tax_free` is more than the amount",
		"amount에서 tax_free를 뺀 금액을 넘을 수 없습니다":                  "the VAT is more than the taxed amount",
		"할부는 50,000원 이상 결제할 때만 사용할 수 있습니다":                    "installments from 50,000 won",
		"IP 주소여야 합니다":                                         "`browser_ip`: an address",
		"현재 이후의 시각이어야 합니다 (unix timestamp, 초)":                "a time to come, in unix seconds",
		"http 또는 https로 시작하는 주소여야 합니다":                        "`notice_url`: absolute addresses",
		"주소는 최대 …개까지 지정할 수 있습니다":                              "`notice_url`: at most 10",
		"휴대폰번호, 사업자등록번호, 현금영수증 카드번호 등 30자리 이하의 숫자여야 합니다":      "`identifier` of a cash receipt",
		"한 번에 최대 …건까지 예약할 수 있습니다":                             "at most 1,000 bookings in a call",
		"schedules 안에 같은 merchant_uid가 있습니다":                  "an order number stands twice in `schedules`",
		"빈 주문번호는 사용할 수 없습니다. 전체를 해지하려면 merchant_uid를 보내지 마세요": "an empty order number must not mean all of them",
	}
}
