package console

func (c *Console) webhookRoutes() []route { return nil }
