// Package tosspay connects to Toss Pay (토스페이), the wallet at pay.toss.im,
// general payment API v2. It has nothing in common with Toss Payments.
//
// Documents: docs-pay.toss.im, "토스페이 연동가이드" and "API 레퍼런스", read on
// 2026-11-20, and the pages of the same names on the older site
// (tossdev.github.io, December 2024) where the newer ones are silent. The
// channel of PortOne V1 that it stands for is tosspay_v2.
package tosspay

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// APIKey is the name of the credential a channel needs.
const APIKey = "api_key"

// Driver is the package's way in.
func Driver() connector.Driver {
	return connector.Driver{
		Provider:    pay.TossPay,
		Name:        "토스페이",
		Production:  connector.Endpoints{API: "https://pay.toss.im"},
		Credentials: []connector.Credential{apiKey()},
		Setup:       setup(),
		// "토스페이 서비스 정책": money from 1 won, cards from 100. The last two are what
		// a charge is recorded as.
		Methods: []connector.Method{
			{Method: pay.MethodTossPay, PartialCancel: true, TaxFree: true, Installments: true, Minimum: 1},
			{Method: pay.MethodTossPayCard, PartialCancel: true, TaxFree: true, Installments: true, Minimum: 100},
			{Method: pay.MethodTossPayMoney, PartialCancel: true, TaxFree: true, Minimum: 1},
			{Method: pay.MethodCard, PartialCancel: true, TaxFree: true, Installments: true, ServerOnly: true, Minimum: 100},
			{Method: pay.MethodPoint, PartialCancel: true, TaxFree: true, ServerOnly: true, Minimum: 1},
		},
		BillingMethod:   pay.MethodTossPay,
		BillingLife:     15 * time.Minute, // "빌링키 생성 요청": its links
		BillingRedirect: true,             // PortOne V1, "토스페이" 빌링키 발급: m_redirect_url
		Wallet:          true,
		CheckCustomer:   checkCustomer,
		Popup:           true, // "결제창 띄우기": an iframe is not supported
		Timings:         timings(),
		Lasting:         lasting,
		Check:           check,
		Open:            open,
	}
}

// deadline is what "자주 묻는 질문" advises: ten seconds a bank may take to top
// up, and some margin.
const deadline = 15 * time.Second

// chargeSettle is when a charge must be known if it was taken: a request that is
// still running after ten minutes is one for the provider's help desk ("에러 코드",
// TRANSACTION_PENDING_ERROR).
const chargeSettle = 10*time.Minute + deadline

// timings: nothing is said to make a second approval or a second charge
// harmless ("자동결제(bill) 승인 요청": an order number is new every time), so a lost
// one is only asked about. An approval is asked about until the payment must have
// ended: it lives 60 minutes at most ("결제 생성", expiredTime). A refund may be
// repeated under its refundNo ("결제 환불", idempotent). A billing key is read until
// its links must have ended: they live 15 minutes ("빌링키 생성 요청").
func timings() map[pay.AttemptKind]connector.Timing {
	start := []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}
	start = slices.Concat(start, slices.Repeat([]time.Duration{time.Minute}, 15))
	confirm := slices.Concat(start, slices.Repeat([]time.Duration{5 * time.Minute}, 11))
	cancel := slices.Concat(start, slices.Repeat([]time.Duration{15 * time.Minute}, 3), slices.Repeat([]time.Duration{time.Hour}, 72))
	return map[pay.AttemptKind]connector.Timing{
		pay.AttemptConfirm: {Deadline: deadline, Settle: deadline, Gaps: confirm},
		pay.AttemptCancel:  {Deadline: deadline, Settle: deadline, Gaps: cancel, Repeatable: true},
		pay.AttemptCharge:  {Deadline: deadline, Settle: chargeSettle, Gaps: confirm},
		// For questions alone: this provider issues keys in its window.
		pay.AttemptIssueKey: {Deadline: deadline, Settle: deadline, Gaps: start},
	}
}

// check refuses keys of another mode. "시작하기": sk_test_ and sk_live_ keys;
// sk_sandbox_ keys are the simulator's.
func check(mode pay.Mode, mid string, credentials map[string]pay.Secret) error {
	if err := httpcall.CheckMode(mode, mid); err != nil {
		return err
	}
	return httpcall.CheckKey(APIKey, credentials[APIKey], mode, apiKey().Prefix(mode))
}

// shop is one open channel.
type shop struct{ connector.Settings }

var (
	_ connector.Connector       = (*shop)(nil)
	_ connector.WindowPayer     = (*shop)(nil)
	_ connector.BillingWindower = (*shop)(nil)
	_ connector.Confirmer       = (*shop)(nil)
	_ connector.Canceler        = (*shop)(nil)
	_ connector.BillingReader   = (*shop)(nil)
	_ connector.BillingCharger  = (*shop)(nil)
	_ connector.BillingRevoker  = (*shop)(nil)
	_ connector.WebhookReader   = (*shop)(nil)

	_ connector.Checker           = (*shop)(nil)
	_ connector.TransactionLister = (*shop)(nil)
	_ connector.Settler           = (*shop)(nil)
)

func open(s connector.Settings) (connector.Connector, error) {
	if err := check(s.Mode, s.MerchantID, s.Credentials); err != nil {
		return nil, fmt.Errorf("tosspay: %w", err)
	}
	if s.HTTP == nil {
		return nil, errors.New("tosspay: settings have no HTTP client")
	}
	if err := httpcall.CheckBase(s.Endpoints.API, s.Mode); err != nil {
		return nil, fmt.Errorf("tosspay: API address: %w", err)
	}
	s.Endpoints.API = strings.TrimRight(s.Endpoints.API, "/")
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.Log = s.Log.With("provider", pay.TossPay, "channel", s.Channel)
	return &shop{Settings: s}, nil
}
