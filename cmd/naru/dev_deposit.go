package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"naru/internal/pay"
)

// sandboxDeposit pays into virtual accounts of the sandbox by its control port.
func sandboxDeposit(control func() string) func(context.Context, pay.Payment) error {
	return func(ctx context.Context, p pay.Payment) error {
		if p.Provider != pay.TossPayments || p.Ref.Key == "" {
			return fmt.Errorf("payment %s of %s has no virtual account in the sandbox", p.ID, p.Provider)
		}
		at := control() + tosspaymentsPrefix + "/payments/" + url.PathEscape(p.Ref.Key) + "/deposit"
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode == http.StatusOK {
			return nil
		}
		said, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return fmt.Errorf("the sandbox answered %d: %s", res.StatusCode, said)
	}
}
