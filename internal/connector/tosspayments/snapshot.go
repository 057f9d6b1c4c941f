package tosspayments

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// apiVersion is the version this package was written against.
const apiVersion = "2022-07-27"

// fixedAccount is the accountType of an account that stays with a customer.
const fixedAccount = "고정"

// statusCanceled: all given back at once, or a virtual account taken back.
const statusCanceled = "CANCELED"

// memory is what the connector keeps in Ref.Data: what a notice of a virtual
// account's deposit proves itself with ("웹훅", DEPOSIT_CALLBACK).
type memory struct {
	Secret string `json:"secret,omitempty"`
}

func remember(data []byte) memory {
	var m memory
	_ = json.Unmarshal(data, &m) // nothing, or not ours: nothing remembered
	return m
}

// remembering is what to keep after an answer: what was kept, unless the answer
// tells anew.
func remembering(data []byte, p payment) []byte {
	if secret := text(p.Secret); isAccount(p) && secret != "" && secret != remember(data).Secret {
		data, _ = json.Marshal(memory{Secret: secret}) // a text always marshals
	}
	return data
}

// snapshot turns a Payment into the gateway's terms. The error says what in it
// cannot be read; then nothing is known.
//
// Keys of movements. lastTransactionKey names the newest transaction, so after
// a cancel the approval's own key is not to be had; the approval is therefore
// always "<paymentKey>:approval". A virtual account's deposit, which a bank may
// take back and which may come again, is "<paymentKey>:deposit:<approvedAt>".
// A cancel has its own transactionKey. Cancels of an account nobody paid into
// move nothing.
func (s *shop) snapshot(p payment, data []byte) (connector.Snapshot, error) {
	switch {
	case p.PaymentKey == "" || p.OrderID == "" || p.Status == "":
		return connector.Snapshot{}, errors.New("the payment has no paymentKey, orderId or status")
	case p.TotalAmount == nil || *p.TotalAmount < 0:
		return connector.Snapshot{}, errors.New("the payment's totalAmount is missing or negative")
	}
	s.reportVersion(p.Version)
	out := connector.Snapshot{
		Ref: pay.Ref{Order: p.OrderID, Key: p.PaymentKey, Data: remembering(data, p)}, Stage: s.stage(p),
		Amount: pay.Money{Minor: int64(*p.TotalAmount), Currency: currency(p.Currency)}, TaxFree: taxFree(p),
		RawStatus: p.Status, Test: s.Mode != pay.ModeLive,
	}
	switch out.Stage {
	case connector.StagePaid, connector.StageCancelled:
		out.Method = method(p)
		out.Details = s.details(p, out.Method)
		out.RefundFailed = refundFailed(p)
		var err error
		if out.Movements, err = s.movements(p, out); err != nil {
			return connector.Snapshot{}, err
		}
	case connector.StageAwaitingDeposit:
		out.Method = method(p)
		out.Details = s.details(p, out.Method)
		out.Details.ReceiptURL, out.Details.CashReceipt = "", false // they show a payment, and there is none yet
	case connector.StageDead:
		out.Decline = s.deadReason(p)
	}
	return out, nil
}

// stage maps the documented states ("결제 상태"). PARTIAL_CANCELED stays even
// when later cancels bring the balance to nothing.
func (s *shop) stage(p payment) connector.Stage {
	switch p.Status {
	case "READY":
		return connector.StageOpen
	case "IN_PROGRESS":
		return connector.StageAuthenticated
	case "WAITING_FOR_DEPOSIT":
		return connector.StageAwaitingDeposit
	case "DONE":
		return connector.StagePaid
	case "PARTIAL_CANCELED":
		if p.BalanceAmount != nil && *p.BalanceAmount == 0 {
			return connector.StageCancelled
		}
		return connector.StagePaid
	case statusCanceled:
		if p.ApprovedAt == "" && isAccount(p) {
			return connector.StageDead // an account taken back before anybody paid
		}
		return connector.StageCancelled
	case "ABORTED", "EXPIRED":
		return connector.StageDead
	default:
		s.Log.Warn("payment status is unknown: nothing is learned from it", "status", p.Status, "order", p.OrderID)
		return connector.StageUnknown
	}
}

// deadReason is why a payment ended without money.
func (s *shop) deadReason(p payment) *connector.Decline {
	d := connector.Decline{Code: connector.DeclineOther, ProviderCode: p.Status}
	if f := p.Failure.V; f != nil && f.Code != "" {
		secret := s.Credentials[SecretKey]
		d.ProviderCode, d.ProviderMessage = httpcall.Clean(f.Code, secret), httpcall.Clean(f.Message, secret)
		d.Code = declineOf(f.Code)
	}
	if p.Status == "EXPIRED" {
		d.Code = connector.DeclineExpired
	}
	return &d
}

// method is V1's word for how the payment was made. An easy-pay payment is a
// card payment if a card was behind it, and otherwise "point", because the
// provider does not tell account, money and points apart.
func method(p payment) pay.Method {
	if p.Card.V != nil {
		return pay.MethodCard
	}
	if p.EasyPay.V != nil || p.Method == "간편결제" || p.Method == "EASY_PAY" {
		return pay.MethodPoint
	}
	return methods[p.Method]
}

// isAccount reports whether the payment is made into a virtual account.
func isAccount(p payment) bool {
	return p.VirtualAccount.V != nil || methods[p.Method] == pay.MethodVbank
}

// refundFailed reports that a cancel's money did not get to the buyer's account.
func refundFailed(p payment) bool {
	v := p.VirtualAccount.V
	return v != nil && (v.RefundStatus == "FAILED" || v.RefundStatus == "PARTIAL_FAILED")
}

// taxFree is the tax-free part of the whole amount; the field holds that of
// what is left.
func taxFree(p payment) int64 {
	sum := int64(p.TaxFreeAmount)
	for _, c := range p.Cancels {
		if c.done() {
			sum += int64(c.TaxFreeAmount)
		}
	}
	return sum
}

func (s *shop) movements(p payment, of connector.Snapshot) ([]pay.Movement, error) {
	first := pay.Movement{
		Key: approvalKey(p.PaymentKey), Kind: pay.MovementApproval, Amount: of.Amount.Minor, TaxFree: of.TaxFree,
		At: s.when(p.ApprovedAt, p.RequestedAt), ReceiptURL: of.Details.ReceiptURL,
	}
	if isAccount(p) {
		first.Kind, first.Key = pay.MovementDeposit, depositKey(p.PaymentKey, p.ApprovedAt)
	}
	out := []pay.Movement{first}
	for i, c := range p.Cancels {
		if !c.done() {
			continue
		}
		if c.TransactionKey == "" || c.CancelAmount == nil || *c.CancelAmount < 0 {
			return nil, fmt.Errorf("cancels[%d] has no transactionKey or no cancelAmount", i)
		}
		out = append(out, pay.Movement{
			Key: c.TransactionKey, Kind: pay.MovementCancel, Amount: int64(*c.CancelAmount), TaxFree: int64(c.TaxFreeAmount),
			At: s.when(c.CanceledAt, ""), Reason: c.CancelReason, ReceiptURL: of.Details.ReceiptURL,
		})
	}
	return out, nil
}

func approvalKey(paymentKey string) string { return paymentKey + ":approval" }

func depositKey(paymentKey, at string) string { return paymentKey + ":deposit:" + at }

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

func (s *shop) details(p payment, m pay.Method) pay.Details {
	d := pay.Details{CashReceipt: receiptIssued(p)}
	if e := p.EasyPay.V; e != nil {
		d.EasyPay = wallets[e.Provider]
		if d.EasyPay == "" {
			s.Log.Warn("easy-pay provider is unknown", "easy_pay", e.Provider)
		}
	}
	if r := p.Receipt.V; r != nil && m != pay.MethodPoint { // a wallet without a card has no sales slip
		d.ReceiptURL = r.URL
	}
	if m := p.MobilePhone.V; m != nil && d.ReceiptURL == "" {
		d.ReceiptURL = m.ReceiptURL
	}
	if c := p.Card.V; c != nil {
		d.ApprovalNo, d.Months = c.ApproveNo, int(c.InstallmentPlanMonths)
		if d.ReceiptURL == "" {
			d.ReceiptURL = c.ReceiptURL
		}
		d.Card = s.card(*c)
	}
	if t := p.Transfer.V; t != nil {
		d.Bank = &pay.Bank{Code: s.bank(t.BankCode, t.Bank)}
	}
	if v := p.VirtualAccount.V; v != nil {
		due, _ := httpcall.Time(v.DueDate)
		issued, _ := httpcall.Time(p.RequestedAt)
		d.Account = &pay.VirtualAccount{
			Bank: s.bank(v.BankCode, v.Bank), Number: v.AccountNumber, Due: due, Issued: issued,
			Fixed: v.AccountType == fixedAccount || v.AccountType == "FIXED",
		}
	}
	return d
}

// receiptIssued reports whether a cash receipt was issued with the payment: not
// that one was chosen, nor that the tax office refused it.
func receiptIssued(p payment) bool {
	r := p.CashReceipt.V
	if r == nil || r.Type == noReceipt || r.ReceiptKey+r.IssueNumber+r.ReceiptURL == "" {
		return false
	}
	if p.CashReceipts.V == nil || r.ReceiptKey == "" {
		return true
	}
	return !slices.ContainsFunc(*p.CashReceipts.V, func(record receipt) bool {
		return record.ReceiptKey == r.ReceiptKey && record.IssueStatus == receiptFailed
	})
}

func (s *shop) card(c card) *pay.Card {
	out := pay.Card{Number: masked(c.Number), Type: cardTypes[c.CardType]}
	out.Issuer = s.company(c.IssuerCode, c.Company)
	out.Acquirer = s.company(c.AcquirerCode)
	return &out
}

// company is the standard code of the first word that is known.
func (s *shop) company(words ...string) string {
	return s.translate("card company", codes.CardFrom, words)
}

func (s *shop) bank(words ...string) string {
	return s.translate("bank", codes.BankFrom, words)
}

func (s *shop) translate(what string, from func(pay.Provider, string) (string, bool), words []string) string {
	for _, w := range words {
		if code, ok := from(pay.TossPayments, w); ok {
			return code
		}
	}
	if given := strings.Join(words, ""); given != "" {
		s.Log.Warn(what+" is unknown", "words", words)
	}
	return ""
}

// masked lets nothing through that could be a whole card number. Numbers of
// ISP payments begin with 9200, are virtual, and stay as they are.
func masked(number string) string {
	if len(number) < 12 || strings.Contains(number, "*") || strings.HasPrefix(number, "9200") {
		return number
	}
	return number[:6] + strings.Repeat("*", len(number)-10) + number[len(number)-4:]
}

func currency(code string) pay.Currency {
	if code == "" {
		return pay.KRW
	}
	return pay.Currency(code)
}

func (s *shop) reportVersion(version string) {
	if version == apiVersion {
		return
	}
	s.foreign.Do(func() {
		s.Log.Warn("the shop is not set to API version "+apiVersion+": answers are read leniently", "version", version)
	})
}
