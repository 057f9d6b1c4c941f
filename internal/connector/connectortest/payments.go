package connectortest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/pay"
)

func testMethods(t *testing.T, h Harness) {
	b := setup(t, h)
	if len(h.Driver.Methods) == 0 {
		t.Fatal("the driver sells nothing")
	}
	for _, m := range h.Driver.Methods {
		if m.ServerOnly {
			_, err := ability[connector.WindowPayer](b).OpenWindow(t.Context(), b.window(m.Method))
			if connector.KindOf(b.heard(err)) != connector.Misconfigured {
				t.Errorf("a window for %s, which comes about without one only: %v", m.Method, err)
			}
			continue
		}
		least := b.window(m.Method)
		least.Amount.Total = pay.Won(m.Minimum)
		b.open(least)
		mobile := b.window(m.Method)
		mobile.Mobile, mobile.AppScheme, mobile.Language = true, "shop://back", "en"
		b.open(mobile)
	}
	other := b.window("no such method")
	if _, err := ability[connector.WindowPayer](b).OpenWindow(t.Context(), other); connector.KindOf(b.heard(err)) != connector.Misconfigured {
		t.Errorf("a method that is not offered: %v", err)
	}
}

func testApproved(t *testing.T, h Harness) {
	b := setup(t, h)
	w := b.window(h.Driver.Methods[0].Method)
	if h.Driver.Methods[0].TaxFree {
		w.Amount.TaxFree = 10000
	}
	launch := b.open(w)
	ref := b.returned(w, launch, b.Approve(t, launch, false)).Ref
	b.stands("before the confirm", b.query(ref), connector.StageAuthenticated, 0, 0)
	out, err := b.confirm(t.Context(), "confirm_1", w, ref)
	if err != nil || out.Verdict != connector.Approved || out.Snapshot == nil {
		t.Fatalf("confirm: %s, %v", Verdict(out.Verdict), err)
	}
	b.stands("the answer", *out.Snapshot, connector.StagePaid, price, 0)
	if first := out.Snapshot.Movements[0]; out.Made != first.Key || first.TaxFree != w.Amount.TaxFree || out.Snapshot.TaxFree != w.Amount.TaxFree {
		t.Errorf("made %q, movement %+v, tax free %d, want %d", out.Made, first, out.Snapshot.TaxFree, w.Amount.TaxFree)
	}
	b.checkApproval(*out.Snapshot, w.Amount)
}

// checkApproval checks what an approval's own answer says against what was asked
// for, and against what queries say.
func (b *bench) checkApproval(s connector.Snapshot, asked pay.Breakdown) {
	b.Helper()
	if _, sold := b.driver.Method(s.Method); !sold || s.Amount != asked.Total {
		b.Errorf("method %q, amount %s; the method must have a row in the driver's table", s.Method, s.Amount)
	}
	if age := time.Since(s.Movements[0].At); age < -time.Minute || age > time.Minute {
		b.Errorf("approved %s ago: the zone of the time was misread", age)
	}
	if diff := cmp.Diff(b.query(s.Ref), s); diff != "" {
		b.Errorf("the answer differs from what a query says (-query +answer):\n%s", diff)
	}
	byOrder := b.query(pay.Ref{Order: s.Ref.Order})
	if byOrder.Ref.Key != s.Ref.Key {
		b.Errorf("query by order gives key %q, want %q", byOrder.Ref.Key, s.Ref.Key)
	}
}

func testLeft(t *testing.T, h Harness) {
	b := setup(t, h)
	w := b.window(h.Driver.Methods[0].Method)
	launch := b.open(w)
	r := b.returned(w, launch, b.Leave(t, launch))
	if r.Decline == nil || r.Decline.Code != connector.DeclineByCustomer || r.Decline.ProviderCode == "" || r.Decline.ProviderMessage == "" {
		t.Errorf("returned %+v with decline %+v", r, r.Decline)
	}
	if r.Ref.Order != w.Order {
		t.Errorf("returned order %q, want %q", r.Ref.Order, w.Order)
	}
	if snap := b.query(r.Ref); snap.Stage != connector.StageOpen && snap.Stage != connector.StageDead {
		t.Errorf("a payment nobody made stands as %s", Stage(snap.Stage))
	}
}

func testDeclined(t *testing.T, h Harness) {
	b := setup(t, h)
	w, ref := b.authenticated(true)
	out, err := b.confirm(t.Context(), "confirm_1", w, ref)
	if err != nil || out.Verdict != connector.Declined || out.Decline == nil {
		t.Fatalf("confirm: %s, %v", Verdict(out.Verdict), err)
	}
	if out.Decline.Code == "" || out.Decline.ProviderCode == "" || out.Decline.ProviderMessage == "" {
		t.Errorf("decline %+v: our code, the provider's code and its words must be there", out.Decline)
	}
	if in, _ := moved(b.query(ref)); in != 0 {
		t.Errorf("%d came in although it was declined", in)
	}
}

func testNotFound(t *testing.T, h Harness) {
	b := setup(t, h)
	for _, ref := range []pay.Ref{{Order: "imp_999999999999"}, {Order: "imp_999999999999", Key: "noSuchKeyAnywhere1234567"}} {
		if _, err := b.conn.Query(t.Context(), ref); !errors.Is(b.heard(err), connector.ErrNotFound) {
			t.Errorf("query of %+v: %v, want ErrNotFound", ref, err)
		}
	}
	if _, err := b.conn.Query(t.Context(), pay.Ref{}); err == nil || errors.Is(b.heard(err), connector.ErrNotFound) {
		t.Errorf("a query about nothing: %v; it must not say that something is not there", err)
	}
}

func testNotices(t *testing.T, h Harness) {
	b := setup(t, h)
	b.Fault(t, "webhook * twice")
	_, ref := b.paid()
	keys := map[string]int{}
	for range 2 {
		n := b.nextNotice()
		if n.Ref.Order != ref.Order || n.Key == "" || n.Kind == "" {
			t.Errorf("notice %+v, want one about %s", n, ref.Order)
		}
		keys[n.Key]++
	}
	if len(keys) != 1 {
		t.Errorf("one notice sent twice has the keys %v", keys)
	}
}

// nextNotice is the next notice that came.
func (b *bench) nextNotice() connector.Notice {
	b.Helper()
	select {
	case in := <-b.notices:
		n, err := ability[connector.WebhookReader](b).ReadWebhook(b.Context(), in.header, in.body)
		if b.heard(err) != nil {
			b.Fatalf("notice %s: %v", in.body, err)
		}
		return n
	case <-time.After(patience):
		b.Fatal("no notice came")
		return connector.Notice{}
	}
}

func testWrongCredentials(t *testing.T, h Harness) {
	b := setup(t, h)
	w, ref := b.authenticated(false)
	wrong := b.miskeyed()
	right := b.conn
	b.conn = wrong
	errs := b.serverErrors()
	_, errs["confirm"] = b.confirm(t.Context(), "confirm_1", w, ref)
	_, errs["cancel"] = b.cancel("cancel_1", w.Amount, ref, price, price)
	_, errs["query"] = wrong.Query(t.Context(), ref)
	for what, err := range errs {
		if connector.KindOf(b.heard(err)) != connector.Misconfigured || err == nil {
			t.Errorf("%s with wrong credentials: %v, want misconfigured", what, err)
		}
	}
	b.conn = right
	b.stands("afterwards", b.query(ref), connector.StageAuthenticated, 0, 0)
}

// miskeyed is the channel opened with credentials whose last character is wrong.
func (b *bench) miskeyed() connector.Connector {
	b.Helper()
	return b.reopen(func(s *connector.Settings) {
		s.Credentials = map[string]pay.Secret{}
		for name, key := range b.Credentials {
			last := "x"
			if strings.HasSuffix(key.Reveal(), last) {
				last = "y"
			}
			s.Credentials[name] = key[:len(key)-1] + pay.Secret(last)
		}
	})
}

// closedPort is an address at which nobody listens: no program is given a port below
// 1024 that did not ask for it. One that was just closed is soon another test's.
const closedPort = "http://127.0.0.1:1"

func testRefusedConnection(t *testing.T, h Harness) {
	b := setup(t, h)
	w, ref := b.authenticated(false)
	right := b.conn
	b.conn = b.reopen(func(s *connector.Settings) { s.Endpoints.API = closedPort })
	errs := b.serverErrors()
	_, errs["confirm"] = b.confirm(t.Context(), "confirm_1", w, ref)
	_, errs["cancel"] = b.cancel("cancel_1", w.Amount, ref, price, price)
	_, errs["query"] = b.conn.Query(t.Context(), ref)
	for what, err := range errs {
		if connector.KindOf(b.heard(err)) != connector.NotSent {
			t.Errorf("%s to a closed port: %v, want not sent", what, err)
		}
	}
	b.conn = right
	b.stands("afterwards", b.query(ref), connector.StageAuthenticated, 0, 0)
}
