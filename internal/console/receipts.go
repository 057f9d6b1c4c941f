package console

func (c *Console) receiptRoutes() []route { return nil }
