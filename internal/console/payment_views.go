package console

import (
	"errors"
	"net/url"

	"naru/internal/gateway"
	"naru/internal/store"
)

// putView saves what the list shows now under a name. What is searched for may tell of
// a person, and is left out.
func (c *Console) putView(v *visit) error {
	query, err := url.ParseQuery(v.field("query"))
	if err != nil {
		return &gateway.Invalid{Field: "query", Detail: "is no address"}
	}
	for _, name := range []string{"q", "field", "after", "before"} {
		query.Del(name)
	}
	name := v.field("name")
	if name == "" {
		return &gateway.Invalid{Field: v.t("이름", "name"), Detail: v.t("보기의 이름을 적어 주세요.", "write a name for the view")}
	}
	err = c.store.Write(v.r.Context(), func(tx *store.Tx) error {
		return tx.PutView(v.r.Context(), store.SavedView{Merchant: v.Store.ID, Operator: string(v.Operator.ID), Name: name, Query: query.Encode()})
	})
	if errors.Is(err, store.ErrRule) {
		return &gateway.Invalid{Field: v.t("보기", "view"), Detail: err.Error()}
	}
	if err != nil {
		return err
	}
	return v.done(c.base+"/payments?"+query.Encode(), "보기 ‘"+name+"’을(를) 저장했습니다.", "The view “"+name+"” was saved.")
}

// deleteView forgets a view.
func (c *Console) deleteView(v *visit) error {
	name := v.field("name")
	err := c.store.Write(v.r.Context(), func(tx *store.Tx) error {
		return tx.DeleteView(v.r.Context(), v.Store.ID, string(v.Operator.ID), name)
	})
	if err != nil {
		return err
	}
	return v.done(c.path("/payments"), "보기 ‘"+name+"’을(를) 지웠습니다.", "The view “"+name+"” was deleted.")
}
