package notify

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"naru/internal/pay"
	"naru/internal/v1wire"
)

// reasonLimit is how many characters of a merchant's reason are kept.
const reasonLimit = 200

// Preapproval is what a payment's confirm_url answered.
type Preapproval struct {
	OK      bool   // the payment may be confirmed
	Reason  string // the merchant's own; "" when it gave none
	Status  int    // of HTTP; 0 is no answer, or that nobody had to be asked
	Trouble string // why there was no answer
}

// Preapprove asks the payment's confirm_url whether it may be confirmed
// (PortOne V1, "컨펌 프로세스"). Only an answer of 200 within 10 s lets it go
// on. A payment without confirm_url may go on.
func (n *Notifier) Preapprove(ctx context.Context, m pay.Merchant, p pay.Payment) Preapproval {
	if p.Notify.ConfirmURL == "" {
		return Preapproval{OK: true}
	}
	a := n.post(ctx, message{
		url: p.Notify.ConfirmURL, contentType: v1wire.ContentJSON, body: v1wire.ConfirmBody(p),
		timeout: confirmTimeout,
	})
	if a.err == nil && a.status == http.StatusOK {
		return Preapproval{OK: true, Status: a.status}
	}
	out := Preapproval{Reason: statedReason(a.body), Status: a.status}
	args := []any{"merchant", m.ID, "payment", p.ID, "status", a.status, "took", a.took}
	if a.err != nil {
		out.Trouble = errText(a.err)
		args = append(args, "error", out.Trouble)
	}
	n.log.Log(ctx, slog.LevelWarn, "the merchant stopped a payment at its confirm_url", args...)
	return out
}

// statedReason is the reason of a body like {"reason": "품절"}, on one line.
func statedReason(body string) string {
	var in struct {
		Reason string `json:"reason"`
	}
	if json.Unmarshal([]byte(body), &in) != nil {
		return ""
	}
	text := []rune(strings.Join(strings.Fields(in.Reason), " "))
	if len(text) > reasonLimit {
		text = text[:reasonLimit]
	}
	return string(text)
}
