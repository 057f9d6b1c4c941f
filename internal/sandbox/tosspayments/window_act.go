package tosspayments

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// act is what the buyer or the tester did in the window. Code is the decline
// that the confirm, or the issue of a billing key, is to end with; "" is none.
type act struct {
	choices json.RawMessage // the whole body: what the sheet asked for
	Code    string          `json:"code"`
}

// actWindow does one thing and answers with how the window ends, or with a
// refusal that the window shows.
func (s *Simulator) actWindow(w http.ResponseWriter, r *http.Request) {
	var a act
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil {
		err = json.Unmarshal(body, &a)
		a.choices = body
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, refusef("INVALID_REQUEST", "the body must be a JSON object").object(korean))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	win, ok := s.windows[chi.URLParam(r, "token")]
	if !ok {
		writeJSON(w, http.StatusNotFound, refuse("NOT_FOUND_PAYMENT_SESSION").object(korean))
		return
	}
	out, err := s.act(win, chi.URLParam(r, "action"), a)
	if err != nil {
		e := asAPIError(err)
		writeJSON(w, e.status(), e.object(win.lang))
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// act applies an action to an open window. One whose time is over, or that has
// ended, takes none but giving up. Decline is the older name of reject.
func (s *Simulator) act(w *window, action string, a act) (outcome, error) {
	s.catchUp()
	if action == "leave" && w.state() == windowExpired {
		return w.giveUp(refusef("PAY_PROCESS_ABORTED", "EXPIRED_PAYMENT")), nil
	}
	if w.state() != windowOpen || w.result != nil {
		return outcome{}, refuse("NOT_FOUND_PAYMENT_SESSION")
	}
	switch action {
	case "approve":
		return s.approveWindow(w, a)
	case "cancel", "leave":
		return w.giveUp(refuse("PAY_PROCESS_CANCELED")), nil
	case "reject", "decline":
		return w.giveUp(refuse(w.rejection())), nil
	case "abort":
		return w.giveUp(refuse("PAY_PROCESS_ABORTED")), nil
	case "expire":
		s.expireWindow(w)
		return outcome{}, nil
	}
	return outcome{}, refusef("INVALID_REQUEST", "action %q: must be approve, cancel, leave, reject, abort or expire", action)
}

func (s *Simulator) approveWindow(w *window, a act) (outcome, error) {
	if a.Code != "" && !declines(a.Code) {
		return outcome{}, refusef("INVALID_REQUEST", "code %q: not a code that a confirm is declined with", a.Code)
	}
	if w.consent != nil {
		return s.approveBilling(w, a)
	}
	chosen, err := w.sheet.take(s, w, a.choices)
	if err != nil {
		return outcome{}, err
	}
	s.authenticate(w.payment, chosen, a.Code)
	return w.succeed(s.opts.Legacy2022), nil
}

// declines says whether a confirm or a charge can be refused with the code.
func declines(code string) bool { return problems[code].declines }
