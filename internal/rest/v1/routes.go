package v1

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"naru/internal/gateway"
	"naru/internal/rest"
)

// route is one operation: its address, what serves it, and, where it is
// offered, the shapes of its request and its response.
type route struct {
	method, path string
	public       bool // needs no token
	soft, body   bool // refuses with HTTP 200; reads a body
	handler      http.Handler
	in, out      reflect.Type
	// keyed is handler under an Idempotency-Key, for operations that write.
	keyed func(g *gateway.Gateway, key string, w http.ResponseWriter, r *http.Request)
}

// routes is the index of the interface: all published operations of V1, those
// it once had, and the addresses clients get wrong.
func (a *api) routes() []route {
	var out []route
	for _, rs := range [][]route{a.payRoutes(), a.subscribeRoutes(), a.cashRoutes(), a.ownRoutes(), unnamed(), foreign()} {
		out = append(out, rs...)
	}
	return out
}

// The dialects of the operations: get reads no body, put does, and soft tells
// its refusals with HTTP 200.
var (
	get  = codec{}
	put  = codec{body: true}
	soft = codec{body: true, soft: true}
)

func (a *api) payRoutes() []route {
	token := op(put, "POST /users/getToken", a.getToken)
	token.public = true
	return []route{
		token,
		op(get, "GET /users/pg", a.channels),
		op(get, "GET /tiers/{tier_code}", a.tier),

		op(get, "GET /payments", a.payments),
		op(get, "GET /payments/{imp_uid}", a.payment),
		op(get, "POST /payments/{imp_uid}", a.payment), // some clients post where they mean to read
		op(get, "GET /payments/find/{merchant_uid}", a.find),
		op(get, "GET /payments/find/{merchant_uid}/{payment_status}", a.find),
		op(get, "GET /payments/findAll/{merchant_uid}", a.findAll),
		op(get, "GET /payments/findAll/{merchant_uid}/{payment_status}", a.findAll),
		op(get, "GET /payments/status/{payment_status}", a.byStatus),

		op(soft.says(cancelWords), "POST /payments/cancel", a.cancel),

		op(put, "POST /payments/prepare", a.prepare),
		op(put, "PUT /payments/prepare", a.reprepare),
		op(get, "GET /payments/prepare/{merchant_uid}", a.prepared),

		op(get, "GET /cards", a.cards),
		op(get, "GET /cards/{card_standard_code}", a.card),
		op(get, "GET /banks", a.banks),
		op(get, "GET /banks/{bank_standard_code}", a.bank),
	}
}

func (a *api) subscribeRoutes() []route {
	const schedule = "/subscribe/payments/schedule"
	return []route{
		op(soft.says(onetimeWords), "POST /subscribe/payments/onetime", a.onetime),
		op(soft.says(againWords), "POST /subscribe/payments/again", a.again),

		op(soft.says(scheduleWords), "POST "+schedule, a.schedule),
		op(soft.says(unscheduleWords), "POST /subscribe/payments/unschedule", a.unschedule),
		op(get, "GET "+schedule, a.schedules),
		op(get, "GET "+schedule+"/{merchant_uid}", a.booked),
		op(put.says(moveWords), "PUT "+schedule+"/{merchant_uid}", a.move),
		op(put.says(rebookWords), "POST "+schedule+"/{merchant_uid}/reschedule", a.rebook),
		op(put.says(retryWords), "POST "+schedule+"/{merchant_uid}/retry", a.retry),
		op(get, "GET "+schedule+"/customers/{customer_uid}", a.customerSchedules),

		op(get, "GET /subscribe/customers", a.customers),
		op(get, "GET /subscribe/customers/{customer_uid}", a.customer),
		op(soft.says(keyWords), "POST /subscribe/customers/{customer_uid}", a.issueCustomer),
		op(get, "DELETE /subscribe/customers/{customer_uid}", a.deleteCustomer),
		op(get, "GET /subscribe/customers/{customer_uid}/payments", a.customerPayments),
		op(get, "GET /subscribe/customers/{customer_uid}/schedules", a.customerSchedules),
	}
}

func (a *api) cashRoutes() []route {
	return []route{
		op(soft.says(accountWords), "POST /vbanks", a.issueAccount),
		op(get.says(revokeWords), "DELETE /vbanks/{imp_uid}", a.revokeAccount),

		op(put.says(receiptWords), "POST /receipts/{imp_uid}", a.issueReceipt),
		op(get, "GET /receipts/{imp_uid}", a.receipt),
		op(get.says(unreceiptWords), "DELETE /receipts/{imp_uid}", a.cancelReceipt),
		op(put.says(receiptWords), "POST /receipts/external/{merchant_uid}", a.issueExternal),
		op(get, "GET /receipts/external/{merchant_uid}", a.external),
		op(get.says(unreceiptWords), "DELETE /receipts/external/{merchant_uid}", a.cancelExternal),
	}
}

// ownRoutes are not V1's.
func (a *api) ownRoutes() []route {
	return []route{
		{method: "GET", path: "/x/openapi.json", public: true, handler: http.HandlerFunc(a.serveOpenAPI)},
		op(get, "GET /x/payments/{imp_uid}/window", a.paymentWindow),
		op(get, "GET /x/idempotency/{key}", a.keyedCall),
		{method: "GET", path: "/x/docs", public: true, handler: http.HandlerFunc(a.serveDocs)},
		{method: "GET", path: "/x/docs/{asset}", public: true, handler: http.HandlerFunc(a.serveDocsAsset)},
	}
}

// op makes a route of an operation that is offered, at "METHOD /path".
func op[In, Out any](c codec, address string, do func(context.Context, In) (Out, error)) route {
	method, path, _ := strings.Cut(address, " ")
	rt := route{method: method, path: path, soft: c.soft, body: c.body, handler: rest.Handle(c, do), in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
	rt.keyed = keyedOp(c, rt, do)
	return rt
}

// no makes routes of operations that all get the same answer.
func no(answer error, addresses ...string) []route {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { codec{}.Fail(w, r, answer) })
	out := make([]route, len(addresses))
	for i, address := range addresses {
		out[i].method, out[i].path, _ = strings.Cut(address, " ")
		out[i].handler = h
	}
	return out
}

// unnamed are calls that leave out what they look for. Without these routes
// the word before would be taken for an imp_uid.
func unnamed() []route {
	out := no(rest.Missing("merchant_uid"),
		"GET /payments/find", "GET /payments/findAll", "GET /payments/prepare")
	return append(out, no(rest.Missing("payment_status"), "GET /payments/status")...)
}

// foreign are operations of providers that are not connected, and those V1
// itself no longer has.
func foreign() []route {
	out := no(errForeign,
		"POST /escrows/logis/{imp_uid}",
		"PUT /escrows/logis/{imp_uid}",
		"GET /escrows/logis/{imp_uid}",
		"DELETE /certifications/{imp_uid}",
		"POST /certifications/otp/request",
		"POST /certifications/otp/confirm/{imp_uid}",
		"POST /benepia/point",
		"POST /benepia/payment",
		"POST /cvs",
		"DELETE /cvs/{imp_uid}",
		"DELETE /kcpquick/members/{member_id}",
		"POST /kcpquick/members/{member_id}/fido/release",
		"POST /kcpquick/payment/money",
		"PUT /kcpquick/prepare/{merchant_uid}",
		"POST /kcpquick/prepare/{merchant_uid}",
		"POST /kcpquick/payment/autopay",
		"DELETE /kcpquick/autopay/{customer_uid}",
		"POST /payments/{imp_uid}/naver/cancel",
		"POST /payments/{imp_uid}/naver/approve-cancel",
		"POST /payments/{imp_uid}/naver/ship",
		"POST /payments/{imp_uid}/naver/ship-exchanged",
		"POST /payments/{imp_uid}/naver/collect-exchanged",
		"POST /payments/{imp_uid}/naver/place",
		"POST /payments/{imp_uid}/naver/request-return",
		"POST /payments/{imp_uid}/naver/approve-return",
		"POST /payments/{imp_uid}/naver/reject-return",
		"POST /payments/{imp_uid}/naver/withhold-return",
		"POST /payments/{imp_uid}/naver/resolve-return",
		"POST /payments/{imp_uid}/naver/point",
		"POST /payments/{imp_uid}/naver/confirm",
		"GET /payments/{imp_uid}/naver/product-orders",
		"GET /naver/product-orders/{product_order_id}",
		"GET /naver/reviews",
		"GET /payments/{imp_uid}/naver/cash-amount",
		"POST /partners/receipts/{imp_uid}",
		"POST /payco/orders/status/{imp_uid}",
		"POST /paymentwall/delivery",
		"POST /tiers/{tier_code}",
		"PUT /tiers/{tier_code}",
		"DELETE /tiers/{tier_code}",
		"GET /vbanks/holder",
		"GET /kakao/payment/orders",
		"POST /subscribe/payments/foreign",
	)
	out = append(out, no(errNoAmending, "PUT /vbanks/{imp_uid}")...)
	out = append(out, no(errNoBalance, "GET /payments/{imp_uid}/balance")...)
	return append(out, no(errNoIdentity, "GET /certifications/{imp_uid}")...)
}
