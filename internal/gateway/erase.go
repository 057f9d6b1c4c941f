package gateway

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
)

// EraseRequest asks for a buyer's personal fields to be taken out of a merchant's
// books. Exactly one of Payment, CustomerUID, Email and Tel says whose.
type EraseRequest struct {
	Merchant    pay.MerchantID
	Payment     pay.PaymentID
	CustomerUID pay.CustomerUID
	Email       string // letter case does not matter
	Tel         string // digits count, +82 is 0
	// RevokeKeys also ends the billing keys that are found, with what is booked on
	// them. Without it they go on being charged, of a buyer without a name.
	RevokeKeys bool
	Actor      string // who asks, as it is recorded
	DryRun     bool   // only say what would be erased
}

// EraseReport is what an erasure did, or in a dry run would do.
type EraseReport struct {
	Payments    []pay.PaymentID   `json:"payments"`
	BillingKeys []pay.KeyID       `json:"billing_keys"`
	Schedules   []pay.MerchantUID `json:"schedules"`
	Receipts    []pay.ReceiptID   `json:"receipts"`
	Revoked     []pay.KeyID       `json:"revoked"` // billing keys that were ended
	// Open is what was left alone because it is not settled yet, and why.
	Open     []EraseOpen  `json:"open"`
	Rows     store.Erased `json:"rows"`     // what was changed, by table
	Erasures []string     `json:"erasures"` // ids of the records of it; none in a dry run
}

// EraseOpen is something that cannot be erased yet.
type EraseOpen struct {
	Kind string `json:"kind"` // payment, billing_key, schedule, receipt
	ID   string `json:"id"`
	Why  string `json:"why"`
}

// eraseBatch is how many things are erased in one transaction.
const eraseBatch = 20

// Erase takes what tells of a buyer out of the books: name, e-mail address,
// telephone number, postal address, custom_data, the browser's name, masked card
// numbers, account numbers and their holders, what was said to providers and what
// windows were opened with. The books stay whole: amounts, ids, states, movements
// and steps are as they were, and so is when each thing last changed. What is not
// settled is left alone and listed (EraseReport.Open): erase again later. Of what
// was done a record is kept that does not say what was erased.
func (g *Gateway) Erase(ctx context.Context, r EraseRequest) (EraseReport, error) {
	what, err := g.checkErase(r)
	if err != nil {
		return EraseReport{}, err
	}
	found, err := g.findPerson(ctx, r)
	if err != nil {
		return EraseReport{}, err
	}
	return g.erase(ctx, found, erasing{merchant: r.Merchant, what: what, actor: r.Actor, revoke: r.RevokeKeys, dry: r.DryRun})
}

// checkErase refuses a request that does not name one person, and gives what is
// recorded of whose it is: an address only as its keyed digest.
func (g *Gateway) checkErase(r EraseRequest) (json.RawMessage, error) {
	what := map[string]string{}
	for field, v := range map[string]string{"imp_uid": string(r.Payment), "customer_uid": string(r.CustomerUID)} {
		if v != "" {
			what[field] = v
		}
	}
	for field, v := range map[string]string{"buyer_email": sameEmail(r.Email), "buyer_tel": sameTel(r.Tel)} {
		if v != "" {
			what[field+"_digest"] = g.ErasedDigest(v)
		}
	}
	switch {
	case r.Actor == "":
		return nil, &Invalid{"actor", "is empty: the record says who erased"}
	case r.Email != "" && !strings.Contains(r.Email, "@"):
		return nil, &Invalid{"buyer_email", fmt.Sprintf("%q is no e-mail address", r.Email)}
	case r.Tel != "" && len(sameTel(r.Tel)) < 8:
		return nil, &Invalid{"buyer_tel", fmt.Sprintf("%q has %d digits: want a whole telephone number", r.Tel, len(sameTel(r.Tel)))}
	case len(what) != 1:
		return nil, &Invalid{"person", fmt.Sprintf("give one of imp_uid, customer_uid, buyer_email, buyer_tel; %d are given", len(what))}
	}
	return json.Marshal(what)
}

// ErasedDigest is what a record of an erasure holds of an e-mail address or a
// telephone number: whoever has the address can tell that it was meant.
func (g *Gateway) ErasedDigest(address string) string {
	if strings.Contains(address, "@") {
		address = sameEmail(address)
	} else {
		address = sameTel(address)
	}
	return hex.EncodeToString(g.vault.MAC("erasure", []byte(address)))
}

// sameEmail and sameTel are an address in the form in which two are compared.
func sameEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func sameTel(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	if strings.HasPrefix(strings.TrimSpace(s), "+82") {
		digits = "0" + strings.TrimPrefix(strings.TrimPrefix(digits, "82"), "0")
	}
	return digits
}

// persons is what is to be erased.
type persons struct {
	payments  []pay.PaymentID
	keys      []pay.KeyID
	schedules []pay.MerchantUID
	receipts  []pay.ReceiptID
}

// erasing is one erasure under way.
type erasing struct {
	merchant pay.MerchantID
	what     json.RawMessage
	actor    string
	revoke   bool
	dry      bool
	later    bool // the data's time is over: keys and bookings in use are not touched
}

// erase erases what was found, some things in each transaction.
func (g *Gateway) erase(ctx context.Context, found persons, e erasing) (EraseReport, error) {
	out := EraseReport{Rows: store.Erased{}}
	var all []func(*eraser) error
	for _, id := range found.schedules { // before the keys that are booked
		all = append(all, func(x *eraser) error { return x.schedule(id) })
	}
	for _, id := range found.keys {
		all = append(all, func(x *eraser) error { return x.key(id) })
	}
	for _, id := range found.receipts {
		all = append(all, func(x *eraser) error { return x.receipt(id) })
	}
	for _, id := range found.payments {
		all = append(all, func(x *eraser) error { return x.payment(id) })
	}
	for some := range slices.Chunk(all, eraseBatch) {
		report, err := g.eraseSome(ctx, some, e)
		if err != nil {
			return out, err
		}
		out.add(report)
	}
	return out, nil
}

var errDryRun = errors.New("nothing is to be changed")

// eraseSome erases some things in one transaction, with the record of it.
func (g *Gateway) eraseSome(ctx context.Context, some []func(*eraser) error, e erasing) (EraseReport, error) {
	var x *eraser
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		x = &eraser{g: g, tx: tx, ctx: ctx, erasing: e, out: EraseReport{Rows: store.Erased{}}}
		return tx.Erasing(ctx, func() error {
			for _, one := range some {
				if err := one(x); err != nil {
					return err
				}
			}
			if e.dry {
				return errDryRun
			}
			if len(x.out.Rows) == 0 {
				return nil
			}
			id := g.newUUID()
			x.out.Erasures = []string{id}
			return tx.AddErasure(ctx, store.Erasure{Merchant: e.merchant, ID: id, What: e.what, Actor: e.actor, Rows: x.out.Rows})
		})
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	if err != nil {
		return EraseReport{}, fmt.Errorf("erase: %w", err)
	}
	if !e.dry && len(x.out.Erasures) > 0 {
		g.log.InfoContext(ctx, "personal data erased", "merchant", e.merchant, "actor", e.actor, "erasure", x.out.Erasures[0], "rows", x.out.Rows)
	}
	return x.out, nil
}

func (r *EraseReport) add(o EraseReport) {
	r.Payments = append(r.Payments, o.Payments...)
	r.BillingKeys = append(r.BillingKeys, o.BillingKeys...)
	r.Schedules = append(r.Schedules, o.Schedules...)
	r.Receipts = append(r.Receipts, o.Receipts...)
	r.Revoked = append(r.Revoked, o.Revoked...)
	r.Open = append(r.Open, o.Open...)
	r.Erasures = append(r.Erasures, o.Erasures...)
	r.Rows.Add(o.Rows)
}
