package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// story is a shop that has been selling for five weeks, and an operator of it.
type story struct {
	*Stack
	t      *testing.T
	naru   func(args ...string) string
	now    time.Time
	orders int
	cookie string // of the operator's session

	paid, account, deposited, failed, partly string // payments by what became of them
	customer, booked                         string
}

// The shop's goods and customers. Nobody of that name lives at these addresses.
var (
	goods = []struct {
		name  string
		price int
	}{{"원두 정기배송 500g", 19_800}, {"핸드드립 세트", 64_000}, {"콜드브루 6병", 27_500}, {"머그컵 (하늘)", 14_000}, {"드립백 20개입", 22_000}}
	people = []struct{ name, tel, email string }{
		{"김하늘", "010-1000-0001", "haneul@example.test"}, {"이서준", "010-1000-0002", "seojun@example.test"},
		{"박지우", "010-1000-0003", "jiwoo@example.test"}, {"최도윤", "010-1000-0004", "doyun@example.test"},
	}
)

// tell makes the shop's five weeks happen.
func tellStory(t *testing.T) *story {
	t.Helper()
	s := &story{t: t}
	s.Stack, s.naru = ownStack(t)
	s.now = time.Now().Truncate(time.Second)
	for i := range people {
		s.call(http.MethodPost, "/subscribe/customers/"+s.uid(i), url.Values{
			"card_number": {"4330-1234-1234-1234"}, "expiry": {"2031-12"}, "birth": {"900101"}, "pwd_2digit": {"12"}, "pg": {"tosspayments.tnarubill"},
			"customer_name": {people[i].name}, "customer_tel": {people[i].tel}, "customer_email": {people[i].email},
		})
	}
	s.customer = s.uid(0)
	for day := range 35 {
		for n := range 1 + day%3 {
			p := s.charge(day+n, "")
			if day%9 == 4 && n == 0 {
				s.call(http.MethodPost, "/payments/cancel", url.Values{"imp_uid": {p}, "amount": {"5000"}, "reason": {"포장 파손"}, "checksum": {strconv.Itoa(goods[(day+n)%len(goods)].price)}})
				s.partly = p
			}
			if day%11 == 7 && n == 0 {
				s.call(http.MethodPost, "/payments/cancel", url.Values{"imp_uid": {p}, "reason": {"단순 변심"}})
			}
			s.paid = p
		}
		if day%6 == 3 {
			s.failed = s.charge(day, "REJECT_CARD_COMPANY")
		}
		s.advance(24 * time.Hour)
	}
	s.accounts()
	s.bookings()
	s.charge(1, "", "notice_url", "http://127.0.0.1:9/webhook") // nobody listens there
	s.advance(30 * time.Minute)
	return s
}

func (s *story) uid(i int) string { return fmt.Sprintf("member-%d", 101+i) }

func (s *story) advance(d time.Duration) {
	s.t.Helper()
	s.now = s.now.Add(d)
	s.control(s.t, http.MethodPost, "clock", map[string]string{"advance": d.String()})
}

// call is a V1 call that must succeed, and its answer, when that is an object.
func (s *story) call(method, path string, form url.Values) map[string]any {
	s.t.Helper()
	answer, said := s.ask(method, path, form, "")
	if said != "" {
		s.t.Fatalf("%s %s: %s", method, path, said)
	}
	return answer
}

// ask is a V1 call under a provider's test code, and why it was refused.
func (s *story) ask(method, path string, form url.Values, code string) (answer map[string]any, said string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.Gateway+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token(s.t))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if code != "" {
		req.Header.Set("X-Naru-Test-Code", code)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	var e struct {
		Code     int
		Message  string
		Response any
	}
	decode(s.t, res, &e)
	answer, _ = e.Response.(map[string]any)
	if e.Code != 0 {
		said = fmt.Sprint(e.Code, " ", e.Message)
	}
	return answer, said
}

// charge charges one of the customers and gives the payment's imp_uid. A test code
// is the provider's word for a refusal.
func (s *story) charge(i int, code string, more ...string) string {
	s.t.Helper()
	s.orders++
	who, what := people[i%len(people)], goods[i%len(goods)]
	form := url.Values{
		"customer_uid": {s.uid(i % len(people))}, "merchant_uid": {fmt.Sprintf("ORD-%04d", s.orders)}, "amount": {strconv.Itoa(what.price)}, "name": {what.name},
		"buyer_name": {who.name}, "buyer_tel": {who.tel}, "buyer_email": {who.email}, "buyer_addr": {"서울시 마포구 나루길 12"}, "buyer_postcode": {"04001"},
		"custom_data": {`{"coupon":"NARU10","memo":"문 앞에 놓아 주세요"}`},
	}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	if _, said := s.ask(http.MethodPost, "/subscribe/payments/again", form, code); (said == "") != (code == "") {
		s.t.Fatalf("charge: %q", said)
	}
	return s.call(http.MethodGet, "/payments/find/"+form.Get("merchant_uid"), nil)["imp_uid"].(string)
}

// accounts are virtual accounts: one waits, one was paid into and has a cash receipt.
func (s *story) accounts() {
	s.t.Helper()
	issue := func(order string) string {
		return s.call(http.MethodPost, "/vbanks", url.Values{
			"merchant_uid": {order}, "amount": {"132000"}, "name": {"에스프레소 머신"}, "vbank_code": {"088"}, "vbank_holder": {"나루"},
			"vbank_due": {strconv.FormatInt(s.now.Add(72*time.Hour).Unix(), 10)}, "buyer_name": {"정유나"}, "buyer_tel": {"010-1000-0009"}, "pg": {"tosspayments.tnaru"},
		})["imp_uid"].(string)
	}
	s.account = issue("ORD-V001")
	deposit := func(payment string) {
		s.control(s.t, http.MethodPost, "tosspayments/payments/"+payment+"/deposit", map[string]any{"amount": 132000})
	}
	receipted := issue("ORD-V002")
	s.deposited = issue("ORD-V003")
	deposit(receipted)
	deposit(s.deposited)
	s.advance(time.Minute)
	s.call(http.MethodPost, "/receipts/"+receipted, url.Values{"identifier": {"010-1000-0009"}, "identifier_type": {"phone"}, "type": {"person"}})
}

// bookings are charges of the weeks to come, and one that was taken back.
func (s *story) bookings() {
	s.t.Helper()
	for i := range 12 {
		at := s.now.Add(time.Duration(2+i*3) * 24 * time.Hour)
		s.booked = fmt.Sprintf("SUB-%02d", i+1)
		s.call(http.MethodPost, "/subscribe/payments/schedule", url.Values{
			"customer_uid": {s.uid(i % len(people))}, "schedules[0][merchant_uid]": {s.booked}, "schedules[0][schedule_at]": {strconv.FormatInt(at.Unix(), 10)},
			"schedules[0][amount]": {strconv.Itoa(goods[i%len(goods)].price)}, "schedules[0][name]": {goods[i%len(goods)].name}, "schedules[0][buyer_name]": {people[i%len(people)].name},
		})
	}
	s.call(http.MethodPost, "/subscribe/payments/unschedule", url.Values{"customer_uid": {s.uid(3)}, "merchant_uid": {"SUB-04"}})
}

// enter signs the developer in, and remembers the session.
func (s *story) enter() {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Post(s.Console, "application/x-www-form-urlencoded", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == "naru_console" {
			s.cookie = c.Value
		}
	}
	if s.cookie == "" {
		s.t.Fatalf("the link answered %s and no session", res.Status)
	}
}
