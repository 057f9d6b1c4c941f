package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
)

// Bounds of a merchant's own list of waits between the tries of a webhook.
const (
	MostWebhookRetries  = 30
	LongestWebhookRetry = 7 * 24 * time.Hour
)

// longestURL is the most bytes of an address.
const longestURL = 2000

// Webhooks is how a merchant is told of its payments: the part of pay.Settings
// that says so.
type Webhooks struct {
	URL          string `json:"url"` // "" is nowhere
	Form         bool   `json:"form"`
	TestURL      string `json:"test_url"`  // of payments that are not live; "" is as URL
	TestType     string `json:"test_type"` // "json", "form"; "" is as Form
	Retries      []int  `json:"retries"`   // seconds; nil is the gateway's own list, none is one try
	First        bool   `json:"first"`     // the buyer's page waits until the merchant was told
	NoConfirm    bool   `json:"confirm_forbidden"`
	PrivateAddrs bool   `json:"private_addresses"`
}

// WebhooksOf is the part of s.
func WebhooksOf(s pay.Settings) Webhooks {
	return Webhooks{s.WebhookURL, s.WebhookForm, s.WebhookTestURL, s.WebhookTestType, s.WebhookRetries, s.WebhookFirst, s.ConfirmForbidden, s.PrivateAddressesOK}
}

func (w Webhooks) into(s *pay.Settings) {
	s.WebhookURL, s.WebhookForm, s.WebhookTestURL, s.WebhookTestType = w.URL, w.Form, w.TestURL, w.TestType
	s.WebhookRetries, s.WebhookFirst, s.ConfirmForbidden, s.PrivateAddressesOK = w.Retries, w.First, w.NoConfirm, w.PrivateAddrs
}

// Check is an *Invalid of the first field that is wrong, and joined to it those of
// the others, or nil.
func (w Webhooks) Check() error {
	var errs []error
	for field, text := range map[string]string{"url": w.URL, "test_url": w.TestURL} {
		if why := webhookURLProblem(text); why != "" {
			errs = append(errs, &Invalid{field, why})
		}
	}
	if w.TestType != "" && w.TestType != pay.WebhookTypeJSON && w.TestType != pay.WebhookTypeForm {
		errs = append(errs, &Invalid{"test_type", fmt.Sprintf("%q is not one of json, form, or empty for the same as live", w.TestType)})
	}
	if len(w.Retries) > MostWebhookRetries {
		errs = append(errs, &Invalid{"retries", fmt.Sprintf("%d waits: at most %d", len(w.Retries), MostWebhookRetries)})
	}
	most := int(LongestWebhookRetry / time.Second)
	if i := slices.IndexFunc(w.Retries, func(s int) bool { return s < 1 || s > most }); i >= 0 {
		errs = append(errs, &Invalid{"retries", fmt.Sprintf("%d is not a number of seconds from 1 to %d", w.Retries[i], most)})
	}
	return errors.Join(errs...)
}

// webhookURLProblem is what is wrong with an address, "" if nothing is. Whether it
// may be reached is judged when something is sent there.
func webhookURLProblem(text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case len(text) > longestURL:
		return fmt.Sprintf("%d bytes: at most %d", len(text), longestURL)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Sprintf("%q is not an absolute http or https address such as https://shop.example.com/webhook", text)
	case u.User != nil:
		return "names and passwords do not belong into an address; verify the signature instead"
	case u.Fragment != "" || strings.ContainsAny(text, " \t\r\n"):
		return fmt.Sprintf("%q has a space or a part behind #", text)
	}
	return ""
}

// SetWebhooks changes how a merchant is told of its payments; what is wrong is an
// *Invalid for each field, joined. Deliveries that wait keep their addresses.
//
// Private addresses belong to the installation: whole is that whoever asks may decide
// about them. Of anybody else w.PrivateAddrs is not asked, and with another address
// than those for which it was allowed the permission ends; closed says that it did.
func (g *Gateway) SetWebhooks(ctx context.Context, m pay.MerchantID, w Webhooks, whole bool) (now pay.Merchant, closed bool, err error) {
	now, err = g.ChangeMerchant(ctx, m, func(now *pay.Merchant) error {
		var set Webhooks
		set, closed = w.within(WebhooksOf(now.Settings), whole)
		set.into(&now.Settings)
		return nil
	})
	return now, closed && err == nil, err
}

// within is w as somebody may set it who does not decide for the whole installation;
// closed is that private addresses were allowed, and are not with it.
func (w Webhooks) within(now Webhooks, whole bool) (out Webhooks, closed bool) {
	if whole {
		return w, false
	}
	was := func(address string) bool { return address == "" || address == now.URL || address == now.TestURL }
	w.PrivateAddrs = now.PrivateAddrs && was(w.URL) && was(w.TestURL)
	return w, now.PrivateAddrs && !w.PrivateAddrs
}
