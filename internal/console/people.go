package console

import "slices"

// peopleRoutes are who one is, who else may come in, and what they did.
func (c *Console) peopleRoutes() []route {
	return slices.Concat(c.meRoutes(), c.passkeyRoutes(), c.operatorRoutes(), c.auditRoutes())
}
