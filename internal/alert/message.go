package alert

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// The states of a message.
const (
	StateRaised    = "raised"
	StateRecovered = "recovered" // a channel or queue is well again
)

// Message is what the operator is told; a webhook's body is its JSON. Nothing in
// it is secret or about a buyer.
type Message struct {
	ID    string    `json:"id"` // the same when it is sent again
	Kind  string    `json:"kind"`
	State string    `json:"state"`
	Count int       `json:"count"` // alarms it tells of
	At    time.Time `json:"at"`
	From  string    `json:"from"`
	Title string    `json:"title"`
	Text  string    `json:"text"`   // Korean, then English; chat services show it
	Items []Item    `json:"alarms"` // the first of them
}

// Item is one alarm.
type Item struct {
	ID       string         `json:"id"`
	Merchant pay.MerchantID `json:"merchant,omitempty"`
	Payment  pay.PaymentID  `json:"payment,omitempty"`
	Text     string         `json:"text"`
	At       time.Time      `json:"at"`
}

// sending is the argument of JobSend.
type sending struct {
	Target  string  `json:"target"`
	Message Message `json:"message"`
}

// mostItems is how many alarms a message spells out.
const mostItems = 20

// words say what a kind of alarm is, for the title. Kinds that are not here are
// told by their name.
var words = map[string]struct{ ko, en string }{
	"unknown_outcome":  {"결과를 확인하지 못한 결제사 호출", "calls to providers whose outcome could not be learned"},
	"paid_twice":       {"한 주문의 이중 결제", "orders paid twice"},
	"deposit_reversed": {"가상계좌 입금 취소", "deposits taken back by the bank"},
	"schedule_late":    {"실행하지 못하는 예약결제", "booked charges that cannot be begun"},
	"refund_failed":    {"환불계좌로 보내지 못한 환불", "refunds that did not get there"},
	"receipt_unclear":  {"결과가 불분명한 현금영수증", "cash receipts without a clear answer"},
	"checking_kept":    {"돌려주지 못한 카드 확인 금액", "checking amounts that were not given back"},
	"amount":           {"요청과 다른 승인 금액", "approvals of another amount than was asked for"},
	"test_money":       {"실결제 채널의 테스트 결제", "test money on live channels"},
	"books_differ":     {"어긋난 장부", "books that contradict themselves"},
	"reconcile_differ": {"결제사 내역과 다른 장부", "books that contradict a provider's list"},
	"schedule_held":    {"복구 뒤 멈춰 둔 예약결제", "booked charges held after a restore"},
	KindChannel:        {"결제사 호출이 실패하는 채널", "channels whose calls fail"},
	KindQueue:          {"밀린 작업 큐", "a queue that is late"},
}

func titleOf(kind, state string, n int) (ko, en string) {
	w := words[kind]
	ko, en = cmp.Or(w.ko, "확인이 필요한 일: "+kind), cmp.Or(w.en, "something to look at: "+kind)
	if state == StateRecovered {
		return "정상으로 돌아옴: " + ko, "well again: " + en
	}
	return fmt.Sprintf("%s %d건", ko, n), fmt.Sprintf("%s: %d", en, n)
}

func raised(from string, now time.Time, g group) Message {
	return message(from, now, StateRaised, g)
}

func recovered(from string, now time.Time, al store.Alarm) Message {
	return message(from, now, StateRecovered, group{al.Kind, []store.Alarm{al}})
}

func message(from string, now time.Time, state string, g group) Message {
	ko, en := titleOf(g.kind, state, len(g.alarms))
	m := Message{
		Kind: g.kind, State: state, Count: len(g.alarms), At: now, From: from, Title: "[나루] " + ko + " / " + en,
		ID: g.kind + ":" + state + ":" + strconv.FormatInt(now.UnixMicro(), 10),
	}
	if state == StateRecovered { // several may be well again at once
		m.ID += ":" + g.alarms[0].ID
	}
	for _, al := range g.alarms[:min(len(g.alarms), mostItems)] {
		m.Items = append(m.Items, Item{al.ID, al.Merchant, al.Payment, al.Text, al.At})
	}
	m.Text = textOf(m, ko, en)
	return m
}

// textOf is for people: what happened in Korean, then in English, then each alarm.
func textOf(m Message, ko, en string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "나루(%s): %s\n", m.From, ko)
	if m.State == StateRaised {
		b.WriteString("사람이 확인해야 합니다. 목록: naru alarm list, 처리 방법: docs/operations.md\n")
	}
	fmt.Fprintf(&b, "\nNaru (%s): %s\n", m.From, en)
	if m.State == StateRaised {
		b.WriteString("A person must look. List: naru alarm list; what to do: docs/operations.md\n")
	}
	b.WriteString("\n")
	for _, i := range m.Items {
		parts := slices.DeleteFunc([]string{i.At.UTC().Format(time.RFC3339), string(i.Merchant), string(i.Payment), i.Text}, func(s string) bool { return s == "" })
		fmt.Fprintf(&b, "- %s\n", strings.Join(parts, "  "))
	}
	if more := m.Count - len(m.Items); more > 0 {
		fmt.Fprintf(&b, "- … %d건 더 / %d more\n", more, more)
	}
	return b.String()
}

// Kinds are the kinds of alarms that have words of their own.
func Kinds() []string { return slices.Sorted(maps.Keys(words)) }
