package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// The choices of retries.
const (
	retriesOff      = "off"
	retriesStandard = "standard" // as V1 has it
	retriesLong     = "long"     // the gateway's own list
	retriesOwn      = "own"
)

// standardRetries is V1's: five more tries, a minute apart.
var standardRetries = []int{60, 60, 60, 60, 60}

// webhookForm is the form of webhooks as it was filled in.
type webhookForm struct {
	URL, Type, TestURL, TestType string
	Retries, RetryList           string
	First, Confirm, Private      bool
	Problems                     map[string]string
}

func formOfWebhooks(w gateway.Webhooks) webhookForm {
	f := webhookForm{
		URL: w.URL, Type: pay.WebhookTypeJSON, TestURL: w.TestURL, TestType: w.TestType,
		First: w.First, Confirm: !w.NoConfirm, Private: w.PrivateAddrs, Retries: retriesOwn,
	}
	if w.Form {
		f.Type = pay.WebhookTypeForm
	}
	switch {
	case w.Retries == nil:
		f.Retries = retriesLong
	case len(w.Retries) == 0:
		f.Retries = retriesOff
	case slices.Equal(w.Retries, standardRetries):
		f.Retries = retriesStandard
	default:
		f.RetryList = spellWaits(w.Retries)
	}
	return f
}

// readWebhooks reads the form. Who may not open private networks leaves that as it
// is.
func readWebhooks(v *visit, now gateway.Webhooks) (webhookForm, gateway.Webhooks) {
	f := webhookForm{
		URL: v.field("url"), Type: v.field("type"), TestURL: v.field("test_url"), TestType: v.field("test_type"),
		Retries: v.field("retries"), RetryList: v.field("retry_list"),
		First: v.field("first") != "", Confirm: v.field("confirm") != "", Private: v.field("private") != "", Problems: map[string]string{},
	}
	if !v.May(pay.SeeSystem) && v.field("private") == "" {
		f.Private = now.PrivateAddrs
	}
	w := gateway.Webhooks{
		URL: f.URL, Form: f.Type == pay.WebhookTypeForm, TestURL: f.TestURL, TestType: f.TestType,
		First: f.First, NoConfirm: !f.Confirm, PrivateAddrs: f.Private,
	}
	if f.Type != pay.WebhookTypeJSON && f.Type != pay.WebhookTypeForm {
		f.Problems["type"] = v.t(fmt.Sprintf("%q: json 또는 form이어야 합니다.", f.Type), fmt.Sprintf("%q: want json or form.", f.Type))
	}
	switch f.Retries {
	case retriesLong:
	case retriesOff:
		w.Retries = []int{}
	case retriesStandard:
		w.Retries = standardRetries
	case retriesOwn:
		waits, wrong := readWaits(f.RetryList)
		if w.Retries = waits; wrong != "" || len(waits) == 0 {
			f.Problems["retries"] = v.t(
				fmt.Sprintf("%q은(는) 간격이 아닙니다. 60, 5m, 1h, 1d처럼 쉼표로 나누어 적어 주세요. 숫자만 쓰면 초입니다.", wrong),
				fmt.Sprintf("%q is no wait. Write them as 60, 5m, 1h, 1d with commas; a bare number is seconds.", wrong))
		}
	default:
		f.Problems["retries"] = v.t(fmt.Sprintf("%q: 목록에서 골라 주세요.", f.Retries), fmt.Sprintf("%q: choose one of the list.", f.Retries))
	}
	return f, w
}

// units are what a wait may be written in, in seconds.
var units = map[byte]int{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}

// readWaits reads a list of waits in seconds; wrong is the item that is none.
func readWaits(text string) (waits []int, wrong string) {
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.ToLower(strings.TrimSpace(item)); item == "" {
			continue
		}
		unit, number := 1, item
		if u := units[item[len(item)-1]]; u > 0 {
			unit, number = u, item[:len(item)-1]
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
		if err != nil || n < 1 || n*int64(unit) > 1<<31-1 {
			return nil, item
		}
		waits = append(waits, int(n)*unit)
	}
	return waits, ""
}

// spellWaits is the list as it is written.
func spellWaits(waits []int) string {
	out := make([]string, len(waits))
	for i, w := range waits {
		out[i] = spellWait(w)
	}
	return strings.Join(out, ", ")
}

func spellWait(seconds int) string {
	for _, u := range []byte{'d', 'h', 'm'} {
		if seconds >= units[u] && seconds%units[u] == 0 {
			return strconv.Itoa(seconds/units[u]) + string(u)
		}
	}
	return strconv.Itoa(seconds) + "s"
}

// OwnList is a list of waits in words.
func (b webhooksBody) OwnList() string {
	if len(b.Own) == 0 {
		return "–"
	}
	waits := make([]int, len(b.Own))
	for i, w := range b.Own {
		waits[i] = int(w / time.Second)
	}
	return spellWaits(waits)
}

// webhookAddressKo is what an address has to be.
const webhookAddressKo = "http:// 또는 https://로 시작하는 전체 주소여야 합니다. 2,000바이트까지, 이름·비밀번호와 공백, # 뒷부분 없이 적어 주세요. 예: https://shop.example.com/webhook"

// webhookProblems is what the gateway says is wrong, at each field; none for an
// error of another kind.
func webhookProblems(v *visit, err error) map[string]string {
	ko := map[string]string{
		"url": webhookAddressKo, "test_url": webhookAddressKo, "test_type": "json, form, 또는 실연동과 같게 가운데 하나여야 합니다.",
		"retries": fmt.Sprintf("간격은 1초부터 7일까지, %d개까지 적을 수 있습니다.", gateway.MostWebhookRetries),
	}
	out := map[string]string{}
	for _, one := range invalids(err) {
		out[one.Field] = v.t(ko[one.Field], one.Detail)
	}
	return out
}

// invalids is every *gateway.Invalid in an error and what is joined to it.
func invalids(err error) (out []*gateway.Invalid) {
	switch e := err.(type) { //nolint:errorlint // the tree is walked
	case nil:
	case *gateway.Invalid:
		out = append(out, e)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			out = append(out, invalids(one)...)
		}
	case interface{ Unwrap() error }:
		out = invalids(e.Unwrap())
	}
	return out
}
