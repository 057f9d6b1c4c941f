package tosspayments

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// getPayment is GET /v1/payments/{paymentKey} ("paymentKey로 결제 조회"). Another
// shop's payment is as good as none.
func getPayment(s *Simulator, c *call) (any, error) {
	p, ok := s.payments[c.param("paymentKey")]
	if !ok || p.shop != c.shop {
		return nil, refuse("NOT_FOUND_PAYMENT")
	}
	return s.paymentObject(p, c.lang), nil
}

// getOrder is GET /v1/payments/orders/{orderId} ("orderId로 결제 조회"). Of an
// order that was tried several times the newest payment is given.
func getOrder(s *Simulator, c *call) (any, error) {
	tries := s.orders[orderKey{c.shop.MID, c.param("orderId")}]
	if len(tries) == 0 {
		return nil, refuse("NOT_FOUND_PAYMENT")
	}
	p := tries[len(tries)-1]
	return s.paymentObject(p, c.lang), nil
}

// createPayment is POST /v1/payments: the window's parameters from a server.
// The customer goes to checkout.url.
func createPayment(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	method := f.text("method", textRule{})
	w, o, err := s.readWindow(c.shop, f, method, true)
	if err != nil {
		return nil, err
	}
	p := s.openWindow(c.shop, w, o)
	s.noteOpening(&opening{by: "api", call: "POST /v1/payments", mid: c.shop.MID, method: method, params: c.body, window: w})
	return s.paymentObject(p, c.lang), nil
}

// checkout is the address in Payment.checkout: it leads the browser to the window.
func (s *Simulator) checkout(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p, ok := s.payments[chi.URLParam(r, "paymentKey")]
	s.mu.Unlock()
	if !ok || p.window == nil {
		s.unknown("NOT_FOUND_PAYMENT")(w, r)
		return
	}
	http.Redirect(w, r, s.opts.BaseURL+"/window/"+p.window.token, http.StatusSeeOther)
}
