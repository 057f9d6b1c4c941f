package tosspay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const (
	opSettlements = "list settlement details"
	// settlementPath has a prefix that no other path has, and asks for the time of
	// each line beside its day.
	settlementPath = "/pay/api/v2/settlement-details?includeSettleDateTime=true"
	settlementPage = 4 << 20 // bytes of a page of 1000 lines whose productDesc has 255 characters
	dayLayout      = "20060102"
)

// Transactions is "정산 상세 조회" by day of approval: the provider has no other
// list. It is asked for day by day.
func (s *shop) Transactions(ctx context.Context, from, to time.Time) iter.Seq2[connector.TransactionLine, error] {
	return func(yield func(connector.TransactionLine, error) bool) {
		for day := midnight(from); day.Before(to); day = day.AddDate(0, 0, 1) {
			for d, err := range s.details(ctx, day) {
				if err != nil {
					yield(connector.TransactionLine{}, err)
					return
				}
				line := d.transaction()
				if line.At.Before(from) || !line.At.Before(to) {
					continue
				}
				if !yield(line, nil) {
					return
				}
			}
		}
	}
}

// Settlements is "정산 상세 조회" by day of approval. Test payments are in it,
// without fee and day of payout.
func (s *shop) Settlements(ctx context.Context, day time.Time) iter.Seq2[connector.SettlementLine, error] {
	return func(yield func(connector.SettlementLine, error) bool) {
		for d, err := range s.details(ctx, midnight(day)) {
			if err != nil {
				yield(connector.SettlementLine{}, err)
				return
			}
			if !yield(d.settlement(), nil) {
				return
			}
		}
	}
}

// midnight is the beginning of the Korean day that t lies in.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(httpcall.KST()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, httpcall.KST())
}

// detail is an element that can be relied on.
type detail struct {
	ref       pay.Ref
	key       string
	kind      pay.MovementKind
	gross     int64 // below zero for a refund, as the fee and its VAT then are
	fee, vat  int64
	at        time.Time
	sold, due string
	raw       string
}

func (d detail) transaction() connector.TransactionLine {
	return connector.TransactionLine{Ref: d.ref, Key: d.key, Movement: d.key, Kind: d.kind, Amount: abs(d.gross), At: d.at, RawStatus: d.raw}
}

func (d detail) settlement() connector.SettlementLine {
	return connector.SettlementLine{
		Ref: d.ref, Key: d.key, Movement: d.key, Kind: d.kind,
		Gross: d.gross, Fee: d.fee, VAT: d.vat, Net: d.gross - d.fee - d.vat, SoldOn: d.sold, PaidOn: d.due,
	}
}

// details is the whole list of a day. Its total, which the provider sums itself,
// must be that of the lines: a list with a gap is no list.
func (s *shop) details(ctx context.Context, day time.Time) iter.Seq2[detail, error] {
	return func(yield func(detail, error) bool) {
		in := settlementRequest{APIKey: s.Credentials[APIKey].Reveal(), DateType: "SETTLE", BaseDate: day.Format(dayLayout)}
		for sum := int64(0); ; {
			page, err := s.detailPage(ctx, in)
			if err != nil {
				yield(detail{}, err)
				return
			}
			for i, t := range *page.TransactionList {
				d, err := t.read(i)
				if err != nil {
					yield(detail{}, s.fail(connector.Unknown, opSettlements, http.StatusOK, err))
					return
				}
				if sum += d.gross; !yield(d, nil) {
					return
				}
			}
			next := string(page.NextCursor)
			switch {
			case next == "" && page.TotalAmount != nil && int64(*page.TotalAmount) != sum:
				err = fmt.Errorf("the lines of %s come to %d, their total is %d", in.BaseDate, sum, int64(*page.TotalAmount))
			case next != "" && next == in.NextCursor:
				err = errors.New("the list does not go on after its cursor")
			}
			if err != nil {
				yield(detail{}, s.fail(connector.Unknown, opSettlements, http.StatusOK, err))
				return
			}
			if next == "" {
				return
			}
			in.NextCursor = next
		}
	}
}

// detailPage asks for one page. A success is told by its list: unlike elsewhere
// it brings no code.
func (s *shop) detailPage(ctx context.Context, in settlementRequest) (page settlementPageOf, err error) {
	ctx, seen := httpcall.Watch(ctx, s.HTTP, httpcall.Asked{Provider: pay.TossPay, Channel: s.Channel, Op: opSettlements})
	defer func() { seen(false, err) }()
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	secrets := []pay.Secret{s.Credentials[APIKey]}
	status, body, err := httpcall.Do(ctx, s.HTTP, httpcall.Request{
		Provider: pay.TossPay, Op: opSettlements, Method: http.MethodPost, URL: s.Endpoints.API + settlementPath, Body: in,
		Secrets: secrets, Now: s.Now, Limit: settlementPage,
	})
	if err != nil {
		return page, err
	}
	if err := json.Unmarshal(body, &page); err != nil {
		text := httpcall.Clean(strings.ToValidUTF8(err.Error(), "?"), secrets...)
		return page, s.fail(connector.Unknown, opSettlements, status, fmt.Errorf("the answer cannot be read: %s", text))
	}
	if page.Code != nil && *page.Code != 0 {
		no, err := s.refuse(opSettlements, status, page.envelope, secrets)
		if err == nil {
			err = s.because(opSettlements, connector.Unknown, no)
		}
		return page, err
	}
	if page.TransactionList == nil {
		return page, s.fail(connector.Unknown, opSettlements, status, errors.New("the answer is not one of the provider's"))
	}
	return page, nil
}

// read holds one element to what is relied on. Its time is the beginning of its
// day where none came.
func (t settlementDetail) read(i int) (detail, error) {
	d := detail{
		ref: pay.Ref{Order: t.OrderNo, Key: t.PayToken}, key: t.TransactionID, fee: int64(t.Fee), vat: int64(t.VAT), raw: t.TransactionType,
	}
	if t.TransactionID == "" || t.PayToken == "" || t.OrderNo == "" || t.Amount == nil {
		return d, fmt.Errorf("element %d has no transactionId, payToken, orderNo or amount", i)
	}
	d.gross = int64(*t.Amount)
	switch t.TransactionType {
	case "PAY":
		d.kind = pay.MovementApproval
	case "REFUND":
		d.kind = pay.MovementCancel
		if d.gross > 0 { // documented as below zero
			d.gross, d.fee, d.vat = -d.gross, -d.fee, -d.vat
		}
	default:
		return d, fmt.Errorf("element %d: transactionType %.40q is neither PAY nor REFUND", i, t.TransactionType)
	}
	sold, err := time.ParseInLocation(dayLayout, string(t.SettleDate), httpcall.KST())
	if err != nil {
		return d, fmt.Errorf("element %d: settleDate %.40q is no day", i, string(t.SettleDate))
	}
	d.at, d.sold = sold, sold.Format(time.DateOnly)
	if at, err := time.ParseInLocation("20060102150405", string(t.SettleDateTime), httpcall.KST()); err == nil {
		d.at = at
	}
	if t.DueDate != "" {
		due, err := time.Parse(dayLayout, string(t.DueDate))
		if err != nil {
			return d, fmt.Errorf("element %d: dueDate %.40q is no day", i, string(t.DueDate))
		}
		d.due = due.Format(time.DateOnly)
	}
	return d, nil
}
