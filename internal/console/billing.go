package console

func (c *Console) billingRoutes() []route { return nil }
