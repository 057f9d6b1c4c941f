package tosspay

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// errNotNow is returned for something a buyer cannot do in the payment's state.
var errNotNow = errors.New("not possible in this state")

// approve is the buyer authenticating in the app. A failure was shown to the
// buyer, who may try again; an error is a request that makes no sense. The
// caller holds the lock and has refreshed p.
func (s *Simulator) approve(p *payment, a Approval, now time.Time) (*failure, error) {
	if p.status != Standby {
		return nil, fmt.Errorf("approve a payment in %s: %w", p.status, errNotNow)
	}
	c, f, err := p.choose(a)
	if err != nil {
		return nil, err
	}
	if f != nil {
		p.decline = f
		return f, nil
	}
	p.choice, p.executeFail, p.version, p.decline = c, a.ExecuteFail, a.CallbackVersion, nil
	p.ending = s.knobs.Ending.or(a.Ending)
	if !p.auto {
		p.to(Approved)
		p.authenticated = true
		return nil, nil
	}
	f = s.capture(p, now)
	if p.status == Standby { // declined at once: the app shows it and nothing was chosen
		p.choice, p.executeFail, p.decline = nil, "", f
		return f, nil
	}
	p.authenticated = true
	return nil, nil // a capture in doubt keeps the buyer waiting
}

// refuseBuyer is a decline shown in the app, without anything being captured.
func (s *Simulator) refuseBuyer(p *payment, code string) (*failure, error) {
	if !codeForm.MatchString(code) {
		return nil, fmt.Errorf("errorCode %q: must be an errorCode such as CARD_EXCEED_LIMIT", code)
	}
	if p.status != Standby {
		return nil, fmt.Errorf("decline a payment in %s: %w", p.status, errNotNow)
	}
	p.decline = refuse(code)
	return p.decline, nil
}

// leave is the buyer pressing X or cancel.
func (s *Simulator) leave(p *payment) error {
	if p.status != Standby {
		return fmt.Errorf("cancel a payment in %s: %w", p.status, errNotNow)
	}
	s.end(p, "buyer")
	return nil
}

// expire lets a waiting payment run out now.
func (s *Simulator) expire(p *payment, now time.Time) error {
	if p.status != Standby && p.status != Approved {
		return fmt.Errorf("expire a payment in %s: %w", p.status, errNotNow)
	}
	p.expires = now
	s.refresh(p, now)
	return nil
}

// returnTo is retUrl with what Toss Pay appends to it. Nothing in it proves a
// payment: there is no token, amount or signature.
func (p *payment) returnTo() string {
	status := Complete
	if !p.auto {
		status = Approved
	}
	q := "status=" + string(status) + "&orderNo=" + escapeWord(p.orderNo) + "&payMethod=" + p.choice.payMethod()
	if c := p.choice; c.card != nil {
		q += fmt.Sprintf("&cardCompany=%d", c.card.company)
	} else {
		q += "&bankCode=" + c.account.code
	}
	return appendQuery(p.returnURL, q)
}

// escapeWord leaves @ and : as they are, as seen on the wire of an orderNo.
func escapeWord(word string) string {
	return strings.NewReplacer("%40", "@", "%3A", ":").Replace(url.QueryEscape(word))
}

// appendQuery joins with ? or &, in front of a fragment.
func appendQuery(target, q string) string {
	target, fragment, cut := strings.Cut(target, "#")
	switch {
	case !strings.Contains(target, "?"):
		target += "?" + q
	case strings.HasSuffix(target, "?"), strings.HasSuffix(target, "&"):
		target += q
	default:
		target += "&" + q
	}
	if cut {
		target += "#" + fragment
	}
	return target
}

var phoneForm = regexp.MustCompile(`^01[0-9]{9}$`)

// noMember is the one phone number the sandbox's app does not know.
const noMember = "01000000000"

// identify checks what the buyer typed on the web page: 11 digits and a date
// of birth as YYMMDD. Neither is kept.
func identify(phone, birth string) *failure {
	phone = strings.NewReplacer("-", "", " ", "").Replace(phone)
	if !phoneForm.MatchString(phone) {
		return invalid("휴대폰 번호", "01 로 시작하는 숫자 11자리여야 합니다.")
	}
	if _, err := time.Parse("060102", birth); err != nil {
		return invalid("생년월일", "YYMMDD 형식의 숫자 6자리여야 합니다.")
	}
	if phone == noMember {
		return refuse("PUSH_PAY_HAS_NO_OWNER")
	}
	return nil
}
