package fault

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// longest is the most that slow= and late= accept, so that a typing error does
// not leave a simulator waiting for days.
const longest = 720 * time.Hour

// shuffleTime is how long a message is held back at most when the rule does not say.
const shuffleTime = 10 * time.Second

// spec is a rule taken apart.
type spec struct {
	message bool
	kind    string   // of a message
	method  string   // of a call
	path    []string // its segments
	nth     int
	times   int
	chance  float64
	act     action
	fate    Fate
	shuffle time.Duration // of a message: the longest it is held back
}

// action is what a rule does to a call. Verb is empty for a mere delay.
type action struct {
	before bool
	verb   string // "", "drop", "status", "garble", "cut"
	status int
	code   string
	slow   time.Duration
}

func (s *spec) matches(method, path string) bool {
	if s.method != "*" && s.method != method {
		return false
	}
	segments := split(path)
	for i, want := range s.path {
		if want == "**" {
			return true
		}
		if i >= len(segments) || (want != "*" && want != segments[i]) {
			return false
		}
	}
	return len(segments) == len(s.path)
}

func split(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// parse reads a rule and returns it with its words joined by single spaces.
func parse(rule string) (spec, string, error) {
	words := strings.Fields(rule)
	s := spec{chance: 1}
	if len(words) == 0 {
		return s, "", fmt.Errorf("fault rule is empty: write for example %q", "POST /v1/payments/confirm nth=1 after drop")
	}
	if words[0] == "webhook" {
		s.message = true
		if len(words) < 2 || strings.Contains(words[1], "=") {
			return s, "", fmt.Errorf("fault rule: %q must be followed by the kind of message, or * for any", "webhook")
		}
		s.kind = words[1]
	} else if err := s.target(words); err != nil {
		return s, "", err
	}
	for _, w := range words[2:] {
		if err := s.word(w); err != nil {
			return s, "", err
		}
	}
	return s, strings.Join(words, " "), s.check()
}

// target reads the method and path.
func (s *spec) target(words []string) error {
	switch m := strings.ToUpper(words[0]); m {
	case "*", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS":
		s.method = m
	default:
		return fmt.Errorf("fault rule: word %q: must be a method (GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, *) or webhook", words[0])
	}
	if len(words) < 2 || !strings.HasPrefix(words[1], "/") {
		return fmt.Errorf("fault rule: %q must be followed by a path that begins with /", words[0])
	}
	s.path = split(words[1])
	for i, seg := range s.path {
		if seg == "**" && i != len(s.path)-1 {
			return fmt.Errorf("fault rule: word %q: ** may only be the last segment", words[1])
		}
	}
	return nil
}

// word reads one word after the target.
func (s *spec) word(w string) error {
	key, value, _ := strings.Cut(w, "=")
	var err error
	switch key {
	case "nth":
		s.nth, err = count(w, value)
		return err
	case "times":
		s.times, err = count(w, value)
		return err
	case "chance":
		s.chance, err = strconv.ParseFloat(value, 64)
		if err != nil || !(s.chance > 0 && s.chance <= 1) {
			return fmt.Errorf("fault rule: word %q: chance must be above 0 and at most 1", w)
		}
		return nil
	}
	if s.message {
		return s.messageWord(w, value)
	}
	return s.callWord(w, key, value)
}

func (s *spec) messageWord(w, value string) (err error) {
	switch {
	case w == "drop":
		s.fate.Drop = true
	case w == "twice":
		s.fate.Twice = true
	case w == "early":
		s.fate.Early = true
	case strings.HasPrefix(w, "late="):
		s.fate.Late, err = length(w, value)
	case w == "shuffle":
		s.shuffle = shuffleTime
	case strings.HasPrefix(w, "shuffle="):
		s.shuffle, err = length(w, value)
	default:
		err = fmt.Errorf("fault rule: word %q: allowed after webhook and its kind are nth=N, times=N, chance=P, drop, twice, early, late=DURATION, shuffle[=DURATION]", w)
	}
	return err
}

func (s *spec) callWord(w, key, value string) (err error) {
	switch {
	case w == "before":
		s.act.before = true
	case w == "after":
		s.act.before = false
	case w == "drop" || w == "garble" || w == "cut":
		return s.verb(w)
	case key == "status":
		s.act.status, err = strconv.Atoi(value)
		if err != nil || s.act.status < 400 || s.act.status > 599 {
			return fmt.Errorf("fault rule: word %q: status must be 400 to 599", w)
		}
		return s.verb("status")
	case key == "code" && value != "":
		s.act.code = value
	case key == "slow":
		s.act.slow, err = length(w, value)
	default:
		err = fmt.Errorf("fault rule: word %q: allowed after the path are nth=N, times=N, chance=P, before, after, "+
			"drop, status=400…599, code=NAME, garble, cut, slow=DURATION", w)
	}
	return err
}

func (s *spec) verb(v string) error {
	if s.act.verb != "" {
		return fmt.Errorf("fault rule: word %q: the rule already says %q, and only slow=DURATION may stand beside another action", v, s.act.verb)
	}
	s.act.verb = v
	return nil
}

// check refuses rules whose words are right one by one but not together.
func (s *spec) check() error {
	if s.message {
		if s.fate == (Fate{}) && s.shuffle == 0 {
			return fmt.Errorf("fault rule: webhook %s needs one of drop, twice, early, late=DURATION, shuffle[=DURATION]", s.kind)
		}
		return nil
	}
	switch {
	case s.act.verb == "" && s.act.slow == 0:
		return fmt.Errorf("fault rule: no action: write one of drop, status=400…599, garble, cut, slow=DURATION")
	case s.act.before && (s.act.verb == "garble" || s.act.verb == "cut"):
		return fmt.Errorf("fault rule: word %q: there is no answer before the call is made; write after %s", s.act.verb, s.act.verb)
	case s.act.code != "" && s.act.verb != "status":
		return fmt.Errorf("fault rule: word %q: needs status=400…599 beside it", "code="+s.act.code)
	}
	return nil
}

func count(word, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("fault rule: word %q: must be a whole number from 1", word)
	}
	return n, nil
}

func length(word, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > longest {
		return 0, fmt.Errorf("fault rule: word %q: must be a time such as 500ms, 35s or 2m, at most %s", word, longest)
	}
	return d, nil
}
