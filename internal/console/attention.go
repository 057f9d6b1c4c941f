package console

func (c *Console) personRoutes() []route { return nil }
