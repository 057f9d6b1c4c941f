package tosspay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"naru/internal/sandbox/control"
)

// nextMost is how many orders may wait.
const nextMost = 100

// nextBuyer is an order for the buyer of one window: the next that is opened
// and fits.
type nextBuyer struct {
	MID  string `json:"mid,omitempty"`  // "" is any shop
	Kind string `json:"kind,omitempty"` // payment or billing; "" is either
	deed
}

func (s *Simulator) checkNext(n *nextBuyer) error {
	if err := n.check(); err != nil {
		return err
	}
	switch {
	case n.Kind != "" && n.Kind != paymentKind && n.Kind != billingKind:
		return fmt.Errorf(`kind %q: must be payment, billing or "" (either)`, short(n.Kind))
	case n.Kind == billingKind && n.Code != "" && checkCode("code", n.Code) != nil:
		return checkCode("code", n.Code)
	case n.Kind == billingKind && n.onlyPays():
		return fmt.Errorf("choices: months, discount and points only with kind payment")
	case n.MID == "":
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, shop := range s.shops {
		if shop.MID == n.MID {
			return nil
		}
	}
	return fmt.Errorf("mid %q: no such shop", short(n.MID))
}

// fits is whether a window of the kind and shop may take the order.
func (n *nextBuyer) fits(kind string, shop *Shop) bool {
	return (n.MID == "" || n.MID == shop.MID) && (n.Kind == "" || n.Kind == kind) && (kind == paymentKind || !n.onlyPays())
}

// takeNext is the first order that fits, which is then gone; nil is none. The
// caller holds the lock.
func (s *Simulator) takeNext(kind string, shop *Shop) *deed {
	i := slices.IndexFunc(s.next, func(n nextBuyer) bool { return n.fits(kind, shop) })
	if i < 0 {
		return nil
	}
	d := s.next[i].deed
	s.next = slices.Delete(s.next, i, i+1)
	return &d
}

// decodeNext reads one order or a list of them.
func decodeNext(body []byte) ([]nextBuyer, error) {
	var raws []json.RawMessage
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] != '[' {
		raws = []json.RawMessage{body}
	} else if err := json.Unmarshal(body, &raws); err != nil {
		return nil, fmt.Errorf("body: must be an order or a list of orders: %w", err)
	}
	list := make([]nextBuyer, len(raws))
	for i, raw := range raws {
		if _, err := parseObject(raw); err != nil {
			return nil, err
		}
		if err := decode(raw, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// addNext puts an order, or a list of them, at the end of the queue: all or none.
func (s *Simulator) addNext(w http.ResponseWriter, r *http.Request) {
	body, ok := readControl(w, r)
	if !ok {
		return
	}
	list, err := decodeNext(body)
	for i := range list {
		if err == nil {
			err = s.checkNext(&list[i])
		}
	}
	if err != nil {
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", err.Error())
		return
	}
	s.mu.Lock()
	full := len(s.next)+len(list) > nextMost
	if !full {
		s.next = append(s.next, list...)
	}
	s.mu.Unlock()
	if full {
		control.Fail(w, http.StatusConflict, "QUEUE_FULL", fmt.Sprintf("at most %d orders may wait", nextMost))
		return
	}
	s.showNext(w, r)
}

// showNext lists the orders no window has taken yet, the next first.
func (s *Simulator) showNext(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	list := append([]nextBuyer{}, s.next...)
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, map[string]any{"orders": list})
}

func (s *Simulator) clearNext(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.next = nil
	s.mu.Unlock()
	s.showNext(w, r)
}
