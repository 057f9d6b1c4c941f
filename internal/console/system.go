package console

func (c *Console) systemRoutes() []route { return nil }
