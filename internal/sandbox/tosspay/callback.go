package tosspay

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"naru/internal/sandbox/fault"
)

// callbackKind is what fault rules call the only message Toss Pay sends for
// one-off payments: cancels, expiries and refunds are never sent.
const callbackKind = "PAY_COMPLETE"

const callbackJSON = "application/json;charset=UTF-8"

// retryAfter are the retries of a callback nobody answered with HTTP 200,
// counted from when it was due: "10분 이내 4회". The gaps are ours.
var retryAfter = []time.Duration{time.Minute, 3 * time.Minute, 6 * time.Minute, 10 * time.Minute}

// States of a callback.
const (
	callbackWaiting   = "waiting"
	callbackDelivered = "delivered"
	callbackGivenUp   = "given_up"
	callbackDropped   = "dropped" // by a fault rule or a tester, never sent
)

// callback is one message to a resultCallback, with its tries.
type callback struct {
	id                int    // from 1, its place in the log
	kind              string // what fault rules call it
	token, orderNo    string // of a payment, or
	userID, displayID string // of a billing key
	url, version      string
	contentType, body string
	state             string
	due               time.Time       // when the next try is
	retries           []time.Duration // from the first try
	planned           int             // retries that were planned, resends by hand not counted
	resend            bool            // one more try is wanted by hand
	sending, byHand   bool            // a try is on its way, and it was asked for by hand
	early             bool
	dropped           bool          // by the tester's wish, without asking the fault rules
	tried             chan struct{} // closed after the first try
	awaited           chan struct{} // closed after the next try; nil when nobody waits
	tries             []try
}

// try is one attempt to deliver.
type try struct {
	At     string `json:"at"`
	Status int    `json:"status"` // HTTP status; 0 is none
	Error  string `json:"error,omitempty"`
}

// enqueue writes the completion of p for its resultCallback, if it has one.
// The caller holds the lock, and wakes the worker once it let go.
func (s *Simulator) enqueue(p *payment, at time.Time) {
	if p.callbackURL == "" {
		return
	}
	cb := callback{
		kind: callbackKind, token: p.token, orderNo: p.orderNo, url: p.callbackURL,
		version:     cmp.Or(p.version, s.knobs.CallbackVersion, p.callbackVersion),
		contentType: callbackJSON, retries: retryAfter, dropped: p.ending.DropCallback,
	}
	if cb.version == "V1" {
		cb.contentType, cb.body = "application/x-www-form-urlencoded;charset=UTF-8", p.callbackV1()
	} else {
		cb.body = s.callbackV2(p)
	}
	s.dispatch(cb, at)
}

// dispatch puts a message where the worker finds it, as often and as late as
// the fault rules say. The caller holds the lock.
func (s *Simulator) dispatch(m callback, at time.Time) {
	fate := fault.Fate{Drop: true}
	if !m.dropped {
		fate = s.faults.Message(m.kind)
	}
	m.state, m.due, m.early = callbackWaiting, at.Add(fate.Late), fate.Early && fate.Late == 0
	if fate.Drop {
		m.state, m.early = callbackDropped, false
	}
	times := 1
	if fate.Twice {
		times = 2
	}
	for range times {
		cb := m
		cb.id, cb.tried = len(s.callbacks)+1, make(chan struct{})
		s.callbacks = append(s.callbacks, &cb)
		s.pending = append(s.pending, &cb)
	}
}

// callbackV2 is the body of "결과 콜백 V2".
func (s *Simulator) callbackV2(p *payment) string {
	b := p.whole()
	m := struct {
		Status           string `json:"status"`
		PayToken         string `json:"payToken"`
		OrderNo          string `json:"orderNo"`
		PayMethod        string `json:"payMethod"`
		Amount           int64  `json:"amount"`
		DiscountedAmount int64  `json:"discountedAmount"`
		PaidAmount       int64  `json:"paidAmount"`
		PaidTs           string `json:"paidTs"`
		TransactionID    string `json:"transactionId"`
		*cardApproval
		*accountFields
	}{
		Status: string(Complete), PayToken: p.token, OrderNo: p.orderNo, PayMethod: p.choice.payMethod(),
		Amount: p.amount, DiscountedAmount: b.off(), PaidAmount: b.paid,
		PaidTs: stamp(p.paid), TransactionID: p.payTransaction(), accountFields: p.accountFields(),
	}
	if c := s.cardFields(p); c != nil {
		m.cardApproval = &c.cardApproval
	}
	body, err := marshal(m)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return string(body)
}

// callbackV1 is the form of the older version: another word for the same
// event, and no card or account fields.
func (p *payment) callbackV1() string {
	b := p.whole()
	var form []string
	add := func(name, value string) { form = append(form, name+"="+url.QueryEscape(value)) }
	won := func(n int64) string { return strconv.FormatInt(n, 10) }
	add("status", "PAY_SUCCESS")
	add("payToken", p.token)
	add("orderNo", p.orderNo)
	add("payMethod", p.choice.payMethod())
	add("amount", won(p.amount))
	add("discountedAmount", won(b.off()))
	add("paidPoint", "0")
	add("paidAmount", won(b.paid))
	add("paidTs", stamp(p.paid))
	add("transactionId", p.payTransaction())
	return strings.Join(form, "&")
}

// settle books the outcome of a try made at a time and plans the next one. A
// try that came late, because the clock was moved, keeps the distance to the
// next.
func (cb *callback) settle(t try, at time.Time) {
	cb.tries = append(cb.tries, t)
	cb.sending = false
	if len(cb.tries) == 1 {
		close(cb.tried)
	}
	if cb.awaited != nil {
		close(cb.awaited)
		cb.awaited = nil
	}
	switch {
	case t.Status == 200:
		cb.state = callbackDelivered
	case cb.byHand: // the plan goes on as if it had not been
	case cb.planned < len(cb.retries):
		gap := cb.retries[cb.planned]
		if cb.planned > 0 {
			gap -= cb.retries[cb.planned-1]
		}
		cb.due = at.Add(gap)
		cb.planned++
	default:
		cb.state = callbackGivenUp
	}
}

// ready is whether a try is due.
func (cb *callback) ready(now time.Time) bool {
	return !cb.sending && (cb.resend || cb.state == callbackWaiting && !now.Before(cb.due))
}

// idle is whether nothing more is to be sent.
func (cb *callback) idle() bool {
	return !cb.sending && !cb.resend && cb.state != callbackWaiting
}

// callbackView is a callback as the control face shows it.
type callbackView struct {
	ID          int    `json:"id"`
	Kind        string `json:"kind"` // PAY_COMPLETE, ACTIVATED or REMOVED
	PayToken    string `json:"payToken,omitempty"`
	OrderNo     string `json:"orderNo,omitempty"`
	UserID      string `json:"userId,omitempty"`
	DisplayID   string `json:"displayId,omitempty"`
	URL         string `json:"url"`
	Version     string `json:"version,omitempty"`
	ContentType string `json:"contentType"`
	Body        string `json:"body"`
	State       string `json:"state"`
	NextTry     string `json:"nextTry,omitempty"`
	Tries       []try  `json:"tries"`
}

func (cb *callback) view() callbackView {
	v := callbackView{
		ID: cb.id, Kind: cb.kind, PayToken: cb.token, OrderNo: cb.orderNo, UserID: cb.userID, DisplayID: cb.displayID,
		URL: cb.url, Version: cb.version,
		ContentType: cb.contentType, Body: cb.body, State: cb.state, Tries: append([]try{}, cb.tries...),
	}
	if cb.state == callbackWaiting {
		v.NextTry = stamp(cb.due)
	}
	return v
}
