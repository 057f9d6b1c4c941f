package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/people"
)

// memberBody is the page of an operator.
type memberBody struct {
	memberRow
	Problem string
	Roles   []placed
	Choices []pay.Role
	Free    []where // places at which they have no role yet
}

// member is the operator of the address, who must have a role that concerns the
// store.
func (v *visit) member() (people.Member, error) {
	return v.c.people.Member(v.r.Context(), v.Store, pay.OperatorID(v.param("operator")))
}

func (c *Console) operatorShow(v *visit) error {
	m, err := v.member()
	if err != nil {
		return err
	}
	return v.memberPage(http.StatusOK, m, "")
}

func (v *visit) memberPage(status int, m people.Member, problem string) error {
	b := memberBody{memberRow: v.row(m), Problem: problem, Choices: pay.Roles()}
	b.Roles = b.memberRow.Roles
	for _, w := range v.places() {
		has := slices.ContainsFunc(b.Roles, func(p placed) bool { return p.Where.at == w.at })
		if w.May && !has {
			b.Free = append(b.Free, w)
		}
	}
	return v.renderStatus(status, "operator", m.Operator.Name, b)
}

// refused shows the operator again with why something may not be.
func (v *visit) refused(m people.Member, err error) error {
	var invalid *people.Invalid
	switch {
	case errors.Is(err, people.ErrLastOwner):
		return v.memberPage(http.StatusConflict, m, v.t("설치 전체의 마지막 소유자입니다. 다른 소유자를 먼저 정해 주세요.",
			"This is the last owner of the installation. Make somebody else an owner first."))
	case errors.Is(err, people.ErrElsewhere):
		return v.memberPage(http.StatusConflict, m, v.t("이 운영자는 다른 곳에서도 일하므로 여기에서 로그인 링크를 만들 수 없습니다. 모든 상점의 소유자에게 요청해 주세요.",
			"This operator has roles elsewhere, so no link can be made here. Ask an owner of every store."))
	case errors.Is(err, people.ErrDisabled):
		return v.memberPage(http.StatusConflict, m, v.t("사용이 중지된 운영자입니다. 먼저 다시 사용하게 해 주세요.", "This operator is disabled. Enable them first."))
	case errors.As(err, &invalid):
		return v.memberPage(http.StatusUnprocessableEntity, m, v.invalid(invalid))
	}
	return err
}

// operatorRole gives a role, in place of the one before.
func (c *Console) operatorRole(v *visit) error {
	m, err := v.member()
	if err != nil {
		return err
	}
	at, err := v.placeNamed(v.field("at"))
	if err != nil {
		return err
	}
	err = c.people.Grant(v.r.Context(), pay.Grant{
		Merchant: at.at, Operator: m.Operator.ID, Role: pay.Role(v.field("role")), Export: v.field("export") != "",
	})
	if err != nil {
		return v.refused(m, err)
	}
	return v.done(v.operatorPath(m), "역할을 저장했습니다. 다음 요청부터 적용됩니다.", "The role was saved. It holds from their next request on.")
}

// operatorPath is where to go after a change: who took their own role away may not
// see the page any more.
func (v *visit) operatorPath(m people.Member) string {
	if m.Operator.ID == v.Operator.ID {
		return v.c.path("/")
	}
	return v.c.path("/operators/" + string(m.Operator.ID))
}

// operatorRemove takes a role away.
func (c *Console) operatorRemove(v *visit) error {
	m, err := v.member()
	if err != nil {
		return err
	}
	at, err := v.placeNamed(v.field("at"))
	if err != nil {
		return err
	}
	if err := c.people.Revoke(v.r.Context(), m.Operator.ID, at.at); err != nil {
		return v.refused(m, err)
	}
	to := v.c.path("/operators")
	if m.Operator.ID == v.Operator.ID {
		to = v.c.path("/")
	}
	return v.done(to, m.Operator.Name+" 님의 역할을 없앴습니다.", "The role of "+m.Operator.Name+" was taken away.")
}

// operatorAble keeps somebody from signing in, or lets them in again.
func (c *Console) operatorAble(v *visit) error {
	m, err := v.member()
	if err != nil {
		return err
	}
	do, ko, en := c.people.Enable, " 님이 다시 로그인할 수 있습니다.", " may sign in again."
	if strings.HasSuffix(v.r.URL.Path, "/disable") {
		do, ko, en = c.people.Disable, " 님을 사용 중지하고 모든 기기에서 로그아웃했습니다.", " was disabled and signed out everywhere."
	}
	if err := do(v.r.Context(), m.Operator.ID); err != nil {
		return v.refused(m, err)
	}
	return v.done(v.operatorPath(m), m.Operator.Name+ko, m.Operator.Name+en)
}
