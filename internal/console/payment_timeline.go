package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/web"
)

// line is something that happened, as it is read.
type line struct {
	At             time.Time
	Kind           store.HappeningKind
	Tone           string
	What, Why      string
	Code           string // the books' own words, in small print
	Link, LinkText string // path within the console
	Said           []said
}

// said is one exchange with a provider.
type said struct {
	Title, Request, Answer, Trouble string
	Took                            time.Duration
}

// line puts a happening into sentences.
func (v *visit) line(p pay.Payment, h store.Happening) line {
	l := line{At: h.At, Kind: h.Kind}
	for _, e := range h.Exchanges {
		l.Said = append(l.Said, v.exchange(e))
	}
	switch h.Kind {
	case store.HappenedStarted:
		v.lineStarted(p, h, &l)
	case store.HappenedEvent:
		v.lineEvent(*h.Event, &l)
	case store.HappenedNotice:
		l.What = v.t("결제사가 알림을 보냈습니다. 결제사에 상태를 다시 물었습니다.", "The provider sent a notice. We asked it how the payment stands.")
		l.Code = h.Notice.Kind + " · " + h.Notice.Key
	case store.HappenedConfirming, store.HappenedStep:
		v.lineStep(p, *h.Step, &l)
	case store.HappenedAttempt:
		v.lineAttempt(p, *h.Attempt, &l)
	case store.HappenedAttemptEnded:
		v.lineAttemptEnded(*h.Attempt, &l)
	case store.HappenedExchange:
		v.lineExchange(h.Exchanges[0], &l)
	case store.HappenedMovement:
		v.lineMovement(p, *h.Movement, &l)
	case store.HappenedReceipt, store.HappenedReceiptEnded, store.HappenedReceiptUndone:
		v.lineReceipt(*h.Receipt, &l)
	case store.HappenedAlarm, store.HappenedAlarmClosed:
		v.lineAlarm(*h.Alarm, &l)
	case store.HappenedDelivery, store.HappenedTry, store.HappenedDeliveryGiveUp:
		v.lineDelivery(h, &l)
	case store.HappenedAudit:
		v.lineAudit(p, *h.Audit, &l)
	case store.HappenedErased:
		l.What = v.t("구매자의 개인정보를 파기했습니다.", "The buyer's personal data was erased.")
	}
	return l
}

func (v *visit) lineStarted(p pay.Payment, h store.Happening, l *line) {
	amount := money(v.lang, p.Amount.Total.Minor, p.Amount.Total.Currency)
	switch p.Source {
	case pay.SourceWindow:
		l.What = fmt.Sprintf(v.t("상점 페이지가 %s 결제를 요청했습니다.", "The shop's page asked for a payment of %s."), amount)
		if p.CustomerUsage == "issue" {
			l.What = v.t("상점 페이지가 빌링키 발급을 요청했습니다.", "The shop's page asked for a billing key.")
		}
	case pay.SourceSchedule:
		l.What = fmt.Sprintf(v.t("예약한 %s 결제를 시작했습니다.", "The booked charge of %s began."), amount)
	default:
		l.What = fmt.Sprintf(v.t("상점 서버가 %s 결제를 요청했습니다.", "The shop's server asked for a payment of %s."), amount)
	}
	if c := h.Checkout; c != nil {
		l.Code = strings.TrimSpace(c.Style + " · " + c.Language + " · " + c.Origin)
	}
}

func (v *visit) lineEvent(e store.PaymentEvent, l *line) {
	switch e.Kind {
	case store.EventWindowOpened:
		l.What = v.t("결제창을 열었습니다.", "The payment window was opened.")
	case store.EventReturned:
		l.What = v.t("구매자가 결제창에서 돌아왔습니다.", "The buyer came back from the window.")
		if e.Detail.Failed {
			l.Tone, l.What = wait, v.t("구매자가 결제를 마치지 않고 결제창에서 돌아왔습니다.", "The buyer came back from the window without paying.")
		}
	case store.EventLeft:
		l.Tone, l.What = wait, v.t("구매자가 결제창을 닫았습니다.", "The buyer closed the window.")
		if e.Detail.Gone {
			l.What = v.t("결제창이 말없이 사라졌습니다.", "The window vanished without a word.")
		}
	case store.EventConfirmAsked:
		v.lineConfirmAsked(e, l)
	default:
		l.What = string(e.Kind)
	}
}

func (v *visit) lineConfirmAsked(e store.PaymentEvent, l *line) {
	l.Tone, l.What = good, fmt.Sprintf(v.t("상점에 승인해도 되는지 물었고, 상점이 허락했습니다 (%s).", "The shop was asked whether to go on, and agreed (%s)."), took(e.Took))
	if !e.Detail.Allowed {
		l.Tone, l.What = bad, fmt.Sprintf(v.t("상점에 승인해도 되는지 물었고, 상점이 막았습니다 (%s).", "The shop was asked whether to go on, and stopped the payment (%s)."), took(e.Took))
	}
	if e.Detail.Status == 0 {
		l.What = fmt.Sprintf(v.t("상점에 승인해도 되는지 물었지만 답을 받지 못해 멈췄습니다 (%s).", "The shop was asked whether to go on and did not answer, so the payment was stopped (%s)."), took(e.Took))
	}
	l.Why = e.Detail.Reason
	l.Code = strings.TrimSpace(fmt.Sprintf("confirm_url %s · HTTP %d %s", e.Detail.URL, e.Detail.Status, e.Detail.Error))
}

func (v *visit) lineStep(p pay.Payment, s store.StepRow, l *line) {
	l.Tone = words["payment"][string(s.To)].tone
	l.What = fmt.Sprintf(v.t("상태가 ‘%s’에서 ‘%s’(으)로 바뀌었습니다.", "The status changed from “%s” to “%s”."),
		wordFor(v.lang, "payment", string(s.From)), wordFor(v.lang, "payment", string(s.To)))
	if s.To == pay.StatusFailed {
		l.Why = p.FailReason
	}
	if s.Event == pay.EvImported {
		l.What = v.t("다른 곳에서 이루어진 결제를 가져왔습니다.", "The payment was made elsewhere and taken over.")
	}
	l.Code = string(s.Event)
	if s.Why != "" {
		l.Code += " · " + s.Why
	}
}

// asked are what attempts ask for, in sentences.
var asked = map[pay.AttemptKind]word{
	pay.AttemptConfirm:       {ko: "결제사에 %s 승인을 요청했습니다.", en: "We asked the provider to approve %s."},
	pay.AttemptCancel:        {ko: "결제사에 %s 취소를 요청했습니다.", en: "We asked the provider to cancel %s."},
	pay.AttemptCharge:        {ko: "빌링키로 %s 결제를 요청했습니다.", en: "We asked the provider to charge %s to the billing key."},
	pay.AttemptKeyIn:         {ko: "카드 번호로 %s 결제를 요청했습니다.", en: "We asked the provider to charge %s to the card."},
	pay.AttemptIssueAccount:  {ko: "%s이 입금될 가상계좌 발급을 요청했습니다.", en: "We asked for a virtual account for %s."},
	pay.AttemptRevokeAccount: {ko: "가상계좌 말소를 요청했습니다.", en: "We asked the provider to take the virtual account back."},
}

func (v *visit) lineAttempt(p pay.Payment, a pay.Attempt, l *line) {
	w := asked[a.Kind]
	l.What = web.Pick(v.lang, w.ko, w.en)
	if strings.Contains(l.What, "%s") {
		l.What = fmt.Sprintf(l.What, money(v.lang, a.Amount, p.Amount.Total.Currency))
	}
	var d struct {
		Reason string `json:"reason"`
		Actor  string `json:"actor"`
	}
	_ = json.Unmarshal(a.Detail, &d) // ours; what it lacks is empty
	switch d.Actor {
	case "api":
		l.Why = v.t("상점 서버의 요청입니다.", "At the request of the shop's server.")
	case "console":
		l.Why = v.t("콘솔에서 운영자가 요청했습니다.", "At an operator's request in the console.")
	case "command":
		l.Why = v.t("명령줄에서 요청했습니다.", "At a person's request at the command line.")
	case "give_back":
		l.Why = v.t("같은 주문이 두 번 결제되어 나루가 돌려주는 것입니다.", "The order was paid twice: Naru gives this one back.")
	}
	if d.Reason != "" {
		l.Why = strings.TrimSpace(l.Why + " " + v.t("사유: ", "Reason: ") + d.Reason)
	}
	if a.Status.Open() {
		l.Tone, l.Why = wait, strings.TrimSpace(l.Why+" "+fmt.Sprintf(v.t("결과를 확인하고 있습니다 (%d번 물었습니다). 실패한 것이 아닙니다.", "The outcome is being found out (asked %d times). It has not failed."), a.Tries))
	}
	l.Code = string(a.Kind) + " · " + string(a.ID)
}

func (v *visit) lineAttemptEnded(a pay.Attempt, l *line) {
	l.Code = string(a.Kind) + " · " + string(a.ID)
	span := took(a.Ended.Sub(a.Started))
	switch a.Status {
	case pay.AttemptSucceeded:
		l.Tone, l.What = good, fmt.Sprintf(v.t("결제사가 받아들였습니다 (%s).", "The provider did it (%s)."), span)
	case pay.AttemptDeclined:
		l.Tone, l.What, l.Why = bad, fmt.Sprintf(v.t("결제사가 거절했습니다 (%s).", "The provider refused (%s)."), span), a.Message
		l.Code = strings.TrimSpace(a.Code+" "+a.Class) + " · " + string(a.ID)
	case pay.AttemptNotSent:
		l.Tone, l.What, l.Why = wait, fmt.Sprintf(v.t("결제사에 닿지 못했습니다. 요청되지 않았습니다 (%s).", "The provider was not reached: nothing was asked (%s)."), span), a.Message
		l.Code = a.Code + " · " + string(a.ID)
	default:
		l.What = wordFor(v.lang, "attempt", string(a.Status))
	}
}

func (v *visit) lineExchange(e store.Exchange, l *line) {
	l.What = v.t("결제사에 물었습니다.", "The provider was asked.")
	switch {
	case e.Error != "" || e.Status == 0:
		l.Tone, l.Why = wait, v.t("답을 받지 못했습니다.", "It did not answer.")
	case e.Status >= http.StatusBadRequest:
		l.Tone = wait
	}
}

func (v *visit) exchange(e store.Exchange) said {
	status := v.t("답 없음", "no answer")
	if e.Status != 0 {
		status = fmt.Sprintf("HTTP %d", e.Status)
	}
	return said{
		Title: fmt.Sprintf("%s %s · %s · %s", e.Method, e.Path, status, took(e.Took)), Took: e.Took,
		Request: indented(string(e.Request)), Answer: indented(string(e.Answer)), Trouble: e.Error,
	}
}

func (v *visit) lineMovement(p pay.Payment, m pay.Movement, l *line) {
	amount := money(v.lang, m.Amount, p.Amount.Total.Currency)
	switch m.Kind {
	case pay.MovementApproval:
		l.Tone, l.What = good, fmt.Sprintf(v.t("%s이 승인되었습니다.", "%s was approved."), amount)
	case pay.MovementDeposit:
		l.Tone, l.What = good, fmt.Sprintf(v.t("%s이 입금되었습니다.", "%s was deposited."), amount)
	case pay.MovementDepositReversal:
		l.Tone, l.What = bad, fmt.Sprintf(v.t("은행이 입금 %s을 되가져갔습니다.", "The bank took the deposit of %s back."), amount)
	default:
		l.Tone, l.What = note, fmt.Sprintf(v.t("%s이 취소되었습니다.", "%s was cancelled."), amount)
		if m.Attempt == "" {
			l.Why = v.t("나루를 거치지 않은 취소입니다 (결제사 화면 등).", "Not by way of Naru (the provider's own pages, for example).")
		}
	}
	if m.Reason != "" {
		l.Why = strings.TrimSpace(l.Why + " " + v.t("사유: ", "Reason: ") + m.Reason)
	}
	l.Code = m.Key
}
