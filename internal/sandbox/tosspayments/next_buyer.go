package tosspayments

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"naru/internal/sandbox/control"
)

// buyerOrder is what the next buyer is to do, once. MID and Method narrow which
// window it is for; Choices are the whole body of the act, nil what the page
// would send by itself.
type buyerOrder struct {
	MID     string          `json:"mid,omitempty"`
	Method  string          `json:"method,omitempty"`
	Action  string          `json:"action"`
	Code    string          `json:"code,omitempty"`
	Choices json.RawMessage `json:"choices,omitempty"`
}

// nextBuyers is how many orders may wait.
const nextBuyers = 100

func (o *buyerOrder) auto() auto { return auto{action: o.Action, code: o.Code, choices: o.Choices} }

// windowNames are what orders may call a window: its method, the wallet it opens
// at, or the billing window.
func windowNames() (out []string) {
	for _, c := range contracts() {
		out = append(out, c.code, c.ko)
	}
	return append(out, billingNames...)
}

func (o *buyerOrder) check() error {
	if err := o.auto().check(); err != nil {
		return err
	}
	if o.Method != "" && !slices.Contains(windowNames(), o.Method) {
		return fmt.Errorf("method %q: must be one of %s or BILLING", o.Method, contractCodes())
	}
	if o.Choices == nil {
		return nil
	}
	var choices map[string]json.RawMessage
	if json.Unmarshal(o.Choices, &choices) != nil || choices == nil {
		return errors.New("choices: must be an object")
	}
	if o.Action != "approve" && o.Action != "decline" {
		return fmt.Errorf("choices: only with approve and decline, not with %s", o.Action)
	}
	for _, name := range slices.Concat(cardMembers, []string{"cardPassword"}) {
		if _, ok := choices[name]; ok {
			return fmt.Errorf(`choices: %s is not kept here; name one of the tester's cards, as {"card": "good"}`, name)
		}
	}
	return nil
}

func (o *buyerOrder) fits(w *window) bool {
	return (o.MID == "" || o.MID == w.shop.MID) && (o.Method == "" || slices.Contains(w.names, o.Method))
}

// takeOrder gives a window the first order that fits. Choices are checked now
// that it is known what the window offers; an order with bad ones is over, and
// the page says why. The caller holds the lock.
func (s *Simulator) takeOrder(w *window) {
	i := slices.IndexFunc(s.nextBuyer, func(o *buyerOrder) bool { return o.fits(w) })
	if i < 0 {
		return
	}
	w.order = s.nextBuyer[i]
	s.nextBuyer = slices.Delete(s.nextBuyer, i, i+1)
	if err := s.checkChoices(w, w.order.Choices); err != nil {
		w.problem = "next-buyer: " + asAPIError(err).message(w.lang)
	}
}

func (s *Simulator) checkChoices(w *window, choices json.RawMessage) error {
	if choices == nil {
		return nil
	}
	var err error
	if w.consent != nil {
		_, err = s.billingCard(choices)
	} else {
		_, err = w.sheet.take(s, w, choices)
	}
	return err
}

// controlNextBuyer is the queue of orders: PUT adds one at its end.
func (s *Simulator) controlNextBuyer(w http.ResponseWriter, r *http.Request) {
	var in buyerOrder
	if r.Method == http.MethodPut {
		err := readBody(r, &in)
		if err == nil {
			err = in.check()
		}
		if err != nil {
			badBody(w, err)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.shops[in.MID]; in.MID != "" && !ok {
		control.Fail(w, http.StatusNotFound, "NO_SUCH_SHOP", fmt.Sprintf("no shop %q", in.MID))
		return
	}
	switch {
	case r.Method == http.MethodDelete:
		s.nextBuyer = nil
	case r.Method == http.MethodPut && len(s.nextBuyer) == nextBuyers:
		control.Fail(w, http.StatusConflict, "QUEUE_FULL", fmt.Sprintf("%d orders wait; DELETE takes them back", nextBuyers))
		return
	case r.Method == http.MethodPut:
		s.nextBuyer = append(s.nextBuyer, &in)
	}
	control.Answer(w, http.StatusOK, object{{"orders", append([]*buyerOrder{}, s.nextBuyer...)}})
}
