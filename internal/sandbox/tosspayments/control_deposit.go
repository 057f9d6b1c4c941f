package tosspayments

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"naru/internal/sandbox/control"
)

// depositOrder is what a buyer pays into an account. Without an amount it is what the
// account waits for; late lets it in after the due date.
type depositOrder struct {
	Amount *int64 `json:"amount"` // won
	Late   bool   `json:"late"`
}

// readDeposit takes JSON, a form or nothing, and ?late=true with each. What looks
// like JSON is JSON: curl says of all it sends that it is a form.
func readDeposit(r *http.Request) (o depositOrder, err error) {
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, bodyLimit))
	if err != nil {
		return o, err
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	if isForm(r) && !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		if err = r.ParseForm(); err == nil && r.PostForm.Get("amount") != "" {
			n, wrong := strconv.ParseInt(r.PostForm.Get("amount"), 10, 64)
			o.Amount, err = &n, wrong
		}
		o.Late = r.PostForm.Get("late") == "true"
	} else {
		err = readBody(r, &o)
	}
	o.Late = o.Late || r.URL.Query().Get("late") == "true"
	return o, err
}

func isForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

// controlDeposit is the buyer's deposit. Forms are sent back to the page they
// came from, which says how it went.
func (s *Simulator) controlDeposit(w http.ResponseWriter, r *http.Request) {
	o, err := readDeposit(r)
	if err != nil {
		badBody(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.named(r)
	if err == nil {
		err = s.controlPay(p, o)
	}
	switch {
	case isForm(r):
		backToDesk(w, r, p, err)
	case err != nil:
		controlFail(w, err)
	default:
		control.Answer(w, http.StatusOK, s.paymentObject(p, korean))
	}
}

// controlPay refuses what a bank refuses: an account that does not wait, an
// amount that is not the one waited for, and a due date that is past.
func (s *Simulator) controlPay(p *payment, o depositOrder) error {
	switch {
	case p.account == nil || p.state != waiting:
		return &controlError{http.StatusConflict, "NOT_WAITING_FOR_DEPOSIT", fmt.Sprintf("the payment's status is %s: only WAITING_FOR_DEPOSIT takes a deposit", p.state)}
	case o.Amount != nil && *o.Amount != p.total:
		return &controlError{http.StatusBadRequest, "WRONG_AMOUNT", fmt.Sprintf("amount %d: the bank takes %d and nothing else", *o.Amount, p.total)}
	case p.account.expired && !o.Late:
		return &controlError{http.StatusConflict, "ACCOUNT_EXPIRED", "the due date was " + day(p.account.due) + ": say late=true to have the bank take the money all the same"}
	}
	s.enqueueAll(s.deposit(p))
	return nil
}

// controlReverse is the bank taking the deposit back.
func (s *Simulator) controlReverse(p *payment, _ *http.Request) error {
	if p.account == nil || p.state != done {
		return &controlError{http.StatusConflict, "NOT_DEPOSITED", fmt.Sprintf("the payment's status is %s: only the deposit of a virtual account that is DONE is taken back", p.state)}
	}
	s.enqueueAll(s.reverse(p))
	return nil
}

// controlRefund ends the refunds of a payment that are under way.
func (s *Simulator) controlRefund(p *payment, r *http.Request) error {
	var in struct {
		Outcome refundState `json:"outcome"`
	}
	if err := readBody(r, &in); err != nil {
		return &controlError{http.StatusBadRequest, "BAD_BODY", err.Error()}
	}
	if in.Outcome != refundCompleted && in.Outcome != refundFailed {
		return &controlError{http.StatusBadRequest, "BAD_BODY", fmt.Sprintf("outcome %q: must be COMPLETED or FAILED", in.Outcome)}
	}
	if p.account == nil || p.account.settleRefunds(in.Outcome) == 0 {
		return &controlError{http.StatusConflict, "NO_REFUND_PENDING", "no refund to an account is under way"}
	}
	return nil
}

// backToDesk sends the browser to the list of accounts. The address is relative:
// the control port's prefix is not known here.
func backToDesk(w http.ResponseWriter, r *http.Request, p *payment, err error) {
	query := url.Values{}
	for _, name := range []string{"mid", "lang"} {
		if v := r.PostForm.Get(name); v != "" {
			query.Set(name, v)
		}
	}
	var own *controlError
	switch {
	case err == nil:
		query.Set("done", p.key)
	case errors.As(err, &own):
		query.Set("problem", own.code)
	default:
		query.Set("problem", asAPIError(err).code)
	}
	w.Header().Set("Location", "../../accounts?"+query.Encode())
	w.WriteHeader(http.StatusSeeOther)
}
