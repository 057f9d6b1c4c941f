package tosspay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"naru/internal/sandbox/control"
)

// windowsKept is how many of the latest creations are remembered as they came.
const windowsKept = 1000

// windowRecord is a creation that was accepted: of a payment or of a billing key.
type windowRecord struct {
	p       *payment
	k       *billingKey
	request json.RawMessage // as received, without apiKey
}

// windowView is a window as the control face shows it.
type windowView struct {
	Kind       string          `json:"kind"` // payment or billing
	MID        string          `json:"mid"`
	Mode       string          `json:"mode"`
	PayToken   string          `json:"payToken,omitempty"`
	OrderNo    string          `json:"orderNo,omitempty"`
	BillingKey string          `json:"billingKey,omitempty"`
	UserID     string          `json:"userId,omitempty"`
	Status     string          `json:"status"`
	Page       string          `json:"page"`
	CreatedTs  string          `json:"createdTs"`
	Buyer      *deed           `json:"buyer,omitempty"` // the order of the next-buyer queue that it took
	Request    json.RawMessage `json:"request"`
}

// record remembers the creation of p or k. The caller holds the lock.
func (s *Simulator) record(c *apiCall, p *payment, k *billingKey) {
	if len(s.windows) == windowsKept {
		s.windows = slices.Delete(s.windows, 0, 1)
	}
	request := keyLike.ReplaceAll(without(c.raw, "apiKey"), []byte("sk_${1}_***")) // one that stands elsewhere
	s.windows = append(s.windows, windowRecord{p, k, request})
}

// without is a JSON object without one of its fields, every other as it was
// written and in its place. The body must be one that parseObject takes.
func without(body []byte, name string) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(body))
	_, _ = d.Token()
	out := []byte("{")
	for d.More() {
		t, _ := d.Token()
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			break // cannot happen: the body was read before
		}
		key, err := marshal(t)
		if t == name || err != nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), raw...)
	}
	return append(out, '}')
}

// listWindows shows the windows of the latest creations, newest first, ?limit=
// of them (100), those of ?kind= and ?mid= alone if they are given.
func (s *Simulator) listWindows(w http.ResponseWriter, r *http.Request) {
	limit, ok := listLimit(w, r)
	if !ok {
		return
	}
	kind, mid := r.URL.Query().Get("kind"), r.URL.Query().Get("mid")
	if kind != "" && kind != paymentKind && kind != billingKind {
		control.Fail(w, http.StatusBadRequest, "BAD_KIND", fmt.Sprintf("kind %q: must be payment or billing", short(kind)))
		return
	}
	list := []windowView{}
	s.mu.Lock()
	s.catchUp(s.clock())
	for _, rec := range slices.Backward(s.windows) {
		v := s.windowView(rec)
		if len(list) < limit && (kind == "" || v.Kind == kind) && (mid == "" || v.MID == mid) {
			list = append(list, v)
		}
	}
	s.mu.Unlock()
	s.wakeUp()
	control.Answer(w, http.StatusOK, map[string]any{"windows": list})
}

func (s *Simulator) windowView(rec windowRecord) windowView {
	if k := rec.k; k != nil {
		return windowView{
			Kind: billingKind, MID: k.shop.MID, Mode: k.shop.mode(), BillingKey: k.key, UserID: k.userID, Status: string(k.status),
			Page: s.keyPage(k), CreatedTs: stamp(k.created), Buyer: k.deed, Request: rec.request,
		}
	}
	p := rec.p
	return windowView{
		Kind: paymentKind, MID: p.shop.MID, Mode: p.shop.mode(), PayToken: p.token, OrderNo: p.orderNo, Status: string(p.status),
		Page: s.checkoutPage(p), CreatedTs: stamp(p.created), Buyer: p.deed, Request: rec.request,
	}
}
