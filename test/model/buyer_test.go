package model_test

import (
	"fmt"
	"net/http"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// choose has the buyer do something in the provider's window: agree, perhaps with
// what the provider will decline, or give up, or let the time pass.
func (s *story) choose(v *visit) {
	s.t.Helper()
	gives := s.chance(6)
	s.note("in the %s the buyer %s", v, map[bool]string{true: "gives up", false: "agrees"}[gives])
	switch {
	case v.customer != nil:
		s.agreeToKey(v, gives)
	case v.provider == pay.TossPay:
		s.inWallet(v, gives)
	default:
		s.inCardWindow(v, gives)
	}
	if v.back != "" && !v.fails {
		v.agreed = s.clock.Now()
	}
}

func (s *story) inCardWindow(v *visit, gives bool) {
	s.t.Helper()
	choices, action := fields{"company": "41"}, "approve"
	switch {
	case gives:
		choices, action, v.fails = fields{}, one(s, []string{"cancel", "reject", "abort"}), true
	case v.method == pay.MethodVbank:
		choices = fields{"bank": "88", "name": "홍길동", "phone": "01012345678", "receipt": "미발행"}
	case s.chance(6):
		v.code = one(s, []string{"REJECT_CARD_PAYMENT", "EXCEED_MAX_DAILY_PAYMENT_COUNT"})
		choices["code"] = v.code
	}
	v.back = s.inWindow(v, action, choices)
}

// inWindow does something in a window of Toss Payments and gives where it sends
// the browser; "" when its time is over.
func (s *story) inWindow(v *visit, action string, choices fields) string {
	s.t.Helper()
	s.did(s.doing)
	p := s.browse("POST", v.window+"/"+action, encode(s.t, choices))
	var end struct{ URL, Code string }
	if p.err != nil {
		s.fail("the %s does not answer: %v", v, p.err)
	}
	decode(s.t, p.raw, &end)
	if p.status != http.StatusOK {
		s.note("  → the window says %s", end.Code)
		if end.Code != "NOT_FOUND_PAYMENT_SESSION" {
			s.fail("the %s refuses %s: %s", v, action, p)
		}
		v.window = ""
	}
	return end.URL
}

func (s *story) inWallet(v *visit, gives bool) {
	s.t.Helper()
	var seen struct{ Next string }
	body, action := fields{"payMethod": "CARD", "cardCompanyCode": 1}, "/approve"
	switch {
	case gives:
		body, action, v.fails = fields{}, "/cancel", true
	case s.chance(6):
		v.code = one(s, []string{"CARD_EXCEED_LIMIT", "COMMON_NOT_ENOUGH_CASH"})
		body["executeFail"] = v.code
	}
	if code := s.bank(v.side, "POST", v.inApp()+action, body, &seen); code/100 != 2 {
		s.note("  → the app says %d", code)
		v.window = "" // its time is over
		return
	}
	v.back = seen.Next
}

// comeBack brings the browser back to us.
func (s *story) comeBack(v *visit) {
	s.t.Helper()
	what := "back from the " + v.String()
	s.note("%s", what)
	if v.back == "" {
		return
	}
	if v.means != nil { // a registration counts from now on
		s.mayHold(v.customer, v.means)
	}
	fresh := s.clock.Now().Equal(v.agreed) && !v.fails
	want := s.foreseenBack(v, fresh)
	before, asked := s.moved(), s.hook.confirmsOf(v.id)
	s.did(s.doing)
	p := s.browse("GET", v.back, nil)
	v.returned, v.tried = p.err == nil, true
	died := s.mourn()
	s.shownPage(what, p, died, 200, 302, 303, 409, 410)
	if p.status == http.StatusGone && !s.old(v) {
		s.fail("%s: the link has lapsed after %s", what, s.clock.Now().Sub(v.opened))
	}
	if v.customer == nil {
		s.oncePaid(what, v, s.moved()-before)
		s.confirmed(what, v, s.hook.confirmsOf(v.id)-asked, fresh)
	} else if s.moved() != before {
		s.failAs(doubleCharge, "%s moved money", what)
	}
	if s.chance(4) && !died { // the page is reloaded
		s.again409(v)
	}
	got := s.ended(what, v)
	if s.calm() && want != "" && got != want {
		s.fail("%s: %s was foreseen, it is %s", what, want, got)
	}
}

func (s *story) oncePaid(what string, v *visit, moved int) {
	s.t.Helper()
	if moved > 1 || moved == 1 && v.method == pay.MethodVbank {
		s.failAs(doubleCharge, "%s: %d movements more at the providers", what, moved)
	}
}

// confirmed: a merchant who wants to be asked is asked once, and before the money.
func (s *story) confirmed(what string, v *visit, asked int, fresh bool) {
	s.t.Helper()
	switch {
	case v.confirm == "" && asked != 0, asked > 1:
		s.fail("%s: the merchant was asked %d times", what, asked)
	case v.confirm != "" && asked == 0 && fresh && s.calm():
		s.fail("%s: the merchant was not asked", what)
	}
}

// foreseenBack is what a return comes to, as far as that is known: paid, ready,
// failed, or "" for anything.
func (s *story) foreseenBack(v *visit, fresh bool) string {
	registered, prepared := s.prepared[v.number]
	use := s.usage(v.number, v.id)
	switch {
	case s.old(v):
		return ""
	case v.fails:
		return "failed"
	case v.customer != nil && v.customer.unsure, !fresh, use == unsure:
		return ""
	case use == used, v.code != "", v.confirm == "stops it", v.confirm == "fails", v.customer == nil && prepared && registered != v.amount:
		return "failed"
	case v.method == pay.MethodVbank:
		return "ready"
	}
	return "paid"
}

// ended asks how a checkout stands, as the SDK does, holds that against the books,
// and remembers what the shop's page was told.
func (s *story) ended(what string, v *visit) string {
	s.t.Helper()
	was := s.doing
	s.doing = ""
	told, ok := s.sdk("GET", "/sdk/checkouts/"+v.token, nil)
	s.doing = was
	if ok && told.Progress == nil && !s.old(v) {
		s.fail("%s: the SDK is told %+v", what, told.Refused)
	}
	if !ok || told.Progress == nil {
		return ""
	}
	s.look()
	p := s.payments[v.id]
	if p == nil {
		s.fail("%s: payment %s is not on the books", what, v.id)
	}
	s.note("  → %s, the payment is %s %s", *told.Progress, p.Status, p.FailCode)
	if *told.Progress != gateway.ProgressDone {
		return string(*told.Progress)
	}
	c := told.Callback
	switch {
	case c == nil || c.ImpUID == nil || *c.ImpUID != v.id:
		s.fail("%s: the page is called back with %+v", what, c)
	case c.Code == "" && word(p.Status) == "failed", c.Code != "" && taken(p.Status):
		s.fail("%s: the page is told %q, the payment is %s", what, c.Code, p.Status)
	case v.customer != nil:
	case c.Code == "" && v.method != pay.MethodVbank:
		s.claims = append(s.claims, claim{what: what, id: v.id, paid: true})
	case c.Code != "":
		s.claims = append(s.claims, claim{what: what, id: v.id, open: true})
	}
	return word(p.Status)
}

// leave has the buyer press close, or makes the popup vanish without a word.
func (s *story) leave(v *visit, gone bool) {
	s.t.Helper()
	what := fmt.Sprintf("the buyer leaves the %s, without a word: %v", v, gone)
	s.note("%s", what)
	before := s.moved()
	v.left = true
	if _, ok := s.sdk("POST", "/sdk/checkouts/"+v.token+"/close", fields{"gone": gone}); !ok {
		return
	}
	if moved := s.moved() - before; moved > 1 || moved > 0 && v.back == "" {
		s.failAs(doubleCharge, "%s: %d movements more", what, moved)
	}
	s.ended(what, v)
}

// again409 opens a page of a window that has served: it serves once.
func (s *story) again409(v *visit) {
	s.t.Helper()
	address, serves := v.link, !v.begun && !v.left
	if v.back != "" && v.returned {
		address = v.back
	}
	if serves {
		return
	}
	what := "once more: " + v.String()
	s.note("%s", what)
	before := s.moved()
	s.did(s.doing)
	p := s.browse("GET", address, nil)
	s.shownPage(what, p, s.mourn(), 200, 302, 303, 404, 409, 410)
	if s.moved() != before && address == v.link {
		s.failAs(doubleCharge, "%s moved money: %s", what, p)
	}
}
