package tosspayments

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

// controlLedger lists every movement of money, oldest first.
func (s *Simulator) controlLedger(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	s.catchUp()
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, append([]Movement{}, s.Ledger()...))
}

// controlCards lists the magic card numbers.
func (s *Simulator) controlCards(w http.ResponseWriter, _ *http.Request) {
	control.Answer(w, http.StatusOK, Cards())
}

// controlMessages lists the texts that went to buyers, oldest first.
func (s *Simulator) controlMessages(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []object{}
	for _, m := range s.messages {
		out = append(out, object{
			{"at", stamp(m.at)}, {"mId", m.payment.shop.MID}, {"paymentKey", m.payment.key}, {"orderId", m.payment.orderID},
			{"to", orNull(m.to)}, {"text", m.text},
		})
	}
	control.Answer(w, http.StatusOK, object{{"messages", out}})
}

// controlCashReceipts lists the records at the tax office by shop, oldest first;
// ?mid= and ?orderId= narrow it. Identities are cut to their last digits.
func (s *Simulator) controlCashReceipts(w http.ResponseWriter, r *http.Request) {
	mid, orderID := r.URL.Query().Get("mid"), r.URL.Query().Get("orderId")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	out := []object{}
	for _, shop := range s.shops {
		for _, c := range shop.receipts {
			if (mid == "" || shop.MID == mid) && (orderID == "" || c.orderID == orderID) {
				out = append(out, s.shownCash(c))
			}
		}
	}
	control.Answer(w, http.StatusOK, object{{"cashReceipts", out}})
}

func (s *Simulator) shownCash(r *cashReceipt) object {
	return append(object{{"mId", r.shop.MID}}, append(s.cashObject(r, korean).without("customerIdentityNumber"), member{"customerIdentityNumber", lastDigits(r.identity)})...)
}

// controlCashReceipt ends the tax office's work on a record: complete, or fail
// with a sub-code of NTS_ERROR. The cancels of one receipt share their key; all
// that are under way are meant.
func (s *Simulator) controlCashReceipt(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code string `json:"code"`
	}
	if err := readBody(r, &in); err != nil {
		badBody(w, err)
		return
	}
	sub, err := ntsCode(in.Code, strings.HasSuffix(r.URL.Path, "/fail"))
	if err != nil {
		badBody(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	key := chi.URLParam(r, "receiptKey")
	out := []object{}
	for _, c := range s.cashReceipts[key] {
		if c.state == issueInProgress {
			c.settle(sub)
			out = append(out, s.shownCash(c))
		}
	}
	switch {
	case len(s.cashReceipts[key]) == 0:
		control.Fail(w, http.StatusNotFound, "NOT_FOUND_RECEIPT", fmt.Sprintf("no cash receipt %.200q", key))
	case len(out) == 0:
		control.Fail(w, http.StatusConflict, "NOT_IN_PROGRESS", "the tax office is done with it already")
	default:
		control.Answer(w, http.StatusOK, object{{"cashReceipts", out}})
	}
}

// ntsCode is "" for success; a failure without a code is XXX, the undefined one.
func ntsCode(code string, fail bool) (string, error) {
	if !fail {
		if code != "" {
			return "", fmt.Errorf("code %q: a completed receipt has none", code)
		}
		return "", nil
	}
	if code == "" {
		return "XXX", nil
	}
	known := []string{}
	for _, e := range ntsErrors {
		if e.sub == code {
			return code, nil
		}
		known = append(known, e.sub)
	}
	return "", fmt.Errorf("code %q: must be one of %s", code, strings.Join(known, ", "))
}

// controlBillingAuth is a customer who agreed in the billing window: it answers
// with the auth key that the window hands to the shop.
func (s *Simulator) controlBillingAuth(w http.ResponseWriter, r *http.Request) {
	in := struct {
		MID         string `json:"mid"`
		CustomerKey string `json:"customerKey"`
		Company     string `json:"company"` // of the card: code or name
	}{Company: "61"}
	if err := readBody(r, &in); err != nil {
		badBody(w, err)
		return
	}
	c, known := findCompany(in.Company)
	s.mu.Lock()
	defer s.mu.Unlock()
	shop, ok := s.shops[in.MID]
	switch {
	case !ok:
		control.Fail(w, http.StatusNotFound, "NO_SUCH_SHOP", fmt.Sprintf("no shop %q", in.MID))
	case !shop.Billing:
		control.Fail(w, http.StatusConflict, "NO_CONTRACT", "the shop has no contract for automatic payments")
	case in.CustomerKey == "":
		badBody(w, fmt.Errorf("customerKey: required"))
	case !known:
		badBody(w, fmt.Errorf("company %q: must be a card company's code or name", in.Company))
	default:
		control.Answer(w, http.StatusOK, object{{"customerKey", in.CustomerKey}, {"authKey", s.agree(shop, in.CustomerKey, s.inventedCard(c), "")}})
	}
}
