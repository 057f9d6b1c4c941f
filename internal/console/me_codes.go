package console

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"rsc.io/qr"

	"naru/internal/people"
)

// codesBody is the page on which an app learns to make codes.
type codesBody struct {
	people.CodeSetUp
	Picture template.HTML
	Problem string
}

func (c *Console) codesForm(v *visit) error {
	set, err := c.people.NewCodes(v.Visit)
	if err != nil {
		return v.badMe(err, "prove")
	}
	return v.codesPage(http.StatusOK, set, "")
}

func (v *visit) codesPage(status int, set people.CodeSetUp, problem string) error {
	picture, err := picture(set.URL)
	if err != nil {
		return err
	}
	return v.renderStatus(status, "codes", v.t("2단계 인증 켜기", "Turn on one-time codes"), codesBody{set, picture, problem})
}

// picture draws a text for cameras: dark on white whatever the page's colours are.
func picture(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("picture: %w", err)
	}
	const rim = 4
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+rim, y+rim)
			}
		}
	}
	side := code.Size + 2*rim
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="QR"><rect width="%d" height="%d" fill="#fff"/><path d="%s" fill="#000"/></svg>`, //nolint:gosec // numbers
		side, side, side, side, path.String())), nil
}

func (c *Console) codesUse(v *visit) error {
	state := v.field("state")
	recovery, err := c.people.UseCodes(v.r.Context(), v.Visit, state, v.field("code"))
	if errors.Is(err, people.ErrCode) {
		set, err := c.people.SetUpAgain(v.Visit, state)
		if err != nil {
			return v.badMe(err, "prove")
		}
		return v.codesPage(http.StatusUnprocessableEntity, set, v.signInProblem(people.ErrCode))
	}
	if err != nil {
		return v.badMe(err, "prove")
	}
	return v.render("recovery", v.t("복구 코드", "Recovery codes"), recovery)
}

func (c *Console) codesRemove(v *visit) error {
	if err := c.people.DropCodes(v.r.Context(), v.Visit); err != nil {
		return v.badMe(err, "prove")
	}
	return v.done(c.path("/me"), "2단계 인증을 껐습니다.", "One-time codes are off.")
}

func (c *Console) recoveryNew(v *visit) error {
	recovery, err := c.people.NewRecovery(v.r.Context(), v.Visit)
	if err != nil {
		return v.badMe(err, "prove")
	}
	return v.render("recovery", v.t("복구 코드", "Recovery codes"), recovery)
}
