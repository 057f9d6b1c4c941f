package console

func (c *Console) movingRoutes() []route { return nil }
