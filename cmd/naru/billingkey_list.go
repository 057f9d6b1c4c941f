package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// The JSON of these commands; the key itself is in none.
type (
	billingKeyPage struct {
		Keys  []billingKeyJSON `json:"billing_keys"`
		After string           `json:"after,omitempty"` // for --after; none on the last page
		Cut   bool             `json:"cut,omitempty"`   // the search matches more than was looked at
	}
	billingKeyJSON struct {
		CustomerUID string     `json:"customer_uid"`
		CustomerID  string     `json:"customer_id"`
		Status      string     `json:"status"`
		Channel     string     `json:"channel_key"`
		Provider    string     `json:"pg_provider"`
		MID         string     `json:"pg_id"`
		Mode        string     `json:"mode"`
		Method      string     `json:"pay_method,omitempty"`
		CardIssuer  string     `json:"card_code,omitempty"`
		CardNumber  string     `json:"card_number,omitempty"` // masked
		BankCode    string     `json:"bank_code,omitempty"`
		Reason      string     `json:"fail_reason,omitempty"`
		Created     time.Time  `json:"created"`
		Ended       *time.Time `json:"ended"`
	}
	billingKeyWhole struct {
		billingKeyJSON
		Booked  int              `json:"booked"` // charges booked for it
		Earlier []billingKeyJSON `json:"earlier"`
	}
)

func billingKeyJSONOf(k pay.BillingKey) billingKeyJSON {
	out := billingKeyJSON{
		CustomerUID: string(k.CustomerUID), CustomerID: k.CustomerID, Status: string(k.Status), Channel: string(k.Channel), Provider: string(k.Provider), MID: k.MID,
		Mode: string(k.Mode), Method: string(k.Method), Reason: k.Message, Created: k.Created, Ended: ifSet(k.Ended),
	}
	if k.Card != nil {
		out.CardIssuer, out.CardNumber = k.Card.Issuer, k.Card.Number
	}
	if k.Bank != nil {
		out.BankCode = k.Bank.Code
	}
	return out
}

func billingKeysJSON(all []pay.BillingKey) []billingKeyJSON {
	out := make([]billingKeyJSON, len(all))
	for i, k := range all {
		out[i] = billingKeyJSONOf(k)
	}
	return out
}

type billingKeyListCmd struct {
	books
	ofMerchant
	billingSearch
	Status  string   `placeholder:"STATUS" help:"issuing, held, active, replaced, deleted or refused."`
	Channel []string `placeholder:"CHANNEL-KEY" help:"Of this channel; repeat it for several."`
	JSON    bool     `name:"json" help:"Print JSON."`
}

func (c *billingKeyListCmd) Run(ctx context.Context, m *Main) error {
	place, err := c.read(store.KeyFields())
	q := store.KeyQuery{Status: pay.KeyStatus(c.Status), Search: c.Search, Field: store.BillingField(c.Field), Place: place, Limit: c.Limit}
	all := []pay.KeyStatus{"", pay.KeyIssuing, pay.KeyHeld, pay.KeyActive, pay.KeyReplaced, pay.KeyDeleted, pay.KeyRefused}
	if !slices.Contains(all, q.Status) {
		err = errors.Join(err, fmt.Errorf("--status %q: want one of %v", c.Status, all[1:]))
	}
	if err != nil {
		return err
	}
	for _, ch := range c.Channel {
		q.Channels = append(q.Channels, pay.ChannelKey(ch))
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		var page store.KeyPage
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = tx.ListBillingKeys(ctx, of.ID, q)
			return err
		})
		if err != nil {
			return err
		}
		next := spellBillingPlace(page.After)
		if c.JSON {
			return printJSON(m.Stdout, billingKeyPage{billingKeysJSON(page.Rows), next, page.Cut})
		}
		return printBillingKeys(m.Stdout, page.Rows, next)
	})
}

func printBillingKeys(to io.Writer, all []pay.BillingKey, next string) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CUSTOMER\tSTATUS\tCHANNEL\tCARD\tCREATED\tENDED")
	for _, k := range billingKeysJSON(all) {
		ended := ""
		if k.Ended != nil {
			ended = when(*k.Ended)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s.%s\t%s\t%s\t%s\n", k.CustomerUID, k.Status, k.Provider, k.MID, k.CardNumber, when(k.Created), ended)
	}
	if err := w.Flush(); err != nil || next == "" {
		return err
	}
	_, err := fmt.Fprintf(to, "more: --after %s\n", next)
	return err
}

// ofCustomer names a billing key.
type ofCustomer struct {
	ofMerchant
	CustomerUID string `arg:"" name:"customer-uid" help:"The merchant's name for the key (customer_uid)."`
}

func noBillingKey(err error, of pay.Merchant, uid string) error {
	if errors.Is(err, gateway.ErrNoBillingKey) || errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%s has no billing key of customer_uid %q (naru billing-key list %s)", of.UserCode, uid, of.UserCode)
	}
	return err
}

type billingKeyShowCmd struct {
	books
	ofCustomer
	JSON bool `name:"json" help:"Print JSON."`
}

// Run shows the key in use, or the newest; never the key itself.
func (c *billingKeyShowCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		var keys []pay.BillingKey
		var out billingKeyWhole
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			if keys, err = tx.KeysOfCustomerUID(ctx, of.ID, pay.CustomerUID(c.CustomerUID), 100); err != nil {
				return err
			}
			out.Booked, err = tx.CountSchedules(ctx, of.ID, store.ScheduleFilter{CustomerUID: pay.CustomerUID(c.CustomerUID), Statuses: []pay.ScheduleStatus{pay.ScheduleBooked, pay.ScheduleRunning}})
			return err
		})
		if err == nil && len(keys) == 0 {
			err = store.ErrNotFound
		}
		if err != nil {
			return noBillingKey(err, of, c.CustomerUID)
		}
		if i := slices.IndexFunc(keys, func(k pay.BillingKey) bool { return k.Status == pay.KeyActive }); i > 0 {
			keys[0], keys[i] = keys[i], keys[0]
		}
		out.billingKeyJSON, out.Earlier = billingKeyJSONOf(keys[0]), billingKeysJSON(keys[1:])
		if c.JSON {
			return printJSON(m.Stdout, out)
		}
		if err := printBillingKeys(m.Stdout, keys, ""); err != nil {
			return err
		}
		_, err = fmt.Fprintf(m.Stdout, "\nbooked charges: %d\n", out.Booked)
		return err
	})
}

type billingKeyDeleteCmd struct {
	books
	ofCustomer
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *billingKeyDeleteCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		k, err := b.gateway.DeleteKey(ctx, of.ID, pay.CustomerUID(c.CustomerUID))
		if err != nil {
			return noBillingKey(err, of, c.CustomerUID)
		}
		if c.JSON {
			return printJSON(m.Stdout, billingKeyJSONOf(k))
		}
		_, err = fmt.Fprintf(m.Stdout, "%s is deleted; charges booked for it fail when due, unless it is issued again\n", k.CustomerUID)
		return err
	})
}
