package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"naru/internal/notify"
	"naru/internal/pay"
)

type webhookCmd struct {
	Test webhookTestCmd `cmd:"" help:"Send the merchant's address a webhook of a payment that is none, and show the answer."`
}

func newWebhookCmd() webhookCmd { return webhookCmd{webhookTestCmd{books: newBooks()}} }

type webhookTestCmd struct {
	books
	ofMerchant
	Mode string `default:"live" enum:"live,test" help:"Which address: live, or test for payments that are not live."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// webhookTestJSON is what came of a test call.
type webhookTestJSON struct {
	URL         string    `json:"url"`
	At          time.Time `json:"at"`
	ID          string    `json:"webhook_id"`
	ContentType string    `json:"content_type"`
	Body        string    `json:"body"`
	Taken       bool      `json:"taken"`
	Status      int       `json:"http_status"` // 0: no answer
	TookMS      int64     `json:"took_ms"`
	AnswerType  string    `json:"answer_content_type"`
	Answer      string    `json:"answer"`
	Error       string    `json:"error,omitempty"`
}

// Run sends from here, as naru serve would: allow-private-addresses holds.
func (c *webhookTestCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		a, err := b.notifier.Test(ctx, of.ID, pay.Mode(c.Mode))
		if errors.Is(err, notify.ErrNoAddress) {
			return fmt.Errorf("%s has no webhook address (naru merchant set %s --webhook-url …)", of.UserCode, of.UserCode)
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, webhookTestJSON{
				a.URL, a.At, a.ID, a.ContentType, a.Body, a.Taken(), a.Status, a.Took.Milliseconds(), a.AnswerType, a.Answer, a.Error,
			})
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		lines := [][2]string{{"address", a.URL}, {"sent", a.Body}, {"took", a.Took.Round(time.Millisecond).String()}}
		if a.Error != "" {
			lines = append(lines, [2]string{"no answer", oneLine(a.Error)})
		} else {
			lines = append(lines, [2]string{"status", fmt.Sprint(a.Status)}, [2]string{"content type", oneLine(a.AnswerType)}, [2]string{"answer", oneLine(a.Answer)})
		}
		for _, l := range lines {
			_, _ = fmt.Fprintf(w, "%s\t%s\n", l[0], l[1])
		}
		return w.Flush()
	})
}
