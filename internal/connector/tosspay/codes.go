package tosspay

import "naru/internal/connector"

// class says what a refusal means for the money.
type class uint8

const (
	refused       class = iota // an answer: nothing was done
	unclear                    // it may have been done, or is being done: ask first
	misconfigured              // our key is wrong; nothing was done
	before                     // it says that this was done before: ask, and compare
	stale                      // nothing was done, and the payment stands otherwise than we thought: ask how
)

type meaning struct {
	class   class
	decline connector.DeclineCode
}

// meaningOf classifies a refusal by its code. A 5xx is never an answer, and so
// is a failure that names no code.
func meaningOf(status int, code string) meaning {
	m, known := meanings[code]
	switch {
	case status >= 500 || code == "":
		return meaning{class: unclear}
	case known:
		return m
	}
	return meaning{decline: connector.DeclineOther}
}

// meanings is the list of "에러 코드", with what older editions of it had besides.
var meanings = map[string]meaning{
	"COMMON_INVALID_API_KEY": {class: misconfigured},
	"COMMON_UNAUTHORIZED":    {class: misconfigured},

	"COMMON_SYSTEM_ERROR":       {class: unclear},
	"COMMON_PAY_ERROR":          {class: unclear},
	"COMMON_TIMEOUT":            {class: unclear},
	"COMMON_THROTTLED":          {class: unclear},
	"TRANSACTION_PENDING_ERROR": {class: unclear},
	"BNPL_IN_PROGRESS_REQUEST":  {class: unclear},
	"REFUND_PENDING_SUCCESS":    {class: unclear},
	"REFUND_UNKNOWN_ERROR":      {class: unclear},

	"PAYMENT_EXISTING_PAYMENT":       {class: before, decline: connector.DeclineState},
	"PAYMENT_DUPLICATION_ORDER_NO":   {class: before, decline: connector.DeclineState},
	"PAY_ALREADY_COMPLETED":          {class: before, decline: connector.DeclineState},
	"BNPL_ALREADY_COMPLETED_REQUEST": {class: before, decline: connector.DeclineState},
	refundNoUsed:                     {class: before, decline: connector.DeclineState},

	"COMMON_ITS_NOT_ABLE_TO_CHANGE_STATUS": {class: stale, decline: connector.DeclineState},
	"COMMON_REFUND_ERROR":                  {class: stale, decline: connector.DeclineState},
	"REFUND_ALREADY_REFUNDED":              {class: stale, decline: connector.DeclineState},
	"BNPL_ALREADY_COMPLETED_REFUND":        {class: stale, decline: connector.DeclineState},
	"CANCEL_ALREADY_CANCELED":              {class: stale, decline: connector.DeclineState},
	"CANCEL_IMPOSSIBLE_STATUS":             {class: stale, decline: connector.DeclineState},
	"TRANSACTION_NOT_COMPLETE":             {class: stale, decline: connector.DeclineState},
	"REFUND_EXCEED_AMOUNT":                 {class: stale, decline: connector.DeclineAmount},

	"EXECUTE_PAY_NOT_APPROVED":             {decline: connector.DeclineState},
	payNotFound:                            {decline: connector.DeclineState},
	transactionNotFound:                    {decline: connector.DeclineState},
	"BNPL_NOT_FOUND_PAYMENT":               {decline: connector.DeclineState},
	"PAY_ITS_NOT_ABLE_TO_PAY":              {decline: connector.DeclineState},
	"PAYMENT_SHOP_STATE_CANNOT_REFUND":     {decline: connector.DeclineState},
	"PAY_EXPIRED":                          {decline: connector.DeclineExpired},
	"COMMON_NOT_ENOUGH_CASH":               {decline: connector.DeclineFunds},
	"CARD_NOT_ENOUGH_BALANCE":              {decline: connector.DeclineFunds},
	"AUTO_CHARGE_ERROR":                    {decline: connector.DeclineFunds},
	"AUTO_PAY_CHARGE_REQUIRED":             {decline: connector.DeclineFunds},
	"COMMON_EXCEED_LIMIT":                  {decline: connector.DeclineLimit},
	"COMMON_EXCEED_SPECIFIC_BANK_LIMIT":    {decline: connector.DeclineLimit},
	"CARD_EXCEED_LIMIT":                    {decline: connector.DeclineLimit},
	"AUTO_CHARGE_LIMIT_EXCESS":             {decline: connector.DeclineLimit},
	"BNPL_EXCEED_PAYABLE_AMOUNT":           {decline: connector.DeclineLimit},
	"REFUND_EXCEED_DAILY":                  {decline: connector.DeclineLimit},
	"DISCOUNT_REFUND_LIMIT_AMOUNT":         {decline: connector.DeclineLimit},
	"CARD_NOT_AVAILABLE":                   {decline: connector.DeclineCard},
	"CARD_NOT_AVAILABLE_SHOP":              {decline: connector.DeclineCard},
	"CARD_SPREADOUT_ERROR":                 {decline: connector.DeclineCard},
	"CARD_VALIDITY_ERROR":                  {decline: connector.DeclineCard},
	"CARD_REISSUANCE_ERROR":                {decline: connector.DeclineCard},
	"CARD_INTEREST_ERROR":                  {decline: connector.DeclineCard},
	"CARD_REFUND_ERROR":                    {decline: connector.DeclineCard},
	"CARD_NOT_REGISTER":                    {decline: connector.DeclineCard},
	"CARD_NOT_REGISTER_SHOP":               {decline: connector.DeclineCard},
	"FRAUD_DETECTION_SYSTEM_ERROR":         {decline: connector.DeclineFraud},
	"PAY_FRAUD_DETECTED":                   {decline: connector.DeclineFraud},
	"PAY_FAIL_IN_FDS_USER":                 {decline: connector.DeclineFraud},
	"COMMON_ASSET_GET_ACCOUNT_ERROR":       {decline: connector.DeclineMethod},
	"INVALID_ACCOUNT_STATUS":               {decline: connector.DeclineMethod},
	"ACCOUNT_DOMAIN_ERROR":                 {decline: connector.DeclineMethod},
	"AUTO_CHARGE_NOT_YET_REGISTER_ACCOUNT": {decline: connector.DeclineMethod},
	"AUTO_PAY_REVOCATED":                   {decline: connector.DeclineMethod},
	"USER_STATUS_ERROR":                    {decline: connector.DeclineMethod},
	"INACTIVE_USER":                        {decline: connector.DeclineMethod},
	"PAUSE_USER":                           {decline: connector.DeclineMethod},
	"AGE_POLICY_ERROR":                     {decline: connector.DeclineMethod},
	"PAYMENT_SHOP_STATE_NOT_NORMAL":        {decline: connector.DeclineMethod},
	"NOT_SET_BNPL_PAYMENT_ACCOUNT":         {decline: connector.DeclineMethod},
	"BNPL_NOT_EXIST_USER":                  {decline: connector.DeclineMethod},
	"CARD_MIN_AMOUNT_ERROR":                {decline: connector.DeclineAmount},
	"CARD_MIN_AMOUNT_FOR_SPREADOUT_ERROR":  {decline: connector.DeclineAmount},
	"REFUND_NO_TAXFREE_ON_COMPLEX_TAX":     {decline: connector.DeclineAmount},
	"REFUND_REQUIRED_AMOUNT":               {decline: connector.DeclineAmount},
	"COMMON_INVALID_PARAMETER":             {decline: connector.DeclineRequest},
	"COMMON_INVALID_PAY":                   {decline: connector.DeclineRequest},
	"BNPL_INVALID_REQUEST":                 {decline: connector.DeclineRequest},
	"CANCEL_INVALID_PARAMETER":             {decline: connector.DeclineRequest},
	"COMMON_BREAK_TIME_OF_BANK":            {decline: connector.DeclineMaintenance},
	"CARD_SYSTEM_ERROR":                    {decline: connector.DeclineMaintenance},
	"CARD_BANK_SYSTEM_ERROR":               {decline: connector.DeclineMaintenance},
	"PAYMENT_UNDER_CONSTRUCTION":           {decline: connector.DeclineMaintenance},

	billingKeyNotFound:                              {decline: connector.DeclineMethod},
	"NOT_SUPPORTED_BILLING_KEY_SHOP":                {decline: connector.DeclineMethod},
	"NOT_SUPPORTED_PAYMENT_METHOD":                  {decline: connector.DeclineMethod},
	"CORE_USER_ERROR":                               {decline: connector.DeclineMethod},
	"BILLING_KEY_ALREADY_ACTIVATED":                 {decline: connector.DeclineState},
	"ALREADY_EXISTED_AUTH":                          {decline: connector.DeclineState},
	"EXIST_ACTIVATED_BILLING_KEY_USING_THIS_METHOD": {decline: connector.DeclineState},
	"BILLING_KEY_REGISTRATION_CANCELLED":            {decline: connector.DeclineByCustomer},
	"BILLING_KEY_UNREGISTERED_BY_CANCEL":            {decline: connector.DeclineByCustomer},
	"BILLING_KEY_AUTH_ERROR":                        {decline: connector.DeclineExpired},
	"BILLING_KEY_USER_CI_ERROR":                     {decline: connector.DeclineRequest},
	"BILLING_KEY_REMOVE_NOT_ALLOWED_SHOP":           {decline: connector.DeclineRequest},
}

// refundNoUsed is the answer to a refund whose number was used.
const refundNoUsed = "REFUND_REFUND_NO_DUPLICATE"

// The two answers to a question about a payment that never was.
const (
	payNotFound         = "COMMON_PAY_NOT_FOUND"
	transactionNotFound = "TRANSACTION_NOT_FOUND"
)

// billingKeyNotFound is the answer about a billing key, or a customer's, that
// never was or is removed.
const billingKeyNotFound = "COMMON_BILLING_KEY_NOT_FOUND"

// cardTypes are V1's words for cardMethodType.
var cardTypes = map[string]string{"CREDIT": "credit", "CHECK": "debit", "PREPAYMENT": "gift"}

// lasting are the refusals of a card that is lost, stolen, stopped, expired or
// replaced, of a key that is gone and of a buyer who left ("에러 코드").
func lasting(code string) bool {
	switch code {
	case "CARD_NOT_AVAILABLE", "CARD_VALIDITY_ERROR", "CARD_REISSUANCE_ERROR", "AUTO_PAY_REVOCATED", billingKeyNotFound, "INACTIVE_USER":
		return true
	}
	return false
}
