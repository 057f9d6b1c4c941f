package notify

import (
	"context"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// SecretState is what may be said of what a merchant's webhooks are signed with.
type SecretState struct {
	Made, Shown time.Time // of the newest; zero is not yet
	// OlderEnds is until when the one before signs as well; zero is that none does.
	OlderEnds time.Time
}

// SecretState tells how it stands with a merchant's secrets, and shows none.
func (n *Notifier) SecretState(ctx context.Context, m pay.MerchantID) (SecretState, error) {
	var out SecretState
	err := n.store.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.WebhookSecrets(ctx, m)
		for i, r := range rows {
			if i == 0 {
				out.Made, out.Shown = r.Created, r.Shown
			} else if r.Ends.After(out.OlderEnds) {
				out.OlderEnds = r.Ends
			}
		}
		return err
	})
	return out, err
}

// Header is a header of a delivery as it is sent.
type Header struct{ Name, Value string }

// Headers are those of a delivery; what each try makes anew is left empty.
func (n *Notifier) Headers(d store.Delivery) []Header {
	out := []Header{{"Content-Type", d.ContentType}, {"User-Agent", n.agent}, {"Accept", "*/*"}}
	if n.vault != nil {
		out = append(out, Header{"webhook-id", d.ID}, Header{"webhook-timestamp", ""}, Header{"webhook-signature", ""})
	}
	return out
}

// Retries is the gateway's own list of waits between tries.
func (n *Notifier) Retries() []time.Duration { return n.retries }
