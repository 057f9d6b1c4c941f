package console

import (
	"net/http"
	"slices"

	"naru/internal/pay"
	"naru/internal/people"
)

func (c *Console) operatorRoutes() []route {
	return []route{
		get("/operators", pay.SeePeople, c.operatorList),
		get("/operators/new", pay.ChangePeople, c.operatorForm),
		post("/operators", pay.ChangePeople, c.operatorAdd),
		get("/operators/{operator}", pay.SeePeople, c.operatorShow),
		post("/operators/{operator}/role", pay.ChangePeople, c.operatorRole),
		post("/operators/{operator}/remove", pay.ChangePeople, c.operatorRemove),
		post("/operators/{operator}/link", pay.ChangePeople, c.operatorLink),
		post("/operators/{operator}/disable", pay.ChangePeople, c.operatorAble),
		post("/operators/{operator}/enable", pay.ChangePeople, c.operatorAble),
	}
}

// everywhere is how a form names the whole installation.
const everywhere = "*"

// where is a place at which roles are given: the store that is looked at, one of
// its sub-stores, the store it belongs to, or everywhere.
type where struct {
	Value string // of a form's field
	Name  string
	May   bool // the operator who looks may change people there
	at    pay.MerchantID
}

// places are those that concern the store that is looked at, the nearest first.
func (v *visit) places() []where {
	out := []where{{Value: string(v.Store.ID), Name: v.Store.Name, at: v.Store.ID, May: v.May(pay.ChangePeople)}}
	if v.Store.ID == "" {
		out = nil
	}
	for _, s := range v.Stores {
		switch {
		case v.Store.ID != "" && s.Parent == v.Store.ID:
			out = append(out, where{Value: string(s.ID), Name: s.Name + " (" + s.Tier + ")", at: s.ID, May: v.May(pay.ChangePeople)})
		case v.Store.Parent != "" && s.ID == v.Store.Parent:
			out = append(out, where{Value: string(s.ID), Name: s.Name, at: s.ID, May: v.mayAt(s, pay.ChangePeople)})
		}
	}
	if v.Store.Parent != "" && !slices.ContainsFunc(out, func(w where) bool { return w.at == v.Store.Parent }) {
		out = append(out, where{Value: string(v.Store.Parent), Name: v.t("상위 상점", "The store above"), at: v.Store.Parent})
	}
	return append(out, where{Value: everywhere, Name: v.t("모든 상점", "Every store"), May: v.MayEverywhere(pay.ChangePeople)})
}

// placeNamed is the one of a form's field. errNoPage when it is none of the store's.
func (v *visit) placeNamed(value string) (where, error) {
	for _, w := range v.places() {
		if w.Value == value {
			return w, nil
		}
	}
	return where{}, errNoPage
}

// placed is a role, and where it holds.
type placed struct {
	pay.Grant
	Where where
}

// memberRow is an operator with the roles that concern the store.
type memberRow struct {
	pay.Operator
	Roles   []placed
	Self    bool
	Private bool // how and when they sign in is not for the one who looks
}

func (v *visit) row(m people.Member) memberRow {
	r := memberRow{Operator: m.Operator, Self: m.Operator.ID == v.Operator.ID, Private: m.Private}
	for _, w := range v.places() {
		for _, g := range m.Grants {
			if g.Merchant == w.at {
				r.Roles = append(r.Roles, placed{g, w})
			}
		}
	}
	return r
}

// operatorList is who may come in here.
func (c *Console) operatorList(v *visit) error {
	staff, err := c.people.Staff(v.r.Context(), v.Store)
	if err != nil {
		return err
	}
	var rows []memberRow
	for _, m := range staff {
		rows = append(rows, v.row(m))
	}
	slices.SortStableFunc(rows, func(a, b memberRow) int { return rank(a) - rank(b) })
	return v.render("operators", v.t("운영자", "Operators"), rows)
}

// rank puts the mightiest first, and those who may not sign in last.
func rank(r memberRow) int {
	if !r.Disabled.IsZero() {
		return 99
	}
	best := 50
	for _, g := range r.Roles {
		best = min(best, slices.Index(pay.Roles(), g.Role))
	}
	return best
}

// operatorBody is the form of a new operator.
type operatorBody struct {
	Email, Name, Role, At string
	Export                bool
	Problems              map[string]string
	Places                []where
	Roles                 []pay.Role
}

func (v *visit) operatorPage(status int, b operatorBody) error {
	b.Places = slices.DeleteFunc(v.places(), func(w where) bool { return !w.May })
	b.Roles = pay.Roles()
	return v.renderStatus(status, "operator_new", v.t("운영자 추가", "Add an operator"), b)
}

func (c *Console) operatorForm(v *visit) error {
	return v.operatorPage(http.StatusOK, operatorBody{Role: string(pay.RoleReadOnly), At: string(v.Store.ID)})
}
