package gateway

import (
	"naru/internal/connector"
	"naru/internal/pay"
)

// Abilities are what a channel's connector can do besides paying in a window.
type Abilities struct {
	Window, BillingWindow, BillingByCard, Charge, KeyIn, Accounts, Receipts, Transactions, Settlements, Check bool
}

// Abilities tells what a channel can, from the connector itself. An error is one of
// opening it.
func (g *Gateway) Abilities(ch pay.Channel) (Abilities, error) {
	conn, _, err := g.connect(ch)
	if err != nil {
		return Abilities{}, err
	}
	return Abilities{
		Window: can[connector.WindowPayer](conn), BillingWindow: can[connector.BillingWindower](conn), BillingByCard: can[connector.BillingByCard](conn),
		Charge: can[connector.BillingCharger](conn), KeyIn: can[connector.KeyIn](conn), Accounts: can[connector.AccountIssuer](conn),
		Receipts: can[connector.ReceiptIssuer](conn), Transactions: can[connector.TransactionLister](conn), Settlements: can[connector.Settler](conn),
		Check: can[connector.Checker](conn),
	}, nil
}

func can[T any](c connector.Connector) bool {
	_, err := connector.As[T](c)
	return err == nil
}
