package tosspayments

import (
	"net/http"
	"strings"

	"naru/internal/connector"
	"naru/internal/pay"
)

// class says what a refusal means for the money.
type class uint8

const (
	refused       class = iota // an answer: nothing was done
	unclear                    // it may have been done, or is being done: ask first
	misconfigured              // our keys or headers are wrong; nothing was done
	before                     // it says that this was done before: ask, and compare
	stale                      // nothing was done, and the payment stands otherwise than we thought: ask how
)

type meaning struct {
	class   class
	decline connector.DeclineCode
}

// meaningOf classifies a refusal by its code, not by its status, except that no
// 5xx and no "too many requests" is taken for an answer. A code that is not in
// the table is an answer whose reason we do not know.
func meaningOf(status int, code string) meaning {
	m, known := meanings[code]
	switch {
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status < 400:
		return meaning{class: unclear}
	case known:
		return m
	case strings.HasPrefix(code, "FAILED_"):
		return meaning{class: unclear}
	}
	return meaning{decline: connector.DeclineOther}
}

// declineOf is our word for a code that came without an HTTP status: from the
// window, or as the failure of a payment.
func declineOf(code string) connector.DeclineCode {
	if m := meanings[code]; m.decline != "" {
		return m.decline
	}
	return connector.DeclineOther
}

// meanings is the list of "에러 코드" for every call that is made here and the
// window.
var meanings = map[string]meaning{
	"UNAUTHORIZED_KEY":               {class: misconfigured},
	"INVALID_API_KEY":                {class: misconfigured},
	"INVALID_CLIENT_KEY":             {class: misconfigured},
	"INCORRECT_BASIC_AUTH_FORMAT":    {class: misconfigured},
	"INSECURE_KEY_USAGE":             {class: misconfigured},
	"NOT_SUPPORTED_WIDGET_KEY":       {class: misconfigured},
	"INVALID_IDEMPOTENCY_KEY":        {class: misconfigured},
	"INVALID_TEST_CODE":              {class: misconfigured},
	"NOT_FOUND_MERCHANT":             {class: misconfigured},
	"NOT_FOUND_MERCHANT_INTEGRATION": {class: misconfigured},
	"NOT_FOUND_HTTP_METHOD":          {class: misconfigured},
	"API_VERSION_UPDATE_NEEDED":      {class: misconfigured},

	"PROVIDER_ERROR":                {class: unclear},
	"COMMON_ERROR":                  {class: unclear},
	"UNKNOWN_ERROR":                 {class: unclear},
	"UNKNOWN_PAYMENT_ERROR":         {class: unclear},
	"IDEMPOTENT_REQUEST_PROCESSING": {class: unclear},
	"FORBIDDEN_CONSECUTIVE_REQUEST": {class: unclear},
	"DUPLICATED_REQUEST":            {class: unclear},

	"ALREADY_PROCESSED_PAYMENT": {class: before, decline: connector.DeclineState},
	"ALREADY_COMPLETED_PAYMENT": {class: before, decline: connector.DeclineState},

	"ALREADY_CANCELED_PAYMENT":      {class: stale, decline: connector.DeclineState},
	"ALREADY_REFUND_PAYMENT":        {class: stale, decline: connector.DeclineState},
	"ALREADY_REFUNDING_PAYMENT":     {class: stale, decline: connector.DeclineState},
	"NOT_CANCELABLE_AMOUNT":         {class: stale, decline: connector.DeclineAmount},
	"NOT_MATCHES_REFUNDABLE_AMOUNT": {class: stale, decline: connector.DeclineAmount},

	"PAY_PROCESS_CANCELED":                                {decline: connector.DeclineByCustomer},
	"USER_CANCEL":                                         {decline: connector.DeclineByCustomer},
	"EXPIRED_PAYMENT":                                     {decline: connector.DeclineExpired},
	"NOT_FOUND_PAYMENT_SESSION":                           {decline: connector.DeclineExpired},
	"REJECT_ACCOUNT_PAYMENT":                              {decline: connector.DeclineFunds},
	"REJECT_CARD_PAYMENT":                                 {decline: connector.DeclineLimit}, // limit exceeded or balance too low
	"EXCEED_MAX_AMOUNT":                                   {decline: connector.DeclineLimit},
	"EXCEED_MAX_DAILY_PAYMENT_COUNT":                      {decline: connector.DeclineLimit},
	"EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT":                   {decline: connector.DeclineLimit},
	"EXCEED_MAX_ONE_DAY_AMOUNT":                           {decline: connector.DeclineLimit},
	"EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT":                  {decline: connector.DeclineLimit},
	"EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT":                 {decline: connector.DeclineLimit},
	"EXCEED_MAX_PAYMENT_AMOUNT":                           {decline: connector.DeclineLimit},
	"EXCEED_UNKNOWN_CASE":                                 {decline: connector.DeclineLimit},
	"EXCEED_CANCEL_LIMIT":                                 {decline: connector.DeclineLimit},
	"EXCEED_MAX_REFUND_AMOUNT":                            {decline: connector.DeclineLimit},
	"EXCEEDS_TRANSFER_AMOUNT_MAXIMUM":                     {decline: connector.DeclineLimit},
	"CARD_PROCESSING_ERROR":                               {decline: connector.DeclineCard},
	"EXCEED_MAX_AUTH_COUNT":                               {decline: connector.DeclineCard},
	"INVALID_CARD":                                        {decline: connector.DeclineCard},
	"INVALID_CARD_EXPIRATION":                             {decline: connector.DeclineCard},
	"INVALID_CARD_IDENTITY":                               {decline: connector.DeclineCard},
	"INVALID_CARD_LOST_OR_STOLEN":                         {decline: connector.DeclineCard},
	"INVALID_CARD_NUMBER":                                 {decline: connector.DeclineCard},
	"INVALID_CARD_PASSWORD":                               {decline: connector.DeclineCard},
	"INVALID_PASSWORD":                                    {decline: connector.DeclineCard},
	"INVALID_REJECT_CARD":                                 {decline: connector.DeclineCard},
	"INVALID_STOPPED_CARD":                                {decline: connector.DeclineCard},
	"NOT_ALLOWED_POINT_USE":                               {decline: connector.DeclineCard},
	"NOT_REGISTERED_CARD_COMPANY":                         {decline: connector.DeclineCard},
	"NOT_SUPPORTED_CARD_TYPE":                             {decline: connector.DeclineCard},
	"REJECT_CARD_COMPANY":                                 {decline: connector.DeclineCard},
	"FDS_ERROR":                                           {decline: connector.DeclineFraud},
	"INVALID_ACCOUNT_INFO_RE_REGISTER":                    {decline: connector.DeclineMethod},
	"INVALID_AUTHORIZE_AUTH":                              {decline: connector.DeclineMethod},
	"INVALID_BILLING_AUTH":                                {decline: connector.DeclineMethod},
	"INVALID_UNREGISTERED_SUBMALL":                        {decline: connector.DeclineMethod},
	"NOT_AVAILABLE_PAYMENT":                               {decline: connector.DeclineMethod},
	"NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER":             {decline: connector.DeclineMethod},
	"NOT_FOUND_TERMINAL_ID":                               {decline: connector.DeclineMethod},
	"NOT_REGISTERED_BUSINESS":                             {decline: connector.DeclineMethod},
	"NOT_REGISTERED_SUBMALL":                              {decline: connector.DeclineMethod},
	"NOT_SUPPORTED_METHOD":                                {decline: connector.DeclineMethod},
	"NOT_SUPPORTED_PROCESS":                               {decline: connector.DeclineMethod},
	"PAY_PROCESS_ABORTED":                                 {decline: connector.DeclineMethod},
	"REJECT_TOSSPAY_INVALID_ACCOUNT":                      {decline: connector.DeclineMethod},
	"USER_ACCOUNT_ON_HOLD":                                {decline: connector.DeclineMethod},
	"RESTRICTED_TRANSFER_ACCOUNT":                         {decline: connector.DeclineMethod},
	"REQUIRED_AMOUNT":                                     {decline: connector.DeclineAmount},
	"BELOW_MINIMUM_AMOUNT":                                {decline: connector.DeclineAmount},
	"BELOW_ZERO_AMOUNT":                                   {decline: connector.DeclineAmount},
	"EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT":                {decline: connector.DeclineAmount},
	"INVALID_REFUND_AMOUNT":                               {decline: connector.DeclineAmount},
	"NOT_ALLOWED_PARTIAL_REFUND":                          {decline: connector.DeclineAmount},
	"NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT":          {decline: connector.DeclineAmount},
	keyRemoved:                                            {decline: connector.DeclineState},
	keyUnknown:                                            {decline: connector.DeclineState},
	"INVALID_BILL_KEY_REQUEST":                            {decline: connector.DeclineState}, // the key is not authenticated or not valid
	"DUPLICATED_CASH_RECEIPT":                             {decline: connector.DeclineState},
	duplicatedOrder:                                       {decline: connector.DeclineState},
	"EXCEED_MAX_REFUND_DUE":                               {decline: connector.DeclineState},
	"NOT_CANCELABLE_PAYMENT":                              {decline: connector.DeclineState},
	notFound:                                              {decline: connector.DeclineState},
	"NOT_FOUND":                                           {decline: connector.DeclineState},
	"NOT_FOUND_RECEIPT":                                   {decline: connector.DeclineState},
	"UNAPPROVED_ORDER_ID":                                 {decline: connector.DeclineState},
	"ALREADY_CLOSE_ACCOUNT":                               {decline: connector.DeclineRequest},
	"EXCEED_MAX_CARD_INSTALLMENT_PLAN":                    {decline: connector.DeclineRequest},
	"EXCEED_MAX_DUE_DATE":                                 {decline: connector.DeclineRequest},
	"EXCEED_MAX_VALID_HOURS":                              {decline: connector.DeclineRequest},
	"FORBIDDEN_BANK_REFUND_REQUEST":                       {decline: connector.DeclineRequest},
	"FORBIDDEN_REQUEST":                                   {decline: connector.DeclineRequest},
	"INVALID_ACCOUNT_NOT_CORRECT_BANK":                    {decline: connector.DeclineRequest},
	"INVALID_ACCOUNT_NUMBER":                              {decline: connector.DeclineRequest},
	"INVALID_ACCOUNT_NUMBER_OR_UNAVAILABLE":               {decline: connector.DeclineRequest},
	"INVALID_BANK":                                        {decline: connector.DeclineRequest},
	"INVALID_BIRTH_DAY_FORMAT":                            {decline: connector.DeclineRequest},
	"INVALID_BUSINESS_NUMBER":                             {decline: connector.DeclineRequest},
	"INVALID_CARD_INSTALLMENT_AMOUNT":                     {decline: connector.DeclineRequest},
	"INVALID_CARD_INSTALLMENT_PLAN":                       {decline: connector.DeclineRequest},
	"INVALID_CASH_RECEIPT_INFO":                           {decline: connector.DeclineRequest},
	"INVALID_CURRENCY":                                    {decline: connector.DeclineRequest},
	"INVALID_CUSTOMER_KEY":                                {decline: connector.DeclineRequest},
	"INVALID_DATE":                                        {decline: connector.DeclineRequest},
	"INVALID_EMAIL":                                       {decline: connector.DeclineRequest},
	"INVALID_IDENTIFICATION_TYPE":                         {decline: connector.DeclineRequest},
	"INVALID_ISO_DATE_FORMAT":                             {decline: connector.DeclineRequest},
	"INVALID_ORDER_ID":                                    {decline: connector.DeclineRequest},
	"INVALID_ORDER_NAME":                                  {decline: connector.DeclineRequest},
	"INVALID_PAYMENT_KEY":                                 {decline: connector.DeclineRequest},
	"INVALID_PHONE":                                       {decline: connector.DeclineRequest},
	"INVALID_REFUND_ACCOUNT_INFO":                         {decline: connector.DeclineRequest},
	"INVALID_REFUND_ACCOUNT_NUMBER":                       {decline: connector.DeclineRequest},
	"INVALID_REGISTRATION_NUMBER_TYPE":                    {decline: connector.DeclineRequest},
	"INVALID_REQUEST":                                     {decline: connector.DeclineRequest},
	"INVALID_REQUIRED_PARAM":                              {decline: connector.DeclineRequest},
	"INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE":        {decline: connector.DeclineRequest},
	"INVALID_VIRTUAL_ACCOUNT_TYPE":                        {decline: connector.DeclineRequest},
	"NOT_ALLOWED_CHANGING_ACCOUNT":                        {decline: connector.DeclineRequest},
	"NOT_ALLOWED_INSTALLMENT_BELOW_AMOUNT":                {decline: connector.DeclineRequest},
	"NOT_ALLOWED_REFUND_BANK":                             {decline: connector.DeclineRequest},
	"NOT_MATCHES_CUSTOMER_KEY":                            {decline: connector.DeclineRequest},
	"NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT":     {decline: connector.DeclineRequest},
	"NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN":              {decline: connector.DeclineRequest},
	"NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT": {decline: connector.DeclineRequest},
	"NOT_SUPPORTED_REFUND":                                {decline: connector.DeclineRequest},
	"NTS_ERROR":                                           {decline: connector.DeclineRequest}, // the tax office, of a cash receipt
	"REFUND_REJECTED":                                     {decline: connector.DeclineRequest},
	"REQUIRED_ACCOUNT_KEY":                                {decline: connector.DeclineRequest},
	"MAINTAINED_METHOD":                                   {decline: connector.DeclineMaintenance},
	"NOT_AVAILABLE_BANK":                                  {decline: connector.DeclineMaintenance},
}

const (
	notFound        = "NOT_FOUND_PAYMENT"           // the answer to an inquiry for a payment that never was
	duplicatedOrder = "DUPLICATED_ORDER_ID"         // the order was approved or cancelled before
	keyRemoved      = "ALREADY_REMOVED_BILLING_KEY" // the billing key was deleted
	keyUnknown      = "NOT_FOUND_BILLING"           // there is no such billing key
)

// methods are V1's words for the method field, which is Korean unless English
// was asked for. 간편결제 is not among them: see method in snapshot.go.
var methods = map[string]pay.Method{
	"카드": pay.MethodCard, "CARD": pay.MethodCard,
	"가상계좌": pay.MethodVbank, "VIRTUAL_ACCOUNT": pay.MethodVbank,
	"계좌이체": pay.MethodTrans, "TRANSFER": pay.MethodTrans,
	"휴대폰": pay.MethodPhone, "MOBILE_PHONE": pay.MethodPhone,
	"문화상품권": pay.MethodCultureland, "CULTURE_GIFT_CERTIFICATE": pay.MethodCultureland,
	"도서문화상품권": pay.MethodBooknlife, "BOOK_GIFT_CERTIFICATE": pay.MethodBooknlife,
	"게임문화상품권": pay.MethodSmartculture, "GAME_GIFT_CERTIFICATE": pay.MethodSmartculture,
}

// wallets are V1's words for easyPay.provider: "간편결제사 코드".
var wallets = map[string]string{
	"토스페이": "tosspay", "TOSSPAY": "tosspay", "토스결제": "tosspay",
	"네이버페이": "naverpay", "NAVERPAY": "naverpay",
	"삼성페이": "samsungpay", "SAMSUNGPAY": "samsungpay",
	"애플페이": "applepay", "APPLEPAY": "applepay",
	"엘페이": "lpay", "LPAY": "lpay",
	"카카오페이": "kakaopay", "KAKAOPAY": "kakaopay",
	"페이코": "payco", "PAYCO": "payco",
	"SSG페이": "ssgpay", "SSG": "ssgpay",
}

var cardTypes = map[string]string{
	"신용": "credit", "CREDIT": "credit", "체크": "debit", "CHECK": "debit", "기프트": "gift", "GIFT": "gift",
}

// lasting are the refusals of a card that is lost, stopped, expired or not one
// ("에러 코드", 자동결제 승인).
func lasting(code string) bool {
	switch code {
	case "INVALID_CARD_LOST_OR_STOLEN", "INVALID_STOPPED_CARD", "INVALID_CARD_EXPIRATION", "INVALID_CARD_NUMBER", "NOT_SUPPORTED_CARD_TYPE":
		return true
	}
	return false
}
