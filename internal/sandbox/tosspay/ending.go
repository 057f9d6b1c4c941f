package tosspay

import (
	"fmt"
	"net/http"

	"naru/internal/sandbox/control"
)

// Ending is what becomes of the two messages that follow the buyer's part: the
// browser's return and the callback.
type Ending struct {
	LoseReturn   bool `json:"loseReturn"`   // the browser does not go back by itself; the waiting page's button still does
	BrowserDies  bool `json:"browserDies"`  // the browser never goes back: the popup closes, or the page is dead
	DropCallback bool `json:"dropCallback"` // the callback is never sent, unless it is resent by hand
}

func (e Ending) or(f Ending) Ending {
	return Ending{e.LoseReturn || f.LoseReturn, e.BrowserDies || f.BrowserDies, e.DropCallback || f.DropCallback}
}

// knobs hold for every window and every buyer, beside what each is told itself.
type knobs struct {
	Ending
	CallbackVersion  string `json:"callbackVersion"`  // V1 or V2 for every payment; "" is what its creation asked for
	CIMismatch       bool   `json:"ciMismatch"`       // every encryptedUserCi is somebody else's
	ReuseInstruments bool   `json:"reuseInstruments"` // what once had a billing key may have another
}

func checkVersion(version string) error {
	if version == "" || version == "V1" || version == "V2" {
		return nil
	}
	return fmt.Errorf(`callbackVersion %q: must be V1, V2 or "" (as the creation asked)`, short(version))
}

func (s *Simulator) showKnobs(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	k := s.knobs
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, k)
}

// setKnobs changes the knobs that are named and leaves the others.
func (s *Simulator) setKnobs(w http.ResponseWriter, r *http.Request) {
	body, ok := readControl(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	k := s.knobs
	err := decode(body, &k)
	if err == nil {
		err = checkVersion(k.CallbackVersion)
	}
	if err == nil {
		s.knobs = k
	}
	s.mu.Unlock()
	if err != nil {
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", err.Error())
		return
	}
	control.Answer(w, http.StatusOK, k)
}
