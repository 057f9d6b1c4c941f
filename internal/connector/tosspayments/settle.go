package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const (
	listDeadline = 60 * time.Second // "API 사용하기": read timeout of lists
	listPage     = 5000             // "거래 조회", limit, and "정산 조회", size: at most
	listLimit    = 16 << 20         // bytes of a page: an element has some 500, with room for later fields
)

// Transactions is "거래 조회". Whether endDate belongs to the range is not
// documented, so it may come with the answer and is left out here. A page that is
// not full is no proof that it was the last: the list ends with an empty one.
func (s *shop) Transactions(ctx context.Context, from, to time.Time) iter.Seq2[connector.TransactionLine, error] {
	return func(yield func(connector.TransactionLine, error) bool) {
		for after := ""; ; {
			page, err := s.transactionPage(ctx, from, to, after)
			if err != nil {
				yield(connector.TransactionLine{}, err)
				return
			}
			for i, t := range page {
				line, err := s.transactionLine(i, t)
				if err != nil {
					yield(connector.TransactionLine{}, s.unknown(opTransactions, http.StatusOK, err))
					return
				}
				if line.Amount == 0 || line.At.Before(from) || !line.At.Before(to) {
					continue
				}
				if !yield(line, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
			last := page[len(page)-1].TransactionKey
			if last == after {
				yield(connector.TransactionLine{}, s.unknown(opTransactions, http.StatusOK, errors.New("the list does not go on after its last element")))
				return
			}
			after = last
		}
	}
}

const opTransactions = "list transactions"

func (s *shop) transactionPage(ctx context.Context, from, to time.Time, after string) ([]transaction, error) {
	const layout = "2006-01-02T15:04:05"
	q := url.Values{
		"startDate": {from.In(httpcall.KST()).Format(layout)}, "endDate": {to.In(httpcall.KST()).Format(layout)},
		"limit": {strconv.Itoa(listPage)},
	}
	if after != "" {
		q.Set("startingAfter", after)
	}
	return listed[transaction](ctx, s, opTransactions, "/v1/transactions?"+q.Encode())
}

// listed asks for one page of a list.
func listed[T any](ctx context.Context, s *shop, op, path string) ([]T, error) {
	var page []T
	no, err := s.do(ctx, connector.Call{}, request{op: op, method: http.MethodGet, path: path, deadline: listDeadline, limit: listLimit}, &page)
	if err != nil {
		return nil, err
	}
	if no != nil {
		return nil, s.because(op, connector.Unknown, no)
	}
	return page, nil
}

// transactionLine reads one element. Its status is taken for that of the payment
// right after the transaction, so that it tells what the transaction was; the
// sign of its amount tells nothing. An approval's movement is named after the
// payment, as in snapshot.
func (s *shop) transactionLine(i int, t transaction) (connector.TransactionLine, error) {
	at, ok := httpcall.Time(t.TransactionAt)
	switch {
	case t.TransactionKey == "" || t.PaymentKey == "" || t.OrderID == "" || t.Amount == nil:
		return connector.TransactionLine{}, fmt.Errorf("element %d has no transactionKey, paymentKey, orderId or amount", i)
	case !ok:
		return connector.TransactionLine{}, fmt.Errorf("element %d: transactionAt %.40q is no time", i, t.TransactionAt)
	}
	line := connector.TransactionLine{
		Ref: pay.Ref{Order: t.OrderID, Key: t.PaymentKey}, Key: t.TransactionKey, Movement: t.TransactionKey,
		Amount: magnitude(*t.Amount), At: at, RawStatus: t.Status,
	}
	switch t.Status {
	case "DONE":
		line.Kind, line.Movement = s.cameIn(t.Method, t.PaymentKey, t.TransactionAt)
	case statusCanceled, "PARTIAL_CANCELED":
		line.Kind = pay.MovementCancel
	default:
		if line.Amount != 0 {
			s.Log.Warn("a transaction's status is unknown", "status", t.Status, "order", t.OrderID)
		}
	}
	return line, nil
}

// cameIn is how money came in, and the key that snapshot gives the movement.
func (s *shop) cameIn(method, paymentKey, at string) (pay.MovementKind, string) {
	if methods[method] == pay.MethodVbank {
		return pay.MovementDeposit, depositKey(paymentKey, at)
	}
	return pay.MovementApproval, approvalKey(paymentKey)
}

func magnitude(w httpcall.Won) int64 { return max(int64(w), -int64(w)) }

const opSettlements = "list settlements"

// Settlements is "정산 조회" by soldDate. Test shops have none ("테스트 환경"), so
// none are asked for there. Whether endDate belongs to the range is not
// documented: the next day is asked for as well and left out here.
func (s *shop) Settlements(ctx context.Context, day time.Time) iter.Seq2[connector.SettlementLine, error] {
	return func(yield func(connector.SettlementLine, error) bool) {
		if s.Mode == pay.ModeTest {
			yield(connector.SettlementLine{}, fmt.Errorf("tosspayments %s: %w", opSettlements, connector.ErrNotOffered))
			return
		}
		sold, before := day.In(httpcall.KST()), ""
		for number := 1; ; number++ {
			q := url.Values{
				"startDate": {sold.Format(time.DateOnly)}, "endDate": {sold.AddDate(0, 0, 1).Format(time.DateOnly)}, "dateType": {"soldDate"},
				"page": {strconv.Itoa(number)}, "size": {strconv.Itoa(listPage)},
			}
			page, err := listed[settlement](ctx, s, opSettlements, "/v1/settlements?"+q.Encode())
			if err != nil {
				yield(connector.SettlementLine{}, err)
				return
			}
			if len(page) > 0 && page[0].TransactionKey == before {
				yield(connector.SettlementLine{}, s.unknown(opSettlements, http.StatusOK, fmt.Errorf("page %d is the one before it", number)))
				return
			}
			for i, t := range page {
				before = page[0].TransactionKey
				line, err := s.settlementLine(i, t)
				if err != nil {
					yield(connector.SettlementLine{}, s.unknown(opSettlements, http.StatusOK, err))
					return
				}
				if line.SoldOn == sold.Format(time.DateOnly) && !yield(line, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// settlementLine reads one element. A cancel is told by its sign or by the object
// that later answers have for one, and what is neither may still be one; where its
// amount stands without a sign, all its amounts are turned. The fee is what lies between the amount and what is
// paid out, so that a line always adds up.
func (s *shop) settlementLine(i int, t settlement) (connector.SettlementLine, error) {
	if t.TransactionKey == "" || t.PaymentKey == "" || t.OrderID == "" || t.Amount == nil || t.PayOutAmount == nil {
		return connector.SettlementLine{}, fmt.Errorf("element %d has no transactionKey, paymentKey, orderId, amount or payOutAmount", i)
	}
	for name, date := range map[string]string{"soldDate": t.SoldDate, "paidOutDate": t.PaidOutDate} {
		if _, err := time.Parse(time.DateOnly, date); err != nil && (date != "" || name == "soldDate") {
			return connector.SettlementLine{}, fmt.Errorf("element %d: %s %.40q is no day", i, name, date)
		}
	}
	line := connector.SettlementLine{
		Ref: pay.Ref{Order: t.OrderID, Key: t.PaymentKey}, Key: t.TransactionKey, Movement: t.TransactionKey,
		Gross: int64(*t.Amount), VAT: int64(t.VAT), Net: int64(*t.PayOutAmount), SoldOn: t.SoldDate, PaidOn: t.PaidOutDate,
	}
	if t.Cancel.V != nil || line.Gross < 0 {
		line.Kind = pay.MovementCancel
	} else {
		_, line.Movement = s.cameIn(t.Method, t.PaymentKey, t.ApprovedAt)
	}
	if line.Kind == pay.MovementCancel && line.Gross > 0 {
		line.Gross, line.VAT, line.Net = -line.Gross, -line.VAT, -line.Net
	}
	line.Fee = line.Gross - line.VAT - line.Net
	if told := supplied(t); told != nil && magnitude(*told) != max(line.Fee, -line.Fee) {
		s.Log.Warn("a settlement's fee is not what lies between its amount and its payout", "order", t.OrderID, "told", int64(*told), "fee", line.Fee)
	}
	return line, nil
}

func supplied(t settlement) *httpcall.Won {
	if t.SupplyAmount != nil {
		return t.SupplyAmount
	}
	return t.SuppliedAmount
}
