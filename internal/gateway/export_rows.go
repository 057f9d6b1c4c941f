package gateway

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// store writes every file of a store.
func (x *export) store(ctx context.Context) error {
	for _, write := range []func(context.Context) error{
		x.merchant, x.channels, x.payments, x.orders, x.billingKeys, x.schedules, x.receipts, x.deliveries, x.settlements, x.audit,
	} {
		if err := write(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (x *export) merchant(context.Context) error {
	return x.file("merchant.json", func(w io.Writer) (int, error) {
		return 1, json.NewEncoder(w).Encode(struct {
			ID       pay.MerchantID `json:"id"`
			UserCode string         `json:"user_code"`
			Name     string         `json:"name"`
			Parent   pay.MerchantID `json:"parent,omitempty"`
			Tier     string         `json:"tier,omitempty"`
			Created  time.Time      `json:"created"`
			Settings pay.Settings   `json:"settings"`
		}{x.m.ID, x.m.UserCode, x.m.Name, x.m.Parent, x.m.Tier, x.m.Created, x.m.Settings})
	})
}

func (x *export) channels(ctx context.Context) error {
	return lines(ctx, x, "channels.jsonl", func(tx *store.Tx, last *pay.Channel) ([]pay.Channel, error) {
		if last != nil { // they come all at once
			return nil, nil
		}
		return tx.ListChannels(ctx, x.m.ID)
	}, func(ch pay.Channel) (any, error) {
		return struct {
			Key      pay.ChannelKey     `json:"channel_key"`
			Provider pay.Provider       `json:"pg_provider"`
			MID      string             `json:"pg_id"`
			Name     string             `json:"name"`
			Mode     pay.Mode           `json:"mode"`
			Kind     pay.ChannelKind    `json:"kind"`
			Default  bool               `json:"default"`
			Disabled bool               `json:"disabled"`
			Options  pay.ChannelOptions `json:"options"`
			Created  time.Time          `json:"created"`
		}{ch.Key, ch.Provider, ch.MID, ch.Name, ch.Mode, ch.Kind, ch.Default, ch.Disabled, ch.Options, ch.Created}, nil
	})
}

func (x *export) orders(ctx context.Context) error {
	return lines(ctx, x, "orders.jsonl", func(tx *store.Tx, last *store.Order) ([]store.Order, error) {
		after := pay.MerchantUID("")
		if last != nil {
			after = last.MerchantUID
		}
		return tx.OrdersAfter(ctx, x.m.ID, after, exportPage)
	}, func(o store.Order) (any, error) {
		out := struct {
			MerchantUID pay.MerchantUID `json:"merchant_uid"`
			Prepared    *int64          `json:"prepared_amount,omitempty"`
			Currency    pay.Currency    `json:"currency,omitempty"`
			HeldBy      pay.PaymentID   `json:"held_by,omitempty"`
			Created     time.Time       `json:"created"`
			Updated     time.Time       `json:"updated"`
		}{MerchantUID: o.MerchantUID, HeldBy: o.HeldBy, Created: o.Created, Updated: o.Updated}
		if o.Prepared != nil {
			out.Prepared, out.Currency = &o.Prepared.Minor, o.Prepared.Currency
		}
		return out, nil
	})
}

// exportedKey is a billing key as it is written, and read back with its key.
type exportedKey struct {
	Form        string          `json:"naru"` // "billing_key/1"
	ID          pay.KeyID       `json:"id"`
	CustomerUID pay.CustomerUID `json:"customer_uid"`
	CustomerID  string          `json:"customer_id"`
	Channel     pay.ChannelKey  `json:"channel_key"`
	Provider    pay.Provider    `json:"pg_provider"`
	MID         string          `json:"pg_id"`
	Mode        pay.Mode        `json:"mode"`
	Status      pay.KeyStatus   `json:"status"`
	Method      pay.Method      `json:"pay_method"`
	CardCode    string          `json:"card_code,omitempty"`
	CardNumber  string          `json:"card_number,omitempty"`
	CardType    string          `json:"card_type,omitempty"`
	BankCode    string          `json:"bank_code,omitempty"`
	Name        string          `json:"customer_name,omitempty"`
	Email       string          `json:"customer_email,omitempty"`
	Tel         string          `json:"customer_tel,omitempty"`
	Address     string          `json:"customer_addr,omitempty"`
	Postcode    string          `json:"customer_postcode,omitempty"`
	Created     time.Time       `json:"created"`
	Ended       time.Time       `json:"ended,omitzero"`
	Key         string          `json:"billing_key,omitempty"` // only when it was asked for
}

func (x *export) billingKeys(ctx context.Context) error {
	return lines(ctx, x, "billing_keys.jsonl", func(tx *store.Tx, last *pay.BillingKey) ([]pay.BillingKey, error) {
		after := pay.KeyID("")
		if last != nil {
			after = last.ID
		}
		return tx.BillingKeysAfter(ctx, x.m.ID, after, exportPage)
	}, func(k pay.BillingKey) (any, error) {
		out := exportedKey{
			Form: "billing_key/1", ID: k.ID, CustomerUID: k.CustomerUID, CustomerID: k.CustomerID, Channel: k.Channel, Provider: k.Provider, MID: k.MID, Mode: k.Mode,
			Status: k.Status, Method: k.Method, Created: k.Created, Ended: k.Ended,
			Name: k.Buyer.Name, Email: k.Buyer.Email, Tel: k.Buyer.Tel, Address: k.Buyer.Address, Postcode: k.Buyer.Postcode,
		}
		if k.Card != nil {
			out.CardCode, out.CardNumber, out.CardType = k.Card.Issuer, k.Card.Number, k.Card.Type
		}
		if k.Bank != nil {
			out.BankCode = k.Bank.Code
		}
		if x.o.WithKeys && len(k.Sealed) > 0 && k.Status == pay.KeyActive {
			key, err := x.g.vault.Open(k.Sealed, sealedAs(k.ID))
			if err != nil {
				return nil, err
			}
			out.Key = string(key)
		}
		return out, nil
	})
}

func (x *export) schedules(ctx context.Context) error {
	return lines(ctx, x, "schedules.jsonl", func(tx *store.Tx, last *pay.Schedule) ([]pay.Schedule, error) {
		after := pay.MerchantUID("")
		if last != nil {
			after = last.MerchantUID
		}
		return tx.SchedulesAfter(ctx, x.m.ID, after, exportPage)
	}, func(s pay.Schedule) (any, error) {
		return struct {
			MerchantUID pay.MerchantUID    `json:"merchant_uid"`
			CustomerUID pay.CustomerUID    `json:"customer_uid"`
			CustomerID  string             `json:"customer_id"`
			Status      pay.ScheduleStatus `json:"schedule_status"`
			At          time.Time          `json:"schedule_at"`
			Name        string             `json:"name,omitempty"`
			Amount      int64              `json:"amount"`
			Currency    pay.Currency       `json:"currency"`
			TaxFree     int64              `json:"tax_free,omitempty"`
			VAT         *int64             `json:"vat_amount,omitempty"`
			Buyer       pay.Buyer          `json:"buyer"`
			Custom      string             `json:"custom_data,omitempty"`
			NoticeURLs  []string           `json:"notice_url,omitempty"`
			Options     pay.ChargeOptions  `json:"options"`
			Payment     pay.PaymentID      `json:"imp_uid,omitempty"`
			ExecutedAt  time.Time          `json:"executed_at,omitzero"`
			RevokedAt   time.Time          `json:"revoked_at,omitzero"`
			Created     time.Time          `json:"created"`
		}{s.MerchantUID, s.CustomerUID, s.CustomerID, s.Status, s.At, s.Name, s.Amount.Total.Minor, s.Amount.Total.Currency, s.Amount.TaxFree, s.Amount.VAT,
			s.Buyer, s.Custom, s.NoticeURLs, s.Options, s.Payment, s.ExecutedAt, s.RevokedAt, s.Created}, nil
	})
}

func (x *export) receipts(ctx context.Context) error {
	return lines(ctx, x, "receipts.jsonl", func(tx *store.Tx, last *pay.Receipt) ([]pay.Receipt, error) {
		after := pay.ReceiptID("")
		if last != nil {
			after = last.ID
		}
		return tx.ReceiptsAfter(ctx, x.m.ID, after, exportPage)
	}, func(c pay.Receipt) (any, error) {
		return struct {
			ID          pay.ReceiptID     `json:"id"`
			Payment     pay.PaymentID     `json:"imp_uid,omitempty"`
			MerchantUID pay.MerchantUID   `json:"merchant_uid"`
			Channel     pay.ChannelKey    `json:"channel_key"`
			Provider    pay.Provider      `json:"pg_provider"`
			MID         string            `json:"pg_id"`
			Status      pay.ReceiptStatus `json:"status"`
			Type        pay.ReceiptType   `json:"type"`
			Name        string            `json:"name,omitempty"`
			Amount      int64             `json:"amount"`
			TaxFree     int64             `json:"tax_free,omitempty"`
			VAT         *int64            `json:"vat_amount,omitempty"`
			Buyer       pay.Buyer         `json:"buyer"`
			Key         string            `json:"receipt_tid,omitempty"`
			ApprovalNo  string            `json:"apply_num,omitempty"`
			URL         string            `json:"receipt_url,omitempty"`
			Code        string            `json:"code,omitempty"`
			Message     string            `json:"message,omitempty"`
			Created     time.Time         `json:"created"`
			IssuedAt    time.Time         `json:"issued_at,omitzero"`
			CancelledAt time.Time         `json:"cancelled_at,omitzero"`
		}{c.ID, c.Payment, c.MerchantUID, c.Channel, c.Provider, c.MID, c.Status, c.Type, c.Name, c.Amount.Total.Minor, c.Amount.TaxFree, c.Amount.VAT, c.Buyer,
			c.Key, c.ApprovalNo, c.URL, c.Code, c.Message, c.Created, c.IssuedAt, c.CancelledAt}, nil
	})
}

func (x *export) deliveries(ctx context.Context) error {
	return lines(ctx, x, "deliveries.jsonl", func(tx *store.Tx, last *store.Delivery) ([]store.Delivery, error) {
		f := store.DeliveryFilter{Oldest: true, Limit: exportPage}
		if last != nil {
			f.After = last.Place()
		}
		return tx.FindDeliveries(ctx, x.m.ID, f)
	}, func(d store.Delivery) (any, error) {
		return struct {
			ID          string        `json:"id"`
			Payment     pay.PaymentID `json:"imp_uid,omitempty"`
			Event       string        `json:"event"`
			URL         string        `json:"url"`
			ContentType string        `json:"content_type"`
			Body        string        `json:"body"`
			Status      string        `json:"status"`
			Tries       int           `json:"tries"`
			Created     time.Time     `json:"created"`
			Done        time.Time     `json:"ended,omitzero"`
		}{d.ID, d.Payment, d.Event, d.URL, d.ContentType, string(d.Body), d.Status, d.Tries, d.Created, d.Done}, nil
	})
}

func (x *export) settlements(ctx context.Context) error {
	return lines(ctx, x, "settlements.jsonl", func(tx *store.Tx, last *store.Settlement) ([]store.Settlement, error) {
		return tx.ListSettlements(ctx, x.m.ID, store.SettlementFilter{After: last, Limit: exportPage})
	}, func(s store.Settlement) (any, error) {
		return struct {
			Channel  pay.ChannelKey   `json:"channel_key"`
			Key      string           `json:"key"`
			Payment  pay.PaymentID    `json:"imp_uid,omitempty"`
			Movement string           `json:"movement,omitempty"`
			Kind     pay.MovementKind `json:"kind,omitempty"`
			Order    string           `json:"provider_order"`
			Gross    int64            `json:"gross"`
			Fee      int64            `json:"fee"`
			VAT      int64            `json:"vat"`
			Net      int64            `json:"net"`
			SoldOn   string           `json:"sold_on"`
			PaidOn   string           `json:"paid_on,omitempty"`
		}{s.Channel, s.Key, s.Payment, s.Movement, s.Kind, s.Order, s.Gross, s.Fee, s.VAT, s.Net, s.SoldOn, s.PaidOn}, nil
	})
}

func (x *export) audit(ctx context.Context) error {
	return lines(ctx, x, "audit.jsonl", func(tx *store.Tx, last *store.Audit) ([]store.Audit, error) {
		f := store.AuditFilter{Limit: exportPage}
		if last != nil {
			f.Before = *last
		}
		return tx.ListAudit(ctx, x.m.ID, f)
	}, func(a store.Audit) (any, error) {
		return struct {
			ID      string          `json:"id"`
			At      time.Time       `json:"at"`
			Kind    pay.ActorKind   `json:"actor_kind"`
			Actor   string          `json:"actor,omitempty"`
			Name    string          `json:"actor_name,omitempty"`
			Address string          `json:"address,omitempty"`
			Action  string          `json:"action"`
			Target  string          `json:"target,omitempty"`
			Payment pay.PaymentID   `json:"imp_uid,omitempty"`
			Before  json.RawMessage `json:"before,omitempty"`
			After   json.RawMessage `json:"after,omitempty"`
		}{a.ID, a.At, a.Actor.Kind, a.Actor.ID, a.Actor.Name, a.Actor.Address, a.Action, a.Target, a.Payment, a.Before, a.After}, nil
	})
}
