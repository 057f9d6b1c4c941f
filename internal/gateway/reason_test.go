package gateway

import (
	"testing"

	"naru/internal/connector"
)

// TestWhyPaymentsFailIsOneOfFewWords: a provider may send any code, and metrics
// must not grow with it.
func TestWhyPaymentsFailIsOneOfFewWords(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]failure{
		"card_refused":          declined(connector.Decline{Code: connector.DeclineCard, ProviderCode: "REJECT_CARD_COMPANY"}),
		"not_approved":          {code: codeNever},
		"provider_down":         {code: codeTrouble},
		"expired":               {code: codeExpired},
		"cancelled_by_customer": {code: codeLeft},
		"order_paid":            {code: codePaid},
		"request_refused":       providerTrouble(&connector.Error{Kind: connector.Misconfigured, Code: "UNAUTHORIZED_KEY"}),
		"other":                 {code: "SOMETHING_NEW_0123456789"},
	} {
		if got := f.reason(); got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}
