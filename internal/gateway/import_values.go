package gateway

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"naru/internal/codes"
	"naru/internal/pay"
)

// rowCheck reads the fields of one row and notes what is wrong with them.
type rowCheck struct {
	line  int
	id    string
	value func(field string) string
	now   time.Time
	bad   []ImportProblem
}

func (c *rowCheck) no(field, value, allowed string) {
	if slices.ContainsFunc(c.bad, func(p ImportProblem) bool { return p.Field == field }) { // its first fault is enough
		return
	}
	c.bad = append(c.bad, ImportProblem{Line: c.line, ID: c.id, Field: field, Value: value, Allowed: allowed})
}

// maxImported is the largest amount: what every JSON client keeps exact.
const maxImported = 1<<53 - 1

// amount is a whole number of won, with or without separators; "" is nothing.
func (c *rowCheck) amount(field string) (n int64, given bool) {
	text := c.value(field)
	if text == "" {
		return 0, false
	}
	m := amountForm.FindStringSubmatch(strings.TrimSuffix(strings.TrimPrefix(strings.ReplaceAll(text, " ", ""), "₩"), "원"))
	if m == nil {
		c.no(field, text, "a number of won, such as 12000 or 12,000")
		return 0, true
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(m[2], ",", ""), 10, 64)
	switch {
	case strings.Trim(m[3], ".0") != "":
		c.no(field, text, "a whole number of won: there is nothing smaller")
	case err != nil || n > maxImported:
		c.no(field, text, fmt.Sprintf("at most %d", int64(maxImported)))
	case m[1] != "":
		c.no(field, text, "0 or more: it is told without a sign")
	default:
		return n, true
	}
	return 0, true
}

// amountForm is digits, in threes if they are parted; a point is before what is less
// than a won, and never between thousands.
var amountForm = regexp.MustCompile(`^([-−]?)([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]{1,2})?$`)

// layouts of times, in Korea unless they say otherwise.
var timeLayouts = []string{
	time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04:05", "2006.01.02 15:04:05", "2006/01/02 15:04:05",
	"2006.01.02 15:04", "2006/01/02 15:04", "2006-01-02 15:04:05.000",
}

// when is a time; "" and 0 are that it has not come.
func (c *rowCheck) when(field string) time.Time { return c.whenBefore(field, c.now.AddDate(0, 0, 1)) }

func (c *rowCheck) whenBefore(field string, most time.Time) time.Time {
	text := c.value(field)
	if text == "" || text == "0" || text == "-" {
		return time.Time{}
	}
	at, ok := readWhen(text)
	switch {
	case !ok:
		c.no(field, text, "a time: unix seconds, 2026-11-21 12:00:00 (Korean time) or 2026-11-21T12:00:00+09:00")
	case at.Year() < 2010 || at.After(most):
		c.no(field, text, fmt.Sprintf("a time from 2010 to %s", most.In(kst()).Format(time.DateOnly)))
	default:
		return at
	}
	return time.Time{}
}

func readWhen(text string) (time.Time, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(n, 0).UTC(), n > 0 && n < 1<<40
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), true
	}
	for _, layout := range timeLayouts {
		if at, err := time.ParseInLocation(layout, text, kst()); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// oneOf is a word of a list, in any case; "" is the first.
func (c *rowCheck) oneOf(field string, words ...string) string {
	text := strings.ToLower(c.value(field))
	if text == "" {
		return words[0]
	}
	if !slices.Contains(words, text) {
		c.no(field, text, "one of "+strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" }), ", "))
	}
	return text
}

// yes is a truth; "" is no.
func (c *rowCheck) yes(field string) bool {
	switch text := strings.ToLower(c.value(field)); text {
	case "", "false", "0", "n", "no", "-", "x", "미발급", "아니오", "아니요", "실연동", "live":
		return false
	case "true", "1", "y", "yes", "o", "발급", "예", "테스트", "test":
		return true
	default:
		c.no(field, text, "true or false")
		return false
	}
}

// text is at most most signs long.
func (c *rowCheck) text(field string, most int) string {
	v := c.value(field)
	if n := len([]rune(v)); n > most {
		c.no(field, fmt.Sprintf("%d characters", n), fmt.Sprintf("at most %d characters", most))
		return ""
	}
	return v
}

// statusWords are what consoles call V1's states.
var statusWords = map[string]string{
	"ready": "ready", "paid": "paid", "cancelled": "cancelled", "canceled": "cancelled", "failed": "failed",
	"partialcancelled": "cancelled", "partialcanceled": "cancelled", "partiallycancelled": "cancelled",
	"결제완료": "paid", "결제성공": "paid", "결제승인": "paid", "취소": "cancelled", "결제취소": "cancelled", "전체취소": "cancelled",
	"취소완료": "cancelled", "부분취소": "cancelled", "실패": "failed", "결제실패": "failed", "미결제": "ready", "결제대기": "ready",
	"입금대기": "ready", "가상계좌발급": "ready", "가상계좌발급완료": "ready",
}

func (c *rowCheck) status() string {
	text := c.value("status")
	word := statusWords[plainName(text)]
	if word == "" {
		c.no("status", text, "ready, paid, cancelled or failed (or a word that the mapping turns into one)")
	}
	return word
}

// methods are those that are recorded.
var importMethods = []pay.Method{
	pay.MethodCard, pay.MethodTrans, pay.MethodVbank, pay.MethodPhone, pay.MethodCultureland, pay.MethodSmartculture, pay.MethodBooknlife,
	pay.MethodSamsung, pay.MethodSamsungPay, pay.MethodKakaoPay, pay.MethodNaverPay, pay.MethodPayco, pay.MethodLPay, pay.MethodSSGPay,
	pay.MethodApplePay, pay.MethodTossPay, pay.MethodTossPayCard, pay.MethodTossPayMoney, pay.MethodPoint,
}

var methodWords = map[string]pay.Method{
	"카드": pay.MethodCard, "신용카드": pay.MethodCard, "실시간계좌이체": pay.MethodTrans, "계좌이체": pay.MethodTrans, "가상계좌": pay.MethodVbank,
	"휴대폰": pay.MethodPhone, "휴대폰소액결제": pay.MethodPhone, "소액결제": pay.MethodPhone, "포인트": pay.MethodPoint, "문화상품권": pay.MethodCultureland,
	"스마트문상": pay.MethodSmartculture, "도서문화상품권": pay.MethodBooknlife,
}

func (c *rowCheck) method() pay.Method {
	text := c.value("pay_method")
	if m, ok := methodWords[plainName(text)]; ok {
		return m
	}
	m := pay.Method(strings.ToLower(text))
	if m == "" {
		return pay.MethodCard
	}
	if !slices.Contains(importMethods, m) {
		c.no("pay_method", text, fmt.Sprintf("one of %v (or a word that the mapping turns into one)", importMethods))
	}
	return m
}

// company is a card company's standard code, from its code or its name.
func company(p pay.Provider, words ...string) string {
	for _, w := range words {
		if _, ok := codes.Card(w); ok {
			return w
		}
		for _, e := range codes.Cards() {
			if w != "" && e.Name == w {
				return e.Code
			}
		}
		if code, ok := codes.CardFrom(p, w); ok && w != "" {
			return code
		}
	}
	return ""
}

func bankOf(p pay.Provider, words ...string) string {
	for _, w := range words {
		if _, ok := codes.Bank(w); ok {
			return w
		}
		for _, e := range codes.Banks() {
			if w != "" && e.Name == w {
				return e.Code
			}
		}
		if code, ok := codes.BankFrom(p, w); ok && w != "" {
			return code
		}
	}
	return ""
}

var longNumber = regexp.MustCompile(`^[0-9]{12,19}$`)

// hidden lets no whole card number through, however it is written.
func hidden(number string) string {
	plain := strings.NewReplacer("-", "", " ", "").Replace(number)
	if !longNumber.MatchString(plain) || strings.HasPrefix(plain, "9200") { // ISP's are no real numbers
		return number
	}
	return plain[:6] + strings.Repeat("*", len(plain)-10) + plain[len(plain)-4:]
}
