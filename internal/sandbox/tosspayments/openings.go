package tosspayments

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"naru/internal/sandbox/control"
)

// opening is what was asked for when a window was to be opened. Its parameters
// hold no card data.
type opening struct {
	at      time.Time
	by      string // "script", or "api" when a server opened it
	call    string
	mid     string // "" for an unknown client key
	method  string // as it was given
	params  json.RawMessage
	origin  string
	phone   bool
	window  *window   // nil when it did not open
	refused *apiError // why
}

const (
	openingLog  = 200     // how many openings are kept
	paramsLimit = 1 << 15 // bytes of parameters that are kept whole
)

// maskCards blanks what a shop may send by mistake.
var maskCards = control.MaskFields("cardNumber", "cardExpirationYear", "cardExpirationMonth", "cardPassword", "customerIdentityNumber", "secretKey")

// noteOpening keeps an opening. The caller holds the lock.
func (s *Simulator) noteOpening(o *opening) {
	o.at = s.opts.Now()
	if o.params = maskCards(o.params); len(o.params) > paramsLimit || !json.Valid(o.params) {
		o.params = encode(fmt.Sprintf("(%d bytes)", len(o.params)))
	}
	s.openings = append(s.openings, o)
	if len(s.openings) > openingLog {
		s.openings = s.openings[1:]
	}
}

// state says how the window stands now, and the code when it failed.
func (o *opening) state() (string, string) {
	if o.refused != nil {
		return "refused", o.refused.code
	}
	w := o.window
	switch state := w.state(); {
	case state != windowEnded:
		return string(state), ""
	case w.result != nil && w.result.code != "":
		return "failed", w.result.code
	}
	return "approved", ""
}

// named is a text among the parameters, null when it is not there.
func (o *opening) named(name string) any {
	var in map[string]any
	if json.Unmarshal(o.params, &in) != nil {
		return nil
	}
	text, _ := in[name].(string)
	return orNull(text)
}

func (s *Simulator) openingObject(o *opening) object {
	state, code := o.state()
	var message, key, address, order any
	if o.refused != nil {
		message = o.refused.message(korean)
	}
	if w := o.window; w != nil {
		address = s.windowURL(w)
		if w.payment != nil {
			key = w.payment.key
		}
		if w.order != nil {
			order = w.order
			message = orNull(w.problem)
		}
	}
	return object{
		{"at", stamp(o.at)}, {"by", o.by}, {"call", o.call}, {"mid", orNull(o.mid)}, {"method", orNull(o.method)}, {"params", o.params},
		{"orderId", o.named("orderId")}, {"customerKey", o.named("customerKey")}, {"origin", orNull(o.origin)}, {"phone", o.phone},
		{"state", state}, {"code", orNull(code)}, {"message", message}, {"paymentKey", key}, {"url", address}, {"nextBuyer", order},
	}
}

// controlWindows lists the latest openings, newest first, the refused among
// them; ?mid=, ?orderId= and ?customerKey= narrow it.
func (s *Simulator) controlWindows(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	fits := func(name string, value any) bool { return query.Get(name) == "" || value == query.Get(name) }
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	out := []object{}
	for _, o := range slices.Backward(s.openings) {
		if fits("mid", o.mid) && fits("orderId", o.named("orderId")) && fits("customerKey", o.named("customerKey")) {
			out = append(out, s.openingObject(o))
		}
	}
	control.Answer(w, http.StatusOK, object{{"windows", out}})
}
