package tosspay

import "naru/internal/web"

// shownMessage is the text for an errorCode as a page shows it. On the wire it
// is Korean always; the English is ours.
func shownMessage(code, lang string) string {
	english, ok := englishMessages[code]
	if !ok {
		return message(code)
	}
	return web.Pick(lang, message(code), english)
}

// englishMessages are the texts that a buyer or a tester may meet on a page.
var englishMessages = map[string]string{
	"COMMON_SYSTEM_ERROR":                           "A system error occurred. Please call Toss, 1599-4905.",
	"COMMON_PAY_ERROR":                              "Something went wrong.",
	"COMMON_NOT_ENOUGH_CASH":                        "The linked account is too low to top up Toss money.",
	"COMMON_EXCEED_LIMIT":                           "The limit is exceeded.",
	"COMMON_ASSET_GET_ACCOUNT_ERROR":                "The buyer's account cannot be read.",
	"COMMON_BREAK_TIME_OF_BANK":                     "The bank is under maintenance. Please try again later.",
	"COMMON_TIMEOUT":                                "It is taking long. Please try again.",
	"COMMON_ITS_NOT_ABLE_TO_CHANGE_STATUS":          "This is not possible any more.",
	"COMMON_BILLING_KEY_NOT_FOUND":                  "The registration was not found.",
	"INVALID_ACCOUNT_STATUS":                        "Please check the state of your account.",
	"TRANSACTION_PENDING_ERROR":                     "The previous request is still running.",
	"TRANSACTION_NOT_FOUND":                         "The payment was not found.",
	"FRAUD_DETECTION_SYSTEM_ERROR":                  "Blocked, as it looks like fraud.",
	"PAY_FRAUD_DETECTED":                            "Blocked, as it looks like fraud.",
	"USER_STATUS_ERROR":                             "This user may not pay.",
	"INACTIVE_USER":                                 "This user has left Toss.",
	"PAUSE_USER":                                    "This user is suspended.",
	"PUSH_PAY_HAS_NO_OWNER":                         "This phone number is not a member of Toss.",
	"PAY_UNAUTHORIZED":                              "This is not the Toss account the payment was asked for.",
	"TOSS_APP_UPDATE_IS_REQUIRED":                   "Please update the Toss app.",
	"AGE_POLICY_ERROR":                              "Not available at this age.",
	"CORE_USER_ERROR":                               "There is no such user.",
	"CARD_SYSTEM_ERROR":                             "The card company is under maintenance. Please try again later.",
	"CARD_BANK_SYSTEM_ERROR":                        "The card's bank is under maintenance. Please try again later.",
	"CARD_NOT_AVAILABLE_SHOP":                       "This card is not accepted here.",
	"CARD_NOT_AVAILABLE":                            "Declined: the card is lost, stolen or suspended.",
	"CARD_EXCEED_LIMIT":                             "Declined: over the card's limit.",
	"CARD_NOT_ENOUGH_BALANCE":                       "Declined: the balance is too low.",
	"CARD_SPREADOUT_ERROR":                          "Instalments are not possible.",
	"CARD_MIN_AMOUNT_ERROR":                         "Cards pay 100 won or more.",
	"CARD_MIN_AMOUNT_FOR_SPREADOUT_ERROR":           "Instalments start at 50,000 won.",
	"NOT_SUPPORTED_PAYMENT_METHOD":                  "This method cannot be used for automatic payments.",
	"BILLING_KEY_ALREADY_ACTIVATED":                 "Automatic payments are set up already.",
	"BILLING_KEY_REGISTRATION_CANCELLED":            "The registration was cancelled.",
	"BILLING_KEY_UNREGISTERED_BY_CANCEL":            "The registration was cancelled. Please start again.",
	"BILLING_KEY_AUTH_ERROR":                        "The time to agree has run out.",
	"BILLING_KEY_USER_CI_ERROR":                     "The CI is not that of the Toss user.",
	"EXIST_ACTIVATED_BILLING_KEY_USING_THIS_METHOD": "This method is registered for automatic payments already.",
}
