package tosspay

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// memory is what the connector keeps in Ref.Data: facts that no later answer of
// the provider holds.
type memory struct {
	CashReceipt bool             `json:"cash_receipt,omitempty"` // only the answer of the approval tells
	Refunds     map[string]share `json:"refunds,omitempty"`      // by refundNo; only of a payment with an explicit VAT
}

func remember(data []byte) memory {
	var m memory
	_ = json.Unmarshal(data, &m) // nothing, or not ours: nothing remembered
	return m
}

func (m memory) data() []byte {
	if !m.CashReceipt && len(m.Refunds) == 0 {
		return nil
	}
	data, _ := json.Marshal(m) // numbers and booleans always marshal
	return data
}

// snapshot turns the answer of "결제 상태 조회" into the gateway's terms. Movements
// are keyed by transactionId. The error says what cannot be read; then nothing
// is known.
func (s *shop) snapshot(p status, data []byte) (connector.Snapshot, error) {
	switch {
	case p.PayToken == "" || p.OrderNo == "" || p.PayStatus == "":
		return connector.Snapshot{}, errors.New("the payment has no payToken, orderNo or payStatus")
	case p.Amount == nil || *p.Amount < 0:
		return connector.Snapshot{}, errors.New("the payment's amount is missing or negative")
	}
	out := connector.Snapshot{
		Ref: pay.Ref{Order: p.OrderNo, Key: p.PayToken, Data: data}, Stage: s.stage(p),
		Amount: pay.Won(int64(*p.Amount)), TaxFree: int64(p.AmountTaxFree), RawStatus: p.PayStatus, Test: s.test(p.Mode, p.OrderNo),
	}
	switch out.Stage {
	case connector.StagePaid, connector.StageCancelled:
		out.Method, out.Details = s.instrument(p.PayMethod, p.Card.V, remember(data))
		var err error
		if out.Movements, err = s.movements(p, out); err != nil {
			return connector.Snapshot{}, err
		}
	case connector.StageDead:
		out.Decline = &connector.Decline{
			Code: connector.DeclineOther, ProviderCode: p.PayStatus,
			ProviderMessage: "구매자가 결제를 취소했거나 결제 유효 시간이 지났습니다",
		}
	}
	return out, nil
}

// stage maps the documented states ("결제 상태"). While a capture or a refund is
// running nothing is believed.
func (s *shop) stage(p status) connector.Stage {
	switch p.PayStatus {
	case "PAY_STANDBY":
		return connector.StageOpen
	case "PAY_APPROVED":
		return connector.StageAuthenticated
	case "PAY_COMPLETE", "SETTLEMENT_COMPLETE":
		return connector.StagePaid
	case "REFUND_SUCCESS", "SETTLEMENT_REFUND_COMPLETE": // also for a part
		if p.refunded() >= int64(*p.Amount) {
			return connector.StageCancelled
		}
		return connector.StagePaid
	case "PAY_CANCEL":
		return connector.StageDead
	case "PAY_PROGRESS", "REFUND_PROGRESS":
		return connector.StageUnknown
	default:
		s.Log.Warn("payment status is unknown: nothing is learned from it", "status", p.PayStatus, "order", p.OrderNo)
		return connector.StageUnknown
	}
}

func (p status) refunded() int64 {
	var sum int64
	for _, t := range p.Transactions {
		if t.StepType == "REFUND" && t.Amount != nil {
			sum += abs(int64(*t.Amount))
		}
	}
	return sum
}

func (s *shop) movements(p status, of connector.Snapshot) ([]pay.Movement, error) {
	var out []pay.Movement
	for i, t := range p.Transactions {
		if t.TransactionID == "" || t.Amount == nil {
			return nil, fmt.Errorf("transactions[%d] has no transactionId or no transactionAmount", i)
		}
		m := pay.Movement{Key: t.TransactionID, Amount: abs(int64(*t.Amount)), At: s.when(t.RegTs, p.PaidTs), ReceiptURL: of.Details.ReceiptURL}
		switch t.StepType {
		case "PAY":
			m.Kind, m.TaxFree = pay.MovementApproval, of.TaxFree
		case "REFUND":
			m.Kind = pay.MovementCancel
		default:
			s.Log.Warn("a transaction of an unknown kind is left out", "kind", t.StepType, "order", p.OrderNo)
			continue
		}
		out = append(out, m)
	}
	if len(out) == 0 || out[0].Kind != pay.MovementApproval {
		return nil, errors.New("the payment is complete and its first transaction is not PAY")
	}
	return out, nil
}

// instrument is V1's word for how the buyer paid, and what is known of it. The
// provider names a card's acquirer only; like PortOne, it is shown as the
// issuer too. A sales slip exists for cards only.
func (s *shop) instrument(method string, c *card, m memory) (pay.Method, pay.Details) {
	d := pay.Details{CashReceipt: m.CashReceipt}
	switch method {
	case "CARD":
	case "TOSS_MONEY":
		return pay.MethodPoint, d
	default:
		s.Log.Warn("pay method is unknown and is taken for the wallet's own money", "method", method)
		return pay.MethodPoint, d
	}
	if c == nil {
		return pay.MethodCard, d
	}
	d.ApprovalNo, d.Months, d.ReceiptURL = string(c.AuthorizationNo), int(c.SpreadOut), c.SalesCheckURL
	company := s.company(string(c.Company), c.CompanyName)
	d.Card = &pay.Card{Issuer: company, Acquirer: company, Number: masked(c.Number), Type: cardTypes[c.MethodType]}
	return pay.MethodCard, d
}

func (s *shop) company(words ...string) string {
	for _, w := range words {
		if code, ok := codes.CardFrom(pay.TossPay, w); ok {
			return code
		}
	}
	if strings.Join(words, "") != "" {
		s.Log.Warn("card company is unknown", "words", words)
	}
	return ""
}

// masked lets nothing through that could be a whole card number.
func masked(number string) string {
	if len(number) < 12 || strings.Contains(number, "*") {
		return number
	}
	return number[:6] + strings.Repeat("*", len(number)-10) + number[len(number)-4:]
}

// test is whether the provider says it is test money. On a live channel that
// means goods are about to be given away.
func (s *shop) test(mode, order string) bool {
	if mode != "LIVE" && s.Mode == pay.ModeLive {
		s.Log.Error("a live channel was answered with test money", "mode", mode, "order", order)
	}
	if mode != "TEST" && mode != "LIVE" {
		return s.Mode != pay.ModeLive
	}
	return mode == "TEST"
}

// when reads a time. A time nobody can read must not hide that money moved, so
// the last resort is now.
func (s *shop) when(text, orElse string) time.Time {
	for _, t := range []string{text, orElse} {
		if at, ok := httpcall.Time(t); ok {
			return at
		}
	}
	s.Log.Warn("a time in an answer cannot be read: now is taken for it", "time", text)
	return s.Now()
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
