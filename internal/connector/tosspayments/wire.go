package tosspayments

import (
	"encoding/json"

	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// envelope is every error answer: "에러 객체".
type envelope struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// confirmRequest is the body of "결제 승인".
type confirmRequest struct {
	PaymentKey string `json:"paymentKey"`
	OrderID    string `json:"orderId"`
	Amount     int64  `json:"amount"`
}

// cancelRequest is the body of "결제 취소".
type cancelRequest struct {
	CancelReason         string         `json:"cancelReason"`
	CancelAmount         int64          `json:"cancelAmount,omitempty"`
	TaxFreeAmount        int64          `json:"taxFreeAmount,omitempty"`
	RefundReceiveAccount *refundAccount `json:"refundReceiveAccount,omitempty"`
}

type refundAccount struct {
	Bank          string `json:"bank"`
	AccountNumber string `json:"accountNumber"`
	HolderName    string `json:"holderName"`
}

// orderFields, buyerFields and cardFields are what several requests have in common.
type orderFields struct {
	Amount        int64  `json:"amount"`
	OrderID       string `json:"orderId"`
	OrderName     string `json:"orderName"`
	TaxFreeAmount int64  `json:"taxFreeAmount,omitempty"`
}

type buyerFields struct {
	CustomerName  string `json:"customerName,omitempty"`
	CustomerEmail string `json:"customerEmail,omitempty"`
}

type cardFields struct {
	CardNumber             string `json:"cardNumber,omitempty"`
	CardExpirationYear     string `json:"cardExpirationYear,omitempty"`
	CardExpirationMonth    string `json:"cardExpirationMonth,omitempty"`
	CustomerIdentityNumber string `json:"customerIdentityNumber,omitempty"`
	CardPassword           string `json:"cardPassword,omitempty"`
}

// billingKeyRequest is the body of "카드 정보로 빌링키 발급".
type billingKeyRequest struct {
	CustomerKey string `json:"customerKey"`
	cardFields
}

// keyFromWindowRequest is the body of "인증 키로 빌링키 발급".
type keyFromWindowRequest struct {
	AuthKey     string `json:"authKey"`
	CustomerKey string `json:"customerKey"`
}

// chargeRequest is the body of "자동결제 승인".
type chargeRequest struct {
	CustomerKey string `json:"customerKey"`
	orderFields
	buyerFields
	CustomerMobilePhone string `json:"customerMobilePhone,omitempty"`
	CardInstallmentPlan int    `json:"cardInstallmentPlan,omitempty"`
}

// keyInRequest is the body of "카드 번호 결제".
type keyInRequest struct {
	orderFields
	buyerFields
	cardFields
	CardInstallmentPlan int `json:"cardInstallmentPlan,omitempty"`
}

// accountRequest is the body of "가상계좌 발급 요청".
type accountRequest struct {
	orderFields
	buyerFields
	CustomerMobilePhone string `json:"customerMobilePhone,omitempty"`
	Bank                string `json:"bank"`
	AccountType         string `json:"accountType,omitempty"`
	AccountKey          string `json:"accountKey,omitempty"`
	DueDate             string `json:"dueDate,omitempty"`
}

// receiptRequest is the body of "현금영수증 발급 요청".
type receiptRequest struct {
	orderFields
	Type                   string `json:"type"`
	CustomerIdentityNumber string `json:"customerIdentityNumber"`
}

// billing is the "Billing 객체". The flat card fields are gone from version
// 2024-06-01 on.
type billing struct {
	CustomerKey string                 `json:"customerKey"`
	BillingKey  pay.Secret             `json:"billingKey"`
	Card        httpcall.Maybe[card]   `json:"card"`
	CardCompany httpcall.Maybe[string] `json:"cardCompany"`
	CardNumber  httpcall.Maybe[string] `json:"cardNumber"`
}

// receipt is the "CashReceipt 객체": an issue or a cancellation, each with its own key.
type receipt struct {
	ReceiptKey      string                   `json:"receiptKey"`
	IssueNumber     string                   `json:"issueNumber"`
	IssueStatus     string                   `json:"issueStatus"`
	Amount          *httpcall.Won            `json:"amount"`
	OrderID         string                   `json:"orderId"`
	TransactionType string                   `json:"transactionType"`
	ReceiptURL      string                   `json:"receiptUrl"`
	RequestedAt     string                   `json:"requestedAt"`
	Failure         httpcall.Maybe[envelope] `json:"failure"`
}

// payment is the "Payment 객체". What tells how money stands is strict: an
// answer in which it cannot be read is no answer. The rest is lenient.
type payment struct {
	MID                string                         `json:"mId"`
	LastTransactionKey string                         `json:"lastTransactionKey"`
	PaymentKey         string                         `json:"paymentKey"`
	OrderID            string                         `json:"orderId"`
	Status             string                         `json:"status"`
	RequestedAt        string                         `json:"requestedAt"`
	ApprovedAt         string                         `json:"approvedAt"`
	Card               httpcall.Maybe[card]           `json:"card"`
	VirtualAccount     httpcall.Maybe[virtualAccount] `json:"virtualAccount"`
	Transfer           httpcall.Maybe[transfer]       `json:"transfer"`
	MobilePhone        httpcall.Maybe[mobilePhone]    `json:"mobilePhone"`
	CashReceipt        httpcall.Maybe[cashReceipt]    `json:"cashReceipt"`
	CashReceipts       httpcall.Maybe[[]receipt]      `json:"cashReceipts"`
	Cancels            []cancelled                    `json:"cancels"`
	EasyPay            httpcall.Maybe[easyPay]        `json:"easyPay"`
	Failure            httpcall.Maybe[envelope]       `json:"failure"`
	Receipt            httpcall.Maybe[link]           `json:"receipt"`
	Secret             httpcall.Maybe[string]         `json:"secret"`
	TransactionKey     string                         `json:"transactionKey"` // gone from version 2022-11-16 on
	Currency           string                         `json:"currency"`
	TotalAmount        *httpcall.Won                  `json:"totalAmount"`
	BalanceAmount      *httpcall.Won                  `json:"balanceAmount"`
	TaxFreeAmount      httpcall.Won                   `json:"taxFreeAmount"` // of what is left
	Method             string                         `json:"method"`
	Version            string                         `json:"version"`
}

// lastKey is the newest transaction's key under either of its names.
func (p payment) lastKey() string {
	if p.LastTransactionKey != "" {
		return p.LastTransactionKey
	}
	return p.TransactionKey
}

// card carries a Korean company name before version 2022-11-16, codes after
// it, and both at 2022-07-27 since 2023.
type card struct {
	Company               string       `json:"company"`
	IssuerCode            string       `json:"issuerCode"`
	AcquirerCode          string       `json:"acquirerCode"`
	Number                string       `json:"number"`
	InstallmentPlanMonths httpcall.Won `json:"installmentPlanMonths"`
	ApproveNo             string       `json:"approveNo"`
	CardType              string       `json:"cardType"`
	ReceiptURL            string       `json:"receiptUrl"`
}

type virtualAccount struct {
	AccountNumber string `json:"accountNumber"`
	AccountType   string `json:"accountType"`
	Bank          string `json:"bank"`
	BankCode      string `json:"bankCode"`
	DueDate       string `json:"dueDate"`
	RefundStatus  string `json:"refundStatus"`
}

type transfer struct {
	Bank     string `json:"bank"`
	BankCode string `json:"bankCode"`
}

type mobilePhone struct {
	ReceiptURL string `json:"receiptUrl"`
}

// cashReceipt is the receipt that the payment's window or issue asked for.
type cashReceipt struct {
	Type        string `json:"type"`
	ReceiptKey  string `json:"receiptKey"` // later addition
	IssueNumber string `json:"issueNumber"`
	ReceiptURL  string `json:"receiptUrl"`
}

type link struct {
	URL string `json:"url"`
}

// easyPay is an object since version 2022-06-08 and was the bare name before.
type easyPay struct {
	Provider string `json:"provider"`
}

func (e *easyPay) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &e.Provider)
	}
	type object easyPay
	return json.Unmarshal(data, (*object)(e))
}

// cancelled is an element of cancels.
type cancelled struct {
	CancelAmount   *httpcall.Won `json:"cancelAmount"`
	CancelReason   string        `json:"cancelReason"`
	TaxFreeAmount  httpcall.Won  `json:"taxFreeAmount"`
	CanceledAt     string        `json:"canceledAt"`
	TransactionKey string        `json:"transactionKey"`
	CancelStatus   string        `json:"cancelStatus"` // later addition; "" is done
}

// text is a text that may be absent.
func text(m httpcall.Maybe[string]) string {
	if m.V == nil {
		return ""
	}
	return *m.V
}

func (c cancelled) done() bool { return c.CancelStatus == "" || c.CancelStatus == "DONE" }

// transaction is the "Transaction 객체": an element of "거래 조회".
type transaction struct {
	TransactionKey string        `json:"transactionKey"`
	PaymentKey     string        `json:"paymentKey"`
	OrderID        string        `json:"orderId"`
	Method         string        `json:"method"`
	Status         string        `json:"status"` // of the payment at that transaction
	TransactionAt  string        `json:"transactionAt"`
	Amount         *httpcall.Won `json:"amount"` // 0 where an account was issued; a cancel's sign is not documented
}

// settlement is the "정산 객체": an element of "정산 조회". The net part of the fee
// went by two names.
type settlement struct {
	PaymentKey     string                          `json:"paymentKey"`
	TransactionKey string                          `json:"transactionKey"`
	OrderID        string                          `json:"orderId"`
	Method         string                          `json:"method"`
	Amount         *httpcall.Won                   `json:"amount"` // a cancel's sign is not documented
	SupplyAmount   *httpcall.Won                   `json:"supplyAmount"`
	SuppliedAmount *httpcall.Won                   `json:"suppliedAmount"`
	VAT            httpcall.Won                    `json:"vat"`
	PayOutAmount   *httpcall.Won                   `json:"payOutAmount"`
	ApprovedAt     string                          `json:"approvedAt"`
	SoldDate       string                          `json:"soldDate"`
	PaidOutDate    string                          `json:"paidOutDate"`
	Cancel         httpcall.Maybe[json.RawMessage] `json:"cancel"` // later addition: there for a cancel only
}

// notice is a webhook: an envelope with data, or the flat DEPOSIT_CALLBACK.
type notice struct {
	EventType string          `json:"eventType"`
	CreatedAt string          `json:"createdAt"`
	Data      json.RawMessage `json:"data"`

	Status         string     `json:"status"`
	TransactionKey string     `json:"transactionKey"`
	OrderID        string     `json:"orderId"`
	Secret         pay.Secret `json:"secret"`
}

// noticeData is what both forms of PAYMENT_STATUS_CHANGED have in common.
type noticeData struct {
	PaymentKey         string `json:"paymentKey"`
	OrderID            string `json:"orderId"`
	Status             string `json:"status"`
	LastTransactionKey string `json:"lastTransactionKey"`
}
