package console_test

import (
	"net/http"
	"strings"
	"testing"

	"naru/internal/console"
	"naru/internal/pay"
	"naru/internal/people"
)

func TestEveryPageParses(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.must(console.ParsePages(r.console))
}

// Every route answers 403 to each role that has not its right, and something else
// to one that has; and to nobody at all it answers with the way to sign in.
func TestEveryRouteAsEachRole(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	stranger := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	staff := map[pay.Role]*person{}
	for _, role := range pay.Roles() {
		staff[role] = r.operator(role, "")
	}
	for _, route := range console.RoutesOf(r.console) {
		path := fill(route.Pattern)
		if !route.Open {
			res, err := stranger.Get(r.site.URL + "/console" + path)
			if route.Method == http.MethodPost {
				res, err = stranger.PostForm(r.site.URL+"/console"+path, nil)
			}
			r.must(err)
			if s := r.read(res); s.Status != http.StatusSeeOther || !strings.HasPrefix(s.To, "/console/sign-in") {
				t.Errorf("%s %s answers a stranger %d %s", route.Method, path, s.Status, s.To)
			}
		}
		if route.Right == "" {
			continue
		}
		for role, p := range staff {
			may := pay.Grant{Role: role}.May(route.Right)
			got := p.get
			if route.Method == http.MethodPost {
				got = func(path string) seen { return p.post(path) }
			}
			if s := got(path); may == (s.Status == http.StatusForbidden) {
				t.Errorf("%s %s answers %s %d", route.Method, path, role, s.Status)
			}
		}
	}
}

// A form without the session's token, or made for another store, changes nothing.
func TestFormsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleOwner, "")
	for _, route := range console.RoutesOf(r.console) {
		if route.Method != http.MethodPost || route.Open {
			continue
		}
		path := fill(route.Pattern)
		res, err := p.client.PostForm(r.site.URL+"/console"+path, nil)
		r.must(err)
		if s := r.read(res); s.Status != http.StatusConflict {
			t.Errorf("POST %s without a token answers %d", path, s.Status)
		}
		if s := p.post(path, "store", "m_other"); s.Status != http.StatusConflict && s.Status != http.StatusForbidden {
			t.Errorf("POST %s made for another store answers %d", path, s.Status)
		}
	}
}

// fill puts something that is not there into the places of a pattern.
func fill(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = "nothing"
		}
	}
	return strings.Join(parts, "/")
}

// The right to take lists out does not show a list.
func TestWhoMaySeeNoPaymentsTakesNoneOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.charge("order-1", 30_000)
	o, err := r.people.Add(r.ctx, people.NewOperator{Email: "dev@naru.test", Role: pay.RoleDeveloper, Merchant: r.merchant.ID, Export: true})
	r.must(err)
	p := r.signIn("dev@naru.test", o.ID)
	if s := p.get("/payments/export"); s.Status != http.StatusForbidden {
		t.Errorf("the page answers %d", s.Status)
	}
	if s := p.post("/payments/export", "column", "imp_uid", "format", "csv"); s.Status != http.StatusForbidden {
		t.Errorf("the file answers %d", s.Status)
	}
}
