package gateway

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/pay"
	"naru/internal/store"
)

// Prepare registers the amount an order must be paid with. Currency may be ""
// (not checked). A registered number is ErrAlreadyPrepared.
func (g *Gateway) Prepare(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID, amount int64, currency string) (store.Order, error) {
	return g.prepare(ctx, m, uid, func(tx *store.Tx) error {
		return translate(tx.PrepareOrder(ctx, m, uid, amount, currency), store.ErrExists, ErrAlreadyPrepared)
	})
}

// Reprepare changes a registered amount. An unregistered number is ErrNotPrepared.
func (g *Gateway) Reprepare(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID, amount int64, currency string) (store.Order, error) {
	return g.prepare(ctx, m, uid, func(tx *store.Tx) error {
		return translate(tx.UpdatePrepared(ctx, m, uid, amount, currency), store.ErrNotFound, ErrNotPrepared)
	})
}

func (g *Gateway) prepare(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID, change func(*store.Tx) error) (store.Order, error) {
	if begunBefore(ctx) != nil {
		return g.Prepared(ctx, m, uid)
	}
	var o store.Order
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		err := begins(ctx, tx, store.Began{Kind: beganPrepare, MerchantUID: uid}, tx.Now)
		if err != nil {
			return err
		}
		o, err = tx.Order(ctx, m, uid)
		return err
	})
	return o, err
}

// Prepared is the registered order, or ErrNotPrepared.
func (g *Gateway) Prepared(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID) (store.Order, error) {
	var o store.Order
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		o, err = tx.Order(ctx, m, uid)
		return translate(err, store.ErrNotFound, ErrNotPrepared)
	})
	if err == nil && o.Prepared == nil {
		err = ErrNotPrepared
	}
	return o, err
}

// checkPrepared compares what is to be paid with what was registered.
func checkPrepared(ctx context.Context, tx *store.Tx, m pay.MerchantID, uid pay.MerchantUID, amount pay.Money) error {
	o, err := tx.Order(ctx, m, uid)
	if errors.Is(err, store.ErrNotFound) || err == nil && o.Prepared == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if o.Prepared.Minor != amount.Minor {
		return &Refusal{Code: RefusedPrepared, Field: "amount", Detail: fmt.Sprintf("%d was asked for, %d is registered", amount.Minor, o.Prepared.Minor)}
	}
	if o.Prepared.Currency != "" && o.Prepared.Currency != amount.Currency {
		return &Refusal{Code: RefusedPrepared, Field: "currency", Detail: fmt.Sprintf("%s was asked for, %s is registered", amount.Currency, o.Prepared.Currency)}
	}
	return nil
}

func translate(err, from, to error) error {
	if errors.Is(err, from) {
		return to
	}
	return err
}
