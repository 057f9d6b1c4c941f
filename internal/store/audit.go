package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"naru/internal/pay"
)

// Audit is a change that a person made.
type Audit struct {
	Merchant pay.MerchantID // "" of the whole installation
	ID       string         // grows with time
	At       time.Time
	Actor    pay.Actor
	Action   string          // what was done: "channel.update"
	Kind     string          // of thing: "channel"
	Target   string          // the id of what was changed
	Payment  pay.PaymentID   // "" of none
	Before   json.RawMessage // nil is nothing
	After    json.RawMessage // nil is nothing
}

const auditColumns = `merchant, id, at, actor_kind, actor, actor_name, address, action, kind, target, payment, before, after`

func scanAudit(r row) (a Audit, err error) {
	var before, after string
	err = r.Scan(&a.Merchant, &a.ID, timeInto{&a.At}, &a.Actor.Kind, &a.Actor.ID, &a.Actor.Name, &a.Actor.Address,
		&a.Action, &a.Kind, &a.Target, &a.Payment, &before, &after)
	if before != "" {
		a.Before = json.RawMessage(before)
	}
	if after != "" {
		a.After = json.RawMessage(after)
	}
	return a, err
}

// Change is what Audit is told. Before and After are written as JSON; nil is
// nothing. They hold no secret: a pay.Secret is written as stars.
type Change struct {
	Merchant      pay.MerchantID
	Action        string
	Target        string
	Payment       pay.PaymentID
	Before, After any
}

// Audit writes down a change in its own transaction, in the name of whom ctx
// names (pay.WithActor), or of the gateway.
func (t *Tx) Audit(ctx context.Context, c Change) error {
	who, ok := pay.ActorOf(ctx)
	if !ok {
		who = pay.Actor{Kind: pay.ActorGateway}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return wrap(err, "audit %s", c.Action)
	}
	before, err := auditText(c.Before)
	if err != nil {
		return wrap(err, "audit %s: before", c.Action)
	}
	after, err := auditText(c.After)
	if err != nil {
		return wrap(err, "audit %s: after", c.Action)
	}
	_, err = t.exec(ctx, `INSERT INTO audit (`+auditColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		c.Merchant, id.String(), t.Now, who.Kind, who.ID, who.Name, who.Address, c.Action, kindOf(c.Action), c.Target, c.Payment, before, after)
	return wrap(err, "audit %s", c.Action)
}

// AuditByHand is Audit of what a merchant's own servers do as well: it is written
// down when ctx names somebody, and else left out.
func (t *Tx) AuditByHand(ctx context.Context, c Change) error {
	if _, ok := pay.ActorOf(ctx); !ok {
		return nil
	}
	return t.Audit(ctx, c)
}

// kindOf is the kind of thing that an action changes.
func kindOf(action string) string {
	kind, _, _ := strings.Cut(action, ".")
	return kind
}

func auditText(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	return jsonText(v)
}

// AuditFilter chooses entries; its zero value is all of the merchant's.
type AuditFilter struct {
	Actor   string        // id; "" is anyone
	Kind    string        // of thing; "" is any
	Target  string        // "" is anything
	Payment pay.PaymentID // "" is any and none
	// Before lists only what comes after this entry in the list, that is, what is
	// older. Its zero is the beginning.
	Before Audit
	Limit  int // 0 is no limit
}

// ListAudit is a merchant's entries, newest first.
func (t *Tx) ListAudit(ctx context.Context, merchant pay.MerchantID, f AuditFilter) ([]Audit, error) {
	text, args := f.list(merchant)
	as, err := list(ctx, t, scanAudit, text, args...)
	return as, wrap(err, "audit of merchant %s", merchant)
}

func (f AuditFilter) list(merchant pay.MerchantID) (text string, args []any) {
	w := when(`merchant = `, merchant)
	if f.Payment != "" {
		w.and(`payment <> '' AND payment = `, f.Payment)
	}
	if f.Actor != "" {
		w.and(`actor = `, f.Actor)
	}
	if f.Kind != "" {
		w.and(`kind = `, f.Kind)
	}
	if f.Target != "" {
		w.and(`target = `, f.Target)
	}
	if f.Before.ID != "" {
		w.and(`(at, id) < (`, f.Before.At, f.Before.ID)
		w.close()
	}
	text = `SELECT ` + auditColumns + ` FROM audit WHERE ` + w.text() + ` ORDER BY at DESC, id DESC` + w.page(f.Limit, 0)
	return text, w.args
}
