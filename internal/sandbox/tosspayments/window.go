package tosspayments

import (
	"fmt"
	"net/url"
	"strings"
)

// window is one opening of the payment window.
type window struct {
	token   string // in its address
	nonce   string // in every message between the window and the page that opened it
	origin  string // of that page; "" when a server opened it
	framed  bool   // in a frame over the page, not in place of it
	success string // "" in promise mode
	fail    string
	lang    string
	sheet   sheet
	payment *payment
	result  *outcome // how it ended; nil while it is open
}

// outcome is what the window tells whoever opened it. URL is where the browser
// goes; without one the script's promise resolves or rejects.
type outcome struct {
	URL    string  `json:"url,omitempty"`
	Result *object `json:"result,omitempty"`
	Error  *object `json:"error,omitempty"`
}

// openWindow creates the payment behind a window. The caller holds the lock.
func (s *Simulator) openWindow(shop *shop, w *window, o order) *payment {
	p := s.create(shop, o)
	w.token, w.payment, p.window = s.random(32, alphanumeric), p, w
	s.windows[w.token] = w
	return p
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
// when it was the buyer who cancelled ("결제 실패 리다이렉트").
func (w *window) giveUp(why *apiError) outcome {
	message := why.message(w.lang)
	if w.fail == "" {
		return w.end(outcome{Error: &object{{"code", why.code}, {"message", message}}})
	}
	query := []string{"code", why.code, "message", message}
	if why.code != "PAY_PROCESS_CANCELED" {
		query = append(query, "orderId", w.payment.orderID)
	}
	return w.end(outcome{URL: withQuery(w.fail, query...)})
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
