package console

import (
	"encoding/json"
	"fmt"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/web"
)

func (v *visit) lineReceipt(r pay.Receipt, l *line) {
	l.Link, l.LinkText = "/receipts/"+string(r.ID), v.t("현금영수증 보기", "See the receipt")
	l.Code = string(r.ID)
	switch {
	case l.Kind == store.HappenedReceipt:
		l.What = fmt.Sprintf(v.t("현금영수증 %s 발급을 요청했습니다.", "A cash receipt of %s was asked for."), money(v.lang, r.Amount.Total.Minor, r.Amount.Total.Currency))
	case l.Kind == store.HappenedReceiptUndone:
		l.Tone, l.What = note, v.t("현금영수증이 취소되었습니다.", "The cash receipt was cancelled.")
	case r.Status == pay.ReceiptRefused:
		l.Tone, l.What, l.Why = bad, v.t("현금영수증 발급을 거절했습니다.", "The cash receipt was refused."), r.Message
		l.Code = r.Code
	default:
		l.Tone, l.What = good, v.t("현금영수증이 발급되었습니다.", "The cash receipt was issued.")
		l.Code = r.ApprovalNo
	}
}

func (v *visit) lineAlarm(a store.Alarm, l *line) {
	l.Tone, l.What, l.Why = bad, wordsOfAlarm(a.Kind).what.in(v.lang), a.Text
	if l.Kind == store.HappenedAlarmClosed {
		l.Tone, l.What, l.Why = good, v.t("확인이 끝났습니다.", "It was seen to."), strings.TrimSpace(a.ClosedBy+" "+a.Note)
	}
	l.Code = a.Kind
}

func (v *visit) lineDelivery(h store.Happening, l *line) {
	d := *h.Delivery
	l.Link, l.LinkText = "/deliveries/"+d.ID, v.t("웹훅 보기", "See the webhook")
	l.Code = d.ID
	switch {
	case h.Kind == store.HappenedDelivery:
		l.What = fmt.Sprintf(v.t("웹훅 ‘%s’을 보내기로 했습니다.", "The webhook “%s” was made."), d.Event)
		l.Code = d.URL + " · " + d.ID
	case h.Kind == store.HappenedDeliveryGiveUp && d.Status == store.DeliverySuperseded:
		l.What = v.t("더 새로운 웹훅이 있어 이 웹훅은 보내지 않습니다.", "A newer webhook makes this one pointless.")
	case h.Kind == store.HappenedDeliveryGiveUp:
		l.Tone, l.What = bad, v.t("웹훅을 끝내 전달하지 못했습니다.", "The webhook was given up.")
	default:
		v.lineTry(d, *h.Try, l)
	}
}

func (v *visit) lineTry(d store.Delivery, y store.DeliveryTry, l *line) {
	l.Code = fmt.Sprintf("HTTP %d · %s", y.Status, d.ID)
	switch {
	case y.Status >= 200 && y.Status < 300:
		l.Tone, l.What = good, fmt.Sprintf(v.t("상점이 웹훅 ‘%s’을 받았습니다 (%s).", "The shop took the webhook “%s” (%s)."), d.Event, took(y.Took))
	case y.Status == 0:
		l.Tone, l.What, l.Why = bad, fmt.Sprintf(v.t("웹훅 ‘%s’을 보냈지만 답이 없습니다 (%s).", "The webhook “%s” was sent and not answered (%s)."), d.Event, took(y.Took)), y.Error
	default:
		l.Tone, l.What = bad, fmt.Sprintf(v.t("상점이 웹훅 ‘%s’을 받지 않았습니다 (%s).", "The shop did not take the webhook “%s” (%s)."), d.Event, took(y.Took))
	}
	if y.Manual {
		l.Why = strings.TrimSpace(l.Why + " " + v.t("사람이 다시 보낸 것입니다.", "Sent again by a person."))
	}
}

// doings are the actions of the audit log, in sentences: who did what.
var doings = map[string]word{
	"payment.cancel":         {ko: "%s 님이 취소를 요청했습니다.", en: "%s asked for a cancel."},
	"payment.sync":           {ko: "%s 님이 결제사에 상태를 물었습니다.", en: "%s asked the provider how the payment stands."},
	"payment.revoke_account": {ko: "%s 님이 가상계좌 말소를 요청했습니다.", en: "%s asked for the virtual account to be taken back."},
	"payment.test_deposit":   {ko: "%s 님이 테스트 입금을 했습니다.", en: "%s made a test deposit."},
	"receipt.issue":          {ko: "%s 님이 현금영수증 발급을 요청했습니다.", en: "%s asked for a cash receipt."},
	"receipt.cancel":         {ko: "%s 님이 현금영수증 취소를 요청했습니다.", en: "%s asked for the cash receipt to be cancelled."},
	"delivery.resend":        {ko: "%s 님이 웹훅을 다시 보냈습니다.", en: "%s had a webhook sent again."},
}

func (v *visit) lineAudit(p pay.Payment, a store.Audit, l *line) {
	who := a.Actor.Name
	if who == "" {
		who = string(a.Actor.Kind)
	}
	w, ok := doings[a.Action]
	if !ok {
		w = word{ko: "%s 님의 작업: " + a.Action, en: "%s did: " + a.Action}
	}
	l.What = fmt.Sprintf(web.Pick(v.lang, w.ko, w.en), who)
	var did struct {
		Amount *int64 `json:"amount"`
		Reason string `json:"reason"`
	}
	_ = json.Unmarshal(a.After, &did) // what it lacks is empty
	if did.Amount != nil {
		l.Why = money(v.lang, *did.Amount, p.Amount.Total.Currency)
	}
	if did.Reason != "" {
		l.Why = strings.TrimSpace(l.Why + " · " + did.Reason)
	}
	l.Code = a.Action
	if a.Actor.Address != "" {
		l.Code += " · " + a.Actor.Address
	}
}
