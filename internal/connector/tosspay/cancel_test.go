package tosspay_test

import (
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

// What a good refund sends is in testdata/wire/refund*.txtar.
func TestARefundThatCannotBeSentIsNot(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*connector.Call, *connector.Cancel){
		"payToken":                              func(_ *connector.Call, c *connector.Cancel) { c.Ref.Key = "" },
		`refundNo ""`:                           func(call *connector.Call, _ *connector.Cancel) { call.Key = "" },
		"refundNo \"" + strings.Repeat("a", 37): func(call *connector.Call, _ *connector.Cancel) { call.Key = pay.AttemptID(strings.Repeat("a", 37)) },
		"amount 0 must be above 0":              func(_ *connector.Call, c *connector.Cancel) { c.Amount.Total = pay.Won(0) },
	} {
		call := connector.Call{Key: "atm_c0ffee01"}
		c := connector.Cancel{Ref: pay.Ref{Order: "imp_274810035512", Key: "Vk8Rn3Wq"}, Amount: pay.Breakdown{Total: pay.Won(100)}, Left: pay.Won(84000)}
		change(&call, &c)
		s := settings("http://127.0.0.1:9")
		s.HTTP.Transport = answering{200, []byte(`{"code":0}`)} // would be an unknown outcome
		_, err := open(t, s).(connector.Canceler).Cancel(t.Context(), call, c)
		if connector.KindOf(err) == connector.Unknown || err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v, want one that nothing was sent, with %q", err, what)
		}
	}
}
