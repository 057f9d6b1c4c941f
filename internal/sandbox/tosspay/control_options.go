package tosspay

import (
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
	o := s.auto
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, o)
}

// setAutoOptions makes checkout pages opened from now on act by themselves.
func (s *Simulator) setAutoOptions(w http.ResponseWriter, r *http.Request) {
	var o autoOptions
	if !readOptions(w, r, &o) {
		return
	}
	switch {
	case o.Action != "" && o.Action != "approve" && o.Action != "cancel" && o.Action != "decline":
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", fmt.Sprintf(`action %q: must be approve, cancel, decline or "" (off)`, short(o.Action)))
		return
	case o.ErrorCode != "" && (o.Action != "decline" || !codeForm.MatchString(o.ErrorCode)):
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", fmt.Sprintf("errorCode %q: only with decline, such as CARD_EXCEED_LIMIT", short(o.ErrorCode)))
		return
	}
	s.mu.Lock()
	s.auto = o
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, o)
}

// readOptions answers 400 and is false if the body is not what v wants.
func readOptions(w http.ResponseWriter, r *http.Request, v any) bool {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = decode(body, v)
	}
	if err != nil {
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", err.Error())
		return false
	}
	return true
}
