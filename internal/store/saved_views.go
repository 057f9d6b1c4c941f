package store

import (
	"context"
	"fmt"
	"time"

	"naru/internal/pay"
)

// SavedView is a list that an operator comes back to: a name, and the query string
// of the page's address.
type SavedView struct {
	Merchant pay.MerchantID
	Operator string // id
	Name     string
	Query    string
	Created  time.Time
}

// Bounds of saved views.
const (
	MaxViews     = 100  // of one operator at one merchant
	MaxViewName  = 100  // bytes
	MaxViewQuery = 4096 // bytes
)

// ListViews is an operator's views at a merchant, by name.
func (t *Tx) ListViews(ctx context.Context, merchant pay.MerchantID, operator string) ([]SavedView, error) {
	all, err := list(ctx, t, func(r row) (v SavedView, err error) {
		return v, r.Scan(&v.Merchant, &v.Operator, &v.Name, &v.Query, timeInto{&v.Created})
	}, `SELECT merchant, operator, name, query, created FROM saved_views WHERE merchant = $1 AND operator = $2 ORDER BY name`, merchant, operator)
	return all, wrap(err, "views of operator %s", operator)
}

// PutView saves a view, in place of the operator's own of that name. ErrRule, with
// what is wrong, when it has no name, is too long, or is one too many.
func (t *Tx) PutView(ctx context.Context, v SavedView) error {
	switch {
	case v.Operator == "" || v.Name == "" || len(v.Name) > MaxViewName:
		return wrap(fmt.Errorf("%w: name %q of operator %q: both must be given, the name with at most %d bytes", ErrRule, v.Name, v.Operator, MaxViewName), "view")
	case len(v.Query) > MaxViewQuery:
		return wrap(fmt.Errorf("%w: query of %d bytes: allowed are %d", ErrRule, len(v.Query), MaxViewQuery), "view %q", v.Name)
	}
	others, err := t.number(ctx, `SELECT COUNT(*) FROM saved_views WHERE merchant = $1 AND operator = $2 AND name <> $3`, v.Merchant, v.Operator, v.Name)
	if err == nil && others >= MaxViews {
		err = fmt.Errorf("%w: an operator has at most %d views", ErrRule, MaxViews)
	}
	if err == nil {
		_, err = t.exec(ctx, `INSERT INTO saved_views (merchant, operator, name, query, created) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (merchant, operator, name) DO UPDATE SET query = excluded.query`, v.Merchant, v.Operator, v.Name, v.Query, t.Now)
	}
	return wrap(err, "view %q", v.Name)
}

// DeleteView forgets a view; ErrNotFound when there is none of that name.
func (t *Tx) DeleteView(ctx context.Context, merchant pay.MerchantID, operator, name string) error {
	err := t.change(ctx, ErrNotFound, `DELETE FROM saved_views WHERE merchant = $1 AND operator = $2 AND name = $3`, merchant, operator, name)
	return wrap(err, "view %q", name)
}

// eraseViews takes a person out of the views of a merchant's operators: out of what
// is searched for; a view that is named after the person goes.
func (t *Tx) eraseViews(ctx context.Context, merchant pay.MerchantID, e Eraser, out Erased) error {
	all, err := list(ctx, t, func(r row) (v SavedView, err error) { return v, r.Scan(&v.Operator, &v.Name, &v.Query) },
		`SELECT operator, name, query FROM saved_views WHERE merchant = $1`, merchant)
	for _, v := range all {
		var n int64
		switch query := e.Text(v.Query); {
		case err != nil:
		case e.Text(v.Name) != v.Name:
			n, err = t.exec(ctx, `DELETE FROM saved_views WHERE merchant = $1 AND operator = $2 AND name = $3`, merchant, v.Operator, v.Name)
		case query != v.Query:
			n, err = t.exec(ctx, `UPDATE saved_views SET query = $4 WHERE merchant = $1 AND operator = $2 AND name = $3`, merchant, v.Operator, v.Name, query)
		}
		out.add("saved_views", n)
	}
	return err
}
