package console

func (c *Console) peopleRoutes() []route { return nil }
