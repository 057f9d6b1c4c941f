package v1

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/store"
	"naru/internal/v1wire"
)

// Limits of V1's look-ups (V1, "결제내역 조회 API").
const (
	maxIDs       = 100
	defaultLimit = 20
	maxLimit     = 1000
	maxSpan      = 90 * 24 * time.Hour
)

type paymentIn struct {
	ImpUID         string `json:"imp_uid"`
	IncludeSandbox bool   `json:"include_sandbox"`
}

// payment reads one payment. A test payment is hidden when the merchant wants
// it so and did not ask for it.
func (a *api) payment(ctx context.Context, in paymentIn) (Payment, error) {
	m := merchantOf(ctx)
	if out, ok := a.shown.find(ctx, a.store, m.ID, pay.PaymentID(in.ImpUID)); ok {
		return out, nil
	}
	var out Payment
	var read pay.Payment
	err := a.store.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.Payment(ctx, m.ID, pay.PaymentID(in.ImpUID))
		if errors.Is(err, store.ErrNotFound) || err == nil && p.Mode == pay.ModeTest && m.Settings.HideSandbox && !in.IncludeSandbox {
			return gateway.ErrNoPayment
		}
		if err != nil {
			return err
		}
		read = p
		out, err = shown(ctx, tx, p)
		return err
	})
	if err != nil {
		return out, err
	}
	return a.shown.keep(out, read)
}

type paymentsIn struct {
	ImpUIDs      []string `json:"imp_uid"`
	MerchantUIDs []string `json:"merchant_uid"`
}

// payments reads up to 100 payments; of an order number its newest one. One
// that is named twice, or by both its numbers, is in the answer once.
func (a *api) payments(ctx context.Context, in paymentsIn) (found[Payment], error) {
	ids, uids := distinct[pay.PaymentID](in.ImpUIDs), distinct[pay.MerchantUID](in.MerchantUIDs)
	switch n := len(ids) + len(uids); {
	case n == 0:
		return found[Payment]{}, errNoIDs
	case n > maxIDs:
		return found[Payment]{}, errManyIDs
	}
	m := merchantOf(ctx).ID
	var out found[Payment]
	err := a.store.Read(ctx, func(tx *store.Tx) error {
		byID, err := tx.PaymentsByIDs(ctx, m, ids)
		if err != nil {
			return err
		}
		newest, err := tx.NewestPayments(ctx, m, uids)
		if err != nil {
			return err
		}
		out = found[Payment]{list: []Payment{}, missing: len(ids) + len(uids) - len(byID) - len(newest)}
		seen := map[pay.PaymentID]bool{}
		for _, p := range append(byID, newest...) {
			if seen[p.ID] {
				continue
			}
			seen[p.ID] = true
			w, err := shown(ctx, tx, p)
			if err != nil {
				return err
			}
			out.list = append(out.list, w)
		}
		return nil
	})
	if err == nil && len(out.list) == 0 {
		err = gateway.ErrNoPayment
	}
	return out, err
}

type findIn struct {
	MerchantUID string `json:"merchant_uid"`
	Status      string `json:"payment_status"`
	Sorting     string `json:"sorting"`
}

// find is the first payment of an order number by the order asked for.
func (a *api) find(ctx context.Context, in findIn) (Payment, error) {
	f, err := filterOf(in.MerchantUID, in.Status, in.Sorting)
	if err != nil {
		return Payment{}, err
	}
	f.Limit = 1
	var out Payment
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.FindPayments(ctx, merchantOf(ctx).ID, f)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return gateway.ErrNoPayment
		}
		out, err = shown(ctx, tx, all[0])
		return err
	})
	return out, err
}

type findAllIn struct {
	MerchantUID string `json:"merchant_uid"`
	Status      string `json:"payment_status"`
	Sorting     string `json:"sorting"`
	Page        *int   `json:"page"`
	Limit       *int   `json:"limit"`
}

// findAll pages through every payment of an order number.
func (a *api) findAll(ctx context.Context, in findAllIn) (Page, error) {
	f, err := filterOf(in.MerchantUID, in.Status, in.Sorting)
	if err != nil {
		return Page{}, err
	}
	page, err := a.page(ctx, f, "", in.Page, in.Limit)
	if err == nil && page.Total == 0 {
		err = gateway.ErrNoPayment
	}
	return page, err
}

type statusIn struct {
	Status  string `json:"payment_status"`
	From    int64  `json:"from"`
	To      int64  `json:"to"`
	Sorting string `json:"sorting"`
	Page    *int   `json:"page"`
	Limit   *int   `json:"limit"`
}

// byStatus pages through the payments in a state; each is looked for at the
// time its state began. Both ends of the time belong to it.
func (a *api) byStatus(ctx context.Context, in statusIn) (Page, error) {
	status := in.Status
	switch status {
	case "":
		return Page{}, rest.Missing("payment_status")
	case "all":
		status = ""
	}
	f, err := filterOf("", status, in.Sorting)
	if err != nil {
		return Page{}, err
	}
	if f.From, f.To, err = a.span(in.From, in.To); err != nil {
		return Page{}, err
	}
	return a.page(ctx, f, fmt.Sprintf("%d-%d", in.From, in.To), in.Page, in.Limit)
}

// span reads from and to, unix seconds, 0 for absent. The last second counts
// to its end.
func (a *api) span(from, to int64) (time.Time, time.Time, error) {
	end := a.now().Truncate(time.Second)
	if to != 0 {
		end = time.Unix(to, 0)
	}
	start := end.Add(-maxSpan)
	if from != 0 {
		start = time.Unix(from, 0)
	}
	if start.After(end) || end.Sub(start) > maxSpan {
		return start, end, errSpan
	}
	return start, end.Add(time.Second - time.Microsecond), nil
}

// page reads one page of what f finds. A page behind the last is refused. Asked
// is what the client said of the time, which f holds as of now.
func (a *api) page(ctx context.Context, f store.PaymentFilter, asked string, page, limit *int) (Page, error) {
	n, err := numbers(page, limit)
	if err != nil {
		return Page{}, err
	}
	f.Limit, f.Offset = n.limit, n.offset()
	m := merchantOf(ctx).ID
	if n.page > 1 {
		a.cursors.begin(&f, listKey(m, f, asked, n.page-1), a.now())
	}
	var out Page
	var all []pay.Payment
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		if out.Total, err = tx.CountPayments(ctx, m, f); err != nil {
			return err
		}
		if out.Previous, out.Next, err = n.around(out.Total); err != nil {
			return err
		}
		if all, err = tx.FindPayments(ctx, m, f); err != nil {
			return err
		}
		out.List, err = shownAll(ctx, tx, all)
		return err
	})
	if err == nil {
		a.cursors.served(listKey(m, f, asked, n.page), f, all, a.now())
	}
	return out, err
}

// show puts a payment that was just changed into V1's words.
func (a *api) show(ctx context.Context, p pay.Payment) (Payment, error) {
	if p.Cancelled == 0 {
		return paymentOf(p, nil), nil
	}
	var out Payment
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		out, err = shown(ctx, tx, p)
		return err
	})
	return out, err
}

func shownAll(ctx context.Context, tx *store.Tx, all []pay.Payment) ([]Payment, error) {
	out := []Payment{}
	for _, p := range all {
		w, err := shown(ctx, tx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// shown is p with its cancels; a payment of which nothing was given back has none.
func shown(ctx context.Context, tx *store.Tx, p pay.Payment) (Payment, error) {
	if p.Cancelled == 0 {
		return paymentOf(p, nil), nil
	}
	moved, err := tx.Movements(ctx, p.Merchant, p.ID)
	return paymentOf(p, moved), err
}

// filterOf reads what find, findAll and status have in common. An empty status
// is any.
func filterOf(uid, status, sorting string) (store.PaymentFilter, error) {
	f := store.PaymentFilter{MerchantUID: pay.MerchantUID(uid), Sort: sorting}
	if status != "" {
		var ok bool
		if f.Statuses, ok = v1wire.StatusesOf(status); !ok {
			return f, errBadStatus
		}
	}
	allowed := []string{"-started", "started", "-paid", "paid", "-updated", "updated"}
	if f.Sort == "" {
		f.Sort = allowed[0]
	}
	if !slices.Contains(allowed, f.Sort) {
		return f, &rest.FieldError{Field: "sorting", Value: sorting, Rule: rest.RuleAllowed, Want: strings.Join(allowed, ", ")}
	}
	return f, nil
}
