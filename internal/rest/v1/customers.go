package v1

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/store"
	"naru/internal/v1wire"
)

// Customer is V1's CustomerAnnotation: a billing key, which the merchant knows
// by its customer_uid. Times are unix seconds.
type Customer struct {
	CustomerUID       string  `json:"customer_uid"`
	PGProvider        string  `json:"pg_provider"`
	PGID              string  `json:"pg_id"`
	Sandbox           bool    `json:"sandbox"`
	CustomerID        *string `json:"customer_id"`
	CardName          *string `json:"card_name"`
	CardCode          *string `json:"card_code"`
	CardIssuerCode    *string `json:"card_issuer_code"`
	CardIssuerName    *string `json:"card_issuer_name"`
	CardPublisherCode *string `json:"card_publisher_code"`
	CardPublisherName *string `json:"card_publisher_name"`
	CardNumber        *string `json:"card_number"`
	CardType          *int    `json:"card_type"`
	CustomerName      *string `json:"customer_name"`
	CustomerTel       *string `json:"customer_tel"`
	CustomerEmail     *string `json:"customer_email"`
	CustomerAddr      *string `json:"customer_addr"`
	CustomerPostcode  *string `json:"customer_postcode"`
	Inserted          int64   `json:"inserted"`
	Updated           int64   `json:"updated"`
}

func customerOf(k pay.BillingKey) Customer {
	w := Customer{
		CustomerUID: string(k.CustomerUID), PGProvider: string(k.Provider), PGID: k.MID, Sandbox: k.Mode == pay.ModeTest,
		CustomerID: orNull(k.CustomerID), CustomerName: orNull(k.Buyer.Name), CustomerTel: orNull(k.Buyer.Tel),
		CustomerEmail: orNull(k.Buyer.Email), CustomerAddr: orNull(k.Buyer.Address), CustomerPostcode: orNull(k.Buyer.Postcode),
		Inserted: unix(k.Created), Updated: unix(k.Updated),
	}
	if k.Card != nil {
		issuer, publisher := companies(k.Card)
		w.CardCode, w.CardName = orNull(issuer), cardName(issuer)
		w.CardIssuerCode, w.CardIssuerName = orNull(issuer), cardName(issuer)
		w.CardPublisherCode, w.CardPublisherName = orNull(publisher), cardName(publisher)
		w.CardNumber, w.CardType = orNull(k.Card.Number), cardType(k.Card.Type)
	}
	return w
}

type customerIn struct {
	CustomerUID string `json:"customer_uid"`
}

// customer reads a billing key.
func (a *api) customer(ctx context.Context, in customerIn) (Customer, error) {
	k, err := a.gateway.BillingKey(ctx, merchantOf(ctx).ID, pay.CustomerUID(in.CustomerUID))
	if err != nil {
		return Customer{}, unknownCustomer(ctx, err, in.CustomerUID)
	}
	return customerOf(k), nil
}

// deleteCustomer deletes a billing key. What is booked with it stays booked, as
// V1 has it, and fails when its time comes.
func (a *api) deleteCustomer(ctx context.Context, in customerIn) (Customer, error) {
	k, err := a.gateway.DeleteKey(ctx, merchantOf(ctx).ID, pay.CustomerUID(in.CustomerUID))
	if err != nil {
		return Customer{}, unknownCustomer(ctx, err, in.CustomerUID)
	}
	return customerOf(k), nil
}

// unknownCustomer names the customer_uid that has no key. V1's reference says
// 404, its clients met 200: the merchant's setting decides (decision D29).
func unknownCustomer(ctx context.Context, err error, uid string) error {
	if !errors.Is(err, gateway.ErrNoBillingKey) {
		return err
	}
	f := &failure{http.StatusNotFound, 1, v1wire.NoCustomer(short(uid))}
	if merchantOf(ctx).Settings.UnknownKeyOK {
		f.status = http.StatusOK
	}
	return f
}

type customersIn struct {
	CustomerUIDs []string `json:"customer_uid"`
}

// customers reads several billing keys. When there is none of them it is 404,
// whatever the merchant's setting.
func (a *api) customers(ctx context.Context, in customersIn) (found[Customer], error) {
	uids := distinct[pay.CustomerUID](in.CustomerUIDs)
	if len(uids) == 0 {
		return found[Customer]{}, rest.Missing("customer_uid")
	}
	keys, err := a.gateway.BillingKeys(ctx, merchantOf(ctx).ID, uids)
	if err != nil {
		return found[Customer]{}, err
	}
	if len(keys) == 0 {
		return found[Customer]{}, &failure{http.StatusNotFound, 1, v1wire.NoCustomer(short(strings.Join(in.CustomerUIDs, ", ")))}
	}
	out := found[Customer]{missing: len(uids) - len(keys)}
	for _, k := range keys {
		out.list = append(out.list, customerOf(k))
	}
	return out, nil
}

type issueIn struct {
	testedIn
	channelIn
	groupIn
	cardIn
	CustomerUID      string `json:"customer_uid"`
	CustomerID       string `json:"customer_id"`
	CustomerName     string `json:"customer_name"`
	CustomerTel      string `json:"customer_tel"`
	CustomerEmail    string `json:"customer_email"`
	CustomerAddr     string `json:"customer_addr"`
	CustomerPostcode string `json:"customer_postcode"`
}

func (in issueIn) request(m pay.MerchantID) (gateway.IssueKeyRequest, error) {
	var c check
	in.groupIn.refuse(&c)
	c.named("customer_uid", in.CustomerUID, maxCustomerUID)
	c.fits("customer_name", in.CustomerName, 20)
	c.fits("customer_tel", in.CustomerTel, 20)
	c.fits("customer_email", in.CustomerEmail, 200)
	c.fits("customer_addr", in.CustomerAddr, 200)
	c.fits("customer_postcode", in.CustomerPostcode, 8)
	r := gateway.IssueKeyRequest{
		Merchant: m, Channel: in.choice(&c), CustomerUID: pay.CustomerUID(in.CustomerUID), CustomerID: in.CustomerID,
		Buyer: pay.Buyer{Name: in.CustomerName, Email: in.CustomerEmail, Tel: in.CustomerTel, Address: in.CustomerAddr, Postcode: in.CustomerPostcode},
		Card:  in.cardIn.read(&c), TestCode: in.testCode,
	}
	return r, c.err
}

// issueCustomer issues a billing key for a card.
func (a *api) issueCustomer(ctx context.Context, in issueIn) (Customer, error) {
	r, err := in.request(merchantOf(ctx).ID)
	if err != nil {
		return Customer{}, err
	}
	k, err := a.gateway.IssueKey(ctx, r)
	if err != nil {
		return Customer{}, err
	}
	return customerOf(k), nil
}

type customerPaymentsIn struct {
	CustomerUID string `json:"customer_uid"`
	Page        *int   `json:"page"`
	Limit       *int   `json:"limit"`
}

// customerPayments pages through what was paid with a customer_uid, the newest
// first. One that never had a key has no payments.
func (a *api) customerPayments(ctx context.Context, in customerPaymentsIn) (Page, error) {
	n, err := numbers(in.Page, in.Limit)
	if err != nil {
		return Page{}, err
	}
	all, total, err := a.gateway.KeyPayments(ctx, merchantOf(ctx).ID, pay.CustomerUID(in.CustomerUID), n.page, n.limit)
	if err != nil {
		return Page{}, err
	}
	out := Page{Total: total}
	if out.Previous, out.Next, err = n.around(total); err != nil {
		return Page{}, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		out.List, err = shownAll(ctx, tx, all)
		return err
	})
	return out, err
}
