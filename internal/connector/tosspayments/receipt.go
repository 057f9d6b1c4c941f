package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// maxIdentity is the longest customerIdentityNumber of "현금영수증 발급 요청".
const maxIdentity = 30

// transactionType of the "CashReceipt 객체".
const (
	receiptIssue  = "CONFIRM"
	receiptCancel = "CANCEL"
)

// receiptFailed is the issueStatus of a receipt that the tax office refused.
const receiptFailed = "FAILED"

var receiptTypes = map[pay.ReceiptType]string{pay.ReceiptPerson: "소득공제", pay.ReceiptCompany: "지출증빙"}

// IssueReceipt issues a cash receipt: "현금영수증 발급 요청". The provider does not
// check that the identifier fits the type, and the tax office answers a day or
// two later: what is approved here may still be refused there.
func (s *shop) IssueReceipt(ctx context.Context, call connector.Call, spec connector.ReceiptSpec) (connector.ReceiptOutcome, error) {
	const op = "issue receipt"
	body, err := receiptBody(spec)
	if err != nil {
		return connector.ReceiptOutcome{}, s.misconfigured(op, err)
	}
	var r receipt
	no, err := s.do(ctx, call, request{
		op: op, method: http.MethodPost, path: "/v1/cash-receipts", body: body, secrets: []pay.Secret{spec.Identifier},
	}, &r)
	switch {
	case err != nil:
		return connector.ReceiptOutcome{}, err
	case no != nil:
		return connector.ReceiptOutcome{Verdict: connector.Declined, Decline: no.decline()}, nil
	case r.OrderID != "" && r.OrderID != spec.Order:
		return connector.ReceiptOutcome{}, s.unknown(op, http.StatusOK, fmt.Errorf("the answer is about another order than %.80q", spec.Order))
	}
	out, err := s.receiptOutcome(op, receiptIssue, r)
	if out.Verdict == connector.Approved && r.Amount != nil && int64(*r.Amount) != spec.Amount.Total.Minor {
		s.Log.Error("the provider issued a cash receipt of another amount than was asked for",
			"order", spec.Order, "asked", spec.Amount.Total.Minor, "issued", int64(*r.Amount))
		out.Verdict = connector.Pending
	}
	return out, err
}

func receiptBody(spec connector.ReceiptSpec) (in receiptRequest, err error) {
	if in.orderFields, err = orderOf(spec.Order, spec.Name, spec.Amount); err != nil {
		return in, err
	}
	kind, ok := receiptTypes[spec.Type]
	number := spec.Identifier.Reveal()
	switch {
	case !ok:
		return in, fmt.Errorf("type %q must be %s or %s", spec.Type, pay.ReceiptPerson, pay.ReceiptCompany)
	case number == "" || len(number) > maxIdentity || strings.Trim(number, "0123456789") != "":
		return in, fmt.Errorf("customerIdentityNumber has %d characters: it must have 1 to %d, all of them digits", len(number), maxIdentity)
	}
	in.Type, in.CustomerIdentityNumber = kind, number
	return in, nil
}

// CancelReceipt cancels a cash receipt wholly: "현금영수증 취소 요청".
func (s *shop) CancelReceipt(ctx context.Context, call connector.Call, key string) (connector.ReceiptOutcome, error) {
	const op = "cancel receipt"
	if key == "" {
		return connector.ReceiptOutcome{}, s.notSent(op, errors.New("the receipt key is not known"))
	}
	var r receipt
	no, err := s.do(ctx, call, request{
		op: op, method: http.MethodPost, path: "/v1/cash-receipts/" + url.PathEscape(key) + "/cancel", body: struct{}{}, // no amount: all of it
	}, &r)
	switch {
	case err != nil:
		return connector.ReceiptOutcome{}, err
	case no != nil:
		return connector.ReceiptOutcome{Verdict: connector.Declined, Decline: no.decline()}, nil
	}
	return s.receiptOutcome(op, receiptCancel, r)
}

// receiptOutcome reads a record of the wanted kind. It is in progress until the
// tax office has it.
func (s *shop) receiptOutcome(op, kind string, r receipt) (connector.ReceiptOutcome, error) {
	switch {
	case r.ReceiptKey == "":
		return connector.ReceiptOutcome{}, s.unknown(op, http.StatusOK, errors.New("the answer has no receiptKey"))
	case r.TransactionType != "" && r.TransactionType != kind:
		return connector.ReceiptOutcome{}, s.unknown(op, http.StatusOK, fmt.Errorf("the answer is not about a %s", kind))
	}
	out := connector.ReceiptOutcome{Key: r.ReceiptKey, ApprovalNo: r.IssueNumber, URL: r.ReceiptURL, At: s.when(r.RequestedAt, "")}
	switch r.IssueStatus {
	case "", "IN_PROGRESS", "COMPLETED":
		out.Verdict = connector.Approved
	case receiptFailed:
		out.Verdict, out.Decline = connector.Declined, s.receiptFailure(r)
	default:
		s.Log.Warn("cash receipt status is unknown: nothing is learned from it", "status", httpcall.Cut(r.IssueStatus, maxText))
	}
	return out, nil
}

// receiptFailure is why the tax office refused a receipt.
func (s *shop) receiptFailure(r receipt) *connector.Decline {
	d := connector.Decline{Code: connector.DeclineOther, ProviderCode: r.IssueStatus}
	if f := r.Failure.V; f != nil && f.Code != "" {
		secret := s.Credentials[SecretKey]
		d.Code, d.ProviderCode, d.ProviderMessage = declineOf(f.Code), httpcall.Clean(f.Code, secret), httpcall.Clean(f.Message, secret)
	}
	return &d
}
