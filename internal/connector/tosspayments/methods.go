package tosspayments

import (
	"naru/internal/connector"
	"naru/internal/pay"
)

// methodRows is what the shop can be paid by. Smallest amounts are those of
// "결제창 연동 가이드" where it has one. "결제 취소": phone bills and gift certificates
// go back whole. Every window takes taxFreeAmount ("결제창 SDK(버전 1)").
func methodRows() []connector.Method {
	rows := []connector.Method{
		{Method: pay.MethodCard, PartialCancel: true, TaxFree: true, Installments: true, Minimum: 100, Cards: true},
		{Method: pay.MethodTrans, PartialCancel: true, TaxFree: true, Minimum: 200, Receipts: true, Escrow: true},
		// Issued without a window as well: "가상계좌 발급 요청".
		{Method: pay.MethodVbank, PartialCancel: true, TaxFree: true, Minimum: 1, Receipts: true, Escrow: true},
		{Method: pay.MethodPhone, TaxFree: true, Minimum: 300},
		{Method: pay.MethodBooknlife, TaxFree: true, Minimum: 1},
		{Method: pay.MethodSmartculture, TaxFree: true, Minimum: 1},
		{Method: pay.MethodCultureland, TaxFree: true, Minimum: 1},
	}
	// Wallets take a plan of installments with them and let the buyer settle it there.
	for _, wallet := range []pay.Method{
		pay.MethodKakaoPay, pay.MethodNaverPay, pay.MethodLPay, pay.MethodSamsungPay, pay.MethodSamsung, pay.MethodSSGPay,
		pay.MethodApplePay, pay.MethodPayco, pay.MethodTossPay,
	} {
		rows = append(rows, connector.Method{Method: wallet, PartialCancel: true, TaxFree: true, Installments: true, Minimum: 100})
	}
	// What a wallet is recorded as when no card was behind it.
	return append(rows, connector.Method{Method: pay.MethodPoint, PartialCancel: true, TaxFree: true, ServerOnly: true, Minimum: 1})
}

// cardCompanies are the domestic companies of "카드사 코드" by standard code, the
// large ones first. Which of them pay by app: "결제창 SDK(버전 1)", useAppCardOnly.
func cardCompanies() []connector.CardCompany {
	return []connector.CardCompany{
		{Code: "366", AppCard: true}, // 신한
		{Code: "367", AppCard: true}, // 현대
		{Code: "365", AppCard: true}, // 삼성
		{Code: "381", AppCard: true}, // 국민
		{Code: "368", AppCard: true}, // 롯데
		{Code: "374", AppCard: true}, // 하나
		{Code: "371", AppCard: true}, // 농협
		{Code: "361"},                // 비씨
		{Code: "041", AppCard: true}, // 우리
		{Code: "370"},                // 씨티
		{Code: "090"},                // 카카오뱅크
		{Code: "092"},                // 토스뱅크
		{Code: "089"},                // 케이뱅크
		{Code: "369"},                // 수협
		{Code: "372"},                // 전북
		{Code: "364"},                // 광주
		{Code: "373"},                // 제주
		{Code: "071"},                // 우체국
		{Code: "045"},                // 새마을
		{Code: "048"},                // 신협
		{Code: "002"},                // 산업
		{Code: "050"},                // 저축은행
	}
}

// windowMethod is how the window of a method is asked for: "결제창 SDK(버전 1)",
// requestPayment.
type windowMethod struct {
	call    string // the first argument
	easyPay string // of a wallet, which the card window goes to directly: "간편결제사 코드"
}

const (
	callCard    = "카드"
	callTossPay = "토스페이"
)

var windowMethods = map[pay.Method]windowMethod{
	pay.MethodCard:         {call: callCard},
	pay.MethodTrans:        {call: "계좌이체"},
	pay.MethodVbank:        {call: "가상계좌"},
	pay.MethodPhone:        {call: "휴대폰"},
	pay.MethodCultureland:  {call: "문화상품권"},
	pay.MethodBooknlife:    {call: "도서문화상품권"},
	pay.MethodSmartculture: {call: "게임문화상품권"},
	pay.MethodKakaoPay:     {callCard, "KAKAOPAY"},
	pay.MethodNaverPay:     {callCard, "NAVERPAY"},
	pay.MethodLPay:         {callCard, "LPAY"},
	pay.MethodSamsungPay:   {callCard, "SAMSUNGPAY"},
	pay.MethodSamsung:      {callCard, "SAMSUNGPAY"},
	pay.MethodSSGPay:       {callCard, "SSG"},
	pay.MethodApplePay:     {callCard, "APPLEPAY"},
	pay.MethodPayco:        {callCard, "PAYCO"},
	pay.MethodTossPay:      {callTossPay, "TOSSPAY"},
}
