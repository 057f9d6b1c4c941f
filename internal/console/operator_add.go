package console

import (
	"errors"
	"net/http"

	"naru/internal/pay"
	"naru/internal/people"
)

// operatorAdd gives somebody a role. Who is new gets a link to be handed over.
func (c *Console) operatorAdd(v *visit) error {
	b := operatorBody{Email: v.field("email"), Name: v.field("name"), Role: v.field("role"), At: v.field("at"), Export: v.field("export") != ""}
	at, err := v.placeNamed(b.At)
	if err != nil {
		return err
	}
	o, link, err := c.people.Invite(v.r.Context(), people.NewOperator{
		Email: b.Email, Name: b.Name, Role: pay.Role(b.Role), Merchant: at.at, Export: b.Export,
	})
	var invalid *people.Invalid
	if errors.As(err, &invalid) {
		b.Problems = map[string]string{invalid.Field: v.invalid(invalid)}
		return v.operatorPage(http.StatusUnprocessableEntity, b)
	}
	if err != nil {
		return err
	}
	if link != "" {
		return v.linkPage(o, link, true)
	}
	return v.done(c.path("/operators"), o.Email+" 님에게 역할을 주었습니다. 이미 있던 계정이므로 쓰던 방법으로 로그인합니다. 본인의 계정이 맞는지 확인해 주세요.",
		o.Email+" has a role here now. The account was there already and signs in as before: make sure that it is theirs.")
}

// linkBody shows a one-time link, this once.
type linkBody struct {
	Operator pay.Operator
	Link     string
	New      bool
}

func (v *visit) linkPage(o pay.Operator, token string, fresh bool) error {
	return v.render("operator_link", v.t("로그인 링크", "Sign-in link"),
		linkBody{Operator: o, Link: v.origin() + v.c.path("/sign-in/link/"+token), New: fresh})
}

// operatorLink makes a new link for somebody who cannot sign in.
func (c *Console) operatorLink(v *visit) error {
	m, err := v.member()
	if err != nil {
		return err
	}
	token, _, err := c.people.LinkFor(v.r.Context(), m.Operator.ID, v.Store.ID)
	if err != nil {
		return v.refused(m, err)
	}
	return v.linkPage(m.Operator, token, false)
}
