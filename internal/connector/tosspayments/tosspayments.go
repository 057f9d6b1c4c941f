// Package tosspayments connects to Toss Payments (토스페이먼츠), core API v1 at
// version 2022-07-27, with the browser window of JavaScript SDK v1: payments by
// window, billing key and card number, virtual accounts and cash receipts.
//
// Documents: docs.tosspayments.com, "코어 API", "결제창 SDK(버전 1)", "웹훅",
// "에러 코드", "API 버전", read for version 2022-07-27 on 2026-11-20. The version
// is a setting of the shop behind the key, not of a request, so every answer is
// read leniently; an answer of another version is reported once in the log.
package tosspayments

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// The names of the credentials a channel needs.
const (
	ClientKey = "client_key"
	SecretKey = "secret_key"
)

// Driver is the package's way in.
func Driver() connector.Driver {
	return connector.Driver{
		Provider:      pay.TossPayments,
		Name:          "토스페이먼츠",
		Production:    connector.Endpoints{API: "https://api.tosspayments.com", Script: "https://js.tosspayments.com/v1"},
		Credentials:   keys(),
		Setup:         setup(),
		Methods:       methodRows(),
		Cards:         cardCompanies(),
		BillingMethod: pay.MethodCard,
		BillingLife:   30 * time.Minute, // as a payment's window ("결제 상태"): none is given for this one
		CheckCustomer: checkWindowCustomer,
		Timings:       timings(),
		Lasting:       lasting,
		Check:         check,
		Open:          open,
	}
}

// deadline is the least a client should wait: "API 사용하기", 타임아웃.
const deadline = 30 * time.Second

// timings: a lost answer may be had again by the same call, because the
// idempotency key is kept for 15 days with the first answer, also if it was a
// refusal ("멱등키"). A key-in cannot be sent again: nothing of the card is kept.
//
// A confirm is possible for 10 minutes after the customer authenticated ("결제
// 승인"), so nothing can change any more after 15. A charge ("자동결제 승인": wait
// 60 seconds), a key-in ("카드 번호 결제") and the issue of a key ("카드 정보로
// 빌링키 발급") or an account ("가상계좌 발급 요청") are done or refused at once
// and are asked about as long. A cancel ("결제 취소") and a cash receipt
// ("현금영수증 발급 요청") have no such end.
func timings() map[pay.AttemptKind]connector.Timing {
	start := []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}
	confirm := slices.Concat(start, slices.Repeat([]time.Duration{time.Minute}, 15))
	cancel := slices.Concat(confirm, slices.Repeat([]time.Duration{15 * time.Minute}, 3),
		slices.Repeat([]time.Duration{time.Hour}, 72))
	return map[pay.AttemptKind]connector.Timing{
		pay.AttemptConfirm: {Deadline: deadline, Settle: deadline, Gaps: confirm, Repeatable: true, KeepsAnswer: true},
		pay.AttemptCancel:  {Deadline: deadline, Settle: deadline, Gaps: cancel, Repeatable: true, KeepsAnswer: true},

		pay.AttemptCharge:        {Deadline: billingDeadline, Settle: billingDeadline, Gaps: confirm, Repeatable: true, KeepsAnswer: true},
		pay.AttemptKeyIn:         {Deadline: deadline, Settle: 2 * deadline, Gaps: confirm},
		pay.AttemptIssueAccount:  {Deadline: deadline, Settle: deadline, Gaps: confirm, Repeatable: true, KeepsAnswer: true},
		pay.AttemptRevokeAccount: {Deadline: deadline, Settle: deadline, Gaps: cancel, Repeatable: true, KeepsAnswer: true},
		pay.AttemptIssueKey:      {Deadline: billingDeadline, Settle: billingDeadline, Gaps: confirm, Repeatable: true, KeepsAnswer: true},
		pay.AttemptReceipt:       {Deadline: deadline, Settle: deadline, Gaps: cancel, Repeatable: true, KeepsAnswer: true},
	}
}

// check refuses keys of another mode. "API 키": test_ and live_ keys; sandbox_
// keys are the simulator's.
func check(mode pay.Mode, mid string, credentials map[string]pay.Secret) error {
	if err := httpcall.CheckMode(mode, mid); err != nil {
		return err
	}
	for _, c := range keys() {
		if err := httpcall.CheckKey(c.Key, credentials[c.Key], mode, c.Prefix(mode)); err != nil {
			return err
		}
	}
	return nil
}

// shop is one open channel.
type shop struct {
	connector.Settings
	foreign sync.Once // an answer of another API version was reported
}

var (
	_ connector.Connector       = (*shop)(nil)
	_ connector.WindowPayer     = (*shop)(nil)
	_ connector.BillingWindower = (*shop)(nil)
	_ connector.Confirmer       = (*shop)(nil)
	_ connector.Canceler        = (*shop)(nil)
	_ connector.WebhookReader   = (*shop)(nil)
	_ connector.BillingByCard   = (*shop)(nil)
	_ connector.BillingCharger  = (*shop)(nil)
	_ connector.BillingRevoker  = (*shop)(nil)
	_ connector.KeyIn           = (*shop)(nil)
	_ connector.AccountIssuer   = (*shop)(nil)
	_ connector.ReceiptIssuer   = (*shop)(nil)
	_ connector.NoticeProver    = (*shop)(nil)

	_ connector.Checker           = (*shop)(nil)
	_ connector.TransactionLister = (*shop)(nil)
	_ connector.Settler           = (*shop)(nil)
)

func open(s connector.Settings) (connector.Connector, error) {
	if err := check(s.Mode, s.MerchantID, s.Credentials); err != nil {
		return nil, fmt.Errorf("tosspayments: %w", err)
	}
	if s.HTTP == nil {
		return nil, errors.New("tosspayments: settings have no HTTP client")
	}
	for name, address := range map[string]string{"API": s.Endpoints.API, "script": s.Endpoints.Script} {
		if err := httpcall.CheckBase(address, s.Mode); err != nil {
			return nil, fmt.Errorf("tosspayments: %s address: %w", name, err)
		}
	}
	s.Endpoints.API = strings.TrimRight(s.Endpoints.API, "/")
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.Log = s.Log.With("provider", pay.TossPayments, "channel", s.Channel)
	return &shop{Settings: s}, nil
}
