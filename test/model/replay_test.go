package model_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"naru/internal/pay"
	"naru/internal/store"
)

// A seed tells one story: the same steps, the same answers, the same ids, the same
// movements at the providers and the same webhooks, whichever the books.
func TestASeedTellsOneStory(t *testing.T) {
	t.Parallel()
	for i, kind := range []string{"memory", "memory", "file", "postgres"} {
		seed := uint64(1000 + i)
		t.Run(fmt.Sprintf("%s/%d", kind, seed), func(t *testing.T) {
			t.Parallel()
			var out [2]string
			for i := range out {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					s := newStory(t, dsnOf(t, kind), kind, seed)
					s.live()
					out[i] = s.whole()
				})
			}
			if out[0] != out[1] {
				t.Errorf("seed %d told two stories:\n%s", seed, firstDifference(out[0], out[1]))
			}
		})
	}
}

// whole is all that a story came to.
func (s *story) whole() string {
	var b strings.Builder
	b.WriteString(strings.Join(s.told, "\n"))
	ledger := s.ledger()
	for _, order := range slices.Sorted(maps.Keys(ledger)) {
		fmt.Fprintf(&b, "\nat the provider: %s %v", order, ledger[order])
	}
	s.everywhere(func() {
		for _, id := range s.ids {
			p := s.payments[id]
			fmt.Fprintf(&b, "\non the books: %s %s %s %s %s %v", id, p.MerchantUID, p.Status, p.FailCode, p.Ref.Key, p.entries())
		}
	})
	for _, m := range s.hook.all() {
		fmt.Fprintf(&b, "\nheard at %s: %s", m.path, m.raw)
	}
	fmt.Fprintf(&b, "\n%+v", *s.tally)
	return b.String()
}

func firstDifference(a, b string) string {
	one, two := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(one), len(two)) {
		if one[i] != two[i] {
			return fmt.Sprintf("line %d\n%s\n%s", i, one[i], two[i])
		}
	}
	return fmt.Sprintf("%d lines and %d lines", len(one), len(two))
}

// witness is a test that is to fail: it keeps what it was told and goes on to the
// next.
type witness struct {
	testing.TB
	said string
}

func (w *witness) Helper() {}

func (w *witness) Fatalf(format string, args ...any) {
	w.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// Each error that the report counts is found when it is there, counted as what it
// is, and found again, in the same words, when the seed is told again.
func TestPlantedErrorsAreFound(t *testing.T) {
	t.Parallel()
	for kind, plant := range plants() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var said [2]string
			for i := range said {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					w := &witness{TB: t}
					s := newStory(w, memory, "memory", 1)
					s.planted, s.unverified = plant, kind != contradicted
					told := make(chan struct{})
					go func() { defer close(told); s.live() }()
					<-told
					if said[i] = w.said; s.tally.found[kind] != 1 || s.tally.broken != 1 {
						t.Errorf("found %v in %d failures: %s", s.tally.found, s.tally.broken, w.said)
					}
				})
			}
			if said[0] != said[1] || !strings.Contains(said[0], "-seed 1 ") {
				t.Errorf("the seed fails in two ways:\n%s", firstDifference(said[0], said[1]))
			}
		})
	}
}

// plants put one error of each kind into a story, once it can be there.
func plants() map[wrong]func(*story) {
	return map[wrong]func(*story){
		doubleCharge: func(s *story) { // the provider takes the money once more
			s.forge(func(e entry) bool { return e.kind == "approval" }, func(out []theirs, m theirs) []theirs { return append(out, m, m) })
		},
		lostMovement: func(s *story) { // money goes back of which the books know nothing
			if s.settled {
				s.forge(func(e entry) bool { return e.kind == "cancel" }, func(out []theirs, _ theirs) []theirs { return out })
			}
		},
		stillUnknown: func(s *story) { // a call that nobody asks about any more
			if s.settled {
				s.planted = nil
				s.must(s.store.Write(s.ctx, func(tx *store.Tx) error {
					return tx.InsertAttempt(s.ctx, pay.Attempt{
						Merchant: s.merchant, ID: "planted", Payment: s.ids[0], Kind: pay.AttemptCancel, Amount: 1,
						Status: pay.AttemptStarted, Started: tx.Now, Deadline: tx.Now,
					})
				}))
			}
		},
		contradicted: func(s *story) { // a call that nobody sees to, while the story goes on
			if len(s.ids) > 0 {
				s.planted = nil
				s.must(s.store.Write(s.ctx, func(tx *store.Tx) error {
					return tx.InsertAttempt(s.ctx, pay.Attempt{
						Merchant: s.merchant, ID: "planted", Payment: s.ids[0], Kind: pay.AttemptCancel, Amount: 1,
						Status: pay.AttemptStarted, Started: tx.Now, Deadline: tx.Now,
					})
				}))
			}
		},
		undelivered: func(s *story) { // a webhook got lost
			s.hook.mu.Lock()
			defer s.hook.mu.Unlock()
			s.hook.heard = slices.DeleteFunc(s.hook.heard, func(m webhook) bool { return m.Status == "paid" && m.ImpUID == s.hook.heard[0].ImpUID })
		},
		showsSecret: func(s *story) { s.secrets = append(s.secrets, "주문-1-1") },
	}
}

// forge changes what a provider says of the first movement that fits.
func (s *story) forge(fits func(entry) bool, change func([]theirs, theirs) []theirs) {
	s.planted = nil
	for _, d := range s.sides {
		honest := d.moves
		forged := ""
		d.moves = func() (out []theirs) {
			for _, m := range honest() {
				if forged == "" && fits(m.entry) {
					forged = m.order
				}
				if m.order == forged && fits(m.entry) {
					out = change(out, m)
				} else {
					out = append(out, m)
				}
			}
			return out
		}
	}
}
