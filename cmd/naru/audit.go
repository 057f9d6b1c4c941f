package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

type auditCmd struct {
	List auditListCmd `cmd:"" help:"List what people changed, newest first."`
}

func newAuditCmd() auditCmd { return auditCmd{auditListCmd{books: newBooks()}} }

type auditListCmd struct {
	books
	Merchant string `placeholder:"USER-CODE" help:"User code or id of the store; what concerns the whole installation if left out."`
	Who      string `placeholder:"ID" help:"Only by this operator id, or this account at the command line."`
	Kind     string `placeholder:"KIND" help:"Only of this kind of thing, such as operator, channel, payment."`
	Target   string `placeholder:"ID" help:"Only about this."`
	Limit    int    `default:"50" help:"How many, 1 to 1000."`
	After    string `placeholder:"PLACE" help:"Go on behind the place that the list before ended with."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// The JSON of this command. Times are RFC 3339 in UTC; before and after are null
// where there is nothing.
type (
	auditJSONPage struct {
		Entries []auditJSON `json:"entries"`
		After   string      `json:"after,omitempty"` // for --after; none on the last page
	}
	auditJSON struct {
		ID       string          `json:"id"`
		At       time.Time       `json:"at"`
		Merchant string          `json:"merchant"` // id; "" is the whole installation
		By       auditBy         `json:"by"`
		Action   string          `json:"action"`
		Target   string          `json:"target"`
		Payment  string          `json:"imp_uid"` // "" of none
		Before   json.RawMessage `json:"before"`
		After    json.RawMessage `json:"after"`
	}
	auditBy struct {
		Kind    string `json:"kind"` // operator, command, gateway
		ID      string `json:"id"`
		Name    string `json:"name"`
		Address string `json:"address"`
	}
)

func (c *auditListCmd) Run(ctx context.Context, m *Main) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return fmt.Errorf("--limit %d: want 1 to 1000", c.Limit)
	}
	before, err := readAuditPlace(c.After)
	if err != nil {
		return err
	}
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchantID(ctx, c.Merchant)
		if err != nil {
			return err
		}
		var found []store.Audit
		err = b.store.Read(ctx, func(tx *store.Tx) (err error) {
			found, err = tx.ListAudit(ctx, of, store.AuditFilter{Actor: c.Who, Kind: c.Kind, Target: c.Target, Before: before, Limit: c.Limit})
			return err
		})
		if err != nil {
			return err
		}
		next := ""
		if len(found) == c.Limit {
			last := found[len(found)-1]
			next = strconv.FormatInt(last.At.UnixMicro(), 10) + "." + last.ID
		}
		if c.JSON {
			return printJSON(m.Stdout, auditJSONPage{auditsJSON(found), next})
		}
		return c.print(m, found, next)
	})
}

func readAuditPlace(text string) (store.Audit, error) {
	if text == "" {
		return store.Audit{}, nil
	}
	at, id, ok := strings.Cut(text, ".")
	micro, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || id == "" {
		return store.Audit{}, fmt.Errorf("--after %q: want what the list before ended with", text)
	}
	return store.Audit{At: time.UnixMicro(micro).UTC(), ID: id}, nil
}

func auditsJSON(found []store.Audit) []auditJSON {
	out := make([]auditJSON, len(found))
	for i, a := range found {
		out[i] = auditJSON{
			a.ID, a.At, string(a.Merchant), auditBy{string(a.Actor.Kind), a.Actor.ID, a.Actor.Name, a.Actor.Address},
			a.Action, a.Target, string(a.Payment), a.Before, a.After,
		}
	}
	return out
}

func (c *auditListCmd) print(m *Main, found []store.Audit, next string) error {
	w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "AT\tBY\tADDRESS\tACTION\tTARGET\tBEFORE\tAFTER")
	for _, a := range found {
		by := a.Actor.Name
		if a.Actor.Kind != pay.ActorOperator {
			by = strings.TrimSpace(by + " (" + string(a.Actor.Kind) + ")")
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", when(a.At), oneLine(by), a.Actor.Address, a.Action, oneLine(a.Target), oneLine(string(a.Before)), oneLine(string(a.After)))
	}
	if err := w.Flush(); err != nil || next == "" {
		return err
	}
	_, err := fmt.Fprintf(m.Stdout, "more: --after %s\n", next)
	return err
}
