package store

import (
	"context"
	"slices"

	"naru/internal/pay"
)

// KeyQuery is what a person looks for among billing keys. Its zero value is all of a
// merchant's.
type KeyQuery struct {
	Status   pay.KeyStatus    // "" is any
	Channels []pay.ChannelKey // of any of these; none is any
	Search   string           // beginning of what it is found by, or the card's last four digits; "" is any
	Field    BillingField     // what of it Search is; "" is any of KeyFields
	Place    Place            // see Turned
	Back     bool
	Limit    int
}

// KeyPage is a page of a list, the newest first.
type KeyPage struct {
	Rows []pay.BillingKey
	Turned
	// Cut: the search matches more than is looked at (MostMatches of a field).
	Cut bool
}

func (q KeyQuery) pages() pages {
	return pages{table: "billing_keys", at: "created", id: "id", from: q.Place, back: q.Back, limit: q.Limit}
}

// keyStatuses is each status of a key.
func keyStatuses() []pay.KeyStatus {
	return []pay.KeyStatus{pay.KeyIssuing, pay.KeyHeld, pay.KeyActive, pay.KeyReplaced, pay.KeyDeleted, pay.KeyRefused}
}

// branches are the ranges of an index in which a query's keys stand.
func (q KeyQuery) branches() []func(*condition) {
	if len(q.Channels) == 0 {
		return []func(*condition){func(w *condition) {
			if q.Status != "" {
				w.and(`status = `, q.Status)
			}
		}}
	}
	statuses := keyStatuses()
	if q.Status != "" {
		statuses = []pay.KeyStatus{q.Status}
	}
	var out []func(*condition)
	for _, ch := range q.Channels {
		for _, s := range statuses {
			out = append(out, func(w *condition) {
				w.and(`channel = `, ch)
				w.and(`status = `, s)
			})
		}
	}
	return out
}

// ListBillingKeys is a page of the keys that a query chooses. An index tells which
// they are; of a search, MostMatches of each field are looked at.
func (t *Tx) ListBillingKeys(ctx context.Context, merchant pay.MerchantID, q KeyQuery) (KeyPage, error) {
	page, err := t.listKeys(ctx, merchant, q)
	return page, wrap(err, "list billing keys of merchant %s", merchant)
}

func (t *Tx) listKeys(ctx context.Context, merchant pay.MerchantID, q KeyQuery) (page KeyPage, err error) {
	if q.Limit < 1 {
		return page, errPage(q.Limit, 0)
	}
	if q.Search != "" {
		return t.searchKeys(ctx, merchant, q)
	}
	text, args := q.pages().text(merchant, q.branches())
	found, err := list(ctx, t, scanPlace, text, args...)
	if err != nil {
		return page, err
	}
	found, page.Turned = q.pages().turn(found)
	page.Rows, err = t.keysAt(ctx, merchant, found)
	return page, err
}

func (t *Tx) searchKeys(ctx context.Context, merchant pay.MerchantID, q KeyQuery) (page KeyPage, err error) {
	matched, more, err := t.matches(ctx, merchant, spans(q.Search, q.Field, KeyFields()), "billing_keys", "created", "id")
	if err != nil {
		return page, err
	}
	page.Cut = more
	rows, err := t.keysAt(ctx, merchant, matched)
	if err != nil {
		return page, err
	}
	byID := make(map[string]pay.BillingKey, len(rows))
	var fit []Place
	for _, k := range rows {
		if q.Status != "" && k.Status != q.Status || len(q.Channels) > 0 && !slices.Contains(q.Channels, k.Channel) {
			continue
		}
		byID[string(k.ID)] = k
		fit = append(fit, Place{k.Created, string(k.ID)})
	}
	fit, page.Turned = q.pages().cut(fit)
	for _, p := range fit {
		page.Rows = append(page.Rows, byID[p.ID])
	}
	return page, nil
}

// keysAt are the keys of places, in their order.
func (t *Tx) keysAt(ctx context.Context, merchant pay.MerchantID, at []Place) ([]pay.BillingKey, error) {
	ids := make([]pay.KeyID, len(at))
	for i, p := range at {
		ids[i] = pay.KeyID(p.ID)
	}
	found, err := inChunks(ids, func(some []pay.KeyID) ([]pay.BillingKey, error) {
		n := room(len(some))
		return list(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
			WHERE merchant = $1 AND id IN (`+placeholders(2, n)+`)`, append([]any{merchant}, padded(some, n)...)...)
	})
	if err != nil {
		return nil, err
	}
	return inOrder(ids, found, func(k pay.BillingKey) pay.KeyID { return k.ID }), nil
}

// KeysOfCustomerUID is up to limit keys that a customer_uid meant or was to mean,
// whatever became of them, the newest first.
func (t *Tx) KeysOfCustomerUID(ctx context.Context, merchant pay.MerchantID, uid pay.CustomerUID, limit int) ([]pay.BillingKey, error) {
	ks, err := list(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
		WHERE merchant = $1 AND customer_uid = $2 ORDER BY created DESC, id DESC LIMIT $3`, merchant, uid, limit)
	return ks, wrap(err, "billing keys of customer %q", uid)
}
