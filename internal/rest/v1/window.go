package v1

import (
	"context"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// Window is what became of a window's parameters. It is not V1's, so it is told
// under /x/ and never in a payment.
type Window struct {
	ImpUID    string         `json:"imp_uid"`
	Provider  string         `json:"provider"`
	PayMethod string         `json:"pay_method"`
	Notes     []gateway.Note `json:"notes"`
}

type windowIn struct {
	ImpUID string `json:"imp_uid"`
}

// paymentWindow tells which parameters of the page's request were not passed on
// as they were sent, and why.
func (a *api) paymentWindow(ctx context.Context, in windowIn) (Window, error) {
	p, notes, err := a.gateway.WindowNotes(ctx, merchantOf(ctx).ID, pay.PaymentID(in.ImpUID))
	if notes == nil {
		notes = []gateway.Note{}
	}
	return Window{ImpUID: string(p.ID), Provider: string(p.Provider), PayMethod: string(p.Method), Notes: notes}, err
}
