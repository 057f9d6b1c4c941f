package tosspayments

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// auto is what a window does without being asked. The zero value is nothing.
type auto struct {
	action  string // one of autoActions
	code    string // with decline: what the confirm is refused with
	choices json.RawMessage
}

// autoActions are the words for it: decline is authenticated in the window and
// refused at the confirm, reject refused in the window; hang does nothing, also
// where another setting would have it do something.
var autoActions = []string{"approve", "decline", "reject", "cancel", "abort", "close", "hang"}

// parseAuto reads approve, decline:CODE and the like; off is nothing.
func parseAuto(text string) (auto, error) {
	action, code, _ := strings.Cut(text, ":")
	if text == "off" || text == "" {
		return auto{}, nil
	}
	a := auto{action: action, code: code}
	return a, a.check()
}

func (a auto) check() error {
	switch {
	case !slices.Contains(autoActions, a.action):
		return fmt.Errorf("action %q: must be one of %s", a.action, strings.Join(autoActions, ", "))
	case a.action == "decline" && !declines(a.code):
		return fmt.Errorf("code %q: decline needs a code that a confirm is declined with; for example %s", a.code, strings.Join(declineCodes, ", "))
	case a.action != "decline" && a.code != "":
		return fmt.Errorf("code %q: only with decline", a.code)
	}
	return nil
}

// String is the form that parseAuto reads.
func (a auto) String() string {
	switch {
	case a.action == "":
		return "off"
	case a.code != "":
		return a.action + ":" + a.code
	}
	return a.action
}

// autoFor is what a window does that is shown with a word in its address. An
// order for the next buyer comes first, then the address, then the standing
// setting. The caller holds the lock.
func (s *Simulator) autoFor(w *window, word string) (auto, string) {
	if !w.seen {
		w.seen = true
		s.takeOrder(w)
	}
	if w.order != nil {
		return w.order.auto(), w.problem
	}
	if word == "" {
		return s.auto, ""
	}
	a, err := parseAuto(word)
	if err != nil {
		return auto{}, "auto: " + err.Error()
	}
	return a, ""
}

// tell puts what a window does into what its script reads.
func (a auto) tell(c *config) {
	switch a.action {
	case "hang":
	case "decline":
		c.Auto, c.Code, c.Choices = "approve", a.code, a.choices
	default:
		c.Auto, c.Choices = a.action, a.choices
	}
}
