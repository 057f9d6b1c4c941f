package tosspayments

import (
	"fmt"
	"time"
)

// message is a text that the provider sends to a buyer. To is "" when the shop
// gave no number.
type message struct {
	at      time.Time
	payment *payment
	to      string
	text    string
}

// messageLog is how many messages are kept.
const messageLog = 1000

// notify records the notice that goes with a fixed account: which account, how
// much and until when.
func (s *Simulator) notify(p *payment, to string) {
	a := p.account
	s.messages = append(s.messages, message{s.opts.Now(), p, to, fmt.Sprintf("[%s] %s %s 계좌로 %s을 %s까지 입금해 주세요.",
		p.shop.Name, a.bank.ko, a.number, display(p.total, p.currency, korean), a.due.In(seoul).Format("2006-01-02 15:04"))})
	if len(s.messages) > messageLog {
		s.messages = s.messages[1:]
	}
}
