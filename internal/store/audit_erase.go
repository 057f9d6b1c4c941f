package store

import (
	"bytes"
	"context"
	"encoding/json"

	"naru/internal/pay"
)

// eraseAudit takes a person out of the words that people gave with what they did to a
// payment. Who did what, when and to how much money stays.
func (t *Tx) eraseAudit(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID, e Eraser, out Erased) error {
	all, err := t.ListAudit(ctx, merchant, AuditFilter{Payment: payment})
	if err != nil {
		return err
	}
	for _, a := range all {
		before, err := eraseStrings(a.Before, e.Text)
		if err != nil {
			return err
		}
		after, err := eraseStrings(a.After, e.Text)
		if err != nil {
			return err
		}
		if bytes.Equal(before, a.Before) && bytes.Equal(after, a.After) {
			continue
		}
		n, err := t.exec(ctx, `UPDATE audit SET before = $3, after = $4 WHERE merchant = $1 AND id = $2`, merchant, a.ID, string(before), string(after))
		if err != nil {
			return err
		}
		out.add("audit", n)
	}
	return nil
}

// eraseStrings cleans the strings of a JSON text, and leaves one that holds nothing to
// clean as it is.
func eraseStrings(raw json.RawMessage, clean func(string) string) (json.RawMessage, error) {
	if len(raw) == 0 {
		return raw, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	changed := false
	v = mapStrings(v, func(s string) string {
		bare := clean(s)
		changed = changed || bare != s
		return bare
	})
	if !changed {
		return raw, nil
	}
	return json.Marshal(v)
}

func mapStrings(v any, f func(string) string) any {
	switch x := v.(type) {
	case string:
		return f(x)
	case []any:
		for i := range x {
			x[i] = mapStrings(x[i], f)
		}
	case map[string]any:
		for k := range x {
			x[k] = mapStrings(x[k], f)
		}
	}
	return v
}
