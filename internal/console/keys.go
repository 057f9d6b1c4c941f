package console

func (c *Console) keyRoutes() []route { return nil }
