package crash_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/test/devserver"
)

// TestUnaskedAnswersAreNotLogged: a provider, or something on the way to it,
// sends the answer that holds a billing key twice. net/http writes the second one
// to the log of the whole process, as it came.
func TestUnaskedAnswersAreNotLogged(t *testing.T) {
	t.Parallel()
	bin, err := devserver.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var p *proxy
	s := newStage(t, bin, pay.TossPayments, func(sandbox string) string {
		p = newProxy(t, strings.TrimPrefix(sandbox, "http://"), answeredTwice, "POST /tosspayments/v1/billing/authorizations/card", 1)
		return "http://" + p.listen.Addr().String()
	})
	select {
	case <-p.left: // the second answer was read, and the connection given up for it
	case <-time.After(patience):
		t.Fatal("the connection on which the answer came twice is kept")
	}
	key := regexp.MustCompile(`"billingKey":"([^"]+)"`).FindSubmatch(p.told)
	if key == nil {
		t.Fatalf("no key in %s", p.told)
	}
	if a := <-s.charge("unasked"); a.says().v != done {
		t.Errorf("the key cannot be charged: %s", a)
	}
	s.serving.kill() // what it wrote is whole then
	if out := s.serving.output(); strings.Contains(out, string(key[1])) {
		t.Errorf("the log shows a billing key: …%.300s…", out[max(0, strings.Index(out, string(key[1]))-250):])
	}
}
