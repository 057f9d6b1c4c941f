package tosspayments

import (
	"fmt"
	"net/url"
	"strings"
)

// window is one opening of the payment window, or of the billing window.
type window struct {
	token   string // in its address
	nonce   string // in every message between the window and the page that opened it
	origin  string // of that page; "" when a server opened it
	framed  bool   // in a frame over the page, not in place of it
	success string // "" in promise mode
	fail    string
	lang    string
	shop    *shop
	names   []string // that next-buyer orders know it by
	sheet   sheet    // nil in a billing window
	payment *payment // nil in a billing window
	consent *consent // of a billing window
	seen    bool     // a buyer looked at it
	order   *buyerOrder
	problem string   // of the order: why it is not followed
	result  *outcome // how it ended; nil while it is open
}

// outcome is what the window tells whoever opened it. URL is where the browser
// goes; without one the script's promise resolves or rejects.
type outcome struct {
	URL    string  `json:"url,omitempty"`
	Result *object `json:"result,omitempty"`
	Error  *object `json:"error,omitempty"`
	code   string  // of a failure
}

// windowState is how a window stands.
type windowState string

const (
	windowOpen    windowState = "open"
	windowEnded   windowState = "ended"
	windowExpired windowState = "expired"
)

func (w *window) state() windowState {
	switch {
	case w.payment != nil && w.payment.state == expired, w.consent != nil && w.consent.expired && w.result == nil:
		return windowExpired
	case w.result != nil, w.payment != nil && w.payment.state != ready:
		return windowEnded
	}
	return windowOpen
}

// openWindow creates the payment behind a window. The caller holds the lock.
func (s *Simulator) openWindow(shop *shop, w *window, o order) *payment {
	p := s.create(shop, o)
	w.payment, p.window = p, w
	s.registerWindow(shop, w)
	return p
}

// openBilling opens a window without a payment. The caller holds the lock.
func (s *Simulator) openBilling(shop *shop, w *window) {
	s.registerWindow(shop, w)
	w.consent.alarm = s.after(s.opts.Now().Add(windowTime), func() { w.consent.expired = true })
}

func (s *Simulator) registerWindow(shop *shop, w *window) {
	w.token, w.shop = s.random(32, alphanumeric), shop
	s.windows[w.token] = w
}

func (s *Simulator) windowURL(w *window) string { return s.opts.BaseURL + "/window/" + w.token }

// expireWindow ends the time of an open window.
func (s *Simulator) expireWindow(w *window) {
	if w.payment != nil {
		s.expire(w.payment)
		return
	}
	w.consent.alarm.off()
	w.consent.expired = true
}

// succeed ends the window with the payment authenticated. Legacy leaves out
// what was added to the success address after 2022.
func (w *window) succeed(legacy bool) outcome {
	p := w.payment
	amount := number(p.total, p.currency)
	if w.success == "" {
		return w.end(outcome{Result: &object{{"paymentKey", p.key}, {"orderId", p.orderID}, {"amount", amount}}})
	}
	query := []string{"paymentKey", p.key, "orderId", p.orderID, "amount", amount.String()}
	if !legacy {
		query = append(query, "paymentType", "NORMAL")
	}
	return w.end(outcome{URL: withQuery(w.success, query...)})
}

// giveUp ends the window without an authentication. The order id is not given
// when it was the buyer who cancelled ("결제 실패 리다이렉트"), and a billing window
// has none.
func (w *window) giveUp(why *apiError) outcome {
	message := why.message(w.lang)
	if w.fail == "" {
		return w.end(outcome{Error: &object{{"code", why.code}, {"message", message}}, code: why.code})
	}
	query := []string{"code", why.code, "message", message}
	if why.code != "PAY_PROCESS_CANCELED" && w.payment != nil {
		query = append(query, "orderId", w.payment.orderID)
	}
	return w.end(outcome{URL: withQuery(w.fail, query...), code: why.code})
}

func (w *window) end(o outcome) outcome {
	w.result = &o
	return o
}

// withQuery appends pairs of name and value to an address and leaves the rest
// of it as it is.
func withQuery(address string, pairs ...string) string {
	address, fragment, cut := strings.Cut(address, "#")
	var b strings.Builder
	b.WriteString(address)
	join := byte('?')
	if strings.Contains(address, "?") {
		join = '&'
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.HasSuffix(b.String(), "?") && !strings.HasSuffix(b.String(), "&") {
			b.WriteByte(join)
		}
		join = '&'
		fmt.Fprintf(&b, "%s=%s", pairs[i], strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}
	if cut {
		b.WriteString("#" + fragment)
	}
	return b.String()
}
