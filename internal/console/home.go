package console

import "naru/internal/pay"

func (c *Console) homeRoutes() []route {
	return []route{
		get("/", "", c.home),
		get("/dashboard", pay.SeePayments, c.dashboard),
	}
}

// home is the first page that the operator may see.
func (c *Console) home(v *visit) error {
	for _, s := range c.nav {
		if s.right == "" || v.May(s.right) {
			return v.redirect(c.path(s.Path))
		}
	}
	return v.render("welcome", v.t("콘솔", "Console"), v.May(pay.SeeSystem))
}
