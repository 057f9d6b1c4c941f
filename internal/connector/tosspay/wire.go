package tosspay

import (
	"encoding/json"

	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// envelope is what every answer begins with: "응답".
type envelope struct {
	Code      *httpcall.Won `json:"code"` // 0 is success
	ErrorCode httpcall.Text `json:"errorCode"`
	Msg       httpcall.Text `json:"msg"`
}

// createRequest is the body of "결제 생성".
type createRequest struct {
	APIKey                 string `json:"apiKey"`
	OrderNo                string `json:"orderNo"`
	Amount                 int64  `json:"amount"`
	AmountTaxFree          int64  `json:"amountTaxFree"`
	AmountTaxable          *int64 `json:"amountTaxable,omitempty"`
	AmountVAT              *int64 `json:"amountVat,omitempty"`
	AmountServiceFee       *int64 `json:"amountServiceFee,omitempty"`
	ProductDesc            string `json:"productDesc"`
	RetURL                 string `json:"retUrl"`
	RetCancelURL           string `json:"retCancelUrl"`
	RetAppScheme           string `json:"retAppScheme,omitempty"`
	AutoExecute            bool   `json:"autoExecute"`
	ResultCallback         string `json:"resultCallback,omitempty"`
	CallbackVersion        string `json:"callbackVersion,omitempty"`
	ExpiredTime            string `json:"expiredTime,omitempty"`
	EnablePayMethods       string `json:"enablePayMethods,omitempty"`
	CashReceipt            bool   `json:"cashReceipt"`
	CashReceiptTradeOption string `json:"cashReceiptTradeOption,omitempty"`
	Installment            string `json:"installment,omitempty"`
}

type created struct {
	PayToken     string `json:"payToken"`
	CheckoutPage string `json:"checkoutPage"`
}

// chargeRequest is the body of "자동결제(bill) 승인 요청"; executed is its answer.
type chargeRequest struct {
	APIKey                 string `json:"apiKey"`
	BillingKey             string `json:"billingKey"`
	OrderNo                string `json:"orderNo"`
	ProductDesc            string `json:"productDesc"`
	Amount                 int64  `json:"amount"`
	AmountTaxFree          int64  `json:"amountTaxFree"`
	AmountTaxable          *int64 `json:"amountTaxable,omitempty"`
	AmountVAT              *int64 `json:"amountVat,omitempty"`
	AmountServiceFee       *int64 `json:"amountServiceFee,omitempty"`
	SpreadOut              int    `json:"spreadOut"`
	CashReceipt            bool   `json:"cashReceipt"`
	CashReceiptTradeOption string `json:"cashReceiptTradeOption,omitempty"`
	SendFailPush           bool   `json:"sendFailPush"`
}

// executeRequest is the body of "결제 승인".
type executeRequest struct {
	APIKey   string `json:"apiKey"`
	PayToken string `json:"payToken"`
	OrderNo  string `json:"orderNo"`
}

// executed is the answer of "결제 승인" and of a charge. What tells how money stands is strict.
// The card's fields stand flat beside the others here.
type executed struct {
	Mode              string        `json:"mode"`
	PayToken          string        `json:"payToken"`
	OrderNo           string        `json:"orderNo"`
	Amount            *httpcall.Won `json:"amount"`
	ApprovalTime      string        `json:"approvalTime"`
	PayMethod         string        `json:"payMethod"`
	TransactionID     string        `json:"transactionId"`
	CashReceiptMgtKey httpcall.Text `json:"cashReceiptMgtKey"`
	card              httpcall.Maybe[card]
}

func (e *executed) UnmarshalJSON(data []byte) error {
	type plain executed
	if err := json.Unmarshal(data, (*plain)(e)); err != nil {
		return err
	}
	return e.card.UnmarshalJSON(data)
}

// card is how "결제 승인" and "결제 상태 조회" describe a card. The company is the
// acquirer.
type card struct {
	Company         httpcall.Text `json:"cardCompanyCode"`
	CompanyName     string        `json:"cardCompanyName"`
	AuthorizationNo httpcall.Text `json:"cardAuthorizationNo"`
	SpreadOut       httpcall.Won  `json:"spreadOut"`
	MethodType      string        `json:"cardMethodType"`
	Number          string        `json:"cardNumber"`
	SalesCheckURL   string        `json:"salesCheckLinkUrl"`
}

// refundRequest is the body of "결제 환불". Without an amount all that is left goes back.
type refundRequest struct {
	APIKey        string `json:"apiKey"`
	PayToken      string `json:"payToken"`
	RefundNo      string `json:"refundNo"`
	Idempotent    bool   `json:"idempotent"`
	Reason        string `json:"reason,omitempty"`
	Amount        *int64 `json:"amount,omitempty"`
	AmountTaxFree *int64 `json:"amountTaxFree,omitempty"`
	AmountTaxable *int64 `json:"amountTaxable,omitempty"`
	AmountVAT     *int64 `json:"amountVat,omitempty"`
}

// refunded is the answer of "결제 환불"; amounts given back are negative in the
// official sample.
type refunded struct {
	PayToken       string        `json:"payToken"`
	TransactionID  string        `json:"transactionId"`
	ApprovalTime   string        `json:"approvalTime"`
	RefundedAmount *httpcall.Won `json:"refundedAmount"`
}

// statusRequest is the body of "결제 상태 조회"; one of the two names is enough.
type statusRequest struct {
	APIKey   string `json:"apiKey"`
	PayToken string `json:"payToken,omitempty"`
	OrderNo  string `json:"orderNo,omitempty"`
}

// status is the answer of "결제 상태 조회". The card is an object of its own here.
type status struct {
	Mode          string               `json:"mode"`
	PayToken      string               `json:"payToken"`
	OrderNo       string               `json:"orderNo"`
	PayStatus     string               `json:"payStatus"`
	PayMethod     string               `json:"payMethod"`
	Amount        *httpcall.Won        `json:"amount"`
	AmountTaxFree httpcall.Won         `json:"amountTaxFree"`
	Card          httpcall.Maybe[card] `json:"card"`
	Transactions  []transaction        `json:"transactions"`
	PaidTs        string               `json:"paidTs"`
}

type transaction struct {
	StepType      string        `json:"stepType"` // PAY or REFUND
	TransactionID string        `json:"transactionId"`
	Amount        *httpcall.Won `json:"transactionAmount"` // gross; negative for REFUND
	RegTs         string        `json:"regTs"`
}

// newKeyRequest is the body of "빌링키 생성 요청".
type newKeyRequest struct {
	APIKey           string `json:"apiKey"`
	UserID           string `json:"userId"`
	ProductDesc      string `json:"productDesc"`
	ResultCallback   string `json:"resultCallback"`
	RetAppScheme     string `json:"retAppScheme,omitempty"`
	ReturnSuccessURL string `json:"returnSuccessUrl"`
	ReturnFailureURL string `json:"returnFailureUrl"`
	EncryptedUserCI  string `json:"encryptedUserCi,omitempty"`
}

// newKey is its answer. The links of the apps are left alone: the page leads
// there itself.
type newKey struct {
	BillingKey  pay.Secret `json:"billingKey"`
	CheckoutURI string     `json:"checkoutUri"`
}

// keyStatusRequest is the body of "빌링키 상태 조회", which knows keys by the
// customer only.
type keyStatusRequest struct {
	APIKey string `json:"apiKey"`
	UserID string `json:"userId"`
}

// keyStatus is the answer of "빌링키 상태 조회". The card's and the account's fields
// stand flat beside the others; the card's company goes by another name than in
// a payment.
type keyStatus struct {
	Status     string `json:"status"`
	UserID     string `json:"userId"`
	BillingKey string `json:"billingKey"`
	PayMethod  string `json:"payMethod"`
	card       httpcall.Maybe[keyCard]
	account    httpcall.Maybe[keyAccount]
}

func (k *keyStatus) UnmarshalJSON(data []byte) error {
	type plain keyStatus
	if err := json.Unmarshal(data, (*plain)(k)); err != nil {
		return err
	}
	_ = k.account.UnmarshalJSON(data) // it never fails
	return k.card.UnmarshalJSON(data)
}

type keyCard struct {
	Company     httpcall.Text `json:"cardCompanyNo"`
	CompanyName string        `json:"cardCompanyName"`
	MethodType  string        `json:"cardMethodType"`
	Number      string        `json:"cardNumber"`
}

type keyAccount struct {
	Bank     httpcall.Text `json:"accountBankCode"`
	BankName string        `json:"accountBankName"`
}

// removeRequest is the body of the removal of a billing key ("자동결제 API").
type removeRequest struct {
	APIKey     string `json:"apiKey"`
	BillingKey string `json:"billingKey"`
}

// callback is "resultCallback": of a payment as JSON (V2) or as a form (V1), of
// a billing key as JSON with an action.
type callback struct {
	Action        string        `json:"action"`
	ProcessedTs   string        `json:"processedTs"`
	UserID        string        `json:"userId"`
	BillingKey    string        `json:"billingKey"`
	Status        string        `json:"status"`
	PayToken      string        `json:"payToken"`
	OrderNo       string        `json:"orderNo"`
	TransactionID httpcall.Text `json:"transactionId"`
}

// settlementRequest is the body of "정산 상세 조회".
type settlementRequest struct {
	APIKey     string `json:"apiKey"`
	DateType   string `json:"dateType"` // SETTLE: day of approval
	BaseDate   string `json:"baseDate"` // yyyyMMdd
	NextCursor string `json:"nextCursor,omitempty"`
}

// settlementPageOf is its answer. Only a failure brings a code.
type settlementPageOf struct {
	envelope
	TransactionList *[]settlementDetail `json:"transactionList"`
	NextCursor      httpcall.Text       `json:"nextCursor"`  // "" on the last page
	TotalAmount     *httpcall.Won       `json:"totalAmount"` // over the whole day
}

type settlementDetail struct {
	TransactionType string        `json:"transactionType"` // PAY or REFUND
	TransactionID   string        `json:"transactionId"`
	SettleDate      httpcall.Text `json:"settleDate"` // yyyyMMdd
	DueDate         httpcall.Text `json:"dueDate"`    // "" of test payments
	PayToken        string        `json:"payToken"`
	OrderNo         string        `json:"orderNo"`
	Amount          *httpcall.Won `json:"amount"` // of a refund below zero, as its fee and VAT
	Fee             httpcall.Won  `json:"fee"`
	VAT             httpcall.Won  `json:"vat"`
	SettleDateTime  httpcall.Text `json:"settleDateTime"` // yyyyMMddHHmmss
}
