// Package fault breaks a simulator on purpose: it drops, delays, garbles and
// refuses API calls, and loses, doubles and delays outgoing messages, by rules
// written in a small language. See [Injector.Add] for the language.
package fault

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Injector holds the rules of one simulator and decides what happens to each
// call and message. It is safe for concurrent use.
type Injector struct {
	mu       sync.Mutex
	rules    []*entry
	lastID   int
	chance   *rand.Rand
	envelope Envelope
}

// Envelope writes the body of a refusal the way the simulated provider does.
type Envelope func(status int, code string) []byte

// New makes an injector without rules. The seed decides every draw of chance=.
func New(seed uint64) *Injector {
	return &Injector{
		chance:   rand.New(rand.NewPCG(seed, 0x6e617275)), //nolint:gosec // repeatable on purpose
		envelope: defaultEnvelope,
	}
}

// SetEnvelope replaces the body used by "status=… code=…", which is otherwise
// {"code":…,"message":…}.
func (i *Injector) SetEnvelope(e Envelope) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.envelope = e
}

// Rule is one rule as it stands.
type Rule struct {
	ID    int    `json:"id"`
	Text  string `json:"text"`  // as it was written, with single spaces
	Calls int    `json:"calls"` // calls or messages that matched since the rule was added
	Hits  int    `json:"hits"`  // how many of them it acted on
}

// Fate is what happens to one outgoing message. The zero Fate is an ordinary delivery.
type Fate struct {
	Drop  bool          // never sent
	Twice bool          // sent a second time
	Early bool          // sent before the API answer is written
	Late  time.Duration // sent only after this long
}

type entry struct {
	Rule
	spec
}

// Add parses a rule and puts it last. The language, a word at a time:
//
//	METHOD PATH [nth=N] [times=N] [chance=P] [before|after] ACTION…
//	webhook KIND [nth=N] [times=N] [chance=P] drop|twice|early|late=DURATION|shuffle[=DURATION] …
//
// METHOD may be *, a segment of PATH may be *, and a last segment ** stands for
// any rest. nth=N acts on the Nth match only, times=N on at most N of them,
// chance=P on that share of them. Actions:
//
//	before drop              the connection is closed, nothing is done
//	before status=503        refused, nothing is done; code=X gives it a body
//	after drop               done, and the connection is closed without an answer
//	after status=500         done, and another answer is given; code=X as above
//	after garble             done, and the answer's body does not parse
//	after cut                done, and the connection is reset in mid-body
//	slow=35s                 done, and answered that much later
//	before slow=35s          done only that much later
//
// shuffle sends a message after some part of its time, 10s if it does not say,
// so that messages overtake one another; the seed decides the parts.
//
// slow may stand beside one other action of the same phase. The first rule
// that applies to a phase of a call wins; messages add up all rules that apply.
// The error names the word that is wrong and says what is allowed.
func (i *Injector) Add(rule string) (Rule, error) {
	s, text, err := parse(rule)
	if err != nil {
		return Rule{}, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.lastID++
	e := &entry{Rule: Rule{ID: i.lastID, Text: text}, spec: s}
	i.rules = append(i.rules, e)
	return e.Rule, nil
}

// Remove deletes a rule and says whether there was one of that id.
func (i *Injector) Remove(id int) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	before := len(i.rules)
	i.rules = slices.DeleteFunc(i.rules, func(e *entry) bool { return e.ID == id })
	return len(i.rules) < before
}

// Clear deletes every rule. Ids are not used again.
func (i *Injector) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.rules = nil
}

// Rules lists the rules in the order they are tried.
func (i *Injector) Rules() []Rule {
	i.mu.Lock()
	defer i.mu.Unlock()
	out := make([]Rule, 0, len(i.rules))
	for _, e := range i.rules {
		out = append(out, e.Rule)
	}
	return out
}

// Message decides the fate of one outgoing message of the kind, for example
// "PAYMENT_STATUS_CHANGED". Every call counts as one message.
func (i *Injector) Message(kind string) Fate {
	i.mu.Lock()
	defer i.mu.Unlock()
	var f Fate
	for _, e := range i.rules {
		if !e.message || (e.kind != "*" && e.kind != kind) || !i.fires(e) {
			continue
		}
		e.Hits++
		f.Drop = f.Drop || e.fate.Drop
		f.Twice = f.Twice || e.fate.Twice
		f.Early = f.Early || e.fate.Early
		f.Late = max(f.Late, e.fate.Late)
		if e.shuffle > 0 {
			f.Late = max(f.Late, time.Duration(i.chance.Int64N(int64(e.shuffle))))
		}
	}
	return f
}

// call decides what happens to one API call: at most one action before it and one after.
func (i *Injector) call(method, path string) (before, after *action) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, e := range i.rules {
		if e.message || !e.matches(method, path) || !i.fires(e) {
			continue
		}
		slot := &after
		if e.act.before {
			slot = &before
		}
		if *slot == nil {
			*slot = &e.act
			e.Hits++
		}
	}
	return before, after
}

// fires counts a match and says whether the rule's options let it act.
func (i *Injector) fires(e *entry) bool {
	e.Calls++
	switch {
	case e.nth > 0 && e.Calls != e.nth:
		return false
	case e.times > 0 && e.Hits >= e.times:
		return false
	case e.chance < 1 && i.chance.Float64() >= e.chance:
		return false
	}
	return true
}
