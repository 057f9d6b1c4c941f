package console

func (c *Console) paymentRoutes() []route { return nil }
