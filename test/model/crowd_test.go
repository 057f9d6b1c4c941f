package model_test

import (
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"naru/internal/v1wire"
)

// crowdSize is how many servers want the same thing at once.
const crowdSize = 100

// told counts answers by status, code and message.
type told map[string]int

const yes = "200 0 "

func no(status, code int, text string) string { return fmt.Sprint(status, " ", code, " ", text) }

// The answers of those who come too late, as V1 documents them (docs/error-codes.md).
var (
	usedUp    = no(200, 1, v1wire.TextOrderUsed)
	booked    = no(200, 1, "이미 예약된 주문번호입니다. (동일한 merchant_uid로 예약된 기록이 있습니다)")
	tooMuch   = no(200, 1, "취소 요청 금액이 취소 가능 잔액(처리 중인 취소 제외)보다 큽니다.")
	goneBack  = no(200, 1, v1wire.TextFullyCancelled)
	noneLeft  = no(200, 1, v1wire.TextNoSchedule)
	running   = no(400, -1, "실패했거나 해지된 예약결제만 다시 시도할 수 있습니다.")
	usedUp400 = no(400, -1, v1wire.TextOrderUsed)
	twice     = no(200, 1, v1wire.TextPreparedTwice)
	nobody    = no(404, 1, "요청하신 customer_uid(c1)로 등록된 정보를 찾을 수 없습니다.")
	slip      = no(400, -1, "이미 현금영수증이 발급되었습니다.")
	slipSoon  = no(500, -1, "현금영수증 발급 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 다시 발급하기 전에 조회해주세요.")
	noAccount = no(400, -1, "입금을 기다리고 있는 가상계좌가 아닙니다.")
	accountIs = no(200, -1, "가상계좌 말소 결과를 아직 알 수 없어 결제사에 확인하고 있습니다. 결제정보를 조회해주세요.")
	busy      = no(409, -1, "같은 Idempotency-Key의 요청이 처리 중입니다. 잠시 후 다시 시도해주세요.")
)

// crowd is one thing that many want at once: what is there before, and what each
// asks for. It gives how many must have it, and what the others may be told.
type crowd struct {
	name   string
	ask    func(s *story) func(i int) *http.Request
	have   int
	others []string
}

func crowds() []crowd {
	card := func(f fields) fields {
		f["card_number"], f["expiry"], f["birth"], f["pwd_2digit"] = "4330-0000-7391-0001", "2035-12", businessNumber, "12"
		return f
	}
	key := func(s *story) { s.mustDo("POST", "/subscribe/customers/c1", card(fields{})) }
	order := func(n int64) fields { return fields{"merchant_uid": "o1", "amount": n, "name": "나루 머그컵"} }
	paid := func(s *story) string {
		return string(s.shown(s.mustDo("POST", "/subscribe/payments/onetime", card(order(60000))).Response).ImpUID)
	}
	same := func(method, path string, body func(i int) fields) func(*story) func(int) *http.Request {
		return func(s *story) func(int) *http.Request {
			return func(i int) *http.Request { return s.request(method, path, body(i)) }
		}
	}
	book := func(s *story, numbers ...string) {
		var items []fields
		for _, n := range numbers {
			items = append(items, fields{"merchant_uid": n, "amount": 5000, "schedule_at": s.clock.In(time.Hour).Unix()})
		}
		s.mustDo("POST", "/subscribe/payments/schedule", fields{"customer_uid": "c1", "schedules": items})
	}
	return []crowd{
		{"again, one order", func(s *story) func(int) *http.Request {
			key(s)
			return same("POST", "/subscribe/payments/again", func(int) fields { f := order(5000); f["customer_uid"] = "c1"; return f })(s)
		}, 1, []string{usedUp}},
		{"onetime, one order", same("POST", "/subscribe/payments/onetime", func(int) fields { return card(order(5000)) }), 1, []string{usedUp}},
		{"schedule, one order", func(s *story) func(int) *http.Request {
			key(s)
			at := s.clock.In(time.Hour).Unix()
			return same("POST", "/subscribe/payments/schedule", func(int) fields {
				return fields{"customer_uid": "c1", "schedules": []fields{{"merchant_uid": "o1", "amount": 5000, "schedule_at": at}}}
			})(s)
		}, 1, []string{booked}},
		{"vbanks, one order: accounts may stand side by side", func(s *story) func(int) *http.Request {
			due := s.clock.In(time.Hour).Unix()
			return same("POST", "/vbanks", func(int) fields {
				f := order(5000)
				f["buyer_name"], f["vbank_code"], f["vbank_due"] = "홍길동", "088", due
				return f
			})(s)
		}, crowdSize, nil},
		{"prepare, one order", same("POST", "/payments/prepare", func(i int) fields { return fields{"merchant_uid": "o1", "amount": 1000 + i} }), 1, []string{twice}},
		{"partial cancels, of which eight fit", func(s *story) func(int) *http.Request {
			id := paid(s)
			return same("POST", "/payments/cancel", func(int) fields { return fields{"imp_uid": id, "amount": 7000} })(s)
		}, 8, []string{tooMuch}},
		{"full cancels", func(s *story) func(int) *http.Request {
			id := paid(s)
			return same("POST", "/payments/cancel", func(int) fields { return fields{"imp_uid": id} })(s)
		}, 1, []string{tooMuch, goneBack}},
		{"keys of one customer: each replaces the one before", same("POST", "/subscribe/customers/c1", func(int) fields { return card(fields{}) }), crowdSize, nil},
		{"deletions of one key", func(s *story) func(int) *http.Request {
			key(s)
			return same("DELETE", "/subscribe/customers/c1", func(int) fields { return nil })(s)
		}, 1, []string{nobody}},
		{"unschedule, one booking", func(s *story) func(int) *http.Request {
			key(s)
			book(s, "o1")
			return same("POST", "/subscribe/payments/unschedule", func(int) fields { return fields{"customer_uid": "c1", "merchant_uid": "o1"} })(s)
		}, 1, []string{noneLeft}},
		{"retries of one booking", func(s *story) func(int) *http.Request {
			key(s)
			book(s, "o1")
			s.mustDo("POST", "/subscribe/payments/unschedule", fields{"merchant_uid": "o1"})
			return same("POST", "/subscribe/payments/schedule/o1/retry", func(int) fields { return nil })(s)
		}, 1, []string{running, usedUp400}},
		{"receipts of one payment", func(s *story) func(int) *http.Request {
			id := s.account("o1")
			s.atBank(id, "deposit")
			s.quiesce()
			return same("POST", "/receipts/"+string(id), func(int) fields { return fields{"identifier": "01077889911", "type": "person"} })(s)
		}, 1, []string{slip, slipSoon}},
		{"revocations of one account", func(s *story) func(int) *http.Request {
			id := s.account("o1")
			return same("DELETE", "/vbanks/"+string(id), func(int) fields { return nil })(s)
		}, 1, []string{noAccount, accountIs}},
		{"one Idempotency-Key", func(s *story) func(int) *http.Request {
			raw := card(order(5000))
			raw["custom_data"] = []string{"no form"}
			return func(int) *http.Request {
				req := s.request("POST", "/subscribe/payments/onetime", raw)
				req.Header.Set("Idempotency-Key", "one-key")
				return req
			}
		}, -1, []string{busy}},
	}
}

// A hundred servers at once: as many have what they want as can have it, and the
// others are told in V1's words that it is gone. Nobody is told of an error inside,
// and everybody is answered.
func TestHundredAtOnceOverV1(t *testing.T) {
	t.Parallel()
	for i, c := range crowds() {
		kinds := []string{"memory"}
		if i%2 == 0 { // the gateway's own races run on both, from two nodes
			kinds = append(kinds, "postgres")
		}
		for _, kind := range kinds {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				s := newStory(t, dsnOf(t, kind), byHand, 1)
				c.race(s)
				s.rest()
			})
		}
	}
}

func (c crowd) race(s *story) {
	s.t.Helper()
	ask := c.ask(s)
	reqs := make([]*http.Request, crowdSize)
	for i := range reqs {
		reqs[i] = ask(i)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	got, before := told{}, s.moved()
	for _, r := range reqs {
		all.Go(func() {
			a := s.send(r)
			text := fmt.Sprint("lost: ", a.err)
			if a.Code != nil {
				text = no(a.status, *a.Code, a.text())
			}
			mu.Lock()
			defer mu.Unlock()
			got[text]++
		})
	}
	all.Wait()
	rest := maps.Clone(got)
	delete(rest, yes)
	for _, text := range c.others {
		delete(rest, text)
	}
	if len(rest) > 0 || got[yes] != c.have && c.have >= 0 || got[yes] == 0 {
		s.t.Errorf("%d were to have it, the others told one of %q; they were told %v", c.have, c.others, got)
	}
	if moved := s.moved() - before; c.have < 0 && moved != 1 {
		s.t.Errorf("money moved %d times", moved)
	}
}

// rest lets the world come to rest and holds the books against the providers and
// against what the merchant heard.
func (s *story) rest() {
	s.t.Helper()
	s.advance(settled)
	s.look()
	s.everywhere(s.nothingOpen)
	s.agree()
	s.heard()
}

// mustDo makes a call that must be done.
func (s *story) mustDo(method, path string, body fields) answer {
	s.t.Helper()
	a := s.call(method, path, body)
	if !a.ok() {
		s.t.Fatalf("%s %s: %s", method, path, a)
	}
	return a
}

// A browser that comes back a hundred times is served once; the others get the
// page of a link that was used.
func TestHundredReturnsOverHTTP(t *testing.T) {
	t.Parallel()
	s := newStory(t, memory, byHand, 1)
	v := &visit{side: s.cards, number: "o1", amount: 5000, method: "card"}
	opened, ok := s.sdk("POST", "/sdk/checkouts", fields{"user_code": userCode, "params": fields{
		"merchant_uid": "o1", "amount": 5000, "name": "나루 머그컵", "channelKey": string(v.channel), "pay_method": "card",
	}})
	if !ok || opened.Refused != nil {
		t.Fatalf("not opened: %v", opened.Refused)
	}
	v.id, v.token, v.link, v.opened = opened.ImpUID, opened.Token, opened.URL, s.clock.Now()
	s.begin(v)
	v.back = s.inWindow(v, "approve", fields{"company": "41"})
	var mu sync.Mutex
	var all sync.WaitGroup
	got := map[int]int{}
	for range crowdSize {
		all.Go(func() {
			req, err := http.NewRequest(http.MethodGet, v.back, nil)
			if err != nil {
				t.Error(err)
				return
			}
			p := s.fetch(req)
			mu.Lock()
			defer mu.Unlock()
			got[p.status]++
		})
	}
	all.Wait()
	if !maps.Equal(got, map[int]int{http.StatusSeeOther: 1, http.StatusConflict: crowdSize - 1}) || s.moved() != 1 {
		t.Errorf("answered with %v, money moved %d times", got, s.moved())
	}
	s.rest()
}
