package tosspay

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

// listCallbacks shows every callback with its tries, oldest first.
func (s *Simulator) listCallbacks(w http.ResponseWriter, _ *http.Request) {
	list := []callbackView{}
	s.mu.Lock()
	for _, cb := range s.callbacks {
		list = append(list, cb.view())
	}
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, map[string]any{"callbacks": list})
}

// resendCallback sends one more time at once, as the partner console does;
// the plan of retries is not changed by it.
func (s *Simulator) resendCallback(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(chi.URLParam(r, "id"))
	s.mu.Lock()
	if err != nil || id < 1 || id > len(s.callbacks) {
		s.mu.Unlock()
		control.Fail(w, http.StatusNotFound, "NO_SUCH_CALLBACK", fmt.Sprintf("no callback %q", short(chi.URLParam(r, "id"))))
		return
	}
	cb := s.callbacks[id-1]
	if cb.idle() {
		s.pending = append(s.pending, cb)
	}
	cb.resend = true
	view := cb.view()
	s.mu.Unlock()
	s.wakeUp()
	control.Answer(w, http.StatusAccepted, view)
}

func (s *Simulator) showPageOptions(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	o := s.page
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, o)
}

// setPageOptions changes how checkout pages opened from now on are served.
func (s *Simulator) setPageOptions(w http.ResponseWriter, r *http.Request) {
	var o pageOptions
	if !readOptions(w, r, &o) {
		return
	}
	s.mu.Lock()
	s.page = o
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, o)
}

func (s *Simulator) showAutoOptions(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	o := autoOptions{}
	if s.auto != nil {
		o.deed = *s.auto
	}
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, o)
}

// autoOptions make checkout pages act by themselves. Action "" or "off" is the
// buyer's own hands.
type autoOptions struct {
	deed
	ErrorCode string `json:"errorCode,omitempty"` // what code was called first
}

func (o *autoOptions) check() error {
	if o.ErrorCode != "" && o.Code != "" {
		return fmt.Errorf("errorCode %q: is code by its older name; send one of them", short(o.ErrorCode))
	}
	o.Code, o.ErrorCode = cmp.Or(o.Code, o.ErrorCode), ""
	if o.Action != "" && o.Action != "off" {
		return o.deed.check()
	}
	if o.Code != "" || o.Choices != nil {
		return fmt.Errorf("code and choices: only with an action")
	}
	o.Action = ""
	return nil
}

// setAutoOptions makes checkout pages opened from now on act by themselves.
func (s *Simulator) setAutoOptions(w http.ResponseWriter, r *http.Request) {
	var o autoOptions
	if !readOptions(w, r, &o) {
		return
	}
	if err := o.check(); err != nil {
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", err.Error())
		return
	}
	s.mu.Lock()
	s.auto = nil
	if o.Action != "" {
		s.auto = &o.deed
	}
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, o)
}

// readControl answers 400 and is false if there is no body to read.
func readControl(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		control.Fail(w, http.StatusBadRequest, "BAD_BODY", err.Error())
		return nil, false
	}
	return body, true
}

// readOptions answers 400 and is false if the body is not what v wants.
func readOptions(w http.ResponseWriter, r *http.Request, v any) bool {
	body, ok := readControl(w, r)
	if !ok {
		return false
	}
	if err := decode(body, v); err != nil {
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", err.Error())
		return false
	}
	return true
}
