package console

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"

	"naru/internal/people"
	"naru/internal/store"
)

func (c *Console) passkeyRoutes() []route {
	return []route{
		{method: http.MethodPost, pattern: "/sign-in/passkey", open: true, do: c.signInByPasskey},
		get("/me/passkeys/new", "", c.passkeyForm),
		post("/me/passkeys", "", c.passkeyAdd),
		post("/me/passkeys/{passkey}", "", c.passkeyRename),
		post("/me/passkeys/{passkey}/remove", "", c.passkeyRemove),
	}
}

// site is what passkeys belong to here; ok is false under a bare address, to which
// browsers let none belong.
func (v *visit) site() (s people.Site, ok bool) {
	s.Origin = v.origin()
	u, err := url.Parse(s.Origin)
	if err != nil {
		return s, false
	}
	s.Name = u.Hostname()
	_, notName := netip.ParseAddr(s.Name)
	return s, notName != nil && s.Name != ""
}

// offerSignIn is the challenge of the sign-in page, nil where there is none.
func (v *visit) offerSignIn() (*people.Offer, error) {
	s, ok := v.site()
	if !ok {
		return nil, nil
	}
	o, err := v.c.people.OfferSignIn(s)
	return &o, err
}

func (c *Console) signInByPasskey(v *visit) error {
	s, ok := v.site()
	if !ok {
		return errNoPage
	}
	e, err := c.people.SignInByPasskey(v.r.Context(), s, v.field("state"), v.field("answer"), v.client())
	return v.entered(e, err, signInBody{Next: v.field("next")})
}

// passkeyRow is a passkey of the account's page.
type passkeyRow struct {
	store.Passkey
	Spelled string // its id in addresses
}

func (v *visit) passkeys() ([]passkeyRow, error) {
	ps, err := v.c.people.Passkeys(v.r.Context(), v.Visit)
	var out []passkeyRow
	for _, p := range ps {
		out = append(out, passkeyRow{p, people.PasskeyID(p)})
	}
	return out, err
}

// passkeyBody is the page on which a browser makes a passkey.
type passkeyBody struct {
	people.Offer
	Name    string
	Problem string
}

func (c *Console) passkeyForm(v *visit) error { return v.passkeyPage(http.StatusOK, "") }

func (v *visit) passkeyPage(status int, problem string) error {
	s, ok := v.site()
	if !ok {
		return errNoPage
	}
	o, err := v.c.people.OfferPasskey(v.r.Context(), v.Visit, s)
	if err != nil {
		return v.badMe(err, "prove")
	}
	name := v.field("name")
	if name == "" {
		name = browserOf(v, v.r.UserAgent())
	}
	return v.renderStatus(status, "passkey_new", v.t("패스키 등록", "Add a passkey"), passkeyBody{o, name, problem})
}

func (c *Console) passkeyAdd(v *visit) error {
	s, ok := v.site()
	if !ok {
		return errNoPage
	}
	err := c.people.AddPasskey(v.r.Context(), v.Visit, s, v.field("state"), v.field("answer"), v.field("name"))
	var invalid *people.Invalid
	switch {
	case errors.Is(err, people.ErrPasskey):
		return v.passkeyPage(http.StatusUnprocessableEntity, v.t("패스키를 등록하지 못했습니다. 다시 시도해 주세요.", "The passkey could not be added. Try again."))
	case errors.As(err, &invalid):
		return v.passkeyPage(http.StatusUnprocessableEntity, v.invalid(invalid))
	case err != nil:
		return v.badMe(err, "prove")
	}
	return v.done(c.path("/me"), "패스키를 등록했습니다. 다음부터 이것으로 로그인할 수 있습니다.", "The passkey was added: you may sign in with it from now on.")
}

func (c *Console) passkeyRename(v *visit) error {
	if err := c.people.RenamePasskey(v.r.Context(), v.Visit, v.param("passkey"), v.field("name")); err != nil {
		return v.unproved(err)
	}
	return v.done(c.path("/me"), "패스키 이름을 바꾸었습니다.", "The passkey was renamed.")
}

func (c *Console) passkeyRemove(v *visit) error {
	if err := c.people.RemovePasskey(v.r.Context(), v.Visit, v.param("passkey")); err != nil {
		return v.unproved(err)
	}
	return v.done(c.path("/me"), "패스키를 지우고 다른 기기에서는 모두 로그아웃했습니다.", "The passkey was removed, and you were signed out everywhere else.")
}

// unproved asks on the account's page who it is where that must be shown again;
// another error is for the page of problems.
func (v *visit) unproved(err error) error {
	if errors.Is(err, people.ErrNotProved) {
		return v.badMe(err, "prove")
	}
	return err
}
