package gateway_test

import (
	"encoding/json"
	"net/url"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// enter opens the provider's window as its browser script does, and gives its address.
func (v *visit) enter() string {
	v.r.t.Helper()
	route := map[string]string{"requestPayment": "payments", "requestBillingAuth": "billing-auths"}[v.launch.Script.Call]
	var opened struct{ URL string }
	v.r.post(v.r.sandbox.URL+"/tosspayments/sdk/"+route, map[string]any{
		"clientKey": v.launch.Script.Init[0], "nonce": "0123456789abcdef", "method": v.launch.Script.Args[0], "params": v.launch.Script.Args[1], "phone": false,
	}, &opened)
	return opened.URL
}

// act has the buyer do one thing in a window of Toss Payments, and keeps what it
// brings back.
func (v *visit) act(action string, choices map[string]any) *visit {
	v.r.t.Helper()
	var end struct{ URL string }
	v.r.post(v.enter()+"/"+action, choices, &end)
	u, err := url.Parse(end.URL)
	must2(v.r.t, err)
	v.ret = u.Query()
	return v
}

// args are the parameters that the provider's script is called with.
func (v *visit) args() map[string]any {
	v.r.t.Helper()
	raw, err := json.Marshal(v.launch.Script.Args[1])
	must2(v.r.t, err)
	var out map[string]any
	must2(v.r.t, json.Unmarshal(raw, &out))
	return out
}

// billingRequest is what a page asks for to register a card.
func (r *rig) billingRequest(p pay.Provider, uid, customer string) gateway.WindowRequest {
	w := r.request(p, uid)
	w.ChannelKey, w.Amount = r.billing[p], won(0)
	w.Billing = &gateway.BillingRequest{CustomerUID: pay.CustomerUID(customer), CustomerID: "member-" + customer}
	return w
}

// goodCard is what a buyer types into a billing window of Toss Payments.
func goodCard() map[string]any {
	return map[string]any{
		"cardNumber": card.Number.Reveal(), "cardExpirationMonth": card.ExpiryMonth.Reveal(), "cardExpirationYear": card.ExpiryYear.Reveal(),
		"customerIdentityNumber": card.Birth.Reveal(), "cardPassword": card.PasswordHead.Reveal(), "phone": "01012345678", "verification": "000000",
	}
}

// register has the buyer agree in a billing window, and keeps what it brings back.
func (v *visit) register() *visit {
	v.r.t.Helper()
	if v.launch.Script != nil {
		return v.act("approve", goodCard())
	}
	u, err := url.Parse(v.launch.Redirect)
	must2(v.r.t, err)
	key := u.Query().Get("billingKey")
	v.r.control(v.r.toss.Control(), "POST", "/billing-keys/"+key+"/agree", map[string]any{"method": "card"}, nil)
	v.ret = url.Values{"status": {"ACTIVE"}, "userId": {"member-" + v.customer()}, "billingKey": {key}}
	return v
}

func (v *visit) customer() string { return string(v.r.payment(v.payment).CustomerUID) }

// keysOf are all rows of a customer_uid's keys, whatever became of them.
func (r *rig) keyOf(payment pay.PaymentID) pay.BillingKey {
	r.t.Helper()
	var k pay.BillingKey
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		k, err = tx.BillingKeyOfPayment(r.ctx, r.merchant.ID, payment)
		return err
	}))
	return k
}
