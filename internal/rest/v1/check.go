package v1

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"naru/internal/pay"
	"naru/internal/rest"
)

// Most characters of a value (V1, "REST API V1", lengths of each parameter).
// Longer ones are refused, never cut.
const (
	maxMerchantUID = 40
	maxCustomerUID = 80
	maxName        = 40
	maxPG          = 80
	maxChannelKey  = 55
	maxVbankHolder = 16
	maxVbankKey    = 13
	maxReceiptName = 100 // ours: V1 gives none, the providers take 100
	maxNotices     = 10  // addresses of notice_url; ours, as in the window
	maxNoticeURL   = 2000
)

// check holds the values of a request against their rules and keeps the first
// error. Prefix stands before the names of fields: "schedules[2].".
type check struct {
	prefix string
	err    error
}

func (c *check) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *check) wrong(field, value string, rule rest.Rule, want string) {
	c.fail(&rest.FieldError{Field: c.prefix + field, Value: value, Rule: rule, Want: want})
}

// need refuses a value that is missing. A blank is no name for anything.
func (c *check) need(field, value string) {
	if strings.TrimSpace(value) == "" {
		c.fail(rest.Missing(c.prefix + field))
	}
}

func (c *check) there(field string, is bool) {
	if !is {
		c.fail(rest.Missing(c.prefix + field))
	}
}

// fits refuses a value of more than most characters.
func (c *check) fits(field, value string, most int) {
	if utf8.RuneCountInString(value) > most {
		c.wrong(field, value, rest.RuleLength, strconv.Itoa(most))
	}
}

func (c *check) named(field, value string, most int) {
	c.need(field, value)
	c.fits(field, value, most)
}

// won refuses every currency but KRW (decision D24 of docs/v1-implementation-details.md).
func (c *check) won(currency string) {
	if s := strings.TrimSpace(currency); s != "" && !strings.EqualFold(s, string(pay.KRW)) {
		c.wrong("currency", currency, rest.RuleAllowed, string(pay.KRW))
	}
}

// refuse is for what is not offered and must not be passed over, because what
// was asked for would not happen.
func (c *check) refuse(field, value, why string) {
	if strings.TrimSpace(value) != "" {
		c.wrong(field, value, rest.RuleForm, why)
	}
}

// lastSecond is the end of the year 9999: a larger number is not in seconds.
const lastSecond = 253402300799

// instant reads unix seconds that must lie after now.
func (c *check) instant(field string, seconds *int64, now time.Time) time.Time {
	c.there(field, seconds != nil)
	if seconds == nil {
		return time.Time{}
	}
	at := time.Unix(*seconds, 0)
	if *seconds > lastSecond || !at.After(now) {
		c.wrong(field, strconv.FormatInt(*seconds, 10), rest.RuleForm, "현재 이후의 시각이어야 합니다 (unix timestamp, 초)")
	}
	return at
}

// notices reads notice_url: absolute http or https addresses; empty ones are
// left out.
func (c *check) notices(urls []string) []string {
	var out []string
	for _, s := range urls {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(s) > maxNoticeURL {
			c.wrong("notice_url", s, rest.RuleForm, "http 또는 https로 시작하는 주소여야 합니다")
		}
		out = append(out, s)
	}
	if len(out) > maxNotices {
		c.wrong("notice_url", strconv.Itoa(len(out)), rest.RuleForm, "주소는 최대 "+strconv.Itoa(maxNotices)+"개까지 지정할 수 있습니다")
	}
	return out
}
