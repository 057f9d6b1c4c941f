package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// billingDeadline is how long an answer about a billing key may take: "자동결제
// 승인", read timeout.
const billingDeadline = 60 * time.Second

// ChargeBillingKey takes money with a billing key: "자동결제 승인". An approval of
// another amount than asked for is Pending, with the snapshot that tells it. No
// notice follows.
func (s *shop) ChargeBillingKey(ctx context.Context, call connector.Call, key pay.Secret, c connector.Charge) (connector.Outcome, error) {
	const op = "charge billing key"
	if key == "" {
		return connector.Outcome{}, s.notSent(op, errors.New("the billing key is not known"))
	}
	body, err := chargeBody(c)
	if err != nil {
		return connector.Outcome{}, s.misconfigured(op, err)
	}
	return s.take(ctx, call, request{
		op: op, method: http.MethodPost, path: billingPath(key), body: body, secrets: []pay.Secret{key}, deadline: billingDeadline,
	}, c)
}

func billingPath(key pay.Secret) string { return "/v1/billing/" + url.PathEscape(key.Reveal()) }

func chargeBody(c connector.Charge) (in chargeRequest, err error) {
	if err := checkCustomer(c.Customer); err != nil {
		return in, err
	}
	in.CustomerKey, in.CustomerMobilePhone = c.Customer, mobile(c.Buyer.Tel)
	if in.orderFields, err = orderOf(c.Order, c.Name, c.Amount); err != nil {
		return in, err
	}
	in.buyerFields = buyerOf(c.Buyer)
	in.CardInstallmentPlan, err = installments(c.Options.Months)
	return in, err
}

// ChargeCard takes money from a card whose details the merchant sent: "카드 번호
// 결제". What is not known of the card is left out, and then the provider decides.
func (s *shop) ChargeCard(ctx context.Context, call connector.Call, card connector.Card, c connector.Charge) (connector.Outcome, error) {
	const op = "charge card"
	body, err := keyInBody(card, c)
	if err != nil {
		return connector.Outcome{}, s.misconfigured(op, err)
	}
	return s.take(ctx, call, request{
		op: op, method: http.MethodPost, path: "/v1/payments/key-in", body: body, secrets: cardSecrets(card),
	}, c)
}

func keyInBody(card connector.Card, c connector.Charge) (in keyInRequest, err error) {
	if card.IsZero() {
		return in, errors.New("the card is not known")
	}
	in.cardFields, in.buyerFields = cardOf(card), buyerOf(c.Buyer)
	if in.orderFields, err = orderOf(c.Order, c.Name, c.Amount); err != nil {
		return in, err
	}
	in.CardInstallmentPlan, err = installments(c.Options.Months)
	return in, err
}

// take makes a call that takes money at once. Only money that came is approval.
func (s *shop) take(ctx context.Context, call connector.Call, r request, c connector.Charge) (connector.Outcome, error) {
	out, err := s.create(ctx, call, r, c.Order, c.Amount)
	if out.Snapshot != nil && out.Snapshot.Stage == connector.StageAwaitingDeposit {
		out.Verdict = connector.Pending
	}
	return out, err
}

// create makes a call that begins a payment. An answer that the order was dealt
// with before is settled by asking how it stands.
func (s *shop) create(ctx context.Context, call connector.Call, r request, order string, amount pay.Breakdown) (connector.Outcome, error) {
	var p payment
	ref := pay.Ref{Order: order}
	no, err := s.do(ctx, call, r, &p)
	switch {
	case err != nil:
		return connector.Outcome{}, err
	case no == nil:
		snap, err := s.answered(r.op, p, ref)
		if err != nil {
			return connector.Outcome{}, err
		}
		return s.confirmed(snap, amount, nil), nil
	case no.class == before || no.Code == duplicatedOrder:
		snap, err := s.query(ctx, orderPath(order), ref)
		if err != nil {
			return connector.Outcome{}, s.unknown(r.op, no.Status, fmt.Errorf("%s, and asking how it stands failed: %v", no.Code, err))
		}
		return s.confirmed(snap, amount, no.decline()), nil
	}
	return no.declined(), nil
}

// orderOf is what every order has. It refuses what cannot be one.
func orderOf(order, name string, amount pay.Breakdown) (orderFields, error) {
	in := orderFields{Amount: amount.Total.Minor, OrderID: order, OrderName: httpcall.Cut(name, maxText), TaxFreeAmount: amount.TaxFree}
	return in, checkOrder(order, name, amount)
}

func checkOrder(order, name string, amount pay.Breakdown) error {
	switch {
	case amount.Total.Currency != pay.KRW || amount.Total.Minor <= 0:
		return fmt.Errorf("amount %s must be above 0 and in %s", amount.Total, pay.KRW)
	case !orderID.MatchString(order):
		return fmt.Errorf("orderId %.80q must be 6 to 64 letters, digits, _, = or -", order)
	case name == "":
		return errors.New("orderName is empty")
	}
	return nil
}

func buyerOf(b pay.Buyer) buyerFields {
	in := buyerFields{CustomerName: httpcall.Cut(b.Name, maxText)}
	if len([]rune(b.Email)) <= maxText { // a shortened address would be another's
		in.CustomerEmail = b.Email
	}
	return in
}

const (
	minMobile = 8 // customerMobilePhone
	maxMobile = 15
)

// mobile is a phone number as the provider takes it, digits only, or "" if it
// cannot be one: a shortened number would be another's.
func mobile(tel string) string {
	tel = strings.NewReplacer("-", "", " ", "", ".", "", "(", "", ")", "", "+", "").Replace(tel)
	if len(tel) < minMobile || len(tel) > maxMobile || strings.Trim(tel, "0123456789") != "" {
		return ""
	}
	return tel
}

// installments is cardInstallmentPlan. From which amount it is possible is the
// gateway's to know; the provider refuses the rest.
func installments(months int) (int, error) {
	if months < 0 || months == 1 || months > maxInstallments {
		return 0, fmt.Errorf("cardInstallmentPlan %d must be 0 or 2 to %d", months, maxInstallments)
	}
	return months, nil
}
